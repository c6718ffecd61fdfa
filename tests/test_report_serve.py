"""The page on loopback: to whom it is served, when it is made again, and what is shown when a file is faulty."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slidebox.cli.report_gather import Asked
from slidebox.cli.report_serve import Renewed, Server, files_of, renewing
from slidebox.errors import InputError, UnreadableError

PAGE = (
    '<!doctype html><html><head><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; script-src 'sha256-x'\"></head><body>{}</body></html>"
)


class Files:
    """A page made from one file, which may be faulty."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "lab.yaml"
        self.file.write_text("first", encoding="utf-8")
        self.made = 0

    def say(self, text: str) -> None:
        """Change the file at once: nobody ever reads half of it."""
        draft = self.file.with_name("draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.file)

    def build(self) -> str:
        """The page; a file that says `faulty` is a fault."""
        self.made += 1
        said = self.file.read_text(encoding="utf-8")
        if said == "faulty":
            raise InputError("lab.yaml:3:1: stores: it has no system.", "Name one.")
        if said == "bug":
            raise ZeroDivisionError("oh")
        return PAGE.format(said)

    def watched(self) -> Iterator[Path]:
        """The files."""
        yield self.file


@contextmanager
def served(files: Files) -> Iterator[Server]:
    """Serve it, looked at often."""
    renewed = Renewed(files.build, files.watched, every=0.02)
    with Server(renewed) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        renewed.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            renewed.end()


def ask(
    server: Server, path: str, host: str | None = None, method: str = "GET"
) -> tuple[int, str, http.client.HTTPMessage]:
    """One request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{server.server_port}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def state(server: Server) -> dict[str, str]:
    """What has become of the page."""
    answer: dict[str, str] = json.loads(ask(server, f"/{server.word}/state")[1])
    return answer


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.02)


def test_the_page_is_at_its_address_and_nothing_is_beside_it(tmp_path: Path) -> None:
    """Whoever does not know the word in the address gets nothing, whatever else is asked for."""
    with served(Files(tmp_path)) as server:
        status, text, headers = ask(server, f"/{server.word}/")
        assert (status, "first" in text) == (200, True)
        assert server.url == f"http://127.0.0.1:{server.server_port}/{server.word}/"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        for path in (
            "/",
            "/state",
            "/wrong/",
            "/wrong/state",
            f"/{server.word}/lab.yaml",
            f"/{server.word}/../lab.yaml",
        ):
            status, text, _ = ask(server, path)
            assert (path, status, "first" in text) == (path, 404, False)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example:{port}", "[::1]:1"]
)
def test_a_name_that_somebody_points_at_loopback_is_refused(tmp_path: Path, host: str) -> None:
    """A page of another site that rebinds its own name still comes with that name."""
    with served(Files(tmp_path)) as server:
        status, text, _ = ask(server, f"/{server.word}/", host.format(port=server.server_port))
        assert (status, "first" in text) == (421, False)
        assert ask(server, f"/{server.word}/", f"localhost:{server.server_port}")[0] == 200


def test_only_reading_is_answered(tmp_path: Path) -> None:
    """HEAD has no body, and whatever would write is not known."""
    with served(Files(tmp_path)) as server:
        assert ask(server, f"/{server.word}/", method="HEAD")[:2] == (200, "")
        assert [ask(server, f"/{server.word}/", method=method)[0] for method in ("POST", "PUT", "DELETE")] == [501] * 3


def test_a_changed_file_makes_a_new_page(tmp_path: Path) -> None:
    """The open page learns of it by another mark of what was made."""
    files = Files(tmp_path)
    with served(files) as server:
        before = state(server)
        files.say("second")
        until(lambda: state(server)["made"] != before["made"])
        assert "second" in ask(server, f"/{server.word}/")[1]
        assert state(server)["fault"] == ""


def test_an_unchanged_file_makes_none(tmp_path: Path) -> None:
    """Nothing is built again for nothing."""
    files = Files(tmp_path)
    with served(files):
        time.sleep(0.3)
    assert files.made == 1


@pytest.mark.parametrize(
    ("word", "said"), [("faulty", "lab.yaml:3:1: stores: it has no system. Name one."), ("bug", "oh")]
)
def test_a_faulty_file_leaves_the_last_good_page_and_says_its_fault(tmp_path: Path, word: str, said: str) -> None:
    """And the page is renewed once the file is right again."""
    files = Files(tmp_path)
    with served(files) as server:
        good = state(server)
        files.say(word)
        until(lambda: state(server)["fault"] != "")
        assert state(server) == {"made": good["made"], "fault": said}
        assert "first" in ask(server, f"/{server.word}/")[1]
        files.say("mended")
        until(lambda: state(server)["fault"] == "")
        assert "mended" in ask(server, f"/{server.word}/")[1]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """With what to do about it."""
    files = Files(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UnreadableError, match=f"Port {port} of this machine cannot be served: .* --port"):
            Server(Renewed(files.build, files.watched), port)


def test_the_port_is_free_again_afterwards(tmp_path: Path) -> None:
    """A second server can have it at once."""
    files = Files(tmp_path)
    with served(files) as server:
        port = server.server_port
    with Server(Renewed(files.build, files.watched), port) as again:
        assert again.server_port == port


def test_a_page_without_a_policy_is_not_served() -> None:
    """The script that looks for the next page would not run, or would run beside anything else."""
    with pytest.raises(ValueError, match="no policy"):
        renewing("<html><body></body></html>")


def test_the_files_of_a_lab_and_those_that_were_given_are_watched(tmp_path: Path) -> None:
    """Declarations, records, what was adopted, prices; nothing of the state, which changes with every look."""
    names = ["lab.yaml", "projects/a.yaml", "record/a.jsonl", "adopted/a.yaml", "prices/aws.yaml"]
    given = tmp_path / "bills"
    for name in [*names, ".slidebox/state/x", "projects/a.txt", "notes.md", "bills/2026/one.csv"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    found = {str(one.relative_to(tmp_path)) for one in files_of(tmp_path, given)}
    assert found == {*names, "bills", "bills/2026", "bills/2026/one.csv"}


def test_a_drive_whose_name_alone_was_given_adds_no_folder_to_what_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is no path: the folder that somebody stands in is not watched for it."""
    (tmp_path / "list.csv").touch()
    monkeypatch.chdir(tmp_path)
    inventory = ("shelf", "bench=list.csv", "list.csv")
    asked = Asked(tmp_path, dt.datetime(2026, 11, 30, tzinfo=dt.UTC), inventory=inventory)
    assert asked.files == (Path("list.csv"), Path("list.csv"))
