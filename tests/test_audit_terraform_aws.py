"""Buckets of AWS in plans and states of Terraform, as a snapshot has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slidebox.access.snapshot import unread, unread_parts, why_unread
from slidebox.audit.terraform import snapshot

from .aws_plans import plan, resource, section

LATER = unread("known after apply")
OPEN = {
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lab-a/*"}]
}
BUCKET = resource("aws_s3_bucket.a", {"bucket": "lab-a"})
UNNAMED = resource("aws_s3_bucket.p", {"bucket_prefix": "lab-"}, {"bucket": True}, {"bucket_prefix": ["var.prefix"]})
OF_UNNAMED = ["aws_s3_bucket.p.id", "aws_s3_bucket.p"]
ALL = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


def bucket(*resources: dict[str, Any], name: str = "lab-a", **options: Any) -> dict[str, Any]:
    """One bucket of a plan."""
    return dict(section(*resources, **options)["buckets"][name])


def grants(acl: Any) -> list[tuple[str, str]]:
    """Whom a list names beside the owner, and with what."""
    return [
        (one["Grantee"].get("URI") or one["Grantee"].get("ID"), one["Permission"])
        for one in acl["Grants"]
        if one["Grantee"].get("ID") != acl["Owner"]["ID"]
    ]


def test_a_bucket_that_is_only_planned_is_as_s3_makes_it() -> None:
    """Nothing beside it: no policy, no block, nobody in its list, and lists switched off."""
    found = bucket(BUCKET)
    assert found["policy"] is None
    assert found["public_access_block"] is None
    assert grants(found["acl"]) == []
    assert found["ownership"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert not list(unread_parts(found))


def test_a_bucket_that_is_there_already_may_have_lists_that_count() -> None:
    """Older buckets have no ownership controls, and nothing says that this one is new."""
    assert bucket(resource("aws_s3_bucket.a", {"bucket": "lab-a"}, made=True))["ownership"] is None


def test_without_its_configuration_what_a_plan_calls_unknown_is_not_known() -> None:
    """A policy that somebody has asked for cannot be told from one that the provider fills in."""
    found = bucket(BUCKET, configuration=False)
    assert found["policy"] == LATER
    assert found["acl"] == LATER


@pytest.mark.parametrize("by", ["lab-a", "arn:aws:s3:::lab-a"])
def test_a_policy_is_joined_by_name_or_arn(by: str) -> None:
    """Either stands for the bucket."""
    found = bucket(BUCKET, resource("aws_s3_bucket_policy.a", {"bucket": by, "policy": json.dumps(OPEN)}))
    assert json.loads(found["policy"]) == OPEN


def test_a_policy_that_is_known_after_apply_is_unread() -> None:
    """It may let in anybody."""
    assert bucket(BUCKET, resource("aws_s3_bucket_policy.a", {"bucket": "lab-a"}, {"policy": True}))["policy"] == LATER


def test_the_older_policy_of_the_bucket_itself_counts() -> None:
    """Releases before 4 have it there."""
    found = bucket(resource("aws_s3_bucket.a", {"bucket": "lab-a", "policy": json.dumps(OPEN)}))
    assert json.loads(found["policy"]) == OPEN


def statement(**changes: Any) -> dict[str, Any]:
    """A statement of a data source, whose resource is known after apply."""
    everybody = [{"type": "*", "identifiers": ["*"]}]
    return {"actions": ["s3:GetObject"], "principals": everybody, "resources": [None], **changes}


def drawn(statements: list[Any], unknown: Any, refs: list[str], *more: dict[str, Any], **values: Any) -> Any:
    """The policy of a bucket that a data source gives, which is read when the plan is applied."""
    json_of = ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]
    return bucket(
        BUCKET,
        resource("aws_s3_bucket_policy.a", {"bucket": "lab-a"}, {"policy": True}, {"policy": json_of}),
        resource(
            "data.aws_iam_policy_document.d",
            {"statement": statements, **values},
            {"json": True, "statement": unknown},
            {"statement": refs},
        ),
        *more,
    )["policy"]


OF_BUCKET = ["aws_s3_bucket.a.arn", "aws_s3_bucket.a"]


def test_a_policy_is_drawn_from_the_statements_of_its_data_source() -> None:
    """The bucket's ARN is all that is unknown, and the references say whose it is."""
    (said,) = drawn([statement()], [{"resources": [True]}], OF_BUCKET)["Statement"]
    assert said["Principal"] == "*"
    assert said["Resource"] == ["arn:aws:s3:::lab-a", "arn:aws:s3:::lab-a/*"]


