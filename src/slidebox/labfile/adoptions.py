"""Faults of what is said about buckets and folders that were there before slidebox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from slidebox.errors import Problem
from slidebox.labfile.complaints import nearest
from slidebox.labfile.places import Places, Unread, file_of
from slidebox.labfile.source import Key
from slidebox.model import CLOUDS, Dataset, Keep, Lab, Store, StoreKind

PROVISIONED = frozenset({StoreKind.DRIVE, StoreKind.S3, *CLOUDS})
"""The kinds of stores in which slidebox makes places, and so can take some over."""


def adoptions(lab: Lab, places: Places, unread: Unread) -> Iterator[Problem]:
    """What was there before and cannot have been: in no store, or in one where slidebox makes nothing."""
    yield from _twice(lab, places)
    for project, declared in lab.projects.items():
        for level, dataset in declared.datasets.items():
            for store, adopted in dataset.adopted.items():
                if store in unread.stores:
                    continue
                path: tuple[Key, ...] = ("datasets", str(level), "adopted", store)
                if store not in lab.file.stores:
                    said, hint = f"{store!r} is not one of the stores.", nearest(store, lab.file.stores)
                    yield places.problem(file_of(project), path, said, hint, key=True)
                    continue
                fault, hint = _fault(dataset, lab.file.stores[store], adopted.name)
                if fault:
                    yield places.problem(file_of(project), path, fault, hint, key=True)


def _twice(lab: Lab, places: Places) -> Iterator[Problem]:
    """Places of two datasets at once, or of which one lies in the other: data have one level, and one audience."""
    said = [
        (project, level, store, adopted.name)
        for project, declared in lab.projects.items()
        for level, dataset in declared.datasets.items()
        for store, adopted in dataset.adopted.items()
        if store in lab.file.stores
    ]
    holders: dict[tuple[str, ...], str] = {}
    for project, level, store, name in said:
        holders.setdefault((store, *_steps(lab.file.stores[store], name)), f"{project}/{level}")
    for project, level, store, name in said:
        steps = (store, *_steps(lab.file.stores[store], name))
        own = f"{project}/{level}"
        around = (holders.get(steps[:length]) for length in range(len(steps), 1, -1))
        if other := next((holder for holder in around if holder not in (None, own)), None):
            within = "has it" if holders[steps] == other else "has what it lies in"
            fault, path = f"{name!r} is taken over twice: {other} {within}.", ("datasets", str(level), "adopted", store)
            yield places.problem(file_of(project), path, fault, "Leave it to one of them.", key=True)


def _steps(store: Store, name: str) -> tuple[str, ...]:
    """The parts of a name of which each lies in the one before: of a folder its path, of a bucket all of it."""
    return PurePosixPath(name).parts if store.kind is StoreKind.DRIVE else (name,)


def _fault(dataset: Dataset, store: Store, name: str) -> tuple[str, str]:
    if store.kind not in PROVISIONED:
        kinds = ", ".join(sorted(PROVISIONED))
        return f"nothing in a store of kind '{store.kind}' can be taken over.", f"The kinds are {kinds}."
    if dataset.keep is Keep.STREAM:
        return "of streamed data no copy is kept, and none can be taken over.", "Write 'keep: copy'."
    parts = PurePosixPath(name).parts
    if store.kind is StoreKind.DRIVE and (name.startswith("/") or not parts or ".." in parts):
        return f"{name!r} is no folder below the drive's.", "Write its path below the drive's, such as 'screens/nf1'."
    return "", ""
