"""Google Cloud as it is: what is asked, and that nothing which could not be read is taken for closed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden, TooManyRequests
from requests.exceptions import Timeout

from slidebox.access import audit
from slidebox.access.effective import Location
from slidebox.access.snapshot import Known, Snapshot
from slidebox.audit.live import Asked, take
from slidebox.audit.live.google import collect
from slidebox.errors import SlideboxError
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Project
from slidebox.provider import gcs_faults
from slidebox.provider.gcs_connections import GcsConnections

from .doubles.gcs import Fault, GcsDouble
from .doubles.gcs.access import number_of
from .doubles.gcs.buckets import new_bucket

PROJECT = "way-images"
NUMBER = str(number_of(PROJECT))
ME = f"audit@{PROJECT}.iam.gserviceaccount.com"
ROBOT = f"robot@{PROJECT}.iam.gserviceaccount.com"
HELPER = f"helper@{PROJECT}.iam.gserviceaccount.com"
VIEWER = "roles/storage.objectViewer"
ANN, BOB, CY, DEE = (f"user:{name}@example.org" for name in ("ann", "bob", "cy", "dee"))
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
FILL = f"serviceAccount:service-{NUMBER}@cloud-cdn-fill.iam.gserviceaccount.com"
POOL = f"principalSet://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/ci/*"


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """The server, with a project in a folder in an organisation, three buckets, and credentials for it."""
    with GcsDouble() as double:
        own = "roles/storage.admin roles/iam.serviceAccountViewer"
        double.project(PROJECT, **{f"serviceAccount:{ME}": own, CY: f"{VIEWER} roles/viewer"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ME)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 0.3)
        monkeypatch.setattr(gcs_faults, "_FIRST_PAUSE_SECONDS", 0.01)
        fill(double)
        yield double


def fill(double: GcsDouble) -> None:
    """Buckets, and something of everything around them."""
    make(double, "way-nf1-raw-images-cloud", binding(ANN), binding(f"serviceAccount:{ROBOT}"))
    make(double, "open", binding("allUsers"), labels={"project": "nf2", "level": "features", "dataset": "nf2-features"})
    make(double, "folders", binding(FILL), binding(POOL), binding(BOB, f"projects/{PROJECT}/roles/reader"))
    double.buckets["folders"].folders = {"a/": [binding(BOB)], "b/": []}
    around = double.around
    around.parents = {f"projects/{PROJECT}": "folders/2", "folders/2": "organizations/1"}
    around.policies = {
        "folders/2": [binding(DEE, "roles/storage.legacyBucketReader")],
        "organizations/1": [binding("user:root@example.org", "roles/resourcemanager.organizationAdmin")],
        ROBOT: [binding(f"serviceAccount:{HELPER}", "roles/iam.serviceAccountTokenCreator")],
        HELPER: [binding("user:eve@example.org", "roles/iam.serviceAccountUser")],
    }
    around.roles = {
        f"projects/{PROJECT}": [
            {"name": f"projects/{PROJECT}/roles/reader", "includedPermissions": ["storage.objects.get"]}
        ]
    }
    around.accounts = {PROJECT: [{"email": ROBOT}, {"email": HELPER}]}
    around.pools = {"ci": {"state": "ACTIVE"}}
    around.providers = {
        "ci": [
            {
                "name": "x/providers/github",
                "oidc": {"issuerUri": "https://token.actions.githubusercontent.com", "jwksJson": "{}"},
                "attributeMapping": {"google.subject": "assertion.sub"},
            }
        ]
    }
    link = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/backendBuckets/images"
    around.backends = {PROJECT: [{"name": "images", "bucketName": "folders", "enableCdn": True, "selfLink": link}]}
    around.maps = {PROJECT: [{"name": "web", "defaultService": link}]}
    around.hmac_keys = {PROJECT: [{"accessId": "GOOG1E", "serviceAccountEmail": ROBOT, "state": "ACTIVE"}]}
    double.accounts.keys[ME] = []
    double.accounts.make(ROBOT, "2021-03-01T00:00:00Z")
    double.accounts.make(HELPER, "2021-03-01T00:00:00Z", disabled=True)


def binding(member: str, role: str = VIEWER) -> dict[str, Any]:
    """One member in one role."""
    return {"role": role, "members": [member]}


def make(double: GcsDouble, name: str, *bindings: dict[str, Any], **body: Any) -> None:
    """A bucket of the project."""
    access = {"uniformBucketLevelAccess": {"enabled": True}}
    bucket = new_bucket(PROJECT, {"name": name, "iamConfiguration": access, "location": "EU", **body}, NOW, set())
    bucket.bindings += bindings
    double.buckets[name] = bucket


def asked(double: GcsDouble, **store: Any) -> Asked:
    """The store of a lab that means one of the buckets."""
    cloud = {"kind": "gcs", "system": "cloud", "account": PROJECT, "region": "eu", "endpoint": double.url, **store}
    file = {
        "lab": "way",
        "title": "Way",
        "people": {"ada": {"name": "A", "email": "ada@example.org"}},
        "stores": {"cloud": cloud},
    }
    project = {
        "project": "nf1",
        "title": "NF1",
        "owner": "ada",
        "audience": {"steward": ["ada"]},
        "datasets": {"raw_images": {"size": "1 MB", "files": 2, "sensitivity": "open"}},
    }
    lab = Lab(file=LabFile.model_validate(file), projects={"nf1": Project.model_validate(project)})
    return Asked(lab, Home(Path("/nonexistent")), "cloud", a_second=10_000)


def located(said: Any) -> dict[str, Location]:
    """The locations of sections, by way of a snapshot's JSON."""
    taken = json.loads(json.dumps(Snapshot("live", sections=said).document()))
    return {one.name: one for one in audit.locations(Snapshot.of(taken), Known(now=NOW))}


