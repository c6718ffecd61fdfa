"""The one table that every inventory becomes: a row for each version of each object, whoever reported it.

The columns are data; nothing here reads a file. Questions (`slidebox.inventory.questions`) are asked of this table
alone, so that they are the same for every provider and every engine.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slidebox.errors import InputError

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pyarrow as pa

NAME = "inventory"
"""What the table is called where a question is written out as SQL."""

ENCRYPTIONS = ("none", "provider", "kms", "customer", "unknown")
"""What `encryption` can say: not at all, with keys of the provider, of the lab's in the provider's service, with keys
that the client sends along, or nothing is known."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the one table.

    Attributes
    ----------
    name
        Its name.
    type
        Its type as Ibis writes it.
    meaning
        What it says.
    null
        What it means that there is no value; empty where there always is one.
    """

    name: str
    type: str
    meaning: str
    null: str = ""


COLUMNS = (
    Column("store", "string", "The lab's name of the store; '' where it names none."),
    Column("bucket", "string", "Name of the bucket or container, folder or drive, as the store has it."),
    Column("key", "string", "Name of the object in it, decoded; of a file the path below, with '/'."),
    Column("version", "string", "The provider's name of this version.", null="Versions are not kept, or not told."),
    Column("is_latest", "boolean", "Whether this is the current version; always where versions are not kept."),
    Column("is_delete_marker", "boolean", "Whether this only says that the object was deleted."),
    Column("bytes", "int64", "Size in bytes; 0 of a delete marker."),
    Column("modified", "timestamp('UTC')", "When it was last changed.", null="The report does not say."),
    Column("storage_class", "string", "As the price books name it, or the provider's own word."),
    Column(
        "tier", "string", "Where a tiered class has it now, by the provider's word.", null="Not tiered, or not told."
    ),
    Column("etag", "string", "The provider's entity tag, without quotes.", null="None is told."),
    Column("checksum_kind", "string", "Of what kind the checksum is, such as MD5.", null="There is no checksum."),
    Column(
        "checksum",
        "string",
        "Checksum of the whole content, in lower-case hexadecimal: equal where contents are.",
        null="None that can be compared, as of an upload in parts.",
    ),
    Column("encryption", "string", "none, provider, kms, customer or unknown."),
    Column("is_public", "boolean", "Whether the object's own list lets anyone in.", null="The report does not say."),
    Column("last_read", "timestamp('UTC')", "When it was last read.", null="The report does not say, or it never was."),
    Column("project", "string", "The project that it is of; '' where nothing says."),
    Column("level", "string", "The level that it is of; '' where nothing says."),
    Column("dataset", "string", "project/level; '' where nothing says."),
    Column("incomplete", "boolean", "Whether it is an upload that was begun and never ended."),
    Column("as_of", "date", "Of which day the report is."),
)


def ibis_module() -> Any:
    """Ibis, with its table expressions loaded.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        return importlib.import_module("ibis")
    except ModuleNotFoundError as error:
        raise InputError(
            "Inventories are read with Ibis and DuckDB, which are not installed.", "pip install 'slidebox[analytics]'"
        ) from error


def schema() -> ibis.Schema:
    """The table's schema as Ibis has it.

    Raises
    ------
    InputError
        If Ibis is not installed.
    """
    made: ibis.Schema = ibis_module().schema({column.name: column.type for column in COLUMNS})
    return made


def arrow_schema() -> pa.Schema:
    """The table's schema as Arrow has it: timestamps in microseconds, UTC.

    Raises
    ------
    InputError
        If Ibis is not installed.
    """
    arrow = schema().to_pyarrow()
    pyarrow = importlib.import_module("pyarrow")
    stamped = pyarrow.timestamp("us", tz="UTC")
    return pyarrow.schema(
        [field.with_type(stamped) if pyarrow.types.is_timestamp(field.type) else field for field in arrow]
    )


def unbound(name: str = NAME) -> ir.Table:
    """The table with no engine behind it, to write a question out as SQL.

    Parameters
    ----------
    name
        What it is called there.

    Raises
    ------
    InputError
        If Ibis is not installed.
    """
    made: ir.Table = ibis_module().table(schema(), name=name)
    return made
