"""Who may do what: roles, members, and conditions about time."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .faults import invalid

NOBODY = ""
"""The caller without a token."""

_READ = {"storage.objects.get", "storage.objects.list"}
_WRITE = {"storage.objects.create", "storage.objects.update", "storage.objects.delete"}
_BUCKET = {f"storage.buckets.{verb}" for verb in ("get", "update", "getIamPolicy", "setIamPolicy")}
_FOLDERS = {f"storage.managedFolders.{verb}" for verb in ("get", "list", "getIamPolicy", "setIamPolicy")}
_PROJECT = {f"storage.buckets.{verb}" for verb in ("create", "delete", "list")}
LOOK = "resourcemanager.projects.get"
"""What it takes to look at a project."""

ROLES: Mapping[str, frozenset[str]] = {
    f"roles/storage.{name}": frozenset(permissions)
    for name, permissions in {
        "objectViewer": _READ,
        "objectCreator": {"storage.objects.create"},
        "objectUser": _READ | _WRITE,
        "objectAdmin": _READ | _WRITE,
        "admin": _READ | _WRITE | _BUCKET | _FOLDERS | _PROJECT | {LOOK},
        "insightsCollectorService": {"storage.buckets.get", "storage.buckets.getObjectInsights"},
        "legacyBucketReader": {"storage.buckets.get", "storage.objects.list"},
        "legacyBucketWriter": {
            "storage.buckets.get",
            "storage.objects.list",
            "storage.objects.create",
            "storage.objects.delete",
        },
        "legacyBucketOwner": _BUCKET | {"storage.objects.list", "storage.objects.create", "storage.objects.delete"},
        "legacyObjectReader": {"storage.objects.get"},
        "legacyObjectOwner": {"storage.objects.get", "storage.objects.update"},
    }.items()
}
"""Permissions of each role (Google Cloud, "IAM roles for Cloud Storage")."""

_OF_PROJECT: Mapping[str, frozenset[str]] = {
    "roles/owner": frozenset(_PROJECT | {LOOK}),
    "roles/editor": frozenset(_PROJECT | {LOOK}),
    "roles/viewer": frozenset({"storage.buckets.list", LOOK}),
    "roles/storageinsights.admin": frozenset(
        f"storageinsights.reportConfigs.{verb}" for verb in ("create", "delete", "get", "list", "update")
    ),
    "roles/monitoring.notificationChannelEditor": frozenset(
        f"monitoring.notificationChannels.{verb}" for verb in ("create", "delete", "list")
    ),
    "roles/iam.serviceAccountViewer": frozenset({"iam.serviceAccountKeys.list"}),
    "roles/serviceusage.serviceUsageAdmin": frozenset({"serviceusage.services.enable"}),
    "roles/cloudkms.admin": frozenset(
        {
            *(f"cloudkms.keyRings.{verb}" for verb in ("create", "get")),
            *(f"cloudkms.cryptoKeys.{verb}" for verb in ("create", "get", "update", "getIamPolicy", "setIamPolicy")),
        }
    ),
    **{role: permissions for role, permissions in ROLES.items() if "legacy" not in role},
}
"""What a role on a project gives; what an owner may do beside comes from each bucket's own policy."""

_CONVENIENCE = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
_MEMBER = re.compile(
    r"(deleted:)?(user|serviceAccount|group):[^@\s:]+@[^@\s:]+|domain:[\w.-]+|principal(Set)?://\S+|project(Owner|Editor|Viewer):[\w-]+"
)
_AGENT = re.compile(r"serviceAccount:service-\d+@(gs-project-accounts|gcp-sa-[a-z-]+)\.iam\.gserviceaccount\.com")
_UNTIL = re.compile(r'request\.time < timestamp\("(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"\)')
_NAMED = re.compile(r'resource\.name\.startsWith\("([^"\\]+)"\)')
_TYPED = re.compile(r'resource\.type == "storage\.googleapis\.com/(Bucket|Object)"')


