"""Who can do what with a bucket of AWS by being somebody: users, roles and whoever is behind them."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.aws import locations
from slidebox.access.snapshot import Known, unread

from .aws_estate import (
    ACCOUNT,
    ARN,
    BLOCKED,
    NOTHING,
    OTHER,
    acl,
    allow,
    arn,
    bucket,
    deny,
    grant,
    may,
    people,
    policy,
    principals,
    readers,
    role,
    section,
    user,
)

READ = may("s3:GetObject", f"{ARN}/*")
ALICE = arn("user", "alice")
NAMES = Known(names={ALICE: "person:alice"})
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
TOKEN = "token.actions.githubusercontent.com"
BRANCH = "repo:lab/nf1:ref:refs/heads/main"
COGNITO = "cognito-identity.amazonaws.com"


def test_a_user_has_what_its_policy_says_by_its_name_in_the_lab() -> None:
    """The path is the user, the policy and the statement."""
    (found,) = readers(section(authorization=people([user("alice", READ)])), NAMES)

    assert (found.principal, found.actions, found.path) == (
        "person:alice",
        ("read",),
        ("user alice", "policy own", "statement 1"),
    )


def test_a_user_is_known_by_its_plain_name_too() -> None:
    """The lab may name a user as the store does."""
    said = section(authorization=people([user("alice", READ)]))

    assert principals(said, known=Known(names={"alice": "person:alice"})) == {"person:alice"}


@pytest.mark.parametrize(("status", "said"), [("Active", True), ("Inactive", False)])
def test_keys_that_do_not_expire_are_in_the_path(status: str, said: bool) -> None:
    """A user with an access key that is in use has it for good."""
    alice = user("alice", READ, AccessKeys=[{"AccessKeyId": "AKIAEXAMPLE", "Status": status}])

    (found,) = readers(section(authorization=people([alice])))

    assert ("access keys that do not expire" in found.path) is said
    assert not any("AKIA" in words for words in found.path)


def test_whoever_can_take_on_a_role_has_what_it_can_do() -> None:
    """The reader is the user behind the role, and the role is in the path."""
    said = section(authorization=people([user("alice")], [role("analysis", {"AWS": ALICE}, READ)]))

    (found,) = readers(said, NAMES)

    assert (found.principal, found.path) == (
        "person:alice",
        ("trust policy of role analysis", "statement 1", "role analysis", "policy own", "statement 1"),
    )


def test_a_role_that_nobody_can_take_on_has_no_reader() -> None:
    """Without anybody behind it a role reads nothing."""
    nobody = role("old", {"AWS": ALICE}, READ)
    nobody["AssumeRolePolicyDocument"] = policy(deny({"AWS": "*"}, "sts:AssumeRole"))

    assert not readers(section(authorization=people(roles=[nobody])))


@pytest.mark.parametrize("length", [1, 2, 5, 40])
def test_a_chain_of_roles_is_followed_to_its_end(length: int) -> None:
    """However many roles are between a user and the bucket."""
    chain = [role("r0", {"AWS": arn("role", "r1") if length > 1 else ALICE}, READ)]
    chain += [
        role(f"r{number}", {"AWS": arn("role", f"r{number + 1}") if number + 1 < length else ALICE})
        for number in range(1, length)
    ]

    assert principals(section(authorization=people([user("alice")], chain)), known=NAMES) == {"person:alice"}


def test_roles_that_trust_each_other_in_a_ring_have_nobody() -> None:
    """A ring of roles that nobody else can enter lets in nobody."""
    ring = [role(f"r{n}", {"AWS": arn("role", f"r{(n + 1) % 3}")}, READ) for n in range(3)]

    assert not readers(section(authorization=people(roles=ring)))


TRUSTED: dict[str, tuple[Any, dict[str, Any], set[str]]] = {
    "everybody": ("*", {}, {"any_account"}),
    "everybody of AWS": ({"AWS": "*"}, {}, {"any_account"}),
    "another account": ({"AWS": f"arn:aws:iam::{OTHER}:root"}, {}, {f"account:{OTHER}"}),
    "a role of another account": ({"AWS": arn("role", "x", OTHER)}, {}, {f"account:{arn('role', 'x', OTHER)}"}),
    "a virtual machine": ({"Service": "ec2.amazonaws.com"}, {}, {"account:ec2.amazonaws.com"}),
    "a workflow of one branch": (
        {"Federated": GITHUB},
        {
            "Condition": {
                "StringEquals": {
                    f"{TOKEN}:aud": "sts.amazonaws.com",
                    f"{TOKEN}:sub": "repo:lab/nf1:ref:refs/heads/main",
                }
            }
        },
        {"account:github:lab/nf1@main"},
    ),
    "everybody of GitHub": (
        {"Federated": GITHUB},
        {"Condition": {"StringEquals": {f"{TOKEN}:aud": "sts.amazonaws.com"}}},
        {"any_account"},
    ),
    "the own account, by its policies": (
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {},
        {"account:" + arn("user", "bob")},
    ),
}


@pytest.mark.parametrize(("trust", "more", "who"), TRUSTED.values(), ids=TRUSTED)
def test_a_role_is_as_open_as_its_trust_policy(trust: Any, more: dict[str, Any], who: set[str]) -> None:
    """Who is let in by the trust policy reads; of the own account those whose policies let them."""
    bob = user("bob", may("sts:AssumeRole", arn("role", "analysis")))
    said = section(authorization=people([user("alice"), bob], [role("analysis", trust, READ, **more)]))

    assert principals(said) == who


POOLS: dict[str, tuple[Any, Any, set[str]]] = {
    "lets in whoever has not signed in": (
        [{"IdentityPoolId": "us-east-1:p", "AllowUnauthenticatedIdentities": True}],
        {},
        {"anyone", "account:cognito:us-east-1:p"},
    ),
    "lets in nobody who has not signed in": (
        [{"IdentityPoolId": "us-east-1:p", "AllowUnauthenticatedIdentities": False}],
        {},
        {"account:cognito:us-east-1:p"},
    ),
    "the role is for those who have signed in": (
        [{"IdentityPoolId": "us-east-1:p", "AllowUnauthenticatedIdentities": True}],
        {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}},
        {"account:cognito:us-east-1:p"},
    ),
    "was not read": (unread("AccessDenied"), {}, {"unknown"}),
    "is another one": ([{"IdentityPoolId": "us-east-1:q"}], {}, {"unknown"}),
    "whom it lets in is not known": (
        [{"IdentityPoolId": "us-east-1:p", "AllowUnauthenticatedIdentities": unread("later")}],
        {},
        {"unknown", "account:cognito:us-east-1:p"},
    ),
}


@pytest.mark.parametrize(("pools", "more", "who"), POOLS.values(), ids=POOLS)
def test_an_identity_pool_lets_in_whom_it_lets_in(pools: Any, more: dict[str, Any], who: set[str]) -> None:
    """A role that a pool hands out is public where the pool lets in who has not signed in."""
    condition = {"StringEquals": {f"{COGNITO}:aud": "us-east-1:p"}, **more}
    guest = role("guest", {"Federated": COGNITO}, READ, Condition=condition)

    assert principals(section(authorization=people(roles=[guest]), identity_pools=pools)) == who


DENIED: dict[str, tuple[Any, set[str]]] = {
    "nobody": (None, {"person:alice", "account:" + arn("user", "bob")}),
    "everybody": (deny(), set()),
    "everybody who comes without TLS": (
        deny(Condition={"Bool": {"aws:SecureTransport": "false"}}),
        {"person:alice", "account:" + arn("user", "bob")},
    ),
    "bob": (deny({"AWS": arn("user", "bob")}), {"person:alice"}),
    "all but alice": (
        deny(Condition={"ArnNotEquals": {"aws:PrincipalArn": ALICE}}),
        {"person:alice"},
    ),
    "all but alice, by name": ({**deny({"AWS": ALICE}), "NotPrincipal": {"AWS": ALICE}}, {"person:alice"}),
    "part of the bucket": (deny(resource=f"{ARN}/phi/*"), {"person:alice", "account:" + arn("user", "bob")}),
}


@pytest.mark.parametrize(("said", "who"), DENIED.values(), ids=DENIED)
def test_a_deny_of_the_bucket_holds_against_identities(said: Any, who: set[str]) -> None:
    """What the bucket's policy denies, an identity's policy does not give."""
    if said and "NotPrincipal" in said:
        del said["Principal"]
    document = policy(said) if said else None
    everything = may("s3:*")
    both = people([user("alice", everything), user("bob", everything)])

    assert principals(section(bucket(policy=document), authorization=both), known=NAMES) == who


def test_a_role_named_by_the_policy_stands_for_whoever_is_behind_it() -> None:
    """A bucket's policy that names a role lets in those who can take it on."""
    said = section(
        bucket(policy=policy(allow({"AWS": arn("role", "analysis")}))),
        authorization=people([user("alice")], [role("analysis", {"AWS": ALICE})]),
    )

    (found,) = readers(said, NAMES)

    assert (found.principal, found.path[-2:]) == ("person:alice", ("bucket policy", "statement 1"))


