"""Collections of Figshare: a project's items under one title and one DOI (https://docs.figshare.com, "Collections")."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.deposits.about import About
from slidebox.deposits.figshare import AUTHORS, SERVICE, marks_in, pages, tag_of, web_of
from slidebox.errors import UnreadableError
from slidebox.tokens import Secret
from slidebox.web import Web, WebError

_AT_ONCE = 10
"""Items that one request takes."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as Figshare shows it.

    Attributes
    ----------
    id, doi, url
        Its number, its DOI and its page.
    title
        What it says.
    published
        Whether it is published, and so stays for ever.
    marks
        What it is found again by.
    raw
        All that the service said.
    """

    id: str
    doi: str
    url: str
    title: str
    published: bool
    marks: frozenset[str]
    raw: Mapping[str, Any]


class Collections:
    """The collections of an account.

    Parameters
    ----------
    web
        Figshare's API.
    """

    def __init__(self, web: Web) -> None:
        self._web = web

    @classmethod
    def at(cls, name: str, endpoint: str | None, token: Secret) -> Collections:
        """Those of a store."""
        return cls(web_of(name, endpoint, token))

    def find(self, mark: str, title: str) -> Collection | None:
        """The account's collection with a mark; only those of the title are opened, as a list has no tags.

        Raises
        ------
        UnreadableError
            If there are several.
        """
        named = [one for one in pages(self._web, "account/collections") if one.get("title") == title]
        opened = [one for entry in named if (one := self.get(str(entry["id"]))) is not None]
        found = [one for one in opened if mark in one.marks]
        if len(found) > 1:
            said = " and ".join(sorted(one.url or one.id for one in found))
            raise UnreadableError(
                f"{SERVICE} has several collections with one mark of slidebox: {said}.", "Delete all but one."
            )
        return found[0] if found else None

    def get(self, collection: str) -> Collection | None:
        """A collection by its number; None where it is gone."""
        try:
            return _collection(self._web.call("GET", _at(collection)).body)
        except WebError as error:
            if error.status == 404:
                return None
            raise

    def create(self, about: About, mark: str) -> Collection:
        """Make a private collection, which has its mark from the first moment, and reserve its DOI."""
        body = _body(about, mark, {})
        made = self._web.call("POST", "account/collections", body).body["location"].rpartition("/")[2]
        return self.change(self._fresh(made), about, mark)

    def change(self, collection: Collection, about: About, mark: str) -> Collection:
        """Bring what it says to what is declared; tags and categories that people have added stay."""
        body = _body(about, mark, collection.raw)
        if _differs(collection.raw, body):
            self._web.call("PUT", _at(collection.id), body)
        if not collection.doi:
            self._web.call("POST", f"{_at(collection.id)}/reserve_doi")
        return self._fresh(collection.id)

    def _fresh(self, collection: str) -> Collection:
        found = self.get(collection)
        if found is None:
            raise UnreadableError(f"{SERVICE}'s collection {collection} is gone.", "Run it again.")
        return found

    def delete(self, collection: Collection) -> None:
        """Delete one that was never published; its items stay."""
        self._gone(_at(collection.id))

    def items(self, collection: str) -> frozenset[str]:
        """The numbers of its items; none where it is gone."""
        try:
            return frozenset(str(one["id"]) for one in pages(self._web, f"{_at(collection)}/articles"))
        except WebError as error:
            if error.status == 404:
                return frozenset()
            raise

    def add(self, collection: str, items: Iterable[str]) -> None:
        """Put items into it; those that are there stay."""
        there = self.items(collection)
        wanted = sorted({int(item) for item in items if item not in there})
        for start in range(0, len(wanted), _AT_ONCE):
            said = {"articles": wanted[start : start + _AT_ONCE]}
            self._web.call("POST", f"{_at(collection)}/articles", said)

    def take_out(self, collection: str, item: str) -> None:
        """Take an item out of it; the item stays."""
        self._gone(f"{_at(collection)}/articles/{int(item)}")

    def _gone(self, path: str) -> None:
        try:
            self._web.call("DELETE", path)
        except WebError as error:
            if error.status != 404:
                raise


def _at(collection: str) -> str:
    return f"account/collections/{int(collection)}"


def _body(about: About, mark: str, before: Mapping[str, Any]) -> dict[str, Any]:
    tags = [*about.keywords, tag_of(mark)]
    notes = f"<p>{html.escape(about.notes)}</p>" if about.notes else ""
    body: dict[str, Any] = {
        "title": about.title,
        "description": about.description + notes,
        "tags": [*tags, *(tag for tag in before.get("tags") or () if tag not in tags)],
        "authors": [{"name": one.spoken} for one in about.creators[:AUTHORS]],
    }
    filed = [int(one["id"]) for one in before.get("categories") or ()]
    if wanted := [*filed, *(one for one in about.categories if one not in filed)]:
        body["categories"] = wanted
    return body


def _differs(raw: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    there = {
        "title": raw.get("title"),
        "description": raw.get("description"),
        "tags": raw.get("tags") or [],
        "authors": [{"name": one.get("full_name")} for one in raw.get("authors") or ()],
        "categories": [int(one["id"]) for one in raw.get("categories") or ()],
    }
    return any(there[name] != value for name, value in body.items())


def _collection(said: Mapping[str, Any]) -> Collection:
    return Collection(
        id=str(said["id"]),
        doi=str(said.get("doi") or ""),
        url=str(said.get("url_private_html") or said.get("figshare_url") or said.get("url") or ""),
        title=str(said.get("title") or ""),
        published=bool(said.get("published_date")),
        marks=marks_in(said.get("tags") or ()),
        raw=said,
    )
