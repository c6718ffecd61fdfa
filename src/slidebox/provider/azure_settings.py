"""The settings of a container: how each is read, in words of its input, and written."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from slidebox.errors import InputError
from slidebox.provider import azure_roles
from slidebox.provider.azure_faults import found
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.ownership import PREFIX, Owner
from slidebox.provider.resource import Context, Failure
from slidebox.provider.values import Properties, has_unknown

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

PROPERTIES: Mapping[str, tuple[str, str]] = {
    "location": ("string", "Id of the location: project/level@term@store."),
    "store": ("object", "The account: name, account, subscription, resource_group, region, lab, endpoint."),
    "container": ("string", "Name of the container."),
    "public": ("boolean", "Anyone may read and list its blobs."),
    "ownKey": ("boolean", "The data need a key of the lab's own."),
    "keyUri": ("string", "Address of that key in a Key Vault, without its version so that it can rotate."),
    "lockDays": ("number", "For how long a blob cannot be changed or deleted; the policy stays unlocked."),
    "hold": ("string", "Why nothing may be deleted at all."),
    "lifecycle": ("object", "transitions (days, tier), noncurrentDays and expireDays."),
    "grants": ("array", "Who may do what until when: identity, role, until, principal."),
    "identities": ("object", "Whom of the lab each identity stands for, for the rules."),
    "tags": ("object", "The lab's tags, as metadata; the owner's mark is added."),
    "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
    "containerId": ("string", "Its id."),
    "url": ("string", "Where its blobs are."),
    "encryptionScope": ("string", "What encrypts it where that is a key of the lab's own."),
    "owner": ("string", "The resource that the container's mark names."),
    "foreign": ("object", "What others have set on it: assignments, holds and rules."),
}
"""The properties of a container for the schema: type and description, by name."""

HOLD_TAG = "slidebox"
"""The tag of slidebox's own legal hold; its reason is in the metadata."""
HOLD_REASON = "slidebox_hold"
ACCOUNT_KEY = "$account-encryption-key"
"""What a container without an encryption scope of its own is encrypted with."""

# Microsoft, "Naming and Referencing Containers, Blobs, and Metadata".
_NAME = re.compile(r"[a-z0-9](-?[a-z0-9])+")
# A name of metadata is an identifier of C#, and a value travels in a header (Microsoft, "Setting and retrieving
# properties and metadata for Blob resources").
_MARK = PREFIX.replace(":", "_")
_SAFE = "".join(sorted(set(string.printable) - set(string.whitespace) - {"%"})) + " "


def check_metadata(tags: Mapping[str, Any]) -> list[Failure]:
    """What is wrong with tags as names of metadata."""
    return [
        Failure("tags", f"tag {name!r} is no name of Azure's metadata: letters, digits and _, a letter first")
        for name in tags
        if not (name.isascii() and name.isidentifier()) or name.startswith(_MARK)
    ]


def faults(inputs: Properties) -> list[Failure]:
    """What can be said against the inputs without asking Azure."""
    failures: list[Failure] = []
    name = inputs.get("container")
    if isinstance(name, str) and not (3 <= len(name) <= 63 and _NAME.fullmatch(name)):
        why = "3 to 63 lower-case letters, digits and single hyphens"
        failures.append(Failure("container", f"Azure does not allow a container named {name!r}: {why}"))
    if inputs.get("ownKey") is True and not inputs.get("keyUri"):
        why = "these data need a key of the lab's own, and no address of a key in a Key Vault is given"
        failures.append(Failure("keyUri", why))
    if not has_unknown(inputs["tags"]):
        failures += check_metadata(inputs["tags"] or {})
    if not has_unknown(inputs["grants"]):
        said = [azure_roles.grant_fault(grant) for grant in inputs["grants"] or ()]
        failures += [Failure("grants", why) for why in said if why]
    return failures


def metadata(context: Context, inputs: Properties) -> dict[str, str]:
    """The tags, the mark of the owner and the reason of a hold."""
    mark = {name.replace(":", "_"): value for name, value in Owner.of(context).tags.items()}
    hold = {HOLD_REASON: str(inputs["hold"])} if inputs.get("hold") else {}
    return {name: quote(value, safe=_SAFE) for name, value in {**(inputs.get("tags") or {}), **mark, **hold}.items()}


