"""From where a storage account can be reached at all: which network rules hold anybody back.

Source: Microsoft, "Configure Azure Storage firewalls and virtual networks", as of 2026-11.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.azure.parts import flag, listed, properties, value_of, word
from slidebox.access.conditions import WIDEST_NETWORKS
from slidebox.access.reader import ANYONE, UNKNOWN, account
from slidebox.access.snapshot import why_unread

_DISABLED, _PERIMETER = "disabled", "securedbyperimeter"


@dataclass(frozen=True, slots=True)
class Way:
    """From where an account is reached without an identity.

    Attributes
    ----------
    principal
        Who can come that way: ``anyone``, ``account:network:…``, or ``unknown``.
    said
        What lets them, for the path; empty where nothing holds anybody back.
    """

    principal: str
    said: str = ""


def ways(settings: Mapping[str, Any]) -> tuple[Way, ...]:
    """The ways to an account; none where it certainly cannot be reached.

    What is not known holds nobody back.

    Parameters
    ----------
    settings
        The account's properties.
    """
    private = tuple(_private(settings))
    public = (word(settings, "publicNetworkAccess") or "").casefold()
    if public == _DISABLED:
        return private
    if public == _PERIMETER:
        return (Way(UNKNOWN, "a network security perimeter, whose rules nobody has read"), *private)
    rules = value_of(settings, "networkAcls")
    if rules is None or why_unread(rules) is not None or (word(rules, "defaultAction") or "").casefold() != "deny":
        return (Way(ANYONE),)
    return (*_allowed(rules), *private)


def nfs_ways(settings: Mapping[str, Any]) -> tuple[Way, ...]:
    """The ways to an account for NFS, which asks for no identity; none where it has no NFS."""
    has = flag(settings, "isNfsV3Enabled", absent=False)
    if has is None and why_unread(settings) is None:
        return (Way(UNKNOWN, "which it may have"),)
    return ways(settings) if has else ()


def _allowed(rules: Mapping[str, Any]) -> Iterator[Way]:
    """Whom the rules let in where everybody else is kept out."""
    for name in ("ipRules", "ipv6Rules"):
        entries, why = listed(rules.get(name))
        if why is not None:
            yield Way(UNKNOWN, "network rules that are not known")
        yield from _networks([str(entry.get("value") or "") for entry in entries])
    entries, why = listed(rules.get("virtualNetworkRules"))
    if why is not None:
        yield Way(UNKNOWN, "network rules that are not known")
    for entry in entries:
        said = word(entry, "id")
        if not said:
            yield Way(UNKNOWN, "a network rule that is not known")
            continue
        subnet = said.strip("/").split("/")
        named = "/".join((subnet[-3], subnet[-1])) if len(subnet) > 3 else "/".join(subnet)
        yield Way(account(f"network:{named}"), f"network rule for subnet {named}")


def _networks(values: Iterable[str]) -> Iterator[Way]:
    """Networks by their addresses; together they may be the internet, in two halves or in many parts."""
    found: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for value in values:
        read = _parsed(value)
        if read is None:
            yield Way(UNKNOWN, "a network rule that is not known")
        else:
            found.extend(read)
    for version, widest in WIDEST_NETWORKS.items():
        of_version = sorted({one for one in found if one.version == version}, key=str)
        if _size(of_version) > widest:
            yield Way(ANYONE, f"network rules that let in {', '.join(map(str, of_version))}")
        else:
            for one in of_version:
                yield Way(account(f"network:{one}"), f"network rule for {one}")


def _size(networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> int:
    """How many addresses networks of one version have together."""
    whole: Any = ipaddress.collapse_addresses(networks)
    return sum(int(one.num_addresses) for one in whole)


def _parsed(value: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network] | None:
    first, dash, last = value.partition("-")
    try:
        if dash:
            ends: Any = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            return list(ipaddress.summarize_address_range(*ends))
        return [ipaddress.ip_network(value.strip(), strict=False)]
    except (TypeError, ValueError):
        return None


def _private(settings: Mapping[str, Any]) -> Iterator[Way]:
    """Private endpoints, by which the networks that they are in reach an account whatever its rules say."""
    entries, why = listed(value_of(settings, "privateEndpointConnections"))
    if why is not None and why_unread(settings) is None:
        yield Way(UNKNOWN, "private endpoints that are not known")
    for entry in entries:
        about = properties(entry)
        state = word(value_of(about, "privateLinkServiceConnectionState"), "status")
        if state is not None and state.casefold() in ("pending", "rejected", "disconnected"):
            continue
        endpoint = word(value_of(about, "privateEndpoint"), "id") or ""
        named = endpoint.rstrip("/").rpartition("/")[2] or str(entry.get("name") or "private endpoint")
        yield Way(account(f"network:{named}"), f"private endpoint {named}")
