"""Gives rclone bytes that are only just being read, at an address of this machine that nobody can guess."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_NAME_BYTES = 32


class _Offer:
    """Bytes that may be fetched once."""

    def __init__(self, size: int, chunks: Iterator[bytes]) -> None:
        self.size = size
        self.chunks = chunks
        self.failed: BaseException | None = None
        self.done = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Send what is offered under this name, once."""
        offer = self.server.take(self.path)
        if offer is None:
            self.send_error(404)
            return
        self.close_connection = True
        try:
            self._send(offer)
        except (BrokenPipeError, ConnectionResetError):
            pass  # rclone has given up, and says why itself
        except BaseException as error:
            offer.failed = error
        finally:
            offer.done.set()

    def _send(self, offer: _Offer) -> None:
        """Send the bytes, the last of them only once reading has ended well: what is not whole has no end."""
        waiting = b""
        if offer.size == 0:
            waiting = b"".join(offer.chunks)
        # Small answers are sent at once: waiting for more costs 40 ms a file.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send_response(200)
        self.send_header("Content-Length", str(offer.size))
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in offer.chunks:
            if waiting:
                self.wfile.write(waiting)
            waiting = chunk
        self.wfile.write(waiting)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's word
        """Say nothing: the address is a secret."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._offers: dict[str, _Offer] = {}
        self._lock = threading.Lock()

    def add(self, path: str, offer: _Offer) -> None:
        with self._lock:
            self._offers[path] = offer

    def take(self, path: str) -> _Offer | None:
        with self._lock:
            return self._offers.pop(path, None)


class Counter:
    """Where rclone fetches what is to be sent; listens on this machine's own loopback once something is offered."""

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._lock = threading.Lock()

    def _running(self) -> _Server:
        with self._lock:
            if self._server is None:
                self._server = _Server()
                threading.Thread(target=self._server.serve_forever, name="rclone-offers", daemon=True).start()
            return self._server

    @contextmanager
    def offered(self, size: int, chunks: Iterator[bytes]) -> Iterator[str]:
        """The address of some bytes, which can be fetched once while this is open.

        What reading them raises is raised here, in place of what rclone makes of it.

        Parameters
        ----------
        size
            How many they are.
        chunks
            The bytes.
        """
        server = self._running()
        path = f"/{secrets.token_urlsafe(_NAME_BYTES)}"
        offer = _Offer(size, chunks)
        server.add(path, offer)
        try:
            yield f"http://127.0.0.1:{server.server_port}{path}"
        except BaseException:
            if server.take(path) is None:
                offer.done.wait(_WAIT_SECONDS)
            if offer.failed is not None:
                raise offer.failed from None
            raise
        if server.take(path) is None:
            offer.done.wait(_WAIT_SECONDS)
        if offer.failed is not None:
            raise offer.failed

    def close(self) -> None:
        """Stop listening."""
        with self._lock:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None


_WAIT_SECONDS = 30.0
