"""The server: HTTP, tokens, faults, and what was asked."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .access import NOBODY
from .accounts import LIST as KEYS
from .accounts import Accounts
from .around import HMAC, Around
from .billing import Billing
from .buckets import Bucket
from .discovery import find, writes_numbers
from .faults import Fault, Faults, Refused, refusal
from .keys import Keys
from .objects import Begun, Unfinished, Version
from .reports import Reports
from .service import Request, Service

_SESSIONS = "/upload/sessions"
"""Where resumable uploads go on: the address is the service's own matter."""


class GcsDouble:
    """A running server on a free port of this machine's loopback.

    Attributes
    ----------
    calls
        Every call: the method, and who asked.
    now
        The time it is; the machine's own where None.
    refused_tokens
        Tokens that have expired or been revoked.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.now: dt.datetime | None = None
        self.refused_tokens: set[str] = set()
        self.faults = Faults()
        self.service = Service(lambda: self.now or dt.datetime.now(dt.UTC))
        self.keys = Keys(self.service)
        self.reports = Reports(self.service)
        self.billing = Billing(self.service)
        self.accounts = Accounts(self.service)
        self.around = Around(self.service)
        double = self

        class Handler(_Handler):
            server_double = double

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def buckets(self) -> dict[str, Bucket]:
        """Every bucket by name."""
        return self.service.buckets

    def project(self, name: str, **roles: str) -> None:
        """Make a project; its roles are given as ``{member: role}``, several with a space between them."""
        self.service.directory.projects.setdefault(name, {}).update(roles)

    def order(self, *faults: Fault) -> None:
        """Let something go wrong."""
        for fault in faults:
            self.faults.order(fault)

    def count(self, method: str) -> int:
        """How often a method was asked for."""
        return sum(called == method for called, _ in self.calls)

    def credentials(self, folder: Path, account: str) -> Path:
        """Write the credentials file of a service account, with a key that only this server takes."""
        about = {
            "type": "service_account",
            "project_id": "credentials-of-tests",
            "client_email": account,
            "private_key_id": "test",
            "private_key": _private_key(),
            "token_uri": f"{self.url}/token",
        }
        path = folder / "credentials.json"
        path.write_text(json.dumps(about), encoding="utf-8")
        return path

    def answer(self, verb: str, target: str, headers: Any, content: bytes) -> Any:
        """Carry out one request."""
        parts = urlsplit(target)
        if (verb, parts.path) == ("POST", "/token"):
            return _token(content)
        if (verb, parts.path.rpartition("/")[0]) == ("PUT", _SESSIONS):
            return self._go_on(parts.path.rpartition("/")[2], headers, content)
        api, method, path = find(verb, parts.path, self.reports)
        caller = self._caller(headers.get("Authorization", ""))
        self.calls.append((method.id, caller))
        fault = self.faults.of(method.id)
        if fault and not fault.done:
            raise refusal(fault)
        query = parse_qs(parts.query, keep_blank_values=True)
        api.check_query(method, query)
        plain = {name: values[-1] for name, values in query.items()}
        content_type = headers.get("Content-Type", "")
        if "uploadType" in query:
            size = int(headers.get("X-Upload-Content-Length") or 0)
            request = Request(caller, path, plain, media=content, content_type=content_type, size=size)
        else:
            body = json.loads(content) if content else None
            api.check_body(method, body, numbers=writes_numbers(query))
            request = Request(caller, path, plain, body)
        services: dict[str, Any] = {
            "cloudkms": self.keys,
            "iam": self.accounts if method.id == KEYS else self.around,
            **dict.fromkeys(("cloudresourcemanager", "orgpolicy", "compute"), self.around),
            "storageinsights": self.reports,
            **dict.fromkeys(("cloudbilling", "billingbudgets", "monitoring"), self.billing),
        }
        if method.id == HMAC:
            services["storage"] = self.around
        answer = services.get(method.id.partition(".")[0], self.service).carry_out(method.id, request)
        if fault:
            raise refusal(fault)
        return answer

    def _go_on(self, session: str, headers: Any, content: bytes) -> Any:
        """A part of a resumable upload, or the question how much of it has arrived."""
        self.calls.append(("upload", f"{headers.get('Content-Range')}"))
        fault = self.faults.of("upload") if content else None
        if fault and not fault.done:
            raise refusal(fault)
        with self.service.lock:
            answer = self.service.go_on(session, headers.get("Content-Range", ""), content)
        if fault:
            raise refusal(fault)
        return answer

    def _caller(self, header: str) -> str:
        kind, _, token = header.partition(" ")
        if not header:
            return NOBODY
        if kind != "Bearer" or token in self.refused_tokens:
            raise Refused(401, "authError", "Invalid Credentials")
        return _signer(token) or token


@functools.cache
def _private_key() -> str:
    """A key for tests, made once for a process: nothing but this server takes what it signs."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _token(content: bytes) -> dict[str, Any]:
    """A token for a service account's signed request (RFC 7523); the signature is not checked."""
    form = parse_qs(content.decode())
    return {"access_token": _signer(form["assertion"][0]), "expires_in": 3600, "token_type": "Bearer"}


def _signer(token: str) -> str | None:
    """Who has signed a token; None where it is no signed one."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        about = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return f"serviceAccount:{about['iss']}"


class _Handler(BaseHTTPRequestHandler):
    """HTTP for a double."""

    protocol_version = "HTTP/1.1"
    # An answer in two pieces would wait for the first to be acknowledged, 40 ms each.
    disable_nagle_algorithm = True
    server_double: GcsDouble

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            answer = self.server_double.answer(self.command, self.path, self.headers, content)
        except Refused as refused:
            self._send(refused.status, json.dumps(refused.document).encode(), "application/json")
            return
        except json.JSONDecodeError:
            self._send(400, b'{"error": {"code": 400, "message": "Parse Error"}}', "application/json")
            return
        except Exception as error:
            said = json.dumps({"error": {"code": 418, "message": f"The test server itself failed: {error!r}"}})
            self._send(418, said.encode(), "application/json")
            return
        if isinstance(answer, Version):
            self._send_bytes(answer)
        elif isinstance(answer, Begun):
            self._send(200, b"", "", {"Location": f"{self.server_double.url}{_SESSIONS}/{answer.session}"})
        elif isinstance(answer, Unfinished):
            # Without a header where nothing has arrived: no byte is the last one.
            self._send(308, b"", "", {"Range": f"bytes=0-{answer.received - 1}" if answer.received else ""})
        elif answer is None:
            self._send(204, b"", "")
        else:
            self._send(200, json.dumps(answer).encode(), "application/json; charset=UTF-8")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

    def _send_bytes(self, version: Version) -> None:
        sums = {"X-Goog-Hash": f"crc32c={version.crc32c},md5={version.md5}"}
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        if not asked:
            self._send(200, version.content, version.content_type, sums)
            return
        first, _, last = asked.partition("-")
        part = version.content[int(first) : int(last) + 1 if last else None]
        span = f"bytes {first}-{int(first) + len(part) - 1}/{len(version.content)}"
        self._send(206, part, version.content_type, {**sums, "Content-Range": span})

    def _send(self, status: int, content: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            if value:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""
