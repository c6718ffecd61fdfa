"""Small bills in FOCUS as each provider writes them, for tests.

Columns and types are those of the providers' own pages, as of 2026-11: AWS Data Exports User Guide, "FOCUS 1.0 with AWS
columns" (43 columns and five of its own) and "FOCUS 1.2 with AWS columns" (57 and three; `x_UsageType` is `SkuMeter`);
Microsoft, "Cost and usage details (FOCUS)" 1.0 and 1.2-preview (some of its own columns left out); Google Cloud,
"Structure of FOCUS data export" (a subset of 1.2 without Tags and ServiceCategory, with labels in `x_Labels`), and its
earlier view of the detailed export (1.0, Tags as a list of pairs). FOCUS 1.1 and 1.3: the specification's own columns.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

V1_0 = """
AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd
BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd
ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
CommitmentDiscountStatus CommitmentDiscountType ConsumedQuantity ConsumedUnit ContractedCost
ContractedUnitPrice EffectiveCost InvoiceIssuerName ListCost ListUnitPrice PricingCategory
PricingQuantity PricingUnit ProviderName PublisherName RegionId RegionName ResourceId ResourceName
ResourceType ServiceCategory ServiceName SkuId SkuPriceId SubAccountId SubAccountName Tags
""".split()  # noqa: SIM905 - names as they stand in the pages
V1_1 = """
CapacityReservationId CapacityReservationStatus CommitmentDiscountQuantity CommitmentDiscountUnit
ServiceSubcategory SkuMeter SkuPriceDetails
""".split()  # noqa: SIM905 - names as they stand in the pages
V1_2 = """
BillingAccountType InvoiceId PricingCurrency PricingCurrencyContractedUnitPrice
PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice SubAccountType
""".split()  # noqa: SIM905 - names as they stand in the pages
V1_3 = """
AllocatedMethodDetails AllocatedMethodId AllocatedResourceId AllocatedResourceName AllocatedTags
ContractApplied HostProviderName ServiceProviderName
""".split()  # noqa: SIM905 - names as they stand in the pages

AZURE_OWN = """
x_AccountId x_AccountName x_AccountOwnerId x_BilledCostInUsd x_BillingAccountId x_BillingProfileId
x_CostCenter x_ResourceGroupName x_ResourceType x_SkuMeterCategory x_SkuMeterId x_SkuMeterName
x_SkuMeterSubcategory
""".split()  # noqa: SIM905 - names as they stand in the pages

GOOGLE_1_2 = """
BilledCost BillingAccountId BillingCurrency BillingPeriodStart BillingPeriodEnd ChargeCategory
ChargeClass ChargeDescription ChargePeriodStart ChargePeriodEnd ConsumedQuantity ConsumedUnit
ContractedCost ContractedUnitPrice ListCost ListUnitPrice PricingCategory PricingQuantity
PricingUnit ProviderName PublisherName RegionId RegionName ResourceId ResourceName ServiceName SkuId
SkuPriceId SubAccountId SubAccountName x_Credits x_CostType x_CurrencyConversionRate x_ExportTime
x_Location x_Project x_ServiceId x_SystemLabels x_Labels x_ProjectLabels x_Tags EffectiveCost
PricingCurrency PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost
PricingCurrencyListUnitPrice BillingAccountType
""".split()  # noqa: SIM905 - names as they stand in the pages

COLUMNS: Mapping[tuple[str, str], Sequence[str]] = {
    ("aws", "1.0"): [*V1_0, *["x_CostCategories", "x_Discounts", "x_Operation", "x_ServiceCode", "x_UsageType"]],
    ("aws", "1.2"): [*V1_0, *V1_1, *V1_2, *["x_Discounts", "x_Operation", "x_ServiceCode"]],
    ("azure", "1.0"): [*V1_0, *AZURE_OWN],
    ("azure", "1.2"): [*V1_0, *V1_1, *V1_2, *AZURE_OWN],
    ("google", "1.0"): [
        *(column for column in V1_0 if not column.startswith("CommitmentDiscount")),
        *["x_Credits", "x_CostType", "x_CurrencyConversionRate", "x_ExportTime", "x_Location"],
        *["x_Project", "x_ServiceId"],
    ],
    ("google", "1.2"): GOOGLE_1_2,
    ("other", "1.1"): [*V1_0, *V1_1],
    ("other", "1.3"): [*V1_0, *V1_1, *V1_2, *V1_3],
}
"""The columns of each export."""

_PROVIDERS = {"aws": "AWS", "azure": "Microsoft", "google": "Google Cloud", "other": "Storage Unlimited"}
_SERVICES = {
    "aws": "Amazon Simple Storage Service",
    "azure": "Storage Accounts",
    "google": "Cloud Storage",
    "other": "Object storage",
}
_METERS = {
    "aws": ("x_UsageType", "SkuMeter", "USE1-TimedStorage-ByteHrs"),
    "azure": ("x_SkuMeterName", "SkuMeter", "Hot LRS Data Stored"),
    "google": ("ChargeDescription", "ChargeDescription", "Standard Storage Iowa"),
    "other": ("SkuMeter", "SkuMeter", "Storage"),
}

Row = dict[str, Any]


def row(flavour: str, version: str, day: str, usd: float, resource: str = "", **values: Any) -> Row:
    """A row of a bill: usage of storage on a day, with anything else that is said of it.

    ``tags`` are put where the export has them, ``meter`` where it has the usage.
    """
    start = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    month = start.replace(day=1, hour=0)
    known = dict.fromkeys(COLUMNS[flavour, version])
    tags: Mapping[str, str] = values.pop("tags", {})
    first, second, usual = _METERS[flavour]
    meter = values.pop("meter", usual)
    said: Row = {
        "BilledCost": usd,
        "EffectiveCost": usd,
        "ListCost": usd,
        "ContractedCost": usd,
        "BillingAccountId": "payer",
        "BillingCurrency": "USD",
        "BillingPeriodStart": month,
        "BillingPeriodEnd": (month + dt.timedelta(days=32)).replace(day=1),
        "ChargeCategory": "Usage",
        "ChargePeriodStart": start,
        "ChargePeriodEnd": start + dt.timedelta(days=1),
        "ChargeDescription": "What it is for",
        "ConsumedQuantity": 1.0,
        "ProviderName": _PROVIDERS[flavour],
        "ServiceProviderName": _PROVIDERS[flavour],
        "HostProviderName": _PROVIDERS[flavour],
        "ServiceName": _SERVICES[flavour],
        "ServiceCategory": "Storage",
        "ResourceId": resource or None,
        "ResourceName": None,
        "SubAccountId": "account",
        "x_ExportTime": start + dt.timedelta(days=2),
        "x_ServiceCode": "AmazonS3",
        first if first in known else second: meter,
        "x_Labels" if "x_Labels" in known else "Tags": tags,
    }
    return {**known, **{name: value for name, value in {**said, **values}.items() if name in known or name in values}}


def _plain(value: Any, flavour: str) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC" if flavour == "google" else "%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping):
        return json.dumps(_pairs(value) if flavour == "google" else dict(value))
    return str(value)


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_csv(path: Path, flavour: str, rows: Sequence[Row], *, without: Sequence[str] = ()) -> Path:
    """Write a bill as CSV; packed where the name ends in ``.gz``."""
    text = io.StringIO(newline="")
    names = [name for name in rows[0] if name not in without]
    writer = csv.writer(text, lineterminator="\r\n" if flavour == "azure" else "\n")
    writer.writerow(names)
    writer.writerows([_plain(one[name], flavour) for name in names] for one in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.getvalue().encode("utf-8-sig" if flavour == "azure" else "utf-8")
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path


def as_parquet(path: Path, flavour: str, rows: Sequence[Row], *, without: Sequence[str] = ()) -> Path:
    """Write a bill as Parquet, with the types that the provider's files have."""
    import pyarrow as pa  # noqa: PLC0415 - of an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    def typed(name: str, values: Sequence[Any]) -> Any:  # noqa: PLR0911 - a type each
        if any(word in name for word in ("Period", "x_ExportTime")):
            plain = [value.replace(tzinfo=None) if value else None for value in values]
            return (
                pa.array(plain, pa.timestamp("ms")) if flavour == "aws" else pa.array(values, pa.timestamp("us", "UTC"))
            )
        if name in ("Tags", "x_Labels"):
            maps = [dict(value or {}) for value in values]
            if flavour == "google":
                pair = pa.struct([("Key", pa.string()), ("Value", pa.string())])
                return pa.array([_pairs(value) for value in maps], pa.list_(pair))
            if flavour == "azure":
                return pa.array([json.dumps(value) for value in maps], pa.string())
            return pa.array([list(value.items()) for value in maps], pa.map_(pa.string(), pa.string()))
        if any(isinstance(value, int | float | Decimal) for value in values):
            if flavour in ("azure", "google"):
                exact = [None if value is None else Decimal(str(value)).quantize(Decimal("1e-9")) for value in values]
                return pa.array(exact, pa.decimal128(38, 9))
            return pa.array(values, pa.float64())
        return pa.array([None if value is None else str(value) for value in values], pa.string())

    names = [name for name in rows[0] if name not in without]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({name: typed(name, [one[name] for one in rows]) for name in names}), path)
    return path
