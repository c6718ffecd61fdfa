"""Resources as the engine shows them, whether it asks a plugin or has written a file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.access import UNKNOWN

FOLDER = "slidebox:drive:Folder"
BUCKET = "slidebox:s3:Bucket"
USER = "slidebox:s3:User"
AZURE_CONTAINER = "slidebox:azure:Container"
AZURE_AUDIT = "slidebox:azure:Audit"
GCS_BUCKET = "slidebox:gcs:Bucket"
GITHUB_REPOSITORY = "slidebox:github:Repository"
SHARE = "slidebox:share:Folder"
CLUSTER_FOLDER = "slidebox:cluster:Folder"
ELSEWHERE: frozenset[str] = frozenset(
    {
        "slidebox:archive:Folder",
        CLUSTER_FOLDER,
        GITHUB_REPOSITORY,
        SHARE,
        "slidebox:figshare:Deposit",
        "slidebox:zenodo:Deposit",
    },
)
"""Types of places in other stores than drives, S3 services and clouds (`slidebox.preview.elsewhere`)."""
DECLARATION = "slidebox:index:Declaration"
"""A component that makes nothing: it carries what is declared of data that other providers' resources hold."""
UNREAD = "unread"
"""The property of a place that could not be read: why."""
AWS_BUCKETS = frozenset({"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"})

_FOREIGN = re.compile(
    r"^(?!slidebox:)(.*:\w*Bucket(V\d)?"
    r"|.*\b(storage|efs|fsx|filestore|objectstorage)\b[^:]*"
    r":(StorageAccount|Account|Container|BlobContainer|FileShare|Share|FileSystem))$",
    re.IGNORECASE,
)
"""Types of other providers that hold data."""

_OPENING = re.compile(
    r"^(?!slidebox:|aws:s3/bucket(Policy|Acl)|aws:s3/accessPoint:|aws:s3control/(accessPointPolicy|multiRegionAccess))"
    r"(.*:\w*Bucket(\w*Policy|Acl|AccessControl|Iam\w+)|.*\bs3\w*\b[^:]*:\w*AccessPoint(Policy)?)$",
    re.IGNORECASE,
)
"""Types that open a place, in a form that nothing here can read."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as the engine shows it.

    Attributes
    ----------
    urn, type
        Its identity and its type token.
    properties
        Its inputs, or its outputs; JSON values, with what is not known yet as ``"unknown"``.
    depends
        URNs of the resources that each property's value comes from.
    provider
        URN of the provider that makes it: two buckets of one provider are in one account.
    """

    urn: str
    type: str
    properties: Mapping[str, Any] = field(repr=False)
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    provider: str = field(default="", repr=False)

    @property
    def holds_data(self) -> bool:
        """Whether it is a place where data can lie, or opens one that nothing here can see."""
        return _holds_data(self.type)


@functools.cache
def _holds_data(token: str) -> bool:
    return (
        token in (FOLDER, BUCKET, AZURE_CONTAINER, AZURE_AUDIT, GCS_BUCKET)
        or token in AWS_BUCKETS
        or token in ELSEWHERE
        or bool(_FOREIGN.match(token) or _OPENING.match(token))
    )


def settled(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource of pulumi-aws is: what is asked for, and beside it what is known of the rest.

    A preview shows everything that the service could choose as not known yet; only what is asked for counts
    then. What a refresh has found counts too, except that every bucket names its owner in its grants.
    """
    known = {name: value for name, value in outputs.items() if value != UNKNOWN and value is not None}
    grants = known.pop("grants", None)
    if isinstance(grants, list):
        known["grants"] = [g for g in grants if not (isinstance(g, Mapping) and g.get("type") == "CanonicalUser")]
    return {**known, **inputs}


def at(value: Any, *path: str) -> Any:
    """A property inside another: None where it is absent, unknown where anything above it is."""
    for name in path:
        if value == UNKNOWN:
            return UNKNOWN
        if isinstance(value, list) and len(value) == 1:
            value = value[0]  # a block of which there is one at most, as older releases show it
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def agreed(values: Iterable[Any]) -> Any:
    """The one value that all say; unknown where they differ."""
    said = list(values)
    return said[0] if all(value == said[0] for value in said) else UNKNOWN


def type_of(urn: str) -> str:
    """The type in a URN, without those of the components around it."""
    return urn.split("::", 3)[2].rpartition("$")[2] if urn.count("::") >= 3 else ""
