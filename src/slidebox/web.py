"""Calls to a service's web API: patient with it, streaming, and silent about the token.

A call is tried again where trying again is safe and may help: the service asks for patience (429, 503), fails
on its side (other 5xx), or the connection breaks. A call that makes something (POST) is tried again only where
the service says that it did nothing (429, 503), because otherwise it might make the thing twice; whoever makes
things finds them again by their mark.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from slidebox.errors import SlideboxError, UnreadableError
from slidebox.tokens import Secret

TRIES = 5
FIRST_WAIT = 1.0
LONGEST_WAIT = 120.0
_UNDONE = (429, 503)
_PIECE = 1 << 20
_HOPS = 5


class WebError(UnreadableError):
    """A service refused a call.

    Parameters
    ----------
    message, cure
        As of every error.
    status
        The HTTP status; 0 where no answer came.
    body
        The answer's JSON where it was JSON, for whoever knows the service's error shapes.
    """

    def __init__(self, message: str, cure: str = "", status: int = 0, body: Any = None) -> None:
        super().__init__(message, cure)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered: status, headers (names in small letters) and the JSON body, or None."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes to send, whose number is known before they are.

    Attributes
    ----------
    size
        How many bytes `open` gives.
    open
        Gives the bytes from the start, anew for every try.
    """

    size: int
    open: Callable[[], Iterator[bytes]] = field(repr=False)


