"""`slidebox:gcs:Key`: the lab's own key in Cloud KMS, which the storage service encrypts with.

A key is never destroyed here: whatever is encrypted with it would be gone with it. A stack that goes only forgets its
ring and its key, and finds them again by the mark in the key's labels.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from slidebox.errors import InputError
from slidebox.provider import gcs_labels, ownership
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_grants import POLICY_VERSION
from slidebox.provider.gcs_store import GcsRef, same_store
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Difference, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

USER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
ENABLED = "ENABLED"
_NAME = re.compile(r"(projects/[^/]+/locations/[^/]+)/keyRings/([A-Za-z0-9_-]{1,63})/cryptoKeys/([A-Za-z0-9_-]{1,63})")
_DEFAULT_DAYS = 90
_DAY_SECONDS = 86_400
_TRIES = 5


class Key(ResourceType):
    """A key of the lab's own in Cloud KMS, which rotates and which the project's storage service may use.

    Parameters
    ----------
    connections
        Clients of Google Cloud.
    """

    token = "slidebox:gcs:Key"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "key"})
    computed: ClassVar = frozenset({"agent", "state", "owner"})

    def __init__(self, connections: GcsConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The store: name, project, region, and endpoint where it is not Google's own."),
            "key": ("string", "Its name: projects/…/locations/…/keyRings/…/cryptoKeys/…"),
            "rotationDays": ("number", "After how many days it gets a new version; 90 if not said."),
            "tags": ("object", "The lab's tags, as labels; the owner's mark is added."),
            "agent": ("string", "The storage service's account in the project, which may use it."),
            "state": ("string", "ENABLED, or what else its version is that encrypts."),
            "owner": ("string", "The resource that the key's mark names."),
        }

    def required(self) -> tuple[str, ...]:
        """A key has a store and a name."""
        return ("store", "key")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs."""
        inputs = {"rotationDays": _DEFAULT_DAYS, "tags": {}, **{k: v for k, v in new.items() if v is not None}}
        failures = missing(inputs, self.required())
        if not has_unknown(inputs.get("key")) and not _NAME.fullmatch(str(inputs.get("key"))):
            failures.append(Failure("key", f"{inputs.get('key')!r} is no name of a key in Cloud KMS"))
        if not has_unknown(inputs["rotationDays"]) and inputs["rotationDays"] < 1:
            failures.append(Failure("rotationDays", "Cloud KMS rotates a key once a day at most"))
        if not has_unknown(inputs["tags"]):
            failures += gcs_labels.faults(inputs["tags"])
        return inputs, failures

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        return same_store(old, new) if name == "store" else super().same(name, old, new)

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; a key that the storage service may not use any more is not as it should be."""
        found = super().diff(context, state, old, new)
        if state.get("agent") == "":
            return Difference((*found.changed, "agent"), found.replace)
        return found

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the ring and the key, or take up the key that this resource made before."""
        from google.api_core.exceptions import Conflict, NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        ref, name = GcsRef.read(inputs["store"]), str(inputs["key"])
        parent, ring, short = _parts(name)
        client = self._connections.keys(ref)
        with told(f"making key {name!r}", ref):
            try:
                key = client.get_crypto_key(name=name, retry=patiently())
            except NotFound:
                key = None
            if key is None:
                with contextlib.suppress(Conflict):
                    client.create_key_ring(parent=parent, key_ring_id=ring, key_ring={}, retry=patiently())
                key = client.create_crypto_key(
                    parent=f"{parent}/keyRings/{ring}",
                    crypto_key_id=short,
                    crypto_key={"purpose": "ENCRYPT_DECRYPT", **_wanted(context, inputs)},
                    retry=patiently(),
                )
        ownership.require(f"Key {name!r}", gcs_labels.owner(key.labels, context), context, "adopt")
        return name, self._converge(context, ref, key, inputs)

    def _converge(self, context: Context, ref: GcsRef, key: Any, inputs: Properties) -> Properties:
        """Bring labels, rotation and users to what the inputs say; what is right already is not written."""
        client, wanted = self._connections.keys(ref), _wanted(context, inputs)
        with told(f"setting up key {key.name!r}", ref):
            differs = [name for name in ("labels", "rotation_period") if _said(key, name) != wanted[name]]
            if differs:
                if "rotation_period" in differs:
                    differs.append("next_rotation_time")
                changed = {"name": key.name, **{name: wanted[name] for name in differs}}
                key = client.update_crypto_key(crypto_key=changed, update_mask={"paths": differs}, retry=patiently())
            agent = self._connections.storage(ref).get_service_account_email(retry=patiently())
            self._let_in(client, key.name, agent)
        return _state(context, key, inputs, agent) | {"owner": Owner.of(context).urn}

    def _let_in(self, client: Any, name: str, agent: str) -> None:
        """Let the storage service use the key; whom others have let in stays."""
        from google.api_core.exceptions import Conflict  # noqa: PLC0415 - only where a store is in Google Cloud

        for attempt in range(_TRIES):
            policy = client.get_iam_policy(request=_policy_of(name), retry=patiently())
            if _may(policy, agent):
                return
            policy.version = POLICY_VERSION
            policy.bindings.add(role=USER, members=[f"serviceAccount:{agent}"])
            try:
                client.set_iam_policy(request={"resource": name, "policy": policy}, retry=patiently())
            except Conflict:
                # Somebody has changed the policy meanwhile: begin with theirs.
                if attempt == _TRIES - 1:
                    raise
            else:
                return

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the key, and whether the storage service may use it."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        if not inputs.get("store"):
            raise InputError("A key cannot be imported.", "Name it as `key` of its store in lab.yaml.")
        ref, client = GcsRef.read(inputs["store"]), self._connections.keys(GcsRef.read(inputs["store"]))
        with told(f"reading key {id!r}", ref):
            try:
                key = client.get_crypto_key(name=id, retry=patiently())
            except NotFound:
                return None
            policy = client.get_iam_policy(request=_policy_of(id), retry=patiently())
        labels = gcs_labels.without_owner(key.labels)
        found = {**inputs, "key": id, "rotationDays": _days(key)}
        if labels != gcs_labels.labels(inputs.get("tags") or {}):
            found["tags"] = labels
        agent = state.get("agent") or ""
        owner = gcs_labels.owner(key.labels, context, state.get("owner", ""))
        about = {"owner": owner.urn if owner else ""}
        return Found(id, _state(context, key, found, agent if _may(policy, agent) else "") | about, found)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change labels, rotation and users in place."""
        ref = GcsRef.read(inputs["store"])
        with told(f"reading key {id!r}", ref):
            key = self._connections.keys(ref).get_crypto_key(name=id, retry=patiently())
        known = state.get("owner", "")
        ownership.require(f"Key {id!r}", gcs_labels.owner(key.labels, context, known), context, "change", known)
        return self._converge(context, ref, key, inputs)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Leave it: what is encrypted with it needs it for as long as it is there."""
        context.log("info", f"Key {id!r} stays, with all its versions: data that are encrypted with it need them.")


