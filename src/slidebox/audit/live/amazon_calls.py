"""One call to a service of AWS: what it answers, that there is nothing, or why it could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as Unreachable,
)
from botocore.parsers import ResponseParserError

from slidebox.access.snapshot import unread
from slidebox.adoption.amazon_clients import AmazonClients
from slidebox.provider import faults

_One = TypeVar("_One")
_Answer = TypeVar("_Answer")
_NOT_UNDERSTOOD: Final = "the answer is not understood"
_MOST_PAGES: Final = 10_000
FAULTS: Final = (ClientError, BotoCoreError, ResponseParserError, AttributeError, KeyError, TypeError, ValueError)
"""What boto3 raises, and what comes of an answer of another form."""


class Calls:
    """Asks services, and never raises: a part that could not be read says why, and the rest goes on.

    Parameters
    ----------
    clients
        Clients of the services.
    at_once
        How many calls are made side by side.
    """

    def __init__(self, clients: AmazonClients, at_once: int) -> None:
        self._clients = clients
        self._at_once = at_once

    def one(
        self,
        service: str,
        operation: str,
        part: str,
        absent: Sequence[str] = (),
        region: str = "",
        **asked: Any,
    ) -> Any:
        """What is in one part of an answer; None where there is none; unread with the reason where it was not had.

        Parameters
        ----------
        service, operation
            What is asked, as boto3 calls it.
        part
            The part of the answer; all of it where empty.
        absent
            The service's own words for that there is none.
        region
            Where; the store's own where empty.
        asked
            About what.
        """
        try:
            answer = getattr(self._clients.of(service, region), operation)(**asked)
            return _plain(answer[part] if part else {name: answer[name] for name in answer if name != _METADATA})
        except ClientError as error:
            return None if faults.code(error) in absent else unread(reason(error, operation))
        except FAULTS as error:
            return unread(reason(error, operation))

    def raw(self, service: str, operation: str, part: str) -> Any:
        """One part of an answer as it is, not for JSON; None where it was not had."""
        try:
            return getattr(self._clients.of(service), operation)()[part]
        except FAULTS:
            return None

    def many(self, service: str, operation: str, part: str, region: str = "", **asked: Any) -> Any:
        """The whole of a list, page by page; a list with an unread item at its end where the rest was not had."""
        listed: list[Any] = []
        try:
            for page in self._pages(service, operation, region, asked):
                listed.extend(_items(page, part))
        except FAULTS as error:
            # What was had is known, and that there is more than that is known too.
            why = unread(reason(error, operation))
            return [*_plain(listed), why] if listed else why
        return _plain(listed)

    def _pages(self, service: str, operation: str, region: str, asked: Mapping[str, Any]) -> Iterator[Any]:
        client = self._clients.of(service, region)
        if client.can_paginate(operation):
            yield from client.get_paginator(operation).paginate(**asked)
            return
        more: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            page = getattr(client, operation)(**asked, **more)
            yield page
            token = page.get("NextToken")
            if not token:
                return
            more = {"NextToken": token}

    def each(self, ask: Callable[[_One], _Answer], about: Sequence[_One]) -> list[_Answer]:
        """Ask about several things side by side; the answers in their order."""
        if len(about) < 2:
            return [ask(one) for one in about]
        with ThreadPoolExecutor(self._at_once) as pool:
            return list(pool.map(ask, about))


_METADATA: Final = "ResponseMetadata"


def _items(page: Mapping[str, Any], part: str) -> list[Any]:
    """The items of a page, whose list may be inside another object; none of it means that it is not understood."""
    value: Any = page
    *outer, last = part.split(".")
    for name in outer:
        value = value[name]
    # CloudFront leaves a list out that has nothing in it, and says so in a number.
    if last not in value and value.get("Quantity") == 0:
        return []
    listed = value[last]
    if not isinstance(listed, list):
        raise TypeError(_NOT_UNDERSTOOD)
    return listed


def reason(error: Exception, operation: str) -> str:
    """Why a call could not be answered, in words of the field, without anything secret."""
    if isinstance(error, ClientError):
        word = faults.code(error)
        if word in faults.REFUSED_ACTION | {"UnauthorizedOperation"}:
            return f"{word} for {operation}"
        if word in faults.BUSY or faults.status(error) in {429, 500, 502, 503, 504}:
            return f"the service was too busy for {operation} ({word})"
        return f"{operation} was refused ({word})"
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return f"nothing answered {operation} in time"
    if isinstance(error, EndpointConnectionError | Unreachable | HTTPClientError):
        return f"nothing answers for {operation}"
    return f"{_NOT_UNDERSTOOD} ({operation})"


def _plain(value: Any) -> Any:
    """A value as JSON has it: moments as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else None
