"""Buckets of AWS that Terraform made: with settings beside them, with settings of their own, and as planned."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from tests.doubles.aws.launch import moto

from slidebox.adoption.amazon import AmazonReader
from slidebox.adoption.amazon_things import token
from slidebox.adoption.existing import Existing, LongLivedKey
from slidebox.adoption.terraform import read_terraform, terraform_document
from slidebox.adoption.terraform_blocks import camel, plain
from slidebox.errors import InputError
from slidebox.model import Role
from slidebox.preview import DECLARATION, Seen, facts_of

from .test_adoption_terraform import FOLDER, amazon, read
from .test_preview import RAW, carried, make_lab

TODAY = dt.date(2026, 11, 24)
SPLIT, INLINE, PLAN = "aws-split.tfstate", "aws-inline.tfstate", "aws-plan.json"
BUCKET = "waylab-screen-raw"
ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/instruments/scope-upload"
HERE = f"{RAW}@short@amazon"

Document = dict[str, Any]


def one(name: str) -> Existing:
    """The only bucket of a fixture."""
    (existing,) = read(name)
    return existing


def changed(name: str, change: Callable[[Document], None]) -> Existing:
    """The only bucket of a state that somebody has changed."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / name)))
    change(document)
    (existing,) = read_terraform(document, "cloud", amazon())
    return existing


def attributes(document: Document, type_: str) -> dict[str, Any]:
    """The attributes of the first resource of a type."""
    found = next(entry for entry in document["resources"] if entry["type"] == type_)
    attributes: dict[str, Any] = found["instances"][0]["attributes"]
    return attributes


def settings(existing: Existing) -> dict[str, dict[str, Any]]:
    """The inputs of each setting, by its type; a policy as what it says."""
    found = {}
    for thing in existing.things:
        assert thing.id == existing.name == thing.inputs["bucket"]
        inputs = {name: value for name, value in thing.inputs.items() if name != "bucket"}
        if "policy" in inputs and inputs["policy"] != "unknown":
            inputs["policy"] = json.loads(inputs["policy"])
        found[thing.type.rpartition(":")[2]] = inputs
    return found


def location(existing: Existing) -> dict[str, Any]:
    """What the rules are told of it."""
    lab = carried(make_lab(), "amazon")
    declared = Seen("urn:d", DECLARATION, {"facts": lab, "adopted": {existing.name: {"location": HERE}}})
    resources = [Seen(f"urn:pulumi:s::p::{one.type}::raw", one.type, one.inputs, {}, "aws") for one in existing.things]
    return dict(facts_of([declared, *resources], TODAY).facts["locations"][HERE])


# Settings beside the bucket


