"""What an inventory comes to: answers to every question, and what of them has to be seen to. Pure but for asking.

An object's name is said only of datasets that are open and come from open ones alone: a name of a file can be that of a
patient. Of everything else there are numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slidebox.inventory import questions
from slidebox.inventory.answers import rows
from slidebox.model import Lab, Level, Sensitivity
from slidebox.quantities import human_bytes

if TYPE_CHECKING:
    import ibis.expr.types as ir

Row = Mapping[str, Any]

PUBLIC, UNENCRYPTED, UNDECLARED = "public", "unencrypted", "undeclared"
"""What can be found: open to anyone and not declared so, without encryption, or of no dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answer to each question, row by row, with the columns that the questions say.

    Attributes
    ----------
    summary, leftovers, encryption, exposed, growth
        As of `slidebox.inventory.questions`.
    """

    summary: tuple[Row, ...]
    leftovers: tuple[Row, ...]
    encryption: tuple[Row, ...]
    exposed: tuple[Row, ...]
    growth: tuple[Row, ...]

    @classmethod
    def of(cls, table: ir.Table, now: dt.datetime) -> Answers:
        """Ask everything of a table.

        Parameters
        ----------
        table
            The one table.
        now
            This moment, from which ages count.
        """
        return cls(
            summary=tuple(rows(questions.summary(table, now))),
            leftovers=tuple(rows(questions.leftovers(table, now))),
            encryption=tuple(rows(questions.encryption(table))),
            exposed=tuple(rows(questions.exposed(table))),
            growth=tuple(rows(questions.growth(table))),
        )


def open_datasets(lab: Lab) -> frozenset[str]:
    """The datasets whose files may be named: open, as is all that they come from."""
    declared = {
        project.dataset_id(level): (dataset.sensitivity, project.parents_of(level))
        for project in lab.projects.values()
        for level, dataset in project.datasets.items()
    }

    def is_open(dataset: str, seen: frozenset[str] = frozenset()) -> bool:
        if dataset not in declared or dataset in seen:
            return False
        sensitivity, parents = declared[dataset]
        return sensitivity is Sensitivity.OPEN and all(is_open(parent, seen | {dataset}) for parent in parents)

    return frozenset(dataset for dataset in declared if is_open(dataset))


def may_be_named(row: Row, named: Collection[str]) -> bool:
    """Whether an object of a row may be named."""
    return row["dataset"] in named


def findings_of(answers: Answers, lab: Lab | None, named: Collection[str]) -> tuple[tuple[str, str], ...]:
    """What has to be seen to, each with its kind; the gravest first.

    Parameters
    ----------
    answers
        What the reports say.
    lab
        What is declared; None where there is no lab.
    named
        The datasets whose files may be named.
    """
    return (*_public(answers, lab, named), *_unencrypted(answers), *(_undeclared(answers) if lab else ()))


def _public(answers: Answers, lab: Lab | None, named: Collection[str]) -> Iterator[tuple[str, str]]:
    for row in answers.exposed:
        if not row["public"] or (lab and _is_declared_public(lab, row["dataset"])):
            continue
        example = f", such as {row['example']}" if may_be_named(row, named) else ""
        held = human_bytes(row["public_bytes"])
        yield (
            PUBLIC,
            f"{_whose(row)}: {row['public']:,} of {_objects(row['objects'])} ({held}) open to anyone by their own "
            f"lists{example}. Take the grants away, or have the bucket ignore lists of objects.",
        )


def _is_declared_public(lab: Lab, dataset: str) -> bool:
    project = lab.project_of(dataset)
    level = dataset.partition("/")[2]
    if project is None or level not in project.datasets:
        return False
    return project.public_in(Level(level), project.activity_of(Level(level)).term)


def _unencrypted(answers: Answers) -> Iterator[tuple[str, str]]:
    for row in answers.encryption:
        if row["encryption"] == "none":
            held = human_bytes(row["bytes"])
            yield (
                UNENCRYPTED,
                f"{_whose(row)}: {_objects(row['objects'])} ({held}) not encrypted. Copied over itself, an object is "
                "as the bucket encrypts by default.",
            )


def _undeclared(answers: Answers) -> Iterator[tuple[str, str]]:
    """Places with data of no dataset; how they are encrypted is asked of every version, so it names them all."""
    held: dict[str, tuple[int, int]] = {}
    for row in answers.encryption:
        if not row["dataset"]:
            objects, size = held.get(row["bucket"], (0, 0))
            held[row["bucket"]] = objects + row["objects"], size + row["bytes"]
    for bucket, (objects, size) in sorted(held.items(), key=lambda one: (-one[1][1], one[0])):
        yield (
            UNDECLARED,
            f"{bucket}: {_objects(objects)} ({human_bytes(size)}) of no dataset that is declared. Declare what it is "
            "with `slidebox adopt`, or let it go.",
        )


def _objects(number: int) -> str:
    return f"{number:,} object{'s' * (number != 1)}"


def _whose(row: Row) -> str:
    return f"{row['dataset']} in {row['bucket']}" if row["dataset"] else str(row["bucket"])
