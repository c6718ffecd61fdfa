"""A dataset in a folder on a cluster, over SFTP."""

from __future__ import annotations

import errno
import posixpath
import stat as modes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from slidebox.cluster import Cluster, repeatable, space, wire
from slidebox.cluster.faults import RefusedError, sentence
from slidebox.cluster.shell import state_of
from slidebox.errors import UnreadableError
from slidebox.provenance import CRATE_FILE, RESERVED_PREFIX, FileEntry, digest
from slidebox.transfer.cluster_many import ManyFiles
from slidebox.transfer.cluster_sending import AT_ONCE, SMALL, Sending, is_file
from slidebox.transfer.cluster_tree import ClusterTree
from slidebox.transfer.journal import Journal, Stamp
from slidebox.transfer.places import Content, Held, other_bytes, sha256_of, somebody_else
from slidebox.transfer.remembered import compared

if TYPE_CHECKING:
    from paramiko import SFTPClient

_PARTIAL = f"{RESERVED_PREFIX}partial"
_HASH_BYTES_A_SECOND = 5_000_000
"""A server that is slower than this has failed."""
_SUMMED_AT_ONCE = 200
"""So many files one command sums: their names stay far below what a command line may have."""
_HEX = 64
_STALE_SECONDS = 7 * 86_400
"""An upload that nobody has gone on with for a week is not going on any more."""


def _no_guard() -> None:
    """Nothing to insist on."""


