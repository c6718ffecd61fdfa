"""The policies of buckets at AWS: that what they name exists, and what holds for every bucket that there can be."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.querying.conditions import get_condition_keys_for_service

from slidebox.clouds import CloudBucket, Copy, Grant, Transition
from slidebox.components import provision_lab
from slidebox.components.aws import lifecycle, location, policy
from slidebox.components.aws.connection import provider_of
from slidebox.errors import InputError
from slidebox.model import Role, Store, StoreKind, System

from .aws_cases import ACCOUNT, CASES, Registered, made, made_for, made_for_copies, policies

DAY = dt.date(2027, 6, 30)
STORE = Store(system=System.CLOUD, kind=StoreKind.AWS, account=ACCOUNT, region="us-west-2")
_FEDERATED = (
    "token.actions.githubusercontent.com:aud",
    "token.actions.githubusercontent.com:sub",
    "SAML:aud",
    "SAML:sub",
)
_GLOBAL = ("aws:SecureTransport", "aws:CurrentTime", "aws:SourceAccount", "aws:SourceArn", "aws:PrincipalArn")

NAME = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,2}", fullmatch=True)
DAYS = st.integers(1, 4000)
ENDS = st.none() | st.dates(dt.date(2026, 12, 1), dt.date(2031, 1, 1))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """Somebody's access, by an identity of each kind."""
    who = draw(NAME)
    account = draw(st.sampled_from([ACCOUNT, "210987654321"]))
    identity = draw(
        st.sampled_from(
            [
                f"arn:aws:iam::{account}:role/{who}",
                f"arn:aws:iam::{account}:user/{who}",
                f"github:lab/{who}@main",
                f"saml:arn:aws:iam::{ACCOUNT}:saml-provider/campus#{who}@lab.example",
            ]
        )
    )
    kind = "service" if identity.startswith("github:") else "person"
    return Grant(identity, draw(st.sampled_from(list(Role))), draw(ENDS), f"{kind}:{who}")


@st.composite
def buckets(draw: st.DrawFn) -> CloudBucket:
    """What a dataset may need; a lock goes with versions, and data of people are never public."""
    own_key, versioning = draw(st.booleans()), draw(st.booleans())
    project, store = draw(NAME), draw(NAME)
    classes = st.builds(Transition, DAYS, st.sampled_from(["infrequent", "archive"]))
    copies = st.lists(
        st.builds(Copy, NAME, st.just("us-east-2"), st.sampled_from([ACCOUNT, "210987654321"])), max_size=3
    )
    return CloudBucket(
        location=f"{project}/raw_images@mid@{store}",
        store=store,
        region="us-west-2",
        account=ACCOUNT,
        name=draw(st.sampled_from([f"lab-{project}-{store}", "l" * 63])),
        audit=f"lab-lab-audit-{store}",
        sensitivity="coded" if own_key else "open",
        public=draw(st.booleans()) and not own_key,
        versioning=versioning,
        soft_delete_days=30,
        lock_days=draw(st.none() | DAYS) if versioning else None,
        hold=draw(st.none() | st.just("an audit")),
        own_key=own_key,
        access_log=draw(st.booleans()),
        abort_days=7,
        noncurrent_days=draw(st.none() | DAYS),
        expire_days=draw(st.none() | DAYS),
        transitions=tuple(draw(st.lists(classes, max_size=2))),
        grants=tuple(draw(st.lists(grants(), max_size=5, unique_by=lambda grant: grant.identity))),
        tags={"lab": "lab", "grant": "R01 (a \U0001f52c)"},
        copies_to=tuple(draw(copies)) if versioning else (),
        copy_of=draw(st.none() | st.builds(Copy, NAME, st.just("us-east-2"), st.just("210987654321"))),
    )


def registered_for(bucket: CloudBucket) -> Registered:
    """What is registered for a bucket at a store of its own."""
    return made(lambda: location("data", bucket, STORE, {}))


