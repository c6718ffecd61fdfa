"""What an account says of itself, and tables over it: Storage Lens, exports of costs, Glue and Athena.

moto has no Data Exports: an export is held against AWS's own model of the call and against the bucket's policy, as the
service does it, and is kept in the engine's state alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from .kind import Kind, Properties, client, upper

_EXPORTS = "bcm-data-exports"


def _lens(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    account, name = given["accountId"], given["configId"]
    said = given["storageLensConfiguration"]
    configuration = {"Id": name, "IsEnabled": said["enabled"], **upper({k: said[k] for k in said if k != "enabled"})}
    client("s3control").put_storage_lens_configuration(
        ConfigId=name, AccountId=account, StorageLensConfiguration=configuration
    )
    region = client("s3control").meta.region_name
    return f"{account}:{name}", {"arn": f"arn:aws:s3:{region}:{account}:storage-lens/{name}"}


def _lens_call(call: str, known: str) -> Any:
    account, _, name = known.partition(":")
    return getattr(client("s3control"), f"{call}_storage_lens_configuration")(ConfigId=name, AccountId=account)


def _one(said: Any) -> Any:
    """A block of which there is one, which pulumi-aws has in a list."""
    (only,) = said
    return only


def _export(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    """What the service would check: the call, and that the bucket's policy lets it write anywhere in the bucket."""
    said = given["export"]
    query = _one(said["dataQueries"])
    place = _one(_one(said["destinationConfigurations"])["s3Destinations"])
    written = _one(place["s3OutputConfigurations"])
    asked = {
        "Name": said["name"],
        "DataQuery": {
            "QueryStatement": query["queryStatement"],
            "TableConfigurations": query["tableConfigurations"],
        },
        "DestinationConfigurations": {
            "S3Destination": {
                **{f"S3{name}": place[f"s3{name}"] for name in ("Bucket", "Prefix", "Region")},
                "S3OutputConfigurations": upper(written),
            }
        },
        "RefreshCadence": upper(_one(said["refreshCadences"])),
    }
    model = client(_EXPORTS, "us-east-1").meta.service_model
    validate_parameters({"Export": asked}, model.operation_model("CreateExport").input_shape)
    for shape, value in (("FormatOption", written["format"]), ("OverwriteOption", written["overwrite"])):
        if value not in model.shape_for(shape).enum:
            _refuse(f"{value} is none of {model.shape_for(shape).enum}")
    policy = json.loads(client("s3").get_bucket_policy(Bucket=place["s3Bucket"])["Policy"])
    if not any(_lets_write(one, place["s3Bucket"]) for one in policy["Statement"]):
        _refuse("S3 bucket permission validation failed")
    arn = f"arn:aws:{_EXPORTS}:us-east-1:123456789012:export/{said['name']}"
    return arn, {"arn": arn}


def _lets_write(said: Mapping[str, Any], bucket: str) -> bool:
    wanted = ({"Service": f"{_EXPORTS}.amazonaws.com"}, "Allow", f"arn:aws:s3:::{bucket}/*")
    return (said["Principal"], said["Effect"], said["Resource"]) == wanted


def _refuse(why: str) -> None:
    raise ClientError({"Error": {"Code": "ValidationException", "Message": why}}, "CreateExport")


def _database(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    glue, said = client("glue"), {"Name": given["name"]}
    if known:
        glue.update_database(Name=given["name"], DatabaseInput=said)
    else:
        glue.create_database(DatabaseInput=said)
    return f"123456789012:{given['name']}", {"name": given["name"], "catalogId": "123456789012"}


def _table(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    descriptor = upper({key: value for key, value in given["storageDescriptor"].items() if key != "serDeInfo"})
    # The service calls it in a way that no rule of spelling gives.
    descriptor["SerdeInfo"] = upper(given["storageDescriptor"]["serDeInfo"])
    said = {
        "Name": given["name"],
        "TableType": given["tableType"],
        "Parameters": given["parameters"],
        "PartitionKeys": upper(given["partitionKeys"]),
        "StorageDescriptor": descriptor,
    }
    glue = client("glue")
    (glue.update_table if known else glue.create_table)(DatabaseName=given["databaseName"], TableInput=said)
    return f"123456789012:{given['databaseName']}:{given['name']}", {"name": given["name"]}


def _workgroup(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    said = given["configuration"]
    configuration = {
        "EnforceWorkGroupConfiguration": said["enforceWorkgroupConfiguration"],
        "BytesScannedCutoffPerQuery": said["bytesScannedCutoffPerQuery"],
        "PublishCloudWatchMetricsEnabled": said["publishCloudwatchMetricsEnabled"],
        "ManagedQueryResultsConfiguration": upper(said["managedQueryResultsConfiguration"]),
    }
    athena, name = client("athena"), given["name"]
    if known:
        athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)  # moto changes none
    athena.create_work_group(Name=name, Configuration=configuration, Description=given["description"], Tags=[])
    return name, {"name": name}


KINDS: Mapping[str, Kind] = {
    "aws:s3control/storageLensConfiguration:StorageLensConfiguration": Kind(
        _lens,
        lambda known, given: _lens_call("get", known),
        lambda known, given: _lens_call("delete", known),
        ("configId", "accountId"),
    ),
    "aws:bcmdata/export:Export": Kind(_export, lambda known, given: None, lambda known, given: None, ()),
    "aws:glue/catalogDatabase:CatalogDatabase": Kind(
        _database,
        lambda known, given: client("glue").get_database(Name=given["name"]),
        lambda known, given: client("glue").delete_database(Name=given["name"]),
        ("name",),
    ),
    "aws:glue/catalogTable:CatalogTable": Kind(
        _table,
        lambda known, given: client("glue").get_table(DatabaseName=given["databaseName"], Name=given["name"]),
        lambda known, given: client("glue").delete_table(DatabaseName=given["databaseName"], Name=given["name"]),
        ("name", "databaseName"),
    ),
    "aws:athena/workgroup:Workgroup": Kind(
        _workgroup,
        lambda known, given: client("athena").get_work_group(WorkGroup=known),
        lambda known, given: client("athena").delete_work_group(WorkGroup=known, RecursiveDeleteOption=True),
        ("name",),
    ),
}
