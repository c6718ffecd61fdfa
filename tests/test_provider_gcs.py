"""Buckets of Google Cloud: Google's own client, asked by the provider's type, against the test server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import InputError, UnreadableError
from slidebox.provider import gcs_faults, gcs_grants, gcs_labels, gcs_lifecycle
from slidebox.provider.gcs import Bucket
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_store import GcsRef, name_fault
from slidebox.provider.resource import Context, PartialFailureError

from .doubles.gcs import Fault, GcsDouble

PROJECT, NAME = "way-images", "way-nf1-raw-images-cloud"
ACCOUNT = "up@way-images.iam.gserviceaccount.com"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/slidebox/cryptoKeys/coded"
JUN = {"member": "user:jun@example.org", "role": "roles/storage.objectViewer", "principal": "person:jun"}
SANNE = {
    "member": "user:sanne@saguaro.example",
    "role": "roles/storage.objectViewer",
    "until": "2027-06-30",
    "principal": "person:sanne",
}
ANYONE = {"member": "allUsers", "role": "roles/storage.objectViewer"}


def urn(stack: str = "nf1", name: str = "raw_images@cloud") -> str:
    """Name of a bucket's resource."""
    return f"urn:pulumi:{stack}::slidebox::slidebox:index:GcsLocation$slidebox:gcs:Bucket::{name}"


class Heard(list[tuple[str, str]]):
    """What is said to the person who runs the engine."""

    def __call__(self, level: str, message: str) -> None:
        """Hear it."""
        self.append((level, message))


@pytest.fixture
def heard() -> Heard:
    """What is said."""
    return Heard()


@pytest.fixture
def context(heard: Heard) -> Context:
    """A call of the engine."""
    return Context(urn(), log=heard)


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """The server, and credentials for it where Google's tools look."""
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ACCOUNT)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 3.0)
        monkeypatch.setattr(gcs_faults, "_FIRST_PAUSE_SECONDS", 0.01)
        yield double


@pytest.fixture
def kind() -> Bucket:
    """The type."""
    return Bucket(GcsConnections())


def inputs(gcs: GcsDouble, **more: Any) -> dict[str, Any]:
    """A bucket with everything."""
    store = {"name": "cloud", "project": PROJECT, "region": "us-central1", "endpoint": gcs.url}
    about = {
        "location": "nf1/raw_images@short@cloud",
        "store": store,
        "bucket": NAME,
        "versioning": True,
        "softDeleteDays": 30,
        "lifecycle": {"abortDays": 7, "transitions": [{"days": 30, "storageClass": "NEARLINE"}]},
        "grants": [JUN, SANNE],
        "tags": {"lab": "way", "dataset": "nf1/raw_images"},
    }
    return {**about, **more}


