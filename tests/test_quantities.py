"""Sizes and durations keep their unit and count in bytes and days."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.quantities import Duration, Size, human_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [("2.4 TB", 2_400_000_000_000), ("5GiB", 5 * 2**30), ("12 B", 12), ("1 KB", 1000), ("0.5 kB", 500)],
)
def test_a_size_counts_exact_bytes(text: str, count: int) -> None:
    """2.4 TB is 2.4 × 10¹² bytes."""
    assert Size.parse(text).bytes == count


@pytest.mark.parametrize(
    ("text", "days"), [("18 months", 547), ("7 years", 2556), ("2 weeks", 14), ("1 day", 1), ("1 year", 365)]
)
def test_a_duration_counts_whole_days(text: str, days: int) -> None:
    """18 months are one and a half Julian years, in whole days."""
    assert Duration.parse(text).days == days


@pytest.mark.parametrize("text", ["2.4", 24, "TB", "-1 TB", "1 Mb", "1e3 GB", None, "1,5 TB"])
def test_what_is_not_a_size_is_refused_with_an_example(text: object) -> None:
    """The message shows how a size is written, or which units there are."""
    with pytest.raises(ValueError, match=r"such as '2.4 TB'|the units are B, kB"):
        Size.parse(text)


@given(
    number=st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False),
    unit=st.sampled_from(sorted(Size.units)),
)
def test_a_size_written_back_reads_the_same(number: Decimal, unit: str) -> None:
    """Writing and reading a size changes neither its number nor its unit."""
    size = Size(number, unit)
    assert Size.parse(str(size)) == size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_999, "1 MB"),
        (1_140_000_000_000, "1.14 TB"),
        (10**18, "1e+03 PB"),
    ],
)
def test_bytes_are_shown_with_three_digits(count: int, text: str) -> None:
    """A person reads 1.14 TB, not 1140000000000."""
    assert human_bytes(count) == text
