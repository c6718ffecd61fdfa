"""Forecasts against budgets."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from slidebox.forecast import Forecast, Row
from slidebox.forecast.budget import over_budget
from slidebox.model import Lab, LabFile, Project

MONTHS = tuple(f"2026-{month:02d}" for month in range(1, 13))


def lab(monthly: float | None) -> Lab:
    """A lab of one project."""
    declared = {
        "project": "a",
        "title": "A",
        "owner": "ann",
        "audience": {"reader": ["ann"]},
        "datasets": {"raw_images": {"size": "1 TB", "files": 1, "sensitivity": "open"}},
        **({"budget": {"monthly": monthly}} if monthly is not None else {}),
    }
    file = LabFile.model_validate(
        {
            "lab": "x",
            "title": "X",
            "people": {"ann": {"name": "Ann"}},
            "stores": {"s3": {"system": "cloud", "region": "us-east-1"}},
        }
    )
    return Lab(file=file, projects={"a": Project.model_validate(declared)})


def told(*amounts: tuple[int, str, float]) -> Forecast:
    """A forecast of what is paid in some months."""
    rows = []
    for month, what, amount in amounts:
        usd = Decimal(str(amount))
        rows.append(Row("a/raw_images", "a", "s3", "raw_images", "", MONTHS[month], usd, usd, usd * 2, what))
    return Forecast(MONTHS, tuple(rows))


def test_the_months_above_a_budget_and_the_dearest_of_them_are_told() -> None:
    """What is exactly the budget is not above it."""
    found = told((0, "storage", 10), (1, "storage", 10), (1, "deposit", 30), (2, "storage", 11))
    (one,) = over_budget(found, lab(10))
    assert (one.months, one.worst, one.usd, one.what) == (("2026-02", "2026-03"), "2026-02", Decimal(40), "deposit")
    assert over_budget(found, lab(40)) == over_budget(found, lab(None)) == ()


@given(st.lists(st.tuples(st.integers(0, 11), st.just("storage"), st.floats(0, 100)), max_size=20), st.floats(0, 100))
def test_a_larger_budget_is_never_exceeded_more_often(amounts: list[tuple[int, str, float]], monthly: float) -> None:
    """And no month is told that is not above it."""
    found = told(*amounts)
    small, large = (sum(len(one.months) for one in over_budget(found, lab(m))) for m in (monthly, monthly + 10))
    assert large <= small
