"""Buckets that pulumi-aws makes, each with the resources beside it that say what it is.

A bucket's policy, its versions, its encryption and so on are resources of their own. They are joined by the
bucket's name, or, where that is not known before the bucket is made, by the resource that it comes from.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from slidebox.access import UNKNOWN
from slidebox.preview.seen import AWS_BUCKETS, Seen

_PART = re.compile(r"^aws:s3/(?P<kind>bucket[A-Za-z]+?)(?:V2)?:Bucket[A-Za-z]+(?:V2)?$")
_KINDS = frozenset(
    {
        "bucketPolicy",
        "bucketPublicAccessBlock",
        "bucketVersioning",
        "bucketServerSideEncryptionConfiguration",
        "bucketLifecycleConfiguration",
        "bucketLogging",
        "bucketOwnershipControls",
        "bucketAcl",
        "bucketObjectLockConfiguration",
        "bucketWebsiteConfiguration",
    }
)
OBJECT = "object"
"""The kind of a part that is an object, with a list of its own."""
_OBJECTS = frozenset(
    {"aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy"}
)
OPENING = frozenset({"bucketPolicy", "bucketAcl", OBJECT})
"""The kinds of parts that let somebody in."""
_ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
_ARN = "arn:aws:s3:::"


@dataclass(frozen=True, slots=True)
class Part:
    """A resource that says something about a bucket.

    Attributes
    ----------
    seen
        The resource.
    certain
        Whether it is certain that it is about this bucket.
    """

    seen: Seen
    certain: bool = True


@dataclass(frozen=True, slots=True)
class AwsBucket:
    """A bucket with all that is said about it.

    Attributes
    ----------
    seen
        The bucket; for parts of a bucket that the stack does not make, one of them.
    parts
        What is said about it, by kind, such as ``bucketPolicy``.
    account
        What is said about the account that it is in.
    made
        Whether the stack makes it, or has it.
    """

    seen: Seen
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    account: tuple[Seen, ...] = ()
    made: bool = True

    @property
    def name(self) -> str:
        """Its name; unknown where it is known only once it is made."""
        return bucket_name(self.seen)

    def of(self, kind: str) -> tuple[Part, ...]:
        """What is said about it, of one kind."""
        return self.parts.get(kind, ())


def part_kind(resource: Seen) -> str | None:
    """Of which kind a part is; None if it is none."""
    return _kind(resource.type)


@functools.cache
def _kind(token: str) -> str | None:
    if token in _OBJECTS:
        return OBJECT
    match = _PART.match(token)
    return match["kind"] if match and match["kind"] in _KINDS else None


def bucket_name(resource: Seen) -> str:
    """The name of a bucket, or of the bucket that a part is about."""
    name = resource.properties.get("bucket")
    return name.removeprefix(_ARN) if isinstance(name, str) and name not in ("", "[secret]") else UNKNOWN


def aws_buckets(resources: Iterable[Seen]) -> list[AwsBucket]:
    """The buckets of a stack with what belongs to each, in the stack's order.

    A policy or an access control list of a bucket that is not in the stack, or of an object in it, is a place of
    its own: it opens something that nothing here knows.
    """
    made: dict[str, Seen] = {}
    by_name: dict[str, list[str]] = {}
    loose: list[tuple[str, Seen]] = []
    accounts: dict[str, list[Seen]] = {}
    for resource in resources:
        if resource.type in AWS_BUCKETS:
            made[resource.urn] = resource
            by_name.setdefault(bucket_name(resource), []).append(resource.urn)
        elif resource.type == _ACCOUNT_BLOCK:
            accounts.setdefault(resource.provider, []).append(resource)
        elif kind := part_kind(resource):
            loose.append((kind, resource))
    parts: dict[str, dict[str, list[Part]]] = {urn: {} for urn in made}
    elsewhere: list[AwsBucket] = []
    for kind, resource in loose:
        urns = _about(resource, made, by_name)
        for urn in urns:
            parts[urn].setdefault(kind, []).append(Part(resource, certain=len(urns) == 1))
        if not urns and kind in OPENING:
            elsewhere.append(AwsBucket(resource, {kind: (Part(resource),)}, made=False))
    found = [
        AwsBucket(
            bucket,
            {kind: tuple(said) for kind, said in parts[urn].items()},
            tuple(accounts.get(bucket.provider, ())),
        )
        for urn, bucket in made.items()
    ]
    return found + elsewhere


def _about(part: Seen, made: Mapping[str, Seen], by_name: Mapping[str, list[str]]) -> list[str]:
    """The buckets that a part is about, by URN: the one of its name, else those that its name comes from."""
    name = bucket_name(part)
    if name != UNKNOWN:
        return by_name.get(name, [])
    for urns in (part.depends.get("bucket", ()), part.depends.get("", ())):
        found = [urn for urn in dict.fromkeys(urns) if urn in made]
        if found:
            return found
    return []
