"""A dataset in a folder of OneDrive, Dropbox or Google Drive, behind rclone."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from slidebox import rclone
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.naming import folder_of
from slidebox.provenance import CRATE_FILE, RESERVED_PREFIX, digest
from slidebox.quantities import human_bytes
from slidebox.rclone import Item, NotThereError, RemoteFolder
from slidebox.rclone.sums import SUMS, Sum
from slidebox.shares import Names, Service, require_apart, require_names, services
from slidebox.systems import load_systems
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Content, Held, other_bytes, sha256_of, somebody_else
from slidebox.transfer.remembered import compared, sha256_in

if TYPE_CHECKING:
    from slidebox.transfer.doors import Way

_PARTIAL = f"{RESERVED_PREFIX}partial"
_BIN = f"{RESERVED_PREFIX}retired"
_AT_ONCE = 4


class SharePlace:
    """A folder that holds one dataset.

    A service of Table 1 shows a file only once all of it has arrived; elsewhere it is written under another name
    first. Then the checksum that the service has made of it is compared with one of the bytes that were sent, and
    where it makes none the file is read back.

    Parameters
    ----------
    name
        What to call it in a sentence.
    root
        The lab's folder in the remote.
    path
        The dataset's folder below it.
    key
        A stable id; the folder's own name where not given.
    journal
        Knows what was verified before, and in which state it was left.
    reread
        Read every file back instead of believing the journal.
    most
        Bytes of the largest file that the service takes; no limit where None.
    """

    def __init__(
        self,
        name: str,
        root: RemoteFolder,
        path: str,
        *,
        key: str = "",
        journal: Journal | None = None,
        reread: bool = False,
        most: int | None = None,
    ) -> None:
        self.name = name
        self.key = key or f"{root.fs}/{path}"
        self._root = root
        self._path = path
        self._journal = journal or Journal()
        self._reread = reread
        self._most = most
        self._items: dict[str, Item] | None = None
        self._twice: set[str] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SharePlace({self.name!r}, {self._root.fs!r}, {self._path!r})"

    @cached_property
    def _service(self) -> Service | None:
        """What is known of the service; None where the remote is of another type."""
        return services().get(self._root.rclone.remotes().get(self._root.remote, ""))

    @property
    def _sums(self) -> tuple[str, ...]:
        """The checksums that cost nothing to ask for: a service keeps them."""
        return (self._root.sum,) if self._service and self._root.sum else ()

    def _at(self, path: str) -> str:
        return f"{self._path}/{path}"

    def check(self) -> None:
        """Insist that the folder is there and has slidebox's mark.

        Raises
        ------
        UnreadableError
            If it is not.
        """
        if self._root.find(self._at(f"{RESERVED_PREFIX}location.json")) is None:
            raise UnreadableError(
                f"The folder of {self.name} is not there, or is not slidebox's.", "Make it with `pulumi up -s PROJECT`."
            )

    def require(self, files: Mapping[str, int]) -> None:
        """Insist that the service can keep all of some files, before the first is sent.

        Parameters
        ----------
        files
            The size of each, by its path.

        Raises
        ------
        InputError
            If a name or a size is more than it takes, or two names are one name there.
        """
        service = self._service
        title = service.title if service else self.name
        require_names(title, service.names if service else Names(), files, f"{self._root.path}/{self._path}")
        if service is None or service.ignores_case:
            require_apart(title, files, self._listed())
        if self._most is not None and (large := [path for path in sorted(files) if files[path] > self._most]):
            raise InputError(
                f"{title} takes files of {human_bytes(self._most)} at most, and {large[0]} has "
                f"{human_bytes(files[large[0]])}; nothing was sent.",
                "Place the dataset elsewhere, or store it in smaller files.",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """List what is there, and clean what an earlier run left half-written, before and after.

        Nothing is held: the services have no lock, and the manifest is written only if it still is what it was.
        """
        self.check()
        self._clean()
        self._items = None
        self._listed()
        yield
        self._clean()

    def _clean(self) -> None:
        if self._service is not None:
            return
        try:
            left = self._root.list(self._at(_PARTIAL))
        except NotThereError:
            return
        for item in left:
            self._root.delete(item.path)
        self._root.remove(self._at(_PARTIAL))

    def _listed(self) -> dict[str, Item]:
        with self._lock:
            if self._items is None:
                self._items = {}
                for item in self._root.list(self._path, *self._sums, recurse=True):
                    path = item.path.removeprefix(f"{self._path}/")
                    if not item.folder and not path.startswith(RESERVED_PREFIX):
                        if path in self._items:
                            self._twice.add(path)
                        self._items[path] = item
            return self._items

    def _item(self, path: str) -> Item | None:
        found = self._listed().get(path)
        if path in self._twice:
            raise InputError(
                f"{self.name} has two files {path}, and nothing says which one counts.",
                "Look at both in the service's own pages and delete one, or run `rclone dedupe`.",
            )
        return found

    def free(self) -> int | None:
        """Bytes that can still be written, where the service says so."""
        return self._root.free()

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        if self._root.find(self._at(CRATE_FILE)) is None:
            return None
        if CRATE_FILE in self._twice:
            self._item(CRATE_FILE)
        return self._root.bytes_of(self._at(CRATE_FILE))

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None where there is none."""
        item = self._item(path)
        return item.size if item else None

    def holds(self, content: Content) -> Held:
        """What lies under the name of a file: read back, but where it is as it was left when it was verified."""
        entry = content.entry
        item = self._item(entry.path)
        if item is None:
            return Held.NOTHING
        # Google Drive keeps a SHA-256 itself, which is as good as reading.
        said = None if self._reread else item.sums.get("sha256")
        return compared(
            self._journal,
            self.key,
            entry,
            item.size,
            lambda: item.stamp,
            lambda: (said or sha256_in(self, entry.path), item.stamp),
            reread=self._reread,
        )

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Send a file, compare what the service has of it, and only then give it its name.

        Raises
        ------
        IntegrityError
            If the service has other bytes.
        UnreadableError
            If it cannot be reached, refuses or is full.
        """
        entry = content.entry
        there = self._item(entry.path) is not None
        direct = self._service is not None
        target = self._at(entry.path)
        draft = target if direct else self._at(f"{_PARTIAL}/{digest(entry.path.encode())[:32]}")
        counted = _Summed(self._root.sum, chunks)
        self._root.send(draft, entry.size, counted)
        if not self._arrived(draft, entry.size, entry.sha256, counted):
            self._root.delete(draft)
            raise other_bytes(entry.path, self.name)
        if not direct:
            if there:
                self._root.delete(target)
            self._root.move(draft, target)
        item = self._root.find(target, *self._sums)
        if item is None or item.size != entry.size:
            raise other_bytes(entry.path, self.name)
        with self._lock:
            if self._items is not None:
                self._items[entry.path] = item
        self._journal.note_stored(self.key, entry.path, item.stamp, entry.sha256)

    def _arrived(self, draft: str, size: int, sha256: str, sent: _Summed) -> bool:
        """Whether what has arrived is what was sent, and what was meant."""
        item = self._root.find(draft, *((sent.name,) if sent.name else ()))
        if sent.sha256 != sha256 or item is None or item.size != size:
            return False
        if said := item.sums.get(sent.name):
            return said.lower() == sent.sum
        with self._root.read(draft) as chunks:
            return sha256_of(chunks) == sha256

    def read(self, path: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, in chunks."""
        return self._root.read(self._at(path))

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Write the manifest, if it still is what it was.

        Raises
        ------
        IntegrityError
            If it is not.
        """
        self.check()
        if self.manifest() != before:
            raise somebody_else(self.name)
        self._root.write(self._at(CRATE_FILE), manifest)
        if self.manifest() != manifest:
            raise IntegrityError(f"The manifest was sent to {self.name}, which has another one.")

    # Setting aside

    def _bin(self, token: str, path: str = "") -> str:
        return f"{_BIN}/{token}/{path}" if path else f"{_BIN}/{token}"

    def _require_moves(self) -> None:
        if not self._root.can("Move"):
            raise UnreadableError(
                f"{self.name} cannot move files by itself, so nothing in it can be set aside and brought back.",
                "Delete it there by hand, once you have read the list.",
            )

    def set_aside(self, token: str, files: Sequence[str]) -> None:
        """Move the files into the lab's own bin in the remote; the service does it, no byte travels."""
        self.check()
        self._require_moves()
        self._items = None
        there = self._listed()
        if CRATE_FILE in there:
            self._root.move(self._at(CRATE_FILE), self._bin(token, CRATE_FILE))
        self._each(
            [(self._at(path), self._bin(token, path)) for path in sorted(files) if path in there and self._item(path)]
        )
        self._items = None
        self._remove_empty(self._path, files)

    def bring_back(self, token: str, files: Sequence[str]) -> None:
        """Move the files back; what has come there meanwhile stays."""
        self.check()
        self._require_moves()
        self._items = None
        there, kept = self._listed(), self._kept(token)
        back = sorted(path for path in (*files, CRATE_FILE) if path in kept)
        if again := [path for path in back if path in there]:
            raise UnreadableError(
                f"{again[0]} is in {self.name} again, so the one that was set aside cannot come back.",
                f"It lies in {self._root.fs}/{self._bin(token, again[0])}: compare the two, and move one of them away.",
            )
        self._each([(self._bin(token, path), self._at(path)) for path in back if path != CRATE_FILE])
        if CRATE_FILE in back:
            self._root.move(self._bin(token, CRATE_FILE), self._at(CRATE_FILE))
        self._items = None
        self._remove_empty(self._bin(token), files)
        self._root.remove(self._bin(token))

    def purge(self, token: str, files: Sequence[str]) -> None:
        """Delete the files in the bin; the service may keep them in its own for a while."""
        for path in sorted(self._kept(token) & {*files, CRATE_FILE}):
            self._root.delete(self._bin(token, path))
        self._remove_empty(self._bin(token), files)
        self._root.remove(self._bin(token))

    def _kept(self, token: str) -> set[str]:
        try:
            items = self._root.list(self._bin(token), recurse=True)
        except NotThereError:
            return set()
        return {item.path.removeprefix(f"{self._bin(token)}/") for item in items if not item.folder}

    def _each(self, moves: Sequence[tuple[str, str]]) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="aside") as pool:
            for _ in pool.map(lambda move: self._root.move(*move), moves):
                pass

    def _remove_empty(self, top: str, files: Sequence[str]) -> None:
        """Remove the folders inside that have nothing in them any more."""
        folders = {path.rpartition("/")[0] for path in files if "/" in path}
        folders |= {"/".join(folder.split("/")[:n]) for folder in folders for n in range(1, folder.count("/") + 1)}
        for folder in sorted(folders, key=lambda f: f.count("/"), reverse=True):
            self._root.remove(f"{top}/{folder}")


def open_share(way: Way) -> SharePlace:
    """The way into a folder of a file service.

    Parameters
    ----------
    way
        All that it takes.
    """
    root = RemoteFolder(rclone.shared(), way.store.remote or "", way.store.path or "")
    most = load_systems(way.lab.file.playbook).limits(way.store.system).max_file_bytes
    path = folder_of(way.lab, way.where.id.partition("@")[0], way.where.store)
    return SharePlace(way.where.name, root, path, key=way.where.id, journal=way.journal, reread=way.reread, most=most)


class _Summed(Iterator[bytes]):
    """Chunks whose SHA-256, and whose checksum of the service's own kind, are worked out as they pass."""

    def __init__(self, name: str, chunks: Iterator[bytes]) -> None:
        self.name = name
        self._chunks = chunks
        self._sha256 = hashlib.sha256()
        self._own: Sum | None = SUMS[name]() if name and name != "sha256" else None

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self._sha256.update(chunk)
        if self._own is not None:
            self._own.update(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        """Of all that has passed."""
        return self._sha256.hexdigest()

    @property
    def sum(self) -> str:
        """Of the service's own kind."""
        return self._own.hexdigest() if self._own is not None else self.sha256
