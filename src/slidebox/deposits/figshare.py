"""Figshare's API, version 2 (https://docs.figshare.com), for Figshare and Figshare+."""

from __future__ import annotations

import datetime as dt
import html
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from slidebox.deposits.about import About
from slidebox.deposits.repository import LOOPBACK, Deposit, Sending, Stored, require_private, wrong_bytes
from slidebox.errors import InputError, UnreadableError
from slidebox.tokens import Secret
from slidebox.web import Upload, Web, WebError

SERVICE = "Figshare"
ENDPOINT = "https://api.figshare.com"
DOMAIN = "figshare.com"
_PAGE = 100
AUTHORS = 10
"""Authors that one request takes."""
_PACE_SECONDS = 1.0
"""Figshare asks for no more than one request a second."""
_CHECKS = 120
"""How often it is asked whether a file has been checked, a second apart."""
_LICENCES: Mapping[str, str] = {
    "CC-BY-4.0": "creativecommons.org/licenses/by/4.0",
    "CC0-1.0": "creativecommons.org/publicdomain/zero/1.0",
    "MIT": "opensource.org/licenses/MIT",
    "Apache-2.0": "apache.org/licenses/LICENSE-2.0",
    "GPL-3.0-only": "gnu.org/licenses/gpl-3.0",
}
"""Part of the address of a licence, by which it is found among Figshare's own."""
_PREFIX = "slidebox-"
_NOTES = re.compile(r"<p>([^<]*)</p>$")


