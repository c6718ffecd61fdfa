"""A small lab with two drives and a gateway, whose places are made by hand where a stack would have made them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slidebox import drives
from slidebox.flow.book import Book
from slidebox.flow.moving import Moved, Moving, move, plan_move
from slidebox.flow.putting import put
from slidebox.flow.retiring import Retirer, Retiring, held_by_store, plan_retirement
from slidebox.flow.whereabouts import Copy, Whereabouts
from slidebox.home import Home
from slidebox.model import (
    Activity,
    Audience,
    Candidate,
    Dataset,
    Finding,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Store,
    StoreKind,
    System,
    Term,
)
from slidebox.provenance.record import Entry
from slidebox.quantities import Size
from slidebox.transfer import Quiet
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.journal import Journal

TODAY = dt.date(2026, 11, 24)
RAW, MASKS = "demo/raw_images", "demo/segmentation_masks"


class Agreeing:
    """A judge that refuses nothing; what it was asked is kept."""

    def __init__(self, says: Mapping[str, tuple[Finding, ...]] | None = None) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._says = says or {}

    def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
        """What was prepared for a store, by its name."""
        return {candidate.id: self._says.get(candidate.store, ()) for candidate in candidates}

    def chosen(
        self, chosen: list[tuple[str, Term, tuple[Candidate, ...]]]
    ) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
        """What was prepared for a number of copies."""
        self.asked += [tuple(c.store for c in candidates) for _, _, candidates in chosen]
        return {(dataset, term): self._says.get(str(len(candidates)), ()) for dataset, term, candidates in chosen}


@dataclass
class SmallLab:
    """A lab in a folder."""

    root: Path
    lab: Lab
    outputs: dict[str, Any] = field(default_factory=lambda: {"locations": {}, "keys": {}})
    today: dt.date = TODAY

    @property
    def home(self) -> Home:
        """Its folder of state."""
        return Home(self.root)

    @property
    def book(self) -> Book:
        """Its records."""
        return Book(self.home, lambda: f"{self.today}T12:00:00+00:00", lambda: "ada@scope")

    @property
    def datasets(self) -> Datasets:
        """Its datasets, as a new process sees them."""
        return Datasets(self.lab, self.home, lambda _: self.outputs)

    @property
    def whereabouts(self) -> Whereabouts:
        """Looks for copies, as a new process does."""
        return Whereabouts(self.lab, self.home, self.datasets, self.book)

    def folder(self, store: str, dataset: str = RAW) -> Path:
        """The folder of a dataset in a drive."""
        return self.root / store / dataset

    def plan(self, *stores: str, dataset: str = RAW, term: str = "short") -> None:
        """Say that a stack has a dataset in drives, and make their folders."""
        self.outputs["locations"] = {
            key: about for key, about in self.outputs["locations"].items() if about["dataset"] != dataset
        }
        for copy, store in enumerate(stores, 1):
            folder = self.folder(store, dataset)
            folder.mkdir(parents=True, exist_ok=True)
            self.outputs["locations"][f"{dataset}@{term}@{store}"] = {
                "dataset": dataset,
                "term": term,
                "copy": copy,
                "store": store,
                "kind": "drive",
                "by_hand": False,
                "path": str(folder),
            }

    def put(self, files: Mapping[str, bytes], dataset: str = RAW) -> Entry | None:
        """Put files, as the verb does."""
        source = self.root / "source"
        for path, data in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(data)
        before = self.book.entries("demo")
        put(self.datasets.ready(dataset, source, today=self.today), self.book)
        after = self.book.entries("demo")
        return after[-1] if len(after) > len(before) else None

    def copies(self, dataset: str = RAW, journal: Journal | None = None) -> tuple[Copy, ...]:
        """Where a dataset lies."""
        return self.whereabouts.copies(dataset, writing=True, journal=journal)

    def moving(self, dataset: str = RAW, to: str | None = None, journal: Journal | None = None) -> Moving:
        """A move that is about to happen."""
        return plan_move(dataset, self.copies(dataset, journal), self.book.entries("demo"), to)

    def move(self, dataset: str = RAW, to: str | None = None) -> Moved:
        """Move it."""
        with (journal := self.whereabouts.journal(dataset)).open():
            return move(self.moving(dataset, to, journal), self.book, Quiet())

    @property
    def retirer(self) -> Retirer:
        """Sets copies aside."""
        return Retirer(self.root, self.book, self.whereabouts.open, Quiet(), self.today)

    def retiring(self, *stores: str, dataset: str = RAW, judge: Agreeing | None = None) -> Retiring:
        """A retirement that is about to happen."""
        copies = self.copies(dataset)
        doomed = [copy for copy in copies if copy.complete and copy.location.store in stores]
        held = held_by_store([self.book.entries("demo")])
        asked = judge or Agreeing()
        return plan_retirement(self.lab, dataset, copies, doomed, lambda _: asked, held)

    def retire(self, *stores: str, dataset: str = RAW) -> tuple[Entry, ...]:
        """Retire copies."""
        return self.retirer.retire(self.retiring(*stores, dataset=dataset), "a test")


def dataset(**more: Any) -> Dataset:
    """A small dataset."""
    return Dataset(size=Size.parse("1 MB"), files=5, sensitivity=Sensitivity.OPEN, **more)


def small_lab(root: Path, *, made: bool = False, **stores: Store) -> SmallLab:
    """A lab with two drives in a folder, and whatever other stores are given; or one that was made there before."""
    drive = {
        name: Store(system=system, kind=StoreKind.DRIVE, path=name)
        for name, system in (("bench", System.INTERNAL_DRIVE), ("shelf", System.EXTERNAL_DRIVE))
    }
    file = LabFile(
        lab="test-lab", title="Test lab", people={"ada": Person(name="Ada Lovelace")}, stores={**drive, **stores}
    )
    project = Project(
        project="demo",
        title="Demo",
        owner="ada",
        activity=Activity.ACTIVE,
        audience=Audience(contributor=("ada",)),
        datasets={
            Level.RAW_IMAGES: dataset(licence="CC0-1.0"),
            Level.SEGMENTATION_MASKS: dataset(parents=("raw_images",)),
        },
    )
    for name in drive if not made else ():
        (root / name).mkdir()
        drives.mark("test-lab", name, root / name)
    (root / "lab.yaml").write_text("lab: test-lab\n")
    return SmallLab(root, Lab(file=file, projects={"demo": project}))
