"""The rules of an account's one lifecycle policy: ours by name, everybody else's left as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from slidebox.errors import InputError
from slidebox.provider.azure_faults import found
from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

TIERS: Mapping[str, str] = {"Cool": "tierToCool", "Cold": "tierToCold"}
"""What moves a blob to a tier from which it can be read at once."""
UNCOMMITTED_DAYS = 7
"""After how many days Azure itself drops blocks that no upload has finished (Microsoft, "Put Block")."""

MOST_RULES = 100
"""How many rules an account can have (Microsoft, "Configure a lifecycle management policy")."""

_AGE = "daysAfterModificationGreaterThan"
_MADE = "daysAfterCreationGreaterThan"
_POLICY: Any = "default"  # the SDK has a word for it that only its own import brings


def rule_name(container: str) -> str:
    """Name of a container's rule."""
    return f"slidebox-{container}"


def rule(container: str, wishes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A container's rule; None where nothing happens to its blobs by themselves.

    Parameters
    ----------
    container
        Its name.
    wishes
        ``transitions`` (``days`` and ``tier``), ``noncurrentDays`` and ``expireDays``.
    """
    said = wishes or {}
    base: dict[str, Any] = {TIERS[move["tier"]]: {_AGE: move["days"]} for move in said.get("transitions") or ()}
    if said.get("expireDays"):
        base["delete"] = {_AGE: said["expireDays"]}
    actions: dict[str, Any] = {"baseBlob": base} if base else {}
    if said.get("noncurrentDays"):
        old = {"delete": {_MADE: said["noncurrentDays"]}}
        actions |= {"version": old, "snapshot": old}
    if not actions:
        return None
    return {
        "name": rule_name(container),
        "type": "Lifecycle",
        "enabled": True,
        # With the slash: the names of other containers may begin with this one's.
        "definition": {
            "actions": actions,
            "filters": {"blobTypes": ["blockBlob"], "prefixMatch": [f"{container}/"]},
        },
    }


def wishes(container: str, present: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a rule does, in words of the input; a rule that somebody has written otherwise is ``others``."""
    if present is None or not present.get("enabled", True):
        return None
    actions = present["definition"].get("actions") or {}
    base, version = actions.get("baseBlob") or {}, actions.get("version") or {}
    moves = [
        {"days": int(base[key][_AGE]), "tier": tier} for tier, key in TIERS.items() if (base.get(key) or {}).get(_AGE)
    ]
    days = {
        "expireDays": (base.get("delete") or {}).get(_AGE),
        "noncurrentDays": (version.get("delete") or {}).get(_MADE),
    }
    said: dict[str, Any] = {"transitions": moves} if moves else {}
    said |= {name: int(value) for name, value in days.items() if value is not None}
    if _does(rule(container, said)) != _does(present):
        said["others"] = [str(present["name"])]
    return said


def own_of(
    container: str, present: Iterable[Mapping[str, Any]], *known: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """A container's rule: the one with its name, else one that does just what is known of it.

    Parameters
    ----------
    container
        Its name.
    present
        All rules of the account.
    known
        What is asked for, and what was before: a rule that was there before slidebox has a name of its own.
    """
    there = list(present)
    does = [_does(found) for wish in known if (found := rule(container, wish))]
    named = next((entry for entry in there if entry["name"] == rule_name(container)), None)
    return named or next((entry for entry in there if _does(entry) in does), None)


def _does(present: Mapping[str, Any] | None) -> Any:
    """A rule without its name."""
    return {**_plain({"enabled": True, **(present or {})}), "name": None}


def _plain(present: Mapping[str, Any] | None) -> Any:
    """A rule without what does not count: empty entries, and whole numbers written as fractions."""
    if isinstance(present, Mapping):
        return {name: _plain(value) for name, value in present.items() if value not in (None, [], {})}
    if isinstance(present, list):
        return [_plain(item) for item in present]
    return int(present) if isinstance(present, float) and present.is_integer() else present


def rules(client: StorageManagementClient, ref: AzureRef) -> list[dict[str, Any]]:
    """Every rule of the account's policy, as Azure writes it."""
    policy = found(lambda: client.management_policies.get(ref.resource_group, ref.account, _POLICY))
    if policy is None:
        return []
    whole: dict[str, Any] = policy.as_dict()
    return list(whole["properties"]["policy"]["rules"])


def foreign(container: str, present: Iterable[Mapping[str, Any]], *known: Mapping[str, Any] | None) -> list[str]:
    """Names of the rules of others that move or delete blobs of a container."""
    there = list(present)
    own = own_of(container, there, *known)
    return sorted(str(entry["name"]) for entry in there if entry is not own and reaches(entry, container))


def reaches(entry: Mapping[str, Any], container: str) -> bool:
    """Whether a rule is about blobs of a container, perhaps among others."""
    prefixes = ((entry["definition"].get("filters") or {}).get("prefixMatch")) or [""]
    whole = f"{container}/"
    return bool(entry.get("enabled", True)) and any(whole.startswith(p) or p.startswith(whole) for p in prefixes)


def settle(
    client: StorageManagementClient,
    ref: AzureRef,
    container: str,
    asked: Mapping[str, Any] | None,
    before: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Put a container's rule into the account's policy, and answer all its rules; the caller holds the account's lock.

    The API writes the policy as a whole and knows no ETag for it: what was written is looked at once more, because
    another stack of the lab may have written at the same moment.
    """
    present = rules(client, ref)
    for _ in range(3):
        own, wish = own_of(container, present, asked, before), rule(container, asked)
        if _does(own) == _does(wish):
            break
        kept = [*(entry for entry in present if entry is not own), *([wish] if wish else [])]
        if len(kept) > MOST_RULES:
            raise InputError(
                f"The {ref} has {MOST_RULES} lifecycle rules, and Azure allows no more.",
                "Declare a second store with an account of its own for the next projects.",
            )
        whole: Any = {"properties": {"policy": {"rules": kept}}}
        if kept:
            client.management_policies.create_or_update(ref.resource_group, ref.account, _POLICY, whole)
        else:
            client.management_policies.delete(ref.resource_group, ref.account, _POLICY)
        present = rules(client, ref)
    return present
