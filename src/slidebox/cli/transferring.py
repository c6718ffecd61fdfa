"""What `put` and `get` share: a progress bar on a terminal, plain lines elsewhere, and words from options."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from slidebox import labfile
from slidebox.engine import Engine
from slidebox.home import Home
from slidebox.quantities import human_bytes
from slidebox.transfer import Progress as Listener
from slidebox.transfer import Quiet, Receipt
from slidebox.transfer.datasets import Datasets

_EVERY_PERCENT = 10
_WORTH_TENTHS = 100_000_000  # bytes; less than this is over before anyone looks


class Bar:
    """A bar with bytes, speed and time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, title: str, total: int) -> None:
        """Show the bar."""
        self._task = self._progress.add_task(title, total=total or 1, completed=0 if total else 1)

    def advance(self, count: int) -> None:
        """Move it."""
        if self._task is not None:
            self._progress.advance(self._task, count)

    def finished(self, path: str, place: str, written: bool) -> None:
        """Files are not named one by one."""

    def note(self, sentence: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(f"note: {sentence}", markup=False, highlight=False)


class Lines:
    """A line for every tenth of the bytes, where they are many: for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._title, self._total, self._done, self._said = "", 0, 0, 0

    def start(self, title: str, total: int) -> None:
        """Say what begins."""
        self._title, self._total = title, total
        self._say(f"{title}: {human_bytes(total)} to move or check")

    def advance(self, count: int) -> None:
        """Say each tenth once."""
        self._done += count
        percent = 100 * self._done // self._total if self._total else 100
        if self._total >= _WORTH_TENTHS and percent >= self._said + _EVERY_PERCENT:
            self._said = min(percent - percent % _EVERY_PERCENT, 100)
            self._say(f"{self._title}: {self._said} %")

    def finished(self, path: str, place: str, written: bool) -> None:
        """Files are not named one by one."""

    def note(self, sentence: str) -> None:
        """Print it."""
        self._say(f"note: {sentence}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def listening(as_json: bool) -> Iterator[Listener]:
    """Whoever is told how far a transfer is; everything goes to stderr, and nothing in JSON mode."""
    console = Console(stderr=True)
    if as_json:
        yield Quiet()
    elif not console.is_terminal:
        yield Lines(console)
    else:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as progress:
            yield Bar(progress)


def datasets(lab_dir: Path | None) -> Datasets:
    """The datasets of the nearest lab, where its stacks say they are."""
    root = labfile.find_root(lab_dir or Path.cwd())
    home = Home(root)
    engine = Engine(home)
    lab = labfile.load(root).present(dt.datetime.now(dt.UTC).date())
    return Datasets(lab, home, lambda stack: engine.outputs(stack, show_secrets=True))


def pairs(ctx: click.Context, param: click.Parameter, words: Sequence[str]) -> dict[str, str]:
    """Options of the form ``NAME=VALUE``."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"expected NAME=VALUE, got {word!r}", ctx, param)
        if any(0xD800 <= ord(c) <= 0xDFFF for c in word):
            raise click.BadParameter(f"{word!r} is not Unicode text", ctx, param)
        found[name.strip()] = value.strip()
    return found


def in_words(receipt: Receipt) -> list[str]:
    """What a transfer did, place by place."""
    return [
        f"{place}: {files(count)} written and verified, {receipt.skipped[place]} there already"
        for place, count in receipt.written.items()
    ]


def files(count: int) -> str:
    """A number of files."""
    return f"{count} file{'s' * (count != 1)}"


def document(receipt: Receipt) -> dict[str, object]:
    """A receipt as JSON."""
    manifest = receipt.manifest
    return {
        "dataset": manifest.dataset,
        "files": len(manifest.files),
        "bytes": manifest.bytes,
        "published": manifest.published,
        "crate_sha256": receipt.crate_sha256,
        "places": {
            place: {"written": count, "skipped": receipt.skipped[place]} for place, count in receipt.written.items()
        },
        "notes": list(receipt.notes),
    }
