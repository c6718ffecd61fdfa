"""What a lab has already, taken over by `slidebox adopt` and `pulumi up`: nothing of it is changed."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.doubles.aws.launch import environment, install, moto
from tests.doubles.gcs import GcsDouble
from tests.template_bucket import ACCOUNT, NAME, PROJECT, PROVIDER, terraform, upload

from .conftest import LabFactory, SmallLab, names

pytestmark = pytest.mark.e2e

LAB = """\
lab: way
title: A lab with a bucket of its own making
people:
  mira: {{name: Mira}}
  rae: {{name: Rae, email: receiver@cuanschutz.example}}
services:
  upload: {{owner: mira, identities: {{cloud: "serviceAccount:{provider}"}}}}
stores:
  cloud:
    {{system: cloud, kind: gcs, account: {project}, region: europe-west4, endpoint: {url}, data_use_agreement: true}}
  bench: {{system: internal_drive, kind: drive, path: disks/bench, encrypted: true}}
"""
WRITES = ("insert", "patch", "update", "setIamPolicy", "delete", "lockRetentionPolicy")


@pytest.fixture
def gcs() -> Iterator[GcsDouble]:
    """Google Cloud with the bucket that the lab's Terraform template has made, and images in it."""
    with GcsDouble() as double:
        roles = "roles/storage.admin roles/iam.serviceAccountViewer"
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": roles})
        double.accounts.make(PROVIDER, "2023-02-01T10:00:00Z")
        terraform(double)
        for number in range(3):
            upload(double, f"plate/{number}.tiff", bytes(40_000))
        double.calls.clear()
        yield double


@pytest.fixture
def lab(make_lab: LabFactory, gcs: GcsDouble, tmp_path: Path) -> SmallLab:
    """A lab that has declared no project yet but an empty one, and a folder that nobody has declared."""
    pilot = "project: pilot\ntitle: P\nowner: mira\naudience: {steward: [mira]}\ndatasets:\n"
    pilot += "  metadata: {size: 1 MB, files: 1, sensitivity: open}\n"
    words = {"provider": PROVIDER, "project": PROJECT, "url": gcs.url}
    made = make_lab({"lab.yaml": LAB.format(**words), "projects/pilot.yaml": pilot})
    made.environment["GOOGLE_APPLICATION_CREDENTIALS"] = str(gcs.credentials(tmp_path, ACCOUNT))
    return made


