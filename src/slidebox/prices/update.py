"""The providers' own bulk price files, read into the form of the price book.

AWS: the offer files of the Price List Bulk API. Azure: pages of the Retail Prices API. Google Cloud: pages of the Cloud
Billing Catalog API. Pure: texts in, a book out, and the name of everything that was not taken.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from slidebox.errors import InputError
from slidebox.prices.book import Book, built_in

Price = tuple[tuple[Decimal, Decimal], ...]
"""A price by volume: from which amount, in units, and US dollars per unit."""


@dataclass(frozen=True, slots=True)
class Read:
    """A price that was read.

    Attributes
    ----------
    region, name
        Where, and which figure: ``standard.storage``, ``egress``.
    price
        By volume.
    rank
        Of two prices for one figure the one of the higher rank is meant.
    """

    region: str
    name: str
    price: Price
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a price file says.

    Attributes
    ----------
    provider
        Whose it is.
    book
        The figures that were taken.
    taken
        How many.
    left
        What was not taken, by its provider's own name, with the reason.
    notes
        What else has to be known of the file.
    """

    provider: str
    book: Book
    taken: int
    left: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def read(text: str, name: str, as_of: dt.date) -> Reading:
    """Read a provider's price file, whichever of the three it is.

    Parameters
    ----------
    text
        The JSON document.
    name
        What the file is called in messages.
    as_of
        The day it was had, for files that do not say when they were made.

    Raises
    ------
    InputError
        If it is none of these files, or nothing of it can be used.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"{name}: this is no JSON, or not all of it is there: {error}", _WHICH) from error
    for key, reader in (("offerCode", _aws), ("Items", _azure), ("skus", _google)):
        if isinstance(document, dict) and key in document:
            try:
                reading = reader(document, as_of)
            except (AttributeError, TypeError) as error:
                raise InputError(f"{name}: a part of it has another form than it should: {error}", _WHICH) from error
            if not reading.taken:
                why = f" Of it: {reading.left[0][0]}: {reading.left[0][1]}." if reading.left else ""
                raise InputError(f"{name}: there is no price of storage in it that could be used.{why}", _WHICH)
            return reading
    raise InputError(f"{name}: this is no price file of AWS, Azure or Google Cloud.", _WHICH)


_WHICH = "docs/cost.md says which files these are and where to get them."


@dataclass(slots=True)
class _Sheet:
    """Prices as they are read, and what is left."""

    read: dict[tuple[str, str], Read]
    left: dict[str, str]

    def take(self, found: Read, what: str) -> None:
        """Keep a price; of two that differ neither, unless one of them is meant before the other."""
        key = (found.region, found.name)
        before = self.read.get(key)
        if before is None:
            self.read[key] = found
        elif found.rank != before.rank:
            self.read[key] = max(before, found, key=lambda r: r.rank)
            if found.price != before.price:
                self.left[f"{what}, twice"] = (
                    "another price of the same; that of the newer product or the region is taken"
                )
        elif found.rank == before.rank and found.price != before.price:
            self.left[what] = f"another price of {found.region} {found.name} than one before it; the dearer is taken"
            self.read[key] = max(before, found, key=lambda r: [usd for _, usd in r.price])

    def reading(self, provider: str, source: Mapping[str, Any], notes: Iterable[str] = ()) -> Reading:
        """What was read, as a book."""
        below = built_in()[provider]
        regions: dict[str, dict[str, Any]] = {}
        for (region, name), found in sorted(self.read.items()):
            figure = _figure(found.price, below.unit.unit, source)
            storage_class, _, what = name.rpartition(".")
            place = regions.setdefault(region, {"classes": {}})
            (place["classes"].setdefault(storage_class, {}) if storage_class else place)[what] = figure
        head = {"provider": provider, "title": below.title, "unit": str(below.unit)}
        book = Book.model_validate({**head, "regions": regions})
        return Reading(provider, book, len(self.read), tuple(sorted(self.left.items())), tuple(notes))


def _figure(price: Price, unit: str, source: Mapping[str, Any]) -> dict[str, Any]:
    ends = [f"{start.normalize():f} {unit}" for start, _ in price[1:]]
    tiers = [
        {"usd": usd, **({"up_to": end} if end else {})} for (_, usd), end in zip(price, [*ends, None], strict=True)
    ]
    return {"tiers": tiers, "source": source, "as_of": source["as_of"]}


# AWS: a product's usage type, without the region before it, says what is paid for. By service, usage type and, where
# it matters, operation (Amazon S3 User Guide, "Understanding your AWS billing and usage reports for Amazon S3").
_S3, _GLACIER, _DEEP = "AmazonS3", "AmazonGlacier", "AmazonS3GlacierDeepArchive"
_USAGE: Mapping[tuple[str, str], tuple[str, ...]] = {
    (_S3, "TimedStorage-ByteHrs"): ("standard.storage",),
    (_S3, "Requests-Tier1"): ("standard.put_1000",),
    (_S3, "Requests-Tier2"): ("standard.get_1000",),
    (_S3, "TimedStorage-SIA-ByteHrs"): ("infrequent.storage",),
    (_S3, "Requests-SIA-Tier1"): ("infrequent.put_1000",),
    (_S3, "Requests-SIA-Tier2"): ("infrequent.get_1000",),
    (_S3, "Retrieval-SIA"): ("infrequent.retrieval",),
    (_S3, "Requests-Tier4"): (
        "infrequent.transition_1000",
        "onezone_ia.transition_1000",
        "intelligent_tiering.transition_1000",
    ),
    (_S3, "TimedStorage-ZIA-ByteHrs"): ("onezone_ia.storage",),
    (_S3, "Requests-ZIA-Tier1"): ("onezone_ia.put_1000",),
    (_S3, "Requests-ZIA-Tier2"): ("onezone_ia.get_1000",),
    (_S3, "Retrieval-ZIA"): ("onezone_ia.retrieval",),
    (_S3, "TimedStorage-GIR-ByteHrs"): ("archive.storage",),
    (_S3, "Requests-GIR-Tier1"): ("archive.put_1000",),
    (_S3, "Requests-GIR-Tier2"): ("archive.get_1000",),
    (_S3, "Retrieval-SIA-GIR"): ("archive.retrieval",),
    (_S3, "TimedStorage-INT-FA-ByteHrs"): ("intelligent_tiering.storage",),
    (_S3, "Requests-INT-Tier1"): ("intelligent_tiering.put_1000",),
    (_S3, "Requests-INT-Tier2"): ("intelligent_tiering.get_1000",),
    (_S3, "Monitoring-Automation-INT"): ("intelligent_tiering.monitoring_1000",),
    (_S3, "TimedStorage-GlacierByteHrs"): ("glacier.storage",),
    (_GLACIER, "TimedStorage-ByteHrs"): ("glacier.storage",),
    (_S3, "Requests-GLACIER-Tier1"): ("glacier.put_1000",),
    (_S3, "Requests-GLACIER-Tier2"): ("glacier.get_1000",),
    (_GLACIER, "Standard-Retrieval-Bytes"): ("glacier.retrieval",),
    (_GLACIER, "Requests-Tier1"): ("glacier.restore_1000",),
    (_S3, "Requests-Tier3/S3-GlacierTransition"): ("glacier.transition_1000",),
    (_S3, "TimedStorage-GDA-ByteHrs"): ("deep_archive.storage",),
    (_DEEP, "TimedStorage-GDA-ByteHrs"): ("deep_archive.storage",),
    (_DEEP, "Requests-GDA-Tier1"): ("deep_archive.put_1000",),
    (_S3, "Requests-GDA-Tier1"): ("deep_archive.put_1000",),
    (_S3, "Requests-GDA-Tier2"): ("deep_archive.get_1000",),
    (_DEEP, "Standard-Retrieval-Bytes"): ("deep_archive.retrieval",),
    (_DEEP, "Requests-GDA-Tier3/DeepArchiveRestoreObject"): ("deep_archive.restore_1000",),
    (_S3, "Requests-Tier3/S3-GDATransition"): ("deep_archive.transition_1000",),
    ("AWSDataTransfer", "DataTransfer-Out-Bytes"): ("egress",),
}
_AWS_REGION = re.compile(r"^[A-Z]{2,4}[0-9]?-")
_AWS_UNITS = {"storage": ("GB-Mo",), "retrieval": ("GB",), "egress": ("GB",)}
_OTHER_UNITS = ("Requests", "Objects")


def _aws(document: Mapping[str, Any], as_of: dt.date) -> Reading:
    sheet = _Sheet({}, {})
    offer, published = str(document["offerCode"]), str(document.get("publicationDate", ""))[:10]
    terms = (document.get("terms") or {}).get("OnDemand") or {}
    for sku, product in (document.get("products") or {}).items():
        about = product.get("attributes") or {}
        usage = _AWS_REGION.sub("", str(about.get("usagetype", "")))
        service = str(about.get("servicecode", offer))
        with_operation = f"{usage}/{about.get('operation') or ''}"
        names = _USAGE.get((service, with_operation)) or _USAGE.get((service, usage), ())
        what = f"{service} {usage or sku}"
        if not names:
            sheet.left.setdefault(what, "nothing that the book has a place for")
            continue
        if not (region := about.get("regionCode")):
            sheet.left[f"{what} ({sku})"] = "it names no region"
            continue
        for name in names:
            try:
                sheet.take(Read(region, name, _aws_price(terms.get(sku) or {}, name)), f"{region} {what}")
            except ValueError as error:
                sheet.left[f"{region} {what} ({sku})"] = str(error)
    day = _day(published) or as_of
    url = f"https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{offer}/current/index.json"
    title = f"AWS Price List, {offer}, version {document.get('version', 'not said')}"
    notes = () if _day(published) else (f"The file does not say when it was published: {day} is taken.",)
    return sheet.reading("aws", {"title": title, "url": url, "as_of": day}, notes)


def _aws_price(offers: Mapping[str, Any], name: str) -> Price:
    if len(offers) != 1:
        raise ValueError(f"it has {len(offers)} offers on demand, not one")
    (term,) = offers.values()
    per = 1000 if name.endswith("_1000") else 1
    units = _AWS_UNITS.get(name.rpartition(".")[2], _OTHER_UNITS)
    steps = []
    for dimension in (term.get("priceDimensions") or {}).values():
        if dimension.get("unit") not in units:
            raise ValueError(f"its unit is {dimension.get('unit')!r}, not {' or '.join(units)}")
        if "USD" not in (dimension.get("pricePerUnit") or {}):
            raise ValueError("it has no price in US dollars")
        start = _number(dimension.get("beginRange", "0"))
        steps.append((start, _number(dimension["pricePerUnit"]["USD"]) * per))
    return _by_volume(steps)


_AZURE_TIERS = {"Hot": "standard", "Cool": "infrequent", "Cold": "archive", "Archive": "deep_archive"}
_AZURE_METERS = (
    (re.compile(r"^(Hot|Cool|Cold|Archive) LRS Data Stored$"), "storage", "1 GB/Month", Decimal(1)),
    (re.compile(r"^(Hot|Cool|Cold|Archive)(?: LRS)? Write Operations$"), "put_1000", "10K", Decimal(10)),
    (re.compile(r"^(Hot|Cool|Cold|Archive)(?: LRS)? Read Operations$"), "get_1000", "10K", Decimal(10)),
    (re.compile(r"^(Hot|Cool|Cold|Archive)(?: LRS)? Data Retrieval$"), "retrieval", "1 GB", Decimal(1)),
)
_AZURE_PRODUCTS = {"General Block Blob v2": 1, "Blob Storage": 0}


def _azure(document: Mapping[str, Any], as_of: dt.date) -> Reading:
    sheet = _Sheet({}, {})
    steps: dict[tuple[str, str, int], list[tuple[Decimal, Decimal]]] = {}
    for item in document["Items"] or ():
        product, meter, sku = (str(item.get(key, "")) for key in ("productName", "meterName", "skuName"))
        what = f"{product}: {meter} ({sku})"
        try:
            name, unit, parts = _azure_figure(item, product, meter, sku)
            if item.get("unitOfMeasure") != unit:
                raise ValueError(f"its unit is {item.get('unitOfMeasure')!r}, not {unit!r}")
            key = (str(item["armRegionName"]), name, _AZURE_PRODUCTS[product])
            start = _number(item.get("tierMinimumUnits", 0))
            steps.setdefault(key, []).append((start, _number(item.get("retailPrice")) / parts))
        except ValueError as error:
            sheet.left.setdefault(what, str(error))
        except KeyError as error:
            sheet.left.setdefault(what, f"it has no {error.args[0]}")
    for (region, name, rank), found in steps.items():
        try:
            sheet.take(Read(region, name, _by_volume(found), rank), f"{region} {name}")
        except ValueError as error:
            sheet.left[f"{region} {name}"] = str(error)
    following = document.get("NextPageLink")
    notes = ("This page is not the last: give the others with further --from.",) if following else ()
    source = {"title": "Azure Retail Prices API", "url": "https://prices.azure.com/api/retail/prices", "as_of": as_of}
    return sheet.reading("azure", source, notes)


def _azure_figure(item: Mapping[str, Any], product: str, meter: str, sku: str) -> tuple[str, str, Decimal]:
    """The figure that an item is the price of, its unit, and how many of ours are in it."""
    if product not in _AZURE_PRODUCTS:
        raise ValueError("not the storage of blobs")
    if item.get("currencyCode", "USD") != "USD":
        raise ValueError(f"its price is in {item['currencyCode']}")
    if item.get("type", item.get("priceType", "Consumption")) != "Consumption":
        raise ValueError("no price of what is used, but of what is reserved")
    for pattern, what, unit, parts in _AZURE_METERS:
        match = pattern.match(meter)
        if match and sku == f"{match[1]} LRS":
            return f"{_AZURE_TIERS[match[1]]}.{what}", unit, parts
    raise ValueError("nothing that the book has a place for")


_GOOGLE_CLASSES = {"Standard": "standard", "Nearline": "infrequent", "Coldline": "archive", "Archive": "deep_archive"}
_GOOGLE_SKUS = (
    (re.compile(r"^(Standard|Nearline|Coldline|Archive) Storage (?!.*(?:Dual|Multi|Early))"), "storage", "GiBy.mo", 1),
    (re.compile(r"^Regional (Standard|Nearline|Coldline|Archive) Class A Operations$"), "put_1000", "count", 1000),
    (re.compile(r"^Regional (Standard|Nearline|Coldline|Archive) Class B Operations$"), "get_1000", "count", 1000),
    (
        re.compile(r"^(?:Regional )?(Nearline|Coldline|Archive)(?: Storage)?(?: Data)? Retrieval$"),
        "retrieval",
        "GiBy",
        1,
    ),
    (re.compile(r"^Download Worldwide Destinations \(excluding Asia & Australia\)$"), "egress", "GiBy", 1),
)
_EVERYWHERE = "global"


def _google(document: Mapping[str, Any], as_of: dt.date) -> Reading:
    sheet = _Sheet({}, {})
    everywhere: list[tuple[Read, str]] = []
    for sku in document["skus"] or ():
        what = f"{sku.get('description', '')} ({sku.get('skuId', 'no id')})"
        try:
            for found in _google_reads(sku):
                if found.region == _EVERYWHERE:
                    everywhere.append((found, what))
                else:
                    sheet.take(found, what)
        except ValueError as error:
            sheet.left[what] = str(error)
    regions = sorted({region for region, _ in sheet.read})
    for found, what in everywhere:
        if not regions:
            sheet.left[what] = "it holds everywhere, and the file has no region that storage is sold in"
        for region in regions:
            sheet.take(Read(region, found.name, found.price, -1), what)
    following = document.get("nextPageToken")
    notes = ("This page is not the last: give the others with further --from.",) if following else ()
    url = "https://cloudbilling.googleapis.com/v1/services/95FF-2EF5-5EA1/skus"
    return sheet.reading("google", {"title": "Google Cloud Billing Catalog API", "url": url, "as_of": as_of}, notes)


def _google_reads(sku: Mapping[str, Any]) -> Iterator[Read]:
    if (sku.get("category") or {}).get("usageType", "OnDemand") != "OnDemand":
        raise ValueError("no price of what is used, but of what is committed to")
    for pattern, what, unit, per in _GOOGLE_SKUS:
        if not (match := pattern.match(str(sku.get("description", "")))):
            continue
        name = what if what == "egress" else f"{_GOOGLE_CLASSES[match[1]]}.{what}"
        if not (history := sku.get("pricingInfo")):
            raise ValueError("it has no price")
        expression = history[-1].get("pricingExpression") or {}
        if expression.get("usageUnit") != unit:
            raise ValueError(f"its unit is {expression.get('usageUnit')!r}, not {unit!r}")
        price = _by_volume(
            (_number(rate.get("startUsageAmount", 0)), _google_usd(rate.get("unitPrice") or {}) * per)
            for rate in expression.get("tieredRates") or ()
        )
        regions = sku.get("serviceRegions") or ()
        if not regions:
            raise ValueError("it names no region")
        yield from (Read(str(region), name, price) for region in regions)
        return
    raise ValueError("nothing that the book has a place for")


def _google_usd(money: Mapping[str, Any]) -> Decimal:
    if money.get("currencyCode") != "USD":
        raise ValueError(f"its price is in {money.get('currencyCode')}")
    return _number(money.get("units") or 0) + _number(money.get("nanos") or 0) / 10**9


def _by_volume(steps: Iterable[tuple[Decimal, Decimal]]) -> Price:
    ordered = tuple(sorted(set(steps)))
    starts = [start for start, _ in ordered]
    if not ordered or starts[0] != 0 or len(set(starts)) != len(starts):
        raise ValueError("its prices by volume do not begin at 0, or two begin at one amount")
    return ordered


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number") from error
    if not number.is_finite() or number < 0:
        raise ValueError(f"{value!r} is no price or amount")
    return number


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
