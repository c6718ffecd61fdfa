"""Faults that no project has by itself: circles of datasets, and datasets in one bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slidebox.errors import InputError, Problem
from slidebox.labfile.places import Places, file_of
from slidebox.labfile.source import Key
from slidebox.model import CLOUDS, Lab, Store, StoreKind
from slidebox.naming import bucket_of

_Edges = tuple[tuple[tuple[Key, ...], str], ...]
"""The other datasets that a dataset names, each with the path at which it does."""


def circles(lab: Lab, places: Places) -> Iterator[Problem]:
    """Datasets that are made from themselves in the end, or replace themselves; each circle is reported once."""
    parents: dict[str, _Edges] = {}
    replaced: dict[str, _Edges] = {}
    for project in lab.projects.values():
        for level in project.datasets:
            dataset, replaces = project.dataset_id(level), project.replaces_of(level)
            named = enumerate(project.parents_of(level))
            # What names itself is reported where it stands.
            parents[dataset] = tuple((("parents", n), parent) for n, parent in named if parent != dataset)
            replaced[dataset] = ((("replaces",), replaces),) if replaces and replaces != dataset else ()
    said = "these datasets are made from each other in a circle"
    for dataset, path, circle in _circles(parents):
        yield _circle(places, dataset, path, f"{said}: {circle}.", "Remove the parent that is not one.")
    said = "these datasets replace each other in a circle"
    for dataset, path, circle in _circles(replaced):
        yield _circle(places, dataset, path, f"{said}: {circle}.", "Remove one 'replaces'.")


def _circle(places: Places, dataset: str, path: tuple[Key, ...], said: str, hint: str) -> Problem:
    project, _, level = dataset.partition("/")
    return places.problem(file_of(project), ("datasets", level, *path), said, hint)


def _circles(edges: Mapping[str, _Edges]) -> Iterator[tuple[str, tuple[Key, ...], str]]:
    """The dataset and the path below it at which each circle closes, and the circle in words."""
    done: set[str] = set()
    for start, its_edges in edges.items():
        trail = [(start, iter(its_edges))]
        on_trail = {start}
        while trail:
            dataset, remaining = trail[-1]
            path, other = next(remaining, ((), ""))
            if not other:
                trail.pop()
                on_trail.discard(dataset)
                done.add(dataset)
            elif other in on_trail:
                names = [name for name, _ in trail]
                yield dataset, path, " ← ".join([*names[names.index(other) :], other])
            elif other in edges and other not in done:
                trail.append((other, iter(edges[other])))
                on_trail.add(other)


def _world(store: Store) -> str:
    """Within what the names of a cloud's buckets are taken once: the whole service, or one storage account."""
    return f"{store.kind} {store.account}" if store.kind is StoreKind.AZURE else store.kind.value


def _carriers(lab: Lab) -> Iterator[tuple[str, Store]]:
    """Each store with the one in which its bytes lie; a carrier that is not declared is reported with its name."""
    for name in lab.file.stores:
        carrier = lab.carrier(name)
        if carrier in lab.file.stores:
            yield name, lab.file.stores[carrier]


def bucket_clashes(lab: Lab, places: Places) -> Iterator[Problem]:
    """Datasets that would be kept in one bucket of one service."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    stores = [
        (name, f"over {lab.carrier(name)}" if store.over else store.endpoint or _world(store))
        for name, store in _carriers(lab)
        if store.kind in {StoreKind.S3, *CLOUDS}
    ]
    for name, project in lab.projects.items():
        for level in project.datasets:
            for store, service in stores:
                try:
                    bucket = bucket_of(lab, project.dataset_id(level), store)
                except InputError:
                    return  # reported with the lab's name
                here = (project.dataset_id(level), store)
                first = owners.setdefault((service, bucket), here)
                if first != here:
                    said = (
                        f"the bucket {bucket!r} would be both {first[0]} in the store {first[1]!r} "
                        f"and {here[0]} in the store {here[1]!r}."
                    )
                    path = ("datasets", str(level))
                    yield places.problem(file_of(name), path, said, "Rename a project or a store.", key=True)
