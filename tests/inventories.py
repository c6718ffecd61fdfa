"""Reports of what stores hold, written as their providers document them, for tests."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import gzip
import hashlib
import importlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

BUCKET = "lab-alpha-raw-images-cloud"
TAKEN = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)

S3_FIELDS: Mapping[str, str] = {
    "Bucket": "bucket",
    "Key": "key",
    "VersionId": "version_id",
    "IsLatest": "is_latest",
    "IsDeleteMarker": "is_delete_marker",
    "Size": "size",
    "LastModifiedDate": "last_modified_date",
    "ETag": "e_tag",
    "StorageClass": "storage_class",
    "IsMultipartUploaded": "is_multipart_uploaded",
    "EncryptionStatus": "encryption_status",
    "IntelligentTieringAccessTier": "intelligent_tiering_access_tier",
    "ObjectAccessControlList": "object_access_control_list",
}
"""Fields of an S3 inventory, by their names in CSV, with those in Parquet and ORC."""


def md5(text: str) -> str:
    """The MD5 of some text, in hexadecimal."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def s3_object(key: str, size: int | None = 1000, **more: Any) -> dict[str, Any]:
    """A row of an S3 inventory, by the names of CSV."""
    row = {
        "Bucket": BUCKET,
        "Key": key,
        "VersionId": "v1",
        "IsLatest": True,
        "IsDeleteMarker": False,
        "Size": size,
        "LastModifiedDate": dt.datetime(2026, 1, 1, 12, 0, tzinfo=dt.UTC),
        "ETag": md5(key),
        "StorageClass": "STANDARD",
        "IsMultipartUploaded": False,
        "EncryptionStatus": "SSE-S3",
        "IntelligentTieringAccessTier": None,
        "ObjectAccessControlList": None,
    }
    return {**row, **more}


def acl(*grants: Mapping[str, str], status: str = "AVAILABLE") -> str:
    """An object's list of grants as an S3 inventory has it: JSON in base64."""
    document = {"version": "2022-11-10", "status": status, "grants": list(grants)}
    return base64.b64encode(json.dumps(document).encode()).decode()


def everyone(permission: str = "READ", group: str = "AllUsers") -> dict[str, str]:
    """A grant to one of AWS's own groups."""
    return {"uri": f"http://acs.amazonaws.com/groups/global/{group}", "permission": permission, "type": "Group"}


OWNER = {"canonicalId": "9b1", "type": "CanonicalUser", "permission": "FULL_CONTROL"}


def s3_report(
    folder: Path,
    *parts: Sequence[Mapping[str, Any]],
    form: str = "Parquet",
    bucket: str = BUCKET,
    taken: dt.datetime = TAKEN,
    name: str = "slidebox",
    fields: Sequence[str] = tuple(S3_FIELDS),
) -> Path:
    """An S3 inventory as it lies in its destination bucket; the path of its manifest."""
    home = folder / "inventory" / bucket / name
    data = home / "data"
    data.mkdir(parents=True, exist_ok=True)
    files = []
    for number, rows in enumerate(parts):
        written = {"Parquet": s3_parquet, "CSV": s3_csv, "ORC": s3_orc}[form](rows, fields)
        end = {"Parquet": "parquet", "CSV": "csv.gz", "ORC": "orc"}[form]
        path = data / f"{taken:%Y%m%d%H%M}-{form}-{number}.{end}"
        path.write_bytes(written)
        digest = hashlib.md5(written, usedforsecurity=False).hexdigest()
        files.append({"key": path.relative_to(folder).as_posix(), "size": len(written), "MD5checksum": digest})
    manifest = home / f"{taken:%Y-%m-%dT%H-%MZ}" / "manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    schema = ", ".join(fields) if form == "CSV" else "message s3.inventory { required binary bucket (UTF8); }"
    document = {
        "sourceBucket": bucket,
        "destinationBucket": "arn:aws:s3:::lab-audit",
        "version": "2016-11-30",
        "creationTimestamp": str(int(taken.timestamp() * 1000)),
        "fileFormat": form,
        "fileSchema": schema,
        "files": files,
    }
    return seal(manifest, document)


def seal(manifest: Path, document: Any) -> Path:
    """Write a manifest, and its checksum beside it."""
    text = json.dumps(document, indent=2).encode()
    manifest.write_bytes(text)
    beside = manifest.with_name(manifest.name.removesuffix(".json") + ".checksum")
    beside.write_text(hashlib.md5(text, usedforsecurity=False).hexdigest())
    return manifest


