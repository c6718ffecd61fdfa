"""The test server for Google Cloud Storage, asked by Google's own client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2.credentials import Credentials

from .doubles.gcs import Fault, GcsDouble

PROJECT = "way-images"
RINGS = f"/v1/projects/{PROJECT}/locations/us-central1/keyRings"
KEYS = f"{RINGS}/way/cryptoKeys"
INES, JUN, SANNE = "user:ines@example.org", "user:jun@example.org", "user:sanne@saguaro.example"
QUICK = DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.05).with_timeout(5)


@pytest.fixture
def gcs() -> Iterator[GcsDouble]:
    """A server with one project, which Ines runs."""
    with GcsDouble() as double:
        double.project(PROJECT, **{INES: "roles/storage.admin"})
        yield double


def client(gcs: GcsDouble, caller: str = INES) -> Any:
    """Google's client, for a caller."""
    credentials = Credentials(caller)  # type: ignore[no-untyped-call]
    return storage.Client(PROJECT, credentials, client_options={"api_endpoint": gcs.url})


def made(gcs: GcsDouble, name: str = "way-raw", **about: Any) -> Any:
    """A bucket that Ines has made."""
    bucket = client(gcs).bucket(name)
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    for key, value in about.items():
        setattr(bucket, key, value)
    return client(gcs).create_bucket(bucket, location="us-central1")


def grant(bucket: Any, role: str, member: str, until: str = "") -> None:
    """Add a binding."""
    policy = bucket.get_iam_policy(requested_policy_version=3)
    binding: dict[str, Any] = {"role": role, "members": {member}}
    if until:
        binding["condition"] = {"title": "slidebox: ends", "expression": f'request.time < timestamp("{until}")'}
    policy.version = 3
    policy.bindings.append(binding)
    bucket.set_iam_policy(policy)


def test_what_is_sent_is_kept_and_answered(gcs: GcsDouble) -> None:
    """Through the whole life of a bucket."""
    made(gcs, labels={"lab": "way"}, versioning_enabled=True)
    bucket = client(gcs).get_bucket("way-raw")

    assert (bucket.labels, bucket.versioning_enabled, bucket.location) == ({"lab": "way"}, True, "US-CENTRAL1")
    bucket.labels = {"lab": "away"}
    bucket.add_lifecycle_set_storage_class_rule("NEARLINE", age=30, matches_storage_class=["STANDARD"])
    bucket.patch()
    again = client(gcs).get_bucket("way-raw")
    assert again.labels == {"lab": "away"}
    assert [dict(rule) for rule in again.lifecycle_rules] == [
        {
            "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
            "condition": {"age": 30, "matchesStorageClass": ["STANDARD"]},
        }
    ]
    assert [b.name for b in client(gcs).list_buckets()] == ["way-raw"]
    again.delete()
    assert list(client(gcs).list_buckets()) == []


def test_objects_are_kept_byte_by_byte_with_their_versions(gcs: GcsDouble) -> None:
    """Also where the bytes look like the boundaries of a form."""
    bucket = made(gcs, versioning_enabled=True)
    content = b"\r\n--==\r\n\r\n\x00\xff--\r\n"
    for number in range(3):
        bucket.blob("a/b c.tif").upload_from_string(content + bytes([number]), content_type="image/tiff")

    assert bucket.blob("a/b c.tif").download_as_bytes() == content + b"\x02"
    assert len(list(bucket.list_blobs(versions=True))) == 3
    assert [b.content_type for b in bucket.list_blobs()] == ["image/tiff"]
    with pytest.raises(exceptions.Conflict):
        bucket.delete()
    for blob in bucket.list_blobs(versions=True):
        bucket.blob(blob.name, generation=blob.generation).delete()
    bucket.delete()


