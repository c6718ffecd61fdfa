"""OPA as a child process that answers on a Unix socket (docs/decisions/0004-opa-child.md)."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from slidebox.errors import UnreadableError
from slidebox.policy.program import bare_environment, place

START_SECONDS = 20.0
"""How long OPA may take to answer for the first time; it takes 0.1 s on an idle machine."""

ANSWER_SECONDS = 120.0
"""How long one question may take."""

COLLECT_AFTER_PERCENT = "200"
"""How much OPA's memory grows before it is tidied, in percent: a tenth less time than with 100, for a tenth more."""

_SOCKET = "opa"
_SAID = "said"
_OWN = "own"

# OPA becomes the shell's own process. The loop beside it ends OPA when our end of the pipe closes, which the
# kernel does for us however we end, kill -9 included. Its standard input has to be moved first: a shell gives
# what it starts in the background /dev/null.
_LEASH = 'exec 3<&0; { read -r _ <&3; kill $$; } 2>/dev/null & exec "$@" 3<&- </dev/null'


class StoppedError(UnreadableError):
    """OPA does not run any more, or broke off its answer."""


class UndefinedError(UnreadableError):
    """A rule was asked for that has no value."""


class Opa:
    """A running OPA; made by `start`, and closed by whoever started it."""

    def __init__(self, pack: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self._pack = pack
        self._folder = folder
        self._process = process
        # Each thread that asks takes a connection, and leaves it for the next when it has its answer.
        self._idle: deque[_SocketConnection] = deque()

    @classmethod
    def start(cls, binary: Path, pack: Path, own: Iterable[tuple[str, str]] = ()) -> Self:
        """Start OPA and wait until it answers.

        Parameters
        ----------
        binary
            The program.
        pack
            Folder of Rego files; tests in it are left out.
        own
            Rules beside those of the pack: their files' names and what is in them.

        Raises
        ------
        UnreadableError
            If it cannot be started or the rules do not compile; the message has OPA's own words.
        """
        # Only we can enter the folder, so nobody else on the machine can ask OPA or change its rules.
        folder = Path(tempfile.mkdtemp(prefix="slidebox-"))
        command = [
            str(binary.absolute()),
            "run",
            "--server",
            "--addr",
            f"unix://{folder / _SOCKET}",
            "--unix-socket-perm",
            "600",
        ]
        command += ["--log-level", "error", "--skip-version-check", "--ignore", "*_test.rego", "--ignore", "*.yaml"]
        try:
            command += ["--", str(pack.resolve()), *lay_out(own, folder / _OWN)]
            with (folder / _SAID).open("wb") as said:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", _LEASH, "sh", *command],
                    cwd=folder / _OWN,
                    stdin=subprocess.PIPE,
                    stdout=said,
                    stderr=said,
                    env=bare_environment() | {"GOGC": COLLECT_AFTER_PERCENT},
                )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise UnreadableError(f"OPA ({binary}) could not be started: {error}.") from error
        opa = cls(pack, folder, process)
        try:
            opa._await(binary)
        except BaseException:
            opa.close()
            raise
        return opa

    def _await(self, binary: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._exchange("GET", "/health", None)
                return
            except (OSError, http.client.HTTPException, ValueError):
                if self._process.poll() is not None:
                    raise UnreadableError(
                        f"the rules in {self._pack} could not be loaded: {self._words()}",
                        "Run `opa check --strict` on that folder.",
                    ) from None
                if time.monotonic() > deadline:
                    raise UnreadableError(f"OPA ({binary}) does not answer: {self._words()}") from None
                time.sleep(0.01)

    def query(self, path: str, document: Any, *, strict: bool = True) -> Any:
        """Ask for a rule's value; the answer is whatever OPA has, or an error, never a default.

        Several threads may ask at once; OPA answers each on a core of its own.

        Parameters
        ----------
        path
            The rule, such as ``main/findings``.
        document
            The ``input``.
        strict
            Whether a built-in that cannot be applied is an error. Where it is none, it makes the rule it stands in
            quietly undefined.

        Raises
        ------
        UnreadableError
            If OPA has stopped, refuses the question, or the rule has no value.
        """
        body = json.dumps({"input": document}, separators=(",", ":")).encode()
        try:
            query = f"/v1/data/{path}?strict-builtin-errors={str(strict).lower()}"
            status, answer = self._exchange("POST", query, body)
        except TimeoutError as error:
            raise UnreadableError(
                f"OPA has not answered within {ANSWER_SECONDS:g} s.",
                "Nothing was decided; one of the lab's own rules may never come to an end.",
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise StoppedError(
                f"OPA stopped while the rules were asked: {self._words() or error}.",
                "Nothing was decided; run the command again.",
            ) from error
        if status != http.client.OK:
            raise UnreadableError(f"OPA refused the question about {path}: {_complaint(answer)}")
        if not isinstance(answer, dict) or "result" not in answer:
            raise UndefinedError(f"the rules have no answer to {path}: the pack in {self._pack} does not define it.")
        return answer["result"]

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _SocketConnection(str(self._folder / _SOCKET))
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.status, json.loads(response.read() or b"null")
        except BaseException:
            # What is left of half an answer must not be read as the beginning of the next.
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def _words(self) -> str:
        """What OPA has said on its standard output and error, in one line."""
        with contextlib.suppress(OSError):
            said = (self._folder / _SAID).read_text(encoding="utf-8", errors="replace")
            return " ".join(said.split())[:2000]
        return ""

    def close(self) -> None:
        """Stop OPA; closing twice is harmless."""
        while self._idle:
            self._idle.pop().close()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, address: str) -> None:
        super().__init__("opa", timeout=ANSWER_SECONDS)
        self._address = address

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)


def lay_out(texts: Iterable[tuple[str, str]], folder: Path) -> list[str]:
    """Write files below a folder; what they are called from there."""
    folder.mkdir(exist_ok=True)
    names = []
    for name, text in texts:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        names.append(name)
    return names


def _complaint(answer: Any) -> str:
    """OPA's own words about a question it did not answer."""
    if not isinstance(answer, dict):
        return repr(answer)[:500]
    details = answer.get("errors")
    first = details[0] if isinstance(details, list) and details else {}
    first = first if isinstance(first, dict) else {}
    where = place(first) if first.get("location") else None
    parts = [answer.get("message"), where, first.get("message")]
    return "; ".join(str(part) for part in parts if part)[:500]
