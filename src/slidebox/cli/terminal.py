"""What a person sees: coloured sentences and tables, wrapped at the terminal's width."""

from __future__ import annotations

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
}


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
        """Print a sentence, wrapped."""
        self._out.print(Text(sentence))

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

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], whole: Collection[str]) -> None:
        """Print a table wrapped at the terminal's width, but for the columns to keep whole."""
        table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold", no_wrap=column in whole)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._out.print(table)

    def error(self, message: str, cure: str) -> None:
        """Print one failure on standard error."""
        text = Text("error: ", style="bold red")
        text.append(message, style="default")
        if cure:
            text.append(f"\n  {cure}", style="default")
        self._err.print(text, soft_wrap=True)
