"""Buckets of AWS that were there before slidebox, read by boto3 from moto, and what the rules see of them then."""

from __future__ import annotations

import datetime as dt
import functools
import io
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import UnauthorizedSSOTokenError
from tests.doubles.aws.launch import moto

from slidebox.adoption.amazon import AmazonReader
from slidebox.adoption.amazon_things import camel, own_tags, token
from slidebox.adoption.existing import Content, Existing, Thing
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Role, Store, StoreKind, System
from slidebox.preview import DECLARATION, Seen, facts_of

from .test_preview import RAW, carried, make_lab

TODAY = dt.date(2026, 11, 24)
ACCOUNT = "123456789012"
PARTNER = "arn:aws:iam::999988887777:root"
HERE = f"{RAW}@short@amazon"
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0b9c1d7e-1111-4222-8333-944455556666"
_COUNT = itertools.count()

Session = Callable[[], boto3.session.Session]


@functools.cache
def session() -> boto3.session.Session:
    """A session with moto's keys, made once: each reads the description of every service anew."""
    return fresh()


def fresh() -> boto3.session.Session:
    """A session of its own, whose clients can be listened to."""
    return boto3.session.Session("testing", "testing", region_name="us-east-1")


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


def refusing(*operations: str, code: str = "AccessDenied", status: int = 403) -> Session:
    """Sessions whose clients get an error from the service for some operations, such as ``s3.GetBucketPolicy``."""

    def refuse(request: Any, **_: Any) -> Any:
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body.encode()))

    def make() -> boto3.session.Session:
        made = fresh()
        for operation in operations:
            made.events.register(f"before-send.{operation}", refuse)
        return made

    return make


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running moto server."""
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def s3(service: str) -> Any:
    """Whoever set the buckets up before slidebox."""
    return session().client("s3", endpoint_url=service)


@pytest.fixture
def iam(service: str) -> Iterator[Any]:
    """Whoever set the users up before slidebox; they go again."""
    client: Any = session().client("iam", endpoint_url=service)
    yield client
    for user in client.list_users()["Users"]:
        name = user["UserName"]
        for key in client.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            client.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for policy in client.list_user_policies(UserName=name)["PolicyNames"]:
            client.delete_user_policy(UserName=name, PolicyName=policy)
        client.delete_user(UserName=name)


@pytest.fixture
def name(s3: Any) -> str:
    """A bucket with nothing set."""
    made = f"waylab-microscopy-{next(_COUNT)}"
    s3.create_bucket(Bucket=made)
    return made


def store(service: str, **changes: Any) -> Store:
    """The lab's store."""
    said = {"system": System.CLOUD, "kind": StoreKind.AWS, "account": ACCOUNT, "region": "us-east-1"}
    return Store.model_validate({**said, "endpoint": service, **changes})


def reader(service: str, sessions: Session = session, **changes: Any) -> AmazonReader:
    """A reader of the lab's store."""
    return AmazonReader("amazon", store(service, **changes), sessions)


def location(found: Existing) -> dict[str, Any]:
    """What the rules are told of a bucket that is declared as it is."""
    lab = carried(make_lab(), "amazon")
    declared = Seen("urn:d", DECLARATION, {"facts": lab, "adopted": {found.name: {"location": HERE, "keys": []}}})
    resources = [Seen(f"urn:pulumi:s::p::{one.type}::raw", one.type, one.inputs, {}, "aws") for one in found.things]
    facts = facts_of([declared, *resources], TODAY).facts["locations"]
    assert list(facts) == [HERE]
    return dict(facts[HERE])


def policy(name: str, **changes: Any) -> str:
    """A policy by which everybody reads, with changes to its statement."""
    statement = {
        "Sid": "Reads",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})


def kinds(found: Existing) -> list[str]:
    """The types of what was found, in short."""
    return [one.type.rpartition(":")[2].removeprefix("Bucket") for one in found.things]


def thing(found: Existing, kind: str) -> Thing:
    """The one thing of a kind."""
    (one,) = [one for one in found.things if one.type == token(kind)]
    return one


def unheard(files: int, size: int) -> None:
    """Nobody waits."""