@pytest.mark.parametrize(
    ("verb", "path", "body", "said"),
    [
        ("GET", "/storage/v1/b", None, "needs the parameter 'project'"),
        ("GET", "/storage/v1/b?project=way-images&colour=red", None, "has no parameter 'colour'"),
        ("GET", "/storage/v1/b?project=way-images&maxResults=many", None, "Invalid value 'many'"),
        ("POST", "/storage/v1/b?project=way-images", {"name": "abc", "colour": "red"}, "Unknown name 'colour'"),
        ("POST", "/storage/v1/b?project=way-images", {"name": "abc", "versioning": True}, "has to be an object"),
        ("POST", "/storage/v1/b?project=way-images", {"name": "abc", "labels": {"a": 1}}, "Invalid value"),
        ("POST", "/storage/v1/b?project=way-images", {"name": "Abc"}, "Invalid bucket name"),
        ("POST", "/storage/v1/b?project=way-images", {"name": "abc", "labels": {"A": "b"}}, "Invalid label"),
        (
            "POST",
            "/storage/v1/b?project=way-images",
            {"name": "abc", "versioning": {"enabled": True}, "retentionPolicy": {"retentionPeriod": "86400"}},
            "Object versioning cannot be enabled",
        ),
        ("PUT", "/storage/v1/b/abc/colours", {}, "No API has a method"),
        ("POST", f"{RINGS}?keyRingId=way", {"colour": "red"}, "Unknown name 'colour'"),
        ("POST", f"{RINGS}?ring=way", {}, "has no parameter 'ring'"),
        ("POST", f"{RINGS}?keyRingId=a.b", {}, "Invalid id of a key ring"),
        ("POST", f"{KEYS}?cryptoKeyId=x", {"purpose": "NONE"}, "Invalid value"),
        ("POST", f"{KEYS}?cryptoKeyId=x", {"purpose": 1}, "Invalid value"),
        ("POST", f"{KEYS}?cryptoKeyId=x&$alt=json;enum-encoding=int", {"purpose": 5}, "only keys that encrypt"),
        (
            "POST",
            f"{KEYS}?cryptoKeyId=x",
            {"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s"},
            "next rotation",
        ),
    ],
)
def test_a_request_that_the_api_does_not_have_is_refused(
    gcs: GcsDouble, verb: str, path: str, body: Any, said: str
) -> None:
    """By Google's own description of it."""
    gcs.project(PROJECT, **{INES: "roles/storage.admin roles/cloudkms.admin"})
    gcs.keys.rings.add(f"{RINGS.removeprefix('/v1/')}/way")
    answer = requests.request(verb, gcs.url + path, json=body, headers={"Authorization": f"Bearer {INES}"}, timeout=10)

    assert answer.status_code in {400, 404}
    assert said in answer.json()["error"]["message"]


def test_each_role_may_do_what_it_is_for_and_no_more(gcs: GcsDouble) -> None:
    """Reading, adding, deleting; and nobody who is not named comes in."""
    bucket = made(gcs)
    bucket.blob("a").upload_from_string(b"1")
    grant(bucket, "roles/storage.objectViewer", JUN)
    theirs = client(gcs, JUN).bucket("way-raw")

    assert theirs.blob("a").download_as_bytes() == b"1"
    assert [blob.name for blob in theirs.list_blobs()] == ["a"]
    with pytest.raises(exceptions.Forbidden):
        theirs.blob("b").upload_from_string(b"2")
    grant(bucket, "roles/storage.objectCreator", JUN)
    theirs.blob("b").upload_from_string(b"2")
    with pytest.raises(exceptions.Forbidden):
        theirs.blob("b").upload_from_string(b"3")
    with pytest.raises(exceptions.Forbidden):
        theirs.blob("b").delete()
    grant(bucket, "roles/storage.objectUser", JUN)
    theirs.blob("b").delete()
    with pytest.raises(exceptions.Forbidden):
        client(gcs, SANNE).bucket("way-raw").blob("a").download_as_bytes()
    with pytest.raises(exceptions.Forbidden):
        theirs.get_iam_policy()


def test_a_grant_ends_by_its_own_condition(gcs: GcsDouble) -> None:
    """On the server's clock."""
    bucket = made(gcs)
    bucket.blob("a").upload_from_string(b"1")
    grant(bucket, "roles/storage.objectViewer", SANNE, "2027-06-30T00:00:00Z")
    theirs = client(gcs, SANNE).bucket("way-raw")
    gcs.now = dt.datetime(2027, 6, 29, 23, 59, tzinfo=dt.UTC)

    assert theirs.blob("a").download_as_bytes() == b"1"
    gcs.now = dt.datetime(2027, 6, 30, tzinfo=dt.UTC)
    with pytest.raises(exceptions.Forbidden):
        theirs.blob("a").download_as_bytes()


