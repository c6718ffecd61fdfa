"""Buckets that pulumi-aws makes, each with the resources beside it that say what it is.

A bucket's policy, its versions, its encryption and so on are resources of their own. They are joined by the
bucket's name, or, where that is not known before the bucket is made, by the resource that it comes from.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.preview.aws_points import POINTS, POLICIES, Points
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
        "bucketReplicationConfig",
        "bucketReplicationConfiguration",
    }
)
REPLICATIONS = ("bucketReplicationConfig", "bucketReplicationConfiguration")
"""The kinds of parts that copy what a bucket holds elsewhere."""
OBJECT = "object"
"""The kind of a part that is an object, with a list of its own."""
_OBJECTS = frozenset(
    {"aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2", "aws:s3/objectCopy:ObjectCopy"}
)
POINT = "accessPoint"
"""The kind of a part that is the policy of an access point."""
OPENING = frozenset({"bucketPolicy", "bucketAcl", OBJECT, POINT, *REPLICATIONS})
"""The kinds of parts that let somebody in."""
_ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
_ARN = re.compile(r"^arn:aws[a-z-]*:s3:::")

LOCATION_TAG = "slidebox:location"
"""The tag that says which location a bucket of another provider is."""
LOCATION = re.compile(r"^(?P<dataset>[^@]+)@(?P<term>[^@]+)@(?P<store>[^@]+)$")
"""How a location is written."""


_ByName = Mapping[str, list[str]]


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

    @property
    def labels(self) -> dict[str, Any]:
        """Its tags, with those that the provider gives to all."""
        said = [self.seen.properties.get(name) for name in ("tagsAll", "tags")]
        return {name: value for tags in said if isinstance(tags, Mapping) for name, value in tags.items()}

    @property
    def claim(self) -> str:
        """The location that it says it is; empty if it says none."""
        return str(self.labels.get(LOCATION_TAG, "")) if self.made else ""

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
    if token in POLICIES:
        return POINT
    match = _PART.match(token)
    return match["kind"] if match and match["kind"] in _KINDS else None


def bucket_name(resource: Seen) -> str:
    """The name of a bucket, or of the bucket that a part is about."""
    return plain_name(resource.properties.get("bucket"))


def plain_name(said: Any) -> str:
    """A bucket's name from a name or an ARN; unknown where that is not known."""
    return _ARN.sub("", said) if isinstance(said, str) and said not in ("", "[secret]") else UNKNOWN


@dataclass(frozen=True, slots=True)
class AwsStack:
    """The buckets of a stack, and the access points to them.

    Attributes
    ----------
    buckets
        In the stack's order, with what belongs to each.
    points
        The bucket behind each access point, both by name, where both are known.
    """

    buckets: tuple[AwsBucket, ...]
    points: Mapping[str, str] = field(default_factory=dict)


def aws_stack(resources: Iterable[Seen]) -> AwsStack:
    """The buckets of a stack with what belongs to each.

    A policy or an access control list of a bucket that is not in the stack, or of an object in it or of an access
    point to it, is a place of its own: it opens something that nothing here knows.
    """
    made: dict[str, Seen] = {}
    by_name: dict[str, list[str]] = {}
    loose: list[tuple[str, Seen]] = []
    accounts: dict[str, list[Seen]] = {}
    doors: list[Seen] = []
    for resource in resources:
        if resource.type in AWS_BUCKETS:
            made[resource.urn] = resource
            by_name.setdefault(bucket_name(resource), []).append(resource.urn)
        elif resource.type == _ACCOUNT_BLOCK:
            accounts.setdefault(resource.provider, []).append(resource)
        elif kind := part_kind(resource):
            loose.append((kind, resource))
        if resource.type in POINTS:
            doors.append(resource)

    def buckets_of(name: Any, depends: Mapping[str, tuple[str, ...]], prop: str) -> list[str]:
        return _about(plain_name(name), depends, prop, made, by_name)

    points = Points(doors, buckets_of)
    parts: dict[str, dict[str, list[Part]]] = {urn: {} for urn in made}
    elsewhere: list[AwsBucket] = []
    for kind, resource in loose:
        name = resource.properties.get("bucket")
        urns = points.about(resource) if kind == POINT else buckets_of(name, resource.depends, "bucket")
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
    names = {urn: bucket_name(bucket) for urn, bucket in made.items()} if doors else {}
    return AwsStack((*found, *elsewhere), points.behind(lambda urn: names[urn]) if doors else {})


def _about(
    name: str, depends: Mapping[str, tuple[str, ...]], prop: str, made: Mapping[str, Seen], by_name: _ByName
) -> list[str]:
    """The buckets that something is about, by URN: the one of its name, else those that its name comes from."""
    if name != UNKNOWN:
        return by_name.get(name, [])
    for urns in (depends.get(prop, ()), depends.get("", ())):
        found = [urn for urn in dict.fromkeys(urns) if urn in made]
        if found:
            return found
    return []