def checked(kind: Bucket, context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """The inputs after the check, in which nothing is wrong."""
    found, failures = kind.check(context, given, {})
    assert failures == []
    return found


def make(kind: Bucket, context: Context, gcs: GcsDouble, **more: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A bucket that is made: its id, state and inputs."""
    given = checked(kind, context, inputs(gcs, **more))
    id_, state = kind.create(context, given)
    return id_, state, given


def bindings(gcs: GcsDouble) -> set[tuple[str, str, str]]:
    """Role, member and condition of each binding that is not Google's own."""
    found = gcs_grants.present(gcs.buckets[NAME].bindings)
    return {(e.role, e.member, e.expression) for e in found if not e.role.startswith("roles/storage.legacy")}


def test_a_bucket_is_made_with_everything_in_one_request(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Its mark too; then its policy, from which the project's mere viewers are taken."""
    id_, state, _ = make(kind, context, gcs)

    made = gcs.buckets[NAME]
    assert (id_, state["url"], state["foreignMembers"]) == (f"cloud/{NAME}", f"gs://{NAME}", [])
    assert made.configuration["labels"] == {
        "lab": "way",
        "dataset": "nf1-raw_images",
        "slidebox-project": "slidebox",
        "slidebox-stack": "nf1",
        "slidebox-name": "raw_images-cloud",
        "slidebox-urn": made.configuration["labels"]["slidebox-urn"],
    }
    assert made.configuration["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert made.configuration["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"]
    assert made.configuration["versioning"] == {"enabled": True}
    assert int(made.configuration["softDeletePolicy"]["retentionDurationSeconds"]) == 30 * 86_400
    assert made.configuration["location"] == "US-CENTRAL1"
    assert made.configuration["lifecycle"]["rule"] == [
        {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
        {
            "action": {"type": "SetStorageClass", "storageClass": "NEARLINE"},
            "condition": {"age": 30, "matchesStorageClass": ["STANDARD"]},
        },
    ]
    assert bindings(gcs) == {
        ("roles/storage.objectViewer", "user:jun@example.org", ""),
        (
            "roles/storage.objectViewer",
            "user:sanne@saguaro.example",
            'request.time < timestamp("2027-06-30T00:00:00Z")',
        ),
    }
    titles = [b["condition"]["title"] for b in made.bindings if "condition" in b]
    assert titles == ["slidebox: person:sanne until 2027-06-30"]
    assert not any("projectViewer" in member for b in made.bindings for member in b["members"])
    # Looked for, made, its policy read and written: four calls for a new bucket.
    assert [method.rpartition(".")[2] for method, _ in gcs.calls] == ["get", "insert", "getIamPolicy", "setIamPolicy"]


def test_a_bucket_that_is_right_is_only_looked_at(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """No difference after a refresh, and an update that has nothing to do writes nothing."""
    id_, state, given = make(kind, context, gcs)
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert kind.diff(context, found.state, found.inputs, given).changed == ()
    assert found.state == state
    gcs.calls.clear()
    kind.update(context, id_, state, given)

    assert [method.rpartition(".")[2] for method, _ in gcs.calls] == ["get", "getIamPolicy"]


def test_a_killed_engine_finds_its_bucket_again(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """By its own mark; nothing is made twice."""
    _, state, given = make(kind, context, gcs)

    assert kind.check(context, given, {})[1] == []
    assert kind.create(context, given)[1] == state


def test_settings_change_in_place(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """In one request for all of them."""
    id_, state, _ = make(kind, context, gcs)
    resting = checked(
        kind,
        context,
        inputs(
            gcs,
            versioning=False,
            retention={"days": 1095},
            hold="an inquiry",
            lifecycle={"noncurrentDays": 90, "transitions": [{"days": 30, "storageClass": "COLDLINE"}]},
            log={"bucket": "way-lab-audit-cloud", "prefix": NAME},
            tags={"lab": "way"},
        ),
    )
    gcs.calls.clear()
    after = kind.update(context, id_, state, resting)

    made = gcs.buckets[NAME].configuration
    assert gcs.count("storage.buckets.patch") == 1
    assert gcs.count("storage.buckets.lockRetentionPolicy") == 0
    assert made["retentionPolicy"] == {"retentionPeriod": str(1095 * 86_400)}
    assert (made["versioning"], made["defaultEventBasedHold"]) == ({"enabled": False}, True)
    assert made["logging"] == {"logBucket": "way-lab-audit-cloud", "logObjectPrefix": NAME}
    assert "dataset" not in made["labels"]
    assert [rule["action"] for rule in made["lifecycle"]["rule"]] == [
        {"type": "Delete"},
        {"type": "SetStorageClass", "storageClass": "COLDLINE"},
    ]
    found = kind.read(context, id_, after, resting)
    assert found is not None
    assert kind.diff(context, found.state, found.inputs, resting).changed == ()
    bare = checked(kind, context, inputs(gcs, lifecycle=None))
    kind.update(context, id_, after, bare)
    assert "retentionPolicy" not in gcs.buckets[NAME].configuration
    assert "logging" not in gcs.buckets[NAME].configuration


def test_a_retention_is_locked_only_where_that_is_said(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Nothing takes a lock back, and the service's refusal is one sentence."""
    id_, state, _ = make(kind, context, gcs, versioning=False, retention={"days": 30})
    assert gcs.count("storage.buckets.lockRetentionPolicy") == 0
    locked = checked(kind, context, inputs(gcs, versioning=False, retention={"days": 30, "locked": True}))
    state = kind.update(context, id_, state, locked)

    assert gcs.buckets[NAME].configuration["retentionPolicy"]["isLocked"]
    shorter = checked(kind, context, inputs(gcs, versioning=False, retention={"days": 7, "locked": True}))
    with pytest.raises(PartialFailureError, match="cannot be removed or shortened"):
        kind.update(context, id_, state, shorter)


def test_grants_are_added_and_taken_away_one_by_one(
    kind: Bucket, context: Context, gcs: GcsDouble, heard: Heard
) -> None:
    """Whoever was let in by others stays, and is reported."""
    id_, state, _ = make(kind, context, gcs)
    made = gcs.buckets[NAME]
    made.bindings.append({"role": "roles/storage.objectAdmin", "members": ["user:eve@example.org"]})
    made.bindings[-2]["members"].append("user:mallory@example.org")
    again = kind.update(context, id_, state, checked(kind, context, inputs(gcs, grants=[JUN])))

    left = {member for _, member, _ in bindings(gcs)}
    assert "user:sanne@saguaro.example" not in left
    assert {"user:jun@example.org", "user:eve@example.org"} <= left
    assert "user:eve@example.org as roles/storage.objectAdmin" in again["foreignMembers"]
    assert ("warning", heard[-1][1]) == heard[-1]
    assert "is open to others than slidebox let in" in heard[-1][1]
    found = kind.read(context, id_, again, inputs(gcs, grants=[JUN]))
    assert found is not None
    assert found.state["foreignMembers"] == again["foreignMembers"]


def test_a_member_that_somebody_took_away_is_put_back(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """The refresh sees it, the next run mends it."""
    id_, state, given = make(kind, context, gcs)
    gcs.buckets[NAME].bindings = []
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.inputs["grants"] == []
    assert kind.diff(context, found.state, found.inputs, given).changed == ("grants",)
    kind.update(context, id_, found.state, given)

    assert {member for _, member, _ in bindings(gcs)} == {JUN["member"], SANNE["member"]}


def test_a_policy_that_changes_under_the_hand_is_read_anew(
    kind: Bucket, context: Context, gcs: GcsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both changes count."""
    id_, state, _ = make(kind, context, gcs)
    real, done = gcs_grants.rewritten, list[bool]()

    def slow(*arguments: Any) -> Any:
        if not done:
            done.append(True)
            gcs.buckets[NAME].bindings.append({"role": "roles/storage.objectUser", "members": ["user:eve@example.org"]})
            gcs.buckets[NAME].policy_generation += 1
        return real(*arguments)

    monkeypatch.setattr(gcs_grants, "rewritten", slow)
    kind.update(context, id_, state, checked(kind, context, inputs(gcs, grants=[SANNE])))

    assert {member for _, member, _ in bindings(gcs)} == {SANNE["member"], "user:eve@example.org"}


def test_publishing_lifts_the_prevention_and_withdrawing_puts_it_back(
    kind: Bucket, context: Context, gcs: GcsDouble
) -> None:
    """And everybody is let in only then."""
    id_, state, _ = make(kind, context, gcs)
    public = checked(kind, context, inputs(gcs, public=True, grants=[JUN, ANYONE]))
    state = kind.update(context, id_, state, public)
    assert not gcs.buckets[NAME].prevented
    assert "allUsers" in {member for _, member, _ in bindings(gcs)}
    kind.update(context, id_, state, checked(kind, context, inputs(gcs)))

    assert gcs.buckets[NAME].prevented
    assert "allUsers" not in {member for _, member, _ in bindings(gcs)}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"grants": [ANYONE]}, "opens the bucket to everybody, and it is not public"),
        ({"retention": {"days": 30}}, "either earlier versions"),
        ({"softDeleteDays": 3}, "7 to 90 days"),
        ({"ownKey": True}, "none is named"),
        ({"kmsKey": "my-key"}, "is not projects/"),
        ({"uniformAccess": False}, "no rule can see"),
        ({"bucket": "way-google"}, "nor hold 'google'"),
        ({"bucket": "Way"}, "lower-case"),
        ({"tags": {"1st": "x"}}, "has to begin with a letter"),
        ({"tags": {"a b": "x", "a-b": "x"}}, "are one label"),
        ({"grants": [{**JUN, "until": "soon"}]}, "is no date"),
        ({"grants": [{"member": "user:x@y.z"}]}, "needs a 'member' and a 'role'"),
        ({"lifecycle": {"transitions": [{"days": 1, "storageClass": "GLACIER"}]}}, "is no storage class"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    kind: Bucket, context: Context, gcs: GcsDouble, more: dict[str, Any], said: str
) -> None:
    """In words of the inputs."""
    _, failures = kind.check(context, inputs(gcs, **more), {})

    assert [said in failure.reason for failure in failures] == [True]
    assert gcs.calls == []


def test_a_bucket_of_another_stack_or_of_nobody_is_left_alone(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """It is neither taken up, nor changed, nor deleted."""
    id_, state, given = make(kind, context, gcs)
    other = Context(urn("theirs"))
    with pytest.raises(InputError, match="belongs to somebody else: resource 'raw_images-cloud' of stack 'nf1'"):
        kind.check(other, given, {})
    for act in (lambda: kind.delete(other, id_, state), lambda: kind.update(other, id_, {}, given)):
        with pytest.raises(InputError, match="belongs to somebody else"):
            act()
    gcs.buckets[NAME].configuration["labels"] = {}
    with pytest.raises(InputError, match="carries no owner's mark"):
        kind.check(context, given, {})
    with pytest.raises(InputError, match="carries no owner's mark"):
        kind.delete(context, id_, state)


def test_a_name_of_another_project_is_said(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """At the check, before anything is made."""
    _, _, given = make(kind, context, gcs)
    gcs.buckets[NAME].project, gcs.buckets[NAME].bindings = "theirs", []
    with pytest.raises(InputError, match="it belongs to another project"):
        kind.check(context, given, {})
    with pytest.raises(InputError, match="it belongs to another project"):
        kind.create(context, given)


def test_what_holds_data_is_never_deleted(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Not even where only an earlier version is left."""
    id_, state, _ = make(kind, context, gcs)
    bucket = GcsConnections().storage(GcsRef.read(state["store"])).bucket(NAME)
    bucket.blob("a.tif").upload_from_string(b"image")
    bucket.blob("a.tif").delete()
    with pytest.raises(InputError, match="is not empty"):
        kind.delete(context, id_, state)
    for version in list(bucket.list_blobs(versions=True)):
        bucket.blob(version.name, generation=version.generation).delete()
    kind.delete(context, id_, state)

    assert gcs.buckets == {}
    kind.delete(context, id_, state)  # what has gone is gone


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again(kind: Bucket, context: Context, gcs: GcsDouble, status: int) -> None:
    """Whichever call it strikes; also where the bucket was made and only the answer got lost."""
    for method in ("get", "getIamPolicy", "setIamPolicy"):
        gcs.order(Fault(f"storage.buckets.{method}", status, times=2))
    gcs.order(Fault("storage.buckets.insert", status, done=True))
    make(kind, context, gcs)

    assert len(bindings(gcs)) == 2


def test_a_service_that_stays_busy_is_said_in_one_sentence(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """After a short while, and the next run completes what was begun."""
    given = checked(kind, context, inputs(gcs))
    gcs.order(Fault("storage.buckets.setIamPolicy", 503, times=10_000))
    with pytest.raises(PartialFailureError) as half:
        kind.create(context, given)

    assert str(half.value) == (
        f"Bucket '{NAME}' is made, but not finished. The service of store 'cloud' (project way-images) is too busy "
        f"(503 for 3 s, while changing who may use bucket '{NAME}'). Run again later: what is done already is kept."
    )
    gcs.faults.clear()
    done = kind.update(context, half.value.id, half.value.state, given)
    assert len(bindings(gcs)) == 2
    # Also what Google has put into the policy of the new bucket is gone.
    assert done["foreignMembers"] == []
    assert not any("projectViewer" in member for b in gcs.buckets[NAME].bindings for member in b["members"])


def test_a_denied_call_of_many_is_said_and_the_next_run_completes(
    kind: Bucket, context: Context, gcs: GcsDouble
) -> None:
    """The bucket stays in the state; a grant that was to go still goes."""
    id_, state, _ = make(kind, context, gcs)
    fewer = checked(kind, context, inputs(gcs, grants=[JUN]))
    gcs.order(Fault("storage.buckets.setIamPolicy", 403))
    with pytest.raises(PartialFailureError, match="are not allowed to go on, while changing who may use") as half:
        kind.update(context, id_, state, fewer)
    kind.update(context, id_, half.value.state, fewer)

    assert {member for _, member, _ in bindings(gcs)} == {JUN["member"]}


def test_a_bucket_that_is_not_known_everywhere_yet_is_waited_for(
    kind: Bucket, context: Context, gcs: GcsDouble
) -> None:
    """Just made, and a server says that it is not there."""
    given = checked(kind, context, inputs(gcs))
    gcs.order(Fault("storage.buckets.getIamPolicy", 404, times=3))
    kind.create(context, given)

    assert len(bindings(gcs)) == 2


def test_an_expired_login_is_said(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """With what to do."""
    given = checked(kind, context, inputs(gcs))
    gcs.refused_tokens.add(f"serviceAccount:{ACCOUNT}")
    with pytest.raises(UnreadableError, match=r"have expired, while making bucket .* Log in again"):
        kind.create(context, given)


def test_no_login_and_no_answer_are_said(
    kind: Bucket, context: Context, gcs: GcsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each in one sentence."""
    away = inputs(gcs)
    away["store"]["endpoint"] = "http://127.0.0.1:1"
    with pytest.raises(UnreadableError, match="Nothing answers for store 'cloud'"):
        kind.check(context, away, {})
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(UnreadableError, match="There are no credentials for store 'cloud'"):
        Bucket(GcsConnections()).check(context, inputs(gcs), {})


def test_credentials_never_travel_in_the_clear(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """But to this machine itself."""
    given = inputs(gcs)
    given["store"]["endpoint"] = "http://storage.example.org"
    with pytest.raises(InputError, match="would travel to it in the clear"):
        kind.check(context, given, {})


def test_a_key_that_the_service_may_not_use_is_said(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """And one that it may use is the bucket's default."""
    given = checked(kind, context, inputs(gcs, ownKey=True, kmsKey=KEY))
    with pytest.raises(InputError, match="cannot use the encryption key"):
        kind.create(context, given)
    gcs.service.keys.add(KEY)
    kind.create(context, given)

    assert gcs.buckets[NAME].configuration["encryption"] == {"defaultKmsKeyName": KEY}


def test_drift_is_seen_setting_by_setting(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Each in the form of its input."""
    id_, state, given = make(kind, context, gcs)
    made = gcs.buckets[NAME].configuration
    made["versioning"] = {"enabled": False}
    made["iamConfiguration"]["publicAccessPrevention"] = "inherited"
    made["labels"]["lab"] = "other"
    made["lifecycle"]["rule"].append({"action": {"type": "Delete"}, "condition": {"age": 1, "isLive": False}})
    found = kind.read(context, id_, state, given)
    assert found is not None

    assert kind.diff(context, found.state, found.inputs, given).changed == ("lifecycle", "public", "tags", "versioning")
    assert found.inputs["lifecycle"] == {**given["lifecycle"], "others": 1}
    kind.update(context, id_, found.state, given)
    mended = kind.read(context, id_, state, given)
    assert mended is not None
    assert kind.diff(context, mended.state, mended.inputs, given).changed == ()


def test_a_bucket_is_replaced_where_google_cannot_change_it(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Its region; the spelling of a region is no difference."""
    given = inputs(gcs)
    moved = {**given, "store": {**given["store"], "region": "europe-west1"}}
    louder = {**given, "store": {**given["store"], "region": "US-CENTRAL1"}}

    assert kind.diff(context, {}, given, louder).changed == ()
    found = kind.diff(context, {}, given, moved)
    assert (found.replace, found.delete_first) == (("store",), True)


def test_a_preview_knows_everything(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Google chooses nothing of a bucket."""
    given = checked(kind, context, inputs(gcs))
    planned = kind.planned(context, given)

    assert planned == kind.create(context, given)[1]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("way-nf1-raw-images-cloud", False),
        ("a" * 64, True),
        ("goog-way", True),
        ("way.example.org", True),
        ("ab", True),
    ],
)
def test_names_follow_googles_rules(name: str, fault: bool) -> None:
    """Domains would have to be proved."""
    assert bool(name_fault(name)) == fault


def test_labels_that_are_too_long_keep_what_tells_them_apart() -> None:
    """By a part of their hash."""
    one, other = (gcs_labels.spelled(f"Project/{'x' * 70}{end}") for end in "ab")

    assert (len(one), len(other)) == (63, 63)
    assert one != other
    assert one.startswith("project-xxx")


def test_a_lifecycle_survives_the_way_to_google_and_back() -> None:
    """Whatever slidebox writes, it reads."""
    said = {
        "abortDays": 7,
        "noncurrentDays": 90,
        "expireDays": 365,
        "transitions": [{"days": 30, "storageClass": "NEARLINE"}, {"days": 90, "storageClass": "ARCHIVE"}],
    }

    assert gcs_lifecycle.read(gcs_lifecycle.rules(said)) == said
    assert gcs_lifecycle.read([]) is None
    assert gcs_lifecycle.rules(None) == []


def test_access_ends_on_googles_clock(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Even if nobody runs anything."""
    make(kind, context, gcs)
    may = gcs.service.may
    gcs.now = dt.datetime(2027, 6, 29, tzinfo=dt.UTC)
    assert may(SANNE["member"], "storage.objects.get", gcs.buckets[NAME])
    gcs.now = dt.datetime(2027, 6, 30, tzinfo=dt.UTC)

    assert not may(SANNE["member"], "storage.objects.get", gcs.buckets[NAME])
    assert may(JUN["member"], "storage.objects.get", gcs.buckets[NAME])


def test_a_bucket_is_imported_by_the_name_of_its_store(
    kind: Bucket, context: Context, gcs: GcsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As it is, so that the next run shows what will change; then it carries its stack's mark."""
    (tmp_path / "lab.yaml").write_text(
        "lab: way\ntitle: Way\npeople: {ada: {name: Ada}}\nstores:\n"
        f"  cloud: {{system: cloud, kind: gcs, account: {PROJECT}, region: us-central1, endpoint: '{gcs.url}'}}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    id_, _, given = make(kind, context, gcs)
    gcs.buckets[NAME].configuration["labels"] = {"made-by": "hand"}
    found = kind.read(context, id_, {}, {})
    assert found is not None

    assert found.inputs["store"] == given["store"]
    assert (found.inputs["bucket"], found.inputs["versioning"], found.inputs["softDeleteDays"]) == (NAME, True, 30)
    assert found.inputs["lifecycle"] == given["lifecycle"]
    assert (found.inputs["tags"], found.state["owner"]) == ({"made-by": "hand"}, "")
    assert gcs_grants.entries(found.inputs["grants"]) == gcs_grants.entries([JUN, SANNE])
    assert kind.diff(context, found.state, found.inputs, given).changed == ("location", "tags")
    state = kind.update(context, id_, found.state, given)
    assert state["foreignMembers"] == []
    assert gcs.buckets[NAME].configuration["labels"]["slidebox-stack"] == "nf1"
    for wrong, said in (("nothing/way", "declares no store 'nothing'"), ("way", "is not the id of a bucket")):
        with pytest.raises(InputError, match=said):
            kind.read(context, wrong, {}, {})


def test_what_has_gone_is_not_found(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """A refresh forgets it, and deleting it again is no failure."""
    id_, state, given = make(kind, context, gcs)
    gcs.buckets.clear()

    assert kind.read(context, id_, state, given) is None
    kind.delete(context, id_, state)


def test_what_is_not_said_is_the_safer_of_two(kind: Bucket, context: Context, gcs: GcsDouble) -> None:
    """Closed, with versions or a retention, and with a week for what was deleted by mistake."""
    least = {name: value for name, value in inputs(gcs).items() if name in ("store", "bucket")}
    found, kept = checked(kind, context, least), checked(kind, context, {**least, "retention": {"days": 30}})

    assert (found["public"], found["versioning"], found["softDeleteDays"]) == (False, True, 7)
    assert (kept["versioning"], kept["retention"]) == (False, {"days": 30})
    kind.create(context, found)
    assert gcs.buckets[NAME].prevented
    assert bindings(gcs) == set()
