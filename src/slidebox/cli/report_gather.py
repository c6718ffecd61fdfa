"""From a lab to its page: every source by itself, so that one that fails leaves the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from slidebox import __version__
from slidebox.advice import Given, Told, examine
from slidebox.audit.declared import declarations_from, explained_by
from slidebox.cli.auditing import Scene, Source, load_snapshot, snapshot_of
from slidebox.cli.checking import check, own_rules, plan_of, records_of, reported
from slidebox.cli.console import Output
from slidebox.cli.flowing import asked as every_dataset
from slidebox.cli.flowing import desk
from slidebox.cli.pricing import books_of
from slidebox.cli.report_access import Seen, as_planned, audited
from slidebox.cli.report_whereabouts import ancestry, due, not_seen, said, there
from slidebox.cli.wanting import Survey, survey
from slidebox.cost import term_months
from slidebox.errors import SlideboxError
from slidebox.forecast import Forecast, Row, forecast, holdings_of
from slidebox.model import Gate, Lab, Plan
from slidebox.policy import PolicyJudge, Rules
from slidebox.prices import Book
from slidebox.report import Report
from slidebox.report.found import counted
from slidebox.report.page import data, from_check, from_money, from_plan
from slidebox.systems import load_systems

MONTHS: Final = 12
"""How many months of the forecast are shown."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is to be made of.

    Attributes
    ----------
    lab_dir
        The lab's folder; the nearest one upwards if None.
    now
        This moment, in UTC.
    files_only
        Whether the lab's files alone are read: no engine and no store is asked.
    live
        Whether every store is asked who has access.
    access
        A saved audit of access to read instead.
    """

    lab_dir: Path | None
    now: dt.datetime
    files_only: bool = False
    live: bool = False
    access: Path | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A page, and what could not be read for it.

    Attributes
    ----------
    page
        The page.
    failures
        Each source that was asked for and could not be read, with the whole reason, for the terminal.
    """

    page: data.Page
    failures: tuple[str, ...]


@dataclass(slots=True)
class _Sources:
    """What was read so far, and what could not be."""

    read: list[data.Source] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def take(self, what: str, work: Callable[[], tuple[_T, str]]) -> _T | None:
        """What a source says, with a sentence about it; None where it could not be read, which is kept."""
        try:
            answer, sentence = work()
        except SlideboxError as error:
            self.read.append(data.Source(what, False, error.message))
            self.unknown.append(f"{what[:1].upper()}{what[1:]} could not be read: {error.message}")
            self.failures.append(f"{what}: {error}")
            return None
        self.read.append(data.Source(what, True, sentence))
        return answer

    def without(self, what: str, why: str) -> None:
        """Note a source that nobody asked for."""
        self.read.append(data.Source(what, False, why))


@dataclass(frozen=True, slots=True)
class _Planned:
    """What the rules say of the plan, and of each dataset."""

    plan: Plan
    checked: Report
    explained: Mapping[str, Mapping[str, Any]]
    rules: Rules


def gather(asked: Asked, output: Output) -> Gathered:
    """The page of a lab.

    Parameters
    ----------
    asked
        What it is to be made of.
    output
        Where long work is announced.

    Raises
    ------
    InputError
        If there is no lab, or its files are wrong: then there is nothing to show.
    """
    scene = Scene.of(asked.lab_dir, asked.now, needed=True)
    with ExitStack() as running:
        return _Gatherer(asked, scene, output, running).all()


