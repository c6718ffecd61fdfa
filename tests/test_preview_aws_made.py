"""What a preview reads of the buckets that are registered at AWS, and what the rules say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.declared import ROLE_ACTIONS
from slidebox.facts import FactBook
from slidebox.model import Lab
from slidebox.policy import Rules
from slidebox.preview import DECLARATION, Seen, facts_of
from slidebox.systems import load_systems

from .aws_cases import CASES, NAMES, TODAY, Registered, bucket_of, everything_in, seen

Everything = Mapping[str, tuple[Lab, Registered]]


@pytest.fixture(scope="module")
def everything(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """What is registered in each case."""
    return everything_in(tmp_path_factory.mktemp("labs"), opa)


@pytest.mark.parametrize("name", CASES)
def test_the_readers_of_a_preview_are_those_who_are_declared(everything: Everything, name: str, opa: Path) -> None:
    """Person by person, with what they may do; everything that is declared counts, and nothing else is found."""
    lab, found = everything[name]
    case = CASES[name]
    facts = facts_of(seen(found), TODAY).facts
    readers = facts["locations"][case.candidate.id]["readers"]
    grants = bucket_of(case, lab, opa).grants
    expected = {(grant.principal, action) for grant in grants for action in ROLE_ACTIONS[grant.role]}
    expected |= {("anyone", "read")} if name == "public" else set()

    assert {(reader["principal"], action) for reader in readers for action in reader["actions"]} == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_refuse_nothing_of_what_follows_from_them(everything: Everything, name: str, opa: Path) -> None:
    """What is registered is judged from its own inputs, as the engine shows them."""
    facts = facts_of(seen(everything[name][1]), TODAY).facts
    with Rules(opa=opa) as rules:
        refused = [str(finding) for finding in rules.ask(facts) if finding.refuses]

    assert refused == []
    assert bool(facts["locations"]) == (name != "lab")


@pytest.mark.parametrize("name", CASES)
def test_what_a_preview_reads_is_what_the_plan_has_promised(everything: Everything, name: str, opa: Path) -> None:
    """Key, log, versions, block and lifecycle, wherever the data need them."""
    lab, found = everything[name]
    case = CASES[name]
    bucket = bucket_of(case, lab, opa)
    place = facts_of(seen(found), TODAY).facts["locations"][case.candidate.id]

    assert {key: place["has"][key] for key in ("own_key", "access_log", "versioning", "object_lock")} == {
        "own_key": bucket.own_key,
        "access_log": bucket.access_log,
        "versioning": bucket.versioning,
        "object_lock": bucket.lock_days is not None,
    }
    assert place["has"]["public_access_block"] is not bucket.public
    assert place["has"]["encrypted_transport"] is True
    assert {key: place["lifecycle"][key] for key in ("abort_days", "noncurrent_days", "expire_days")} == {
        "abort_days": bucket.abort_days,
        "noncurrent_days": bucket.noncurrent_days if bucket.noncurrent_days and bucket.versioning else "none",
        "expire_days": bucket.expire_days or "none",
    }
    assert place["lifecycle"]["transitions"] == [
        {"days": move.days, "storage_class": move.storage_class} for move in bucket.transitions
    ]


# Whom an identity stands for


JUN = "arn:aws:iam::123456789012:role/people/jun"


def principals(stack: list[Seen], **more: Any) -> set[str]:
    """Who gets to the only location of a stack."""
    (place,) = facts_of(stack, TODAY, **more).facts["locations"].values()
    return {reader["principal"] for reader in place["readers"]}


def carrying(stack: list[Seen], identities: Mapping[str, str]) -> list[Seen]:
    """A stack whose declaration says otherwise whom identities stand for."""
    return [
        replace(one, properties={**one.properties, "identities": identities}) if one.type == DECLARATION else one
        for one in stack
    ]


def test_an_identity_that_nobody_has_declared_is_an_account(everything: Everything) -> None:
    """And so is one of somebody who is not in the lab."""
    stack = seen(everything["raw-open-short"][1])

    assert f"account:{JUN}" in principals(carrying(stack, {}))
    assert f"account:{JUN}" in principals(carrying(stack, {JUN: "person:nobody"}))
    assert f"account:{JUN}" in principals(carrying(stack, {JUN: "anyone"}))


def test_an_identity_that_two_declarations_give_to_two_people_is_nobody_s(everything: Everything) -> None:
    """Neither is believed."""
    stack = seen(everything["raw-open-short"][1])
    other = replace(next(one for one in stack if one.type == DECLARATION), urn="urn:other")
    (other,) = carrying([other], {JUN: "person:mira"})

    assert f"account:{JUN}" in principals([*stack, other])


def test_where_the_lab_s_files_are_they_say_whom_an_identity_stands_for(everything: Everything) -> None:
    """A program cannot let a stranger in as somebody of the lab."""
    lab, found = everything["raw-open-short"]
    files = FactBook(lab, load_systems()).declared()
    stranger = "arn:aws:iam::666666666666:role/stranger"
    forged = [
        replace(one, properties={**one.properties, "assumeRolePolicy": said.replace(JUN, stranger)})
        if isinstance(said := one.properties.get("assumeRolePolicy"), str)
        else one
        for one in carrying(seen(found), {stranger: "person:jun"})
    ]

    assert "person:jun" in principals(seen(found), files=files)
    assert "person:jun" in principals(forged)
    assert f"account:{stranger}" in principals(forged, files=files)


# The audit bucket is no place for data


def changed(stack: list[Seen], kind: str, **properties: Any) -> list[Seen]:
    """A stack with some properties of its resources of one kind changed."""
    found = [
        replace(one, properties={**one.properties, **properties}) if one.type.endswith(f":{kind}") else one
        for one in stack
    ]
    assert found != stack
    return found


def allowing(**statement: Any) -> str:
    """A policy of the audit bucket that allows something more."""
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::way-lab-audit-amazon", "arn:aws:s3:::way-lab-audit-amazon/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    more = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::way-lab-audit-amazon/*"} | statement
    return json.dumps({"Version": "2012-10-17", "Statement": [tls, more]})


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Bucket", {"tags": {"slidebox:audit": "campus"}}),
        ("Bucket", {"tags": {"slidebox:audit": "amazon", "slidebox:location": "nf1/raw_images@short@amazon"}}),
        ("Bucket", {"tags": {}}),
        ("BucketPublicAccessBlock", {"blockPublicPolicy": False}),
        ("BucketPolicy", {"policy": "unknown"}),
        ("BucketPolicy", {"policy": allowing(Principal="*")}),
        ("BucketPolicy", {"policy": allowing(Principal={"AWS": "210987654321"})}),
        ("BucketPolicy", {"policy": allowing(Principal={"Service": "s3.amazonaws.com"})}),
        ("BucketPolicy", {"policy": allowing(Principal={"AWS": JUN}, Action="s3:PutObject")}),
    ],
)
def test_a_bucket_that_only_says_it_is_for_logs_is_a_place_for_data(
    everything: Everything, kind: str, properties: dict[str, Any], opa: Path
) -> None:
    """Its tag would else be a way round the rules: one that is open in any way is refused."""
    facts = facts_of(changed(seen(everything["lab"][1]), kind, **properties), TODAY).facts
    with Rules(opa=opa) as rules:
        assert facts["locations"]
        assert any(finding.refuses for finding in rules.ask(facts))


def test_a_bucket_for_logs_has_the_name_that_it_has_to_have(everything: Everything) -> None:
    """All that is said about it is about that name."""
    text = json.dumps([[s.urn, s.type, dict(s.properties)] for s in seen(everything["lab"][1])])
    renamed = json.loads(text.replace("way-lab-audit-amazon", "way-data"))

    assert facts_of([Seen(urn, kind, said, {}, "amazon") for urn, kind, said in renamed], TODAY).facts["locations"]
