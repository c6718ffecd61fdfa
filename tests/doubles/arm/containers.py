"""Microsoft.Storage: containers, their immutability policies and legal holds."""

from __future__ import annotations

import re
from typing import Any

from .accounts import account_path
from .faults import Answer, RefusedError
from .state import Call, State, merged, valid

_NAME = re.compile(r"[a-z0-9](-?[a-z0-9])+")


def _container_path(call: Call) -> str:
    return f"{account_path(call)}/blobServices/default/containers/{call.names['container']}"


def _policy_of(state: State, path: str) -> dict[str, Any] | None:
    return state.find(f"{path}/immutabilityPolicies/default")


def _seen(state: State, path: str, thing: dict[str, Any]) -> dict[str, Any]:
    hold = thing.get("hold") or []
    own = {
        "hasLegalHold": bool(hold),
        "hasImmutabilityPolicy": _policy_of(state, path) is not None,
        "legalHold": {"hasLegalHold": bool(hold), "tags": [{"tag": tag} for tag in hold]},
        "leaseState": "Available",
    }
    properties = {**thing["properties"], **own}
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers"
    return {"id": path, "name": path.rpartition("/")[2], "type": kind, "etag": thing["etag"], "properties": properties}


def _check(state: State, call: Call, properties: dict[str, Any]) -> None:
    account = state.need(account_path(call))["properties"]
    if properties.get("publicAccess", "None") != "None" and not account.get("allowBlobPublicAccess"):
        raise RefusedError(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
    scope = properties.get("defaultEncryptionScope", "$account-encryption-key")
    if scope != "$account-encryption-key" and not state.find(f"{account_path(call)}/encryptionScopes/{scope}"):
        raise RefusedError(400, "EncryptionScopeNotFound", f"The encryption scope {scope} does not exist.")


def put_container(state: State, call: Call) -> Answer:
    """Make a container; one that is there is written anew."""
    name = call.names["container"]
    if not (3 <= len(name) <= 63 and _NAME.fullmatch(name)):
        raise RefusedError(400, "ContainerOperationFailure", f"The container name {name} is not valid.")
    properties = valid("BlobContainer", call.body).get("properties") or {}
    _check(state, call, properties)
    before = state.find(call.path)
    if before:
        return _write(state, call, properties)
    blank = {"publicAccess": "None", "defaultEncryptionScope": "$account-encryption-key"}
    thing = state.keep(call.path, {"properties": {**blank, **properties}, "hold": []})
    return Answer(201, _seen(state, call.path, thing))


def patch_container(state: State, call: Call) -> Answer:
    """Change a container."""
    return _write(state, call, valid("BlobContainer", call.body).get("properties") or {})


def _write(state: State, call: Call, properties: dict[str, Any]) -> Answer:
    before = state.need(call.path)
    _check(state, call, properties)
    scope = properties.get("defaultEncryptionScope")
    if scope and scope != before["properties"]["defaultEncryptionScope"]:
        raise RefusedError(409, "ContainerOperationFailure", "The default encryption scope cannot be changed.")
    thing = state.keep(call.path, merged(before, {"properties": properties}))
    return Answer(200, _seen(state, call.path, thing))


def get_container(state: State, call: Call) -> Answer:
    """One container."""
    state.need(account_path(call))
    found = state.find(call.path)
    if found is None:
        raise RefusedError(404, "ContainerNotFound", "The specified container does not exist.")
    return Answer(200, _seen(state, call.path, found))


def list_containers(state: State, call: Call) -> Answer:
    """The containers of an account."""
    state.need(account_path(call))
    return Answer(200, {"value": [_seen(state, key, thing) for key, thing in state.below(call.path)]})


def delete_container(state: State, call: Call) -> Answer:
    """Remove a container with everything in it, unless something protects that."""
    found = state.find(call.path)
    blobs = state.blobs.get((call.names["account"], call.names["container"]), {})
    if found and (found.get("hold") or (_policy_of(state, call.path) and blobs)):
        raise RefusedError(409, "ContainerImmutabilityFailure", "The container is protected by a hold or a policy.")
    state.blobs.pop((call.names["account"], call.names["container"]), None)
    return Answer(200 if state.drop(call.path) else 204)


def _policy_seen(path: str, thing: dict[str, Any]) -> Answer:
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    return Answer(200, {"id": path, "name": "default", "type": kind, **thing}, {"ETag": thing["etag"]})


def get_policy(state: State, call: Call) -> Answer:
    """A container's immutability policy."""
    state.need(_container_path(call))
    found = state.find(call.path)
    if found is None:
        raise RefusedError(404, "ImmutabilityPolicyNotFound", "There is no immutability policy.")
    return _policy_seen(call.path, found)


def put_policy(state: State, call: Call) -> Answer:
    """Write a container's immutability policy."""
    state.need(_container_path(call))
    properties = valid("ImmutabilityPolicy", call.body).get("properties") or {}
    days = properties.get("immutabilityPeriodSinceCreationInDays")
    if not isinstance(days, int) or not 1 <= days <= 146000:
        raise RefusedError(400, "InvalidValuesForRequestParameters", "The period is to be 1 to 146000 days.")
    before = state.find(call.path)
    if before and before["properties"]["state"] == "Locked":
        raise RefusedError(409, "ContainerImmutabilityPolicyFailure", "A locked policy cannot be changed.")
    return _policy_seen(call.path, state.keep(call.path, {"properties": {**properties, "state": "Unlocked"}}))


def delete_policy(state: State, call: Call) -> Answer:
    """Remove a container's unlocked immutability policy."""
    _matching(state, call)
    state.drop(call.path)
    return Answer(200, {"properties": {"state": "Deleted"}})


def lock_policy(state: State, call: Call) -> Answer:
    """Lock a container's immutability policy, for good."""
    path = call.path.rpartition("/")[0]
    before = _matching(state, call, path)
    return _policy_seen(path, state.keep(path, merged(before, {"properties": {"state": "Locked"}})))


def _matching(state: State, call: Call, path: str | None = None) -> dict[str, Any]:
    """The policy that a call is about, which has to name the ETag that it has now."""
    found = state.find(path or call.path)
    if found is None:
        raise RefusedError(404, "ImmutabilityPolicyNotFound", "There is no immutability policy.")
    if found["properties"]["state"] == "Locked":
        raise RefusedError(409, "ContainerImmutabilityPolicyFailure", "A locked policy cannot be changed.")
    if call.headers.get("if-match", "") != found["etag"]:
        raise RefusedError(412, "ConditionNotMet", "The ETag of the policy is another one.")
    return found


def set_hold(state: State, call: Call) -> Answer:
    """Add tags to a container's legal hold."""
    return _hold(state, call, lambda held, tags: [*held, *(tag for tag in tags if tag not in held)])


def clear_hold(state: State, call: Call) -> Answer:
    """Take tags from a container's legal hold."""
    return _hold(state, call, lambda held, tags: [tag for tag in held if tag not in tags])


def _hold(state: State, call: Call, change: Any) -> Answer:
    tags = valid("LegalHold", call.body)["tags"]
    if any(not re.fullmatch(r"[a-zA-Z0-9]{3,23}", tag) for tag in tags):
        raise RefusedError(400, "InvalidValuesForRequestParameters", "A tag is 3 to 23 alphanumeric characters.")
    path = _container_path(call)
    before = state.need(path)
    thing = state.keep(path, {**before, "hold": change(before.get("hold") or [], tags)})
    return Answer(200, {"hasLegalHold": bool(thing["hold"]), "tags": thing["hold"]})
