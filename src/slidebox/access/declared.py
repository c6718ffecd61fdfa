"""Who will be able to read a place that is only planned: whom the audience names, and whom the store lets in."""

from __future__ import annotations

import datetime as dt

from slidebox.access.reader import ANYONE, UNKNOWN, Reader, merged, person, service, team
from slidebox.model import DEPOSITS, PUBLIC, Candidate, Lab, Level, Project, Role, StoreKind, System
from slidebox.shares import sharing_is_told
from slidebox.systems import Systems

ROLE_ACTIONS = {
    Role.CONTRIBUTOR: ("read", "write"),
    Role.READER: ("read",),
    Role.STEWARD: ("read", "write", "delete"),
}
"""What each role may do with the data. Reading includes listing."""

_NEVER_OPENED = (StoreKind.BY_HAND, StoreKind.CLUSTER)
"""What slidebox opens to nobody but the audience: a cluster has no public, only other accounts."""


_OPEN_LATER = DEPOSITS | {StoreKind.ARCHIVE}
"""The kinds in which data lie closed until they are published, and then until their embargo is over."""


def principal(lab: Lab, name: str) -> str:
    """The principal that a name in an audience stands for; ``unknown`` if the lab file does not know it."""
    if name == PUBLIC:
        return ANYONE
    for known, kind in ((lab.file.teams, team), (lab.file.people, person), (lab.file.services, service)):
        if name in known:
            return kind(name)
    return UNKNOWN


def declared(lab: Lab, dataset_id: str) -> tuple[Project, Level] | None:
    """The project and the level of a dataset, or None if it is not declared."""
    project = lab.project_of(dataset_id)
    level = dataset_id.partition("/")[2]
    if project is None or level not in project.datasets:
        return None
    return project, Level(level)


def readers(lab: Lab, systems: Systems, candidate: Candidate) -> tuple[Reader, ...]:
    """Who will have access to a candidate if it is made, with the path by which they have it."""
    if lab.file.stores[candidate.store].system is System.DELETION and declared(lab, candidate.dataset):
        return ()
    return merged(
        [
            *audience_readers(lab, candidate.dataset),
            *opened(lab, systems, candidate),
            *untold(lab, candidate),
        ]
    )


def untold(lab: Lab, candidate: Candidate) -> tuple[Reader, ...]:
    """Somebody unknown, where nothing can tell who a service has let in."""
    store = lab.file.stores[candidate.store]
    if sharing_is_told(store.kind, store.system):
        return ()
    return (Reader(UNKNOWN, ("read",), (f"nothing tells who a folder of {candidate.store} is shared with",)),)


def audience_readers(lab: Lab, dataset_id: str) -> tuple[Reader, ...]:
    """Whom a dataset's audience names, wherever it lies; somebody unknown if it is not declared."""
    found = declared(lab, dataset_id)
    if found is None:
        return (Reader(UNKNOWN, ("read",), (f"{dataset_id} is not declared",)),)
    project, level = found
    audience = project.audience_of(level)
    return merged(
        Reader(principal(lab, name), ROLE_ACTIONS[role], (f"{role.value} of {dataset_id}",))
        for role in Role
        for name in audience.of(role)
        if name != PUBLIC
    )


def opened(lab: Lab, systems: Systems, candidate: Candidate, now: dt.date | None = None) -> tuple[Reader, ...]:
    """Anyone, where a candidate is open to all: by its store, or because it is declared public in its term.

    Parameters
    ----------
    lab, systems, candidate
        What is declared, Table 1, and the candidate.
    now
        The day, where it counts: a repository that slidebox makes deposits in, or an archive that it submits to, keeps
        files closed until the embargo is over.
    """
    found = declared(lab, candidate.dataset)
    store = lab.file.stores[candidate.store]
    if found is None or store.system is System.DELETION:
        return ()
    project, level = found
    if store.kind is StoreKind.RCLONE:
        return ()  # a link that anyone can follow is never made
    embargo = project.embargo_of(level)
    closed = store.confidential or (now is not None and embargo is not None and now < embargo)
    if store.kind in _OPEN_LATER and closed and not store.private_link:
        return ()
    access = systems.limits(store.system).access
    if access == "public":
        return (Reader(ANYONE, ("read",), (f"{candidate.store} publishes what it holds",)),)
    # What is declared public is opened where slidebox provisions the store, or where the system can be open.
    carrier = lab.file.stores[lab.carrier(candidate.store)]
    can_be = carrier.kind not in _NEVER_OPENED or (access == "both" and carrier is store)
    if project.public_in(level, candidate.term) and can_be:
        path = (f"{candidate.dataset} is declared public in the {candidate.term} term",)
        return (Reader(ANYONE, ("read",), path),)
    return ()
