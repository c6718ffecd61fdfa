"""`slidebox:gcs:Bucket`: a dataset's bucket in Google Cloud Storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from slidebox.errors import InputError, SlideboxError
from slidebox.provider import gcs_grants, gcs_labels, gcs_policy, gcs_read, gcs_settings, ownership
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_store import GcsRef, declared, name_fault, same_store
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

_VERSION = gcs_grants.POLICY_VERSION
_TRIES = 5
"""How often a change is begun anew that somebody else's change has overtaken."""


class Bucket(ResourceType):
    """A bucket of Google Cloud Storage.

    Parameters
    ----------
    connections
        Clients of Google Cloud Storage.
    """

    token = "slidebox:gcs:Bucket"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"bucket", "store"})
    computed: ClassVar = frozenset({"url", "granted", "foreignMembers", "owner"})
    stable: ClassVar = frozenset({"url"})

    def __init__(self, connections: GcsConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return gcs_settings.PROPERTIES

    def required(self) -> tuple[str, ...]:
        """A bucket has a store and a name."""
        return ("store", "bucket")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; a new bucket's name must be free or this resource's own."""
        said = {name: value for name, value in new.items() if value is not None}
        inputs = {**gcs_settings.BLANK, "versioning": "retention" not in said, **said}
        failures = [*missing(inputs, self.required()), *gcs_settings.faults(inputs)]
        failures += gcs_grants.faults(inputs["grants"], public=inputs["public"])
        name = inputs.get("bucket")
        if isinstance(name, str) and (fault := name_fault(name)):
            failures.append(Failure("bucket", f"Google does not allow a bucket named {name!r}: {fault}"))
        if not has_unknown(inputs["tags"]):
            failures += gcs_labels.faults(inputs["tags"])
        if failures or has_unknown(name) or has_unknown(inputs["store"]):
            return inputs, failures
        if old.get("bucket") != name or not same_store(old.get("store"), inputs["store"]):
            # Seen at preview already: nothing is made when one of many buckets is somebody else's.
            self._find_own(context, GcsRef.read(inputs["store"]), str(name))
        return inputs, failures

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: nothing of a bucket is chosen by Google."""
        if has_unknown(inputs.get("bucket")) or has_unknown(inputs.get("grants")):
            return super().planned(context, inputs, state)
        return self._state(context, inputs, (state or {}).get("foreignMembers") or [])

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; what makes a bucket another one replaces it, and two of one name cannot stand side by side."""
        found = super().diff(context, state, old, new)
        return Difference(found.changed, found.replace, bool(found.replace) and "bucket" not in found.replace)

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        if name == "store":
            return same_store(old, new)
        if name == "grants" and old is not None and new is not None:
            return gcs_grants.entries(old) == gcs_grants.entries(new)
        normal = next((s.normal for s in gcs_settings.SETTINGS if s.input == name), lambda value: value)
        return super().same(name, normal(old), normal(new))

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the bucket with all its settings in one request, or take up the one that this resource made before."""
        ref, name = GcsRef.read(inputs["store"]), str(inputs["bucket"])
        with told(f"making bucket {name!r}", ref):
            bucket = self._made(context, ref, name, inputs)
        id_ = f"{ref.name}/{name}"
        try:
            return id_, self._converge(context, ref, bucket, inputs, {}, fresh=True)
        except SlideboxError as error:
            # What Google puts into a new policy is still to be taken away, as if slidebox had given it.
            state = self._state(context, inputs, []) | {
                "granted": [*inputs["grants"], *gcs_grants.viewers(ref.project)]
            }
            raise PartialFailureError(id_, state, f"Bucket {name!r} is made, but not finished. {error}") from error

    def _made(self, context: Context, ref: GcsRef, name: str, inputs: Properties) -> Any:
        from google.api_core.exceptions import Conflict  # noqa: PLC0415 - only where a store is in Google Cloud

        client = self._connections.storage(ref)
        bucket = client.bucket(name)
        # The mark in the same request: a bucket that was made is never without its owner.
        bucket.labels = gcs_labels.marked(inputs["tags"], context)
        gcs_settings.begin(bucket, inputs)
        try:
            return client.create_bucket(bucket, location=ref.region, retry=patiently())
        except Conflict:
            if found := self._find_own(context, ref, name):
                return found
            raise

    def _find_own(self, context: Context, ref: GcsRef, name: str) -> Any:
        """The bucket, if it is there and this resource's own; None where there is none.

        Raises
        ------
        InputError
            If it is somebody else's.
        """
        from google.api_core.exceptions import Forbidden, NotFound  # noqa: PLC0415

        what = f"Bucket {name!r} of store {ref.name!r}"
        with told(f"looking for bucket {name!r}", ref):
            try:
                bucket = self._connections.storage(ref).get_bucket(name, retry=patiently())
            except NotFound:
                return None
            except Forbidden as error:
                raise InputError(
                    f"{what} exists and the credentials may not look at it: it belongs to another project, or the "
                    "permission storage.buckets.get is missing; it is left as it is.",
                    "The names of buckets are shared by all of Google's users: choose another name for the lab or the "
                    "store, or ask whoever runs the project.",
                ) from error
        ownership.require(what, gcs_labels.owner(bucket.labels, context), context, "adopt")
        return bucket

    def _converge(
        self, context: Context, ref: GcsRef, bucket: Any, inputs: Properties, state: Properties, *, fresh: bool = False
    ) -> Properties:
        """Bring settings and policy to what the inputs say; what is right already is not written."""
        with told(f"setting up bucket {bucket.name!r}", ref):
            self._configure(context, bucket, inputs)
            if gcs_settings.wants_lock(bucket, inputs):
                bucket.lock_retention_policy(retry=patiently())
        with told(f"changing who may use bucket {bucket.name!r}", ref):
            foreign = gcs_policy.settle(self._connections, ref, bucket, inputs, state, fresh=fresh)
        if foreign:
            context.log(
                "warning", f"Bucket {bucket.name!r} is open to others than slidebox let in: {', '.join(foreign)}."
            )
        return self._state(context, inputs, foreign)

    def _configure(self, context: Context, bucket: Any, inputs: Properties) -> None:
        from google.api_core.exceptions import PreconditionFailed  # noqa: PLC0415

        for attempt in range(_TRIES):
            labels = gcs_labels.marked(inputs["tags"], context)
            if renamed := bucket.labels != labels:
                bucket.labels = labels
            if not (gcs_settings.write(bucket, inputs) or renamed):
                return
            try:
                bucket.patch(if_metageneration_match=bucket.metageneration, retry=patiently())
            except PreconditionFailed:
                if attempt == _TRIES - 1:
                    raise
                bucket.reload(retry=patiently())
            else:
                return

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the bucket's settings and policy."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        store, slash, name = id.partition("/")
        if not slash:
            raise InputError(f"{id!r} is not the id of a bucket.", "Give it as STORE/BUCKET.")
        ref = GcsRef.read(inputs["store"]) if inputs.get("store") else declared(store)
        with told(f"reading bucket {name!r}", ref):
            try:
                bucket = self._connections.storage(ref).get_bucket(name, retry=patiently())
            except NotFound:
                return None
            policy = bucket.get_iam_policy(requested_policy_version=_VERSION, retry=patiently())
        if not inputs:
            return self._imported(context, ref, bucket, policy.bindings)
        found = {**gcs_settings.BLANK, **inputs, "store": inputs.get("store") or ref.document, "bucket": name}
        found |= gcs_settings.differing(bucket, found)
        there, number = gcs_grants.present(policy.bindings), int(bucket.project_number)
        found["grants"] = [grant for grant in found["grants"] if gcs_grants.entries([grant], number) <= there]
        if (labels := gcs_labels.without_owner(bucket.labels)) != gcs_labels.labels(found["tags"]):
            found["tags"] = labels
        known = gcs_grants.entries([*(state.get("granted") or []), *found["grants"]], number)
        foreign = gcs_grants.foreign(there, known, ref.project, number)
        owner = gcs_labels.owner(bucket.labels, context, state.get("owner", ""))
        # What was put into the policy once is remembered, until it has been taken away.
        about = {"granted": state.get("granted") or found["grants"], "owner": owner.urn if owner else ""}
        return Found(f"{ref.name}/{name}", {**self._state(context, found, foreign), **about}, found)

    def _imported(self, context: Context, ref: GcsRef, bucket: Any, bindings: Any) -> Found:
        """A bucket that is being imported, as it is: whom a later run does not let in any more is shown beforehand."""
        inputs, sentences = gcs_read.described(ref, bucket, bindings)
        for sentence in sentences:
            context.log("warning", sentence)
        owner = gcs_labels.owner(bucket.labels, context)
        state = {**self._state(context, inputs, []), "owner": owner.urn if owner else ""}
        return Found(f"{ref.name}/{bucket.name}", state, inputs)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change settings and grants in place."""
        ref, name = GcsRef.read(inputs["store"]), str(inputs["bucket"])
        with told(f"reading bucket {name!r}", ref):
            bucket = self._connections.storage(ref).get_bucket(name, retry=patiently())
        known = state.get("owner", "")
        what, found = f"Bucket {name!r} of store {ref.name!r}", gcs_labels.owner(bucket.labels, context, known)
        ownership.require(what, found, context, "change", known)
        try:
            return self._converge(context, ref, bucket, inputs, state)
        except SlideboxError as error:
            # Old grants may still be there and new ones already: both are remembered as slidebox's own.
            half = {**state, **inputs, "granted": [*(state.get("granted") or []), *inputs["grants"]]}
            raise PartialFailureError(id, half, f"Bucket {name!r} is not finished. {error}") from error

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the bucket if it is empty and this resource's own."""
        from google.api_core.exceptions import Conflict, NotFound  # noqa: PLC0415

        ref, name = GcsRef.read(state["store"]), str(state["bucket"])
        what, known = f"Bucket {name!r} of store {ref.name!r}", state.get("owner", "")
        with told(f"deleting bucket {name!r}", ref):
            try:
                bucket = self._connections.storage(ref).get_bucket(name, retry=patiently())
                ownership.require(what, gcs_labels.owner(bucket.labels, context, known), context, "delete", known)
                if any(bucket.list_blobs(max_results=1, versions=True, retry=patiently())):
                    raise _not_empty(what, context)
                bucket.delete(retry=patiently())
            except NotFound:
                return
            except Conflict as error:
                raise _not_empty(what, context) from error

    def _state(self, context: Context, inputs: Properties, foreign: list[str]) -> Properties:
        return {
            **inputs,
            "url": f"gs://{inputs['bucket']}",
            "granted": inputs["grants"],
            "foreignMembers": foreign,
            "owner": Owner.of(context).urn,
        }


def _not_empty(what: str, context: Context) -> InputError:
    return InputError(
        f"{what} is not empty (it holds objects, or earlier versions of them), so it is not deleted.",
        "Bring the data elsewhere, delete every version of them, and run again; "
        f"or keep the bucket and only forget it: `pulumi state delete '{context.urn}'`.",
    )
