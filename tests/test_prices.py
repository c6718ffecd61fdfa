"""The price book, and the providers' own price files."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from slidebox.cli import slidebox
from slidebox.errors import InputError
from slidebox.flow.estimate import rates
from slidebox.model import System
from slidebox.prices import Book, Range, built_in, load, merged, parse
from slidebox.prices.update import read
from slidebox.prices.writing import differences, dump
from slidebox.quantities import Size
from slidebox.systems import load_systems
from slidebox.table_one import STANDARD

FILES = Path(__file__).parent / "prices"
AWS, AZURE, GOOGLE = (FILES / name for name in ("aws-us-west-2.json", "azure-page.json", "google-skus.json"))
VOLUMES = {AZURE: 2}
"""How many entries of a fixture are further volumes of one price."""
TODAY = dt.date(2026, 11, 24)
LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
stores:
  bench: {system: internal_drive, kind: drive, path: bench}
  isilon: {system: local_cluster, price: 16}
"""
OWN = """\
provider: aws
title: Amazon S3
unit: 1 GiB
sources: {quote: {title: Our quote, url: "https://example.org/quote", as_of: 2026-11-01}}
regions:
  us-east-1: {classes: {standard: {storage: {usd: 0.02, source: quote}}}}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A folder with a small lab."""
    (tmp_path / "lab.yaml").write_text(LAB, encoding="utf-8")
    return tmp_path


def call(lab: Path, *words: str) -> Result:
    """Call `slidebox prices` in a lab."""
    return CliRunner().invoke(slidebox, ["--lab", str(lab), "prices", *words], standalone_mode=False)


def document(result: Result) -> Any:
    """What it wrote as JSON."""
    return json.loads(result.stdout)


# One truth


@pytest.mark.parametrize("name", [STANDARD, *load_systems().rows[System.CLOUD].classes])
def test_table_1_and_the_book_say_the_same_of_a_class_of_amazon(name: str) -> None:
    """Storage by volume, what a class asks, the price of a move, and source and date."""
    cell, book = load_systems().price(System.CLOUD, name), built_in()["aws"]
    about, prices = book.classes[name], book.regions["us-east-1"].classes[name]
    assert prices.storage is not None
    assert [(Decimal(str(r.usd)), r.up_to) for r in cell.value.monthly] == [
        (tier.usual, tier.up_to) for tier in prices.storage.tiers
    ]
    assert (cell.value.per.bytes, cell.as_of) == (book.unit.bytes, prices.storage.as_of)
    if name != STANDARD:
        asked = load_systems().classes(System.CLOUD)[name]
        fee = prices.transition_1000.first.usual if prices.transition_1000 else Decimal(0)
        assert (asked.min_days, Decimal(str(asked.transition_usd_per_1000))) == (about.min_days, fee)
        assert asked.min_object_bytes == (about.min_object.bytes if about.min_object else 0)
        assert asked.overhead_bytes == (about.overhead.bytes if about.overhead else 0)


def test_the_rates_of_moves_and_the_book_say_the_same_of_amazon() -> None:
    """Retrieval by class, and the first price of download."""
    region = built_in()["aws"].regions["us-east-1"]
    for name, usd in rates().retrieval.items():
        figure = region.classes[name].retrieval
        assert figure is not None
        assert figure.first.usual == Decimal(str(usd))
    assert region.egress is not None
    assert region.egress.first.usual == Decimal(str(rates().systems[System.CLOUD].out))


# The book


def test_every_figure_has_a_source_with_an_address_and_a_day_that_is_not_to_come() -> None:
    """What nobody can look up again is no price."""
    figures = [figure for book in built_in().values() for _, _, figure in book.figures()]
    assert len(figures) > 150
    assert all(f.source.url.startswith("https://") and f.source.title and f.as_of <= TODAY for f in figures)


def test_every_class_of_a_region_is_described() -> None:
    """A price of a class of which nobody knows what it asks could be far too low."""
    for book in built_in().values():
        assert {name for region in book.regions.values() for name in region.classes} <= set(book.classes)


@given(st.lists(st.integers(0, 10**15), min_size=2, max_size=5))
def test_parts_cost_what_the_whole_costs_and_more_never_costs_less(parts: list[int]) -> None:
    """A price by volume is shared by those who fill the volume, in whatever parts."""
    book = built_in()["aws"]
    figure = book.regions["us-east-1"].classes["standard"].storage
    assert figure is not None
    filled, total = 0, Range()
    for part in parts:
        total += figure.of(part, book.unit.bytes, filled)
        filled += part
    whole = figure.of(sum(parts), book.unit.bytes)
    assert abs(whole.usual - total.usual) < Decimal("1e-9")
    assert figure.of(sum(parts) + 1, book.unit.bytes).low >= whole.low