def test_a_resource_that_comes_from_a_local_value_may_be_any() -> None:
    """A plan does not say what a local value is."""
    (said,) = drawn([statement()], [{"resources": [True]}], [*OF_BUCKET, "local.more"])["Statement"]
    assert said["Resource"] == ["*"]


def test_a_deny_that_is_not_wholly_known_denies_nothing() -> None:
    """Its Allow stays as wide as it is."""
    deny = statement(effect="Deny", actions=["s3:*"])
    said = drawn([statement(), deny], [{"resources": [True]}, {"resources": [True]}], OF_BUCKET)["Statement"]
    assert [one["Effect"] for one in said] == ["Allow"]


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param([{"principals": [{"identifiers": [True]}]}], id="whom it lets in"),
        pytest.param([{"actions": [True]}], id="what it allows"),
        pytest.param([{"condition": [{"values": [True]}]}], id="under which condition"),
    ],
)
def test_what_is_unknown_of_a_statement_stays_marked(unknown: Any) -> None:
    """Whoever reads the policy then knows that there is more to it."""
    values = statement(condition=[{"test": "StringEquals", "variable": "aws:PrincipalOrgID", "values": ["o-1"]}])
    said = drawn([values], unknown, OF_BUCKET)
    assert [why for _, why in unread_parts(said)] == ["known after apply"]


def test_a_data_source_whose_statements_are_unknown_is_unread() -> None:
    """They may be anything."""
    assert drawn([], True, OF_BUCKET) == LATER