def test_nobody_reads_without_a_name_unless_all_users_may_and_nothing_prevents_it(gcs: GcsDouble) -> None:
    """Prevention refuses the binding, and closes what was open."""
    bucket = made(gcs)
    bucket.blob("a").upload_from_string(b"1")
    address = f"{gcs.url}/storage/v1/b/way-raw/o/a?alt=media"
    assert requests.get(address, timeout=10).status_code == 401
    grant(bucket, "roles/storage.objectViewer", "allUsers")

    assert requests.get(address, timeout=10).content == b"1"
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.patch()
    assert requests.get(address, timeout=10).status_code == 401
    with pytest.raises(exceptions.PreconditionFailed):
        grant(bucket, "roles/storage.objectCreator", "allUsers")


def test_a_policy_that_has_changed_meanwhile_is_not_overwritten(gcs: GcsDouble) -> None:
    """Two hands at once: the second is told."""
    bucket = made(gcs)
    policy = bucket.get_iam_policy(requested_policy_version=3)
    grant(bucket, "roles/storage.objectViewer", JUN)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.set_iam_policy(policy)


def test_a_name_of_another_project_is_taken(gcs: GcsDouble) -> None:
    """And what it names cannot be looked at."""
    gcs.project("theirs", **{SANNE: "roles/storage.admin"})
    theirs = storage.Client("theirs", Credentials(SANNE), client_options={"api_endpoint": gcs.url})  # type: ignore[no-untyped-call]
    theirs.create_bucket("way-raw")
    with pytest.raises(exceptions.Conflict, match="not available"):
        made(gcs)
    with pytest.raises(exceptions.Forbidden):
        client(gcs).get_bucket("way-raw")


def test_a_retention_keeps_objects_until_they_are_old_enough(gcs: GcsDouble) -> None:
    """And a locked one cannot be shortened."""
    bucket = made(gcs, retention_period=10 * 86_400)
    gcs.now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    bucket.blob("a").upload_from_string(b"1")
    for action in (bucket.blob("a").delete, lambda: bucket.blob("a").upload_from_string(b"2")):
        with pytest.raises(exceptions.Forbidden, match="retention policy"):
            action()
    gcs.now += dt.timedelta(days=10)
    bucket.blob("a").delete()
    bucket.reload()
    bucket.lock_retention_policy()
    bucket.retention_period = 86_400
    with pytest.raises(exceptions.Forbidden, match="locked"):
        bucket.patch()


def test_faults_strike_the_call_that_is_named(gcs: GcsDouble) -> None:
    """As often as ordered, and the client's own retries live through them."""
    made(gcs)
    gcs.order(Fault("storage.buckets.get", 503, nth=2, times=2))
    client(gcs).get_bucket("way-raw", retry=QUICK)
    before = gcs.count("storage.buckets.get")
    client(gcs).get_bucket("way-raw", retry=QUICK)

    assert gcs.count("storage.buckets.get") == before + 3
    gcs.order(Fault("storage.buckets.delete", 429, done=True))
    with pytest.raises(exceptions.TooManyRequests):
        client(gcs).bucket("way-raw").delete(retry=None)
    assert gcs.buckets == {}


def test_an_expired_token_is_refused(gcs: GcsDouble) -> None:
    """With the word that clients know."""
    gcs.refused_tokens.add(INES)
    answer = requests.get(
        f"{gcs.url}/storage/v1/b?project={PROJECT}", headers={"Authorization": f"Bearer {INES}"}, timeout=10
    )

    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (401, "authError")


def test_googles_own_chain_of_credentials_leads_here(
    gcs: GcsDouble, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that is told nothing but the address finds who it is."""
    gcs.project(PROJECT, **{"serviceAccount:up@way-images.iam.gserviceaccount.com": "roles/storage.admin"})
    path = gcs.credentials(tmp_path, "up@way-images.iam.gserviceaccount.com")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    storage.Client(PROJECT, client_options={"api_endpoint": gcs.url}).create_bucket("way-raw")

    assert gcs.calls == [("storage.buckets.insert", "serviceAccount:up@way-images.iam.gserviceaccount.com")]
