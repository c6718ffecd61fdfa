"""What goes wrong between the stand-in and the service: a server that hands calls on to moto, but for what is ordered.

Put ``Wire.url`` where ``AWS_ENDPOINT_URL`` is read. A fault answers as AWS does: S3 and IAM with XML.
"""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_OWN = {"connection", "transfer-encoding", "server", "date", "content-length"}
"""Headers that each side of a wire has of its own."""


@dataclass
class Fault:
    """Calls that go wrong.

    Attributes
    ----------
    method
        Their HTTP method; any where empty.
    about
        What their path, query or body has.
    status, code
        What they are answered with.
    skip, times
        How many such calls go well first, and how many go wrong then.
    held
        Set, they wait for this before they are answered; they have been carried out by then.
    """

    method: str
    about: str
    status: int = 503
    code: str = "SlowDown"
    skip: int = 0
    times: int = 1
    held: threading.Event | None = None
    struck: threading.Event = field(default_factory=threading.Event)

    def strikes(self, method: str, said: str) -> bool:
        """Whether this call goes wrong; counts it."""
        if (self.method and self.method != method) or self.about not in said:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        return True


class Wire:
    """The server, on a free port of loopback while it is used as a context.

    Parameters
    ----------
    service
        Address of what does the work.

    Attributes
    ----------
    faults
        What goes wrong.
    calls
        What was asked: method, path and query.
    """

    def __init__(self, service: str) -> None:
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self._service = urlsplit(service).netloc
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def order(self, *faults: Fault) -> None:
        """Let calls go wrong."""
        self.faults += faults

    def struck(self, method: str, target: str, body: bytes) -> Fault | None:
        """The fault of a call, if it has one."""
        said = f"{target} {body.decode(errors='replace')}"
        with self._lock:
            self.calls.append(f"{method} {target}")
            return next((fault for fault in self.faults if fault.strikes(method, said)), None)

    def hand_on(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Have the service do a call."""
        connection = http.client.HTTPConnection(self._service, timeout=60)
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            # An answer to HEAD has the length of what GET would get, and nothing of it.
            own = _OWN - {"content-length"} if method == "HEAD" else _OWN
            said = [(name, value) for name, value in answer.getheaders() if name.lower() not in own]
            return answer.status, said, answer.read()
        finally:
            connection.close()


def _refusal(fault: Fault) -> bytes:
    said = f"<Code>{fault.code}</Code><Message>The test ordered {fault.code}.</Message>"
    if "Action=" in fault.about:
        return f"<ErrorResponse><Error><Type>Sender</Type>{said}</Error></ErrorResponse>".encode()
    return f"<Error>{said}</Error>".encode()


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = wire.struck(self.command, self.path, body)
            if fault is None:
                self._say(*wire.hand_on(self.command, self.path, self.headers, body))
                return
            fault.struck.set()
            if fault.held is None:
                self._say(fault.status, [("Content-Type", "application/xml")], _refusal(fault))
                return
            answer = wire.hand_on(self.command, self.path, self.headers, body)
            fault.held.wait(60)
            self._say(*answer)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _do  # noqa: N815 - names of the standard library

        def _say(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if not any(name.lower() == "content-length" for name, _ in headers):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parent's name
            """Say nothing."""

    return Handling
