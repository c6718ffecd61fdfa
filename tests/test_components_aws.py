"""What is registered at AWS for datasets of many kinds, what it opens, and what the rules say of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from slidebox.access.declared import ROLE_ACTIONS
from slidebox.access.s3 import bucket_readers, user_readers
from slidebox.components.clouds import cloud_provider
from slidebox.errors import InputError
from slidebox.model import Lab, Role, Store, StoreKind, System

from .aws_cases import CASES, GOLDEN, NAMES, Registered, everything_in, readable

Everything = Mapping[str, tuple[Lab, Registered]]


@pytest.fixture(scope="module")
def everything(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """What is registered in each case."""
    return everything_in(tmp_path_factory.mktemp("labs"), opa)


def golden(name: str, text: str) -> None:
    """Hold a text against its file, or write the file."""
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("SLIDEBOX_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "see tests/aws_cases.py for how the files are written again"


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_registered_is_as_people_have_read_it(everything: Everything, name: str) -> None:
    """Every input of every resource, in a file of its own."""
    golden(name, readable(everything[name][1]))


def test_every_file_belongs_to_a_case() -> None:
    """None is left over from a case that is gone."""
    assert {path.stem for path in GOLDEN.glob("*.yaml")} == {*NAMES}


@pytest.mark.parametrize("name", CASES)
def test_each_role_may_do_what_it_is_for_and_its_bucket_opens_to_nobody_else(everything: Everything, name: str) -> None:
    """Read back by the code that tells who can read."""
    found = everything[name][1]
    (bucket,) = (inputs["bucket"] for (kind, _), inputs in found.items() if kind == "aws:s3/bucket:Bucket")
    for (kind, called), inputs in found.items():
        if kind == "aws:iam/rolePolicy:RolePolicy":
            role = next(role for role in Role if f"-{role}" in called)
            here, other = user_readers(inputs["policy"], "who", [bucket, f"{bucket}-other"]).values()
            assert {action for reader in here for action in reader.actions} == set(ROLE_ACTIONS[role])
            assert other == ()
        if kind == "aws:s3/bucketPolicy:BucketPolicy":
            readers = [(reader.principal, reader.actions) for reader in bucket_readers(inputs["policy"], bucket)]
            assert readers == ([("anyone", ("read",))] if name == "public" else [])


def test_nobody_but_auditors_reads_the_audit_bucket_and_nobody_deletes(
    everything: Everything,
) -> None:
    """The services of AWS only write, and only for this account."""
    found = everything["lab"][1]
    (policy,) = (json.loads(inputs["policy"]) for (kind, _), inputs in found.items() if kind.endswith(":BucketPolicy"))
    readers = {(r.principal, r.actions) for r in bucket_readers(policy, "way-lab-audit-amazon")}
    denied = {said["Sid"]: said for said in policy["Statement"] if said["Effect"] == "Deny"}

    assert readers == {
        ("account:service logging.s3.amazonaws.com", ("write",)),
        ("account:service s3.amazonaws.com", ("write",)),
        ("account:service cloudtrail.amazonaws.com", ("write",)),
        ("account:service storage-lens.s3.amazonaws.com", ("write",)),
        ("account:service bcm-data-exports.amazonaws.com", ("write",)),
    }
    assert denied["NobodyDeletes"]["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert "Condition" not in denied["NobodyDeletes"]
    assert denied["OnlyAuditorsRead"]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/way-lab-audit-amazon-auditor"}
    }


def test_a_lab_at_aws_is_not_made_where_the_engine_would_forget_what_it_has_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An engine that is killed and has written no step leaves buckets that pulumi-aws cannot make a second time."""
    store = Store(system=System.CLOUD, kind=StoreKind.AWS, account="111122223333", region="us-east-1")
    monkeypatch.setenv("PULUMI_SKIP_CHECKPOINTS", "true")
    with pytest.raises(InputError, match=r"PULUMI_SKIP_CHECKPOINTS is set.*unsets it for a lab with a store at AWS"):
        cloud_provider("aws", store)
