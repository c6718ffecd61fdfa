"""OneDrive as Microsoft Graph shows it: the calls that rclone makes of files, folders and permissions, over TLS.

rclone's own backend for OneDrive is told nothing of it: it goes through a proxy that answers in the place of
``graph.microsoft.com`` with a certificate of its own. Names are one where they differ by capitals only, a token is
asked for, and errors have the shape of Microsoft Graph's (learn.microsoft.com, "Microsoft Graph error responses").
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from slidebox.rclone.sums import QuickXorSum

HOST = "graph.microsoft.com"
DRIVE = "b!drive"
OWNER = {"id": "1", "roles": ["owner"], "grantedToV2": {"user": {"displayName": "Lab", "email": "lab@uni.example"}}}


@dataclass
class Item:
    """A file or a folder."""

    id: str
    name: str
    parent: str
    data: bytes | None
    modified: str
    permissions: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The resource ``driveItem``."""
        found: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "size": len(self.data or b""),
            "createdDateTime": self.modified,
            "lastModifiedDateTime": self.modified,
            "fileSystemInfo": {"createdDateTime": self.modified, "lastModifiedDateTime": self.modified},
            "parentReference": {"driveId": DRIVE, "driveType": "business", "id": self.parent},
        }
        if self.data is None:
            return {**found, "folder": {"childCount": 0}}
        quick = QuickXorSum()
        quick.update(self.data)
        quick_xor = base64.b64encode(bytes.fromhex(quick.hexdigest())).decode()
        return {**found, "file": {"mimeType": "application/octet-stream", "hashes": {"quickXorHash": quick_xor}}}