@given(st.integers(0, 10**15))
def test_a_range_stays_in_order(size: int) -> None:
    """Whatever is multiplied by it."""
    for book in built_in().values():
        for _, _, figure in book.figures():
            usd = figure.of(size, book.unit.bytes)
            assert usd.low <= usd.usual <= usd.high


def test_a_year_old_price_is_old_and_a_younger_one_is_not() -> None:
    """By the day of the figure, not of the file."""
    book = parse(OWN, "prices/aws.yaml")
    day = dt.date(2026, 11, 1)
    assert book.old(day + dt.timedelta(365)) == {}
    assert list(book.old(day + dt.timedelta(366)).values()) == [["us-east-1"]]


def test_a_lab_s_own_figure_goes_before_the_built_in_one_and_the_others_stay() -> None:
    """Figure by figure."""
    book = load({"prices/aws.yaml": OWN})["aws"]
    standard = book.regions["us-east-1"].classes["standard"]
    assert standard.storage is not None
    assert standard.put_1000 is not None
    assert (standard.storage.first.usual, standard.storage.source.title) == (Decimal("0.02"), "Our quote")
    assert standard.put_1000 == built_in()["aws"].regions["us-east-1"].classes["standard"].put_1000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("source: quote", "source: nobody"), "no source 'nobody'"),
        (("source: quote", "note: none"), "a figure has no source"),
        (("usd: 0.02", "usd: -1"), "greater than or equal to 0"),
        (("usd: 0.02", "usd: {low: 3, high: 2}"), "not in order"),
        (("usd: 0.02", "usd: {low: 3}"), "needs 'low' and 'high'"),
        (("usd: 0.02", "usd: {low: much, high: 3}"), "have to be numbers"),
        (("usd: 0.02", "usd: [1]"), "Decimal"),
        (("{usd: 0.02, source: quote}", "0.02"), "wrong form"),
        (("{quote: {title", "[{title"), "no YAML"),
        (("usd: 0.02", "tiers: [{usd: 1}, {usd: 2}]"), "rising 'up_to'"),
        (("storage:", "storrage:"), "storrage"),
        (("us-east-1: {", "us-east-1: {egres: 1, "), "egres"),
        (("provider: aws", "provider: ibm"), "providers are"),
        (("provider: aws", "provider: google"), "belong into google.yaml"),
        (("1 GiB", "1 GB"), "unit has to be 1 GiB"),
        (("regions:", "regions: ["), "no YAML"),
    ],
)
def test_a_wrong_price_file_is_refused_with_its_name(change: tuple[str, str], says: str) -> None:
    """Nothing of it is half taken."""
    with pytest.raises(InputError, match=r"prices/aws\.yaml") as caught:
        load({"prices/aws.yaml": OWN.replace(*change)})
    assert says in caught.value.message


# The providers' own files


def figures(book: Book, region: str) -> Mapping[str, Decimal]:
    """The usual first price of each figure of a region."""
    return {name: figure.first.usual for name, figure in book.regions[region].figures()}


def test_an_offer_file_of_aws_is_read_by_its_usage_types() -> None:
    """Prices by volume, and of single requests as of a thousand."""
    reading = read(AWS.read_text(), "offer", TODAY)
    assert figures(reading.book, "us-west-2") == {
        "standard.storage": Decimal("0.023"),
        "standard.put_1000": Decimal("0.005"),
        "standard.get_1000": Decimal("0.0004"),
        "infrequent.storage": Decimal("0.013"),
        "infrequent.retrieval": Decimal("0.01"),
        "infrequent.transition_1000": Decimal("0.01"),
        "onezone_ia.transition_1000": Decimal("0.01"),
        "intelligent_tiering.transition_1000": Decimal("0.01"),
        "intelligent_tiering.monitoring_1000": Decimal("0.0025"),
        "archive.storage": Decimal("0.004"),
        "glacier.transition_1000": Decimal("0.03"),
        "deep_archive.transition_1000": Decimal("0.05"),
    }
    storage = reading.book.regions["us-west-2"].classes["standard"].storage
    built = built_in()["aws"].regions["us-west-2"].classes["standard"].storage
    assert storage is not None
    assert built is not None
    assert [t.up_to.bytes if t.up_to else None for t in storage.tiers] == [
        t.up_to.bytes if t.up_to else None for t in built.tiers
    ]
    assert (storage.as_of, "20261120153012" in storage.source.title) == (dt.date(2026, 11, 20), True)
    left = dict(reading.left)
    assert left["AmazonS3 TagStorage-TagHrs"] == "nothing that the book has a place for"
    assert any("GDA" in what and "GB-Hrs" in why for what, why in left.items())


