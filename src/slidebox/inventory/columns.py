"""From the columns of a provider's report to those of the one table, as expressions of Ibis.

Nothing here reads a file: the same expressions hold for files that DuckDB reads and for tables of a warehouse. Names of
columns are compared without case, hyphens and underscores, as ``LastModifiedDate`` of CSV is ``last_modified_date`` in
Parquet.

Sources: Amazon S3 User Guide, "Amazon S3 Inventory list", "Working with the Object ACL field", "Storage classes"
and "Checking object integrity"; Google Cloud, "Inventory report metadata fields", "Storage classes" and "Hashes and
ETags"; Azure, "Azure Storage blob inventory" ("Custom schema fields") and "Access tiers for blob data"; find(1) of GNU
findutils; rclone, "rclone lsjson", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from slidebox.inventory.reports import AZURE, CSV, FOLDER, GOOGLE, S3, Report
from slidebox.inventory.table import COLUMNS, ibis_module

if TYPE_CHECKING:
    import ibis.expr.types as ir

CLASSES: Mapping[str, Mapping[str, str]] = {
    S3: {
        "STANDARD": "standard",
        "STANDARD_IA": "infrequent",
        "ONEZONE_IA": "onezone_ia",
        "INTELLIGENT_TIERING": "intelligent_tiering",
        "GLACIER_IR": "archive",
        "GLACIER": "glacier",
        "DEEP_ARCHIVE": "deep_archive",
    },
    GOOGLE: {
        "STANDARD": "standard",
        # What Standard was called before 2019, by the kind of the bucket's location.
        "REGIONAL": "standard",
        "MULTI_REGIONAL": "standard",
        "NEARLINE": "infrequent",
        "COLDLINE": "archive",
        "ARCHIVE": "deep_archive",
    },
    AZURE: {"Hot": "standard", "Cool": "infrequent", "Cold": "archive", "Archive": "deep_archive"},
}
"""Storage classes as the price books have them (`slidebox.prices`), by each provider's own word."""

_ENCRYPTIONS: Mapping[str, str] = {
    "NOT-SSE": "none",
    "SSE-S3": "provider",
    "SSE-KMS": "kms",
    "DSSE-KMS": "kms",
    "SSE-C": "customer",
}
_MD5 = "^[0-9a-f]{32}$"
_PUBLIC_GROUPS = "groups/global/(AllUsers|AuthenticatedUsers)"
_PUBLIC_GRANT = (
    rf'\{{[^{{}}]*{_PUBLIC_GROUPS}"[^{{}}]*"(READ|WRITE_ACP|FULL_CONTROL)"'
    rf'|\{{[^{{}}]*"(READ|WRITE_ACP|FULL_CONTROL)"[^{{}}]*{_PUBLIC_GROUPS}"'
)
"""A grant to everybody, or to every account of AWS, by which an object is read; its keys come in any order."""


class Raw:
    """The columns of a report as it names them.

    Parameters
    ----------
    table
        The report.
    """

    def __init__(self, table: ir.Table) -> None:
        self.table = table
        self._names: dict[str, str] = {plain(name): name for name in reversed(table.columns)}

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return plain(name) in self._names

    def name(self, name: str) -> str:
        """A column's name as the report writes it."""
        return self._names[plain(name)]

    def unknown(self, report: Report) -> Iterator[str]:
        """What is to be said of columns that reports are not known to have, of some that have the same."""
        own = KNOWN[report.kind] | {plain(name) for name in (PLACE, DAY, REPORT)}
        if names := ", ".join(repr(name) for name in self.table.columns if plain(name) not in own):
            yield f"{report.place}, {report.day}: columns that are not known were not read: {names}."

    def text(self, name: str) -> Any:
        """A column as text; null where it is empty or not there."""
        if not self.has(name):
            return ibis_module().null().cast("string")
        column = self.table[self._names[plain(name)]]
        return column.cast("string").nullif("")

    def number(self, name: str) -> Any:
        """A column as a whole number; null where it is none."""
        column = self.table[self._names[plain(name)]] if self.has(name) else ibis_module().null().cast("int64")
        return column.cast("int64") if column.type().is_integer() else self.text(name).try_cast("int64")

    def flag(self, name: str, otherwise: bool) -> Any:
        """A column as yes or no."""
        if self.has(name) and self.table[self._names[plain(name)]].type().is_boolean():
            return self.table[self._names[plain(name)]].fill_null(otherwise)
        return (self.text(name).lower() == "true").fill_null(otherwise)

    def time(self, name: str) -> Any:
        """A column as a moment; null where it is none. One without a zone is taken for UTC."""
        column = self.table[self._names[plain(name)]] if self.has(name) else ibis_module().null().cast("string")
        if column.type().is_timestamp():
            return column.cast("timestamp('UTC')")
        if column.type().is_integer():
            return column.as_timestamp("ms").cast("timestamp('UTC')")
        return self.text(name).try_cast("timestamp('UTC')")


