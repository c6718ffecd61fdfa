"""What public access blocks take away, at the account, the bucket and an access point.

``BlockPublicAcls`` and ``BlockPublicPolicy`` refuse new public lists and policies, and leave those that are there.
``IgnorePublicAcls`` takes what lists give to everybody. ``RestrictPublicBuckets`` leaves of a policy that S3 calls
public only the services of AWS and the account's own identities. The most restrictive of all that hold counts.

What S3 calls public is not what is open: a policy that lets in 300 networks of the size of a /8 is not, so a block is
counted on only where a statement is public in the words of the User Guide beyond any doubt. A Deny makes no policy less
public: S3 calls one public that allows everybody something.

Sources: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage" and 'The meaning of "public"',
as of 2026-11.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slidebox.access.aws.grants import Grant
from slidebox.access.aws.parts import Part, flag
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN
from slidebox.access.s3_statements import statements, texts

_BAD: Final = ("s3:get", "s3:list", "s3:put", "s3:delete", "s3:abortmultipartupload", "s3:restoreobject")
"""Beginnings of what S3 calls bad actions: by them data are read or written."""

_FREE: Final = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:referer",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:tokenissuetime",
        "aws:useragent",
        "s3:authtype",
        "s3:delimiter",
        "s3:max-keys",
        "s3:prefix",
        "s3:signatureage",
        "s3:signatureversion",
        "s3:tlsversion",
        "s3:versionid",
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-storage-class",
    }
)
"""Keys whose values say nothing of who comes, so that S3 finds a statement no less public for them."""

_WIDEST: Final = {4: 8, 6: 32}
"""A network with a shorter prefix is no fixed value."""

OWN: Final = "own"
"""Whom a policy lets in that lets everybody in, where a block leaves the account's own identities."""

_MAYBE: Final = "S3 may not call this public, and so not stop it"
_LIKE: Final = ("stringlike", "arnlike", "arnequals", "stringequals")


@dataclass(frozen=True, slots=True)
class Block:
    """What all public access blocks together do; None where that is not known.

    Attributes
    ----------
    ignores_lists
        Whether what lists give to everybody is ignored.
    restricts_policies
        Whether a public policy is good for the account's own identities and services of AWS only.
    why
        What of them is not known, and why.
    """

    ignores_lists: bool | None = False
    restricts_policies: bool | None = False
    why: str = ""

    @property
    def doubt(self) -> tuple[str, ...]:
        """What a path says of them."""
        return (f"whether a public access block stops this is not known: {self.why}",) if self.why else ()


def united(blocks: Mapping[str, Part]) -> Block:
    """The most restrictive combination of blocks, each by what it is called in a path."""
    listed = [_block(called, one) for called, one in blocks.items()]
    return Block(
        _any(one.ignores_lists for one in listed),
        _any(one.restricts_policies for one in listed),
        "; ".join(one.why for one in listed if one.why),
    )


def _block(called: str, said: Part) -> Block:
    if not said.known:
        return Block(None, None, f"{called}: {said.why}")
    if said.value is None:
        return Block()
    if not isinstance(said.value, Mapping):
        return Block(None, None, f"{called}: it cannot be understood")
    ignores, restricts = flag(said.value, "IgnorePublicAcls"), flag(said.value, "RestrictPublicBuckets")
    return Block(ignores, restricts, "" if None not in (ignores, restricts) else f"{called}: some of it is not known")


def _any(values: Iterable[bool | None]) -> bool | None:
    listed = list(values)
    return True if True in listed else (None if None in listed else False)


def restricted(given: Iterable[Grant], policy: object, block: Block, account: str) -> Iterator[Grant]:
    """What a policy gives where public access blocks hold.

    Parameters
    ----------
    given
        What the policy gives, everything that denies taken off.
    policy
        The policy document.
    block
        What the blocks do.
    account
        The account of the bucket or access point; empty where it is not known.

    Yields
    ------
    Grant
        What is left. Where everybody was let in, the account's own identities are.
    """
    listed = list(given)
    if block.restricts_policies is False:
        yield from listed
    elif block.restricts_policies and certainly_public(policy):
        yield from _own(listed, account)
    else:
        doubt = (
            block.doubt if block.restricts_policies is None else ("S3 may not call this public, and so not stop it",)
        )
        for one in listed:
            yield replace(one, path=(*one.path, *doubt)) if one.who in (ANYONE, ANY_ACCOUNT) else one


def _own(given: Iterable[Grant], account: str) -> Iterator[Grant]:
    for one in given:
        if one.who == UNKNOWN or one.who.startswith("service:") or _is_of(one.who, account):
            yield one
        elif not one.who.startswith(("arn:", "account:", "canonical:")):
            yield replace(one, who=OWN, path=(*one.path, "a public access block leaves the account's own identities"))


def _is_of(who: str, account: str) -> bool:
    if who.startswith("account:"):
        return not account or who == f"account:{account}"
    parts = who.split(":")
    # An origin access identity has the word "cloudfront" where others have an account.
    return len(parts) > 5 and parts[0] == "arn" and (not account or parts[4] in (account, "cloudfront"))


def certainly_public(policy: object) -> bool:
    """Whether some statement of a policy is public in the words of the User Guide, whatever else it says."""
    return any(_is_public(said) for said in statements(policy) or () if isinstance(said, Mapping))


def _is_public(said: Mapping[Any, Any]) -> bool:
    if said.get("Effect") != "Allow" or "NotPrincipal" in said or "NotAction" in said:
        return False
    named = said.get("Principal")
    everybody = named == "*" or (isinstance(named, Mapping) and "*" in (texts(named.get("AWS")) or ()))
    actions = [action.lower() for action in texts(said.get("Action")) or ()]
    bad = any(action in ("*", "s3:*") or action.startswith(_BAD) for action in actions)
    condition = said.get("Condition")
    return everybody and bad and (not condition or (isinstance(condition, Mapping) and _fixes_nothing(condition)))


def _fixes_nothing(condition: Mapping[Any, Any]) -> bool:
    """Whether no part of a condition has a fixed value, beyond any doubt."""
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            return False
        for key, value in keys.items():
            name = str(key).lower()
            if name not in _FREE and not _is_open(str(operator).lower(), name, texts(value)):
                return False
    return True


def _is_open(operator: str, key: str, values: tuple[str, ...] | None) -> bool:
    if values is None:
        return False
    if operator == "ipaddress" and key == "aws:sourceip":
        return any(_is_wide(value) for value in values)
    return operator in _LIKE and "*" in values and operator != "stringequals"


def _is_wide(value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WIDEST[network.version]
