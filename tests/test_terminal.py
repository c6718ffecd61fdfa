"""Terminal tables are aligned, wrapped at the terminal's width, and have totals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from slidebox.cli.console import Output
from slidebox.cli.terminal import Terminal


@pytest.fixture
def sixty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of sixty columns."""
    monkeypatch.setenv("COLUMNS", "60")


def _lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("sixty_columns")
def test_amounts_are_flush_right_and_totals_stand_below_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A column of amounts is read from its last digit, words from their first letter."""
    Output().table("Costs", ("of", "usd"), [("raw", "1,200"), ("masks", "<1")], totals=("total", "1,201"))
    assert _lines(capsys) == [
        "Costs",
        "of       usd",
        "raw    1,200",
        "masks     <1",
        "       ─────",
        "total  1,201",
    ]


@pytest.mark.usefixtures("sixty_columns")
def test_words_wrap_within_their_column(capsys: pytest.CaptureFixture[str]) -> None:
    """No line is longer than the terminal is wide, and no word is lost."""
    Output().table("", ("store", "why"), [("bench", "first choice of the lab " * 5)], whole=("store",))
    lines = _lines(capsys)
    assert max(map(len, lines)) <= 60
    assert " ".join(lines).split().count("choice") == 5
    assert all(line.startswith(" " * 7) for line in lines[2:])


@pytest.mark.usefixtures("sixty_columns")
@pytest.mark.parametrize("cell", ["1.20 once", "3.73 to 4.66", "to 6,139", "?", "22.5 GB", "$3", "−4", "12 %", ""])
def test_amounts_with_units_and_ranges_are_amounts(cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in a column of amounts may have a unit, be a range, be unknown, or be absent."""
    Output().table("", ("a long heading", "of"), [("7", "x"), (cell, "y")])
    assert _lines(capsys)[2] == f"{cell:>14}  y"


@pytest.mark.usefixtures("sixty_columns")
@pytest.mark.parametrize("cell", ["2026-11-30", "3 datasets", "v2", "a1"])
def test_a_column_with_words_or_dates_is_none_of_amounts(cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Dates and names with digits stay flush left."""
    Output().table("", ("a long heading", "of"), [("7", "x"), (cell, "y")])
    assert _lines(capsys)[2] == f"{cell:<14}  y"


@pytest.mark.usefixtures("sixty_columns")
def test_an_indented_sentence_stays_indented_where_it_wraps(capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to the line above it is seen to."""
    Output().say("  by https://github.com/WayScience/mitocheck_data at da1314c5fe3d8198398cd93eae116c6bee2fdcac")
    lines = _lines(capsys)
    assert len(lines) == 2
    assert all(line.startswith("  ") for line in lines)


def test_nothing_is_coloured_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe or a file gets no control codes."""
    Output().table("Title", ("a",), [("1",)], totals=("1",))
    Output().kind("error", "words")
    assert "\x1b" not in capsys.readouterr().out


@given(st.lists(st.tuples(st.text("abc é日 ", max_size=30), st.integers(0, 10**9)), min_size=1, max_size=5))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, int]]) -> None:
    """Whatever stands in a table, it is wrapped."""
    terminal = Terminal()
    with terminal._out.capture() as shown:
        terminal.table("", ("name", "usd"), [(name, f"{usd:,}") for name, usd in rows], (), ("total", "1"))
    assert all(cell_len(line) <= terminal.width for line in shown.get().splitlines())


@pytest.mark.usefixtures("sixty_columns")
def test_an_indented_sentence_stays_indented_and_has_no_blanks_at_its_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """So that what is copied, or looked for in a file, ends where its words do."""
    Output().say("   21 same")
    Output().say("   " + "word " * 20)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "   21 same"
    assert all(line.startswith("   word") and line == line.rstrip() and len(line) <= 60 for line in lines[1:])
    assert " ".join(lines[1:]).split() == ["word"] * 20
