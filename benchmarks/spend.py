"""What it takes to tell bills in FOCUS apart, beside pandas and polars on the same file.

    python benchmarks/spend.py                        # 10 million rows, as Parquet; each program once
    python benchmarks/spend.py 1000000 --runs 3
    python benchmarks/spend.py --csv                  # the same as CSV, a tenth of the rows
    python benchmarks/spend.py --alone                # slidebox alone

The bill has the columns of AWS's export of FOCUS 1.2 that slidebox sets up, hourly, with tags as a map: 40 projects of
two levels, four usages of two services, a fifth of the rows without tags, one row of a thousand a credit. slidebox does
all that `slidebox audit spend` does without a lab: whose each charge is by tags, months, overlaps, rises. The other two
read the columns that they need and do the least of it: sums by the tags' project, the month and the usage.

Processor time is that of the process, memory its peak. The goal is 10 million rows in under 15 s on two cores.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

GOAL_SECONDS, GOAL_ROWS = 15.0, 10_000_000
NOW = dt.datetime(2027, 1, 2, tzinfo=dt.UTC)
COLUMNS = ("BilledCost", "BillingCurrency", "ChargeCategory", "ChargePeriodStart", "SkuMeter", "Tags")
"""What the least of it needs."""

_BILL = """
select
  (random() * 0.1) * case when r % 1000 = 999 then -1 else 1 end as "BilledCost",
  '999999999999' as "BillingAccountId",
  'Lab' as "BillingAccountName",
  'USD' as "BillingCurrency",
  date_trunc('month', began) + interval 1 month as "BillingPeriodEnd",
  date_trunc('month', began) as "BillingPeriodStart",
  case when r % 1000 = 999 then 'Credit' else 'Usage' end as "ChargeCategory",
  null::varchar as "ChargeClass",
  '$0.023 per GB - first 50 TB / month of storage used' as "ChargeDescription",
  'Usage-Based' as "ChargeFrequency",
  began + interval 1 hour as "ChargePeriodEnd",
  began as "ChargePeriodStart",
  random() as "ConsumedQuantity",
  'GB-Mo' as "ConsumedUnit",
  random() as "ContractedCost",
  random() * 0.1 as "EffectiveCost",
  null::varchar as "InvoiceId",
  'Amazon Web Services, Inc.' as "InvoiceIssuerName",
  random() * 0.1 as "ListCost",
  'Standard' as "PricingCategory",
  random() as "PricingQuantity",
  'GB-Mo' as "PricingUnit",
  'AWS' as "ProviderName",
  'AWS' as "PublisherName",
  'us-east-1' as "RegionId",
  'US East (N. Virginia)' as "RegionName",
  'arn:aws:s3:::lab-project-' || project || '-' || replace(level, '_', '-') || '-amazon' as "ResourceId",
  'Storage' as "ServiceCategory",
  case when usage = 4 then 'AWS Key Management Service' else 'Amazon Simple Storage Service' end as "ServiceName",
  'WP9ANXZGBYYSGJEA' as "SkuId",
  (['USE1-TimedStorage-ByteHrs', 'USE1-Requests-Tier1', 'USE1-DataTransfer-Out-Bytes', 'us-east-1-KMS-Requests'])[usage]
    as "SkuMeter",
  '123456789012' as "SubAccountId",
  case when project % 5 = 0 then map {} else map {
    'user:lab': 'lab', 'user:project': 'project-' || project, 'user:level': level, 'user:owner': 'kim'} end as "Tags",
  'PutObject' as "x_Operation",
  'AmazonS3' as "x_ServiceCode"
