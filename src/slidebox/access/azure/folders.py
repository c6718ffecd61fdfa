"""Lists of access of folders and files, in accounts that have them (a hierarchical namespace).

Only the root folder's list is read: whoever cannot pass through it reaches nothing below by a list.

Source: Microsoft, "Access control lists (ACLs) in Azure Data Lake Storage", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.azure.accounts import Account
from slidebox.access.azure.parts import NOT_READ, STRANGE, value_of, word
from slidebox.access.effective import ACTIONS, Access, nobody_knows
from slidebox.access.reader import account as account_called
from slidebox.access.snapshot import why_unread

_ENTRY = re.compile(r"(?P<kind>user|group|mask|other):(?P<who>[^:]*):(?P<bits>[r-][w-][xtT-])")
_SUPERUSER = "$superuser"
_EVERYBODY = "tenant"


def by_lists(account: Account, entry: Mapping[str, Any]) -> Iterator[Access]:
    """Whom lists of access let in, beside their roles."""
    if account.has_folders is False:
        return
    said = entry.get("acl", {"$unread": NOT_READ})
    why = why_unread(said) or (None if isinstance(said, Mapping) and isinstance(said.get("acl"), str) else STRANGE)
    if why is not None:
        certain = "access lists of folders" if account.has_folders else "access lists of folders, which it may have"
        yield nobody_knows(why, account.title, certain)
        return
    yield from _read(account, said)


def _read(account: Account, said: Mapping[str, Any]) -> Iterator[Access]:
    listed = [part.strip() for part in str(said["acl"]).split(",") if not part.strip().startswith("default:")]
    entries = [_ENTRY.fullmatch(part) for part in listed]
    where = (account.title, "access list of the root folder")
    if not entries or any(match is None for match in entries):
        yield nobody_knows(STRANGE, *where)
        return
    found = [(match["kind"], match["who"], match["bits"]) for match in entries if match]
    mask = next((bits for kind, _, bits in found if kind == "mask"), "rwx")
    for kind, who, bits in found:
        masked = bits if kind == "other" or (kind == "user" and not who) else _masked(bits, mask)
        actions = _allowed(masked)
        if kind == "mask" or not actions:
            continue
        if kind == "other":
            yield Access(_tenant(account), actions, (*where, f"everybody of the account's tenant: {masked}"))
            continue
        named = who or str(word(said, "owner" if kind == "user" else "group") or "")
        if named.casefold() != _SUPERUSER:
            yield Access(account.names.called(named), actions, (*where, f"{kind}: {masked}"))
    owner = word(said, "owner")
    if owner is None:
        yield nobody_knows("its owner is not known", *where)
    elif owner and owner.casefold() != _SUPERUSER:
        yield Access(account.names.called(owner), ACTIONS, (*where, "its owner, who may change the list"))


def _masked(bits: str, mask: str) -> str:
    return "".join(bit if bit != "-" and allowed != "-" else "-" for bit, allowed in zip(bits, mask, strict=True))


def _allowed(bits: str) -> tuple[str, ...]:
    """What somebody can do who passes through the root folder; what is below it is not read, and may be open."""
    reads, writes, passes = (bit not in "-T" for bit in bits)
    if not passes:
        return ()
    return ("read", *(("list",) if reads else ()), *(("write", "delete") if writes else ()))


def _tenant(account: Account) -> str:
    tenant = word(value_of(account.entry.get("account"), "identity"), "tenantId")
    return account_called(f"{_EVERYBODY}:{tenant}" if tenant else _EVERYBODY)
