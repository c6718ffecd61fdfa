"""S3 Inventory reports of up to 100 million objects, made of a real list of 1,495,400 images.

The list is that of the JUMP pilot in the wheel of jump-image-datasets (PyPI, BSD-3-Clause): keys, plates and times of
acquisition. It is repeated, each time with plates and a batch of its own, 33 days later, in one of sixteen buckets of a
lab with four projects of four levels. Sizes, which the list lacks, are log-normal by level; everything that is drawn is
drawn from the MD5 of what it is of, so that it is the same every time. Columns, types and compression are those of S3
(Amazon S3 User Guide, "Amazon S3 Inventory list"), with a manifest and its checksum beside them.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

PACKAGE = "jump-image-datasets==0.3.0"
MEMBER = "jump_image_datasets/jump_pilot/data/2020_11_04_CPJUMP1_all_plates.parquet"
OBJECTS = 1_495_400
"""Rows of the list."""

TAKEN = dt.datetime(2026, 11, 1, 1, tzinfo=dt.UTC)
LAB, STORE = "bench", "aws"
PROJECTS = ("cells", "drugs", "genes", "pilot")
LEVELS = {
    "raw_images": (2_400_000, 0.25),
    "corrected_images": (1_700_000, 0.3),
    "segmentation_masks": (45_000, 0.8),
    "single_cell_images": (12_000, 0.7),
}
"""Of each level the median of sizes in bytes, and the standard deviation of their logarithm."""

VERSIONED, KEYED = "genes", "drugs"
"""The project whose buckets keep versions, and the one whose buckets have a key of the lab's own."""

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("bucket", "key", "version_id")),
        *((name, pa.bool_()) for name in ("is_latest", "is_delete_marker")),
        ("size", pa.int64()),
        ("last_modified_date", pa.timestamp("ms", tz="UTC")),
        *((name, pa.string()) for name in ("e_tag", "storage_class")),
        ("is_multipart_uploaded", pa.bool_()),
        *((name, pa.string()) for name in ("replication_status", "encryption_status")),
        ("object_lock_retain_until_date", pa.timestamp("ms", tz="UTC")),
        *((name, pa.string()) for name in ("object_lock_mode", "object_lock_legal_hold_status")),
        *((name, pa.string()) for name in ("intelligent_tiering_access_tier", "bucket_key_status")),
        *((name, pa.string()) for name in ("checksum_algorithm", "object_access_control_list", "object_owner")),
    ]
)
ACCESS = base64.b64encode(
    b'{"version":"2022-11-10","status":"AVAILABLE","grants":[{"type":"Canonical","canonicalId":"' + b"0a" * 32 + b'",'
    b'"permission":"FULL_CONTROL"}]}'
).decode()

_ROWS = """
with listed as (
  select
    replace(replace(substr(Metadata_FileUrl, 27), 'BR00', 'BR' || $plates), '2020_11_04_CPJUMP1', $batch) as key,
    -- Three images of a hundred are the same bytes wherever they are; the others differ from time to time.
    'seed ' || $seed || case when file_row_number % 100 < 3 then $level else $plates end || Metadata_FileUrl as content,
    Metadata_AbsTime::timestamptz + interval (33 * $number) days as changed
  from read_parquet($list, file_row_number = true)
),
drawn as (
  select *, md5(content) as digest, md5_number_upper(content) as one, md5_number_lower(content) as two from listed
),
sized as (
  select *,
    greatest(1, exp(
      ln($median) + $spread * sqrt(-2 * ln((one // 2048 + 1) / 9007199254740993)) * cos(2 * pi() * (two / 2.0 ** 64))
    ))::bigint as bytes,
    $versioned and two % 200 = 0 as marker,
    $versioned and two % 200 between 1 and 6 as earlier,
    one % 50 = 7 as parts,
    case
      when changed > timestamptz '2026-08-03 00:00:00+00' or two % 10 = 0 then 'STANDARD'
      when two % 10 < 4 then 'STANDARD_IA'
      when two % 10 < 8 then 'GLACIER_IR'
      else 'INTELLIGENT_TIERING' end as class
  from drawn
)
select
  $bucket, key, case when $versioned then md5('version ' || content) end, not earlier, marker,
  case when not marker then bytes end, changed,
  case when not marker then digest || case when parts then '-3' else '' end end,
  case when not marker then class end,
  parts and not marker, null, case when not marker then $encryption end, null, null, null,
  case when class = 'INTELLIGENT_TIERING' and not marker then 'INFREQUENT' end,
  case when $encryption = 'SSE-KMS' then 'ENABLED' else 'DISABLED' end, 'CRC64NVME', $access, $owner
from sized
"""


