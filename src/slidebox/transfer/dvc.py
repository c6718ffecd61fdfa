"""A dataset that DVC keeps: its files in a remote, and a `.dvc` file in git that says which.

What is put is written into the working copy, added and pushed by ``dvc`` itself, and then every file is read back from
the remote and compared with the manifest: neither DVC's word nor its cache counts. What is read comes from the remote.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest, decode
from slidebox.provider.dvc_config import remote as remote_of
from slidebox.provider.dvc_config import shown
from slidebox.transfer import dvc_tree
from slidebox.transfer.dvc_program import Dvc
from slidebox.transfer.places import Content, Held, Place, sha256_of, somebody_else, verified
from slidebox.transfer.put import WORKERS, in_parallel
from slidebox.transfer.waiting import Waiting, has_bytes

_UP = "Make it with `pulumi up -s PROJECT`."


class DvcPlace:
    """A remote of DVC that holds one dataset, and the working copy through which it is written.

    Parameters
    ----------
    name
        What to call it in a sentence.
    key
        A stable id.
    repository
        The working copy of the git repository.
    tracked
        The dataset's folder in it.
    remote, url
        Name of the remote, and where it has to lie.
    below
        Opens the folder or bucket of the remote; asked anew whenever something may have changed there.
    dvc
        Runs DVC in the working copy.
    """

    def __init__(
        self,
        name: str,
        *,
        key: str,
        repository: Path,
        tracked: str,
        remote: str,
        url: str,
        below: Callable[[], Place],
        dvc: Dvc,
    ) -> None:
        self.name = name
        self.key = key
        self._root = repository
        self._tracked = tracked
        self._remote = remote
        self._url = url
        self._open = below
        self._below = below()
        self._dvc = dvc
        self._folder: tuple[str, Mapping[str, str] | None] = ("", None)
        # Beside the data, on the same disk, where git and DVC do not look.
        staging = repository / ".dvc" / "tmp" / "slidebox" / remote
        self._waiting = Waiting(name, staging, key)

    def __repr__(self) -> str:
        return f"DvcPlace({self.name!r}, {self._remote!r})"

    @property
    def _pointer(self) -> Path:
        return self._root / f"{self._tracked}.dvc"

    def _text(self, file: Path) -> str | None:
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableError(f"{file} cannot be read.", "Restore it from git.") from error

    def check(self) -> None:
        """Insist that the repository names the remote, and that it answers.

        Raises
        ------
        UnreadableError
            If it does not.
        """
        config = self._root / ".dvc" / "config"
        found = remote_of(self._text(config) or "", self._remote)
        if found is None:
            raise UnreadableError(f"{config} has no remote {self._remote!r}.", _UP)
        if found.options.get("url") != self._url:
            raise UnreadableError(
                f"Remote {self._remote!r} in {config} lies in {shown(found.options.get('url'))}, not in {self._url!r}.",
                _UP,
            )
        self._below.check()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the working copy for this dataset; what an earlier run has verified there is used."""
        self.check()
        self._dvc.require()
        self._dvc.insist_on_known_host(self._remote)
        with self._waiting.writing():
            yield
        with suppress(OSError):
            self._waiting.folder.rmdir()

    def free(self) -> int | None:
        """Bytes that can still be written: the working copy and DVC's cache each take them, and so does the remote."""
        below, here = self._below.free(), shutil.disk_usage(self._root).free // 2
        return here if below is None else min(here, below)

    def _files(self) -> Mapping[str, str]:
        """The MD5 of each file that git says is the dataset, by path; none where the remote does not have the list."""
        text = self._text(self._pointer)
        md5 = dvc_tree.tracked(text, str(self._pointer)) if text is not None else ""
        if self._folder[0] != md5 or self._folder[1] is None:
            self._folder = (md5, dvc_tree.folder(self._below, md5) if md5 else {})
        return self._folder[1] or {}

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, from the remote."""
        md5 = self._files().get(CRATE_FILE)
        return dvc_tree.small(self._below, md5, md5) if md5 else None

    def size(self, path: str) -> int | None:
        """Bytes of a file in the remote."""
        md5 = self._files().get(path)
        return self._below.size(dvc_tree.object_path(md5)) if md5 else None

    def holds(self, content: Content) -> Held:
        """What the remote has under the name of a file, read back; or what waits in the working copy to be pushed."""
        entry = content.entry
        there = self.size(entry.path)
        if there == entry.size:
            with self._stored(entry.path) as chunks:
                if sha256_of(chunks) == entry.sha256:
                    return Held.SAME
        if any(has_bytes(file, entry) for file in self._here(entry.path)):
            return Held.SAME
        return Held.NOTHING if there is None else Held.OTHER

    def _here(self, path: str) -> tuple[Path, Path]:
        """Where a file may wait: verified and not yet in its place, and in its place."""
        return self._waiting.folder / path, self._root / self._tracked / path

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Write a file into the working copy and verify it; it is pushed with the manifest."""
        self._waiting.write(content, chunks)

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file; while the place is written to, those that wait to be pushed."""
        beside = self._root / self._tracked if path not in self._files() else None
        with self._waiting.read(path, beside) or self._stored(path) as chunks:
            yield chunks

    @contextmanager
    def _stored(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, from the remote."""
        md5 = self._files().get(path)
        if md5 is None:
            raise UnreadableError(f"{path} is not in {self.name}.", "Its manifest says otherwise: put it again.")
        with self._below.read(dvc_tree.object_path(md5)) as chunks:
            yield chunks

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Add, push, read everything back; git's file names the new state only if all of it is there.

        Raises
        ------
        IntegrityError
            If somebody else has changed the dataset, or the remote has other bytes than were put.
        UnreadableError
            If DVC fails.
        """
        self.check()
        if self.manifest() != before and not self._just_published(manifest):
            raise somebody_else(self.name)
        listed = decode(manifest, f"The manifest of {self.name}")
        self._assemble(listed, manifest)
        pointer = self._text(self._pointer)
        try:
            self._dvc.run("add", self._tracked)
            # DVC pushes only into the remote that the file names, whatever it is told.
            added = self._text(self._pointer) or ""
            self._replace(dvc_tree.with_remote(added, str(self._pointer), self._remote))
            self._dvc.run("push", "--remote", self._remote, f"{self._tracked}.dvc")
            self._read_back(listed, manifest)
            self._replace(self._named(added, pointer))
        except BaseException:
            # What is in git stays what the remote has, whole.
            self._replace(pointer)
            raise

    def _just_published(self, manifest: bytes) -> bool:
        """Whether the working copy is this very state already: another remote of it has got it just now."""
        file = self._root / self._tracked / CRATE_FILE
        return file.is_file() and file.read_bytes() == manifest

    def _named(self, text: str, before: str | None) -> str:
        """Git's file, naming the remote that it named before if there still is one, else this one."""
        file = str(self._pointer)
        said = dvc_tree.named_remote(before, file) if before is not None else ""
        config = self._text(self._root / ".dvc" / "config") or ""
        return dvc_tree.with_remote(text, file, said if said and remote_of(config, said) else self._remote)

    def _replace(self, text: str | None) -> None:
        if text is None:
            self._pointer.unlink(missing_ok=True)
            return
        draft = self._pointer.with_name(f"{self._pointer.name}.slidebox-new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._pointer)

    def _assemble(self, listed: Manifest, manifest: bytes) -> None:
        """Make the folder in the working copy what the manifest lists, and nothing else."""
        folder = self._root / self._tracked
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.resolve() != self._root.resolve() / self._tracked:
                raise InputError(f"{folder} is a link to elsewhere; nothing was written there.", "Remove the link.")
            self._clear(folder, {*listed.by_path, CRATE_FILE})
            for entry in listed.files:
                self._bring(entry)
            draft = self._waiting.folder / CRATE_FILE
            draft.write_bytes(manifest)
            draft.replace(folder / CRATE_FILE)
            _remove_empty(folder)
            _remove_empty(self._waiting.folder)
        except OSError as error:
            raise UnreadableError(
                f"{folder} cannot be written: {error.strerror or error}.", "Make room, then run the same command again."
            ) from error

    def _clear(self, folder: Path, listed: set[str]) -> None:
        """Remove what is not part of the dataset any more, and of which the remote has the bytes.

        Raises
        ------
        InputError
            If there is a file that nothing keeps: DVC would push it with the others.
        """
        known = self._files()
        extra = [path for path in _paths(folder) if path not in listed]
        strays = [path for path in extra if path not in known or known[path] != _md5(folder / path)]
        if strays:
            raise InputError(
                f"{folder} has {len(strays)} file(s) that are not part of the dataset, such as {min(strays)}; "
                "nothing was pushed.",
                "Move them elsewhere.",
            )
        for path in extra:
            (folder / path).unlink()

    def _bring(self, entry: FileEntry) -> None:
        """Have a file of the dataset in the working copy: from where it waits, or from the remote."""
        staged, target = self._here(entry.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if has_bytes(staged, entry):
            staged.replace(target)
        elif not has_bytes(target, entry):
            with self._stored(entry.path) as chunks:
                self._waiting.write(Content(entry), verified(chunks, entry, self.name))
            staged.replace(target)

    def _read_back(self, listed: Manifest, manifest: bytes) -> None:
        """Compare every file of the remote with the manifest.

        Raises
        ------
        IntegrityError
            If one is missing or has other bytes.
        """
        self._below = self._open()
        self._folder = ("", None)
        if self.manifest() != manifest:
            raise self._not_there(CRATE_FILE, self._files().get(CRATE_FILE))

        def compare(entry: FileEntry) -> None:
            if self.size(entry.path) == entry.size:
                with self._stored(entry.path) as chunks:
                    if sha256_of(chunks) == entry.sha256:
                        return
            raise self._not_there(entry.path, self._files().get(entry.path))

        in_parallel(listed.files, compare, WORKERS, Event())

    def _not_there(self, path: str, md5: str | None) -> IntegrityError:
        where = f" ({dvc_tree.object_path(md5)})" if md5 else ""
        return IntegrityError(
            f"{path} was pushed to {self.name}, which does not have its bytes{where}; git's file stays as it was.",
            "Delete that object in the remote, then run the same command again.",
        )


def _paths(folder: Path) -> Iterator[str]:
    """Every file, and every link to a folder: nothing is written or pushed through one."""
    for here, folders, names in os.walk(folder):
        for name in (*names, *(name for name in folders if (Path(here) / name).is_symlink())):
            yield (Path(here) / name).relative_to(folder).as_posix()


def _md5(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _remove_empty(folder: Path) -> None:
    """Remove the folders inside one that have nothing in them any more."""
    for here, _, _ in os.walk(folder, topdown=False):
        if here != str(folder):
            with suppress(OSError):
                Path(here).rmdir()
