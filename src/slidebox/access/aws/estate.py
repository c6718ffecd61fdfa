"""All accounts of a section together: from what AWS grants to who that is.

A grant names whom AWS knows: an ARN, an account, a service. A reader is whoever is behind that: those who can take on
the role, those to whom a distribution shows what it reads, the person whom the lab says that a user is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from slidebox.access.aws.blocks import OWN
from slidebox.access.aws.chains import Held, Trust
from slidebox.access.aws.distributions import Door
from slidebox.access.aws.fronts import Fronts
from slidebox.access.aws.grants import Grant, meant
from slidebox.access.aws.identities import account_of
from slidebox.access.aws.keys import Key, key
from slidebox.access.aws.parts import Part, part, text
from slidebox.access.aws.people import People
from slidebox.access.aws.points import Point, points
from slidebox.access.effective import Access
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN, account
from slidebox.access.snapshot import Known

_PLAIN: Final = (ANYONE, ANY_ACCOUNT, UNKNOWN)
_ORIGIN_IDENTITY: Final = ":user/CloudFront Origin Access Identity "
_DOUBT: Final = "something of it could not be decided, so it may be less"
_READING: Final = ("read", "list")


class Estate:
    """The accounts of a section.

    Parameters
    ----------
    section
        A snapshot's section ``aws``.
    known
        What the lab says.
    """

    def __init__(self, section: Mapping[str, Any], known: Known) -> None:
        said = part(section, "accounts").value
        self.accounts: Mapping[str, Any] = (
            {str(name): one for name, one in said.items()} if isinstance(said, Mapping) else {}
        )
        listed = part(section, "buckets").value
        self.buckets: Mapping[str, Any] = listed if isinstance(listed, Mapping) else {}
        self.now = known.now
        self.people = {name: People(name, one, known.now) for name, one in self.accounts.items()}
        self.trust = Trust(self.people, known.now, known.names)
        self.fronts = Fronts(self.accounts, known.now)
        self._known = known
        self._keys: dict[tuple[str, str, str], Key | None] = {}

    @cached_property
    def points(self) -> Mapping[str, list[Point]]:
        """The access points of every bucket."""
        return points(self.accounts)

    def people_of(self, account_id: str) -> People:
        """The identities of an account; none, and why, for one that is not in the section."""
        if account_id not in self.people:
            self.people[account_id] = People(account_id, {}, self.now)
        return self.people[account_id]

    def key(self, encryption: Part, account_id: str, region: str) -> Key | None:
        """The key that a bucket encrypts with by default."""
        asked = (repr(encryption.value), account_id, region)
        if asked not in self._keys:
            self._keys[asked] = key(encryption, account_id, region, self._all_keys, self.now)
        return self._keys[asked]

    @cached_property
    def _all_keys(self) -> Mapping[str, object]:
        found: dict[str, object] = {}
        for one in self.accounts.values():
            keys = part(one, "keys").value
            found |= {str(arn): said for arn, said in keys.items()} if isinstance(keys, Mapping) else {}
        return found

    def decrypts(self, identity: str, key_arn: str) -> bool | None:
        """Whether an identity's own policies let it decrypt with a key; None where that is not known."""
        one = self.trust.identity(identity)
        if one is None:
            return None
        return any("kms:decrypt" in grant.actions for grant in self.people[account_of(identity)].may(one, key_arn))

    # From grants to readers

    def readers(self, grant: Grant, bucket: str, account_id: str, hosts: tuple[str, ...]) -> Iterator[Access]:
        """Who that is to whom a bucket is granted.

        Parameters
        ----------
        grant
            What is granted to whom.
        bucket
            The bucket's name.
        account_id
            Its account.
        hosts
            What the domain of an origin begins with, where it is the bucket.
        """
        actions = meant(grant.actions)
        if not actions:
            return
        for held in self._behind(grant, account_id):
            for door in self._doors(held, grant, bucket, account_id, hosts):
                until = min(filter(None, (held.until, grant.until)), default="")
                done = tuple(one for one in actions if one in _READING) if door.reads_only else actions
                if done:
                    path = (*held.path, *door.path, *grant.path)
                    is_doubtful = grant.doubtful and door.who != UNKNOWN
                    yield Access(self.called(door.who), done, (*path, _DOUBT) if is_doubtful else path, until)

    def _behind(self, grant: Grant, account_id: str) -> Iterator[Held]:
        who = grant.who
        if who.startswith("arn:") and _ORIGIN_IDENTITY not in who:
            yield from self.trust.behind(who)
        elif who == OWN:
            yield Held(f"account:{account_id}")
            for role in self.people_of(account_id).by_arn.values() if account_id in self.accounts else ():
                yield from (one for one in self.trust.behind(role.arn) if account_of(one.who) != account_id)
        elif who.startswith("canonical:"):
            yield from self._canonical(who.removeprefix("canonical:"))
        elif who.startswith("federated:"):
            yield Held(UNKNOWN, (f"whoever {who.removeprefix('federated:')} vouches for",))
        elif who != f"account:{account_id}":
            # What a bucket leaves to its own account is counted with the identities of that.
            yield Held(who)

    def _canonical(self, canonical: str) -> Iterator[Held]:
        """Whom a canonical id stands for: an account, or what CloudFront reads buckets as."""
        identity, why = self.fronts.identity_of(canonical)
        owners = [name for name, one in self.accounts.items() if text(one, "canonical_user") == canonical]
        if identity:
            yield Held(f"arn:aws:iam::cloudfront{_ORIGIN_IDENTITY}{identity}")
        elif owners:
            yield from (Held(f"account:{name}") for name in owners)
        else:
            yield Held(f"canonical:{canonical}")
            if why:
                yield Held(UNKNOWN, (f"whether CloudFront reads it by this id was not read: {why}",))

    def _doors(self, held: Held, grant: Grant, bucket: str, account_id: str, hosts: tuple[str, ...]) -> Iterator[Door]:
        """Those for whom somebody fronts."""
        who = held.who
        if _ORIGIN_IDENTITY in who:
            doors = self.fronts.by_identity(who.rpartition(" ")[2], hosts)
        elif held.role and who.startswith("service:"):
            doors = iter(self.fronts.of_role(who.removeprefix("service:"), held.role, bucket))
        elif held.role and who.startswith("cognito:"):
            doors = self.fronts.pool(who.removeprefix("cognito:"), held.role, held.source)
        elif who in ("service:cloudfront.amazonaws.com", "service:*"):
            doors = self.fronts.shown(grant.source, account_id, hosts)
        else:
            doors = iter((Door(who, ()),))
        for door in doors:
            if door.who.startswith("arn:") and door.who != who and _ORIGIN_IDENTITY not in door.who:
                # Somebody whom a front lets in by name may be a role that others take on.
                for one in self.trust.behind(door.who):
                    yield replace(door, who=one.who, path=(*one.path, *door.path))
            else:
                yield door

    def called(self, who: str) -> str:
        """The principal that stands for whom AWS calls so."""
        if who in _PLAIN:
            return who
        names, kind, name = self._known.names, *who.partition(":")[::2]
        if kind == "account":
            return names.get(f"arn:aws:iam::{name}:root") or names.get(name) or account(name or "the bucket's own")
        if kind == "service":
            return self._known.called(name)
        one = self.trust.identity(who) if kind == "arn" else None
        if one is not None and not one.is_role and who not in names:
            return names.get(one.name) or account(who)
        return self._known.called(who)
