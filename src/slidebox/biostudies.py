"""BioStudies, which takes submissions for the BioImage Archive: its REST API, spoken with one account.

A session begins with a login; its token goes into the header ``X-Session-Token`` of every call. Files go into the
account's own space before they are submitted, and only its owner sees them there. What is submitted opens on its day of
release. (BioStudies, "BioStudies API", its description in the repository of its backend, docs/api.)
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store
from slidebox.tokens import Secret, token_of
from slidebox.web import Upload, Web, WebError

SERVICE = "BioStudies"
ENDPOINT = "https://www.ebi.ac.uk/biostudies/submissions/api"
"""The service's own address; ``https://wwwdev.ebi.ac.uk/…`` is its trial."""
DONE = frozenset({"PROCESSED", "POST_PROCESSED"})
"""The states in which the archive has taken a submission."""
REFUSED = "INVALID"
_PAGE = 50
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Tokens = Callable[[str], Secret]
"""Answers with the password of a store's account."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ArchiveRef:
    """A store as a resource names it: all it takes to reach it, except the password.

    Attributes
    ----------
    name
        Its name in the lab file.
    account
        Who logs in: an address for mail.
    endpoint
        Where the API is.
    """

    name: str
    account: str
    endpoint: str = ENDPOINT

    @classmethod
    def of(cls, name: str, store: Store) -> ArchiveRef:
        """The reference to a declared store."""
        return cls(name, store.account or "", store.endpoint or ENDPOINT)

    @classmethod
    def read(cls, value: Any) -> ArchiveRef:
        """Read the input ``store`` of a resource.

        Raises
        ------
        InputError
            If it is no archive, or the password would travel in the clear.
        """
        said = value if isinstance(value, Mapping) else {}
        texts = all(isinstance(item, str) and item for item in said.values())
        if set(said) != {"name", "account", "endpoint"} or not texts:
            raise InputError("'store' is no archive.", "Take it from the lab's declaration.")
        found = cls(said["name"], said["account"], said["endpoint"])
        parts = urlsplit(found.endpoint)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise InputError(
                f"The endpoint of store {found.name!r} is neither https nor on this machine, and its password would "
                "travel to it in the clear.",
                "Correct `endpoint` in lab.yaml, or leave it out for the archive's own.",
            )
        return found

    @property
    def document(self) -> dict[str, str]:
        """As an input of a resource."""
        return {"name": self.name, "account": self.account, "endpoint": self.endpoint}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file or folder in the account's space."""

    name: str
    size: int
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of a submission.

    Attributes
    ----------
    key
        What the archive calls it.
    content
        Its PageTab, as JSON.
    """

    key: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission that the archive has.

    Attributes
    ----------
    accession
        What the archive calls it.
    status
        How far it is; one of the words of the API, such as ``PROCESSED``.
    title
        Its title.
    released
        The day on which it opens, or opened, as far as it is said.
    errors
        Why it was refused.
    """

    accession: str
    status: str
    title: str = ""
    released: str = ""
    errors: tuple[str, ...] = ()


