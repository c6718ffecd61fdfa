"""`slidebox advise` on the example lab, with the real rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox.cli import slidebox

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.usefixtures("engines")


def call(*words: str) -> Result:
    """Call `slidebox advise` in the repository's own lab."""
    return CliRunner().invoke(slidebox, ["--lab", str(ROOT), "advise", *words], standalone_mode=False)


def document(*words: str) -> Any:
    """What it says for programs."""
    return json.loads(call(*words, "--json").stdout)


def test_the_example_lab_pays_for_a_public_copy_once_nobody_works_on_it() -> None:
    """1.1 TB of profiles are 5 started units of 250 GB at Figshare+, of 1,225 each, and in the Gallery anyway."""
    found = document("jump-single-cell")
    (one,) = [advice for advice in found["advice"] if advice["kind"] == "public copy"]
    assert one["dataset"] == "jump-single-cell/single_cell_embeddings"
    assert any("deposit in figshare-plus: $6,125.00" in line for line in one["arithmetic"])
    assert one["five_years"]["usd"] >= 5 * 1225
    assert one["one_year"]["usd"] == 0


def test_what_is_advised_adds_up_to_the_total_and_costs_no_exit_code() -> None:
    """What is about the same bytes counts once; advice is no fault."""
    found = document()
    counted = [one for one in found["advice"] if not one["instead"]]
    for span in ("one_year", "five_years"):
        assert found["total"][span]["usd"] == pytest.approx(sum(one[span]["usd"] for one in counted))
    firsts = [one["one_year"]["usd"] for one in found["advice"]]
    assert firsts == sorted(firsts, reverse=True)
    assert call().return_value == 0


def test_the_table_says_what_could_not_be_told_and_the_arithmetic_where_it_is_asked_for() -> None:
    """Without an inventory nobody knows what else lies there."""
    shown, explained = (" ".join(call("jump-single-cell", *words).stdout.split()) for words in ((), ("--explain",)))
    assert "No inventory was given" in shown
    assert "slidebox advise --explain" in shown
    assert "5 years: deposit in" in explained
    assert "5 years: deposit" not in shown


def test_a_project_that_costs_nothing_to_spare_gets_no_advice() -> None:
    """And that is said."""
    assert "Nothing is known that would save money." in call("retina-clinic").stdout
