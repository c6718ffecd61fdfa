"""What is declared of data that other providers' resources hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from slidebox.facts import pack


class Declaration(pulumi.ComponentResource):
    """Carries what is declared of a dataset into the stack, for the rules; it makes nothing.

    A bucket of pulumi-aws says with its tag ``slidebox:location`` which location it is; what its data are, the
    rules learn from here.

    Parameters
    ----------
    name
        Name of the resource, such as the dataset's.
    facts
        The declared facts (`slidebox.facts.fragment`).
    opts
        Options of the resource.
    identities
        Whom of the lab an identity of a cloud stands for, such as ``person:mira``, by the name that the cloud has
        for it.
    adopted
        What is declared of buckets that were there before slidebox, by their names: ``location``, which no tag of
        theirs says, and ``keys``, which were found to open them.
    """

    def __init__(
        self,
        name: str,
        facts: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        identities: Mapping[str, str] | None = None,
        adopted: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        properties: dict[str, Any] = {"facts": pack(facts)}
        if identities:
            properties["identities"] = dict(identities)
        if adopted:
            properties["adopted"] = dict(adopted)
        super().__init__("slidebox:index:Declaration", name, properties, opts)
