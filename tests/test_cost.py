"""Costs are exact sums with their arithmetic in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.cost import Held, horizon, placement_cost, term_months
from slidebox.model import Cost, Playbook, Store, System, Term
from slidebox.systems import load_systems

SYSTEMS = load_systems()
GB, TB, GIB, TIB = 10**9, 10**12, 2**30, 2**40


def cost(
    system: System, size: int, *, price: float | None = None, storage_class: str = "standard", already: int = 0
) -> Cost:
    """The cost of some bytes in a store of a system."""
    return placement_cost(
        SYSTEMS, Store(system=system, price=price), size, storage_class=storage_class, already=already
    )


def held(store: str, monthly: float = 0.0, once: float = 0.0) -> Held:
    """A placement with a given cost."""
    return Held(store, Cost(monthly, once, ""))


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, 1225), (250 * GB, 1225), (250 * GB + 1, 2450), (TB, 4900), (5 * TB, 24500)],
)
def test_figshare_plus_sells_started_steps_of_250_gb(size: int, expected: float) -> None:
    """$1,225 for each started 250 GB: $4,900 for 1 TB and $24,500 for 5 TB."""
    actual = cost(System.FIGSHARE_PLUS, size)
    assert (0.0, expected) == (actual.monthly, actual.once)


@pytest.mark.parametrize(
    ("size", "already", "expected"),
    [
        (10 * GIB, 0, 0.0),
        (20 * GIB, 0, 0.7),
        (20 * GIB, 4 * GIB, 0.98),
        (20 * GIB, 10 * GIB, 1.4),
        (GIB, 99 * GIB, 0.07),
    ],
)
def test_lfs_charges_what_is_above_the_accounts_free_allowance(size: int, already: int, expected: float) -> None:
    """10 GiB are free for the whole account, then $0.07 per GiB and month."""
    assert expected == cost(System.GITHUB_LFS, size, already=already).monthly


@pytest.mark.parametrize(
    ("size", "already", "expected"),
    [
        (GIB, 0, 0.023),
        (50 * TIB, 0, 50 * 1024 * 0.023),
        (60 * TIB, 0, 50 * 1024 * 0.023 + 10 * 1024 * 0.022),
        (10 * TIB, 45 * TIB, 5 * 1024 * 0.023 + 5 * 1024 * 0.022),
        (600 * TIB, 0, 50 * 1024 * 0.023 + 450 * 1024 * 0.022 + 100 * 1024 * 0.021),
    ],
)
def test_cloud_walks_through_its_rates(size: int, already: int, expected: float) -> None:
    """The first 50 TiB, the next 450 and the rest have their own rates."""
    assert pytest.approx(expected, abs=1e-6) == cost(System.CLOUD, size, already=already).monthly


def test_cloud_classes_have_their_own_prices() -> None:
    """Infrequent access is 0.0125 and instant archive 0.004 per GiB and month."""
    actual = [cost(System.CLOUD, 1000 * GIB, storage_class=c).monthly for c in ("standard", "infrequent", "archive")]
    assert actual == [23.0, 12.5, 4.0]


def test_a_drive_is_bought_once() -> None:
    """About $15 per TB, and nothing a month."""
    actual = cost(System.INTERNAL_DRIVE, 2 * TB)
    assert (actual.monthly, actual.once) == (0.0, 30.0)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (System.LOCAL_CLUSTER, 16.0),
        (System.DROPBOX, 4.8),
        (System.GOOGLE_DRIVE, 5.0),
        (System.ZENODO, 0.0),
        (System.ONEDRIVE, 0.0),
        (System.DELETION, 0.0),
    ],
)
def test_a_terabyte_a_month(system: System, expected: float) -> None:
    """A TB is charged at the campus price, as a share of the seats that bring it, or not at all."""
    actual = cost(system, TB)
    assert (expected, 0.0) == (actual.monthly, actual.once)


def test_dvc_costs_what_its_linked_service_costs() -> None:
    """DVC stores nothing itself."""
    assert cost(System.CLOUD, TB) == cost(System.DVC, TB)


def test_the_labs_own_price_replaces_the_tables() -> None:
    """A store's price is in USD per TB and month."""
    actual = cost(System.EXTERNAL_DRIVE, 3 * TB, price=5.83)
    assert Cost(17.49, 0.0, "3 TB × $5.83 per TB and month = $17.49 (the lab's own price)") == actual


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (
            cost(System.CLOUD, 100 * GIB),
            "100 GiB × $0.023 per GiB = $2.30 a month (Amazon S3 pricing, us-east-1, 2025-10-28)",
        ),
        (
            cost(System.GITHUB_LFS, 12 * GIB),
            "10 GiB free + 2 GiB × $0.07 per GiB = $0.14 a month "
            "(GitHub Docs, Git Large File Storage billing, 2026-11-23)",
        ),
        (
            cost(System.FIGSHARE_PLUS, 600 * GB),
            "3 × 250 GB at $1,225 = $3,675.00 once (API Evangelist, Figshare+ prices (unverified), 2026-06-12)",
        ),
        (
            cost(System.INTERNAL_DRIVE, 34 * GB),
            "34 GB × $15 per TB = $0.51 once (Backblaze, cost of hard drives, 2022-11-29)",
        ),
        (cost(System.ZENODO, 5 * GB), "5 GB free (Zenodo help, 2026-11-23)"),
        (cost(System.DELETION, 19 * TB), "nothing is kept (Way Lab, IDR_stream, 2026-11-23)"),
        (
            cost(System.DROPBOX, 2 * TB),
            "2 TB × $24 per 5 TB = $9.60 a month (Dropbox, storage policy of Advanced, 2023-08-24)",
        ),
    ],
)
def test_the_arithmetic_is_said_with_its_source_and_date(actual: Cost, expected: str) -> None:
    """Why a placement costs what it costs."""
    assert expected == actual.why


