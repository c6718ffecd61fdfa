"""Buckets of S3 services that are neither Amazon's nor the embedded gateway, such as SeaweedFS or Ceph.

Their policies and lists are read as Amazon's are. Who their users are, and what these have by policies of their own,
no such service shows: somebody unknown has access, always. A public access block is not counted on, as most of them
take one and do not hold to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.aws.grants import meant, resource_grants
from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN, Reader, account
from slidebox.access.s3_acl import grant_readers
from slidebox.access.snapshot import Known, why_unread


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every bucket of other S3 services in a section, with everybody who can do anything with it."""
    for address, said in (section.get("buckets") or {}).items():
        if not isinstance(said, Mapping) or why_unread(said) is not None:
            why = why_unread(said) or "it is not understood"
            yield Location(address, kind="s3", readers=(nobody_knows(why),))
        elif said.get("gateway") is None:
            name = str(said.get("name") or address)
            found = merged(_readers(name, said, known))
            about = [str(said.get(word) or "") for word in ("store", "kind", "dataset")]
            yield Location(name, about[0], about[1] or "s3", about[2], found, within=about[0])


def _readers(name: str, said: Mapping[str, Any], known: Known) -> Iterator[Access]:
    where = f"bucket {name}"
    service = str(said.get("endpoint") or "its service")
    yield nobody_knows("its users and their own policies are not shown", where, service)
    for part, words in (("policy", "bucket policy"), ("acl", "access control list")):
        if part not in said or why_unread(said[part]) is not None:
            yield nobody_knows(why_unread(said.get(part)) or "it is not known", where, words)
    policy = said.get("policy")
    if policy is not None and why_unread(policy) is None:
        path = (where, "bucket policy")
        for grant in resource_grants(policy, f"arn:aws:s3:::{name}", path, now=known.now):
            yield Access(_called(grant.who, known), meant(grant.actions), grant.path, grant.until)
    acl = said.get("acl")
    if isinstance(acl, Mapping) and why_unread(acl) is None:
        grants = acl.get("Grants")
        listed = [_small(one) for one in grants] if isinstance(grants, list) else grants
        yield from map(_access, grant_readers(listed, None, (where, "access control list")))


def _small(grant: Any) -> Any:
    """A grant as other providers write it, in small letters."""
    if not isinstance(grant, Mapping) or not isinstance(grant.get("Grantee"), Mapping):
        return grant
    grantee = {str(word).lower(): value for word, value in grant["Grantee"].items()}
    return {"permission": grant.get("Permission"), "grantee": grantee}


def _called(who: str, known: Known) -> str:
    """A principal as audits of access write it, from what Amazon's policies call it."""
    if who in (ANYONE, ANY_ACCOUNT, UNKNOWN):
        return who
    return known.names.get(who) or (who if who.startswith("account:") else account(who))


def _access(reader: Reader) -> Access:
    """A reader of a list, which does not tell listing from reading, nor control from all actions."""
    found = set(reader.actions)
    found |= {"list"} if "read" in found else set()
    whole = {"read", "write", "delete"} <= found
    return Access(reader.principal, ACTIONS if whole else tuple(a for a in ACTIONS if a in found), reader.path)
