"""What deny policies take away from grants.

A deny counts only where it is certain: its rule has no condition, and the member is among those that it names and not
among those that it excepts. Lists of buckets and of objects (ACL) are left as they are.

Source: Google Cloud, "Deny policies" and "Principal identifiers for deny policies", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slidebox.access.google.estate import Estate
from slidebox.access.google.grants import NOBODY_KNOWN, Grant
from slidebox.access.google.limits import EVERYBODY
from slidebox.access.snapshot import why_unread

_ALL = "principalSet://goog/public:all"
_SPELLED: Mapping[str, str] = {
    "principal://goog/subject/": "user:",
    "principalSet://goog/group/": "group:",
    "principal://iam.googleapis.com/projects/-/serviceAccounts/": "serviceAccount:",
}
_ONE = ("user:", "serviceAccount:", "principal:")
"""How a member begins that is one account, and not many."""
_SERVICES: Mapping[str, str] = {
    "storage.googleapis.com/": "storage.",
    "iam.googleapis.com/": "iam.",
    "cloudresourcemanager.googleapis.com/": "resourcemanager.",
}


@dataclass(frozen=True, slots=True)
class Denial:
    """A rule that takes away.

    Attributes
    ----------
    members, excepted
        From whom, and from whom not, as policies call them.
    permissions, spared
        Which permissions, and which of these not; one that ends with ``*`` stands for all that begin so.
    """

    members: tuple[str, ...]
    excepted: tuple[str, ...]
    permissions: tuple[str, ...]
    spared: tuple[str, ...]

    def takes(self, permission: str) -> bool:
        """Whether it is about a permission."""
        return _among(permission, self.permissions) and not _among(permission, self.spared)


def denials_of(estate: Estate, project: str) -> tuple[Denial, ...]:
    """The rules that are certain for a project and what is in it."""
    return tuple(
        denial
        for node in estate.chain(project)
        if why_unread(node.said) is None
        for policy in _listed(node.said.get("deny_policies"))
        for denial in _rules(policy)
    )


def _rules(policy: Any) -> Iterator[Denial]:
    for rule in _listed(policy.get("rules") if isinstance(policy, Mapping) else None):
        said = rule.get("denyRule") if isinstance(rule, Mapping) else None
        if not isinstance(said, Mapping) or why_unread(said) or said.get("denialCondition"):
            continue
        parts = ("deniedPrincipals", "exceptionPrincipals", "deniedPermissions", "exceptionPermissions")
        named = [said.get(part) or [] for part in parts]
        if all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in named):
            denied, excepted, permissions, spared = named
            yield Denial(
                tuple(map(_member, denied)),
                tuple(map(_member, excepted)),
                tuple(map(_permission, permissions)),
                tuple(map(_permission, spared)),
            )


def left_of(grants: Iterable[Grant], denials: Iterable[Denial]) -> Iterator[Grant]:
    """What rules leave of grants.

    Where a rule takes something from everybody and spares some, it is left to those. Which of a group or a domain are
    spared is not known: it is left to all of them.
    """
    rules = list(denials)
    for grant in grants:
        left = [grant]
        for rule in rules if not grant.listed and grant.member != NOBODY_KNOWN else ():
            left = [part for one in left for part in _less(one, rule)]
        yield from left


def _less(grant: Grant, rule: Denial) -> Iterator[Grant]:
    taken = frozenset(permission for permission in grant.permissions if rule.takes(permission))
    if not taken or not (_ALL in rule.members or grant.member in rule.members) or grant.member in rule.excepted:
        yield grant
        return
    everybody = grant.member in EVERYBODY and _ALL not in rule.excepted
    single = grant.member.startswith(_ONE) and all(one.startswith(_ONE) for one in rule.excepted)
    if not everybody and not single and rule.excepted:
        yield grant  # it may be spared, or somebody in it
        return
    if kept := grant.permissions - taken:
        yield replace(grant, permissions=kept)
    for one in rule.excepted if everybody else ():
        yield replace(grant, member=one, permissions=taken, path=(*grant.path, "spared by a deny policy"))


def _member(said: str) -> str:
    for start, spelled in _SPELLED.items():
        if said.startswith(start):
            return spelled + said.removeprefix(start)
    return said


def _permission(said: str) -> str:
    for start, spelled in _SERVICES.items():
        if said.startswith(start):
            return spelled + said.removeprefix(start)
    return said


def _among(permission: str, named: tuple[str, ...]) -> bool:
    return any(
        permission == one or (one.endswith("*") and permission.startswith(one.removesuffix("*"))) for one in named
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
