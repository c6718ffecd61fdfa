"""Figshare's API, version 2, in memory, with its upload service and its downloads, as its documentation has them.

Changes answer 205 without a body, what is made 201 with its location, an upload that is complete 202; errors are
``{"message", "code"}``. A file is sent in parts whose offsets include their last byte; a part that is being written is
locked, and whoever writes it too gets 409.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .web_double import Asked, Reply, WebDouble

TODAY = "2026-11-24"
LICENCES = [
    {"value": 1, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
    {"value": 2, "name": "CC0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"},
    {"value": 3, "name": "MIT", "url": "https://opensource.org/licenses/MIT"},
]
_BLANK: dict[str, Any] = {
    "description": "",
    "tags": [],
    "categories": [],
    "authors": [],
    "license": 1,
    "defined_type": "",
}


@dataclass
class File:
    """A file of an item, in parts."""

    id: int
    name: str
    size: int
    md5: str
    part_bytes: int
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    parts: dict[int, bytes] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    status: str = "created"
    looks: int = 0

    @property
    def data(self) -> bytes:
        """What has arrived."""
        return b"".join(self.parts[number] for number in sorted(self.parts))

    def offsets(self) -> list[tuple[int, int, int]]:
        """Number, first and last byte of each part."""
        starts = range(0, self.size, self.part_bytes)
        return [(n, at, min(at + self.part_bytes, self.size) - 1) for n, at in enumerate(starts, 1)]


@dataclass
class Article:
    """An item."""

    id: int
    owner: str
    about: dict[str, Any]
    files: dict[int, File] = field(default_factory=dict)
    doi: str = ""
    embargo: dict[str, Any] = field(default_factory=dict)
    confidential: str = ""
    links: dict[str, str] = field(default_factory=dict)
    version: int = 0
    public: dict[str, Any] = field(default_factory=dict)
    public_files: list[File] = field(default_factory=list)


@dataclass
class Collection:
    """Items under one title."""

    id: int
    owner: str
    about: dict[str, Any]
    items: list[int] = field(default_factory=list)
    doi: str = ""


def refusal(status: int, message: str, code: str = "") -> Reply:
    """An error in Figshare's shape."""
    return Reply(status, {"message": message, "code": code or str(status)})


