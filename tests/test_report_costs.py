"""What a change does to what everything will cost: sums, reasons, and each way in which it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.cost import placement_cost
from slidebox.forecast import Forecast, Row
from slidebox.model import Candidate, Gate, Lab, LabFile, Placement, Plan, Project, Term, TermPlan
from slidebox.report import CostChange, Report, Told, costs_between, document, markdown, text
from slidebox.report.costs import Shift, signed
from slidebox.report.markdown import LARGEST
from slidebox.report.reasons import reasons
from slidebox.systems import load_systems

MONTHS = tuple(f"{2026 + month // 12}-{month % 12 + 1:02d}" for month in range(24))
PEOPLE = {"ann": {"name": "Ann"}}
STORES = {
    "bench": {"system": "internal_drive", "path": "bench", "kind": "drive"},
    "isilon": {"system": "local_cluster", "price": 16},
    "s3": {"system": "cloud", "region": "us-east-1"},
}
RAW = {"size": "1 TB", "files": 100, "sensitivity": "open"}


def row(dataset: str, month: int, usd: Decimal | float, grant: str = "", what: str = "storage") -> Row:
    """What a dataset costs in a month; at the most half more."""
    project, _, level = dataset.partition("/")
    amount = Decimal(str(usd))
    high = amount * Decimal("1.5")
    return Row(dataset, project, "s3", level, grant, MONTHS[month], amount, amount, high, what)


def lab(*datasets: str, raw: Mapping[str, object] = RAW, **stores: object) -> Lab:
    """A lab with projects that have raw images or masks."""
    file = LabFile.model_validate(
        {"lab": "x", "title": "X", "people": PEOPLE, "stores": {**STORES, **stores}, "playbook": {}}
    )
    names = dict.fromkeys(dataset.partition("/")[0] for dataset in datasets)
    projects = {
        name: Project.model_validate(
            {
                "project": name,
                "title": name,
                "owner": "ann",
                "audience": {"reader": ["ann"]},
                "datasets": {d.partition("/")[2]: raw for d in datasets if d.startswith(f"{name}/")},
            }
        )
        for name in names
    }
    return Lab(file=file, projects=projects)


def told(rows: list[Row], *datasets: str) -> Told:
    """A plan and its forecast."""
    named = dict.fromkeys([*datasets, *(one.dataset for one in rows)])
    return Told(Plan(()), lab(*named), Forecast(MONTHS, tuple(rows)))


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["a/raw_images", "a/metadata", "b/raw_images"]),
        st.integers(0, 23),
        st.decimals(0, 10**5, places=2),
        st.sampled_from(["", "R01"]),
        st.sampled_from(["storage", "download"]),
    ),
    max_size=8,
)


@given(rows, rows)
def test_differences_add_up_and_turn_round(before: list[Row], after: list[Row]) -> None:
    """Of projects, of grants and of datasets: to the whole; and the way back is the opposite."""
    old, new = told(before), told(after)
    costs, back = costs_between(old, new, (1, 2)), costs_between(new, old, (1, 2))
    for number in range(2):
        for shifts in (costs.projects, costs.grants, costs.datasets):
            assert abs(sum(s.more[number] for s in shifts) - costs.whole.more[number]) < Decimal("0.1")
        assert costs.whole.more[number] == -back.whole.more[number]
    for shifts in (costs.projects, costs.grants, costs.datasets):
        sizes = [abs(shift.more[-1]) for shift in shifts]
        assert sizes == sorted(sizes, reverse=True)
        for shift in shifts:
            for (low, high), more in zip(shift.between, shift.more, strict=True):
                assert low <= more <= high


@given(rows)
def test_no_change_is_no_difference(same: list[Row]) -> None:
    """Nothing is listed, and that is said."""
    costs = costs_between(told(same), told(same), (1, 2))
    assert (costs.projects, costs.grants, costs.datasets) == ((), (), ())
    page = "\n".join(line.words for line in text(report(costs)))
    assert "What it will cost: the same as before." in page


def report(costs: CostChange) -> Report:
    """A report that has only that to say."""
    return Report("way", Gate.PLAN, "1 project", (), (), base="HEAD", costs=costs)


def changed() -> CostChange:
    """Two projects, one dearer and one cheaper, and a new one."""
    before = [row("a/raw_images", 0, 10, "R01"), row("b/raw_images", 13, 100)]
    after = [
        row("a/raw_images", 0, 1010.5, "R01"),
        row("a/raw_images", 13, 2000, "R01", "download"),
        row("b/raw_images", 13, 20),
        row("c/raw_images", 1, 5),
    ]
    return costs_between(told(before), told(after), (1, 2))


def test_text_shows_columns_and_causes() -> None:
    """The largest first; amounts flush right."""
    lines = [line.words for line in text(report(changed()))]
    whole = "\n".join(lines)
    assert "What it will cost: +$1,006 over 1 year, +$2,926 over 2 years (between +$2,926" in whole
    columns = [line for line in lines if line.startswith(("  project", "  grant", "     "))]
    assert columns[:5] == [
        "                1 year    2 years",
        "  project a    +$1,000    +$3,000",
        "  project b        ±$0    −$80.00",
        "  project c     +$5.00     +$5.00",
        "  grant R01    +$1,000    +$3,000",
    ]
    assert "  a/raw_images: +$3,000 in 2 years\n" in whole
    assert "    download +$2,000, storage +$1,000" in whole
    assert "  c/raw_images: +$5.00 in 2 years\n    new: 1 TB in no store" in whole
    assert max(map(len, lines)) <= 80


def test_a_narrow_terminal_has_sentences_in_place_of_columns() -> None:
    """Nothing is cut."""
    lines = [line.words for line in text(report(changed()), 30)]
    assert "  project a: +$1,000 over 1" in lines


def test_markdown_has_both_tables() -> None:
    """By project and grant with what they lie between, and the datasets with their reasons."""
    page = markdown(report(changed())).replace("\\", "")
    assert "#### What it will cost" in page
    assert "| all | +$1,006 | +$2,926 | +$2,926 to +$4,388 | $110 → $3,036 |" in page
    assert "| project <code>a</code> | +$1,000 | +$3,000 | +$3,000 to +$4,501 | $10 → $3,010 |" in page
    assert "| no grant | +$5.00 | −$75.00 |" in page
    assert "| <code>a/raw_images</code> | +$3,000 | other prices, or another volume beside it in its stores" in page


def test_the_document_has_every_amount() -> None:
    """Before, after, and between what the difference lies."""
    costs = document(report(changed()))["costs"]
    assert costs["years"] == [1, 2]
    assert costs["whole"]["more"] == [1005.5, 2925.5]
    assert [project["project"] for project in costs["projects"]] == ["a", "b", "c"]
    assert costs["grants"][0] == {
        "grant": "R01",
        "before": [10.0, 10.0],
        "after": [1010.5, 3010.5],
        "more": [1000.5, 3000.5],
        "more_low": [1000.5, 3000.5],
        "more_high": [1500.75, 4500.75],
    }
    assert costs["datasets"][2]["why"][0] == "new: 1 TB in no store"
    assert "costs" not in document(Report("way", Gate.PLAN, "1 project", (), (), base="HEAD"))


def test_a_comment_stays_as_short_as_a_comment_may_be() -> None:
    """What has no room is counted."""
    after = [row(f"p{n}-{'é' * 200}/raw_images", 0, 1000 + n, f"G{n}") for n in range(2000)]
    shifts = tuple(Shift(one.dataset, (), (one.range,), ("new",)) for one in after)
    shifts = tuple(Shift(s.name, (s.after[0] * 0,), s.after, s.why) for s in shifts)
    page = markdown(report(CostChange((1,), shifts[0], shifts, shifts, shifts)))
    assert len(page) < LARGEST
    assert re.search(r"\d,\d{3} more rows in the output", page)
    assert re.search(r"1,\d{3} more datasets in the output", page)


@pytest.mark.parametrize(
    ("usd", "words"),
    [("0", "±$0"), ("0.004", "±$0"), ("-0.4", "−$0.40"), ("99.99", "+$99.99"), ("1225.4", "+$1,225")],
)
def test_small_differences_are_shown_in_cents(usd: str, words: str) -> None:
    """And large ones in dollars."""
    assert signed(Decimal(usd)) == words


# Why


def plan(places: Mapping[Term, tuple[str, ...]]) -> Plan:
    """Raw images in some stores, each ``store`` or ``store class``."""
    entries = []
    for term, stores in places.items():
        placements = []
        for number, place in enumerate(stores, 1):
            store, _, storage_class = place.partition(" ")
            declared = lab("a/raw_images").file.stores[store]
            cost = placement_cost(load_systems(), declared, 10**12)
            candidate = Candidate("a/raw_images", term, store, storage_class or "standard")
            placements.append(Placement(candidate, number, (), cost, ""))
        entries.append(TermPlan("a/raw_images", term, tuple(placements)))
    return Plan(tuple(entries))


def why(
    before: Mapping[Term, tuple[str, ...]] | None = None,
    after: Mapping[Term, tuple[str, ...]] | None = None,
    raw: Mapping[str, object] = RAW,
    **stores: object,
) -> tuple[str, ...]:
    """The reasons why raw images cost something else."""
    places = before or {Term.SHORT: ("bench",), Term.MID: ("s3",)}
    old, new = lab("a/raw_images"), lab("a/raw_images", raw=raw, **stores)
    return reasons("a/raw_images", (plan(places), old), (plan(after or places), new))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": "3 TB"}, "grew from 1 TB to 3 TB"),
        ({"size": "500 GB"}, "shrank from 1 TB to 500 GB"),
        ({"files": 2000}, "2,000 files instead of 100"),
        ({"activity": "finished"}, "finished instead of active"),
        ({"growth": "2 TB/year"}, "growth: 2 TB/year instead of none"),
        (
            {"reads": {"active": "4/month", "resting": "1/year"}},
            "reads: active 4/month, resting 1/year instead of none",
        ),
        ({"expires": "2030-01-01"}, "expires: 2030-01-01 instead of never"),
    ],
)
def test_what_is_declared_otherwise_is_a_reason(changes: Mapping[str, object], words: str) -> None:
    """In the words of the file."""
    assert why(raw={**RAW, **changes}) == (words,)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (("s3",), ("s3", "isilon"), "new copy in isilon (mid, long)"),
        (("s3", "isilon"), ("s3",), "no copy in isilon any more (mid, long)"),
        (("s3",), ("isilon",), "in isilon instead of s3 (mid, long)"),
        (("s3",), ("s3 archive",), "in s3 archive instead of standard (mid, long)"),
    ],
)
def test_a_copy_that_is_new_gone_elsewhere_or_in_another_class_is_a_reason(
    before: tuple[str, ...], after: tuple[str, ...], words: str
) -> None:
    """With the terms in which it is so."""
    terms = (Term.MID, Term.LONG)
    assert why(dict.fromkeys(terms, before), dict.fromkeys(terms, after)) == (words,)


def test_a_store_with_another_price_is_a_reason_for_what_lies_there() -> None:
    """And for nothing else."""
    dearer = {"system": "local_cluster", "price": 20}
    assert why({Term.MID: ("isilon",)}, isilon=dearer) == ("price of isilon: $20 instead of $16",)
    assert why(isilon=dearer) == ("other prices, or another volume beside it in its stores",)


def test_what_is_new_or_gone_says_so() -> None:
    """With its size and places."""
    new, empty = (plan({Term.SHORT: ("bench",)}), lab("a/raw_images")), (Plan(()), lab("b/raw_images"))
    assert reasons("a/raw_images", empty, new) == reasons("a/raw_images", None, new) == ("new: 1 TB in bench",)
    assert reasons("a/raw_images", new, empty) == ("not declared any more",)