class BioStudies:
    """One account of BioStudies.

    Parameters
    ----------
    ref
        Where, and whose.
    tokens
        Answers with the account's password.
    sleep
        The clock, for tests.
    """

    def __init__(self, ref: ArchiveRef, tokens: Tokens = token_of, sleep: Callable[[float], None] = time.sleep) -> None:
        self.ref = ref
        self._tokens = tokens
        self._sleep = sleep
        self._session: Web | None = None
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._folders: set[str] = set()

    def __repr__(self) -> str:
        return f"BioStudies({self.ref.account!r}, {self.ref.endpoint!r})"

    # Sessions

    def _web(self) -> Web:
        """The session; a login where there is none yet."""
        with self._lock:
            if self._session is None:
                token = self._login()
                self._session = Web(self.ref.endpoint, SERVICE, token, header="x-session-token", sleep=self._sleep)
            return self._session

    def _login(self) -> Secret:
        password = self._tokens(self.ref.name)
        asking = Web(self.ref.endpoint, SERVICE, sleep=self._sleep)
        try:
            answer = asking.call("POST", "auth/login", {"login": self.ref.account, "password": password.reveal()}).body
        except WebError as error:
            raise _told(error, password) from None
        finally:
            asking.close()
        token = answer.get("sessid") if isinstance(answer, Mapping) else None
        if not isinstance(token, str) or not token:
            raise UnreadableError(f"{SERVICE} let {self.ref.account} in and gave no session.", "Try again later.")
        return Secret(token)

    def _asked(self, ask: Callable[[Web], _T]) -> _T:
        """Ask within a session; once more in a new one where it has ended."""
        fresh = self._session is None
        try:
            return ask(self._web())
        except WebError as error:
            if error.status != 401 or fresh:
                raise _told(error) from None
        self.close()
        try:
            return ask(self._web())
        except WebError as error:
            raise _told(error) from None

    def close(self) -> None:
        """Let the session go."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _call(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Any:
        return self._asked(lambda web: web.call(method, path, body, query)).body

    # The account's own space

    def listing(self, folder: str) -> tuple[Listed, ...]:
        """What is in a folder; nothing where there is no such folder, as the service does not say so."""
        found = self._call("GET", _files(folder))
        if not isinstance(found, list):
            raise UnreadableError(f"{SERVICE} does not say what is in the folder {folder}.", "Try again later.")
        return tuple(Listed(str(one["name"]), int(one["size"]), one["type"] == "DIR") for one in found)

    def has_folder(self, folder: str) -> bool:
        """Whether there is a folder."""
        above, _, name = folder.rpartition("/")
        return not folder or any(one.name == name and one.is_folder for one in self.listing(above))

    def walk(self, folder: str) -> Iterator[tuple[str, int]]:
        """Path below a folder, and size, of every file in it."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            for one in self.listing(f"{folder}/{below}".rstrip("/")):
                path = f"{below}/{one.name}".lstrip("/")
                if one.is_folder:
                    waiting.append(path)
                else:
                    yield path, one.size

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it, where they are not there.

        One at a time, and each once: the service makes an *empty* folder, whatever there was under its name.
        """
        with self._making:
            parts = folder.split("/")
            for count in range(1, len(parts) + 1):
                path = "/".join(parts[:count])
                if path in self._folders:
                    continue
                if not self.has_folder(path):
                    above, _, name = path.rpartition("/")
                    self._call("POST", f"folder/user{_below(above)}", query={"folder": name})
                self._folders.add(path)

    def send(self, path: str, size: int, chunks: Callable[[], Iterator[bytes]]) -> None:
        """Send a file; what stood under its name is replaced."""
        folder, _, name = path.rpartition("/")
        kind, data = multipart("files", name, size, chunks)
        self._asked(lambda web: web.upload("POST", _files(folder), data, kind))

    @contextmanager
    def read(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, in pieces."""
        folder, _, name = path.rpartition("/")
        try:
            with self._web().download(f"{_files(folder)}?fileName={quote(name, safe='')}") as pieces:
                yield pieces
        except WebError as error:
            raise _told(error) from None

    def remove(self, path: str) -> None:
        """Delete a file, or an empty folder."""
        folder, _, name = path.rpartition("/")
        self._call("DELETE", _files(folder), query={"fileName": name})
        self._folders.discard(path)

    # Drafts and submissions

    def drafts(self) -> Iterator[Draft]:
        """Every draft of the account."""
        for one in self._pages("submissions/drafts"):
            yield Draft(str(one["key"]), _text(one.get("content")))

    def make_draft(self, content: str) -> Draft:
        """Make a draft with this PageTab, as JSON."""
        made = self._call("POST", "submissions/drafts", json.loads(content))
        return Draft(str(made["key"]), _text(made.get("content")) or content)

    def change_draft(self, key: str, content: str) -> Draft:
        """Replace what a draft says."""
        self._call("PUT", f"submissions/drafts/{quote(key, safe='')}", json.loads(content))
        return Draft(key, content)

    def remove_draft(self, key: str) -> None:
        """Delete a draft."""
        self._call("DELETE", f"submissions/drafts/{quote(key, safe='')}")

    def submissions(self) -> Iterator[Submitted]:
        """Every submission of the account."""
        for one in self._pages("submissions"):
            yield Submitted(
                str(one["accno"]),
                str(one.get("status") or "unknown"),
                str(one.get("title") or ""),
                str(one.get("rtime") or "")[:10],
                tuple(map(str, one.get("errors") or ())),
            )

    def page(self, accession: str) -> str:
        """The PageTab of a submission, as JSON; nothing where it cannot be had yet."""
        try:
            found = self._call("GET", f"submissions/{quote(accession, safe='')}.json")
        except WebError as error:
            if error.status == 404:
                return ""
            raise
        return json.dumps(found)

    def submit(self, name: str, document: bytes) -> tuple[str, int]:
        """Submit a PageTab; answers its accession and version. It opens on its day of release."""
        kind, data = multipart("submission", name, len(document), lambda: iter([document]))
        made = self._asked(lambda web: web.upload("POST", "submissions/async/direct", data, kind)).body
        if not isinstance(made, Mapping) or not made.get("accNo"):
            raise UnreadableError(
                f"{SERVICE} took the submission and did not say what it calls it.",
                "Run the same command again: it finds the submission by its mark.",
            )
        return str(made["accNo"]), int(made.get("version") or 1)

    def status(self, accession: str, version: int) -> tuple[str, tuple[str, ...]]:
        """How far a submission is, and why it was refused."""
        path = f"submissions/requests/{quote(accession, safe='')}/{version}"
        said = str(self._call("GET", f"{path}/status"))
        errors = self._call("GET", f"{path}/errors") if said == REFUSED else ()
        return said, tuple(map(str, errors or ()))

    def _pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        offset = 0
        while True:
            found = self._call("GET", path, query={"offset": str(offset), "limit": str(_PAGE)})
            yield from found or ()
            if not found or len(found) < _PAGE:
                return
            offset += len(found)


