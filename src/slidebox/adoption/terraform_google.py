"""Buckets of Google Cloud that Terraform made, as slidebox's own provider would read them. Pure.

A bucket's attributes are written as the resource of Google's JSON API that they stand for, which
`slidebox.provider.gcs_read` then describes: so that a file and the service say the same thing in the same words.

Source: documentation of Terraform's google provider 4 to 7, as of 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.adoption.existing import Existing, Thing
from slidebox.adoption.google import members_of
from slidebox.adoption.terraform_keys import Key, google_keys
from slidebox.adoption.terraform_resources import Resource, beside, blocks_of, dangers, doubt, hand_over
from slidebox.errors import InputError
from slidebox.model import Store
from slidebox.provider import gcs_read
from slidebox.provider.gcs_store import GcsRef

_BUCKET = "google_storage_bucket"
_MEMBER, _BINDING, _POLICY = (f"{_BUCKET}_iam_{kind}" for kind in ("member", "binding", "policy"))
_FOLDER = "google_storage_managed_folder_iam"
_LISTS = (
    f"{_BUCKET}_acl",
    f"{_BUCKET}_access_control",
    "google_storage_default_object_acl",
    "google_storage_default_object_access_control",
    "google_storage_object_acl",
    "google_storage_object_access_control",
    *(f"{_FOLDER}_{kind}" for kind in ("member", "binding", "policy")),
)
"""What gives access by a list (ACL), or to a part of a bucket."""
_PROJECT = ("google_project_iam_member", "google_project_iam_binding")
_EVERYWHERE = re.compile(r"roles/(storage\..*|owner|editor|viewer)")
"""Roles that somebody can have in a project and that let them into its buckets."""

_INPUTS: Mapping[str, tuple[str, ...]] = {
    "labels": ("tags",),
    "uniform_bucket_level_access": ("uniformAccess",),
    "public_access_prevention": ("public",),
    "versioning": ("versioning",),
    "soft_delete_policy": ("softDeleteDays",),
    "retention_policy": ("retention",),
    "default_event_based_hold": ("hold",),
    "encryption": ("kmsKey", "ownKey"),
    "logging": ("log",),
    "lifecycle_rule": ("lifecycle",),
}
"""What each attribute of a bucket decides of the inputs of `slidebox:gcs:Bucket`."""
_CONDITIONS: Mapping[str, str] = {
    "age": "age",
    "created_before": "createdBefore",
    "custom_time_before": "customTimeBefore",
    "days_since_custom_time": "daysSinceCustomTime",
    "days_since_noncurrent_time": "daysSinceNoncurrentTime",
    "matches_prefix": "matchesPrefix",
    "matches_storage_class": "matchesStorageClass",
    "matches_suffix": "matchesSuffix",
    "noncurrent_time_before": "noncurrentTimeBefore",
    "num_newer_versions": "numNewerVersions",
}
_IS_LIVE: Mapping[str, bool] = {"LIVE": True, "ARCHIVED": False}


def read_google(found: Sequence[Resource], store: str, declared: Store) -> tuple[Existing, ...]:
    """The buckets of a store in Google Cloud; those of other projects are left out.

    Parameters
    ----------
    found
        All resources of a document.
    store, declared
        The store.

    Raises
    ------
    InputError
        If the extra is not installed.
    """
    ref = GcsRef.of(store, declared)
    keys = google_keys(found)
    return tuple(
        _existing(ref, one, found, keys)
        for one in found
        if one.type == _BUCKET
        and one.made
        and one.text("name") not in ("", UNKNOWN)
        and one.text("project") in ("", UNKNOWN, ref.project)
    )


def _existing(ref: GcsRef, bucket: Resource, found: Sequence[Resource], keys: Sequence[Key]) -> Existing:
    name = bucket.text("name")
    said = [one for one in found if one.type in (_MEMBER, _BINDING, _POLICY, *_LISTS) and _about(one) == name]
    about, planned = beside(said)
    inputs, sentences = gcs_read.described(ref, _as_client(ref, api_bucket(bucket.values)), _bindings(about))
    if not bucket.blocks("soft_delete_policy"):
        del inputs["softDeleteDays"]  # older releases of the provider do not ask for it, and the service has a default
    later = sorted(bucket.unknown & _INPUTS.keys())
    inputs.update({name: UNKNOWN for attribute in later for name in _INPUTS[attribute]})
    everywhere = list(_everywhere(found))
    members = (*members_of(inputs["grants"]), *members_of(grant for grant, _ in everywhere))
    inside = {member.identity for member in members}
    own = [key for key in keys if key.identity in inside or key.identity == UNKNOWN]
    told = {f"--iam-account={key.called}" for key in own}
    notes = [
        *(sentence for sentence in sentences if not any(words in sentence for words in told)),
        *(doubt(bucket, attribute) for attribute in later),
        *dangers(name, bucket),
        *_settings(name, inputs),
        *_people(name, about),
        *planned,
        *_elsewhere(found),
        *(sentence for _, sentence in everywhere),
        *(sentence for key in own for sentence in key.sentences(name)),
        *hand_over(name, [bucket, *about]),
    ]
    return Existing(
        store=ref.name,
        name=name,
        things=(Thing("slidebox:gcs:Bucket", f"{ref.name}/{name}", inputs),),
        region=bucket.text("location").lower(),
        members=members,
        keys=tuple(key.long_lived for key in own if key.resource.made),
        labels=inputs["tags"] if isinstance(inputs["tags"], Mapping) else None,
        notes=tuple(notes),
    )


def _about(one: Resource) -> str:
    """The bucket that a resource is about; the provider writes it as ``b/NAME`` in places."""
    return one.text("bucket").removeprefix("b/")


def _as_client(ref: GcsRef, resource: Mapping[str, Any]) -> Any:
    """A bucket as Google's client has it, which nothing is asked of."""
    try:
        from google.cloud.storage import Bucket  # noqa: PLC0415 - only where a store is in Google Cloud
    except ModuleNotFoundError as error:
        raise InputError(
            f"The store {ref.name!r} is of kind 'gcs', and {error.name} is not installed.",
            "Install it: pip install 'slidebox[gcs]'.",
        ) from error
    bucket = Bucket(None, str(resource["name"]))
    bucket._properties = dict(resource)  # noqa: SLF001 - the client makes a bucket of an answer in no other way
    return bucket


