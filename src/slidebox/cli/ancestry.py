"""What `lineage`, `reprocess` and `report` share: what is really there of each dataset of a graph."""

from __future__ import annotations

from collections.abc import Iterable

from slidebox.cli.flowing import Desk
from slidebox.cli.wanting import Seen, see
from slidebox.model import Lab
from slidebox.provenance.lineage import Sight, Standing, at_source


def sights(found: Desk, datasets: Iterable[str]) -> dict[str, Sight]:
    """What was found of each dataset that is declared."""
    declared = [dataset for dataset in datasets if found.lab.project_of(dataset) is not None]
    return {dataset: sight_of(found.lab, see(found, dataset)) for dataset in declared}


def sight_of(lab: Lab, seen: Seen) -> Sight:
    """What is there of a dataset, by where it was found."""
    now = seen.now
    if now is not None:
        stores = tuple(dict.fromkeys(copy.location.store for copy in seen.copies if copy.crate == now.crate))
        return Sight(Standing.KEPT, stores, now.manifest, now.crate)
    if at_source(lab, seen.dataset):
        return Sight(Standing.AT_SOURCE)
    unread = seen.problem or any(copy.problem for copy in seen.copies)
    return Sight(Standing.UNKNOWN if unread else Standing.ABSENT)
