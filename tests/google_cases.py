"""Sections of Google Cloud for tests: one bucket in one project, with changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access.effective import Access, Location
from slidebox.access.google import locations
from slidebox.access.snapshot import Known

PROJECT, NUMBER, NAME = "way-images", "123456", "way-raw"
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
VIEWER = "roles/storage.objectViewer"
SERVICE = f"reader@{PROJECT}.iam.gserviceaccount.com"
POOL = f"projects/{NUMBER}/locations/global/workloadIdentityPools/ci"
GITHUB = {"issuerUri": "https://token.actions.githubusercontent.com"}
FILL = f"serviceAccount:service-{NUMBER}@cloud-cdn-fill.iam.gserviceaccount.com"


def binding(member: str, role: str = VIEWER, expression: str = "") -> dict[str, Any]:
    """One member in one role, perhaps under a condition."""
    condition = {"condition": {"title": "a condition", "expression": expression}} if expression else {}
    return {"role": role, "members": [member], **condition}


def bucket(*bindings: Mapping[str, Any], uniform: bool = True, **changes: Any) -> dict[str, Any]:
    """A bucket of the project, closed but for what is given."""
    return {
        "project": PROJECT,
        "metadata": metadata(uniform=uniform),
        "policy": {"version": 3, "bindings": list(bindings)},
        "managed_folders": [],
        **changes,
    }


def metadata(*, uniform: bool = True, prevention: str = "inherited", **changes: Any) -> dict[str, Any]:
    """A bucket as the API answers it."""
    access = {"uniformBucketLevelAccess": {"enabled": uniform}, "publicAccessPrevention": prevention}
    lists: dict[str, Any] = {} if uniform else {"acl": [], "defaultObjectAcl": []}
    return {"kind": "storage#bucket", "name": NAME, "iamConfiguration": access, **lists, **changes}


def project(*bindings: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The project, in no organisation, of which everything is known."""
    return {
        "number": NUMBER,
        "parent": None,
        "policy": {"version": 3, "bindings": list(bindings)},
        "org_policies": {},
        "deny_policies": [],
        "service_accounts": {},
        "hmac_keys": [],
        "roles": {},
        "workload_identity_pools": {},
        "backend_buckets": [],
        "url_maps": [],
        **changes,
    }


def section(of_bucket: Any = None, of_project: Any = None, **others: Any) -> dict[str, Any]:
    """A section with one bucket in one project."""
    return {
        "projects": {PROJECT: project() if of_project is None else of_project},
        "buckets": {NAME: bucket() if of_bucket is None else of_bucket},
        **others,
    }


def location(said: Mapping[str, Any], known: Known | None = None) -> Location:
    """The only location of a section."""
    (found,) = locations(said, known or Known(now=NOW))
    return found


def readers(said: Mapping[str, Any], known: Known | None = None, action: str = "read") -> list[str]:
    """Everybody who can read, or do something else."""
    return sorted({one.principal for one in location(said, known).readers if action in one.actions})


def given(*bindings: Mapping[str, Any], known: Known | None = None, action: str = "read") -> list[str]:
    """Everybody who can read a bucket with some bindings."""
    return readers(section(bucket(*bindings)), known, action)


def covered(principal: str, by: Iterable[Access], action: str) -> bool:
    """Whether somebody is among those who could do something before: as themselves, or as one of everybody."""
    wide = {one.principal for one in by if action in one.actions}
    return principal in wide or "anyone" in wide or ("any_account" in wide and principal != "anyone")
