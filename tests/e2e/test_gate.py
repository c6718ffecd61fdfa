"""Collected bucket policies through the real preview: in slidebox's buckets and in those of pulumi-aws."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from slidebox.policy import Rules
from slidebox.preview import facts_of, read

from .conftest import LabFactory, SmallLab, project

pytestmark = pytest.mark.e2e

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CASES = REPOSITORY.parent / "shared" / "fixtures" / "bucket_policies.json"
RULE = "sharing/identifiable_never_public"
LEVELS = ("raw_images", "corrected_images", "segmentation_masks", "single_cell_images", "metadata", "pipelines")
TERMS = ("short", "mid", "long")
TODAY = dt.date(2026, 11, 24)

CLOUD = """
  amazon: {system: cloud, kind: s3, endpoint: "https://s3.us-east-1.amazonaws.com", data_use_agreement: true}
"""

OURS = """
import json
from pathlib import Path

from slidebox import facts, labfile
from slidebox.components import Bucket, BucketArgs
from slidebox.provider.stores import StoreRef
from slidebox.systems import load_systems

root = labfile.find_root(Path.cwd())
lab = labfile.load(root)
systems = load_systems(lab.file.playbook)
for case in json.loads((root / "cases.json").read_text()):
    dataset = case["location"].partition("@")[0]
    args = BucketArgs(
        location=case["location"] + "@bench-s3",
        store=StoreRef.declared(lab.file, root, "bench-s3").document,
        bucket=case["bucket"],
        policy=case["policy"],
        tags=facts.tags(lab, dataset),
        facts=facts.fragment(lab, systems, dataset),
    )
    Bucket(case["name"], args)
"""

AMAZONS = """
import json
from pathlib import Path

import pulumi

from slidebox import facts, labfile
from slidebox.components import Declaration
from slidebox.systems import load_systems

root = labfile.find_root(Path.cwd())
lab = labfile.load(root)
systems = load_systems(lab.file.playbook)
cases = json.loads((root / "cases.json").read_text())
for dataset in sorted({case["location"].partition("@")[0] for case in cases}):
    Declaration(dataset, facts.fragment(lab, systems, dataset))
for case in cases:
    tags = {**facts.tags(lab, case["location"].partition("@")[0]), "slidebox:location": case["location"] + "@amazon"}
    name = case["bucket"] if case["named"] else None
    bucket = pulumi.CustomResource("aws:s3/bucket:Bucket", case["name"], {"bucket": name, "tags": tags})
    policy = {"bucket": bucket.id, "policy": json.dumps(case["policy"])}
    pulumi.CustomResource("aws:s3/bucketPolicy:BucketPolicy", case["name"], policy)
"""


def cases() -> list[dict[str, Any]]:
    """The collected policies, each for a bucket and a location of its own."""
    collected = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    places = [f"secret/{level}@{term}" for term in TERMS for level in LEVELS]
    found = []
    for number, (case, place) in enumerate(zip(collected, places, strict=False)):
        name = f"bkt-{number:02d}"
        text = json.dumps(case["policy"]).replace("arn:aws:s3:::bkt", f"arn:aws:s3:::{name}")
        found.append({**case, "bucket": name, "location": place, "policy": json.loads(text), "named": True})
    assert len(found) == 16
    return found


@pytest.fixture(scope="module")
def secret(make_lab: LabFactory) -> SmallLab:
    """A lab with identifiable data of every level, its gateway, and a plugin that stands in for pulumi-aws."""
    if not CASES.is_file():
        pytest.skip(f"{CASES} is not here")
    secrets = project("secret", dict.fromkeys(LEVELS, "sensitivity: identifiable, patient_derived: true"))
    lab = make_lab({"projects/secret.yaml": secrets, "cases.json": json.dumps(cases())})
    lab.write({"lab.yaml": (lab.root / "lab.yaml").read_text().replace("\nplaybook:", f"{CLOUD}playbook:")})
    launcher = lab.root / "aws" / "pulumi-resource-aws"
    lab.write({"aws/pulumi-resource-aws": f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "aws_standin.py"}" "$@"\n'})
    launcher.chmod(0o755)
    settings = (lab.root / "Pulumi.yaml").read_text()
    named = f"  providers:\n    - name: aws\n      path: {launcher.parent}\n"
    lab.write({"Pulumi.yaml": settings.replace("  providers:\n", named)})
    lab.init("secret")
    return lab


def program(lab: SmallLab, text: str) -> None:
    """Give the lab another program."""
    shutil.rmtree(lab.root / "infra", ignore_errors=True)
    lab.write({"infra/__main__.py": text})


def public_in(said: str, store: str) -> set[str]:
    """The locations that the rule refuses, from what the engine prints."""
    return set(re.findall(rf"(secret/\w+@\w+)@{store}: anyone can read identifiable data", said))


def expected() -> set[str]:
    """Where the collected policies are public."""
    return {case["location"] for case in cases() if case["public"]}


def test_the_preview_refuses_exactly_the_public_ones(secret: SmallLab) -> None:
    """Sixteen of slidebox's buckets in one stack; nothing is made."""
    program(secret, OURS)
    ran = secret.run("preview", "--stack", "secret", "--policy-pack", "policies")

    assert ran.code != 0
    assert public_in(ran.said, "bench-s3") == expected(), ran.said
    assert secret.buckets() == []


