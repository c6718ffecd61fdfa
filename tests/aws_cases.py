"""Datasets of many kinds at AWS, and everything that is registered for each.

``tests/golden/aws/`` has it case by case, to be read by people. After a change that is meant::

    SLIDEBOX_GOLDEN=write python -m pytest -n 0 tests/test_components_aws.py

writes the files again; the change is then seen in them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml

from slidebox import labfile
from slidebox.clouds import CloudBucket, cloud_bucket
from slidebox.components import provision_lab
from slidebox.components.aws import location
from slidebox.facts import FactBook, tags
from slidebox.model import Candidate, Gate, Lab, Level, Term
from slidebox.policy import Rules
from slidebox.preview import Seen
from slidebox.systems import load_systems

from .test_components import Recorder, registered

GOLDEN = Path(__file__).resolve().parent / "golden" / "aws"
TODAY = dt.date(2026, 11, 24)
ACCOUNT = "123456789012"

LAB = f"""
lab: way
title: A lab with an account at AWS
region: us-west-2
retention: 3 years
auditors: [petra]
people:
  mira: {{name: Mira, email: mira@way.example, identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/mira"}}}}
  jun: {{name: Jun, identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/jun"}}}}
  ines: {{name: Ines, identities: {{amazon: "saml:arn:aws:iam::{ACCOUNT}:saml-provider/campus#ines@way.example"}}}}
  petra: {{name: Petra, identities: {{amazon: "arn:aws:iam::{ACCOUNT}:role/people/petra"}}}}
  sanne:
    name: Sanne
    organisation: Saguaro Biosciences
    identities: {{amazon: "arn:aws:iam::210987654321:role/sanne"}}
teams:
  imaging: {{members: [mira, jun]}}
services:
  pipeline: {{owner: jun, identities: {{amazon: "github:way-lab/nf1@main"}}}}
stores:
  amazon:
    {{system: cloud, kind: aws, account: "{ACCOUNT}", region: us-west-2, data_use_agreement: true}}
  campus:
    {{system: local_cluster, encrypted: true, site: campus, data_use_agreement: true, region: us-west-2}}
  safe: {{system: external_drive, encrypted: true, capacity: 18 TB, site: vault}}
agreements:
  saguaro:
    {{party: Saguaro Biosciences, kind: collaboration, purpose: joint analysis, ends: 2027-12-31}}
"""
PROJECT = """
project: nf1
title: NF1
owner: mira
activity: {activity}
audience: {audience}
budget: {{monthly: 120, alerts: [50, 90], notify: [mira]}}
datasets:
  {level}: {{size: 2 TB, files: 40000, sensitivity: {sensitivity}, created: 2026-01-15{more}}}
"""
Registered = Mapping[tuple[str, str], dict[str, Any]]
"""Inputs of resources, by type and name."""

_NAMED = "{contributor: [jun], reader: [ines], steward: [mira]}"
_STEP = (
    ", parents: [raw_images], step: {repository: 'https://github.com/way-lab/nf1', commit: 4f0c9d2a71be, "
    "parameters: {threshold: 0.5}, date: 2026-04-14}"
)
_ACTIVITY = {Term.SHORT: "active", Term.MID: "resting", Term.LONG: "finished"}


@dataclass(frozen=True)
class Case:
    """A dataset in a term."""

    term: Term = Term.SHORT
    sensitivity: str = "open"
    level: Level = Level.RAW_IMAGES
    audience: str = _NAMED
    more: str = ""

    @property
    def candidate(self) -> Candidate:
        """Where it lies."""
        return Candidate(f"nf1/{self.level}", self.term, "amazon")

    @property
    def copies(self) -> list[Candidate]:
        """Every placement: what is raw and at rest is kept twice more, by hand."""
        elsewhere = () if self.term is Term.SHORT else ("campus", "safe")
        return [self.candidate, *(Candidate(self.candidate.dataset, self.term, store) for store in elsewhere)]

    def lab(self, folder: Path) -> Lab:
        """The lab that declares it."""
        (folder / "projects").mkdir(parents=True)
        (folder / "lab.yaml").write_text(LAB, encoding="utf-8")
        project = PROJECT.format(
            activity=_ACTIVITY[self.term],
            audience=self.audience,
            level=self.level,
            sensitivity=self.sensitivity,
            more=self.more,
        )
        if self.level is not Level.RAW_IMAGES:
            project += "  raw_images: {size: 2 TB, files: 40000, sensitivity: open, created: 2026-01-15}\n"
        (folder / "projects" / "nf1.yaml").write_text(project, encoding="utf-8")
        return labfile.load(folder)


_MASKS = Level.SEGMENTATION_MASKS
CASES: Mapping[str, Case] = {
    "raw-open-short": Case(),
    "raw-open-long": Case(Term.LONG),
    "raw-confidential-mid": Case(Term.MID, "confidential"),
    "raw-coded-short": Case(sensitivity="coded"),
    "raw-coded-mid": Case(Term.MID, "coded"),
    "raw-identifiable-short": Case(sensitivity="identifiable", more=", patient_derived: true"),
    "raw-identifiable-long": Case(Term.LONG, "identifiable", more=", patient_derived: true"),
    "masks-open-short": Case(level=_MASKS, more=_STEP),
    "masks-coded-mid": Case(Term.MID, "coded", _MASKS, more=_STEP),
    "public": Case(Term.LONG, more=", licence: CC0-1.0, public_from: long"),
    "collaborator": Case(
        sensitivity="confidential",
        audience="{contributor: [jun], reader: [sanne], steward: [mira]}",
        more=", origin: industry, agreement: saguaro",
    ),
    "team-and-workflow": Case(audience="{contributor: [imaging, pipeline], steward: [mira]}"),
    "scratch": Case(level=_MASKS, more=_STEP + ", keep: scratch, expire_after: 45 days"),
    "hold": Case(Term.MID, more=", hold: audit of grant R01-778"),
}
COPIED = Case(Term.MID, "coded")
"""A dataset that is kept twice in one account, in two regions."""
NAMES = (*CASES, "copies", "lab")
"""Everything that is registered, by what its file is called."""


def bucket_of(case: Case, lab: Lab, opa: Path) -> CloudBucket:
    """What it needs, by the real rules."""
    book = FactBook(lab, load_systems())
    dataset = case.candidate.dataset
    with Rules(opa=opa) as rules:
        explained = rules.explain(book.document([case.candidate], gate=Gate.PLAN, now=TODAY))[dataset]
    return cloud_bucket(lab, case.candidate, explained, book.lifecycle(case.candidate), tags(lab, dataset))


def two_regions(lab: Lab) -> Lab:
    """A lab with a second store in its account, where everybody is who they are at the first."""
    file = lab.file
    west = file.stores["amazon"].model_copy(update={"region": "us-east-2", "failure_domain": "ohio"})
    people = {
        name: one.model_copy(update={"identities": {**one.identities, "east": one.identities["amazon"]}})
        for name, one in file.people.items()
    }
    changed = file.model_copy(update={"stores": {**file.stores, "east": west}, "people": people})
    return lab.model_copy(update={"file": changed})


def copies_of(case: Case, lab: Lab, opa: Path) -> list[tuple[CloudBucket, dict[str, Any]]]:
    """The buckets of a dataset at both stores of a lab with two, and what is declared of each."""
    placed = [case.candidate, Candidate(case.candidate.dataset, case.term, "east")]
    book = FactBook(lab, load_systems())
    dataset = case.candidate.dataset
    with Rules(opa=opa) as rules:
        explained = rules.explain(book.document(placed, gate=Gate.PLAN, now=TODAY))[dataset]
    facts = book.fragment(dataset, placed)
    return [
        (cloud_bucket(lab, one, explained, book.lifecycle(one), tags(lab, dataset), placed), facts) for one in placed
    ]


def made_for_copies(lab: Lab, listed: list[tuple[CloudBucket, dict[str, Any]]]) -> Registered:
    """What is registered for the buckets of one dataset."""

    def program() -> None:
        for bucket, facts in listed:
            location(f"data@{bucket.store}", bucket, lab.file.stores[bucket.store], facts)

    return made(program)


def declared_of(case: Case, lab: Lab) -> dict[str, Any]:
    """What is declared of it."""
    return FactBook(lab, load_systems()).fragment(case.candidate.dataset, case.copies)


def everything_in(folder: Path, opa: Path) -> dict[str, tuple[Lab, Registered]]:
    """What is registered in each case, and for the lab itself."""
    found = {}
    for name, case in CASES.items():
        lab = case.lab(folder / name)
        found[name] = lab, made_for(bucket_of(case, lab, opa), lab, declared_of(case, lab))
    twice = two_regions(COPIED.lab(folder / "copies"))
    found["copies"] = twice, made_for_copies(twice, copies_of(COPIED, twice, opa))
    lab = CASES["team-and-workflow"].lab(folder / "lab")
    found["lab"] = lab, made(lambda: provision_lab(lab))
    return found


class Amazon(Recorder):
    """Gives back what the service would choose."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Write a resource down."""
        self.registered[args.typ, args.name] = args.inputs
        chosen = {"arn": f"arn:aws:{args.typ}::{args.name}", "keyId": args.name}
        return f"{args.name}-id", {**chosen, **args.inputs}


def made(program: Callable[[], object]) -> Registered:
    """What a program registers, by type and name, with whole numbers as such."""
    return {key: _whole(inputs) for key, inputs in registered(program, Amazon()).items()}


def made_for(bucket: CloudBucket, lab: Lab, facts: Mapping[str, Any] | None = None) -> Registered:
    """What is registered for a bucket."""
    return made(lambda: location("data", bucket, lab.file.stores["amazon"], facts or {}))


def readable(found: Registered) -> str:
    """What is registered as a text for people: policies as documents, without what is declared of the data."""
    shown = {
        f"{kind} {name}": {prop: _opened(prop, value) for prop, value in inputs.items() if prop != "facts"}
        for (kind, name), inputs in found.items()
        if not kind.startswith("pulumi:")
    }
    return str(yaml.safe_dump(shown, sort_keys=True, width=118))


def seen(found: Registered) -> list[Seen]:
    """What is registered, as the engine shows it at a preview."""
    return [
        Seen(f"urn:pulumi:nf1::slidebox::{kind}::{name}", kind, inputs, {}, "amazon")
        for (kind, name), inputs in found.items()
    ]


def policies(found: Registered) -> list[tuple[str, dict[str, Any]]]:
    """Every policy that is registered, with the resource that has it."""
    return [
        (f"{kind} {name}", json.loads(inputs[prop]))
        for (kind, name), inputs in found.items()
        for prop in ("policy", "assumeRolePolicy")
        if prop in inputs
    ]


def _opened(prop: str, value: Any) -> Any:
    return json.loads(value) if prop in ("policy", "assumeRolePolicy") else value


def _whole(value: Any) -> Any:
    """The engine's numbers are floats; it shows whole ones as such."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
