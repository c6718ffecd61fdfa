"""Whom the key that a bucket encrypts with lets read what it encrypts.

A bucket's default encryption says how objects are encrypted that come from then on, where nothing else is asked for.
Objects that were there before, and those for which somebody asked for another kind, are open to whoever may get them.
So a key takes a reader away only where it is known that it encrypts every object; elsewhere whoever is let in by name
stays, with the doubt in the path, and everybody becomes somebody unknown: some object may be open to all.

Sources: Amazon S3 User Guide, "Setting default server-side encryption behavior for Amazon S3 buckets" and "Using
server-side encryption with AWS KMS keys"; AWS KMS Developer Guide, "Key policies", "Grants" and "AWS managed keys",
as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from slidebox.access.aws.grants import Grant, meant, resource_grants
from slidebox.access.aws.identities import account_of
from slidebox.access.aws.parts import Part, objects, part, text
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

_DECRYPT: Final = "kms:decrypt"
_EVERYBODY: Final = (ANYONE, ANY_ACCOUNT)
_MANAGED: Final = "alias/aws/s3"
_NARROW: Final = ("org:", "orgpath:", "vpce:", "vpc:", "network:")

ByIdentity = Callable[[str, str], bool | None]
"""Whether an identity's own policies let it decrypt with a key, both by their ARNs; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Key:
    """What stands between an object and those who may get it.

    Attributes
    ----------
    called
        What it is called in a path.
    account
        The account that it is of; empty where that is not known.
    managed
        Whether it is the one that AWS keeps for S3: it lets in the account's own identities, and nobody else.
    lets
        Whom its policy and its grants let decrypt; None where they are not known.
    arn
        Its ARN; empty where it is not known.
    """

    called: str
    account: str = ""
    managed: bool = False
    lets: tuple[str, ...] | None = None
    arn: str = ""
    _memory: dict[str, bool | None] = field(default_factory=dict, compare=False, repr=False)

    def opens(self, who: str, by_identity: ByIdentity) -> bool | None:
        """Whether somebody can decrypt; None where that is not known."""
        if who not in self._memory:
            self._memory[who] = self._opens(who, by_identity)
        return self._memory[who]

    def _opens(self, who: str, by_identity: ByIdentity) -> bool | None:
        if self.managed:
            return self._is_own(who)
        if self.lets is None or who == UNKNOWN:
            return None
        if any(one in _EVERYBODY for one in self.lets) or who in self.lets:
            return True
        return self._by_its_account(who, by_identity)

    def _by_its_account(self, who: str, by_identity: ByIdentity) -> bool | None:
        """Whether the key lets in somebody by what it leaves to their account, or by a pattern."""
        lets = self.lets or ()
        if who in _EVERYBODY or who.startswith("service:"):
            return self._perhaps()
        if not who.startswith(("arn:", "account:")):
            return None  # a network, an organisation or a canonical id may be one of those whom the key lets decrypt
        account = account_of(who) if who.startswith("arn:") else who.removeprefix("account:")
        near = [one for one in lets if one.startswith("arn:") and account_of(one) == account]
        said: bool | None = False
        if who.startswith("account:"):
            said = bool(near)
        elif f"account:{account}" in lets:
            said = by_identity(who, self.arn)
        if said is False and any(map(_is_several, (who, *near))) and near:
            return None
        return self._perhaps() if said is False else said

    def _perhaps(self) -> bool | None:
        """What is known of somebody whom nothing lets decrypt by name."""
        return None if any(one == UNKNOWN or one.startswith(_NARROW) for one in self.lets or ()) else False

    def _is_own(self, who: str) -> bool | None:
        if who in _EVERYBODY:
            return False
        if not self.account or not who.startswith(("arn:", "account:", "service:")):
            return None
        if who.startswith("arn:"):
            return account_of(who) == self.account
        return who == f"account:{self.account}"