def multipart(field_name: str, name: str, size: int, chunks: Callable[[], Iterator[bytes]]) -> tuple[str, Upload]:
    """The type and the bytes of a form with one file (RFC 7578), whose size is known before it is read."""
    boundary = uuid.uuid4().hex
    # As browsers write a name (WHATWG HTML, "multipart form data").
    spelled = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{spelled}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    def whole() -> Iterator[bytes]:
        yield head
        yield from chunks()
        yield tail

    return f"multipart/form-data; boundary={boundary}", Upload(len(head) + size + len(tail), whole)


def _text(content: Any) -> str:
    """The content of a draft as text, whether the service gives it so or as the document itself."""
    return content if isinstance(content, str) else json.dumps(content) if content else ""


def _below(folder: str) -> str:
    return f"/{quote(folder)}" if folder else ""


def _files(path: str) -> str:
    return f"files/user{_below(path)}"


def _told(error: WebError, secret: Secret | None = None) -> WebError:
    """A refusal in the archive's own words: the leaves of its tree of faults."""
    log = error.body.get("log") if isinstance(error.body, Mapping) else None
    words = list(dict.fromkeys(_leaves(log))) if isinstance(log, Mapping) else []
    message = error.message
    if words:
        shown = "; ".join(word.rstrip(".") for word in words[:5])
        more = f" and {len(words) - 5} more" if len(words) > 5 else ""
        message = f"{SERVICE} refused the call with status {error.status}: {shown}{more}."
    cure = error.cure
    if error.status == 401:
        cure = "Look whether the store's account and its password are right."
    hidden = secret.hidden_in if secret else str
    # Without the body, in which the service may have repeated what it was sent.
    return WebError(hidden(message), cure, error.status)


def _leaves(node: Mapping[str, Any]) -> Iterator[str]:
    below = [one for one in node.get("subnodes") or () if isinstance(one, Mapping)]
    for one in below:
        yield from _leaves(one)
    if not below and node.get("message"):
        yield str(node["message"])
