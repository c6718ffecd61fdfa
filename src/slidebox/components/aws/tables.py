"""Tables over what lies in the audit bucket, for whoever audits: inventories of the buckets, and costs.

Partitions follow from the folders' names: nothing has to be registered when another inventory comes. What a query
answers is kept by Athena for a day, encrypted, and not in the audit bucket, where nobody but AWS's services writes.

Sources: Amazon S3 User Guide, "Querying Amazon S3 Inventory with Amazon Athena"; Amazon Athena User Guide, "Partition
projection with Amazon Athena" and "Managed query results"; AWS Data Exports User Guide, "Data Exports delivery", as of
2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import athena, glue, iam

from slidebox.components.aws.audit import COST
from slidebox.components.aws.log import INVENTORY, INVENTORY_NAME
from slidebox.components.aws.policy import Document, document
from slidebox.components.aws.reports import COLUMNS
from slidebox.model import Store

MOST_BYTES = 100 * 10**9
"""What a query may read at most, as Athena bills by what is read."""

SINCE = "2026-01"
"""The month from which on there may be something: there was no lab of slidebox before."""

_HIVE = "org.apache.hadoop.hive.ql.io"
_PARQUET = f"{_HIVE}.parquet.serde.ParquetHiveSerDe"

_OBJECTS: Mapping[str, str] = {
    "bucket": "string",
    "key": "string",
    "version_id": "string",
    "is_latest": "boolean",
    "is_delete_marker": "boolean",
    "size": "bigint",
    "last_modified_date": "timestamp",
    "storage_class": "string",
    "e_tag": "string",
    "is_multipart_uploaded": "boolean",
    "replication_status": "string",
    "encryption_status": "string",
    "bucket_key_status": "string",
    "object_lock_mode": "string",
    "object_lock_retain_until_date": "bigint",
    "object_lock_legal_hold_status": "string",
    "checksum_algorithm": "string",
}
"""The columns of an inventory in Parquet, with the fields that `slidebox.components.aws.log` asks for."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table over a folder of the audit bucket.

    Attributes
    ----------
    name
        Its name.
    folder
        The folder below which its files lie.
    template
        Where those of one partition lie below that.
    columns, partitions
        Types by name.
    projection
        How the partitions follow from their names (Athena's table properties).
    input_format, output_format
        How its files are read.
    """

    name: str
    folder: str
    template: str
    columns: Mapping[str, str]
    partitions: tuple[str, ...]
    projection: Mapping[str, str]
    input_format: str = f"{_HIVE}.parquet.MapredParquetInputFormat"
    output_format: str = f"{_HIVE}.parquet.MapredParquetOutputFormat"


def inventories(buckets: Iterable[str]) -> Table:
    """All inventories of some buckets, by bucket and by when they were taken."""
    return Table(
        "inventory",
        INVENTORY,
        f"${{source}}/{INVENTORY_NAME}/hive/dt=${{dt}}/",
        _OBJECTS,
        ("source", "dt"),
        {
            "projection.source.type": "enum",
            "projection.source.values": ",".join(sorted(buckets)),
            "projection.dt.type": "date",
            "projection.dt.format": "yyyy-MM-dd-HH-mm",
            "projection.dt.range": f"{SINCE}-01-00-00,NOW",
            "projection.dt.interval": "1",
            "projection.dt.interval.unit": "HOURS",
        },
        # An inventory's folder has lists of the files that belong to it.
        f"{_HIVE}.SymlinkTextInputFormat",
        f"{_HIVE}.IgnoreKeyTextOutputFormat",
    )


def costs(export: str) -> Table:
    """What has been exported of the account's costs, by month."""
    return Table(
        "costs",
        f"{COST}/{export}/data",
        "BILLING_PERIOD=${billing_period}/",
        {name.lower(): kind for name, kind in COLUMNS.items()},
        ("billing_period",),
        {
            "projection.billing_period.type": "date",
            "projection.billing_period.format": "yyyy-MM",
            "projection.billing_period.range": f"{SINCE},NOW",
            "projection.billing_period.interval": "1",
            "projection.billing_period.interval.unit": "MONTHS",
        },
    )


def database_name(name: str) -> str:
    """Name of the database: what Athena takes without quotes."""
    return name.replace("-", "_")


def queries_policy(name: str, store: Store) -> Document:
    """What somebody who audits needs in order to ask: the workgroup and the tables; the bucket they read already.

    Parameters
    ----------
    name
        What the workgroup is called.
    store
        The store, in whose account and region it is.
    """
    here = f"{store.region}:{store.account}"
    catalog = ["catalog", f"database/{database_name(name)}", f"table/{database_name(name)}/*"]
    asking = ["BatchGetQueryExecution", "GetQueryExecution", "GetQueryResults", "GetQueryResultsStream"]
    asking += ["GetWorkGroup", "ListQueryExecutions", "StartQueryExecution", "StopQueryExecution"]
    reading = ["GetDatabase", "GetPartition", "GetPartitions", "GetTable", "GetTables"]
    return document(
        [
            {
                "Sid": "Queries",
                "Effect": "Allow",
                "Action": [f"athena:{action}" for action in asking],
                "Resource": f"arn:aws:athena:{here}:workgroup/{name}",
            },
            {
                "Sid": "Tables",
                "Effect": "Allow",
                "Action": [f"glue:{action}" for action in reading],
                "Resource": [f"arn:aws:glue:{here}:{one}" for one in catalog],
            },
        ]
    )


def make_tables(
    name: str, audit: str, tables: Iterable[Table], tags: Mapping[str, str], options: pulumi.ResourceOptions
) -> athena.Workgroup:
    """A database with tables over the audit bucket, and the workgroup in which they are asked.

    Parameters
    ----------
    name
        What the workgroup is called.
    audit
        The name of the audit bucket.
    tables
        What is in it.
    tags
        Whose it is.
    options
        Of what belongs to the component.
    """
    database = glue.CatalogDatabase(name, name=database_name(name), tags=tags, opts=options)
    for table in tables:
        _make_table(f"{name}-{table.name}", audit, database, table, options)
    return athena.Workgroup(
        name,
        name=name,
        description=f"Inventories and costs in {audit}",
        # Only the list of past queries goes with it.
        force_destroy=True,
        configuration=athena.WorkgroupConfigurationArgs(
            enforce_workgroup_configuration=True,
            publish_cloudwatch_metrics_enabled=False,
            bytes_scanned_cutoff_per_query=MOST_BYTES,
            managed_query_results_configuration=athena.WorkgroupConfigurationManagedQueryResultsConfigurationArgs(
                enabled=True
            ),
        ),
        tags=tags,
        opts=options,
    )


def _make_table(
    name: str, audit: str, database: glue.CatalogDatabase, table: Table, options: pulumi.ResourceOptions
) -> None:
    column, key = glue.CatalogTableStorageDescriptorColumnArgs, glue.CatalogTablePartitionKeyArgs
    location = f"s3://{audit}/{table.folder}/"
    glue.CatalogTable(
        name,
        name=table.name,
        database_name=database.name,
        table_type="EXTERNAL_TABLE",
        parameters={
            "EXTERNAL": "TRUE",
            "projection.enabled": "true",
            **table.projection,
            "storage.location.template": f"{location}{table.template}",
        },
        partition_keys=[key(name=one, type="string") for one in table.partitions],
        storage_descriptor=glue.CatalogTableStorageDescriptorArgs(
            location=location,
            input_format=table.input_format,
            output_format=table.output_format,
            columns=[column(name=one, type=kind) for one, kind in table.columns.items()],
            ser_de_info=glue.CatalogTableStorageDescriptorSerDeInfoArgs(serialization_library=_PARQUET),
        ),
        opts=options,
    )


def let_ask(name: str, role: iam.Role, store: Store, options: pulumi.ResourceOptions) -> iam.RolePolicy:
    """Let whoever is in a role ask the tables."""
    may = json.dumps(queries_policy(name, store))
    return iam.RolePolicy(f"{name}-queries", name="queries", role=role.name, policy=may, opts=options)
