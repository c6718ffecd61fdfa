"""Who can read what on drives and clusters, in gateways, repositories, deposits and shares: section ``places``.

The section has a part for each kind of place, and beside them ``unread``: the stores of which nothing could be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import Location, nobody_knows
from slidebox.access.snapshot import Known, why_unread

__all__ = ["locations"]


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every location of the section, with everybody who can do anything with it."""
    del known
    for store, part in (section.get("unread") or {}).items():
        yield Location(store, store, readers=(nobody_knows(why_unread(part) or "nothing was read"),))
