"""What was in Google Cloud before slidebox, in the words of slidebox's own inputs: neither changed nor claimed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slidebox.errors import InputError
from slidebox.provider import gcs_grants, gcs_labels, gcs_lifecycle, gcs_settings
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_grants import Entry
from slidebox.provider.gcs_store import GcsRef

HELD = "set by others"
"""What stands for the reason of a hold that slidebox has not set."""

_SAID = frozenset(
    {
        "name",
        "labels",
        "location",
        "storageClass",
        "iamConfiguration",
        "versioning",
        "softDeletePolicy",
        "retentionPolicy",
        "defaultEventBasedHold",
        "encryption",
        "logging",
        "lifecycle",
    }
)
"""Fields of a bucket that inputs or sentences of their own are about."""
_SERVICES = frozenset(
    {
        "kind",
        "id",
        "selfLink",
        "projectNumber",
        "metageneration",
        "generation",
        "etag",
        "timeCreated",
        "updated",
        "locationType",
        "owner",
        "satisfiesPZS",
        "satisfiesPZI",
    }
)
"""Fields that are the service's own and that nobody sets."""
_NOTHING = (None, False, "", "DEFAULT", "0", 0)
"""What a setting says that is not in use."""


def names(connections: GcsConnections, ref: GcsRef) -> list[str]:
    """The buckets of a project."""
    with told("listing its buckets", ref):
        return sorted(str(bucket.name) for bucket in connections.storage(ref).list_buckets(retry=patiently()))


def as_is(connections: GcsConnections, ref: GcsRef, bucket: str) -> tuple[dict[str, Any], list[str]]:
    """Read a bucket that slidebox has not made.

    Parameters
    ----------
    connections
        Clients of Google Cloud.
    ref
        Its project.
    bucket
        Its name.

    Returns
    -------
    inputs, sentences
        The inputs of `slidebox:gcs:Bucket` that mean what is there, without what is declared of its data; and what no
        input can say, or what a person should know beside it.

    Raises
    ------
    InputError
        If there is no such bucket.
    """
    from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

    with told(f"reading bucket {bucket!r}", ref):
        try:
            there = connections.storage(ref).get_bucket(bucket, retry=patiently())
        except NotFound:
            raise InputError(f"There is no bucket {bucket!r} in {ref}.", "Look at its name.") from None
        policy = there.get_iam_policy(requested_policy_version=gcs_grants.POLICY_VERSION, retry=patiently())
        inputs, sentences = described(ref, there, policy.bindings)
        return inputs, [*_project(connections, ref, bucket), *sentences]


def described(ref: GcsRef, bucket: Any, bindings: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """What `as_is` answers, of a bucket and a policy that have been read."""
    there = gcs_grants.present(bindings)
    owners = {entry for entry in there if gcs_grants.is_owners(entry, ref.project)}
    settings = {setting.input: setting.read(bucket) for setting in gcs_settings.SETTINGS}
    settings["hold"] = HELD if settings["hold"] else None
    inputs = {
        "store": ref.document,
        "bucket": bucket.name,
        **{name: value for name, value in settings.items() if value is not None},
        "ownKey": settings["kmsKey"] is not None,
        "grants": [gcs_grants.as_grant(entry) for entry in sorted(there - owners)],
        "tags": gcs_labels.without_owner(bucket.labels),
    }
    said: Mapping[str, Any] = bucket._properties  # noqa: SLF001 - the client shows no field that it does not know
    sentences = [*_itself(ref, bucket), *_objects(bucket.name, said), *_people(ref, bucket.name, there, owners)]
    return inputs, sentences


def _project(connections: GcsConnections, ref: GcsRef, bucket: str) -> Iterator[str]:
    """Whether it is of the project at all: a bucket is found by its name in whichever project it is."""
    from google.api_core.exceptions import Forbidden  # noqa: PLC0415 - only where a store is in Google Cloud

    try:
        listed = connections.storage(ref).list_buckets(prefix=bucket, retry=patiently())
        if bucket not in {item.name for item in listed}:
            yield f"{bucket} is not among the buckets of project {ref.project}: it belongs to another."
    except Forbidden:
        yield f"Whether {bucket} is a bucket of project {ref.project} cannot be read (storage.buckets.list is missing)."


# The bucket's own settings


def _itself(ref: GcsRef, bucket: Any) -> Iterator[str]:
    name, labels = bucket.name, dict(bucket.labels)
    if labels != gcs_labels.without_owner(labels):
        yield f"{name} carries the mark of a stack of slidebox already: {gcs_labels.stack_of(labels)}."
    if str(bucket.location).upper() != ref.region.upper():
        yield f"{name} lies in {bucket.location}, and the region of store {ref.name} is {ref.region}."
    if bucket.storage_class != gcs_lifecycle.CLASSES[0]:
        yield f"New objects of {name} are of class {bucket.storage_class}, and no input says so."
    if not bucket.iam_configuration.uniform_bucket_level_access_enabled:
        yield f"Each object of {name} may have a list of access of its own (ACL): whom these let in is not known."
    if bucket.default_event_based_hold:
        yield f"New objects of {name} are under an event-based hold, and nothing says why."
    if bucket.default_kms_key_name and not gcs_settings.is_key(bucket.default_kms_key_name):
        yield f"The key of {name} is named with its version ({bucket.default_kms_key_name}), so it does not rotate."


def _objects(name: str, said: Mapping[str, Any]) -> Iterator[str]:
    """What happens to objects, and whatever else is set, that no input says."""
    for rule in gcs_lifecycle.others((said.get("lifecycle") or {}).get("rule") or ()):
        yield f"A lifecycle rule of {name} is none that slidebox writes: {_json(rule)}."
    encryption = {field: value for field, value in (said.get("encryption") or {}).items() if field != _DEFAULT_KEY}
    rest = {field: value for field, value in said.items() if field not in _SAID | _SERVICES} | {
        "encryption": encryption
    }
    for field, value in sorted(rest.items()):
        if _set(value):
            yield f"{name} has the setting {field} ({_json(value)}), and no input says so."


_DEFAULT_KEY = "defaultKmsKeyName"


def _set(value: Any) -> bool:
    """Whether a setting says anything."""
    if isinstance(value, Mapping):
        return any(map(_set, value.values()))
    if isinstance(value, list):
        return bool(value)
    return value not in _NOTHING


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


# Who has access


def _people(ref: GcsRef, name: str, there: set[Entry], owners: set[Entry]) -> Iterator[str]:
    if owners:
        yield (
            f"Owners and editors of project {ref.project} come into {name} by what Google gives them there: "
            f"{', '.join(sorted(str(entry) for entry in owners))}; slidebox leaves them."
        )
    for entry in sorted(there - owners):
        if entry.expression and not gcs_grants.end_of(entry.expression):
            yield (
                f"{entry.member} is {entry.role} of {name} under the condition {entry.title!r} ({entry.expression}), "
                "which the rules do not read: they take the access as if it had none."
            )
    accounts = {entry.member.partition(":")[2] for entry in there if entry.member.startswith("serviceAccount:")}
    for account in sorted(accounts):
        yield (
            f"The service account {account} may have keys in files, which open {name} and do not end; the bucket does "
            f"not say so: gcloud iam service-accounts keys list --managed-by=user --iam-account={account}"
        )
