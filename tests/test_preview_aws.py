"""Buckets that pulumi-aws makes, with the resources beside them: by name, or by what the name comes from."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from slidebox.facts import tags
from slidebox.preview import DECLARATION, LOCATION_TAG, Seen, facts_of, read

from .test_preview import RAW, carried, make_lab

REPOSITORY = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 24)
NAME = "way-lab-retina-raw"
URN = "urn:pulumi:s::p::aws:s3/bucket:Bucket::raw"
HERE = f"{RAW}@short@amazon"
BLOCKS: dict[str, Any] = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


def declaration(name: str = "retina") -> Seen:
    """The component that carries what is declared."""
    return Seen(f"urn:pulumi:s::p::{DECLARATION}::{name}", DECLARATION, {"facts": carried(make_lab(), "amazon")})


def bucket(**changes: Any) -> Seen:
    """A bucket, with changes."""
    said = {"bucket": NAME, "tags": {**tags(make_lab(), RAW), LOCATION_TAG: HERE}}
    return Seen(URN, "aws:s3/bucket:Bucket", said | changes, {}, "aws")


def part(kind: str, suffix: str = "", depends: Mapping[str, tuple[str, ...]] | None = None, **properties: Any) -> Seen:
    """A resource that says something about the bucket."""
    token = f"aws:s3/bucket{kind}{suffix}:Bucket{kind}{suffix}"
    return Seen(f"urn:pulumi:s::p::{token}::raw", token, {"bucket": NAME, **properties}, depends or {}, "aws")


def location(*resources: Seen) -> dict[str, Any]:
    """The only location of a stack with what is declared."""
    (found,) = facts_of([declaration(), *resources], TODAY).facts["locations"].values()
    assert isinstance(found, dict)
    return found


def policy(**changes: Any) -> dict[str, Any]:
    """A policy by which everybody reads, with changes to its statement."""
    statement = {
        "Sid": "all",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{NAME}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement | changes]}


ONLY_TLS = policy(
    Sid="tls",
    Effect="Deny",
    Action="s3:*",
    Resource=[f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"],
    Condition={"Bool": {"aws:SecureTransport": "false"}},
)


def principals(*resources: Seen) -> list[str]:
    """Who has access to the only location."""
    return [reader["principal"] for reader in location(*resources)["readers"]]


# What it is


def test_a_bucket_is_the_location_that_its_tag_names() -> None:
    """What the data are comes from the declaration beside it."""
    facts = facts_of([bucket(), declaration()], TODAY).facts

    assert list(facts["locations"]) == [HERE]
    assert facts["locations"][HERE]["dataset"] == RAW
    assert facts["locations"][HERE]["store"] == "amazon"
    assert facts["datasets"][RAW]["sensitivity"] == "identifiable"


def test_a_tag_that_all_resources_have_counts_too() -> None:
    """The provider's default tags are in another property."""
    assert location(bucket(tags=None, tagsAll={LOCATION_TAG: HERE}))["dataset"] == RAW


def test_without_a_declaration_or_a_tag_nothing_is_known() -> None:
    """Neither what it holds nor where it is."""
    alone = facts_of([bucket()], TODAY).facts
    assert alone["datasets"] == {}
    assert alone["locations"][HERE]["store"] == "unknown"
    untagged = location(bucket(tags={}))
    assert (untagged["dataset"], untagged["term"], untagged["store"]) == ("unknown", "unknown", "unknown")


@pytest.mark.parametrize("store", ["bench", "bench-s3", "nothing"])
def test_a_bucket_of_amazon_is_in_no_other_store(store: str) -> None:
    """A tag cannot move it onto the lab's own disk."""
    tagged = bucket(tags={LOCATION_TAG: f"{RAW}@short@{store}"})
    both = Seen("urn:d", DECLARATION, {"facts": carried(make_lab(), "bench", "bench-s3", "amazon")})
    (found,) = facts_of([both, tagged], TODAY).facts["locations"].values()

    assert found["store"] == "unknown"