# The bucket


def api_bucket(values: Mapping[str, Any]) -> dict[str, Any]:
    """The resource of Google's JSON API that a bucket's attributes stand for."""

    def block(name: str) -> Mapping[str, Any]:
        blocks = blocks_of(values, name)
        return blocks[0] if blocks else {}

    access: dict[str, Any] = {"uniformBucketLevelAccess": {"enabled": bool(values.get("uniform_bucket_level_access"))}}
    if values.get("public_access_prevention"):
        access["publicAccessPrevention"] = values["public_access_prevention"]
    said: dict[str, Any] = {
        "name": values.get("name"),
        "location": values.get("location") or "",
        "storageClass": values.get("storage_class") or "STANDARD",
        "labels": dict(values.get("labels") or {}),
        "iamConfiguration": access,
        "versioning": {"enabled": bool(block("versioning").get("enabled"))},
        "defaultEventBasedHold": bool(values.get("default_event_based_hold")),
        "lifecycle": {"rule": [_rule(one) for one in blocks_of(values, "lifecycle_rule")]},
        "billing": {"requesterPays": bool(values.get("requester_pays"))},
        "autoclass": {"enabled": bool(block("autoclass").get("enabled"))},
        "hierarchicalNamespace": {"enabled": bool(block("hierarchical_namespace").get("enabled"))},
        "website": {name: text for name, text in block("website").items() if text},
        "cors": [dict(one) for one in blocks_of(values, "cors")],
        "rpo": values.get("rpo") if values.get("rpo") == "ASYNC_TURBO" else "DEFAULT",
    }
    if soft := block("soft_delete_policy"):
        said["softDeletePolicy"] = {"retentionDurationSeconds": int(soft.get("retention_duration_seconds") or 0)}
    if kept := block("retention_policy"):
        seconds, locked = int(kept.get("retention_period") or 0), bool(kept.get("is_locked"))
        said["retentionPolicy"] = {"retentionPeriod": seconds, "isLocked": locked}
    if key := block("encryption").get("default_kms_key_name"):
        said["encryption"] = {"defaultKmsKeyName": key}
    if log := block("logging"):
        said["logging"] = {"logBucket": log.get("log_bucket"), "logObjectPrefix": log.get("log_object_prefix") or ""}
    return said


