"""Manifests of reports, read: which files belong to a report, of what it is, and how much has to be in it. Pure.

Sources: Amazon S3 User Guide, "Locating your inventory list" and "Amazon S3 Inventory list"; Google Cloud, "Storage
Insights inventory reports" (manifest and "CSV options"); Azure, "Azure Storage blob inventory" ("Inventory files"), as
of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from slidebox.inventory.reports import (
    AZURE,
    CSV,
    GOOGLE,
    ORC,
    PARQUET,
    S3,
    OtherReportError,
    Part,
    RefusedError,
    Report,
)

Found = Callable[[str], Path | None]
"""Where a file is here, by the name that its manifest has for it."""

_FORMS = {"csv": CSV, "parquet": PARQUET, "orc": ORC}
_S3_TIME = re.compile(r"^(\d{4})-(\d{2})-(\d{2})-(\d{2})-(\d{2})$")


def report_of(source: Path, document: Any, found: Found) -> Report | None:
    """The report that a manifest is of; None where the document is no manifest of a report.

    Parameters
    ----------
    source
        The manifest.
    document
        What it says.
    found
        Where its files are.

    Raises
    ------
    RefusedError
        If it is of a report that is not whole.
    """
    if not isinstance(document, Mapping):
        return None
    for keys, read in _KINDS:
        if all(key in document for key in keys):
            try:
                return read(source, document, found)
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise RefusedError(source, f"is no manifest that can be read: {_plain(error)}.") from error
    return None


def _plain(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _s3(source: Path, document: Mapping[str, Any], found: Found) -> Report:
    form = _form(source, str(document["fileFormat"]))
    files = [(str(one["key"]), int(one["size"]), str(one["MD5checksum"]).lower()) for one in document["files"]]
    # Of Parquet and ORC the manifest spells a schema, which the files have as well.
    columns = tuple(name.strip() for name in str(document["fileSchema"]).split(",")) if form == CSV else ()
    return Report(
        kind=S3,
        source=source,
        place=str(document["sourceBucket"]),
        taken=dt.datetime.fromtimestamp(int(document["creationTimestamp"]) / 1000, tz=dt.UTC),
        form=form,
        parts=tuple(Part(_there(source, found, key), size, md5) for key, size, md5 in files),
        columns=columns,
    )


def _google(source: Path, document: Mapping[str, Any], found: Found) -> Report:
    config = document["report_config"]
    options = config["object_metadata_report_options"]
    names = [str(name) for name in document["report_shards_file_names"]]
    if len(names) != int(document.get("shard_count", len(names))):
        raise RefusedError(source, f"says that there are {document['shard_count']} files and names {len(names)}.")
    as_csv = config.get("csv_options")
    form = CSV if as_csv is not None and not any(name.endswith(".parquet") for name in names) else PARQUET
    headed = bool((as_csv or {}).get("header_required"))
    processed = document.get("records_processed")
    return Report(
        kind=GOOGLE,
        source=source,
        place=str(options["storage_filters"]["bucket"]),
        taken=moment(str(document["snapshot_time"])),
        form=form,
        parts=tuple(Part(_there(source, found, name)) for name in names),
        columns=() if headed or form != CSV else tuple(str(name) for name in options["metadata_fields"]),
        delimiter=str((as_csv or {}).get("delimiter") or ","),
        objects=None if processed is None else int(processed),
    )


def _azure(source: Path, document: Mapping[str, Any], found: Found) -> Report:
    status = str(document["status"])
    if status != "Succeeded":
        raise RefusedError(source, f"is of a run that did not succeed: it says {status!r}.")
    rule = document["ruleDefinition"]
    if str(rule["objectType"]).lower() != "blob":
        raise OtherReportError(source, f"lists every {str(rule['objectType']).lower()} and not blobs: it says no size.")
    summary = document.get("summary") or {}
    filters = rule.get("filters") or {}
    return Report(
        kind=AZURE,
        source=source,
        place=str(document["endpoint"]).partition("://")[2].partition(".")[0],
        taken=moment(str(document["inventoryStartTime"])),
        form=_form(source, str(rule["format"])),
        parts=tuple(Part(_there(source, found, str(one["blob"])), int(one["size"])) for one in document["files"]),
        prefixes=tuple(str(one) for one in filters.get("prefixMatch") or () if one),
        objects=int(summary["objectCount"]) if "objectCount" in summary else None,
        bytes=int(summary["totalObjectSize"]) if "totalObjectSize" in summary else None,
    )


_KINDS: tuple[tuple[tuple[str, ...], Callable[[Path, Mapping[str, Any], Found], Report]], ...] = (
    (("sourceBucket", "fileSchema", "files"), _s3),
    (("report_config", "report_shards_file_names"), _google),
    (("ruleDefinition", "endpoint", "files"), _azure),
)
"""Each manifest, by keys that only it has."""


def hive_report(source: Path, lines: tuple[str, ...], found: Found) -> Report:
    """The report that a ``symlink.txt`` is of: the list of an S3 inventory's files for Hive, without checksums.

    Parameters
    ----------
    source
        The list, in ``BUCKET/CONFIGURATION/hive/dt=YYYY-MM-DD-HH-MM/``.
    lines
        The addresses in it, ``s3://BUCKET/KEY``.
    found
        Where its files are.

    Raises
    ------
    RefusedError
        If nothing says of when it is, or what its columns are.
    """
    day = _S3_TIME.match(source.parent.name.removeprefix("dt="))
    if day is None or len(source.parts) < _HIVE_DEPTH:
        raise RefusedError(
            source, "is not in BUCKET/CONFIGURATION/hive/dt=YYYY-MM-DD-HH-MM, so nothing says of when it is."
        )
    keys = [line.partition("://")[2].partition("/")[2] for line in lines]
    ends = {key.rpartition(".")[2] for key in keys}
    if not keys or not ends <= {PARQUET, ORC} or len(ends) > 1:
        raise RefusedError(
            source, "names no files of Parquet or ORC: of CSV only manifest.json says what the columns are."
        )
    return Report(
        kind=S3,
        source=source,
        place=source.parents[3].name,
        taken=dt.datetime(*(int(number) for number in day.groups()), tzinfo=dt.UTC),  # type: ignore[misc,arg-type]
        form=ends.pop(),
        parts=tuple(Part(_there(source, found, key)) for key in keys),
        notes=(f"{source} has no checksums: whether its files are whole was not proved.",),
    )


_HIVE_DEPTH = 5


def moment(text: str) -> dt.datetime:
    """A moment in ISO 8601, in UTC; one without a zone is taken for UTC.

    Raises
    ------
    ValueError
        If it is none.
    """
    read = dt.datetime.fromisoformat(text.strip())
    return read.replace(tzinfo=dt.UTC) if read.tzinfo is None else read.astimezone(dt.UTC)


def _form(source: Path, word: str) -> str:
    if (form := _FORMS.get(word.lower())) is None:
        raise RefusedError(source, f"is of a report in {word!r}, which is not read.")
    return form


def _there(source: Path, found: Found, name: str) -> Path:
    path = found(name)
    if path is None:
        raise RefusedError(source, f"names the file {name}, which is not there.")
    return path
