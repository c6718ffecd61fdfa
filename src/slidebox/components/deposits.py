"""A dataset's deposit in a repository: Zenodo, Figshare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from slidebox.components.elsewhere import Elsewhere
from slidebox.components.resources import Document, _Named, _options, _properties
from slidebox.deposits.about import about_of, mark_of
from slidebox.deposits.opening import DepositRef
from slidebox.model import StoreKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositArgs:
    """A deposit.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        The store, as `slidebox.deposits.opening.DepositRef` reads it.
    mark
        What it is found again by.
    about
        What it says of its data.
    quota
        Bytes meant to lie in it.
    private_link_days
        kind figshare: for how many days a link to the draft holds.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: Document
    mark: str
    about: Document
    quota: int | None = None
    private_link_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Deposit(_Named):
    """`slidebox:zenodo:Deposit` or `slidebox:figshare:Deposit`."""

    deposit_id: pulumi.Output[str]
    """The service's id of it."""
    doi: pulumi.Output[str]
    """Its DOI."""
    url: pulumi.Output[str]
    """Its page."""
    published: pulumi.Output[bool]
    """Whether it is published."""

    names: ClassVar = {"deposit_id": "depositId", "private_link_days": "privateLinkDays", "private_link": "privateLink"}

    def __init__(
        self, name: str, kind: StoreKind, args: DepositArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        outputs = ("private_link",) if kind is StoreKind.FIGSHARE else ()
        properties = _properties(args, ("deposit_id", "doi", "url", "published", *outputs))
        super().__init__(f"slidebox:{kind}:Deposit", name, properties, _options(opts))


class DepositLocation(pulumi.ComponentResource):
    """A dataset's deposit."""

    def __init__(self, name: str, place: Elsewhere, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:index:DepositLocation", name, None, opts)
        args, dataset, store = place.args, place.candidate.dataset, place.candidate.store
        link = place.store.private_link
        self.deposit = Deposit(
            name,
            place.store.kind,
            DepositArgs(
                location=args.location,
                store=DepositRef.of(store, place.store).document,
                mark=mark_of(place.lab.file.lab, dataset, store),
                about=about_of(place.lab, dataset, store, args.tags).document,
                quota=args.quota,
                private_link_days=link.days if link else None,
                tags=args.tags,
                facts=args.facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register the deposit; answers where it is."""
    made = DepositLocation(name, place).deposit
    return {"path": made.deposit_id, "doi": made.doi, "url": made.url}
