"""Who can read what the key of a bucket of AWS encrypts."""

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
    allow,
    arn,
    bucket,
    deny,
    is_public,
    may,
    people,
    policy,
    principals,
    readers,
    section,
    user,
)

READ = may("s3:GetObject", f"{ARN}/*")
ALICE = arn("user", "alice")
NAMES = Known(names={ALICE: "person:alice"})


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
