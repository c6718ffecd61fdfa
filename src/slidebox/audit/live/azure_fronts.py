"""What stands in front of the accounts of a subscription: profiles of Front Door, and of the older network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live.azure_calls import Calls

_VERSION = "2025-04-15"
_FRONT_DOOR = "azurefrontdoor"


class _UnreadError(Exception):
    """Something could not be had."""


def origins(calls: Calls) -> Any:
    """The origins of every profile of the subscription, or why they could not be had."""
    profiles = calls.list(f"/subscriptions/{calls.ref.subscription}/providers/Microsoft.Cdn", "profiles", _VERSION)
    if why_unread(profiles) is not None:
        return profiles
    try:
        return [origin for profile in profiles for origin in _of_profile(calls, profile)]
    except _UnreadError as error:
        return unread(str(error))


def _of_profile(calls: Calls, profile: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    path = str(profile.get("id"))
    kind = str((profile.get("sku") or {}).get("name") or "").casefold()
    if _FRONT_DOOR not in kind:
        for endpoint in _listed(calls, path, "endpoints"):
            yield from _of_classic(endpoint)
        return
    endpoints = [
        {"hostName": _of(one, "hostName"), "enabledState": _of(one, "enabledState")}
        for one in _listed(calls, path, "afdEndpoints")
    ]
    signs = _signs(calls, path)
    for group in _listed(calls, path, "originGroups"):
        identity = _identity(profile, _of(group, "authentication"))
        for origin in _listed(calls, str(group.get("id")), "origins"):
            link = _of(origin, "sharedPrivateLinkResource")
            yield {
                "kind": "Front Door",
                "name": origin.get("name"),
                "hostName": _of(origin, "hostName"),
                "enabledState": _of(origin, "enabledState"),
                "privateLink": {"status": link.get("status")} if isinstance(link, Mapping) else None,
                "identity": identity,
                "signs": signs,
                "endpoints": endpoints,
            }


def _listed(calls: Calls, path: str, kind: str) -> list[Mapping[str, Any]]:
    found = calls.list(path, kind, _VERSION)
    if (why := why_unread(found)) is not None:
        raise _UnreadError(why)
    return list(found)


def _of(entry: Mapping[str, Any], name: str) -> Any:
    properties = entry.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None


def _identity(profile: Mapping[str, Any], said: Any) -> dict[str, Any] | None:
    """The identity that a group of origins proves to be; None where it proves none."""
    if not isinstance(said, Mapping):
        return None
    own = profile.get("identity") or {}
    chosen = said.get("userAssignedIdentity")
    if isinstance(chosen, Mapping):
        about = (own.get("userAssignedIdentities") or {}).get(chosen.get("id")) or {}
        return {"principalId": about.get("principalId")}
    return {"principalId": own.get("principalId")}


def _signs(calls: Calls, path: str) -> bool:
    """Whether a rule of a profile adds a signed link to what it asks for."""
    for ruleset in _listed(calls, path, "ruleSets"):
        if any("sig=" in str(rule.get("properties")) for rule in _listed(calls, str(ruleset.get("id")), "rules")):
            return True
    return False


def _of_classic(endpoint: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for origin in _of(endpoint, "origins") or ():
        yield {
            "kind": "CDN",
            "name": endpoint.get("name"),
            "hostName": _of(origin, "hostName"),
            "enabledState": "Enabled" if _of(origin, "enabled") is not False else "Disabled",
            "originPath": _of(endpoint, "originPath"),
            "privateLink": {"status": _of(origin, "privateEndpointStatus")}
            if _of(origin, "privateLinkAlias")
            else None,
            "signs": "sig=" in str(endpoint.get("properties")),
            "endpoints": [{"hostName": _of(endpoint, "hostName")}],
        }
