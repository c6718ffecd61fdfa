"""Objects and their versions."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import google_crc32c

from .faults import invalid


@dataclass
class Version:
    """A version of an object.

    Attributes
    ----------
    bucket, name
        Where it lies.
    content, content_type
        Its bytes.
    generation
        Its number.
    created, deleted
        When it came, and when another took its place; None for the live one.
    """

    bucket: str
    name: str
    content: bytes
    content_type: str
    generation: int
    created: dt.datetime
    storage_class: str = "STANDARD"
    deleted: dt.datetime | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def md5(self) -> str:
        """The sum of its bytes, as the API writes it."""
        return base64.b64encode(hashlib.md5(self.content, usedforsecurity=False).digest()).decode()

    @property
    def crc32c(self) -> str:
        """Its other sum, as the API writes it."""
        return crc32c_of(self.content)

    @property
    def document(self) -> dict[str, Any]:
        """It, as the API shows it."""
        found = {
            "kind": "storage#object",
            "bucket": self.bucket,
            "name": self.name,
            "generation": str(self.generation),
            "metageneration": "1",
            "size": str(len(self.content)),
            "contentType": self.content_type,
            "md5Hash": self.md5,
            "crc32c": self.crc32c,
            **({"metadata": dict(self.metadata)} if self.metadata else {}),
            "storageClass": self.storage_class,
            "timeCreated": _zulu(self.created),
        }
        return found if self.deleted is None else {**found, "timeDeleted": _zulu(self.deleted)}


def _zulu(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def crc32c_of(content: bytes) -> str:
    """The CRC32C of bytes, as the API writes it."""
    found: Any = google_crc32c.Checksum(content)  # type: ignore[no-untyped-call]
    return base64.b64encode(found.digest()).decode()


@dataclass
class Session:
    """A resumable upload that has begun.

    Attributes
    ----------
    bucket, metadata
        Where to, and what the object will be.
    caller, query
        Who has begun it, and with which conditions.
    size
        How many bytes it will have.
    received
        What has arrived.
    """

    bucket: str
    metadata: dict[str, Any]
    caller: str
    query: Mapping[str, str]
    size: int
    received: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Unfinished:
    """The answer to a part of a resumable upload: so many bytes have arrived."""

    received: int


@dataclass(frozen=True)
class Begun:
    """The answer to the beginning of a resumable upload: where to go on."""

    session: str


def upload(kind: str, query: Mapping[str, str], content_type: str, body: bytes) -> tuple[dict[str, Any], bytes, str]:
    """The metadata, the bytes and their type of an upload.

    Raises
    ------
    Refused
        If it is of a kind that this server does not take, or not well formed.
    """
    if kind == "media":
        return {"name": query.get("name")}, body, content_type
    if kind != "multipart":
        raise invalid(f"This server takes no upload of type {kind!r}.")
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = [part for part in message.walk() if not part.is_multipart()]
    if len(parts) != 2:
        raise invalid("A multipart upload has two parts.")
    described = parts[0].get_payload(decode=True)
    metadata = json.loads(described if isinstance(described, bytes) else b"{}")
    # The parser takes bytes for text; only the boundaries say where they really begin and end.
    boundary = b"--" + str(message.get_boundary()).encode()
    content = body.split(boundary)[2].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    return metadata, content, parts[1].get_content_type()
