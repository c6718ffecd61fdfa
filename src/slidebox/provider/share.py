"""`slidebox:share:Folder`: a folder in a file service, behind a remote of the user's own rclone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from slidebox.access.shared import invitations, still_to_share, told
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provider import ownership
from slidebox.provider.drive import RECORD, check_path
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import (
    Context,
    Difference,
    Failure,
    Found,
    PartialFailureError,
    ResourceType,
    missing,
)
from slidebox.provider.values import UNKNOWN, Properties, has_unknown
from slidebox.quantities import human_bytes
from slidebox.rclone import NotThereError, Rclone, RemoteFolder, shared
from slidebox.rclone.program import LETS_IN, TELLS_SHARING
from slidebox.shares import require_names, service_of, services

_JUNK = frozenset({RECORD, ".DS_Store", "Thumbs.db", "desktop.ini"})
_PARTIAL = ".slidebox-partial"
NOT_TOLD = "unknown"


class SharedFolder(ResourceType):
    """A folder in OneDrive, Dropbox or Google Drive.

    Whose it is, is written into a small file in it. People are let in where rclone can do that and tells who is in
    already; elsewhere it is said whom a person has to let in. A link that anyone can follow is never made, and what
    others have given stays, is read where the service tells it, and judged.

    Parameters
    ----------
    rclone
        How remotes are reached.
    """

    token = "slidebox:share:Folder"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"remote", "root", "path"})
    computed: ClassVar = frozenset({"folder", "mark"})
    stable: ClassVar = frozenset({"folder"})
    # What was found out; it changes by itself, and changes nothing.
    unmanaged: ClassVar = frozenset({"backend", "sharing"})

    def __init__(self, rclone: Callable[[], Rclone] = shared) -> None:
        self._rclone = rclone

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("string", "Name of the store."),
            "system": ("string", "Its row of Table 1."),
            "remote": ("string", "Name of the remote in rclone's own configuration."),
            "root": ("string", "The lab's folder in the remote."),
            "path": ("string", "The folder below it: project/level."),
            "lab": ("string", "Short name of the lab."),
            "quota": ("number", "How many bytes are meant to lie in it."),
            "shares": ("array", "Whom to let in: principal, address, and what it may: view or edit."),
            "identities": ("object", "Whom of the lab each address stands for."),
            "tags": ("object", "The lab's tags."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "backend": ("string", "The type of the remote, as rclone says."),
            "sharing": ("array", "Whom the service has let in, where it tells: address, and what it may."),
            "folder": ("string", "Where it is: remote:path."),
            "mark": ("string", "The resource that the folder's record names."),
        }

    def required(self) -> tuple[str, ...]:
        """A folder has a store, a remote and a path."""
        return ("store", "system", "remote", "root", "path", "lab")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs against the remote: known, of the right service, nobody else's folder there, room enough."""
        inputs = {"tags": {}, **new, "backend": NOT_TOLD, "sharing": NOT_TOLD}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        failures = [*check_path(str(inputs["path"])), *ownership.check_tags(inputs["tags"] or {})]
        if failures:
            return inputs, failures
        top = self._top(inputs)
        kind = self._kind(inputs)
        inputs["backend"] = kind
        self._require_name(inputs, kind)
        service = service_of(inputs["system"])
        if services().get(kind) is not service:
            title = service.title if service else str(inputs["system"])
            context.log(
                "warning",
                f"Remote {inputs['remote']!r} of store {inputs['store']!r} is of type {kind!r}, and not {title}: "
                "nothing is known of what it protects, and little is allowed there.",
            )
        path = str(inputs["path"])
        moved = any(old.get(name) != inputs[name] for name in self.replace_on)
        if moved:
            self._find_own(context, top, path)
        inputs["sharing"] = self._sharing(top, path, kind)
        self._say_by_hand(context, inputs)
        return inputs, self._check_room(top, inputs, old)

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare the inputs, and whether everybody is let in whom slidebox lets in."""
        found = super().diff(context, state, old, new)
        if not self._pending(new) or "shares" in found.changed:
            return found
        return Difference((*found.changed, "shares"), found.replace, found.delete_first)

    def _lets_in(self, inputs: Mapping[str, Any]) -> bool:
        """Whether slidebox lets people in: where that can be done, and it is told who is in."""
        service = services().get(str(inputs.get("backend")))
        able = service is not None and service.lets_in and self._rclone().version >= LETS_IN
        return able and isinstance(inputs.get("sharing"), list)

    def _pending(self, inputs: Mapping[str, Any]) -> list[Mapping[str, str]]:
        """Whom slidebox will let in."""
        if not self._lets_in(inputs):
            return []
        return [one for one in still_to_share(inputs.get("shares"), inputs["sharing"]) if one.get("address")]

    def _say_by_hand(self, context: Context, inputs: Mapping[str, Any]) -> None:
        """Say whom a person has to let in, in the service's own pages."""
        pending = self._pending(inputs)
        left = [one for one in still_to_share(inputs.get("shares"), inputs["sharing"]) if one not in pending]
        if left:
            each = ", ".join(_in_words(one) for one in left)
            context.log(
                "warning",
                f"{inputs.get('location') or inputs['path']} has to be shared by hand: in {_folder(inputs)}, {each}. "
                "Make no link that anyone can follow.",
            )

    def _kind(self, inputs: Mapping[str, Any]) -> str:
        """The type of the remote.

        Raises
        ------
        InputError
            If rclone has no such remote.
        """
        remotes = self._rclone().remotes()
        if inputs["remote"] not in remotes:
            there = f"It has {', '.join(sorted(remotes))}." if remotes else "It has none."
            raise InputError(
                f"rclone has no remote {inputs['remote']!r}, which store {inputs['store']!r} names. {there}",
                "Make it with `rclone config`, or correct `remote` in lab.yaml.",
            )
        return remotes[inputs["remote"]]

    @staticmethod
    def _require_name(inputs: Mapping[str, Any], kind: str) -> None:
        if service := services().get(kind):
            root = str(inputs["root"])
            require_names(service.title, service.names, [f"{root}/{inputs['path']}" if root else inputs["path"]])

    def _sharing(self, top: RemoteFolder, path: str, kind: str) -> list[dict[str, str]] | str:
        """Whom the service has let into the folder, or into the nearest one above it that is there."""
        service = services().get(kind)
        if service is None or not service.tells_sharing or self._rclone().version < TELLS_SHARING:
            return NOT_TOLD
        whole = RemoteFolder(top.rclone, top.remote)
        parts = [part for part in f"{top.path}/{path}".split("/") if part]
        for length in range(len(parts), 0, -1):
            item = whole.find("/".join(parts[:length]), metadata=True)
            if item is not None:
                return told(kind, item.metadata)
        # Nothing of the path is there, and of the drive itself rclone says nothing: it may be one that many share.
        return NOT_TOLD

    @staticmethod
    def _check_room(top: RemoteFolder, inputs: Mapping[str, Any], old: Mapping[str, Any]) -> list[Failure]:
        quota = inputs.get("quota")
        if not isinstance(quota, int | float) or quota <= int(old.get("quota") or 0):
            return []
        free = RemoteFolder(top.rclone, top.remote).free()
        if free is None or quota - int(old.get("quota") or 0) <= free:
            return []
        reason = (
            f"{human_bytes(quota)} do not fit into remote {inputs['remote']!r}, which has {human_bytes(free)} free. "
            "Make room there, or place the data elsewhere"
        )
        return [Failure("quota", reason)]

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: the path is known before the folder is made."""
        outputs = super().planned(context, inputs, state)
        known = not has_unknown({name: inputs.get(name) for name in self.replace_on})
        return {**outputs, "folder": _folder(inputs) if known else UNKNOWN}

    # Making, looking, changing, removing

    def _top(self, inputs: Mapping[str, Any]) -> RemoteFolder:
        return RemoteFolder(self._rclone(), str(inputs["remote"]), str(inputs["root"]))

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the folder, or take up the one that this resource made before."""
        top, path, where = self._top(inputs), str(inputs["path"]), _folder(inputs)
        if not self._find_own(context, top, path):
            # Under another name first: it never stands there without its owner.
            draft = f".slidebox-new-{hashlib.sha256(context.urn.encode()).hexdigest()[:16]}"
            _write_record(top, draft, ownership.record_of(context, inputs))
            top.move_folder(draft, path)
            if Owner.recorded(_read_record(top, path)) != Owner.of(context):
                raise UnreadableError(
                    f"{where} was made, and does not say whose it is.",
                    "Run `pulumi up` again.",
                )
        try:
            return where, self._converge(context, top, inputs)
        except SlideboxError as error:
            state = {**inputs, "folder": where, "mark": Owner.of(context).urn}
            raise PartialFailureError(where, state, f"{where} is made, but not finished. {error}") from error

    def _find_own(self, context: Context, top: RemoteFolder, path: str) -> bool:
        """Whether the folder is there and this resource's own.

        Raises
        ------
        InputError
            If it is there and somebody else's.
        """
        where = f"Folder {_at(top, path)}"
        item = top.find(path)
        if item is None:
            return False
        if not item.folder:
            raise InputError(f"{_at(top, path)} already exists and is no folder; it is left as it is.", "Move it away.")
        ownership.require(where, Owner.recorded(_read_record(top, path)), context, "adopt")
        return True

    def _converge(self, context: Context, top: RemoteFolder, inputs: Properties) -> Properties:
        path, record = str(inputs["path"]), ownership.record_of(context, inputs)
        if _read_record(top, path) != record:
            _write_record(top, path, record)
        sharing = self._let_in(context, top, path, inputs)
        return {**inputs, "sharing": sharing, "folder": _folder(inputs), "mark": Owner.of(context).urn}

    def _let_in(self, context: Context, top: RemoteFolder, path: str, inputs: Properties) -> Any:
        """Let in whoever is to be and is not; answers who is in then."""
        if not self._lets_in(inputs):
            return inputs.get("sharing", NOT_TOLD)
        kind = str(inputs["backend"])
        item = top.find(path, metadata=True)
        there = {**inputs, "sharing": told(kind, item.metadata if item else {})}
        if not item or not self._pending(there):
            return there["sharing"]
        before = {one["address"] for one in there["sharing"]}
        top.let_in(path, invitations(kind, self._pending(there)))
        item = top.find(path, metadata=True)
        there["sharing"] = told(kind, item.metadata if item else {})
        left = self._pending(there)
        if left or not self._lets_in(there):
            raise UnreadableError(
                f"The service has not let in {', '.join(map(_in_words, left)) or 'everybody'}.",
                "Look whether the address is one that it knows, or do it in the service's own pages.",
            )
        if gone := before - {one["address"] for one in there["sharing"]}:
            context.log("warning", f"{_folder(inputs)} is no longer shared with {', '.join(sorted(gone))}.")
        return there["sharing"]

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the folder. A service that does not answer is an error, never a folder that is gone."""
        if not inputs:
            raise InputError(
                "A folder in a file service cannot be imported.", "Copy its files into a new one with `slidebox put`."
            )
        found = dict(inputs)
        top, path = self._top(found), str(found["path"])
        kind = self._kind(found)
        item = top.find(path)
        if item is None:
            return None
        record = _read_record(top, path)
        found["backend"], found["sharing"] = kind, self._sharing(top, path, kind)
        found["tags"] = {str(k): str(v) for k, v in ((record or {}).get("tags") or {}).items()}
        owner = Owner.recorded(record)
        return Found(id, {**found, "folder": _folder(found), "mark": owner.urn if owner else ""}, found)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Write the record again."""
        top, path = self._top(inputs), str(inputs["path"])
        if top.find(path) is None:
            raise InputError(f"Folder {id} is gone.", "Run `pulumi refresh`, then `pulumi up` makes it again.")
        owner = Owner.recorded(_read_record(top, path))
        ownership.require(f"Folder {id}", owner, context, "change", state.get("mark", ""))
        return self._converge(context, top, inputs)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the folder if it is empty and this resource's own."""
        top, path = self._top(state), str(state["path"])
        try:
            there = top.list(path)
        except NotThereError:
            return
        record = Owner.recorded(_read_record(top, path))
        ownership.require(f"Folder {id}", record, context, "delete", state.get("mark", ""))
        content = sorted(item.path.rpartition("/")[2] for item in there)
        left = [name for name in content if name not in _JUNK and name != _PARTIAL]
        if left:
            shown = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
            raise InputError(
                f"Folder {id} is not empty (it holds {shown}), so it is not deleted.",
                "Bring the data elsewhere with `slidebox get`, empty it, and run again; "
                f"or keep the folder and only forget it: `pulumi state delete '{context.urn}'`.",
            )
        if _PARTIAL in content:
            for item in top.list(f"{path}/{_PARTIAL}"):
                top.delete(item.path)
            top.remove(f"{path}/{_PARTIAL}")
        # The record last: a run that is killed between leaves a folder that still says whose it is.
        for name in sorted(set(content) & _JUNK, key=lambda name: name == RECORD):
            top.delete(f"{path}/{name}")
        top.remove(path)
        for above in (path.rpartition("/")[0],):
            if above:
                top.remove(above)


def _at(top: RemoteFolder, path: str) -> str:
    return f"{top.fs.rstrip('/')}{'/' if top.path else ''}{path}"


def _folder(inputs: Mapping[str, Any]) -> str:
    root = str(inputs["root"]).strip("/")
    return f"{inputs['remote']}:{root + '/' if root else ''}{inputs['path']}"


def _in_words(share: Mapping[str, str]) -> str:
    address = f" ({share['address']})" if share.get("address") else ""
    return f"{share.get('principal')}{address} may {share.get('may')}"


# The record


def _read_record(top: RemoteFolder, path: str) -> Mapping[str, Any] | None:
    try:
        return top.document(f"{path}/{RECORD}")
    except ValueError as error:
        raise UnreadableError(
            f"{_at(top, path)}/{RECORD} is damaged: it does not say whose folder this is.", "Restore it, or delete it."
        ) from error


def _write_record(top: RemoteFolder, path: str, record: Mapping[str, Any]) -> None:
    top.write(f"{path}/{RECORD}", (json.dumps(record, indent=2, sort_keys=True) + "\n").encode())
