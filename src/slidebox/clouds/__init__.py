"""What a dataset needs in a cloud, said once for all clouds; pure, and without any cloud's SDK."""

from slidebox.clouds.bucket import AUDIT, AUDIT_TAG, CloudBucket, Copy, audit_name, cloud_bucket
from slidebox.clouds.grants import Grant, auditors_of, grants_of, principals_of
from slidebox.clouds.tiers import SETTLED_DAYS, Transition, monthly_usd, transitions

__all__ = [
    "AUDIT",
    "AUDIT_TAG",
    "SETTLED_DAYS",
    "CloudBucket",
    "Copy",
    "Grant",
    "Transition",
    "audit_name",
    "auditors_of",
    "cloud_bucket",
    "grants_of",
    "monthly_usd",
    "principals_of",
    "transitions",
]
