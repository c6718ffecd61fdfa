"""Who can do what with a bucket of AWS by its own configuration: policy, blocks, lists, copies, what is not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.access import aws
from slidebox.access.audit import locations
from slidebox.access.snapshot import Known, Snapshot, unread

from .aws_estate import (
    ACCOUNT,
    BLOCKED,
    BUCKET,
    NOTHING,
    OTHER,
    allow,
    arn,
    bucket,
    deny,
    is_public,
    policy,
    principals,
    readers,
    section,
)

CASES = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "bucket_policies.json"
PUBLIC = policy(allow())
EVERYTHING = ("read", "list", "write", "delete", "admin")


def cases() -> list[Any]:
    """The collected policies with the right answer to "public?"."""
    if not CASES.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{CASES} is not here"))]
    return [pytest.param(case, id=case["name"]) for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]]


def open_to(said: dict[str, Any]) -> bool:
    """Whether somebody without a name can read or list."""
    found = readers(said)
    return any(
        {"read", "list"} & set(one.actions) and one.kind in ("anyone", "any_account", "unknown") for one in found
    )


@pytest.mark.parametrize("case", cases())
def test_collected_policies_are_public_exactly_where_they_are(case: dict[str, Any]) -> None:
    """Each of the collected policies makes its bucket public, or does not, as it is known to."""
    assert open_to(section(bucket(policy=case["policy"]))) == case["public"]


def test_nobody_but_the_root_user_has_a_bucket_of_an_empty_account() -> None:
    """With no policy, no list and no identities only the account's own root user is left."""
    found = locations(
        Snapshot("live", sections={"aws": section()}), Known(names={f"arn:aws:iam::{ACCOUNT}:root": "person:ines"})
    )

    assert [(one.principal, one.actions, one.path) for one in found[0].readers] == [
        ("person:ines", ("read", "list", "write", "delete", "admin"), (f"root user of account {ACCOUNT}",))
    ]


def test_a_location_says_which_store_and_dataset_it_is() -> None:
    """Store, dataset and account of the bucket come with it."""
    said = section(bucket(store="amazon", dataset="nf1/raw"))

    (found,) = locations(Snapshot("live", sections={"aws": said}), Known())

    assert (found.name, found.store, found.kind, found.dataset, found.within) == (
        BUCKET,
        "amazon",
        "aws",
        "nf1/raw",
        ACCOUNT,
    )


def test_a_public_policy_has_its_path() -> None:
    """The path is the policy and its statement, in the words of a data manager."""
    (found,) = readers(section(bucket(policy=policy(allow(Sid="ForAll")))))

    assert (found.principal, found.actions, found.path) == ("anyone", ("read",), ("bucket policy", "statement ForAll"))


BLOCKS: dict[str, tuple[Any, Any, bool]] = {
    "no block anywhere": (None, None, True),
    "a block of the account": (BLOCKED, None, False),
    "a block of the bucket": (None, BLOCKED, False),
    "a block of both": (BLOCKED, BLOCKED, False),
    "only new public policies are refused": ({"BlockPublicPolicy": True}, {"BlockPublicPolicy": True}, True),
    "only public lists are ignored": ({"IgnorePublicAcls": True}, None, True),
    "restricted at the bucket only": ({"RestrictPublicBuckets": False}, {"RestrictPublicBuckets": True}, False),
    "everything said and nothing switched on": (dict.fromkeys(BLOCKED, False), dict.fromkeys(BLOCKED, False), True),
    "the account's was not read": (unread("AccessDenied"), None, True),
    "the account's was not read, and the bucket's blocks": (unread("AccessDenied"), BLOCKED, False),
    "the bucket's was not read": (None, unread("AccessDenied"), True),
    "the bucket's was not read, and the account's blocks": (BLOCKED, unread("AccessDenied"), False),
    "neither was read": (unread("AccessDenied"), unread("AccessDenied"), True),
    "a setting is known only after an apply": (None, {**BLOCKED, "RestrictPublicBuckets": unread("later")}, True),
    "the block is no object": (None, ["?"], True),
}


@pytest.mark.parametrize(("account", "own", "public"), BLOCKS.values(), ids=BLOCKS)
def test_public_access_blocks_stop_a_public_policy(account: Any, own: Any, public: bool) -> None:
    """The most restrictive of the blocks counts, and one that was not read is not counted on."""
    said = section(bucket(policy=PUBLIC, public_access_block=own), public_access_block=account)

    assert is_public(said) is public


def test_a_block_that_was_not_read_is_said_beside_the_public_reader() -> None:
    """Whether the block stops it is the doubt in the path."""
    found = readers(section(bucket(policy=PUBLIC), public_access_block=unread("AccessDenied")))

    assert found[0].principal == "anyone"
    assert found[0].path[-1] == (
        "whether a public access block stops this is not known: the block of the account: AccessDenied"
    )