def plain(name: str) -> str:
    """A column's name without case, hyphens and underscores."""
    return name.lower().replace("-", "").replace("_", "")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN: Mapping[str, frozenset[str]] = {
    S3: _words(
        "bucket key versionid islatest isdeletemarker size lastmodifieddate etag storageclass ismultipartuploaded "
        "replicationstatus encryptionstatus objectlockretainuntildate objectlockmode objectlocklegalholdstatus "
        "intelligenttieringaccesstier bucketkeystatus checksumalgorithm objectaccesscontrollist objectowner "
        "lifecycleexpirationdate"
    ),
    GOOGLE: _words(
        "project bucket name location size timecreated timedeleted updated storageclass etag retentionexpirationtime "
        "crc32c md5hash generation metageneration contenttype contentencoding timestorageclassupdated cachecontrol "
        "contentlanguage contentdisposition componentcount customtime metadata temporaryhold eventbasedhold "
        "softdeletetime harddeletetime"
    ),
    AZURE: _words(
        "name creationtime lastmodified lastaccesstime etag contentlength contenttype contentencoding contentlanguage "
        "contentcrc64 contentmd5 cachecontrol contentdisposition cachedisposition blobtype accesstier "
        "accesstierchangetime accesstierinferred leasestatus leasestate leaseduration serverencrypted "
        "customerprovidedkeysha256 metadata expirytime hdiisfolder owner group permissions acl snapshot deleted "
        "deletionid deletedtime remainingretentiondays versionid iscurrentversion tagcount tags copyid copysource "
        "copystatus copyprogress copycompletiontime copystatusdescription immutabilitypolicyuntildate "
        "immutabilitypolicymode legalhold rehydratepriority archivestatus encryptionscope incrementalcopy "
        "xmsblobsequencenumber"
    ),
    FOLDER: _words("path size modified isdir md5"),
}
"""The columns that reports are known to have, each name `plain`."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    S3: ("Key", "Size"),
    GOOGLE: ("name", "size"),
    AZURE: ("Name", "Content-Length"),
    FOLDER: ("path", "size"),
}
"""The columns without which nothing can be summed."""


PLACE, DAY, REPORT = "_place", "_day", "_report"
"""Columns that are added to those of reports: of which place and day a row is, and of which report of several."""


def one_table(kind: str, form: str, raw: ir.Table) -> ir.Table:
    """Reports as the one table has them, without the lab's own names.

    Parameters
    ----------
    kind, form
        As of `slidebox.inventory.reports.Report`.
    raw
        Their rows, with `PLACE` and `DAY` beside their own columns.
    """
    ibis = ibis_module()
    given: dict[str, Any] = {
        "store": ibis.literal(""),
        "bucket": raw[PLACE],
        "version": ibis.null("string"),
        "is_latest": ibis.literal(True),
        "is_delete_marker": ibis.literal(False),
        "tier": ibis.null("string"),
        "etag": ibis.null("string"),
        "checksum": ibis.null("string"),
        "encryption": ibis.literal("unknown"),
        "is_public": ibis.null("boolean"),
        "last_read": ibis.null("timestamp('UTC')"),
        "project": ibis.literal(""),
        "level": ibis.literal(""),
        "dataset": ibis.literal(""),
        "incomplete": ibis.literal(False),
        "as_of": raw[DAY],
        **_READ[kind](Raw(raw), form),
    }
    given["checksum_kind"] = given["checksum"].notnull().ifelse("MD5", ibis.null("string"))
    return raw.select(**{column.name: given[column.name].cast(column.type) for column in COLUMNS})


def is_folder(kind: str, columns: Raw) -> Any:
    """Whether a row is a folder: of no bytes and with ``/`` at its end, or marked as one."""
    key, size = NEEDED[kind]
    ended = (columns.number(size).fill_null(0) == 0) & columns.text(key).fill_null("").re_search("(/|%2F)$")
    if kind == AZURE and columns.has("hdi_isfolder"):
        return columns.flag("hdi_isfolder", otherwise=False) | ended
    if kind == FOLDER and columns.has("isdir"):
        return columns.flag("isdir", otherwise=False) | ended
    return ended


def _classes(kind: str, word: Any) -> Any:
    """A class as the price books have it; the provider's own word where they have none."""
    ibis = ibis_module()
    return ibis.cases(*((word == own, ours) for own, ours in CLASSES[kind].items()), else_=word).fill_null("")


