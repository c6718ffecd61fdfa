"""What was there before slidebox and stays as it is: the engine knows it, and nothing of it is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from slidebox.errors import InputError
from slidebox.provider.resource import Context, Difference, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties

AS_IS = "asIs"
"""The input, of every type, that says so."""

PROPERTY = ("boolean", "Whether it was there before and stays as it is: nothing of it is changed or removed.")

DECLARED = frozenset({AS_IS, "location", "facts", "identities", "keys", "quota", "capacity"})
"""Inputs that say what a thing is for: they are nowhere but in the state."""


def stays(*properties: Mapping[str, Any]) -> bool:
    """Whether a thing with these inputs, or this state, stays as it is."""
    return any(said.get(AS_IS) is True for said in properties)


def _noted(state: Properties, inputs: Properties) -> Properties:
    """A state with what is declared of a thing; what it is was found there, whatever its inputs make of it.

    The rules believe a state: inputs that call a public bucket closed must not get into it.
    """
    return {**state, **{name: value for name, value in inputs.items() if name in DECLARED}}


class AsIs(ResourceType):
    """A resource that is only looked at.

    The engine imports it and writes down what is declared of it. It is never made, changed or removed: when its stack
    goes, it stays.

    Parameters
    ----------
    kind
        The kind of resource that it is.
    """

    token: ClassVar = ""

    def __init__(self, kind: ResourceType) -> None:
        self._kind = kind

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Those of its kind."""
        return self._kind.properties()

    def required(self) -> Collection[str]:
        """Those of its kind."""
        return self._kind.required()

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Its inputs are what was found: whether slidebox would set it up so is not the question.

        What the engine knows of it counts, and not what a program says by now: a refresh looks where its inputs say.
        """
        inputs = _noted({name: value for name, value in old.items() if name not in DECLARED}, new) if old else new
        return inputs, missing(inputs, self.required())

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare what is declared of it, which is all that can change; one that is just being imported has none."""
        if "facts" not in old:
            return Difference()
        changed = sorted(name for name in DECLARED if old.get(name) != new.get(name))
        return Difference(tuple(changed))

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """What is known of it, with what is declared.

        Raises
        ------
        InputError
            If nothing is known of it: the engine would make it anew.
        """
        return _noted(state, inputs) if state is not None else self.create(context, inputs)[1]

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Refuse: what stays as it is was there before.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            f"{context.name} is to stay as it was found, and the engine would make it anew.",
            "If it is gone, remove its `adopted` from the project's file, and slidebox makes a new one.",
        )

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it, as at any of its kind."""
        return self._kind.read(context, id, state, inputs)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Write down what is declared of it, and touch nothing."""
        return _noted(state, inputs)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Leave it where it is."""
        context.log("info", f"{context.name} was there before slidebox: it stays as it is, and is only forgotten.")
