"""What `lineage` and `reprocess` share: what is really there of each dataset of a graph."""

from __future__ import annotations

from collections.abc import Iterable

from slidebox.cli.flowing import Desk, looked_for
from slidebox.flow.whereabouts import current
from slidebox.provenance.lineage import Sight, Standing, at_source


def sights(found: Desk, datasets: Iterable[str]) -> dict[str, Sight]:
    """What was found of each dataset that is declared."""
    return {dataset: _sight(found, dataset) for dataset in datasets if found.lab.project_of(dataset) is not None}


def _sight(found: Desk, dataset: str) -> Sight:
    copies, problem = looked_for(found, dataset)
    now = current(copies, found.entries(dataset), dataset)
    if now is not None:
        stores = tuple(dict.fromkeys(copy.location.store for copy in copies if copy.crate == now.crate))
        return Sight(Standing.KEPT, stores, now.manifest, now.crate)
    if at_source(found.lab, dataset):
        return Sight(Standing.AT_SOURCE)
    unread = problem or any(copy.problem for copy in copies)
    return Sight(Standing.UNKNOWN if unread else Standing.ABSENT)