def test_a_bucket_in_another_region_is_not_in_the_store() -> None:
    """Where it lies is what the region's rules are about."""
    assert location(bucket(region="eu-west-1"))["store"] == "unknown"
    assert location(bucket(region="us-east-1"))["store"] == "amazon"


# Joining


@pytest.mark.parametrize("suffix", ["", "V2"])
def test_parts_are_joined_by_the_bucket_s_name(suffix: str) -> None:
    """Of the newer and of the older release."""
    versioning = part("Versioning", suffix, versioningConfiguration={"status": "Enabled"})

    assert location(bucket(), versioning)["has"]["versioning"] is True
    assert location(bucket(), part("Policy", policy=json.dumps(policy())))["readers"] != []
    by_arn = Seen(versioning.urn, versioning.type, {**versioning.properties, "bucket": f"arn:aws:s3:::{NAME}"})
    assert location(bucket(), by_arn)["has"]["versioning"] is True


@pytest.mark.parametrize("name", [NAME, "unknown"])
def test_where_the_name_is_not_known_parts_are_joined_by_what_it_comes_from(name: str) -> None:
    """As a preview shows a bucket whose name the provider makes up."""
    for depends in ({"bucket": (URN,)}, {"": ("urn:other", URN)}):
        versioning = part("Versioning", "", depends, bucket="unknown", versioningConfiguration={"status": "Enabled"})
        assert location(bucket(bucket=name), versioning)["has"]["versioning"] is True


def test_a_part_that_may_be_about_several_buckets_protects_none_and_opens_all() -> None:
    """What is not certain is not counted on."""
    other = "urn:pulumi:s::p::aws:s3/bucket:Bucket::other"
    twin = Seen(other, "aws:s3/bucket:Bucket", {"bucket": "other", "tags": {}})
    depends = {"bucket": (URN, other)}
    versioning = part("Versioning", "", depends, bucket="unknown", versioningConfiguration={"status": "Enabled"})
    opening = part("Policy", "", depends, bucket="unknown", policy=json.dumps(policy(Resource="*")))
    facts = facts_of([declaration(), bucket(), twin, versioning, opening], TODAY).facts

    for key in (HERE, other):
        assert facts["locations"][key]["has"]["versioning"] == "unknown"
        assert [r["principal"] for r in facts["locations"][key]["readers"]] == ["anyone"]


def test_a_policy_of_a_bucket_that_is_elsewhere_opens_something_unknown() -> None:
    """Nothing says what lies there; a policy that lets nobody in opens nothing."""
    elsewhere = part("Policy", bucket="theirs", policy=json.dumps(policy(Resource="arn:aws:s3:::theirs/*")))
    facts = facts_of([declaration(), bucket(), elsewhere], TODAY).facts

    assert facts["locations"][elsewhere.urn]["dataset"] == "unknown"
    assert [r["principal"] for r in facts["locations"][elsewhere.urn]["readers"]] == ["anyone"]
    assert facts_of([part("Policy", bucket="theirs", policy=None)], TODAY).facts["locations"] == {}


# Who reads


def test_a_private_bucket_is_read_by_nobody() -> None:
    """Whatever the provider's outputs are that nobody has asked for."""
    assert principals(bucket(acl="private")) == []
    assert principals(bucket(), part("Policy", policy=json.dumps(ONLY_TLS))) == []


@pytest.mark.parametrize("given", [policy(), json.dumps(policy())])
def test_a_policy_counts_wherever_it_is(given: Any) -> None:
    """On the bucket or beside it, as text or as an object."""
    for resources in ([bucket(policy=given)], [bucket(), part("Policy", policy=given)]):
        (reader,) = location(*resources)["readers"]
        assert reader == {
            "principal": "anyone",
            "actions": ["read"],
            "path": [f"policy of bucket {NAME}", "statement all"],
        }
        assert [w["value"] for w in location(*resources)["wildcards"]] == ["*"]