@dataclass
class Directory:
    """The people of Google's cloud.

    Attributes
    ----------
    projects
        The roles of members, by project and member; several have a space between them.
    groups
        The members of each group, by ``group:…``.
    agents
        The service agents that there are: each is there once it has been asked for.
    """

    projects: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)

    def allowed(self, project: str, caller: str) -> frozenset[str]:
        """What a caller may do by a role on a project."""
        roles = self.projects.get(project, {}).get(caller, "").split()
        return frozenset().union(*(_OF_PROJECT.get(role, frozenset()) for role in roles))

    def agent(self, project: str, service: str) -> str:
        """The address of a service's agent in a project, which is there from now on."""
        address = f"service-{number_of(project)}@{service}.iam.gserviceaccount.com"
        self.agents.add(f"serviceAccount:{address}")
        return address

    def check_agents(self, policy: Mapping[str, Any]) -> None:
        """Refuse agents in a policy that are not there."""
        for member in (member for binding in policy.get("bindings", []) for member in binding.get("members", [])):
            if _AGENT.fullmatch(member) and member not in self.agents:
                raise invalid(f"Service account {member.partition(':')[2]} does not exist.")

    def is_one(self, caller: str, member: str) -> bool:
        """Whether a member of a policy is the caller."""
        kind, _, name = member.partition(":")
        if member == "allUsers":
            return True
        if caller == NOBODY:
            return False
        if member == "allAuthenticatedUsers":
            return True
        if kind in _CONVENIENCE:
            return _CONVENIENCE[kind] in self.projects.get(name, {}).get(caller, "").split()
        if kind == "domain":
            return caller.endswith(f"@{name}")
        return caller == member or caller in self.groups.get(member, ())


def number_of(project: str) -> int:
    """The number of a project."""
    return 100_000_000_000 + zlib.crc32(project.encode())


def new_policy(project: str) -> list[dict[str, Any]]:
    """The bindings that every new bucket of a project has."""
    owners = [f"projectEditor:{project}", f"projectOwner:{project}"]
    viewers = [f"projectViewer:{project}"]
    return [
        {"role": "roles/storage.legacyBucketOwner", "members": owners},
        {"role": "roles/storage.legacyBucketReader", "members": viewers},
        {"role": "roles/storage.legacyObjectOwner", "members": list(owners)},
        {"role": "roles/storage.legacyObjectReader", "members": list(viewers)},
    ]


def granted(
    bindings: Iterable[Mapping[str, Any]],
    caller: str,
    directory: Directory,
    now: dt.datetime,
    *,
    prevented: bool,
    resource: str = "",
) -> frozenset[str]:
    """What a caller may do with a bucket or an object, by a policy.

    Parameters
    ----------
    bindings
        The policy's.
    caller, directory
        Who asks, and who there is.
    now
        What time it is.
    prevented
        Whether public access is prevented.
    resource
        The name of what the request is about, as conditions see it.
    """
    found: set[str] = set()
    for binding in bindings:
        members = [m for m in binding["members"] if not (prevented and m in {"allUsers", "allAuthenticatedUsers"})]
        holds = _holds(binding.get("condition"), now, resource)
        if holds and any(directory.is_one(caller, member) for member in members):
            found |= ROLES[binding["role"]]
    return frozenset(found)


def check_bindings(policy: Mapping[str, Any], roles: Collection[str] = ROLES) -> None:
    """Refuse bindings that the service would refuse."""
    for binding in policy.get("bindings", []):
        if binding.get("role") not in roles:
            raise invalid(f"Role {binding.get('role')!r} is not supported for this resource.")
        for member in binding.get("members", []):
            if member not in {"allUsers", "allAuthenticatedUsers"} and not _MEMBER.fullmatch(member):
                raise invalid(f"Invalid member {member!r}.")
        condition = binding.get("condition")
        if condition is not None:
            if policy.get("version") != 3:
                raise invalid("A policy with conditions needs version 3.")
            if not condition.get("title") or len(condition["title"]) > 100:
                raise invalid("A condition needs a title of at most 100 characters.")
            if "legacy" in binding["role"]:
                raise invalid("A legacy role takes no condition.")
            parts = condition.get("expression", "").split(" && ")
            if not all(_UNTIL.fullmatch(p) or _NAMED.fullmatch(p) or _TYPED.fullmatch(p) for p in parts):
                raise invalid(f"This server does not know the expression {condition.get('expression')!r}.")


def _holds(condition: Mapping[str, Any] | None, now: dt.datetime, resource: str) -> bool:
    if condition is None:
        return True
    kind = "Object" if "/objects/" in resource else "ManagedFolder" if "/managedFolders/" in resource else "Bucket"
    for part in condition["expression"].split(" && "):
        if match := _UNTIL.fullmatch(part):
            holds = now < dt.datetime.fromisoformat(match[1])
        elif match := _NAMED.fullmatch(part):
            holds = resource.startswith(match[1])
        else:
            match = _TYPED.fullmatch(part)
            holds = match is not None and match[1] == kind
        if not holds:
            return False
    return True
