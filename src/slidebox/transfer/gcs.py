"""A dataset in a bucket of Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from slidebox.errors import IntegrityError, UnreadableError
from slidebox.provenance import CRATE_FILE, digest
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_store import GcsRef
from slidebox.transfer.gcs_upload import Upload, crc32c
from slidebox.transfer.journal import Journal
from slidebox.transfer.objects import Kept, ObjectPlace, said_in
from slidebox.transfer.places import MEBIBYTE, Content, other_bytes, part_size, somebody_else, stored_type
from slidebox.transfer.s3_service import NotThereError

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Bucket

SHA256_METADATA = "slidebox-sha256"
"""The object's metadata with the SHA-256 of the whole: Google itself keeps a CRC32C, and at most an MD5."""

_PIECE = 4 * MEBIBYTE
"""What is read is in memory in pieces of this size, whatever the size of the object."""


class GcsPlace(ObjectPlace):
    """A bucket that holds one dataset.

    Google keeps the CRC32C of what it has; it is compared with the one that is worked out here as the bytes go. A file
    of several parts is sent in one resumable upload (Google Cloud, "Resumable uploads"), which goes on where it was
    broken off, on this machine and within a week.

    Parameters
    ----------
    name
        What to call it in a sentence.
    bucket
        Its name at Google.
    ref
        The store.
    connections
        Clients of Google Cloud.
    key
        A stable id; the bucket where not given.
    journal
        What an earlier run has begun.
    reread
        Read every object back instead of believing the checksum in its metadata.
    """

    def __init__(
        self,
        name: str,
        bucket: str,
        ref: GcsRef,
        connections: GcsConnections,
        *,
        key: str = "",
        journal: Journal | None = None,
        reread: bool = False,
    ) -> None:
        self.name = name
        self.bucket = bucket
        self.key = key or bucket
        self._ref = ref
        self._connections = connections
        self._journal = journal or Journal()
        self._generation = 0
        super().__init__(reread=reread)

    def __repr__(self) -> str:
        return f"GcsPlace({self.name!r}, {self.bucket!r})"

    @property
    def client(self) -> Any:
        """The calling thread's client."""
        return self._connections.storage(self._ref)

    @property
    def _bucket(self) -> Bucket:
        found: Bucket = self.client.bucket(self.bucket)
        return found

    def _sentence(self, doing: str) -> AbstractContextManager[None]:
        return told(f"{doing} in {self.name}", self._ref)

    def check(self) -> None:
        """Insist that the bucket answers to whoever is signed in."""
        with self._sentence("listing it"):
            next(iter(self.client.list_blobs(self.bucket, max_results=1, retry=patiently())), None)

    def _list(self) -> dict[str, int]:
        with self._sentence("listing it"):
            listed = self.client.list_blobs(self.bucket, fields="items(name,size),nextPageToken", retry=patiently())
            return {blob.name: int(blob.size) for blob in listed}

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        found = self._blob(CRATE_FILE)
        self._generation = int(found.generation) if found else 0
        if found is None:
            return None
        with self._sentence("reading the manifest"):
            data: bytes = found.download_as_bytes(if_generation_match=self._generation, retry=patiently())
            return data

    def _look(self, path: str) -> Kept | None:
        found = self._blob(path)
        return Kept(int(found.size or 0), said_in(found.metadata, SHA256_METADATA), found.crc32c) if found else None

    def _blob(self, path: str) -> Blob | None:
        with self._sentence(f"looking at {path}"):
            return self._bucket.get_blob(path, retry=patiently())

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Send a file, in one request or in a resumable upload, and look whether it is there.

        Raises
        ------
        IntegrityError
            If the bucket has other bytes.
        UnreadableError
            If it cannot be reached or refuses.
        """
        entry = content.entry
        sent = crc32c()
        with self._sentence(f"writing {entry.path}"):
            blob = self._described(entry.path, entry.sha256)
            if entry.size <= part_size(entry.size):
                data = b"".join(chunks)
                sent.update(data)
                self._send(blob, data)
            else:
                upload = Upload(blob, entry, self.client, self._journal, self.key)
                upload.run(chunks, sent)
        found = self._look(entry.path)
        if found is None or found.crc32c != sent.text or not self._is(content, found):
            raise other_bytes(entry.path, self.name)

    def _send(self, blob: Blob, data: bytes, **condition: int) -> None:
        # Google compares what arrives with the checksum that is sent along, and refuses other bytes.
        kind = stored_type(blob.name or "")
        blob.upload_from_string(data, content_type=kind, checksum="crc32c", retry=patiently(), **condition)

    def _described(self, path: str, sha256: str) -> Blob:
        """An object that says what kind of file it is, and its SHA-256."""
        blob = self._bucket.blob(path)
        blob.content_type = stored_type(path)
        blob.metadata = {SHA256_METADATA: sha256}
        return blob

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of an object, in chunks."""
        found = self._blob(path)
        if found is None:
            raise NotThereError(f"{self.name} does not hold what its manifest says.")
        yield self._chunks(path, found)

    def _chunks(self, path: str, found: Blob) -> Iterator[bytes]:
        # One version from the first piece to the last, whatever is written meanwhile.
        same: Mapping[str, Any] = {"if_generation_match": found.generation, "retry": patiently()}
        for start in range(0, int(found.size or 0), _PIECE):
            with self._sentence(f"reading {path}"):
                data: bytes = found.download_as_bytes(start=start, end=start + _PIECE - 1, checksum=None, **same)
            yield data

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest, on condition that it still is what it was.

        Raises
        ------
        IntegrityError
            If it is not.
        """
        from google.api_core.exceptions import PreconditionFailed  # noqa: PLC0415 - only where a store is in Google Cloud

        if self.manifest() != before:
            raise somebody_else(self.name)
        blob = self._described(CRATE_FILE, digest(manifest))
        with self._sentence("writing the manifest"):
            try:
                self._send(blob, manifest, if_generation_match=self._generation)
            except PreconditionFailed as error:
                raise somebody_else(self.name) from error
        if self.manifest() != manifest:
            raise IntegrityError(f"The manifest was sent to {self.name}, which has another one.")


class RetirableGcs(GcsPlace):
    """A bucket with earlier versions: what is set aside becomes one, and an earlier version can come back."""

    def set_aside(self, token: str, files: list[str]) -> None:
        """Delete the objects, of which the bucket keeps the versions."""
        with self._sentence("looking at it"):
            bucket = self.client.get_bucket(self.bucket, retry=patiently())
        if not bucket.versioning_enabled:
            raise UnreadableError(
                f"{self.name} keeps no earlier versions, so nothing in it can be set aside and brought back.",
                "Switch its versions on, or let a steward delete what it holds.",
            )
        there = self._list()
        for path in [CRATE_FILE, *sorted(files)]:
            if path in there:
                with self._sentence(f"setting {path} aside"):
                    bucket.delete_blob(path, retry=patiently())
        self._sizes = None

    def bring_back(self, token: str, files: list[str]) -> None:
        """Make the latest earlier version of each the live one."""
        there, latest = self._list(), self._latest()
        for path in [*sorted(files, reverse=True), CRATE_FILE]:
            if path in there or path not in latest:
                continue
            with self._sentence(f"bringing {path} back"):
                _copy(latest[path], self._bucket.blob(path))
        self._sizes = None
        missing = {CRATE_FILE, *files} - {*self._list()}
        if missing:
            raise UnreadableError(
                f"{len(missing)} file(s) cannot be brought back into {self.name}, such as {min(missing)}.",
                "Their versions are gone: bring the dataset back from another copy.",
            )

    def _latest(self) -> dict[str, Blob]:
        """The latest earlier version of each object."""
        found: dict[str, Blob] = {}
        with self._sentence("listing it"):
            for blob in self.client.list_blobs(self.bucket, versions=True, retry=patiently()):
                if blob.time_deleted and (
                    blob.name not in found or int(blob.generation) > int(found[blob.name].generation)
                ):
                    found[blob.name] = blob
        return found

    def purge(self, token: str, files: list[str]) -> None:
        """Delete every earlier version of what is not live; what was put again since stays."""
        there, wanted = self._list(), {CRATE_FILE, *files}
        with self._sentence("listing it"):
            listed = list(self.client.list_blobs(self.bucket, versions=True, retry=patiently()))
        for blob in listed:
            if blob.name in wanted and blob.name not in there:
                with self._sentence(f"deleting {blob.name}"):
                    blob.delete(if_generation_match=blob.generation, retry=patiently())


def _copy(version: Blob, into: Blob) -> None:
    """Copy an earlier version inside Google where nothing is live, in as many steps as it takes."""
    into.content_type, into.metadata = version.content_type, version.metadata
    token, _, _ = into.rewrite(version, if_generation_match=0, retry=patiently())
    while token:
        token, _, _ = into.rewrite(version, token=token, if_generation_match=0, retry=patiently())