def test_a_policy_that_is_known_later_lets_in_somebody_unknown_and_says_the_cure() -> None:
    """One that is written with the bucket's ARN is not known in a preview."""
    (reader,) = location(bucket(), part("Policy", policy="unknown"))["readers"]

    assert reader["principal"] == "unknown"
    assert "write it with the bucket's name" in reader["path"][-1]
    assert principals(bucket(), part("Policy", policy="[secret]")) == ["unknown"]


def test_no_denial_is_counted_on_where_the_bucket_s_name_is_not_known() -> None:
    """It may be about another bucket."""
    both = {"Statement": [policy()["Statement"][0], policy(Effect="Deny", Action="s3:*")["Statement"][0]]}

    assert principals(bucket(), part("Policy", policy=both)) == []
    depends = {"bucket": (URN,)}
    opening = part("Policy", "", depends, bucket="unknown", policy=both)
    assert principals(bucket(bucket="unknown"), opening) == ["anyone"]


def granted(uri: str, permission: str) -> dict[str, Any]:
    """A list with one grant for a group."""
    return {"accessControlPolicy": {"grants": [{"grantee": {"type": "Group", "uri": uri}, "permission": permission}]}}


@pytest.mark.parametrize(
    ("acl", "expected"),
    [
        ({"acl": "private"}, []),
        ({"acl": "public-read"}, ["anyone"]),
        ({"acl": "public-read-write"}, ["anyone"]),
        ({"acl": "authenticated-read"}, ["any_account"]),
        ({"acl": "log-delivery-write"}, ["account:service log delivery"]),
        ({"acl": "whatever"}, ["unknown"]),
        ({"acl": "unknown"}, ["unknown"]),
        ({"acl": 7}, ["unknown"]),
        (granted(EVERYBODY, "READ"), ["anyone"]),
        (granted("x", "READ"), ["unknown"]),
        (granted(EVERYBODY, "READ_ACP"), []),
        (
            {
                "accessControlPolicy": {
                    "owner": {"id": "me"},
                    "grants": [
                        {"grantee": {"type": "CanonicalUser", "id": who}, "permission": "FULL_CONTROL"}
                        for who in ("me", "you")
                    ],
                }
            },
            ["account:canonical user you"],
        ),
        ({"accessControlPolicy": "unknown"}, ["unknown"]),
        ({"accessControlPolicy": {"grants": ["x"]}}, ["unknown"]),
    ],
)
def test_an_access_control_list_is_read(acl: dict[str, Any], expected: list[str]) -> None:
    """Canned or granted; who the owner is needs no mention."""
    assert principals(bucket(), part("Acl", **acl)) == expected
    assert principals(bucket(), part("Acl", "V2", **acl)) == expected


@pytest.mark.parametrize(
    "token", ["s3/bucketObject:BucketObject", "s3/bucketObjectv2:BucketObjectv2", "s3/objectCopy:ObjectCopy"]
)
def test_the_list_of_an_object_opens_the_bucket_that_it_is_in(token: str) -> None:
    """One that is open is enough; in a bucket that is elsewhere nothing says what it is."""
    opened = Seen("urn:o::labels", f"aws:{token}", {"bucket": NAME, "acl": "public-read"}, {}, "aws")
    (reader,) = location(bucket(), opened)["readers"]
    assert (reader["principal"], reader["path"][0]) == (
        "anyone",
        "access control list of object labels of bucket raw",
    )
    block = part("PublicAccessBlock", **BLOCKS)
    assert principals(bucket(), block, opened) == []
    assert principals(bucket(), Seen(opened.urn, opened.type, {"bucket": NAME, "acl": "private"})) == []
    assert facts_of([opened], TODAY).facts["locations"]["urn:o::labels"]["dataset"] == "unknown"


def test_grants_on_the_bucket_are_read() -> None:
    """As older programs write them."""
    grants = [{"type": "Group", "uri": EVERYBODY, "permissions": ["READ", "WRITE"]}]

    (reader, other) = location(bucket(grants=grants))["readers"]
    assert {reader["principal"], other["principal"]} == {"anyone"}


