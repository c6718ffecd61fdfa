"""The sheet of a review of access holds every reader, and comes back as it was filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.compare import Difference
from slidebox.access.effective import Access, Location
from slidebox.access.review import COLUMNS, Row, SheetError, from_csv, rows_of, to_csv

PLACE = Location(
    "bkt",
    "cloud",
    "aws",
    "cells/raw_images",
    (
        Access("person:ada", ("read",), ("role", "statement 1")),
        Access("person:ada", ("write",), ("group",), "2026-12-31"),
        Access("anyone", ("read",), ("bucket policy",)),
    ),
)
PUBLIC = Difference("public", "bkt", "cells/raw_images", "anyone", ("read",), (), "anyone can read bkt", "Close it.")


def test_each_principal_of_a_location_has_one_row_and_what_is_wrong_comes_first() -> None:
    """Each principal of a location has one row and what is wrong comes first."""
    anyone, ada = rows_of({"bkt": PLACE}, [PUBLIC], {("bkt", "person:ada"): "2026-11-01"})
    assert (anyone.principal, anyone.found, anyone.kind) == ("anyone", "public", "anyone")
    assert (ada.principal, ada.actions, ada.until, ada.found) == ("person:ada", "read, write", "", "as declared")
    assert ada.path == "role → statement 1 | group"
    assert ada.last_read == "2026-11-01"


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


@given(
    st.lists(
        st.builds(
            Row,
            **dict.fromkeys(set(COLUMNS) - {"decision", "location"}, texts),
            location=st.just("b"),
            decision=st.sampled_from(["", "confirm", "revoke"]),
        ),
        max_size=5,
    )
)
def test_a_sheet_comes_back_as_it_was_written(rows: list[Row]) -> None:
    """A sheet comes back as it was written."""
    assert from_csv(to_csv(rows)) == tuple(rows)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted"])
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: str) -> None:
    """No cell is a formula to a spreadsheet."""
    row = Row(cell, "", "", "x", "account", "read", "", "", "")
    written = to_csv([row])
    assert written.splitlines()[1].startswith(f"'{cell}")
    assert from_csv(written) == (row,)


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda text: text.replace("decision", "verdict"), 1, "no column 'decision'"),
        (lambda text: text.replace(",,,\r\n", ",perhaps,,\r\n"), 2, "'perhaps' is no decision"),
        (lambda text: text + "a,b\r\n", 3, "it has 2 cells"),
        (lambda text: text[:0], 1, "no column"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(change: object, line: int, why: str) -> None:
    """What cannot be read is said with its line."""
    text = to_csv([Row("bkt", "", "", "x", "account", "read", "", "", "")])
    with pytest.raises(SheetError, match=why) as raised:
        from_csv(change(text))  # type: ignore[operator]
    assert raised.value.line == line


def test_a_spreadsheet_may_have_put_a_mark_and_capitals_into_it() -> None:
    """A spreadsheet may have put a mark and capitals into it."""
    text = "\ufeff" + to_csv([Row("bkt", "", "", "x", "account", "read", "", "", "", "", "REVOKE")])
    assert from_csv(text)[0].decision == "revoke"
