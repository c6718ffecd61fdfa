"""Who can read what on drives and clusters, in gateways, repositories, deposits and shares: section ``places``.

The section has a part for each kind of place. Whatever is named ADDRESS is only a key::

    {"machines": {NAME: {                                   # "" is the machine that asked; else a cluster's address
        "groups": {GROUP: [ACCOUNT, …]},                    # by primary group too; of the groups that folders name
        "complete": true,                                   # whether a group has no other members
        "exports": [{"path", "hosts": [{"host", "options"}]}] | None}},
     "folders": {ADDRESS: {
        "kind": "drive" | "cluster" | "dvc", "store", "dataset", "machine": NAME, "path",
        "above": [ENTRY, …],                                # from / down to where it is; None: not there yet
        "folder": ENTRY,
        "below": {"ways": [{"folders": [ENTRY, …], "files": [ENTRY, …]}], "left"?: why} | None,
        "read_only": true | false}},
     "gateways": {STORE: {
        "root": true,                                       # its root key is there
        "users": {NAME: {"arn", "keys": [ACCESS KEY ID], "policies": {NAME: DOCUMENT}, "principal"?, "others"?}},
        "roles": {NAME: {"arn", "policies": {NAME: DOCUMENT}}}}},
     "buckets": {ADDRESS: {
        "name", "store", "dataset", "kind": "s3" | "dvc",
        "gateway": STORE | None, "endpoint",                # the embedded gateway, or another S3 service's address
        "policy": DOCUMENT | None, "acl": {"Owner", "Grants"} | None, "ownership": … | None,
        "files": [as one of "folders", …] | None}},         # what lies below a gateway, old versions too
     "repositories": {ADDRESS: {
        "name": "OWNER/NAME", "store", "dataset", "visibility": "public" | "internal" | "private",
        "base": "none" | "read" | "write" | "admin" | None, # what every member may do; None: no organisation
        "roles": {NAME: ROLE},                              # the organisation's own, by what they are built on
        "owners": [{"login"}] | None, "teams": [{"slug", "permission", "members": [LOGIN] | None}] | None,
        "collaborators": [{"login", "permission", "outside"}], "invitations": [{"login", "permission"}],
        "deploy_keys": [{"title", "read_only"}], "pages": {"public"} | None}},
     "deposits": {ADDRESS: {
        "name", "kind": "zenodo" | "figshare", "store", "dataset", "owner": ACCOUNT | None,
        "state": "draft" | "published", "access": "open" | "embargoed" | "restricted" | "closed", "opens": DAY | None,
        "links": [{"may": "view" | "edit", "until"}] | None, "grants": [{"who", "may", "until"}] | None,
        "curators": [{"community"}] | None}},
     "archives": {ADDRESS: the same, and "space" as a state: the account's own space, before anything is submitted},
     "shares": {ADDRESS: {
        "name", "store", "dataset",
        "sharing": [{"address", "may": "view" | "edit", "until"?}],   # "*": anybody, "@": the organisation, "@DOMAIN"
        "planned": [{"principal", "address", "may"}] | None}},
     "unread": {STORE: unread(why)},                        # stores of which nothing could be read
     "unplaced": {ADDRESS: why}}                            # what opens something, and nothing tells what

An ENTRY is ``{"mode": "2750", "owner", "group", "acl": ["user:ada:r-x", …] | None, "path"?, "mounted"?}``: names, or
numbers where there are none; the list as ``getfacl -c`` writes it, None where there is none. Ways that are alike are
there once, whatever lies at their ends; ``below`` is None where nothing is, or nobody but the owner gets in. Any part
may be `slidebox.access.snapshot.unread`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import Location, nobody_knows
from slidebox.access.places import deposits, endpoints, folders, gateways, repositories, shares
from slidebox.access.snapshot import Known, unread, why_unread

__all__ = ["locations"]

_READINGS = tuple(one.locations for one in (folders, gateways, endpoints, repositories, deposits, shares))


_PLACES = ("folders", "buckets", "repositories", "deposits", "archives", "shares", "unread", "unplaced")
_ABOUT = ("machines", "gateways")


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every location of the section, with everybody who can do anything with it."""
    whole = dict(section)
    for part in _PLACES:
        said = whole.get(part)
        if said is not None and (not isinstance(said, Mapping) or why_unread(said) is not None):
            yield Location(part, kind=part, readers=(nobody_knows(why_unread(said) or "it is not understood"),))
            whole[part] = {}
    for part in _ABOUT:
        said = whole.get(part)
        if said is not None and (not isinstance(said, Mapping) or why_unread(said) is not None):
            whole[part] = NotRead(why_unread(said) or "it is not understood")
    for reading in _READINGS:
        yield from reading(whole, known)
    for store, part in (whole.get("unread") or {}).items():
        yield Location(store, store, readers=(nobody_knows(why_unread(part) or "nothing was read"),))
    for address, why in (whole.get("unplaced") or {}).items():
        yield Location(address, readers=(nobody_knows(str(why_unread(why) or why)),))


class NotRead(dict[str, Any]):
    """A part of which nothing was read: whatever it is asked for, it says why that is not known.

    Parameters
    ----------
    why
        Why.
    """

    def __init__(self, why: str) -> None:
        super().__init__()
        self._said = unread(why)

    def get(self, key: str, default: Any = None, /) -> Any:
        """Why it is not known."""
        return self._said

    def __bool__(self) -> bool:
        return True
