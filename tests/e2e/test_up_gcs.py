"""`pulumi up` of a lab in Google Cloud: the real engine, rules and SDK; a test server stands in for Google."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.doubles.gcs import Fault, GcsDouble
from tests.doubles.gcs.billing import COSTS_MANAGER, Account

from .conftest import LabFactory, SmallLab, names

pytestmark = pytest.mark.e2e

PROJECT, ACCOUNT = "tiny-lab-images", "provision@tiny-lab-images.iam.gserviceaccount.com"
RAW, CORRECTED = "tiny-lab-nf1-raw-images-cloud", "tiny-lab-nf1-corrected-images-cloud"
ROLES = (
    "roles/storage.admin",
    "roles/cloudkms.admin",
    "roles/storageinsights.admin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/monitoring.notificationChannelEditor",
)
PAYS = "billingAccounts/012345-567890-ABCDEF"
AUDIT = "tiny-lab-lab-audit-cloud"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/tiny-lab/cryptoKeys/cloud"
LAB = """\
lab: tiny-lab
title: A lab of four in Google Cloud
retention: 3 years
auditors: [ada]
people:
  ada: {{name: Ada, email: ada@example.org}}
  bob: {{name: Bob, email: bob@example.org}}
  cy: {{name: Cy, {left}email: cy@example.org}}
  eve: {{name: Eve, organisation: Elsewhere, until: {until}, email: eve@elsewhere.example}}
teams:
  imaging: {{members: [ada, bob]}}
stores:
  cloud:
    system: cloud
    kind: gcs
    account: {project}
    region: us-central1
    endpoint: {url}
    data_use_agreement: true
  shelf: {{system: external_drive, kind: drive, path: disks/shelf, capacity: 1 TB, encrypted: true}}
playbook:
  preferences:
    raw_images: {{short: [cloud, external_drive], mid: [cloud, external_drive]}}
    corrected_images: {{short: [cloud], mid: [cloud]}}
"""
FILE = """\
project: nf1
title: NF1
owner: ada
activity: {activity}
audience: {{contributor: [imaging], reader: [cy, eve], steward: [ada]}}
budget: {{monthly: 900, alerts: [80, 100], notify: [ada]}}
datasets:
  raw_images: {{size: 1 MB, files: 2, sensitivity: {sensitivity}}}
  corrected_images:
    size: 2 TB
    files: 40000
    sensitivity: {sensitivity}
    {more}
    parents: [raw_images]
    step:
      repository: https://github.com/tiny-lab/nf1
      commit: 4f0c9d2a71be
      container: ghcr.io/tiny-lab/nf1@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
      parameters: {{gamma: 0.5}}
      date: 2026-04-14
"""


@pytest.fixture
def gcs() -> Iterator[GcsDouble]:
    """Google Cloud with a project and nothing in it."""
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": " ".join(ROLES)})
        double.billing.accounts[PAYS] = Account(
            PAYS, projects={PROJECT}, roles={f"serviceAccount:{ACCOUNT}": COSTS_MANAGER}
        )
        yield double


def files(gcs: GcsDouble, **given: str) -> Mapping[str, str]:
    """The lab's files."""
    words = {
        "activity": "active",
        "left": "",
        "until": "2031-06-30",
        "sensitivity": "open",
        "more": "licence: CC0-1.0",
    } | given
    return {
        "lab.yaml": LAB.format(url=gcs.url, project=PROJECT, **words),
        "projects/nf1.yaml": FILE.format(**words),
    }


@pytest.fixture
def lab(make_lab: LabFactory, gcs: GcsDouble, tmp_path: Path) -> SmallLab:
    """The lab, with credentials where Google's own tools look for them."""
    made = make_lab(files(gcs))
    made.environment["GOOGLE_APPLICATION_CREDENTIALS"] = str(gcs.credentials(tmp_path, ACCOUNT))
    made.init("nf1")
    return made


def up(lab: SmallLab, *more: str) -> str:
    """Provision, which goes well; what the engine said."""
    ran = lab.up("nf1", *more)
    assert ran.code == 0, ran.said
    return ran.said


def settled(lab: SmallLab) -> None:
    """A second run has nothing to do, after it has looked at everything."""
    up(lab, "--expect-no-changes", "--refresh")


def members(gcs: GcsDouble, bucket: str) -> dict[str, set[str]]:
    """The roles of each member of a bucket's policy that slidebox has let in."""
    found: dict[str, set[str]] = {}
    for binding in gcs.buckets[bucket].bindings:
        for member in binding["members"]:
            if not member.startswith("project"):
                found.setdefault(member, set()).add(binding["role"].removeprefix("roles/storage."))
    return found


def insights(gcs: GcsDouble) -> str:
    """Who writes inventories in the project."""
    return f"serviceAccount:{gcs.service.directory.agent(PROJECT, 'gcp-sa-storageinsights')}"


def configuration(gcs: GcsDouble, bucket: str) -> dict[str, Any]:
    """What a bucket was told."""
    return gcs.buckets[bucket].configuration