def lock_up(s3: Any, name: str) -> None:
    """Set a bucket up as a careful person does."""
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "project", "Value": "retina"}]})
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        },
    )
    both = {"Prefix": "tmp/", "Tags": [{"Key": "keep", "Value": "no"}]}
    s3.put_bucket_lifecycle_configuration(
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [
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
        },
    )
    tls = {"Sid": "tls", "Effect": "Deny", "Action": "s3:*"}
    s3.put_bucket_policy(
        Bucket=name,
        Policy=policy(
            name,
            **tls,
            Resource=[f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
            Condition={"Bool": {"aws:SecureTransport": "false"}},
        ),
    )


# What is there


def test_names_are_the_buckets_of_the_stores_region(service: str, s3: Any, name: str) -> None:
    """Not those of another: a store is one region."""
    far = f"{name}-far"
    s3.create_bucket(Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    here = reader(service).names()
    assert name in here
    assert far not in here
    assert list(here) == sorted(here)
    assert reader(service, region="eu-west-1").names() == (far,)


def test_a_bucket_with_nothing_set_is_one_thing(service: str, name: str) -> None:
    """Only settings that are there are things: each is imported, and what is not there cannot be."""
    found = reader(service).existing(name)
    assert [(one.type, one.id, dict(one.inputs)) for one in found.things] == [
        ("aws:s3/bucket:Bucket", name, {"bucket": name, "region": "us-east-1"})
    ]
    assert (found.members, found.keys, found.notes, found.labels) == ((), (), (), {})
    assert (found.store, found.name, found.region) == ("amazon", name, "us-east-1")


def test_every_setting_is_a_thing_with_the_inputs_of_pulumi(service: str, s3: Any, name: str) -> None:
    """Each by the names that pulumi-aws has for them, with the bucket's name for its id."""
    lock_up(s3, name)
    found = reader(service).existing(name)
    assert kinds(found) == [
        "",
        "OwnershipControls",
        "PublicAccessBlock",
        "Policy",
        "Versioning",
        "ServerSideEncryptionConfiguration",
        "LifecycleConfiguration",
    ]
    assert {one.id for one in found.things} == {name}
    assert found.things[0].inputs["tags"] == {"project": "retina"}
    assert thing(found, "OwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert thing(found, "Versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    (rule,) = thing(found, "ServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}
    assert thing(found, "LifecycleConfiguration").inputs["rules"] == [
        {
            "id": "uploads",
            "status": "Enabled",
            "filter": {},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            "noncurrentVersionExpiration": {"noncurrentDays": 90},
            "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
        },
        {
            "id": "scratch",
            "status": "Disabled",
            "filter": {"and": {"prefix": "tmp/", "tags": {"keep": "no"}}},
            "expiration": {"days": 14},
        },
    ]


def test_the_names_are_those_that_pulumi_takes(service: str, s3: Any, name: str) -> None:
    """Each type is one of pulumi-aws, and has all the properties that a thing says."""
    pulumi_aws = pytest.importorskip("pulumi_aws")
    lock_up(s3, name)
    for one in reader(service).existing(name).things:
        kind = one.type.rpartition(":")[2]
        known = {camel_of(word) for word in dir(getattr(pulumi_aws.s3, kind)) if not word.startswith("_")}
        assert set(one.inputs) <= known


def camel_of(word: str) -> str:
    """A name of Python as Pulumi writes it."""
    head, *rest = word.split("_")
    return head + "".join(part.capitalize() for part in rest)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("ID", "id"),
        ("SSEAlgorithm", "sseAlgorithm"),
        ("KMSMasterKeyID", "kmsMasterKeyId"),
        ("ReplicaKmsKeyID", "replicaKmsKeyId"),
        ("BucketKeyEnabled", "bucketKeyEnabled"),
        ("SseKmsEncryptedObjects", "sseKmsEncryptedObjects"),
        ("URI", "uri"),
    ],
)
def test_names_of_the_api_are_written_as_pulumi_does(said: str, expected: str) -> None:
    """Also those with abbreviations."""
    assert camel(said) == expected


def test_objects_that_can_be_locked_are_said_of_the_bucket_too(service: str, s3: Any, name: str) -> None:
    """pulumi-aws says it twice: of the bucket, and in a setting."""
    s3.create_bucket(Bucket=f"{name}-lock", ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}
    said = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    s3.put_object_lock_configuration(Bucket=f"{name}-lock", ObjectLockConfiguration=said)
    found = reader(service).existing(f"{name}-lock")
    assert found.things[0].inputs["objectLockEnabled"] is True
    inputs = thing(found, "ObjectLockConfiguration").inputs
    assert inputs["rule"] == {"defaultRetention": {"mode": "GOVERNANCE", "days": 365}}
    assert location(found)["has"]["object_lock"] is True


def test_tags_of_aws_itself_are_no_labels_of_the_lab() -> None:
    """Nobody but AWS can set them, so no program may say them."""
    assert own_tags({"aws:cloudformation:stack-name": "old", "lab": "way"}) == {"lab": "way"}


# What the rules see of it


def test_the_rules_see_a_public_bucket_as_public(service: str, s3: Any, name: str) -> None:
    """Anyone reads, nothing is blocked, nothing is versioned, and plain HTTP is taken."""
    s3.put_bucket_policy(Bucket=name, Policy=policy(name))
    found = reader(service).existing(name)
    seen = location(found)
    assert [(one["principal"], one["actions"]) for one in seen["readers"]] == [("anyone", ["read"])]
    assert (seen["dataset"], seen["store"]) == (RAW, "amazon")
    assert seen["has"] == {
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
    assert (seen["lifecycle"]["expire_days"], seen["lifecycle"]["transitions"]) == ("none", [])
    assert [(member.identity, member.role) for member in found.members] == [("*", Role.READER)]


def test_the_rules_see_a_blocked_private_bucket_as_private(service: str, s3: Any, name: str) -> None:
    """Nobody reads by its policy, and what it has counts for it."""
    lock_up(s3, name)
    found = reader(service).existing(name)
    seen = location(found)
    assert seen["readers"] == []
    assert found.members == ()
    has = seen["has"]
    assert {key for key, value in has.items() if value is True} == {
        "versioning",
        "encryption",
        "own_key",
        "encrypted_transport",
        "public_access_block",
        "lifecycle",
    }
    assert seen["tags"] == {"project": "retina"}
    assert seen["lifecycle"] == {
        "offered": True,
        "abort_days": 7,
        "noncurrent_days": 90,
        "expire_days": "none",
        "transitions": [{"days": 30, "storage_class": "infrequent"}],
    }


def test_the_rules_see_who_comes_from_another_account(service: str, s3: Any, name: str) -> None:
    """A partner's account that reads and writes is somebody whom the lab does not know."""
    both = ["s3:GetObject", "s3:PutObject"]
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, Principal={"AWS": PARTNER}, Action=both))
    found = reader(service).existing(name)
    readers = location(found)["readers"]
    assert [(one["principal"], one["actions"]) for one in readers] == [(f"account:{PARTNER}", ["read", "write"])]
    (member,) = found.members
    assert (member.identity, member.role) == (PARTNER, Role.CONTRIBUTOR)
    assert "statement Reads" in member.how


def test_the_rules_see_a_list_that_lets_everybody_in(service: str, s3: Any, name: str) -> None:
    """Unless the bucket's ownership says that lists count for nothing."""
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    found = reader(service).existing(name)
    assert [one["principal"] for one in location(found)["readers"]] == ["anyone"]
    assert any("list of access (ACL)" in note for note in found.notes)
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    closed = reader(service).existing(name)
    assert location(closed)["readers"] == []
    assert "Acl" not in kinds(closed)


def test_the_rules_see_where_a_bucket_is_copied_to(service: str, s3: Any, name: str) -> None:
    """Of a copy that is not in the stack nothing says who reads it, and a website has no TLS."""
    for bucket in (name, f"{name}-copy"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Destination": {"Bucket": f"arn:aws:s3:::{name}-copy"},
        "DeleteMarkerReplication": {"Status": "Disabled"},
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/copier"
    s3.put_bucket_replication(Bucket=name, ReplicationConfiguration={"Role": role, "Rules": [rule]})
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    found = reader(service).existing(name)
    seen = location(found)
    assert [one["principal"] for one in seen["readers"]] == ["unknown"]
    assert seen["has"]["encrypted_transport"] is False
    inputs = thing(found, "ReplicationConfig").inputs
    assert (inputs["role"], inputs["rules"][0]["destination"]["bucket"]) == (role, f"arn:aws:s3:::{name}-copy")
    assert f"{name} is copied to {name}-copy: whoever reads the copy reads the data." in found.notes
    assert thing(found, "WebsiteConfiguration").inputs["indexDocument"] == {"suffix": "index.html"}


def test_what_no_thing_says_is_a_sentence(service: str, s3: Any, name: str) -> None:
    """Web pages that ask for objects, and whoever is told of them."""
    origins = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://viewer.example.org"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [origins]})
    sqs: Any = session().client("sqs", endpoint_url=service)
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    sqs.create_queue(QueueName=name)
    told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)
    notes = reader(service).existing(name).notes
    assert f"{name} lets web pages of https://viewer.example.org ask for its objects (CORS)." in notes
    assert f"{name} tells others of what happens in it (Queue): they go on as they are." in notes


def test_access_points_are_named(service: str, name: str) -> None:
    """Who gets in by them their own policies say."""
    maker = fresh()

    def plain(request: Any, **_: Any) -> None:
        request.url = request.url.replace(f"{ACCOUNT}.", "", 1)

    maker.events.register("before-sign.s3-control", plain)
    control: Any = maker.client("s3control", endpoint_url=service)
    control.create_access_point(AccountId=ACCOUNT, Name=f"partner-of-{name}", Bucket=name)
    (note,) = reader(service).existing(name).notes
    assert note.startswith(f"Access points lead to {name}")
    assert note.endswith(f": partner-of-{name}.")
    (denied,) = reader(service, refusing("s3-control.ListAccessPoints")).existing(name).notes
    assert denied == f"Whether access points lead to {name} cannot be read (AccessDenied for s3:ListAccessPoints)."


# Users and their keys


def make_user(iam: Any, name: str, bucket: str, *actions: str) -> str:
    """A user with an access key, who may do something with a bucket; the secret of its key."""
    iam.create_user(UserName=name)
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    iam.put_user_policy(
        UserName=name, PolicyName="data", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return f"{key['AccessKeyId']} {key['SecretAccessKey']}"


def test_access_keys_of_users_who_get_in_are_found_and_never_copied(service: str, iam: Any, name: str) -> None:
    """Those of a user who gets in elsewhere are not about this bucket."""
    secrets = make_user(iam, "scope-upload", name, "s3:GetObject", "s3:PutObject")
    make_user(iam, "somebody-else", "another-bucket", "s3:*")
    found = reader(service).existing(name)
    arn = f"arn:aws:iam::{ACCOUNT}:user/scope-upload"
    (key,) = found.keys
    assert (key.identity, key.where) == (arn, "")
    assert dt.date.fromisoformat(key.created)
    assert [(member.identity, member.role) for member in found.members] == [(arn, Role.CONTRIBUTOR)]
    assert not any(secret in repr(found) for secret in secrets.split())


def test_a_user_whom_the_bucket_lets_in_is_asked_for_keys_too(service: str, iam: Any, s3: Any, name: str) -> None:
    """Its own policies need not name the bucket; a key that is turned off opens nothing."""
    secret = make_user(iam, "named", "another-bucket", "s3:GetObject")
    arn = f"arn:aws:iam::{ACCOUNT}:user/named"
    s3.put_bucket_policy(Bucket=name, Policy=policy(name, Principal={"AWS": arn}))
    assert [key.identity for key in reader(service).existing(name).keys] == [arn]
    iam.update_access_key(UserName="named", AccessKeyId=secret.split()[0], Status="Inactive")
    assert reader(service).existing(name).keys == ()


def test_where_iam_may_not_be_read_the_rest_goes_on(service: str, iam: Any, s3: Any, name: str) -> None:
    """One sentence says that keys are not known; of one user alone, another."""
    make_user(iam, "scope-upload", name, "s3:*")
    s3.put_bucket_policy(Bucket=name, Policy=policy(name))
    none = reader(service, refusing("iam.GetAccountAuthorizationDetails")).existing(name)
    assert none.keys == ()
    assert [member.identity for member in none.members] == ["*"]
    assert none.notes == (
        f"Whose access keys open {name} is not known: iam:GetAccountAuthorizationDetails is missing.",
    )
    one = reader(service, refusing("iam.ListAccessKeys")).existing(name)
    assert one.keys == ()
    assert one.notes[-1].startswith("Whether user scope-upload has access keys, which do not end by themselves,")


def test_roles_that_get_in_are_named(service: str, name: str) -> None:
    """Whoever takes one on gets in as well."""
    client: Any = session().client("iam", endpoint_url=service)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    client.create_role(
        RoleName=f"role-{name}", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client.put_role_policy(RoleName=f"role-{name}", PolicyName="p", PolicyDocument=document)
    (note,) = reader(service).existing(name).notes
    assert f"get into {name}: role-{name};" in note


# What can go wrong


def test_a_policy_that_may_not_be_read_is_not_taken_for_none(service: str, name: str) -> None:
    """Nobody would know who gets in; the sentence names the permission."""
    with pytest.raises(UnreadableError, match="s3:GetBucketPolicy is missing") as raised:
        reader(service, refusing("s3.GetBucketPolicy")).existing(name)
    assert "ReadOnlyAccess" in raised.value.cure


def test_a_setting_that_may_not_be_read_counts_as_absent_and_is_said(service: str, s3: Any, name: str) -> None:
    """Without it the bucket looks no better than it is."""
    lock_up(s3, name)
    found = reader(service, refusing("s3.GetBucketVersioning", "s3.GetBucketTagging")).existing(name)
    assert location(found)["has"]["versioning"] is False
    assert any("s3:GetBucketVersioning is missing" in note for note in found.notes)
    assert any("s3:GetBucketTagging is missing" in note for note in found.notes)


def test_a_bucket_that_is_not_there_is_said_so(service: str) -> None:
    """With the command that lists what there is."""
    with pytest.raises(InputError, match="no bucket 'waylab-none'") as raised:
        reader(service).existing("waylab-none")
    assert "slidebox adopt amazon" in raised.value.cure
    with pytest.raises(InputError, match="no bucket 'waylab-none'"):
        reader(service).content("waylab-none", unheard)


def test_a_bucket_of_another_region_belongs_to_another_store(service: str, s3: Any, name: str) -> None:
    """It says where the bucket lies."""
    far = f"{name}-far"
    s3.create_bucket(Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with pytest.raises(InputError, match="lies in eu-central-1, and the region of store 'amazon' is us-east-1"):
        reader(service).existing(far)


def test_credentials_of_another_account_read_nothing(service: str, name: str) -> None:
    """Whatever they see is not the store's."""
    with pytest.raises(InputError, match=rf"account {ACCOUNT}, and store 'amazon' is account 999988887777"):
        reader(service, account="999988887777").existing(name)


def test_a_bucket_that_another_account_owns_may_not_be_looked_at(service: str, name: str) -> None:
    """S3 does not say which of the two it is."""
    with pytest.raises(UnreadableError, match=f"belongs to another account than {ACCOUNT}, or the credentials"):
        reader(service, refusing("s3.HeadBucket")).existing(name)


def test_a_token_that_has_ended_is_said_so(service: str) -> None:
    """In one sentence, with what to do."""
    with pytest.raises(UnreadableError, match=r"have ended \(ExpiredToken\)") as raised:
        reader(service, refusing("sts.GetCallerIdentity", code="ExpiredToken")).names()
    assert "Sign in again" in raised.value.cure


def test_a_sign_in_that_has_ended_is_said_so(service: str) -> None:
    """That of IAM Identity Center ends every day."""

    def ended() -> boto3.session.Session:
        raise UnauthorizedSSOTokenError

    with pytest.raises(UnreadableError, match="has ended") as raised:
        reader(service, ended).names()
    assert "aws sso login" in raised.value.cure


def test_only_stores_of_aws_are_read() -> None:
    """Any other has a reader of its own."""
    other = Store(system=System.CLOUD, kind=StoreKind.GCS, account="cuhealthai-sandbox", region="us-central1")
    with pytest.raises(InputError, match="not of kind 'aws'"):
        AmazonReader("google", other)


# How much there is, and that nothing changes


def test_content_is_counted_page_by_page(service: str, s3: Any, name: str) -> None:
    """Whoever waits is told how far it is."""
    for number, size in enumerate((10, 2_000, 300)):
        s3.put_object(Bucket=name, Key=f"plate/{number}.tiff", Body=b"x" * size)
    told: list[tuple[int, int]] = []
    found = reader(service).content(name, lambda files, size: told.append((files, size)))
    assert found == Content(bytes=2_310, files=3, largest=2_000)
    assert told[-1] == (3, 2_310)


def test_reading_changes_nothing(service: str, s3: Any, iam: Any, name: str) -> None:
    """Every call is one that looks."""
    lock_up(s3, name)
    make_user(iam, "scope-upload", name, "s3:*")
    asked: list[str] = []

    def watched() -> boto3.session.Session:
        made = fresh()
        made.events.register("before-call", lambda model, **_: asked.append(model.name))
        return made

    watching = reader(service, watched)
    watching.names()
    watching.existing(name)
    watching.content(name, unheard)
    assert len(asked) > 15
    assert {call for call in asked if not call.startswith(("Get", "List", "Head"))} == set()


def test_the_account_is_read_once_for_all_its_buckets(service: str, s3: Any, name: str) -> None:
    """And a bucket takes eighteen calls."""
    s3.create_bucket(Bucket=f"{name}-b")
    asked: list[str] = []

    def watched() -> boto3.session.Session:
        made = fresh()
        made.events.register("before-call", lambda model, **_: asked.append(model.name))
        return made

    watching = reader(service, watched)
    watching.existing(name)
    asked.clear()
    watching.existing(f"{name}-b")
    assert "GetAccountAuthorizationDetails" not in asked
    assert len(asked) == 18
