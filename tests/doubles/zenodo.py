"""Zenodo's deposit API in memory, as zenodo-rdm's `legacy` module answers it.

Where the documentation and the code differ it does what the code does: deleting answers 204, a second publication 404,
a new version is answered with the new draft, strangers get 403, and every deposit has a reserved DOI.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .web_double import Asked, Reply, WebDouble

TODAY = "2026-11-24"
PREFIX = "10.5072"
_ACCESS = {"open", "embargoed", "restricted", "closed"}
_REQUIRED = ("upload_type", "title", "creators", "description")
_TYPES = {
    "publication",
    "poster",
    "presentation",
    "dataset",
    "image",
    "video",
    "software",
    "lesson",
    "physicalobject",
    "other",
}


@dataclass
class Record:
    """A deposit."""

    id: int
    owner: str
    concept: int
    metadata: dict[str, Any]
    bucket: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "unsubmitted"
    published: bool = False
    edited: dict[str, Any] | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)


def refusal(status: int, message: str, **fields: str) -> Reply:
    """An error in Zenodo's shape; a field's dots are written as two underscores."""
    body: dict[str, Any] = {"status": status, "message": message}
    if fields:
        body["errors"] = [{"field": name.replace("__", "."), "messages": [said]} for name, said in fields.items()]
    return Reply(status, body)


GONE = "The persistent identifier does not exist."
INVALID = "A validation error occurred."


class Zenodo(WebDouble):
    """The double.

    Parameters
    ----------
    tokens
        The owner of each token.
    most_files, most_bytes
        Its limits; tests have smaller ones.
    """

    def __init__(self, tokens: dict[str, str], most_files: int = 100, most_bytes: int = 50 * 10**9) -> None:
        super().__init__()
        self.tokens = tokens
        self.most_files, self.most_bytes = most_files, most_bytes
        self.records: dict[int, Record] = {}
        self.deleted: set[int] = set()
        self.spoilt = ""
        """The name of a file of which other bytes are kept than were sent."""
        self.documented = False
        """Whether a new version is answered as the documentation has it."""
        self.links: dict[int, list[dict[str, Any]]] = {}
        """The links to each record, as its page of access shows them."""
        self.grants: dict[int, list[dict[str, Any]]] = {}
        """Who was let into each record."""
        self._next = 1000

    def owned(self, owner: str = "lab") -> list[Record]:
        """What somebody has, oldest first."""
        return [one for one in self.records.values() if one.owner == owner]

    # Requests

    def answer(self, asked: Asked) -> Reply:
        """One call."""
        _, _, word = asked.headers.get("authorization", "").partition("Bearer ")
        owner = self.tokens.get(word or asked.query.get("access_token", ""))
        if owner is None:
            return refusal(403, "Permission denied.")
        if not asked.path.startswith("/api/deposit/"):
            return self._elsewhere(asked, owner)
        if asked.path == "/api/deposit/depositions":
            return self._all(asked, owner)
        one = re.fullmatch(r"/api/deposit/depositions/(\d+)(?:/(actions|files)(?:/([\w-]+))?)?", asked.path)
        if one is None:
            return refusal(404, "The requested URL was not found on the server.")
        number = int(one[1])
        if number in self.deleted:
            return refusal(410, "The record has been deleted.") if asked.method == "GET" else refusal(404, GONE)
        record = self.records.get(number)
        if record is None:
            return refusal(404, GONE)
        if record.owner != owner:
            return refusal(403, "Permission denied.")
        if one[2] == "actions":
            return self._action(asked, record, one[3] or "")
        if one[2] == "files":
            return self._files(asked, record, one[3] or "")
        return self._one(asked, record)

    def _elsewhere(self, asked: Asked, owner: str) -> Reply:
        if bucket := re.fullmatch(r"/api/files/([0-9a-f-]+)(?:/([^/]+))?", asked.path):
            return self._bucket(asked, owner, bucket[1], unquote(bucket[2] or ""))
        access = re.fullmatch(r"/api/records/(\d+)/access/(links|grants)", asked.path)
        if access is None:
            return refusal(404, "The requested URL was not found on the server.")
        listed = (self.links if access[2] == "links" else self.grants).get(int(access[1]), [])
        return Reply(200, {"hits": {"hits": listed, "total": len(listed)}})

    def _all(self, asked: Asked, owner: str) -> Reply:
        if asked.method == "POST":
            body = asked.json()
            if "json" not in asked.headers.get("content-type", ""):
                return refusal(415, "Unsupported media type.")
            if not isinstance(body, dict):
                return refusal(400, "The browser (or proxy) sent a request that this server could not understand.")
            metadata = body.get("metadata") or {}
            if metadata and (bad := self._invalid(metadata)):
                return bad
            return Reply(201, self._document(self._new(owner, self._next, metadata)))
        found = sorted(self.owned(owner), key=lambda one: one.id, reverse=True)
        if concept := re.search(r"conceptrecid:(\d+)", asked.query.get("q", "")):
            found = [one for one in found if one.concept == int(concept[1])]
        if asked.query.get("all_versions") != "true":
            newest: dict[int, Record] = {}
            for one in found:
                newest.setdefault(one.concept, one)
            found = list(newest.values())
        if status := asked.query.get("status"):
            found = [one for one in found if one.published == (status == "published")]
        size, page = int(asked.query.get("size", "10")), int(asked.query.get("page", "1"))
        return Reply(200, [self._document(one) for one in found[(page - 1) * size : page * size]])

    def _new(self, owner: str, concept: int, metadata: dict[str, Any]) -> Record:
        # A concept has a number of its own, before that of its first version.
        self._next += 1 + (concept == self._next)
        made = Record(self._next, owner, concept, metadata)
        made.metadata = {**metadata, "publication_date": metadata.get("publication_date", TODAY)}
        self.records[made.id] = made
        return made

    def _one(self, asked: Asked, record: Record) -> Reply:
        if asked.method == "GET":
            return Reply(200, self._document(record))
        if asked.method == "DELETE":
            if record.published:
                return refusal(403, "Permission denied.")
            del self.records[record.id]
            self.deleted.add(record.id)
            return Reply(204)
        if record.published and record.edited is None:
            return refusal(404, GONE)
        metadata = (asked.json() or {}).get("metadata")
        if not isinstance(metadata, dict):
            return refusal(400, INVALID, metadata="Missing data for required field.")
        if bad := self._invalid(metadata):
            return bad
        record.metadata = metadata
        return Reply(200, self._document(record))

    def _invalid(self, metadata: dict[str, Any]) -> Reply | None:
        for name in _REQUIRED:
            if not metadata.get(name):
                return refusal(400, INVALID, **{f"metadata__{name}": "Missing data for required field."})
        if metadata["upload_type"] not in _TYPES:
            return refusal(400, INVALID, metadata__upload_type="Not a valid choice.")
        access = metadata.get("access_right", "open")
        if access not in _ACCESS:
            return refusal(400, INVALID, metadata__access_right="Not a valid choice.")
        if access == "embargoed" and not metadata.get("embargo_date"):
            return refusal(400, INVALID, metadata__embargo_date="Missing data for required field.")
        if access == "embargoed" and metadata["embargo_date"] <= TODAY:
            return refusal(400, INVALID, metadata__embargo_date="Embargo date must be in the future.")
        for number, one in enumerate(metadata.get("creators", ())):
            if not one.get("name"):
                return refusal(
                    400, INVALID, **{f"metadata__creators__{number}__name": "Missing data for required field."}
                )
        return None

    def _action(self, asked: Asked, record: Record, action: str) -> Reply:
        actions: dict[str, Callable[[Record], Reply]] = {
            "publish": self._publish,
            "edit": self._edit,
            "discard": self._discard,
            "newversion": self._new_version,
        }
        if asked.method != "POST" or action not in actions:
            return refusal(405, "The method is not allowed for the requested URL.")
        return actions[action](record)

    def _publish(self, record: Record) -> Reply:
        if record.published and record.edited is None:
            return refusal(404, GONE)
        if not record.files:
            said = "Missing uploaded files. To disable files for this record please mark it as metadata-only."
            return refusal(400, INVALID, files__enabled=said)
        if bad := self._invalid(record.metadata):
            return bad
        record.published, record.state, record.edited = True, "done", None
        return Reply(202, self._document(record))

    def _edit(self, record: Record) -> Reply:
        if not record.published:
            return refusal(404, GONE)
        record.edited, record.state = dict(record.metadata), "inprogress"
        return Reply(201, self._document(record))

    def _discard(self, record: Record) -> Reply:
        if record.published and record.edited is not None:
            record.metadata, record.edited, record.state = record.edited, None, "done"
        elif not record.published:
            del self.records[record.id]
            self.deleted.add(record.id)
        return Reply(204)

    def _new_version(self, record: Record) -> Reply:
        if not record.published:
            return refusal(404, GONE)
        drafts = [one for one in self.records.values() if one.concept == record.concept and not one.published]
        made = drafts[0] if drafts else self._new(record.owner, record.concept, dict(record.metadata))
        if not drafts:
            made.files, made.ids = dict(record.files), dict(record.ids)
            made.metadata.pop("publication_date", None)
        if self.documented:
            said = self._document(record)
            said["links"]["latest_draft"] = f"{self.url}/api/deposit/depositions/{made.id}"
            return Reply(201, said)
        return Reply(201, self._document(made))

    # Files

    def _files(self, asked: Asked, record: Record, file: str) -> Reply:
        name = next((name for name, id_ in record.ids.items() if id_ == file), "")
        if asked.method == "PUT":
            return refusal(405, "The method is not allowed for the requested URL.")
        if file and not name:
            return refusal(404, GONE)
        if asked.method == "DELETE":
            if record.published:
                return refusal(403, "Permission denied.")
            del record.files[name], record.ids[name]
            return Reply(204)
        said = self._document(record)["files"]
        return Reply(200, next(one for one in said if one["filename"] == name) if name else said)

    def _bucket(self, asked: Asked, owner: str, bucket: str, key: str) -> Reply:
        record = next((one for one in self.records.values() if one.bucket == bucket), None)
        if record is None:
            return refusal(404, GONE)
        if record.owner != owner:
            return refusal(403, "Permission denied.")
        if asked.method == "GET" and not key:
            return Reply(200, {"contents": [self._object(record, name) for name in sorted(record.files)]})
        if asked.method == "PUT":
            return self._upload(asked, record, key)
        if key not in record.files:
            return refusal(404, GONE)
        if asked.method == "DELETE":
            if record.published:
                return refusal(403, "Permission denied.")
            del record.files[key], record.ids[key]
            return Reply(204)
        return Reply(200, record.files[key], {"Content-Type": "application/octet-stream"})

    def _upload(self, asked: Asked, record: Record, key: str) -> Reply:
        if record.published:
            return refusal(403, "Permission denied.")
        if key not in record.files and len(record.files) >= self.most_files:
            return refusal(400, "Uploading selected files will result in exceeding the max amount per record.")
        if len(asked.body) > self.most_bytes:
            return refusal(400, "Maximum file size exceeded.")
        if len(asked.body) + sum(len(d) for name, d in record.files.items() if name != key) > self.most_bytes:
            return refusal(400, "Bucket quota exceeded.")
        if "octet-stream" not in asked.headers.get("content-type", ""):
            return refusal(415, "Unsupported media type.")
        record.files[key] = b"spoilt" if key == self.spoilt else asked.body
        record.ids[key] = str(uuid.uuid4())
        return Reply(201, self._object(record, key))

    # Documents

    def _object(self, record: Record, key: str) -> dict[str, Any]:
        data = record.files[key]
        return {
            "key": key,
            "mimetype": "application/octet-stream",
            "checksum": f"md5:{hashlib.md5(data, usedforsecurity=False).hexdigest()}",
            "version_id": record.ids[key],
            "size": len(data),
            "is_head": True,
            "delete_marker": False,
            "links": {"self": f"{self.url}/api/files/{record.bucket}/{key}"},
        }

    def _document(self, record: Record) -> dict[str, Any]:
        here, doi = f"{self.url}/api/deposit/depositions/{record.id}", f"{PREFIX}/zenodo.{record.id}"
        links = {name: f"{here}/actions/{name}" for name in ("publish", "edit", "discard", "newversion")}
        said: dict[str, Any] = {
            "id": record.id,
            "conceptrecid": str(record.concept),
            "record_id": record.id,
            "owner": record.owner,
            "state": record.state,
            "submitted": record.published,
            "title": record.metadata.get("title", ""),
            "files": [
                {
                    "id": record.ids[name],
                    "filename": name,
                    "filesize": len(data),
                    "checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
                    "links": {"download": f"{self.url}/api/files/{record.bucket}/{name}"},
                }
                for name, data in record.files.items()
            ],
            "links": {
                **links,
                "self": here,
                "html": f"{self.url}/deposit/{record.id}",
                "files": f"{here}/files",
                "bucket": f"{self.url}/api/files/{record.bucket}",
            },
            "metadata": {**record.metadata, "prereserve_doi": {"doi": doi, "recid": record.id}},
        }
        if record.published:
            said |= {"doi": doi, "doi_url": f"https://doi.org/{doi}", "conceptdoi": f"{PREFIX}/zenodo.{record.concept}"}
        return said
