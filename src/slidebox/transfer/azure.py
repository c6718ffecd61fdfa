"""A dataset in a container of Azure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from slidebox.errors import IntegrityError
from slidebox.provenance import CRATE_FILE, digest
from slidebox.transfer.azure_service import code_of, in_one_sentence
from slidebox.transfer.objects import Kept, ObjectPlace, said_in
from slidebox.transfer.places import Content, other_bytes, part_size, somebody_else, stored_type
from slidebox.transfer.s3_service import NotThereError

if TYPE_CHECKING:
    from azure.storage.blob import BlobProperties, ContainerClient

SHA256_METADATA = "slidebox_sha256"
"""The blob's metadata with the SHA-256 of the whole: Azure itself keeps at most an MD5."""


class AzurePlace(ObjectPlace):
    """A container that holds one dataset.

    Azure compares the MD5 of every request with the bytes that arrive and refuses others. A file in blocks comes into
    being at once, when the list of its blocks is committed; each block's name has its SHA-256, so that an upload that
    was broken off goes on with the blocks that have arrived.

    Parameters
    ----------
    name
        What to call it in a sentence.
    connect
        Makes the client, once it is first needed.
    url
        Where the container is.
    key
        A stable id; the address where not given.
    reread
        Read every blob back instead of believing the checksum in its metadata.
    """

    def __init__(
        self, name: str, connect: Callable[[], ContainerClient], url: str, *, key: str = "", reread: bool = False
    ) -> None:
        self.name = name
        self.key = key or url
        self.url = url
        self._connect = connect
        self._tag: str | None = None
        super().__init__(reread=reread)

    def __repr__(self) -> str:
        return f"AzurePlace({self.name!r}, {self.url!r})"

    @cached_property
    def _client(self) -> ContainerClient:
        return self._connect()

    def _sentence(self, doing: str) -> AbstractContextManager[None]:
        return in_one_sentence(self.name, self.url, doing)

    def check(self) -> None:
        """Insist that the container answers to whoever is signed in."""
        client = self._client
        with self._sentence("listing it"):
            next(iter(client.list_blobs(results_per_page=1)), None)

    def _list(self) -> dict[str, int]:
        client = self._client
        with self._sentence("listing it"):
            return {blob.name: int(blob.size) for blob in client.list_blobs()}

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        client = self._client
        try:
            with self._sentence("reading the manifest"):
                found = client.download_blob(CRATE_FILE)
                data: bytes = found.readall()
                self._tag = found.properties.etag
                return data
        except NotThereError:
            self._tag = None
            return None

    def _look(self, path: str) -> Kept | None:
        found = self._properties(path)
        return Kept(int(found.size), said_in(found.metadata, SHA256_METADATA)) if found else None

    def _properties(self, path: str) -> BlobProperties | None:
        client = self._client
        try:
            with self._sentence(f"looking at {path}"):
                return client.get_blob_client(path).get_blob_properties()
        except NotThereError:
            return None

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Send a file, in one request or in blocks, and look whether it is there.

        Raises
        ------
        IntegrityError
            If the container has other bytes.
        UnreadableError
            If it cannot be reached or refuses.
        """
        entry, client = content.entry, self._client
        with self._sentence(f"writing {entry.path}"):
            if entry.size <= part_size(entry.size):
                client.upload_blob(
                    entry.path,
                    b"".join(chunks),
                    overwrite=True,
                    validate_content=True,
                    **_described(entry.path, entry.sha256),
                )
            else:
                self._write_blocks(content, chunks)
        found = self._look(entry.path)
        if found is None or not self._is(content, found):
            raise other_bytes(entry.path, self.name)

    def _write_blocks(self, content: Content, chunks: Iterator[bytes]) -> None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - only where a store is in Azure
        from azure.storage.blob import BlobBlock  # noqa: PLC0415

        blob = self._client.get_blob_client(content.entry.path)
        try:
            there = {(block.id, block.size) for block in blob.get_block_list("uncommitted")[1]}
        except ResourceNotFoundError:
            there = set()
        blocks = []
        for number, chunk in enumerate(chunks):
            name = _block_name(number, chunk)
            if (name, len(chunk)) not in there:
                blob.stage_block(name, chunk, length=len(chunk), validate_content=True)
            blocks.append(BlobBlock(name))
        blob.commit_block_list(blocks, **_described(content.entry.path, content.entry.sha256))

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a blob, in chunks."""
        client = self._client
        with self._sentence(f"reading {path}"):
            found = client.download_blob(path)
        yield self._chunks(path, found.chunks())

    def _chunks(self, path: str, found: Any) -> Iterator[bytes]:
        # Here and not around the reader: what fails on the writing side is not this place's failure.
        with self._sentence(f"reading {path}"):
            yield from found

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest, on condition that it still is what it was.

        Raises
        ------
        IntegrityError
            If it is not.
        """
        from azure.core import MatchConditions  # noqa: PLC0415 - only where a store is in Azure
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError  # noqa: PLC0415

        if self.manifest() != before:
            raise somebody_else(self.name)
        same = {"etag": self._tag, "match_condition": MatchConditions.IfNotModified}
        condition: dict[str, Any] = {"overwrite": True, **same} if self._tag else {"overwrite": False}
        said = _described(CRATE_FILE, digest(manifest))
        with self._sentence("writing the manifest"):
            try:
                self._client.upload_blob(CRATE_FILE, manifest, validate_content=True, **condition, **said)
            except ResourceModifiedError as error:
                raise somebody_else(self.name) from error
            except ResourceExistsError as error:
                if code_of(error) == "BlobAlreadyExists":
                    raise somebody_else(self.name) from error
                raise
        if self.manifest() != manifest:
            raise IntegrityError(f"The manifest was sent to {self.name}, which has another one.")


def _described(path: str, sha256: str) -> dict[str, Any]:
    """What is written with a blob: what kind of file it is, and its SHA-256."""
    from azure.storage.blob import ContentSettings  # noqa: PLC0415 - only where a store is in Azure

    return {"content_settings": ContentSettings(content_type=stored_type(path)), "metadata": {SHA256_METADATA: sha256}}


def _block_name(number: int, data: bytes) -> str:
    """A block's name: its place and its SHA-256, always of one length, as Azure asks for."""
    return base64.b64encode(number.to_bytes(4, "big") + hashlib.sha256(data).digest()).decode("ascii")