LEFT: dict[str, tuple[Any, set[str]]] = {
    "everybody, so the account's own identities": (allow(), {f"account:{ACCOUNT}"}),
    "another account beside everybody": (allow({"AWS": OTHER}), {f"account:{ACCOUNT}"}),
    "an own role beside everybody": (
        allow({"AWS": arn("role", "r")}),
        {f"account:{ACCOUNT}", f"account:{arn('role', 'r')}"},
    ),
    "a service of AWS beside everybody": (
        allow({"Service": "logging.s3.amazonaws.com"}),
        {f"account:{ACCOUNT}", "account:logging.s3.amazonaws.com"},
    ),
    "an organisation beside everybody": (
        allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}}),
        {f"account:{ACCOUNT}"},
    ),
}


@pytest.mark.parametrize(("more", "left"), LEFT.values(), ids=LEFT)
def test_a_block_leaves_own_identities_and_services_of_a_public_policy(more: Any, left: set[str]) -> None:
    """Of a public policy no other account has anything where public buckets are restricted."""
    said = section(bucket(policy=policy(allow(), more), public_access_block=BLOCKED))

    assert principals(said) == left


NOT_PUBLIC: dict[str, tuple[Any, set[str]]] = {
    "another account": (allow({"AWS": f"arn:aws:iam::{OTHER}:root"}), {f"account:{OTHER}"}),
    "an organisation": (
        allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}}),
        {"account:org:o-abc123"},
    ),
    "a network": (allow(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), {"account:network:192.0.2.0/24"}),
    "an endpoint": (allow(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}), {"account:vpce:vpce-1"}),
}


@pytest.mark.parametrize(("said", "who"), NOT_PUBLIC.values(), ids=NOT_PUBLIC)
def test_a_block_leaves_what_is_not_public(said: Any, who: set[str]) -> None:
    """A policy that names somebody is none that S3 calls public."""
    assert principals(section(bucket(policy=policy(said), public_access_block=BLOCKED))) == who


DOUBTFUL: dict[str, Any] = {
    "an organisation that need not be there": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc123"}},
    "three hundred wide networks": {"IpAddress": {"aws:SourceIp": [f"{n}.0.0.0/8" for n in range(256)]}},
    "the account of an endpoint, perhaps": {"StringEqualsIfExists": {"aws:VpceAccount": "111122223333"}},
    "a tag of whoever comes": {"StringNotEquals": {"aws:PrincipalTag/team": "none"}},
    "an endpoint that it is not": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
}


