"""`slidebox plan --cost` on the example lab, with the real rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox
from slidebox.errors import InputError

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.usefixtures("engines")


def call(*words: str) -> Result:
    """Call `slidebox plan` in the repository's own lab."""
    return CliRunner().invoke(slidebox, ["--lab", str(ROOT), "plan", *words], standalone_mode=False)


def test_the_document_has_every_row_and_totals_that_are_their_sums() -> None:
    """Over 1, 5 and 10 years, by everything that a row is of."""
    told = json.loads(call("nf1-schwann", "--cost", "--json").stdout)["forecast"]
    assert [total["years"] for total in told["totals"]] == [1, 5, 10]
    assert len(told["months"]) == 120
    assert set(told["totals"][0]["by"]) == {"dataset", "project", "store", "level", "grant", "what"}
    for total in told["totals"]:
        months = set(told["months"][: total["years"] * 12])
        assert total["usd"] == pytest.approx(sum(row["usd"] for row in told["rows"] if row["month"] in months))
        for parts in total["by"].values():
            assert total["usd_high"] == pytest.approx(sum(part["usd_high"] for part in parts.values()))
    assert set(told["totals"][2]["by"]["grant"]) == {"NF1-2023-017"}


def test_the_table_says_what_each_project_and_store_costs_and_what_is_not_counted() -> None:
    """With what the amounts lie between."""
    shown = call("nf1-schwann", "--cost", "--years", "3").stdout
    assert "between, 3 years" in shown
    assert "\nnf1-schwann" in shown
    assert "\n  bench-s3" in shown
    assert "Not counted, because nothing declares it: growth of" in " ".join(shown.split())
    assert "10 years" not in shown


@pytest.mark.parametrize("words", [("--years", "3"), ("--cost", "--term", "mid"), ("--cost", "--explain")])
def test_words_that_do_not_go_together_are_refused(words: tuple[str, ...]) -> None:
    """Before anything is planned."""
    assert isinstance(call(*words).exception, InputError)
