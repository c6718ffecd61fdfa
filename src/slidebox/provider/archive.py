"""`slidebox:archive:Submission` and `slidebox:archive:Folder`: what BioStudies has of a project before it is submitted.

Nothing is ever submitted here: `slidebox submission submit` does that, through the gate and on somebody's word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from slidebox.biostudies import SERVICE, ArchiveRef, BioStudies, Draft, Submitted, Tokens
from slidebox.errors import InputError, UnreadableError
from slidebox.provider import ownership
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown
from slidebox.submission import MARK, PageTabError, from_json
from slidebox.tokens import token_of

RECORD = ".slidebox-location.json"
"""Name of the file in a folder that says whose it is; no list of files has it, so it is never submitted."""

Open = Callable[[ArchiveRef], BioStudies]
"""Answers with the account of a store."""


def opened(tokens: Tokens = token_of) -> Open:
    """Opens each store with its password."""
    return lambda ref: BioStudies(ref, tokens)


def mark_in(content: str) -> str:
    """The mark in a PageTab; nothing where it has none, or is none."""
    try:
        return from_json(content).value(MARK)
    except PageTabError:
        return ""


def find_draft(service: BioStudies, mark: str) -> Draft | None:
    """The account's draft with a mark.

    Raises
    ------
    UnreadableError
        If there are several: somebody has copied one.
    """
    found = [draft for draft in service.drafts() if mark_in(draft.content) == mark]
    if len(found) > 1:
        keys = ", ".join(draft.key for draft in found)
        raise UnreadableError(f"{SERVICE} has several drafts with one mark: {keys}.", "Delete all but one there.")
    return found[0] if found else None


def find_submitted(service: BioStudies, mark: str, title: str) -> Submitted | None:
    """The account's submission with a mark, among those with a title."""
    for one in service.submissions():
        if one.title == title and mark_in(service.page(one.accession)) == mark:
            return one
    return None


