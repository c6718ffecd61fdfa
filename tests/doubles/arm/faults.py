"""Answers of Resource Manager, good and bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server says."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A call that is refused, in Resource Manager's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @property
    def answer(self) -> Answer:
        """As the service writes it."""
        return Answer(self.status, {"error": {"code": self.code, "message": str(self)}}, {"x-ms-error-code": self.code})


def not_found(what: str) -> RefusedError:
    """Something is not there."""
    return RefusedError(404, "ResourceNotFound", f"The Resource '{what}' was not found.")


@dataclass
class Fault:
    """A failure on demand.

    Attributes
    ----------
    method, path
        Which calls fail: their method (any where empty), and what is in their path.
    status, code
        How.
    skip, times
        How many such calls go well before the first that fails, and how many fail then.
    retry_after
        Seconds in the header `Retry-After`.
    existing
        Whether only calls about something that is there fail: it was made, and is not found yet.
    """

    method: str
    path: str
    status: int
    code: str
    skip: int = 0
    times: int = 1
    retry_after: float | None = None
    existing: bool = False

    def strikes(self, method: str, path: str, exists: bool) -> bool:
        """Whether this call fails; counts it."""
        if (self.method and self.method != method) or self.path.lower() not in path.lower():
            return False
        if self.existing and not exists:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        return True

    @property
    def answer(self) -> Answer:
        """What the call is answered."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        refused = RefusedError(self.status, self.code, f"The server says {self.code}.").answer
        return Answer(refused.status, refused.body, {**refused.headers, **headers})
