"""Inventories of buckets of Google Cloud: the real client, asked by the provider's type, against the test server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from slidebox.errors import InputError, UnreadableError
from slidebox.preview import Seen
from slidebox.preview.gcs_buckets import readers
from slidebox.provider import gcs_faults, gcs_grants
from slidebox.provider.gcs import Bucket
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_inventory import FIELDS, Inventory
from slidebox.provider.resource import Context

from .doubles.gcs import Fault, GcsDouble

PROJECT, NAME, AUDIT = "way-images", "way-nf1-raw-images-cloud", "way-lab-audit-cloud"
ACCOUNT = f"up@{PROJECT}.iam.gserviceaccount.com"
ROLES = "roles/storage.admin roles/storageinsights.admin roles/serviceusage.serviceUsageAdmin"
URN = "urn:pulumi:nf1::slidebox::slidebox:index:GcsLocation$slidebox:gcs:Inventory::raw_images@cloud"
WRITER = {"member": "agent:storageinsights", "role": "roles/storage.objectCreator"}


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """The server with a bucket of data, and credentials for it where Google's tools look."""
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": ROLES})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ACCOUNT)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 3.0)
        monkeypatch.setattr(gcs_faults, "_FIRST_PAUSE_SECONDS", 0.01)
        bucket(double, NAME)
        yield double


def store(gcs: GcsDouble) -> dict[str, Any]:
    """The store."""
    return {"name": "cloud", "project": PROJECT, "region": "us-central1", "endpoint": gcs.url}


def bucket(gcs: GcsDouble, name: str, **more: Any) -> tuple[Bucket, Context, str, dict[str, Any], dict[str, Any]]:
    """A bucket that slidebox has made."""
    kind, mine = Bucket(GcsConnections()), Context(f"{URN.rpartition('$')[0]}$slidebox:gcs:Bucket::{name}")
    given, failures = kind.check(mine, {"store": store(gcs), "bucket": name, **more}, {})
    assert failures == []
    id_, state = kind.create(mine, given)
    return kind, mine, id_, state, given


@pytest.fixture
def heard() -> list[tuple[str, str]]:
    """What is said to the person who runs the engine."""
    return []


@pytest.fixture
def context(heard: list[tuple[str, str]]) -> Context:
    """A call of the engine."""
    return Context(URN, log=lambda level, said: heard.append((level, said)))


@pytest.fixture
def kind() -> Inventory:
    """The type."""
    return Inventory(GcsConnections())


def inputs(kind: Inventory, context: Context, gcs: GcsDouble, **more: Any) -> dict[str, Any]:
    """An inventory's inputs, in which nothing is wrong."""
    about = {"store": store(gcs), "bucket": NAME, "destination": AUDIT, "prefix": f"inventory/{NAME}"}
    found, failures = kind.check(context, {**about, "tags": {"lab": "way"}, **more}, {})
    assert failures == []
    return found


def members(gcs: GcsDouble, name: str) -> set[tuple[str, str]]:
    """Whom a bucket lets in, without Google's own."""
    found = gcs_grants.present(gcs.buckets[name].bindings)
    return {(e.role.removeprefix("roles/storage."), e.member) for e in found if not e.member.startswith("project")}


def test_an_inventory_is_parquet_once_a_week_in_the_bucket_for_logs(
    kind: Inventory, context: Context, gcs: GcsDouble
) -> None:
    """Its writer sees what is known of the objects and no more; it is counted what that takes."""
    bucket(gcs, AUDIT, grants=[WRITER])
    gcs.calls.clear()
    id_, state = kind.create(context, inputs(kind, context, gcs))
    made = gcs.reports.configurations[id_]

    assert made["parquetOptions"] == {}
    assert made["objectMetadataReportOptions"] == {
        "metadataFields": list(FIELDS),
        "storageFilters": {"bucket": NAME},
        "storageDestinationOptions": {"bucket": AUDIT, "destinationPath": f"inventory/{NAME}"},
    }
    assert (made["labels"]["lab"], made["labels"]["slidebox-stack"]) == ("way", "nf1")
    assert members(gcs, NAME) == {("insightsCollectorService", state["agent"])}
    assert members(gcs, AUDIT) == {("objectCreator", state["agent"])}
    assert state["agent"].endswith("@gcp-sa-storageinsights.iam.gserviceaccount.com")
    assert [method.rpartition(".")[2] for method, _ in gcs.calls] == [
        "get",
        "getIamPolicy",
        "setIamPolicy",
        "list",
        "create",
    ]


