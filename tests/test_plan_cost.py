"""`slidebox plan --cost` on the example lab, with the real rules."""

from __future__ import annotations

import json
import re
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
    assert "\nraw_images" in shown
    assert "\n  bench-s3" in shown
    assert re.search(r"\ntotal +\d", shown)
    assert "Not counted, because nothing declares it: growth of" in " ".join(shown.split())
    assert "10 years" not in shown


def test_everything_is_shown_by_project_level_grant_and_use() -> None:
    """Levels in the order of their making; at 80 columns nothing is wrapped or cut."""
    shown = call("nuclear-speckles", "pediatric-atlas", "--cost").stdout
    heads = [line.split("  ")[0] for line in shown.splitlines() if "between, 10 years" in line]
    assert heads == ["", "level", "grant", "for"]
    assert shown.index("\nraw_images") < shown.index("\ncorrected_images") < shown.index("\nmetadata")
    assert max(map(len, shown.splitlines())) <= 80
    # Of the example lab's data some grow, and those that do not say so are named.
    assert "growth of nuclear-speckles/corrected_images" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("by", "first"), [("dataset", "nf1-schwann"), ("store", "bandicoot"), ("grant", "NF1-2023-017")]
)
def test_a_cost_can_be_shown_by_one_thing_alone(by: str, first: str) -> None:
    """Datasets below their projects."""
    shown = call("nf1-schwann", "--cost", "--by", by).stdout
    assert shown.splitlines()[2].startswith(f"{by} ")
    assert shown.splitlines()[3].startswith(first)
    assert ("\n  raw_images " in shown) is (by == "dataset")
    assert "\ntotal" in shown


def test_a_project_that_will_cost_more_than_its_budget_is_said() -> None:
    """The first month above it, and what most of the dearest is for."""
    result = call("cell-health", "--cost")
    assert "budget: cell-health may cost $60 a month and comes to more once: $1,257 in" in result.stdout.replace(
        "\n", " "
    )
    (one,) = json.loads(call("cell-health", "--cost", "--json").stdout)["forecast"]["over_budget"]
    assert (one["project"], one["monthly"], len(one["months"]), one["what"]) == ("cell-health", 60, 1, "deposit")


@pytest.mark.parametrize(
    "words", [("--by", "level"), ("--years", "3"), ("--cost", "--term", "mid"), ("--cost", "--explain")]
)
def test_words_that_do_not_go_together_are_refused(words: tuple[str, ...]) -> None:
    """Before anything is planned."""
    assert isinstance(call(*words).exception, InputError)
