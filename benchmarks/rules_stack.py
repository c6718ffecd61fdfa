"""A large stack to check: AWS buckets with the five resources that belong to each, as previews of two tools.

``stack(1000)`` is what ``pulumi preview --json`` says of about 6,000 resources made with pulumi-aws, with one
`slidebox:index:Declaration` a project; ``terraform(1000)`` is the same stack as ``terraform show -json`` says it
of a plan, for checkers that read only that. One bucket in `REFUSED_EVERY` lets everybody read data about
patients: every checker has something to find, and `refused` says where.

Run ``python benchmarks/rules_stack.py 1000 preview.json [tfplan.json]`` to write them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slidebox.facts import FactBook, tags
from slidebox.model import Candidate, Lab, Level, Term
from slidebox.systems import load_systems

REFUSED_EVERY = 50
STORE = "archive"

_LEVELS = tuple(Level)
_STACK = "bench"
_ROOT = f"urn:pulumi:{_STACK}::{_STACK}::pulumi:pulumi:Stack::{_STACK}-{_STACK}"
_PROVIDER = f"urn:pulumi:{_STACK}::{_STACK}::pulumi:providers:aws::default::04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_ACCOUNT = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
_SOURCE = "project:///__main__.py#17"
_TERRAFORM = {
    "bucket": "aws_s3_bucket",
    "bucketPolicy": "aws_s3_bucket_policy",
    "bucketPublicAccessBlock": "aws_s3_bucket_public_access_block",
    "bucketVersioning": "aws_s3_bucket_versioning",
    "bucketServerSideEncryptionConfiguration": "aws_s3_bucket_server_side_encryption_configuration",
    "bucketLifecycleConfiguration": "aws_s3_bucket_lifecycle_configuration",
}
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def generated_lab(buckets: int) -> Lab:
    """A lab whose datasets are as many as the buckets: projects of eight levels, all about patients."""
    count = -(-buckets // len(_LEVELS))
    people = {f"person-{n}": {"name": f"Person {n}"} for n in range(40)}
    file = {
        "lab": "bench-lab",
        "title": "A lab with many buckets",
        "people": people,
        "teams": {f"team-{n}": {"members": [f"person-{n * 4 + m}" for m in range(4)]} for n in range(10)},
        "stores": {
            STORE: {
                "system": "cloud",
                "kind": "s3",
                "endpoint": "https://s3.us-east-1.amazonaws.com",
                "data_use_agreement": True,
            }
        },
    }
    projects = {f"project-{n}": _project(n, min(len(_LEVELS), buckets - n * len(_LEVELS))) for n in range(count)}
    return Lab.model_validate({"file": file, "projects": projects})


def stack(buckets: int) -> dict[str, Any]:
    """What ``pulumi preview --json`` says of a stack of so many buckets, six resources each."""
    lab = generated_lab(buckets)
    steps = [_step("pulumi:pulumi:Stack", f"{_STACK}-{_STACK}", {}, parent=None)]
    for name, facts in _declarations(lab):
        steps.append(_step("slidebox:index:Declaration", name, {"facts": facts}))
    steps.append(_step(_ACCOUNT, "account", dict.fromkeys(_BLOCKS, True), provided=True))
    for number, dataset in enumerate(_datasets(lab)):
        for kind, properties in _resources(lab, number, dataset).items():
            token = f"aws:s3/{kind}:{kind[0].upper()}{kind[1:]}"
            above = [] if kind == "bucket" else [_urn("aws:s3/bucket:Bucket", _name(number))]
            steps.append(_step(token, _name(number), properties, provided=True, above=above))
    return {
        "config": {"aws:region": "us-east-1"},
        "steps": steps,
        "diagnostics": [],
        "duration": 12_000_000_000,
        "changeSummary": {"create": len(steps)},
    }


def terraform(buckets: int) -> dict[str, Any]:
    """The same stack as ``terraform show -json`` says it of a plan."""
    lab = generated_lab(buckets)
    account = {
        "address": "aws_s3_account_public_access_block.account",
        "mode": "managed",
        "type": "aws_s3_account_public_access_block",
        "name": "account",
    }
    blocks = {_snake(name): True for name in _BLOCKS}
    planned: list[dict[str, Any]] = [{**account, "schema_version": 0, "values": blocks}]
    written: list[dict[str, Any]] = [{**account, "provider_config_key": "aws", "expressions": {}}]
    for number, dataset in enumerate(_datasets(lab)):
        for kind, properties in _resources(lab, number, dataset).items():
            about = {
                "address": f"{_TERRAFORM[kind]}.{_name(number)}",
                "mode": "managed",
                "type": _TERRAFORM[kind],
                "name": _name(number),
            }
            planned.append({**about, **_in_terraform(kind, properties)})
            expressions = {} if kind == "bucket" else {"bucket": {"references": [f"aws_s3_bucket.{_name(number)}.id"]}}
            written.append({**about, "provider_config_key": "aws", "expressions": expressions})
    named = "registry.terraform.io/hashicorp/aws"
    return {
        "format_version": "1.2",
        "terraform_version": "1.12.6",
        "planned_values": {"root_module": {"resources": [{**r, "provider_name": named} for r in planned]}},
        "resource_changes": [_change(resource, named) for resource in planned],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": named}},
            "root_module": {"resources": written},
        },
    }


def refused(buckets: int) -> list[str]:
    """The locations that everybody can read, by their ids."""
    lab = generated_lab(buckets)
    return [f"{dataset}@short@{STORE}" for number, dataset in enumerate(_datasets(lab)) if _is_public(number)]


def _project(number: int, levels: int) -> dict[str, Any]:
    datasets: dict[str, Any] = {}
    for level in _LEVELS[:levels]:
        datasets[level] = {"size": "2 TB", "files": 4000, "sensitivity": "coded", "duo": ["DUO:0000042"]}
        if level not in (Level.RAW_IMAGES, Level.METADATA, Level.PIPELINES):
            datasets[level] |= {
                "parents": [Level.RAW_IMAGES],
                "step": {"repository": "https://x.org/pipeline", "commit": "abcdef1", "date": "2026-01-02"},
            }
    return {
        "project": f"project-{number}",
        "title": f"Project {number}",
        "owner": f"person-{number % 40}",
        "budget": {"monthly": 900, "alerts": [80, 100], "notify": [f"person-{number % 40}"]},
        "audience": {"contributor": [f"team-{number % 10}"], "steward": [f"person-{number % 40}"]},
        "datasets": datasets,
    }


def _datasets(lab: Lab) -> Iterable[str]:
    for project in lab.projects.values():
        for level in project.datasets:
            yield project.dataset_id(level)


def _declarations(lab: Lab) -> Iterable[tuple[str, dict[str, Any]]]:
    """What is declared, one fragment a project."""
    book = FactBook(lab, load_systems())
    for name, project in lab.projects.items():
        whole: dict[str, Any] = {}
        for level in project.datasets:
            dataset = project.dataset_id(level)
            said = book.fragment(dataset, [Candidate(dataset, Term.SHORT, STORE)])
            for key, value in said.items():
                whole[key] = {**whole.get(key, {}), **value} if isinstance(value, Mapping) else value
        yield name, whole


def _resources(lab: Lab, number: int, dataset: str) -> dict[str, dict[str, Any]]:
    """A bucket and what belongs to it, as pulumi-aws takes them."""
    bucket = f"bench-lab-{_name(number)}"
    arn = f"arn:aws:s3:::{bucket}"
    tls = {
        "Sid": "EncryptedTransportOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    reads = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    policy = {"Version": "2012-10-17", "Statement": [tls, *([reads] if _is_public(number) else [])]}
    key = f"arn:aws:kms:us-east-1:111122223333:key/{number:08d}-0000-4000-8000-000000000000"
    return {
        "bucket": {
            "bucket": bucket,
            "tags": {**tags(lab, dataset), "slidebox:location": f"{dataset}@short@{STORE}"},
            "logging": {"targetBucket": "bench-lab-logs", "targetPrefix": f"{_name(number)}/"},
        },
        "bucketPolicy": {"bucket": bucket, "policy": json.dumps(policy)},
        "bucketPublicAccessBlock": {"bucket": bucket, **dict.fromkeys(_BLOCKS, True)},
        "bucketVersioning": {"bucket": bucket, "versioningConfiguration": {"status": "Enabled"}},
        "bucketServerSideEncryptionConfiguration": {
            "bucket": bucket,
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}}],
        },
        "bucketLifecycleConfiguration": {
            "bucket": bucket,
            "rules": [
                {"id": "abort", "status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}},
                {"id": "old", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 90}},
            ],
        },
    }


def _is_public(number: int) -> bool:
    return number % REFUSED_EVERY == REFUSED_EVERY - 1


def _name(number: int) -> str:
    return f"data-{number:05d}"


def _urn(token: str, name: str) -> str:
    return f"urn:pulumi:{_STACK}::{_STACK}::{token}::{name}"


def _step(
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    *,
    parent: str | None = _ROOT,
    provided: bool = False,
    above: Iterable[str] = (),
) -> dict[str, Any]:
    """A step that makes one resource, with all that the engine says beside it."""
    urn = _urn(token, name)
    state: dict[str, Any] = {"urn": urn, "custom": provided, "type": token, "inputs": dict(inputs)}
    state |= {"parent": parent} if parent else {}
    if provided:
        comes_from = list(above)
        state |= {"provider": _PROVIDER, "dependencies": comes_from}
        state["propertyDependencies"] = {key: comes_from if key == "bucket" else [] for key in inputs}
    state |= {"sourcePosition": _SOURCE, "stackTrace": [{"sourcePosition": _SOURCE}] * 4}
    return {"op": "create", "urn": urn, "newState": state, "detailedDiff": None}


def _change(resource: Mapping[str, Any], named: str) -> dict[str, Any]:
    about = {key: resource[key] for key in ("address", "mode", "type", "name")}
    change = {"actions": ["create"], "before": None, "after": resource["values"], "after_unknown": {"id": True}}
    return {**about, "provider_name": named, "change": change}


def _in_terraform(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties as Terraform's provider spells them: snake case, and a list for every block."""
    blocks = {
        "versioningConfiguration",
        "applyServerSideEncryptionByDefault",
        "abortIncompleteMultipartUpload",
        "noncurrentVersionExpiration",
        "logging",
    }

    def spelt(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {_snake(k): [spelt(v)] if k in blocks else spelt(v) for k, v in value.items()}
        return [spelt(item) for item in value] if isinstance(value, list) else value

    values = {key: value if key == "tags" else spelt({key: value})[_snake(key)] for key, value in properties.items()}
    values = {_snake(key) if key != "rules" else "rule": value for key, value in values.items()}
    return {"schema_version": 0, "values": values if kind != "bucket" else {**values, "force_destroy": False}}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def main() -> None:
    """Write the stack of so many buckets, and for Terraform's readers if a second file is named."""
    buckets, *files = sys.argv[1:]
    for file, make in zip(files, (stack, terraform), strict=False):
        Path(file).write_text(json.dumps(make(int(buckets)), indent=4), encoding="utf-8")


if __name__ == "__main__":
    main()
