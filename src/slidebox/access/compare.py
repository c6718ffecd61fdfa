"""Who has access against who should have: what is missing, too much, over or not known; the public first. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slidebox.access.effective import ACTIONS, Access, Location
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

PUBLIC: Final = "public"
"""Anyone, or anyone with some account, has access to what is not declared public."""
EXPIRED: Final = "expired"
"""Somebody still has access whose access has ended."""
EXTRA: Final = "extra"
"""Somebody has access, or may do something, and nothing declares it."""
UNKNOWN_ACCESS: Final = "unknown"
"""Somebody may have access: something could not be read or decided."""
MISSING: Final = "missing"
"""Somebody is declared and has no access."""

KINDS: Final = (PUBLIC, EXPIRED, EXTRA, UNKNOWN_ACCESS, MISSING)
"""What a difference can be, the gravest first."""

_EVERYBODY = (ANYONE, ANY_ACCOUNT)
_OPEN_ACTIONS = frozenset({"read", "list"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What one principal should be able to do with a dataset.

    Attributes
    ----------
    principal
        ``person:…``, ``team:…`` or ``service:…``.
    actions
        Some of `slidebox.access.effective.ACTIONS`.
    people
        Everybody behind it, for a team.
    until
        The last day; None where it has no end.
    """

    principal: str
    actions: frozenset[str]
    people: tuple[str, ...] = ()
    until: dt.date | None = None

    def is_over(self, today: dt.date) -> bool:
        """Whether the access has ended."""
        return self.until is not None and self.until < today


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who should have access to a dataset.

    Attributes
    ----------
    dataset
        ``project/level``.
    expected
        Whom its audience names.
    public
        Whether anyone may read it in its current term.
    streamed
        Whether no bytes of it are kept, so that it lies nowhere.
    closed
        The principals that have no access any more, and since when.
    """

    dataset: str
    expected: tuple[Expected, ...] = ()
    public: bool = False
    streamed: bool = False
    closed: Mapping[str, dt.date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it is declared.

    Attributes
    ----------
    kind
        One of `KINDS`.
    location
        Its name.
    dataset
        ``project/level``; empty where nothing says what lies there.
    principal
        Who.
    actions
        What of it is too much, missing or not known.
    path
        How somebody comes by the access.
    said
        The whole as a sentence.
    cure
        What to do.
    """

    kind: str
    location: str
    dataset: str
    principal: str
    actions: tuple[str, ...]
    path: tuple[str, ...]
    said: str
    cure: str

    def document(self) -> dict[str, Any]:
        """The difference as JSON has it."""
        return {
            "kind": self.kind,
            "location": self.location,
            "dataset": self.dataset or None,
            "principal": self.principal,
            "actions": list(self.actions),
            "path": list(self.path),
            "message": self.said,
            "cure": self.cure,
        }


def compare(
    locations: Mapping[str, Location],
    declarations: Mapping[str, Declaration],
    today: dt.date,
    *,
    operators: Collection[str] = (),
    declared: bool = True,
    everywhere: bool = False,
) -> tuple[Difference, ...]:
    """Everything that is not as it is declared, the gravest first.

    Parameters
    ----------
    locations
        What is there, by name.
    declarations
        Who should have access, by dataset.
    today
        The day.
    operators
        Whoever runs the stores themselves, who has everything there and is expected to.
    declared
        Whether there is a lab whose declaration counts; without one only what is public or not known is said.
    everywhere
        Whether every store of the lab was looked at: then of a dataset that was seen nowhere nothing is known.
    """
    found: list[Difference] = []
    places: dict[str, dict[str, Location]] = {}
    for name, location in locations.items():
        places.setdefault(location.dataset, {})[name] = location
    if everywhere:
        found += [_unseen(name) for name, one in declarations.items() if name not in places and not one.streamed]
    for name, location in locations.items():
        declaration = declarations.get(location.dataset)
        if declaration is None:
            found += _undeclared(name, location, operators, declared)
        else:
            found += _against(name, location, declaration, today, operators)
    for dataset, declaration in declarations.items():
        found += _missing(declaration, places.get(dataset, {}), today)
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), one.location, one.principal, one.path)))


def _undeclared(name: str, location: Location, operators: Collection[str], declared: bool) -> Iterator[Difference]:
    """What is said of a place of which no dataset is declared: everybody who comes to it is too many."""
    for access in location.readers:
        if access.principal in _EVERYBODY:
            cure = "Close it, or declare what lies there and who may read it."
            yield _difference(PUBLIC, name, location, access, access.actions, cure)
        elif access.principal == UNKNOWN:
            yield _unknown(name, location, access)
        elif declared and access.principal not in operators:
            cure = "Say what lies there with `slidebox adopt`, or take the access away."
            yield _difference(EXTRA, name, location, access, access.actions, cure)


