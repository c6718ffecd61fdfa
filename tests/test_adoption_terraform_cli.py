"""`slidebox adopt --terraform`: what was made by Terraform is declared as it is, and no secret leaves the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slidebox import labfile
from slidebox.cli import slidebox

from .test_adoption_terraform import FOLDER, PROJECT

pytestmark = pytest.mark.usefixtures("engines")

LAB = f"""\
lab: way
title: A lab that used Terraform
people:
  mira: {{name: Mira}}
stores:
  gcs: {{system: cloud, kind: gcs, account: {PROJECT}, region: us-central1}}
  aws: {{system: cloud, kind: aws, account: "123456789012", region: us-east-1}}
  azure: {{system: cloud, kind: azure, account: waylabdata, resource_group: microscopy, region: westeurope,
    subscription: 00000000-0000-0000-0000-00000000d47a}}
"""
PILOT = """\
project: pilot
title: The first try
owner: mira
audience: {steward: [mira]}
datasets:
  metadata: {size: 1 MB, files: 1, sensitivity: open}
"""
SAID = ("--project", "old", "--owner", "mira", "--sensitivity", "open", "--size", "40GB", "--files", "12000")
SECRETS = ("SECRET", "FAKE KEY", "AKIA", "AccountKey", "SECRET-AZURE")
PLACES = {
    "gcs-template.tfstate": "waylab-em-morphology-tokyo-bucket",
    "gcs-shown.json": "waylab-screen",
    "aws-split.tfstate": "waylab-screen-raw",
    "aws-inline.tfstate": "waylab-screen-raw",
    "azure-account.tfstate": "retina-raw",
}


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab with a store in each cloud."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB, encoding="utf-8")
    (tmp_path / "projects" / "pilot.yaml").write_text(PILOT, encoding="utf-8")
    return tmp_path


def run(lab: Path, name: str, *words: str) -> Result:
    """Run the verb on a fixture."""
    words = ("adopt", name.partition("-")[0], "--terraform", str(FOLDER / name), *words)
    return CliRunner(env={"COLUMNS": "200"}).invoke(slidebox, ["--lab", str(lab), *words], standalone_mode=False)


@pytest.mark.parametrize("name", sorted(PLACES))
def test_what_terraform_made_is_declared_without_any_secret(lab: Path, name: str) -> None:
    """The record has each thing and whose keys there are; neither it nor what is shown has a key."""
    listed = run(lab, name)
    assert PLACES[name] in listed.stdout
    result = run(lab, name, "--bucket", f"{PLACES[name]}=raw_images", *SAID)
    assert result.exception is None, result.exception
    (place,) = labfile.load_record(lab, "old").places
    assert place.resources[0].inputs
    assert any("state rm" in note for note in place.notes)
    loaded = labfile.load(lab).projects["old"]
    assert [one.name for dataset in loaded.datasets.values() for one in dataset.adopted.values()] == [PLACES[name]]
    written = [path.read_text(encoding="utf-8") for path in lab.rglob("*.yaml")]
    shown = [listed.stdout, listed.stderr, result.stdout, result.stderr]
    assert [secret for secret in SECRETS for text in [*written, *shown] if secret in text] == []


def test_a_key_is_judged_and_a_way_out_is_shown(lab: Path) -> None:
    """The common case: a service account whose key Terraform wrote into a file."""
    result = run(lab, "gcs-template.tfstate", "--bucket", f"{PLACES['gcs-template.tfstate']}=raw_images", *SAID)
    shown = " ".join(result.stdout.split())
    assert "holds a key that does not end, made on 2024-03-18, in the Terraform state and ../utilities/" in shown
    assert "workload-identity-pools create" in result.stdout
    assert "access/no_long_lived_keys" in {waiver.rule for waiver in labfile.load(lab).projects["old"].waivers}
    assert labfile.load_record(lab, "old").places[0].keys == (
        f"serviceAccount:waylab-em-tokyo-svc-acct@{PROJECT}.iam.gserviceaccount.com",
    )


def test_what_nobody_knows_yet_is_said_and_set_aside_by_name(lab: Path) -> None:
    """A member who is known only after the plan is a reader whom nobody knows."""
    result = run(lab, "gcs-plan.json", "--bucket", "waylab-alsf-nucs=raw_images", *SAID)
    assert "known only once Terraform has applied its plan" in " ".join(result.stdout.split())
    waived = {waiver.rule for waiver in labfile.load(lab).projects["old"].waivers}
    assert "access/writers_are_contributors" in waived
