"""Printing for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from slidebox.model import Finding

if TYPE_CHECKING:
    from slidebox.cli.terminal import Terminal


class Output:
    """Where a verb writes: tables and sentences on stdout, errors on stderr, or JSON alone.

    Parameters
    ----------
    as_json
        Write one JSON document to stdout and nothing else.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    @cached_property
    def _terminal(self) -> Terminal:
        # Its library takes a tenth of a second to import, for which who asks for JSON does not wait.
        from slidebox.cli.terminal import Terminal  # noqa: PLC0415

        return Terminal()

    def say(self, sentence: str = "") -> None:
        """Print a line for a person; silent in JSON mode."""
        if not self.as_json:
            self._terminal.say(sentence)

    @property
    def width(self) -> int:
        """How many columns a line may have."""
        return self._terminal.width

    def line(self, words: str, kind: str = "") -> None:
        """Print a line that is broken already; a word before a colon is coloured by its kind."""
        if not self.as_json:
            self._terminal.line(words, kind)

    def kind(self, kind: str, words: str) -> None:
        """Print a sentence, wrapped, with its kind before it; silent in JSON mode."""
        if not self.as_json:
            self._terminal.kind(kind, words)

    def raw(self, document: str) -> None:
        """Write a document of any format, in UTF-8 whatever the locale is."""
        click.echo(document.encode("utf-8"), nl=False)

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """Say on a terminal what is being done while it is done, and how far it is; nothing elsewhere."""
        if not sys.stderr.isatty():
            yield _silent
            return
        with self._terminal.working(what) as say:
            yield say

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        whole: Collection[str] = (),
        totals: Sequence[str] = (),
    ) -> None:
        """Print a table wrapped at the terminal's width, but for the columns to keep whole; silent in JSON mode.

        Totals have a cell for each column, and stand below the rows.
        """
        if not self.as_json:
            self._terminal.table(title, columns, rows, whole, totals)

    def document(self, value: Any) -> None:
        """Print a JSON document, in JSON mode only."""
        if self.as_json:
            click.echo(json.dumps(value, indent=2, sort_keys=True, default=str))

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print what the rules say, gravest first; silent in JSON mode."""
        if self.as_json:
            return
        for finding in sorted(findings, key=lambda f: (f.severity, f.subject, f.rule)):
            self._terminal.kind("waived" if finding.waived else finding.severity.value, str(finding))

    def error(self, message: str, cure: str = "") -> None:
        """Print one failure on stderr."""
        self._terminal.error(message, cure)


def _silent(far: str) -> None:
    """Say nothing of how far work is, where nobody looks."""
