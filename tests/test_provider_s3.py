"""Buckets of a real S3 service, made by the provider's own type."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.components.grants import bucket_policy
from slidebox.errors import InputError, UnreadableError
from slidebox.gateway import Endpoint
from slidebox.provider.connections import Connections
from slidebox.provider.resource import Context, LogLevel
from slidebox.provider.s3 import Bucket, name_fault
from slidebox.provider.settings import canonical_policy
from slidebox.provider.values import UNKNOWN

from .conftest import RunningGateway

pytestmark = pytest.mark.e2e

_COUNT = itertools.count()
Make = Callable[..., dict[str, Any]]


def urn(stack: str = "first", name: str = "raw_images@bench-s3") -> str:
    """Name of a bucket's resource."""
    return f"urn:pulumi:{stack}::slidebox::slidebox:index:BucketLocation$slidebox:s3:Bucket::{name}"


CONTEXT = Context(urn())


@pytest.fixture
def kind(s3_gateway: RunningGateway) -> Bucket:
    """The type, connected to the running gateway."""
    return Bucket(Connections(embedded=lambda _: s3_gateway.endpoint))


@pytest.fixture
def inputs() -> dict[str, Any]:
    """A bucket that no other test has."""
    store = {"name": "bench-s3", "over": "bench", "region": "us-east-1"}
    name = f"provider-{os.getpid()}-{next(_COUNT)}"
    return {"store": store, "bucket": name, "versioning": True, "tags": {"lab": "lab", "owner": "ada"}}


def tags(s3_gateway: RunningGateway, bucket: str) -> dict[str, str]:
    """The tags of a bucket."""
    found = s3_gateway.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_bucket_is_made_with_its_settings_and_its_mark(
    kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """And is found so again."""
    inputs["policy"] = bucket_policy(inputs["bucket"], public=True)
    id_, state = kind.create(CONTEXT, inputs)
    assert (id_, state["arn"]) == (f"bench-s3/{inputs['bucket']}", f"arn:aws:s3:::{inputs['bucket']}")
    assert state["lacks"] == ["encryption", "lifecycle", "public_access_block"]
    assert state["capabilities"] == {
        "encryption": False,
        "lifecycle": False,
        "object_lock": True,
        "policy": True,
        "public_access_block": False,
        "tagging": True,
        "versioning": True,
    }
    mark = {"slidebox:project": "slidebox", "slidebox:stack": "first", "slidebox:urn": urn().replace("$", "=")}
    assert tags(s3_gateway, inputs["bucket"]) == {**inputs["tags"], **mark}
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.inputs, found.state) == (inputs, state)


def test_a_bucket_is_made_once(kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway) -> None:
    """So a run that was killed can be repeated; what is in it stays."""
    kind.create(CONTEXT, inputs)
    s3_gateway.client("s3").put_object(Bucket=inputs["bucket"], Key="a.tif", Body=b"image")
    kind.create(CONTEXT, inputs)
    kept = s3_gateway.client("s3").get_object(Bucket=inputs["bucket"], Key="a.tif")
    assert kept["Body"].read() == b"image"


def test_drift_is_seen_and_mended(kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway) -> None:
    """Tags, versioning and policy."""
    inputs["policy"] = None
    id_, state = kind.create(CONTEXT, inputs)
    client, name = s3_gateway.client("s3"), inputs["bucket"]
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    client.put_bucket_policy(Bucket=name, Policy=json.dumps(bucket_policy(name, public=True)))
    client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "owner", "Value": "bob"}]})
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert found.inputs["tags"] == {"owner": "bob"}
    difference = kind.diff(CONTEXT, found.state, found.inputs, inputs)
    assert (difference.changed, difference.replace) == (("policy", "tags", "versioning"), ())
    kind.update(CONTEXT, id_, found.state, inputs)
    mended = kind.read(CONTEXT, id_, state, inputs)
    assert mended is not None
    assert mended.inputs == inputs


