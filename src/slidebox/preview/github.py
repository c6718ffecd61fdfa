"""Repositories at GitHub: who reads them, from what is asked for, and what they have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from slidebox.access import ACTIONS, ANYONE, UNKNOWN, Reader, account
from slidebox.facts import CAPABILITIES, NONE
from slidebox.model import StoreKind
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen

KIND = StoreKind.GITHUB

_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "pull": ("read",),
    "triage": ("read",),
    "push": ("read", "write"),
    # It can change settings, but neither visibility nor who is let in.
    "maintain": ACTIONS,
    "admin": ACTIONS,
}
"""What a role of a repository may do with what lies there (docs.github.com, "Repository roles for an organization")."""

_CLOSED = "none"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def about(resource: Seen, declared: Declared, now: dt.date) -> dict[str, Any]:  # noqa: ARG001 - as every reading
    """What a repository is, from its own inputs."""
    properties = resource.properties
    public = properties.get("public", UNKNOWN)
    return {
        "readers": list(_readers(properties, declared)),
        # People come with their own accounts; GitHub gives no key for a repository that slidebox asks for.
        "keys": [],
        "wildcards": [],
        "tags": properties.get("tags", UNKNOWN),
        "has": _has(properties, public),
        "lifecycle": {
            "offered": False,
            "abort_days": NONE,
            "noncurrent_days": NONE,
            "expire_days": NONE,
            "transitions": [],
        },
    }


def _readers(properties: Mapping[str, Any], declared: Declared) -> Iterator[Reader]:
    where = f"repository {properties.get('account')}/{properties.get('repository')}"
    public = properties.get("public", UNKNOWN)
    if public is not False:
        who = ANYONE if public is True else UNKNOWN
        yield Reader(who, ("read",), (f"visibility of {where}",))
    members = properties.get("members", UNKNOWN)
    if members != _CLOSED:
        path = (f"every member of {properties.get('account')}, whose base permission is {members}", where)
        yield Reader(UNKNOWN, _ACTIONS.get({"read": "pull", "write": "push"}.get(str(members), ""), ACTIONS), path)
    permissions = properties.get("permissions")
    if not isinstance(permissions, list):
        yield Reader(UNKNOWN, ACTIONS, (f"permissions of {where} are not known",))
        return
    names = declared.identities()
    for entry in permissions:
        who, _, permission = str(entry).rpartition("=")
        kind, _, name = who.partition(":")
        principal = names.get(name) or account(f"{kind} {name} at GitHub")
        found = principal if kind in ("team", "user") and name not in ("", UNKNOWN) else UNKNOWN
        yield Reader(found, _ACTIONS.get(permission, ACTIONS), (f"{permission} of {kind} {name}", where))


def _has(properties: Mapping[str, Any], public: Any) -> dict[str, Any]:
    parts = urlsplit(str(properties.get("endpoint") or "https://"))
    return dict.fromkeys(CAPABILITIES, UNKNOWN) | {
        "versioning": True,
        # The branch is protected, but whoever administers the organisation can end that.
        "object_lock": False,
        "encryption": True,
        "own_key": False,
        "encrypted_transport": parts.scheme == "https" or parts.hostname in _LOOPBACK,
        "public_access_block": not public if isinstance(public, bool) else UNKNOWN,
        "account_public_access_block": UNKNOWN,
        "access_log": False,
        "lifecycle": False,
    }