def s3_csv(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> bytes:
    """Rows as S3 writes them into CSV: no line of names, keys escaped, everything in quotes, compressed."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow([_s3_text(field, row.get(field)) for field in fields])
    return gzip.compress(text.getvalue().encode(), mtime=0)


def _s3_text(field: str, value: Any) -> str:
    if field == "Key":
        return quote_plus(value, safe="/")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return "" if value is None else str(value)


def s3_table(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> Any:
    """Rows as an Arrow table with the types that S3 documents."""
    pyarrow = importlib.import_module("pyarrow")
    types = {
        "Size": pyarrow.int64(),
        "LastModifiedDate": pyarrow.timestamp("ms", tz="UTC"),
        **dict.fromkeys(("IsLatest", "IsDeleteMarker", "IsMultipartUploaded"), pyarrow.bool_()),
    }
    return pyarrow.table(
        {
            S3_FIELDS.get(field, field): pyarrow.array(
                [row.get(field) for row in rows], types.get(field, pyarrow.string())
            )
            for field in fields
        }
    )


def s3_parquet(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> bytes:
    """Rows as S3 writes them into Parquet."""
    return parquet(s3_table(rows, fields))


def s3_orc(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> bytes:
    """Rows as S3 writes them into ORC."""
    sink = io.BytesIO()
    importlib.import_module("pyarrow.orc").write_table(s3_table(rows, fields), sink)
    return sink.getvalue()


def parquet(table: Any) -> bytes:
    """An Arrow table as Parquet."""
    sink = io.BytesIO()
    importlib.import_module("pyarrow.parquet").write_table(table, sink)
    return sink.getvalue()


GOOGLE_FIELDS = (
    *("project", "bucket", "name", "location", "size", "timeCreated", "timeDeleted", "updated", "storageClass"),
    *("etag", "retentionExpirationTime", "crc32c", "md5Hash", "generation", "metageneration", "contentType"),
    *("contentEncoding", "timeStorageClassUpdated"),
)
"""All that slidebox orders of Storage Insights."""


def base64_md5(text: str) -> str:
    """The MD5 of some text, in base64."""
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()


def google_object(name: str, size: int = 2000, bucket: str = "lab-alpha-bulk-embeddings-gcs", **more: Any) -> Any:
    """A row of Storage Insights."""
    row = {
        "project": "123456789012",
        "bucket": bucket,
        "name": name,
        "location": "us-central1",
        "size": size,
        "timeCreated": dt.datetime(2026, 2, 1, 9, 30, tzinfo=dt.UTC),
        "timeDeleted": None,
        "updated": dt.datetime(2026, 2, 2, 9, 30, tzinfo=dt.UTC),
        "storageClass": "NEARLINE",
        "etag": "CJ+/lo7Y8PoCEAE=",
        "crc32c": "yZRlqg==",
        "md5Hash": base64_md5(name),
        "generation": "1668449310541111",
        "metageneration": 1,
        "contentType": "image/tiff",
    }
    return {**row, **more}


def google_report(
    folder: Path,
    *parts: Sequence[Mapping[str, Any]],
    form: str = "parquet",
    bucket: str = "lab-alpha-bulk-embeddings-gcs",
    taken: dt.datetime = TAKEN,
    headed: bool = True,
    delimiter: str = ",",
    fields: Sequence[str] = GOOGLE_FIELDS,
) -> Path:
    """A report of Storage Insights as it lies in its destination; the path of its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = f"fc95c52f-157a-494f-af4a-d4a53a69ba66_{taken:%Y-%m-%dT%H:%M}"
    names = []
    for number, rows in enumerate(parts):
        path = folder / f"{begun}_{number}.{form}"
        path.write_bytes(
            _google_csv(rows, fields, headed, delimiter) if form == "csv" else parquet(_google_table(rows, fields))
        )
        names.append(path.name)
    options = {"csv_options": {"delimiter": delimiter, "record_separator": "\n", "header_required": headed}}
    document = {
        "report_config": {
            "name": "projects/123456789012/locations/us-central1/reportConfigs/fc95c52f-157a-494f-af4a-d4a53a69ba66",
            "display_name": "slidebox",
            "frequency_options": {"frequency": "WEEKLY"},
            "object_metadata_report_options": {
                "metadata_fields": list(fields),
                "storage_filters": {"bucket": bucket},
                "storage_destination_options": {"bucket": "lab-audit", "destination_path": "inventory"},
            },
            **(options if form == "csv" else {"parquet_options": {}}),
        },
        "records_processed": sum(map(len, parts)),
        "snapshot_time": taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "shard_count": len(parts),
        "report_shards_file_names": names,
    }
    manifest = folder / f"{begun}_manifest.json"
    manifest.write_text(json.dumps(document, indent=2))
    return manifest


def _google_csv(rows: Sequence[Mapping[str, Any]], fields: Sequence[str], headed: bool, delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    if headed:
        writer.writerow(fields)
    for row in rows:
        values = [row.get(field) for field in fields]
        writer.writerow([v.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(v, dt.datetime) else v for v in values])
    return text.getvalue().encode()


def _google_table(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> Any:
    pyarrow = importlib.import_module("pyarrow")
    times = ("timeCreated", "timeDeleted", "updated", "retentionExpirationTime", "timeStorageClassUpdated")
    types = {
        **dict.fromkeys(times, pyarrow.timestamp("us", tz="UTC")),
        **dict.fromkeys(("size", "metageneration"), pyarrow.int64()),
    }
    return pyarrow.table(
        {f: pyarrow.array([row.get(f) for row in rows], types.get(f, pyarrow.string())) for f in fields}
    )


AZURE_FIELDS = (
    *("Name", "VersionId", "IsCurrentVersion", "Snapshot", "Deleted", "Creation-Time", "Last-Modified"),
    *("LastAccessTime", "Etag", "Content-Length", "Content-MD5", "BlobType", "AccessTier", "AccessTierChangeTime"),
    *("ServerEncrypted", "EncryptionScope", "CustomerProvidedKeySha256", "hdi_isfolder"),
)


def azure_blob(name: str, size: int | None = 3000, **more: Any) -> dict[str, Any]:
    """A row of a blob inventory; its name begins with the container."""
    row = {
        "Name": name,
        "VersionId": "2026-03-01T10:00:00.1234567Z",
        "IsCurrentVersion": True,
        "Snapshot": None,
        "Deleted": None,
        "Creation-Time": dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC),
        "Last-Modified": dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC),
        "LastAccessTime": dt.datetime(2026, 10, 1, 10, 0, tzinfo=dt.UTC),
        "Etag": "0x8D9F",
        "Content-Length": size,
        "Content-MD5": base64_md5(name),
        "BlobType": "BlockBlob",
        "AccessTier": "Cool",
        "ServerEncrypted": True,
        "EncryptionScope": "$account-encryption-key",
        "CustomerProvidedKeySha256": None,
        "hdi_isfolder": None,
    }
    return {**row, **more}


def azure_report(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    form: str = "parquet",
    account: str = "labaccount",
    taken: dt.datetime = TAKEN,
    rule: str = "slidebox",
    prefixes: Sequence[str] = (),
    fields: Sequence[str] = AZURE_FIELDS,
    **said: Any,
) -> Path:
    """A blob inventory as it lies in its container; the path of its manifest."""
    home = folder / f"{taken:%Y/%m/%d/%H-%M-%S}" / rule
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{rule}.{form}"
    path.write_bytes(_azure_csv(rows, fields) if form == "csv" else parquet(_azure_table(rows, fields)))
    document = {
        "destinationContainer": "lab-audit",
        "endpoint": f"https://{account}.blob.core.windows.net",
        "files": [{"blob": path.relative_to(folder).as_posix(), "size": path.stat().st_size}],
        "inventoryCompletionTime": (taken + dt.timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "inventoryStartTime": taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ruleDefinition": {
            "filters": {"blobTypes": ["blockBlob"], "includeBlobVersions": True, "prefixMatch": list(prefixes)},
            "format": form,
            "objectType": "blob",
            "schedule": "weekly",
            "schemaFields": list(fields),
        },
        "ruleName": rule,
        "status": "Succeeded",
        "summary": {"objectCount": len(rows), "totalObjectSize": sum(row["Content-Length"] or 0 for row in rows)},
        "version": "1.0",
    }
    return seal(home / f"{rule}-manifest.json", {**document, **said})


def _azure_csv(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    for row in rows:
        values = [row.get(field) for field in fields]
        shown = [v.strftime("%Y-%m-%dT%H:%M:%S.0000000Z") if isinstance(v, dt.datetime) else v for v in values]
        writer.writerow([str(v).lower() if isinstance(v, bool) else v for v in shown])
    return text.getvalue().encode()


def _azure_table(rows: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> Any:
    pyarrow = importlib.import_module("pyarrow")
    times = ("Creation-Time", "Last-Modified", "LastAccessTime", "AccessTierChangeTime")
    types = {
        **dict.fromkeys(times, pyarrow.timestamp("ms", tz="UTC")),
        **dict.fromkeys(("IsCurrentVersion", "Deleted", "ServerEncrypted", "hdi_isfolder"), pyarrow.bool_()),
        "Content-Length": pyarrow.int64(),
    }
    return pyarrow.table(
        {f: pyarrow.array([row.get(f) for row in rows], types.get(f, pyarrow.string())) for f in fields}
    )