class Refused(Exception):  # noqa: N818 - the word of the service
    """An error of the service."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Graph:
    """The drive of one account.

    Attributes
    ----------
    token
        What a caller has to show.
    items
        By id; ``root`` is the drive's own folder.
    asked
        Method and path of each call.
    full
        Whether nothing more can be written.
    damages
        Whether a byte of what is written changes.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.items = {"root": Item("root", "root", "", None, _now(), [OWNER])}
        self.asked: list[tuple[str, str]] = []
        self.full = False
        self.damages = False
        self._sessions: dict[str, tuple[str, str, bytearray]] = {}
        self._lock = threading.RLock()

    def child(self, parent: str, name: str) -> Item | None:
        """What has a name in a folder."""
        wanted = name.casefold()
        return next((i for i in self.items.values() if i.parent == parent and i.name.casefold() == wanted), None)

    def at(self, path: str) -> Item:
        """What has a path below the drive's own folder."""
        here = self.items["root"]
        for name in filter(None, path.split("/")):
            found = self.child(here.id, name)
            if found is None:
                raise Refused(404, "itemNotFound")
            here = found
        return here

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Answer one call."""
        with self._lock:
            address = urlsplit(target)
            path = address.path
            self.asked.append((method, path))
            if path.startswith("/up/"):
                return self._fragment(path.removeprefix("/up/"), headers, body)
            if headers.get("Authorization") != f"Bearer {self.token}":
                raise Refused(401, "InvalidAuthenticationToken")
            path = path.removeprefix("/v1.0").removeprefix(f"/drives/{DRIVE}")
            said = json.loads(body) if body and headers.get("Content-Type", "").startswith("application/json") else {}
            return self._call(method, path, said, body)

    def _call(self, method: str, path: str, said: Any, body: bytes) -> tuple[int, Any]:  # noqa: C901
        if path == "":
            return 200, {
                "id": DRIVE,
                "driveType": "business",
                "quota": {"total": 10**12, "used": 0, "remaining": 10**12},
            }
        item, parent, name, rest = self._resolve(path)
        if rest == "/content" and method == "PUT":
            return 201, self._write(parent, name, body, (item and item.modified) or _now()).document()
        if rest == "/createUploadSession":
            session = f"s{len(self._sessions)}"
            self._sessions[session] = (parent, name, bytearray())
            return 200, {"uploadUrl": f"https://{HOST}/up/{session}?tempauth=x", "expirationDateTime": _now()}
        if item is None:
            raise Refused(404, "itemNotFound")
        if rest == "/children" and method == "POST":
            if self.child(item.id, said["name"]):
                raise Refused(409, "nameAlreadyExists")
            made = Item(self._id(), said["name"], item.id, None, _now(), list(item.permissions))
            self.items[made.id] = made
            return 201, made.document()
        if rest == "/children":
            return 200, {"value": [i.document() for i in self.items.values() if i.parent == item.id]}
        if rest == "/delta":
            return 200, {"value": [i.document() for i in self._below(item)]}
        if rest == "/permissions":
            return 200, {"value": item.permissions}
        if rest == "/invite":
            return 200, {"value": [self._invite(item, each, said) for each in said["recipients"]]}
        if rest.startswith("/permissions/"):
            return self._permission(method, item, rest.rpartition("/")[2], said)
        if rest == "/content":
            return 200, item.data
        return self._plain(method, item, said)

    def _invite(self, item: Item, recipient: dict[str, str], said: Any) -> dict[str, Any]:
        """Let somebody in; only whom the directory knows."""
        if not recipient.get("email", "").endswith("uni.example"):
            raise Refused(400, "invalidRequest")
        if said.get("sendInvitation") or not said["requireSignIn"]:
            raise Refused(400, "notAllowedHere")
        user = {"user": {"displayName": recipient["email"], "email": recipient["email"]}}
        there = [p for p in item.permissions if p["grantedToV2"]["user"]["email"] == recipient["email"]]
        if there:
            there[0]["roles"] = said["roles"]
            return there[0]
        made = {"id": f"p{len(self.asked)}", "roles": said["roles"], "grantedToV2": user}
        item.permissions.append(made)
        return made

    @staticmethod
    def _permission(method: str, item: Item, which: str, said: Any) -> tuple[int, Any]:
        found = next(permission for permission in item.permissions if permission["id"] == which)
        if method == "DELETE":
            item.permissions.remove(found)
            return 204, None
        found["roles"] = said["roles"]
        return 200, found

    def _plain(self, method: str, item: Item, said: Any) -> tuple[int, Any]:
        if method == "PATCH":
            item.name = said.get("name") or item.name
            item.parent = (said.get("parentReference") or {}).get("id") or item.parent
            item.modified = (said.get("fileSystemInfo") or {}).get("lastModifiedDateTime") or item.modified
        elif method == "DELETE":
            for each in self._below(item):
                del self.items[each.id]
            return 204, None
        return 200, item.document()

    def _resolve(self, path: str) -> tuple[Item | None, str, str, str]:
        """The item of an address, the folder and name where it is or would be, and what follows."""
        start_of = r"/(?:root|items/([^/:]+))"
        match = (
            re.fullmatch(rf"{start_of}:/(.*?):(/\w+)?", path)  # below an item, and what is asked of it
            or re.fullmatch(rf"{start_of}:/([^:]*)()", path)
            or re.fullmatch(rf"{start_of}()(/\w+(?:/[\w!-]+)?)?", path)
        )
        if not match:
            raise Refused(400, "invalidRequest")
        start = self.items.get(unquote(match[1]).rpartition("#")[2] if match[1] else "root")
        if start is None:
            raise Refused(404, "itemNotFound")
        *folders, name = unquote(match[2] or "").split("/")
        here: Item | None = start
        for folder in folders:
            here = self.child(here.id, folder) if here else None
        if not name:
            return start, start.parent, start.name, match[3] or ""
        if here is None:
            raise Refused(404, "itemNotFound")
        return self.child(here.id, name), here.id, name, match[3] or ""

    def _below(self, item: Item) -> list[Item]:
        return [item, *(each for child in self._children(item) for each in self._below(child))]

    def _children(self, item: Item) -> list[Item]:
        return [i for i in self.items.values() if i.parent == item.id]

    def _write(self, parent: str, name: str, data: bytes, modified: str) -> Item:
        if self.full:
            raise Refused(507, "quotaLimitReached")
        if self.damages:
            data = bytes([data[0] ^ 1]) + data[1:]
        there = self.child(parent, name)
        made = Item(there.id if there else self._id(), there.name if there else name, parent, data, modified)
        self.items[made.id] = made
        return made

    def _fragment(self, session: str, headers: Any, body: bytes) -> tuple[int, Any]:
        parent, name, so_far = self._sessions[session]
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("Content-Range", ""))
        if not found:
            return 204, None
        so_far[int(found[1]) :] = body
        if len(so_far) == int(found[3]):
            return 201, self._write(parent, name, bytes(so_far), _now()).document()
        return 202, {"expirationDateTime": _now(), "nextExpectedRanges": [f"{len(so_far)}-"]}

    def _id(self) -> str:
        return f"i{len(self.items)}-{len(self.asked)}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_CONNECT(self) -> None:
        """Answer for the host in its place."""
        if self.path != f"{HOST}:443":
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, answer = self.server.graph.answer(self.command, self.path, self.headers, body)
        except Refused as error:
            status, answer = error.status, {"error": {"code": error.code, "message": "It is refused."}}
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

    def __init__(self, graph: Graph, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.graph, self.tls = graph, tls

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that hang up."""


@contextmanager
def onedrive(graph: Graph) -> Iterator[dict[str, str]]:
    """Serve a drive; what an rclone has to be started with in order to find it."""
    with tempfile.TemporaryDirectory() as folder:
        public, private = _certificate(Path(folder))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(public, private)
        server = _Server(graph, tls)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        token = {"access_token": graph.token, "token_type": "Bearer", "refresh_token": "r", "expiry": until.isoformat()}
        config = Path(folder) / "rclone.conf"
        config.write_text(
            f"[od]\ntype = onedrive\ntoken = {json.dumps(token)}\ndrive_id = {DRIVE}\ndrive_type = business\n"
        )
        proxy = f"http://127.0.0.1:{server.server_port}"
        try:
            yield {"RCLONE_CONFIG": str(config), "HTTPS_PROXY": proxy, "RCLONE_CA_CERT": str(public)}
        finally:
            server.shutdown()
            server.server_close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
