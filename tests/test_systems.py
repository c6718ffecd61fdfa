"""Table 1 and Figure 1 are complete, dated, and changed by a lab's overrides."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import InputError
from slidebox.model import Dataset, Level, Playbook, System, Term
from slidebox.quantities import Size
from slidebox.systems import load_systems
from slidebox.table_one import Cell, Column, Row, figure_one, table

COLUMNS = ("longevity", "version_control", "access", "speed", "size", "cost")


def cells(row: Row) -> list[tuple[str, str, Cell[object]]]:
    """Every cell of a row with its column, and whether it is the playbook's or today's."""
    found: list[tuple[str, str, Cell[object]]] = []
    for name in COLUMNS:
        column: Column[object] = getattr(row, name)
        found += [(name, "playbook", column.playbook), (name, "today", column.today)]
    found += [("besides", name, getattr(row.besides, name)) for name in ("shared", "licence")]
    return found + [
        ("classes", name, Cell[object].model_validate(cell.model_dump())) for name, cell in row.classes.items()
    ]


def playbook(**overrides: object) -> Playbook:
    """A lab's overrides."""
    return Playbook.model_validate(overrides)


def test_table_1_has_its_fifteen_rows_in_order() -> None:
    """All fifteen solutions of the playbook."""
    assert list(System) == list(table())
    assert len(table()) == 15


@pytest.mark.parametrize("system", System)
def test_every_value_has_a_public_source_and_a_date(system: System) -> None:
    """No figure is without its origin."""
    for column, when, cell in cells(table()[system]):
        assert cell.source.url.startswith("https://"), (column, when)
        assert dt.date(2022, 6, 1) <= cell.as_of <= dt.date(2026, 12, 31), (column, when)


@pytest.mark.parametrize("system", System)
def test_the_playbooks_values_are_the_playbooks(system: System) -> None:
    """They are dated 2022-06-01 and written as it writes them; only the local cluster's cells are blank."""
    blank = {"size", "cost"} if system is System.LOCAL_CLUSTER else set()
    for column, when, cell in cells(table()[system]):
        if when == "playbook":
            assert dt.date(2022, 6, 1) == cell.as_of
            assert (column in blank) == (cell.written == "")


@pytest.mark.parametrize("system", System)
def test_todays_price_can_be_computed_with(system: System) -> None:
    """Only the playbook's own wording may be beyond computing."""
    price = load_systems().price(system).value
    assert (price.like, price.once >= 0) == (None, True)


@pytest.mark.parametrize(
    ("system", "column", "word"),
    [
        (System.IDR, "size", "upper limit"),
        (System.CLOUD, "size", "upper limit"),
        (System.ZENODO, "size", "upper limit"),
        (System.GITHUB, "size", "upper limit"),
        (System.ONEDRIVE, "size", "upper limit"),
        (System.GOOGLE_DRIVE, "size", "upper limit"),
        (System.FIGSHARE_PLUS, "size", "reversed"),
        (System.FIGSHARE_PLUS, "cost", "reversed"),
        (System.GITHUB_LFS, "longevity", "quick"),
        (System.DROPBOX, "size", "newer playbook"),
        (System.LOCAL_CLUSTER, "size", "Blank"),
    ],
)
def test_the_playbooks_traps_are_noted(system: System, column: str, word: str) -> None:
    """How an odd wording is read is said beside it."""
    assert word in getattr(table()[system], column).playbook.note


@pytest.mark.parametrize(
    ("system", "column", "word"),
    [
        (System.DVC, "longevity", "newer playbook"),
        (System.IDR, "access", "embargo"),
        (System.FIGSHARE, "access", "embargo"),
        (System.ZENODO, "access", "embargo"),
        (System.ZENODO, "version_control", "not a history like git's"),
        (System.FIGSHARE_PLUS, "cost", "Uncertain"),
        (System.INTERNAL_DRIVE, "size", "Uncertain"),
    ],
)
def test_what_is_uncertain_or_changed_today_is_noted(system: System, column: str, word: str) -> None:
    """Today's values say where they are less sure than they look."""
    assert word in getattr(table()[system], column).today.note


