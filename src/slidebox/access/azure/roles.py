"""Who has which role at a container, at its account or above it, and what that comes to.

Source: Microsoft, "Understand Azure role assignments", "Understand Azure deny assignments" and "Eligible and
time-bound role assignments", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from slidebox.access.azure.builtin import BUILT_IN, BY_TITLE, gives_nothing
from slidebox.access.azure.conditions import ROLE, Asking, ConditionError, parsed
from slidebox.access.azure.denials import Denial, denials
from slidebox.access.azure.names import Names
from slidebox.access.azure.parts import listed, moment, properties, value_of, word
from slidebox.access.azure.rights import ACCOUNT, GIVE_ROLES, OPERATIONS, Right, rights
from slidebox.access.effective import ACTIONS, Access, nobody_knows
from slidebox.access.reader import UNKNOWN
from slidebox.access.snapshot import why_unread

_EVERYTHING = tuple(Right(one) for one in OPERATIONS)
_ELIGIBLE = "eligible"


@dataclass(frozen=True, slots=True)
class Place:
    """A container, and what its account allows.

    Attributes
    ----------
    id
        Its account's id in small letters; empty where it is not known.
    account, container
        Their names.
    allows
        What of `slidebox.access.azure.rights` its account allows, or may allow.
    """

    id: str
    account: str
    container: str
    allows: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Given:
    """An assignment of a role.

    Attributes
    ----------
    scope
        In small letters, without a slash at its end.
    role
        Its role's properties; None where nothing says what it is.
    title
        What its role is called.
    who
        The object id.
    kind
        What it is, as Azure calls it.
    condition
        Its condition; empty where it has none.
    until
        Its end by itself; empty where it has none.
    offered
        Whether it has to be activated first.
    """

    scope: str
    role: Mapping[str, Any] | None
    title: str
    who: object
    kind: str
    condition: str
    until: str
    offered: bool


class Roles:
    """The role assignments of a subscription, of what is above it and of what is in it.

    Parameters
    ----------
    about
        What a snapshot says of the subscription.
    names
        Whom identities stand for.
    """

    def __init__(self, about: Mapping[str, Any], names: Names) -> None:
        self._about = about
        self._names = names
        self._rights: dict[int, tuple[Right, ...] | None] = {}
        self._same: dict[tuple[int, frozenset[str]], tuple[Access, ...]] = {}
        self._at: dict[str, list[_Given]] = {}

    def readers(self, place: Place) -> Iterator[Access]:
        """Everybody with a role that comes to something at a container."""
        yield from self._unread
        if not place.id and self._given:
            yield nobody_knows("where the account is, is not known", "role assignments")
        for given in self._above(place.id):
            yield from self._everywhere(given, place)
        for given in self._of_scope(_container_id(place)):
            yield from self._access(given, place)

    def _everywhere(self, given: _Given, place: Place) -> Iterable[Access]:
        """What a role above all containers gives, which is the same in each where nothing names one."""
        rights_ = self._permissions(given) or ()
        if given.condition or self._denials or any(right.condition for right in rights_):
            return self._access(given, place)
        key = (id(given), place.allows)
        if key not in self._same:
            self._same[key] = tuple(self._access(given, place))
        return self._same[key]

    def _permissions(self, given: _Given) -> tuple[Right, ...] | None:
        """What the role of an assignment gives; None where that is not known."""
        if given.role is None:
            return None
        key = id(given.role)
        if key not in self._rights:
            self._rights[key] = rights(value_of(given.role, "permissions"))
        return self._rights[key]

    def of(self, identity: str, place: Place) -> Iterator[Access]:
        """What one identity has at a container."""
        who = self._names.called(identity)
        return (one for one in self.readers(place) if one.principal == who)

    # Assignments

    @cached_property
    def _unread(self) -> tuple[Access, ...]:
        """Somebody unknown for each list of assignments that is not known whole."""
        said = (("roleAssignments", False, "role assignments"), (_ELIGIBLE, True, "roles that can be activated"))
        found = []
        for name, absent, words in said:
            entries, why = listed(self._about.get(name), absent=absent)
            inner = (why_unread(properties(entry)) for entry in entries)
            found += [nobody_knows(one, words) for one in dict.fromkeys((why, *inner)) if one is not None]
        return tuple(found)

    @cached_property
    def _given(self) -> list[_Given]:
        found = []
        ends = self._ends()
        for name in ("roleAssignments", _ELIGIBLE):
            for entry in listed(self._about.get(name))[0]:
                about = properties(entry)
                if why_unread(about) is None:
                    ends_by = word(about, "endDateTime") or ends.get(str(entry.get("id") or "").casefold(), "")
                    found.append(self._read(about, ends_by, offered=name == _ELIGIBLE))
        return found

    @cached_property
    def _by_scope(self) -> dict[str, list[_Given]]:
        found: dict[str, list[_Given]] = {}
        for given in self._given:
            found.setdefault(given.scope, []).append(given)
        return found

    def _above(self, account: str) -> list[_Given]:
        """What is given at an account and above it."""
        if account not in self._at:
            self._at[account] = [given for given in self._given if _is_above(given.scope, account)]
        return self._at[account]

    def _of_scope(self, scope: str) -> list[_Given]:
        return self._by_scope.get(scope, [])

    def _ends(self) -> dict[str, str]:
        """When assignments that are given for a time end, by the assignment."""
        found = {}
        for entry in listed(self._about.get("schedules"))[0]:
            about = properties(entry)
            of, end = word(about, "originRoleAssignmentId"), word(about, "endDateTime")
            if of and end:
                found[of.casefold()] = end
        return found

    def _read(self, about: Mapping[str, Any], until: str, *, offered: bool) -> _Given:
        role, title = self._role(about)
        scope = word(about, "scope")
        return _Given(
            scope="" if scope is None else scope.casefold().rstrip("/"),
            role=role,
            title=title,
            who=about.get("principalId"),
            kind=word(about, "principalType") or "",
            condition=word(about, "condition") or "",
            until=moment(until),
            offered=offered,
        )

    def _role(self, about: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
        guid = (word(about, "roleDefinitionId") or "").rpartition("/")[2].casefold()
        title = word(about, "roleDefinitionName") or ""
        guid = guid or self._titles.get(title.casefold(), "") or BY_TITLE.get(title.casefold(), "")
        role = self._definitions.get(guid) or BUILT_IN.get(guid)
        if role is None and gives_nothing(title):
            role = {"roleName": title, "permissions": []}
        return role, str((role or {}).get("roleName") or title or guid or "that is not known")

    @cached_property
    def _definitions(self) -> dict[str, Mapping[str, Any]]:
        found = {}
        for entry in listed(self._about.get("roleDefinitions"))[0]:
            guid = str(entry.get("name") or entry.get("id") or "").rpartition("/")[2].casefold()
            if why_unread(about := properties(entry)) is None:
                found[guid] = about
        return found

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {str(about.get("roleName")).casefold(): guid for guid, about in self._definitions.items()}

    @cached_property
    def _denials(self) -> tuple[Denial, ...]:
        return tuple(denials(self._about.get("denyAssignments")))

    # What they come to

    def _access(self, given: _Given, place: Place) -> Iterator[Access]:
        who = UNKNOWN if why_unread(given.who) is not None else self._names.called(given.who)
        path = (_where(given.scope), f"role {given.title}", *self._names.said(given.who))
        if given.offered:
            path = (*path, "which it may activate")
        if given.kind == "ForeignGroup":
            path = (*path, "a group of another tenant")
        permissions = self._permissions(given)
        whole = _EVERYTHING if permissions is None else permissions
        if permissions is None:
            path = (*path, "of which nothing says what it gives")
        for one in self._of_rights(given, whole, place, who, path):
            yield one
            for member in self._names.members(given.who):
                yield Access(member, one.actions, (*one.path[:2], f"group {given.who}", *one.path[2:]), one.until)

    def _of_rights(
        self, given: _Given, whole: Iterable[Right], place: Place, who: str, path: tuple[str, ...]
    ) -> Iterator[Access]:
        denied = [one for one in self._denials if one.is_about(given.who)]
        container = _container_id(place)
        plain: dict[tuple[tuple[str, ...], str], set[str]] = {}
        governs = False
        for right in whole:
            operation = right.operation
            if operation.needs and operation.needs not in place.allows:
                continue
            if operation.at == ACCOUNT and place.id and given.scope == container:
                continue
            if any(one.forbids(operation, place.id, container, given.scope) for one in denied):
                continue
            if operation.said and governs:
                continue  # it has everything already, by a plainer way
            ends = [self._until(text, right, place) for text in (given.condition, right.condition)]
            if any(end is None for end in ends):
                continue
            until = _earliest([given.until, *(end or "" for end, _ in filter(None, ends))])
            words = tuple(said for one in ends if one for said in one[1])
            way = (*words, *((operation.said,) if operation.said else ()))
            governs = governs or ("admin" in operation.gives and until == given.until)
            plain.setdefault((way, until), set()).update(operation.gives)
        if whole_way := next(
            (key for key, done in plain.items() if done == set(ACTIONS) and key[1] == given.until), None
        ):
            plain = {whole_way: set(ACTIONS)}  # everything else that the role gives is in this
        for (way, until), actions in plain.items():
            yield Access(who, tuple(one for one in ACTIONS if one in actions), (*path, *way), until)

    def _until(self, text: str, right: Right, place: Place) -> tuple[str, tuple[str, ...]] | None:
        """Until when a condition lets an operation be done, and in words; None where it never does."""
        operation = right.operation
        if not text or not (operation.data or operation.name == GIVE_ROLES):
            return "", ()
        try:
            condition = parsed(text)
        except ConditionError:
            return "", ("on a condition that is not understood",)
        asking = Asking.at(operation.name, place.account, place.container, operation.part)
        if operation.name == GIVE_ROLES:
            return self._can_give(condition_text=text, asking=asking, place=place)
        until = condition.until(asking)
        if until is None:
            return None
        free = condition.test(asking) is True and not until
        return until, () if free or until else ("on a condition",)

    def _can_give(self, condition_text: str, asking: Asking, place: Place) -> tuple[str, tuple[str, ...]] | None:
        """Until when somebody may give a role that comes to anything here."""
        condition = parsed(condition_text)
        ends = []
        for guid, about in {**BUILT_IN, **self._definitions}.items():
            given = rights(about.get("permissions"))
            if given is not None and not any(not r.operation.needs or r.operation.needs in place.allows for r in given):
                continue
            known = {**asking.known, ROLE: guid}
            end = condition.until(Asking(asking.action, asking.part, known))
            if end is not None:
                ends.append(end)
        if not ends:
            return None
        return "" if "" in ends else max(ends), ("on a condition",)


def _container_id(place: Place) -> str:
    return f"{place.id}/blobservices/default/containers/{place.container.casefold()}"


def _is_above(scope: str, account: str) -> bool:
    """Whether a scope is an account's own, or has it in it: what a subscription lists of others is above it."""
    if not scope or scope.startswith("/providers/microsoft.management/managementgroups/"):
        return True
    return not account or f"{account}/".startswith(f"{scope}/")


def _where(scope: str) -> str:
    steps = scope.strip("/").split("/")
    kinds: Mapping[str, str] = {
        "managementgroups": "management group",
        "subscriptions": "subscription",
        "resourcegroups": "resource group",
        "storageaccounts": "storage account",
        "containers": "container",
    }
    if len(steps) > 1 and steps[-2] in kinds:
        return f"{kinds[steps[-2]]} {steps[-1]}"
    return "everything in the tenant" if steps == [""] else scope.rpartition("/")[2]


def _earliest(ends: Iterable[str]) -> str:
    return min((end for end in ends if end), default="")
