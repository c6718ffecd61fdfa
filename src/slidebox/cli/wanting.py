"""What `moves` and `report` share: where every dataset was found, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slidebox.cli.flowing import Desk
from slidebox.errors import InputError, SlideboxError
from slidebox.flow.drives import behind_offline, overdue, worn
from slidebox.flow.wanted import Wanted, in_order, wanted
from slidebox.flow.whereabouts import Copy, current
from slidebox.provenance.record import Act


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a dataset was found.

    Attributes
    ----------
    dataset
        ``project/level``.
    copies
        Its places.
    now
        The copy that is the dataset now; None where there is none.
    was_put
        Whether the record knows that it was put.
    problem
        Why nobody could look; empty where somebody could.
    unmade
        Whether that is because its stack was never made here.
    """

    dataset: str
    copies: tuple[Copy, ...] = ()
    now: Copy | None = None
    was_put: bool = False
    problem: str = ""
    unmade: bool = False

    @property
    def nowhere(self) -> bool:
        """Whether slidebox has put it nowhere: it was never put, and its stack was never made."""
        return self.unmade and not self.was_put


@dataclass(frozen=True, slots=True)
class Survey:
    """What is where, and what is to be done.

    Attributes
    ----------
    seen
        Where each dataset was found.
    todo
        What is to be done, what matters most first.
    unread
        What could not be read, in words.
    nowhere
        The datasets whose stack was never made, each with its reason.
    offline
        What is said of each store that is not plugged in.
    silent
        The stores that were not asked for copies that no record names, and why.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    todo: tuple[Wanted, ...] = ()
    unread: tuple[str, ...] = ()
    nowhere: tuple[str, ...] = ()
    offline: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)


def see(found: Desk, dataset: str) -> Seen:
    """Look for a dataset wherever it should be or may be.

    Raises
    ------
    IntegrityError
        If its project's record does not hold.
    """
    entries = found.entries(dataset)
    was_put = any(entry.act is Act.PUT and entry.dataset == dataset for entry in entries)
    try:
        copies = found.whereabouts.copies(dataset)
    except SlideboxError as error:
        return Seen(dataset, was_put=was_put, problem=str(error), unmade=isinstance(error, InputError))
    return Seen(dataset, copies, current(copies, entries, dataset), was_put)


def survey(found: Desk, datasets: Iterable[str], *, named: bool = False) -> Survey:
    """Look for datasets, and compare with where the plan has them.

    Parameters
    ----------
    found
        The lab, its records, and where its data lie.
    datasets
        ``project/level`` of each.
    named
        Whether somebody asked for just these: then the drives are left out, and each that cannot be looked for counts.
    """
    seen: dict[str, Seen] = {}
    todo: list[Wanted] = []
    unread: list[str] = []
    nowhere: list[str] = []
    offline: dict[str, str] = {}
    for dataset in datasets:
        one = seen[dataset] = see(found, dataset)
        if one.problem:
            (nowhere if one.nowhere and not named else unread).append(f"{dataset}: {one.problem}")
            continue
        unread += [f"{dataset}: {copy.problem}" for copy in one.copies if copy.problem and not copy.offline]
        todo += wanted(found.lab, dataset, one.copies, one.now, found.today, was_put=one.was_put)
        todo += behind_offline(found.lab, dataset, one.copies, one.now, found.entries(dataset))
        offline |= {copy.location.store: copy.problem for copy in one.copies if copy.offline}
    if not named:
        records = [found.book.entries(project) for project in sorted(found.lab.projects)]
        todo += [*overdue(found.lab, records, found.today), *worn(found.lab, records, found.today)]
    silent = dict(found.whereabouts.silent)
    return Survey(seen, tuple(in_order(todo)), tuple(unread), tuple(nowhere), offline, silent)
