"""What Terraform puts in front of accounts of Azure: Front Door, and the older network of the same maker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource, blocks_of
from slidebox.audit.azure_section import LATER, Making, attribute, known

_ORIGIN, _ROUTE = "azurerm_cdn_frontdoor_origin", "azurerm_cdn_frontdoor_route"
_ENDPOINT, _RULE = "azurerm_cdn_frontdoor_endpoint", "azurerm_cdn_frontdoor_rule"
_GROUP = "cdn_frontdoor_origin_group_id"
_CLASSIC = "azurerm_cdn_endpoint"
_SIGNED = "sig="
"""What a signed link has in it."""


def add(making: Making) -> None:
    """Add what stands in front of accounts."""
    signs = any(_SIGNED in _texts(one.values) for one in making.found if one.type == _RULE)
    for one in making.found:
        if one.type == _ORIGIN:
            making.add("origins", {**_origin(making, one), "signs": signs})
        elif one.type == _CLASSIC:
            for origin in _of_classic(making, one):
                making.add("origins", origin)


def _origin(making: Making, one: Resource) -> dict[str, Any]:
    routes = [other for other in making.found if other.type == _ROUTE and _same(one, other)]
    endpoints = [_endpoint(making, route) for route in routes]
    paths = {str(attribute(route, "cdn_frontdoor_origin_path") or "") for route in routes}
    link = next(iter(blocks_of(one.whole(), "private_link")), None)
    return {
        "kind": "Front Door",
        "name": one.text("name") or one.address,
        **_host(making, one, "host_name"),
        "originPath": known(paths.pop()) if len(paths) == 1 else "",
        "enabledState": "Disabled" if attribute(one, "enabled") is False else "Enabled",
        "privateLink": None if link is None else {"status": "Approved"},
        "endpoints": endpoints or None,
    }


def _same(origin: Resource, route: Resource) -> bool:
    """Whether a route goes to the group that an origin is in; it may where nothing tells."""
    said = [attribute(one, _GROUP) for one in (origin, route)]
    if all(isinstance(one, str) and one != UNKNOWN for one in said):
        return str(said[0]).casefold() == str(said[1]).casefold()
    groups = [set(one.sources.get(_GROUP, ())) for one in (origin, route)]
    return not all(groups) or bool(groups[0] & groups[1])


def _endpoint(making: Making, route: Resource) -> dict[str, Any]:
    on = attribute(route, "enabled") is not False
    for other in making.sources(route, "cdn_frontdoor_endpoint_id"):
        if other.type == _ENDPOINT:
            on = on and attribute(other, "enabled") is not False
            host = attribute(other, "host_name")
            named = host if isinstance(host, str) and host != UNKNOWN else other.text("name")
            return {"hostName": named, "enabledState": "Enabled" if on else "Disabled"}
    return {"enabledState": "Enabled" if on else "Disabled"}


def _host(making: Making, one: Resource, name: str) -> dict[str, Any]:
    """The address that an origin has, or the account whose address it will be."""
    said = attribute(one, name)
    if isinstance(said, str) and said not in ("", UNKNOWN):
        return {"hostName": said}
    key = making.account_of(one, name)
    return {"account": key, "hostName": ""} if key else {"hostName": unread(LATER)}


def _of_classic(making: Making, one: Resource) -> Iterator[dict[str, Any]]:
    for block in blocks_of(one.whole(), "origin"):
        host = block.get("host_name")
        said: dict[str, Any] = {"hostName": host} if host not in (None, UNKNOWN) else _host(making, one, "origin")
        yield {
            "kind": "CDN",
            "name": one.text("name") or one.address,
            **said,
            "originPath": known(attribute(one, "origin_path") or ""),
            "privateLink": None,
            "signs": _SIGNED in _texts(one.values),
            "endpoints": None,
        }


def _texts(value: Any) -> str:
    """Every text of a value, one after another."""
    if isinstance(value, Mapping):
        return " ".join(map(_texts, value.values()))
    if isinstance(value, list):
        return " ".join(map(_texts, value))
    return value if isinstance(value, str) else ""
