"""`slidebox:gcs:Inventory`: what a bucket holds, written down regularly as Parquet into the bucket for logs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from slidebox.errors import InputError
from slidebox.provider import gcs_grants, gcs_labels, gcs_policy, ownership
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_store import GcsRef, same_store
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Difference, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

FREQUENCIES = ("daily", "weekly")
FIELDS = (
    "project",
    "bucket",
    "name",
    "location",
    "size",
    "timeCreated",
    "timeDeleted",
    "updated",
    "storageClass",
    "etag",
    "retentionExpirationTime",
    "crc32c",
    "md5Hash",
    "generation",
    "metageneration",
    "contentType",
    "contentEncoding",
    "timeStorageClassUpdated",
)
"""What a report says of each object, earlier versions too: all that gcloud asks for."""

_PENDING = "pending:"
"""How the id begins of an inventory whose destination is not there yet."""
_NOBODY = "nobody"
_LAST_YEAR = 2050
"""A schedule has to have an end."""


class Inventory(ResourceType):
    """The regular reports of Storage Insights about a bucket.

    Parameters
    ----------
    connections
        Clients of Google Cloud.
    """

    token = "slidebox:gcs:Inventory"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "bucket"})
    computed: ClassVar = frozenset({"agent", "owner"})

    def __init__(self, connections: GcsConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The store: name, project, region, and endpoint where it is not Google's own."),
            "bucket": ("string", "The bucket that the reports are about."),
            "destination": ("string", "The bucket that they are written into."),
            "prefix": ("string", "Where in it."),
            "frequency": ("string", "daily or weekly; weekly if not said."),
            "tags": ("object", "The lab's tags, as labels; the owner's mark is added."),
            "agent": ("string", "The account that writes them, which sees what is known of the bucket's objects."),
            "owner": ("string", "The resource that the configuration's mark names."),
        }

    def required(self) -> tuple[str, ...]:
        """Reports are about a bucket, and lie somewhere."""
        return ("store", "bucket", "destination", "prefix")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs."""
        inputs = {"frequency": "weekly", "tags": {}, **{k: v for k, v in new.items() if v is not None}}
        failures = missing(inputs, self.required())
        if not has_unknown(inputs["frequency"]) and inputs["frequency"] not in FREQUENCIES:
            failures.append(Failure("frequency", f"reports are {' or '.join(FREQUENCIES)}"))
        if not has_unknown(inputs["tags"]):
            failures += gcs_labels.faults(inputs["tags"])
        return inputs, failures

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        return same_store(old, new) if name == "store" else super().same(name, old, new)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Order the reports, or take up the order that this resource made before."""
        ref, bucket = GcsRef.read(inputs["store"]), str(inputs["bucket"])
        client = self._connections.insights(ref)
        with told(f"ordering the inventory of bucket {bucket!r}", ref):
            destination = self._destination(ref, inputs)
            if destination is None:
                context.log(
                    "warning",
                    f"Nothing writes down regularly what bucket {bucket!r} holds: there is no bucket "
                    f"{inputs['destination']!r} for it yet. Run `pulumi up -s lab`, and then `pulumi up --refresh`.",
                )
                return f"{_PENDING}{bucket}", _state(context, inputs, _NOBODY)
            # The order comes after the right: a report that cannot be written fails where nobody looks.
            agent = self._let_in(ref, inputs, destination.project_number)
            for found in client.list_report_configs(parent=_parent(ref), retry=patiently()):
                about = found.object_metadata_report_options.storage_filters.bucket
                if about == bucket and _is_own(found, context):
                    self._converge(context, ref, found, inputs)
                    return str(found.name), _state(context, inputs, agent)
            wanted = _wanted(context, inputs)
            tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
            wanted["frequency_options"] |= {
                "start_date": {"year": tomorrow.year, "month": tomorrow.month, "day": tomorrow.day},
                "end_date": {"year": _LAST_YEAR, "month": 12, "day": 31},
            }
            made = client.create_report_config(
                parent=_parent(ref), report_config={**wanted, "parquet_options": {}}, retry=patiently()
            )
        return str(made.name), _state(context, inputs, agent)

    def _destination(self, ref: GcsRef, inputs: Properties) -> Any:
        """The bucket that the reports are to be written into; None where it is not there yet."""
        return self._connections.storage(ref).lookup_bucket(str(inputs["destination"]), retry=patiently())

    def _let_in(self, ref: GcsRef, inputs: Properties, number: int) -> str:
        """Let the agent of Storage Insights see what is known of the objects; answers who that is."""
        entries = gcs_grants.entries([gcs_grants.COLLECTOR], int(number))
        bucket = self._connections.storage(ref).bucket(str(inputs["bucket"]))
        gcs_policy.let_in(self._connections, ref, bucket, entries)
        return next(entry.member for entry in entries)

    def _converge(self, context: Context, ref: GcsRef, found: Any, inputs: Properties) -> None:
        """Bring an order to what the inputs say; what is right already is not written, and its days stay."""
        wanted, present = _wanted(context, inputs), _said(found)
        differs = sorted(name for name in wanted if present[name] != wanted[name])
        if differs:
            changed = {"name": found.name, **{name: wanted[name] for name in differs}}
            if "frequency_options" in differs:
                days = ((name, getattr(found.frequency_options, name)) for name in ("start_date", "end_date"))
                changed["frequency_options"] |= {
                    name: {"year": day.year, "month": day.month, "day": day.day} for name, day in days
                }
            self._connections.insights(ref).update_report_config(
                report_config=changed, update_mask={"paths": differs}, retry=patiently()
            )

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; an inventory whose writer sees nothing any more is not as it should be."""
        found = super().diff(context, state, old, new)
        return Difference((*found.changed, "agent"), found.replace) if state.get("agent") == "" else found

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the order; one that waits for its destination is none any more once that is there."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        if not inputs.get("store"):
            raise InputError("An inventory cannot be imported.", "Leave it: slidebox orders its own beside it.")
        ref = GcsRef.read(inputs["store"])
        with told(f"reading the inventory of bucket {inputs['bucket']!r}", ref):
            if id.startswith(_PENDING):
                return None if self._destination(ref, inputs) else Found(id, state, inputs)
            try:
                found = self._connections.insights(ref).get_report_config(name=id, retry=patiently())
                agent = self._agent(ref, inputs, str(state.get("agent") or ""))
            except NotFound:
                return None
        options = found.object_metadata_report_options
        place = options.storage_destination_options
        there = {
            "destination": place.bucket,
            "prefix": place.destination_path,
            "frequency": found.frequency_options.frequency.name.lower(),
        }
        labels = gcs_labels.without_owner(found.labels)
        if labels != gcs_labels.labels(inputs.get("tags") or {}):
            there["tags"] = labels
        owner = gcs_labels.owner(found.labels, context, state.get("owner", ""))
        seen = {**inputs, **there}
        return Found(id, {**seen, "agent": agent, "owner": owner.urn if owner else ""}, seen)

    def _agent(self, ref: GcsRef, inputs: Properties, agent: str) -> str:
        """Who writes the reports; empty where it sees nothing of the bucket any more."""
        bucket = self._connections.storage(ref).bucket(str(inputs["bucket"]))
        policy = bucket.get_iam_policy(requested_policy_version=gcs_grants.POLICY_VERSION, retry=patiently())
        may = gcs_grants.Entry(gcs_grants.COLLECTOR["role"], agent) in gcs_grants.present(policy.bindings)
        return agent if may else ""

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change how often, whereto and labels in place."""
        if id.startswith(_PENDING):
            return _state(context, inputs, _NOBODY)
        ref = GcsRef.read(inputs["store"])
        with told(f"changing the inventory of bucket {inputs['bucket']!r}", ref):
            found = self._connections.insights(ref).get_report_config(name=id, retry=patiently())
            known = state.get("owner", "")
            what = f"The inventory of bucket {inputs['bucket']!r}"
            ownership.require(what, gcs_labels.owner(found.labels, context, known), context, "change", known)
            destination = self._destination(ref, inputs)
            if destination is None:
                raise InputError(
                    f"There is no bucket {inputs['destination']!r} for the inventory of {inputs['bucket']!r} any more.",
                    "Make it again: `pulumi up -s lab`.",
                )
            agent = self._let_in(ref, inputs, destination.project_number)
            self._converge(context, ref, found, inputs)
            return _state(context, inputs, agent)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Take the order back; reports that are written stay where they are."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        if id.startswith(_PENDING):
            return
        ref, client = GcsRef.read(state["store"]), self._connections.insights(GcsRef.read(state["store"]))
        with told(f"taking back the inventory of bucket {state['bucket']!r}", ref):
            try:
                found = client.get_report_config(name=id, retry=patiently())
                known = state.get("owner", "")
                what = f"The inventory of bucket {state['bucket']!r}"
                ownership.require(what, gcs_labels.owner(found.labels, context, known), context, "delete", known)
                client.delete_report_config(request={"name": id, "force": True}, retry=patiently())
            except NotFound:
                return


def _state(context: Context, inputs: Properties, agent: str) -> Properties:
    return {**inputs, "agent": agent, "owner": Owner.of(context).urn}


def _parent(ref: GcsRef) -> str:
    return f"projects/{ref.project}/locations/{ref.region.lower()}"


def _is_own(found: Any, context: Context) -> bool:
    owner = gcs_labels.owner(found.labels, context)
    return owner is not None and owner == Owner.of(context)


def _wanted(context: Context, inputs: Properties) -> dict[str, Any]:
    """The order as Google's client takes it, without its days and its form, which do not change."""
    return {
        "labels": gcs_labels.marked(inputs["tags"], context),
        "display_name": re.sub(r"[^A-Za-z0-9_-]", "-", f"slidebox-{inputs['bucket']}"),
        "frequency_options": {"frequency": str(inputs["frequency"]).upper()},
        "object_metadata_report_options": {
            "metadata_fields": list(FIELDS),
            "storage_filters": {"bucket": inputs["bucket"]},
            "storage_destination_options": {"bucket": inputs["destination"], "destination_path": inputs["prefix"]},
        },
    }


def _said(found: Any) -> dict[str, Any]:
    """An order that is there, in the form of `_wanted`."""
    options = found.object_metadata_report_options
    place = options.storage_destination_options
    return {
        "labels": dict(found.labels),
        "display_name": found.display_name,
        "frequency_options": {"frequency": found.frequency_options.frequency.name},
        "object_metadata_report_options": {
            "metadata_fields": list(options.metadata_fields),
            "storage_filters": {"bucket": options.storage_filters.bucket},
            "storage_destination_options": {"bucket": place.bucket, "destination_path": place.destination_path},
        },
    }
