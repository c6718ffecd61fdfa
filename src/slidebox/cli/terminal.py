"""What a person sees: coloured sentences and tables, wrapped at the terminal's width."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

_COLOURS = {
    "error": "bold red",
    "warning": "bold yellow",
    "waived": "bold cyan",
    # What an audit of access finds (`slidebox.access.compare`).
    "public": "bold red",
    "expired": "bold red",
    "extra": "bold yellow",
    "unknown": "bold yellow",
    "missing": "bold cyan",
    # What an audit of drift finds (`slidebox.report.drift`).
    "undeclared": "bold yellow",
    "different": "bold yellow",
    # What an audit of spend finds (`slidebox.spend.words`).
    "anomaly": "bold yellow",
    "budget": "bold red",
    "excluded": "bold yellow",
    "untagged": "bold yellow",
    "note": "bold cyan",
}

_NUMBER = r"[<≤~+−-]?\$?\d[\d,.]*( ?(%|[kKMGTPE]?i?B|once))?"
_AMOUNT = re.compile(rf"{_NUMBER}( to {_NUMBER})?|to {_NUMBER}|\?|—")
"""What a column of amounts has in its cells: a number with its unit, or two; or that it is not known."""


def _is_amounts(cells: Iterable[str]) -> bool:
    lines = [line for cell in cells for line in cell.split("\n") if line]
    return bool(lines) and all(map(_AMOUNT.fullmatch, lines))


def _footer(cells: Sequence[str], column: str, *, amounts: bool) -> str:
    """The last cell of a column, below a line where it is an amount."""
    if not amounts:
        return f"\n{cells[-1]}"
    return "─" * max(len(line) for cell in (*cells, column) for line in cell.split("\n")) + f"\n{cells[-1]}"


class Terminal:
    """Standard output for what was asked, standard error for everything else."""

    def __init__(self) -> None:
        self._out = Console(highlight=False, soft_wrap=False)
        self._err = Console(stderr=True, highlight=False)

    @property
    def width(self) -> int:
        """How many columns a line may have."""
        return self._out.width

    def say(self, sentence: str) -> None:
        """Print a sentence, wrapped; what is indented stays so on every line."""
        words = sentence.lstrip(" ")
        indent = len(sentence) - len(words)
        if not indent or not words:
            self._out.print(Text(sentence))
            return
        for line in Text(words).wrap(self._out, max(self.width - indent, 1)):
            line.rstrip()
            self._out.print(Text(" " * indent).append_text(line), soft_wrap=True)

    def line(self, words: str, kind: str = "") -> None:
        """Print a line that is broken already; a word before a colon is coloured by its kind."""
        text = Text(words)
        if kind:
            text.stylize(_COLOURS[kind], 0, len(kind) + 1)
        self._out.print(text, soft_wrap=True)

    def kind(self, kind: str, words: str) -> None:
        """Print a sentence, wrapped, with its kind before it."""
        line = Text(f"{kind}: ", style=_COLOURS[kind])
        line.append(words, style="default")
        self._out.print(line)

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """Say what is being done while it is done; yields what says how far it is."""
        with self._err.status(Text(f"{what} …")) as status:
            yield lambda far: status.update(Text(f"{what}: {far} …"))

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        whole: Collection[str],
        totals: Sequence[str] = (),
    ) -> None:
        """Print a table wrapped at the terminal's width, but for the columns to keep whole.

        Columns of amounts are set flush right. Totals stand below a line, in bold.
        """
        listed = [tuple(row) for row in rows]
        if title:
            self._out.print(Text(title, style="bold"))
        table = Table(box=None, pad_edge=False, header_style="bold", show_footer=bool(totals))
        for number, column in enumerate(columns):
            cells = [row[number] for row in (*listed, totals) if row]
            amounts = _is_amounts(cells)
            table.add_column(
                column,
                overflow="fold",
                no_wrap=column in whole or amounts,
                justify="right" if amounts else "left",
                footer=Text(_footer(cells, column, amounts=amounts), style="bold") if totals else "",
            )
        for row in listed:
            table.add_row(*map(Text, row))
        self._out.print(table)

    def error(self, message: str, cure: str) -> None:
        """Print one failure on standard error."""
        text = Text("error: ", style="bold red")
        text.append(message, style="default")
        if cure:
            text.append(f"\n  {cure}", style="default")
        self._err.print(text, soft_wrap=True)
