"""What is around the buckets of a project of Google Cloud: asked for once, and only as far as policies name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slidebox.access.google.fronts import FILL
from slidebox.access.google.pools import MEMBER
from slidebox.access.google.roles import plain
from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live.google_calls import (
    COMPUTE,
    CONSTRAINTS,
    IAM,
    RESOURCES,
    STRANGE,
    Calls,
    disabled,
    part_of,
    quoted,
)

_PREVENTION = "storage.publicAccessPrevention"
_DEEPEST = 12
_CUSTOM = re.compile(r"(?P<above>(projects|organizations)/[^/]+)/roles/.+")
_ACCOUNT = "serviceAccount:"
_MOST_ROUNDS = 5
"""How often service accounts that may act as others are followed."""
_SHOWN = ("name", "keyType", "validAfterTime", "validBeforeTime", "disabled")


class Around:
    """Gathers what is around buckets.

    Parameters
    ----------
    calls
        Asks the project.
    pool
        What asks side by side.
    """

    def __init__(self, calls: Calls, pool: ThreadPoolExecutor) -> None:
        self._calls, self._pool = calls, pool
        self._id = calls.ref.project
        self._projects: dict[str, dict[str, Any]] = {self._id: {}}
        self._above: dict[str, dict[str, dict[str, Any]]] = {"folders": {}, "organizations": {}}

    @property
    def first(self) -> tuple[str, str]:
        """The call that says what the project is, and what it is in."""
        return RESOURCES, f"v3/projects/{self._id}"

    def section(self) -> dict[str, Any]:
        """What was gathered, as parts of the section."""
        return {"projects": self._projects, **self._above}

    def begin(self, project: Any) -> None:
        """Ask for the policies of the project and of everything that it is in.

        Parameters
        ----------
        project
            What answered `first`.
        """
        node = self._projects[self._id]
        node["parent"] = _parent(project, "projects/")
        if why_unread(node["parent"]) is None:
            node["number"] = str(project["name"]).rpartition("/")[2]
        asked = {
            "policy": self._pool.submit(self._calls.policy, RESOURCES, f"v3/projects/{self._id}"),
            "deny_policies": self._pool.submit(self._denials, f"projects/{self._id}"),
            "org_policies": self._pool.submit(self._prevention),
            "hmac_keys": self._pool.submit(self._calls.storage_listed, f"projects/{self._id}/hmacKeys"),
        }
        parent = node["parent"]
        for _ in range(_DEEPEST):
            if not isinstance(parent, str):
                break
            parent = self._one_above(parent)
        node.update({name: one.result() for name, one in asked.items()})
        node["hmac_keys"] = _only(node["hmac_keys"], ("accessId", "serviceAccountEmail", "state", "timeCreated"))

    def _one_above(self, name: str) -> Any:
        """Ask for a folder or an organisation; answers what that is in."""
        part = name.partition("/")[0]
        if part not in self._above:
            return None
        policy = self._pool.submit(self._calls.policy, RESOURCES, f"v3/{name}")
        denials = self._pool.submit(self._denials, name)
        parent: Any = None
        if part == "folders":
            parent = _parent(self._calls.one(RESOURCES, f"v3/{name}"), name)
        node = {"parent": parent, "policy": policy.result(), "deny_policies": denials.result()}
        self._above[part][name] = node
        return parent

    def _denials(self, name: str) -> Any:
        """The deny policies of something; a list of them comes without their rules, so each is asked for."""
        attached = quoted(f"cloudresourcemanager.googleapis.com/{name}")
        listed = self._calls.listed(IAM, f"v2/policies/{attached}/denypolicies", "policies")
        if not isinstance(listed, list):
            return listed
        return [one if "rules" in one else self._calls.one(IAM, f"v2/{one.get('name')}") for one in listed]

    def _prevention(self) -> Any:
        said = self._calls.one(CONSTRAINTS, f"v2/projects/{self._id}/policies/{_PREVENTION}:getEffectivePolicy")
        return said if why_unread(said) is not None else {_PREVENTION: said}

    # What policies name

    def follow(self, members: Iterable[tuple[str, str]]) -> None:
        """Ask for the roles, service accounts, pools and CDNs that policies name.

        Parameters
        ----------
        members
            Every member of buckets' policies with its role.
        """
        named = {*members, *members_in(self.section())}
        self._accounts({member for member, _ in named})
        named |= set(members_in(self.section()))
        self._roles({plain(role)[0] for _, role in named})
        self._pools({member for member, _ in named})
        self._fronts({member for member, _ in named})

    def _accounts(self, members: Iterable[str]) -> None:
        """Who may act as each service account of the project that a policy names, and its keys, not what is in them."""
        node = self._projects[self._id]
        found: dict[str, Any] = node.setdefault("service_accounts", {})
        waiting = self._own(members) - found.keys()
        listed: Any = self._calls.listed(IAM, f"v1/projects/{self._id}/serviceAccounts", "accounts") if waiting else []
        off = {one.get("email") for one in listed if one.get("disabled") is True} if isinstance(listed, list) else set()
        for _ in range(_MOST_ROUNDS):
            for email, said in zip(waiting, self._pool.map(self._account, list(waiting)), strict=True):
                found[email] = {**said, "disabled": email in off}
            waiting = self._own(member for member, _ in members_in(found)) - found.keys()
        for email in waiting:
            found[email] = unread("too many service accounts act as one another")

    def _own(self, members: Iterable[str]) -> set[str]:
        """The service accounts of the project among members."""
        number = self._projects[self._id].get("number") or "?"
        own = re.compile(
            rf"[^@?]+@{re.escape(self._id)}\.iam\.gserviceaccount\.com|{re.escape(self._id)}@appspot\.gserviceaccount\.com"
            rf"|{re.escape(str(number))}-compute@developer\.gserviceaccount\.com"
        )
        emails = {member.removeprefix(_ACCOUNT) for member in members if member.startswith(_ACCOUNT)}
        return {email for email in emails if own.fullmatch(email)}

    def _account(self, email: str) -> dict[str, Any]:
        path = f"v1/projects/{self._id}/serviceAccounts/{quoted(email)}"
        keys = self._calls.one(IAM, f"{path}/keys", keyTypes="USER_MANAGED")
        listed = keys if why_unread(keys) is not None else part_of(keys, "keys")
        return {"policy": self._calls.policy(IAM, path), "keys": _only(listed, _SHOWN)}

    def _roles(self, roles: Iterable[str]) -> None:
        """The permissions of custom roles: all of a project or of an organisation in one list."""
        wanted: dict[str, list[str]] = {}
        for role in roles:
            if match := _CUSTOM.fullmatch(role):
                wanted.setdefault(match["above"], []).append(role)
        for above, names in wanted.items():
            listed = self._calls.listed(IAM, f"v1/{above}/roles", "roles", view="FULL", showDeleted="true")
            known = {one.get("name"): dict(one) for one in listed} if isinstance(listed, list) else {}
            missing = listed if not isinstance(listed, list) else unread("there is no such role")
            self._node(above).setdefault("roles", {}).update({name: known.get(name, missing) for name in names})

    def _node(self, name: str) -> dict[str, Any]:
        part, _, rest = name.partition("/")
        return (
            self._projects.setdefault(self._named(rest), {})
            if part == "projects"
            else self._above[part].setdefault(name, {})
        )

    def _named(self, project: str) -> str:
        """A project by its id, where it is given by its number."""
        return self._id if project == self._projects[self._id].get("number") else project

    def _pools(self, members: Iterable[str]) -> None:
        """The providers of the pools through which members come."""
        matches = {match["pool"]: match["project"] for one in members if (match := MEMBER.fullmatch(one))}
        for name, project in matches.items():
            if name.endswith(".svc.id.goog"):
                continue
            pool = self._calls.one(IAM, f"v1/{name}")
            providers = self._calls.listed(IAM, f"v1/{name}/providers", "workloadIdentityPoolProviders")
            about = {part: pool[part] for part in ("state", "disabled") if part in pool}
            pools = self._projects.setdefault(self._named(project), {}).setdefault("workload_identity_pools", {})
            pools[name] = {**about, "providers": _without_documents(providers)}

    def _fronts(self, members: Iterable[str]) -> None:
        """The backend buckets and URL maps of projects whose CDN reads."""
        for number in {match["number"] for one in members if (match := FILL.fullmatch(one))}:
            project = self._named(number)
            path = f"compute/v1/projects/{project}"
            backends = self._calls.listed(COMPUTE, f"{path}/global/backendBuckets", "items")
            maps = self._calls.one(COMPUTE, f"{path}/aggregated/urlMaps")
            node = self._projects.setdefault(project, {})
            node["backend_buckets"] = [] if disabled(backends) else backends
            node["url_maps"] = _maps(maps)


def members_in(part: Any) -> Iterator[tuple[str, str]]:
    """Every member of every policy in a part of the section, with its role."""
    if isinstance(part, Mapping):
        members = part.get("members")
        if isinstance(members, list) and isinstance(part.get("role"), str):
            yield from ((str(member), part["role"]) for member in members)
            return
        for inner in part.values():
            yield from members_in(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from members_in(inner)


def _parent(answer: Any, name: str) -> Any:
    """What a project or a folder is in; None for nothing, and why where that could not be had."""
    if why_unread(answer) is not None:
        return answer
    parent = answer.get("parent") or None
    fine = str(answer.get("name") or "").startswith(name) and isinstance(parent, str | None)
    return parent if fine else unread(STRANGE)


def _maps(answer: Any) -> Any:
    """The URL maps of every region in one list; why they could not be had where a page of them is missing."""
    if why_unread(answer) is not None:
        return [] if disabled(answer) else answer
    items = answer.get("items")
    if answer.get("nextPageToken") or not isinstance(items, Mapping | None):
        return unread("not all URL maps were answered")
    return [one for scope in (items or {}).values() if isinstance(scope, Mapping) for one in scope.get("urlMaps") or ()]


def _only(listed: Any, fields: Iterable[str]) -> Any:
    """Some fields of each entry: nothing else of keys goes into a snapshot."""
    if not isinstance(listed, list):
        return listed
    return [{name: one[name] for name in fields if name in one} for one in listed if isinstance(one, Mapping)]


def _without_documents(providers: Any) -> Any:
    """Providers without the certificates and documents of their issuers."""
    if not isinstance(providers, list):
        return providers
    kept = ("name", "state", "disabled", "attributeCondition", "attributeMapping", "aws")
    return [
        {
            **{name: one[name] for name in kept if name in one},
            **({"oidc": {"issuerUri": one["oidc"].get("issuerUri")}} if isinstance(one.get("oidc"), Mapping) else {}),
            **{name: True for name in ("saml", "x509") if one.get(name)},
        }
        for one in providers
    ]