def test_upper_limits_are_upper_limits() -> None:
    """'>= 50GB' of the playbook is a largest, not a smallest, size."""
    row = table()[System.ZENODO]
    assert Size.parse("50 GB") == row.size.playbook.value.max_bytes
    assert row.size.playbook.value.min_bytes is None


def test_limits_of_today() -> None:
    """The numbers the rules are told."""
    limits = load_systems().limits
    assert (
        limits(System.ZENODO).max_bytes,
        limits(System.ZENODO).max_files,
        limits(System.ZENODO).access,
    ) == (50 * 10**9, 100, "public")
    assert limits(System.GITHUB).max_file_bytes == 100 * 2**20
    assert limits(System.DROPBOX).max_total_bytes == 15 * 10**12
    assert (limits(System.FIGSHARE_PLUS).min_bytes, limits(System.FIGSHARE_PLUS).max_bytes) == (20 * 10**9, 5 * 10**12)


def test_an_external_drive_hangs_on_one_computer() -> None:
    """Everything else serves several people at once."""
    assert [system for system in System if not load_systems().limits(system).shared] == [System.EXTERNAL_DRIVE]


def test_the_licence_that_a_system_publishes_under_is_a_fact_with_a_note() -> None:
    """IDR takes two, and the more permissive counts; elsewhere who publishes chooses."""
    limits = load_systems().limits
    published = {system: limits(system).licence for system in System if limits(system).licence}
    assert published == {System.IDR: "CC0-1.0 OR CC-BY-4.0"}
    assert "CC BY" in table()[System.IDR].besides.licence.note


def test_storage_classes_have_their_minimum_days_sizes_and_transitions() -> None:
    """As the service charges for them; a system with one way to keep data has none."""
    classes = load_systems().classes(System.CLOUD)
    about = {
        name: (c.min_days, c.min_object_bytes, c.overhead_bytes, c.transition_usd_per_1000)
        for name, c in classes.items()
    }
    assert about == {
        "standard": (0, 0, 0, 0),
        "infrequent": (30, 128 * 1024, 0, 0.01),
        "archive": (90, 128 * 1024, 0, 0.02),
        "onezone_ia": (30, 128 * 1024, 0, 0.01),
        "intelligent_tiering": (0, 0, 0, 0.01),
        "glacier": (90, 0, 40 * 1024, 0.03),
        "deep_archive": (180, 0, 40 * 1024, 0.05),
    }
    # 0.0125 USD per GiB is 11.64 USD per TB of 10^12 bytes.
    assert round(classes["infrequent"].usd_per_tb_month, 2) == 11.64
    assert load_systems().classes(System.INTERNAL_DRIVE) == {}


def test_a_dataset_can_have_a_class_of_its_own_where_a_system_has_classes() -> None:
    """In the terms that it names; in the others the playbook's holds."""
    own = Dataset.model_validate(
        {"size": "1 GB", "files": 1, "sensitivity": "open", "storage_classes": {"long": "infrequent"}}
    )
    classes = {term: load_systems().class_of(System.CLOUD, own, term) for term in Term}
    playbooks = {term: load_systems().storage_class(System.CLOUD, term) for term in Term}
    assert classes == {**playbooks, Term.LONG: "infrequent"}
    assert load_systems().class_of(System.EXTERNAL_DRIVE, own, Term.LONG) == "standard"


def test_a_lab_overrides_what_the_table_has_no_column_for() -> None:
    """Its IDR study has CC BY; its external drive hangs on a server."""
    own = playbook(
        limits={"idr": {"licence": "CC-BY-4.0"}, "external_drive": {"shared": "yes"}, "dvc": {"licence": "none"}}
    )
    limits = load_systems(own).limits
    assert (limits(System.IDR).licence, limits(System.EXTERNAL_DRIVE).shared, limits(System.DVC).licence) == (
        "CC-BY-4.0",
        True,
        None,
    )


