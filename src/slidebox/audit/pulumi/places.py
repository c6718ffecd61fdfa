"""Places that are in no cloud, in a preview or an exported stack, as a snapshot's section ``places``.

Folders of drives and clusters, buckets and users of the embedded gateway, folders in file services, deposits, folders
at an archive, and repositories, as slidebox's own types and those of pulumi-github declare them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.item import Item
from slidebox.audit.github import LATER, repositories
from slidebox.audit.pulumi.spelling import respelled, snake
from slidebox.preview import BUCKET, CLUSTER_FOLDER, FOLDER, SHARE, UNREAD, USER, Seen
from slidebox.preview.seen import GITHUB_REPOSITORY

_ARCHIVE: Final = "slidebox:archive:Folder"
_DEPOSITS: Final = {"slidebox:zenodo:Deposit": "zenodo", "slidebox:figshare:Deposit": "figshare"}
_GITHUB: Final = re.compile(r"^github:\w+/\w+:(?P<name>\w+)$")


def section(resources: Sequence[Seen]) -> Mapping[str, Any] | None:
    """The section of a stack; None where it has nothing of these kinds."""
    found: dict[str, dict[str, Any]] = {}
    for seen in resources:
        for part, address, said in _part(seen):
            found.setdefault(part, {})[address] = said
    items = list(_items(resources))
    if items:
        listed, unplaced = repositories(items)
        found["repositories"] = {**listed, **found.get("repositories", {})}
        found["unplaced"] = {**unplaced, **found.get("unplaced", {})}
    users = [seen for seen in resources if seen.type == USER]
    stores = {store for said in found.get("buckets", {}).values() if (store := said.get("gateway"))}
    for store in sorted(stores | {_store(user) for user in users} - {""}):
        found.setdefault("gateways", {})[store] = {"root": True, "users": _users(users, store), "roles": {}}
    return found or None


def _part(seen: Seen) -> Iterator[tuple[str, str, Any]]:
    make = _MAKERS.get(seen.type)
    if make is None:
        return
    address = seen.urn.rpartition("::")[2]
    part = _PARTS[seen.type]
    if (why := seen.properties.get(UNREAD)) is not None:
        yield part, address, unread(str(why))
        return
    yield part, address, {**_about(seen), **make(seen.properties)}


def _store(seen: Seen) -> str:
    store = seen.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else store
    return name if isinstance(name, str) and name != UNKNOWN else ""


def _about(seen: Seen) -> dict[str, Any]:
    """The store that a resource is in and the dataset that it holds, as it says itself."""
    location = str(seen.properties.get("location") or "")
    dataset, _, rest = location.partition("@")
    store = _store(seen) or rest.rpartition("@")[2]
    return {"store": store, "dataset": dataset if "/" in dataset else ""}


def _told(value: Any, why: str = LATER) -> Any:
    return unread(why) if value == UNKNOWN else value


# Folders


def _folder(said: Mapping[str, Any]) -> dict[str, Any]:
    root, path = said.get("root"), said.get("path")
    known = UNKNOWN not in (root, path)
    mode, group = said.get("mode"), said.get("groupName") or said.get("group")
    return {
        "kind": "drive",
        "machine": "",
        "path": posixpath.join(str(root or ""), str(path)) if known else str(path),
        "above": None,
        "folder": _entry(mode, group, None),
        "below": None,
        "read_only": False,
    }


def _cluster(said: Mapping[str, Any]) -> dict[str, Any]:
    store = said.get("store")
    ref = store if isinstance(store, Mapping) else {}
    path = posixpath.join(str(ref.get("root") or ""), str(said.get("path")))
    group = said.get("groupName") or said.get("group")
    return {
        "kind": "cluster",
        "machine": str(ref.get("host") or ""),
        "path": path,
        "above": None,
        "folder": _entry(said.get("mode"), group, said.get("acl")),
        "below": None,
        "read_only": False,
    }


def _entry(mode: Any, group: Any, acl: Any) -> Any:
    """A folder that is to be made; its owner is the account that makes it, and nothing says who that is."""
    if UNKNOWN in (mode, group) or not isinstance(mode, str) or not re.fullmatch("[0-7]{3,4}", mode):
        return unread(LATER)
    entry = {"mode": mode, "owner": None, "group": group or "of the account that makes it"}
    if not acl:
        return entry
    if not isinstance(acl, list) or UNKNOWN in acl:
        return {**entry, "acl": unread(LATER)}
    bits = int(mode, 8)
    own = "".join(letter if bits >> 3 & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
    # Where there is a list, the group's bits of the mode are its mask, and its own entry says what the group has.
    listed = [*map(str, acl), f"group::{own}", "mask::rwx", "other::---"]
    return {**entry, "mode": f"{bits & 0o7770 | 0o070:04o}", "acl": listed}


# Buckets and users


def _bucket(said: Mapping[str, Any]) -> dict[str, Any]:
    store = said.get("store")
    ref = store if isinstance(store, Mapping) else {}
    acl = said.get("accessControlPolicy")
    return {
        "name": str(said.get("bucket")),
        "gateway": str(ref.get("name")) if ref.get("over") else None,
        "endpoint": ref.get("endpoint"),
        "policy": _told(said.get("policy")),
        "acl": _grants(acl),
        "ownership": None,
        "files": None,
    }


def _grants(acl: Any) -> Any:
    if acl is None or acl == UNKNOWN:
        return None if acl is None else unread(LATER)
    grants = acl.get("grants") if isinstance(acl, Mapping) else None
    if not isinstance(grants, list):
        return unread("it is not understood")
    return {"Grants": [_grant(one) for one in grants]}


def _grant(one: Any) -> Any:
    grantee = one.get("grantee") if isinstance(one, Mapping) else None
    if not isinstance(grantee, Mapping):
        return one
    names = {"id": "ID", "uri": "URI", "type": "Type"}
    return {
        "Grantee": {names[key]: value for key, value in grantee.items() if key in names},
        "Permission": one.get("permission"),
    }


def _users(users: Iterable[Seen], store: str) -> dict[str, Any]:
    found = {}
    for user in users:
        said = user.properties
        if _store(user) not in (store, ""):
            continue
        policy, principal = said.get("policy"), said.get("principal")
        arn, key = said.get("arn"), said.get("accessKeyId")
        named = isinstance(principal, str) and principal not in ("", UNKNOWN)
        found[str(said.get("user"))] = {
            # An ARN that is not known yet can be in no policy.
            "arn": arn if isinstance(arn, str) and arn not in ("", UNKNOWN) else "arn:::::user",
            "keys": [key] if isinstance(key, str) and key not in ("", UNKNOWN) else [],
            "policies": {"slidebox": _told(policy)} if policy is not None else {},
            **({"principal": principal} if named else {}),
        }
    return found


# Services


def _share(said: Mapping[str, Any]) -> dict[str, Any]:
    parts = [str(part) for part in (said.get("root"), said.get("path")) if part]
    sharing = said.get("sharing")
    planned = said.get("shares")
    return {
        "name": f"{said.get('remote')}:{'/'.join(parts)}",
        # Before it is made it is shared with nobody, but what the remote's own folders are shared with is not known.
        "sharing": sharing if isinstance(sharing, list) else unread("nothing tells who it is shared with"),
        "planned": _told(planned),
    }


def _deposit(kind: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def make(said: Mapping[str, Any]) -> dict[str, Any]:
        about = said.get("about")
        told = about if isinstance(about, Mapping) else {}
        published, days = said.get("published"), said.get("privateLinkDays")
        link = {"may": "view", "until": None}
        return {
            "kind": kind,
            "name": str(_known(said.get("url")) or _known(said.get("depositId")) or _title(told)),
            "owner": None,
            # A deposit that is there may have been published since.
            "state": "published" if published is True else "draft",
            "access": _access(told, about),
            "opens": _told(told.get("embargo")),
            "links": unread(LATER) if days == UNKNOWN else [link] if days else None,
            "grants": None,
            "curators": None,
        }

    return make


def _known(value: Any) -> Any:
    return value if isinstance(value, str) and value != UNKNOWN else None


def _title(about: Mapping[str, Any]) -> str:
    return str(about.get("title") or "without a title")


def _access(told: Mapping[str, Any], about: Any) -> Any:
    if about == UNKNOWN or UNKNOWN in (told.get("embargo"), told.get("confidential")):
        return unread(LATER)
    if told.get("confidential"):
        return "closed"
    return "embargoed" if told.get("embargo") else "open"


def _archive(said: Mapping[str, Any]) -> dict[str, Any]:
    store = said.get("store")
    name = store.get("account") if isinstance(store, Mapping) else None
    return {"name": str(said.get("path")), "owner": name, "state": "space", "opens": _told(said.get("release"))}


def _repository(said: Mapping[str, Any]) -> dict[str, Any]:
    public, members = said.get("public"), said.get("members")
    permissions = said.get("permissions")
    found = _permissions(permissions) if isinstance(permissions, list) else None
    later = unread(LATER)
    return {
        "name": f"{said.get('account')}/{said.get('repository')}",
        "visibility": "public" if public is True else "private" if public is False else later,
        "base": members if isinstance(members, str) and members != UNKNOWN else later,
        "roles": {},
        "owners": [{"login": None}],
        "teams": found[0] if found else later,
        "collaborators": found[1] if found else later,
        "invitations": None,
        "deploy_keys": None,
        "pages": None,
    }


def _permissions(listed: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    teams: list[Any] = []
    people: list[Any] = []
    for entry in listed:
        who, _, permission = str(entry).rpartition("=")
        kind, _, name = who.partition(":")
        if kind == "team" and name:
            teams.append({"slug": name, "permission": permission, "members": None})
        else:
            people.append({"login": name, "permission": permission} if kind == "user" and name else unread(LATER))
    return teams, people


def _items(resources: Iterable[Seen]) -> Iterator[Item]:
    """Resources of pulumi-github in Terraform's spelling, from which that provider is made."""
    for seen in resources:
        match = _GITHUB.match(seen.type)
        if match:
            yield Item(
                kind=snake(match["name"]),
                key=seen.urn,
                address=seen.urn.rpartition("::")[2],
                values=respelled(seen.properties),
                sources={snake(name): urns for name, urns in seen.depends.items()},
                provider=seen.provider,
            )


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    FOLDER: _folder,
    CLUSTER_FOLDER: _cluster,
    BUCKET: _bucket,
    SHARE: _share,
    GITHUB_REPOSITORY: _repository,
    _ARCHIVE: _archive,
    **{token: _deposit(kind) for token, kind in _DEPOSITS.items()},
}
_PARTS: Final[Mapping[str, str]] = {
    FOLDER: "folders",
    CLUSTER_FOLDER: "folders",
    BUCKET: "buckets",
    SHARE: "shares",
    GITHUB_REPOSITORY: "repositories",
    _ARCHIVE: "archives",
    **dict.fromkeys(_DEPOSITS, "deposits"),
}
