"""Who can read what in Google Cloud, from a snapshot's section ``google``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import Location, nobody_knows
from slidebox.access.snapshot import Known

__all__ = ["locations"]


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every location of the section, with everybody who can do anything with it."""
    del known
    for name in section:
        yield Location(name, kind="google", readers=(nobody_knows("nothing reads it yet"),))