def owner_of(present: Mapping[str, Any] | None) -> Owner | None:
    """The owner that a container's metadata name."""
    said = _said(present)
    marks = ("project", "stack", "urn")
    return Owner.read({f"{PREFIX}{name}": said[f"{_MARK}{name}"] for name in marks if f"{_MARK}{name}" in said})


def tags_of(present: Mapping[str, Any] | None) -> dict[str, str]:
    """A container's metadata without slidebox's own."""
    return {name: value for name, value in _said(present).items() if not name.startswith(_MARK)}


def _said(present: Mapping[str, Any] | None) -> dict[str, str]:
    about = ((present or {}).get("properties") or {}).get("metadata") or {}
    return {name: unquote(value) for name, value in about.items()}


def is_public(present: Mapping[str, Any]) -> bool:
    """Whether anyone may read a container."""
    return str(present["properties"].get("publicAccess") or "None") != "None"


def holds(present: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """The reason of slidebox's own hold, and the tags of the holds of others."""
    tags = [str(entry.get("tag")) for entry in (present["properties"].get("legalHold") or {}).get("tags") or ()]
    reason = _said(present).get(HOLD_REASON, "no reason is written") if HOLD_TAG in tags else None
    return reason, sorted(tag for tag in tags if tag != HOLD_TAG)


def scope_of(present: Mapping[str, Any]) -> str | None:
    """The encryption scope of a container; None where the account's own key encrypts it."""
    scope = present["properties"].get("defaultEncryptionScope")
    return None if scope in (None, "", ACCOUNT_KEY) else str(scope)


def read_key(client: StorageManagementClient, ref: AzureRef, scope: str | None) -> str | None:
    """The URI of the lab's own key; None where Azure's own key encrypts."""
    if scope is None:
        return None
    present = found(lambda: client.encryption_scopes.get(ref.resource_group, ref.account, scope))
    about = {} if present is None else present.as_dict().get("properties") or {}
    if about.get("source") != "Microsoft.KeyVault" or about.get("state") == "Disabled":
        return None
    uri = (about.get("keyVaultProperties") or {}).get("keyUri")
    return str(uri) if uri else None


def read_lock(
    client: StorageManagementClient, ref: AzureRef, present: Mapping[str, Any]
) -> tuple[int | None, bool, str]:
    """For how many days a container's blobs are locked, whether that is locked itself, and the ETag of the policy."""
    container = str(present["name"])
    if present["properties"].get("hasImmutabilityPolicy") is False:
        return None, False, ""
    policy = found(lambda: client.blob_containers.get_immutability_policy(ref.resource_group, ref.account, container))
    if policy is None:
        return None, False, ""
    about = policy.as_dict()
    properties = about.get("properties") or {}
    days = properties.get("immutabilityPeriodSinceCreationInDays") or None
    return days, properties.get("state") == "Locked", str(about.get("etag") or "")


def write_lock(client: StorageManagementClient, ref: AzureRef, present: Mapping[str, Any], days: int | None) -> None:
    """Set for how many days blobs are locked; the policy stays unlocked, so that the lab can mend a mistake.

    Raises
    ------
    InputError
        If somebody has locked the policy, and it is to be lifted or shortened.
    """
    from azure.core import MatchConditions  # noqa: PLC0415 - only where a store is in Azure

    container = str(present["name"])
    before, locked, etag = read_lock(client, ref, present)
    if before == days:
        return
    if locked:
        raise InputError(
            f"The immutability policy of container {container!r} is locked at {before} days; Azure never lifts that.",
            f"Declare a retention of {before} days, or extend the policy by hand.",
        )
    if days is None:
        client.blob_containers.delete_immutability_policy(
            ref.resource_group, ref.account, container, etag=etag, match_condition=MatchConditions.IfNotModified
        )
        return
    body: Any = {"properties": {"immutabilityPeriodSinceCreationInDays": days, "allowProtectedAppendWritesAll": False}}
    client.blob_containers.create_or_update_immutability_policy(ref.resource_group, ref.account, container, body)


def write_hold(client: StorageManagementClient, ref: AzureRef, container: str, *, held: bool, wanted: bool) -> None:
    """Set slidebox's own hold or lift it; the holds of others stay."""
    body: Any = {"tags": [HOLD_TAG]}
    if wanted and not held:
        client.blob_containers.set_legal_hold(ref.resource_group, ref.account, container, body)
    if held and not wanted:
        client.blob_containers.clear_legal_hold(ref.resource_group, ref.account, container, body)