class Figshare:
    """Figshare, or Figshare+.

    Parameters
    ----------
    web
        Its API.
    today
        The day: an embargo that is over is none.
    plus
        Whether the account has Figshare+.
    sleep
        Waits between two looks at a file that is being checked.
    """

    service = SERVICE

    def __init__(
        self, web: Web, today: dt.date, *, plus: bool = False, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._web = web
        self._today = today
        self._sleep = sleep
        # 500 files an item, 5,000 with Figshare+; 20 GB a file (Figshare, account limits; Figshare+ end user terms).
        self.most_files = 5_000 if plus else 500
        self.largest_file = 5 * 10**12 if plus else 20 * 10**9

    @classmethod
    def at(cls, name: str, endpoint: str | None, token: Secret, today: dt.date, *, plus: bool = False) -> Figshare:
        """The service of a store."""
        return cls(web_of(name, endpoint, token), today, plus=plus)

    # Items

    def find(self, mark: str, title: str) -> Deposit | None:
        """The account's item with a mark."""
        return self.search({mark: title}).get(mark)

    def search(self, marks: Mapping[str, str]) -> dict[str, Deposit]:
        """The account's items with some marks, by mark; only those of the titles are opened, as a list has no tags."""
        titles, found = set(marks.values()), dict[str, Deposit]()
        for entry in [one for one in pages(self._web, "account/articles") if one.get("title") in titles]:
            opened = self.get(str(entry["id"]))
            for mark in opened.marks & marks.keys() if opened else ():
                if opened and found.setdefault(mark, opened).id != opened.id:
                    said = " and ".join(sorted((found[mark].url, opened.url)))
                    raise UnreadableError(
                        f"Figshare has several items with one mark of slidebox: {said}.", "Delete all but one."
                    )
        return found

    def get(self, deposit: str) -> Deposit | None:
        """An item by its id; None where it is gone."""
        path = _at(deposit)
        try:
            said = self._web.call("GET", path).body
        except WebError as error:
            if error.status == 404:
                return None
            raise
        return _deposit(said, pages(self._web, f"{path}/files"))

    def ask(self, path: str) -> Any:
        """What the service answers to a GET below its API, as JSON."""
        return self._web.call("GET", path).body

    def create(self, about: About, mark: str) -> Deposit:
        """Make a draft item, and reserve its DOI."""
        body = self._body(about, mark, {})
        made = self._web.call("POST", "account/articles", body).body["location"].rpartition("/")[2]
        return self.change(self._fresh(made), about, mark)

    def _fresh(self, deposit: str) -> Deposit:
        found = self.get(deposit)
        if found is None:
            raise UnreadableError(f"Figshare's item {deposit} is gone.", "Run it again.")
        return found

    def change(self, deposit: Deposit, about: About, mark: str) -> Deposit:
        """Bring a draft to what is declared; tags and categories that people have added stay."""
        raw, path = deposit.raw, _at(deposit.id)
        body = self._body(about, mark, raw)
        if _differs(raw, body):
            self._web.call("PUT", path, body)
        extra = about.creators[AUTHORS:]
        if extra and len(raw.get("authors") or ()) != len(about.creators):
            self._web.call("POST", f"{path}/authors", {"authors": [{"name": one.spoken} for one in extra]})
        self._close(deposit, about)
        if not raw.get("doi"):
            self._web.call("POST", f"{path}/reserve_doi")
        return self._fresh(deposit.id)

    def _body(self, about: About, mark: str, before: Mapping[str, Any]) -> dict[str, Any]:
        people = [f"{one.spoken}: https://orcid.org/{one.orcid}" for one in about.creators if one.orcid]
        # The API takes names alone, so who they are is said in the text, and whose it is in its last paragraph.
        text = "".join(f"<p>{html.escape(said)}</p>" for said in (*people, about.notes) if said)
        tags = [*about.keywords, tag_of(mark)]
        body: dict[str, Any] = {
            "title": about.title,
            "description": about.description + text,
            "tags": [*tags, *(tag for tag in before.get("tags") or () if tag not in tags)],
            "authors": [{"name": one.spoken} for one in about.creators[:AUTHORS]],
            "defined_type": "dataset",
        }
        filed = [int(one["id"]) for one in before.get("categories") or ()]
        if wanted := [*filed, *(one for one in about.categories if one not in filed)]:
            body["categories"] = wanted
        if about.licence:
            body["license"] = self._licence(about.licence)
        return body

    def _licence(self, spdx: str) -> int:
        """Figshare's number of a licence."""
        offered = self._web.call("GET", "licenses").body
        part = _LICENCES.get(spdx, "")
        for one in offered:
            if part and part.lower() in str(one.get("url", "")).lower():
                return int(one["value"])
        raise InputError(
            f"Figshare has no licence {spdx}.",
            f"It has {', '.join(str(one.get('name')) for one in offered)}.",
        )

    def _close(self, deposit: Deposit, about: About) -> None:
        """Set the embargo and the confidentiality of the files."""
        path, wanted = _at(deposit.id), about.embargo if about.embargoed(self._today) else ""
        if wanted and deposit.embargo != wanted:
            reason = "The data are published together with a paper."
            embargo = {"is_embargoed": True, "embargo_date": wanted, "embargo_type": "file", "embargo_reason": reason}
            self._web.call("PUT", f"{path}/embargo", embargo)
        elif deposit.embargo and not wanted:
            self._web.call("DELETE", f"{path}/embargo")
        if about.confidential and deposit.confidential != about.confidential:
            said = {"is_confidential": True, "reason": about.confidential}
            self._web.call("PUT", f"{path}/confidentiality", said)
        elif deposit.confidential and not about.confidential:
            self._web.call("DELETE", f"{path}/confidentiality")

    def delete(self, deposit: Deposit) -> None:
        """Delete an item that was never published."""
        try:
            self._web.call("DELETE", _at(deposit.id))
        except WebError as error:
            if error.status != 404:
                raise

    def latest(self, deposit: Deposit) -> tuple[Deposit, ...]:
        """What can be edited, as a draft where it differs from what is published, and then that."""
        if not deposit.published:
            return (deposit,)
        said = self._web.call("GET", f"articles/{deposit.id}").body
        public = _deposit(said, pages(self._web, f"articles/{deposit.id}/files"))
        if _content(public) == _content(deposit):
            return (deposit,)
        return replace(deposit, published=False), replace(public, published=True)

    def draft(self, deposit: Deposit) -> Deposit:
        """The item itself: what is changed in it is published as its next version."""
        return replace(self._fresh(deposit.id), published=False)

    def publish(self, deposit: Deposit, about: About, today: dt.date) -> Deposit:
        """Publish an item, or its next version."""
        self._web.call("POST", f"{_at(deposit.id)}/publish")
        return self._fresh(deposit.id)

    # Links for whoever reviews a draft

    def link(self, deposit: Deposit, days: int) -> str:
        """The address of a private link that still holds; a new one where there is none."""
        path = f"{_at(deposit.id)}/private_links"
        for one in self._web.call("GET", path).body:
            if one.get("is_active", True) and str(one.get("expires_date") or "9999")[:10] > self._today.isoformat():
                return _link(str(one["id"]))
        until = (self._today + dt.timedelta(days=days)).isoformat()
        made = self._web.call("POST", path, {"expires_date": until}).body
        return _link(str(made["location"]).rpartition("/")[2])

    def unlink(self, deposit: Deposit, link: str) -> None:
        """Take a private link away; one that is gone is taken away."""
        try:
            self._web.call("DELETE", f"{_at(deposit.id)}/private_links/{link.rpartition('/')[2]}")
        except WebError as error:
            if error.status != 404:
                raise

    # Files

    def send(self, deposit: Deposit, file: Sending) -> None:
        """Send a file in parts; those that have arrived in an earlier run are not sent again."""
        md5 = file.md5()
        path = f"{_at(deposit.id)}/files"
        begun = deposit.files.get(file.name)
        if begun and not begun.whole and (begun.size, begun.md5) == (file.size, md5):
            number = begun.id
        else:
            said = {"name": file.name, "md5": md5, "size": file.size}
            number = self._web.call("POST", path, said).body["location"].rpartition("/")[2]
        upload = self._web.call("GET", f"{path}/{number}").body["upload_url"]
        self._parts(upload, file)
        self._web.call("POST", f"{path}/{number}")
        self._await(f"{path}/{number}", file.name, md5)
        if begun and begun.id != number:
            self.remove(deposit, begun)

    def _parts(self, upload: str, file: Sending) -> None:
        parts = self._web.call("GET", upload).body["parts"]
        # An empty file in a bundle gives an empty piece, which is not the end.
        stream, rest, at = (piece for piece in file.open() if piece), b"", 0
        for part in sorted(parts, key=lambda one: int(one["partNo"])):
            start, size = int(part["startOffset"]), int(part["endOffset"]) - int(part["startOffset"]) + 1
            data = bytearray()
            while at < start + size:
                piece = rest or next(stream, b"")
                if not piece:
                    break
                taken = piece[: start + size - at]
                rest, at = piece[len(taken) :], at + len(taken)
                data += taken
            if part["status"] != "COMPLETE":
                self._part(f"{upload}/{part['partNo']}", bytes(data))

    def _part(self, address: str, data: bytes) -> None:
        sending = Upload(len(data), lambda: iter((data,)))
        try:
            self._web.upload("PUT", address, sending)
        except WebError as error:
            if error.status != 409:
                raise
            # A run that was killed in the middle of it has left it locked.
            self._web.call("DELETE", address)
            self._web.upload("PUT", address, sending)

    def _await(self, path: str, name: str, md5: str) -> None:
        """Wait until the service has put the parts together and read them."""
        for _ in range(_CHECKS):
            said = self._web.call("GET", path).body
            computed = str(said.get("computed_md5") or "")
            if computed and computed != md5:
                raise wrong_bytes(self.service, name, computed)
            if said.get("status") == "available":
                return
            self._sleep(1.0)
        raise UnreadableError(f"Figshare has not checked {name} within two minutes.", "Run the same command again.")

    def remove(self, deposit: Deposit, file: Stored) -> None:
        """Take a file out of an item."""
        try:
            self._web.call("DELETE", f"{_at(deposit.id)}/files/{file.id}")
        except WebError as error:
            if error.status != 404:
                raise

    def read(
        self, deposit: Deposit, file: Stored, start: int = 0, end: int | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a file, or a part of them."""
        return self._web.download(file.url, start, end)


def web_of(name: str, endpoint: str | None, token: Secret) -> Web:
    """The API of a store, at the pace that Figshare asks for.

    Raises
    ------
    InputError
        If its token would travel in the clear.
    """
    base = require_private(name, endpoint or ENDPOINT).rstrip("/")
    pace = 0.0 if urlsplit(base).hostname in LOOPBACK else _PACE_SECONDS
    return Web(f"{base}/v2", SERVICE, token, "token", domain=DOMAIN, pace=pace)


def pages(web: Web, path: str) -> Iterator[Any]:
    """Every entry of a list, page by page."""
    page = 1
    while True:
        found = web.call("GET", path, query={"page": str(page), "page_size": str(_PAGE)}).body
        yield from found
        if len(found) < _PAGE:
            return
        page += 1


def _at(deposit: str) -> str:
    return f"account/articles/{int(deposit)}"


def tag_of(mark: str) -> str:
    """A mark as a tag, which is what Figshare has of that kind."""
    return f"{_PREFIX}{mark.rpartition(':')[2]}"


def marks_in(tags: Iterable[str]) -> frozenset[str]:
    """The marks among some tags."""
    return frozenset(f"urn:uuid:{tag.removeprefix(_PREFIX)}" for tag in tags if tag.startswith(_PREFIX))


def _link(name: str) -> str:
    return f"https://figshare.com/s/{name}"


def _content(deposit: Deposit) -> tuple[Any, ...]:
    files = sorted((one.name, one.size, one.md5) for one in deposit.files.values())
    return deposit.title, deposit.raw.get("description"), files


def _differs(raw: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    there = {
        "title": raw.get("title"),
        "description": raw.get("description"),
        "tags": raw.get("tags") or [],
        "authors": [{"name": one.get("full_name")} for one in (raw.get("authors") or ())[:AUTHORS]],
        "defined_type": raw.get("defined_type_name"),
        "categories": [int(one["id"]) for one in raw.get("categories") or ()],
        "license": (raw.get("license") or {}).get("value"),
    }
    return any(there[name] != value for name, value in body.items())


def _deposit(said: Mapping[str, Any], files: Iterator[Any]) -> Deposit:
    found: dict[str, Stored] = {}
    for one in files:
        whole = one.get("status", "available") == "available"
        md5 = str((one.get("computed_md5") if whole else "") or one.get("supplied_md5") or "")
        url = str(one.get("download_url") or "")
        stored = Stored(str(one["name"]), int(one["size"]), md5, str(one["id"]), whole, url)
        before = found.get(stored.name)
        if before is None or (stored.whole, int(stored.id)) > (before.whole, int(before.id)):
            found[stored.name] = stored
    notes = _NOTES.search(str(said.get("description") or ""))
    return Deposit(
        id=str(said["id"]),
        doi=str(said.get("doi") or ""),
        url=str(said.get("url_private_html") or said.get("figshare_url") or said.get("url") or ""),
        published=bool(said.get("published_date")),
        marks=marks_in(said.get("tags") or ()),
        title=str(said.get("title") or ""),
        licence=str((said.get("license") or {}).get("name") or ""),
        embargo=str(said.get("embargo_date") or "")[:10] if said.get("is_embargoed") else "",
        confidential=str(said.get("confidential_reason") or "yes") if said.get("is_confidential") else "",
        notes=html.unescape(notes[1]) if notes else "",
        files=found,
        raw=said,
    )
