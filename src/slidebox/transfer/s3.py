"""A dataset in an S3 bucket."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from slidebox.errors import IntegrityError, UnreadableError
from slidebox.provenance import CRATE_FILE, digest
from slidebox.transfer.journal import Journal
from slidebox.transfer.lane import Lane
from slidebox.transfer.places import (
    MEBIBYTE,
    Content,
    Held,
    other_bytes,
    part_size,
    somebody_else,
    stored_type,
)
from slidebox.transfer.remembered import sha256_in
from slidebox.transfer.s3_service import OF_THE_LAB, REFUSED, Advice, NotThereError, Once, code_of, in_one_sentence

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHA256_METADATA = "slidebox-sha256"
"""The object's user metadata with the SHA-256 of the whole file: S3 keeps only that of its parts for a large one."""


class S3Place:
    """A bucket that holds one dataset.

    The service compares every request's SHA-256 with the bytes that arrive and refuses others; afterwards the stored
    checksum is asked for and compared. A service that keeps no checksums is read back instead.

    Parameters
    ----------
    name
        What to call it in a sentence.
    client
        How to reach it, with a principal's key; or what makes that once it is first needed.
    bucket
        The bucket.
    key
        A stable id; the bucket's name where not given.
    journal
        Knows which uploads in parts were begun.
    reread
        Read every object back instead of believing the checksum that the service keeps beside it.
    disk
        A folder on the disk that the service writes to, where it is one of this machine.
    advice
        What its sentences say about whoever is refused.

    Attributes
    ----------
    lane
        A faster way for whole objects; None where there is none.
    read_back
        Whether whoever writes reads everything back afterwards: then what was written is not asked for before.
    """

    def __init__(
        self,
        name: str,
        client: S3Client | Callable[[], S3Client],
        bucket: str,
        *,
        key: str = "",
        journal: Journal | None = None,
        reread: bool = False,
        disk: Path | None = None,
        advice: Advice = OF_THE_LAB,
    ) -> None:
        self.name = name
        self.key = key or bucket
        self.bucket = bucket
        self._connect = Once(client)
        self._journal = journal or Journal()
        self._reread = reread
        self._disk = disk
        self._advice = advice
        self.lane: Lane | None = None
        self.read_back = False
        self._sizes: dict[str, int] | None = None
        self._tag: str | None = None

    def __repr__(self) -> str:
        return f"S3Place({self.name!r}, {self.bucket!r})"

    @property
    def _client(self) -> S3Client:
        return self._connect.client

    def check(self) -> None:
        """Insist that the bucket answers to this key."""
        with self._sentence():
            self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)

    def _sentence(self) -> AbstractContextManager[None]:
        return in_one_sentence(self.name, self.bucket, self._client.meta.endpoint_url, self._advice)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """List what is there; nothing is held, as the manifest is written only if it still is what it was."""
        self.check()
        self._sizes = self._list()
        yield

    def _list(self) -> dict[str, int]:
        with self._sentence():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def free(self) -> int | None:
        """Bytes free on the service's disk, where it is one of this machine."""
        try:
            return shutil.disk_usage(self._disk).free if self._disk else None
        except OSError:
            return None

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        try:
            with self._sentence():
                answer = self._client.get_object(Bucket=self.bucket, Key=CRATE_FILE)
                self._tag = answer["ETag"]
                return answer["Body"].read()
        except NotThereError:
            self._tag = None
            return None

    def size(self, path: str) -> int | None:
        """Bytes of an object, or None where there is none."""
        if self._sizes is None:
            self._sizes = self._list()
        return self._sizes.get(path)

    def holds(self, content: Content) -> Held:
        """What lies under a key, by the service's own checksum; read back where it keeps none."""
        entry = content.entry
        if self.size(entry.path) is None:
            return Held.NOTHING
        head = self._head(entry.path)
        if head is None:
            return Held.NOTHING
        if head["ContentLength"] == entry.size and self._matches(head, content, reread=self._reread):
            return Held.SAME
        return Held.OTHER if SHA256_METADATA in head.get("Metadata", {}) else Held.FOREIGN

    def _head(self, path: str) -> Any:
        try:
            with self._sentence():
                return self._client.head_object(Bucket=self.bucket, Key=path, ChecksumMode="ENABLED")
        except NotThereError:
            return None

    def _matches(self, head: Any, content: Content, *, reread: bool) -> bool:
        stored = None if reread else head.get("ChecksumSHA256")
        if stored and "-" not in stored:
            return base64.b64decode(stored).hex() == content.entry.sha256
        if stored and stored == _composite(content.parts):
            return True
        # No checksum, or one of parts of another size by another program: only the bytes themselves can tell.
        return sha256_in(self, content.entry.path) == content.entry.sha256

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Send a file, in one request or in parts, and compare the checksum that the service has kept.

        Raises
        ------
        IntegrityError
            If the service has other bytes.
        UnreadableError
            If it cannot be reached or refuses.
        """
        entry = content.entry
        with self._sentence():
            if entry.size <= part_size(entry.size):
                self._send_whole(entry.path, b"".join(chunks), entry.sha256)
            else:
                self._send_parts(content, chunks)
        if self.read_back:
            return
        head = self._head(entry.path)
        # The checksum that the service worked out of what has just arrived says more than an old one in a list.
        if head is None or head["ContentLength"] != entry.size or not self._matches(head, content, reread=False):
            raise other_bytes(entry.path, self.name)

    def _send_whole(self, path: str, data: bytes, sha256: str) -> None:
        if self.lane is None or not self.lane.put(path, data, {SHA256_METADATA: sha256}):
            self._send(path, data, sha256)

    def _send(self, path: str, data: bytes, sha256: str, **condition: Any) -> Any:
        return self._client.put_object(
            Bucket=self.bucket,
            Key=path,
            Body=data,
            ChecksumSHA256=_base64(bytes.fromhex(sha256)),
            ContentType=stored_type(path),
            Metadata={SHA256_METADATA: sha256},
            **condition,
        )

    def _send_parts(self, content: Content, chunks: Iterator[bytes]) -> None:
        path = content.entry.path
        upload, there = self._resume(content)
        parts = []
        for number, chunk in enumerate(chunks, 1):
            checksum = _base64(hashlib.sha256(chunk).digest())
            tag = there.get((number, checksum))
            if tag is None:
                tag = self._client.upload_part(
                    Bucket=self.bucket,
                    Key=path,
                    UploadId=upload,
                    PartNumber=number,
                    Body=chunk,
                    ChecksumSHA256=checksum,
                )["ETag"]
            parts.append({"PartNumber": number, "ETag": tag, "ChecksumSHA256": checksum})
        self._client.complete_multipart_upload(
            Bucket=self.bucket,
            Key=path,
            UploadId=upload,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )

    def _resume(self, content: Content) -> tuple[str, dict[tuple[int, str], str]]:
        """The upload of the same bytes that was begun before, with the parts it has; or a new one."""
        entry = content.entry
        begun = self._journal.begun(self.key, entry.path)
        if begun is not None:
            upload, sha256 = begun
            try:
                pages = self._client.get_paginator("list_parts").paginate(
                    Bucket=self.bucket, Key=entry.path, UploadId=upload
                )
                there = {
                    (part["PartNumber"], part.get("ChecksumSHA256", "")): part["ETag"]
                    for page in pages
                    for part in page.get("Parts", [])
                }
                if sha256 == entry.sha256:
                    return upload, there
                self._client.abort_multipart_upload(Bucket=self.bucket, Key=entry.path, UploadId=upload)
            except ClientError as error:
                if code_of(error) not in {"NoSuchUpload", "404"} | REFUSED:
                    raise
        upload = self._client.create_multipart_upload(
            Bucket=self.bucket,
            Key=entry.path,
            ChecksumAlgorithm="SHA256",
            ContentType=stored_type(entry.path),
            Metadata={SHA256_METADATA: entry.sha256},
        )["UploadId"]
        self._journal.note_begun(self.key, entry.path, upload, entry.sha256)
        return upload, {}

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of an object, in chunks."""
        if self.lane is not None and (chunks := self.lane.get(path)) is not None:
            yield self._fast(path, chunks)
            return
        with self._sentence():
            body = self._client.get_object(Bucket=self.bucket, Key=path)["Body"]
        with closing(body):
            yield self._chunks(body)

    def _fast(self, path: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except OSError as error:
            raise UnreadableError(
                f"{self.name} broke off while {path} was read.", "Run the same command again: finished files are kept."
            ) from error

    def _chunks(self, body: StreamingBody) -> Iterator[bytes]:
        # Here and not around the reader: what fails on the writing side is not this place's failure.
        with self._sentence():
            yield from body.iter_chunks(MEBIBYTE)

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest, on condition that it still is what it was.

        Raises
        ------
        IntegrityError
            If it is not.
        """
        if self.manifest() != before:
            raise somebody_else(self.name)
        condition = {"IfMatch": self._tag} if self._tag else {"IfNoneMatch": "*"}
        with self._sentence():
            try:
                self._send(CRATE_FILE, manifest, digest(manifest), **condition)
            except ClientError as error:
                if code_of(error) in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}:
                    raise somebody_else(self.name) from error
                if code_of(error) not in {"NotImplemented", "501"}:
                    raise
                self._send(CRATE_FILE, manifest, digest(manifest))
        if self.manifest() != manifest:
            raise IntegrityError(f"The manifest was sent to {self.name}, which has another one.")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _composite(parts: tuple[bytes, ...]) -> str:
    """The checksum that S3 keeps for an upload in parts: that of the parts' checksums, and their number."""
    return f"{_base64(hashlib.sha256(b''.join(parts)).digest())}-{len(parts)}"