def test_the_preview_refuses_exactly_the_public_ones_of_pulumi_aws(secret: SmallLab) -> None:
    """Each policy is a resource of its own, and what the data are is on a component."""
    program(secret, AMAZONS)
    ran = secret.run("preview", "--stack", "secret", "--policy-pack", "policies")

    assert ran.code != 0
    assert public_in(ran.said, "amazon") == expected(), ran.said


@pytest.mark.parametrize(("text", "store"), [(OURS, "bench-s3"), (AMAZONS, "amazon")])
def test_a_saved_preview_is_refused_for_exactly_the_public_ones(secret: SmallLab, text: str, store: str) -> None:
    """The same answers from a file, without the engine."""
    program(secret, text)
    ran = secret.run("preview", "--stack", "secret", "--json", "--show-sames")
    assert ran.code == 0
    secret.write({"preview.json": ran.said})
    facts = facts_of(read(secret.root / "preview.json"), TODAY).facts
    schema = json.loads((REPOSITORY / "schemas" / "facts.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(facts)
    with Rules() as rules:
        refused = {f.subject for f in rules.ask(facts) if f.rule == RULE and "anyone can read" in f.message}

    assert refused == {f"{place}@{store}" for place in expected()}


def test_a_bucket_that_the_provider_names_is_joined_by_its_resource(secret: SmallLab) -> None:
    """Its name is not known in a preview, and neither is that of its policy's bucket."""
    program(secret, AMAZONS)
    unnamed = [{**case, "named": False} for case in cases()]
    secret.write({"cases.json": json.dumps(unnamed)})
    ran = secret.run("preview", "--stack", "secret", "--policy-pack", "policies")
    secret.write({"cases.json": json.dumps(cases())})

    # A Deny cannot be counted on, as nothing says whether it is about the same bucket.
    denied = {case["location"] for case in cases() if case["name"] == "deny_all_else"}
    assert public_in(ran.said, "amazon") == expected() | denied, ran.said


def test_an_exported_stack_says_the_same(secret: SmallLab) -> None:
    """What is there already, as the state remembers it."""
    program(secret, AMAZONS)
    up = secret.run("up", "--stack", "secret", "--yes", "--skip-preview")
    assert up.code == 0, up.said
    secret.write({"state.json": secret.run("stack", "export", "--stack", "secret").said})
    half = secret.run("preview", "--stack", "secret", "--json")
    secret.write({"half.json": half.said})
    try:
        facts = facts_of(read(secret.root / "state.json"), TODAY).facts
        with pytest.raises(Exception, match="--show-sames"):
            read(secret.root / "half.json")
    finally:
        assert secret.run("destroy", "--stack", "secret", "--yes").code == 0
    public = {
        key for key, place in facts["locations"].items() if any(r["principal"] == "anyone" for r in place["readers"])
    }

    assert public == {f"{place}@amazon" for place in expected()}
