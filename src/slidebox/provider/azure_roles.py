"""Who may do what in a container: roles without a right too many, and conditions that end by themselves.

Azure's own *Storage Blob Data Contributor* may delete the whole container, which no condition can forbid: conditions
are about blobs alone. So contributors and stewards get roles of slidebox's own, which give rights to blobs and nothing
else. (Microsoft, "Azure built-in roles for Storage"; "Actions and attributes for Azure role assignment conditions".)
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slidebox.provider.azure_faults import patiently
from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.mgmt.authorization import AuthorizationManagementClient

READER, CONTRIBUTOR, STEWARD = "reader", "contributor", "steward"
BLOB_READER: Final = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
"""Azure's own Storage Blob Data Reader."""

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_READ, _WRITE, _ADD = f"{_BLOBS}/read", f"{_BLOBS}/write", f"{_BLOBS}/add/action"
_DELETE = (f"{_BLOBS}/delete", f"{_BLOBS}/deleteBlobVersion/action")
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    READER: (_READ,),
    CONTRIBUTOR: (_READ, _WRITE, _ADD),
    STEWARD: (_READ, _WRITE, _ADD, *_DELETE),
}
"""What each role may do with blobs."""

_IDENTITY = re.compile(r"(?:(user|group|service):)?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_TYPES: Final = {"user": "User", "person": "User", "group": "Group", "team": "Group", "service": "ServicePrincipal"}
_END = re.compile(r"DateTimeLessThan '(\d{4}-\d{2}-\d{2})T00:00:00\.0Z'")
_NAMESPACE = uuid.UUID("6f8a1c9e-52cf-4d0c-9a55-7c1d2b0f3a41")
"""Of the names of slidebox's own assignments and roles."""


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """One role that somebody has at one container.

    Attributes
    ----------
    principal_id
        The object id of a user, a group or a service principal.
    role
        ``reader``, ``contributor`` or ``steward``.
    kind
        What the principal is, as Azure calls it.
    until
        The first day without access.
    principal
        Whom of the lab it stands for.
    """

    principal_id: str
    role: str
    kind: str
    until: str | None
    principal: str

    @property
    def condition(self) -> str | None:
        """What ends it."""
        if self.until is None:
            return None
        others = " AND ".join(f"!(ActionMatches{{'{action}'}})" for action in ACTIONS[self.role])
        return f"(({others}) OR (@Environment[UtcNow] DateTimeLessThan '{self.until}T00:00:00.0Z'))"


def identity_fault(identity: Any) -> str | None:
    """Why somebody is nobody at Azure; None where it is a name of Azure's."""
    if isinstance(identity, str) and _IDENTITY.fullmatch(identity):
        return None
    return f"{identity!r} is no object id of Entra ID, such as user:00000000-0000-0000-0000-000000000000"


def grant_fault(grant: Any) -> str | None:
    """Why a grant cannot be given; None where it can."""
    if not isinstance(grant, Mapping):
        return f"{grant!r} is no grant"
    if fault := identity_fault(grant.get("identity")):
        return fault
    if grant.get("role") not in ACTIONS:
        return f"{grant.get('role')!r} is no role: {', '.join(ACTIONS)}"
    try:
        _day(grant.get("until"))
    except (TypeError, ValueError):
        return f"{grant['until']!r} is no day such as 2027-06-30"
    return None


def wanted(grants: Iterable[Mapping[str, Any]]) -> tuple[Assignment, ...]:
    """The assignments for some grants: one for each identity and role, with the latest of its ends."""
    found: dict[tuple[str, str], Assignment] = {}
    for grant in grants:
        match = _IDENTITY.fullmatch(str(grant["identity"]))
        if match is None:
            continue  # it has been refused before
        said, who = match.groups()
        principal = str(grant.get("principal") or "somebody")
        kind = _TYPES.get(said or principal.partition(":")[0], "User")
        made = Assignment(who.lower(), str(grant["role"]), kind, _day(grant.get("until")), principal)
        before = found.get((made.principal_id, made.role))
        if before is None or (before.until and (made.until is None or made.until > before.until)):
            found[made.principal_id, made.role] = made
    return tuple(sorted(found.values(), key=lambda a: (a.principal_id, a.role)))


def _day(value: Any) -> str | None:
    return dt.date.fromisoformat(value).isoformat() if value else None


# Roles of slidebox's own


def role_id(ref: AzureRef, role: str) -> str:
    """GUID of the definition of a role."""
    return BLOB_READER if role == READER else str(uuid.uuid5(_NAMESPACE, f"{ref.account_id.lower()}/{role}"))


def definition_id(ref: AzureRef, role: str) -> str:
    """Id of the definition of a role."""
    return f"/subscriptions/{ref.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role_id(ref, role)}"


def definition(ref: AzureRef, role: str) -> dict[str, Any]:
    """A role of slidebox's own, as Azure takes it."""
    more = "read, add and delete blobs" if role == STEWARD else "read and add blobs, and delete none"
    return {
        "properties": {
            "roleName": f"slidebox {role} of {ref.account}",
            "type": "CustomRole",
            "description": f"May {more}, wherever slidebox gives it. Made by slidebox for lab {ref.lab}.",
            "assignableScopes": [ref.group_id],
            "permissions": [
                {
                    "actions": ["Microsoft.Storage/storageAccounts/blobServices/containers/read"],
                    "notActions": [],
                    "dataActions": list(ACTIONS[role]),
                    "notDataActions": [],
                }
            ],
        }
    }


def is_as_defined(ref: AzureRef, role: str, present: Any) -> bool:
    """Whether a role gives what it should and no more."""
    if present is None:
        return False
    (asked,) = definition(ref, role)["properties"]["permissions"]
    said = [
        (sorted(p.actions or []), sorted(p.data_actions or []), p.not_actions or [], p.not_data_actions or [])
        for p in present.permissions or []
    ]
    return said == [(sorted(asked["actions"]), sorted(asked["dataActions"]), [], [])]


# What is there


def assignment_name(ref: AzureRef, scope: str, principal_id: str, role: str) -> str:
    """Name of an assignment of slidebox's: the same for the same scope, principal and role."""
    return str(uuid.uuid5(_NAMESPACE, f"{scope.lower()}|{principal_id.lower()}|{role_id(ref, role)}"))


@dataclass(frozen=True, slots=True)
class Present:
    """The assignments at one container.

    Attributes
    ----------
    own
        Those that slidebox has given: what is said of each, by principal and role.
    foreign
        Those that somebody else has given, in words.
    """

    own: Mapping[tuple[str, str], Any]
    foreign: tuple[str, ...]


def at_scope(client: AuthorizationManagementClient, scope: str) -> list[Any]:
    """The assignments at a container, and above it."""
    return list(client.role_assignments.list_for_scope(scope, filter="atScope()"))


def role_of(ref: AzureRef, entry: Any) -> str | None:
    """The role that an assignment gives; None where it is none that slidebox gives."""
    return {role_id(ref, role): role for role in ACTIONS}.get(guid_of(entry))


def guid_of(entry: Any) -> str:
    """GUID of the definition of an assignment's role."""
    return str(entry.role_definition_id).rpartition("/")[2].lower()


def present(
    client: AuthorizationManagementClient, ref: AzureRef, scope: str, known: Iterable[Assignment] = ()
) -> Present:
    """Look at who has a role at a container itself; what they have above it is the account's matter.

    Parameters
    ----------
    client, ref, scope
        The container.
    known
        What is asked for, and what was before: an assignment that gives just that counts as slidebox's own, also
        where it was there before slidebox and has another name.
    """
    same = {(a.principal_id, a.role, a.condition) for a in known}
    own: dict[tuple[str, str], Any] = {}
    foreign: list[str] = []
    for entry in at_scope(client, scope):
        if str(entry.scope).lower() != scope.lower():
            continue
        role, who = role_of(ref, entry), str(entry.principal_id).lower()
        named = role and str(entry.name).lower() == assignment_name(ref, scope, who, role)
        if role and (named or (who, role, entry.condition or None) in same):
            own[who, role] = entry
        else:
            foreign.append(f"{str(entry.principal_type or 'principal').lower()} {who}: role {guid_of(entry)}")
    return Present(own, tuple(sorted(foreign)))


def settle(
    client: AuthorizationManagementClient,
    ref: AzureRef,
    scope: str,
    grants: Iterable[Assignment],
    before: Iterable[Assignment] = (),
) -> tuple[str, ...]:
    """Take away what slidebox gave and is not asked for any more, then give what is; answers what others have given."""
    asked = {(a.principal_id, a.role): a for a in grants}
    there = present(client, ref, scope, (*asked.values(), *before))
    for key in sorted(there.own.keys() - asked.keys()):
        client.role_assignments.delete(scope, str(there.own[key].name))
    for key, assignment in asked.items():
        given = there.own.get(key)
        if given is None or (given.condition or None) != assignment.condition:
            _give(client, ref, scope, assignment, given)
    return there.foreign


def _give(
    client: AuthorizationManagementClient, ref: AzureRef, scope: str, given: Assignment, there: Any = None
) -> None:
    properties: dict[str, Any] = {
        "roleDefinitionId": definition_id(ref, given.role),
        "principalId": given.principal_id,
        "principalType": given.kind,
        "description": f"slidebox: {given.principal} as {given.role}",
    }
    if given.condition:
        properties |= {"condition": given.condition, "conditionVersion": "2.0"}
    name = str(there.name) if there else assignment_name(ref, scope, given.principal_id, given.role)
    body: Any = {"properties": properties}
    patiently(lambda: client.role_assignments.create(scope, name, body))


def as_grants(there: Present, asked: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What slidebox's assignments amount to: the grants that are asked for and are there, and what is left over."""
    grants = [dict(grant) for grant in asked]
    assignments = {(a.principal_id, a.role): a for a in wanted(grants)}
    right = {key for key, a in assignments.items() if key in there.own and _ends_alike(there.own[key], a)}
    kept = [grant for grant in grants if _key(grant) in right or _key(grant) is None]
    stale = sorted(there.own.keys() - right)
    return [*kept, *({"identity": who, "role": role, "until": None, "principal": "unknown"} for who, role in stale)]


def as_grant(ref: AzureRef, entry: Any) -> dict[str, Any] | None:
    """The grant that an assignment amounts to, whoever gave it; None where no grant says just that."""
    role, who = role_of(ref, entry), str(entry.principal_id).lower()
    word = next((word for word, kind in _TYPES.items() if kind == str(entry.principal_type)), None)
    end = _END.search(entry.condition or "")
    until = end[1] if end else None
    if role is None or word is None:
        return None
    alike = _ends_alike(entry, Assignment(who, role, _TYPES[word], until, ""))
    return {"identity": f"{word}:{who}", "role": role, "until": until} if alike else None


def _ends_alike(entry: Any, assignment: Assignment) -> bool:
    return (entry.condition or None) == assignment.condition


def _key(grant: Mapping[str, Any]) -> tuple[str, str] | None:
    match = _IDENTITY.fullmatch(str(grant["identity"]))
    return (match[2].lower(), str(grant["role"])) if match and grant["role"] in ACTIONS else None