def bucket(number: int) -> tuple[str, str, str]:
    """Of a repetition its bucket, project and level."""
    project, level = PROJECTS[number // len(LEVELS) % len(PROJECTS)], list(LEVELS)[number % len(LEVELS)]
    return f"{LAB}-{project}-{level.replace('_', '-')}-{STORE}", project, level


def made(folder: Path, times: int) -> Path:
    """The folder with reports of so many repetitions; what is there already is kept.

    Parameters
    ----------
    folder
        Where everything is kept: the list, a Parquet file for each repetition, reports of each size.
    times
        How often the list is repeated.
    """
    listed = _list(folder)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        files = list(pool.map(_repetition, [folder] * times, [listed] * times, range(times)))
    reports = folder / f"{times}-times"
    if not (reports / "complete").is_file():
        shutil.rmtree(reports, ignore_errors=True)
        for name in {bucket(number)[0] for number in range(times)}:
            _report(reports, name, [file for number, file in enumerate(files) if bucket(number)[0] == name])
        _lab(reports)
        (reports / "complete").touch()
    return reports


def _list(folder: Path) -> Path:
    """The list of images, from PyPI."""
    listed = folder / "list.parquet"
    if not listed.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"Fetching {PACKAGE} from PyPI into {folder}: 14 MB.", file=sys.stderr, flush=True)
        pip = [shutil.which("python3") or sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--dest", str(folder), PACKAGE], check=True)
        with zipfile.ZipFile(next(folder.glob("jump_image_datasets-*.whl"))) as wheel, wheel.open(MEMBER) as member:
            part = listed.with_suffix(".part")
            with part.open("wb") as file:
                shutil.copyfileobj(member, file)
            part.rename(listed)
    return listed


def _repetition(folder: Path, listed: Path, number: int) -> Path:
    """The Parquet file of one repetition."""
    path = folder / "parts" / f"{number:02d}.parquet"
    if path.is_file():
        return path
    path.parent.mkdir(exist_ok=True)
    name, project, level = bucket(number)
    day = dt.date(2020, 11, 4) + dt.timedelta(days=33 * number)
    given = {
        "list": str(listed),
        "number": number,
        "seed": "1 ",
        "plates": f"{number:02d}",
        "batch": f"{day:%Y_%m_%d}_CPJUMP1",
        "bucket": name,
        "level": level,
        "median": LEVELS[level][0],
        "spread": LEVELS[level][1],
        "versioned": project == VERSIONED,
        "encryption": "SSE-KMS" if project == KEYED else "SSE-S3",
        "access": ACCESS,
        "owner": "0a" * 32,
    }
    part = path.with_suffix(".part")
    few = [field.name for field in SCHEMA if field.name not in {"key", "version_id", "size", "e_tag"}]
    with (
        duckdb.connect(config={"threads": 1, "memory_limit": "1GB"}) as connection,
        pq.ParquetWriter(part, SCHEMA, compression="snappy", use_dictionary=few) as writer,
    ):
        connection.execute("set TimeZone = 'UTC'")
        for batch in connection.sql(_ROWS, params=given).to_arrow_reader(250_000):
            writer.write_table(pa.table(batch.columns, names=SCHEMA.names).cast(SCHEMA))
    part.rename(path)
    return path


def _report(reports: Path, name: str, files: list[Path]) -> None:
    """A report of one bucket: links to its files, and a manifest with its checksum."""
    data = reports / name / "daily" / "data"
    data.mkdir(parents=True)
    for file in files:
        os.link(file, data / file.name)
    fields = "; ".join(f"optional {field.type} {field.name}" for field in SCHEMA)
    manifest = {
        "sourceBucket": name,
        "destinationBucket": "arn:aws:s3:::bench-inventory",
        "version": "2016-11-30",
        "creationTimestamp": str(int(TAKEN.timestamp() * 1000)),
        "fileFormat": "Parquet",
        "fileSchema": f"message s3.inventory {{ {fields}; }}",
        "files": [
            {"key": f"{name}/daily/data/{file.name}", "size": file.stat().st_size, "MD5checksum": _md5(file)}
            for file in files
        ],
    }
    text = json.dumps(manifest)
    folder = reports / name / "daily" / f"{TAKEN:%Y-%m-%dT%H-%MZ}"
    folder.mkdir()
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    (folder / "manifest.checksum").write_text(digest, encoding="ascii")


def _md5(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _lab(folder: Path) -> None:
    """The lab whose buckets they are."""
    (folder / "projects").mkdir()
    store = f"{STORE}: {{system: cloud, kind: aws, region: us-east-1, account: '123456789012'}}"
    (folder / "lab.yaml").write_text(
        f"lab: {LAB}\ntitle: A lab to measure with\npeople: {{ada: {{name: Ada}}}}\nstores:\n  {store}\n",
        encoding="utf-8",
    )
    for project in PROJECTS:
        levels = "".join(
            f"  {level}: {{size: 40 TB, files: 9000000, sensitivity: open, licence: CC0-1.0}}\n" for level in LEVELS
        )
        (folder / "projects" / f"{project}.yaml").write_text(
            f"project: {project}\ntitle: {project}\nowner: ada\naudience: {{contributor: [ada]}}\ndatasets:\n{levels}",
            encoding="utf-8",
        )
