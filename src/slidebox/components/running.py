"""Running inside Pulumi's Python SDK: errors as one message, and a small state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pulumi
import pulumi.runtime.resource as sdk
from pulumi.runtime.proto import source_pb2

from slidebox.errors import SlideboxError


@contextmanager
def running() -> Iterator[None]:
    """Show what slidebox refuses as one message without a trace, and keep the SDK's traces out of the state.

    The state file is written twice for each resource, and two thirds of it would be traces of Python's
    stack: without them a stack of a thousand resources comes up in half the time.
    """
    name = "_get_stack_trace"
    original = getattr(sdk, name, None)
    if original is not None:  # a private name of the SDK: without it the state is only larger
        setattr(sdk, name, source_pb2.StackTrace)
    try:
        yield
    except SlideboxError as error:
        raise pulumi.RunError(str(error)) from None
    finally:
        if original is not None:
            setattr(sdk, name, original)
