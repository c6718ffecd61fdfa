"""`slidebox report --serve`: the page on loopback, made again when what it comes from changes.

Only this machine reaches it, and only who has its address, which holds a word that nobody can guess: other accounts
of the machine share its loopback. A site that has its own name point at 127.0.0.1 gets nothing: it comes by that name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTP_PORT
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Final

from slidebox.errors import SlideboxError, UnreadableError
from slidebox.report.page.withheld import withheld

LOOPBACK: Final = "127.0.0.1"
EVERY: Final = 1.0
"""Seconds between two looks at the files."""
_NAMES: Final = (LOOPBACK, "localhost")
_WATCHED: Final = ("lab.yaml", "projects/*.yaml", "record/*", "adopted/*", "prices/*.yaml")

_SCRIPT: Final = """
const made = document.currentScript.dataset.made;
const banner = document.createElement("div");
banner.setAttribute("role", "alert");
banner.id = "fault";
Object.assign(banner.style, {
  padding: "0.75rem 1rem", whiteSpace: "pre-wrap", overflowWrap: "anywhere",
  background: "#8a1c10", color: "#ffffff", position: "sticky", top: "0", zIndex: "99",
});
const say = (words) => {
  if (words === banner.textContent) return;
  banner.textContent = words;
  if (words) document.body.prepend(banner); else banner.remove();
};
const look = async () => {
  try {
    const answer = await fetch("state", { cache: "no-store" });
    const state = await answer.json();
    if (state.made !== made) { location.reload(); return; }
    say(state.fault ? `This is the last good page. ${state.fault}` : "");
  } catch {
    say("slidebox report --serve has ended: this page is not renewed any more.");
  }
  setTimeout(look, 1000);
};
look();
"""


@dataclass(frozen=True, slots=True)
class State:
    """What is served.

    Attributes
    ----------
    html
        The last good page, with the script that looks for the next one.
    made
        Which page that is.
    fault
        Why there is no newer one; empty where it is as new as its files.
    """

    html: bytes = b""
    made: str = ""
    fault: str = ""


def renewing(html: str) -> State:
    """A page that loads itself again when there is a newer one.

    Parameters
    ----------
    html
        The page, whose policy allows nothing but its own style and script.

    Raises
    ------
    ValueError
        If it has no such policy.
    """
    made = hashlib.sha256(html.encode()).hexdigest()[:16]
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    before, policy, after = html.partition("script-src ")
    if not policy or "</body>" not in after:
        raise ValueError("the page has no policy for scripts that could be widened")
    html = f"{before}connect-src 'self'; script-src 'sha256-{digest}' {after}"
    head, end, tail = html.rpartition("</body>")
    html = f'{head}<script data-made="{made}">{_SCRIPT}</script>\n{end}{tail}'
    return State(html.encode(), made)


class Renewed:
    """The page, made again whenever a file that it comes from has changed.

    Parameters
    ----------
    build
        Makes the page's HTML.
    watched
        Answers with the files that it comes from.
    every
        Seconds between two looks.
    """

    def __init__(self, build: Callable[[], str], watched: Callable[[], Iterator[Path]], every: float = EVERY) -> None:
        self._build = build
        self._watched = watched
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="report", daemon=True)
        self._seen = self._fingerprint()
        self.state = renewing(build())

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; what is being made is finished first, so that no process is left behind."""
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(self._every):
            seen = self._fingerprint()
            if seen == self._seen:
                continue
            self._seen = seen
            try:
                self.state = renewing(self._build())
            except Exception as error:
                # Whatever it was, the last good page stays and says so; a fault of slidebox itself is told in full.
                if not isinstance(error, SlideboxError):
                    traceback.print_exc()
                self.state = State(self.state.html, self.state.made, withheld(str(error) or repr(error)))

    def _fingerprint(self) -> dict[str, tuple[int, int]]:
        found = {}
        for file in self._watched():
            try:
                about = file.stat()
            except OSError:
                continue
            found[str(file)] = (about.st_mtime_ns, about.st_size)
        return found


def files_of(root: Path, *given: Path) -> Iterator[Path]:
    """The files that a lab's page comes from.

    Parameters
    ----------
    root
        The lab's folder.
    given
        Files that were given besides, and folders, of which everything counts.
    """
    for pattern in _WATCHED:
        yield from sorted(root.glob(pattern))
    for one in given:
        yield one
        if one.is_dir():
            yield from sorted(one.rglob("*"))


class Server(ThreadingHTTPServer):
    """Serves one page on loopback.

    Parameters
    ----------
    renewed
        The page.
    port
        Where; any free one where 0.

    Raises
    ------
    UnreadableError
        If the port is taken.
    """

    daemon_threads = True

    def __init__(self, renewed: Renewed, port: int = 0) -> None:
        self.renewed = renewed
        self.word = secrets.token_urlsafe(24)
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            raise UnreadableError(
                f"Port {port} of this machine cannot be served: {error.strerror or error}.",
                "Name another one with --port, or none.",
            ) from error

    @property
    def names(self) -> frozenset[str]:
        """What a browser calls it that came by this machine's own name; the usual port goes without saying."""
        every = frozenset(f"{name}:{self.server_port}" for name in _NAMES)
        return every | frozenset(_NAMES) if self.server_port == HTTP_PORT else every

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.word}/"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have a request to end come as Ctrl-C does, so that the port and the processes behind it are given back."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Handler(BaseHTTPRequestHandler):
    """Answers a browser on this machine."""

    server: Server
    server_version = "slidebox"
    sys_version = ""

    def do_GET(self) -> None:
        """The page, or what has become of it."""
        if self.headers.get("Host", "") not in self.server.names:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"This page is served to this machine alone.\n")
            return
        state = self.server.renewed.state
        word, _, what = self.path.partition("?")[0].removeprefix("/").partition("/")
        if not hmac.compare_digest(word.encode(), self.server.word.encode()):
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing here.\n")
        elif what == "":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", state.html)
        elif what == "state":
            said = json.dumps({"made": state.made, "fault": state.fault})
            self._answer(HTTPStatus.OK, "application/json", said.encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing here.\n")

    def do_HEAD(self) -> None:
        """The same without its body."""
        self.do_GET()

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the parent's name)
        """Say nothing: the terminal is for what the page says."""