@given(
    system=st.sampled_from([System.CLOUD, System.GITHUB_LFS, System.LOCAL_CLUSTER]),
    sizes=st.lists(st.integers(1, 10**15), min_size=1, max_size=6),
)
def test_the_parts_of_an_account_cost_as_much_as_the_whole(system: System, sizes: list[int]) -> None:
    """Sharing one allowance and one ladder of rates neither loses nor gains money."""
    parts = sum(cost(system, size, already=sum(sizes[:n])).monthly for n, size in enumerate(sizes))
    assert pytest.approx(cost(system, sum(sizes)).monthly, rel=1e-9, abs=1e-5) == parts


@given(system=st.sampled_from(System), size=st.integers(1, 10**15), more=st.integers(0, 10**12))
def test_more_data_never_cost_less(system: System, size: int, more: int) -> None:
    """Costs grow with size."""
    small, large = cost(system, size), cost(system, size + more)
    assert small.monthly <= large.monthly
    assert small.once <= large.once


LENGTHS: dict[Term, Decimal | None] = {Term.SHORT: Decimal(6), Term.MID: Decimal(12), Term.LONG: None}


def test_a_horizon_walks_through_the_terms() -> None:
    """Six months short, twelve months mid, and the rest long, all copies counted."""
    terms = {
        Term.SHORT: [held("dropbox", monthly=10)],
        Term.MID: [held("bench", once=100), held("shelf", once=50, monthly=1)],
        Term.LONG: [held("shelf", once=50, monthly=1), held("idr")],
    }
    actual = [horizon(terms, LENGTHS, Term.SHORT, months) for months in (3, 6, 12, 60)]
    assert actual == [30.0, 60.0, 60 + 100 + 50 + 6, 60 + 150 + 12 + 42]


def test_a_horizon_starts_in_the_current_term() -> None:
    """What a resting dataset cost while it was active is past."""
    terms = {
        Term.SHORT: [held("dropbox", monthly=10)],
        Term.MID: [held("bench", monthly=2)],
        Term.LONG: [held("x", monthly=1)],
    }
    assert horizon(terms, LENGTHS, Term.MID, 60) == 12 * 2 + 48
    assert horizon(terms, LENGTHS, Term.LONG, 12) == 12.0


def test_what_is_paid_once_is_not_paid_again_while_data_stay() -> None:
    """It is paid again after the data have been away."""
    stays = {term: [held("bench", once=100)] for term in Term}
    away = {**stays, Term.MID: [held("shelf", once=1)]}
    assert horizon(stays, LENGTHS, Term.SHORT, 60) == 100.0
    assert horizon(away, LENGTHS, Term.SHORT, 60) == 201.0


def test_a_term_that_is_never_reached_costs_nothing() -> None:
    """Long comes after 18 months: nothing of it is paid in the first year."""
    assert horizon({Term.LONG: [held("figshare-plus", once=1225)]}, LENGTHS, Term.SHORT, 12) == 0.0


def test_term_lengths_come_from_the_playbook_and_the_lab() -> None:
    """The lab's own short term, the playbook's mid term, a long term without end."""
    systems = load_systems(Playbook.model_validate({"terms": {"short": "18 months"}}))
    assert {Term.SHORT: Decimal(18), Term.MID: Decimal(24), Term.LONG: None} == term_months(systems)
