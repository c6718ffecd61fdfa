"""Folders, buckets and users that slidebox itself makes: what they are, from their own configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access import ACTIONS, UNKNOWN, Reader, merged
from slidebox.access.posix import mode_readers
from slidebox.access.s3 import bucket_readers, user_readers
from slidebox.access.s3_acl import grant_readers
from slidebox.access.s3_statements import buckets_named, wildcards
from slidebox.facts import CAPABILITIES, NONE
from slidebox.preview.declared import Declared
from slidebox.preview.seen import BUCKET, FOLDER, USER, Seen, at

_ASKED_FOR = {
    "versioning": "versioning",
    "object_lock": "objectLock",
    "encryption": "encryption",
    "public_access_block": "publicAccessBlock",
    "lifecycle": "lifecycle",
}
"""The input of a bucket that asks for a capability."""


def store_of(resource: Seen) -> str:
    """The store that a resource is really in."""
    store = resource.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else store
    return name if isinstance(name, str) and resource.type in (FOLDER, BUCKET, USER) else UNKNOWN


def may_be_amazon(bucket: Seen) -> bool:
    """Whether a bucket of slidebox may lie in Amazon S3, whose identities reach it then."""
    store = bucket.properties.get("store")
    if not isinstance(store, Mapping):
        return True
    address = store.get("endpoint")
    return not store.get("over") and (not isinstance(address, str) or address == UNKNOWN or "amazonaws" in address)


# Who has access


def own_readers(resource: Seen, declared: Declared, names: Mapping[str, str]) -> tuple[Reader, ...]:
    """Who has access by the place's own mode or policy."""
    properties = resource.properties
    if resource.type == FOLDER:
        group = properties.get("group")
        # A POSIX group is known by its members only where the lab has a team of its name.
        team = (f"team:{group}",) if declared.has_team(group) else ()
        return mode_readers(properties.get("mode"), str(group or ""), team)
    found = grant_readers(
        at(properties.get("accessControlPolicy"), "grants"),
        at(properties.get("accessControlPolicy"), "owner", "id"),
        (f"access control list of bucket {properties.get('bucket')}",),
    )
    if "policy" in properties:
        name = properties.get("bucket")
        # Where the name is not known, nothing says whether a Deny is about this bucket: none is counted on.
        about = name if isinstance(name, str) and name != UNKNOWN else "\0"
        found += bucket_readers(properties["policy"], about, names, (_where(resource),))
    return found


def own_wildcards(resource: Seen) -> list[dict[str, str]]:
    """The wildcards of the place's own policy."""
    return [] if resource.type == FOLDER else wildcards(resource.properties.get("policy"), _where(resource))


def _where(resource: Seen) -> str:
    return f"policy of bucket {resource.properties.get('bucket')}"


class Users:
    """The users of S3 stores: whom they stand for, and what each bucket gets from their own policies.

    Parameters
    ----------
    users, buckets
        Of one stack.
    """

    def __init__(self, users: Iterable[Seen], buckets: Iterable[Seen]) -> None:
        self.names: dict[str, str] = {}
        self._readers: dict[str, list[Reader]] = {}
        self._keys: dict[str, set[str]] = {}
        self._wildcards: dict[str, list[dict[str, str]]] = {}
        near: dict[str, list[Seen]] = {}
        by_name: dict[str, list[Seen]] = {}
        for bucket in buckets:
            near.setdefault(store_of(bucket), []).append(bucket)
            by_name.setdefault(str(bucket.properties.get("bucket")), []).append(bucket)
        for user in users:
            self._take(user, near, by_name)

    def _take(self, user: Seen, near: Mapping[str, list[Seen]], by_name: Mapping[str, list[Seen]]) -> None:
        said = user.properties.get("principal")
        principal = said if isinstance(said, str) and said else UNKNOWN
        for key in ("user", "arn", "accessKeyId"):
            called = user.properties.get(key)
            if isinstance(called, str) and principal != UNKNOWN and called not in ("", UNKNOWN, "[secret]"):
                self.names[called] = principal
        policy = user.properties.get("policy", UNKNOWN)
        where = f"user {user.properties.get('user')}"
        for bucket in self._reached(policy, store_of(user), near, by_name):
            name = str(bucket.properties.get("bucket"))
            if name == UNKNOWN and policy:
                readers: tuple[Reader, ...] = (Reader(principal, ACTIONS, (where, "a bucket whose name is not known")),)
            else:
                readers = user_readers(policy, principal, [name], (where,))[name]
            if readers:
                self._readers.setdefault(bucket.urn, []).extend(readers)
                if user.properties.get("accessKeyId") != "":
                    # slidebox gives each of its users one access key, and nothing ends it.
                    self._keys.setdefault(bucket.urn, set()).add(principal)
                self._wildcards.setdefault(bucket.urn, []).extend(wildcards(policy, where, name))

    def _reached(
        self, policy: Any, store: str, near: Mapping[str, list[Seen]], by_name: Mapping[str, list[Seen]]
    ) -> list[Seen]:
        """The buckets that a user's policy may be about: of its store, and named by it."""
        named = buckets_named(policy)
        if named is not None:
            found = [bucket for name in sorted(named | {UNKNOWN}) for bucket in by_name.get(name, ())]
            return [b for b in found if UNKNOWN in (store, store_of(b)) or store_of(b) == store]
        if store == UNKNOWN:
            return [bucket for buckets in near.values() for bucket in buckets]
        return [*near.get(store, ()), *near.get(UNKNOWN, ())]

    def readers(self, urn: str) -> tuple[Reader, ...]:
        """What users' own policies give on a bucket."""
        return merged(self._readers.get(urn, ()))

    def keys(self, urn: str) -> list[str]:
        """The principals that hold a key to a bucket."""
        return sorted(self._keys.get(urn, ()))

    def wildcards(self, urn: str) -> list[dict[str, str]]:
        """The wildcards of users' policies about a bucket."""
        return self._wildcards.get(urn, [])


