"""One bucket: everything that may let somebody in, and what takes it away again.

What lets in: the bucket's policy, access control lists, access points, the policies of the account's identities, a copy
in a bucket of somebody else. What takes away: a Deny of the bucket's policy (and of policies that hold for resources of
the whole account), public access blocks, the key. What of this could not be read lets in somebody unknown.

Sources: Amazon S3 User Guide, "How Amazon S3 authorizes a request"; AWS IAM User Guide, "Policy evaluation logic",
as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slidebox.access.aws import copies, lists
from slidebox.access.aws import points as access_points
from slidebox.access.aws.actions import BUCKET, OBJECT
from slidebox.access.aws.blocks import restricted, united
from slidebox.access.aws.estate import Estate
from slidebox.access.aws.grants import Denials, Grant, denials, resource_grants
from slidebox.access.aws.keys import Key, unlocked
from slidebox.access.aws.parts import Part, part, text
from slidebox.access.aws.requests import DIRECT, as_seen, without_own
from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.reader import ANYONE, UNKNOWN
from slidebox.access.snapshot import why_unread

_EVERYTHING: Final = frozenset(OBJECT) | frozenset(BUCKET)
_POLICY: Final = ("bucket policy",)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """A bucket's parts."""

    name: str
    said: Mapping[str, Any]
    account: str
    arn: str

    def part(self, name: str) -> Part:
        return part(self.said, name)


def location(estate: Estate, name: str, said: object) -> Location:
    """A bucket, with everybody who can do anything with it.

    Parameters
    ----------
    estate
        The accounts of the section.
    name
        The bucket's name.
    said
        Its part of the section.
    """
    if (why := why_unread(said)) is not None or not isinstance(said, Mapping):
        return Location(name, kind="aws", readers=(nobody_knows(why or "it cannot be understood"),))
    account = text(said, "account") or ""
    bucket = _Bucket(name, said, account, f"arn:aws:s3:::{name}")
    return Location(
        name,
        store=text(said, "store") or "",
        kind="aws",
        dataset=text(said, "dataset") or "",
        readers=merged(_readers(estate, bucket)),
        within=account,
    )


def _readers(estate: Estate, bucket: _Bucket) -> Iterator[Access]:
    yield from _not_read(estate, bucket)
    if bucket.account:
        root = f"account:{bucket.account}"
        yield Access(estate.called(root), ACTIONS, (f"root user of account {bucket.account}",))
    hosts = _hosts(estate, bucket)
    lock = estate.key(bucket.part("encryption"), bucket.account, text(bucket.said, "region") or "")
    every_object = bucket.part("all_encrypted").value is True
    is_website = copies.is_website(bucket.part("website"))
    for grant in _open(_granted(estate, bucket), lock, every_object, estate):
        for reader in estate.readers(grant, bucket.name, bucket.account, hosts):
            yield reader
            if is_website and reader.principal == ANYONE and "read" in reader.actions:
                yield replace(reader, actions=("read",), path=(*reader.path, "shown as a website"))
    for grant in copies.copied(bucket.part("replication"), bucket.account, estate.buckets):
        yield from estate.readers(grant, bucket.name, bucket.account, hosts)


def _open(grants: Iterable[Grant], lock: Key | None, every_object: bool, estate: Estate) -> Iterator[Grant]:
    for grant in grants:
        yield from unlocked(grant, lock, every_object, estate.decrypts)


def _hosts(estate: Estate, bucket: _Bucket) -> tuple[str, ...]:
    """What the domain of an origin begins with, where it is the bucket."""
    aliases = [point.alias for point in estate.points.get(bucket.name, ()) if point.alias]
    return tuple(f"{name}.s3{sign}" for name in (bucket.name, *aliases) for sign in ".-")


def _not_read(estate: Estate, bucket: _Bucket) -> Iterator[Access]:
    """Somebody unknown, for what decides who has access and was not read."""
    for name in ("policy", "public_access_block", "acl", "ownership"):
        if not (found := bucket.part(name)).known:
            yield nobody_knows(f"it was not read: {found.why}", _CALLED[name])
    if bucket.part("replication").why not in ("", "nobody asked for it"):
        yield nobody_knows("it was not read", "replication", actions=("read",))
    if why := estate.people_of(bucket.account).why:
        whose = f"account {bucket.account}" if bucket.account else "its account"
        yield nobody_knows(f"identities of {whose} were not read: {why}")


_CALLED: Final = {
    "policy": "bucket policy",
    "public_access_block": "public access block",
    "acl": "access control list",
    "ownership": "object ownership",
}