def test_each_setting_beside_the_bucket_is_a_thing() -> None:
    """By the types of pulumi-aws; a list that lets in nobody but the owner is none."""
    found = settings(one(SPLIT))
    assert found["Bucket"] == {
        "region": "us-east-1",
        "tags": {"managed-by": "terraform", "project": "retina"},  # with those that the provider gives to all
    }
    assert found["BucketOwnershipControls"] == {"rule": {"objectOwnership": "BucketOwnerPreferred"}}
    assert set(found["BucketPublicAccessBlock"].values()) == {True}
    assert found["BucketVersioning"] == {"versioningConfiguration": {"status": "Enabled"}}
    (rule,) = found["BucketServerSideEncryptionConfiguration"]["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    assert rule["bucketKeyEnabled"] is True
    assert found["BucketLogging"] == {"targetBucket": "waylab-logs", "targetPrefix": "screen/"}
    uploads, scratch = found["BucketLifecycleConfiguration"]["rules"]
    assert uploads == {
        "id": "uploads",
        "status": "Enabled",
        "filter": {},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        "noncurrentVersionExpiration": {"noncurrentDays": 90},
        "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
    }
    assert scratch["filter"] == {"and": {"prefix": "tmp/", "tags": {"keep": "no"}}}
    assert "BucketAcl" not in found


def test_the_names_are_those_that_pulumi_takes() -> None:
    """Each type is one of pulumi-aws, and has all the properties that a thing says."""
    pulumi_aws = pytest.importorskip("pulumi_aws")
    for name in (SPLIT, INLINE):
        for thing in one(name).things:
            kind = thing.type.rpartition(":")[2]
            known = {camel(word) for word in dir(getattr(pulumi_aws.s3, kind)) if not word.startswith("_")}
            assert set(thing.inputs) <= known


def test_the_rules_see_what_the_bucket_is() -> None:
    """A partner's account reads; it is blocked, encrypted with a key of the lab, and has its log."""
    seen = location(one(SPLIT))
    assert [(reader["principal"], reader["actions"]) for reader in seen["readers"]] == [
        ("account:arn:aws:iam::999988887777:root", ["read"])
    ]
    assert {key for key, value in seen["has"].items() if value is True} == {
        "versioning",
        "encryption",
        "own_key",
        "encrypted_transport",
        "public_access_block",
        "access_log",
        "lifecycle",
    }
    assert seen["lifecycle"]["noncurrent_days"] == 90


# Settings of the bucket itself


def test_settings_of_old_releases_become_the_same_things() -> None:
    """Whoever wrote them and when makes no difference."""
    old, new = settings(one(INLINE)), settings(one(SPLIT))
    del new["BucketOwnershipControls"]  # the old release did not know them
    del new["BucketLifecycleConfiguration"]["transitionDefaultMinimumObjectSize"]
    assert old == new


def test_a_setting_beside_the_bucket_counts_before_that_of_the_bucket() -> None:
    """The bucket shows what it had when it was last looked at."""

    def stale(document: Document) -> None:
        attributes(document, "aws_s3_bucket")["versioning"] = [{"enabled": False, "mfa_delete": False}]
        attributes(document, "aws_s3_bucket")["policy"] = ""

    assert settings(changed(SPLIT, stale)) == settings(one(SPLIT))


def test_a_list_that_lets_everybody_in_is_a_thing() -> None:
    """By its name, or by its grants; the rules see who gets in."""
    everybody = {"id": "", "permissions": ["READ"], "type": "Group"}
    group = everybody | {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}
    owner = {"id": "75aa", "permissions": ["FULL_CONTROL"], "type": "CanonicalUser", "uri": ""}

    def named(document: Document) -> None:
        document["resources"] = document["resources"][:1]
        attributes(document, "aws_s3_bucket").update(acl="public-read", policy="")

    def granted(document: Document) -> None:
        document["resources"] = document["resources"][:1]
        attributes(document, "aws_s3_bucket").update(acl=None, policy="", grant=[owner, group])

    for change in (named, granted):
        existing = changed(INLINE, change)
        assert [reader["principal"] for reader in location(existing)["readers"]] == ["anyone"]
        assert [(member.identity, member.role) for member in existing.members] == [("*", Role.READER)]
    grants = settings(changed(INLINE, granted))["BucketAcl"]["accessControlPolicy"]
    assert grants["owner"] == {"id": "75aa"}


def test_who_else_may_do_all_by_a_list_is_seen_where_nobody_says_who_the_owner_is() -> None:
    """Two who do everything: either may be a stranger, so both count."""
    both = [{"id": who, "permissions": ["FULL_CONTROL"], "type": "CanonicalUser", "uri": ""} for who in ("aa", "bb")]

    def two(document: Document) -> None:
        document["resources"] = document["resources"][:1]
        attributes(document, "aws_s3_bucket").update(acl=None, policy="", grant=both)

    seen = {reader["principal"] for reader in location(changed(INLINE, two))["readers"]}
    assert seen == {"account:canonical user aa", "account:canonical user bb"}


def test_a_website_a_lock_and_a_copy_of_old_releases_are_things() -> None:
    """The rules see that a website has no TLS, that objects are locked, and that nobody knows who reads the copy."""

    def more(document: Document) -> None:
        attributes(document, "aws_s3_bucket").update(
            website=[{"index_document": "index.html", "error_document": "404.html", "redirect_all_requests_to": ""}],
            object_lock_configuration=[
                {
                    "object_lock_enabled": "Enabled",
                    "rule": [{"default_retention": [{"days": 365, "mode": "GOVERNANCE", "years": 0}]}],
                }
            ],
            replication_configuration=[
                {
                    "role": f"arn:aws:iam::{ACCOUNT}:role/copier",
                    "rules": [
                        {
                            "id": "all",
                            "prefix": "",
                            "priority": 0,
                            "status": "Enabled",
                            "filter": [],
                            "destination": [{"bucket": "arn:aws:s3:::elsewhere", "storage_class": ""}],
                        }
                    ],
                }
            ],
        )

    existing = changed(INLINE, more)
    found = settings(existing)
    assert found["BucketWebsiteConfiguration"] == {
        "indexDocument": {"suffix": "index.html"},
        "errorDocument": {"key": "404.html"},
    }
    assert found["BucketObjectLockConfiguration"] == {
        "objectLockEnabled": "Enabled",
        "rule": {"defaultRetention": {"days": 365, "mode": "GOVERNANCE"}},
    }
    (copied,) = found["BucketReplicationConfig"]["rules"]
    assert copied["destination"] == {"bucket": "arn:aws:s3:::elsewhere"}
    seen = location(existing)
    assert seen["has"]["object_lock"] is True
    assert seen["has"]["encrypted_transport"] is False
    assert "unknown" in {reader["principal"] for reader in seen["readers"]}
    assert any("is copied to elsewhere: whoever reads the copy reads the data" in note for note in existing.notes)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"days": 0, "date": "", "storage_class": "GLACIER_IR"}, {"days": 0, "storageClass": "GLACIER_IR"}),
        (
            {"days": 0, "date": "2027-01-01T00:00:00Z", "storage_class": "GLACIER_IR"},
            {"date": "2027-01-01T00:00:00Z", "storageClass": "GLACIER_IR"},
        ),
        ({"days": 0, "date": "", "expired_object_delete_marker": True}, {"expiredObjectDeleteMarker": True}),
        (
            {"noncurrent_days": 30, "newer_noncurrent_versions": "3"},
            {"noncurrentDays": 30, "newerNoncurrentVersions": 3},
        ),
    ],
)
def test_zero_is_kept_only_where_it_means_at_once(block: dict[str, Any], expected: dict[str, Any]) -> None:
    """Terraform writes nothing as zero, and some numbers as text."""
    assert plain(block) == expected


