"""Folders on a drive that were there before slidebox."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from slidebox import drives
from slidebox.adoption.existing import Content, Existing, Thing
from slidebox.adoption.reading import Counted
from slidebox.errors import InputError
from slidebox.provider.drive import RECORD, Folder, check_path
from slidebox.provider.posix import group_name, told, user_name
from slidebox.provider.resource import Context

_STEP = 1000
"""After how many files it is said how many there are so far."""
_SYSTEMS_OWN = frozenset({"lost+found", "System Volume Information", "$RECYCLE.BIN"})


class DriveReader:
    """A drive of the lab.

    Parameters
    ----------
    store
        Name of the store.
    lab
        Short name of the lab, as in the drive's mark.
    root
        The drive's folder on this machine.
    """

    def __init__(self, store: str, lab: str, root: Path) -> None:
        self._store = store
        self._lab = lab
        self._root = root

    def names(self) -> tuple[str, ...]:
        """The folders on the drive that slidebox has not made; of those below them any can be named too."""
        drives.require(self._lab, self._store, self._root)
        with told(f"listing {self._root}"):
            entries = [e for e in self._root.iterdir() if e.is_dir() and not e.is_symlink()]
            return tuple(sorted(e.name for e in entries if e.name not in _SYSTEMS_OWN and not self._is_own(e)))

    def _is_own(self, folder: Path) -> bool:
        """Whether it is slidebox's: a folder of a project has only folders with a record."""
        if folder.name.startswith("."):
            return True
        try:
            inner = list(folder.iterdir())
        except PermissionError:
            return False  # somebody's own, which nothing of slidebox's is in that this account could see
        return bool(inner) and all((below / RECORD).is_file() for below in inner)

    def existing(self, name: str) -> Existing:
        """One folder, with its mode, its owner and its group."""
        folder = self._folder(name)
        name = folder.relative_to(self._root).as_posix()
        found = Folder().read(Context(f"urn:pulumi:adopt::adopt::{Folder.token}::{name}"), str(folder), {}, {})
        if found is None:
            raise InputError(f"There is no folder {folder}.", f"`slidebox adopt {self._store}` lists what there is.")
        with told(f"looking at {folder}"):
            about = folder.stat()
            owner = user_name(about.st_uid), group_name(about.st_gid)
            notes = list(self._notes(folder, name, about, owner))
        return Existing(
            store=self._store,
            name=name,
            things=(Thing(Folder.token, str(folder), {k: v for k, v in found.inputs.items() if v is not None}),),
            labels=found.inputs["tags"],
            notes=tuple(notes),
        )

    def _folder(self, name: str) -> Path:
        """The folder of a name; a link would lead out of what is taken over.

        Raises
        ------
        InputError
            If it is none, or is reached by a link.
        """
        drives.require(self._lab, self._store, self._root)
        if name != (shown := os.fsencode(name).decode(errors="replace")):
            raise InputError(f"The name of the folder {shown!r} is not UTF-8.", "Rename it, for instance with convmv.")
        folder = self._root / name
        if Path(name).is_absolute() or ".." in Path(name).parts or not Path(name).parts:
            raise InputError(f"{name!r} is no folder below {self._root}.", "Write its path below the drive's.")
        with told(f"looking at {folder}"):
            if folder.resolve() != folder.absolute().parent.resolve() / folder.name:
                raise InputError(f"{folder} is a link, to {folder.resolve()}.", "Take over the folder itself.")
            if not folder.is_dir():
                cure = f"`slidebox adopt {self._store}` lists what there is."
                raise InputError(f"There is no folder {folder}.", cure)
        return folder

    def _notes(self, folder: Path, name: str, about: os.stat_result, owner: tuple[str, str]) -> Iterator[str]:
        if (folder / RECORD).is_file():
            yield f"{name} carries slidebox's record already: a stack has it, or had it."
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        yield f"{name} belongs to the account {owner[0]} and the group {owner[1]}, with mode {mode}."
        if about.st_mode & stat.S_IROTH:
            yield f"Every account of this machine may read {name}."
        if check_path(name):
            yield (
                f"{name} can only stay as it is: folders that slidebox sets up have names of letters, digits, '.', '_' "
                "and '-'. To bring it to the lab's rules, rename it before it is taken over."
            )

    def content(self, name: str, counted: Counted) -> Content:
        """How much there is in a folder and below it; links are not followed."""
        folder = self._folder(name)
        files = size = largest = 0
        with told(f"counting what is in {folder}"):
            for above, _, names in os.walk(folder, onerror=_fail):
                for file in names:
                    about = os.lstat(Path(above) / file)
                    if file != RECORD and stat.S_ISREG(about.st_mode):
                        files, size, largest = files + 1, size + about.st_size, max(largest, about.st_size)
                        if files % _STEP == 0:
                            counted(files, size)
        counted(files, size)
        return Content(size, files, largest)


def _fail(error: OSError) -> None:
    """What cannot be listed would be left out of the count unseen."""
    raise error
