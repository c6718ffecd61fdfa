"""`slidebox:cluster:Folder`: a folder on a cluster's file system, made and kept over SFTP."""

from __future__ import annotations

import hashlib
import posixpath
import re
import stat as modes
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from slidebox.cluster import Address, Cluster, accounts, acl, marker, parse_entry, repeatable, shared, space
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provider import ownership
from slidebox.provider.cluster_record import read_record, write_record
from slidebox.provider.cluster_store import ClusterRef
from slidebox.provider.drive import RECORD, check_path
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.room import Room
from slidebox.provider.values import UNKNOWN, Properties, has_unknown

if TYPE_CHECKING:
    from paramiko import SFTPClient

_MODE = re.compile(r"[0-7]{3}0")
"""Everybody else has nothing: other accounts of a cluster are strangers."""

_JUNK = frozenset({RECORD, ".DS_Store", "Thumbs.db", ".directory"})


class ClusterFolder(ResourceType):
    """A folder of a cluster.

    Its mode, its group and its access control list are set, the owner's mark and the lab's tags are written into a
    small file in it, and what it is meant to hold is counted against the file system and the quota before it is made.

    Parameters
    ----------
    connect
        The server of an address.
    room
        What is promised of each store.
    """

    token = "slidebox:cluster:Folder"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"path"})
    computed: ClassVar = frozenset({"absolutePath", "owner", "groupName", "mark"})
    stable: ClassVar = frozenset({"absolutePath"})

    def __init__(self, connect: Callable[[Address], Cluster] = shared, room: Room | None = None) -> None:
        self._connect = connect
        self._room = room or Room()

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("object", "The store: its name, host, root and, where it is another, user."),
            "lab": ("string", "Short name of the lab, as in the mark of the store's folder."),
            "path": ("string", "The folder below the store's: project/level."),
            "group": ("string", "The POSIX group that shares it; nobody but the account where empty."),
            "mode": ("string", "Its mode, octal, such as 2770; everybody else has nothing."),
            "acl": ("array", "Named accounts and groups that get in: user:NAME:rwx or group:NAME:r-x."),
            "identities": ("object", "Whom of the lab each of them stands for."),
            "quota": ("number", "How many bytes are meant to lie in it."),
            "capacity": ("number", "How many bytes the store holds for the lab."),
            "purgeDays": ("number", "After how many days the file system itself deletes what lies there."),
            "tags": ("object", "The lab's tags."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "absolutePath": ("string", "The folder."),
            "owner": ("string", "The account that owns it."),
            "groupName": ("string", "The group it has."),
            "mark": ("string", "The resource that the folder's record names."),
        }

    def required(self) -> tuple[str, ...]:
        """A folder has a store, a place in it, and a mode."""
        return ("store", "lab", "path", "mode")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs against the server: it is the right one, has the group, room enough, and no other's folder.

        Nothing is written.
        """
        inputs = {"tags": {}, "acl": [], **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in (*self.required(), "acl")}):
            return inputs, failures
        failures = [*check_path(str(inputs["path"])), *_check_access(inputs), *ownership.check_tags(inputs["tags"])]
        if failures:
            return inputs, failures
        ref, cluster = self._reach(inputs)
        folder = _folder(ref, inputs)
        try:
            if isinstance(inputs.get("group"), str):
                accounts.group_number(cluster, inputs["group"])
        except InputError as error:
            failures.append(Failure("group", str(error)))
        if inputs["acl"] and not cluster.commands:
            failures.append(Failure("acl", f"{cluster} allows no commands, and SFTP sets no access control list"))
        if not _same_folder(old, inputs):
            self._find_own(context, cluster, folder)
        return inputs, [*failures, *self._check_room(context, cluster, ref, inputs, old)]

    def _check_room(
        self, context: Context, cluster: Cluster, ref: ClusterRef, new: Properties, old: Properties
    ) -> list[Failure]:
        def free() -> int | None:
            return space.free(cluster, ref.root, new.get("group"))

        return self._room.count(context, f"{ref.host}:{ref.root}", ref.name, new, old, free)

    def _reach(self, inputs: Mapping[str, Any]) -> tuple[ClusterRef, Cluster]:
        """The store and its server, which has the store's mark."""
        ref = ClusterRef.read(inputs["store"])
        cluster = self._connect(ref.address)
        marker.require(cluster, str(inputs["lab"]), ref.name, ref.root)
        return ref, cluster

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Another server or another folder is another place; another account that comes to it is not."""
        found = super().diff(context, state, old, new)
        if "store" in found.changed and not _same_folder(old, new):
            return Difference(found.changed, (*found.replace, "store"), found.delete_first)
        return found

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: the path is known before the folder is made."""
        outputs = super().planned(context, inputs, state)
        if has_unknown(inputs.get("store")) or has_unknown(inputs.get("path")):
            return {**outputs, "absolutePath": UNKNOWN}
        return {**outputs, "absolutePath": _folder(ClusterRef.read(inputs["store"]), inputs)}

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the folder, or take up the one that this resource made before."""
        ref, cluster = self._reach(inputs)
        folder = _folder(ref, inputs)
        if not self._find_own(context, cluster, folder):
            self._make_passages(cluster, ref.root, folder, inputs)
            self._make(context, cluster, folder, inputs)
        id_ = _id(ref, folder)
        try:
            return id_, self._converge(context, cluster, folder, inputs)
        except SlideboxError as error:
            state = {**inputs, "absolutePath": folder, "mark": Owner.of(context).urn}
            raise PartialFailureError(id_, state, f"{folder} is made, but not finished. {error}") from error

    def _find_own(self, context: Context, cluster: Cluster, folder: str) -> bool:
        """Whether the folder is there and this resource's own.

        Raises
        ------
        InputError
            If it is there and somebody else's, or is no folder.
        """
        found = cluster.status(folder)
        if found is None:
            return False
        if not modes.S_ISDIR(found.st_mode or 0):
            raise InputError(f"{folder} on {cluster} already exists and is no folder.", "Move it away.")
        ownership.require(_called(cluster, folder), Owner.recorded(read_record(cluster, folder)), context, "adopt")
        return True

    def _make_passages(self, cluster: Cluster, root: str, folder: str, inputs: Properties) -> None:
        """Make the folders above: those who get in pass through to what they know the name of, and list nothing."""
        group = accounts.group_number(cluster, inputs["group"]) if inputs.get("group") else None
        above = posixpath.dirname(folder)
        missing_ones: list[str] = []
        while above != root and cluster.status(above) is None:
            missing_ones.insert(0, above)
            above = posixpath.dirname(above)
        for passage in missing_ones:
            cluster.again(f"making {passage}", partial(repeatable.mkdir, passage), path=root)
            _give(cluster, passage, 0o700 if group is None else 0o710, group)
        while above != root:
            missing_ones.append(above)
            above = posixpath.dirname(above)
        for passage in missing_ones:
            acl.pass_through(cluster, passage, inputs.get("acl") or ())

    def _make(self, context: Context, cluster: Cluster, folder: str, inputs: Properties) -> None:
        """Make the folder under another name, write the record, and rename: it never stands there without its owner."""
        digest = hashlib.sha256(context.urn.encode()).hexdigest()[:16]
        draft = posixpath.join(posixpath.dirname(folder), f".slidebox-new-{digest}")
        if cluster.status(draft) is None:  # else left by a run that was killed: its own, by the name
            cluster.again(f"making {draft}", partial(repeatable.mkdir, draft), path=posixpath.dirname(folder))
        write_record(cluster, draft, ownership.record_of(context, inputs))
        cluster.again(f"making {folder}", partial(repeatable.rename, draft, folder))

    def _converge(self, context: Context, cluster: Cluster, folder: str, inputs: Properties) -> Properties:
        """Bring record, group, mode and access control list to what the inputs say."""
        record = ownership.record_of(context, inputs)
        if read_record(cluster, folder) != record:
            write_record(cluster, folder, record)
        group = accounts.group_number(cluster, inputs["group"]) if inputs.get("group") else None
        mode, entries = int(inputs["mode"], 8), sorted(inputs.get("acl") or [])
        listed = acl.read(cluster, folder)
        _give(cluster, folder, mode, group)
        if entries or (listed is not None and listed.entries):
            acl.write(cluster, folder, mode, entries)
        found = _look(cluster, folder)
        if found["mode"] != inputs["mode"]:
            raise UnreadableError(
                f"{cluster} does not keep mode {inputs['mode']} of {folder}: it makes it {found['mode']}.",
                "Ask whoever runs it; a set-group-ID bit goes where this account is not in the folder's group.",
            )
        return {**inputs, **_about(cluster, folder), "absolutePath": folder, "mark": Owner.of(context).urn}

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the folder. A file system that is not there is an error, never a folder that is gone."""
        if not inputs:
            raise InputError(f"{id} cannot be imported: nothing on a cluster says which lab it is.", "Use `pulumi up`.")
        found = dict(inputs)
        ref, cluster = self._reach(found)
        folder = _folder(ref, found)
        if not cluster.is_folder(folder):
            return None
        found |= _look(cluster, folder)
        about = _about(cluster, folder)
        if found.get("group") is not None:
            found["group"] = _same_group(cluster, str(inputs["group"]), about["groupName"])
        record = read_record(cluster, folder)
        found["tags"] = {str(k): str(v) for k, v in (record or {}).get("tags", {}).items()}
        owner = Owner.recorded(record)
        outputs = {**found, **about, "absolutePath": folder, "mark": owner.urn if owner else ""}
        return Found(_id(ref, folder), outputs, found)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change record, group, mode and access control list in place."""
        ref, cluster = self._reach(inputs)
        folder = _folder(ref, inputs)
        if not cluster.is_folder(folder):
            raise InputError(f"Folder {folder} is gone.", "Run `pulumi refresh`, then `pulumi up` makes it again.")
        owner = Owner.recorded(read_record(cluster, folder))
        ownership.require(_called(cluster, folder), owner, context, "change", state.get("mark", ""))
        try:
            return self._converge(context, cluster, folder, inputs)
        except SlideboxError as error:
            raise PartialFailureError(id, {**state, **inputs}, f"{folder} is not finished. {error}") from error

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the folder if it is empty and this resource's own."""
        ref, cluster = self._reach(state)
        folder = _folder(ref, state)
        if not cluster.is_folder(folder):
            return
        owner = Owner.recorded(read_record(cluster, folder))
        ownership.require(_called(cluster, folder), owner, context, "delete", state.get("mark", ""))
        there = cluster.again(f"listing {folder}", partial(_names, folder))
        if content := [name for name in there if name not in _JUNK]:
            raise _not_empty(cluster, folder, content, context)
        # The record last: a run that is killed between leaves a folder that still says whose it is.
        for name in sorted(there, key=lambda name: name == RECORD):
            cluster.again(f"emptying {folder}", partial(repeatable.remove, posixpath.join(folder, name)))
        cluster.again(f"deleting {folder}", partial(_rmdir, folder))
        _remove_passages(cluster, ref.root, folder)