class ClusterPlace:
    """A folder on a cluster that holds one dataset.

    A file is written under `.slidebox-partial`, by the name of its bytes, forced to the disk where the server can do
    that, read back or hashed there, compared, and only then given its own name. What was sent before a break stays,
    and is compared with the file as the upload goes over it again: it goes on where the two are alike.

    Parameters
    ----------
    name
        What to call it in a sentence.
    cluster
        The server.
    folder
        The folder, which has to be there.
    key
        A stable id; server and folder where not given.
    guard
        Insists that the right file system is there, and raises if not.
    group
        The group whose quota counts.
    journal
        Knows what was verified before, and in which state it was left.
    reread
        Read every file back instead of believing the journal.
    """

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        folder: str,
        *,
        key: str = "",
        guard: Callable[[], None] = _no_guard,
        group: str | None = None,
        journal: Journal | None = None,
        reread: bool = False,
    ) -> None:
        self.name = name
        self.key = key or f"{cluster}:{folder}"
        self.folder = folder
        self._cluster = cluster
        self._guard = guard
        self._group = group
        self._journal = journal or Journal()
        self._reread = reread
        self._tree = ClusterTree(name, cluster, folder)
        self._many = ManyFiles(name, cluster, self._tree, _PARTIAL)
        self._drafts: frozenset[str] | None = None

    def __repr__(self) -> str:
        return f"ClusterPlace({self.name!r}, {self.folder!r})"

    def check(self) -> None:
        """Insist that the file system and the folder are there.

        Raises
        ------
        UnreadableError
            If one is not.
        """
        self._guard()
        if not self._cluster.is_folder(self.folder):
            raise UnreadableError(
                f"The folder of {self.name} is not there: {self.folder} on {self._cluster}.",
                "Make it with `pulumi up -s PROJECT`.",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make the folder for what is being written, and take away at the end what nobody goes on with.

        Nothing is held: a file on its way is named by its bytes, so that two who write at once write the same, and the
        manifest is written only if it still is what it was.
        """
        self.check()
        self._tree.make(_PARTIAL, 0o2770)
        self._drafts = frozenset(self._tree.list(_PARTIAL) or ())
        try:
            yield
        finally:
            self._drafts = None
            self._clean()

    def _clean(self) -> None:
        """Remove what was left unfinished long ago, and the folder if it is empty."""
        partial_folder = posixpath.join(self.folder, _PARTIAL)

        def work(sftp: SFTPClient) -> None:
            left = sftp.listdir_attr(partial_folder)
            newest = max((about.st_mtime or 0 for about in left), default=0)
            now = sftp.stat(self.folder).st_mtime or 0
            for about in left:
                # By the server's own clock: the folder was changed when the last file got its name.
                if max(now, newest) - (about.st_mtime or 0) > _STALE_SECONDS:
                    sftp.remove(posixpath.join(partial_folder, about.filename))
            sftp.rmdir(partial_folder)

        try:
            self._cluster.tried(work)
        except (RefusedError, UnreadableError):
            return  # something is in it: the next run goes on with it

    def free(self) -> int | None:
        """Bytes that can still be written: of the file system, and of the quota where there is one."""
        return space.free(self._cluster, self.folder, self._group)

    def manifest(self) -> bytes | None:
        """The bytes of the manifest, or None."""
        found = self._cluster.status(self._tree.absolute(CRATE_FILE))
        return self._cluster.read(self._tree.absolute(CRATE_FILE)) if is_file(found) else None

    def size(self, path: str) -> int | None:
        """Bytes of a file, or None where there is none."""
        found = self._tree.about(path)
        return found if found is not None and found >= 0 else None

    # What is there

    def holds(self, content: Content) -> Held:
        """What lies under the name of a file: hashed there, or read back, but where it is as it was left."""
        entry = content.entry
        size = self.size(entry.path)
        if size is None:
            return Held.NOTHING
        path = self._tree.absolute(entry.path)
        return compared(
            self._journal,
            self.key,
            entry,
            size,
            lambda: self._stamp(path, size),
            lambda: self._looked(path, size),
            reread=self._reread,
        )

    def _looked(self, path: str, size: int) -> tuple[str, Stamp]:
        """SHA-256 and state of a file: worked out on the server where it allows commands, read back where not."""
        if size <= SMALL:
            return sha256_of(self._chunks(path)), self._stamp(path, size)
        seconds = 120 + size / _HASH_BYTES_A_SECOND
        said = self._cluster.in_shell(lambda shell: shell.looked(path, seconds))
        sha256, state = said or ("", None)
        stamp = (state[0], state[1], 0, state[2]) if state else self._stamp(path, size)
        return sha256 or sha256_of(self._chunks(path)), stamp

    def _stamp(self, path: str, size: int) -> Stamp:
        """The state of a file: to the second, of a large one to the nanosecond where the server allows commands."""
        answer = self._cluster.ask("stat", "-c", "%s %.9Y %i", "--", path) if size > SMALL else None
        if answer is not None and answer.code == 0 and (state := state_of(answer.text.strip())):
            return state[0], state[1], 0, state[2]
        found = self._cluster.status(path)
        return (found.st_size or 0, (found.st_mtime or 0) * 10**9, 0, 0) if found else (-1, 0, 0, 0)

    # Writing

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Send a file, compare what arrived, and give it its name.

        Raises
        ------
        IntegrityError
            If the server has other bytes than were sent.
        UnreadableError
            If it cannot be written: full, not allowed, gone.
        """
        entry = content.entry
        self._tree.require_free_of_folder(entry.path)
        stamp = self._replace(self._tree.absolute(entry.path), entry, chunks)
        self._tree.note(entry.path, entry.size)
        self._journal.note_stored(self.key, entry.path, stamp, entry.sha256)

    @property
    def small(self) -> int:
        """Up to here files are sent many at once."""
        return SMALL

    def write_many(self, files: Sequence[tuple[Content, bytes]]) -> None:
        """Send small files together, compare what arrived, and give each its name.

        One that an earlier run has begun is sent by itself, and so is one that did not arrive, which says why not.

        Raises
        ------
        IntegrityError
            If the server has other bytes than were sent.
        UnreadableError
            If one cannot be written.
        """
        for content, _ in files:
            self._tree.require_free_of_folder(content.entry.path)
        named = ((_draft(content.entry), content.entry, data) for content, data in files)
        drafts = {name: (entry, data) for name, entry, data in named if not self._begun(name)}
        arrived = self._many.send(drafts, self._tree.mode() & 0o660, self._name)
        for content, data in files:
            entry = content.entry
            stamp = arrived.get(_draft(entry))
            if stamp is None:
                self.write(content, iter([data]))
                continue
            if stamp[0] < 0:
                stamp = self._stamp(self._tree.absolute(entry.path), entry.size)
            self._tree.note(entry.path, entry.size)
            self._journal.note_stored(self.key, entry.path, stamp, entry.sha256)

    def _begun(self, draft: str) -> bool:
        """Whether an earlier run may have begun to send a file."""
        return self._drafts is None or draft in self._drafts

    def _replace(self, target: str, entry: FileEntry, chunks: Iterator[bytes]) -> Stamp:
        name = _draft(entry)
        draft = self._tree.absolute(f"{_PARTIAL}/{name}")
        sending = Sending(self._cluster, draft, self.name, self._tree.mode() & 0o660)
        sha256, stamp = sending.send(chunks, entry.size, begun=self._begun(name)) or self._looked(draft, entry.size)
        if sha256 != entry.sha256:
            self._cluster.again(f"removing {draft}", partial(repeatable.remove, draft))
            raise other_bytes(entry.path, self.name)
        self._name(draft, target)
        return stamp

    def _name(self, draft: str, target: str) -> None:
        """Give a finished file its name; done twice, it is done."""

        def work(sftp: SFTPClient) -> None:
            try:
                wire.replace(sftp, draft, target)
            except FileNotFoundError:
                # The answer to the first attempt was lost with the connection, or another run was first.
                sftp.lstat(target)

        try:
            self._cluster.tried(work)
        except RefusedError as error:
            sticky = self._tree.mode() & modes.S_ISVTX
            # In a folder of raw images nobody replaces another's file. The manifest is everybody's to bring up to
            # date: it is written over in place, as its mode allows its group.
            if error.number != errno.EACCES or not sticky or posixpath.basename(target) != CRATE_FILE:
                if self._cluster.is_folder(target):
                    raise self._tree.is_a_folder(target) from error
                raise sentence(error, self._cluster, f"naming {target}") from error
            self._write_over(target, self._cluster.read(draft) or b"")
            self._cluster.again(f"removing {draft}", partial(repeatable.remove, draft))

    def _write_over(self, target: str, data: bytes) -> None:
        def work(sftp: SFTPClient) -> None:
            with wire.OpenFile(sftp, target, wire.WRITE) as file:
                file.write(0, data)
                file.cut(len(data))
                file.sync()

        self._cluster.again(f"writing {target}", work, path=self.folder)

    def summed_there(self, entries: Sequence[FileEntry]) -> Mapping[str, str]:
        """SHA-256 of files by path, worked out on the server; of none where it allows no commands.

        A link or a file of another size has none, so that it is read, and refused.
        """
        found: dict[str, str] = {}
        self._tree.forget()
        fitting = [entry for entry in entries if self.size(entry.path) == entry.size]
        for start in range(0, len(fitting), _SUMMED_AT_ONCE):
            batch = fitting[start : start + _SUMMED_AT_ONCE]
            seconds = 120 + sum(entry.size for entry in batch) / _HASH_BYTES_A_SECOND
            paths = {self._tree.absolute(entry.path): entry.path for entry in batch}
            answer = self._cluster.ask("sha256sum", "--zero", "--", *paths, seconds=seconds)
            if answer is None:
                break
            for line in answer.text.split("\0"):
                sha256, _, name = line.partition("  ")
                if name in paths and len(sha256) == _HEX:
                    found[paths[name]] = sha256
        return found

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, in chunks."""
        if self.size(path) is None:
            raise UnreadableError(f"{path} is not in {self.name}.", "Bring it back from another copy.")
        yield self._chunks(self._tree.absolute(path))

    def _chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, a few MiB at a time: memory does not grow with it, and a break costs no more."""
        offset = 0
        while True:

            def work(sftp: SFTPClient, start: int = offset) -> bytes:
                with wire.OpenFile(sftp, path, wire.READ) as file:
                    return b"".join(file.read(start, AT_ONCE))

            data = self._cluster.again(f"reading {path}", work)
            if data:
                yield data
            if len(data) < AT_ONCE:
                return
            offset += len(data)

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
        self._tree.make(_PARTIAL, 0o2770)
        entry = FileEntry("manifest", len(manifest), digest(manifest))
        self._replace(self._tree.absolute(CRATE_FILE), entry, iter([manifest]))


def _draft(entry: FileEntry) -> str:
    """What a file is called while it is on its way: two who write at once write the same."""
    return f"{digest(entry.path.encode())[:24]}-{entry.sha256[:32]}"
