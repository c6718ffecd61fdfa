"""Printing for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from slidebox.model import Finding

_COLOURS = {"error": "bold red", "warning": "bold yellow", "waived": "bold cyan"}


class Output:
    """Where a verb writes: tables and sentences on stdout, errors on stderr, or JSON alone.

    Parameters
    ----------
    as_json
        Write one JSON document to stdout and nothing else.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out = Console(highlight=False, soft_wrap=False)
        self._err = Console(stderr=True, highlight=False)

    def say(self, sentence: str = "") -> None:
        """Print a line for a person; silent in JSON mode."""
        if not self.as_json:
            self._out.print(Text(sentence))

    @property
    def width(self) -> int:
        """How many columns a line may have."""
        return self._out.width

    def line(self, words: str, kind: str = "") -> None:
        """Print a line that is broken already; a word before a colon is coloured by its kind."""
        if not self.as_json:
            text = Text(words)
            if kind:
                text.stylize(_COLOURS[kind], 0, len(kind) + 1)
            self._out.print(text, soft_wrap=True)

    def raw(self, document: str) -> None:
        """Write a document of any format, in UTF-8 whatever the locale is."""
        click.echo(document.encode("utf-8"), nl=False)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say on a terminal what is being done while it is done; nothing elsewhere."""
        if not sys.stderr.isatty():
            yield
            return
        with self._err.status(Text(f"{what} …")):
            yield

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], whole: Collection[str] = ()
    ) -> None:
        """Print a table wrapped at the terminal's width, but for the columns to keep whole; silent in JSON mode."""
        if self.as_json:
            return
        table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold", no_wrap=column in whole)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._out.print(table)

    def document(self, value: Any) -> None:
        """Print a JSON document, in JSON mode only."""
        if self.as_json:
            click.echo(json.dumps(value, indent=2, sort_keys=True, default=str))

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print what the rules say, gravest first."""
        for finding in sorted(findings, key=lambda f: (f.severity, f.subject, f.rule)):
            kind = "waived" if finding.waived else finding.severity.value
            line = Text(f"{kind}: ", style=_COLOURS[kind])
            line.append(str(finding), style="default")
            if not self.as_json:
                self._out.print(line)

    def error(self, message: str, cure: str = "") -> None:
        """Print one failure on stderr."""
        text = Text("error: ", style="bold red")
        text.append(message, style="default")
        if cure:
            text.append(f"\n  {cure}", style="default")
        self._err.print(text, soft_wrap=True)
