"""`slidebox report --serve` as a process: it says where it is, renews the page, and ends with nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from slidebox.home import Home
from slidebox.starter import write_starter

pytestmark = pytest.mark.e2e
SECONDS = 120.0


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.1)


def text(url: str) -> str:
    """What an address answers."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 (loopback)
        return str(answer.read().decode())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_page_is_served_renewed_and_ended(engines: dict[str, Path], tmp_path: Path, number: signal.Signals) -> None:
    """Its address, a changed title of a project on the page, a fault that is said, and a port that is free again."""
    assert engines
    lab = tmp_path / "lab"
    write_starter(lab, "kim")
    command = [sys.executable, "-m", "slidebox.cli", "--lab", str(lab), "report", "--serve", "--files-only"]
    environment = {**os.environ, **Home(lab).environment(), "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        try:
            found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/[\w-]{32}/", url)
            assert found, url
            assert "example/raw_images" in text(url)
            project = lab / "projects" / "example.yaml"
            before = project.read_text(encoding="utf-8")
            project.write_text(before.replace("size: 4 GB", "size: 3 GB"), encoding="utf-8")
            made = text(f"{url}state")
            until(lambda: text(f"{url}state") != made)
            project.write_text(before.replace("size:", "siez:"), encoding="utf-8")
            until(lambda: "projects/example.yaml:" in text(f"{url}state"))
            assert "example/raw_images" in text(url)
        finally:
            server.send_signal(number)
            said, wrong = server.communicate(timeout=SECONDS)
    assert (server.returncode, wrong) == (0, "")
    assert said.splitlines()[-1] == "Ended."
    with pytest.raises(urllib.error.URLError):
        text(url)
    with socket.socket() as port:
        # As the next server does: what was said to a browser may still be on its way.
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.bind(("127.0.0.1", int(found[1])))