def test_the_agent_is_made_where_it_is_not_there_yet(gcs: GcsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google knows it a little later; it is no reader that somebody else has let in."""
    monkeypatch.setattr(gcs_faults, "LONGEST_PAUSE_SECONDS", 0.01)
    real = gcs.service.directory.agent

    def slowly(project: str, service: str) -> str:
        address = real(project, service)
        gcs.service.directory.agents.discard(f"serviceAccount:{address}")
        return address

    monkeypatch.setattr(gcs.service.directory, "agent", slowly)
    monkeypatch.setattr("slidebox.provider.gcs_policy.time.sleep", lambda _: real(PROJECT, "gcp-sa-storageinsights"))
    buckets, mine, id_, state, given = bucket(gcs, AUDIT, grants=[WRITER])

    assert gcs.count("serviceusage.services.generateServiceIdentity") == 1
    assert {role for role, _ in members(gcs, AUDIT)} == {"objectCreator"}
    found = buckets.read(mine, id_, state, given)
    assert found is not None
    assert found.state == state
    assert buckets.diff(mine, found.state, found.inputs, given).changed == ()
    seen = Seen("urn", "slidebox:gcs:Bucket", found.state)
    assert [(r.principal, r.actions) for r in readers(seen, {}, dt.date(2026, 1, 1))] == [
        ("account:agent:storageinsights", ("write",))
    ]


def test_an_agent_that_nobody_may_make_is_said(gcs: GcsDouble) -> None:
    """With the command that makes it."""
    gcs.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
    with pytest.raises(Exception, match="services identity create --service=storageinsights"):
        bucket(gcs, AUDIT, grants=[WRITER])


def test_the_collector_is_nobody_elses_doing(kind: Inventory, context: Context, gcs: GcsDouble) -> None:
    """The bucket that it is let into does not warn of it, and does not take it away."""
    bucket(gcs, AUDIT, grants=[WRITER])
    gcs.buckets.pop(NAME)
    buckets, mine, id_, state, given = bucket(gcs, NAME)
    kind.create(context, inputs(kind, context, gcs))
    found = buckets.read(mine, id_, state, given)

    assert found is not None
    assert found.state["foreignMembers"] == []
    assert buckets.update(mine, id_, state, given)["foreignMembers"] == []
    assert {role for role, _ in members(gcs, NAME)} == {"insightsCollectorService"}


def test_an_inventory_that_is_right_is_only_looked_at(kind: Inventory, context: Context, gcs: GcsDouble) -> None:
    """No difference after a refresh; a killed engine finds its order again."""
    bucket(gcs, AUDIT, grants=[WRITER])
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.state == state
    assert kind.diff(context, found.state, found.inputs, given).changed == ()

    assert kind.create(context, given) == (id_, state)
    assert len(gcs.reports.configurations) == 1
    assert gcs.count("storageinsights.update") == 0


def test_what_changes_is_changed_in_place(kind: Inventory, context: Context, gcs: GcsDouble) -> None:
    """How often, whereto, and labels; the days of the schedule stay, and the writer is let in again."""
    bucket(gcs, AUDIT, grants=[WRITER])
    bucket(gcs, "way-other", grants=[WRITER])
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    days = {k: v for k, v in gcs.reports.configurations[id_]["frequencyOptions"].items() if k.endswith("Date")}
    other = inputs(kind, context, gcs, frequency="daily", destination="way-other", tags={"lab": "other"})
    assert kind.diff(context, state, given, other).changed == ("destination", "frequency", "tags")
    gcs.buckets[NAME].bindings = []
    seen = kind.read(context, id_, state, given)
    assert seen is not None
    assert kind.diff(context, seen.state, seen.inputs, given).changed == ("agent",)
    after = kind.update(context, id_, seen.state, other)

    found = kind.read(context, id_, after, other)
    assert found is not None
    assert (found.inputs, found.state) == (other, after)
    options = gcs.reports.configurations[id_]["frequencyOptions"]
    assert {name: value for name, value in options.items() if name.endswith("Date")} == days
    assert members(gcs, NAME) == {("insightsCollectorService", state["agent"])}


def test_a_lab_without_a_bucket_for_logs_is_told_and_has_its_inventory_later(
    kind: Inventory, context: Context, gcs: GcsDouble, heard: list[tuple[str, str]]
) -> None:
    """Nothing fails, nothing changes meanwhile, and a refresh finds that the bucket is there."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    assert heard[-1][0] == "warning"
    assert f"there is no bucket '{AUDIT}' for it yet. Run `pulumi up -s lab`" in heard[-1][1]
    assert gcs.reports.configurations == {}
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert (found.id, found.state, kind.diff(context, found.state, found.inputs, given).changed) == (id_, state, ())
    assert kind.update(context, id_, state, given) == state
    kind.delete(context, id_, state)
    bucket(gcs, AUDIT, grants=[WRITER])

    assert kind.read(context, id_, state, given) is None
    assert kind.create(context, given)[0] in gcs.reports.configurations


def test_taking_it_back_leaves_what_is_not_its_own(kind: Inventory, context: Context, gcs: GcsDouble) -> None:
    """Orders of others about the same bucket stay; so does one that somebody has marked as theirs."""
    bucket(gcs, AUDIT, grants=[WRITER])
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    theirs = {**gcs.reports.configurations[id_], "labels": {}}
    gcs.reports.configurations["projects/way-images/locations/us-central1/reportConfigs/theirs"] = theirs
    with pytest.raises(InputError, match="belongs to somebody else"):
        kind.delete(Context(URN.replace("nf1", "theirs", 1)), id_, state)
    kind.delete(context, id_, state)
    kind.delete(context, id_, state)

    assert list(gcs.reports.configurations.values()) == [theirs]
    assert kind.read(context, id_, state, given) is None
    with pytest.raises(InputError, match="cannot be imported"):
        kind.read(context, id_, {}, {})


def test_a_missing_right_is_said_and_a_busy_service_asked_again(
    kind: Inventory, context: Context, gcs: GcsDouble
) -> None:
    """In one sentence."""
    bucket(gcs, AUDIT, grants=[WRITER])
    gcs.order(Fault("storageinsights.create", 503, times=2), Fault("storageinsights.list", 429))
    kind.create(context, inputs(kind, context, gcs))
    gcs.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
    with pytest.raises(UnreadableError, match=r"roles/storageinsights\.admin has them all"):
        kind.create(context, inputs(kind, context, gcs))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"frequency": "hourly"}, "reports are daily or weekly"),
        ({"destination": None}, "'destination' is required"),
        ({"tags": {"1st": "x"}}, "has to begin with a letter"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    kind: Inventory, context: Context, gcs: GcsDouble, more: dict[str, Any], said: str
) -> None:
    """In words of the inputs."""
    given = inputs(kind, context, gcs)
    gcs.calls.clear()
    _, failures = kind.check(context, {**given, **more}, {})

    assert [said in failure.reason for failure in failures] == [True]
    assert gcs.calls == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"parquetOptions": None, "csvOptions": None}, "either CSV or Parquet"),
        ({"frequencyOptions": {"frequency": "WEEKLY"}}, "first and its last day"),
        ({"frequencyOptions": {"frequency": "HOURLY"}}, "HOURLY"),
    ],
)
def test_the_server_refuses_an_order_that_is_none(
    kind: Inventory, context: Context, gcs: GcsDouble, change: dict[str, Any], said: str
) -> None:
    """By Google's own types, and by what a schedule needs."""
    bucket(gcs, AUDIT, grants=[WRITER])
    id_, _ = kind.create(context, inputs(kind, context, gcs))
    body = {k: v for k, v in {**gcs.reports.configurations[id_], **change}.items() if v is not None and k != "name"}
    answer = requests.post(
        f"{gcs.url}/v1/projects/{PROJECT}/locations/us-central1/reportConfigs",
        json=body,
        headers={"Authorization": f"Bearer serviceAccount:{ACCOUNT}"},
        timeout=10,
    )

    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
