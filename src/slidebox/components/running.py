"""Running inside Pulumi's Python SDK: errors as one message, and a small state."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
import pulumi.runtime.resource as sdk
from pulumi.runtime import rpc_manager, stack
from pulumi.runtime.proto import source_pb2

from slidebox.errors import SlideboxError


@contextmanager
def running() -> Iterator[None]:
    """Show what slidebox refuses as one message without a trace, and keep the SDK out of the engine's way.

    The state file would be written with traces of Python's stack, which are two thirds of it. And once the program has
    ended the SDK still sends the engine four lines for debugging at each resource and waits for each, and looks at
    every open task whenever one of them is done: together most of a preview without a change. So these stay away.
    """
    name = "_get_stack_trace"
    original = getattr(sdk, name, None)
    if original is not None:  # private names of the SDK: without them it is only slower
        setattr(sdk, name, source_pb2.StackTrace)
    for module in (sdk, rpc_manager):
        if getattr(module, "log", None) is pulumi.log:
            setattr(module, "log", _Log())  # noqa: B010 - not a name that the SDK's types export
    if getattr(stack, "asyncio", None) is asyncio:
        setattr(stack, "asyncio", _Asyncio())  # noqa: B010
    try:
        yield
    except SlideboxError as error:
        raise pulumi.RunError(str(error)) from None
    finally:
        if original is not None:
            setattr(sdk, name, original)


class _Log:
    """The SDK's log without what it says for debugging."""

    def __getattr__(self, name: str) -> Any:
        return _nothing if name == "debug" else getattr(pulumi.log, name)


class _Asyncio:
    """`asyncio` for the SDK's waiting at the end: for all tasks or the first that fails, not for the first of all."""

    FIRST_COMPLETED = asyncio.FIRST_EXCEPTION

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def _nothing(*words: Any, **about: Any) -> None:
    """Say nothing."""
