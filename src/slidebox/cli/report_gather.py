"""From a lab to its page: every source by itself, so that one that fails leaves the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from slidebox import __version__
from slidebox.advice import Given, Told, examine
from slidebox.audit.declared import declarations_from, explained_by
from slidebox.cli.advise import of_adopted
from slidebox.cli.auditing import Scene, Source, load_snapshot, snapshot_of
from slidebox.cli.checking import check, own_rules, plan_of, records_of, reported
from slidebox.cli.console import Output
from slidebox.cli.flowing import asked as every_dataset
from slidebox.cli.flowing import desk
from slidebox.cli.last_reads import reads_of
from slidebox.cli.pricing import books_of
from slidebox.cli.report_access import Seen, as_planned, audited
from slidebox.cli.report_bills import Billed, Inventoried, billed, inventoried
from slidebox.cli.report_whereabouts import ancestry, due, not_seen, said, there
from slidebox.cli.wanting import Survey, survey
from slidebox.cost import term_months
from slidebox.errors import SlideboxError, UnreadableError
from slidebox.forecast import Forecast, forecast, holdings_of
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
    spend
        Bills in FOCUS.
    inventory
        Reports of inventories, as `audit inventory` takes them.
    logs
        Logs of when data were read, as `advise` takes them.
    """

    lab_dir: Path | None
    now: dt.datetime
    files_only: bool = False
    live: bool = False
    access: Path | None = None
    spend: tuple[Path, ...] = ()
    inventory: tuple[str, ...] = ()
    logs: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files and folders that were given; a drive's name alone is none."""
        given = (one if Path(one).exists() else one.partition("=")[2] for one in self.inventory)
        return (*([self.access] if self.access else []), *self.spend, *self.logs, *map(Path, filter(None, given)))


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
            answer, sentence = _told(work)
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


def _told(work: Callable[[], tuple[_T, str]]) -> tuple[_T, str]:
    """What some work answers; what the system refuses meanwhile is a failure like any other."""
    try:
        return work()
    except OSError as error:
        raise UnreadableError(f"The system refused: {error.strerror or type(error).__name__}.") from error


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
        stock = self._given("inventories", self._asked.inventory, "--inventory REPORT", self._inventories)
        advice = found.take("advice", lambda: self._advice(planned, books, stock)) if planned and books else None
        bills = self._given("bills", self._asked.spend, "--spend FILE", lambda: self._bills(plan))
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
            spend=_spend(told, bills),
            notices=(*(bills.notices if bills else ()), *_notes(told, advice, stock)),
            advice=from_money.advice(advice.advice) if advice else (),
            findings=(*(from_check.findings(planned.checked) if planned else ()), *(stock.findings if stock else ())),
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

    def _advice(self, planned: _Planned, books: Mapping[str, Book], stock: Inventoried | None) -> tuple[Told, str]:
        today, lab = self._scene.today, self._lab.present(self._scene.today)

        def judge(of: Lab) -> PolicyJudge:
            return PolicyJudge(planned.rules, of, self._systems, today)

        findings, notes = of_adopted(self._root, planned.plan, lab, (), planned.rules, today)
        given = Given(
            plan=planned.plan,
            lab=lab,
            systems=self._systems,
            books=books,
            now=today,
            judges=judge,
            findings=findings,
            inventory=stock.inventory if stock else None,
            read=self._given("logs of reads", self._asked.logs, "--log PATH", lambda: self._reads(planned.plan)) or {},
        )
        with self._output.working("looking for what would save money"):
            told = examine(given)
        told = replace(told, untold=(*told.untold, *notes))
        by = " and ".join(["the plan", *(["inventories"] if stock else []), *(["logs"] if given.read else [])])
        return told, f"{counted(len(told.advice), 'piece')} of advice, by {by}"

    def _reads(self, plan: Plan) -> tuple[Mapping[str, dt.datetime], str]:
        with self._output.working("reading logs"):
            read = reads_of(self._asked.logs, plan, self._lab)
        return read, f"when {counted(len(read), 'dataset')} were last read"

    def _given(self, what: str, asked: Sequence[object], option: str, work: Callable[[], tuple[_T, str]]) -> _T | None:
        """What was given as files; noted where nothing was."""
        if not asked:
            self._found.without(what, f"none was given: {option}")
            return None
        return self._found.take(what, work)

    def _inventories(self) -> tuple[Inventoried, str]:
        with self._output.working("reading inventories"):
            stock = inventoried(self._asked.inventory, self._scene)
        if left := len(stock.inventory.excluded):
            self._partly("inventories", f"{counted(left, 'thing')} could not be taken", "slidebox audit inventory")
        return stock, f"what lies in {counted(len({one.bucket for one in stock.inventory.holdings}), 'place')}"

    def _bills(self, plan: Plan) -> tuple[Billed, str]:
        with self._output.working("reading bills"):
            bills = billed(self._asked.spend, self._scene, plan)
        if bills.unread:
            self._partly("bills", "some could not be read, so sums may be too low", "slidebox audit spend")
        return bills, bills.said

    def _partly(self, what: str, how: str, verb: str) -> None:
        """Note that not all of a source could be read."""
        self._found.unknown.append(f"Of the {what} {how}: {verb} says which.")
        self._found.failures.append(f"{what}: {how}; {verb} says which.")

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


def _spend(told: Forecast | None, bills: Billed | None) -> tuple[data.Spend, ...]:
    """The months of the bills as these are, and those that come."""
    past = frozenset(bills.months if bills else ())
    coming = set(told.months[:MONTHS]) - past if told else set()
    rows = [row for row in told.rows if row.month in coming] if told else []
    rows += bills.rows if bills else ()
    return from_money.spend(rows, bills.actual if bills else {}, past)


def _notes(told: Forecast | None, advice: Told | None, stock: Inventoried | None) -> Iterator[data.Notice]:
    """What the forecast, the advice and the inventories have to say besides."""
    said = (
        *(told.notes if told else ()),
        *(advice.untold if advice else ()),
        *(stock.inventory.notes if stock else ()),
    )
    return (data.Notice("note", sentence) for sentence in said)


def _declared(lab: Lab) -> str:
    datasets = sum(len(project.datasets) for project in lab.projects.values())
    return f"{counted(len(lab.projects), 'project')}, {counted(datasets, 'dataset')}, as their files say"
