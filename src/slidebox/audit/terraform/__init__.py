"""Plans and states of Terraform and OpenTofu as a snapshot.

A module for each provider: it is given all resources of the document and returns its section, or None where the
document has nothing of it. What is known only after an apply is `slidebox.access.snapshot.unread`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from slidebox.access.snapshot import Snapshot
from slidebox.adoption.terraform_resources import Resource, resources
from slidebox.audit.terraform import aws, azure, google, places

Section: TypeAlias = Callable[[Sequence[Resource]], Mapping[str, Any] | None]
"""Makes a section of what Terraform manages, and of what it looks up, whose types begin with ``data.``."""

SECTIONS: Mapping[str, Section] = {
    "aws": aws.section,
    "azure": azure.section,
    "google": google.section,
    "places": places.section,
}
"""Who makes each section."""


def snapshot(document: Mapping[str, Any]) -> Snapshot:
    """A plan or a state as a snapshot.

    Parameters
    ----------
    document
        What `slidebox.adoption.terraform.terraform_document` read.
    """
    found = resources(document, looked_up=True)
    sections = {name: section for name, make in SECTIONS.items() if (section := make(found)) is not None}
    return Snapshot("terraform", sections=sections)
