"""What has changed between two audits of access. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.effective import ACTIONS, KINDS, Access, Location, kind_of

GAINED: Final = "gained"
LOST: Final = "lost"


@dataclass(frozen=True, slots=True)
class Change:
    """What one principal can do now and could not, or could and cannot any more.

    Attributes
    ----------
    what
        ``gained`` or ``lost``.
    location
        Its name.
    principal
        Who.
    actions
        Some of `slidebox.access.effective.ACTIONS`.
    paths
        How they come, or came, by it.
    by
        Who has changed access to the location since, and how, where a log says it.
    """

    what: str
    location: str
    principal: str
    actions: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    by: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The change as JSON has it."""
        return {
            "what": self.what,
            "location": self.location,
            "principal": self.principal,
            "kind": kind_of(self.principal),
            "actions": list(self.actions),
            "paths": [list(path) for path in self.paths],
            "by": list(self.by),
        }


def changes(before: Mapping[str, Location], after: Mapping[str, Location]) -> tuple[Change, ...]:
    """Every access that was gained or lost, the widest first.

    Parameters
    ----------
    before, after
        Locations by name; one that is in only one of them is new, or gone.
    """
    found = [change for name in sorted({*before, *after}) for change in _of(name, before.get(name), after.get(name))]
    return tuple(sorted(found, key=lambda one: (KINDS.index(kind_of(one.principal)), one.what, one.location)))


def _of(name: str, before: Location | None, after: Location | None) -> Iterator[Change]:
    had, has = _held(before), _held(after)
    for principal in sorted({*had, *has}):
        earlier, later = had.get(principal, ()), has.get(principal, ())
        for what, mine, other in ((GAINED, later, earlier), (LOST, earlier, later)):
            actions = _all(mine) - _all(other)
            if actions:
                paths = tuple(sorted({one.path for one in mine if actions & {*one.actions}}))
                yield Change(what, name, principal, tuple(a for a in ACTIONS if a in actions), paths)


def _held(location: Location | None) -> dict[str, tuple[Access, ...]]:
    found: dict[str, tuple[Access, ...]] = {}
    for access in location.readers if location else ():
        found[access.principal] = (*found.get(access.principal, ()), access)
    return found


def _all(accesses: tuple[Access, ...]) -> set[str]:
    return {action for access in accesses for action in access.actions}