# Users and their keys


def test_the_key_of_a_user_who_gets_in_is_found_in_the_state_and_in_its_file() -> None:
    """By a policy that is attached, and with the path of the user's ARN."""
    existing = one(SPLIT)
    where = "the Terraform state and ./credentials/scope.ini"
    assert existing.keys == (LongLivedKey(USER, where, "2024-05-06"),)
    member = next(member for member in existing.members if member.identity == USER)
    assert member.role is Role.CONTRIBUTOR
    said = "\n".join(existing.notes)
    assert "The state file holds the access key of user scope-upload (aws_iam_access_key.upload)" in said
    assert "local_sensitive_file.credentials writes the access key of user scope-upload to the file" in said


def test_a_key_that_is_turned_off_or_opens_something_else_is_none_of_this_bucket() -> None:
    """Neither is that of a user whom only another bucket lets in."""

    def off(document: Document) -> None:
        attributes(document, "aws_iam_access_key")["status"] = "Inactive"

    def elsewhere(document: Document) -> None:
        about = attributes(document, "aws_iam_policy")
        about["policy"] = about["policy"].replace(BUCKET, "another-bucket")

    assert changed(SPLIT, off).keys == ()
    assert changed(SPLIT, elsewhere).keys == ()


@pytest.mark.parametrize("how", ["own", "attached", "group", "membership", "unread", "bucket"])
def test_every_way_in_which_a_user_gets_in_counts(how: str) -> None:
    """Also by its group, by a policy that nobody can read, or because the bucket names it."""

    def change(document: Document) -> None:
        said = attributes(document, "aws_iam_policy")["policy"]
        arn = attributes(document, "aws_iam_policy")["arn"]
        kept = [one for one in document["resources"] if one["type"] != "aws_iam_user_policy_attachment"]
        document["resources"] = kept
        more = {
            "own": [("aws_iam_user_policy", {"user": "scope-upload", "name": "own", "policy": said})],
            "attached": [("aws_iam_policy_attachment", {"users": ["scope-upload"], "policy_arn": arn})],
            "group": [
                ("aws_iam_user_group_membership", {"user": "scope-upload", "groups": ["instruments"]}),
                ("aws_iam_group_policy", {"group": "instruments", "name": "data", "policy": said}),
            ],
            "membership": [
                ("aws_iam_group_membership", {"users": ["scope-upload"], "group": "instruments"}),
                ("aws_iam_group_policy_attachment", {"group": "instruments", "policy_arn": arn}),
            ],
            "unread": [
                ("aws_iam_user_policy_attachment", {"user": "scope-upload", "policy_arn": "arn:aws:iam::1:policy/x"})
            ],
            "bucket": [],
        }[how]
        for type_, values in more:
            entry = {"mode": "managed", "type": type_, "name": "x", "provider": "aws"}
            document["resources"].append({**entry, "instances": [{"attributes": values}]})
        if how == "bucket":
            policy = attributes(document, "aws_s3_bucket_policy")
            policy["policy"] = policy["policy"].replace("arn:aws:iam::999988887777:root", USER)

    assert [key.identity for key in changed(SPLIT, change).keys] == [USER]


