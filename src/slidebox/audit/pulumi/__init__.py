"""Previews and exported stacks of Pulumi as a snapshot.

A module for each section of a snapshot: it is given all resources of the stack, slidebox's own and those of the
official providers, and returns its section, or None where the stack has nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from slidebox.access.snapshot import Snapshot
from slidebox.audit.pulumi import aws, azure, google, places
from slidebox.preview import Seen

Section: TypeAlias = Callable[[Sequence[Seen]], Mapping[str, Any] | None]
"""Makes a section of the resources of a stack."""

SECTIONS: Mapping[str, Section] = {
    "aws": aws.section,
    "azure": azure.section,
    "google": google.section,
    "places": places.section,
}
"""Who makes each section."""


def snapshot(resources: Sequence[Seen], source: str = "preview") -> Snapshot:
    """A stack as a snapshot.

    Parameters
    ----------
    resources
        What `slidebox.preview.read` found.
    source
        ``preview`` or ``state``.
    """
    sections = {name: section for name, make in SECTIONS.items() if (section := make(resources)) is not None}
    return Snapshot(source, sections=sections)