def test_a_public_list_that_is_ignored_opens_nothing() -> None:
    """By the bucket's block, by the account's, or where lists are switched off."""
    acl = part("Acl", acl="public-read")
    account = Seen("urn:a", "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", BLOCKS, {}, "aws")
    enforced = part("OwnershipControls", rule={"objectOwnership": "BucketOwnerEnforced"})

    for closing in (part("PublicAccessBlock", **BLOCKS), account, enforced):
        assert principals(bucket(), acl, closing) == [], closing.type
    preferred = part("OwnershipControls", rule={"objectOwnership": "BucketOwnerPreferred"})
    other_account = Seen("urn:a", account.type, BLOCKS, {}, "aws-of-another")
    for leaving in (part("PublicAccessBlock", **{**BLOCKS, "ignorePublicAcls": False}), preferred, other_account):
        assert principals(bucket(), acl, leaving) == ["anyone"], leaving.type


# What it has


def test_what_is_not_declared_is_as_s3_has_it() -> None:
    """The service encrypts with its own key, and the rest is off."""
    assert location(bucket())["has"] == {
        "versioning": False,
        "object_lock": False,
        "encryption": True,
        "own_key": False,
        "encrypted_transport": False,
        "public_access_block": False,
        "account_public_access_block": "unknown",
        "access_log": False,
        "lifecycle": False,
    }


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        (part("Versioning", versioningConfiguration={"status": "Enabled"}), "versioning", True),
        (part("Versioning", versioningConfiguration={"status": "Suspended"}), "versioning", False),
        (part("Versioning", versioningConfiguration={"status": "unknown"}), "versioning", "unknown"),
        (part("Versioning", versioningConfiguration="unknown"), "versioning", "unknown"),
        (part("ObjectLockConfiguration", rule={"defaultRetention": {"mode": "COMPLIANCE"}}), "object_lock", True),
        (part("ObjectLockConfiguration", objectLockEnabled="Enabled"), "object_lock", False),
        (part("ObjectLockConfiguration", rule="unknown"), "object_lock", "unknown"),
        (part("PublicAccessBlock", **BLOCKS), "public_access_block", True),
        (part("PublicAccessBlock", **{**BLOCKS, "blockPublicAcls": False}), "public_access_block", False),
        (part("PublicAccessBlock", blockPublicAcls=True), "public_access_block", False),
        (part("PublicAccessBlock", **{**BLOCKS, "blockPublicAcls": "unknown"}), "public_access_block", "unknown"),
        (part("Logging", targetBucket="logs"), "access_log", True),
        (part("Logging", targetBucket="unknown"), "access_log", True),
        (part("Logging"), "access_log", False),
        (part("Policy", policy=ONLY_TLS), "encrypted_transport", True),
        (part("Policy", policy=policy()), "encrypted_transport", False),
        (part("Policy", policy="unknown"), "encrypted_transport", "unknown"),
        (part("Policy", policy="{"), "encrypted_transport", "unknown"),
        (part("LifecycleConfiguration", rules=[{"id": "x", "status": "Enabled"}]), "lifecycle", True),
        (part("LifecycleConfiguration", rules=[{"id": "x", "status": "Disabled"}]), "lifecycle", False),
        (part("LifecycleConfiguration", rules="unknown"), "lifecycle", "unknown"),
        (part("ServerSideEncryptionConfiguration", rules="unknown"), "encryption", "unknown"),
    ],
)
def test_each_part_says_what_the_bucket_has(said: Seen, name: str, expected: Any) -> None:
    """True, false, or not known yet."""
    assert location(bucket(), said)["has"][name] == expected


KEY = "urn:pulumi:s::p::aws:kms/key:Key::k"
OWN_KEY = "urn:pulumi:s::p::my:x:Lab$aws:kms/key:Key::k"