def statements(found: Registered) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy."""
    for called, document in policies(found):
        yield from ((called, said) for said in document["Statement"])


def listed(value: Any) -> list[str]:
    """One or several texts."""
    return [value] if isinstance(value, str) else list(value)


def one(found: Registered, kind: str) -> dict[str, Any]:
    """The only resource of a kind."""
    (inputs,) = (inputs for (token, _), inputs in found.items() if token.endswith(f":{kind}"))
    return inputs


# What holds for every bucket


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(buckets())
def test_every_bucket_is_closed_encrypted_and_tidied(bucket: CloudBucket) -> None:
    """Each has its block, its owner's objects, its policy, its encryption, its versions and its lifecycle."""
    found = registered_for(bucket)
    block = one(found, "BucketPublicAccessBlock")
    encryption = one(found, "BucketServerSideEncryptionConfiguration")["rules"][0]
    keys = [inputs for (kind, _), inputs in found.items() if kind == "aws:kms/key:Key"]

    assert block["blockPublicAcls"] is block["ignorePublicAcls"] is True
    assert block["blockPublicPolicy"] is block["restrictPublicBuckets"] is not bucket.public
    assert one(found, "BucketOwnershipControls")["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert one(found, "BucketLifecycleConfiguration")["rules"]
    assert one(found, "Bucket")["forceDestroy"] is False
    assert [key["enableKeyRotation"] for key in keys] == [True] * bucket.own_key
    algorithm = encryption["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
    assert (algorithm, encryption.get("bucketKeyEnabled")) == (
        ("aws:kms", True) if bucket.own_key else ("AES256", None)
    )
    assert one(found, "Inventory")["destination"]["bucket"]["bucketArn"] == f"arn:aws:s3:::{bucket.audit}"
    assert bool([kind for kind, _ in found if kind.endswith(":BucketLogging")]) == bucket.access_log


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(buckets())
def test_nobody_and_nothing_is_allowed_by_a_wildcard_but_reading_what_is_public(bucket: CloudBucket) -> None:
    """Principals and actions are named one by one; what is public can be read, and no more."""
    wild = [
        said
        for _, said in statements(registered_for(bucket))
        if said["Effect"] == "Allow"
        and ("*" in json.dumps(said.get("Principal", "")) or any("*" in action for action in listed(said["Action"])))
    ]
    assert [(said["Principal"], said["Action"]) for said in wild] == [("*", "s3:GetObject")] * bucket.public


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(buckets())
def test_every_end_of_access_stands_in_the_grant_itself(bucket: CloudBucket) -> None:
    """Who may take a role on until when, and what may be done in it once nobody has it any more."""
    found = registered_for(bucket)
    for role, held in policy.held(bucket.grants).items():
        name = policy.role_name(bucket.name, role.value)
        trust = json.loads(found["aws:iam/role:Role", name]["assumeRolePolicy"])["Statement"]
        for grant in held:
            until = f"{grant.until}T00:00:00Z" if grant.until else None
            ends = {said.get("Condition", {}).get("DateLessThan", {}).get("aws:CurrentTime") for said in trust}
            assert until in ends
            mine = [said for said in trust if names(said, grant)]
            assert {end_of(said) for said in mine} == {until}
        last = None if any(grant.until is None for grant in held) else max(str(grant.until) for grant in held)
        may = json.loads(found["aws:iam/rolePolicy:RolePolicy", name]["policy"])["Statement"]
        assert {end_of(said) for said in may} == {f"{last}T00:00:00Z" if last else None}


def end_of(said: Mapping[str, Any]) -> str | None:
    """Until when a statement holds."""
    found = said.get("Condition", {}).get("DateLessThan", {}).get("aws:CurrentTime")
    return found if isinstance(found, str) else None


def names(said: Mapping[str, Any], grant: Grant) -> bool:
    """Whether a statement of a trust policy is about somebody's grant."""
    text = json.dumps(said)
    if grant.identity.startswith("github:"):
        return f"repo:{grant.identity[7:].partition('@')[0]}:ref:refs/heads/main" in text
    if grant.identity.startswith("saml:"):
        return f'"SAML:sub": "{grant.identity.partition("#")[2]}"' in text
    return f'"{grant.identity}"' in text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(buckets())
def test_names_fit_and_policies_are_known_before_anything_is_made(bucket: CloudBucket) -> None:
    """AWS takes the names, the tags and the statements' own names."""
    found = registered_for(bucket)
    roles = [inputs["name"] for (kind, _), inputs in found.items() if kind == "aws:iam/role:Role"]

    assert all(re.fullmatch(r"[\w+=,.@-]{1,64}", name) for name in roles)
    assert len(set(roles)) == len(roles)
    for inputs in found.values():
        assert all(re.fullmatch(r"[\w\s.:/=+@-]{0,256}", value) for value in inputs.get("tags", {}).values())
    for called, document in policies(found):
        sids = [said["Sid"] for said in document["Statement"]]
        assert len(set(sids)) == len(sids), called
        assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)


@given(buckets())
def test_moves_between_classes_keep_to_s3_s_own_rules(bucket: CloudBucket) -> None:
    """Thirty days before Standard-IA, thirty more before the next, and none at or after the end."""
    moves = lifecycle.moves(bucket)

    assert all(move.days >= 30 for move in moves if move.storage_class == "STANDARD_IA")
    assert all(later.days - move.days >= 30 for move, later in itertools.pairwise(moves))
    assert all(bucket.expire_days is None or move.days < bucket.expire_days for move in moves)


# What they name exists


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, Any]]]:
    """Every statement of a bucket that has all there is, and of a lab."""
    lab = CASES["team-and-workflow"].lab(tmp_path_factory.mktemp("lab") / "lab")
    found = [*statements(made(lambda: provision_lab(lab)))]
    every = [
        Grant(f"arn:aws:iam::{ACCOUNT}:role/a", Role.READER, DAY, "person:a"),
        Grant("arn:aws:iam::210987654321:role/b", Role.STEWARD, None, "person:b"),
        Grant("github:lab/x@main", Role.CONTRIBUTOR, DAY, "service:c"),
        Grant(f"saml:arn:aws:iam::{ACCOUNT}:saml-provider/campus#d", Role.READER, None, "person:d"),
    ]
    for own_key in (True, False):
        found += statements(made_for(bucket_with(*every, own_key=own_key), lab))
    first = replace(bucket_with(), copies_to=(Copy("way-nf1-raw-images-east", "us-east-2", "210987654321"),))
    other = replace(first, name="way-nf1-raw-images-east", region="us-east-2", account="210987654321")
    other = replace(other, copies_to=(), copy_of=Copy(first.name, first.region, ACCOUNT))
    return [*found, *statements(made_for_copies(lab, [(first, {}), (other, {})]))]


