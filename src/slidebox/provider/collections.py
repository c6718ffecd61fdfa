"""`slidebox:figshare:Collection`: a project's items at Figshare under one title and one DOI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from slidebox.deposits.about import About
from slidebox.deposits.collections import Collection, Collections
from slidebox.deposits.opening import DepositRef, Tokens
from slidebox.errors import InputError, SlideboxError
from slidebox.provider.resource import Context, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown
from slidebox.tokens import token_of

Open = Callable[[DepositRef], Collections]
"""Opens the collections of a store."""


def opened(tokens: Tokens = token_of) -> Open:
    """Opens them with a store's token."""
    return lambda ref: ref.collections(tokens)


class FigshareCollection(ResourceType):
    """A private collection with a reserved DOI; its items are put in by their own resources.

    It is found again by its mark, so that what a killed engine has made is taken up; one without it is never touched.

    Parameters
    ----------
    tokens
        Answers with a store's token.
    """

    token = "slidebox:figshare:Collection"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "mark"})
    computed: ClassVar = frozenset({"collectionId", "doi", "url"})
    stable: ClassVar = frozenset({"collectionId", "doi", "url"})

    def __init__(self, tokens: Tokens = token_of) -> None:
        self._tokens = tokens
        self._open = opened(tokens)

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The store: its name, its kind, and its endpoint where that is not the service's own."),
            "mark": ("string", "The URN by which the collection is found again."),
            "about": ("object", "What the collection says: title, description, authors, categories."),
            "tags": ("object", "The lab's tags."),
            "collectionId": ("string", "Figshare's number of it."),
            "doi": ("string", "Its DOI: reserved, and registered once it is published."),
            "url": ("string", "Its page."),
        }

    def required(self) -> tuple[str, ...]:
        """A collection has a store, a mark and something to say."""
        return ("store", "mark", "about")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; for a new one the store's token has to be there."""
        inputs = {"tags": {}, **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        ref = DepositRef.read(inputs["store"])
        About.read(inputs["about"])
        if ref.kind != "figshare":
            failures.append(Failure("store", f"a store of kind {ref.kind!r} has no collections"))
        if not old:
            self._tokens(ref.name)
        return inputs, failures

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make it, or take up the one that has this resource's mark."""
        service, about = self._open(DepositRef.read(inputs["store"])), About.read(inputs["about"])
        mark = str(inputs["mark"])
        found = service.find(mark, about.title)
        if found is None:
            made = service.create(about, mark)
            return made.id, _state(inputs, made)
        context.log("info", f"The collection {found.url} carries this resource's mark and is taken up.")
        try:
            return found.id, _state(inputs, service.change(found, about, mark))
        except SlideboxError as error:
            reason = f"{found.url} is made, but not finished. {error}"
            raise PartialFailureError(found.id, _state(inputs, found), reason) from error

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it."""
        if not inputs:
            raise InputError("A collection is not imported.", "slidebox makes its own.")
        found = self._open(DepositRef.read(inputs["store"])).get(id)
        if found is None:
            return None
        about = About.read(inputs["about"])
        there = dict(inputs)
        if found.title != about.title:
            there["about"] = replace(about, title=found.title or "(none)").document
        if inputs["mark"] not in found.marks:
            there["mark"] = "none"
        return Found(id, _state(there, found), there)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change what it says; once it is published, that is what its next version says."""
        service, mark = self._open(DepositRef.read(inputs["store"])), str(inputs["mark"])
        found = self._own(service, id, mark)
        if found is None:
            raise InputError(f"The collection {id} is gone.", "Run `pulumi refresh`, then `pulumi up` makes another.")
        return _state(inputs, service.change(found, About.read(inputs["about"]), mark))

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Delete it, and none of its items; what is published stays, and is only forgotten."""
        service = self._open(DepositRef.read(state["store"]))
        found = self._own(service, id, str(state["mark"]))
        if found is None:
            return
        if found.published:
            context.log("warning", f"{found.doi or found.url} is published and stays: it is only forgotten here.")
            return
        service.delete(found)

    def _own(self, service: Collections, collection: str, mark: str) -> Collection | None:
        """The collection, which has to carry the mark.

        Raises
        ------
        InputError
            If it does not.
        """
        found = service.get(collection)
        if found is not None and mark not in found.marks:
            raise InputError(
                f"The collection {found.url} does not carry this resource's mark any more, so slidebox leaves it.",
                "Write the tag back into it, or forget it with `pulumi state delete`.",
            )
        return found


def _state(inputs: Properties, found: Collection) -> Properties:
    return {**inputs, "collectionId": found.id, "doi": found.doi, "url": found.url}
