"""What the resources of pulumi-aws do at the service: each kind's calls, through boto3.

Where boto3 finds the service, and who it is there, is for the environment to say (``AWS_ENDPOINT_URL``,
``AWS_ACCESS_KEY_ID``). What a kind lacks is not called. Outputs are those that the real plugin computes and that
programs read: ``arn``, ``id``, names and ids that the service chooses.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import account, identity, replication, reports, s3
from .kind import Kind

KINDS: Mapping[str, Kind] = {**s3.KINDS, **replication.KINDS, **identity.KINDS, **account.KINDS, **reports.KINDS}
"""The types that do something at the service."""

KEPT = ("aws:accessanalyzer/analyzer:Analyzer",)
"""Types that the service behind lacks (moto has no Access Analyzer): their inputs are checked, and kept."""