from (
  select r, r % 40 as project, (['raw_images', 'segmentation_masks'])[1 + (r // 40) % 2] as level,
    1 + (r // 80) % 4 as usage, timestamp '2026-01-01' + to_hours((r // 320) % 8760) as began
  from range(?) t(r)
)
"""


def generate(path: Path, rows: int) -> None:
    """Write a bill."""
    import duckdb  # noqa: PLC0415 - also when a child measures something else

    form = "format parquet, compression snappy" if path.suffix == ".parquet" else "format csv, header true"
    query = _BILL.replace("map {} else", "'{}' else to_json(").replace("'kim'} end", "'kim'}) end")
    with duckdb.connect() as connection:
        text = _BILL if path.suffix == ".parquet" else query
        connection.execute(f"copy ({text.replace('range(?)', f'range({int(rows)})')}) to '{path}' ({form})")


def by_slidebox(path: Path) -> float:
    """Everything that `slidebox audit spend` tells of a bill; what was charged."""
    from slidebox.spend import spent  # noqa: PLC0415

    return float(spent([path], NOW).total())


def by_polars(path: Path) -> float:
    """Sums by project, month and usage, with polars' own streaming."""
    import polars as pl  # noqa: PLC0415

    lazy = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema_length=1000)
    lazy = lazy.select(COLUMNS)
    if path.suffix == ".parquet":
        tag = pl.col("Tags").map.get("user:project")
    else:
        tag = pl.col("Tags").str.json_path_match("$['user:project']")
    start = pl.col("ChargePeriodStart")
    month = start.dt.strftime("%Y-%m") if path.suffix == ".parquet" else start.cast(pl.String).str.slice(0, 7)
    sums = (
        lazy.group_by(project=tag, month=month, meter=pl.col("SkuMeter"), category=pl.col("ChargeCategory"))
        .agg(pl.col("BilledCost").sum())
        .collect(engine="streaming")
    )
    return float(sums["BilledCost"].sum())


def by_pandas(path: Path) -> float:
    """Sums by project, month and usage, all in memory."""
    pd: Any = importlib.import_module("pandas")

    read: Any = pd.read_parquet if path.suffix == ".parquet" else pd.read_csv
    frame = read(path, **({"columns": list(COLUMNS)} if path.suffix == ".parquet" else {"usecols": list(COLUMNS)}))
    tags = frame["Tags"].map(json.loads) if path.suffix == ".csv" else frame["Tags"].map(dict)
    frame["project"] = tags.map(lambda one: one.get("user:project", ""))
    frame["month"] = pd.to_datetime(frame["ChargePeriodStart"]).dt.strftime("%Y-%m")
    sums = frame.groupby(["project", "month", "SkuMeter", "ChargeCategory"])["BilledCost"].sum()
    return float(sums.sum())


PANDAS_BYTES = 1300
"""What pandas holds for each row, with its tags as dictionaries."""


def _free() -> int:
    """Half of the memory that nobody uses, in bytes."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


PROGRAMS = {"slidebox": by_slidebox, "polars": by_polars, "pandas": by_pandas}


def measured(program: str, path: Path) -> dict[str, float]:
    """Seconds, processor seconds, peak megabytes and the sum, of a process of its own."""
    child = subprocess.run(
        [sys.executable, __file__, "--child", program, str(path)], capture_output=True, text=True, check=False
    )
    if child.returncode:
        return {"code": child.returncode}
    found: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return found


def as_child(program: str, path: Path) -> None:
    """Do it once and print what it took."""
    begin = time.monotonic()
    total = PROGRAMS[program](path)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    cpu = usage.ru_utime + usage.ru_stime
    print(json.dumps({"s": time.monotonic() - begin, "cpu": cpu, "mb": peak, "total": total}))


def main() -> int:
    """Generate a bill, measure each program, print a table; 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=GOAL_ROWS)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("PROGRAM", "PATH"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        as_child(asked.child[0], Path(asked.child[1]))
        return 0
    rows = asked.rows // 10 if asked.csv else asked.rows
    missed, totals = False, list[float]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bill.{'csv' if asked.csv else 'parquet'}"
        generate(path, rows)
        print(
            f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
        )
        print(f"{'program':<10}{'s':>8}{'CPU s':>8}{'peak MB':>9}{'total USD':>16}")
        for program in ["slidebox"] if asked.alone else list(PROGRAMS):
            if program == "pandas" and rows * PANDAS_BYTES > _free():
                print(f"{program:<10} left out: it needs about {rows * PANDAS_BYTES / 1e9:.0f} GB")
                continue
            found = [measured(program, path) for _ in range(asked.runs)]
            done = [one for one in found if "s" in one]
            if not done:
                print(f"{program:<10} ended with {found[0]['code']:.0f}")
                continue
            s, cpu, mb, total = (median(one[key] for one in done) for key in ("s", "cpu", "mb", "total"))
            print(f"{program:<10}{s:>8.1f}{cpu:>8.1f}{mb:>9.0f}{total:>16,.2f}")
            totals.append(total)
            missed |= program == "slidebox" and s * GOAL_ROWS / max(rows, GOAL_ROWS) > GOAL_SECONDS and not asked.csv
    return int(missed or max(totals) - min(totals) > 0.01)


if __name__ == "__main__":
    sys.exit(main())