def encryption(depends: tuple[str, ...] = (), **default: Any) -> Seen:
    """An encryption configuration."""
    rules = [{"applyServerSideEncryptionByDefault": default}]
    return part("ServerSideEncryptionConfiguration", "", {"rules": depends}, rules=rules)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (encryption(sseAlgorithm="AES256"), False),
        (encryption(sseAlgorithm="aws:kms"), False),
        (encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="alias/aws/s3"), False),
        (encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="arn:aws:kms:us-east-1:1:alias/aws/s3"), False),
        (encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="arn:aws:kms:us-east-1:1:key/k"), True),
        (encryption(sseAlgorithm="aws:kms:dsse", kmsMasterKeyId="k"), True),
        (encryption(sseAlgorithm="aws:kms", kmsMasterKeyId="unknown"), "unknown"),
        (encryption((KEY,), sseAlgorithm="aws:kms", kmsMasterKeyId="unknown"), True),
        (encryption((OWN_KEY,), sseAlgorithm="aws:kms", kmsMasterKeyId="unknown"), True),
        (encryption(sseAlgorithm="unknown"), "unknown"),
        (part("ServerSideEncryptionConfiguration", rules="unknown"), "unknown"),
    ],
)
def test_a_key_of_the_lab_s_own_is_one_that_is_named(said: Seen, expected: Any) -> None:
    """Not the service's; one that is made beside the bucket is known to be a key before it is made."""
    assert location(bucket(), said)["has"]["own_key"] == expected


def test_what_older_programs_say_on_the_bucket_itself_counts() -> None:
    """Where there is no resource beside it that says otherwise."""
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}}
    old = bucket(
        versioning={"enabled": True},
        serverSideEncryptionConfiguration={"rule": rule},
        logging={"targetBucket": "logs"},
        objectLockConfiguration={"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 3}}},
        lifecycleRules=[{"enabled": True, "abortIncompleteMultipartUploadDays": 7}],
    )
    found = location(old)
    held = {name for name, has in found["has"].items() if has is True}

    assert held == {"versioning", "encryption", "own_key", "access_log", "object_lock", "lifecycle"}
    assert found["lifecycle"]["abort_days"] == 7
    suspended = part("Versioning", versioningConfiguration={"status": "Suspended"})
    assert location(old, suspended)["has"]["versioning"] is False


def test_a_website_speaks_plain_http() -> None:
    """Whatever its policy says; it lets nobody in by itself."""
    for resources in (
        [bucket(website={"indexDocument": "index.html"})],
        [bucket(), part("WebsiteConfiguration", indexDocument={"suffix": "index.html"})],
    ):
        found = location(*resources, part("Policy", policy=ONLY_TLS))
        assert found["has"]["encrypted_transport"] is False
        assert found["readers"] == []


def test_the_account_s_block_is_that_of_the_bucket_s_provider() -> None:
    """Another provider is another account."""
    token = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
    found = {
        (provider, all_on): location(
            bucket(), Seen("urn:a", token, {**BLOCKS, "blockPublicAcls": all_on}, {}, provider)
        )
        for provider in ("aws", "other")
        for all_on in (True, False)
    }

    assert {key: said["has"]["account_public_access_block"] for key, said in found.items()} == {
        ("aws", True): True,
        ("aws", False): False,
        ("other", True): "unknown",
        ("other", False): "unknown",
    }


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Bool": {"aws:SecureTransport": "false", "aws:MultiFactorAuthPresent": "false"}},
        {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        "nonsense",
    ],
)
def test_a_denial_of_something_else_does_not_make_the_transport_encrypted(condition: Any) -> None:
    """It has to deny everybody everything that comes without TLS, and no less."""
    statement = {**ONLY_TLS["Statement"][0], "Condition": condition}

    assert location(bucket(), part("Policy", policy={"Statement": statement}))["has"]["encrypted_transport"] is False
    for change in ({"Action": "s3:GetObject"}, {"Principal": {"AWS": "x"}}, {"Resource": "arn:aws:s3:::other/*"}):
        less = {**ONLY_TLS["Statement"][0], **change}
        assert location(bucket(), part("Policy", policy={"Statement": less}))["has"]["encrypted_transport"] is False


# What happens to the data by themselves


