"""Whom a resource's policy of AWS lets in: real cases, and tables of what AWS documents."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.aws.grants import resource_grants

CASES = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "bucket_policies.json"
BUCKET = "arn:aws:s3:::bkt"
OBJECTS = f"{BUCKET}/*"
BOTH = [BUCKET, OBJECTS]
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
A, B = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{A}:role/reader"
USER = f"arn:aws:iam::{A}:user/ines"


def allow(**changes: Any) -> dict[str, Any]:
    """An Allow for everybody to read, with changes."""
    said = {"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}
    return {name: value for name, value in (said | changes).items() if value is not None}


def deny(**changes: Any) -> dict[str, Any]:
    """A Deny of everything for everybody, with changes."""
    said = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH}
    return {name: value for name, value in (said | changes).items() if value is not None}


def who(*statements: Any, resource: str = BUCKET) -> set[str]:
    """Everybody whom a policy of these statements lets in."""
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return {grant.who for grant in resource_grants(policy, resource, now=NOW)}


def cases() -> list[Any]:
    """The collected policies with the right answer to "public?"."""
    if not CASES.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{CASES} is not here"))]
    return [pytest.param(case, id=case["name"]) for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]]


@pytest.mark.parametrize("case", cases())
def test_collected_policies_are_public_exactly_where_they_are(case: dict[str, Any]) -> None:
    """Each of the collected policies gets the right answer to "public?", as an object and as text."""
    for policy in (case["policy"], json.dumps(case["policy"])):
        found = {grant.who for grant in resource_grants(policy, BUCKET, now=NOW)}
        assert case["public"] == bool(found & {"anyone", "any_account", "unknown"})
