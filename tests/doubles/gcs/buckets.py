"""Buckets as the service keeps them, and what it refuses of their configuration."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .access import check_bindings, new_policy, number_of
from .faults import Refused, invalid
from .objects import Version

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")
_LABEL = re.compile(r"[a-z0-9_-]{0,63}")
_CLASSES = {"STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"}
_DAY = 86_400
_SERVERS_OWN = {"id", "kind", "selfLink", "projectNumber", "timeCreated", "updated", "metageneration", "etag"}
_PUBLIC = {"allUsers", "allAuthenticatedUsers"}


@dataclass
class Bucket:
    """A bucket.

    Attributes
    ----------
    project
        Whose it is.
    configuration
        What was sent of it.
    metageneration, policy_generation
        How often its configuration and its policy have changed.
    bindings
        Its policy.
    versions
        The versions of its objects by name, the live one last.
    folders
        The policies of its managed folders by their names, each with a slash at its end.
    """

    project: str
    configuration: dict[str, Any]
    created: dt.datetime
    metageneration: int = 1
    policy_generation: int = 1
    bindings: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    folders: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.configuration["name"])

    @property
    def prevented(self) -> bool:
        """Whether public access is prevented."""
        access = self.configuration.get("iamConfiguration", {})
        return bool(access.get("publicAccessPrevention") == "enforced")

    @property
    def versioned(self) -> bool:
        """Whether earlier versions are kept."""
        return bool(self.configuration.get("versioning", {}).get("enabled"))

    @property
    def retention_seconds(self) -> int:
        """For how long an object cannot be deleted or replaced."""
        return int((self.configuration.get("retentionPolicy") or {}).get("retentionPeriod", 0))

    @property
    def etag(self) -> str:
        """The tag of its policy."""
        return f"CA{self.policy_generation}="

    @property
    def document(self) -> dict[str, Any]:
        """It, as the API shows it."""
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "projectNumber": str(number_of(self.project)),
            "timeCreated": self.created.isoformat(),
            "metageneration": str(self.metageneration),
            "etag": f"CA{self.metageneration}=",
            **copy.deepcopy(self.configuration),
        }

    def policy(self, version: int) -> dict[str, Any]:
        """Its policy; a caller who does not ask for version 3 sees no conditions."""
        bindings = copy.deepcopy(self.bindings)
        conditional = any("condition" in binding for binding in bindings)
        if version < 3:
            for number, binding in enumerate(bindings):
                if binding.pop("condition", None):
                    binding["role"] = f"{binding['role']}_withcond_{number:020x}"
        shown = 3 if conditional and version >= 3 else 1
        return {"kind": "storage#policy", "version": shown, "etag": self.etag, "bindings": bindings}

    def set_policy(self, policy: Mapping[str, Any]) -> None:
        """Take a new policy.

        Raises
        ------
        Refused
            If it is not well formed, is not the successor of the present one, or opens what may not be opened.
        """
        check_bindings(policy)
        if policy.get("etag") and policy["etag"] != self.etag:
            raise Refused(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        bindings = [dict(binding) for binding in policy.get("bindings", []) if binding.get("members")]
        if self.prevented and any(_PUBLIC & set(binding["members"]) for binding in bindings):
            raise Refused(412, "conditionNotMet", "The member bindings allUsers and allAuthenticatedUsers are not "
                          "allowed since public access prevention is enforced.")  # fmt: skip
        self.bindings = bindings
        self.policy_generation += 1

    def change(self, changes: Mapping[str, Any], keys: set[str], *, whole: bool) -> None:
        """Take a change of the configuration: a patch, or the whole of it."""
        kept = {"name", "location", "softDeletePolicy"}
        base = {k: v for k, v in self.configuration.items() if k in kept} if whole else self.configuration
        merged = _merge(base, {name: value for name, value in changes.items() if name not in _SERVERS_OWN})
        if merged["location"] != self.configuration["location"]:
            raise invalid("The location of a bucket cannot be changed.")
        check_configuration(merged, keys)
        before = self.configuration.get("retentionPolicy") or {}
        after = merged.get("retentionPolicy") or {}
        if before.get("isLocked") and int(after.get("retentionPeriod", 0)) < int(before["retentionPeriod"]):
            raise Refused(403, "forbidden", "A locked retention policy cannot be removed or shortened.")
        self.configuration = merged
        self.metageneration += 1

    def lock_retention(self) -> None:
        """Lock the retention policy for good."""
        policy = self.configuration.get("retentionPolicy")
        if not policy:
            raise invalid("The bucket has no retention policy.")
        policy["isLocked"] = True
        self.metageneration += 1


def new_bucket(project: str, body: Mapping[str, Any], now: dt.datetime, keys: set[str]) -> Bucket:
    """A bucket from the request that makes it."""
    name = body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.startswith("goog") or "google" in name:
        raise invalid(f"Invalid bucket name: {name!r}")
    configuration = _merge({"location": "US", "storageClass": "STANDARD"}, dict(body))
    configuration["location"] = str(configuration["location"]).upper()
    # What the service sets where nothing is said.
    configuration.setdefault("softDeletePolicy", {"retentionDurationSeconds": str(7 * _DAY)})
    check_configuration(configuration, keys)
    return Bucket(project, configuration, now, bindings=new_policy(project))


def check_configuration(configuration: Mapping[str, Any], keys: set[str]) -> None:
    """Refuse a configuration that the service would refuse."""
    labels = configuration.get("labels", {})
    for name, value in labels.items():
        if not (_LABEL.fullmatch(name) and name[:1].isalpha() and _LABEL.fullmatch(value)):
            raise invalid(f"Invalid label {name!r}: {value!r}.")
    if len(labels) > 64:
        raise invalid("A bucket has 64 labels at most.")
    if configuration.get("storageClass") not in _CLASSES:
        raise invalid(f"Invalid storage class {configuration.get('storageClass')!r}.")
    seconds = int((configuration.get("softDeletePolicy") or {}).get("retentionDurationSeconds", 0))
    if seconds and not 7 * _DAY <= seconds <= 90 * _DAY:
        raise invalid("Soft delete retention duration has to be 0, or between 7 and 90 days.")
    if configuration.get("retentionPolicy") and configuration.get("versioning", {}).get("enabled"):
        raise invalid("Object versioning cannot be enabled on a bucket with a retention policy.")
    if configuration.get("iamConfiguration", {}).get("publicAccessPrevention") not in {None, "inherited", "enforced"}:
        raise invalid("Invalid value of publicAccessPrevention.")
    for rule in (configuration.get("lifecycle") or {}).get("rule", []):
        _check_rule(rule)
    key = (configuration.get("encryption") or {}).get("defaultKmsKeyName")
    if key and key not in keys:
        raise Refused(403, "forbidden", f"Permission denied on Cloud KMS key {key!r}. Please ensure that your Cloud "
                      "Storage service account has been authorized to use this key.")  # fmt: skip


def _check_rule(rule: Mapping[str, Any]) -> None:
    action, condition = rule.get("action") or {}, rule.get("condition") or {}
    kind = action.get("type")
    if kind not in {"Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"}:
        raise invalid(f"Invalid lifecycle action {kind!r}.")
    if not condition:
        raise invalid("A lifecycle rule needs a condition.")
    if (kind == "SetStorageClass") != (action.get("storageClass") in _CLASSES):
        raise invalid(f"Invalid storage class of lifecycle action {kind}.")
    if kind == "AbortIncompleteMultipartUpload" and set(condition) - {"age", "matchesPrefix", "matchesSuffix"}:
        raise invalid("An action on uploads takes only age, matchesPrefix and matchesSuffix.")
    for name in ("age", "daysSinceNoncurrentTime", "numNewerVersions"):
        if condition.get(name, 0) < 0:
            raise invalid(f"Invalid lifecycle condition {name}.")
    if set(condition.get("matchesStorageClass", [])) - _CLASSES:
        raise invalid("Invalid matchesStorageClass.")


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7386): null takes a field away."""
    merged = copy.deepcopy(dict(base))
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            present = merged.get(name)
            merged[name] = _merge(present if isinstance(present, Mapping) else {}, value)
        else:
            merged[name] = copy.deepcopy(value)
    return merged
