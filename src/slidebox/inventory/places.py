"""Which project, level and dataset lie where: what the lab's files say of buckets, containers and folders. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from slidebox.inventory.reports import AZURE, GOOGLE, S3, Report
from slidebox.inventory.table import ibis_module
from slidebox.model import Lab, Store, StoreKind, System
from slidebox.naming import bucket_of, folder_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

_KINDS: Mapping[str, frozenset[StoreKind]] = {
    S3: frozenset({StoreKind.AWS, StoreKind.S3}),
    GOOGLE: frozenset({StoreKind.GCS}),
    AZURE: frozenset({StoreKind.AZURE}),
}
"""The kinds of stores that a provider's reports can be of."""

_FOLDERS = frozenset({StoreKind.DRIVE, StoreKind.CLUSTER, StoreKind.RCLONE})
_BUCKETS = frozenset().union(*_KINDS.values())


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a dataset lies, as it is declared.

    Attributes
    ----------
    store
        The store.
    bucket
        The bucket or container; of folders empty.
    folder
        The folder in it, or below the store's own; empty for all of it.
    dataset
        ``project/level``.
    """

    store: str
    bucket: str
    folder: str
    dataset: str


def places_of(lab: Lab) -> tuple[Place, ...]:
    """Every place of the lab's datasets in stores that inventories can be of, whether the plan has them there or not.

    Names are those that slidebox makes, and those of what was there before it (`slidebox adopt`).
    """
    return tuple(sorted(set(_places(lab))))


def _places(lab: Lab) -> Iterator[Place]:
    for project in lab.projects.values():
        for level in project.datasets:
            dataset = project.dataset_id(level)
            for name, store in lab.file.stores.items():
                if store.kind in _BUCKETS:
                    bucket = bucket_of(lab, dataset, name)
                    yield Place(name, bucket, "", dataset)
                    if store.over:
                        # The embedded gateway keeps its buckets, and earlier versions, as folders of the drive.
                        yield Place(store.over, "", f"{name}/{bucket}", dataset)
                        yield Place(store.over, "", f".slidebox-versions/{name}/{bucket}", dataset)
                elif store.kind is StoreKind.DVC:
                    yield Place(lab.carrier(name), "", folder_of(lab, dataset, name), dataset)
                elif store.kind in _FOLDERS or (store.kind is StoreKind.BY_HAND and store.system is not System.CLOUD):
                    yield Place(name, "", folder_of(lab, dataset, name), dataset)
                elif adopted := project.adopted_in(level, name):
                    yield Place(name, adopted.name, "", dataset)


def near(report: Report, places: Mapping[str, Sequence[Place]]) -> Iterable[Place]:
    """The places that can be of a report, of those of a lab by their bucket: a lab has many and a report is of one."""
    if report.kind in (S3, GOOGLE):
        return places.get(report.place, ())
    return (place for those in places.values() for place in those)


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """What is said of a part of one report's place.

    Attributes
    ----------
    bucket
        The bucket or container; of a list of files the report's place.
    folder
        The folder in it, without a ``/`` at its end; empty for all of it.
    store, dataset
        Whose it is; an empty dataset where several are declared there.
    """

    bucket: str
    folder: str
    store: str
    dataset: str


def claims_on(report: Report, lab: Lab, places: Iterable[Place], roots: Mapping[str, str]) -> tuple[Claim, ...]:
    """What the lab says of the place of a report.

    Parameters
    ----------
    report
        The report.
    lab
        What is declared.
    places
        As of `places_of`.
    roots
        The absolute folder of each store that has one, by the store's name.
    """
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for place in places:
        for bucket, folder in _meant(report, lab.file.stores[place.store], place, roots):
            found.setdefault((bucket, folder), set()).add((place.store, place.dataset))
    return tuple(sorted(Claim(*where, *_one(said)) for where, said in found.items()))


def _one(said: set[tuple[str, str]]) -> tuple[str, str]:
    """Store and dataset, each empty where two are said."""
    stores, datasets = {store for store, _ in said}, {dataset for _, dataset in said}
    return stores.pop() if len(stores) == 1 else "", datasets.pop() if len(datasets) == 1 else ""


def _meant(report: Report, store: Store, place: Place, roots: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if report.kind in _KINDS:
        if store.kind not in _KINDS[report.kind] | {StoreKind.BY_HAND} or not place.bucket:
            return
        if report.kind == AZURE and store.account not in (None, report.place):
            return
        if report.kind == AZURE or place.bucket == report.place:
            yield place.bucket, place.folder
    elif report.store:
        if place.store == report.store:
            # A list of all of a store: its folders, or its buckets as folders.
            yield report.place, "/".join(part for part in (place.bucket, place.folder) if part)
    elif place.store in roots and not place.bucket:
        whole = PurePosixPath(roots[place.store]) / place.folder
        listed = PurePosixPath(report.place)
        if whole == listed or whole in listed.parents:
            yield report.place, ""
        elif listed in whole.parents:
            yield report.place, str(whole.relative_to(listed))


def placed(table: ir.Table, claims: Sequence[Claim]) -> ir.Table:
    """A report's table with store, project, level and dataset; of several claims the one on the deepest folder holds.

    Parameters
    ----------
    table
        The one table.
    claims
        What the lab says of it.
    """
    if not claims:
        return table
    ibis = ibis_module()
    if len(claims) == 1 and not claims[0].folder:
        only = claims[0]
        said = table["bucket"] == only.bucket
        return named(table, said.ifelse(only.store, ""), said.ifelse(only.dataset, ""))
    joined = table
    depths = sorted({_depth(claim) for claim in claims}, reverse=True)
    for depth in depths:
        rows = [
            {"b": claim.bucket, "f": claim.folder, "s": claim.store, "d": claim.dataset}
            for claim in claims
            if _depth(claim) == depth
        ]
        names = {"b": f"b{depth}", "f": f"f{depth}", "s": f"s{depth}", "d": f"d{depth}"}
        side = ibis.memtable(
            {names[key]: [row[key] for row in rows] for key in names},
            schema=dict.fromkeys(names.values(), "string"),
        )
        above: Any = joined["key"].re_extract(f"^((?:[^/]+/){{{depth}}})", 1) if depth else ibis.literal("")
        joined = joined.left_join(
            side, [joined["bucket"] == side[names["b"]], above == side[names["f"]].concat("/" if depth else "")]
        )
    store = ibis.coalesce(*(joined[f"s{depth}"] for depth in depths), "")
    dataset = ibis.coalesce(*(joined[f"d{depth}"] for depth in depths), "")
    return named(joined, store, dataset).select(*table.columns)


def _depth(claim: Claim) -> int:
    return len(PurePosixPath(claim.folder).parts)


def named(table: ir.Table, store: Any, dataset: Any) -> ir.Table:
    """The one table with the store and the dataset, each an expression of it, and so with project and level."""
    said = table.mutate(store=store, dataset=dataset)
    words = said["dataset"].split("/")
    return said.mutate(project=words[0].fill_null(""), level=words[1].fill_null(""))
