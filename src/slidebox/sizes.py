"""Stops what a host of git repositories would refuse: files, and a repository, that are too large.

This file stands alone: it needs Python and git, and is written into each repository that slidebox makes, as
``.github/slidebox_sizes.py`` beside the limits in ``.github/slidebox-sizes.json``. ``staged`` looks at what the next
commit would add; ``all`` at every object of the history, since a file that was deleted again is still in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LARGEST_POINTER = 1024  # bytes; Git LFS, specification, "The Pointer"
_LIMITS = Path(__file__).with_name("slidebox-sizes.json")


@dataclass(frozen=True)
class Limits:
    """What the host takes.

    Attributes
    ----------
    file
        Bytes of one file.
    repository
        Bytes of the whole repository; None where only files are limited.
    lfs_file
        Bytes of one file that Git LFS keeps; None where it keeps none.
    """

    file: int
    repository: int | None = None
    lfs_file: int | None = None

    @classmethod
    def read(cls, document: Mapping[str, int | None]) -> Limits:
        """Read them from their JSON document."""
        file = document["max_file_bytes"]
        if file is None:
            raise ValueError("max_file_bytes is missing")
        return cls(file, document.get("max_bytes"), document.get("max_lfs_file_bytes"))


@dataclass(frozen=True)
class Blob:
    """A file in git: its object, where it is, and how large it is."""

    id: str
    path: str
    size: int


def too_large(blobs: Iterable[Blob], limits: Limits) -> Iterator[str]:
    """A sentence for each file that is too large by itself."""
    for blob in blobs:
        if blob.size > limits.file:
            yield f"{blob.path} has {_mib(blob.size)}; the limit for one file is {_mib(limits.file)}."


def pointers_too_large(blobs: Iterable[tuple[Blob, bytes]], limits: Limits) -> Iterator[str]:
    """A sentence for each file that is too large for Git LFS, by what its pointer says."""
    for blob, content in blobs:
        size = pointed(content)
        if limits.lfs_file is not None and size is not None and size > limits.lfs_file:
            yield f"{blob.path} has {_mib(size)}; the limit for one file in Git LFS is {_mib(limits.lfs_file)}."


def pointed(content: bytes) -> int | None:
    """The size of the file that a pointer of Git LFS stands for; None where the content is no pointer."""
    if not content.startswith(_POINTER):
        return None
    for line in content.splitlines():
        key, _, value = line.partition(b" ")
        if key == b"size" and value.isdigit():
            return int(value)
    return None


def main(words: list[str], limits_file: Path = _LIMITS) -> int:
    """Look; 0 where everything fits, 1 where something does not, 2 where it cannot be said."""
    try:
        limits = Limits.read(json.loads(limits_file.read_text(encoding="utf-8")))
        if words == ["staged"]:
            found = [*_faults(list(_staged()), limits)]
        elif words == ["all"]:
            found = [*_faults(list(_history()), limits), *_whole(limits)]
        else:
            sys.stderr.write("usage: slidebox_sizes.py staged|all\n")
            return 2
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"The sizes could not be looked at: {error}\n")
        return 2
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    if found:
        sys.stderr.write("Keep large files where the lab's plan has them, and only their manifest here.\n")
    return 1 if found else 0


def _faults(blobs: list[Blob], limits: Limits) -> Iterator[str]:
    yield from too_large(blobs, limits)
    if limits.lfs_file is not None:
        small = [blob for blob in blobs if blob.size <= _LARGEST_POINTER]
        yield from pointers_too_large(_read(small), limits)


def _whole(limits: Limits) -> Iterator[str]:
    """A sentence if the repository is too large, packed as it is here."""
    said = dict(line.split(": ") for line in _git("count-objects", "-v").decode().splitlines())
    size = (int(said["size"]) + int(said["size-pack"])) * 1024
    if limits.repository is not None and size > limits.repository:
        yield f"The repository has {_mib(size)}; the limit is {_mib(limits.repository)}."


def _staged() -> Iterator[Blob]:
    """What the next commit adds or changes."""
    changed = {p for p in _git("diff", "--cached", "--name-only", "--diff-filter=ACMRT", "-z").split(b"\0") if p}
    listed = [entry.partition(b"\t") for entry in _git("ls-files", "--stage", "-z").split(b"\0") if entry]
    yield from _sized({head.split()[1].decode(): _text(path) for head, _, path in listed if path in changed})


def _history() -> Iterator[Blob]:
    """Every file of every commit."""
    lines = (line.partition(b" ") for line in _git("rev-list", "--objects", "--all").split(b"\n") if line)
    yield from _sized({id_.decode(): _text(path) for id_, _, path in lines})


def _sized(paths: Mapping[str, str]) -> Iterator[Blob]:
    given = "".join(f"{id_}\n" for id_ in paths).encode()
    for line in _git("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", given=given).splitlines():
        words = line.decode().split()
        if len(words) != 3:
            raise ValueError(f"git does not have the object {words[0]}: fetch the whole history")
        if words[1] == "blob":
            yield Blob(words[0], paths[words[0]], int(words[2]))


def _read(blobs: list[Blob]) -> Iterator[tuple[Blob, bytes]]:
    """Small files with their bytes, all in one question."""
    said = _git("cat-file", "--batch", given="".join(f"{blob.id}\n" for blob in blobs).encode())
    at = 0
    for blob in blobs:
        begin = said.index(b"\n", at) + 1
        yield blob, said[begin : begin + blob.size]
        at = begin + blob.size + 1


def _git(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["git", *words], input=given, stdout=subprocess.PIPE, check=True).stdout


def _text(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
