"""Google Drive's API (v3) as rclone's own backend asks it: files, folders, permissions; small files in one request.

Two files of one name are possible, a deleted one goes into the bin, and errors have the shape of Google's
(developers.google.com/drive/api/guides/handle-errors).
"""

from __future__ import annotations

import datetime as dt
import email
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .answered import Refused, answered_for, token

HOST = "www.googleapis.com"
FOLDER = "application/vnd.google-apps.folder"
OWNER = {"id": "o", "type": "user", "role": "owner", "emailAddress": "lab@uni.example"}


@dataclass
class File:
    """A file or a folder."""

    id: str
    name: str
    parent: str
    data: bytes | None
    modified: str
    trashed: bool = False
    permissions: list[dict[str, Any]] = field(default_factory=lambda: [dict(OWNER)])

    def document(self) -> dict[str, Any]:
        """The resource ``files``."""
        found = {
            "id": self.id,
            "name": self.name,
            "parents": [self.parent],
            "trashed": self.trashed,
            "modifiedTime": self.modified,
            "createdTime": self.modified,
            "mimeType": FOLDER if self.data is None else "application/octet-stream",
            "owners": [{"emailAddress": OWNER["emailAddress"]}],
            "ownedByMe": True,
            "permissions": self.permissions,
            "permissionIds": [permission["id"] for permission in self.permissions],
        }
        if self.data is None:
            return found
        sums = {f"{name}Checksum": hashlib.new(name, self.data).hexdigest() for name in ("sha1", "sha256")}
        md5 = hashlib.md5(self.data, usedforsecurity=False).hexdigest()
        return {**found, **sums, "md5Checksum": md5, "size": str(len(self.data))}


class GoogleDrive:
    """The drive of one account.

    Attributes
    ----------
    token
        What a caller has to show.
    files
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
        self.files = {"root": File("root", "My Drive", "", None, _now())}
        self.asked: list[tuple[str, str]] = []
        self.full = False
        self.damages = False
        self._lock = threading.RLock()

    def at(self, path: str) -> File:
        """What has a path below the drive's own folder."""
        here = "root"
        for name in path.split("/"):
            here = next(f.id for f in self.files.values() if (f.parent, f.name, f.trashed) == (here, name, False))
        return self.files[here]

    def add(self, name: str, parent: str, data: bytes | None) -> File:
        """Add a file, or a folder, whatever is there."""
        if self.full and data:
            raise Refused(403, "storageQuotaExceeded")
        inherited = [dict(one) for one in self.files[parent].permissions]
        made = File(f"f{len(self.files)}", name, parent, data, _now(), permissions=inherited)
        self.files[made.id] = made
        return made

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Answer one call."""
        with self._lock:
            address = urlsplit(target)
            self.asked.append((method, address.path))
            if headers.get("Authorization") != f"Bearer {self.token}":
                raise Refused(401, "authError")
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path.startswith("/upload/drive/v3/files"):
                return self._upload(address.path.removeprefix("/upload/drive/v3/files").strip("/"), headers, body)
            said = json.loads(body) if body else {}
            return self._call(method, address.path.removeprefix("/drive/v3"), query, said)

    def _call(self, method: str, path: str, query: dict[str, str], said: Any) -> tuple[int, Any]:
        if path == "/about":
            return 200, {"storageQuota": {"limit": str(10**12), "usage": "0", "usageInDrive": "0"}}
        if path == "/files" and method == "GET":
            return 200, {"files": [f.document() for f in self._found(query.get("q", ""))]}
        if path == "/files":
            return 200, self.add(said["name"], said["parents"][0], None).document()
        which, _, rest = path.removeprefix("/files/").partition("/")
        file = self.files.get(which)
        if file is None:
            raise Refused(404, "notFound")
        if rest == "permissions":
            return 200, self._let_in(file, said)
        if query.get("alt") == "media":
            return 200, file.data
        return self._change(method, file, query, said)

    def _change(self, method: str, file: File, query: dict[str, str], said: Any) -> tuple[int, Any]:
        if method == "DELETE":
            del self.files[file.id]
            return 204, None
        file.name = said.get("name", file.name)
        file.parent = query.get("addParents", file.parent)
        file.trashed = said.get("trashed", file.trashed)
        file.modified = said.get("modifiedTime", file.modified)
        return 200, file.document()

    @staticmethod
    def _let_in(file: File, said: Any) -> Any:
        """Let somebody in; only whom the directory knows."""
        if not str(said.get("emailAddress", "")).endswith("uni.example"):
            raise Refused(400, "invalidSharingRequest")
        there = [one for one in file.permissions if one.get("emailAddress") == said["emailAddress"]]
        if there:
            there[0]["role"] = said["role"]
            return there[0]
        made = {"id": f"p{len(file.permissions)}", **said}
        file.permissions.append(made)
        return made

    def _upload(self, which: str, headers: Any, body: bytes) -> tuple[int, Any]:
        whole = b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body
        parts: Any = email.message_from_bytes(whole).get_payload()
        said = json.loads(parts[0].get_payload(decode=True))
        data: bytes = parts[1].get_payload(decode=True)
        if self.damages:
            data = bytes([data[0] ^ 1]) + data[1:]
        file = self.files[which] if which else self.add(said["name"], said["parents"][0], data)
        file.data, file.modified = data, said.get("modifiedTime", _now())
        return 200, file.document()

    def _found(self, query: str) -> Iterator[File]:
        """The files that a query is about, in the few forms that rclone writes."""
        parents = re.findall(r"'([^']+)' in parents", query)
        names = [re.sub(r"\\(.)", r"\1", name) for name in re.findall(r"name='((?:[^'\\]|\\.)*)'", query)]
        only, without = f"(mimeType='{FOLDER}'" in query, f"mimeType!='{FOLDER}'" in query
        for file in [*self.files.values()]:
            folder = file.data is None
            if file.trashed or (parents and file.parent not in parents) or (names and file.name not in names):
                continue
            if not ((only and not folder) or (without and folder)):
                yield file

    @staticmethod
    def error(refused: Refused) -> Any:
        """As Google says it."""
        one = {"domain": "global", "reason": refused.code, "message": "It is refused."}
        return {"error": {"errors": [one], "code": refused.status, "message": "It is refused."}}


@contextmanager
def google_drive(drive: GoogleDrive) -> Iterator[dict[str, str]]:
    """Serve a drive; what an rclone has to be started with in order to find it as remote ``gd``."""
    remote = f"[gd]\ntype = drive\nscope = drive\ntoken = {token(drive.token)}\n"
    with answered_for(HOST, drive, remote) as environment:
        yield environment


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
