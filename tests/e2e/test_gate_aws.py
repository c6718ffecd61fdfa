"""The real engine previews stacks with a store at AWS, and the rules judge what they would make; nothing is called."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.aws_cases import LAB, PROJECT

from .conftest import LabFactory, Ran, SmallLab

pytestmark = pytest.mark.e2e

HERE = Path(__file__).resolve().parent
PREFERENCES = """
playbook:
  preferences:
    raw_images: {short: [cloud], mid: &rest [cloud, local_cluster, external_drive], long: *rest}
"""
NAMED = "{contributor: [jun], reader: [ines], steward: [mira]}"

OPENING = """
import json
import pulumi_aws as aws

bucket = "way-nf1-raw-images-amazon"
trust = {"Effect": "Allow", "Principal": PRINCIPAL, "Action": "sts:AssumeRole"}
allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
role = aws.iam.Role("open", name="open", assume_role_policy=json.dumps({"Statement": [trust]}))
aws.iam.RolePolicy("open", role=role.name, policy=json.dumps({"Statement": [allow]}))
"""


def project(**given: str) -> str:
    """The project's file."""
    words = {"activity": "active", "audience": NAMED, "level": "raw_images", "sensitivity": "open", "more": ""}
    return PROJECT.format(**(words | given))


@pytest.fixture(scope="module")
def amazon(make_lab: LabFactory) -> SmallLab:
    """A lab with an account at AWS, and a plugin that accepts everything in place of pulumi-aws's."""
    lab = make_lab({"lab.yaml": LAB + PREFERENCES, "projects/nf1.yaml": project()})
    launcher = lab.root / "aws" / "pulumi-resource-aws"
    settings = (lab.root / "Pulumi.yaml").read_text(encoding="utf-8")
    named = f"  providers:\n    - name: aws\n      path: {launcher.parent}\n"
    lab.write(
        {
            "aws/pulumi-resource-aws": f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "aws_standin.py"}" "$@"\n',
            "Pulumi.yaml": settings.replace("  providers:\n", named),
        }
    )
    launcher.chmod(0o755)
    lab.init("nf1")
    lab.init("lab")
    return lab


def preview(lab: SmallLab, stack: str, *more: str) -> Ran:
    """Preview a stack under the lab's rules."""
    return lab.run("preview", "--stack", stack, "--policy-pack", "policies", *more)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"sensitivity": "coded", "activity": "resting"},
        {"sensitivity": "identifiable", "more": ", patient_derived: true"},
        {"activity": "finished", "more": ", licence: CC0-1.0, public_from: long"},
        {"audience": "{contributor: [imaging, pipeline], steward: [mira]}"},
        {"sensitivity": "confidential", "audience": "{contributor: [jun], reader: [sanne], steward: [mira]}",
         "more": ", origin: industry, agreement: saguaro"},
    ],
)  # fmt: skip
def test_what_follows_from_a_declaration_is_not_refused(amazon: SmallLab, given: dict[str, str]) -> None:
    """Everything that the engine knows before it is made is enough for the rules to know who gets in."""
    amazon.write({"projects/nf1.yaml": project(**given)})
    ran = preview(amazon, "nf1")

    assert ran.code == 0, ran.said
    assert "aws:s3:Bucket raw_images@amazon create" in " ".join(ran.said.split())
    assert "mandatory" not in ran.said


def test_the_lab_s_own_stack_is_not_refused(amazon: SmallLab) -> None:
    """The audit bucket holds no data of any dataset, and is closed."""
    ran = preview(amazon, "lab")

    assert ran.code == 0, ran.said
    assert "aws:cloudtrail:Trail" in ran.said
    assert "mandatory" not in ran.said


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        ('"*"', "anyone can read"),
        ('{"AWS": "arn:aws:iam::666666666666:role/stranger"}', "role/stranger can read"),
        ('{"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}', "not known"),
    ],
)
def test_a_role_beside_what_is_declared_is_refused(amazon: SmallLab, principal: str, said: str) -> None:
    """One that everybody, a stranger, or any workflow of GitHub may take on."""
    amazon.write({"projects/nf1.yaml": project(sensitivity="coded")})
    program = (amazon.root / "infra" / "__main__.py").read_text(encoding="utf-8")
    amazon.write({"infra/__main__.py": program + OPENING.replace("PRINCIPAL", principal)})
    try:
        ran = preview(amazon, "nf1")
    finally:
        amazon.write({"infra/__main__.py": program})

    assert ran.code != 0
    assert said in ran.said, ran.said
