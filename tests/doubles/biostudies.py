"""A double of BioStudies: sessions, the accounts' own space, drafts, submissions and their status, in memory.

To the letter of the description in the service's repository (docs/api: Login, UserFiles, drafts, AsyncDirectSubmit,
SubmissionRequest) where it says something; faults have the shape of its `ValidationTree`.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from slidebox.submission import PageTabError, Submission, files_from_tsv, from_tsv, to_json

LOGIN, PASSWORD = "ada@example.org", "correct-horse"


def tree(message: str, *leaves: str) -> dict[str, Any]:
    """A fault as the service says it."""
    subnodes = [{"level": "ERROR", "message": leaf, "subnodes": []} for leaf in leaves]
    return {"status": "FAIL", "log": {"level": "ERROR", "message": message, "subnodes": subnodes}}


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass
class Kept:
    """A submission that was taken."""

    accession: str
    version: int
    status: str
    page: Submission
    document: Mapping[str, Any]
    errors: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


class RefusedError(Exception):
    """An answer that is a fault."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(status))
        self.status, self.body = status, body


class BioStudiesDouble(ThreadingHTTPServer):
    """The service.

    Attributes
    ----------
    files
        The account's own space: bytes by path; a folder has its path with a slash at the end.
    drafts
        Content by key.
    kept
        Submissions by accession.
    asked
        Every request.
    faults
        Answers in place of the right ones: method, part of the path, status, body.
    slow
        Seconds that an upload takes.
    cut
        Parts of paths of requests that are done and then not answered.
    damages
        Names of files of which it keeps other bytes than it was sent.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.drafts: dict[str, str] = {}
        self.kept: dict[str, Kept] = {}
        self.sessions: set[str] = set()
        self.asked: list[Asked] = []
        self.faults: list[tuple[str, str, int, Any]] = []
        self.cut: list[str] = []
        self.damages: set[str] = set()
        self.slow = 0.0
        self.states = ["REQUESTED", "VALIDATED", "PROCESSED"]
        self.lock = threading.RLock()
        self._number = 0

    @property
    def url(self) -> str:
        """The base of its API."""
        return f"http://127.0.0.1:{self.server_port}/biostudies/submissions/api"

    def count(self, method: str, part: str) -> int:
        """How many requests there were whose path has a part."""
        return sum(one.method == method and part in one.path for one in self.asked)

    def handle_error(self, *_: Any) -> None:
        """A client that breaks off is part of the tests."""

    def number(self) -> int:
        """A number that was not given before."""
        self._number += 1
        return self._number

    def answer(self, asked: Asked) -> Any:
        """What the service does: the answer's JSON, or bytes."""
        for index, (method, part, status, body) in enumerate(self.faults):
            if method == asked.method and part in asked.path:
                del self.faults[index]
                raise RefusedError(status, body)
        path = asked.path.removeprefix("/biostudies/submissions/api/")
        if path == "auth/login":
            return self._login(json.loads(asked.body))
        if asked.headers.get("x-session-token") not in self.sessions:
            raise RefusedError(401, tree("Full authentication is required to access this resource"))
        for shape, serve in _CALLS.items():
            if found := re.fullmatch(shape, f"{asked.method} {path}"):
                return serve(self, asked, *(unquote(word or "") for word in found.groups()))
        raise RefusedError(404, tree(f"No endpoint {asked.method} {path}."))

    def _login(self, said: Mapping[str, str]) -> Any:
        if said.get("login") != LOGIN:
            raise RefusedError(
                401, tree(f"Could not find an active user with the provided email '{said.get('login')}'.")
            )
        if said.get("password") != PASSWORD:
            raise RefusedError(401, tree("Invalid email address or password."))
        token = f"session-{self.number()}-of-nobody"
        self.sessions.add(token)
        return {"sessid": token, "email": LOGIN, "username": "ada", "secret": "55/s3cr3t-a1", "superuser": False}

    # The account's own space

    def list_or_read(self, asked: Asked, path: str) -> Any:
        """What is in a folder, which may not be there; or the bytes of the file that is named."""
        if "fileName" in asked.query:
            found = self.files.get(f"{path}/{asked.query['fileName']}".lstrip("/"))
            if found is None:
                raise RefusedError(400, tree(f"Invalid request {path} is not a valid user file"))
            return found
        prefix = f"{path}/" if path else ""
        names = {name[len(prefix) :] for name in self.files if name.startswith(prefix) and name != prefix}
        tops = {name.split("/")[0]: "/" in name for name in sorted(names)}
        return [
            {
                "name": name,
                "path": f"user/{path}".rstrip("/"),
                "size": 4096 if folder else len(self.files[prefix + name]),
                "type": "DIR" if folder else "FILE",
            }
            for name, folder in tops.items()
        ]

    def upload(self, asked: Asked, path: str) -> Any:
        """Keep what a form has, under its own names."""
        time.sleep(self.slow)
        for name, data in _form(asked, "files"):
            self.files[f"{path}/{name}".lstrip("/")] = data[:-1] + b"?" if name in self.damages else data
        return None

    def remove(self, asked: Asked, path: str) -> Any:
        """Delete a file or a folder."""
        target = f"{path}/{asked.query['fileName']}".lstrip("/")
        self.files = {name: data for name, data in self.files.items() if name not in {target, f"{target}/"}}
        return None

    def make_folder(self, asked: Asked, path: str) -> Any:
        """Make an empty folder, whatever there was."""
        folder = f"{path}/{asked.query['folder']}/".lstrip("/")
        self.files = {name: data for name, data in self.files.items() if not name.startswith(folder)}
        self.files[folder] = b""
        return None

    # Drafts and submissions

    def list_drafts(self, asked: Asked) -> Any:
        """The drafts, a page of them."""
        return _page(asked, [self._draft(key) for key in self.drafts])

    def _draft(self, key: str) -> dict[str, Any]:
        moment = "2026-11-24T10:00:00.000Z"
        return {
            "key": key,
            "displayKey": key,
            "newSubmission": True,
            "content": json.loads(self.drafts[key]) if self.drafts[key].startswith("{") else self.drafts[key],
            "modificationTime": moment,
        }

    def make_draft(self, asked: Asked) -> Any:
        """Keep a new draft."""
        key = f"TMP_{self.number()}"
        self.drafts[key] = asked.body.decode()
        return self._draft(key)

    def change_draft(self, asked: Asked, key: str) -> Any:
        """Replace a draft's content."""
        if key not in self.drafts:
            raise RefusedError(404, tree(f"The draft '{key}' was not found"))
        self.drafts[key] = asked.body.decode()
        return self._draft(key)

    def remove_draft(self, asked: Asked, key: str) -> Any:
        """Delete a draft."""
        self.drafts.pop(key, None)
        return {}

    def submit(self, asked: Asked) -> Any:
        """Take a PageTab, or refuse it with everything that is wrong with it."""
        ((name, data),) = _form(asked, "submission")
        if not name.endswith(".tsv"):
            raise RefusedError(415, tree(f"Unsupported page tab format submission {name}"))
        try:
            page = from_tsv(data.decode())
        except PageTabError as error:
            raise RefusedError(400, tree("Submission validation errors", error.message)) from None
        root = page.value("RootPath")
        wrong, files = [], {}
        if not page.value("ReleaseDate"):
            wrong.append("Required field 'ReleaseDate' is missing")
        for section in page.section.everything():
            listed = section.value("File List")
            if listed and f"{root}/{listed}" not in self.files:
                wrong.append(f"File not found: {listed}")
            elif listed:
                for one in files_from_tsv(self.files[f"{root}/{listed}"].decode()):
                    found = self.files.get(f"{root}/{one.path}")
                    if found is None:
                        wrong.append(f"File not found: {one.path}")
                    else:
                        files[one.path] = found
        if wrong:
            raise RefusedError(400, tree("Submission validation errors", *wrong))
        accession = page.accession or f"S-BIAD{self.number()}"
        before = self.kept.get(accession)
        kept = Kept(accession, (before.version if before else 0) + 1, "REQUESTED", page, json.loads(to_json(page)))
        kept.files = files
        self.kept[accession] = kept
        return {"accNo": accession, "version": kept.version}

    def list_submissions(self, asked: Asked) -> Any:
        """The submissions, a page of them."""
        return _page(
            asked,
            [
                {
                    "accno": one.accession,
                    "displayAccNo": one.accession,
                    "newSubmission": one.version == 1,
                    "title": one.page.value("Title"),
                    "mtime": "2026-11-24T10:00:00Z",
                    "rtime": f"{one.page.value('ReleaseDate')}T00:00:00Z",
                    "status": one.status,
                    "errors": one.errors,
                }
                for one in self.kept.values()
            ],
        )

    def show(self, asked: Asked, accession: str) -> Any:
        """A submission's PageTab."""
        return {**self._kept(accession).document, "accno": accession}

    def status(self, asked: Asked, accession: str, version: str, what: str) -> Any:
        """How far a submission is: one step further each time that it is asked; or why it was refused."""
        kept = self._kept(accession)
        if what == "errors":
            return kept.errors
        if kept.errors:
            kept.status = "INVALID"
        else:
            kept.status = self.states[min(self.states.index(kept.status) + 1, len(self.states) - 1)]
        return kept.status

    def _kept(self, accession: str) -> Kept:
        if accession not in self.kept:
            raise RefusedError(404, tree(f"The submission '{accession}' was not found"))
        return self.kept[accession]