def test_a_page_of_azure_is_read_by_its_meters() -> None:
    """Only local redundancy, of the newer product, in the units that are expected; the rest is named."""
    reading = read(AZURE.read_text(), "page", TODAY)
    assert figures(reading.book, "westeurope") == {
        "standard.storage": Decimal("0.0196"),
        "standard.put_1000": Decimal("0.0054"),
        "standard.get_1000": Decimal("0.00043"),
        "infrequent.storage": Decimal("0.01"),
        "infrequent.retrieval": Decimal("0.01"),
        "deep_archive.storage": Decimal("0.0018"),
    }
    left = " ".join(what for what, _ in reading.left)
    for part in ("Priority", "Hot GRS", "Cold LRS", "Files v2", "100 TB", "standard.storage, twice"):
        assert part in left
    assert "not the last" in reading.notes[0]


def test_a_page_of_google_is_read_by_its_skus() -> None:
    """What holds everywhere holds in each region that the file has; what is free first stays free."""
    reading = read(GOOGLE.read_text(), "page", TODAY)
    assert set(reading.book.regions) == {"us-central1", "us-east1", "us-west1"}
    assert figures(reading.book, "us-central1") == {
        "standard.storage": Decimal("0.02"),
        "infrequent.storage": Decimal("0.01"),
        "infrequent.retrieval": Decimal("0.01"),
        "archive.storage": Decimal("0.004"),
        "archive.put_1000": Decimal("0.02"),
        "egress": Decimal("0.12"),
    }
    left = dict(reading.left)
    assert "EUR" in left["Nearline Storage Belgium (A5F0-0000-0006)"]
    assert "Standard Storage US Multi-region (A5F0-0000-0003)" in left
    assert reading.notes == ()


def test_of_the_history_of_a_price_of_google_the_latest_holds() -> None:
    """They are in the order of their days (Cloud Billing Catalog API, `pricingInfo`)."""
    page = json.loads(GOOGLE.read_text())
    (nearline,) = [sku for sku in page["skus"] if sku["description"] == "Nearline Storage Iowa"]
    newer = json.loads(json.dumps(nearline["pricingInfo"][0]))
    newer["pricingExpression"]["tieredRates"][0]["unitPrice"] = {
        "currencyCode": "USD",
        "units": "1",
        "nanos": 500000000,
    }
    nearline["pricingInfo"].append(newer)
    told = figures(read(json.dumps(page), "page", TODAY).book, "us-central1")
    assert told["infrequent.storage"] == Decimal("1.5")


@pytest.mark.parametrize("file", [AWS, AZURE, GOOGLE], ids=lambda file: file.stem)
def test_nothing_of_a_price_file_is_dropped_without_a_word(file: Path) -> None:
    """Each product is a figure that was taken, or is named with the reason."""
    reading = read(file.read_text(), file.name, TODAY)
    again = json.loads(file.read_text())
    entries = again.get("Items") or again.get("skus") or list(again["products"].values())
    assert reading.taken + len(reading.left) >= len({json.dumps(entry) for entry in entries}) - VOLUMES.get(file, 0)
    assert all(why for _, why in reading.left)


@pytest.mark.parametrize("file", [AWS, AZURE, GOOGLE], ids=lambda file: file.stem)
def test_what_was_read_is_written_in_the_book_s_own_form(file: Path) -> None:
    """Written, read again and written again it is the same."""
    book = read(file.read_text(), file.name, TODAY).book
    again = parse(dump(book), f"prices/{book.provider}.yaml")
    assert list(again.figures()) == list(book.figures())
    assert dump(again) == dump(book)
    assert list(differences(merged(built_in()[book.provider], again), again)) == []


@pytest.mark.parametrize("provider", list(built_in()))
def test_the_whole_book_survives_being_written(provider: str) -> None:
    """With ranges, notes and days of single figures."""
    book = built_in()[provider]
    assert parse(dump(book), f"{provider}.yaml") == book


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "no price file"),
        ('{"offerCode": "AmazonEC2", "products": {}}', "no price of storage"),
        ('{"offerCode": "AmazonS3", "products": ["a"]}', "another form"),
        ('{"Items": [{"productName": "Files v2"}]}', "Files v2"),
        ('{"skus": "none"}', "another form"),
    ],
)
def test_what_is_no_price_file_is_refused(text: str, says: str) -> None:
    """With what it is instead, as far as that can be said."""
    with pytest.raises(InputError, match=says):
        read(text, "given.json", TODAY)