def test_another_spelling_of_a_policy_is_no_drift(
    kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """Single values and lists of one, and every order, mean the same."""
    policy = bucket_policy(inputs["bucket"], public=True)
    assert policy is not None
    inputs["policy"] = policy
    id_, state = kind.create(CONTEXT, inputs)
    other = [{**s, "Action": s["Action"][0], "Principal": {"AWS": ["*"]}} for s in reversed(policy["Statement"])]
    text = json.dumps({"Statement": other, "Version": policy["Version"]})
    s3_gateway.client("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=text)
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert found.inputs == inputs


@pytest.mark.parametrize("other", [Context(urn(stack="second")), Context(urn(name="other@bench-s3"))])
def test_somebody_elses_bucket_is_neither_taken_nor_deleted(
    kind: Bucket, inputs: dict[str, Any], other: Context, s3_gateway: RunningGateway
) -> None:
    """Another stack's, or another resource's of the same stack."""
    id_, state = kind.create(other, inputs)
    before = tags(s3_gateway, inputs["bucket"])
    for attempt in (
        lambda: kind.check(CONTEXT, inputs, {}),
        lambda: kind.create(CONTEXT, inputs),
        lambda: kind.update(CONTEXT, id_, {}, inputs),
        lambda: kind.delete(CONTEXT, id_, {**state, "owner": ""}),
    ):
        with pytest.raises(InputError, match="belongs to somebody else"):
            attempt()
    assert tags(s3_gateway, inputs["bucket"]) == before


def test_a_resource_that_was_renamed_keeps_its_bucket(
    kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """The state remembers the old mark; an alias in the program is enough."""
    id_, state = kind.create(Context(urn(name="old-name")), inputs)
    kind.update(CONTEXT, id_, state, inputs)
    assert tags(s3_gateway, inputs["bucket"])["slidebox:urn"] == urn().replace("$", "=")


def test_a_bucket_that_nobody_owns_is_neither_taken_nor_deleted_but_can_be_imported(
    kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """An import says that it is the lab's."""
    s3_gateway.client("s3").create_bucket(Bucket=inputs["bucket"])
    with pytest.raises(InputError, match=r"already exists and carries no owner's mark.*pulumi import"):
        kind.create(CONTEXT, inputs)
    with pytest.raises(InputError, match="so it is not deleted"):
        kind.delete(CONTEXT, "", {**inputs, "owner": ""})
    found = kind.read(CONTEXT, f"bench-s3/{inputs['bucket']}", {}, {"store": inputs["store"]})
    assert found is not None
    kind.update(CONTEXT, found.id, found.state, inputs)
    assert tags(s3_gateway, inputs["bucket"])["slidebox:stack"] == "first"


def test_a_bucket_with_data_is_not_deleted(kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway) -> None:
    """One that holds only earlier versions of deleted objects is forgotten, and stays; an empty one goes."""
    id_, state = kind.create(CONTEXT, inputs)
    client, name = s3_gateway.client("s3"), inputs["bucket"]
    client.put_object(Bucket=name, Key="a.tif", Body=b"image")
    with pytest.raises(InputError, match=r"is not empty \(it holds objects\).*pulumi state delete"):
        kind.delete(CONTEXT, id_, state)
    client.delete_object(Bucket=name, Key="a.tif")  # leaves a mark and an earlier version
    said: list[tuple[str, str]] = []
    kind.delete(replace(CONTEXT, log=lambda level, words: said.append((level, words))), id_, state)
    assert said == [
        (
            "warning",
            f"Bucket {name!r} of store 'bench-s3' stays for now: it holds nothing but earlier versions of deleted "
            "objects, which can still come back.",
        )
    ]
    assert client.list_object_versions(Bucket=name)["Versions"]
    found = client.list_object_versions(Bucket=name)
    for entry in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
        client.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
    upload = client.create_multipart_upload(Bucket=name, Key="b.tif")["UploadId"]
    with pytest.raises(InputError, match="unfinished uploads"):
        kind.delete(CONTEXT, id_, state)
    client.abort_multipart_upload(Bucket=name, Key="b.tif", UploadId=upload)
    kind.delete(CONTEXT, id_, state)
    kind.delete(CONTEXT, id_, state)  # gone already: nothing to do
    assert kind.read(CONTEXT, id_, state, inputs) is None


def test_a_lock_is_set_in_place_and_lifted_only_by_a_new_bucket(kind: Bucket, inputs: dict[str, Any]) -> None:
    """No service takes it away; the new bucket has the old one's name, so the old one goes first."""
    locked = {**inputs, "objectLock": {"mode": "GOVERNANCE", "days": 30}}
    id_, state = kind.create(CONTEXT, inputs)
    assert kind.diff(CONTEXT, state, inputs, locked).replace == ()
    state = kind.update(CONTEXT, id_, state, locked)
    found = kind.read(CONTEXT, id_, state, locked)
    assert found is not None
    assert found.inputs == locked
    lifted = kind.diff(CONTEXT, state, locked, inputs)
    assert (lifted.replace, lifted.delete_first) == (("objectLock",), True)


def test_a_bucket_is_born_locked(kind: Bucket, inputs: dict[str, Any]) -> None:
    """Some services lock only at birth."""
    locked = {**inputs, "objectLock": {"mode": "GOVERNANCE", "days": 30}}
    id_, state = kind.create(CONTEXT, locked)
    found = kind.read(CONTEXT, id_, state, locked)
    assert found is not None
    assert found.inputs == locked


def test_only_another_name_or_store_is_another_bucket(kind: Bucket, inputs: dict[str, Any]) -> None:
    """Where the lab's folder is on this machine is no difference at all."""
    moved = {**inputs, "store": {**inputs["store"], "home": "/elsewhere", "drive": "/elsewhere/disk"}}
    assert kind.diff(CONTEXT, {}, inputs, moved).changed == ()
    other = {**inputs, "store": {"name": "other", "endpoint": "https://s3.example.org"}, "bucket": "other"}
    assert kind.diff(CONTEXT, {}, inputs, other).replace == ("bucket", "store")


def test_a_preview_makes_nothing_and_says_once_what_the_endpoint_lacks(
    inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """And louder what is asked of it in vain."""
    said: list[tuple[LogLevel, str]] = []
    kind = Bucket(Connections(embedded=lambda _: s3_gateway.endpoint))
    context = Context(urn(), True, lambda level, message: said.append((level, message)))
    before = s3_gateway.client("s3").list_buckets()["Buckets"]
    asked = {**inputs, "lifecycle": {"abortMultipartDays": 7}}
    for _ in range(3):
        planned = kind.planned(context, asked)
    assert planned["lacks"] == ["encryption", "lifecycle", "public_access_block"]
    assert said == [
        ("info", "The endpoint of store 'bench-s3' lacks encryption, lifecycle, public access block."),
        ("warning", "Store 'bench-s3' is asked for lifecycle, which its endpoint lacks; it is left out."),
    ]
    assert s3_gateway.client("s3").list_buckets()["Buckets"] == before
    assert kind.planned(context, {**inputs, "bucket": UNKNOWN})["arn"] == UNKNOWN


def test_an_encrypted_disk_counts_as_encryption(kind: Bucket, inputs: dict[str, Any]) -> None:
    """The lab has said so of the store."""
    inputs["store"]["encrypted"] = True
    assert kind.planned(CONTEXT, inputs)["lacks"] == ["lifecycle", "public_access_block"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bucket": "Bad_Name"}, "S3 does not allow a bucket named 'Bad_Name'"),
        ({"bucket": "ab"}, "it has 2 characters"),
        ({"bucket": "xn--nothing"}, "'xn--' is reserved"),
        ({"tags": {"owner": "Ada (PI)"}}, "has a character other than"),
        ({"tags": {f"t{n}": "" for n in range(48)}}, "48 tags are too many"),
        ({"objectLock": {"mode": "GOVERNANCE", "days": 1}, "versioning": False}, "needs versioning"),
        ({"bucket": None}, "'bucket' is required"),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_made(
    kind: Bucket, inputs: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    """One sentence each."""
    _, failures = kind.check(CONTEXT, {**inputs, **change}, {})
    assert len(failures) == 1
    assert message in failures[0].reason


def test_data_that_do_not_fit_on_the_gateways_disk_are_refused(
    kind: Bucket, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """As for a folder: the objects are files on it."""
    inputs["store"] |= {"lab": "test-lab", "drive": str(s3_gateway.drive)}
    assert kind.check(CONTEXT, {**inputs, "quota": 1000}, {})[1] == []
    (failure,) = kind.check(CONTEXT, {**inputs, "quota": 10**18}, {})[1]
    assert "do not fit on the disk of store 'bench-s3'" in failure.reason


def test_a_gateway_without_its_disk_is_refused(kind: Bucket, inputs: dict[str, Any], tmp_path: Path) -> None:
    """It may still run after the disk has been taken away."""
    inputs["store"] |= {"lab": "test-lab", "drive": str(tmp_path)}
    (failure,) = kind.check(CONTEXT, inputs, {})[1]
    assert "The disk of store 'bench' is not mounted" in failure.reason


def external(url: str, region: str = "us-east-1") -> dict[str, Any]:
    """A store at an address."""
    return {"name": "campus", "endpoint": url, "region": region}


def test_an_endpoint_that_does_not_answer_is_one_sentence(
    kind: Bucket, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with pytest.raises(UnreadableError, match=r"^Nothing answers for store 'campus' at http://127.0.0.1:9\."):
        kind.check(CONTEXT, {**inputs, "store": external("http://127.0.0.1:9")}, {})


def test_refused_credentials_are_one_sentence(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, s3_gateway: RunningGateway
) -> None:
    """An unknown key, a wrong secret; neither is repeated."""
    end: Endpoint = s3_gateway.endpoint
    for access, secret, word in ((end.access_key, "wrong", "SignatureDoesNotMatch"), ("no", "x", "InvalidAccessKeyId")):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", access)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        fresh = Bucket(Connections())
        with pytest.raises(UnreadableError, match=rf"are refused \({word}\)") as caught:
            fresh.check(CONTEXT, {**inputs, "store": external(end.s3_url)}, {})
        assert end.access_key not in str(caught.value)


def test_a_wrong_region_is_one_sentence(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, s3_gateway: RunningGateway
) -> None:
    """The service says which it expects."""
    end = s3_gateway.endpoint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", end.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", end.secret_key)
    with pytest.raises(InputError, match=r"The region of store 'campus' .* is wrong"):
        Bucket(Connections()).create(CONTEXT, {**inputs, "store": external(end.s3_url, "eu-west-9")})


def test_what_is_no_s3_service_is_one_sentence(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, s3_gateway: RunningGateway
) -> None:
    """Such as the IAM port beside it."""
    end = s3_gateway.endpoint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", end.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", end.secret_key)
    with pytest.raises(UnreadableError, match="store 'campus'"):
        Bucket(Connections()).planned(CONTEXT, {**inputs, "store": external(end.iam_url)})


def test_a_bucket_of_another_account_is_left_alone(
    kind: Bucket, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, s3_gateway: RunningGateway
) -> None:
    """The service refuses even to look."""
    kind.create(CONTEXT, inputs)
    iam = s3_gateway.client("iam")
    user = f"stranger-{os.getpid()}"
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    allowed = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    with pytest.raises(InputError, match="belongs to another account"):
        Bucket(Connections()).check(CONTEXT, {**inputs, "store": external(s3_gateway.endpoint.s3_url)}, {})


NAMES = st.text(alphabet="ab1.-_A ", max_size=70)


@given(NAMES)
def test_a_name_is_allowed_exactly_where_s3_allows_it(name: str) -> None:
    """By Amazon's rules, spelled out again."""
    allowed = (
        3 <= len(name) <= 63
        and set(name) <= set("ab1.-")
        and name[0] in "ab1"
        and name[-1] in "ab1"
        and ".." not in name
        and not (name.count(".") == 3 and set(name) <= set("1."))
    )
    assert (name_fault(name) is None) == allowed


@given(st.permutations(["s3:GetObject", "s3:ListBucket", "s3:PutObject"]), st.booleans())
def test_the_order_of_a_policys_lists_has_no_meaning(actions: list[str], as_text: bool) -> None:
    """As objects, and as JSON text."""
    first = {"Effect": "Allow", "Principal": "*", "Action": sorted(actions), "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": first}
    other = {"Version": "2012-10-17", "Statement": [{**first, "Action": actions, "Principal": {"AWS": "*"}}]}
    assert canonical_policy(json.dumps(other) if as_text else other) == canonical_policy(policy)
