"""A dataset in an S3 bucket."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from botocore.response import StreamingBody

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.provenance import CRATE_FILE, digest, media_type
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import MEBIBYTE, Content, Held, part_size, somebody_else

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHA256_METADATA = "slidebox-sha256"
"""The object's user metadata with the SHA-256 of the whole file: S3 keeps only that of its parts for a large one."""

_AGAIN = "Run the same command again: finished files are kept."
_RENAME = "Rename one of the two."

_REFUSED = frozenset(
    {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
)
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})

# What the services say in a code, by what a person can do about it.
_SAY: dict[frozenset[str], tuple[type[SlideboxError], str, str]] = {
    _REFUSED: (
        UnreadableError,
        "refuses this key ({code}, {operation})",
        "Name another principal with --as, or run `pulumi up` if its key was changed.",
    ),
    frozenset({"QuotaExceeded", "StorageFull", "XMinioStorageFull", "InsufficientCapacity", "507"}): (
        UnreadableError,
        "is full ({code}); nothing was published there",
        "Make room.",
    ),
    frozenset({"ObjectParentIsFile", "ExistingObjectIsDirectory", "XMinioParentIsObject"}): (
        InputError,
        "cannot hold a file and a folder of one name ({code})",
        _RENAME,
    ),
    frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}): (
        IntegrityError,
        "received damaged bytes and refused them",
        "Check the network.",
    ),
    frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504"}): (
        UnreadableError,
        "fails with {code} on {operation}: {text}",
        _AGAIN,
    ),
}
_SAY_OTHERWISE: tuple[type[SlideboxError], str, str] = (UnreadableError, "refuses {operation}: {code}, {text}", "")
_NO_BUCKET: tuple[type[SlideboxError], str, str] = (
    UnreadableError,
    "is not there: the service knows no bucket {bucket!r}",
    "Make it with `pulumi up -s PROJECT`.",
)


def client(
    *,
    endpoint: str | None = None,
    region: str = "us-east-1",
    access_key: str | None = None,
    secret_key: str | None = None,
    profile: str | None = None,
) -> S3Client:
    """An S3 client with short waits and few repeats; nothing is sent yet.

    Parameters
    ----------
    endpoint
        Address of the service; Amazon's where None.
    region
        As the service names it.
    access_key, secret_key
        Whose requests they are; the profile's, or those of the usual chain, where None.
    profile
        A profile of the shared AWS credentials file.
    """
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 3},
        # Buckets in host names need DNS, which a service of one's own seldom has.
        s3={"addressing_style": "path" if endpoint else "auto"},
        # Every checksum is given and compared here; the default CRC would be a second one.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra="slidebox",
    )
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        return session.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise InputError(f"The S3 endpoint cannot be used: {error}.", "Correct the store in lab.yaml.") from error