def test_a_bucket_that_names_its_own_account_leaves_it_to_the_policies_of_its_people() -> None:
    """The statement gives nothing by itself within the account."""
    said = bucket(policy=policy(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "s3:*")))

    assert not readers(section(said))
    assert principals(section(said, authorization=people([user("alice", READ)])), known=NAMES) == {"person:alice"}


@pytest.mark.parametrize("more", [{}, {"Condition": {"ArnLike": {"aws:PrincipalArn": arn("role", "*")}}}])
def test_what_is_left_to_the_own_account_names_nobody_by_its_condition(more: dict[str, Any]) -> None:
    """A condition on who of the account comes narrows what is left to it, and gives nothing."""
    own = bucket(policy=policy(allow({"AWS": [ACCOUNT, OTHER]}, "s3:*", [ARN, f"{ARN}/*"], **more)))

    assert principals(section(own)) == (set() if more else {f"account:{OTHER}"})


def test_a_bucket_that_lets_in_another_account_lets_in_its_people_by_their_policies() -> None:
    """Of an account that was read, those are named whose policies let them, besides the account."""
    theirs = {
        **NOTHING,
        "authorization": people(
            [user("carol", READ, account=OTHER), user("dan", account=OTHER)],
            [role("open", "*", READ, account=OTHER)],
        ),
    }
    said = section(bucket(policy=policy(allow({"AWS": OTHER}))), {OTHER: theirs})

    assert principals(said) == {f"account:{OTHER}", f"account:{arn('user', 'carol', OTHER)}", "any_account"}
    assert principals(section(bucket(), {OTHER: theirs})) == set()


