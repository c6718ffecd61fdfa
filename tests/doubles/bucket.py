"""One versioned bucket in memory, behind the calls of an S3 client, with hooks for what goes wrong.

It answers as S3 does: bytes that are not those of the checksum are refused, a condition that does not hold too, and an
object that is deleted is behind a marker. Nothing is on the network, so a thousand stories are quick.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


@dataclass
class Version:
    """An object as it was written once; a marker has no bytes."""

    id: str
    data: bytes | None
    checksum: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """Its entity tag."""
        return f'"{self.id}"'


class Body:
    """The bytes of an answer, which pass a hook."""

    def __init__(self, data: bytes, passing: Callable[[bytes], bytes]) -> None:
        self._data = data
        self._passing = passing

    def read(self) -> bytes:
        """All of them."""
        return self._passing(self._data)

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        """In pieces."""
        for start in range(0, len(self._data), size):
            yield self._passing(self._data[start : start + size])

    def close(self) -> None:
        """Nothing is held."""


def refusal(code: str, status: int, operation: str) -> ClientError:
    """An error in S3's shape."""
    said: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, operation)


class BucketDouble:
    """The bucket, and its client.

    Attributes
    ----------
    objects
        The versions of each key, oldest first.
    hook
        Told before and after each call, by its name; it may raise what an S3 client raises.
    passing
        Told of the bytes that are read; answers with those that arrive.
    keeping
        Told of the key and the bytes that are written; answers with those that are kept.
    """

    def __init__(self) -> None:
        self.objects: dict[str, list[Version]] = {}
        self.hook: Callable[[str], None] = lambda _: None
        self.passing: Callable[[bytes], bytes] = lambda data: data
        self.keeping: Callable[[str, bytes], bytes] = lambda _, data: data
        self.meta = SimpleNamespace(endpoint_url="memory:")
        self._number = 0

    def current(self) -> dict[str, bytes]:
        """The objects that a reader sees."""
        latest = ((key, versions[-1].data) for key, versions in sorted(self.objects.items()) if versions)
        return {key: data for key, data in latest if data is not None}

    def kept(self, key: str) -> bytes | None:
        """The bytes of an object, also where it is behind a marker."""
        return next((one.data for one in reversed(self.objects.get(key, ())) if one.data is not None), None)

    def _new(self, key: str, data: bytes | None, checksum: str = "", metadata: Mapping[str, str] | None = None) -> None:
        self._number += 1
        self.objects.setdefault(key, []).append(Version(f"v{self._number}", data, checksum, metadata or {}))

    def _latest(self, key: str, operation: str) -> tuple[Version, bytes]:
        versions = self.objects.get(key)
        if not versions or versions[-1].data is None:
            raise refusal("404" if operation == "HeadObject" else "NoSuchKey", 404, operation)
        return versions[-1], versions[-1].data

    # The calls, in the words of the AWS SDK

    def list_objects_v2(self, **_: Any) -> dict[str, Any]:
        """What is there."""
        self.hook("list")
        return {"Contents": [{"Key": key, "Size": len(data)} for key, data in self.current().items()]}

    def list_object_versions(self) -> dict[str, Any]:
        """Every version, and every marker."""
        self.hook("versions")
        found: dict[str, list[dict[str, Any]]] = {"Versions": [], "DeleteMarkers": []}
        for key, versions in self.objects.items():
            for one in versions:
                said = {"Key": key, "VersionId": one.id, "IsLatest": one is versions[-1]}
                found["Versions" if one.data is not None else "DeleteMarkers"].append(said)
        return found

    def get_paginator(self, name: str) -> SimpleNamespace:
        """One page of a list."""
        ask = {"list_objects_v2": self.list_objects_v2, "list_object_versions": self.list_object_versions}[name]
        return SimpleNamespace(paginate=lambda **_: iter((ask(),)))

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - the SDK's words
        """What is said of an object."""
        self.hook("head")
        version, data = self._latest(Key, "HeadObject")
        return {"ContentLength": len(data), "ChecksumSHA256": version.checksum, "Metadata": dict(version.metadata)}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        """An object."""
        self.hook("get")
        version, data = self._latest(Key, "GetObject")
        return {"ETag": version.tag, "Body": Body(data, self.passing)}

    def put_object(
        self,
        *,
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ChecksumSHA256: str,  # noqa: N803
        Metadata: Mapping[str, str],  # noqa: N803
        IfMatch: str = "",  # noqa: N803
        IfNoneMatch: str = "",  # noqa: N803
        **_: Any,
    ) -> None:
        """Write an object, if the condition holds and the bytes are those of the checksum."""
        self.hook("put")
        if base64.b64encode(hashlib.sha256(Body).digest()).decode() != ChecksumSHA256:
            raise refusal("BadDigest", 400, "PutObject")
        versions = self.objects.get(Key, [])
        there = versions[-1] if versions and versions[-1].data is not None else None
        if (IfNoneMatch and there) or (IfMatch and (there is None or there.tag != IfMatch)):
            raise refusal("PreconditionFailed", 412, "PutObject")
        self._new(Key, self.keeping(Key, Body), ChecksumSHA256, Metadata)
        self.hook("put, done")

    def get_bucket_versioning(self, **_: Any) -> dict[str, Any]:
        """Whether versions are kept: they are."""
        self.hook("versioning")
        return {"Status": "Enabled"}

    def delete_object(self, *, Key: str, VersionId: str = "", **_: Any) -> None:  # noqa: N803
        """Hide an object behind a marker, or take a version away."""
        self.hook("delete")
        if VersionId:
            self.objects[Key] = [one for one in self.objects.get(Key, []) if one.id != VersionId]
        else:
            self._new(Key, None)
        self.hook("delete, done")
