"""What a kind of resource has to answer; the protocol itself is in servicer.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from slidebox.errors import SlideboxError
from slidebox.facts import unpack
from slidebox.provider.values import UNKNOWN, Properties, has_unknown, same

LogLevel = Literal["debug", "info", "warning", "error"]


class PartialFailureError(SlideboxError):
    """The thing exists, but is not finished: the engine keeps it in the state and updates it next time.

    Parameters
    ----------
    id
        The id of what exists.
    state
        Its properties as far as they are known.
    reason
        One sentence: what is not finished, and why.
    """

    def __init__(self, id: str, state: Properties, reason: str) -> None:  # noqa: A002 - the protocol's word
        super().__init__(reason)
        self.id = id
        self.state = state


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that cannot be: the name of the property (or nothing), and why."""

    property: str
    reason: str


def _silent(level: LogLevel, message: str) -> None:
    """Say nothing: for callers without an engine."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """One call of the engine.

    Attributes
    ----------
    urn
        The resource's name in its stack: ``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME``.
    preview
        Whether nothing may be changed.
    log
        Says something to the person who runs the engine.
    cancelled
        Whether the engine has asked to stop.
    """

    urn: str
    preview: bool = False
    log: Callable[[LogLevel, str], None] = field(default=_silent, repr=False)
    cancelled: Callable[[], bool] = field(default=_never, repr=False)

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.urn.split("::")[0].removeprefix("urn:pulumi:")

    @property
    def project(self) -> str:
        """Name of the Pulumi project."""
        return self.urn.split("::")[1]

    @property
    def type(self) -> str:
        """The resource's own type."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True, slots=True)
class Difference:
    """What an update would change.

    Attributes
    ----------
    changed
        Names of inputs that differ, or of outputs that have gone.
    replace
        Those of them that the store can change only by making the thing anew.
    delete_first
        Whether the old thing has the new one's name and has to go first.
    """

    changed: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    delete_first: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a read has found: the thing's outputs, and the inputs that would make it so."""

    id: str
    state: Properties
    inputs: Properties


class ResourceType(ABC):
    """One kind of resource. Methods are plain and may block; they run in a pool of threads.

    Attributes
    ----------
    token
        Its type, such as ``slidebox:s3:Bucket``.
    replace_on
        Inputs that cannot change in place.
    computed
        Outputs that are not inputs.
    stable
        Outputs that survive an update.
    unmanaged
        Inputs that say where the program ran, or what was found out; their change alone is no update.
    """

    token: ClassVar[str]
    replace_on: ClassVar[frozenset[str]] = frozenset()
    computed: ClassVar[frozenset[str]] = frozenset()
    stable: ClassVar[frozenset[str]] = frozenset()
    unmanaged: ClassVar[frozenset[str]] = frozenset()

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Complete and judge inputs, before anything is made; `old` is empty for a new resource."""
        return new, []

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare the inputs of the last run with the new ones."""
        changed = tuple(
            name
            for name in sorted({*old, *new} - self.unmanaged)
            if has_unknown(new.get(name)) or not self.same(name, old.get(name), new.get(name))
        )
        return Difference(changed, tuple(name for name in changed if name in self.replace_on))

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of one input mean the same; stacks of before carry facts as an object."""
        return same(unpack(old), unpack(new)) if name == "facts" else same(old, new)

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs as a preview shows them; `state` is the present one of an update."""
        before = state or {}
        unknown = dict.fromkeys(self.computed, UNKNOWN)
        kept = {name: before[name] for name in self.computed & before.keys()}
        return {**unknown, **kept, **inputs}

    @abstractmethod
    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make it, or adopt it where this very resource made it before; answers its id and outputs."""

    @abstractmethod
    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at it; None where it is gone. Without inputs it is being imported."""

    @abstractmethod
    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change it in place; answers its outputs."""

    @abstractmethod
    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove it, if it is empty and ours."""

    @abstractmethod
    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Its properties for the schema: type and description, by name."""

    def required(self) -> Collection[str]:
        """Inputs that must be given."""
        return ()


def missing(inputs: Mapping[str, Any], required: Collection[str]) -> list[Failure]:
    """A failure for each required input that is not given."""
    return [Failure(name, f"{name!r} is required") for name in required if inputs.get(name) is None]
