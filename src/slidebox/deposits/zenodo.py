"""Zenodo's deposit API (https://developers.zenodo.org; where page and code differ, as zenodo-rdm's `legacy` does)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from slidebox.deposits.about import About
from slidebox.deposits.repository import Deposit, Sending, Stored, require_private, wrong_bytes
from slidebox.errors import UnreadableError
from slidebox.tokens import Secret
from slidebox.web import Upload, Web, WebError

ENDPOINT = "https://zenodo.org"
_ALIAS = "isAlternateIdentifier"
"""How a deposit is related to its own mark."""
_PAGE = 100
_GONE = (404, 410)
_LICENCES: Mapping[str, str] = {"CC0-1.0": "cc-zero"}
"""Zenodo's word of a licence, where it is not the SPDX name in small letters."""


class Zenodo:
    """Zenodo, or its sandbox.

    Parameters
    ----------
    web
        Its API.
    today
        The day: an embargo that is over is none.
    """

    service = "Zenodo"
    most_files = 100
    largest_file = 50 * 10**9

    def __init__(self, web: Web, today: dt.date) -> None:
        self._web = web
        self._today = today

    @classmethod
    def at(cls, name: str, endpoint: str | None, token: Secret, today: dt.date) -> Zenodo:
        """The service of a store."""
        return cls(Web(require_private(name, endpoint or ENDPOINT).rstrip("/") + "/api", cls.service, token), today)

    def find(self, mark: str, title: str) -> Deposit | None:
        """The account's deposit with a mark: the first version of it."""
        return self.search({mark: title}).get(mark)

    def search(self, marks: Mapping[str, str]) -> dict[str, Deposit]:
        """The account's deposits with some marks, by mark: the first version of each."""
        found: dict[str, list[Deposit]] = {}
        for one in self._all():
            for mark in one.marks & marks.keys():
                found.setdefault(mark, []).append(one)
        for several in found.values():
            if len({one.raw.get("conceptrecid") for one in several}) > 1:
                said = " and ".join(sorted(one.url for one in several))
                raise UnreadableError(
                    f"Zenodo has several deposits with one mark of slidebox: {said}.", "Delete all but one."
                )
        return {mark: min(versions, key=lambda one: int(one.id)) for mark, versions in found.items()}

    def _all(self, query: str = "") -> Iterator[Deposit]:
        page = 1
        while True:
            asked = {"q": query, "page": str(page), "size": str(_PAGE), "sort": "mostrecent", "all_versions": "true"}
            found = self._web.call("GET", "deposit/depositions", query=asked).body
            yield from map(_deposit, found)
            if len(found) < _PAGE:
                return
            page += 1

    def get(self, deposit: str) -> Deposit | None:
        """A deposit by its id; None where it is gone."""
        try:
            return _deposit(self._web.call("GET", f"deposit/depositions/{int(deposit)}").body)
        except WebError as error:
            if error.status in _GONE:
                return None
            raise

    def ask(self, path: str) -> Any:
        """What the service answers to a GET below its API, as JSON."""
        return self._web.call("GET", path).body

    def create(self, about: About, mark: str) -> Deposit:
        """Make a draft; Zenodo reserves a DOI for each."""
        wanted = self._metadata(about, mark, {})
        return _deposit(self._web.call("POST", "deposit/depositions", {"metadata": wanted}).body)

    def change(self, deposit: Deposit, about: About, mark: str) -> Deposit:
        """Bring a draft's metadata to what is declared; what people have added on its page stays."""
        before = deposit.raw.get("metadata") or {}
        wanted = self._metadata(about, mark, before)
        if all(before.get(name) == value for name, value in wanted.items()):
            return deposit
        return self._write(deposit, wanted)

    def _write(self, deposit: Deposit, metadata: Mapping[str, Any]) -> Deposit:
        path = f"deposit/depositions/{deposit.id}"
        return _deposit(self._web.call("PUT", path, {"metadata": metadata}).body)

    def _metadata(self, about: About, mark: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata, which are always written whole."""
        kept = {name: value for name, value in before.items() if name not in ("prereserve_doi", "embargo_date", "doi")}
        related = [one for one in kept.get("related_identifiers") or () if one.get("identifier") != mark]
        found = kept | {
            "upload_type": "dataset",
            "title": about.title,
            "description": about.description,
            "creators": [
                {"name": one.name, "affiliation": one.affiliation, **({"orcid": one.orcid} if one.orcid else {})}
                for one in about.creators
            ],
            "keywords": list(about.keywords),
            "access_right": "embargoed" if about.embargoed(self._today) else "open",
            "notes": about.notes,
            "related_identifiers": [*related, {"identifier": mark, "relation": _ALIAS}],
        }
        if about.embargoed(self._today):
            found["embargo_date"] = about.embargo
        if about.licence:
            found["license"] = licence_word(about.licence)
        if about.collected:
            found["dates"] = [{"start": about.collected, "end": about.collected, "type": "Collected"}]
        if about.community:
            found["communities"] = [{"identifier": about.community}]
        return found

    def delete(self, deposit: Deposit) -> None:
        """Delete a draft; one that is gone already is deleted."""
        try:
            self._web.call("DELETE", f"deposit/depositions/{deposit.id}")
        except WebError as error:
            if error.status not in _GONE:
                raise

    def latest(self, deposit: Deposit) -> tuple[Deposit, ...]:
        """The draft of a new version where there is one, then what is published last."""
        if not deposit.published:
            return (deposit,)
        concept = deposit.raw.get("conceptrecid")
        versions = {
            one.id: one for one in self._all(f"conceptrecid:{concept}") if one.raw.get("conceptrecid") == concept
        }
        versions[deposit.id] = deposit
        newest = sorted(versions.values(), key=lambda one: int(one.id), reverse=True)
        drafts = [one for one in newest if not one.published]
        return (*drafts[:1], *[one for one in newest if one.published][:1])

    def draft(self, deposit: Deposit) -> Deposit:
        """The draft there is, or that of a new version, into which Zenodo takes the files of the version before."""
        newest = self.latest(deposit)[0]
        if not newest.published:
            return newest
        answer = self._web.call("POST", f"deposit/depositions/{newest.id}/actions/newversion").body
        made = _deposit(answer)
        if made.published or made.id == newest.id:
            # As the documentation has it: the old version, with a link to the new one.
            made = _deposit(self._web.call("GET", answer["links"]["latest_draft"]).body)
        return made

    def send(self, deposit: Deposit, file: Sending) -> None:
        """Send a file in one request and compare the checksum that Zenodo answers."""
        hasher = hashlib.md5(usedforsecurity=False)

        def pieces() -> Iterator[bytes]:
            nonlocal hasher
            hasher = hashlib.md5(usedforsecurity=False)
            for piece in file.open():
                hasher.update(piece)
                yield piece

        said = self._web.upload("PUT", _at(deposit, file.name), Upload(file.size, pieces)).body
        told = str((said or {}).get("checksum", ""))
        if told != f"md5:{hasher.hexdigest()}":
            raise wrong_bytes(self.service, file.name, told)

    def remove(self, deposit: Deposit, file: Stored) -> None:
        """Take a file out of a draft."""
        try:
            self._web.call("DELETE", _at(deposit, file.name))
        except WebError as error:
            if error.status not in _GONE:
                raise

    def read(
        self, deposit: Deposit, file: Stored, start: int = 0, end: int | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, or a part of them."""
        return self._web.download(_at(deposit, file.name), start, end)

    def publish(self, deposit: Deposit, about: About, today: dt.date) -> Deposit:
        """Publish a draft, under the day's date."""
        metadata = deposit.raw.get("metadata") or {}
        if metadata.get("publication_date") != today.isoformat():
            rest = {name: value for name, value in metadata.items() if name not in ("prereserve_doi", "doi")}
            self._write(deposit, {**rest, "publication_date": today.isoformat()})
        return _deposit(self._web.call("POST", f"deposit/depositions/{deposit.id}/actions/publish").body)


def licence_word(spdx: str) -> str:
    """Zenodo's word of a licence."""
    return _LICENCES.get(spdx, spdx.lower())


def _at(deposit: Deposit, name: str) -> str:
    """The address of a file: its name is one part of a path."""
    return f"{deposit.raw['links']['bucket']}/{quote(name, safe='')}"


def _deposit(said: Mapping[str, Any]) -> Deposit:
    metadata = said.get("metadata") or {}
    reserved = metadata.get("prereserve_doi") or {}
    marks = {
        str(one.get("identifier", ""))
        for one in metadata.get("related_identifiers") or ()
        if one.get("relation") == _ALIAS
    }
    files = [
        Stored(
            str(one["filename"]),
            int(one["filesize"]),
            str(one.get("checksum", "")).removeprefix("md5:"),
            str(one["id"]),
        )
        for one in said.get("files") or ()
    ]
    return Deposit(
        id=str(said["id"]),
        doi=str(said.get("doi") or reserved.get("doi") or ""),
        url=str((said.get("links") or {}).get("html", "")),
        published=bool(said.get("submitted")),
        marks=frozenset(marks),
        title=str(metadata.get("title", "")),
        licence=str(metadata.get("license") or ""),
        embargo=str(metadata.get("embargo_date") or ""),
        notes=str(metadata.get("notes") or ""),
        files={one.name: one for one in files},
        raw=said,
    )