def bucket_with(*held: Grant, own_key: bool = True) -> CloudBucket:
    """A bucket that has all there is."""
    return CloudBucket(
        location="nf1/raw_images@mid@amazon",
        store="amazon",
        region="us-west-2",
        account=ACCOUNT,
        name="way-nf1-raw-images-amazon",
        audit="way-lab-audit-amazon",
        sensitivity="coded" if own_key else "open",
        public=not own_key,
        versioning=True,
        soft_delete_days=30,
        lock_days=1095,
        hold="an audit",
        own_key=own_key,
        access_log=True,
        abort_days=7,
        noncurrent_days=90,
        expire_days=None,
        transitions=(),
        grants=held,
        tags={"lab": "way"},
    )


def test_every_action_exists(everything: list[tuple[str, dict[str, Any]]]) -> None:
    """By AWS's own list of actions; but for the one pattern by which plain transport is denied."""
    for called, said in everything:
        for action in listed(said["Action"]):
            service, _, name = action.partition(":")
            assert action == "s3:*" or get_action_data(service, name), f"{called}: {action}"
            assert action == "s3:*" or action in get_actions_for_service(service), f"{called}: {action}"


def test_every_key_of_a_condition_exists(everything: list[tuple[str, dict[str, Any]]]) -> None:
    """A key that is misspelled is absent from every request: a Deny by it would deny nothing."""
    known = {*_FEDERATED, *_GLOBAL}
    for service in ("s3", "kms", "sts", "sns"):
        known |= set(get_condition_keys_for_service(service))
    used = {key for _, said in everything for keys in said.get("Condition", {}).values() for key in keys}

    assert used <= known
    assert {"kms:ViaService", "sts:ExternalId", "aws:SecureTransport", "aws:CurrentTime", *_FEDERATED} <= used


def test_a_statement_is_about_what_its_actions_are_about(everything: list[tuple[str, dict[str, Any]]]) -> None:
    """An action on objects with a bucket's ARN allows nothing, and denies nothing."""
    for called, said in everything:
        for action in listed(said["Action"]):
            if not action.startswith("s3:") or action == "s3:*":
                continue
            kinds = [entry["resource_arn_format"] for entry in get_action_data("s3", action[3:])["s3"]]
            for resource in listed(said["Resource"]):
                about_object = "/" in resource.removeprefix("arn:aws:s3:::")
                wanted = "arn:${Partition}:s3:::${BucketName}" + ("/${ObjectName}" if about_object else "")
                assert wanted in kinds, f"{called}: {action} {resource}"


# Who may take a role on


def trust(*held: Grant) -> list[dict[str, Any]]:
    """The statements of a trust policy."""
    found: list[dict[str, Any]] = policy.trust_policy(held, ACCOUNT, "nf1/raw_images@amazon")["Statement"]
    return found


def test_a_workflow_is_pinned_to_its_repository_and_branch() -> None:
    """A token of another branch, or for somebody else, does not get in."""
    assert trust(Grant("github:way-lab/nf1@main", Role.READER, None, "service:pipeline")) == [
        {
            "Sid": "ServicePipeline",
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": "repo:way-lab/nf1:ref:refs/heads/main",
                }
            },
        }
    ]


