"""Where buckets of pulumi-aws are copied to: whoever reads the copy reads the data.

A copy that lies in a bucket of the stack, which says itself that it is the same dataset, is a location and is
judged as one. Of every other copy nothing says who reads it.

S3 copies in a role that it takes on itself. Where a replication of the stack names that role, and S3 can do nothing in
it but copy, S3 is no reader of its own buckets: where it copies to is judged as above.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN, Reader, account, merged
from slidebox.access.s3_statements import statements, texts
from slidebox.preview.aws_buckets import LOCATION, REPLICATIONS, AwsBucket, part_kind, plain_name
from slidebox.preview.seen import Seen, at, type_of

_KEYS = frozenset({"aws:kms/key:Key", "aws:kms/alias:Alias", "aws:kms/replicaKey:ReplicaKey"})
_COPYING = frozenset(
    {
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionTagging",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:ReplicateObject",
        "s3:ReplicateTags",
        "kms:Encrypt",
        "kms:GenerateDataKey",
    }
)
"""What S3 does to copy, without deleting in the copy what is deleted in the bucket."""
S3 = account("service s3.amazonaws.com")
"""S3 itself, as whoever takes a role on."""
COPIER = account("S3 that copies into it")
"""S3 itself, as whom the policy of a copy in another account lets in."""
_ROLE_ARN = re.compile(r"^arn:aws:iam::(?P<account>\d{12}):role/(?P<name>[^/]+)$")
_ROLE = "aws:iam/role:Role"
_PROVIDER = "pulumi:providers:aws"
_ON_THE_BUCKET = "replicationConfiguration"
"""The property in which older programs say on the bucket itself where it is copied to."""


class Copies:
    """The buckets of a stack as the places that others are copied to.

    Parameters
    ----------
    buckets
        All of the stack.
    """

    def __init__(self, buckets: Iterable[AwsBucket]) -> None:
        self._made = {bucket.seen.urn: bucket for bucket in buckets if bucket.made}
        self._by_name: dict[str, list[AwsBucket]] | None = None

    def readers(self, bucket: AwsBucket) -> tuple[Reader, ...]:
        """Somebody unknown for each copy of a bucket of which nothing says who reads it."""
        path = f"replication of bucket {bucket.seen.urn.rpartition('::')[2]}"
        found = [why for rules, sources in _said(bucket) for why in self._open(bucket, rules, sources)]
        return merged(Reader(UNKNOWN, ("read",), (path, why)) for why in found)

    def _open(self, bucket: AwsBucket, rules: Any, sources: Iterable[str]) -> Iterator[str]:
        """Why nothing says who reads a copy, for each rule."""
        if not isinstance(rules, list):
            yield "its rules cannot be read"
            return
        names = [plain_name(at(one, "destination", "bucket")) for one in rules if at(one, "status") != "Disabled"]
        places = [urn for urn in dict.fromkeys(sources) if type_of(urn) not in _KEYS]
        found: list[AwsBucket] = []
        for name in names:
            if name != UNKNOWN:
                here = self._named(name)
                found += here
                if not here:
                    yield f"to bucket {name}, which is not in the stack"
        # The others come from what the rules come from, where that is buckets of the stack, and enough of them.
        others = [urn for urn in places if urn not in {one.seen.urn for one in found}]
        missing = names.count(UNKNOWN)
        if missing > len(others) or (missing and any(urn not in self._made for urn in others)):
            yield "to a bucket that is not known"
        elif missing:
            found += [self._made[urn] for urn in others]
        yield from (why for other in found if (why := _differs(bucket, other)))

    def _named(self, name: str) -> list[AwsBucket]:
        if self._by_name is None:
            self._by_name = {}
            for bucket in self._made.values():
                self._by_name.setdefault(bucket.name, []).append(bucket)
        return self._by_name.get(name, [])


def copying_roles(resources: Iterable[Seen]) -> frozenset[str]:
    """The names of the roles in which S3 copies, by the replications of a stack."""
    said = (seen.properties.get("role") for seen in resources if part_kind(seen) == REPLICATIONS[0])
    return frozenset(role.rpartition("/")[2] for role in said if isinstance(role, str)) - {UNKNOWN, ""}


def copiers(resources: Sequence[Seen], taken_on_by: Callable[[Seen], Iterable[str]]) -> dict[str, str]:
    """The ARNs of roles in which certainly nobody but S3 works, to copy: each stands for `COPIER`.

    Such a role is the one of a replication, is made by the provider of that replication, which is certainly of the
    account in the ARN, and is taken on by S3 alone.

    Parameters
    ----------
    resources
        Everything in the stack.
    taken_on_by
        Who takes a role on.
    """
    accounts = {seen.urn: _only_account(seen) for seen in resources if seen.type == _PROVIDER}
    alone = {
        (str(seen.properties.get("name")), seen.provider)
        for seen in resources
        if seen.type == _ROLE and set(taken_on_by(seen)) == {S3}
    }
    found: dict[str, str] = {}
    for seen in resources:
        said = seen.properties.get("role") if part_kind(seen) == REPLICATIONS[0] else None
        match = _ROLE_ARN.match(said) if isinstance(said, str) else None
        if match and accounts.get(seen.provider) == match["account"] and (match["name"], seen.provider) in alone:
            found[match[0]] = COPIER
    return found


def _only_account(provider: Seen) -> str:
    """The one account that a provider may work in; empty where it may be any or several."""
    said = provider.properties.get("allowedAccountIds")
    try:
        listed = json.loads(said) if isinstance(said, str) else said
    except (ValueError, RecursionError):
        return ""
    return str(listed[0]) if isinstance(listed, list) and len(listed) == 1 else ""


def only_copies(policy: Any) -> bool:
    """Whether S3 can certainly do nothing by a policy but copy."""
    said = statements(policy) or [None]
    return all(
        isinstance(one, Mapping) and "NotAction" not in one and {*(texts(one.get("Action")) or ("*",))} <= _COPYING
        for one in said
    )


def _said(bucket: AwsBucket) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The rules by which a bucket is copied, with the resources that they come from."""
    for kind in REPLICATIONS:
        for part in bucket.of(kind):
            yield part.seen.properties.get("rules"), part.seen.depends.get("rules", ())
    inline: Any = bucket.seen.properties.get(_ON_THE_BUCKET)
    if inline == UNKNOWN or (isinstance(inline, Mapping | list) and inline):
        yield at(inline, "rules"), bucket.seen.depends.get(_ON_THE_BUCKET, ())


def _differs(bucket: AwsBucket, other: AwsBucket) -> str:
    """What keeps a copy from being a location of the same dataset; empty if nothing does."""
    ours, theirs = (LOCATION.match(one.claim) for one in (bucket, other))
    name = other.seen.urn.rpartition("::")[2]
    if theirs is None:
        return f"to bucket {name}, which says of no dataset that it holds it"
    if ours is None or ours["dataset"] != theirs["dataset"]:
        return f"to bucket {name}, which says that it holds {theirs['dataset']}"
    return ""
