"""Keys of KMS that a plan or a stack declares, with their policies, grants and aliases. Pure."""

from __future__ import annotations

from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.item import LATER, Item, Stack, key_arn, said, settled, texts

KEYS: Final = ("kms_key", "kms_replica_key", "kms_external_key")


def keys(stack: Stack, documents: Documents, account: str) -> dict[str, Any]:
    """The keys of a stack by their ARNs, or by the addresses of their resources where these are not known."""
    found: dict[str, dict[str, Any]] = {}
    by_key: dict[str, str] = {}
    for item in stack.of(*KEYS):
        arn = by_key[item.key] = key_arn(item, account)
        policy = documents.of(item)
        found[arn] = {"Policy": _default(account) if policy is None else policy, "Grants": [], "Aliases": []}
    for item in stack.of("kms_key_policy"):
        for arn in _about(stack, item, "key_id", by_key):
            found[arn]["Policy"] = documents.of(item)
    for item in stack.of("kms_grant"):
        for arn in _about(stack, item, "key_id", by_key):
            found[arn]["Grants"].append(_grant(item))
    for item in stack.of("kms_alias"):
        for arn in _about(stack, item, "target_key_id", by_key):
            name = item.text("name")
            found[arn]["Aliases"].append(unread(LATER) if name == UNKNOWN else name)
    return dict(found)


def _default(account: str) -> dict[str, Any]:
    """The policy of a key that is made without one (AWS KMS Developer Guide, "Default key policy", as of 2026-11)."""
    whole = {"AWS": f"arn:aws:iam::{account}:root"} if account else {"AWS": unread("the account is not known")}
    return {"Statement": [{"Effect": "Allow", "Principal": whole, "Action": "kms:*", "Resource": "*"}]}


def _about(stack: Stack, item: Item, attribute: str, by_key: dict[str, str]) -> list[str]:
    """The keys that something is about."""
    value = item.text(attribute)
    if value not in ("", UNKNOWN):
        named = [one for kind in KEYS for one in stack.of(kind) if value in (one.text("arn"), one.text("key_id"))]
        return [by_key[one.key] for one in named]
    return [by_key[one.key] for one in stack.sources(item, attribute, *KEYS)]


def _grant(item: Item) -> dict[str, Any]:
    return {
        "Name": settled(item.get("name")) or item.address,
        "GranteePrincipal": settled(item.get("grantee_principal")),
        "Operations": [settled(one) for one in texts(item.values, "operations")],
        "Constraints": settled(said(item.values, "constraint")),
    }