def readers(one: Location, action: str = "read") -> set[str]:
    """Who can read, by their names alone."""
    return {
        reader.principal.removeprefix("account:").partition("@")[0]
        for reader in one.readers
        if action in reader.actions
    }


def test_every_path_is_found(gcs: GcsDouble) -> None:
    """In the bucket, in its folders, in what it is in, through service accounts, pools and CDNs."""
    found = located(collect(asked(gcs)))
    above = {"serviceAccount:audit", "user:cy", "user:root"}
    assert {name: readers(one) for name, one in found.items()} == {
        "way-nf1-raw-images-cloud": {*above, "user:ann", "serviceAccount:robot", "serviceAccount:helper", "user:eve"},
        "open": {*above, "anyone"},
        "folders": {*above, "user:bob", "any_account", "anyone", f"serviceAccount:service-{NUMBER}"},
    }
    assert "user:dee" in readers(found["open"], "list")
    (key,) = (one.path[-1] for one in found["way-nf1-raw-images-cloud"].readers if "in a file" in one.path[-1])
    assert key.endswith("since 2021-03-01, which does not end")


def test_the_dataset_is_told_by_name_or_by_labels(gcs: GcsDouble) -> None:
    """And the store where the bucket lies in its region."""
    found = located(collect(asked(gcs)))
    assert {(one.name, one.store, one.dataset, one.within) for one in found.values()} == {
        ("way-nf1-raw-images-cloud", "cloud", "nf1/raw_images", PROJECT),
        ("open", "cloud", "nf2/features", PROJECT),
        ("folders", "cloud", "", PROJECT),
    }
    assert {one.store for one in located(collect(asked(gcs, region="us"))).values()} == {""}


def test_a_bucket_costs_two_calls(gcs: GcsDouble) -> None:
    """Its policy and its managed folders; what is around is asked for once, however many buckets there are."""
    collect(asked(gcs))
    few = len(gcs.calls)
    for number in range(20):
        make(gcs, f"more-{number}", binding(ANN))
    gcs.calls.clear()
    collect(asked(gcs))
    assert len(gcs.calls) - few == 2 * 20
    assert {verb for method, _ in gcs.calls if (verb := method.rpartition(".")[2])} <= {
        "aggregatedList",
        "get",
        "getEffectivePolicy",
        "getIamPolicy",
        "list",
        "listPolicies",
    }


def test_more_managed_folders_than_are_asked_for_are_unknown(gcs: GcsDouble) -> None:
    """Four calls a bucket are all that an audit makes, over all buckets."""
    gcs.buckets["folders"].folders = {f"{number}/": [] for number in range(9)}
    collect(asked(gcs))
    assert gcs.count("storage.managedFolders.getIamPolicy") == 2 * 3
    assert "unknown" in readers(located(collect(asked(gcs)))["folders"])


def test_nothing_secret_is_in_a_snapshot(gcs: GcsDouble) -> None:
    """Neither keys nor the documents of issuers."""
    said = json.dumps(collect(asked(gcs)))
    assert "jwksJson" not in said
    assert "keyAlgorithm" not in said


