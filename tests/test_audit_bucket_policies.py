"""Sixteen bucket policies with known answers, through each way that a configuration comes in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.audit import locations
from slidebox.access.snapshot import Known, Snapshot
from slidebox.audit import pulumi, terraform
from slidebox.preview import Seen

FILE = Path(__file__).parents[2] / "shared" / "fixtures" / "bucket_policies.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"] if FILE.is_file() else []
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
NOBODY_ELSE: dict[str, list[Any]] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}

pytestmark = pytest.mark.skipif(not CASES, reason="the labelled cases are not beside this clone")


def live(policy: Any) -> Snapshot:
    """An account's answers."""
    bucket = {"account": "111122223333", "policy": policy, "public_access_block": None, "acl": None, "ownership": OWNED}
    account = {"public_access_block": None, "authorization": NOBODY_ELSE}
    return Snapshot("live", sections={"aws": {"accounts": {"111122223333": account}, "buckets": {"bkt": bucket}}})


def planned(policy: Any) -> Snapshot:
    """A plan of Terraform."""
    values = {
        "aws_s3_bucket.b": {"bucket": "bkt"},
        "aws_s3_bucket_policy.p": {"bucket": "bkt", "policy": json.dumps(policy)},
    }
    listed = [
        {"address": address, "mode": "managed", "type": address.partition(".")[0], "name": "x", "values": said}
        for address, said in values.items()
    ]
    return terraform.snapshot({"format_version": "1.2", "planned_values": {"root_module": {"resources": listed}}})


def previewed(policy: Any) -> Snapshot:
    """A preview of Pulumi with the official provider."""
    head = "urn:pulumi:s::p::"
    bucket = Seen(f"{head}aws:s3/bucket:Bucket::b", "aws:s3/bucket:Bucket", {"bucket": "bkt"})
    kind = "aws:s3/bucketPolicy:BucketPolicy"
    said = {"bucket": "bkt", "policy": json.dumps(policy)}
    return pulumi.snapshot([bucket, Seen(f"{head}{kind}::p", kind, said, {"bucket": (bucket.urn,)})])


@pytest.mark.parametrize("way", [live, planned, previewed])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_policy_is_public_exactly_where_it_is_known_to_be(case: dict[str, Any], way: Any) -> None:
    """Whatever weak condition it carries; and nobody is hidden where it names somebody."""
    (place,) = locations(way(case["policy"]), Known())
    everybody = [reader for reader in place.readers if reader.kind in ("anyone", "any_account")]
    assert place.name == "bkt"
    assert bool(everybody) is case["public"], [reader.document() for reader in place.readers]