def slidebox(lab: SmallLab, *words: str) -> Any:
    """Run a verb; the exit code, and its JSON."""
    command = [sys.executable, "-m", "slidebox.cli", *words, "--json"]
    done = subprocess.run(
        command, cwd=lab.root, env=lab.environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def written(gcs: GcsDouble) -> list[str]:
    """What was changed at Google."""
    return [method for method, _ in gcs.calls if method.rpartition(".")[2] in WRITES]


def test_a_templates_bucket_is_taken_over_as_it_is(lab: SmallLab, gcs: GcsDouble) -> None:
    """It is declared, imported and judged; nothing of it changes before the lab says so."""
    before = copy.deepcopy(gcs.buckets[NAME])
    _, listed = slidebox(lab, "adopt", "cloud")
    assert listed["found"] == [{"name": NAME, "dataset": None}]

    words = ("--project", "assayworks", "--owner", "mira", "--sensitivity", "open")
    code, said = slidebox(lab, "adopt", "cloud", "--bucket", f"{NAME}=raw_images", *words)
    assert code == 0, said["refused"]
    assert (said["places"][0]["bytes"], said["places"][0]["files"]) == (120_000, 3)
    assert {one["rule"] for one in said["waived"]} >= {"protection/raw_versions_kept", "access/no_long_lived_keys"}
    assert [(key["identity"], key["created"]) for key in said["keys"]] == [(f"serviceAccount:{PROVIDER}", "2023-02-01")]

    # What falls short is said without credentials, from the record.
    code, checked = slidebox(lab, "check", "assayworks")
    assert code == 0
    waived = {f["rule"]: f["message"] for f in checked["findings"] if f["waived"]}
    assert "service:upload holds a key that does not end" in waived["access/no_long_lived_keys"]

    lab.init("assayworks")
    first = lab.up("assayworks")
    assert first.code == 0, first.said
    assert "1 imported" in first.said
    assert "access/no_long_lived_keys" in first.said
    assert names(lab.state("assayworks"), "slidebox:gcs:Bucket") == ["raw_images@cloud"]
    assert written(gcs) == []
    assert (gcs.buckets[NAME].configuration, gcs.buckets[NAME].bindings) == (before.configuration, before.bindings)

    # What somebody changes by hand stays changed, and is judged: the waiver is of no use any more.
    gcs.buckets[NAME].configuration["versioning"] = {"enabled": True}
    again = lab.up("assayworks", "--refresh")
    assert again.code == 0, again.said
    assert written(gcs) == []
    assert "protection/raw_versions_kept" not in again.said
    del gcs.buckets[NAME].configuration["versioning"]

    # Then it is brought to what the lab's rules ask for, in place.
    file = lab.root / "projects" / "assayworks.yaml"
    text = file.read_text(encoding="utf-8").replace(f"name: {NAME}", f"name: {NAME}\n        as_is: false")
    file.write_text(text.partition("waivers:")[0], encoding="utf-8")
    managed = lab.up("assayworks", "--refresh")
    assert managed.code == 0, managed.said
    assert "1 updated" in managed.said
    assert gcs.buckets[NAME].configuration["versioning"] == {"enabled": True}
    assert held(gcs) == {PROVIDER: {"objectUser"}, "receiver@cuanschutz.example": {"objectViewer"}}
    assert list(gcs.buckets[NAME].versions) == list(before.versions)


def held(gcs: GcsDouble) -> dict[str, set[str]]:
    """The roles of each person and account at the bucket, beside those that Google gives to the project's owners."""
    found: dict[str, set[str]] = {}
    for binding in gcs.buckets[NAME].bindings:
        for member in binding["members"]:
            if not member.startswith("project"):
                found.setdefault(member.partition(":")[2], set()).add(binding["role"].removeprefix("roles/storage."))
    return found


def test_a_folder_is_taken_over_and_stays_when_its_stack_goes(lab: SmallLab) -> None:
    """Its name, mode and files are what they were, also after a destroy."""
    folder = lab.root / "disks" / "bench" / "screens" / "Plate 7 (copy)"
    folder.mkdir(parents=True)
    (folder / "a.tiff").write_bytes(bytes(1000))
    folder.chmod(0o750)
    words = ("--project", "screen", "--owner", "mira", "--sensitivity", "open")
    code, said = slidebox(lab, "adopt", "bench", "--bucket", "screens/Plate 7 (copy)=raw_images", *words)
    assert code == 0, said["refused"]
    lab.init("screen")
    made = lab.up("screen")
    assert made.code == 0, made.said
    assert "1 imported" in made.said
    gone = lab.run("destroy", "--stack", "screen", "--yes")
    assert gone.code == 0, gone.said
    assert [path.name for path in folder.iterdir()] == ["a.tiff"]
    assert folder.stat().st_mode & 0o7777 == 0o750


AMAZON = """\
lab: way
title: A lab with an old bucket at AWS
people:
  mira: {name: Mira, identities: {amazon: "arn:aws:iam::123456789012:role/mira"}}
stores:
  amazon: {system: cloud, kind: aws, account: "123456789012", region: us-east-1, endpoint: ENDPOINT,
    data_use_agreement: true}
"""
OLD = "way-old-screens"


def test_a_bucket_of_amazon_is_taken_over_with_its_settings(make_lab: LabFactory, tmp_path: Path) -> None:
    """Each is imported under the name that it will have; nothing changes, and all of it stays when the stack goes."""
    pilot = "project: pilot\ntitle: P\nowner: mira\naudience: {steward: [mira]}\ndatasets:\n"
    pilot += "  metadata: {size: 1 MB, files: 1, sensitivity: open}\n"
    with moto(tmp_path) as address:
        lab = make_lab({"lab.yaml": AMAZON.replace("ENDPOINT", address), "projects/pilot.yaml": pilot})
        install(lab.root)
        lab.environment |= environment(address)
        session: Any = boto3.session.Session("testing", "testing", region_name="us-east-1")
        s3 = session.client("s3", endpoint_url=address)
        s3.create_bucket(Bucket=OLD)
        blocked = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=OLD, PublicAccessBlockConfiguration=blocked)
        s3.put_bucket_versioning(Bucket=OLD, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=OLD, Key="plate/1.tif", Body=bytes(5000))

        words = ("--project", "screens", "--owner", "mira", "--sensitivity", "open")
        code, said = slidebox(lab, "adopt", "amazon", "--bucket", f"{OLD}=raw_images", *words)
        assert code == 0, said["refused"]
        assert "protection/raw_versions_kept" not in {one["rule"] for one in said["waived"]}
        lab.init("screens")
        first = lab.up("screens")
        assert first.code == 0, first.said
        there = {r["type"]: r["id"] for r in lab.state("screens") if r["type"].startswith("aws:")}
        assert there["aws:s3/bucket:Bucket"] == OLD
        assert "aws:s3/bucketVersioning:BucketVersioning" in there
        again = lab.up("screens", "--expect-no-changes")
        assert again.code == 0, again.said
        gone = lab.run("destroy", "--stack", "screens", "--yes")
        assert gone.code == 0, gone.said
        assert s3.get_public_access_block(Bucket=OLD)["PublicAccessBlockConfiguration"] == blocked
        assert s3.get_bucket_versioning(Bucket=OLD)["Status"] == "Enabled"
        assert [item["Key"] for item in s3.list_objects_v2(Bucket=OLD)["Contents"]] == ["plate/1.tif"]
