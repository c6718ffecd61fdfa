"""One rclone that runs as long as this process and does what it is told over the loopback.

A process for each file would cost a tenth of a second each (docs/decisions/0013). Its address has a password of its
own, which is given in the environment; remotes and their tokens stay in rclone's own configuration, which nothing
here reads.
"""

from __future__ import annotations

import atexit
import base64
import collections
import http.client
import json
import re
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from slidebox.errors import UnreadableError
from slidebox.rclone.faults import RcloneError, clean, error_of
from slidebox.rclone.offering import Counter

_USER = "slidebox"
_READ_AT_ONCE = 2**20
_START_SECONDS = 30.0
_ASK_SECONDS = 600.0
_GROUP = "slidebox"
# Settings of the user's that would write addresses and keys into a log, or change what is asked here.
_NOT_PASSED_ON = ("RCLONE_DUMP", "RCLONE_VERBOSE", "RCLONE_LOG", "RCLONE_RC", "RCLONE_USE_JSON_LOG", "RCLONE_DRY_RUN")
_SETTINGS = {
    "RCLONE_LOG_LEVEL": "NOTICE",
    "RCLONE_ASK_PASSWORD": "false",
    # Who a folder is shared with; older ones do not know these and pass over them.
    "RCLONE_DRIVE_METADATA_PERMISSIONS": "read",
    "RCLONE_ONEDRIVE_METADATA_PERMISSIONS": "read",
    # Google Drive takes 750 GB a day: said at once, instead of tried again for hours.
    "RCLONE_DRIVE_STOP_ON_UPLOAD_LIMIT": "true",
}
# Ends rclone when the other end of its own input is closed: also when this process is killed.
_WATCH = 'cat >/dev/null; kill "$1" 2>/dev/null'

Version = tuple[int, int, int]