class Figshare(WebDouble):
    """The double.

    Parameters
    ----------
    tokens
        The owner of each token.
    part_bytes
        How large a part is; tests have small ones.
    quota
        Bytes of private files that an account may have.
    """

    def __init__(self, tokens: dict[str, str], part_bytes: int = 10, quota: int = 20 * 10**9) -> None:
        super().__init__()
        self.tokens, self.part_bytes, self.quota = tokens, part_bytes, quota
        self.articles: dict[int, Article] = {}
        self.collections: dict[int, Collection] = {}
        self.spoilt = ""
        """The name of a file of which other bytes are kept than were sent."""
        self._next = 5000

    def owned(self, owner: str = "lab") -> list[Article]:
        """What somebody has, oldest first."""
        return [one for one in self.articles.values() if one.owner == owner]

    def held(self, article: Article) -> dict[str, bytes]:
        """The whole files of an item, by name."""
        return {one.name: one.data for one in article.files.values() if one.status == "available"}

    def answer(self, asked: Asked) -> Reply:
        """One call."""
        if upload := re.fullmatch(r"/upload/([\w-]+)(?:/(\d+))?", asked.path):
            return self._upload(asked, upload[1], int(upload[2] or 0))
        owner = self.tokens.get(asked.headers.get("authorization", "").removeprefix("token "))
        if download := re.fullmatch(r"/files/(\d+)", asked.path):
            return self._download(owner, int(download[1]))
        if asked.path == "/v2/licenses":
            return Reply(200, LICENCES)
        if public := re.fullmatch(r"/v2/articles/(\d+)(/files)?", asked.path):
            return self._public(asked, int(public[1]), bool(public[2]))
        if owner is None:
            return refusal(403, "Invalid OAuth token", "InvalidToken")
        if asked.path == "/v2/account/articles":
            return self._all(asked, owner)
        if asked.path.startswith("/v2/account/collections"):
            return self._collections(asked, owner)
        one = re.fullmatch(r"/v2/account/articles/(\d+)(?:/(\w+)(?:/([\w-]+))?)?", asked.path)
        article = self.articles.get(int(one[1])) if one else None
        if one is None or article is None or article.owner != owner:
            return refusal(404, "Entity not found: article", "EntityNotFound")
        return self._one(asked, article, one[2] or "", one[3] or "")

    def _collections(self, asked: Asked, owner: str) -> Reply:
        """Private collections; what they hold is named by its number, ten at a time."""
        match = re.fullmatch(r"/v2/account/collections(?:/(\d+)(?:/(articles|reserve_doi)(?:/(\d+))?)?)?", asked.path)
        if match is None:
            return refusal(404, "Not found")
        body = asked.json() or {}
        size, page = int(asked.query.get("page_size", "10")), int(asked.query.get("page", "1"))
        if match[1] is None:
            if asked.method == "GET":
                found = [one for one in self.collections.values() if one.owner == owner]
                said = [{"id": one.id, "title": one.about["title"], "doi": one.doi} for one in found]
                return Reply(200, said[(page - 1) * size : page * size])
            if bad := self._invalid(body, new=True):
                return bad
            self._next += 1
            self.collections[self._next] = Collection(self._next, owner, {**_BLANK, **body})
            return Reply(201, {"location": f"{self.url}/v2/account/collections/{self._next}"})
        one = self.collections.get(int(match[1]))
        if one is None or one.owner != owner:
            return refusal(404, "Entity not found: collection", "EntityNotFound")
        if match[2] == "reserve_doi":
            one.doi = f"10.6084/m9.figshare.c.{one.id}"
            return Reply(200, {"doi": one.doi})
        if match[2] == "articles":
            return self._members(asked, one, int(match[3] or 0), body, slice((page - 1) * size, page * size))
        return self._collection(asked, one, body)

    def _collection(self, asked: Asked, one: Collection, body: dict[str, Any]) -> Reply:
        if asked.method == "DELETE":
            del self.collections[one.id]
            return Reply(204)
        if asked.method == "PUT":
            if bad := self._invalid(body, new=False):
                return bad
            one.about |= body
            return Reply(205)
        said = {
            "id": one.id,
            "doi": one.doi,
            "url": f"{self.url}/v2/account/collections/{one.id}",
            "published_date": None,
            "title": one.about["title"],
            "description": one.about["description"],
            "tags": one.about["tags"],
            "categories": [{"id": number} for number in one.about["categories"]],
            "authors": [{"full_name": named["name"]} for named in one.about["authors"]],
        }
        return Reply(200, said)

    def _members(self, asked: Asked, one: Collection, item: int, body: dict[str, Any], part: slice) -> Reply:
        if asked.method == "GET":
            return Reply(200, [{"id": number} for number in one.items][part])
        if asked.method == "DELETE":
            if item not in one.items:
                return refusal(404, "Entity not found: article", "EntityNotFound")
            one.items.remove(item)
            return Reply(204)
        named = [int(number) for number in body.get("articles", ())]
        if not 1 <= len(named) <= 10:
            return refusal(400, "Invalid value for articles: 1 to 10", "BadRequest")
        if any(number not in self.articles or self.articles[number].owner != one.owner for number in named):
            return refusal(404, "Entity not found: article", "EntityNotFound")
        one.items += [number for number in named if number not in one.items]
        return Reply(201, {"location": f"{self.url}/v2/account/collections/{one.id}/articles"})

    def _all(self, asked: Asked, owner: str) -> Reply:
        if asked.method == "POST":
            body = asked.json() or {}
            if bad := self._invalid(body, new=True):
                return bad
            self._next += 1
            made = Article(self._next, owner, {**_BLANK, **body})
            self.articles[made.id] = made
            location = f"{self.url}/v2/account/articles/{made.id}"
            return Reply(201, {"location": location, "entity_id": made.id}, {"Location": location})
        size, page = int(asked.query.get("page_size", "10")), int(asked.query.get("page", "1"))
        if page < 1 or size > 1000:
            return refusal(422, "Invalid page", "InvalidPage")
        found = sorted(self.owned(owner), key=lambda one: one.id, reverse=True)[(page - 1) * size : page * size]
        return Reply(200, [{"id": one.id, "title": one.about["title"], "doi": one.doi} for one in found])

    def _invalid(self, body: dict[str, Any], *, new: bool) -> Reply | None:
        title = body.get("title")
        if (new or title is not None) and not 3 <= len(str(title or "")) <= 500:
            return refusal(400, "Invalid value for title: 3 to 500 characters", "BadRequest")
        if len(str(body.get("description") or "")) > 10_000:
            return refusal(400, "Invalid value for description: at most 10000 characters", "BadRequest")
        if len(body.get("authors") or ()) > 10:
            return refusal(400, "Invalid value for authors: at most 10", "BadRequest")
        if body.get("license", 1) not in [one["value"] for one in LICENCES]:
            return refusal(422, "License not found", "LicenseNotFound")
        return None

    def _one(self, asked: Asked, article: Article, part: str, key: str) -> Reply:
        parts: dict[str, Callable[[Asked, Article, str], Reply]] = {
            "": self._item,
            "authors": self._authors,
            "files": self._files,
            "embargo": self._embargo,
            "confidentiality": self._confidentiality,
            "private_links": self._links,
            "reserve_doi": self._reserve,
            "publish": self._publish,
        }
        return parts[part](asked, article, key) if part in parts else refusal(404, "Not found")

    def _item(self, asked: Asked, article: Article, _key: str) -> Reply:
        if asked.method == "GET":
            return Reply(200, self._document(article))
        if asked.method == "DELETE":
            if article.version:
                return refusal(403, "Article was published", "Forbidden")
            for collection in self.collections.values():
                collection.items = [number for number in collection.items if number != article.id]
            del self.articles[article.id]
            return Reply(204)
        body = asked.json() or {}
        if bad := self._invalid(body, new=False):
            return bad
        article.about |= body
        return Reply(205)

    def _authors(self, asked: Asked, article: Article, _key: str) -> Reply:
        named = (asked.json() or {}).get("authors", [])
        if len(named) > 10:
            return refusal(400, "Invalid value for authors: at most 10", "BadRequest")
        article.about["authors"] = [*article.about["authors"], *named] if asked.method == "POST" else named
        return Reply(205)

    def _embargo(self, asked: Asked, article: Article, _key: str) -> Reply:
        if asked.method == "DELETE":
            article.embargo = {}
            return Reply(204)
        body = asked.json() or {}
        if body.get("embargo_date", "") <= TODAY:
            return refusal(400, "Embargo date must be in the future", "BadRequest")
        if body.get("embargo_type") not in ("article", "file"):
            return refusal(400, "Invalid value for embargo_type", "BadRequest")
        article.embargo = body
        return Reply(205)

    def _confidentiality(self, asked: Asked, article: Article, _key: str) -> Reply:
        article.confidential = "" if asked.method == "DELETE" else str((asked.json() or {}).get("reason", ""))
        return Reply(204 if asked.method == "DELETE" else 205)

    def _links(self, asked: Asked, article: Article, key: str) -> Reply:
        if asked.method == "GET":
            said = [{"id": name, "is_active": True, "expires_date": day} for name, day in article.links.items()]
            return Reply(200, said)
        if asked.method == "DELETE":
            return Reply(204) if article.links.pop(key, None) else refusal(404, "Entity not found: private_link")
        name = uuid.uuid4().hex[:20]
        article.links[name] = str((asked.json() or {}).get("expires_date"))
        return Reply(201, {"location": f"{self.url}/v2/account/articles/{article.id}/private_links/{name}"})

    def _reserve(self, _asked: Asked, article: Article, _key: str) -> Reply:
        article.doi = f"10.6084/m9.figshare.{article.id}"
        return Reply(200, {"doi": article.doi})

    def _publish(self, _asked: Asked, article: Article, _key: str) -> Reply:
        for name in ("description", "authors", "categories", "tags", "defined_type"):
            if not article.about[name]:
                return refusal(400, f"Missing mandatory field for publication - {name}", "BadRequest")
        if not self.held(article):
            return refusal(400, "Missing mandatory field for publication - files", "BadRequest")
        article.version += 1
        article.doi = f"10.6084/m9.figshare.{article.id}.v{article.version}"
        article.public = self._document(article)
        article.public_files = list(article.files.values())
        return Reply(201, {"location": f"{self.url}/v2/articles/{article.id}"})

    # Files

    def _files(self, asked: Asked, article: Article, key: str) -> Reply:
        if not key:
            if asked.method == "POST":
                return self._begin(asked, article)
            size, page = int(asked.query.get("page_size", "10")), int(asked.query.get("page", "1"))
            found = list(article.files.values())[(page - 1) * size : page * size]
            return Reply(200, [self._file(one) for one in found])
        file = article.files.get(int(key))
        if file is None:
            return refusal(404, "Entity not found: file", "EntityNotFound")
        if asked.method == "DELETE":
            del article.files[file.id]
            return Reply(204)
        if asked.method == "POST":
            if len(file.parts) < len(file.offsets()):
                return refusal(400, "Not all parts were uploaded", "BadRequest")
            if file.name == self.spoilt:
                file.parts = {1: b"spoilt"}
            file.status = "moving_to_final"
            return Reply(202)
        file.looks += 1
        if file.status == "moving_to_final" and file.looks > 2:
            file.status = "available"
        return Reply(200, self._file(file))

    def _begin(self, asked: Asked, article: Article) -> Reply:
        body = asked.json() or {}
        if not body.get("name") or not isinstance(body.get("size"), int):
            return refusal(400, "Invalid file", "BadRequest")
        used = sum(file.size for one in self.owned(article.owner) if not one.version for file in one.files.values())
        if used + body["size"] > self.quota:
            return refusal(403, "Max storage quota exceeded", "Forbidden")
        self._next += 1
        article.files[self._next] = File(self._next, body["name"], body["size"], body.get("md5", ""), self.part_bytes)
        return Reply(201, {"location": f"{self.url}/v2/account/articles/{article.id}/files/{self._next}"})

    def _upload(self, asked: Asked, token: str, number: int) -> Reply:
        every = [file for one in self.articles.values() for file in one.files.values()]
        file = next((one for one in every if one.token == token), None)
        if file is None:
            return refusal(404, "Upload not found")
        known = {n: (first, last) for n, first, last in file.offsets()}
        if not number:
            parts = [
                {
                    "partNo": n,
                    "startOffset": first,
                    "endOffset": last,
                    "status": "COMPLETE" if n in file.parts else "PENDING",
                    "locked": n in file.locked,
                }
                for n, (first, last) in known.items()
            ]
            return Reply(200, {"token": token, "name": file.name, "size": file.size, "md5": file.md5, "parts": parts})
        if asked.method == "DELETE":
            file.locked.discard(number)
            file.parts.pop(number, None)
            return Reply(200)
        if number in file.locked:
            return refusal(409, "Part is locked", "Conflict")
        first, last = known[number]
        if len(asked.body) != last - first + 1:
            return refusal(400, "The part has another size", "BadRequest")
        file.parts[number] = asked.body
        return Reply(200)

    def _download(self, owner: str | None, number: int) -> Reply:
        for article in self.articles.values():
            open_ = not (article.embargo or article.confidential)
            for file in article.public_files if open_ else ():
                if file.id == number:
                    return Reply(200, file.data)
            if number in article.files and article.owner == owner:
                return Reply(200, article.files[number].data)
        return refusal(404, "Entity not found: file", "EntityNotFound")

    def _public(self, asked: Asked, number: int, files: bool) -> Reply:
        article = self.articles.get(number)
        if article is None or not article.version:
            return refusal(404, "Entity not found: article", "EntityNotFound")
        if not files:
            return Reply(200, article.public)
        page, size = int(asked.query.get("page", "1")), int(asked.query.get("page_size", "10"))
        return Reply(200, [self._file(one) for one in article.public_files[(page - 1) * size : page * size]])

    # Documents

    def _file(self, file: File) -> dict[str, Any]:
        computed = hashlib.md5(file.data, usedforsecurity=False).hexdigest() if file.status != "created" else ""
        return {
            "id": file.id,
            "name": file.name,
            "size": file.size,
            "status": file.status,
            "is_link_only": False,
            "download_url": f"{self.url}/files/{file.id}",
            "supplied_md5": file.md5,
            "computed_md5": computed,
            "upload_url": f"{self.url}/upload/{file.token}",
            "upload_token": file.token,
        }

    def _document(self, article: Article) -> dict[str, Any]:
        about = article.about
        return {
            "id": article.id,
            "title": about["title"],
            "description": about["description"],
            "tags": about["tags"],
            "categories": [{"id": one, "title": str(one)} for one in about["categories"]],
            "authors": [{"id": n, "full_name": one.get("name")} for n, one in enumerate(about["authors"], 1)],
            "license": next(one for one in LICENCES if one["value"] == about["license"]),
            "defined_type_name": about["defined_type"],
            "doi": article.doi,
            "version": article.version,
            "published_date": f"{TODAY}T10:00:00Z" if article.version else None,
            "is_embargoed": bool(article.embargo),
            "embargo_date": article.embargo.get("embargo_date"),
            "embargo_type": article.embargo.get("embargo_type"),
            "is_confidential": bool(article.confidential),
            "confidential_reason": article.confidential,
            "url_private_html": f"{self.url}/account/articles/{article.id}",
        }