def _s3(raw: Raw, form: str) -> dict[str, Any]:
    ibis = ibis_module()
    key = _decoded(raw.text("Key")) if form == CSV else raw.text("Key")
    etag = raw.text("ETag").replace('"', "")
    encryption = raw.text("EncryptionStatus")
    marker = raw.flag("IsDeleteMarker", otherwise=False)
    # The ETag of an upload in parts, or of one with other keys than S3's own, is no MD5 of the content.
    is_md5 = (
        ~raw.flag("IsMultipartUploaded", otherwise=False)
        & etag.re_search(_MD5)
        & (encryption.isnull() | encryption.isin(("SSE-S3", "NOT-SSE")))
    )
    return {
        "key": key,
        "version": raw.text("VersionId"),
        "is_latest": raw.flag("IsLatest", otherwise=True),
        "is_delete_marker": marker,
        "bytes": marker.ifelse(0, raw.number("Size")),
        "modified": raw.time("LastModifiedDate"),
        "storage_class": _classes(S3, raw.text("StorageClass")),
        "tier": raw.text("IntelligentTieringAccessTier"),
        "etag": etag,
        "checksum": is_md5.ifelse(etag, ibis.null("string")),
        "encryption": ibis.cases(*((encryption == own, ours) for own, ours in _ENCRYPTIONS.items()), else_="unknown"),
        "is_public": _is_public(raw),
    }


def _decoded(key: Any) -> Any:
    """A key of S3's CSV, in which it is written as in the query of an address."""
    return _function("url_decode", "string", "string")(key.replace("+", " "))


def _function(name: str, given: str, back: str) -> Any:
    """A function of the engine's own, for which Ibis has no word."""

    def called(value: object) -> None:
        """Stand in for it."""

    return ibis_module().udf.scalar.builtin(called, name=name, signature=((given,), back))


def _is_public(raw: Raw) -> Any:
    """Whether an object's list lets anyone read; null where the report does not say, or could not tell."""
    ibis = ibis_module()
    if not raw.has("ObjectAccessControlList"):
        return ibis.null("boolean")
    decode, from_base64 = _function("decode", "binary", "string"), _function("from_base64", "string", "binary")
    listed = decode(from_base64(raw.text("ObjectAccessControlList")))
    return listed.re_search('"status" *: *"AVAILABLE"').ifelse(listed.re_search(_PUBLIC_GRANT), ibis.null("boolean"))


def _google(raw: Raw, form: str) -> dict[str, Any]:
    del form
    ibis = ibis_module()
    return {
        "key": raw.text("name"),
        "version": raw.text("generation"),
        # Of an earlier version the report says when it was replaced or deleted.
        "is_latest": raw.text("timeDeleted").isnull(),
        "bytes": raw.number("size"),
        "modified": raw.time("updated").fill_null(raw.time("timeCreated")),
        "storage_class": _classes(GOOGLE, raw.text("storageClass")),
        "etag": raw.text("etag").replace('"', ""),
        # A CRC32C has 32 bits: among a million files of one size hundreds agree by chance. It is not compared.
        "checksum": _hexadecimal(raw.text("md5Hash")),
        # Google encrypts everything, and a report does not say with whose key.
        "encryption": ibis.literal("provider"),
    }


def _azure(raw: Raw, form: str) -> dict[str, Any]:
    del form
    ibis = ibis_module()
    name = raw.text("Name")
    current = raw.flag("IsCurrentVersion", otherwise=True) if raw.has("IsCurrentVersion") else ibis.literal(True)
    own_key = raw.text("CustomerProvidedKeySha256").notnull()
    return {
        # A blob of the root container may go without its name.
        "bucket": name.contains("/").ifelse(name.re_extract("^([^/]*)/", 1), "$root"),
        "key": name.contains("/").ifelse(name.re_extract("^[^/]*/(.*)$", 1), name),
        "version": raw.text("VersionId").fill_null(raw.text("Snapshot")),
        # What was deleted and can still be brought back is kept, and paid for, as an earlier version is.
        "is_latest": current & raw.text("Snapshot").isnull() & ~raw.flag("Deleted", otherwise=False),
        "bytes": raw.number("Content-Length"),
        "modified": raw.time("Last-Modified").fill_null(raw.time("Creation-Time")),
        "storage_class": _classes(AZURE, raw.text("AccessTier")),
        "etag": raw.text("Etag").replace('"', ""),
        "checksum": _hexadecimal(raw.text("Content-MD5")),
        "encryption": own_key.ifelse(
            "customer", raw.flag("ServerEncrypted", otherwise=True).ifelse("provider", "none")
        ),
        "last_read": raw.time("LastAccessTime"),
    }


def _hexadecimal(base64: Any) -> Any:
    """An MD5 in base64 as hexadecimal."""
    to_hex, from_base64 = _function("hex", "binary", "string"), _function("from_base64", "string", "binary")
    return to_hex(from_base64(base64)).lower()


def _folder(raw: Raw, form: str) -> dict[str, Any]:
    del form
    ibis = ibis_module()
    return {
        "key": raw.text("path"),
        "bytes": raw.number("size"),
        "modified": raw.time("modified"),
        "storage_class": ibis.literal("standard"),
        "last_read": raw.time("read"),
        "checksum": raw.text("md5"),
    }


_READ: Mapping[str, Callable[[Raw, str], dict[str, Any]]] = {
    S3: _s3,
    GOOGLE: _google,
    AZURE: _azure,
    FOLDER: _folder,
}
