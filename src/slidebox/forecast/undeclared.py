"""What nobody declares of some datasets: it is not counted, and that is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slidebox.forecast.holding import Holding
from slidebox.model import Activity, Lab, Level

_NAMED = 3
"""As many datasets or projects are named in a sentence; more are counted."""

_WORDS = {"growth": "growth of", "reads": "reads of", "rewritten": "earlier versions of what is written again of"}


@dataclass(frozen=True, slots=True)
class Undeclared:
    """Datasets by what they do not declare.

    Attributes
    ----------
    growth
        Those that are not finished and do not say how much they grow.
    reads
        Those that do not say how often they are read, though a store charges for reading them.
    rewritten
        Those that are not finished and do not say how much of them is written again, though a store keeps, and
        charges for, what was there before.
    of
        All datasets that are kept at all.
    """

    growth: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(self.by_key().values())

    def by_key(self) -> Mapping[str, tuple[str, ...]]:
        """The datasets by the key that they do not have."""
        return {"growth": self.growth, "reads": self.reads, "rewritten": self.rewritten}

    def sentence(self) -> str:
        """What is not counted, and of what; empty where everything is declared."""
        whole = Counter(_project(dataset) for dataset in self.of)
        parts = [f"{_WORDS[key]} {_named(ids, whole)}" for key, ids in self.by_key().items() if ids]
        return f"Not counted, because nothing declares it: {'; '.join(parts)}." if parts else ""


def undeclared_of(lab: Lab, holdings: Sequence[Holding]) -> Undeclared:
    """What the datasets of some holdings do not declare.

    Parameters
    ----------
    lab
        What is declared.
    holdings
        What a plan holds; what is not kept at all is left out.
    """
    kept: dict[str, list[Holding]] = {}
    for held in holdings:
        if held.size:
            kept.setdefault(held.dataset, []).append(held)
    growth, reads, rewritten = [], [], []
    for dataset, copies in kept.items():
        project, level = lab.projects[copies[0].project], Level(copies[0].level)
        declared, changes = project.datasets[level], project.activity_of(level) is not Activity.FINISHED
        if changes and not declared.growth:
            growth.append(dataset)
        if not declared.reads and any(held.tariff or held.download for held in copies):
            reads.append(dataset)
        if changes and not declared.rewritten and any(held.tariff and held.versions_for != 0 for held in copies):
            rewritten.append(dataset)
    return Undeclared(tuple(growth), tuple(reads), tuple(rewritten), tuple(kept))


def _project(dataset: str) -> str:
    return dataset.partition("/")[0]


def _named(ids: Sequence[str], whole: Mapping[str, int]) -> str:
    """Datasets, or projects all of whose datasets are meant; a few by name."""
    by_project: dict[str, list[str]] = {}
    for dataset in ids:
        by_project.setdefault(_project(dataset), []).append(dataset)
    names: list[str] = []
    for project, datasets in by_project.items():
        names += [f"all of {project}"] if 1 < len(datasets) == whole.get(project) else datasets
    if len(ids) > 1 and len(ids) == sum(whole.values()):
        return "every dataset"
    more = len(names) - _NAMED
    if more > 1:
        names = [*names[:_NAMED], f"{more} more (--json names them)"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
