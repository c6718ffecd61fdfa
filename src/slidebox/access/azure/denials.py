"""Deny assignments: what nobody, or somebody, may certainly not do by a role.

Source: Microsoft, "Understand Azure deny assignments", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.access.azure.parts import flag, listed, properties, word
from slidebox.access.azure.rights import ACCOUNT, HERE, Operation, covers, is_known
from slidebox.access.snapshot import why_unread

_EVERYBODY = "00000000-0000-0000-0000-000000000000"
_GROUPS = frozenset({"group", "foreigngroup", ""})


@dataclass(frozen=True, slots=True)
class Denial:
    """A deny assignment.

    Attributes
    ----------
    scope
        Where, in small letters.
    here_only
        Whether it leaves alone what is below its scope.
    permissions
        What it forbids.
    whom, excepted
        Object ids in small letters.
    may_except_more
        Whether it excepts groups, of which nothing says who is in them.
    """

    scope: str
    here_only: bool
    permissions: tuple[Mapping[str, Any], ...] = field(repr=False)
    whom: frozenset[str]
    excepted: frozenset[str]
    may_except_more: bool

    def is_about(self, who: object) -> bool:
        """Whether it is certainly about somebody."""
        if not isinstance(who, str) or who.casefold() in self.excepted or self.may_except_more:
            return False
        return _EVERYBODY in self.whom or who.casefold() in self.whom

    def forbids(self, operation: Operation, account: str, container: str, given_at: str) -> bool:
        """Whether it certainly forbids an operation.

        Parameters
        ----------
        operation
            The operation.
        account, container
            Their ids in small letters.
        given_at
            The scope of the role that lets somebody do it: who gives roles there can give one above what is forbidden.
        """
        where = {HERE: container, ACCOUNT: account}.get(operation.at, given_at)
        reaches = self.scope == where if self.here_only else f"{where}/".startswith(f"{self.scope}/")
        return bool(account) and reaches and any(covers(one, operation) for one in self.permissions)


def denials(said: object) -> Iterator[Denial]:
    """The deny assignments that are certain; one on a condition, or that is not known whole, forbids nobody anything.

    Parameters
    ----------
    said
        What Resource Manager answers.
    """
    for entry in listed(said)[0]:
        about = properties(entry)
        if why_unread(about) is not None or word(about, "condition") != "":
            continue
        permissions, why = listed(about.get("permissions"))
        whom, unsure = listed(about.get("principals"))
        excepted, more = listed(about.get("excludePrincipals"))
        here_only = flag(about, "doNotApplyToChildScopes", absent=False)
        scope = word(about, "scope")
        if (
            scope is None
            or any(reason is not None for reason in (why, unsure, more))
            or not all(map(is_known, permissions))
        ):
            continue
        yield Denial(
            scope=scope.casefold().rstrip("/"),
            here_only=here_only is not False,
            permissions=tuple(permissions),
            whom=frozenset(str(one.get("id")).casefold() for one in whom),
            excepted=frozenset(str(one.get("id")).casefold() for one in excepted),
            may_except_more=any(str(one.get("type") or "").casefold() in _GROUPS for one in excepted),
        )
