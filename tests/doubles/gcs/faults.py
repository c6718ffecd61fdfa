"""What goes wrong: what a request is refused with, and what tests order to go wrong."""

from __future__ import annotations

import threading
from dataclasses import dataclass


class Refused(Exception):  # noqa: N818 - it is an answer, not an error of the server
    """A request is answered with an error.

    Parameters
    ----------
    status
        HTTP status.
    reason
        The API's word for it.
    message
        What is said.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    @property
    def document(self) -> dict[str, object]:
        """The error as the JSON API writes it."""
        listed = [{"domain": "global", "reason": self.reason, "message": self.message}]
        return {"error": {"code": self.status, "message": self.message, "errors": listed}}


def invalid(message: str) -> Refused:
    """A request that is not well formed."""
    return Refused(400, "invalid", message)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong on purpose.

    Attributes
    ----------
    method
        The call, as the discovery document names it: ``storage.buckets.patch``.
    status
        What it is answered with.
    nth
        From which call of the kind on, counted from when the fault is ordered.
    times
        How many calls go wrong.
    done
        Whether the call is carried out all the same, and only its answer lost.
    """

    method: str
    status: int
    nth: int = 1
    times: int = 1
    done: bool = False


_REASONS = {401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded", 503: "backendError"}


class Faults:
    """The faults that are ordered."""

    def __init__(self) -> None:
        self._ordered: list[tuple[Fault, list[int]]] = []
        self._lock = threading.Lock()

    def order(self, fault: Fault) -> None:
        """Let something go wrong."""
        with self._lock:
            self._ordered.append((fault, [0]))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._ordered.clear()

    def of(self, method: str) -> Fault | None:
        """The fault of this call; each call is counted."""
        struck = None
        with self._lock:
            for fault, count in self._ordered:
                if fault.method == method:
                    count[0] += 1
                    if fault.nth <= count[0] < fault.nth + fault.times:
                        struck = struck or fault
        return struck


def refusal(fault: Fault) -> Refused:
    """What a fault answers."""
    return Refused(fault.status, _REASONS.get(fault.status, "backendError"), f"A fault of {fault.method} was ordered.")