def _against(
    name: str, location: Location, declaration: Declaration, today: dt.date, operators: Collection[str]
) -> Iterator[Difference]:
    entitled = _entitled(declaration, today)
    for access in location.readers:
        allowed = entitled.get(access.principal, frozenset())
        if declaration.public:
            allowed |= _OPEN_ACTIONS
        too_much = tuple(action for action in access.actions if action not in allowed)
        if access.principal == UNKNOWN:
            yield _unknown(name, location, access)
        elif not too_much or access.principal in operators:
            continue
        elif access.principal in _EVERYBODY:
            yield _difference(PUBLIC, name, location, access, too_much, _MEND)
        elif (ended := _ended(declaration, access.principal, today)) is not None:
            yield _difference(EXPIRED, name, location, access, too_much, _MEND, f"; it ended on {ended}")
        else:
            yield _difference(EXTRA, name, location, access, too_much, _MEND_OR_NAME)


_MEND = "Run `pulumi up` for its project; what that does not take away was made by hand: take it away where it stands."
_MEND_OR_NAME = "Take it away where it stands, or name them in the audience of the project file."


def _entitled(declaration: Declaration, today: dt.date) -> dict[str, frozenset[str]]:
    """What everybody may do now, those behind a team by themselves too."""
    found: dict[str, frozenset[str]] = {}
    for expected in declaration.expected:
        if not expected.is_over(today):
            for who in (expected.principal, *expected.people):
                if who not in declaration.closed:
                    found[who] = found.get(who, frozenset()) | expected.actions
    return found


def _ended(declaration: Declaration, principal: str, today: dt.date) -> dt.date | None:
    """When the access of somebody who had some has ended; None where they have some, or never had."""
    if principal in declaration.closed:
        return declaration.closed[principal]
    held = [one for one in declaration.expected if principal in (one.principal, *one.people)]
    over = [one.until for one in held if one.until is not None and one.until < today]
    return max(over) if over and len(over) == len(held) else None


def _missing(declaration: Declaration, places: Mapping[str, Location], today: dt.date) -> Iterator[Difference]:
    """Whoever is declared and can do it at none of a dataset's places; not said where somebody unknown may be they."""
    readers = [access for place in places.values() for access in place.readers]
    if not places or any(access.principal == UNKNOWN for access in readers):
        return
    held: dict[str, set[str]] = {}
    for access in readers:
        held.setdefault(access.principal, set()).update(access.actions)
    everybody = set().union(*(held.get(who, set()) for who in _EVERYBODY))
    name, location = next(iter(places.items()))
    for expected in declaration.expected:
        if expected.is_over(today):
            continue
        whole = held.get(expected.principal, set()) | everybody
        each = [held.get(who, set()) | whole for who in expected.people if who not in declaration.closed]
        has = set.intersection(*each) if each else whole
        lacking = tuple(action for action in ACTIONS if action in expected.actions - has)
        if lacking:
            cure = _SHARE if location.kind in ("drive", "cluster") else "Run `pulumi up` for its project."
            yield _difference(MISSING, name, location, Access(expected.principal, lacking), lacking, cure)


_SHARE = "A store of folders is shared with its `group` in lab.yaml: name one that they are in, then run `pulumi up`."


def _unseen(dataset: str) -> Difference:
    said = f"no place of {dataset} was seen"
    cure = "Run `pulumi up` for its project; if it is kept by hand, look yourself who has access to it."
    return Difference(UNKNOWN_ACCESS, "", dataset, UNKNOWN, (), (), said, cure)


def _unknown(name: str, location: Location, access: Access) -> Difference:
    cure = "Let the audit read it, or look at the place yourself."
    return _difference(UNKNOWN_ACCESS, name, location, access, access.actions, cure)


def _difference(
    kind: str, name: str, location: Location, access: Access, actions: Iterable[str], cure: str, more: str = ""
) -> Difference:
    done = tuple(actions)
    said = f"{_WHO.get(access.principal, access.principal)} {_VERBS[kind]} {_listed(done)} {name}{more}"
    return Difference(kind, name, location.dataset, access.principal, done, access.path, said, cure)


_WHO = {
    ANYONE: "anyone",
    ANY_ACCOUNT: "anyone with some account",
    UNKNOWN: "somebody who is not known",
}
_VERBS = {PUBLIC: "can", EXPIRED: "can still", EXTRA: "can", UNKNOWN_ACCESS: "may", MISSING: "cannot"}


def _listed(actions: tuple[str, ...]) -> str:
    words = ["change who has access to" if action == "admin" else action for action in actions]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
