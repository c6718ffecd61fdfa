"""What `moves`, `move`, `retire` and `record` share: the lab, its records, and where its data lie."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.engine import Engine, no_stack
from slidebox.errors import InputError
from slidebox.flow.book import Book
from slidebox.flow.metadata import Refresh, refresher
from slidebox.flow.retiring import Retirer, Retiring, held_by_store, plan_retirement
from slidebox.flow.whereabouts import Copy, Whereabouts
from slidebox.home import Home
from slidebox.model import Lab, Level
from slidebox.policy import PolicyJudge, Rules, own_dir
from slidebox.provenance.record import Entry
from slidebox.quantities import human_bytes
from slidebox.systems import load_systems
from slidebox.transfer import Progress
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.describe import declared


@dataclass(frozen=True, slots=True)
class Desk:
    """A lab, its records, and where its data lie.

    Attributes
    ----------
    lab, home
        What is declared, and the lab's folder of state.
    book
        Its records.
    whereabouts
        Looks for copies.
    today
        The day.
    """

    lab: Lab
    home: Home
    book: Book
    whereabouts: Whereabouts
    today: dt.date

    def entries(self, dataset: str) -> tuple[Entry, ...]:
        """The record of a dataset's project."""
        return self.book.entries(dataset.partition("/")[0])

    def held(self) -> dict[str, int]:
        """Bytes that each store holds, by the records."""
        return held_by_store([self.book.entries(project) for project in self.lab.projects])

    @property
    def refresh(self) -> Refresh:
        """Brings a manifest into its project's repository of metadata."""
        return refresher(self.lab, self.whereabouts)

    def retirer(self, progress: Progress) -> Retirer:
        """What sets copies aside and brings them back."""
        return Retirer(self.home.lab_root, self.book, self.whereabouts.open, progress, self.today)

    @contextmanager
    def judging(self) -> Iterator[Callable[[Lab], PolicyJudge]]:
        """Asks the rules about a lab, for as long as they run."""
        with Rules(own=own_dir(self.home.lab_root, self.lab.file.rules)) as rules:
            systems = load_systems(self.lab.file.playbook)
            yield lambda lab: PolicyJudge(rules, lab, systems, self.today)

    def retirement(self, dataset: str, copies: Sequence[Copy], doomed: Sequence[Copy]) -> Retiring:
        """What retiring copies would mean, as the rules see it."""
        with self.judging() as judge:
            return plan_retirement(self.lab, dataset, copies, doomed, judge, self.held())


class _Outputs:
    """The outputs of stacks; once one was never made, the engine is asked no more for others of which that is so."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made: frozenset[str] | None = None

    def __call__(self, stack: str) -> Mapping[str, Any]:
        if self._made is not None and stack not in self._made:
            raise no_stack(stack)
        try:
            return self._engine.outputs(stack, show_secrets=True)
        except InputError:
            if self._made is None:
                self._made = frozenset(self._engine.stacks())
            raise


def desk(lab_dir: Path | None, clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> Desk:
    """The nearest lab."""
    root = labfile.find_root(lab_dir or Path.cwd())
    home = Home(root)
    today = clock().date()
    lab = labfile.load(root).present(today)
    engine = Engine(home)
    datasets = Datasets(lab, home, _Outputs(engine))
    book = Book(home)
    return Desk(lab, home, book, Whereabouts(lab, home, datasets, book), today)


def asked(lab: Lab, names: Sequence[str]) -> list[str]:
    """The datasets that some names mean: projects, datasets, or everything where there are none.

    Raises
    ------
    InputError
        If there is no such project or dataset.
    """
    found: list[str] = []
    for name in names or sorted(lab.projects):
        project, slash, _ = name.partition("/")
        if slash:
            declared(lab, name)
            found.append(name)
        elif project in lab.projects:
            found += [
                lab.projects[project].dataset_id(level) for level in Level if level in lab.projects[project].datasets
            ]
        else:
            raise InputError(f"The lab has no project {project!r}.", f"It has {', '.join(sorted(lab.projects))}.")
    return found


def confirm(word: str, question: str, given: str | None, option: str) -> None:
    """Insist that a person has typed a word, at the prompt or with an option.

    Raises
    ------
    InputError
        If another word was given, or nobody is there to ask.
    """
    if given is None:
        if not sys.stdin.isatty():
            raise InputError(f"{question} Nobody is there to ask.", f"Answer with {option} {word}.")
        given = click.prompt(f"{question} Type {word} to go on", default="", show_default=False)
    if given != word:
        raise InputError(f"{given!r} is not {word!r}, so nothing was done.")


def how_long(hours: float) -> str:
    """A span of time as people say it."""
    if hours < 1 / 60:
        return "under a minute"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"


def say_copies(output: Output, copies: Sequence[Copy]) -> None:
    """Say where a dataset lies."""
    for copy in copies:
        plan = "planned" if copy.planned else "not planned"
        manifest = copy.manifest
        holds = f"{len(manifest.files)} files, {human_bytes(manifest.bytes)}" if manifest else "empty"
        output.say(f"  {copy.location.name}: {plan}; {copy.problem or holds}")