def _rule(values: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle rule of the API: Terraform writes nothing as zero, as an empty text or as an empty list."""
    action, condition = (next(iter(blocks_of(values, name)), {}) for name in ("action", "condition"))
    does = {"type": action.get("type")}
    if does["type"] == "SetStorageClass":
        does["storageClass"] = action.get("storage_class") or ""
    when = {name: condition[said] for said, name in _CONDITIONS.items() if condition.get(said)}
    live = _IS_LIVE.get(str(condition.get("with_state")))
    if live is not None:
        when["isLive"] = live
    # A rule without any condition is about everything, which an age of no days is.
    return {"action": does, "condition": when or {"age": 0}}


def _settings(name: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    if "softDeleteDays" not in inputs:
        yield (
            f"For how long deleted objects of {name} can be had back the file does not say; Google keeps them for 7 "
            "days where nobody has said otherwise."
        )


# Who has access


def _bindings(about: Iterable[Resource]) -> list[dict[str, Any]]:
    """What Terraform has put into a bucket's policy."""
    found: list[dict[str, Any]] = []
    for one in about:
        if one.type == _POLICY:
            found += _policy(one)
        elif one.type == _BINDING:
            listed = [UNKNOWN] if "members" in one.unknown else list(one.values.get("members") or ())
            found.append({"role": one.text("role"), "members": listed, "condition": _condition(one)})
        elif one.type == _MEMBER:
            found.append({"role": one.text("role"), "members": [one.text("member")], "condition": _condition(one)})
    return found


def _policy(one: Resource) -> list[dict[str, Any]]:
    """The bindings of a whole policy; somebody unknown in any role where it cannot be read."""
    try:
        said = json.loads(one.text("policy_data"))
        return [dict(binding) for binding in said.get("bindings") or ()]
    except (ValueError, AttributeError):
        return [{"role": UNKNOWN, "members": [UNKNOWN]}]


def _condition(one: Resource) -> dict[str, str]:
    said = one.block("condition")
    if "condition" in one.unknown:
        return {}  # as if there were none, which lets in most
    return {name: str(said.get(name) or "") for name in ("title", "expression")} if said else {}


def _people(name: str, about: Sequence[Resource]) -> Iterator[str]:
    """What to know of how Terraform gives access."""
    whole = [one for one in about if one.type == _POLICY]
    for one in whole:
        yield (
            f"{one.address} is the whole policy of {name}: each `{one.tool} apply` takes away whoever was let in by "
            "hand."
        )
    for one in about:
        if one.type == _BINDING:
            yield (
                f"{one.address} is everybody who has {one.text('role')} in {name}: each `{one.tool} apply` takes that "
                "role away from whoever was given it by hand."
            )
        elif one.type in _LISTS:
            yield f"{one.address} lets somebody in by a list (ACL), or into a part of {name}: whom, nothing here says."
        for attribute in ("member", "members", "policy_data", "condition", "role"):
            if attribute in one.unknown:
                yield doubt(one, attribute)
    if not whole:
        yield (
            f"The file knows only whom Terraform let into {name}: whoever was let in by hand, in Google's console, is "
            "not in it. The bucket itself says who has access: leave `--terraform` out."
        )


def _elsewhere(found: Iterable[Resource]) -> Iterator[str]:
    """Access to a bucket that is known only later."""
    for one in found:
        if one.type in (_MEMBER, _BINDING, _POLICY) and "bucket" in one.unknown:
            yield doubt(one, "bucket")


def _everywhere(found: Iterable[Resource]) -> Iterator[tuple[dict[str, str], str]]:
    """Who has a role in the whole project that lets them into each of its buckets, and a sentence about it."""
    for one in found:
        role = one.text("role")
        if one.type in _PROJECT and _EVERYWHERE.fullmatch(role):
            for who in map(str, one.values.get("members") or [one.text("member")]):
                sentence = f"{who} has {role} in the whole project, and so in each of its buckets ({one.address})."
                yield {"member": who, "role": role}, sentence
