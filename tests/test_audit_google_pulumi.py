"""Google Cloud in previews and stacks of Pulumi: the official provider's resources, and slidebox's own bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from slidebox.access import audit
from slidebox.access.effective import Location
from slidebox.access.snapshot import Known, Snapshot
from slidebox.audit import pulumi
from slidebox.audit.pulumi.google import type_of
from slidebox.preview import Seen, read

PROJECT, NAME = "way-images", "way-raw"
VIEWER = "roles/storage.objectViewer"
OWN = {f"account:project{kind}:{PROJECT}" for kind in ("Editor", "Owner", "Viewer")} | {f"account:project:{PROJECT}"}
STORE = {"name": "cloud", "project": PROJECT, "region": "us-central1"}


def seen(token: str, called: str = "x", depends: Mapping[str, tuple[str, ...]] | None = None, /, **said: Any) -> Seen:
    """A resource of a stack."""
    return Seen(urn(token, called), token, said, depends or {})


def urn(token: str, called: str) -> str:
    """The URN of a resource."""
    return f"urn:pulumi:s::p::{token}::{called}"


def raw(**said: Any) -> Seen:
    """The bucket."""
    about = {"name": NAME, "project": PROJECT, "location": "US", "uniformBucketLevelAccess": True}
    return seen("gcp:storage/bucket:Bucket", "raw", **{**about, **said})


def own(**said: Any) -> Seen:
    """A bucket that slidebox makes."""
    about = {"bucket": NAME, "store": STORE, "public": False, "location": "nf1/raw_images@short@cloud", "grants": []}
    return seen("slidebox:gcs:Bucket", "raw", **{**about, **said})


def audited(*resources: Seen) -> dict[str, Location]:
    """The locations of a stack, by way of a snapshot's JSON."""
    taken = json.loads(json.dumps(pulumi.snapshot(resources).document()))
    return {one.name: one for one in audit.locations(Snapshot.of(taken), Known())}


def readers(*resources: Seen, name: str = NAME) -> list[str]:
    """Who reads the bucket beside those of the project."""
    return sorted({one.principal for one in audited(*resources)[name].readers if "read" in one.actions} - OWN)


ACL: Mapping[str, Any] = {"uniformBucketLevelAccess": False}
STATED = {"role": VIEWER, "bucket": NAME}

PUBLIC: Mapping[str, tuple[Seen, ...]] = {
    "a member": (raw(), seen("gcp:storage/bucketIAMMember:BucketIAMMember", member="allUsers", **STATED)),
    "a binding": (raw(), seen("gcp:storage/bucketIAMBinding:BucketIAMBinding", members=["allUsers"], **STATED)),
    "a whole policy": (
        raw(),
        seen(
            "gcp:storage/bucketIAMPolicy:BucketIAMPolicy",
            bucket=NAME,
            policyData=json.dumps({"bindings": [{"role": VIEWER, "members": ["allUsers"]}]}),
        ),
    ),
    "the list of new objects": (
        raw(**ACL),
        seen("gcp:storage/defaultObjectACL:DefaultObjectACL", bucket=NAME, roleEntities=["READER:allUsers"]),
    ),
    "an entry in the list of new objects": (
        raw(**ACL),
        seen(
            "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",
            bucket=NAME,
            role="READER",
            entity="allUsers",
        ),
    ),
    "the list of an object": (
        raw(**ACL),
        seen("gcp:storage/objectACL:ObjectACL", bucket=NAME, object="a.tif", roleEntities=["READER:allUsers"]),
    ),
    "a managed folder": (
        raw(),
        seen(
            "gcp:storage/managedFolderIamMember:ManagedFolderIamMember", managedFolder="a/", member="allUsers", **STATED
        ),
    ),
    "slidebox's own, public": (own(public=True, grants=[{"member": "allUsers", "role": VIEWER}]),),
    "slidebox's own, opened by somebody else": (
        own(public=True, foreignMembers=[f"allUsers as {VIEWER} (a condition)"]),
    ),
}


@pytest.mark.parametrize("resources", PUBLIC.values(), ids=PUBLIC.keys())
def test_everybody_reads(resources: tuple[Seen, ...]) -> None:
    """Each of these alone makes the bucket public."""
    assert "anyone" in readers(*resources)


CLOSED: Mapping[str, tuple[Seen, ...]] = {
    "nothing": (raw(),),
    "public access is prevented": (
        raw(publicAccessPrevention="enforced"),
        seen("gcp:storage/bucketIAMMember:BucketIAMMember", member="allUsers", **STATED),
    ),
    "a policy of the organisation": (
        raw(),
        seen("gcp:storage/bucketIAMMember:BucketIAMMember", member="allUsers", **STATED),
        seen(
            "gcp:orgpolicy/policy:Policy",
            name=f"projects/{PROJECT}/policies/storage.publicAccessPrevention",
            parent=f"projects/{PROJECT}",
            spec={"rules": [{"enforce": "TRUE"}]},
        ),
    ),
    "slidebox's own": (own(),),
    "slidebox's own, with a member that prevention keeps out": (own(grants=[{"member": "allUsers", "role": VIEWER}]),),
}


@pytest.mark.parametrize("resources", CLOSED.values(), ids=CLOSED.keys())
def test_nobody_but_the_project_reads(resources: tuple[Seen, ...]) -> None:
    """What only looks open is not."""
    assert readers(*resources) == []


