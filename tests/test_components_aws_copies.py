"""The second copy of a dataset in one account: S3 keeps it, in a role that does nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from slidebox.clouds import CloudBucket, Copy
from slidebox.components.aws import location
from slidebox.model import Lab, Term
from slidebox.policy import Rules
from slidebox.preview import Seen, facts_of

from .aws_cases import (
    ACCOUNT,
    CASES,
    COPIED,
    TODAY,
    Amazon,
    Case,
    Registered,
    bucket_of,
    copies_of,
    made_for_copies,
    seen,
    two_regions,
)
from .test_components import registered

ROLE = "way-nf1-raw-images-amazon-replication"
OTHER = "210987654321"
SECOND = "nf1/raw_images@mid@east"


def copies_in(folder: Path, opa: Path, case: Case = COPIED) -> tuple[Lab, list[tuple[CloudBucket, dict[str, Any]]]]:
    """A lab with two stores in one account, and the buckets of its dataset."""
    lab = two_regions(case.lab(folder))
    return lab, copies_of(case, lab, opa)


@pytest.fixture(scope="module")
def copied(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """What is registered for a dataset of coded images that is kept twice."""
    return made_for_copies(*copies_in(tmp_path_factory.mktemp("copies") / "lab", opa))


def replications(found: Registered) -> list[dict[str, Any]]:
    """The configurations by which buckets are copied."""
    return [inputs for (kind, _), inputs in found.items() if kind.endswith(":BucketReplicationConfig")]


def test_the_first_bucket_is_copied_into_the_second_and_deletions_are_not(copied: Registered) -> None:
    """Encrypted anew with the second's own key."""
    (said,) = replications(copied)
    (rule,) = said["rules"]

    assert said["bucket"] == "way-nf1-raw-images-amazon"
    assert said["role"].endswith(f":role/{ROLE}")
    assert rule["destination"]["bucket"] == "arn:aws:s3:::way-nf1-raw-images-east"
    assert "data@east" in rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"]
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["deleteMarkerReplication"] == {"status": "Disabled"}


def test_the_role_of_the_copies_neither_deletes_nor_writes_anywhere_else(copied: Registered) -> None:
    """S3 takes it on, and nobody else; each key lets it do its half."""
    trust = json.loads(copied["aws:iam/role:Role", ROLE]["assumeRolePolicy"])["Statement"]
    may = json.loads(copied["aws:iam/rolePolicy:RolePolicy", ROLE]["policy"])["Statement"]
    writing = [said for said in may if "s3:ReplicateObject" in said["Action"]]
    keys = {
        name: {action for said in json.loads(inputs["policy"])["Statement"] if ROLE in json.dumps(said["Principal"])
               for action in said["Action"]}
        for (kind, name), inputs in copied.items() if kind == "aws:kms/key:Key"
    }  # fmt: skip

    assert [said["Principal"] for said in trust] == [{"Service": "s3.amazonaws.com"}]
    assert not any("Delete" in action for said in may for action in said["Action"])
    assert [said["Resource"] for said in writing] == ["arn:aws:s3:::way-nf1-raw-images-east/*"]
    assert keys == {"data@amazon": {"kms:Decrypt"}, "data@east": {"kms:Encrypt", "kms:GenerateDataKey"}}


def test_open_images_are_copied_without_a_key(tmp_path: Path, opa: Path) -> None:
    """Nothing is said of keys where the service's own is used."""
    (said,) = replications(made_for_copies(*copies_in(tmp_path / "lab", opa, Case(Term.MID))))

    assert "sourceSelectionCriteria" not in said["rules"][0]
    assert "encryptionConfiguration" not in said["rules"][0]["destination"]


def test_two_copies_are_two_rules_of_one_configuration(tmp_path: Path, opa: Path) -> None:
    """S3 has one configuration for a bucket: it is made once the last copy is there."""
    lab, ((first, facts), (second, _)) = copies_in(tmp_path / "lab", opa)
    third = replace(second, store="east", name="way-nf1-raw-images-third")
    first = replace(first, copies_to=tuple(Copy(one.name, one.region, ACCOUNT) for one in (second, third)))
    (said,) = replications(made_for_copies(lab, [(first, facts), (second, facts), (third, facts)]))

    assert [(rule["priority"], rule["destination"]["bucket"][-5:]) for rule in said["rules"]] == [
        (1, "-east"),
        (2, "third"),
    ]