def key(
    encryption: Part, account: str, region: str, known: Mapping[str, object], now: dt.datetime | None
) -> Key | None:
    """The key that a bucket encrypts with by default.

    Parameters
    ----------
    encryption
        The bucket's default encryption.
    account, region
        Where the bucket is.
    known
        Keys that were read, by their ARNs.
    now
        The moment asked about.

    Returns
    -------
    Key or None
        None where S3 itself keeps the key, which it uses for everybody who may get the object, or where nothing is
        known of the encryption.
    """
    rules, _ = objects(encryption.value, "Rules") if isinstance(encryption.value, Mapping) else ((), "")
    for rule in rules:
        said = part(rule, "ApplyServerSideEncryptionByDefault").value
        algorithm = text(said, "SSEAlgorithm")
        if algorithm is None or algorithm.startswith("aws:kms"):
            return _key(text(said, "KMSMasterKeyID"), account, region, known, now)
    return None


def _key(name: str | None, account: str, region: str, known: Mapping[str, object], now: dt.datetime | None) -> Key:
    if name is None:
        return Key("a key that is not known")
    if not name or name.endswith(_MANAGED):
        return Key("AWS's own key for S3", account, managed=True)
    found = [arn for arn, said in known.items() if name in (arn, arn.rpartition("/")[2]) or _has_alias(arn, said, name)]
    near = [arn for arn in found if region and f":{region}:" in arn] or found
    if len(near) != 1:
        return Key(_called(name), account_of(name), arn=name)
    # A key that is not made yet has no ARN, and is asked about by one that no policy names.
    arn = near[0] if near[0].startswith("arn:") else f"arn:aws:kms:::key/{near[0]}"
    return Key(_called(near[0]), account_of(arn), lets=_lets(arn, known[near[0]], now), arn=arn)


def _has_alias(arn: str, said: object, name: str) -> bool:
    aliases = part(said, "Aliases").value
    if "alias/" not in name or not isinstance(aliases, list):
        return False
    return account_of(name) in ("", account_of(arn)) and f"alias/{name.rpartition('alias/')[2]}" in aliases


def _lets(arn: str, said: object, now: dt.datetime | None) -> tuple[str, ...] | None:
    policy, (given, why) = part(said, "Policy"), objects(said, "Grants")
    if not policy.known or policy.value is None:
        return None
    lets = [one.who for one in resource_grants(policy.value, arn, now=now) if _DECRYPT in one.actions]
    lets += [_grantee(one) for one in given if "Decrypt" in (part(one, "Operations").value or ("Decrypt",))]
    return tuple(dict.fromkeys([*lets, UNKNOWN] if why else lets))


def _is_several(arn: str) -> bool:
    """Whether an ARN is a pattern, or a session of a role."""
    return "*" in arn or "?" in arn or ":assumed-role/" in arn


def _grantee(grant: Mapping[str, Any]) -> str:
    said = text(grant, "GranteePrincipal")
    if not said:
        return UNKNOWN
    if said.endswith(":root"):
        return f"account:{account_of(said)}"
    return said if said.startswith("arn:") else f"service:{said}"


def _called(name: str) -> str:
    return f"key {name.rpartition('/')[2] if name.startswith('arn:') else name}"


def unlocked(grant: Grant, lock: Key | None, every_object: bool, by_identity: ByIdentity) -> Iterator[Grant]:
    """What is left of a grant behind the key of a bucket.

    Parameters
    ----------
    grant
        What somebody is given.
    lock
        The key; None where S3 keeps it itself.
    every_object
        Whether it is known that every object is encrypted with the key.
    by_identity
        Whether an identity's own policies let it decrypt.
    """
    reading = frozenset(action for action in grant.actions if meant((action,)) == ("read",))
    opens = None if lock is None or not reading else lock.opens(grant.who, by_identity)
    if lock is None or not reading or opens:
        yield grant
        return
    if rest := grant.actions - reading:
        yield replace(grant, actions=rest)
    if opens is None:
        yield replace(grant, actions=reading, path=(*grant.path, f"whether {lock.called} lets it decrypt is not known"))
    elif not every_object:
        who = UNKNOWN if grant.who in _EVERYBODY else grant.who
        why = f"{lock.called} does not let it decrypt; what is encrypted otherwise can be read"
        yield replace(grant, who=who, actions=reading, path=(*grant.path, why))