def _folder(ref: ClusterRef, inputs: Mapping[str, Any]) -> str:
    return posixpath.join(ref.root, str(inputs["path"]))


def _id(ref: ClusterRef, folder: str) -> str:
    return f"{ref.host}:{folder}"


def _called(cluster: Cluster, folder: str) -> str:
    return f"Folder {folder} on {cluster}"


def _same_folder(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two sets of inputs mean one folder."""
    if has_unknown(old.get("store")) or has_unknown(new.get("store")) or not old.get("store"):
        return False
    same_store = ClusterRef.read(old["store"]).identity == ClusterRef.read(new["store"]).identity
    return same_store and old.get("path") == new.get("path")


def _check_access(inputs: Properties) -> list[Failure]:
    failures = []
    if not isinstance(inputs["mode"], str) or not _MODE.fullmatch(inputs["mode"]):
        said = f"{inputs['mode']!r} is no mode of four octal digits that ends in 0, such as '2770'"
        failures.append(Failure("mode", f"{said}: other accounts of a cluster get nothing"))
    bad = [entry for entry in inputs["acl"] if not isinstance(entry, str) or parse_entry(entry) is None]
    failures += [Failure("acl", f"{entry!r} is no entry such as 'user:NAME:r-x'") for entry in bad]
    return failures


def _give(cluster: Cluster, folder: str, mode: int, group: int | None) -> None:
    """Set group and mode of a folder, where they are otherwise."""

    def work(sftp: SFTPClient) -> None:
        found = sftp.stat(folder)
        if group is not None and found.st_gid != group:
            sftp.chown(folder, found.st_uid or 0, group)
        # After the group: a change of group takes the set-group-ID bit away.
        if modes.S_IMODE(sftp.stat(folder).st_mode or 0) != mode:
            sftp.chmod(folder, mode)

    cluster.again(f"setting group and mode of {folder}", work)


def _look(cluster: Cluster, folder: str) -> dict[str, Any]:
    """Mode and access control list as they are; where there is a list, the group's part is in it."""
    mode = modes.S_IMODE(cluster.again(f"looking at {folder}", lambda sftp: sftp.stat(folder)).st_mode or 0)
    listed = acl.read(cluster, folder)
    if listed is None:
        return {"mode": f"{mode:04o}", "acl": []}
    group = sum(bit for bit, letter in zip((4, 2, 1), listed.group, strict=True) if letter != "-")
    return {"mode": f"{mode & ~0o070 | group << 3:04o}", "acl": list(listed.entries)}


def _about(cluster: Cluster, folder: str) -> dict[str, str]:
    found = cluster.again(f"looking at {folder}", lambda sftp: sftp.stat(folder))
    return {
        "owner": accounts.user_name(cluster, found.st_uid or 0),
        "groupName": accounts.group_name(cluster, found.st_gid or 0),
    }


def _same_group(cluster: Cluster, said: str, found: str) -> str:
    """The group that a folder has, in the words of the inputs: a name, or a number."""
    try:
        return said if accounts.group_number(cluster, said) == accounts.group_number(cluster, found) else found
    except InputError:
        return found


# What is sent to a server may be sent again after the connection broke off: what is done already is done.


def _names(path: str, sftp: SFTPClient) -> list[str]:
    return sorted(sftp.listdir(path))


def _rmdir(path: str, sftp: SFTPClient) -> None:
    with suppress(FileNotFoundError):
        sftp.rmdir(path)


def _remove_passages(cluster: Cluster, root: str, folder: str) -> None:
    above = posixpath.dirname(folder)
    while above != root:
        if cluster.again(f"listing {above}", partial(_names, above)):
            return  # something else is in it
        cluster.again(f"deleting {above}", partial(_rmdir, above))
        above = posixpath.dirname(above)


def _not_empty(cluster: Cluster, folder: str, content: list[str], context: Context) -> InputError:
    shown = ", ".join(content[:3]) + (f" and {len(content) - 3} more" if len(content) > 3 else "")
    return InputError(
        f"{_called(cluster, folder)} is not empty (it holds {shown}), so it is not deleted.",
        "Bring the data elsewhere with `slidebox get`, empty it, and run again; "
        f"or keep the folder and only forget it: `pulumi state delete '{context.urn}'`.",
    )