def test_what_is_kept_once_or_has_no_versions_is_not_copied(tmp_path: Path, opa: Path) -> None:
    """One placement has no role for it; scratch data keep no versions, so S3 could not copy them."""
    alone = bucket_of(COPIED, COPIED.lab(tmp_path / "once"), opa)
    _, scratch = copies_in(tmp_path / "scratch", opa, CASES["scratch"])

    assert (alone.copies_to, alone.copy_of) == ((), None)
    assert [(bucket.copies_to, bucket.copy_of) for bucket, _ in scratch] == [((), None)] * 2


def two_accounts(folder: Path, opa: Path) -> Registered:
    """What is registered for a dataset of coded images that is kept in two accounts."""
    lab = two_regions(COPIED.lab(folder))
    other = lab.file.stores["east"].model_copy(update={"account": OTHER})
    file = lab.file.model_copy(update={"stores": {**lab.file.stores, "east": other}})
    changed = lab.model_copy(update={"file": file})
    return made_for_copies(changed, copies_of(COPIED, changed, opa))


@pytest.fixture(scope="module")
def across(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """What is registered for a dataset that is kept in two accounts."""
    return two_accounts(tmp_path_factory.mktemp("across") / "lab", opa)


def test_between_accounts_both_let_s3_write_and_nothing_else(across: Registered) -> None:
    """The copy's bucket and its key name the role, and the role names them."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    bucket = json.loads(across["aws:s3/bucketPolicy:BucketPolicy", "data@east"]["policy"])["Statement"]
    (let_in,) = (said for said in bucket if said["Effect"] == "Allow")
    key = json.loads(across["aws:kms/key:Key", "data@east"]["policy"])["Statement"]
    may = json.loads(across["aws:iam/rolePolicy:RolePolicy", ROLE]["policy"])["Statement"]
    (use,) = (said for said in may if "kms:Encrypt" in said["Action"])

    assert let_in["Principal"] == {"AWS": arn}
    assert let_in["Action"] == ["s3:ReplicateObject", "s3:ReplicateTags"]
    assert [said["Action"] for said in key if said["Principal"] == {"AWS": arn}] == [
        ["kms:Encrypt", "kms:GenerateDataKey"]
    ]
    assert use["Resource"] == f"arn:aws:kms:us-east-2:{OTHER}:key/*"
    assert use["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/way-nf1-raw-images-east"}


class Ordered(Amazon):
    """Writes down in which order resources are made."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[tuple[str, str]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Write a resource down."""
        self.order.append((args.typ.rpartition(":")[2], args.name))
        return super().new_resource(args)


def test_copying_begins_when_both_buckets_keep_versions(tmp_path: Path, opa: Path) -> None:
    """And the role is there before any key names it."""
    lab, listed = copies_in(tmp_path / "lab", opa)
    mocks = Ordered()

    def program() -> None:
        for bucket, facts in listed:
            location(f"data@{bucket.store}", bucket, lab.file.stores[bucket.store], facts)

    registered(program, mocks)
    at = {what: number for number, what in enumerate(mocks.order)}

    last = at["BucketReplicationConfig", "data@amazon"]
    assert all(at[what] < last for what in at if what[0] in ("BucketVersioning", "Key") or what == ("RolePolicy", ROLE))
    assert all(at["Role", ROLE] < at["Key", name] for name in ("data@amazon", "data@east"))


# What the rules say


def refused(stack: list[Seen], opa: Path) -> set[str]:
    """The rules that refuse a stack."""
    with Rules(opa=opa) as rules:
        return {finding.rule for finding in rules.ask(facts_of(stack, TODAY).facts) if finding.refuses}


def changed(stack: list[Seen], kind: str, name: str, **properties: Any) -> list[Seen]:
    """A stack with some properties of one resource changed."""
    found = [
        replace(one, properties={**one.properties, **properties})
        if one.type.endswith(f":{kind}") and one.urn.endswith(f"::{name}")
        else one
        for one in stack
    ]
    assert found != stack
    return found


def test_s3_is_no_reader_of_what_it_copies(copied: Registered, opa: Path) -> None:
    """Both buckets have the same readers: those who are declared."""
    facts = facts_of(seen(copied), TODAY).facts
    readers = {name: {r["principal"] for r in place["readers"]} for name, place in facts["locations"].items()}

    assert readers["nf1/raw_images@mid@amazon"] == readers[SECOND] == {"person:jun", "person:ines", "person:mira"}
    assert refused(seen(copied), opa) == set()


def test_a_role_of_copies_in_which_more_can_be_done_is_somebody_who_reads(copied: Registered, opa: Path) -> None:
    """Only what certainly does nothing but copy is taken for it, and only where a replication names the role."""
    stack = seen(copied)
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    more = changed(stack, "RolePolicy", ROLE, policy=json.dumps(may))
    unnamed = [one for one in stack if not one.type.endswith(":BucketReplicationConfig")]
    somebody = json.loads(copied["aws:iam/role:Role", ROLE]["assumeRolePolicy"])
    somebody["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::666666666666:role/x", "Service": "s3.amazonaws.com"}

    assert "sharing/readers_within_audience" in refused(more, opa)
    assert "sharing/readers_within_audience" in refused(unnamed, opa)
    assert "sharing/readers_within_audience" in refused(
        changed(stack, "Role", ROLE, assumeRolePolicy=json.dumps(somebody)), opa
    )


def test_a_copy_that_goes_elsewhere_is_refused(copied: Registered, opa: Path) -> None:
    """Nothing says who reads there."""
    (said,) = replications(copied)
    rules = [{**said["rules"][0], "destination": {"bucket": "arn:aws:s3:::somewhere-else"}}]

    assert "sharing/readers_within_audience" in refused(
        changed(seen(copied), "BucketReplicationConfig", "data@amazon", rules=rules), opa
    )


# Between two accounts


def providers(stack: list[Seen]) -> list[Seen]:
    """A stack in which each resource is made by the provider of its own store, as the engine shows it."""

    def store(one: Seen) -> str:
        return "east" if "east" in one.urn.rpartition("::")[2] else "amazon"

    urns = {one.urn.rpartition("::")[2]: one.urn for one in stack if one.type == "pulumi:providers:aws"}
    return [replace(one, provider=urns[store(one)]) for one in stack]


def test_s3_is_nobody_in_the_other_account_where_the_role_is_certainly_its_own(across: Registered, opa: Path) -> None:
    """Both buckets have the readers that are declared, and nobody else."""
    stack = providers(seen(across))
    facts = facts_of(stack, TODAY).facts

    assert {r["principal"] for r in facts["locations"][SECOND]["readers"]} == {
        "person:jun",
        "person:ines",
        "person:mira",
    }
    assert refused(stack, opa) == set()


@pytest.mark.parametrize("otherwise", ["another account", "another provider", "somebody else", "more than writing"])
def test_a_role_that_may_be_another_s_is_somebody_who_writes(across: Registered, opa: Path, otherwise: str) -> None:
    """An ARN alone is no proof: the account is that of the provider, and S3 alone takes the role on."""
    stack = providers(seen(across))
    arn, stranger = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", f"arn:aws:iam::666666666666:role/{ROLE}"
    policy = str(across["aws:s3/bucketPolicy:BucketPolicy", "data@east"]["policy"])
    trust = str(across["aws:iam/role:Role", ROLE]["assumeRolePolicy"])
    if otherwise == "another account":
        stack = changed(stack, "BucketPolicy", "data@east", policy=policy.replace(arn, stranger))
        stack = changed(stack, "BucketReplicationConfig", "data@amazon", role=stranger)
    elif otherwise == "another provider":
        stack = [replace(one, provider="") if one.urn.endswith(f"Role::{ROLE}") else one for one in stack]
    elif otherwise == "somebody else":
        somebody = trust.replace('{"Service": "s3.amazonaws.com"}', '{"AWS": "arn:aws:iam::666666666666:root"}')
        stack = changed(stack, "Role", ROLE, assumeRolePolicy=somebody)
    else:
        more = policy.replace("s3:ReplicateTags", "s3:GetObject")
        stack = changed(stack, "BucketPolicy", "data@east", policy=more)

    assert "sharing/readers_within_audience" in refused(stack, opa)
