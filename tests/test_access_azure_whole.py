"""Sections about Azure in which something is missing, strange or not read, wherever that is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import given as for_any
from hypothesis import settings as limits
from hypothesis import strategies as st

from slidebox.access.azure import locations
from slidebox.access.snapshot import Known, unread

from .azure_cases import ACCOUNT, ADA, BOB, CONTAINER_ID, ID, Section, about, account, closed, container, with_role

Path = tuple[str | int, ...]


def opened() -> Section:
    """A section with something of everything but keys, which let in somebody unknown whatever else there is."""
    ends = {"privateEndpoint": {"id": "/x/pe"}, "privateLinkServiceConnectionState": {"status": "Approved"}}
    section = closed(
        allowBlobPublicAccess=True,
        allowSharedKeyAccess=False,
        isSftpEnabled=True,
        isHnsEnabled=True,
        customDomain={"name": "images.example.org"},
        networkAcls={
            "defaultAction": "Deny",
            "ipRules": [{"value": "192.0.2.0/24"}],
            "virtualNetworkRules": [{"id": "/a/b/virtualNetworks/lab/subnets/one"}],
        },
        privateEndpointConnections=[{"name": "pe", "properties": ends}],
    )
    own = "99999999-0000-0000-0000-000000000009"
    section = with_role(section, "Storage Blob Data Reader", CONTAINER_ID, ADA, condition="@Environment[UtcNow] "
                        "DateTimeLessThan '2027-06-30T00:00:00Z'")  # fmt: skip
    section = with_role(section, "", ID, BOB, roleDefinitionId=f"/x/{own}")
    permission = {"actions": [], "notActions": [], "dataActions": ["*"], "notDataActions": ["*/delete"]}
    denied = {"scope": ID, "permissions": [permission], "principals": [{"id": BOB, "type": "User"}]}
    about(section).update(
        roleDefinitions=[{"name": own, "properties": {"roleName": "Own", "permissions": [permission]}}],
        denyAssignments=[{"properties": {**denied, "permissions": [{"dataActions": ["*/blobs/write"]}]}}],
        eligible=[{"properties": {"scope": ID, "roleDefinitionId": f"/x/{own}", "principalId": "eve"}}],
        schedules=[{"properties": {"originRoleAssignmentId": "x", "endDateTime": "2027-01-01T00:00:00Z"}}],
        origins=[
            {
                "kind": "Front Door",
                "name": "front",
                "hostName": f"{ACCOUNT}.blob.core.windows.net",
                "privateLink": {"status": "Approved"},
                "identity": {"principalId": ADA},
                "endpoints": [{"hostName": "one.azurefd.net"}],
            }
        ],
    )
    container(section).update(
        container={"properties": {"publicAccess": "Container"}},
        policies=[{"id": "p", "accessPolicy": {"permission": "r", "expiry": "2027-01-01T00:00:00Z"}}],
        acl={"owner": ADA, "group": "$superuser", "acl": "user::rwx,group::r-x,other::r-x"},
    )
    scopes = [{"service": "blob", "resourceName": "raw", "permissions": "rw"}]
    rules = [{"sourceContainer": "raw", "destinationContainer": "copy"}]
    account(section)["containers"]["$web"] = {"container": {"properties": {"publicAccess": "None"}}}
    account(section).update(
        staticWebsite={"enabled": True},
        localUsers=[{"name": "u", "properties": {"permissionScopes": scopes, "hasSshKey": True}}],
        replication=[
            {"properties": {"sourceAccount": ACCOUNT, "destinationAccount": "elsewhere", "rules": rules}},
        ],
        sas=[{"name": "one", "permissions": "rl", "services": "b", "resourceTypes": "co"}],
    )
    section["principals"] = {ADA: {"userPrincipalName": "ada_example.org#EXT#@lab.onmicrosoft.com"}}
    section["unplaced"] = {"somewhere": "nothing tells where"}
    return section


def paths(part: Any, at: Path = ()) -> Iterator[Path]:
    """The way to every part of a section."""
    if at:
        yield at
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        yield from paths(value, (*at, key))


PATHS = sorted(paths(opened()), key=str)
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 7, "", "strange", [], {}, [None], [7], {"strange": 1}, True, [[]], {"properties": 7}]
)


def changed(path: Path, value: Any) -> Section:
    """The section with something else in one place."""
    section = copy.deepcopy(opened())
    inner: Any = section
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return section


def powers(section: Section) -> set[tuple[str, str, str]]:
    """Who can do what where."""
    found = locations(section, Known())
    return {(place.name, one.principal, done) for place in found for one in place.readers for done in one.actions}


WHOLE = powers(opened())
EXEMPT = ("customDomain", "principals")
"""What says how something is called, and lets nobody in."""


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_wherever_something_is_not_read_nobody_vanishes_but_for_somebody_unknown(path: Path) -> None:
    """Who is not seen any more at a place can be the unknown one, there or wherever the section stops."""
    if set(path) & set(EXEMPT):
        assert {(where, done) for where, _, done in powers(changed(path, unread("AccessDenied")))} >= {
            (where, done) for where, _, done in WHOLE
        }
        return
    after = powers(changed(path, unread("AccessDenied")))
    unknown = {(where, done) for where, who, done in after if who == "unknown"}
    stops = {done for where, done in unknown if where in (ACCOUNT, "azure")}
    for where, who, done in WHOLE - after:
        if who != "unknown" and (where, "anyone", done) not in after:
            assert (where, done) in unknown or done in stops, (where, who, done)


@limits(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@for_any(st.sampled_from(PATHS), JUNK)
def test_whatever_stands_somewhere_in_a_section_it_is_read(path: Path, junk: Any) -> None:
    """Nothing that a file can have in it stops an audit."""
    powers(changed(path, junk))


# An address is text, whatever it says: it is another one's then.
@pytest.mark.parametrize(
    "path", [path for path in PATHS if path[-1] != "hostName"], ids=lambda path: ".".join(map(str, path))
)
def test_text_in_place_of_a_part_never_makes_a_public_container_seem_closed(path: Path) -> None:
    """Somebody reads it still: anyone, or somebody unknown, there or wherever the section stops."""
    after = powers(changed(path, "strange"))
    assert any(
        where in ("raw", ACCOUNT, "azure") and who in ("anyone", "unknown") and done == "read"
        for where, who, done in after
    )
