"""From the lab's running stores to the facts document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from slidebox import gateway
from slidebox.facts import FactBook
from slidebox.home import Home
from slidebox.live import archive, clouds, clusters, deposits, repositories, shares
from slidebox.live.buckets import BucketStore
from slidebox.live.drives import DriveStore
from slidebox.live.found import Asked, Found
from slidebox.model import CLOUDS, Candidate, Gate, Lab, Level, StoreKind, Term
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules, own_dir
from slidebox.preview import DECLARATION, Preview, Seen
from slidebox.preview import facts_of as facts_of_resources
from slidebox.provider.connections import Connections
from slidebox.systems import Systems

Look: TypeAlias = Callable[[Lab, Home, str, list[Asked]], Found]
"""Looks into one store, by its name, for what is asked."""

ELSEWHERE: Mapping[StoreKind, Look] = {
    **dict.fromkeys(CLOUDS, clouds.look),
    StoreKind.ARCHIVE: archive.look,
    StoreKind.CLUSTER: clusters.look,
    StoreKind.GITHUB: repositories.look,
    StoreKind.RCLONE: shares.look,
    StoreKind.ZENODO: deposits.look,
    StoreKind.FIGSHARE: deposits.look,
}
"""Who looks, where a store is neither a drive nor an S3 service of the lab's own."""


@dataclass(frozen=True, slots=True)
class Live(Preview):
    """The facts of what is really there.

    Attributes
    ----------
    notes
        What could not be read, each as a sentence with its cure.
    offline
        The drives that are not plugged in, each as a sentence: what lies on them is taken to be there.
    """

    notes: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()


def facts_of(
    lab: Lab,
    systems: Systems,
    home: Home,
    projects: Collection[str],
    now: dt.date,
    *,
    candidates: Collection[Candidate] | None = None,
    connections: Connections | None = None,
) -> Live:
    """The facts about what the lab's stores really hold.

    Every dataset is looked for in every store that slidebox provisions, wherever it is planned: a copy that an
    earlier plan left behind can be read by somebody too. One that is planned and not there is a place that
    nothing is known of.

    Parameters
    ----------
    lab, systems
        What is declared, and Table 1.
    home
        The lab's `.slidebox/`.
    projects
        Names of the projects to look at; all where empty.
    now
        Today.
    candidates
        The planned places; planned now if not given (`planned`).
    connections
        Clients of stores.

    Raises
    ------
    UnreadableError
        If the rules cannot be asked for the plan. A store that cannot be read is a note, and its places are unknown.
    """
    if candidates is None:
        candidates = planned(lab, systems, home, projects, now)
    asked = list(_asked(lab, projects, candidates))
    found: list[Found] = []
    shared = connections or Connections(lambda ref: gateway.endpoint(home, ref.name))
    for name in lab.file.stores:
        carrier = lab.file.stores[lab.carrier(name)].kind
        if carrier is StoreKind.DRIVE:
            found.append(DriveStore(lab, home.lab_root, name).look(asked))
        elif carrier is StoreKind.S3:
            found.append(BucketStore(lab, home.lab_root, name, shared).look(asked))
        elif carrier in ELSEWHERE:
            found.append(ELSEWHERE[carrier](lab, home, name, asked))
    resources = [seen for one in found for seen in one.resources]
    preview = facts_of_resources(
        resources, now, Gate.LIVE, declared=_declarations(lab, systems, asked, candidates, resources)
    )
    notes, offline = ([said for one in found for said in getattr(one, kind)] for kind in ("notes", "offline"))
    return Live(preview.facts, preview.urns, tuple(notes), tuple(offline))


def planned(lab: Lab, systems: Systems, home: Home, projects: Collection[str], now: dt.date) -> tuple[Candidate, ...]:
    """The places that the plan has for the datasets of some projects in their current terms."""
    with Rules(own=own_dir(home.lab_root, lab.file.rules)) as rules:
        plan = make_plan(lab, systems, PolicyJudge(rules, lab, systems, now), now=now, projects=projects)
    return tuple(
        placement.candidate
        for entry in plan.terms
        for placement in entry.placements
        if _current(lab, entry.dataset) == entry.term
    )


def _current(lab: Lab, dataset: str) -> Term:
    project, _, level = dataset.partition("/")
    return lab.projects[project].activity_of(Level(level)).term


def _asked(lab: Lab, projects: Collection[str], candidates: Iterable[Candidate]) -> Iterator[Asked]:
    expected: dict[str, set[str]] = {}
    for candidate in candidates:
        expected.setdefault(candidate.dataset, set()).add(candidate.store)
    for name, project in lab.projects.items():
        if projects and name not in projects:
            continue
        for level in project.datasets:
            dataset = project.dataset_id(level)
            yield Asked(dataset, project.activity_of(level).term, frozenset(expected.get(dataset, ())))


def _declarations(
    lab: Lab, systems: Systems, asked: Iterable[Asked], candidates: Iterable[Candidate], found: Iterable[Seen]
) -> Iterator[Seen]:
    """What is declared of each dataset, with its copies made by hand and the stores that it was found in."""
    book = FactBook(lab, systems)
    stores: dict[str, set[str]] = {}
    for candidate in candidates:
        stores.setdefault(candidate.dataset, set()).add(candidate.store)
    for seen in found:
        dataset, _, rest = str(seen.properties.get("location", "")).partition("@")
        stores.setdefault(dataset, set()).add(rest.partition("@")[2])
    for one in asked:
        places = [Candidate(one.dataset, one.term, store) for store in sorted(stores.get(one.dataset, ()))]
        if places:
            facts = book.fragment(one.dataset, places)
            yield Seen(f"declaration of {one.dataset}", DECLARATION, {"facts": facts})
