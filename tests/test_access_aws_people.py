"""Who can do what with a bucket of AWS by being somebody: users, roles and whoever is behind them, and keys."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.snapshot import Known, unread

from .aws_estate import (
    ACCOUNT,
    ARN,
    BLOCKED,
    KEY,
    NOTHING,
    OTHER,
    acl,
    allow,
    arn,
    bucket,
    deny,
    grant,
    is_public,
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


# Keys


def by(name: Any) -> dict[str, Any]:
    """Default encryption with a key of a name."""
    said = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": said}]}


ENCRYPTED = by(KEY)
BY_ITSELF = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
BY_AWS = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
DECRYPT = may("kms:Decrypt", KEY)


def key(*statements: Any, **more: Any) -> dict[str, Any]:
    """The key of the bucket, with a policy."""
    return {KEY: {"Policy": policy(*statements), "Grants": [], "Aliases": ["alias/lab"], **more}}


def locked(encryption: Any = ENCRYPTED, whole: bool = True, **parts: Any) -> dict[str, Any]:
    """A bucket that encrypts, of which every object is known to be."""
    return bucket(encryption=encryption, all_encrypted=whole, **parts)


KEYS: dict[str, tuple[Any, Any, set[str]]] = {
    "nobody can decrypt": (key(), [READ], set()),
    "its account can, and alice's policy does": (key(allow(ROOT, "kms:*", "*")), [READ, DECRYPT], {"person:alice"}),
    "its account can, and alice's policy does not": (key(allow(ROOT, "kms:*", "*")), [READ], set()),
    "its policy names alice": (key(allow({"AWS": ALICE}, "kms:Decrypt", "*")), [READ], {"person:alice"}),
    "its policy names bob": (key(allow({"AWS": arn("user", "bob")}, "kms:Decrypt", "*")), [READ], set()),
    "its policy denies alice": (
        key(allow(ROOT, "kms:*", "*"), allow({"AWS": ALICE}, "kms:*", "*"), deny({"AWS": ALICE}, "kms:*", "*")),
        [READ],
        set(),
    ),
    "its policy names users by a pattern": (
        key(allow("*", "kms:Decrypt", "*", Condition={"ArnLike": {"aws:PrincipalArn": arn("user", "a*")}})),
        [READ],
        {"person:alice"},
    ),
    "a grant names alice": (
        key(Grants=[{"GranteePrincipal": ALICE, "Operations": ["Decrypt"]}]),
        [READ],
        {"person:alice"},
    ),
    "a grant to encrypt only": (key(Grants=[{"GranteePrincipal": ALICE, "Operations": ["Encrypt"]}]), [READ], set()),
    "its policy was not read": ({KEY: {"Policy": unread("AccessDenied"), "Grants": []}}, [READ], {"person:alice"}),
    "its grants were not read": (key(Grants=unread("AccessDenied")), [READ], {"person:alice"}),
    "it was not read": ({}, [READ], {"person:alice"}),
    "keys were not read": (unread("AccessDenied"), [READ], {"person:alice"}),
}


@pytest.mark.parametrize(("keys", "may_do", "who"), KEYS.values(), ids=KEYS)
def test_what_a_key_encrypts_is_read_by_those_who_can_decrypt(keys: Any, may_do: list[Any], who: set[str]) -> None:
    """A reader has to have the bucket and the key."""
    said = section(locked(), authorization=people([user("alice", *may_do)]), keys=keys)

    assert principals(said, known=NAMES) == who


PUBLIC_BEHIND_KEYS: dict[str, tuple[Any, bool, Any, set[str]]] = {
    "no encryption is known": (None, True, {}, {"anyone"}),
    "S3's own key": (BY_ITSELF, True, {}, {"anyone"}),
    "AWS's key for S3": (BY_AWS, True, {}, set()),
    "AWS's key for S3, for new objects": (BY_AWS, False, {}, {"unknown"}),
    "a key that lets nobody": (ENCRYPTED, True, key(), set()),
    "a key that lets nobody, for new objects": (ENCRYPTED, False, key(), {"unknown"}),
    "a key that lets everybody": (ENCRYPTED, True, key(allow("*", "kms:Decrypt", "*")), {"anyone"}),
    "a key that lets its account": (ENCRYPTED, True, key(allow(ROOT, "kms:*", "*")), set()),
    "a key that was not read": (ENCRYPTED, True, {}, {"anyone"}),
    "encryption that was not read": (unread("AccessDenied"), True, {}, {"anyone"}),
    "a key that is known only later": (
        {
            "Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": unread("later")}}
            ]
        },
        True,
        {},
        {"anyone"},
    ),
}


@pytest.mark.parametrize(("encryption", "whole", "keys", "who"), PUBLIC_BEHIND_KEYS.values(), ids=PUBLIC_BEHIND_KEYS)
def test_a_key_keeps_everybody_from_what_it_encrypts(encryption: Any, whole: bool, keys: Any, who: set[str]) -> None:
    """Everybody reads behind a key only where that lets everybody; older objects may still be open."""
    said = section(locked(encryption, whole, policy=policy(allow())), keys=keys)

    assert principals(said) == who


def test_a_key_that_is_not_made_yet_is_asked_by_its_own_policy() -> None:
    """A plan names it by its address."""
    said = key(allow("*", "kms:Decrypt", "*"))[KEY]

    for keys, public in (({"aws_kms_key.lab": said}, True), ({"aws_kms_key.lab": key()[KEY]}, False)):
        assert is_public(section(locked(by("aws_kms_key.lab"), policy=policy(allow())), keys=keys)) is public


def test_awss_own_key_keeps_everybody_away_whichever_account_it_is() -> None:
    """Of what is only planned the account may not be known."""
    said = section(locked(BY_AWS, policy=policy(allow()), account=""), {"": {**NOTHING}})

    assert principals(said) == set()


@pytest.mark.parametrize("who", ["f00d", "owner-of-another"])
def test_whoever_is_known_by_a_canonical_id_may_have_the_key(who: str) -> None:
    """Nothing tells which account that is, so it stays, with the doubt in the path."""
    said = policy(allow({"CanonicalUser": who}))
    keys = key(allow({"AWS": OTHER}, "kms:Decrypt", "*"))

    assert principals(section(locked(policy=said), keys=keys)) == {f"account:canonical:{who}"}


def test_the_own_identities_that_a_block_leaves_may_have_the_key() -> None:
    """Which of them do is not known."""
    said = locked(policy=policy(allow()), public_access_block=BLOCKED)

    assert principals(section(said, keys=key(allow(ROOT, "kms:*", "*")))) == {f"account:{ACCOUNT}"}


def test_somebody_whom_a_provider_vouches_for_is_unknown() -> None:
    """A bucket policy that names a provider lets in whoever that vouches for."""
    assert principals(section(bucket(policy=policy(allow({"Federated": COGNITO}))))) == {"unknown"}


@pytest.mark.parametrize("name", [KEY, "k1", "alias/lab", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/lab"])
def test_a_key_is_known_by_each_of_its_names(name: str) -> None:
    """A bucket names its key by ARN, id or alias."""
    encryption = {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}}]
    }

    assert not is_public(section(locked(encryption, policy=policy(allow())), keys=key()))


def test_an_alias_in_two_regions_is_that_of_the_buckets() -> None:
    """The key in the bucket's own region is meant."""
    elsewhere = KEY.replace("us-east-1", "eu-west-1")
    keys = {elsewhere: {**key(allow("*", "kms:Decrypt", "*"))[KEY]}, **key()}
    encryption = {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/lab"}}]
    }

    assert not is_public(section(locked(encryption, policy=policy(allow())), keys=keys))


def test_a_key_does_not_keep_from_listing_and_writing() -> None:
    """What is not decrypted needs no key."""
    said = section(locked(policy=policy(allow(action="s3:*", resource=[ARN, f"{ARN}/*"]))), keys=key())

    assert {"list", "write", "delete", "admin"} <= {
        action for one in readers(said) if one.principal == "anyone" for action in one.actions
    }


def test_whoever_is_named_stays_where_objects_may_be_encrypted_otherwise() -> None:
    """The doubt is in the path."""
    (found,) = readers(section(locked(whole=False), authorization=people([user("alice", READ)]), keys=key()), NAMES)

    assert found.principal == "person:alice"
    assert found.path[-1] == "key k1 does not let it decrypt; what is encrypted otherwise can be read"


def test_a_blocked_bucket_with_a_public_role_is_public_all_the_same() -> None:
    """No public access block stops a role that everybody can take on."""
    guest = role("guest", "*", READ)

    assert principals(section(bucket(public_access_block=BLOCKED), authorization=people(roles=[guest]))) == {
        "any_account"
    }