def _parts(name: str) -> tuple[str, str, str]:
    """The place, the ring and the short name of a key."""
    match = _NAME.fullmatch(name)
    assert match is not None, name  # noqa: S101 - the check has seen it
    return match[1], match[2], match[3]


def _policy_of(name: str) -> dict[str, Any]:
    """The question for a key's policy, with the conditions that others have written into it."""
    return {"resource": name, "options": {"requested_policy_version": POLICY_VERSION}}


def _wanted(context: Context, inputs: Properties) -> dict[str, Any]:
    """The key as Google's client takes it."""
    period = dt.timedelta(days=inputs["rotationDays"])
    return {
        "labels": gcs_labels.marked(inputs["tags"], context),
        "rotation_period": period,
        "next_rotation_time": dt.datetime.now(dt.UTC) + period,
    }


def _said(key: Any, name: str) -> Any:
    value = getattr(key, name)
    return dict(value) if name == "labels" else value


def _days(key: Any) -> float:
    period = key.rotation_period
    if not period:
        return 0
    days, rest = divmod(period.total_seconds(), _DAY_SECONDS)
    return period.total_seconds() / _DAY_SECONDS if rest else int(days)


def _may(policy: Any, agent: str) -> bool:
    """Whether the storage service may use a key."""
    member = f"serviceAccount:{agent}"
    return any(b.role == USER and member in b.members and not b.condition.expression for b in policy.bindings)


def _state(context: Context, key: Any, inputs: Properties, agent: str) -> Properties:
    """The key's properties; one that does not encrypt is said."""
    state = str(key.primary.state.name) if key.primary.name else "MISSING"
    if state != ENABLED:
        context.log(
            "warning",
            f"Key {key.name!r} has no enabled version ({state.lower()}): nothing that is encrypted with it can be read "
            "or written. Somebody who knows why it is so enables it again.",
        )
    return {**inputs, "agent": agent, "state": state}
