"""The lab's own key in Cloud KMS: Google's own client, asked by the provider's type, against the test server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden

from slidebox.errors import InputError, UnreadableError
from slidebox.provider import gcs_faults
from slidebox.provider.gcs import Bucket
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_key import Key
from slidebox.provider.gcs_store import GcsRef
from slidebox.provider.resource import Context

from .doubles.gcs import Fault, GcsDouble
from .doubles.gcs.keys import USER

PROJECT = "way-images"
ACCOUNT = f"up@{PROJECT}.iam.gserviceaccount.com"
URN = "urn:pulumi:lab::slidebox::slidebox:gcs:Key::key@cloud"
NAME = f"projects/{PROJECT}/locations/us-central1/keyRings/way/cryptoKeys/cloud"
PATCH = "cloudkms.projects.locations.keyRings.cryptoKeys.patch"


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """The server, and credentials for it where Google's tools look."""
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin roles/cloudkms.admin"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ACCOUNT)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 3.0)
        monkeypatch.setattr(gcs_faults, "_FIRST_PAUSE_SECONDS", 0.01)
        yield double


@pytest.fixture
def heard() -> list[tuple[str, str]]:
    """What is said to the person who runs the engine."""
    return []


@pytest.fixture
def context(heard: list[tuple[str, str]]) -> Context:
    """A call of the engine."""
    return Context(URN, log=lambda level, said: heard.append((level, said)))


@pytest.fixture
def kind() -> Key:
    """The type."""
    return Key(GcsConnections())


def inputs(kind: Key, context: Context, gcs: GcsDouble, **more: Any) -> dict[str, Any]:
    """The inputs of the lab's key, in which nothing is wrong."""
    store = {"name": "cloud", "project": PROJECT, "region": "us-central1", "endpoint": gcs.url}
    found, failures = kind.check(context, {"store": store, "key": NAME, "tags": {"lab": "way"}, **more}, {})
    assert failures == []
    return found


def methods(gcs: GcsDouble) -> list[str]:
    """What was asked for."""
    return [method.rpartition(".")[2] for method, _ in gcs.calls]


def test_a_key_is_made_that_rotates_and_that_only_the_storage_service_may_use(
    kind: Key, context: Context, gcs: GcsDouble
) -> None:
    """With its ring, and the mark of its stack in the same request."""
    id_, state = kind.create(context, inputs(kind, context, gcs))
    made = gcs.keys.keys[NAME]

    assert (id_, state["state"]) == (NAME, "ENABLED")
    assert made.configuration["rotationPeriod"] == f"{90 * 86_400}s"
    assert {name: made.configuration["labels"][name] for name in ("lab", "slidebox-stack")} == {
        "lab": "way",
        "slidebox-stack": "lab",
    }
    assert made.bindings == [{"role": USER, "members": [f"serviceAccount:{state['agent']}"]}]
    assert state["agent"].endswith("@gs-project-accounts.iam.gserviceaccount.com")
    assert methods(gcs) == ["get", "create", "create", "get", "getIamPolicy", "setIamPolicy"]


def test_a_bucket_can_be_encrypted_with_it(kind: Key, context: Context, gcs: GcsDouble) -> None:
    """And not before it is made, nor while it is disabled."""
    given = inputs(kind, context, gcs)
    buckets, mine = Bucket(GcsConnections()), Context(URN.replace("Key::key", "Bucket::raw"))
    about = {"store": given["store"], "bucket": "way-raw", "ownKey": True, "kmsKey": NAME}
    bucket, failures = buckets.check(mine, about, {})
    assert failures == []
    with pytest.raises(InputError, match="cannot use the encryption key"):
        buckets.create(mine, bucket)
    kind.create(context, given)
    gcs.keys.keys[NAME].state = "DISABLED"
    with pytest.raises(InputError, match="cannot use the encryption key"):
        buckets.create(mine, bucket)
    gcs.keys.keys[NAME].state = "ENABLED"
    buckets.create(mine, bucket)

    assert gcs.buckets["way-raw"].configuration["encryption"] == {"defaultKmsKeyName": NAME}


def test_a_key_that_is_right_is_only_looked_at(kind: Key, context: Context, gcs: GcsDouble) -> None:
    """No difference after a refresh, and an update that has nothing to do writes nothing."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.state == state
    assert kind.diff(context, found.state, found.inputs, given).changed == ()
    gcs.calls.clear()

    assert kind.update(context, id_, state, given) == state
    assert methods(gcs) == ["get", "get", "getIamPolicy"]


def test_what_others_change_is_seen_and_mended(kind: Key, context: Context, gcs: GcsDouble) -> None:
    """The rotation and the service's right; whom others have let in stays."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    made = gcs.keys.keys[NAME]
    made.configuration.pop("rotationPeriod"), made.configuration.pop("nextRotationTime")
    made.bindings = [{"role": USER, "members": ["user:mallory@example.org"]}]
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert kind.diff(context, found.state, found.inputs, given).changed == ("rotationDays", "agent")
    after = kind.update(context, id_, found.state, given)

    assert after == state
    assert made.configuration["rotationPeriod"] == f"{90 * 86_400}s"
    assert {member for binding in made.bindings for member in binding["members"]} == {
        "user:mallory@example.org",
        f"serviceAccount:{state['agent']}",
    }


