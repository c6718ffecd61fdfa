"""Buckets of versitygw, the embedded gateway: whoever brings no key, its users, and whoever reads the files below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.places import folders
from slidebox.access.places.gateway_rules import Asker, Rule, bucket_rules, granted
from slidebox.access.places.gateway_users import Gateway, User
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, account
from slidebox.access.snapshot import Known, why_unread

_OBJECTS: Final[Mapping[str, str]] = {
    "s3:GetObject": "read",
    "s3:GetObjectVersion": "read",
    "s3:PutObject": "write",
    "s3:DeleteObject": "delete",
    "s3:DeleteObjectVersion": "delete",
}
_BUCKET: Final[Mapping[str, str]] = {
    "s3:ListBucket": "list",
    "s3:ListBucketVersions": "list",
    "s3:PutBucketPolicy": "admin",
    "s3:DeleteBucketPolicy": "admin",
    "s3:PutBucketAcl": "admin",
}
_MEANING: Final[Mapping[str, str]] = {**_OBJECTS, **_BUCKET}

_EVERYBODY = frozenset({"all-users", "http://acs.amazonaws.com/groups/global/AllUsers"})
_PERMISSION: Final[Mapping[str, str]] = {
    "read": "READ",
    "list": "READ",
    "write": "WRITE",
    "delete": "WRITE",
    "admin": "WRITE",  # the gateway asks for no more of whoever changes the bucket policy
}
_ANONYMOUS = frozenset({"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:ListBucketVersions"})
"""What decides for whoever brings no key: old versions are asked for as objects are, and the rest is refused."""
_ENFORCED = "BucketOwnerEnforced"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, as far as it is known.

    Attributes
    ----------
    name
        Its own name.
    rules
        The statements of its policy.
    grants
        Its access control list: grantee and permission.
    listed
        Whether that list counts for whoever brings a key, too.
    fixed
        Whether nobody can change the list.
    """

    name: str
    rules: tuple[Rule, ...]
    grants: tuple[tuple[str, str], ...]
    listed: bool
    fixed: bool

    def by_list(self, action: str, keys: Iterable[str]) -> str:
        """What in the list is enough for an action of whoever has one of some keys, or none; empty if nothing is."""
        wanted = "WRITE_ACP" if action == "s3:PutBucketAcl" else _PERMISSION[_MEANING[action]]
        keys = {*keys, *_EVERYBODY}
        found = sorted(p for who, p in self.grants if who in keys and p in (wanted, "FULL_CONTROL"))
        return f"access control list: {found[0]}" if found else ""


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every bucket of the embedded gateways, with everybody who can do anything with it."""
    said_of = section.get("gateways") or {}
    gateways: dict[str, Gateway] = {}
    for address, said in (section.get("buckets") or {}).items():
        if isinstance(said, Mapping) and why_unread(said) is None and said.get("gateway") is not None:
            store, name = str(said["gateway"]), str(said.get("name") or address)
            if store not in gateways:
                gateways[store] = Gateway(said_of.get(store), known, store)
            found = [
                *_readers(name, said, gateways[store], store),
                *_below(said, section.get("machines") or {}, known),
            ]
            about = [str(said.get(word) or "") for word in ("store", "kind", "dataset")]
            yield Location(name, about[0], about[1] or "s3", about[2], merged(found), store)


def _below(said: Mapping[str, Any], machines: Mapping[str, Any], known: Known) -> Iterator[Access]:
    """Whoever gets at the files reads the objects, whatever the gateway says."""
    listed = said.get("files")
    for files in listed if isinstance(listed, list) else [] if listed is None else [listed]:
        if (why := why_unread(files)) is not None or not isinstance(files, Mapping):
            yield nobody_knows(why or "they are not understood", "files below the gateway")
            continue
        machine = folders.Machine.of(machines.get(str(files.get("machine") or "")))
        for one in folders.readers(files, machine, known):
            yield Access(one.principal, one.actions, ("files below the gateway", *one.path), one.until)


def _readers(name: str, said: Mapping[str, Any], gateway: Gateway, store: str) -> Iterator[Access]:
    if gateway.has_root:
        path = (f"gateway {store}", "root key, made from the lab's passphrase")
        yield Access(account("root of the gateway"), ACTIONS, path)
    yield from _doubts(name, said)
    bucket = _bucket(name, said)
    anonymous = list(_of_anybody(bucket))
    yield from anonymous
    may = {action for one in anonymous if one.principal == ANYONE for action in one.actions}
    anybody = list(_of_user(bucket, gateway.anybody))
    yield from (one for one in anybody if not set(one.actions) <= may)
    yield from gateway.doubts
    # What everybody has is said once.
    said_once = {(one.actions, one.path[1:]) for one in anybody}
    for user in gateway.users(name, bucket.rules, (who for who, _ in bucket.grants)):
        yield from (one for one in _of_user(bucket, user) if (one.actions, one.path[1:]) not in said_once)


def _bucket(name: str, said: Mapping[str, Any]) -> Bucket:
    rules = _rules(said)
    acl = said.get("acl")
    listed = acl.get("Grants") if isinstance(acl, Mapping) else None
    grants = tuple(map(_grant, listed)) if isinstance(listed, list) else ()
    # Where it is not known whether there is a policy, the list may count.
    counts = said.get("policy") is None or rules is None
    return Bucket(name, tuple(rules or ()), grants, counts, said.get("ownership") == _ENFORCED)


def _grant(said: Any) -> tuple[str, str]:
    grantee = said.get("Grantee") if isinstance(said, Mapping) else None
    if not isinstance(grantee, Mapping):
        return "", ""
    return str(grantee.get("ID") or grantee.get("URI") or ""), str(said.get("Permission"))


def _rules(said: Mapping[str, Any]) -> list[Rule] | None:
    """The statements of a bucket's policy; None where it is not known or not understood."""
    if "policy" not in said or why_unread(said["policy"]) is not None:
        return None
    return [] if said["policy"] is None else bucket_rules(said["policy"])