def test_figure_1_knows_every_level_and_term() -> None:
    """A preference for each of the eight levels and three terms."""
    systems = load_systems()
    assert all(systems.preference(level, term) for level in Level for term in Term)
    assert systems.preference(Level.RAW_IMAGES, Term.SHORT) == (System.DROPBOX, System.CLOUD)
    assert systems.preference(Level.BULK_EMBEDDINGS, Term.LONG) == (System.GITHUB, System.DVC)
    assert figure_one().source.url.startswith("https://")


def test_a_lab_overrides_limits_preferences_and_terms() -> None:
    """Only what it names changes."""
    systems = load_systems(
        playbook(
            limits={"zenodo": {"max_bytes": "200 GB", "max_files": "none"}, "idr": {"versioned": False}},
            preferences={"raw_images": {"short": ["internal_drive"]}},
            terms={"short": "6 months"},
        )
    )
    zenodo, today = systems.limits(System.ZENODO), load_systems().limits(System.ZENODO)
    assert (200 * 10**9, None, today.max_file_bytes) == (zenodo.max_bytes, zenodo.max_files, zenodo.max_file_bytes)
    assert not systems.limits(System.IDR).versioned
    assert systems.preference(Level.RAW_IMAGES, Term.SHORT) == (System.INTERNAL_DRIVE,)
    assert systems.preferred_by(Level.RAW_IMAGES, Term.SHORT) == "the lab"
    assert systems.preferred_by(Level.RAW_IMAGES, Term.MID) == "the playbook"
    assert [None if length is None else str(length) for length in map(systems.term_length, Term)] == [
        "6 months",
        "24 months",
        None,
    ]


def test_overrides_leave_the_next_lab_alone() -> None:
    """What one lab overrides is not seen by another."""
    before = load_systems()
    load_systems(playbook(limits={"zenodo": {"max_bytes": "1 GB"}}))
    assert before.limits(System.ZENODO) == load_systems().limits(System.ZENODO)


def test_every_bad_override_is_named_with_its_key() -> None:
    """All at once, each with what was expected."""
    with pytest.raises(InputError) as caught:
        load_systems(
            playbook(
                limits={
                    "zenodo": {
                        "max_byte": "1 GB",
                        "max_files": "many",
                        "access": "all",
                        "max_bytes": 5,
                        "speed": "slow",
                    }
                },
                preferences={"raw_images": {"short": []}, "metadata": {"mid": ["github", "github"]}},
            )
        )
    expected = [
        "lab.yaml: playbook.limits.zenodo.max_byte: Table 1 has no column 'max_byte'; did you mean 'max_bytes'?",
        "lab.yaml: playbook.limits.zenodo.max_files: expected a number of files such as 100, or 'none', got 'many'",
        "lab.yaml: playbook.limits.zenodo.access: expected one of private, public, both, got 'all'",
        "lab.yaml: playbook.limits.zenodo.max_bytes: expected a size with its unit such as '50 GB', or 'none', got 5",
        "lab.yaml: playbook.limits.zenodo.speed: expected one of instant, download, none, got 'slow'",
        "lab.yaml: playbook.preferences.raw_images.short: names no system; "
        "leave the key out to keep the playbook's preference",
        "lab.yaml: playbook.preferences.metadata.mid: names github twice",
    ]
    assert expected == caught.value.message.splitlines()
    assert caught.value.exit_code == 2


@given(number=st.integers(1, 999), unit=st.sampled_from(["MB", "GB", "TB", "GiB"]), system=st.sampled_from(System))
def test_an_overridden_limit_is_exact(number: int, unit: str, system: System) -> None:
    """A size in lab.yaml is the size the rules are told."""
    size = Size.parse(f"{number} {unit}")
    systems = load_systems(playbook(limits={system: {"max_bytes": str(size)}}))
    assert size.bytes == systems.limits(system).max_bytes


def test_classes_exist_where_a_term_asks_for_them() -> None:
    """Each class that Figure 1's terms name has a price."""
    systems = load_systems()
    for system in System:
        for term in Term:
            assert systems.price(system, systems.storage_class(system, term)).source.url