def lifecycle(*rules: dict[str, Any]) -> Any:
    """The bucket's lifecycle with these rules."""
    listed = [{"id": str(number), "status": "Enabled", **rule} for number, rule in enumerate(rules)]
    return location(bucket(), part("LifecycleConfiguration", rules=listed))["lifecycle"]


def test_a_lifecycle_is_read() -> None:
    """Whatever happens first; Table 1's names of the classes."""
    found = lifecycle(
        {"abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}},
        {"abortIncompleteMultipartUpload": {"daysAfterInitiation": 9}, "filter": {"prefix": ""}},
        {"noncurrentVersionExpiration": {"noncurrentDays": 90}},
        {"expiration": {"days": 400}},
        {
            "transitions": [
                {"days": 30, "storageClass": "STANDARD_IA"},
                {"days": 90, "storageClass": "DEEP_ARCHIVE"},
                {"date": "2026-12-04T00:00:00Z", "storageClass": "GLACIER_IR"},
            ]
        },
    )

    assert found == {
        "offered": True,
        "abort_days": 7,
        "noncurrent_days": 90,
        "expire_days": 400,
        "transitions": [
            {"days": 30, "storage_class": "infrequent"},
            {"days": 90, "storage_class": "deep_archive"},
            {"days": 10, "storage_class": "archive"},
        ],
    }


def test_a_rule_that_is_off_does_nothing() -> None:
    """Nor does one that only tidies marks of deletion up."""
    off = {"status": "Disabled", "expiration": {"days": 1}}
    tidying = {"expiration": {"days": 0, "expiredObjectDeleteMarker": True}}

    assert lifecycle(off, tidying)["expire_days"] == "none"


@pytest.mark.parametrize(
    "filtered", [{"prefix": "a/"}, {"filter": {"prefix": "a/"}}, {"filter": {"and": {"prefix": "a"}}}]
)
def test_what_happens_to_some_objects_only_is_not_known_of_all(filtered: dict[str, Any]) -> None:
    """Neither that the data expire nor that they do not."""
    assert lifecycle({"expiration": {"days": 5}, **filtered})["expire_days"] == "unknown"
    assert lifecycle({"expiration": {"days": 5}, **filtered}, {"expiration": {"days": 9}})["expire_days"] == 5


def test_an_expiration_on_a_day_is_read() -> None:
    """In days from today, and not before today."""
    assert lifecycle({"expiration": {"date": "2026-12-24"}})["expire_days"] == 30
    assert lifecycle({"expiration": {"date": "2020-01-01"}})["expire_days"] == 0
    assert lifecycle({"expiration": {"date": "soon"}})["expire_days"] == "unknown"


@pytest.mark.parametrize(
    "rule",
    [
        {"status": "unknown"},
        {"transitions": "unknown"},
        {"transitions": [{"days": "unknown", "storageClass": "GLACIER"}]},
        {"transitions": [{"days": 3, "storageClass": "unknown"}]},
        {"transitions": [{"storageClass": "GLACIER"}]},
    ],
)
def test_a_lifecycle_that_cannot_be_read_is_unknown(rule: dict[str, Any]) -> None:
    """As a whole: half a lifecycle says nothing."""
    assert lifecycle(rule) == "unknown"
    assert location(bucket(), part("LifecycleConfiguration", rules="unknown"))["lifecycle"] == "unknown"


# A whole stack


def test_a_large_stack_is_open_exactly_where_it_is_meant_to_be(tmp_path: Path) -> None:
    """The generated stack of the benchmarks, read from a file; its facts are of the published shape."""
    file = tmp_path / "preview.json"
    generator = REPOSITORY / "benchmarks" / "rules_stack.py"
    subprocess.run([sys.executable, str(generator), "120", str(file)], check=True)
    facts = facts_of(read(file), TODAY).facts
    schema = json.loads((REPOSITORY / "schemas" / "facts.schema.json").read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator(schema).validate(facts)
    assert len(facts["locations"]) == 120
    opened = [number for number, place in enumerate(facts["locations"].values()) if place["readers"]]
    assert opened == [49, 99]
    assert all(place["has"]["account_public_access_block"] is True for place in facts["locations"].values())