def test_a_disabled_key_is_said_and_never_enabled(
    kind: Key, context: Context, gcs: GcsDouble, heard: list[tuple[str, str]]
) -> None:
    """Whoever did that had a reason; a key without any version too."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    assert heard == []
    for there, word in (("DISABLED", "disabled"), (None, "missing")):
        gcs.keys.keys[NAME].state = there
        kind.update(context, id_, state, given)
        assert heard[-1][0] == "warning"
        assert f"has no enabled version ({word}): nothing that is encrypted with it can be read" in heard[-1][1]
        found = kind.read(context, id_, state, given)
        assert found is not None
        assert found.state["state"] == word.upper()
        assert gcs.keys.keys[NAME].state == there


def test_a_key_is_never_destroyed_and_found_again(
    kind: Key, context: Context, gcs: GcsDouble, heard: list[tuple[str, str]]
) -> None:
    """By its mark; another stack does not take it."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    kind.delete(context, id_, state)

    assert set(gcs.keys.keys) == {NAME}
    assert "stays, with all its versions" in heard[-1][1]
    gcs.calls.clear()
    assert kind.create(context, given) == (id_, state)
    assert not [method for method, _ in gcs.calls if method.endswith((".create", ".patch", ".setIamPolicy"))]
    with pytest.raises(InputError, match="belongs to somebody else"):
        kind.create(Context(URN.replace("lab", "theirs", 1)), given)
    gcs.keys.keys[NAME].configuration["labels"] = {}
    with pytest.raises(InputError, match="carries no owner's mark"):
        kind.create(context, given)


def test_half_a_key_is_completed_by_the_next_run(kind: Key, context: Context, gcs: GcsDouble) -> None:
    """The ring is there, or the key is, and nobody may use it yet."""
    given = inputs(kind, context, gcs)
    prefix = "cloudkms.projects.locations.keyRings"
    gcs.order(Fault(f"{prefix}.cryptoKeys.create", 403), Fault(f"{prefix}.cryptoKeys.setIamPolicy", 403))
    for _ in range(2):
        with pytest.raises(UnreadableError, match="are not allowed to go on"):
            kind.create(context, given)
    gcs.order(Fault(f"{prefix}.cryptoKeys.setIamPolicy", 503, times=2, done=True))
    _, state = kind.create(context, given)

    assert gcs.keys.keys[NAME].bindings == [{"role": USER, "members": [f"serviceAccount:{state['agent']}"]}]


def test_a_missing_right_and_an_api_that_is_off_are_said(kind: Key, context: Context, gcs: GcsDouble) -> None:
    """With what to do."""
    gcs.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
    with pytest.raises(UnreadableError, match=r"roles/cloudkms\.admin has them all"):
        kind.create(context, inputs(kind, context, gcs))
    off: Any = Forbidden(  # type: ignore[no-untyped-call]
        "GET https://cloudkms.googleapis.com/v1/x: Cloud Key Management Service (KMS) API has not been used in project "
        "123 before or it is disabled. Enable it by visiting "
        "https://console.developers.google.com/apis/api/cloudkms.googleapis.com/overview?project=123 then retry."
    )
    said = gcs_faults.sentence(off, "making key 'x'", GcsRef("cloud", PROJECT, "us-central1"))
    assert str(said) == (
        "cloudkms.googleapis.com is not enabled for store 'cloud' (project way-images), while making key 'x'. "
        "Enable it: `gcloud services enable cloudkms.googleapis.com --project=way-images`."
    )


def test_a_key_that_has_gone_is_not_found(kind: Key, context: Context, gcs: GcsDouble) -> None:
    """And none is imported."""
    given = inputs(kind, context, gcs)
    assert kind.read(context, NAME, {}, given) is None
    with pytest.raises(InputError, match="Name it as `key`"):
        kind.read(context, NAME, {}, {})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"key": "my-key"}, "is no name of a key in Cloud KMS"),
        ({"rotationDays": 0}, "once a day at most"),
        ({"tags": {"1st": "x"}}, "has to begin with a letter"),
        ({"store": None}, "'store' is required"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    kind: Key, context: Context, gcs: GcsDouble, more: dict[str, Any], said: str
) -> None:
    """In words of the inputs."""
    _, failures = kind.check(context, {**inputs(kind, context, gcs), **more}, {})

    assert [said in failure.reason for failure in failures] == [True]
    assert gcs.calls == []


@pytest.mark.parametrize(
    ("region", "place"), [("us-central1", "us-central1"), ("US", "us"), ("EU", "europe"), ("NAM4", "nam4")]
)
def test_a_key_is_where_its_store_is(region: str, place: str) -> None:
    """Cloud KMS has one place that it calls otherwise."""
    ref = GcsRef("cloud", PROJECT, region)

    assert ref.key_name("way") == f"projects/{PROJECT}/locations/{place}/keyRings/way/cryptoKeys/cloud"


def test_another_service_is_asked_at_the_endpoint_only_where_that_is_a_test_server() -> None:
    """A private way to storage does not lead to the keys."""
    assert GcsRef("cloud", PROJECT, "US", "https://storage-way.p.googleapis.com").test_server is None
    assert GcsRef("cloud", PROJECT, "US", "http://127.0.0.1:1").test_server == "http://127.0.0.1:1"
    assert GcsRef("cloud", PROJECT, "US").test_server is None