def test_a_user_of_whom_only_the_key_is_known_has_the_plain_arn() -> None:
    """Somebody made the user by hand."""

    def change(document: Document) -> None:
        document["resources"] = [one for one in document["resources"] if one["type"] != "aws_iam_user"]

    assert changed(SPLIT, change).keys[0].identity == f"arn:aws:iam::{ACCOUNT}:user/scope-upload"


# In words, and what belongs elsewhere


def test_what_no_thing_says_and_what_is_handed_over_is_said() -> None:
    """Whoever is told of new objects; and the one command that lets Terraform go of all."""
    existing = one(SPLIT)
    assert f"{BUCKET} tells others of what happens in it (aws_s3_bucket_notification.raw)." in existing.notes
    (sentence,) = [note for note in existing.notes if "state rm" in note]
    assert sentence.count("aws_s3_bucket") == 10
    assert "aws_iam" not in sentence
    assert any("The file knows only the users and policies that Terraform made" in note for note in existing.notes)


def test_what_opens_a_part_of_the_bucket_is_said_and_handed_over() -> None:
    """Access points, and objects with a list of their own; objects are Terraform's to delete until it lets go."""

    def change(document: Document) -> None:
        for type_, more in (
            ("aws_s3_access_point", {"name": "partner"}),
            ("aws_s3_object", {"key": "readme.txt", "acl": "public-read"}),
            ("aws_s3_object", {"key": "notes.txt", "acl": None}),
        ):
            entry = {"mode": "managed", "type": type_, "name": "x", "provider": "aws"}
            attributes = {"bucket": BUCKET, **more}
            document["resources"].append({**entry, "instances": [{"attributes": attributes}]})

    existing = changed(SPLIT, change)
    said = "\n".join(existing.notes)
    assert f"The access point aws_s3_access_point.x leads to {BUCKET}" in said
    assert said.count(f"An object in {BUCKET} has a list of its own (public-read)") == 1
    assert "aws_s3_access_point.x aws_s3_object.x" in said