def test_a_project_lives_in_google_cloud(lab: SmallLab, gcs: GcsDouble) -> None:
    """It comes up, comes to rest in place, loses readers, is published, and goes once it is empty."""
    # A preview makes nothing.
    preview = lab.run("preview", "--stack", "nf1", "--policy-pack", "policies")
    assert preview.code == 0, preview.said
    assert gcs.buckets == {}

    said = up(lab)
    assert names(lab.state("nf1"), "slidebox:gcs:Bucket") == ["corrected_images@cloud", "raw_images@cloud"]
    # There is no bucket for logs: that is said, and stops nothing.
    assert f"there is no bucket '{AUDIT}' for it yet" in said
    raw = configuration(gcs, RAW)
    assert (raw["labels"]["slidebox-stack"], raw["location"], raw["versioning"]) == (
        "nf1",
        "US-CENTRAL1",
        {"enabled": True},
    )
    assert gcs.buckets[RAW].prevented
    assert members(gcs, RAW) == {
        "user:ada@example.org": {"objectCreator", "objectViewer", "objectUser"},
        "user:bob@example.org": {"objectCreator", "objectViewer"},
        "user:cy@example.org": {"objectViewer"},
        "user:eve@elsewhere.example": {"objectViewer"},
    }
    expressions = [b["condition"]["expression"] for b in gcs.buckets[RAW].bindings if "condition" in b]
    assert expressions == ['request.time < timestamp("2031-06-30T00:00:00Z")']
    outputs = lab.outputs("nf1")["locations"]["nf1/raw_images@short@cloud"]
    assert (outputs["bucket"], outputs["url"], outputs["project"]) == (RAW, f"gs://{RAW}", PROJECT)
    gcs.calls.clear()
    up(lab, "--expect-no-changes")
    assert gcs.calls == []
    settled(lab)

    # What is really there passes the rules too, until somebody lets the world in by hand.
    assert refused_live(lab) == []
    gcs.buckets[CORRECTED].bindings.append({"role": "roles/storage.objectViewer", "members": ["allUsers"]})
    gcs.buckets[CORRECTED].configuration["iamConfiguration"]["publicAccessPrevention"] = "inherited"
    assert "sharing/readers_within_audience" in refused_live(lab)
    settled_again = lab.up("nf1", "--refresh")
    assert settled_again.code == 0, settled_again.said
    assert refused_live(lab) == []

    # It comes to rest: what is large moves to a cheaper class, and the raw images cannot be changed, where they lie.
    before = {r["urn"]: r["id"] for r in lab.state("nf1") if r["type"] == "slidebox:gcs:Bucket"}
    lab.write(files(gcs, activity="resting"))
    up(lab)
    assert before == {r["urn"]: r["id"] for r in lab.state("nf1") if r["type"] == "slidebox:gcs:Bucket"}
    moves = [r for r in configuration(gcs, CORRECTED)["lifecycle"]["rule"] if r["action"]["type"] == "SetStorageClass"]
    assert moves == [
        {
            "action": {"type": "SetStorageClass", "storageClass": "COLDLINE"},
            "condition": {"age": 30, "matchesStorageClass": ["STANDARD", "NEARLINE"]},
        }
    ]
    assert configuration(gcs, RAW)["retentionPolicy"] == {"retentionPeriod": str(3 * 365 * 86_400)}
    assert configuration(gcs, RAW)["versioning"] == {"enabled": False}

    # Cy leaves, Eve's time is over, and the corrected images are declared public: only their prevention is lifted.
    corrected = f"{gcs.url}/storage/v1/b/{CORRECTED}/o"
    assert requests.get(corrected, timeout=10).status_code == 401
    lab.write(
        files(
            gcs,
            activity="resting",
            left="left: 2026-01-31, ",
            until="2026-06-30",
            more="licence: CC0-1.0\n    public_from: mid",
        )
    )
    up(lab)
    assert set(members(gcs, RAW)) == {"user:ada@example.org", "user:bob@example.org"}
    assert (gcs.buckets[RAW].prevented, gcs.buckets[CORRECTED].prevented) == (True, False)
    assert members(gcs, CORRECTED)["allUsers"] == {"objectViewer"}
    assert "allUsers" not in members(gcs, RAW)
    assert requests.get(corrected, timeout=10).status_code == 200
    assert requests.get(f"{gcs.url}/storage/v1/b/{RAW}/o", timeout=10).status_code == 401
    settled(lab)

    # What holds data is never removed.
    put(gcs, RAW, "a.tif")
    urn = next(u for u in before if u.endswith("raw_images@cloud") and "corrected" not in u)
    destroy = lab.run("destroy", "--stack", "nf1", "--yes", "--target", urn, "--target-dependents")
    assert destroy.code != 0
    assert f"Bucket '{RAW}' of store 'cloud' is not empty" in destroy.said
    assert "user:bob@example.org" in members(gcs, RAW)
    gcs.buckets[RAW].versions.clear()
    destroy = lab.run("destroy", "--stack", "nf1", "--yes")
    assert destroy.code == 0, destroy.said
    assert gcs.buckets == {}


