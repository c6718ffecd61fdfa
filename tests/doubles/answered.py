"""A service of the internet, answered for on this machine by a proxy with a certificate for the service's own name."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Refused(Exception):  # noqa: N818 - the word of the services
    """An error of a service."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Api(Protocol):
    """A service."""

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Answer one call: bytes, a JSON document, or nothing."""

    def error(self, refused: Refused) -> Any:
        """An error in the service's own shape."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_CONNECT(self) -> None:
        """Answer for the host in its place."""
        if self.path != f"{self.server.host}:443":
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding") != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _any(self) -> None:
        body = b"".join(self._body())
        try:
            status, answer = self.server.api.answer(self.command, self.path, self.headers, body)
        except Refused as error:
            status, answer = error.status, self.server.api.error(error)
        data = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(answer, bytes) else "application/json"
        )
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's word
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, api: Api, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host, self.api, self.tls = host, api, tls

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that hang up."""


@contextmanager
def answered_for(host: str, api: Api, remote: str) -> Iterator[dict[str, str]]:
    """Answer for a service; what an rclone with one remote has to be started with.

    Parameters
    ----------
    host
        The service's name.
    api
        The service.
    remote
        The section of the remote in rclone's configuration.
    """
    with tempfile.TemporaryDirectory() as folder:
        public, private = _certificate(Path(folder), host)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(public, private)
        server = _Server(host, api, tls)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = Path(folder) / "rclone.conf"
        config.write_text(remote)
        proxy = f"http://127.0.0.1:{server.server_port}"
        try:
            yield {"RCLONE_CONFIG": str(config), "HTTPS_PROXY": proxy, "RCLONE_CA_CERT": str(public)}
        finally:
            server.shutdown()
            server.server_close()


def token(secret: str) -> str:
    """A sign-in as rclone keeps it, which does not end while a test runs."""
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    kept = {"access_token": secret, "token_type": "Bearer", "refresh_token": "r", "expiry": until.isoformat()}
    return json.dumps(kept)


def _certificate(folder: Path, host: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private
