"""Settings that a bucket of Terraform's aws provider has on itself, as resources of pulumi-aws beside it. Pure.

Releases before 4 set them there; later ones still show there what a bucket has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.adoption.terraform_blocks import plain
from slidebox.adoption.terraform_resources import Resource

_OWNER = "CanonicalUser"


def inline(bucket: Resource) -> dict[str, dict[str, Any]]:
    """The settings, by what pulumi-aws calls each."""
    found = {
        "Policy": {"policy": bucket.text("policy")} if _is_policy(bucket.text("policy")) else {},
        "Versioning": _versioning(bucket.block("versioning")),
        "ServerSideEncryptionConfiguration": plain({"rule": _rules(bucket, "server_side_encryption_configuration")}),
        "LifecycleConfiguration": _lifecycle(bucket),
        "Logging": _logging(bucket.block("logging")),
        "ObjectLockConfiguration": plain(
            {name: bucket.block("object_lock_configuration").get(name) for name in ("object_lock_enabled", "rule")},
            single=True,
        ),
        "Acl": _access_list(bucket),
        "WebsiteConfiguration": _website(bucket.block("website")),
        "ReplicationConfig": _replication(bucket.block("replication_configuration")),
    }
    return {kind: inputs for kind, inputs in found.items() if inputs}


def _is_policy(text: str) -> bool:
    return bool(text.strip())


def _rules(bucket: Resource, block: str) -> Any:
    return bucket.block(block).get("rule")


def _versioning(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("enabled") is not True:
        return {}
    mfa = {"mfaDelete": "Enabled"} if said.get("mfa_delete") is True else {}
    return {"versioningConfiguration": {"status": "Enabled", **mfa}}


def _logging(said: Mapping[str, Any]) -> dict[str, Any]:
    found = plain({name: said.get(name) for name in ("target_bucket", "target_prefix")})
    return {"targetPrefix": "", **found} if found else {}


def _lifecycle(bucket: Resource) -> dict[str, Any]:
    rules = [_rule(one) for one in bucket.blocks("lifecycle_rule")]
    return {"rules": rules} if rules else {}


def _rule(values: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of the old form: on or off, with what it is about beside it, and old versions' days by another name."""
    said = plain({name: values.get(name) for name in ("id", "expiration", "transition")})
    said["status"] = "Enabled" if values.get("enabled") else "Disabled"
    said["filter"] = _filter(str(values.get("prefix") or ""), dict(values.get("tags") or {}))
    if days := values.get("abort_incomplete_multipart_upload_days"):
        said["abortIncompleteMultipartUpload"] = {"daysAfterInitiation": days}
    if old := next(iter(_older(values, "noncurrent_version_expiration")), None):
        said["noncurrentVersionExpiration"] = {"noncurrentDays": old.get("days")}
    if moves := list(_older(values, "noncurrent_version_transition")):
        said["noncurrentVersionTransitions"] = [
            {"noncurrentDays": one.get("days"), "storageClass": one.get("storage_class")} for one in moves
        ]
    return said


def _older(values: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in values.get(name) or () if isinstance(one, Mapping))


def _filter(prefix: str, tags: dict[str, str]) -> dict[str, Any]:
    if not tags:
        return {"prefix": prefix} if prefix else {}
    if len(tags) == 1 and not prefix:
        ((key, value),) = tags.items()
        return {"tag": {"key": key, "value": value}}
    return {"and": {**({"prefix": prefix} if prefix else {}), "tags": tags}}


def _access_list(bucket: Resource) -> dict[str, Any]:
    """The list of access: as it is named, or as its grants say; every list names the owner, who does all."""
    if bucket.text("acl") not in ("", "private"):
        return {"acl": bucket.text("acl")}
    grants = [
        {
            "grantee": {name: one[name] for name in ("type", "id", "uri") if one.get(name)},
            "permission": permission,
        }
        for one in bucket.blocks("grant")
        for permission in one.get("permissions") or ()
    ]
    owners = [one["grantee"].get("id") for one in grants if _is_owner(one)]
    if len(owners) == len(grants) <= 1:
        return {}
    # Of several who do all nobody says which one is the owner: then each of them counts as somebody who gets in.
    owner = owners[0] if len(set(owners)) == 1 else ""
    return {"accessControlPolicy": {"owner": {"id": owner}, "grants": grants}}


def _is_owner(grant: Mapping[str, Any]) -> bool:
    return bool(grant["grantee"].get("type") == _OWNER and grant["permission"] == "FULL_CONTROL")


def _website(said: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if said.get("index_document"):
        found["indexDocument"] = {"suffix": said["index_document"]}
    if said.get("error_document"):
        found["errorDocument"] = {"key": said["error_document"]}
    if said.get("redirect_all_requests_to"):
        scheme, _, host = str(said["redirect_all_requests_to"]).rpartition("://")
        found["redirectAllRequestsTo"] = {"hostName": host, **({"protocol": scheme} if scheme else {})}
    if said.get("routing_rules"):
        found["routingRuleDetails"] = _text(said["routing_rules"])
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _replication(said: Mapping[str, Any]) -> dict[str, Any]:
    rules = [_copied(one) for one in said.get("rules") or () if isinstance(one, Mapping)]
    return {"role": said.get("role"), "rules": rules} if rules else {}


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    destination = next(iter(_older(values, "destination")), {})
    place = plain({name: destination.get(name) for name in ("bucket", "storage_class")})
    about = next(iter(_older(values, "filter")), {"prefix": values.get("prefix")})
    said = plain({name: values.get(name) for name in ("id", "priority", "status")})
    kept = _filter(str(about.get("prefix") or ""), dict(about.get("tags") or {}))
    return {**said, "destination": place, "filter": kept}