def _granted(estate: Estate, bucket: _Bucket) -> Iterator[Grant]:
    policy = bucket.part("policy").value
    direct = without_own(as_seen(policy, DIRECT), bucket.account)
    account = estate.accounts.get(bucket.account)
    blocks = {
        "the block of the account": part(account, "public_access_block"),
        "the block of the bucket": bucket.part("public_access_block"),
    }
    block = united(blocks)
    denied = denials(direct, bucket.arn, now=estate.now)
    by_policy = resource_grants(direct, bucket.arn, _POLICY, now=estate.now) if policy is not None else ()
    yield from _allowed(estate, bucket, restricted(by_policy, policy, block, bucket.account))
    by_lists = lists.grants(bucket.part("acl"), bucket.part("objects"), bucket.part("ownership"), block)
    yield from _allowed(estate, bucket, _left(by_lists, denied))
    by_identity = [one for _, one in estate.people_of(bucket.account).on(bucket.arn)]
    direct_left = list(_left(by_identity, denied))
    yield from direct_left
    yield from _of_others(estate, bucket, by_policy, denied)
    yield from _allowed(estate, bucket, _by_points(estate, bucket, policy, blocks, direct_left))


def _left(grants: Iterable[Grant], denied: Denials) -> Iterator[Grant]:
    for grant in grants:
        yield from denied.left(grant)


def _allowed(estate: Estate, bucket: _Bucket, grants: Iterable[Grant]) -> Iterator[Grant]:
    """What policies leave that hold for all resources of an account; those of identities have been asked of them."""
    documents = part(estate.accounts.get(bucket.account), "resource_control_policies").value
    listed = list(grants)
    for document in documents if isinstance(documents, list) else ():
        listed = list(_left(listed, denials(document, bucket.arn, now=estate.now)))
    yield from listed


def _of_others(estate: Estate, bucket: _Bucket, by_policy: Iterable[Grant], denied: Denials) -> Iterator[Grant]:
    """Identities of another account to which the bucket leaves who of its people comes."""
    for grant in by_policy:
        other = grant.who.removeprefix("account:")
        if not grant.who.startswith("account:") or other == bucket.account or other not in estate.accounts:
            continue
        for _, one in estate.people[other].on(bucket.arn):
            if done := one.actions & grant.actions:
                yield from denied.left(replace(one, actions=done, path=(*one.path, *grant.path)))


def _by_points(
    estate: Estate, bucket: _Bucket, policy: object, blocks: Mapping[str, Part], direct: Iterable[Grant]
) -> Iterator[Grant]:
    if policy is not None:
        yield from access_points.left_to_others(policy, bucket.arn, estate.accounts, bucket.account, estate.now)
    has: dict[str, frozenset[str]] = {}
    for grant in direct:
        has[grant.who] = has.get(grant.who, frozenset()) | grant.actions
    for point in estate.points.get(bucket.name, ()):
        yield from access_points.given(point, bucket.arn, policy, bucket.account, blocks, estate.now)
        if point.account != bucket.account:
            yield from _by_others(estate, bucket, policy, blocks, point)
            continue
        keys = access_points.seen_through(point)
        refused = [
            denials(as_seen(policy, keys), bucket.arn, now=estate.now),
            denials(as_seen(point.policy.value, keys), point.arn, now=estate.now),
        ]
        for _, one in estate.people_of(bucket.account).on(point.arn):
            for grant in _left(_left([one], refused[0]), refused[1]):
                if more := grant.actions - has.get(grant.who, frozenset()):
                    yield replace(grant, actions=more, path=(*grant.path, point.called))
    if unplaced := estate.points.get("", ()):
        names = ", ".join(sorted({point.called for point in unplaced}))
        yield Grant(UNKNOWN, _EVERYTHING, (f"{names} may be of this bucket",), doubtful=True)


def _by_others(
    estate: Estate, bucket: _Bucket, policy: object, blocks: Mapping[str, Part], point: access_points.Point
) -> Iterator[Grant]:
    """Identities of another account that has an access point of the bucket."""
    people = estate.people_of(point.account)
    listed = [one for _, one in people.on(point.arn)]
    if people.why:
        path = (f"identities of account {point.account} were not read: {people.why}",)
        listed.append(Grant(UNKNOWN, _EVERYTHING, path, doubtful=True))
    yield from access_points.by_identities(point, bucket.arn, policy, bucket.account, blocks, listed, estate.now)