def test_a_bucket_of_another_region_belongs_to_another_store() -> None:
    """As when the store is asked itself."""
    with pytest.raises(InputError, match="in another project, region or account"):
        read(SPLIT, amazon(region="eu-central-1"))


# A plan


def test_what_a_plan_does_not_know_yet_is_said_and_the_rules_refuse_it() -> None:
    """A policy that comes later lets in somebody unknown, and rules that come later do nobody knows what."""
    existing = one(PLAN)
    found = settings(existing)
    assert found["BucketPolicy"] == {"policy": "unknown"}
    assert found["BucketLifecycleConfiguration"] == {"rules": "unknown"}
    seen = location(existing)
    assert [reader["principal"] for reader in seen["readers"]] == ["unknown"]
    assert seen["lifecycle"] == "unknown"
    said = "\n".join(existing.notes)
    assert "The policy of aws_s3_bucket_policy.atlas is known only once" in said
    assert "The bucket of aws_s3_bucket_public_access_block.other is known only once" in said
    assert "`terraform destroy` would delete waylab-atlas with all the data in it" in said


def test_what_a_plan_only_makes_is_not_imported() -> None:
    """There is nothing to import: versions are not kept yet."""
    existing = one(PLAN)
    assert "BucketVersioning" not in settings(existing)
    assert location(existing)["has"]["versioning"] is False
    assert any("aws_s3_bucket_versioning.atlas is not there yet" in note for note in existing.notes)
    (sentence,) = [note for note in existing.notes if "state rm" in note]
    assert "versioning" not in sentence


# Secrets


def test_no_secret_comes_out() -> None:
    """Neither the secret of a key nor its id, nor a password that comes from it."""
    text = (FOLDER / SPLIT).read_text(encoding="utf-8")
    out = repr(read(SPLIT))
    for secret in ("AKIASECRETACCESSKEY1", "SECRET-AWS-KEY", "SECRET-SMTP", "0123456789abcdef"):
        assert secret in text
        assert secret not in out


# The file and the service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running moto server."""
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


def test_a_file_and_the_service_say_the_same_of_one_bucket(service: str) -> None:
    """The things that Terraform's state gives are those that S3 itself answers."""
    from_file = one(SPLIT)
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    s3: Any = session.client("s3", endpoint_url=service)
    make(s3, from_file)
    store = amazon(endpoint=service)
    from_service = AmazonReader("cloud", store, lambda: session).existing(BUCKET)
    file, there = settings(from_file), settings(from_service)
    # moto neither grants log delivery the policy that S3 asks for, nor says from which size objects move.
    for found in (file, there):
        found.pop("BucketLogging", None)
        found["BucketLifecycleConfiguration"].pop("transitionDefaultMinimumObjectSize", None)
    assert there == file
    assert [one.type for one in from_service.things] == [
        one.type for one in from_file.things if one.type != token("Logging")
    ]


def make(s3: Any, existing: Existing) -> None:
    """Set a bucket up as the fixture has it, by the API."""
    found, name = settings(existing), existing.name
    s3.create_bucket(Bucket=name)
    tags = [{"Key": key, "Value": value} for key, value in found["Bucket"]["tags"].items()]
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    block = {key[0].upper() + key[1:]: value for key, value in found["BucketPublicAccessBlock"].items()}
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(found["BucketPolicy"]["policy"]))
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    default = found["BucketServerSideEncryptionConfiguration"]["rules"][0]["applyServerSideEncryptionByDefault"]
    said = {"SSEAlgorithm": default["sseAlgorithm"], "KMSMasterKeyID": default["kmsMasterKeyId"]}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": said, "BucketKeyEnabled": True}]
        },
    )
    both = {"Prefix": "tmp/", "Tags": [{"Key": "keep", "Value": "no"}]}
    rules = [
        {
            "ID": "uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
        },
        {"ID": "scratch", "Status": "Disabled", "Filter": {"And": both}, "Expiration": {"Days": 14}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