def test_a_list_that_names_the_owner_of_another_account_names_that() -> None:
    """Canonical ids are told by the accounts that have them."""
    theirs = {**NOTHING, "canonical_user": "f00d"}
    said = section(bucket(acl=acl(grant("f00d", "READ")), ownership=None), {OTHER: theirs})

    assert f"account:{OTHER}" in principals(said, "list")


@pytest.mark.parametrize("authorization", [unread("AccessDenied"), {"UserDetailList": unread("throttled")}, "?", []])
def test_identities_that_were_not_read_may_be_anybody(authorization: Any) -> None:
    """Somebody unknown has everything, and the path says why."""
    found = readers(section(authorization=authorization))

    assert any(
        one.principal == "unknown" and f"identities of account {ACCOUNT} were not read" in one.path[-1] for one in found
    )


def test_an_account_without_identities_has_none() -> None:
    """None says that there are none."""
    assert not readers(section(authorization=None))


def test_somebody_who_can_change_identities_has_everything() -> None:
    """Whoever may write policies may give itself the rest."""
    said = section(authorization=people([user("alice", may("iam:PutUserPolicy"))]))

    assert principals(said, "admin", NAMES) == {"person:alice"}


def test_a_blocked_bucket_with_a_public_role_is_public_all_the_same() -> None:
    """No public access block stops a role that everybody can take on."""
    guest = role("guest", "*", READ)

    assert principals(section(bucket(public_access_block=BLOCKED), authorization=people(roles=[guest]))) == {
        "any_account"
    }


def test_somebody_whom_a_provider_vouches_for_is_unknown() -> None:
    """A bucket policy that names a provider lets in whoever that vouches for."""
    assert principals(section(bucket(policy=policy(allow({"Federated": COGNITO}))))) == {"unknown"}


def test_a_role_of_which_the_arn_is_not_known_may_be_any() -> None:
    """Whoever is behind it, and behind any role that is named and was not found, is unknown."""
    nameless = {**role("guest", "*", READ), "Arn": unread("later")}
    named = bucket(policy=policy(allow({"AWS": arn("role", "guest")})))

    assert principals(section(authorization=people(roles=[nameless]))) == {"unknown"}
    assert principals(section(named, authorization=people(roles=[nameless]))) == {
        "unknown",
        f"account:{arn('role', 'guest')}",
    }


def test_a_role_of_another_account_that_was_not_read_may_have_anybody_behind_it() -> None:
    """The role is named, and somebody unknown beside it."""
    theirs = {**NOTHING, "authorization": unread("AccessDenied")}
    named = bucket(policy=policy(allow({"AWS": arn("role", "x", OTHER)})))

    assert principals(section(named, {OTHER: theirs})) == {"unknown", f"account:{arn('role', 'x', OTHER)}"}


def test_a_role_by_which_the_lab_knows_somebody_is_that_person_wherever_it_stands_in_a_chain() -> None:
    """Whoever signs in to become that role is named besides."""
    head, sign_in = "arn:aws:iam::111122223333", "arn:aws:iam::111122223333:saml-provider/sso"
    ada = f"{head}:role/people/ada"
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bkt/*"}

    def role(name: str, arn: str, trusted: dict[str, str], *inline: dict[str, str]) -> dict[str, object]:
        action = "sts:AssumeRoleWithSAML" if "Federated" in trusted else "sts:AssumeRole"
        trust = {"Statement": [{"Effect": "Allow", "Action": action, "Principal": trusted}]}
        policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": list(inline)}}] if inline else []
        return {"RoleName": name, "Arn": arn, "AssumeRolePolicyDocument": trust, "RolePolicyList": policies}

    roles = [
        role("reader", f"{head}:role/reader", {"AWS": ada}, reads),
        role("ada", ada, {"Federated": sign_in}),
    ]
    whole = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    place = {"account": "111122223333", "policy": None, "public_access_block": None, "acl": None, "ownership": enforced}
    account = {"public_access_block": None, "authorization": whole}
    section = {"accounts": {"111122223333": account}, "buckets": {"bkt": place}}
    (found,) = locations(section, Known({ada: "person:ada"}))
    assert {"person:ada", f"account:saml:{sign_in}"} <= {reader.principal for reader in found.readers}