class S3Place:
    """A bucket that holds one dataset.

    The service compares every request's SHA-256 with the bytes that arrive and refuses others; afterwards the stored
    checksum is asked for and compared. A service that keeps no checksums is read back instead.

    Parameters
    ----------
    name
        What to call it in a sentence.
    client
        How to reach it, with a principal's key.
    bucket
        The bucket.
    key
        A stable id; the bucket's name where not given.
    journal
        Knows which uploads in parts were begun.
    reread
        Read every object back instead of believing the checksum that the service keeps beside it.
    """

    def __init__(
        self,
        name: str,
        client: S3Client,
        bucket: str,
        *,
        key: str = "",
        journal: Journal | None = None,
        reread: bool = False,
    ) -> None:
        self.name = name
        self.key = key or bucket
        self.bucket = bucket
        self._client = client
        self._journal = journal or Journal()
        self._reread = reread
        self._sizes: dict[str, int] | None = None
        self._tag: str | None = None

    def __repr__(self) -> str:
        return f"S3Place({self.name!r}, {self.bucket!r})"

    def check(self) -> None:
        """Insist that the bucket answers to this key.

        Raises
        ------
        UnreadableError
            If it does not.
        """
        with self._errors():
            self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """List what is there; nothing is held, as the manifest is written only if it still is what it was."""
        self.check()
        self._sizes = self._list()
        yield

    def _list(self) -> dict[str, int]:
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def free(self) -> int | None:
        """Nobody knows."""
        return None

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        try:
            with self._errors():
                answer = self._client.get_object(Bucket=self.bucket, Key=CRATE_FILE)
                self._tag = answer["ETag"]
                return answer["Body"].read()
        except _NotThereError:
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
        if head["ContentLength"] == entry.size and self._matches(head, content):
            return Held.SAME
        return Held.OTHER if SHA256_METADATA in head.get("Metadata", {}) else Held.FOREIGN

    def _head(self, path: str) -> Any:
        try:
            with self._errors():
                return self._client.head_object(Bucket=self.bucket, Key=path, ChecksumMode="ENABLED")
        except _NotThereError:
            return None

    def _matches(self, head: Any, content: Content) -> bool:
        stored = None if self._reread else head.get("ChecksumSHA256")
        if stored and "-" not in stored:
            return base64.b64decode(stored).hex() == content.entry.sha256
        if stored and stored == _composite(content.parts):
            return True
        # No checksum, or one of parts of another size by another program: only the bytes themselves can tell.
        return self._read_back(content.entry.path) == content.entry.sha256

    def _read_back(self, path: str) -> str:
        hasher = hashlib.sha256()
        with self.read(path) as chunks:
            for chunk in chunks:
                hasher.update(chunk)
        return hasher.hexdigest()

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
        with self._errors():
            if entry.size <= part_size(entry.size):
                self._send(entry.path, b"".join(chunks), entry.sha256)
            else:
                self._send_parts(content, chunks)
        head = self._head(entry.path)
        if head is None or head["ContentLength"] != entry.size or not self._matches(head, content):
            raise IntegrityError(
                f"{entry.path} was sent to {self.name}, which has other bytes under that name.",
                "Run the same command again; if it happens again, tell whoever runs the store.",
            )

    def _send(self, path: str, data: bytes, sha256: str, **condition: Any) -> Any:
        return self._client.put_object(
            Bucket=self.bucket,
            Key=path,
            Body=data,
            ChecksumSHA256=_base64(bytes.fromhex(sha256)),
            ContentType="application/ld+json" if path == CRATE_FILE else media_type(path),
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
                if _code(error) not in {"NoSuchUpload", "404"} | _REFUSED:
                    raise
        upload = self._client.create_multipart_upload(
            Bucket=self.bucket,
            Key=entry.path,
            ChecksumAlgorithm="SHA256",
            ContentType=media_type(entry.path),
            Metadata={SHA256_METADATA: entry.sha256},
        )["UploadId"]
        self._journal.note_begun(self.key, entry.path, upload, entry.sha256)
        return upload, {}

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of an object, in chunks."""
        with self._errors():
            body = self._client.get_object(Bucket=self.bucket, Key=path)["Body"]
        with closing(body):
            yield self._chunks(body)

    def _chunks(self, body: StreamingBody) -> Iterator[bytes]:
        # Here and not around the reader: what fails on the writing side is not this place's failure.
        with self._errors():
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
        with self._errors():
            try:
                self._send(CRATE_FILE, manifest, digest(manifest), **condition)
            except ClientError as error:
                if _code(error) in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}:
                    raise somebody_else(self.name) from error
                if _code(error) not in {"NotImplemented", "501"}:
                    raise
                self._send(CRATE_FILE, manifest, digest(manifest))
        if self.manifest() != manifest:
            raise IntegrityError(f"The manifest was sent to {self.name}, which has another one.")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Say in one sentence what the service says in a code."""
        try:
            yield
        except ClientError as error:
            raise self._failure(error) from error
        except (BotoCoreError, HTTPClientError, ResponseParserError) as error:
            raise UnreadableError(
                f"{self.name} cannot be used at {self._client.meta.endpoint_url}: {_in_words(error)}.",
                "Check the endpoint in lab.yaml, the network, and `slidebox gateway status`.",
            ) from error

    def _failure(self, error: ClientError) -> SlideboxError:
        code = _code(error)
        if code == "NoSuchBucket" or (code in _ABSENT and error.operation_name == "ListObjectsV2"):
            kind, what, cure = _NO_BUCKET
        elif code in _ABSENT:
            return _NotThereError(f"{self.name} does not hold what its manifest says.")
        else:
            kind, what, cure = next((say for codes, say in _SAY.items() if code in codes), _SAY_OTHERWISE)
        words = {"code": code, "operation": error.operation_name, "bucket": self.bucket, "text": _message(error)}
        return kind(f"{self.name} {what.format(**words)}.", cure)


class _NotThereError(UnreadableError):
    """An object that is not there."""


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", "")).rstrip(".")


def _in_words(error: Exception) -> str:
    for kind, words in (
        (NoCredentialsError, "there is no key for it"),
        (SSLError, "its certificate is not trusted"),
        (EndpointConnectionError, "nothing answers there"),
        (ConnectTimeoutError, "nothing answers there in time"),
        (ReadTimeoutError, "it stopped answering"),
        (ResponseParserError, "what answers there is no S3 service"),
    ):
        if isinstance(error, kind):
            return words
    # The text of botocore's own errors holds addresses and names, never keys.
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _composite(parts: tuple[bytes, ...]) -> str:
    """The checksum that S3 keeps for an upload in parts: that of the parts' checksums, and their number."""
    return f"{_base64(hashlib.sha256(b''.join(parts)).digest())}-{len(parts)}"
