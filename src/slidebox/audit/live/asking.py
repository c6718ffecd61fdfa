"""One question after another to a service: an answer, or why there is none, and never too many a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slidebox.access.snapshot import unread
from slidebox.audit.live.pace import Pace
from slidebox.errors import SlideboxError


class Asking:
    """Asks a service, at most so often.

    Parameters
    ----------
    pace
        Holds calls back.
    """

    def __init__(self, pace: Pace) -> None:
        self.wait = pace.wait

    def part(self, ask: Callable[[], Any]) -> Any:
        """An answer; why it could not be had, in its place, where that is so, or where it is not what was expected."""
        self.wait()
        return understood(ask)


def understood(ask: Callable[[], Any]) -> Any:
    """What is made of an answer; why that cannot be, in its place, where it is not what was expected."""
    try:
        return ask()
    except SlideboxError as error:
        return unread(error.message)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return unread("the answer is not understood")
