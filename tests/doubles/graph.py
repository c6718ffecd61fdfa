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
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from slidebox.rclone.sums import QuickXorSum

from .answered import Refused, answered_for, token

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

    @staticmethod
    def error(refused: Refused) -> Any:
        """As Microsoft Graph says it."""
        return {"error": {"code": refused.code, "message": "It is refused."}}


@contextmanager
def onedrive(graph: Graph) -> Iterator[dict[str, str]]:
    """Serve a drive; what an rclone has to be started with in order to find it as remote ``od``."""
    remote = f"[od]\ntype = onedrive\ntoken = {token(graph.token)}\ndrive_id = {DRIVE}\ndrive_type = business\n"
    with answered_for(HOST, graph, remote) as environment:
        yield environment


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
