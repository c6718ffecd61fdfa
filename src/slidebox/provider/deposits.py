"""`slidebox:zenodo:Deposit` and `slidebox:figshare:Deposit`: the draft in which a dataset is deposited.

Neither is ever published here: `slidebox publish` does that, through the gate and on somebody's word.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from slidebox.deposits.about import About
from slidebox.deposits.collections import Collections
from slidebox.deposits.opening import DepositRef, Tokens
from slidebox.deposits.repository import Deposit, Repository
from slidebox.errors import InputError, SlideboxError
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.values import Properties, Secret, has_unknown, reveal
from slidebox.tokens import token_of


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


class DepositType(ResourceType):
    """A draft deposit with its DOI, its metadata and its embargo.

    It is found again by its own mark, which it has from the moment it is made: after an engine was killed the next
    run takes it up, and nothing that carries another mark, or none, is ever touched.

    Parameters
    ----------
    tokens
        Answers with a store's token.
    today
        The clock.
    """

    replace_on: ClassVar = frozenset({"store", "mark"})
    computed: ClassVar = frozenset({"depositId", "doi", "url", "published"})
    stable: ClassVar = frozenset({"depositId", "doi", "url"})

    def __init__(self, tokens: Tokens = token_of, today: Callable[[], dt.date] = _today) -> None:
        self._tokens = tokens
        self._today = today

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("object", "The store: its name, its kind, and its endpoint where that is not the service's own."),
            "mark": ("string", "The URN by which the deposit is found again."),
            "about": ("object", "What the deposit says of its data: title, creators, licence, embargo."),
            "quota": ("number", "How many bytes are meant to lie in it."),
            "tags": ("object", "The lab's tags."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "depositId": ("string", "The service's id of it."),
            "doi": ("string", "Its DOI: reserved, and registered once it is published."),
            "url": ("string", "Its page."),
            "published": ("boolean", "Whether it is published, and so stays for ever."),
        }

    def required(self) -> tuple[str, ...]:
        """A deposit has a store, a mark and something to say."""
        return ("store", "mark", "about")

    def _open(self, inputs: Mapping[str, Any]) -> Repository:
        return DepositRef.read(inputs["store"]).open(self._today(), self._tokens)

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; for a new one the store's token has to be there."""
        inputs = {"tags": {}, **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        ref, about = DepositRef.read(inputs["store"]), About.read(inputs["about"])
        if self.token.split(":")[1] != ref.kind:
            failures.append(Failure("store", f"a store of kind {ref.kind!r} has no {self.token}"))
        try:
            about.embargoed(self._today())
        except ValueError:
            failures.append(Failure("about", f"the embargo {about.embargo!r} is no day"))
        if not old:
            self._tokens(ref.name)
        return inputs, failures

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; another store or another mark is another deposit."""
        found = super().diff(context, state, old, new)
        return Difference(found.changed, found.replace, delete_first=False)

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the draft, or take up the one that has this resource's mark."""
        service, about, mark = self._open(inputs), About.read(inputs["about"]), str(inputs["mark"])
        found = service.find(mark, about.title)
        if found is None:
            made = service.create(about, mark)
            return made.id, self._state(inputs, made) | self._more(service, made, inputs, {})
        context.log("info", f"The deposit {found.url} carries this resource's mark and is taken up.")
        try:
            done = self._converge(context, service, found, about, mark)
            return found.id, self._state(inputs, done) | self._more(service, done, inputs, {})
        except SlideboxError as error:
            reason = f"{found.url} is made, but not finished. {error}"
            raise PartialFailureError(found.id, self._state(inputs, found), reason) from error

    def _converge(self, context: Context, service: Repository, found: Deposit, about: About, mark: str) -> Deposit:
        """Bring a draft to what is declared; what is published is left as it is."""
        if not found.published:
            return service.change(found, about, mark)
        said = found.doi or found.url
        context.log(
            "warning",
            f"{said} is published and stays as it is: what is declared now waits for its next version.",
        )
        return found

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it."""
        if not inputs:
            raise InputError("A deposit is not imported.", "slidebox makes its own, and put fills it.")
        found = self._open(inputs).get(id)
        if found is None:
            return None
        about = About.read(inputs["about"])
        if found.title != about.title:
            about = replace(about, title=found.title or "(none)")
        if found.embargo != (about.embargo if about.embargoed(self._today()) else ""):
            about = replace(about, embargo=found.embargo)
        there = {**inputs, "about": about.document}
        if inputs["mark"] not in found.marks:
            there["mark"] = "none"
        return Found(id, self._state(there, found), there)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change what a draft says."""
        service = self._open(inputs)
        found = self._own(service, id, str(inputs["mark"]), "change")
        if found is None:
            raise InputError(f"The deposit {id} is gone.", "Run `pulumi refresh`, then `pulumi up` makes another.")
        changed = self._converge(context, service, found, About.read(inputs["about"]), str(inputs["mark"]))
        return self._state(inputs, changed) | self._more(service, changed, inputs, state)

    def _more(self, service: Any, found: Deposit, inputs: Properties, state: Properties) -> Properties:
        """Outputs that only some services have."""
        return {}

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Delete a draft that holds no file; what is published stays, and is only forgotten."""
        service = self._open(state)
        found = self._own(service, id, str(state["mark"]), "delete")
        if found is None:
            return
        if found.published:
            context.log("warning", f"{found.doi or found.url} is published and stays: it is only forgotten here.")
            return
        if found.files:
            shown = ", ".join(sorted(found.files)[:3]) + (
                f" and {len(found.files) - 3} more" if len(found.files) > 3 else ""
            )
            raise InputError(
                f"The draft {found.url} holds {shown}, so it is not deleted.",
                "Bring the data elsewhere with `slidebox get`, delete the files on its page, and run again; "
                f"or keep the draft and only forget it: `pulumi state delete '{context.urn}'`.",
            )
        service.delete(found)

    def _own(self, service: Repository, deposit: str, mark: str, to: str) -> Deposit | None:
        """The deposit, which has to carry the mark.

        Raises
        ------
        InputError
            If it does not.
        """
        found = service.get(deposit)
        if found is not None and mark not in found.marks:
            raise InputError(
                f"The deposit {found.url} does not carry this resource's mark any more, so slidebox does not {to} it.",
                f"Write the identifier {mark} back into it, or forget it with `pulumi state delete`.",
            )
        return found

    def _state(self, inputs: Properties, found: Deposit) -> Properties:
        return {
            **inputs,
            "depositId": found.id,
            "doi": found.doi,
            "url": found.url,
            "published": found.published,
        }


class ZenodoDeposit(DepositType):
    """A draft deposit of Zenodo."""

    token = "slidebox:zenodo:Deposit"  # noqa: S105 - a type's name


class FigshareDeposit(DepositType):
    """A draft item of Figshare or Figshare+, with a private link for whoever reviews it."""

    token = "slidebox:figshare:Deposit"  # noqa: S105 - a type's name
    computed: ClassVar = DepositType.computed | {"privateLink"}

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            **super().properties(),
            "privateLinkDays": ("number", "For how many days a link to the draft holds; none is made where empty."),
            "privateLink": ("string", "The link: whoever has it reads the draft."),
            "collection": ("string", "The number of the collection that it is in; empty where it is in none."),
        }

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it, and whether it is in its collection; the link is remembered."""
        found = super().read(context, id, state, inputs)
        if found is None:
            return None
        more: Properties = {"privateLink": state.get("privateLink")}
        there = inputs.get("collection") or ""
        if there and id not in self._collections(inputs).items(str(there)):
            more["collection"] = ""
            found = replace(found, inputs={**found.inputs, "collection": ""})
        return replace(found, state={**found.state, **more})

    def _collections(self, inputs: Mapping[str, Any]) -> Collections:
        return DepositRef.read(inputs["store"]).collections(self._tokens)

    def _more(self, service: Any, found: Deposit, inputs: Properties, state: Properties) -> Properties:
        """Put it into its collection; make the link, or take away the one there was: it opens the draft, a secret."""
        into, was = str(inputs.get("collection") or ""), str(state.get("collection") or "")
        if was and was != into:
            self._collections(inputs).take_out(was, found.id)
        if into:
            self._collections(inputs).add(into, [found.id])
        days, before = inputs.get("privateLinkDays"), reveal(state.get("privateLink"))
        if days and not found.published:
            return {"privateLink": Secret(service.link(found, int(days)))}
        if before and not days:
            service.unlink(found, str(before))
            before = None
        return {"privateLink": Secret(before) if before else None}