UNKNOWNS: Mapping[str, tuple[Seen, ...]] = {
    "a member": (raw(), seen("gcp:storage/bucketIAMMember:BucketIAMMember", member="unknown", **STATED)),
    "the members": (raw(), seen("gcp:storage/bucketIAMBinding:BucketIAMBinding", members="unknown", **STATED)),
    "the policy": (raw(), seen("gcp:storage/bucketIAMPolicy:BucketIAMPolicy", bucket=NAME, policyData="[secret]")),
    "uniform access": (raw(uniformBucketLevelAccess="unknown"),),
    "slidebox's own that could not be read": (own(unread="denied"),),
    "slidebox's own grants": (own(grants="unknown"),),
    "slidebox's own members by others": (own(foreignMembers="unknown"),),
    "whether slidebox's own is uniform": (own(uniformAccess="unknown"),),
}


@pytest.mark.parametrize("resources", UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_what_is_known_only_later_lets_in_somebody_unknown(resources: tuple[Seen, ...]) -> None:
    """And nobody is cleared by it."""
    assert "unknown" in readers(*resources)


def test_what_slidebox_makes_says_its_store_and_its_dataset() -> None:
    """And gives access until a day."""
    one = audited(own(grants=[{"member": "user:ann@example.org", "role": VIEWER, "until": "2027-01-01"}]))[NAME]
    (ann,) = (reader for reader in one.readers if reader.principal == "account:user:ann@example.org")
    assert (one.store, one.dataset, one.within, one.kind) == ("cloud", "nf1/raw_images", PROJECT, "gcs")
    assert (ann.actions, ann.until) == (("read", "list"), "2027-01-01T00:00:00Z")
    assert f"account:projectViewer:{PROJECT}" not in {reader.principal for reader in one.readers}


def test_a_member_is_the_service_account_that_it_comes_from() -> None:
    """By the property that its value depends on."""
    account = "gcp:serviceaccount/account:Account"
    token = "gcp:storage/bucketIAMMember:BucketIAMMember"
    robot = seen(account, "robot", accountId="reader", project=PROJECT)
    member = seen(token, "x", {"member": (urn(account, "robot"),)}, member="unknown", **STATED)
    assert readers(raw(), robot, member) == [f"account:serviceAccount:reader@{PROJECT}.iam.gserviceaccount.com"]


def test_what_opens_a_bucket_that_nothing_tells_stands_under_its_own_name() -> None:
    """As somebody unknown; the bucket that a property depends on is told."""
    token = "gcp:storage/bucketIAMMember:BucketIAMMember"
    about = {"bucket": "unknown", "role": VIEWER, "member": "allUsers"}
    assert readers(raw(), seen(token, "opened", **about), name="opened") == ["unknown"]
    assert readers(raw(), seen(token, "x", {"bucket": (urn("gcp:storage/bucket:Bucket", "raw"),)}, **about)) == [
        "anyone"
    ]


def test_buckets_of_a_provider_that_is_not_read_are_unknown() -> None:
    """Under their own names."""
    found = audited(seen("google-native:storage/v1:Bucket", "native"), raw())
    assert [reader.principal for reader in found["native"].readers] == ["unknown"]
    assert set(found) == {"native", NAME}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("gcp:storage/bucket:Bucket", "google_storage_bucket"),
        ("gcp:storage/bucketACL:BucketACL", "google_storage_bucket_acl"),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", "google_storage_bucket_iam_member"),
        ("gcp:storage/managedFolderIamPolicy:ManagedFolderIamPolicy", "google_storage_managed_folder_iam_policy"),
        ("gcp:storage/hmacKey:HmacKey", "google_storage_hmac_key"),
        ("gcp:projects/iAMMember:IAMMember", "google_project_iam_member"),
        ("gcp:projects/iAMCustomRole:IAMCustomRole", "google_project_iam_custom_role"),
        ("gcp:folder/iAMBinding:IAMBinding", "google_folder_iam_binding"),
        ("gcp:organizations/iAMPolicy:IAMPolicy", "google_organization_iam_policy"),
        ("gcp:organizations/project:Project", "google_project"),
        ("gcp:serviceaccount/account:Account", "google_service_account"),
        ("gcp:serviceaccount/key:Key", "google_service_account_key"),
        ("gcp:serviceaccount/iAMMember:IAMMember", "google_service_account_iam_member"),
        ("gcp:iam/workloadIdentityPool:WorkloadIdentityPool", "google_iam_workload_identity_pool"),
        ("gcp:iam/denyPolicy:DenyPolicy", "google_iam_deny_policy"),
        ("gcp:compute/backendBucket:BackendBucket", "google_compute_backend_bucket"),
        (
            "gcp:compute/backendBucketSignedUrlKey:BackendBucketSignedUrlKey",
            "google_compute_backend_bucket_signed_url_key",
        ),
        ("gcp:compute/uRLMap:URLMap", "google_compute_url_map"),
        ("gcp:orgpolicy/policy:Policy", "google_org_policy_policy"),
        ("aws:s3/bucket:Bucket", ""),
    ],
)
def test_types_of_pulumi_are_those_of_terraform(token: str, expected: str) -> None:
    """The provider is made from Terraform's, and only the spelling differs."""
    assert type_of(token) == expected


def test_a_preview_shows_as_unknown_what_google_chooses_and_that_does_not_count(tmp_path: Path) -> None:
    """Only what is asked for does: uniform access is off then, as it is where nobody asks for it."""
    inputs = {"name": NAME, "project": PROJECT, "location": "US"}
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    state = {
        "urn": urn("gcp:storage/bucket:Bucket", "raw"),
        "type": "gcp:storage/bucket:Bucket",
        "inputs": inputs,
        "outputs": {**inputs, "uniformBucketLevelAccess": unknown, "selfLink": unknown},
    }
    path = tmp_path / "preview.json"
    path.write_text(json.dumps({"steps": [{"op": "create", "urn": state["urn"], "newState": state}]}))
    (bucket,) = read(path)
    assert "uniformBucketLevelAccess" not in bucket.properties
    assert readers(bucket) == ["unknown"]  # objects may have lists of their own
