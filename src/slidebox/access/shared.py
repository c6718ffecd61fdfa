"""Who a folder of a file service is shared with: from what the service says, through rclone, to readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slidebox.access.reader import ACTIONS, ANY_ACCOUNT, ANYONE, UNKNOWN, Reader, account, merged

EDIT, VIEW = "edit", "view"
"""What somebody may do with a folder that is shared: whoever edits can also delete."""

_ANYONE = "*"
_ANY_ACCOUNT = "@"
_VIEWING = frozenset({"reader", "commenter", "read", "view"})


def told(kind: str, metadata: Mapping[str, str]) -> list[dict[str, str]] | str:
    """Who has a folder: its ``address``, what it ``may``, ``until`` when; ``unknown`` where that is not told.

    Parameters
    ----------
    kind
        The type of rclone's remote.
    metadata
        What rclone says of the folder.
    """
    try:
        found = {"drive": _of_drive, "onedrive": _of_onedrive}[kind](metadata)
    except (KeyError, ValueError, TypeError, AttributeError):
        return UNKNOWN
    return [dict(one) for one in sorted({tuple(sorted(each.items())) for each in found})]


def _of_drive(metadata: Mapping[str, str]) -> list[dict[str, str]]:
    """Permissions of Google Drive's API (v3, resource ``permissions``), as rclone hands them on.

    In a shared drive rclone leaves out who is let in by the drive itself, and so names no owner: not known.
    """
    found = [{"address": metadata["owner"].casefold(), "may": EDIT}]
    for permission in json.loads(metadata.get("permissions") or "[]"):
        kind = permission["type"]
        may = VIEW if permission["role"] in _VIEWING else EDIT
        until = _until(permission.get("expirationTime"))
        if kind == "anyone":
            found.append({"address": _ANYONE, "may": may, **until})
        elif kind == "domain":
            found.append({"address": f"{_ANY_ACCOUNT}{permission['domain']}".casefold(), "may": may, **until})
        else:
            found.append({"address": permission["emailAddress"].casefold(), "may": may, **until})
    return found


def _of_onedrive(metadata: Mapping[str, str]) -> list[dict[str, str]]:
    """Permissions of Microsoft Graph (resource ``permission``), as rclone hands them on; there is always an owner's."""
    found = []
    for permission in json.loads(metadata["permissions"]):
        may = VIEW if permission["roles"] and {*permission["roles"]} <= _VIEWING else EDIT
        link = permission.get("link") or {}
        until = _until(permission.get("expirationDateTime"))
        if link.get("scope") in ("anonymous", "organization"):
            address = _ANYONE if link["scope"] == "anonymous" else _ANY_ACCOUNT
            found.append({"address": address, "may": may, **until})
            continue
        holders = list(_holders(permission))
        found += [{"address": _address(holder), "may": may, **until} for holder in holders]
        if not holders and not link:
            raise ValueError("a permission of nobody")
    return found


def _until(said: Any) -> dict[str, str]:
    """The last day of a permission; nothing where it has no end."""
    return {"until": str(said)[:10]} if said else {}


def _holders(permission: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one, many in (("grantedToV2", "grantedToIdentitiesV2"), ("grantedTo", "grantedToIdentities")):
        sets = [permission[one]] if permission.get(one) else []
        sets += permission.get(many) or []
        holders = [holder for each in sets for holder in each.values() if holder]
        # One person is often named as a user and as a user of the site: whoever has an address says more.
        named = [holder for holder in holders if holder.get("email") or holder.get("loginName")]
        if holders:
            yield from named or holders
            return


def _address(holder: Mapping[str, Any]) -> str:
    """What a holder signs in with; its id where nothing else is said."""
    said = holder.get("email") or str(holder.get("loginName") or "").rpartition("|")[2] or holder["id"]
    return str(said).casefold()


def still_to_share(shares: Any, sharing: Any) -> list[Mapping[str, str]]:
    """Who is to be let in and is not, as far as is told; everybody where nothing is told.

    Parameters
    ----------
    shares
        Who is to be let in: ``principal``, ``address``, and what it ``may``.
    sharing
        What `told` has found.
    """
    wanted = [share for share in shares if isinstance(share, Mapping)] if isinstance(shares, list) else []
    if not isinstance(sharing, list):
        return wanted
    held = {(str(one.get("address")), one.get("may")) for one in sharing}
    return [
        share
        for share in wanted
        if not {(str(share.get("address")).casefold(), may) for may in (share.get("may"), EDIT)} & held
    ]


def invitations(kind: str, shares: Sequence[Mapping[str, str]]) -> str:
    """People to let in, as permissions of Google Drive (API v3) or of OneDrive (Microsoft Graph).

    Parameters
    ----------
    kind
        The type of rclone's remote.
    shares
        Whom to let in, each with an address.
    """
    return json.dumps([(_for_drive if kind == "drive" else _for_onedrive)(share) for share in shares])


def _for_drive(share: Mapping[str, str]) -> dict[str, Any]:
    kind = "group" if share["principal"].startswith("team:") else "user"
    role = "writer" if share["may"] == EDIT else "reader"
    return {"type": kind, "role": role, "emailAddress": share["address"]}


def _for_onedrive(share: Mapping[str, str]) -> dict[str, Any]:
    who = {"user": {"email": share["address"]}}
    # An account of a person has the one, of an organisation the other.
    return {"roles": ["write" if share["may"] == EDIT else "read"], "grantedTo": who, "grantedToV2": who}


def sharing_readers(sharing: Any, names: Mapping[str, str], folder: str) -> tuple[Reader, ...]:
    """Who reads a folder, by what was told of it.

    Parameters
    ----------
    sharing
        What `told` has found.
    names
        Whom of the lab each address stands for.
    folder
        The folder, for a sentence.
    """
    return merged(_each(sharing, {name.casefold(): who for name, who in names.items()}, folder))


def _each(sharing: Any, names: Mapping[str, str], folder: str) -> Iterable[Reader]:
    if not isinstance(sharing, list) or not all(isinstance(one, Mapping) for one in sharing):
        yield Reader(UNKNOWN, ("read",), (f"nothing tells who {folder} is shared with",))
        return
    for one in sharing:
        address = str(one.get("address") or "").casefold()
        actions = ("read",) if one.get("may") == VIEW else ACTIONS
        if address == _ANYONE:
            who = ANYONE
        elif address.startswith(_ANY_ACCOUNT):
            who = ANY_ACCOUNT
        else:
            who = names.get(address) or (account(address) if address else UNKNOWN)
        yield Reader(who, actions, (f"{folder} is shared with {address or 'somebody'}",))