_CALLS: Mapping[str, Any] = {
    r"GET files/user/?(.*)": BioStudiesDouble.list_or_read,
    r"POST files/user/?(.*)": BioStudiesDouble.upload,
    r"DELETE files/user/?(.*)": BioStudiesDouble.remove,
    r"POST folder/user/?(.*)": BioStudiesDouble.make_folder,
    r"GET submissions/drafts": BioStudiesDouble.list_drafts,
    r"POST submissions/drafts": BioStudiesDouble.make_draft,
    r"PUT submissions/drafts/([^/]+)": BioStudiesDouble.change_draft,
    r"DELETE submissions/drafts/([^/]+)": BioStudiesDouble.remove_draft,
    r"POST submissions/async/direct": BioStudiesDouble.submit,
    r"GET submissions": BioStudiesDouble.list_submissions,
    r"GET submissions/([^/]+)\.json": BioStudiesDouble.show,
    r"GET submissions/requests/([^/]+)/(\d+)/(status|errors)": BioStudiesDouble.status,
}


def _page(asked: Asked, found: list[Any]) -> list[Any]:
    offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
    return found[offset : offset + limit]


def _form(asked: Asked, name: str) -> list[tuple[str, bytes]]:
    """The files of a form, by their names there."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + asked.body)
    found = []
    for part in message.iter_parts():
        if part.get_param("name", header="content-disposition") == name:
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            found.append((unquote(str(part.get_filename())), data))
    if not found:
        raise RefusedError(400, tree(f"Required part '{name}' is not present."))
    return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: BioStudiesDouble

    def _any(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        if len(body) < length:
            self.close_connection = True
            return
        with self.server.lock:
            self.server.asked.append(asked)
            try:
                status, answer = 200, self.server.answer(asked)
            except RefusedError as refused:
                status, answer = refused.status, refused.body
            for part in self.server.cut:
                if part in asked.path:
                    self.server.cut.remove(part)
                    self.close_connection = True
                    self.connection.close()
                    return
        data = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing is said."""


@contextmanager
def running() -> Iterator[BioStudiesDouble]:
    """A double until the end of the block."""
    double = BioStudiesDouble()
    thread = threading.Thread(target=double.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        double.shutdown()
        double.server_close()
        thread.join()