def test_somebody_of_another_account_says_which_dataset_they_come_for() -> None:
    """The id stays when data come to rest; those of the account itself need none."""
    near, far = (
        Grant(f"arn:aws:iam::{account}:role/x", Role.READER, DAY, "person:x") for account in (ACCOUNT, "2" * 12)
    )

    assert [said["Condition"] for said in trust(near, far)] == [
        {"DateLessThan": {"aws:CurrentTime": "2027-06-30T00:00:00Z"}},
        {
            "StringEquals": {"sts:ExternalId": "nf1/raw_images@amazon"},
            "DateLessThan": {"aws:CurrentTime": "2027-06-30T00:00:00Z"},
        },
    ]
    assert policy.external_id("nf1/raw_images@mid@amazon") == policy.external_id("nf1/raw_images@long@amazon")


def test_somebody_of_the_campus_is_pinned_to_their_own_name() -> None:
    """The identity provider vouches for thousands."""
    (said,) = trust(Grant(f"saml:arn:aws:iam::{ACCOUNT}:saml-provider/campus#d", Role.READER, None, "person:d"))

    assert said["Action"] == "sts:AssumeRoleWithSAML"
    assert said["Condition"]["StringEquals"] == {"SAML:aud": "https://signin.aws.amazon.com/saml", "SAML:sub": "d"}


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ("mira", "no identity of AWS"),
        (f"arn:aws:iam::{ACCOUNT}:root", "no identity of AWS"),
        (f"arn:aws:iam::{ACCOUNT}:role/*", "no identity of AWS"),
        ("AKIAIOSFODNN7EXAMPLE", "no identity of AWS"),
        ("github:way-lab/nf1", "no identity of AWS"),
        ("github:way-lab/*@main", "no identity of AWS"),
        (f"saml:arn:aws:iam::{ACCOUNT}:saml-provider/campus", "everybody whom the provider vouches for"),
        (f"saml:arn:aws:iam::{ACCOUNT}:saml-provider/campus#*", "no identity of AWS"),
    ],
)
def test_an_identity_that_may_be_several_is_refused(identity: str, said: str) -> None:
    """An account as a whole, a pattern, a key, a workflow of any branch, a whole campus."""
    with pytest.raises(InputError, match=said):
        trust(Grant(identity, Role.READER, None, "person:mira"))


def test_those_who_end_together_are_in_one_statement() -> None:
    """A trust policy is short; whoever ends on another day is apart."""
    held = [
        Grant(f"arn:aws:iam::{ACCOUNT}:role/p{number}", Role.READER, None, f"person:p{number}") for number in range(30)
    ]
    said = trust(*held, Grant(f"arn:aws:iam::{ACCOUNT}:role/guest", Role.READER, DAY, "person:guest"))

    assert [entry["Sid"] for entry in said] == ["Several", "PersonGuest"]
    assert len(json.dumps(said)) < 2048


def test_two_who_cannot_be_told_apart_are_refused() -> None:
    """One identity is one of the lab's people."""
    role = f"arn:aws:iam::{ACCOUNT}:role/shared"
    both = [Grant(role, Role.READER, None, f"person:{name}") for name in ("a", "b")]
    with pytest.raises(InputError, match=r"person:a and person:b are both arn"):
        registered_for(bucket_with(*both))


def test_an_account_that_is_none_is_refused() -> None:
    """A name in place of twelve digits."""
    with pytest.raises(InputError, match="twelve digits"):
        provider_of("amazon", STORE.model_copy(update={"account": "way-lab"}))


def test_a_private_endpoint_answers_for_every_service() -> None:
    """By its own name: there are no names of buckets below it, and nothing else is asked for credentials."""
    store = STORE.model_copy(update={"endpoint": "https://s3.example.org"})
    found = made(lambda: location("data", bucket_with(own_key=False), store, {}))
    (provider,) = (inputs for (kind, _), inputs in found.items() if kind == "pulumi:providers:aws")
    (endpoints,) = json.loads(provider["endpoints"])

    assert set(endpoints.values()) == {"https://s3.example.org"}
    assert {"s3", "iam", "kms", "sts"} <= set(endpoints)
    assert (provider["s3UsePathStyle"], provider["skipMetadataApiCheck"]) == ("true", "true")
    assert provider["allowedAccountIds"] == f'["{ACCOUNT}"]'


def test_one_provider_serves_all_buckets_of_a_store() -> None:
    """Each is a process of its own; another program has others."""

    def both() -> None:
        location("one", bucket_with(own_key=False), STORE, {})
        location("two", bucket_with(own_key=False), STORE, {})

    for _ in range(2):
        assert [name for kind, name in made(both) if kind == "pulumi:providers:aws"] == ["amazon"]