def _doubts(name: str, said: Mapping[str, Any]) -> Iterator[Access]:
    """Somebody unknown, for each part of a bucket that is not known."""
    rules = _rules(said)
    where = f"bucket {name}"
    if rules is None:
        yield nobody_knows(why_unread(said.get("policy")) or "it cannot be understood", where, "bucket policy")
    acl = said.get("acl", {})
    grants = acl.get("Grants") if isinstance(acl, Mapping) else None
    if acl is not None and (not isinstance(grants, list) or ("", "") in map(_grant, grants)):
        # Beside a policy it counts for whoever brings no key.
        whole = said.get("policy") is None or rules is None
        actions = ACTIONS if whole else ACTIONS[:-1]
        yield nobody_knows(why_unread(acl) or "it is not known", where, "access control list", actions=actions)


def _of_anybody(bucket: Bucket) -> Iterator[Access]:
    """What whoever brings no key may do: by the policy, and by the list where the policy does not deny it."""
    for action in sorted(_ANONYMOUS):
        grants = Bucket("", (), tuple(g for g in bucket.grants if g[0] in _EVERYBODY), listed=True, fixed=False)
        by_list, on_objects = grants.by_list(action, ()), action in _OBJECTS
        for way in granted(bucket.rules, Asker(), action, bucket.name, on_objects=on_objects, otherwise=by_list):
            for who in way.to or (ANYONE,):
                yield Access(_limited(who), (_MEANING[action],), (f"bucket {bucket.name}", *_words(way.rule)))


def _of_user(bucket: Bucket, user: User) -> Iterator[Access]:
    for action, meaning in _MEANING.items():
        if action == "s3:PutBucketAcl" and bucket.fixed:
            continue
        by_list = bucket.by_list(action, user.keys) if bucket.listed else ""
        rules = (*bucket.rules, *user.rules)
        on_objects = action in _OBJECTS
        for way in granted(rules, user.asker, action, bucket.name, on_objects=on_objects, otherwise=by_list):
            path = (user.called, f"bucket {bucket.name}", *_words(way.rule))
            for who in way.to or (user.principal,):
                # A condition leaves a named one as it is, and of all those within its limit.
                principal = _limited(who) if user.principal == ANY_ACCOUNT else user.principal
                yield Access(principal, ACTIONS if meaning == "admin" else (meaning,), path)


def _words(rule: str) -> tuple[str, ...]:
    return (rule,) if rule.startswith(("access control list", "policy ")) else ("bucket policy", rule)


def _limited(who: str) -> str:
    """A limit as audits of access write it: ``account:network:192.0.2.0/24``."""
    return who.replace(" ", ":", 1) if who.startswith("account:") else who