@dataclass(slots=True)
class Web:
    """One service, spoken to with one token.

    Attributes
    ----------
    base
        The address every path is added to; the token is sent to this host alone, and to those in `also`.
    service
        The service's name in messages.
    token
        The token, or None for a call anyone may make.
    scheme
        The word before the token: Bearer, or token (Figshare).
    header
        The header with the token; any other than `authorization` has the token alone.
    also
        Other addresses of the service that get the token, such as an upload host.
    domain
        The service's domain: every host in it gets the token too, over https.
    pace
        Seconds between the starts of two calls, for a service that asks for it; bytes are not held up.
    sleep, now
        The clock, for tests.
    """

    base: str
    service: str
    token: Secret | None = None
    scheme: str = "Bearer"
    also: tuple[str, ...] = ()
    domain: str = ""
    pace: float = 0.0
    timeout: float = 60.0
    header: str = "authorization"
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)
    _client: Any = field(default=None, repr=False)
    _last: float = field(default=0.0, repr=False)

    def call(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Answer:
        """Call with a JSON body, or none, and answer what came back."""
        if self.pace:
            self.sleep(max(0.0, min(self.pace, self._last + self.pace - self.now())))
            self._last = self.now()
        content = None if body is None else json.dumps(body).encode()
        extra = {} if body is None else {"content-type": "application/json"}
        return self._tried(method, path, lambda: content, extra, query)

    def upload(self, method: str, path: str, data: Upload, kind: str = "application/octet-stream") -> Answer:
        """Send bytes as they are read, with their number said before."""
        headers = {"content-type": kind, "content-length": str(data.size)}
        return self._tried(method, path, lambda: _counted(data), headers, None)

    @contextmanager
    def download(self, path: str, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
        """Give the bytes at an address piece by piece; from `start` up to, not including, `end`.

        A service that sends the whole where a part was asked for is refused, so that nobody takes one for the other.
        It may say that the bytes are elsewhere: the token goes there only where that is the service itself.
        """
        ranged = start > 0 or end is not None
        headers = {"range": f"bytes={start}-{'' if end is None else end - 1}"} if ranged else {}
        response = self._followed(path, headers)
        try:
            if ranged and response.status_code != 206:
                raise WebError(f"{self.service} sent the whole of a file of which a part was asked for.", status=200)
            yield self._pieces(response)
        finally:
            response.close()

    def _followed(self, path: str, headers: dict[str, str]) -> Any:
        """Get an address, and where it says that the bytes are; never from a sealed line to an open one."""
        url = self._url(path)
        for _ in range(_HOPS):
            response = self._answered("GET", url, lambda: None, headers, None, follow=True)
            target = response.headers.get("location", "") if response.is_redirect else ""
            if not response.is_redirect:
                return response
            response.close()
            before, url = url, urljoin(url, target)
            if not target or (_origin(before)[0] == "https" and _origin(url)[0] != "https"):
                break
        raise WebError(f"{self.service} sends to an address that is not followed, for a file to download.")

    def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _pieces(self, response: Any) -> Iterator[bytes]:
        httpx = _httpx()
        try:
            yield from response.iter_bytes(_PIECE)
        except httpx.HTTPError as error:
            raise self._broken(error) from None

    def _tried(self, method: str, path: str, content: Any, headers: dict[str, str], query: Any) -> Answer:
        response = self._answered(method, path, content, headers, query)
        httpx = _httpx()
        try:
            response.read()
        except httpx.HTTPError as error:
            raise self._broken(error) from None
        finally:
            response.close()
        return Answer(response.status_code, dict(response.headers), _json(response))

    def _url(self, path: str) -> str:
        return path if "://" in path else self.base.rstrip("/") + "/" + path.lstrip("/")

    def _answered(
        self, method: str, path: str, content: Any, headers: dict[str, str], query: Any, *, follow: bool = False
    ) -> Any:
        """Call until there is a good answer, or one that says where it is; give up with the last failure."""
        httpx = _httpx()
        if self._client is None:
            # A redirect is not followed: it could carry the token, or an upload, elsewhere.
            self._client = httpx.Client(timeout=self.timeout, follow_redirects=False)
        url = self._url(path)
        for attempt in range(1, TRIES + 1):
            try:
                request = self._client.build_request(
                    method, url, content=content(), headers={**headers, **self._authority(url)}, params=query
                )
                response = self._client.send(request, stream=True)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if attempt == TRIES or method == "POST" or not isinstance(error, httpx.TransportError):
                    raise self._broken(error) from None
                self.sleep(_backoff(attempt))
                continue
            if response.is_success or (follow and response.is_redirect):
                return response
            again = _asks_for_patience(response) or (response.status_code >= 500 and method != "POST")
            wait = self._wait(response, attempt)
            if not again or attempt == TRIES or wait > LONGEST_WAIT:
                raise self._refused(response)
            response.close()
            self.sleep(wait)
        raise AssertionError  # the last try answers or raises

    def _authority(self, url: str) -> dict[str, str]:
        known = {_origin(one) for one in (self.base, *self.also)}
        parts = urlsplit(url)
        inside = bool(self.domain) and parts.scheme == "https" and f".{parts.hostname}".endswith(f".{self.domain}")
        if self.token is None or not (inside or _origin(url) in known):
            return {}
        word = self.token.reveal()
        return {self.header: f"{self.scheme} {word}" if self.header == "authorization" else word}

    def _wait(self, response: Any, attempt: int) -> float:
        """Answer how long the service asks to be left alone; our own patience where it says nothing."""
        if asked := response.headers.get("retry-after", "").strip():
            if asked.isdecimal():
                return float(asked)
            try:
                return max(0.0, parsedate_to_datetime(asked).timestamp() - self.now())
            except ValueError:
                return _backoff(attempt)
        reset = response.headers.get("x-ratelimit-reset", "").strip()
        if _asks_for_patience(response) and reset.isdecimal():
            return max(0.0, float(reset) - self.now())
        return _backoff(attempt)

    def _refused(self, response: Any) -> WebError:
        httpx = _httpx()
        try:
            response.read()
        except httpx.HTTPError:
            body = None
        else:
            body = _json(response)
        finally:
            response.close()
        status = response.status_code
        said = self._hidden(_said(body))
        msg = f"{self.service} refused the call with status {status}" + (f": {said}" if said else ".")
        return WebError(msg, _CURES.get(status, ""), status, body)

    def _broken(self, error: Exception) -> WebError:
        said = self._hidden(str(error)).rstrip(".") or type(error).__name__
        return WebError(f"{self.service} could not be reached: {said}.", "Try again when the network is there.")

    def _hidden(self, text: str) -> str:
        return text if self.token is None else self.token.hidden_in(text)


_CURES = {
    401: "Make a new token and set it again.",
    403: "Look whether the token may do this and the thing belongs to its account.",
    429: "Wait, and run it again; what is done is kept.",
}


def _said(body: Any) -> str:
    """Answer a service's own words: its message, and which fields it names."""
    if not isinstance(body, dict):
        return ""
    fields = [
        f"{one.get('field', '')}: "
        + " ".join(map(str, one.get("messages") or [one.get("message") or one.get("code", "")]))
        for one in body.get("errors") or ()
        if isinstance(one, dict)
    ]
    words = [str(body["message"]).rstrip(".")] if body.get("message") else []
    return "; ".join([*words, *(one.rstrip(".") for one in fields)])[:500] + "." if words or fields else ""


def _asks_for_patience(response: Any) -> bool:
    """Whether the service did nothing and wants to be asked again later.

    GitHub says so with 403 as well: in `retry-after` for its secondary limits, or by no calls that remain.
    """
    spent = "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0"
    return response.status_code in _UNDONE or (response.status_code == 403 and spent)


def _counted(data: Upload) -> Iterator[bytes]:
    """Give the bytes, and stop where there are more or fewer than was said."""
    sent = 0
    for piece in data.open():
        sent += len(piece)
        if sent > data.size:
            break
        yield piece
    if sent != data.size:
        msg = f"A file changed while it was sent: {data.size} bytes were expected."
        raise SlideboxError(msg, "Run it again when nothing writes to it.")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _backoff(attempt: int) -> float:
    return float(FIRST_WAIT * 2 ** (attempt - 1))


def _json(response: Any) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _httpx() -> Any:
    try:
        return importlib.import_module("httpx")
    except ImportError:
        msg = "This store needs httpx, which is not installed."
        raise UnreadableError(msg, "Run: pip install 'slidebox[deposits]'") from None