class _Gatherer:
    """One page in the making."""

    def __init__(self, asked: Asked, scene: Scene, output: Output, running: ExitStack) -> None:
        assert scene.root is not None
        assert scene.lab is not None
        self._asked = asked
        self._scene = scene
        self._root = scene.root
        self._lab = scene.lab
        self._systems = load_systems(scene.lab.file.playbook)
        self._output = output
        self._running = running
        self._found = _Sources()

    def all(self) -> Gathered:
        """Every source, one after the other."""
        found, lab = self._found, self._lab
        found.read.append(data.Source("the declarations", True, _declared(lab)))
        planned = found.take("the plan and the rules", self._planned)
        plan = planned.plan if planned else Plan(())
        books = found.take("the price books", self._books)
        told = found.take("the forecast", lambda: self._forecast(plan, books)) if planned and books else None
        advice = found.take("advice", lambda: self._advice(planned, books)) if planned and books else None
        here = self._whereabouts()
        access = found.take(self._access_name, lambda: self._access(planned))
        found.unknown += [*(access.unknown if access else ()), *(not_seen(here) if here else ())]
        costs = from_plan.Costs(told, term_months(self._systems))
        moves, visits = due(here.todo if here else ())
        page = data.Page(
            lab=lab.file.lab,
            made=self._asked.now,
            version=__version__,
            sources=tuple(found.read),
            datasets=from_plan.datasets(lab, planned.explained if planned else {}, costs.now),
            placements=from_plan.placements(plan, lab, costs, there(lab, here) if here else {}),
            readers=access.readers if access else (),
            lineage=from_check.lineage(ancestry(lab, here)),
            spend=from_money.spend(_shown(told), {}, ()) if told else (),
            notices=tuple(data.Notice("note", note) for note in _notes(told, advice)),
            advice=from_money.advice(advice.advice) if advice else (),
            findings=from_check.findings(planned.checked) if planned else (),
            waivers=from_plan.waivers(lab),
            moves=moves,
            visits=visits,
            unknown=tuple(dict.fromkeys(found.unknown)),
        )
        return Gathered(page, tuple(found.failures))

    def _planned(self) -> tuple[_Planned, str]:
        root, lab, today = self._root, self._lab, self._scene.today
        present = lab.present(today)
        with self._output.working("asking the rules of the plan"):
            rules = self._running.enter_context(Rules(own=own_rules(root, lab.file)))
            answer = check(lab, (), today, rules, records_of(root, lab, ()))
            explained = explained_by(rules, lab, self._systems, (), today)
            # Who has left is still told of by the rules, and has no part in the plan.
            plan = answer.plan if present is lab and answer.plan else plan_of(present, (), today, rules)
        checked = reported(root, lab, answer, Gate.PLAN, counted(len(lab.projects), "project"))
        said = f"{counted(len(answer.asked_at(Gate.PLAN)), 'rule')} asked of every term"
        return _Planned(plan, checked, explained, rules), said

    def _books(self) -> tuple[Mapping[str, Book], str]:
        books = books_of(self._root)
        return books, ", ".join(book.title for book in books.values())

    def _forecast(self, plan: Plan, books: Mapping[str, Book]) -> tuple[Forecast, str]:
        today = self._scene.today
        months = max(MONTHS, from_plan.last_begin(term_months(self._systems)) + 1)
        holdings, notes = holdings_of(plan, self._lab, self._systems, books, today, months)
        return forecast(holdings, today, months, notes), f"{MONTHS} months from {today:%Y-%m} on"

    def _advice(self, planned: _Planned, books: Mapping[str, Book]) -> tuple[Told, str]:
        today, lab = self._scene.today, self._lab.present(self._scene.today)

        def judge(of: Lab) -> PolicyJudge:
            return PolicyJudge(planned.rules, of, self._systems, today)

        with self._output.working("looking for what would save money"):
            told = examine(
                Given(plan=planned.plan, lab=lab, systems=self._systems, books=books, now=today, judges=judge)
            )
        return told, f"{counted(len(told.advice), 'piece')} of advice, from the plan alone"

    def _whereabouts(self) -> Survey | None:
        what = "where data lie, and the records of moves"
        if self._asked.files_only:
            self._found.without(what, "--files-only asks no engine and no store")
            self._found.unknown.append("Where data really lie was not looked at.")
            return None

        def work() -> tuple[Survey, str]:
            with self._output.working("looking where data lie"):
                here = desk(self._root, lambda: self._asked.now)
                seen = survey(here, every_dataset(here.lab, ()))
            return seen, said(seen)

        return self._found.take(what, work)

    @property
    def _access_name(self) -> str:
        return "an audit of access" if self._asked.live or self._asked.access else "who can read what"

    def _access(self, planned: _Planned | None) -> tuple[Seen, str]:
        asked, scene = self._asked, self._scene
        declarations = declarations_from(self._lab, planned.explained, (), scene.today) if planned else {}
        if asked.live or asked.access:
            taken = load_snapshot(asked.access) if asked.access else snapshot_of(Source(), scene, (), self._output)
            seen = audited(taken, scene, declarations)
        else:
            plan = planned.plan if planned else Plan(())
            seen = as_planned(scene, plan, self._systems, declarations, self._output, looking=not asked.files_only)
        return seen, seen.said


def _shown(told: Forecast) -> Iterator[Row]:
    """The months that the page shows."""
    months = set(told.months[:MONTHS])
    return (row for row in told.rows if row.month in months)


def _notes(told: Forecast | None, advice: Told | None) -> Iterator[str]:
    """What the forecast and the advice have to say besides."""
    yield from told.notes if told else ()
    yield from advice.untold if advice else ()


def _declared(lab: Lab) -> str:
    datasets = sum(len(project.datasets) for project in lab.projects.values())
    return f"{counted(len(lab.projects), 'project')}, {counted(datasets, 'dataset')}, as their files say"