def refused_live(lab: SmallLab) -> list[str]:
    """The rules that refuse what is really there."""
    command = [str(Path(sys.executable).parent / "slidebox"), "check", "--live", "nf1", "--json"]
    done = subprocess.run(command, cwd=lab.root, env=lab.environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return [one["rule"] for one in json.loads(done.stdout)["findings"] if one["severity"] == "error"]


def put(gcs: GcsDouble, bucket: str, name: str) -> None:
    """Upload a file as Bob."""
    done = requests.post(
        f"{gcs.url}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}",
        data=b"image",
        headers={"Authorization": "Bearer user:bob@example.org", "Content-Type": "image/tiff"},
        timeout=10,
    )
    assert done.status_code == 200, done.text


def test_data_of_people_have_a_key_that_the_labs_own_stack_makes(lab: SmallLab, gcs: GcsDouble) -> None:
    """Beside the bucket for logs, which its auditors read and Google writes; the key outlives the stack."""
    lab.write(files(gcs, sensitivity="coded", more=""))
    early = lab.up("nf1")
    assert early.code != 0
    assert "Run `pulumi up -s lab` first" in early.said
    assert gcs.buckets == {}

    lab.init("lab")
    ran = lab.up("lab")
    assert ran.code == 0, ran.said
    about = lab.outputs("lab")["audits"]["cloud"]
    assert (about["bucket"], about["key"]) == (AUDIT, KEY)
    assert members(gcs, AUDIT) == {
        "user:ada@example.org": {"objectViewer"},
        "group:cloud-storage-analytics@google.com": {"objectCreator"},
        insights(gcs): {"objectCreator"},
    }
    assert gcs.keys.keys[KEY].configuration["rotationPeriod"] == f"{90 * 86_400}s"
    [budget] = gcs.billing.budgets.values()
    assert (budget["budgetFilter"]["labels"], len(gcs.billing.channels)) == ({"project": ["nf1"]}, 1)
    again = lab.up("lab", "--expect-no-changes", "--refresh")
    assert again.code == 0, again.said

    up(lab)
    assert configuration(gcs, RAW)["encryption"] == {"defaultKmsKeyName": KEY}
    assert configuration(gcs, RAW)["logging"] == {"logBucket": AUDIT, "logObjectPrefix": RAW}
    reports = [order["objectMetadataReportOptions"] for order in gcs.reports.configurations.values()]
    assert {(o["storageFilters"]["bucket"], o["storageDestinationOptions"]["bucket"]) for o in reports} == {
        (RAW, AUDIT),
        (CORRECTED, AUDIT),
    }
    assert members(gcs, RAW)[insights(gcs)] == {"insightsCollectorService"}
    settled(lab)

    destroy = lab.run("destroy", "--stack", "lab", "--yes")
    assert destroy.code == 0, destroy.said
    assert AUDIT not in gcs.buckets
    assert (gcs.billing.budgets, gcs.billing.channels) == ({}, {})
    assert gcs.keys.keys[KEY].state == "ENABLED"


def test_what_goes_wrong_is_said_and_survived(lab: SmallLab, gcs: GcsDouble) -> None:
    """A name of another's stops everything; a busy service is waited for; a denied call is completed the next time."""
    gcs.project("theirs", **{"user:mallory@example.com": "roles/storage.admin"})
    taken = requests.post(
        f"{gcs.url}/storage/v1/b?project=theirs",
        json={"name": RAW},
        headers={"Authorization": "Bearer user:mallory@example.com"},
        timeout=10,
    )
    assert taken.status_code == 200
    ran = lab.up("nf1")
    assert ran.code != 0
    assert "it belongs to another project" in ran.said
    assert set(gcs.buckets) == {RAW}
    gcs.buckets.clear()

    gcs.order(Fault("storage.buckets.insert", 503, times=2), Fault("storage.buckets.getIamPolicy", 429, times=2))
    gcs.order(Fault("storage.buckets.setIamPolicy", 403, nth=2))
    first = lab.up("nf1")
    assert first.code != 0
    assert "are not allowed to go on, while changing who may use bucket" in first.said
    assert "Traceback" not in first.said
    assert set(gcs.buckets) == {RAW, CORRECTED}
    assert names(lab.state("nf1"), "slidebox:gcs:Bucket") == ["corrected_images@cloud", "raw_images@cloud"]

    up(lab)
    assert members(gcs, RAW) == members(gcs, CORRECTED)
    settled(lab)

    # A refresh finds whom somebody else has let in; the rules refuse, and the member stays.
    gcs.buckets[RAW].bindings.append({"role": "roles/storage.objectViewer", "members": ["user:mallory@example.com"]})
    again = lab.up("nf1", "--refresh")
    assert again.code != 0
    assert "mallory@example.com" in again.said
    assert "user:mallory@example.com" in members(gcs, RAW)
