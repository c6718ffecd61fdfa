"""Who reads a container of Azure without an identity, and whom network rules keep from it."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from slidebox.access.effective import nobody_knows
from slidebox.access.snapshot import unread

from .azure_cases import ACCOUNT, account, closed, container, done_by, places, public, readers, settings, who_can

DENY: dict[str, Any] = {"defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []}
SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/lab/subnets/microscopes"


def denying(*values: str, **more: Any) -> dict[str, Any]:
    """Network rules that let in some addresses only."""
    return {**DENY, "ipRules": [{"value": value, "action": "Allow"} for value in values], **more}


def test_a_closed_account_lets_nobody_in() -> None:
    """Everything that could open it is known, and does not."""
    assert readers(closed()) == ()


@pytest.mark.parametrize(
    ("level", "allowed", "expected"),
    [
        ("Blob", True, {"read"}),
        ("blob", True, {"read"}),
        ("Container", True, {"read", "list"}),
        ("container", None, {"read", "list"}),
        ("SomethingNew", True, {"read", "list"}),
        ("None", True, set()),
        ("", True, set()),
        (None, True, set()),
        ("Blob", False, set()),
        ("Container", False, set()),
        ("Blob", None, {"read"}),
    ],
)
def test_a_public_level_opens_a_container_unless_its_account_forbids_it(
    level: str | None, allowed: bool | None, expected: set[str]
) -> None:
    """An account that does not say whether it allows that does."""
    section = public()
    container(section)["container"]["properties"]["publicAccess"] = level
    settings(section)["allowBlobPublicAccess"] = allowed
    assert done_by(section, "anyone") == expected


def test_a_public_level_that_is_not_known_lets_somebody_unknown_read() -> None:
    """Where the account allows public containers; where it does not, the level is of no matter."""
    section = public(unread("AccessDenied"))  # type: ignore[arg-type]
    assert who_can(section) == {"unknown"}
    settings(section)["allowBlobPublicAccess"] = False
    assert who_can(section) == set()


def test_a_public_container_stays_public_where_its_account_is_not_known() -> None:
    """Somebody unknown besides: there may be more."""
    section = public()
    account(section)["account"] = unread("AccessDenied")
    assert {"anyone", "unknown"} <= who_can(section)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (None, {"anyone"}),
        ({"defaultAction": "Allow"}, {"anyone"}),
        ({"defaultAction": "Allow", "ipRules": [{"value": "192.0.2.0/24"}]}, {"anyone"}),
        ({}, {"anyone"}),
        (unread("throttled"), {"anyone"}),
        (DENY, set()),
        ({**DENY, "bypass": "AzureServices, Logging, Metrics"}, set()),
        (denying("192.0.2.0/24"), {"account:network:192.0.2.0/24"}),
        (denying("192.0.2.7"), {"account:network:192.0.2.7/32"}),
        (denying("10.0.0.0/8"), {"account:network:10.0.0.0/8"}),
        (denying("0.0.0.0/0"), {"anyone"}),
        (denying("0.0.0.0/1", "128.0.0.0/1"), {"anyone"}),
        (denying("64.0.0.0/7"), {"anyone"}),
        (denying("64.0.0.0/8", "65.0.0.0/8"), {"anyone"}),
        (denying("192.0.2.1-192.0.2.2"), {"account:network:192.0.2.1/32", "account:network:192.0.2.2/32"}),
        (denying("somewhere"), {"unknown"}),
        ({**DENY, "ipRules": unread("known after apply")}, {"unknown"}),
        ({**DENY, "ipRules": [{"value": unread("known after apply")}]}, {"unknown"}),
        ({**DENY, "virtualNetworkRules": unread("known after apply")}, {"unknown"}),
        ({**DENY, "virtualNetworkRules": [{"id": SUBNET}]}, {"account:network:lab/microscopes"}),
        ({**DENY, "ipv6Rules": [{"value": "2001:db8::/48"}]}, {"account:network:2001:db8::/48"}),
        ({**DENY, "ipv6Rules": [{"value": "2000::/3"}]}, {"anyone"}),
    ],
)
def test_network_rules_narrow_anyone_to_the_networks_that_they_let_in(rules: object, expected: set[str]) -> None:
    """Networks that together are wider than an IPv4 /8 or an IPv6 /32 are the internet."""
    assert who_can(public(networkAcls=rules)) == expected


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        ("Enabled", {"anyone"}),
        ("Disabled", set()),
        ("SecuredByPerimeter", {"unknown"}),
        (unread("known after apply"), {"anyone"}),
    ],
)
def test_an_account_without_a_public_endpoint_is_reached_by_nobody(access: object, expected: set[str]) -> None:
    """A perimeter has rules of its own, which nobody has read."""
    assert who_can(public(publicNetworkAccess=access)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("Approved", {"account:network:pe"}), ("Pending", set()), ("Rejected", set()), ("Disconnected", set())],
)
def test_a_private_endpoint_reaches_an_account_without_a_public_one(status: str, expected: set[str]) -> None:
    """Once it is approved."""
    state = {"status": status}
    about = {"privateEndpoint": {"id": "/x/privateEndpoints/pe"}, "privateLinkServiceConnectionState": state}
    ends = [{"name": "one", "properties": about}]
    assert who_can(public(publicNetworkAccess="Disabled", privateEndpointConnections=ends)) == expected


@pytest.mark.parametrize(
    ("website", "expected"),
    [
        ({"enabled": True, "indexDocument": "index.html"}, {"anyone"}),
        ({"enabled": False}, set()),
        (None, set()),
        (unread("AccessDenied"), {"unknown"}),
    ],
)
def test_a_static_website_is_public_whatever_the_account_says(website: object, expected: set[str]) -> None:
    """Its container `$web`, and no other."""
    section = closed()
    account(section)["staticWebsite"] = website
    account(section)["containers"]["$web"] = {"container": {"properties": {"publicAccess": "None"}}}
    found = places(section)
    assert {one.principal for one in found["$web"].readers if "read" in one.actions} == expected
    assert found["raw"].readers == ()


def test_a_static_website_is_behind_network_rules_too() -> None:
    """They hold for every endpoint of an account."""
    section = closed(networkAcls=denying("192.0.2.0/24"), customDomain={"name": "images.example.org"})
    account(section)["staticWebsite"] = {"enabled": True}
    account(section)["containers"]["$web"] = {"container": {"properties": {}}}
    (one,) = places(section)["$web"].readers
    assert one.principal == "account:network:192.0.2.0/24"
    assert "static website at images.example.org" in one.path


@pytest.mark.parametrize(
    ("rules", "expected"), [(denying("192.0.2.0/24"), {"account:network:192.0.2.0/24"}), (None, {"anyone"})]
)
def test_nfs_asks_for_no_identity(rules: object, expected: set[str]) -> None:
    """Whoever reaches the account reads and writes."""
    section = closed(isNfsV3Enabled=True, networkAcls=rules)
    assert who_can(section) == who_can(section, "write") == expected


def front(**more: Any) -> dict[str, Any]:
    """Something in front of the account."""
    host = f"{ACCOUNT}.blob.core.windows.net"
    return {"kind": "Front Door", "name": "images", "hostName": host, "privateLink": None, **more}


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (front(), set()),
        (front(privateLink={"status": "Approved"}), {"anyone"}),
        (front(privateLink={}), {"anyone"}),
        (front(privateLink={"status": "Pending"}), set()),
        (front(privateLink={"status": "Approved"}, enabledState="Disabled"), set()),
        (front(privateLink={"status": "Approved"}, originPath="/raw"), {"anyone"}),
        (front(privateLink={"status": "Approved"}, originPath="/other"), set()),
        (front(privateLink={"status": "Approved"}, hostName="another.blob.core.windows.net"), set()),
        (front(privateLink={"status": "Approved"}, hostName=f"{ACCOUNT}.z6.web.core.windows.net"), set()),
        (front(privateLink={"status": "Approved"}, hostName=unread("known after apply")), {"unknown"}),
        (front(privateLink={"status": "Approved"}, endpoints=[{"hostName": "a.azurefd.net"}]), {"anyone"}),
        (front(privateLink={"status": "Approved"}, endpoints=[{"enabledState": "Disabled"}]), set()),
    ],
)
def test_a_private_link_of_a_front_door_undoes_network_rules(origin: dict[str, Any], expected: set[str]) -> None:
    """What is public behind rules is public again through it."""
    section = public(networkAcls=DENY)
    section["subscriptions"]["11111111-0000-0000-0000-000000000000"]["origins"] = [origin]
    assert who_can(section) == expected


def test_a_front_door_opens_no_container_that_is_not_public() -> None:
    """Unless it has an identity of its own, or signs."""
    section = closed()
    section["subscriptions"]["11111111-0000-0000-0000-000000000000"]["origins"] = [front(privateLink={})]
    assert readers(section) == ()


@for_any(st.lists(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address), max_size=5), st.data())
def test_the_order_of_network_rules_does_not_matter(
    addresses: list[ipaddress.IPv4Address], data: st.DataObject
) -> None:
    """They let in what they let in together."""
    values = [str(one) for one in addresses]
    shuffled = data.draw(st.permutations(values))
    assert readers(public(networkAcls=denying(*values))) == readers(public(networkAcls=denying(*shuffled)))


@for_any(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), min_size=1, max_size=6))
def test_anyone_comes_through_network_rules_exactly_where_they_are_wider_than_a_slash_8(
    said: list[tuple[int, int]],
) -> None:
    """Counted address by address of each network."""
    networks = [ipaddress.ip_network((number, bits), strict=False) for number, bits in said]
    collapsed: Any = ipaddress.collapse_addresses(networks)
    whole = sum(int(one.num_addresses) for one in collapsed)
    found = who_can(public(networkAcls=denying(*map(str, networks))))
    assert ("anyone" in found) is (whole > 2**24)


def test_an_account_of_which_nothing_is_known_is_a_location_of_somebody_unknown() -> None:
    """And so is a section whose accounts are not known."""
    section = closed()
    section["accounts"][ACCOUNT] = unread("AccessDenied")
    assert places(section)[ACCOUNT].readers == (
        nobody_knows("AccessDenied", f"storage account {ACCOUNT}", "its containers"),
    )
    assert places({"accounts": unread("timeout")})["azure"].readers == (nobody_knows("timeout", "storage accounts"),)