def _raise(error: Exception) -> Callable[[], Any]:
    def failing() -> Any:
        raise error

    return failing


FAILURES: dict[str, Callable[[], Any]] = {
    "denied": _raise(Forbidden("no")),  # type: ignore[no-untyped-call]
    "timeout": _raise(Timeout("no")),
    "throttled": _raise(TooManyRequests("no")),  # type: ignore[no-untyped-call]
    "malformed": lambda: ["no"],
    "of another form": lambda: {"items": "no", "bindings": "no", "accounts": 1, "roles": "no", "policies": [1]},
}


class Broken(GcsConnections):
    """Clients for whom one call goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self._path, self._failing = "", FAILURES["denied"]

    def fail(self, path: str, failing: Callable[[], Any]) -> Broken:
        """Let one call go wrong, and no other."""
        self._path, self._failing = path, failing
        return self

    def ask(self, ref: Any, verb: str, service: str, path: str, body: Any = None) -> Any:
        """The answer, or what goes wrong."""
        self.paths.append(path)
        if path == self._path:
            return self._failing()
        return super().ask(ref, verb, service, path, body)


@pytest.mark.parametrize("failing", FAILURES.values(), ids=FAILURES.keys())
def test_with_every_single_call_failing_nobody_is_lost(gcs: GcsDouble, failing: Callable[[], Any]) -> None:
    """Whoever reads a bucket still does, or somebody unknown does: what was not seen is never taken for closed."""
    whole = Broken()
    before = located(collect(asked(gcs), whole))
    assert not any("unknown" in readers(one) for one in before.values())
    for path in tuple(dict.fromkeys(whole.paths)):
        try:
            after = located(collect(asked(gcs), whole.fail(path, failing)))
        except SlideboxError:
            assert path.startswith("storage/v1/b?")
            continue
        assert not before.keys() - after.keys() or any(name not in before for name in after), path
        for name in before.keys() & after.keys():
            for action in ("read", "list", "write", "delete", "admin"):
                lost = readers(before[name], action) - readers(after[name], action)
                assert not lost or "unknown" in readers(after[name], action), (path, name, action, lost)


def test_a_fault_of_the_service_is_told_and_the_rest_goes_on(gcs: GcsDouble) -> None:
    """A policy that may not be read is unknown, with the reason; the other buckets are as they were."""
    gcs.order(Fault("storage.buckets.getIamPolicy", 403))
    found = located(collect(asked(gcs)))
    unknown = [reader for one in found.values() for reader in one.readers if reader.principal == "unknown"]
    assert len(unknown) == 1
    assert "A fault of storage.buckets.getIamPolicy was ordered" in unknown[0].path[-1]


def test_buckets_that_cannot_be_listed_are_asked_for_by_name(gcs: GcsDouble) -> None:
    """Those that the lab's files mean; that there are others is said."""
    gcs.order(Fault("storage.buckets.list", 403, times=99))
    found = located(collect(asked(gcs)))
    assert set(found) == {"way-nf1-raw-images-cloud", f"other buckets of project {PROJECT}"}
    assert "user:ann" in readers(found["way-nf1-raw-images-cloud"])


def test_where_nothing_can_be_asked_the_store_is_unread(gcs: GcsDouble) -> None:
    """An audit says so of the whole store."""
    gcs.order(Fault("storage.buckets.list", 403, times=99), Fault("storage.buckets.get", 403, times=99))
    (one,) = audit.locations(take([asked(gcs)], "2026-11-29T00:00:00Z"), Known())
    assert (one.name, [reader.principal for reader in one.readers]) == ("cloud", ["unknown"])


def test_an_api_that_is_not_enabled_has_nothing_behind_it(gcs: GcsDouble) -> None:
    """No CDN is there where Compute Engine was never enabled."""
    off = (
        "Compute Engine API has not been used in project 1 before or it is disabled. Enable it by visiting "
        "https://console.developers.google.com/apis/api/compute.googleapis.com/overview"
    )
    whole = Broken()
    collect(asked(gcs), whole)
    (path,) = (path for path in whole.paths if path.endswith("backendBuckets"))
    found = located(collect(asked(gcs), whole.fail(path, _raise(Forbidden(f"GET x: {off}")))))  # type: ignore[no-untyped-call]
    assert not {"unknown", "anyone"} & readers(found["folders"])