def test_of_two_prices_for_one_figure_the_dearer_is_taken_and_it_is_said() -> None:
    """Nobody is told that something is cheap because a file says two things."""
    offer = json.loads(AWS.read_text())
    for sku, usd in (("REQ0000000000001", "0.0000050000"), ("REQ0000000000009", "0.0000060000")):
        offer["products"][sku] = {**offer["products"]["REQ0000000000001"], "sku": sku}
        term = json.loads(json.dumps(offer["terms"]["OnDemand"]["REQ0000000000001"]))
        for held in term.values():
            for dimension in held["priceDimensions"].values():
                dimension["pricePerUnit"] = {"USD": usd}
        offer["terms"]["OnDemand"][sku] = term
    reading = read(json.dumps(offer), "offer", TODAY)
    assert figures(reading.book, "us-west-2")["standard.put_1000"] == Decimal("0.006")
    assert any("the dearer is taken" in why for _, why in reading.left)


# The verb


def test_the_table_says_price_date_and_source_and_old_prices_are_a_finding(lab: Path) -> None:
    """With what to do about it."""
    result = call(lab, "--json")
    told = document(result)
    old = [
        f for f in told["figures"] if (dt.datetime.now(tz=dt.UTC).date() - dt.date.fromisoformat(f["as_of"])).days > 365
    ]
    assert result.return_value == int(bool(old))
    assert bool(told["findings"]) == bool(old)
    assert all("slidebox prices update --from" in finding["cure"] for finding in told["findings"])
    assert all(f["source"]["url"] and f["as_of"] for f in told["figures"])
    assert told["stores"] == {"isilon": 16}
    shown = call(lab, "--region", "us-east-1").stdout
    assert "archive (S3 Glacier" in shown
    assert "[1] Amazon S3 pricing, us-east-1, 2025-10-28" in shown
    assert "us-central1" not in shown


def test_a_lab_s_own_old_price_is_a_finding_too(lab: Path) -> None:
    """Its day counts, wherever it is written."""
    (lab / "prices").mkdir()
    (lab / "prices" / "aws.yaml").write_text(OWN.replace("2026-11-01", "2020-01-01"), encoding="utf-8")
    result = call(lab, "--json")
    assert result.return_value == 1
    assert any("Our quote, 2020-01-01" in finding["message"] for finding in document(result)["findings"])


def test_an_unknown_region_is_refused(lab: Path) -> None:
    """A table of nothing would look like an answer."""
    result = call(lab, "--region", "moon-1")
    assert isinstance(result.exception, InputError)


def test_an_update_writes_a_file_that_holds_from_then_on(lab: Path) -> None:
    """A second one adds to the first."""
    first = call(lab, "update", "--from", str(AWS))
    assert first.exception is None
    assert "TagStorage-TagHrs" in first.stdout
    offer = json.loads(AWS.read_text().replace("us-west-2", "eu-west-1").replace("USW2-", "EU-"))
    other = lab / "eu.json"
    other.write_text(json.dumps(offer), encoding="utf-8")
    assert call(lab, "update", "--from", str(other)).exception is None
    told = document(call(lab, "--json"))
    held = {(f["region"], f["figure"]): f for f in told["figures"] if f["provider"] == "aws"}
    for region in ("us-west-2", "eu-west-1"):
        assert held[region, "infrequent.storage"]["tiers"][0]["usual"] == 0.013
        assert held[region, "infrequent.storage"]["as_of"] == "2026-11-20"
    assert held["us-east-1", "infrequent.storage"]["tiers"][0]["usual"] == 0.0125
    assert sorted(path.name for path in (lab / "prices").iterdir()) == ["aws.yaml"]


def test_a_dry_run_shows_the_differences_and_writes_nothing(lab: Path) -> None:
    """Old and new price side by side; what stays is not named."""
    told = document(call(lab, "update", "--from", str(AWS), "--dry-run", "--json"))
    changes = {(c["region"], c["figure"]): (c["before"], c["after"]) for c in told["changed"]["aws"]}
    assert changes == {("us-west-2", "infrequent.storage"): ("0.0125", "0.013")}
    assert told["dry_run"] is True
    assert not (lab / "prices").exists()


def test_files_of_several_providers_are_read_at_once(lab: Path) -> None:
    """Each into its own file; the day of those that do not say theirs is given."""
    result = call(lab, "update", "--from", str(AZURE), "--from", str(GOOGLE), "--as-of", "2026-11-23")
    assert result.exception is None
    assert sorted(path.name for path in (lab / "prices").iterdir()) == ["azure.yaml", "google.yaml"]
    figures_held = document(call(lab, "--json", "--region", "westeurope"))["figures"]
    assert {figure["as_of"] for figure in figures_held} == {"2026-11-23"}


def test_a_unit_of_the_book_is_that_of_its_prices() -> None:
    """Amazon and Google bill binary gigabytes; Azure's are read as the dearer decimal ones."""
    assert {n: b.unit for n, b in built_in().items()} == {
        "aws": Size.parse("1 GiB"),
        "google": Size.parse("1 GiB"),
        "azure": Size.parse("1 GB"),
    }
