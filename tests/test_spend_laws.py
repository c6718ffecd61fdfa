"""Laws of an audit of spend: nothing is lost, nothing is counted twice, whatever a bill has."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import bills

from slidebox.spend import Spent, spent

pytest.importorskip("duckdb", reason="needs the extra `analytics`")

NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
FLAVOURS = [("aws", "1.0"), ("aws", "1.2"), ("azure", "1.0"), ("google", "1.2"), ("other", "1.3")]

rows = st.lists(
    st.fixed_dictionaries(
        {
            "cents": st.integers(-10_000, 10_000),
            "resource": st.sampled_from(["", "a", "b", "lab-atlas-raw-images-amazon"]),
            "BillingCurrency": st.sampled_from(["USD", "USD", "USD", "usd", "EUR", "JPY", ""]),
            "ChargeCategory": st.sampled_from(
                ["Usage", "Usage", "Purchase", "Tax", "Credit", "Adjustment", "Gift", ""]
            ),
            "ChargeClass": st.sampled_from([None, None, "Correction"]),
            "day": st.dates(dt.date(2026, 8, 1), dt.date(2027, 1, 15)),
            "start": st.sampled_from(["", "", "", "soon", "2026-10-01", "2026-10-01T01:00:00+02:00"]),
            "tags": st.sampled_from([{}, {"project": "atlas"}, {"user:project": "cells", "level": "raw_images"}]),
        }
    ),
    min_size=1,
    max_size=12,
)


def written(path: Path, flavour: str, version: str, drawn: list[dict[str, object]]) -> Path:
    """A bill of what was drawn, as CSV, which can hold anything."""
    made = []
    for one in drawn:
        more = {name: one[name] for name in ("BillingCurrency", "ChargeCategory", "ChargeClass")}
        if one["start"]:
            more["ChargePeriodStart"] = one["start"]
        usd, tags, resource = int(str(one["cents"])) / 100, one["tags"], str(one["resource"])
        made.append(bills.row(flavour, version, str(one["day"]), usd, resource, tags=tags, **more))
    return bills.as_csv(path, flavour, made)


def accounted(found: Spent) -> Counter[str]:
    """What is in any sum and what is said to be in none, by currency, in cents."""
    sums: Counter[str] = Counter()
    for currency, amount in (
        *(("USD", one.usd) for one in found.actuals),
        *((one.currency, one.amount) for one in found.foreign),
        *((one.currency, one.amount or Decimal(0)) for one in found.excluded),
    ):
        sums[currency] += round(amount * 100)
    return Counter({currency: cents for currency, cents in sums.items() if cents})


def billed(drawn: list[dict[str, object]]) -> Counter[str]:
    """What the rows come to, by currency, in cents."""
    sums: Counter[str] = Counter()
    for one in drawn:
        sums[str(one["BillingCurrency"]).upper() or "without a currency"] += int(str(one["cents"]))
    return Counter({currency: cents for currency, cents in sums.items() if cents})


@settings(max_examples=25, deadline=None)
@given(drawn=rows, of=st.sampled_from(FLAVOURS))
def test_every_amount_is_in_one_sum_or_said_to_be_in_none(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[dict[str, object]], of: tuple[str, str]
) -> None:
    """Whatever its currency, category, class, date and tags."""
    found = spent([written(tmp_path_factory.mktemp("bill") / "bill.csv", *of, drawn)], NOW)
    assert accounted(found) == billed(drawn)
    assert {one.line for one in found.actuals if one.usd < 0} <= {"refund", "correction", "credit", "adjustment", "tax"}
    charged = [one for one in found.actuals if one.line == "charge" and not one.project]
    assert sum(one.usd for one in charged) == sum(one.usd for one in found.untagged)


@settings(max_examples=15, deadline=None)
@given(older=rows, newer=rows, of=st.sampled_from(FLAVOURS))
def test_two_reports_lose_nothing_and_the_same_twice_counts_once(
    tmp_path_factory: pytest.TempPathFactory,
    older: list[dict[str, object]],
    newer: list[dict[str, object]],
    of: tuple[str, str],
) -> None:
    """What is not taken of the older is said; the older and itself again come to what it is by itself."""
    folder = tmp_path_factory.mktemp("bill")
    first = written(folder / "a.csv", *of, older)
    os.utime(first, (1_790_000_000, 1_790_000_000))
    second = written(folder / "b.csv", *of, newer)
    both = spent([first, second], NOW)
    assert accounted(both) == Counter({k: v for k, v in _added(billed(older), billed(newer)).items() if v})
    again = written(folder / "c.csv", *of, older)
    once, twice = spent([first], NOW), spent([first, again], NOW)
    assert twice.total() == once.total()
    assert twice.months == once.months


def _added(one: Counter[str], other: Counter[str]) -> Counter[str]:
    sums = Counter(one)
    sums.update(other)
    return sums