# What a place has


def has(resource: Seen, store: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """What a folder or a bucket has of `CAPABILITIES`.

    A folder has what its drive is declared to have. A bucket has what its endpoint has and it asks for.
    Before the endpoint has been asked, what is declared of the store counts; for one resource by itself
    what is asked for counts where even that is not known, and the whole stack is judged later.
    """
    said = store.get("has")
    known = {name: said.get(name, UNKNOWN) if isinstance(said, Mapping) else UNKNOWN for name in CAPABILITIES}
    if resource.type == FOLDER:
        return known
    properties = resource.properties
    found = dict(known)
    for name, wish in _ASKED_FOR.items():
        offered = _offered(resource, name, known)
        if offered == UNKNOWN and not whole and "capabilities" not in properties:
            offered = True
        found[name] = _both(offered, properties.get(wish))
    return found | _of_endpoint(properties, known)


def _offered(resource: Seen, name: str, known: Mapping[str, Any]) -> Any:
    """Whether an endpoint has something: as it has answered, else as it is declared."""
    answers = resource.properties.get("capabilities")
    if not isinstance(answers, Mapping):
        return known.get(name, UNKNOWN)
    return answers[name] if answers.get(name) in (True, False) else UNKNOWN


def _both(offered: Any, wish: Any) -> Any:
    """Whether a bucket has what is offered and asked for."""
    if offered is False or (wish != UNKNOWN and not wish):
        return False
    return UNKNOWN if UNKNOWN in (offered, wish) else True


def _of_endpoint(properties: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What a bucket has from where it lies: the disk below an embedded gateway, or the service's address."""
    store = properties.get("store")
    ref = store if isinstance(store, Mapping) else {}
    if ref.get("over"):
        below = {} if known.get("encryption") is not True else {"encryption": True}
        # The gateway listens on the machine's own loopback, and nowhere else.
        return {"encrypted_transport": True, "own_key": known.get("own_key", UNKNOWN), **below}
    address = ref.get("endpoint")
    wish = properties.get("encryption")
    return {
        "encrypted_transport": address.startswith("https://") if isinstance(address, str) else UNKNOWN,
        # AES256 is the service's key; with aws:kms and no more it is a key of the service's too.
        "own_key": UNKNOWN if wish == UNKNOWN else False,
    }


def lifecycle(resource: Seen, store: Mapping[str, Any]) -> Any:
    """What happens to a place's data by themselves; unknown where that is not known yet."""
    rules = {"abort_days": NONE, "noncurrent_days": NONE, "expire_days": NONE, "transitions": []}
    if resource.type == FOLDER:
        return {"offered": False, **rules}
    said = resource.properties.get("lifecycle")
    if said == UNKNOWN:
        return UNKNOWN
    declared = store.get("has")
    offered = _offered(resource, "lifecycle", declared if isinstance(declared, Mapping) else {})
    if not isinstance(said, Mapping):
        return {"offered": offered, **rules}
    return {
        "offered": offered,
        "abort_days": said.get("abortMultipartDays") or NONE,
        "noncurrent_days": said.get("oldVersionsDays") or NONE,
        # Rules that slidebox has not written: somebody else has changed the bucket.
        "expire_days": UNKNOWN if said.get("others") else said.get("expireDays") or NONE,
        "transitions": [],
    }
