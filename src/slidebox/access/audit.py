"""Who can do what with every location of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from slidebox.access import aws, azure, google, places
from slidebox.access.effective import Location, nobody_knows
from slidebox.access.snapshot import Known, Snapshot, why_unread

Reading: TypeAlias = Callable[[Mapping[str, Any], Known], Iterable[Location]]
"""Works out the locations of one section of a snapshot."""

READINGS: Mapping[str, Reading] = {
    "aws": aws.locations,
    "google": google.locations,
    "azure": azure.locations,
    "places": places.locations,
}
"""Who reads each section."""


def locations(snapshot: Snapshot, known: Known) -> tuple[Location, ...]:
    """Every location of a snapshot, with everybody who can do anything with it.

    A section that could not be read at all is a location of its own, of which nothing is known.

    Parameters
    ----------
    snapshot
        What stores answered.
    known
        What the lab says of identities and groups.
    """
    found: list[Location] = []
    for name, section in snapshot.sections.items():
        if (why := why_unread(section)) is not None:
            found.append(Location(name, kind=name, readers=(nobody_knows(why),)))
        else:
            found.extend(READINGS[name](section, known))
    return tuple(found)
