"""What the doubles of web services share: a server on a free port, prepared faults, and a list of what was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Reply:
    """An answer; the body is JSON, or bytes."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """An answer that is given in place of the right one, so many times."""

    method: str
    part: str
    reply: Reply
    times: int = 1


class WebDouble(ThreadingHTTPServer):
    """A service that keeps its state in memory."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.broken: Callable[[Asked], bool] = lambda asked: False
        """Whether to cut the line after a request was done, before its answer."""
        self.whole = False
        """Whether files are only given whole, whatever part is asked for."""
        self.lock = threading.RLock()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def fail(self, method: str, part: str, status: int, body: Any = None, times: int = 1, **headers: str) -> None:
        """Prepare a fault for requests whose path has a part."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(method, part, Reply(status, body, named), times))

    def count(self, method: str, part: str) -> int:
        """How many requests there were whose path has a part."""
        return sum(one.method == method and part in one.path for one in self.asked)

    def answer(self, asked: Asked) -> Reply:
        """What the service does."""
        raise NotImplementedError

    def handle_error(self, *_: Any) -> None:
        """A client that breaks off is part of the tests."""

    def reply(self, asked: Asked) -> Reply:
        """A fault where one is prepared, else the service's own answer."""
        with self.lock:
            self.asked.append(asked)
            for fault in self.faults:
                if fault.times and fault.method == asked.method and fault.part in asked.path:
                    fault.times -= 1
                    return fault.reply
            return self.answer(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: WebDouble

    def _any(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        if len(body) < length:
            self.close_connection = True
            return
        reply = self.server.reply(asked)
        if self.server.broken(asked):
            self.close_connection = True
            self.connection.close()
            return
        data = reply.body if isinstance(reply.body, bytes) else b""
        if reply.body is not None and not isinstance(reply.body, bytes):
            data = json.dumps(reply.body).encode()
        ranged = "" if self.server.whole else headers.get("range", "")
        status, more = reply.status, {}
        if isinstance(reply.body, bytes) and status == 200 and ranged.startswith("bytes="):
            start, _, end = ranged.removeprefix("bytes=").partition("-")
            data = data[int(start) : int(end) + 1 if end else None]
            status, more = 206, {"Content-Range": f"bytes {start}-/*"}
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **more, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing is said."""


Double = TypeVar("Double", bound=WebDouble)


@contextmanager
def running(double: Double) -> Iterator[Double]:
    """Run a double until the end of the block."""
    thread = threading.Thread(target=double.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        double.shutdown()
        double.server_close()
        thread.join()
