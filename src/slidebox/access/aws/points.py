"""Access points: further doors to a bucket, each with a policy and a block of its own.

A request that comes through an access point has to be let in by the access point and by the bucket. A bucket may leave
it all to access points, of its own account or of another (``s3:DataAccessPointAccount``, ``s3:DataAccessPointArn``).
Object Lambda access points let in nobody whom the access point below them does not.

Sources: Amazon S3 User Guide, "Configuring IAM policies for using access points", "Creating access points restricted to
a virtual private cloud", "Multi-Region Access Point permissions" and "Configuring IAM policies for Object Lambda Access
Points", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slidebox.access.aws.blocks import OWN, restricted, united
from slidebox.access.aws.grants import Grant, denials, resource_grants
from slidebox.access.aws.parts import Part, objects, part, text
from slidebox.access.aws.requests import as_left_to, as_seen, delegated, through
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

_PUBLIC: Final = (ANYONE, ANY_ACCOUNT)
_LIMITS: Final = ("org:", "orgpath:", "vpce:", "vpc:", "network:")


@dataclass(frozen=True, slots=True)
class Point:
    """An access point of a bucket.

    Attributes
    ----------
    called
        What it is called in a path.
    arn
        Its ARN.
    account
        The account that it is of.
    alias
        The name by which it is reached as a bucket is; empty where it has none.
    vpc
        The only network that it is reached from; empty where that is any, None where it is not known.
    block
        Its own public access block.
    policy
        Its policy.
    """

    called: str
    arn: str
    account: str
    alias: str
    vpc: str | None
    block: Part
    policy: Part


def points(accounts: Mapping[str, Any]) -> dict[str, list[Point]]:
    """The access points of all accounts, by the names of their buckets; those of which that is not known, by none."""
    found: dict[str, list[Point]] = {}
    for account, said in accounts.items():
        for one in objects(said, "access_points")[0]:
            found.setdefault(text(one, "Bucket") or "", []).append(_point(account, one))
        for one in objects(said, "multi_region_access_points")[0]:
            point = _of_many_regions(account, one)
            regions, why = objects(one, "Regions")
            for name in {text(region, "Bucket") or "" for region in regions} | ({""} if why else set()):
                found.setdefault(name, []).append(point)
    return found


def _point(account: str, said: Mapping[str, Any]) -> Point:
    name = text(said, "Name") or "without a name"
    arn = text(said, "AccessPointArn") or f"arn:aws:s3:*:{account}:accesspoint/{name}"
    vpc: str | None = ""
    if text(said, "NetworkOrigin") == "VPC" or said.get("VpcConfiguration"):
        vpc = text(part(said, "VpcConfiguration").value, "VpcId") or None
    block = part(said, "PublicAccessBlockConfiguration")
    return Point(f"access point {name}", arn, account, text(said, "Alias") or "", vpc, block, part(said, "Policy"))


def _of_many_regions(account: str, said: Mapping[str, Any]) -> Point:
    name, alias = text(said, "Name") or "without a name", text(said, "Alias") or ""
    arn = f"arn:aws:s3::{account}:accesspoint/{alias or '*'}"
    called = f"multi-region access point {name}"
    host = f"{alias}.accesspoint" if alias else ""
    return Point(called, arn, account, host, "", part(said, "PublicAccessBlock"), part(said, "Policy"))


def given(
    point: Point, bucket: str, policy: object, account: str, blocks: Mapping[str, Part], now: dt.datetime | None
) -> Iterator[Grant]:
    """Who has access to a bucket by the policy of an access point.

    Parameters
    ----------
    point
        The access point.
    bucket
        The bucket's ARN.
    policy
        The bucket's policy.
    account
        The bucket's account.
    blocks
        The public access blocks of the bucket and of its account, by what they are called.
    now
        The moment asked about.
    """
    keys = seen_through(point)
    seen = as_seen(policy, keys)
    by_bucket = resource_grants(seen, bucket, ("bucket policy",), now=now)
    if not by_bucket:
        return
    if not point.policy.known:
        done = frozenset[str]().union(*(one.actions for one in by_bucket))
        yield Grant(UNKNOWN, done, (point.called, f"its policy was not read: {point.policy.why}"), doubtful=True)
        return
    block = united({**blocks, point.called: point.block})
    mine = as_seen(point.policy.value, keys)
    by_point = resource_grants(mine, point.arn, (point.called,), now=now)
    # Whether a policy is public S3 tells by all of it, as it is written.
    by_point = tuple(
        _of_owner(one, point, account) for one in restricted(by_point, point.policy.value, block, point.account)
    )
    by_bucket = tuple(restricted(by_bucket, policy, block, account))
    refused = denials(seen, bucket, now=now)
    for one in dict.fromkeys(_both(by_point, by_bucket)):
        yield from (_from_inside(point, left) for left in refused.left(one))


def _of_owner(grant: Grant, point: Point, account: str) -> Grant:
    """A grant to the own identities of an access point's account, where that is another than the bucket's."""
    return replace(grant, who=f"account:{point.account}") if grant.who == OWN and point.account != account else grant


def by_identities(
    point: Point,
    bucket: str,
    policy: object,
    account: str,
    blocks: Mapping[str, Part],
    identities: Iterable[Grant],
    now: dt.datetime | None,
) -> Iterator[Grant]:
    """What identities of an access point's own account have by policies of theirs, of a bucket of another account.

    Parameters
    ----------
    point, bucket, policy, account, blocks, now
        As in `given`.
    identities
        What they may do with the access point.
    """
    keys = seen_through(point)
    seen = as_seen(policy, keys)
    by_bucket = tuple(
        restricted(resource_grants(seen, bucket, ("bucket policy",), now=now), policy, united(blocks), account)
    )
    refused = denials(as_seen(point.policy.value, keys), point.arn, now=now)
    also = denials(seen, bucket, now=now)
    for one in _both([left for grant in identities for left in refused.left(grant)], by_bucket):
        yield from (replace(_from_inside(point, left), path=(*left.path, point.called)) for left in also.left(one))


def seen_through(point: Point) -> dict[str, str]:
    """What is known of requests that come through an access point."""
    return through(point.arn, point.account, "Internet" if point.vpc == "" else "VPC")


def _both(by_point: Iterable[Grant], by_bucket: tuple[Grant, ...]) -> Iterator[Grant]:
    for one in by_point:
        for other in by_bucket:
            who = _narrower(one.who, other.who)
            if who is not None and (done := one.actions & other.actions):
                until = min((end for end in (one.until, other.until) if end), default="")
                path = (*one.path, *other.path)
                yield replace(
                    one, who=who, actions=done, until=until, path=path, doubtful=one.doubtful or other.doubtful
                )


def _narrower(one: str, other: str) -> str | None:
    """Whom two grants let in together; None where nobody is let in by both."""
    for left, right in ((one, other), (other, one)):
        if left in (right, ANYONE):
            return right
        if left == ANY_ACCOUNT and not right.startswith(("service:", *_LIMITS)):
            return right
        if left == UNKNOWN:
            return UNKNOWN if right not in _PUBLIC else left
        if left.startswith("account:") and right.startswith("arn:") and f":{left.removeprefix('account:')}:" in right:
            return right
    # A network or an organisation may be where the other one is: whoever is named by the access point stays.
    return one if one.startswith(_LIMITS) or other.startswith(_LIMITS) else None


def _from_inside(point: Point, grant: Grant) -> Grant:
    if point.vpc == "":
        return grant
    where = f"only from network {point.vpc or 'of its own'}"
    who = f"vpc:{point.vpc or 'its own'}" if grant.who in _PUBLIC else grant.who
    return replace(grant, who=who, path=(*grant.path, where))


def left_to_others(
    policy: object, bucket: str, accounts: Mapping[str, Any], own: str, now: dt.datetime | None
) -> Iterator[Grant]:
    """Who may come through access points that were not read, to which a bucket's policy leaves who comes.

    Parameters
    ----------
    policy
        The bucket's policy.
    bucket
        The bucket's ARN.
    accounts
        The accounts of the section.
    own
        The bucket's account.
    now
        The moment asked about.
    """
    for account in sorted(delegated(policy)):
        whys = [objects(accounts.get(account), name)[1] for name in ("access_points", "multi_region_access_points")]
        why = next(filter(None, whys), "")
        if account != "*" and account in accounts and not why:
            continue
        for grant in resource_grants(as_left_to(policy, account), bucket, ("bucket policy",), now=now):
            if account == "*":
                yield replace(grant, path=(*grant.path, "through an access point that anybody may make"))
            elif account == own or account in accounts or not own:
                path = (*grant.path, f"access points of account {account} were not read: {why}")
                yield replace(grant, who=UNKNOWN, path=path, doubtful=True)
            else:
                yield replace(grant, who=f"account:{account}", path=(*grant.path, "whoever its access points let in"))
