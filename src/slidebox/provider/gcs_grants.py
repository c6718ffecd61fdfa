"""Who may do what with a bucket of Google Cloud: bindings that are added and taken away member by member.

A policy belongs to everybody who may write it. slidebox adds its own members and takes its own away; whoever was let
in otherwise stays, and is reported. Its own are those it remembers having added, and those under a condition whose
title says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slidebox.provider.resource import Failure
from slidebox.provider.values import has_unknown

TITLE = "slidebox: "
EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
POLICY_VERSION = 3
"""The least version of a policy that shows and takes conditions."""

INSIGHTS = "agent:storageinsights"
"""The agent of Storage Insights in the bucket's project, whose number nobody has to know beforehand."""

COLLECTOR: Mapping[str, str] = {"member": INSIGHTS, "role": "roles/storage.insightsCollectorService"}
"""Who writes inventories: it sees what is known of objects, and not what is in them."""

_AGENT = re.compile(r"serviceAccount:service-\d+@gcp-sa-([a-z-]+)\.iam\.gserviceaccount\.com")
_LONGEST_TITLE = 100
_LEGACY = "roles/storage.legacy"
_END = re.compile(r'request\.time < timestamp\("(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z"\)')
"""A condition that is an end and nothing else, as slidebox and Google's console write it."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One member in one binding.

    Attributes
    ----------
    role, member
        What it may do.
    title, expression
        The condition; empty without one.
    """

    role: str
    member: str
    title: str = ""
    expression: str = ""

    @classmethod
    def of(cls, grant: Mapping[str, Any]) -> Entry:
        """The entry of a grant: ``member``, ``role``, and perhaps ``until`` and ``principal``, or a ``condition``."""
        if condition := grant.get("condition"):
            return cls(grant["role"], grant["member"], condition["title"], condition["expression"])
        until = grant.get("until")
        if not until:
            return cls(grant["role"], grant["member"])
        title = f"{TITLE}{grant.get('principal') or grant['member']} until {until}"[:_LONGEST_TITLE]
        return cls(grant["role"], grant["member"], title, f'request.time < timestamp("{until}T00:00:00Z")')

    @property
    def condition(self) -> dict[str, str] | None:
        """The condition as the policy has it."""
        return {"title": self.title, "expression": self.expression} if self.expression else None

    def __str__(self) -> str:
        return f"{self.member} as {self.role}" + (f" ({self.title})" if self.title else "")


def entries(grants: Iterable[Mapping[str, Any]], number: int | None = None) -> set[Entry]:
    """The entries of grants.

    Parameters
    ----------
    grants
        The grants; a member such as `INSIGHTS` stands for a service's own agent in the project.
    number
        The number of the project, by which its agents are called; None leaves them as they stand.
    """
    found = {Entry.of(grant) for grant in grants}
    return found if number is None else {replace(entry, member=_called(entry.member, number)) for entry in found}


def _called(member: str, number: int) -> str:
    kind, _, service = member.partition(":")
    return f"serviceAccount:service-{number}@gcp-sa-{service}.iam.gserviceaccount.com" if kind == "agent" else member


def agents(found: Iterable[Entry]) -> list[str]:
    """The services whose agents are among entries."""
    matches = (_AGENT.fullmatch(entry.member) for entry in found)
    return sorted({match[1] for match in matches if match})


def present(bindings: Iterable[Mapping[str, Any]]) -> set[Entry]:
    """The entries of a policy."""
    found = set()
    for binding in bindings:
        condition = binding.get("condition") or {}
        for member in binding["members"]:
            about = str(condition.get("title", "")), str(condition.get("expression", ""))
            found.add(Entry(binding["role"], member, *about))
    return found


def as_grant(entry: Entry) -> dict[str, Any]:
    """The grant that an entry amounts to, whoever gave it; the condition stays as it is written."""
    grant: dict[str, Any] = {"member": entry.member, "role": entry.role}
    if until := end_of(entry.expression):
        grant["until"] = until
    return grant | ({"condition": entry.condition} if entry.condition else {})


