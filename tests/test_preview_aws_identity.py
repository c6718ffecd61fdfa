"""What identities of AWS open: users, groups and roles by their policies, access points, and copies elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.preview import DECLARATION, LOCATION_TAG, PRINCIPAL_TAG, Seen, facts_of

from .test_preview import RAW, carried, make_lab
from .test_preview import bucket as own_bucket
from .test_preview_aws import HERE, NAME, bucket, part

TODAY = dt.date(2026, 11, 24)
SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "schemas" / "facts.schema.json").read_text("utf-8"))
OBJECTS = f"arn:aws:s3:::{NAME}/*"
POINT_ARN = "arn:aws:s3:us-east-1:111122223333:accesspoint/door"
NATIVE = "aws-native:iam:"


Sources = dict[str, tuple[str, ...]]


def iam(kind: str, called: str = "x", depends: Sources | None = None, /, **properties: Any) -> Seen:
    """A resource of IAM."""
    return thing(f"iam/{kind[0].lower()}{kind[1:]}:{kind}", called, depends, **properties)


def thing(token: str, called: str = "x", depends: Sources | None = None, /, **properties: Any) -> Seen:
    """A resource of AWS."""
    whole = token if token.startswith("aws") else f"aws:{token}"
    return Seen(f"urn:pulumi:s::p::{whole}::{called}", whole, properties, depends or {}, "aws")


def allow(action: Any = "s3:GetObject", resource: Any = OBJECTS, **more: Any) -> dict[str, Any]:
    """A policy of one Allow."""
    return {"Statement": [{"Sid": "s", "Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def trust(principal: Any, **more: Any) -> str:
    """A role's trust policy."""
    said = {"Sid": "t", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Statement": [said]})


def role(principal: Any = None, name: str = "r", **more: Any) -> Seen:
    """A role in which one service of AWS works, or whom else it lets in."""
    let_in = trust({"Service": "ec2.amazonaws.com"} if principal is None else principal)
    return iam("Role", name, **{"name": name, "assumeRolePolicy": let_in, **more})


def of_role(policy: Any = None) -> Seen:
    """A policy of the role ``r``."""
    return iam("RolePolicy", "reading", role="r", policy=allow() if policy is None else policy)


def of_user(policy: Any = None) -> Seen:
    """A policy of the user ``ada``."""
    return iam("UserPolicy", "reading", user="ada", policy=allow() if policy is None else policy)


def user(name: str = "ada", **more: Any) -> Seen:
    """A user."""
    return iam("User", name, **{"name": name, **more})


def tagged(who: str) -> dict[str, str]:
    """The tag that says who somebody is."""
    return {PRINCIPAL_TAG: who}


EC2 = "account:service ec2.amazonaws.com"
ADA = "account:user ada"
ADA_ARN = "arn:aws:iam::111122223333:user/lab/ada"
POLICY = iam("Policy", "shared", name="shared", policy=json.dumps(allow()))
POLICY_URN = "urn:pulumi:s::p::aws:iam/policy:Policy::shared"
ROLE_URN = "urn:pulumi:s::p::aws:iam/role:Role::r"
MANAGED = "arn:aws:iam::aws:policy/"


def attached(kind: str, depends: Sources | None = None, **said: Any) -> Seen:
    """An attachment of a policy, which is known by where its ARN comes from."""
    sources = {"policyArn": (POLICY_URN,), "policyArns": (POLICY_URN,), **(depends or {})}
    return iam(kind, "attached", sources, **said)


CASES: list[tuple[str, list[Seen], list[str]]] = [
    # Whom a role lets in
    ("a service of AWS in a role", [role(), of_role()], [EC2]),
    ("anyone in a role", [role("*"), of_role()], ["anyone"]),
    ("an account in a role", [role({"AWS": "111122223333"}), of_role()], ["account:arn:aws:iam::111122223333:root"]),
    (
        "a person in a role",
        [role({"AWS": ADA_ARN}), user(arn=ADA_ARN, tags=tagged("person:carol")), of_role()],
        ["person:carol"],
    ),
    ("a federation in a role", [role({"Federated": "accounts.google.com"}), of_role()], ["unknown"]),
    ("a trust known later", [role(assumeRolePolicy="unknown"), of_role()], ["unknown"]),
    ("a trust that is none", [role(assumeRolePolicy="{"), of_role()], ["unknown"]),
    (
        "an organisation in a role",
        [
            role(
                assumeRolePolicy=trust("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            ),
            of_role(),
        ],
        ["account:organisation o-1"],
    ),
    ("a declared service in a role", [role(tags=tagged("service:robot")), of_role()], ["service:robot"]),
    ("a service nobody has declared", [role(tags=tagged("service:ghost")), of_role()], [EC2]),
    ("a tag does not make everybody a service", [role("*", tags=tagged("service:robot")), of_role()], ["anyone"]),
    ("a role of another stack", [of_role()], ["unknown"]),
    ("a role known later", [role(name="unknown"), iam("RolePolicy", role="unknown", policy=allow())], ["unknown"]),
    (
        "a role by what its name comes from",
        [role(), iam("RolePolicy", "p", {"role": (ROLE_URN,)}, role="unknown", policy=allow())],
        [EC2],
    ),
    ("a policy inside a role", [role(inlinePolicies=[{"name": "i", "policy": json.dumps(allow())}])], [EC2]),
    ("policies inside a role known later", [role(inlinePolicies="unknown")], ["unknown"]),
    ("an empty policy inside a role", [role(inlinePolicies=[{"name": "", "policy": ""}])], []),
    # Users and groups
    ("a user", [user(), of_user()], [ADA]),
    ("a declared person", [user(tags=tagged("person:carol")), of_user()], ["person:carol"]),
    ("a declared service", [user(tags=tagged("service:robot")), of_user()], ["service:robot"]),
    ("a person nobody has declared", [user(tags=tagged("person:eve")), of_user()], [ADA]),
    ("a user of another stack", [of_user()], [ADA]),
    ("a user known later", [iam("UserPolicy", user="unknown", policy=allow())], ["unknown"]),
    (
        "the members of a group",
        [
            user(),
            user("ben"),
            iam("Group", "g", name="g"),
            iam("UserGroupMembership", user="ada", groups=["g", "other"]),
            iam("GroupMembership", group="g", users=["ben"]),
            iam("GroupPolicy", group="g", policy=allow()),
        ],
        [ADA, "account:user ben"],
    ),
    (
        "a group nobody is seen in",
        [iam("Group", "g", name="g"), iam("GroupPolicy", group="g", policy=allow())],
        ["unknown"],
    ),
    ("a group of another stack", [iam("GroupPolicy", group="g", policy=allow())], ["unknown"]),
    (
        "a member of a group known later",
        [
            iam("Group", "g", name="g"),
            iam("GroupMembership", group="g", users="unknown"),
            iam("GroupPolicy", group="g", policy=allow()),
        ],
        ["unknown"],
    ),
    # Policies by their attachments
    ("a policy attached to nobody", [POLICY], []),
    (
        "one attached to a role",
        [role(), POLICY, attached("RolePolicyAttachment", role="r", policyArn="unknown")],
        [EC2],
    ),
    ("one attached to a user", [POLICY, attached("UserPolicyAttachment", user="ada", policyArn="unknown")], [ADA]),
    (
        "one attached to a group",
        [POLICY, attached("GroupPolicyAttachment", group="g", policyArn="unknown")],
        ["unknown"],
    ),
    (
        "one attached to several",
        [role(), POLICY, attached("PolicyAttachment", users=["ada"], roles=["r"], policyArn="unknown")],
        [EC2, ADA],
    ),
    (
        "one of a list",
        [role(), POLICY, attached("RolePolicyAttachmentsExclusive", roleName="r", policyArns=["unknown"])],
        [EC2],
    ),
    (
        "one by its ARN",
        [
            role(),
            iam("Policy", arn="arn:aws:iam::1:policy/p", policy=allow()),
            iam("RolePolicyAttachment", role="r", policyArn="arn:aws:iam::1:policy/p"),
        ],
        [EC2],
    ),
    (
        "one that is not in the stack",
        [role(), iam("RolePolicyAttachment", role="r", policyArn="arn:aws:iam::1:policy/p")],
        ["unknown"],
    ),
    ("one known later", [role(), iam("RolePolicyAttachment", role="r", policyArn="unknown")], ["unknown"]),
    (
        "one of AWS that is known",
        [role(), iam("RolePolicyAttachment", role="r", policyArn=f"{MANAGED}AmazonS3ReadOnlyAccess")],
        [EC2],
    ),
    (
        "one of AWS that opens no bucket",
        [role(managedPolicyArns=[f"{MANAGED}service-role/AWSLambdaBasicExecutionRole"])],
        [],
    ),
    (
        "one of AWS that is not known",
        [role(), iam("RolePolicyAttachment", role="r", policyArn=f"{MANAGED}Galaxy")],
        ["unknown"],
    ),
    (
        "a permission set",
        [thing("ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", inlinePolicy=json.dumps(allow()))],
        ["unknown"],
    ),
    (
        "a policy of AWS for a permission set",
        [
            thing(
                "ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
                managedPolicyArn=f"{MANAGED}AdministratorAccess",
            )
        ],
        ["unknown"],
    ),
    # What a policy says
    ("a policy known later", [role(), of_role("unknown")], ["unknown"]),
    ("a policy that is none", [user(), of_user("{")], ["unknown"]),
    ("a policy that is missing", [user(), iam("UserPolicy", user="ada")], ["unknown"]),
    ("a secret policy", [user(), of_user("[secret]")], ["unknown"]),
    ("a statement that cannot be understood", [user(), of_user({"Statement": [{"Effect": "allow"}]})], ["unknown"]),
    ("an action known later", [user(), of_user(allow("unknown"))], ["unknown"]),
    ("a bucket known later", [user(), of_user(allow(resource="unknown"))], [ADA]),
    ("every bucket", [user(), of_user(allow(resource="*"))], [ADA]),
    ("buckets by a pattern", [user(), of_user(allow(resource="arn:aws:s3:::way-*/*"))], [ADA]),
    ("all but some buckets", [user(), of_user(allow(resource=None, NotResource="arn:aws:s3:::b"))], [ADA]),
    ("another bucket", [user(), of_user(allow(resource="arn:aws:s3:::other/*"))], []),
    ("all but some actions", [user(), of_user(allow(None, "*", NotAction=["ec2:*"]))], [ADA]),
    ("another service", [user(), of_user(allow("logs:*", "*"))], []),
    ("who can change policies", [user(), of_user(allow("iam:AttachUserPolicy", "*"))], [ADA]),
    ("who can make a role", [user(), of_user(allow("iam:CreateRole", "*"))], []),
    ("a condition is taken to hold", [user(), of_user(allow(Condition={"Bool": {"x": "y"}}))], [ADA]),
    ("the short spelling", [thing("aws:iam:UserPolicy", user="ada", policy=allow())], [ADA]),
    # What is not read
    ("a policy of aws-native", [thing(f"{NATIVE}RolePolicy", policyDocument=allow())], ["unknown"]),
    ("a role of aws-native", [thing(f"{NATIVE}Role", policies=[{"policyDocument": allow()}])], ["unknown"]),
    ("a bare user of aws-native", [thing(f"{NATIVE}User", userName="ada")], []),
    ("an access grant", [thing("s3control/accessGrant:AccessGrant", permission="READ")], ["unknown"]),
]


def declared() -> Seen:
    """What is declared, with a service account."""
    facts = carried(make_lab(), "amazon")
    return Seen("urn:d", DECLARATION, {"facts": {**facts, "services": {"robot": {"owner": "alice", "until": "none"}}}})


def place(*resources: Seen) -> dict[str, Any]:
    """The bucket, in a stack with these resources; its facts are of the published shape."""
    facts = facts_of([declared(), *resources, bucket()], TODAY).facts
    jsonschema.Draft202012Validator(SCHEMA).validate(facts)
    found = facts["locations"][HERE]
    assert isinstance(found, dict)
    return found


def who(*resources: Seen) -> list[str]:
    """Who has access to the bucket."""
    return sorted({reader["principal"] for reader in place(*resources)["readers"]})


@pytest.mark.parametrize(("resources", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_who_reads_by_what_identities_may_do(resources: list[Seen], expected: list[str]) -> None:
    """Each way to be somebody, to have a policy, and to mean a bucket with it."""
    assert who(*resources) == sorted(expected)


def test_a_reader_has_its_actions_and_the_whole_path() -> None:
    """By whom the role trusts, by the policy, by its statement."""
    (reader,) = place(role(), of_role(allow(["s3:GetObject", "s3:PutObject"])))["readers"]

    assert reader == {
        "principal": EC2,
        "actions": ["read", "write"],
        "path": ["trust policy of role r", "statement t", "policy reading", "statement s"],
    }


def test_wildcards_are_those_that_can_be_about_a_bucket() -> None:
    """Each once, however many have the policy."""
    said = {
        "Statement": [
            *allow("s3:*")["Statement"],
            *allow("logs:*", "*")["Statement"],
            *allow("s3:Get*", "arn:aws:s3:::other/*")["Statement"],
        ]
    }
    both = [
        iam("Policy", "shared", policy=said),
        attached("PolicyAttachment", users=["ada", "ben"], policyArn="unknown"),
    ]

    assert place(*both)["wildcards"] == [{"where": "policy shared, statement s", "what": "action", "value": "s3:*"}]


# Denials


@pytest.mark.parametrize(
    ("denial", "left"),
    [
        ({"Action": "s3:*", "Resource": [f"arn:aws:s3:::{NAME}", OBJECTS]}, []),
        ({"Action": "*", "Resource": "*"}, []),
        ({"Action": "s3:*", "Resource": f"{OBJECTS[:-1]}a/*"}, [ADA]),
        ({"Action": "s3:*", "Resource": "unknown"}, [ADA]),
        ({"Action": "unknown", "Resource": "*"}, [ADA]),
        ({"Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, [ADA]),
    ],
)
def test_only_a_denial_of_all_of_a_bucket_without_condition_counts(denial: dict[str, Any], left: list[str]) -> None:
    """In the same policy."""
    said = {"Statement": [*allow()["Statement"], {"Effect": "Deny", **denial}]}

    assert who(user(), of_user(said)) == left


def test_who_may_not_change_policies_does_not_give_itself_more() -> None:
    """Where a Deny for everything says so."""
    denial = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    said = {"Statement": [*allow("iam:*", "*")["Statement"], denial]}

    assert who(user(), of_user(said)) == []
    narrower = {"Statement": [*allow("iam:*", "*")["Statement"], {**denial, "Action": "iam:PutUserPolicy"}]}
    assert who(user(), of_user(narrower)) == [ADA]


# Keys


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([user(), of_user()], []),
        ([user(), iam("AccessKey", user="ada")], []),
        ([user(), of_user(), iam("AccessKey", user="ada")], [ADA]),
        ([user(), of_user(), iam("AccessKey", user="ada", status="Inactive")], []),
        ([user(), of_user(allow(resource="arn:aws:s3:::other/*")), iam("AccessKey", user="ada")], []),
        ([user(tags=tagged("service:robot")), of_user(), iam("AccessKey", user="ada")], ["service:robot"]),
        ([user(), of_user("unknown"), iam("AccessKey", user="ada")], [ADA]),
        (
            [
                user(),
                iam("AccessKey", user="ada"),
                iam("UserGroupMembership", user="ada", groups=["g"]),
                iam("Group", "g", name="g"),
                iam("GroupPolicy", group="g", policy=allow()),
            ],
            [ADA],
        ),
        ([iam("AccessKey", user="ada")], [ADA]),
        ([iam("AccessKey", user="unknown")], ["unknown"]),
        ([thing(f"{NATIVE}AccessKey", userName="ada")], ["unknown"]),
        ([user(), iam("AccessKey", user="ada"), role({"AWS": ADA_ARN}), of_role()], [f"account:{ADA_ARN}"]),
        ([user(), of_user(), iam("AccessKey", "k", {"user": (user().urn,)}, user="unknown")], [ADA]),
    ],
)
def test_a_key_counts_wherever_its_user_gets_to(resources: list[Seen], expected: list[str]) -> None:
    """By policies of the user's own or of a group; a user of another stack may get anywhere."""
    assert place(*resources)["keys"] == expected


def test_a_key_counts_where_the_bucket_s_own_policy_lets_its_user_in() -> None:
    """By the user's ARN, whose account a program may not know."""
    arn = ADA_ARN
    said = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject", "Resource": "*"}]}
    opening = part("Policy", policy=json.dumps(said))

    assert place(opening, user(), iam("AccessKey", user="ada"))["keys"] == [f"account:{arn}"]
    assert place(opening, user(), user("ben"), iam("AccessKey", user="ben"))["keys"] == []
    found = place(opening, user(arn=arn, tags=tagged("person:carol")), iam("AccessKey", user="ada"))
    assert (found["keys"], [r["principal"] for r in found["readers"]]) == (["person:carol"], ["person:carol"])


# Access points


def public(principal: Any = "*") -> dict[str, Any]:
    """The policy of an access point by which somebody reads."""
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"}]}


def point(**more: Any) -> Seen:
    """An access point of the bucket."""
    return thing("s3/accessPoint:AccessPoint", "door", **{"bucket": NAME, "name": "door", **more})


def regions(**more: Any) -> Seen:
    """A multi-region access point of the bucket."""
    token = "s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
    return thing(token, "wide", **{"details": {"name": "wide", "regions": [{"bucket": NAME}]}, **more})


def point_policy(policy: Any, depends: Sources | None = None, **more: Any) -> Seen:
    """A policy of an access point that is a resource of its own."""
    return thing("s3control/accessPointPolicy:AccessPointPolicy", "said", depends, policy=policy, **more)


def wide_policy(policy: Any, name: str = "wide") -> Seen:
    """A policy of a multi-region access point."""
    token = "s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"
    return thing(token, "said", details=[{"name": name, "policy": policy}])


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([point()], []),
        ([point(policy="{}")], []),
        ([point(policy=json.dumps(public()))], ["anyone"]),
        ([point(policy=public({"AWS": "111122223333"}))], ["account:arn:aws:iam::111122223333:root"]),
        ([point(policy="unknown")], ["unknown"]),
        ([point(policy="{")], ["unknown"]),
        ([point(policy=public(), vpcConfiguration={"vpcId": "vpc-1"})], ["account:network vpc-1"]),
        ([point(policy=public(), vpcConfiguration="unknown")], ["anyone"]),
        ([point(), point_policy(public(), accessPointArn=POINT_ARN)], ["anyone"]),
        ([point(), point_policy(public(), {"accessPointArn": (point().urn,)}, accessPointArn="unknown")], ["anyone"]),
        ([point(), point_policy("unknown", accessPointArn=POINT_ARN)], ["unknown"]),
        ([regions()], []),
        ([regions(), wide_policy(public())], ["anyone"]),
        ([regions(), wide_policy("unknown")], ["unknown"]),
        # An identity that goes through an access point
        ([point(), user(), of_user(allow(resource=f"{POINT_ARN}/object/*"))], [ADA]),
        ([point(bucket="other"), user(), of_user(allow(resource=f"{POINT_ARN}/object/*"))], []),
        ([user(), of_user(allow(resource=f"{POINT_ARN}/object/*"))], [ADA]),
        ([user(), of_user(allow(resource="arn:aws:s3:*:*:accesspoint/d*"))], [ADA]),
    ],
)
def test_who_reads_through_access_points(resources: list[Seen], expected: list[str]) -> None:
    """By the access point's policy, or by one of an identity that names the access point."""
    assert who(*resources) == expected


@pytest.mark.parametrize(
    "opening",
    [
        point(bucket="theirs", policy=public()),
        point_policy(public(), accessPointArn=POINT_ARN),
        wide_policy(public()),
        part("ReplicationConfig", bucket="theirs", rules=[{"status": "Enabled", "destination": {"bucket": "mine"}}]),
    ],
)
def test_what_opens_a_bucket_that_is_elsewhere_opens_something_unknown(opening: Seen) -> None:
    """It is a place of its own, of which nothing is known."""
    facts = facts_of([declared(), bucket(), opening], TODAY).facts

    assert facts["locations"][HERE]["readers"] == []
    assert facts["locations"][opening.urn]["dataset"] == "unknown"
    assert facts["locations"][opening.urn]["readers"] != []


def test_wildcards_of_an_access_point_count() -> None:
    """As those of the bucket's own policy do."""
    (found,) = place(point(policy=public()))["wildcards"]

    assert found == {"where": "policy of access point door, statement 1", "what": "principal", "value": "*"}


# Copies

COPY = "way-lab-retina-copy"
COPY_URN = "urn:pulumi:s::p::aws:s3/bucket:Bucket::copy"


def copy(location: str | None = f"{RAW}@mid@amazon") -> Seen:
    """A bucket that another is copied to."""
    said = {"bucket": COPY, "tags": {LOCATION_TAG: location} if location else {}}
    return Seen(COPY_URN, "aws:s3/bucket:Bucket", said, {}, "aws")


def copied(to: Any = f"arn:aws:s3:::{COPY}", kind: str = "ReplicationConfig", **more: Any) -> Seen:
    """What copies the bucket."""
    rules = [{"status": "Enabled", "destination": {"bucket": to}, **more}]
    return part(kind, "", {"rules": (COPY_URN,)} if to == "unknown" else {}, rules=rules)


@pytest.mark.parametrize(
    ("resources", "path"),
    [
        ([copied(), copy()], None),
        ([copied("unknown"), copy()], None),
        ([copied(kind="ReplicationConfiguration"), copy()], None),
        ([copied("arn:aws:s3:::theirs", status="Disabled"), copy()], None),
        ([copied("arn:aws:s3:::theirs"), copy()], "to bucket theirs, which is not in the stack"),
        ([copied("arn:aws:s3:::theirs", "ReplicationConfiguration")], "to bucket theirs, which is not in the stack"),
        ([copied("arn:aws:s3:::theirs", status="unknown")], "to bucket theirs, which is not in the stack"),
        ([copied("unknown")], "to a bucket that is not known"),
        ([copied(), copy(None)], "to bucket copy, which says of no dataset that it holds it"),
        ([copied(), copy("retina/metadata@mid@amazon")], "to bucket copy, which says that it holds retina/metadata"),
        ([part("ReplicationConfig", rules="unknown")], "its rules cannot be read"),
        ([part("ReplicationConfig", rules=["unknown"])], "to a bucket that is not known"),
        ([part("ReplicationConfig")], "its rules cannot be read"),
    ],
)
def test_who_reads_a_copy_is_known_where_it_is_a_location_of_the_same_dataset(
    resources: list[Seen], path: str | None
) -> None:
    """Of every other copy somebody unknown reads it."""
    found = [(r["principal"], r["actions"], r["path"]) for r in place(*resources)["readers"]]

    assert found == ([("unknown", ["read"], ["replication of bucket raw", path])] if path else [])


def test_a_copy_that_older_programs_say_on_the_bucket_counts() -> None:
    """One rule is known, and the other comes from nothing that is."""
    rules = [{"status": "Enabled", "destination": {"bucket": to}} for to in (f"arn:aws:s3:::{COPY}", "unknown")]
    old = bucket(replicationConfiguration={"role": "r", "rules": rules})

    found = facts_of([declared(), old, copy()], TODAY).facts["locations"][HERE]["readers"]
    assert [r["path"][-1] for r in found] == ["to a bucket that is not known"]


# Several buckets


def test_only_the_buckets_that_a_policy_may_mean_are_opened() -> None:
    """One whose name is not known may be any but those that are known."""
    unnamed = Seen("urn:u::u", "aws:s3/bucket:Bucket", {"bucket": "unknown", "tags": {}}, {}, "aws")

    def opened(resource: str) -> set[str]:
        resources = [declared(), bucket(), unnamed, copy(), user(), of_user(allow(resource=resource))]
        return {key for key, said in facts_of(resources, TODAY).facts["locations"].items() if said["readers"]}

    assert opened(OBJECTS) == {HERE}
    assert opened("arn:aws:s3:::later/*") == {"urn:u::u"}
    assert opened("arn:aws:sqs:us-east-1:111122223333:queue") == set()
    assert opened("*") == {HERE, "urn:u::u", f"{RAW}@mid@amazon"}


def test_a_bucket_of_slidebox_in_amazon_is_open_to_identities_and_one_on_the_lab_s_drive_is_not() -> None:
    """The lab's own gateway knows nothing of AWS."""
    for store, expected in (
        ({"name": "bench-s3", "endpoint": "https://s3.us-east-1.amazonaws.com"}, [ADA]),
        ({"name": "bench-s3", "endpoint": "https://minio.example.org"}, []),
        ({"name": "bench-s3", "over": "bench"}, []),
    ):
        facts = facts_of([own_bucket(store=store), user(), of_user(allow(resource="*"))], TODAY).facts
        (found,) = facts["locations"].values()
        assert [r["principal"] for r in found["readers"]] == expected


# Laws

RESOURCES = st.sampled_from(
    ["*", OBJECTS, f"arn:aws:s3:::{NAME}", "arn:aws:s3:::*", "arn:aws:s3:::other/*", "unknown", "x", POINT_ARN]
)
ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:PutObject", "iam:*", "logs:*", "unknown", "s3:ListBucket"])


@st.composite
def statements(draw: Callable[[Any], Any], effect: str) -> dict[str, Any]:
    """A statement, whole or with something wrong with it."""
    said: dict[str, Any] = {"Effect": effect}
    said[draw(st.sampled_from(["Action", "NotAction"]))] = draw(st.lists(ACTIONS, min_size=1, max_size=2))
    said[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(RESOURCES)
    if draw(st.booleans()):
        said["Condition"] = draw(st.sampled_from([{}, {"Bool": {"aws:SecureTransport": "false"}}, "unknown"]))
    return said


def access(*said: dict[str, Any]) -> set[tuple[str, str]]:
    """Who may do what, by a user's policy of these statements."""
    found = place(user(), of_user({"Statement": list(said)}))["readers"]
    return {(reader["principal"], action) for reader in found for action in reader["actions"]}


SEVERAL = st.lists(statements("Allow") | statements("Deny"), max_size=3)


@settings(deadline=None)
@given(SEVERAL, statements("Deny"))
def test_adding_a_deny_never_adds_a_reader(said: list[dict[str, Any]], denial: dict[str, Any]) -> None:
    """Whatever it says."""
    assert access(*said, denial) <= access(*said)


@settings(deadline=None)
@given(SEVERAL, statements("Allow"))
def test_adding_an_identity_statement_never_removes_a_reader(said: list[dict[str, Any]], more: dict[str, Any]) -> None:
    """Whatever it says, and whether it is in the same policy or in another."""
    before = access(*said)
    another = iam("UserPolicy", "another", user="ada", policy={"Statement": [more]})
    found = place(user(), of_user({"Statement": list(said)}), another)["readers"]

    assert before <= access(*said, more)
    assert before <= {(reader["principal"], action) for reader in found for action in reader["actions"]}


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_resource_is_too_strange(value: Any) -> None:
    """Whatever its properties are, the answer is facts and not a crash."""
    kinds = ("user", "role", "policy", "policyArn", "inlinePolicies", "managedPolicyArns", "assumeRolePolicy", "groups")
    odd = dict.fromkeys((*kinds, "name"), value)
    for resources in (
        [iam(kind, **odd) for kind in ("User", "Role", "UserPolicy", "RolePolicyAttachment", "UserGroupMembership")],
        [iam("AccessKey", user=value), point(policy=value), regions(details=value), wide_policy(value)],
        [
            part("ReplicationConfig", rules=value, role=value),
            bucket(replicationConfiguration=value),
            iam("Role", **odd),
        ],
        [Seen("urn:aws", "pulumi:providers:aws", {"allowedAccountIds": value}, {})],
    ):
        assert facts_of([declared(), *resources, copy()], TODAY).facts["locations"]


def test_a_stack_without_identities_has_none() -> None:
    """The bucket is as it is by itself."""
    assert (place()["readers"], place()["keys"], place()["wildcards"]) == ([], [], [])