class Submission(ResourceType):
    """A project's submission: a draft until it is submitted, and its status from then on.

    It is found again by the mark in its PageTab, so that what a killed engine has made is taken up. A draft without
    that mark is never touched, and what is submitted never changed.

    Parameters
    ----------
    open_
        Opens an account.
    """

    token = "slidebox:archive:Submission"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "mark"})
    computed: ClassVar = frozenset({"draft", "accession", "status", "released"})

    def __init__(self, open_: Open | None = None) -> None:
        self._open = open_ or opened()

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The store: its name, its account and its endpoint."),
            "mark": ("string", "The URN by which the submission is found again."),
            "title": ("string", "Its title."),
            "content": ("string", "Its PageTab as far as it is declared, as JSON."),
            "tags": ("object", "The lab's tags."),
            "draft": ("string", "What the archive calls the draft; empty once it is submitted."),
            "accession": ("string", "What the archive calls the submission; empty before it is submitted."),
            "status": ("string", "How far it is: DRAFT, or what the archive says."),
            "released": ("string", "The day on which it opens or has opened, as the archive says."),
        }

    def required(self) -> tuple[str, ...]:
        """A submission has a store, a mark and something to say."""
        return ("store", "mark", "title", "content")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; for a new one the password has to be there."""
        inputs = {"tags": {}, **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        ArchiveRef.read(inputs["store"])
        if mark_in(str(inputs["content"])) != inputs["mark"]:
            failures.append(Failure("content", f"it does not carry the mark {inputs['mark']}"))
        return inputs, failures

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values mean the same: PageTab in another spelling does."""
        if name == "content" and isinstance(old, str) and isinstance(new, str):
            try:
                return from_json(old) == from_json(new)
            except PageTabError:
                return False
        return super().same(name, old, new)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the draft, or take up what has this resource's mark."""
        service, mark = self._open(ArchiveRef.read(inputs["store"])), str(inputs["mark"])
        submitted = find_submitted(service, mark, str(inputs["title"]))
        if submitted is not None:
            context.log("info", f"{submitted.accession} carries this resource's mark and is taken up.")
            return mark, _state(inputs, None, submitted)
        draft = find_draft(service, mark)
        if draft is None:
            draft = service.make_draft(str(inputs["content"]))
        elif not self.same("content", draft.content, inputs["content"]):
            draft = service.change_draft(draft.key, str(inputs["content"]))
        return mark, _state(inputs, draft, None)

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it: at what was submitted first."""
        if not inputs:
            raise InputError("A submission is not imported.", "slidebox makes its own draft.")
        service = self._open(ArchiveRef.read(inputs["store"]))
        submitted = find_submitted(service, id, str(inputs["title"]))
        draft = None if submitted else find_draft(service, id)
        if submitted is None and draft is None:
            return None
        there = {**inputs, "content": draft.content} if draft else dict(inputs)
        return Found(id, _state(there, draft, submitted), there)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change what a draft says; what is submitted stays as it is."""
        service = self._open(ArchiveRef.read(inputs["store"]))
        before = str(state.get("title") or inputs["title"])
        submitted = find_submitted(service, id, before)
        if submitted is not None:
            said = f"{submitted.accession} is submitted and stays as it is: what is declared now is not said there."
            context.log("warning", said)
            return _state(inputs, None, submitted)
        draft = find_draft(service, id)
        if draft is None:
            raise InputError("The draft is gone.", "Run `pulumi refresh`, then `pulumi up` makes another.")
        return _state(inputs, service.change_draft(draft.key, str(inputs["content"])), None)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Delete the draft; what is submitted stays and is only forgotten."""
        service = self._open(ArchiveRef.read(state["store"]))
        draft = find_draft(service, id)
        if draft is not None:
            service.remove_draft(draft.key)
        elif state.get("accession"):
            context.log("warning", f"{state['accession']} is submitted and stays: it is only forgotten here.")


def _state(inputs: Properties, draft: Draft | None, submitted: Submitted | None) -> Properties:
    return {
        **inputs,
        "draft": draft.key if draft else "",
        "accession": submitted.accession if submitted else "",
        "status": submitted.status if submitted else "DRAFT",
        "released": submitted.released if submitted else "",
    }


class Folder(ResourceType):
    """A dataset's folder in the account's own space, which nobody but the account reads before it is submitted.

    Parameters
    ----------
    open_
        Opens an account.
    """

    token = "slidebox:archive:Folder"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "path"})
    computed: ClassVar = frozenset({"owner"})

    def __init__(self, open_: Open | None = None) -> None:
        self._open = open_ or opened()

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("object", "The store: its name, its account and its endpoint."),
            "path": ("string", "The folder in the account's own space."),
            "release": ("string", "The day on which a submission of it opens; empty where none is declared."),
            "quota": ("number", "How many bytes are meant to lie in it."),
            "tags": ("object", "The lab's tags."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "owner": ("string", "The resource that the folder's record names."),
        }

    def required(self) -> tuple[str, ...]:
        """A folder has a store and a place in it."""
        return ("store", "path")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; whose the folder is, is asked when it is made."""
        inputs = {"tags": {}, **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        ArchiveRef.read(inputs["store"])
        parts = str(inputs["path"]).split("/")
        if not all(part.strip(".") for part in parts):
            failures.append(Failure("path", f"{inputs['path']!r} is no folder's path"))
        return inputs, [*failures, *ownership.check_tags(inputs["tags"] or {})]

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the folder, or take up the one that this resource made before."""
        service, path = self._open(ArchiveRef.read(inputs["store"])), str(inputs["path"])
        there = service.listing(path)
        # An empty folder without its record is what an engine that was killed has left, or as good as that.
        if there:
            ownership.require(
                f"The folder {path} at {SERVICE}", Owner.recorded(_record(service, path)), context, "adopt"
            )
        else:
            service.make_folder(path)
        return path, self._write(service, context, inputs)

    def _write(self, service: BioStudies, context: Context, inputs: Properties) -> Properties:
        owner = Owner.of(context)
        record = {"project": owner.project, "stack": owner.stack, "urn": owner.urn, "tags": inputs.get("tags") or {}}
        data = (json.dumps(record, indent=2, sort_keys=True) + "\n").encode()
        service.send(f"{inputs['path']}/{RECORD}", len(data), lambda: iter([data]))
        return {**inputs, "owner": owner.urn}

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it."""
        if not inputs:
            raise InputError("A folder at an archive is not imported.", "slidebox makes its own.")
        service = self._open(ArchiveRef.read(inputs["store"]))
        if not service.has_folder(id):
            return None
        record = _record(service, id)
        owner = Owner.recorded(record)
        found = {**inputs, "tags": dict((record or {}).get("tags") or {})}
        return Found(id, {**found, "owner": owner.urn if owner else ""}, found)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Write the record anew."""
        service = self._open(ArchiveRef.read(inputs["store"]))
        if not service.has_folder(id):
            raise InputError(f"The folder {id} is gone.", "Run `pulumi refresh`, then `pulumi up` makes it again.")
        what, known = f"The folder {id} at {SERVICE}", str(state.get("owner") or "")
        ownership.require(what, Owner.recorded(_record(service, id)), context, "change", known)
        return self._write(service, context, inputs)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the folder if it is empty and this resource's own."""
        service = self._open(ArchiveRef.read(state["store"]))
        if not service.has_folder(id):
            return
        there = service.listing(id)
        what, known = f"The folder {id} at {SERVICE}", str(state.get("owner") or "")
        ownership.require(what, Owner.recorded(_record(service, id)), context, "delete", known)
        if others := sorted(one.name for one in there if one.name != RECORD):
            shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
            raise InputError(
                f"{what} is not empty (it holds {shown}), so it is not deleted.",
                f"Delete the files there, or only forget the folder: `pulumi state delete '{context.urn}'`.",
            )
        service.remove(f"{id}/{RECORD}")
        service.remove(id)


def _record(service: BioStudies, path: str) -> Mapping[str, Any] | None:
    """The record in a folder; None where there is none.

    Raises
    ------
    UnreadableError
        If it is damaged.
    """
    if not any(one.name == RECORD for one in service.listing(path)):
        return None
    with service.read(f"{path}/{RECORD}") as pieces:
        data = b"".join(pieces)
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnreadableError(
            f"{path}/{RECORD} at {SERVICE} is damaged: it does not say whose folder this is.", "Delete it there."
        )
    return found