def test_policies_that_a_data_source_adds_to_are_in_it() -> None:
    """An overriding statement takes the place of one of its name."""
    source = json.dumps(
        {"Statement": [{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    )
    override = json.dumps(
        {"Statement": [{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    )
    said = drawn([statement()], [{"resources": [True]}], OF_BUCKET, source_policy_documents=[source])["Statement"]
    assert [one["Sid"] for one in said] == ["x", ""]
    both = {"source_policy_documents": [source], "override_policy_documents": [override]}
    said = drawn([statement()], [{"resources": [True]}], OF_BUCKET, **both)["Statement"]
    assert [(one["Sid"], one["Effect"]) for one in said] == [("", "Allow"), ("x", "Deny")]


def added_to(unknown: Any, refs: list[str], *more: dict[str, Any]) -> Any:
    """The policy of a data source that has no statement of its own, and adds to others."""
    json_of = ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]
    return bucket(
        BUCKET,
        resource("aws_s3_bucket_policy.a", {"bucket": "lab-a"}, {"policy": True}, {"policy": json_of}),
        resource(
            "data.aws_iam_policy_document.d",
            {"source_policy_documents": [None]},
            {"json": True, "source_policy_documents": unknown},
            {"source_policy_documents": refs},
        ),
        resource(
            "data.aws_iam_policy_document.e",
            {"statement": [statement()]},
            {"json": True, "statement": [{"resources": [True]}]},
            {"statement": OF_BUCKET},
        ),
        *more,
    )["policy"]


OF_OTHER = ["data.aws_iam_policy_document.e.json", "data.aws_iam_policy_document.e"]


def test_a_data_source_that_adds_to_another_has_its_statements() -> None:
    """Its text is known after apply, and its statements are there."""
    (said,) = added_to([True], OF_OTHER)["Statement"]
    assert (said["Principal"], said["Resource"][0]) == ("*", "arn:aws:s3:::lab-a")


@pytest.mark.parametrize(
    ("unknown", "refs"), [(True, OF_OTHER), ([True], [*OF_OTHER, "local.more"]), ([True, True], OF_OTHER)]
)
def test_where_a_data_source_may_add_to_something_else_nothing_of_it_is_known(unknown: Any, refs: list[str]) -> None:
    """As many texts as there are data sources, and none that nothing tells."""
    assert added_to(unknown, refs) == LATER


def test_a_bucket_that_is_only_shown_is_there_too() -> None:
    """The distribution is in the plan, and the bucket is somebody else's."""
    origins = [{"origin_id": str(at), "domain_name": name} for at, name in enumerate(HOSTS)]
    found = section(resource("aws_cloudfront_distribution.d", {"enabled": True, "origin": origins}))["buckets"]
    assert set(found) == {"far", "far-too", "far.away"}
    assert all(why_unread(one["policy"]) for one in found.values())


HOSTS = (
    "far.s3.amazonaws.com",
    "far-too.s3.eu-west-1.amazonaws.com",
    "far.away.s3-website-us-east-1.amazonaws.com",
    "www.example.org",
)


# Names that are known after apply


def test_a_bucket_without_a_name_stands_under_its_address() -> None:
    """What is about it is joined by the references of the plan."""
    found = bucket(
        UNNAMED,
        resource("aws_s3_bucket_policy.p", {"policy": json.dumps(OPEN)}, {"bucket": True}, {"bucket": OF_UNNAMED}),
        resource(
            "aws_s3_bucket_public_access_block.p", dict.fromkeys(ALL, True), {"bucket": True}, {"bucket": OF_UNNAMED}
        ),
        name="aws_s3_bucket.p",
    )
    assert set(found["public_access_block"].values()) == {True}
    (said,) = found["policy"]["Statement"]
    assert (said["Principal"], said["Resource"]) == ("*", "*")


def test_of_a_bucket_without_a_name_a_deny_counts_only_for_everything() -> None:
    """Nothing says whether one for a name is about it."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    policy = {
        "Statement": [*OPEN["Statement"], {**deny, "Resource": "arn:aws:s3:::lab-a/*"}, {**deny, "Resource": "*"}]
    }
    found = bucket(
        UNNAMED,
        resource("aws_s3_bucket_policy.p", {"policy": json.dumps(policy)}, {"bucket": True}, {"bucket": OF_UNNAMED}),
        name="aws_s3_bucket.p",
    )
    assert [one["Effect"] for one in found["policy"]["Statement"]] == ["Allow", "Deny"]


def test_what_opens_a_bucket_that_nothing_tells_stands_by_itself() -> None:
    """A local value hides which bucket it is."""
    for kind in ("policy", "acl", "replication_configuration"):
        found = section(BUCKET, resource(f"aws_s3_bucket_{kind}.x", {}, {"bucket": True}, {"bucket": ["local.b"]}))
        assert list(found["unplaced"]) == [f"aws_s3_bucket_{kind}.x"]


def test_what_closes_a_bucket_that_nothing_tells_closes_none() -> None:
    """Which is not a thing to be told of either."""
    block = resource(
        "aws_s3_bucket_public_access_block.x", dict.fromkeys(ALL, True), {"bucket": True}, {"bucket": ["local.b"]}
    )
    found = section(BUCKET, block)
    assert found["buckets"]["lab-a"]["public_access_block"] is None
    assert found["unplaced"] == {}


def several(kind: str, values: dict[str, Any], refs: list[str], key: str = '["a"]') -> dict[str, Any]:
    """A part of one of two buckets that come from one resource."""
    each = {"references": ["local.names"]}
    found = section(
        *(resource(f'aws_s3_bucket.x["{one}"]', {}, {"bucket": True}, each=each) for one in "ab"),
        resource(f"{kind}.x{key}", values, {"bucket": True}, {"bucket": refs}, each=each),
    )
    return dict(found["buckets"])


def test_of_several_buckets_the_one_of_the_same_key_is_meant() -> None:
    """As the configuration says with each.key."""
    found = several("aws_s3_bucket_policy", {"policy": json.dumps(OPEN)}, ["aws_s3_bucket.x", "each.key"])
    assert found['aws_s3_bucket.x["a"]']["policy"] is not None
    assert found['aws_s3_bucket.x["b"]']["policy"] is None


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("aws_s3_bucket_policy", "policy"),
        ("aws_s3_bucket_public_access_block", "public_access_block"),
        ("aws_s3_bucket_acl", "acl"),
        ("aws_s3_bucket_ownership_controls", "ownership"),
    ],
)
def test_what_may_be_about_one_of_several_is_known_of_none(kind: str, part: str) -> None:
    """It opens one of them or closes one of them, and nobody knows which."""
    found = several(kind, {"policy": json.dumps(OPEN), "acl": "public-read"}, ["aws_s3_bucket.x"], "")
    assert [why_unread(one[part]) is not None for one in found.values()] == [True, True]


def test_a_bucket_in_a_module_is_joined_with_what_is_in_the_same_one() -> None:
    """Two calls of one module are two buckets."""
    resources = []
    for name in "ab":
        module = f'module.store["{name}"]'
        resources += [
            resource(f"{module}.aws_s3_bucket.this[0]", {}, {"bucket": True}),
            resource(
                f"{module}.aws_s3_bucket_acl.this[0]",
                {"acl": "private" if name == "a" else "public-read"},
                {"bucket": True},
                {"bucket": ["aws_s3_bucket.this[0].id", "aws_s3_bucket.this[0]", "aws_s3_bucket.this"]},
            ),
        ]
    found = section(*resources)["buckets"]
    assert grants(found['module.store["a"].aws_s3_bucket.this[0]']["acl"]) == []
    assert grants(found['module.store["b"].aws_s3_bucket.this[0]']["acl"]) == [(EVERYBODY, "READ")]


# Blocks, lists, ownership


@pytest.mark.parametrize("value", [True, False])
def test_a_public_access_block_is_as_s3_answers_it(value: bool) -> None:
    """What is not asked for is off."""
    found = bucket(BUCKET, resource("aws_s3_bucket_public_access_block.a", {"bucket": "lab-a", ALL[0]: value}))
    assert found["public_access_block"] == {
        "BlockPublicAcls": value,
        "BlockPublicPolicy": False,
        "IgnorePublicAcls": False,
        "RestrictPublicBuckets": False,
    }


def test_a_part_of_a_block_that_is_known_after_apply_is_unread() -> None:
    """The others are known."""
    one = resource("aws_s3_bucket_public_access_block.a", {"bucket": "lab-a", ALL[0]: True}, {ALL[1]: True})
    assert bucket(BUCKET, one)["public_access_block"]["BlockPublicPolicy"] == LATER


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("private", []),
        ("public-read", [(EVERYBODY, "READ")]),
        ("public-read-write", [(EVERYBODY, "READ"), (EVERYBODY, "WRITE")]),
        ("authenticated-read", [("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "READ")]),
        ("bucket-owner-full-control", []),
    ],
)
def test_a_named_list_is_written_out(name: str, named: list[Any]) -> None:
    """Beside the bucket or on it, of the old release and the new."""
    assert grants(bucket(BUCKET, resource("aws_s3_bucket_acl.a", {"bucket": "lab-a", "acl": name}))["acl"]) == named
    assert grants(bucket(resource("aws_s3_bucket.a", {"bucket": "lab-a", "acl": name}))["acl"]) == named


def test_a_list_that_nobody_knows_is_unread() -> None:
    """A new release may have more of them."""
    assert why_unread(bucket(BUCKET, resource("aws_s3_bucket_acl.a", {"bucket": "lab-a", "acl": "new"}))["acl"])


def test_a_bucket_with_a_list_has_lists_that_count() -> None:
    """S3 refuses to set one where they are switched off."""
    found = bucket(BUCKET, resource("aws_s3_bucket_acl.a", {"bucket": "lab-a", "acl": "public-read"}))
    assert found["ownership"] is None


def test_grants_are_read_in_both_spellings() -> None:
    """As blocks of the bucket, and as an access control policy."""
    old = {"type": "Group", "uri": EVERYBODY, "permissions": ["READ", "READ_ACP"], "id": ""}
    own = {"type": "CanonicalUser", "id": "0a", "permissions": ["FULL_CONTROL"], "uri": ""}
    found = bucket(resource("aws_s3_bucket.a", {"bucket": "lab-a", "grant": [old, own]}))
    assert grants(found["acl"]) == [(EVERYBODY, "READ"), (EVERYBODY, "READ_ACP")]
    grantee = [{"type": "Group", "uri": EVERYBODY, "id": ""}]
    policy = {"owner": [{"id": "0a"}], "grant": [{"grantee": grantee, "permission": "WRITE"}]}
    found = bucket(BUCKET, resource("aws_s3_bucket_acl.a", {"bucket": "lab-a", "access_control_policy": [policy]}))
    assert grants(found["acl"]) == [(EVERYBODY, "WRITE")]


def test_an_object_with_a_list_of_its_own_is_with_its_bucket() -> None:
    """Its list may be public where the bucket's is not."""
    found = bucket(BUCKET, resource("aws_s3_object.o", {"bucket": "lab-a", "key": "x.tif", "acl": "public-read"}))
    (one,) = found["objects"]
    assert one["Key"] == "x.tif"
    assert grants(one["Acl"]) == [(EVERYBODY, "READ")]
    assert found["ownership"] is None


def test_ownership_controls_are_as_s3_answers_them() -> None:
    """The rule is a block."""
    controls = {"bucket": "lab-a", "rule": [{"object_ownership": "ObjectWriter"}]}
    found = bucket(BUCKET, resource("aws_s3_bucket_ownership_controls.a", controls))
    assert found["ownership"] == {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}


def test_the_block_of_the_account_counts_for_all_its_buckets() -> None:
    """Where the account has none, it is known that it has none."""
    assert section(BUCKET)["accounts"][""]["public_access_block"] is None
    found = section(BUCKET, resource("aws_s3_account_public_access_block.a", dict.fromkeys(ALL, True)))
    assert set(found["accounts"][""]["public_access_block"].values()) == {True}


def test_the_block_of_an_account_says_nothing_of_the_buckets_of_another_provider() -> None:
    """Each provider may be in an account of its own."""
    document = plan(BUCKET, resource("aws_s3_account_public_access_block.a", dict.fromkeys(ALL, True)))
    document["configuration"]["root_module"]["resources"][1]["provider_config_key"] = "aws.other"
    (account,) = snapshot(document).sections["aws"]["accounts"].values()
    assert why_unread(account["public_access_block"])


def test_a_policy_of_a_bucket_that_is_not_in_the_plan_opens_a_place_of_which_no_more_is_known() -> None:
    """Its other parts are somebody else's."""
    found = bucket(resource("aws_s3_bucket_policy.a", {"bucket": "lab-a", "policy": json.dumps(OPEN)}))
    assert json.loads(found["policy"]) == OPEN
    assert why_unread(found["acl"])


def test_store_and_dataset_are_those_of_the_tag() -> None:
    """Slidebox marks each bucket that it makes, and others may do so too."""
    tags = {"slidebox:location": "atlas/raw_images@mid@amazon"}
    found = bucket(resource("aws_s3_bucket.a", {"bucket": "lab-a", "tags": tags}))
    assert (found["dataset"], found["store"]) == ("atlas/raw_images", "amazon")


def test_what_nothing_here_reads_stands_by_itself() -> None:
    """An access grant opens a bucket in a way of its own."""
    found = section(BUCKET, resource("aws_s3control_access_grant.g", {"permission": "READ"}))
    assert list(found["unplaced"]) == ["aws_s3control_access_grant.g"]


def test_a_plan_without_anything_of_aws_has_no_section() -> None:
    """Another provider's resources are another's."""
    assert "aws" not in snapshot(plan(resource("google_storage_bucket.a", {"name": "x"}))).sections