@pytest.mark.parametrize("condition", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_block_is_not_counted_on_where_s3_may_not_call_it_public(condition: Any) -> None:
    """What everybody can pass, but has values that look fixed, S3 may take for not public: then nothing stops it."""
    found = readers(section(bucket(policy=policy(allow(Condition=condition)), public_access_block=BLOCKED)))

    assert (found[0].principal, found[0].path[-1]) == ("anyone", "S3 may not call this public, and so not stop it")


CLEAR: dict[str, Any] = {
    "TLS": {"Bool": {"aws:SecureTransport": "true"}},
    "a referer": {"StringLike": {"aws:Referer": "https://lab.example/*"}},
    "a user agent": {"StringEquals": {"aws:UserAgent": "slide"}},
    "the whole internet": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    "half the internet": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    "any organisation": {"StringLike": {"aws:PrincipalOrgID": "*"}},
    "a date": {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("condition", CLEAR.values(), ids=CLEAR)
def test_what_is_public_in_the_words_of_the_guide_is_stopped(condition: Any) -> None:
    """A weak condition does not make a policy less public for S3 either."""
    public = bucket(policy=policy(allow(Condition=condition)))
    assert {"anyone", "any_account"} & principals(section(public))
    assert not {"anyone", "any_account"} & principals(section(public, public_access_block=BLOCKED))


@pytest.mark.parametrize("name", ["policy", "public_access_block", "acl", "ownership"])
@pytest.mark.parametrize("why", ["AccessDenied", "Throttling", None])
def test_each_part_that_is_not_read_lets_in_somebody_unknown(name: str, why: str | None) -> None:
    """A bucket of which one of the four was not read, or not asked for, is not said to be nobody's."""
    said = bucket(**({name: unread(why)} if why else {}))
    if why is None:
        del said[name]

    assert "unknown" in principals(section(said))


@pytest.mark.parametrize(
    "document",
    ["{", "[]", "7", '{"Statement": []', {"statement": []}, [], "", {"Statement": ["?"]}, {"Statement": [{}]}],
)
def test_a_policy_that_cannot_be_read_lets_in_somebody_unknown(document: Any) -> None:
    """What is no policy is not taken for one that lets in nobody."""
    assert "unknown" in principals(section(bucket(policy=document)))


def test_a_policy_as_text_is_read() -> None:
    """S3 answers with JSON text."""
    assert is_public(section(bucket(policy=json.dumps(PUBLIC))))


COPIED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "to an account": ({"Bucket": "arn:aws:s3:::theirs", "Account": OTHER}, {f"account:{OTHER}"}),
    "to an account, which owns it there": (
        {"Bucket": "arn:aws:s3:::theirs", "Account": OTHER, "AccessControlTranslation": {"Owner": "Destination"}},
        {f"account:{OTHER}"},
    ),
    "to a bucket of which nothing is known": ({"Bucket": "arn:aws:s3:::theirs"}, {"unknown"}),
    "to a bucket of the same account that was not read": (
        {"Bucket": "arn:aws:s3:::theirs", "Account": ACCOUNT},
        {"unknown"},
    ),
    "to a bucket of the section": ({"Bucket": "arn:aws:s3:::copy", "Account": OTHER}, set()),
    "to what is not known yet": ({"Bucket": unread("later")}, {"unknown"}),
}


@pytest.mark.parametrize(("to", "who"), COPIED.values(), ids=COPIED)
def test_whoever_gets_a_copy_reads_it(to: dict[str, Any], who: set[str]) -> None:
    """A copy in a bucket of somebody else is theirs to read; one in a bucket that is here is a place of its own."""
    said = section(bucket(replication={"Role": "r", "Rules": [{"ID": "out", "Status": "Enabled", "Destination": to}]}))
    said["buckets"]["copy"] = bucket()

    assert principals(said) == who


REPLICATION: dict[str, tuple[Any, set[str]]] = {
    "none": (None, set()),
    "a rule that is switched off": (
        {"Rules": [{"Status": "Disabled", "Destination": {"Bucket": "arn:aws:s3:::x", "Account": OTHER}}]},
        set(),
    ),
    "not read": (unread("AccessDenied"), {"unknown"}),
    "rules that are not known yet": ({"Rules": unread("later")}, {"unknown"}),
}


@pytest.mark.parametrize(("said", "who"), REPLICATION.values(), ids=REPLICATION)
def test_copies_that_are_not_made_have_no_reader(said: Any, who: set[str]) -> None:
    """A rule that is off copies nothing, and rules that were not read may copy anywhere."""
    assert principals(section(bucket(replication=said))) == who


def test_a_website_is_a_further_path_for_whoever_reads_anyway() -> None:
    """Hosting shows what everybody can read, and gives nothing by itself."""
    website = {"IndexDocument": {"Suffix": "index.html"}}

    assert [one.path[-1] for one in readers(section(bucket(policy=PUBLIC, website=website)))] == [
        "statement 1",
        "shown as a website",
    ]
    assert readers(section(bucket(website=website))) == ()
    elsewhere = {"RedirectAllRequestsTo": {"HostName": "lab.example"}}
    assert len(readers(section(bucket(policy=PUBLIC, website=elsewhere)))) == 1


def test_what_opens_something_unknown_stands_under_its_own_address() -> None:
    """A resource whose bucket cannot be told is a location with somebody unknown."""
    said = {**section(), "unplaced": {"aws_s3_bucket_policy.open": "its bucket is known only after an apply"}}

    found = {one.name: one for one in locations(Snapshot("terraform", sections={"aws": said}), Known())}

    assert [(one.principal, one.path) for one in found["aws_s3_bucket_policy.open"].readers] == [
        ("unknown", ("its bucket is known only after an apply",))
    ]


@pytest.mark.parametrize("name", ["buckets", "accounts"])
def test_a_section_of_which_a_half_was_not_read_is_no_empty_one(name: str) -> None:
    """Somebody unknown has what was not read."""
    said = {**section(bucket(policy=PUBLIC)), name: unread("timeout")}

    found = locations(Snapshot("live", sections={"aws": said}), Known())

    assert any(one.readers[0].principal == "unknown" for one in found if one.name == f"aws {name}")


def test_a_bucket_of_which_nothing_was_read_is_unknown() -> None:
    """The bucket is named, with everything for somebody unknown."""
    (found,) = locations(Snapshot("live", sections={"aws": {"buckets": {"b": unread("gone")}}}), Known())

    assert [(one.principal, one.actions, one.path) for one in found.readers] == [("unknown", EVERYTHING, ("gone",))]


def test_an_account_that_is_not_in_the_section_is_unknown() -> None:
    """The identities of a bucket's account count as not read, whichever account that is."""
    said = section(bucket(account=OTHER))

    assert principals(said) == {"unknown"}


def test_rules_for_all_resources_of_an_account_hold_against_its_policies() -> None:
    """A resource control policy that denies everybody outside takes what a bucket's policy gives them."""
    rule = policy(deny(resource="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}}))
    said = bucket(policy=PUBLIC)

    assert is_public(section(said))
    assert not is_public(section(said, resource_control_policies=[rule]))


def test_the_parts_of_an_account_are_all_in_the_test_of_one() -> None:
    """The account of these tests has everything that the page of the section names."""
    named = {name for name in NOTHING if f'"{name}"' in (aws.__doc__ or "")}
    assert named == set(NOTHING)
