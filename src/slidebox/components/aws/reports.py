"""What an account says of itself in the audit bucket: what is stored in it, and what it costs.

Sources: Amazon S3 User Guide, "Using Amazon S3 Storage Lens to assess your storage activity and usage"; AWS Data
Exports User Guide, "FOCUS 1.2 with AWS columns", as of 2026-11. Both are free of charge as they are set up here.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_aws import bcmdata, s3control

from slidebox.components.aws.audit import COST, LENS
from slidebox.model import Store

TABLE = "FOCUS_1_2_AWS"
"""AWS's table of costs in the words of FOCUS, which are the same for every cloud."""

_TEXT, _NUMBER, _TIME, _PAIRS = "string", "double", "timestamp", "map<string,string>"

COLUMNS: Mapping[str, str] = {
    "AvailabilityZone": _TEXT,
    "BilledCost": _NUMBER,
    "BillingAccountId": _TEXT,
    "BillingAccountName": _TEXT,
    "BillingAccountType": _TEXT,
    "BillingCurrency": _TEXT,
    "BillingPeriodEnd": _TIME,
    "BillingPeriodStart": _TIME,
    "ChargeCategory": _TEXT,
    "ChargeClass": _TEXT,
    "ChargeDescription": _TEXT,
    "ChargeFrequency": _TEXT,
    "ChargePeriodEnd": _TIME,
    "ChargePeriodStart": _TIME,
    "ConsumedQuantity": _NUMBER,
    "ConsumedUnit": _TEXT,
    "ContractedCost": _NUMBER,
    "ContractedUnitPrice": _NUMBER,
    "EffectiveCost": _NUMBER,
    "InvoiceId": _TEXT,
    "InvoiceIssuerName": _TEXT,
    "ListCost": _NUMBER,
    "ListUnitPrice": _NUMBER,
    "PricingCategory": _TEXT,
    "PricingCurrency": _TEXT,
    "PricingQuantity": _NUMBER,
    "PricingUnit": _TEXT,
    "ProviderName": _TEXT,
    "PublisherName": _TEXT,
    "RegionId": _TEXT,
    "RegionName": _TEXT,
    "ResourceId": _TEXT,
    "ResourceName": _TEXT,
    "ResourceType": _TEXT,
    "ServiceCategory": _TEXT,
    "ServiceName": _TEXT,
    "ServiceSubcategory": _TEXT,
    "SkuId": _TEXT,
    "SkuMeter": _TEXT,
    "SkuPriceId": _TEXT,
    "SubAccountId": _TEXT,
    "SubAccountName": _TEXT,
    "SubAccountType": _TEXT,
    "Tags": _PAIRS,
    "x_Operation": _TEXT,
    "x_ServiceCode": _TEXT,
}
"""What is exported, and of which type it is; reservations and commitments, which storage has not, are left out."""


def report_storage(
    name: str, store: Store, audit: str, tags: Mapping[str, str], options: pulumi.ResourceOptions
) -> s3control.StorageLensConfiguration:
    """Write down every day how much each bucket of the account holds, in which classes.

    Parameters
    ----------
    name
        What it is called in the account.
    store
        The store, in whose region it is kept.
    audit
        The name of the audit bucket.
    tags
        Whose it is.
    options
        Of what belongs to the component.
    """
    lens = s3control
    place = lens.StorageLensConfigurationStorageLensConfigurationDataExportS3BucketDestinationArgs(
        account_id=store.account or "",
        arn=f"arn:aws:s3:::{audit}",
        format="Parquet",
        output_schema_version="V_1",
        prefix=LENS,
    )
    each = lens.StorageLensConfigurationStorageLensConfigurationAccountLevelBucketLevelArgs()
    return lens.StorageLensConfiguration(
        name,
        config_id=name,
        account_id=store.account,
        storage_lens_configuration=lens.StorageLensConfigurationStorageLensConfigurationArgs(
            enabled=True,
            account_level=lens.StorageLensConfigurationStorageLensConfigurationAccountLevelArgs(bucket_level=each),
            data_export=lens.StorageLensConfigurationStorageLensConfigurationDataExportArgs(
                s3_bucket_destination=place
            ),
        ),
        tags=tags,
        opts=options,
    )


def report_costs(
    name: str, store: Store, audit: str, tags: Mapping[str, str], options: pulumi.ResourceOptions
) -> bcmdata.Export:
    """Write down what the account costs, day by day and resource by resource; the month so far is written again.

    Data Exports is a service of us-east-1 alone, which the provider knows; the bucket may be in any region.

    Parameters
    ----------
    name, store, audit, tags, options
        As of `report_storage`.
    """
    written = bcmdata.ExportExportDestinationConfigurationS3DestinationS3OutputConfigurationArgs(
        compression="PARQUET", format="PARQUET", output_type="CUSTOM", overwrite="OVERWRITE_REPORT"
    )
    place = bcmdata.ExportExportDestinationConfigurationS3DestinationArgs(
        s3_bucket=audit, s3_prefix=COST, s3_region=store.region, s3_output_configurations=[written]
    )
    asked = bcmdata.ExportExportDataQueryArgs(
        query_statement=f"SELECT {', '.join(COLUMNS)} FROM {TABLE}",  # noqa: S608 -- names of ours alone
        table_configurations={TABLE: {"TIME_GRANULARITY": "DAILY"}},
    )
    return bcmdata.Export(
        name,
        export=bcmdata.ExportExportArgs(
            name=name,
            data_queries=[asked],
            destination_configurations=[bcmdata.ExportExportDestinationConfigurationArgs(s3_destinations=[place])],
            refresh_cadences=[bcmdata.ExportExportRefreshCadenceArgs(frequency="SYNCHRONOUS")],
        ),
        tags=tags,
        opts=options,
    )
