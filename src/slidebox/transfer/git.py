"""A dataset in a git repository: in its folder ``data/``, one commit for each state that was published.

The working copy is slidebox's own, in the lab's folder of state. What was pushed is fetched again into an empty folder,
and every file of it compared with the manifest, before it counts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.provenance import CRATE_FILE, FileEntry, Manifest, decode
from slidebox.quantities import human_bytes
from slidebox.transfer.git_program import Git
from slidebox.transfer.lfs import Lfs, Pointer, Tracking, pointer_of
from slidebox.transfer.places import Content, Held, in_parts, sha256_of, somebody_else
from slidebox.transfer.waiting import Waiting

FOLDER = "data"
"""Where the dataset is in the repository: what lies beside it is not part of it."""


class GitPlace:
    """A repository that holds one dataset.

    Parameters
    ----------
    name
        What to call it in a sentence.
    key
        A stable id.
    git
        Runs git in the working copy, which is made where it is not there.
    branch
        The branch that the data are in.
    largest
        Bytes of the largest file that the host takes in git; None where nothing says.
    lfs
        What Git LFS keeps of the files; None where it keeps none.
    """

    def __init__(
        self,
        name: str,
        *,
        key: str,
        git: Git,
        branch: str = "main",
        largest: int | None = None,
        lfs: Tracking | None = None,
    ) -> None:
        self.name = name
        self.key = key
        self._git = git
        self._branch = branch
        self._largest = largest
        self._tracking = lfs
        self._lfs = Lfs(git) if lfs else None
        self._pointers: dict[str, Pointer] = {}
        self._tree: dict[str, tuple[str, int]] | None = None
        # git does not look into its own folder.
        self._waiting = Waiting(name, git.root / ".git" / "slidebox", key)

    def __repr__(self) -> str:
        return f"GitPlace({self.name!r}, {self._git.url!r})"

    def check(self) -> None:
        """Insist that the repository answers, and see what it has now.

        Raises
        ------
        UnreadableError
            If it does not.
        """
        self._fetch()

    def _fetch(self) -> None:
        """Have the branch as it is now; an empty repository has none."""
        root = self._git.root
        if not (root / ".git").is_dir():
            root.mkdir(parents=True, exist_ok=True)
            self._git.run("init", "--quiet")
        there = self._git.run("ls-remote", self._git.url, f"refs/heads/{self._branch}")
        if there:
            refs = f"+refs/heads/{self._branch}:refs/slidebox/there"
            self._git.run("fetch", "--quiet", "--depth=1", "--no-tags", self._git.url, refs)
        else:
            self._git.run("update-ref", "-d", "refs/slidebox/there")
        self._tree = None

    def _head(self) -> str:
        return self._git.run("for-each-ref", "--format=%(objectname)", "refs/slidebox/there").decode().strip()

    def _files(self) -> Mapping[str, tuple[str, int]]:
        """Object and size of each file of the dataset, by path."""
        if self._tree is None:
            if not (self._git.root / ".git").is_dir():
                self._fetch()
            self._tree = dict(_listed(self._git, self._head()))
            self._pointers = self._lfs.pointers(self._tree) if self._lfs else {}
        return self._tree

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the working copy; what an earlier run has verified there is used."""
        if self._lfs:
            self._lfs.require()
        self._fetch()
        with self._waiting.writing():
            yield

    def free(self) -> int | None:
        """Bytes that this machine can still take; what the host does is a rule's."""
        return self._waiting.free()

    def manifest(self) -> bytes | None:
        """The bytes of the manifest."""
        if CRATE_FILE not in self._files():
            return None
        with self._stored(CRATE_FILE) as pieces:
            return b"".join(pieces)

    def size(self, path: str) -> int | None:
        """Bytes of a file."""
        found = self._files().get(path)
        if pointer := self._pointers.get(path):
            return pointer.size
        return found[1] if found else None

    def holds(self, content: Content) -> Held:
        """What the repository has under the name of a file, or what waits to be pushed."""
        if self.has(content.entry) or self._waiting.has(content.entry):
            return Held.SAME
        return Held.NOTHING if self.size(content.entry.path) is None else Held.OTHER

    def write(self, content: Content, chunks: Iterator[bytes]) -> None:
        """Write a file beside the working copy and verify it; it is pushed with the manifest.

        Raises
        ------
        InputError
            If it is larger than the host takes.
        """
        self.require({content.entry.path: content.entry.size})
        self._waiting.write(content, chunks)

    def require(self, files: Mapping[str, int]) -> None:
        """Insist that the host takes files of these sizes.

        Raises
        ------
        InputError
            If one is larger than it takes, in git or in Git LFS.
        """
        for path, size in files.items():
            beside = self._tracking is not None and not self._tracking.keeps(path)
            largest = self._tracking.largest if self._tracking and not beside else self._largest
            if largest is None or size <= largest:
                continue
            said = f"{path} has {human_bytes(size)}, and {self.name} takes {human_bytes(largest)} in one file"
            if beside:
                raise InputError(
                    f"{said} that Git LFS does not keep.",
                    "Name how it ends among the `formats` of the dataset, and run `pulumi up`.",
                )
            raise InputError(f"{said}.", "Declare its size as `largest_file`, and the plan finds another place.")

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file; while the place is written to, those that wait to be pushed."""
        with self._waiting.read(path) or self._stored(path) as pieces:
            yield pieces

    @contextmanager
    def _stored(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, from the repository."""
        found = self._files().get(path)
        if found is None:
            raise UnreadableError(f"{path} is not in {self.name}.", "Its manifest says otherwise: put it again.")
        pointer = self._pointers.get(path)
        if pointer and self._lfs:
            self._lfs.require()
        opened = self._lfs.read(pointer) if self._lfs and pointer else self._git.pieces("cat-file", "blob", found[0])
        with opened as pieces:
            yield pieces

    def publish(self, manifest: bytes, before: bytes | None) -> None:
        """Commit, push without force, and compare what a fresh fetch brings with the manifest.

        Raises
        ------
        IntegrityError
            If somebody else has changed the dataset, or the repository has other bytes than were put.
        UnreadableError
            If git fails.
        """
        self._fetch()
        if self.manifest() != before:
            raise somebody_else(self.name)
        listed, parent = decode(manifest, f"The manifest of {self.name}"), self._head()
        self._new: list[Pointer] = []
        commit = self._commit(listed, manifest, parent)
        if self._lfs:
            self._lfs.push(self._new)
        self._git.run("push", "--quiet", self._git.url, f"{commit}:refs/heads/{self._branch}")
        self._read_back(listed, manifest)
        self._fetch()
        for entry in listed.files:
            (self._waiting.folder / entry.path).unlink(missing_ok=True)

    def beside(self, folder: str, files: Mapping[str, bytes | None], said: str) -> bool:
        """Write some small files into a folder beside the dataset; whether anything was new.

        Parameters
        ----------
        folder
            Its name at the top of the repository.
        files
            What is written there, by path, and None for what goes; what else is there stays.
        said
            The message of the commit.

        Raises
        ------
        IntegrityError
            If the repository has other bytes than were pushed.
        """
        self._fetch()
        parent = self._head()
        blobs = {path: object_ for path, (object_, _) in _listed(self._git, parent, folder) if path not in files}
        for path, data in files.items():
            if data is not None:
                blobs[path] = self._git.run("hash-object", "-w", "--stdin", given=data).decode().strip()
        inside = self._tree_of(blobs) if blobs else ""
        if self._entry(parent, folder) == inside:
            return False
        commit = self._commit_tree(parent, folder, inside, said)
        self._git.run("push", "--quiet", self._git.url, f"{commit}:refs/heads/{self._branch}")
        self._fetch()
        # git names a folder by the bytes of everything in it.
        if self._entry(self._head(), folder) != inside:
            raise IntegrityError(
                f"{folder} was pushed to {self.name}, which has another one.", "Run the same command again."
            )
        return True

    def _entry(self, commit: str, name: str) -> str:
        """The object of a name at the top of a commit; empty where there is none."""
        said = self._git.run("ls-tree", commit, "--", name).split() if commit else []
        return said[2].decode() if said else ""

    def _commit_tree(self, parent: str, folder: str, inside: str, said: str) -> str:
        """The commit in which a folder at the top is a tree, or gone, and all that lies beside it is as it was."""
        lines = self._git.run("ls-tree", "-z", parent).split(b"\0") if parent else []
        beside = [line for line in lines if line and line.split(b"\t", 1)[1] != folder.encode()]
        top = [*beside, *([f"040000 tree {inside}\t{folder}".encode()] if inside else [])]
        tree = self._git.run("mktree", "-z", given=b"".join(line + b"\0" for line in top)).decode().strip()
        parents = ["-p", parent] if parent else []
        return self._git.run("commit-tree", tree, *parents, "-m", said).decode().strip()

    def _commit(self, listed: Manifest, manifest: bytes, parent: str) -> str:
        """The commit that has the dataset as listed, and all that lies beside it as it was."""
        blobs = {CRATE_FILE: self._git.run("hash-object", "-w", "--stdin", given=manifest).decode().strip()}
        for entry in listed.files:
            staged = self._waiting.folder / entry.path
            if self._waiting.has(entry):
                blobs[entry.path] = self._blob(entry, staged)
            elif self.has(entry):
                if self._as_tracked(entry.path):
                    blobs[entry.path] = self._files()[entry.path][0]
                    continue
                with self._stored(entry.path) as pieces:
                    self._waiting.write(Content(entry), in_parts(pieces, entry.size))
                blobs[entry.path] = self._blob(entry, staged)
            else:
                raise IntegrityError(f"{entry.path} waits nowhere to be pushed to {self.name}.", "Put it again.")
        said = f"{listed.dataset}: {len(listed.files)} file(s)"
        return self._commit_tree(parent, FOLDER, self._tree_of(blobs), said)

    def _as_tracked(self, path: str) -> bool:
        """Whether the repository has a file in the way that it is now to be kept: in Git LFS or in git."""
        return (path in self._pointers) is bool(self._tracking and self._tracking.keeps(path))

    def _blob(self, entry: FileEntry, file: Path) -> str:
        """The object of a file that is new: its bytes, or the pointer to what Git LFS is to send."""
        if self._lfs is None or not (self._tracking and self._tracking.keeps(entry.path)):
            return self._git.run("hash-object", "-w", "--no-filters", str(file)).decode().strip()
        pointer = pointer_of(entry)
        self._lfs.keep(pointer, file)
        self._new.append(pointer)
        return self._git.run("hash-object", "-w", "--stdin", given=pointer.text).decode().strip()

    def _tree_of(self, blobs: Mapping[str, str]) -> str:
        """The tree with some objects in it, by path."""
        folders: dict[str, dict[str, str]] = {}
        lines: list[bytes] = []
        for path, blob in blobs.items():
            name, _, rest = path.partition("/")
            if rest:
                folders.setdefault(name, {})[rest] = blob
            else:
                lines.append(f"100644 blob {blob}\t{name}".encode())
        lines += [f"040000 tree {self._tree_of(inside)}\t{name}".encode() for name, inside in folders.items()]
        return self._git.run("mktree", "-z", given=b"".join(line + b"\0" for line in lines)).decode().strip()

    def _read_back(self, listed: Manifest, manifest: bytes) -> None:
        """Compare every file that a fresh fetch brings with the manifest.

        Raises
        ------
        IntegrityError
            If one is missing or has other bytes.
        """
        with tempfile.TemporaryDirectory(prefix="read-back-", dir=self._git.root / ".git") as folder:
            fresh = GitPlace(
                self.name,
                key=self.key,
                git=replace(self._git, root=Path(folder)),
                branch=self._branch,
                lfs=self._tracking,
            )
            fresh.check()
            lost = next((entry.path for entry in listed.files if not fresh.has(entry)), "")
            if lost or fresh.manifest() != manifest:
                raise IntegrityError(
                    f"{lost or CRATE_FILE} was pushed to {self.name}, which does not have its bytes.",
                    "Somebody else may have pushed meanwhile: look at the repository, then run the same command again.",
                )

    def has(self, entry: FileEntry) -> bool:
        """Whether the repository has the bytes of a file."""
        if self.size(entry.path) != entry.size:
            return False
        with self._stored(entry.path) as pieces:
            return sha256_of(pieces) == entry.sha256


def _listed(git: Git, commit: str, folder: str = FOLDER) -> Iterator[tuple[str, tuple[str, int]]]:
    """Object and size of each file of a folder in a commit, by its path there."""
    if not commit:
        return
    for line in git.run("ls-tree", "-r", "-l", "-z", commit, "--", f"{folder}/").split(b"\0"):
        head, tab, path = line.partition(b"\t")
        words = head.split()
        if tab and words[1] == b"blob":
            yield path.decode("utf-8", "surrogateescape").removeprefix(f"{folder}/"), (words[2].decode(), int(words[3]))
