"""`slidebox:dvc:Remote`: where DVC keeps a dataset, written into the `.dvc/config` of a git repository."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from slidebox.errors import InputError, UnreadableError
from slidebox.provider.dvc_config import SECRETS, Section, remote, shown, with_remote, without_remote
from slidebox.provider.posix import told
from slidebox.provider.resource import Context, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

IGNORED = ("/config.local", "/tmp", "/cache")  # noqa: S108 - lines of a .gitignore
"""What of `.dvc/` is never committed (DVC, "Internal directories and files")."""

_OPTIONS = ("url", "endpointurl", "region", "profile", "user")
_DVCIGNORE = """\
# Add patterns of files dvc should ignore, which could improve
# the performance. Learn more at
# https://dvc.org/doc/user-guide/dvcignore
"""
_one_writer = threading.Lock()
"""Several remotes of one file are written at once by one provider."""


class Remote(ResourceType):
    """A remote in the `.dvc/config` of a git repository.

    Its name and its address are its mark: a remote of the same name with another address is somebody else's. Keys are
    never written; DVC takes them from the usual chain of the service, or from a profile that is named here.
    """

    token = "slidebox:dvc:Remote"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"repository", "remote"})

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("string", "Name of the store of DVC."),
            "repository": ("string", "The working copy of the git repository, absolute."),
            "remote": ("string", "Name of the remote."),
            "url": ("string", "Where it lies: a folder, s3://BUCKET, or ssh://HOST:PORT/FOLDER."),
            "endpointurl": ("string", "Address of the S3 service; Amazon's own if empty."),
            "region": ("string", "Region of the S3 service."),
            "profile": ("string", "Profile of the shared AWS credentials file."),
            "user": ("string", "The account on the server; as ~/.ssh/config says if empty."),
        }

    def required(self) -> tuple[str, ...]:
        """A remote has a name and an address, in a repository."""
        return ("store", "repository", "remote", "url")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs against the repository: a git working copy, without another's remote of that name."""
        failures = missing(new, self.required())
        if failures or has_unknown(new.get("repository")) or has_unknown(new.get("remote")):
            return new, failures
        try:
            self._own(new, old)
        except (InputError, UnreadableError) as error:
            return new, [Failure("repository", str(error))]
        return new, []

    def _own(self, inputs: Properties, old: Properties) -> Section | None:
        """The remote as it is there, if it is this one or none.

        Raises
        ------
        InputError
            If it is somebody else's, has a secret in it, or the folder is no working copy.
        """
        root, name = _working_copy(inputs), str(inputs["remote"])
        found = remote(_text(root), name)
        if found is None:
            return None
        if kept := sorted(SECRETS & set(found.options)):
            raise InputError(
                f"{_file(root)} has {kept[0]} of remote {name!r}, and that file is committed.",
                f"Take it out with `dvc remote modify --unset {name} {kept[0]}`, and change the key: git still has it.",
            )
        ours = {inputs.get("url"), old.get("url")}
        # An address that is not known yet is judged once it is.
        if found.options.get("url") not in ours and not has_unknown(inputs.get("url")):
            raise InputError(
                f"Remote {name!r} in {_file(root)} lies in {shown(found.options.get('url'))}, not in "
                f"{inputs['url']!r}; it is left as it is.",
                f"If it is not needed any more, remove it with `dvc remote remove {name}`; if it is, rename it.",
            )
        return found

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Write the remote, or take up the one that this resource wrote before."""
        return _id(inputs), self._write(inputs, {})

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change its options in place."""
        return self._write(inputs, state)

    def _write(self, inputs: Properties, old: Properties) -> Properties:
        root = _working_copy(inputs)
        with _alone(root):
            self._own(inputs, old)
            before = _text(root)
            options = {name: str(inputs[name]) if inputs.get(name) else None for name in _OPTIONS}
            after = with_remote(before, str(inputs["remote"]), options)
            with told(f"writing {_file(root)}"):
                _prepare(root)
                if after != before:
                    _replace(_file(root), after)
        return dict(inputs)

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the remote."""
        folder, _, name = id.rpartition("#")
        said = {**inputs, "repository": folder, "remote": name}
        found = remote(_text(_working_copy(said)), name)
        if found is None:
            return None
        there = {name: found.options[name] for name in _OPTIONS if name in found.options}
        kept = {name: value for name, value in said.items() if name not in _OPTIONS}
        return Found(id, {**kept, **there}, {**kept, **there})

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Take the remote out, if it still is the one that was written; what lies in it is another resource's."""
        if not Path(str(state["repository"])).is_dir():
            return  # the working copy is gone, and with it the file
        root, name = _working_copy(state), str(state["remote"])
        with _alone(root):
            before = _text(root)
            found = remote(before, name)
            if found is None or found.options.get("url") != state.get("url"):
                return
            with told(f"writing {_file(root)}"):
                _replace(_file(root), without_remote(before, name))


def _id(inputs: Properties) -> str:
    return f"{inputs['repository']}#{inputs['remote']}"


def _file(root: Path) -> Path:
    return root / ".dvc" / "config"


def _working_copy(inputs: Properties) -> Path:
    """The folder of a repository.

    Raises
    ------
    InputError
        If it is no working copy of git.
    """
    root = Path(str(inputs["repository"]))
    # A file in a worktree of another repository.
    if not (root / ".git").exists():
        raise InputError(
            f"{root}, the repository of store {inputs.get('store')!r}, is not the top of a git working copy.",
            "Clone it there, run `git init` in it, or correct `repository` in the lab's files.",
        )
    return root


def _text(root: Path) -> str:
    with told(f"reading {_file(root)}"):
        try:
            return _file(root).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as error:
            raise UnreadableError(f"{_file(root)} is no text.", "Restore it from git.") from error


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Nobody else of slidebox writes the file meanwhile."""
    folder = root / ".dvc" / "tmp"
    with _one_writer:
        with told(f"writing in {root / '.dvc'}"):
            folder.mkdir(parents=True, exist_ok=True)
            held = (folder / "slidebox.lock").open("w", encoding="utf-8")
        with held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def _prepare(root: Path) -> None:
    """What `dvc init` makes, where it is not there."""
    ignore = root / ".dvc" / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    if lacking := [line for line in IGNORED if line not in lines]:
        _replace(ignore, "\n".join([*lines, *lacking]) + "\n")
    if not (root / ".dvcignore").exists():
        _replace(root / ".dvcignore", _DVCIGNORE)


def _replace(file: Path, text: str) -> None:
    """Write a file whole, or not at all."""
    draft = file.with_name(f"{file.name}.slidebox-new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
    os.replace(draft, file)  # noqa: PTH105 - as one step