def end_of(expression: str) -> str | None:
    """The first day without access by a condition; None where it is anything else than an end."""
    match = _END.fullmatch(expression)
    if match is None:
        return None
    try:
        day = dt.date.fromisoformat(match[1])
    except ValueError:
        return None
    midnight = not match[2].strip("0:.")
    return (day if midnight else day + dt.timedelta(days=1)).isoformat()


def is_owners(entry: Entry, project: str) -> bool:
    """Whether it is a member that Google puts into each new bucket's policy: who could let themselves in anyway."""
    return entry.role.startswith(_LEGACY) and entry.member in {
        f"project{kind}:{project}" for kind in ("Owner", "Editor")
    }


def viewers(project: str) -> list[dict[str, str]]:
    """What Google gives to everybody who may only look at the project, with each new bucket."""
    return [
        {"member": f"projectViewer:{project}", "role": f"{_LEGACY}{role}"} for role in ("BucketReader", "ObjectReader")
    ]


def foreign(there: Iterable[Entry], own: set[Entry], project: str, number: int) -> list[str]:
    """Whom others have let in, in words; the project's owners and editors are let in by Google."""
    own = own | entries([COLLECTOR], number)  # whom an inventory has let in
    others = {entry for entry in there if entry not in own and not entry.title.startswith(TITLE)}
    return sorted(str(entry) for entry in others if not is_owners(entry, project))


def rewritten(bindings: Iterable[Mapping[str, Any]], away: set[Entry], new: set[Entry]) -> list[dict[str, Any]]:
    """A policy's bindings with some entries taken away and others added; the others stay as they are."""
    made: list[dict[str, Any]] = []
    for binding in bindings:
        kept = {member for member in binding["members"] if not present([{**binding, "members": [member]}]) & away}
        if kept:
            made.append({**binding, "members": kept})
    for entry in sorted(new):
        about = entry.role, entry.condition
        there = next((b for b in made if (b["role"], _plain(b.get("condition"))) == about), None)
        if there is None:
            made.append({"role": entry.role, "members": {entry.member}})
            if entry.condition:
                made[-1]["condition"] = entry.condition
        else:
            there["members"].add(entry.member)
    return made


def _plain(condition: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(condition) if condition else None


def faults(grants: Any, *, public: Any) -> list[Failure]:
    """What is wrong with grants, as far as they are known."""
    failures = []
    for grant in [] if has_unknown(grants) else grants or []:
        who, role = grant.get("member"), str(grant.get("role", ""))
        if not isinstance(who, str) or not role:
            failures.append(Failure("grants", f"a grant needs a 'member' and a 'role', unlike {dict(grant)!r}"))
        elif who in EVERYBODY and public is not True:
            failures.append(Failure("grants", f"{who!r} opens the bucket to everybody, and it is not public"))
        if condition := grant.get("condition"):
            failures += _condition_faults(condition, grant.get("until"))
        elif grant.get("until"):
            if role.startswith(_LEGACY):
                failures.append(Failure("grants", f"{role} takes no condition, and so no end"))
            try:
                dt.date.fromisoformat(grant["until"])
            except (TypeError, ValueError):
                failures.append(Failure("grants", f"{grant['until']!r} is no date"))
    return failures


def _condition_faults(condition: Any, until: Any) -> list[Failure]:
    """What is wrong with a condition that is written out."""
    said = condition if isinstance(condition, Mapping) else {}
    if not all(isinstance(said.get(name), str) and said[name] for name in ("title", "expression")):
        return [Failure("grants", "a condition needs its 'title' and its 'expression'")]
    if until and until != end_of(said["expression"]):
        return [Failure("grants", f"the condition {said['title']!r} does not end on {until}, as 'until' says")]
    return []
