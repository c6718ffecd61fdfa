"""`slidebox:drive:Folder`: a folder tree on a marked disk."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from slidebox import drives
from slidebox.drives import Drive, OfflineError
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.mounts import Looking, this_machine
from slidebox.provider import ownership
from slidebox.provider.ownership import Owner
from slidebox.provider.posix import group_id, group_name, told, user_name
from slidebox.provider.resource import (
    Context,
    Difference,
    Failure,
    Found,
    PartialFailureError,
    ResourceType,
    missing,
)
from slidebox.provider.room import Room
from slidebox.provider.values import UNKNOWN, Properties, has_unknown

RECORD = ".slidebox-location.json"
"""Name of the file in a folder that says whose it is."""

_MODE = re.compile(r"[0-7]{4}")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_PART = 255  # bytes, of every file system in use
# A folder above a location lets its members pass to what they know the name of, and lists nothing.
_PASSAGE = 0o0711
# What of the inputs is written onto the drive.
_ON_THE_DRIVE = ("mode", "group", "tags")
# What systems leave in folders by themselves.
_JUNK = frozenset({RECORD, ".DS_Store", "Thumbs.db", ".directory"})


class Folder(ResourceType):
    """A folder of a drive store.

    Its mode, group and owner are set, the lab's tags and the owner's mark are written into a small
    file in it, and its quota is counted against the disk before anything is made.

    Parameters
    ----------
    room
        What is promised of each disk.
    """

    token = "slidebox:drive:Folder"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"root", "uuid", "label", "path"})
    computed: ClassVar = frozenset({"absolutePath", "owner", "groupName", "mark"})
    stable: ClassVar = frozenset({"absolutePath"})

    def __init__(self, room: Room | None = None, machine: Looking = this_machine) -> None:
        self._room = room or Room()
        self._machine = machine

    def _drive(self, inputs: Mapping[str, Any]) -> Drive:
        return Drive(
            lab=inputs["lab"],
            store=inputs["store"],
            path=Path(inputs["root"]) if inputs["root"] else None,
            uuid=inputs.get("uuid") or "",
            label=inputs.get("label") or "",
            external=bool(inputs.get("external")),
            machine=self._machine,
        )

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("string", "Name of the drive store."),
            "root": ("string", "The drive's folder, absolute; empty where only its file system is known."),
            "uuid": ("string", "UUID of its file system, by which it is found wherever it is mounted."),
            "label": ("string", "Label of its file system."),
            "external": ("boolean", "Whether the drive is one that is plugged in and out."),
            "lab": ("string", "Short name of the lab, as in the drive's mark."),
            "path": ("string", "The folder below it: project/level."),
            "group": ("string", "The POSIX group that shares it; the account's own if empty."),
            "mode": ("string", "Its mode, octal, such as 2770."),
            "quota": ("number", "How many bytes are meant to lie in it."),
            "capacity": ("number", "How many bytes the drive holds for the lab."),
            "tags": ("object", "The lab's tags."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "absolutePath": ("string", "The folder."),
            "owner": ("string", "The account that owns it."),
            "groupName": ("string", "The group it has."),
            "mark": ("string", "The resource that the folder's record names."),
        }

    def required(self) -> tuple[str, ...]:
        """A folder has a drive, a place on it, and a mode."""
        return ("store", "root", "lab", "path", "mode")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs against the disk: mounted and marked, room enough, nobody else's folder there."""
        inputs = {"tags": {}, **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        failures = [
            *check_path(str(inputs["path"])),
            *_check_access(inputs),
            *ownership.check_tags(inputs["tags"] or {}),
        ]
        if failures:
            return inputs, failures
        try:
            root = self._drive(inputs).require()
        except OfflineError as error:
            return self._stays(context, inputs, old, error), self._room.declared(context, str(inputs["store"]), inputs)
        if not _same_place(old, inputs):
            self._find_own(context, _folder(root, inputs))
        failures += self._room.check(context, root, str(inputs["store"]), inputs, old)
        return inputs, failures

    def _stays(self, context: Context, inputs: Properties, old: Properties, error: OfflineError) -> Properties:
        """The inputs while the drive is offline: what is on the drive stays, what is declared is as it is now."""
        if not _same_place(old, inputs):
            context.log("warning", f"{error} Its folder {inputs['path']} can be made only then.")
            return inputs
        context.log("warning", f"{error} Its folder {inputs['path']} stays as it is until then.")
        return {**inputs, **{name: old[name] for name in _ON_THE_DRIVE if name in old}}

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; where a registered drive is mounted, and by what it is found, makes no other folder of it."""
        found = super().diff(context, state, old, new)
        if not _same_place(old, new):
            return found
        changed = tuple(name for name in found.changed if name != "root" or not _registered(new))
        return Difference(changed, tuple(name for name in found.replace if name == "path"))

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: the path is known before the folder is made."""
        outputs = super().planned(context, inputs, state)
        if _registered(inputs):
            return outputs  # it is where the drive is mounted then
        known = not has_unknown(inputs.get("root")) and not has_unknown(inputs.get("path"))
        return {**outputs, "absolutePath": str(_folder(Path(inputs["root"]), inputs)) if known else UNKNOWN}

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the folder, or take up the one that this resource made before."""
        root = self._drive(inputs).require()
        folder = _folder(root, inputs)
        with told(f"making {folder}"):
            if not self._find_own(context, folder):
                _make_passages(root, folder)
                self._make(context, folder, inputs)
        try:
            return str(folder), self._converge(context, folder, inputs)
        except SlideboxError as error:
            state = {**inputs, "absolutePath": str(folder), "mark": Owner.of(context).urn}
            raise PartialFailureError(str(folder), state, f"{folder} is made, but not finished. {error}") from error

    def _find_own(self, context: Context, folder: Path) -> bool:
        """Whether the folder is there and this resource's own.

        Raises
        ------
        InputError
            If it is there and somebody else's.
        """
        with told(f"looking for {folder}"):
            if not os.path.lexists(folder):
                return False
            if folder.is_symlink() or not folder.is_dir():
                raise InputError(f"{folder} already exists and is no folder; it is left as it is.", "Move it away.")
            record = _read_record(folder)
        ownership.require(f"Folder {folder}", Owner.recorded(record), context, "adopt")
        return True

    def _make(self, context: Context, folder: Path, inputs: Properties) -> None:
        """Make the folder under another name, write the record, and rename: it never stands there without its owner."""
        digest = hashlib.sha256(context.urn.encode()).hexdigest()[:16]
        draft = folder.with_name(f".slidebox-new-{digest}")
        draft.mkdir(mode=0o700, exist_ok=True)  # left by a run that was killed: its own, by the name
        _write_record(draft, ownership.record_of(context, inputs))
        draft.rename(folder)

    def _converge(self, context: Context, folder: Path, inputs: Properties) -> Properties:
        """Bring record, group and mode to what the inputs say."""
        with told(f"setting up {folder}"):
            record = ownership.record_of(context, inputs)
            if _read_record(folder) != record:
                _write_record(folder, record)
            found = folder.stat()
            group = group_id(inputs.get("group"))
            if group is not None and group != found.st_gid:
                os.chown(folder, -1, group)
            mode = int(inputs["mode"], 8)
            # After the group: a change of group takes the set-group-ID bit away.
            if stat.S_IMODE(folder.stat().st_mode) != mode:
                folder.chmod(mode)
            if (set_mode := stat.S_IMODE(folder.stat().st_mode)) != mode:
                raise UnreadableError(
                    f"The disk does not keep mode {mode:04o} of {folder}: it makes it {set_mode:04o}.",
                    "Format it with a file system that has POSIX modes, or mount it with other options.",
                )
        return self._state(folder, inputs, Owner.of(context).urn)

    def _state(self, folder: Path, inputs: Properties, mark: str) -> Properties:
        found = folder.stat()
        return {
            **inputs,
            "absolutePath": str(folder),
            "owner": user_name(found.st_uid),
            "groupName": group_name(found.st_gid),
            "mark": mark,
        }

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the folder. An unmounted disk is an error, never a folder that is gone."""
        found = dict(inputs) if inputs else _inputs_of(Path(id))
        try:
            folder = _folder(self._drive(found).require(), found)
        except OfflineError as error:
            if not (inputs and state):
                raise
            context.log("warning", f"{error} Its folder {found['path']} is taken to be as it was.")
            return Found(id, dict(state), found)
        with told(f"reading {folder}"):
            if not folder.is_dir():
                return None
            record, about = _read_record(folder), folder.stat()
            found["mode"] = f"{stat.S_IMODE(about.st_mode):04o}"
            if found.get("group") is not None or not inputs:
                found["group"] = group_name(about.st_gid)
            found["tags"] = {str(k): str(v) for k, v in (record or {}).get("tags", {}).items()}
            owner = Owner.recorded(record)
            state = self._state(folder, found, owner.urn if owner else "")
            return Found(id if _registered(found) else str(folder), state, found)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change record, group and mode in place."""
        try:
            folder = _folder(self._drive(inputs).require(), inputs)
        except OfflineError:
            if any(inputs.get(name) != state.get(name) for name in _ON_THE_DRIVE):
                raise
            return {**state, **inputs}  # only what is declared has changed, and nothing of it is on the drive
        with told(f"reading {folder}"):
            if not folder.is_dir():
                raise InputError(f"Folder {folder} is gone.", "Run `pulumi refresh`, then `pulumi up` makes it again.")
            owner = Owner.recorded(_read_record(folder))
        ownership.require(f"Folder {folder}", owner, context, "change", state.get("mark", ""))
        try:
            return self._converge(context, folder, inputs)
        except SlideboxError as error:
            raise PartialFailureError(id, {**state, **inputs}, f"{folder} is not finished. {error}") from error

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the folder if it is empty and this resource's own."""
        root = self._drive(state).require()
        folder = _folder(root, state)
        with told(f"deleting {folder}"):
            if not folder.is_dir():
                return
            ownership.require(
                f"Folder {folder}", Owner.recorded(_read_record(folder)), context, "delete", state.get("mark", "")
            )
            content = sorted(entry.name for entry in folder.iterdir() if entry.name not in _JUNK)
            if content:
                raise _not_empty(folder, content, context)
            for name in sorted(_JUNK - {RECORD}):
                (folder / name).unlink(missing_ok=True)
            # The record last: a run that is killed between leaves a folder that still says whose it is.
            (folder / RECORD).unlink(missing_ok=True)
            folder.rmdir()
            _remove_passages(root, folder)


# Paths


def _folder(root: Path, inputs: Mapping[str, Any]) -> Path:
    return root / PurePosixPath(inputs["path"])


def _registered(inputs: Mapping[str, Any]) -> bool:
    return bool(inputs.get("uuid") or inputs.get("label"))


def _same_place(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two inputs mean one folder: of a registered drive wherever it is mounted, else below one root."""
    if not old or old.get("path") != new.get("path"):
        return False
    if not _registered(old) and not _registered(new):
        return bool(old.get("root") == new.get("root"))
    # One that is registered now, or not any more, is held to its mark whenever it is used.
    return all(
        str(old[name]).lower() == str(new[name]).lower()
        for name in ("uuid", "label")
        if old.get(name) and new.get(name)
    )


def check_path(path: str) -> list[Failure]:
    """What speaks against a folder's path below a drive's."""
    parts = path.split("/")
    bad = [p for p in parts if not _PART.fullmatch(p) or len(p) > _LONGEST_PART]
    if not bad:
        return []
    return [Failure("path", f"{path!r} cannot be a folder's path: {bad[0]!r} is no name of letters, digits, . _ and -")]


def _check_access(inputs: Properties) -> list[Failure]:
    failures = []
    if not isinstance(inputs["mode"], str) or not _MODE.fullmatch(inputs["mode"]):
        failures.append(Failure("mode", f"{inputs['mode']!r} is no mode: four octal digits such as '2770'"))
    group = inputs.get("group")
    if isinstance(group, str):
        try:
            grp.getgrnam(group)
        except KeyError:
            failures.append(
                Failure("group", f"this machine has no group {group!r}; make it, or correct `group` in lab.yaml")
            )
    return failures


def _inputs_of(folder: Path) -> Properties:
    """The inputs of a folder that is being imported, from the mark of the disk it is on."""
    for root in folder.parents:
        if marker := drives.read_marker(root):
            path = folder.relative_to(root).as_posix()
            return {"store": marker.store, "lab": marker.lab, "root": str(root), "path": path}
    raise InputError(f"{folder} is on no marked disk.", "Give the absolute path of a folder on a drive store.")


def _make_passages(root: Path, folder: Path) -> None:
    for above in reversed(folder.parents):
        if above.is_relative_to(root) and above != root and not above.exists():
            above.mkdir(exist_ok=True)
            above.chmod(_PASSAGE)


def _remove_passages(root: Path, folder: Path) -> None:
    for above in folder.parents:
        if above == root:
            return
        try:
            above.rmdir()
        except OSError:
            return  # something else is in it


# The record


def _read_record(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise UnreadableError(
            f"{folder / RECORD} is damaged: it does not say whose folder this is.", "Restore it, or delete it."
        ) from error
    return found if isinstance(found, dict) else None


def _write_record(folder: Path, record: Mapping[str, Any]) -> None:
    draft = folder / f"{RECORD}.new"
    draft.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    draft.chmod(0o644)
    draft.replace(folder / RECORD)


def _not_empty(folder: Path, content: list[str], context: Context) -> InputError:
    shown = ", ".join(content[:3]) + (f" and {len(content) - 3} more" if len(content) > 3 else "")
    return InputError(
        f"Folder {folder} is not empty (it holds {shown}), so it is not deleted.",
        "Bring the data where the plan has them with `slidebox move`, or empty it, and run again; "
        f"or keep the folder and only forget it: `pulumi state delete '{context.urn}'`.",
    )
