"""Places whose files can be set aside: gone for everybody who reads, and there again if that was wrong.

What is set aside has a name, its token. The manifest goes first and comes back last: a place never has a manifest
without the files that it lists. Every step can be done again after it was stopped anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from slidebox.errors import UnreadableError
from slidebox.provenance import CRATE_FILE
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.s3 import S3Place

BIN = ".slidebox-retired"
"""The folder on a disk in which files are that were set aside there."""

_AT_ONCE = 1000
"""So many objects may one request name (Amazon S3 API, DeleteObjects)."""

_MARKED = "DeleteMarkers"


@runtime_checkable
class Retirable(Protocol):
    """A place that can set files aside, bring them back, and delete what was set aside."""

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Take files away from everybody who reads the place; those that are not there are done.

        Parameters
        ----------
        token
            Under which name.
        files
            Their paths in the dataset.

        Raises
        ------
        UnreadableError
            If the place cannot keep what is taken away, or refuses.
        """

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Put files that were set aside where they were; what has come there meanwhile stays.

        Raises
        ------
        UnreadableError
            If one cannot be brought back.
        """

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Delete for good what was set aside.

        Raises
        ------
        UnreadableError
            If it cannot be deleted.
        """


def _manifest_first(files: Iterable[str]) -> list[str]:
    return [CRATE_FILE, *sorted(files)]


class RetirableFolder(DrivePlace):
    """A folder on a disk: what is set aside is renamed into another folder of the same disk.

    Parameters
    ----------
    name, folder, more
        As for `DrivePlace`.
    root
        The folder of the disk.
    """

    def __init__(self, name: str, folder: Path, root: Path, **more: Any) -> None:
        super().__init__(name, folder, **more)
        self._root = root

    def _bin(self, token: str) -> Path:
        return self._root / BIN / token

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Rename the files into the disk's own bin."""
        self.check()
        with self._errors():
            self._bin(token).mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in _manifest_first(files):
                file = self._resolve(path)
                if self._is_file(file):
                    _rename(file, self._bin(token) / path)
            self._remove_empty(files)

    def _remove_empty(self, files: Sequence[str]) -> None:
        """Remove the folders inside the place that have nothing in them any more."""
        folders = {parent for path in files for parent in Path(path).parents if parent != Path()}
        for folder in sorted(folders, key=lambda f: len(f.parts), reverse=True):
            with suppress(OSError):
                (self.folder / folder).rmdir()

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Rename the files back."""
        self.check()
        with self._errors():
            for path in reversed(_manifest_first(files)):
                kept, file = self._bin(token) / path, self._resolve(path, make=True)
                if kept.is_file() and self._is_file(file):
                    raise UnreadableError(
                        f"{path} is in {self.name} again, so the one that was set aside cannot come back.",
                        f"It lies in {kept}: compare the two, and move one of them away.",
                    )
                if kept.is_file():
                    _rename(kept, file)
            _clear(self._bin(token))

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Delete the files in the bin."""
        self._guard()
        with self._errors():
            for path in _manifest_first(files):
                (self._bin(token) / path).unlink(missing_ok=True)
            _clear(self._bin(token))


def _rename(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    file.rename(target)


def _clear(folder: Path) -> None:
    """Remove a folder and those inside it, where they have no file any more."""
    for here, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(here).rmdir()


class RetirableBucket(S3Place):
    """A bucket with versions: what is set aside is hidden behind a marker, and a marker can be taken away."""

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Delete the objects, of which the bucket keeps the versions."""
        with self._sentence():
            kept = self._client.get_bucket_versioning(Bucket=self.bucket).get("Status")
        if kept != "Enabled":
            raise UnreadableError(
                f"{self.name} keeps no versions, so nothing in it can be set aside and brought back.",
                "Switch its versions on, or let a steward delete what it holds.",
            )
        there = {*self._list()}
        for path in _manifest_first(files):
            if path in there:
                with self._sentence():
                    self._client.delete_object(Bucket=self.bucket, Key=path)
        self._sizes = None

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Take the markers away."""
        markers = {
            item["Key"]: item["VersionId"]
            for page in self._versions()
            for item in page.get(_MARKED, [])
            if item["IsLatest"]
        }
        for path in reversed(_manifest_first(files)):
            if path in markers:
                with self._sentence():
                    self._client.delete_object(Bucket=self.bucket, Key=path, VersionId=markers[path])
        self._sizes = None
        missing = {*_manifest_first(files)} - {*self._list()}
        if missing:
            raise UnreadableError(
                f"{len(missing)} file(s) cannot be brought back into {self.name}, such as {min(missing)}.",
                "Their versions are gone: bring the dataset back from another copy.",
            )

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Delete every version of what is behind a marker; what was put again since stays."""
        hidden = {item["Key"] for page in self._versions() for item in page.get(_MARKED, []) if item["IsLatest"]}
        wanted = hidden & {*_manifest_first(files)}
        doomed = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for page in self._versions()
            for kind in ("Versions", _MARKED)
            for item in page.get(kind, [])
            if item["Key"] in wanted
        ]
        for start in range(0, len(doomed), _AT_ONCE):
            with self._sentence():
                answer = self._client.delete_objects(
                    Bucket=self.bucket,
                    Delete={"Objects": doomed[start : start + _AT_ONCE], "Quiet": True},  # type: ignore[typeddict-item]
                )
            if errors := answer.get("Errors"):
                first = errors[0]
                raise UnreadableError(
                    f"{self.name} does not delete {first.get('Key')}: {first.get('Message') or first.get('Code')}.",
                    "If it is locked until a day, it can be deleted from then on.",
                )

    def _versions(self) -> Iterator[Any]:
        with self._sentence():
            yield from self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket)


def as_retirable(place: object, name: str) -> Retirable:
    """A place as one that can set files aside.

    Raises
    ------
    UnreadableError
        If it cannot.
    """
    if not isinstance(place, Retirable):
        raise UnreadableError(
            f"slidebox sets nothing aside in {name}.", "Delete it there by hand, once you have read the list."
        )
    return place
