"""What `report` says of who can read what: as stores answer, as a snapshot has it, or as it is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from slidebox.access.compare import Declaration, Difference
from slidebox.access.effective import Location
from slidebox.access.snapshot import Snapshot, why_unread
from slidebox.cli.auditing import Scene, Source, held_against, locations_of, operators, snapshot_of
from slidebox.cli.console import Output
from slidebox.facts import FactBook
from slidebox.model import Lab, Level, Plan, Store, StoreKind
from slidebox.report.found import counted
from slidebox.report.page.data import Reader
from slidebox.report.page.from_access import ordered, planned, readers
from slidebox.systems import Systems


@dataclass(frozen=True, slots=True)
class Seen:
    """Who can read what.

    Attributes
    ----------
    readers
        A row for each principal, place and path.
    said
        Where that comes from, in a sentence.
    unknown
        What could not be read, in words.
    """

    readers: tuple[Reader, ...]
    said: str
    unknown: tuple[str, ...] = ()


def local_stores(lab: Lab) -> list[str]:
    """The stores that this machine reads without anybody's credentials: its drives, and the gateways over them."""
    return [name for name, store in lab.file.stores.items() if _is_local(store)]


def _is_local(store: Store) -> bool:
    return store.kind is StoreKind.DRIVE or (store.kind is StoreKind.S3 and bool(store.over))


def audited(snapshot: Snapshot, scene: Scene, declarations: Mapping[str, Declaration]) -> Seen:
    """Who can read what, as every store has answered."""
    assert scene.lab is not None
    locations = locations_of(snapshot, scene)
    differences = held_against(locations, snapshot, scene, declarations)
    rows = readers(locations, differences, scene.lab, operators(snapshot, scene))
    when = f"{snapshot.source}, of {snapshot.taken}" if snapshot.taken else f"{snapshot.source}, of nothing made yet"
    said = f"an audit ({when}): {counted(len(locations), 'place')}, {counted(len(rows), 'reader')}"
    return Seen(rows, said, (*_unseen(differences), *snapshot.notes))


def _unseen(differences: Collection[Difference]) -> Iterator[str]:
    """The datasets of which no place was seen, in one sentence."""
    names = sorted({one.dataset for one in differences if not one.location})
    if names:
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        yield f"No place was seen of {', '.join(names[:_MOST])}{more}: who can read it is not known."


_MOST = 8
"""More names than these are counted."""


def as_planned(
    scene: Scene,
    plan: Plan,
    systems: Systems,
    declarations: Mapping[str, Declaration],
    output: Output,
    *,
    looking: bool,
) -> Seen:
    """Who can read what: on this machine's own stores as it is, everywhere else as it is planned.

    Parameters
    ----------
    scene
        The lab and the moment.
    plan, systems
        The plan, and Table 1.
    declarations
        Who should have access.
    output
        Where long work is announced.
    looking
        Whether this machine's stores are looked at.
    """
    assert scene.lab is not None
    stores = local_stores(scene.lab) if looking else []
    rows: list[Reader] = []
    unread: Mapping[str, str] = {}
    locations: Mapping[str, Location] = {}
    if stores:
        taken = snapshot_of(Source(), scene, stores, output)
        unread = _unread_stores(taken)
        locations = locations_of(_without(taken, unread), scene)
        found = held_against(locations, taken, scene, declarations, everywhere=False)
        rows += readers(locations, found, scene.lab, operators(taken, scene))
    seen = {(one.store, one.dataset) for one in locations.values()}
    lab = scene.lab.present(scene.today)
    book = FactBook(lab, systems)
    places = [
        (place.candidate, book.location(place.candidate, scene.today))
        for entry in plan.terms
        if _is_current(lab, entry.dataset, entry.term)
        for place in entry.placements
        if (place.candidate.store, entry.dataset) not in seen
    ]
    rows += planned(places, lab, _ends(declarations))
    read = [name for name in stores if name not in unread]
    said = f"as declared and planned for {counted(len(places), 'place')}"
    said += f"; as it is in {', '.join(read)}" if read else ""
    said += "; --live asks every store, --access reads a saved audit"
    return Seen(ordered(rows), said, tuple(f"{store}: {why}" for store, why in unread.items()))


def _is_current(lab: Lab, dataset: str, term: str) -> bool:
    project, _, level = dataset.partition("/")
    return lab.projects[project].activity_of(Level(level)).term.value == term


def _unread_stores(taken: Snapshot) -> dict[str, str]:
    """The stores of which nothing could be read, and why: of these the plan is shown."""
    unread = taken.sections.get("places", {}).get("unread", {})
    return {name: why_unread(said) or "nothing was read" for name, said in sorted(unread.items())}


def _without(taken: Snapshot, unread: Collection[str]) -> Snapshot:
    """The snapshot of the stores that were read."""
    places = {name: part for name, part in taken.sections.get("places", {}).items() if name != "unread" or not unread}
    return replace(taken, sections={**taken.sections, "places": places})


def _ends(declarations: Mapping[str, Declaration]) -> dict[tuple[str, str], str]:
    """The last day of somebody's access to a dataset, by both."""
    return {
        (dataset, one.principal): one.until.isoformat()
        for dataset, declared in declarations.items()
        for one in declared.expected
        if one.until is not None
    }
