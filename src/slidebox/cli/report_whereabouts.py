"""What `report` says of where data really lie, what is to be moved, and which drives want a visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from slidebox.cli.ancestry import sight_of
from slidebox.cli.wanting import Seen, Survey
from slidebox.flow.wanted import Wanted
from slidebox.model import Lab, Level, StoreKind, System
from slidebox.provenance.lineage import Lineage, Sight, Standing, at_source, lineage
from slidebox.report.found import counted
from slidebox.report.page.data import Due
from slidebox.report.page.from_plan import NOTHING

YES, NO, OTHER, UNKNOWN = "yes", "no", "other version", "unknown"


def there(lab: Lab, here: Survey) -> dict[tuple[str, str], str]:
    """Whether each dataset really lies in each store now, by both."""
    return {
        (dataset, store): _is_there(lab, here, seen, store)
        for dataset, seen in here.seen.items()
        for store in lab.file.stores
    }


def _is_there(lab: Lab, here: Survey, seen: Seen, store: str) -> str:
    copies = [copy for copy in seen.copies if copy.location.store == store]
    if any(copy.problem for copy in copies):
        return UNKNOWN
    if any(copy.complete for copy in copies):
        now = seen.now.crate if seen.now else ""
        return YES if any(copy.crate == now for copy in copies) else OTHER
    if copies:
        return NO
    if lab.file.stores[store].system is System.DELETION:
        return NOTHING
    project, _, level = seen.dataset.partition("/")
    by_hand = lab.file.stores[store].kind is StoreKind.BY_HAND
    before = lab.projects[project].adopted_in(Level(level), store) is not None
    looked = not seen.problem or seen.nowhere
    return UNKNOWN if by_hand or before or store in here.silent or not looked else NO


def due(todo: Iterable[Wanted]) -> tuple[tuple[Due, ...], tuple[Due, ...]]:
    """Moves and retirements that are due, and drives to look at, what matters most first."""
    listed = list(todo)
    return tuple(_due(one) for one in listed if one.dataset), tuple(_due(one) for one in listed if not one.dataset)


def _due(one: Wanted) -> Due:
    return Due(
        dataset=one.dataset,
        why=one.why.value,
        source=one.source,
        target=one.target,
        bytes=one.bytes,
        files=one.files,
        hours=one.hours,
        usd=one.usd,
        said=one.sentence,
        command=one.command,
    )


def ancestry(lab: Lab, here: Survey | None) -> Lineage:
    """What every dataset was made from; what is there of each is not known where nobody could look."""
    every = [project.dataset_id(level) for project in lab.projects.values() for level in project.datasets]
    if here is not None:
        return lineage(lab, every, {dataset: sight_of(lab, seen) for dataset, seen in here.seen.items()})
    at_home = {one: Sight(Standing.AT_SOURCE if at_source(lab, one) else Standing.UNKNOWN) for one in every}
    return lineage(lab, every, at_home)


def not_seen(here: Survey) -> Iterator[str]:
    """What could not be looked at: in words that say where, and nothing of what lies there."""
    failed = [seen for seen in here.seen.values() if seen.problem and not seen.nowhere]
    for why, count in sorted(Counter(seen.problem for seen in failed).items()):
        yield f"Where {counted(count, 'dataset')} lie{'s' * (count == 1)} could not be looked up: {why}"
    for seen in here.seen.values():
        for store in dict.fromkeys(c.location.store for c in seen.copies if c.problem and not c.offline):
            yield f"What {store} has of {seen.dataset} could not be read: slidebox moves {seen.dataset} says why."
    yield from here.offline.values()
    for store in here.silent:
        yield f"{store} was not asked for copies that no record names: slidebox moves says why."


def said(here: Survey) -> str:
    """How much was looked at, in a sentence."""
    places: Mapping[bool, int] = Counter(bool(c.problem) for seen in here.seen.values() for c in seen.copies)
    unmade = sum(seen.unmade for seen in here.seen.values())
    parts = [f"{counted(places[False], 'place')} read"]
    parts += [f"{places[True]} not"] if places[True] else []
    parts += [f"{counted(unmade, 'dataset')} of stacks that were never made"] if unmade else []
    return ", ".join(parts)