class Rclone:
    """An rclone that starts when it is first asked for something.

    Parameters
    ----------
    find
        Finds the program and its version.
    environment
        What it is started with: where its configuration is, and the password of that.
    """

    def __init__(
        self, find: Callable[[Mapping[str, str]], tuple[Path, Version]], environment: Mapping[str, str]
    ) -> None:
        self._find = find
        self._environment = environment
        self._found: tuple[Path, Version] | None = None
        self._remotes: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._authorization = ""
        self._said: collections.deque[str] = collections.deque(maxlen=20)
        self._lock = threading.RLock()
        self._local = threading.local()
        self._counter = Counter()

    @property
    def _program(self) -> Path:
        with self._lock:
            if self._found is None:
                self._found = self._find(self._environment)
            return self._found[0]

    @property
    def version(self) -> Version:
        """Its version."""
        with self._lock:
            if self._found is None:
                self._found = self._find(self._environment)
            return self._found[1]

    @property
    def pid(self) -> int | None:
        """Its process; None where it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    # What it is asked

    def remotes(self) -> dict[str, str]:
        """The remotes of its configuration: the type of each, by name. Nothing else of them is read.

        They are asked for once, and again as long as there are none.

        Raises
        ------
        RcloneError
            If the configuration cannot be read.
        """
        if self._remotes:
            return dict(self._remotes)
        try:
            done = subprocess.run(
                [str(self._program), "listremotes", "--long"],
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_START_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise RcloneError("rclone does not list its remotes.", "Try `rclone listremotes` by hand.") from error
        if done.returncode != 0:
            raise error_of(done.stderr, "", "listing the remotes")
        found = {}
        for line in done.stdout.splitlines():
            name, _, kind = line.partition(":")
            found[name.strip()] = kind.split()[0] if kind.split() else ""
        self._remotes = found
        return dict(found)

    def call(self, command: str, remote: str, doing: str, /, *, patient: bool = False, **said: Any) -> dict[str, Any]:
        """Have it do something.

        Parameters
        ----------
        command
            Its name, such as ``operations/stat``.
        remote
            The remote that it is about.
        doing
            What is being done, for a sentence.
        patient
            Whether to wait for ever: bytes are on their way.
        said
            What it is given.

        Raises
        ------
        RcloneError
            If it fails.
        """
        body = json.dumps({**said, "_group": _GROUP})
        headers = {"Content-Type": "application/json"}
        with self._asked("POST", f"/{command}", body, headers, None if patient else _ASK_SECONDS) as answer:
            data = answer.read()
        try:
            found = json.loads(data)
        except ValueError:
            found = {}
        if answer.status != http.client.OK or not isinstance(found, dict):
            raise error_of(str(found.get("error", "")) if isinstance(found, dict) else "", remote, doing)
        return found

    def send(self, fs: str, path: str, remote: str, size: int, chunks: Iterator[bytes]) -> None:
        """Write a file of which the size is known, from bytes that are read meanwhile.

        Parameters
        ----------
        fs
            Where, as rclone writes it: ``remote:folder``.
        path
            The file's path in it.
        remote
            The remote.
        size
            Its bytes.
        chunks
            The bytes; what reading them raises is raised here.
        """
        with self._counter.offered(size, chunks) as address:
            self.call("operations/copyurl", remote, f"writing {path}", patient=True, fs=fs, remote=path, url=address)

    @contextmanager
    def read(self, fs: str, path: str, remote: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, in chunks."""
        with self._asked("GET", f"/{quote(f'[{fs}]')}/{quote(path)}", None, {}, _ASK_SECONDS) as answer:
            if answer.status != http.client.OK:
                raise error_of(answer.read().decode(errors="replace"), remote, f"reading {path}")
            yield self._chunks(answer, remote, path)

    @staticmethod
    def _chunks(answer: http.client.HTTPResponse, remote: str, path: str) -> Iterator[bytes]:
        try:
            while chunk := answer.read(_READ_AT_ONCE):
                yield chunk
        except (OSError, http.client.HTTPException) as error:
            raise RcloneError(f"reading {path} in remote {remote!r} stopped in the middle.", _AGAIN) from error
        if answer.length:
            raise RcloneError(f"reading {path} in remote {remote!r} stopped in the middle.", _AGAIN)

    @contextmanager
    def _asked(
        self, method: str, where: str, body: str | None, headers: Mapping[str, str], seconds: float | None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection(seconds)
        whole = False
        try:
            try:
                connection.request(
                    method, where, body.encode() if body else None, {**headers, "Authorization": self._authorization}
                )
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise self._ended() from error
            yield answer
            whole = answer.isclosed()
        finally:
            if not whole:  # what is left of an answer would be taken for the next one
                connection.close()

    def _connection(self, seconds: float | None) -> http.client.HTTPConnection:
        """The connection of this thread to the one process."""
        port = self._start()
        known: tuple[int, http.client.HTTPConnection] | None = getattr(self._local, "known", None)
        if known is None or known[0] != port:
            known = port, http.client.HTTPConnection("127.0.0.1", port)
            self._local.known = known
        connection = known[1]
        connection.timeout = seconds
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        return connection

    def _ended(self) -> RcloneError:
        words = clean(" ".join(self._said))
        said = f" It said last: {words}." if words and self.pid is None else ""
        return RcloneError(f"rclone has ended, or does not answer.{said}", _AGAIN)

    # Its process

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in self._environment.items() if not name.startswith(_NOT_PASSED_ON)}
        return {**kept, **_SETTINGS}

    def _start(self) -> int:
        """Start it, unless it runs; answers its port."""
        with self._lock:
            if self.pid is not None:
                return self._port
            self._stop()
            password = secrets.token_urlsafe(32)
            program = str(self._program)
            try:
                self._process = subprocess.Popen(
                    [program, "rcd", "--rc-serve", "--rc-addr", "127.0.0.1:0"],
                    env={**self._environ(), "RCLONE_RC_USER": _USER, "RCLONE_RC_PASS": password},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                    start_new_session=True,  # Ctrl-C is for us: what is on its way is ended in order
                )
                self._watch = subprocess.Popen(
                    ["/bin/sh", "-c", _WATCH, "sh", str(self._process.pid)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                raise UnreadableError(f"{program} cannot be started: {error.strerror}.") from error
            atexit.register(self.close)
            token = base64.b64encode(f"{_USER}:{password}".encode()).decode()
            self._authorization = f"Basic {token}"
            self._port = self._listening(self._process)
            return self._port

    def _listening(self, process: subprocess.Popen[str]) -> int:
        ports: list[int] = []
        ready = threading.Event()

        def listen(lines: IO[str]) -> None:
            # To its end: a pipe that nobody reads stops rclone.
            for line in lines:
                found = re.search(r"Serving remote control on http://127\.0\.0\.1:(\d+)", line)
                if found:
                    ports.append(int(found[1]))
                    ready.set()
                else:
                    self._said.append(line)
            ready.set()

        threading.Thread(target=listen, args=(process.stderr,), name="rclone-says", daemon=True).start()
        ready.wait(_START_SECONDS)
        if not ports:
            words = " ".join(self._said)
            self._stop()
            raise error_of(words, "", "starting rclone")
        return ports[0]

    def _stop(self) -> None:
        if self._watch is not None:
            # Before rclone itself, whose number would be free for another process.
            self._watch.kill()
            self._watch.wait()
            if self._watch.stdin:
                self._watch.stdin.close()
            self._watch = None
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it; the next call starts it again."""
        with self._lock:
            self._stop()
            self._counter.close()
            atexit.unregister(self.close)


_AGAIN = "Run the same command again: finished files are kept."
