"""Another revision of a lab's files, from the git repository they are in."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from slidebox.errors import InputError, UnreadableError

_FETCH = "Fetch it first; in GitHub Actions give actions/checkout `fetch-depth: 0`."
_FILE = b"100"  # modes of ordinary files begin so; a link or a submodule is not followed
_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def folder_in_repository(root: Path) -> str:
    """The folder below the top of its repository, with ``/`` at its end; empty at the top and outside of one."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--show-prefix"], cwd=root, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.removesuffix("\n") if done.returncode == 0 else ""


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[Path]:
    """A temporary folder with what another revision has in a lab's folder that a check reads.

    These are its YAML and Rego files. Nothing of the repository itself is touched.

    Parameters
    ----------
    root
        The lab's folder.
    revision
        A branch, tag or commit.

    Raises
    ------
    InputError
        If there is no such revision here, or no repository.
    UnreadableError
        If git cannot be run or fails.
    """
    commit = _commit(root, revision)
    with tempfile.TemporaryDirectory(prefix="slidebox-") as name:
        folder = Path(name)
        wanted = list(_files(root, commit))
        for path, content in zip((path for path, _ in wanted), _contents(root, [o for _, o in wanted]), strict=True):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield folder


def changed_lines(root: Path, revision: str) -> Mapping[str, frozenset[int]]:
    """The lines of the lab's files that are new or different since a revision, by the file's name in the folder.

    Raises
    ------
    InputError
        If there is no such revision here, or no repository.
    UnreadableError
        If git cannot be run or fails.
    """
    # Whatever the user has configured for looking at differences, it is git's own form that is read here.
    command = ["diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--relative"]
    command += ["--dst-prefix=b/", "--src-prefix=a/", _commit(root, revision), "--", "*.yaml"]
    said = _git(root, ["-c", "core.quotePath=false", *command]).decode("utf-8", "replace")
    changed: dict[str, set[int]] = {}
    file, inside = "", 0
    for line in said.split("\n"):
        if inside:
            # A line of a file can look like anything.
            inside -= not line.startswith("\\")
        elif line.startswith("+++ "):
            file = line.removeprefix("+++ ").removeprefix("b/").removesuffix("\t")
        elif match := _HUNK.match(line):
            gone, first, count = int(match[1] or 1), int(match[2]), int(match[3] or 1)
            inside = gone + count
            changed.setdefault(file, set()).update(range(first, first + count))
    return {name: frozenset(lines) for name, lines in changed.items()}


def _commit(root: Path, revision: str) -> str:
    # `--end-of-options`: a revision that begins with a hyphen is no option.
    words = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UnreadableError(f"git could not be run: {error.strerror}.", "Install git.") from error
    if done.returncode:
        inside = subprocess.run(["git", "rev-parse", "--git-dir"], cwd=root, capture_output=True, check=False)
        if inside.returncode:
            raise InputError(f"{root} is not in a git repository that can be read, so it has no {revision!r}.")
        raise InputError(f"There is no revision {revision!r} in this repository.", _FETCH)
    return done.stdout.strip()


def _files(root: Path, commit: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Path and object of each file to read, relative to the lab's folder."""
    for entry in _git(root, ["ls-tree", "-r", "-z", commit, "."]).split(b"\0"):
        about, tab, name = entry.partition(b"\t")
        path = PurePosixPath(name.decode("utf-8", "surrogateescape"))
        inside = not path.is_absolute() and ".." not in path.parts
        if tab and inside and about.startswith(_FILE) and path.suffix in (".yaml", ".yml", ".rego", ".json"):
            yield path, about.split()[2]


def _contents(root: Path, objects: list[bytes]) -> Iterator[bytes]:
    """The bytes of objects, all in one question."""
    said = _git(root, ["cat-file", "--batch"], b"".join(name + b"\n" for name in objects))
    at = 0
    for name in objects:
        head, _, _ = said[at:].partition(b"\n")
        words = head.split()
        if len(words) != 3 or words[0] != name:
            raise UnreadableError(f"git does not have the object {name.decode()} of this repository.", _FETCH)
        begin = at + len(head) + 1
        at = begin + int(words[2]) + 1
        yield said[begin : at - 1]


def _git(root: Path, words: list[str], given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=root, input=given, capture_output=True, check=False)
    except OSError as error:
        raise UnreadableError(f"git could not be run: {error.strerror}.", "Install git.") from error
    if done.returncode:
        raise UnreadableError(f"git {words[0]} failed: {done.stderr.decode('utf-8', 'replace').strip()}.")
    return done.stdout
