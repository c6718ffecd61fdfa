"""`slidebox:s3:Bucket`: a bucket of any S3-compatible endpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from slidebox.errors import InputError, SlideboxError
from slidebox.naming import LONGEST_BUCKET_NAME, RESERVED_PREFIXES, RESERVED_SUFFIXES
from slidebox.provider import faults, ownership, settings
from slidebox.provider.connections import Connections
from slidebox.provider.faults import told
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.room import Room
from slidebox.provider.settings import SETTINGS, Probe, Setting, canonical_policy
from slidebox.provider.stores import StoreRef, check_drive, declared_store
from slidebox.provider.values import UNKNOWN, Properties, has_unknown

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Amazon S3 User Guide, "General purpose bucket naming rules".
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]+[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
# Services that do not take tags in the same call that makes a bucket.
_NO_TAGS_AT_BIRTH = frozenset({"MalformedXML", "NotImplemented", "InvalidRequest", "InvalidArgument"})


def name_fault(name: str) -> str | None:
    """Why S3 does not allow a bucket's name; None where it does."""
    if not 3 <= len(name) <= LONGEST_BUCKET_NAME:
        return f"it has {len(name)} characters, and 3 to {LONGEST_BUCKET_NAME} are allowed"
    if not _NAME.fullmatch(name):
        return (
            "it may hold only lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit"
        )
    if ".." in name or _ADDRESS.fullmatch(name):
        return "it may hold no two dots together and not look like an IP address"
    taken = [p for p in RESERVED_PREFIXES if name.startswith(p)] + [s for s in RESERVED_SUFFIXES if name.endswith(s)]
    return f"{taken[0]!r} is reserved" if taken else None


class Bucket(ResourceType):
    """A bucket.

    Parameters
    ----------
    connections
        Clients of stores.
    room
        What is promised of each disk.
    """

    token = "slidebox:s3:Bucket"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"bucket", "store"})
    computed: ClassVar = frozenset({"arn", "capabilities", "lacks", "owner"})
    stable: ClassVar = frozenset({"arn"})

    def __init__(self, connections: Connections, room: Room | None = None) -> None:
        self._connections = connections
        self._room = room or Room()
        self._probe = Probe()
        self._said: set[tuple[str, str]] = set()

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("object", "The store: name, region, endpoint or over, profile, encrypted."),
            "bucket": ("string", "Name of the bucket."),
            "versioning": ("boolean", "Keep earlier versions."),
            "objectLock": ("object", "Lock objects: mode (GOVERNANCE or COMPLIANCE) and days."),
            "encryption": ("string", "Encryption at rest by default: AES256 or aws:kms."),
            "publicAccessBlock": ("boolean", "Block public access."),
            "lifecycle": ("object", "abortMultipartDays, oldVersionsDays and expireDays."),
            "policy": ("object", "The bucket policy."),
            "quota": ("number", "How many bytes are meant to lie in it."),
            "tags": ("object", "The lab's tags; the owner's mark is added."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "arn": ("string", "ARN."),
            "capabilities": ("object", "What the endpoint has: true, false or unknown, by name."),
            "lacks": ("array", "What the endpoint lacks; unknown:NAME where it does not say."),
            "owner": ("string", "The resource that the bucket's mark names."),
        }

    def required(self) -> tuple[str, ...]:
        """A bucket has a store and a name."""
        return ("store", "bucket")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; a new bucket's name must be free or this resource's own."""
        inputs = {"versioning": True, "tags": {}, **new}
        failures = missing(inputs, self.required())
        name = inputs.get("bucket")
        if isinstance(name, str) and (fault := name_fault(name)):
            failures.append(Failure("bucket", f"S3 does not allow a bucket named {name!r}: {fault}"))
        if not has_unknown(inputs.get("tags")):
            failures += ownership.check_tags(inputs["tags"] or {})
        if inputs.get("objectLock") is not None and inputs.get("versioning") is False:
            failures.append(Failure("objectLock", "a lock on objects needs versioning"))
        if failures or has_unknown(name) or has_unknown(inputs["store"]):
            return inputs, failures
        ref = StoreRef.read(inputs["store"])
        failures = check_drive(ref)
        if not failures and ref.drive:
            failures = self._room.check(context, Path(ref.drive), ref.name, inputs, old)
        if not failures and (old.get("bucket"), _identity(old.get("store"))) != (name, ref.identity):
            # Seen at preview already: nothing is made when one of many buckets is somebody else's.
            self._find_own(context, self._connections.s3(ref), ref, str(name))
        return inputs, failures

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: what the endpoint has is known before the bucket is made."""
        if has_unknown(inputs.get("store")) or has_unknown(inputs.get("bucket")):
            return super().planned(context, inputs, state)
        ref = StoreRef.read(inputs["store"])
        client, url = self._connections.s3(ref), self._connections.url(ref)
        with told("asking what it has", ref.name, url):
            capabilities = self._probe.capabilities(url, client)
        self._say_lacks(context, ref, url, capabilities, inputs)
        return self._state(context, ref, inputs, capabilities)

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; a lock on objects can be set later, but never be taken away."""
        found = super().diff(context, state, old, new)
        replace = set(found.replace)
        if "objectLock" in found.changed and old.get("objectLock") is not None and new.get("objectLock") is None:
            replace.add("objectLock")
        # The same name in the same store: the new bucket cannot stand beside the old one.
        delete_first = bool(replace) and not {"bucket", "store"} & replace
        return Difference(found.changed, tuple(sorted(replace)), delete_first)

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        if name == "policy":
            return bool(canonical_policy(old) == canonical_policy(new))
        if name == "store":
            return bool(_identity(old) == _identity(new))
        return super().same(name, old, new)

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the bucket, or take up the one that this resource made before."""
        ref, name = StoreRef.read(inputs["store"]), str(inputs["bucket"])
        client, url = self._connections.s3(ref), self._connections.url(ref)
        with told(f"making bucket {name!r}", ref.name, url):
            if not self._find_own(context, client, ref, name):
                self._make(context, client, ref, inputs)
        id_ = f"{ref.name}/{name}"
        try:
            return id_, self._converge(context, client, ref, inputs)
        except SlideboxError as error:
            state = {**inputs, "arn": _arn(name), "owner": Owner.of(context).urn}
            raise PartialFailureError(id_, state, f"Bucket {name!r} is made, but not finished. {error}") from error

    def _find_own(self, context: Context, client: S3Client, ref: StoreRef, name: str) -> bool:
        """Whether the bucket is there and this resource's own.

        Raises
        ------
        InputError
            If it is there and somebody else's.
        """
        url = self._connections.url(ref)
        what = f"Bucket {name!r} of store {ref.name!r}"
        with told(f"looking for bucket {name!r}", ref.name, url):
            try:
                client.head_bucket(Bucket=name)
            except ClientError as error:
                if faults.code(error) in faults.GONE:
                    return False
                if faults.status(error) in {400, 403}:
                    # HEAD has no body: whether keys or region are wrong, or only this bucket is closed, another says.
                    client.list_buckets()
                if faults.status(error) == 403:
                    raise _taken(what) from error
                raise
            tags = settings.read(settings.TAGS, client, name) or {}
        ownership.require(what, Owner.read(tags), context, "adopt")
        return True

    def _make(self, context: Context, client: S3Client, ref: StoreRef, inputs: Properties) -> None:
        name = str(inputs["bucket"])
        marks = [{"Key": key, "Value": value} for key, value in sorted(_tags(context, inputs).items())]
        place = {} if ref.region == "us-east-1" else {"LocationConstraint": ref.region}
        order: dict[str, Any] = {"Bucket": name}
        if inputs.get("objectLock") is not None:
            order["ObjectLockEnabledForBucket"] = True
        try:
            try:
                # The mark in the same call: a bucket that was made is never without its owner.
                client.create_bucket(**order, CreateBucketConfiguration={**place, "Tags": marks})  # type: ignore[typeddict-item]
            except ClientError as error:
                if faults.code(error) not in _NO_TAGS_AT_BIRTH:
                    raise
                if place:
                    order["CreateBucketConfiguration"] = place
                client.create_bucket(**order)
                settings.TAGS.write(client, name, _tags(context, inputs))
        except ClientError as error:
            word = faults.code(error)
            if word == "BucketAlreadyOwnedByYou" and self._find_own(context, client, ref, name):
                return
            if word == "BucketAlreadyExists":
                raise _taken(f"Bucket {name!r} of store {ref.name!r}") from error
            raise

    def _converge(self, context: Context, client: S3Client, ref: StoreRef, inputs: Properties) -> Properties:
        """Bring every setting that the endpoint has to what the inputs say; what is right already is not written."""
        name, url = str(inputs["bucket"]), self._connections.url(ref)
        with told(f"asking what {name!r} has", ref.name, url):
            capabilities = self._probe.capabilities(url, client, name)
        self._say_lacks(context, ref, url, capabilities, inputs)
        for setting in SETTINGS:
            wanted = _tags(context, inputs) if setting is settings.TAGS else inputs.get(setting.input)
            if capabilities[setting.capability] is False or (wanted is None and setting.optional):
                continue
            with told(f"setting {setting.input} of bucket {name!r}", ref.name, url):
                present = settings.read(setting, client, name)
                if not self.same(setting.input, present, wanted) and not (present is False and wanted is None):
                    setting.write(client, name, wanted)
        return self._state(context, ref, inputs, capabilities)

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the bucket's settings; those the endpoint lacks stay as they were declared."""
        ref = StoreRef.read(inputs["store"]) if inputs.get("store") else declared_store(_split(id)[0])
        name = str(inputs.get("bucket") or _split(id)[1])
        client, url = self._connections.s3(ref), self._connections.url(ref)
        if failures := check_drive(ref):
            raise InputError(failures[0].reason)
        with told(f"reading bucket {name!r}", ref.name, url):
            try:
                client.head_bucket(Bucket=name)
            except ClientError as error:
                if faults.code(error) in faults.GONE:
                    return None
                raise
            capabilities = self._probe.capabilities(url, client, name)
            actual = {s.input: settings.read(s, client, name) for s in SETTINGS if capabilities[s.capability] is True}
        owner = Owner.read(actual.get("tags") or {})
        actual["tags"] = ownership.without_owner(actual.get("tags") or {})
        found = {**inputs, "store": inputs.get("store") or ref.document, "bucket": name}
        for setting in SETTINGS:
            if setting.input in actual and self._drifted(setting, inputs, actual[setting.input]):
                found[setting.input] = actual[setting.input]
        present = self._state(context, ref, found, capabilities)
        return Found(f"{ref.name}/{name}", {**present, "owner": owner.urn if owner else ""}, found)

    def _drifted(self, setting: Setting, inputs: Properties, actual: Any) -> bool:
        wanted = inputs.get(setting.input)
        if inputs and wanted is None and (setting.optional or actual in (False, {})):
            return False
        return not self.same(setting.input, wanted, actual)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change settings in place."""
        ref, name = StoreRef.read(inputs["store"]), str(inputs["bucket"])
        client, url = self._connections.s3(ref), self._connections.url(ref)
        with told(f"reading the mark of bucket {name!r}", ref.name, url):
            owner = Owner.read(settings.read(settings.TAGS, client, name) or {})
        ownership.require(f"Bucket {name!r} of store {ref.name!r}", owner, context, "change", state.get("owner", ""))
        try:
            return self._converge(context, client, ref, inputs)
        except SlideboxError as error:
            raise PartialFailureError(id, {**state, **inputs}, f"Bucket {name!r} is not finished. {error}") from error

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the bucket if it is empty and this resource's own.

        One that holds only what was set aside stays, and is only forgotten.
        """
        ref, name = StoreRef.read(state["store"]), str(state["bucket"])
        client, url = self._connections.s3(ref), self._connections.url(ref)
        what = f"Bucket {name!r} of store {ref.name!r}"
        if failures := check_drive(ref):
            raise InputError(failures[0].reason)
        with told(f"deleting bucket {name!r}", ref.name, url):
            try:
                owner = Owner.read(settings.read(settings.TAGS, client, name) or {})
                ownership.require(what, owner, context, "delete", state.get("owner", ""))
                if content := _content(client, name):
                    if content != _SET_ASIDE:
                        raise _not_empty(what, content, context)
                    context.log("warning", f"{what} stays for now: it holds {content}, which can still come back.")
                    return
                client.delete_bucket(Bucket=name)
            except ClientError as error:
                if faults.code(error) in faults.GONE:
                    return
                if faults.code(error) == "BucketNotEmpty":
                    raise _not_empty(what, "objects", context) from error
                raise

    # What an endpoint lacks

    def _state(
        self, context: Context, ref: StoreRef, inputs: Properties, capabilities: Mapping[str, Any]
    ) -> Properties:
        known = {**capabilities, **({"encryption": True} if ref.encrypted else {})}
        lacks = [name if has is False else f"unknown:{name}" for name, has in sorted(known.items()) if has is not True]
        name = inputs["bucket"]
        return {
            **inputs,
            "arn": UNKNOWN if has_unknown(name) else _arn(str(name)),
            "capabilities": dict(capabilities),
            "lacks": lacks,
            "owner": Owner.of(context).urn,
        }

    def _say_lacks(
        self, context: Context, ref: StoreRef, url: str, capabilities: Mapping[str, Any], inputs: Properties
    ) -> None:
        """Say once for an endpoint what it lacks, and once more, louder, what data need of it."""
        lacks = sorted(name for name, has in capabilities.items() if has is not True)
        asked = {s.capability for s in SETTINGS if inputs.get(s.input)}
        wanted = sorted(asked & set(lacks) - ({"encryption"} if ref.encrypted else set()))
        if lacks and (url, "") not in self._said:
            self._said.add((url, ""))
            context.log("info", f"The endpoint of store {ref.name!r} lacks {_words(lacks)}.")
        fresh = [name for name in wanted if (url, name) not in self._said]
        if fresh:
            self._said.update((url, name) for name in fresh)
            context.log(
                "warning", f"Store {ref.name!r} is asked for {_words(fresh)}, which its endpoint lacks; it is left out."
            )


def _words(names: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _identity(store: Any) -> Any:
    return StoreRef.read(store).identity if isinstance(store, Mapping) and not has_unknown(store) else store


def _split(id_: str) -> tuple[str, str]:
    store, slash, bucket = id_.partition("/")
    if not slash:
        raise InputError(f"{id_!r} is not the id of a bucket.", "Give it as STORE/BUCKET.")
    return store, bucket


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _tags(context: Context, inputs: Properties) -> dict[str, str]:
    return {**(inputs.get("tags") or {}), **Owner.of(context).tags}


def _taken(what: str) -> InputError:
    return InputError(
        f"{what} belongs to another account; it is left as it is.",
        "The names of a service's buckets are shared by all its users: choose another name for the lab or the store.",
    )


_SET_ASIDE = "nothing but earlier versions of deleted objects"


def _content(client: S3Client, bucket: str) -> str:
    """What a bucket holds, in words; empty where it holds nothing."""
    if client.list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents"):
        return "objects"
    if client.list_multipart_uploads(Bucket=bucket, MaxUploads=1).get("Uploads"):
        return "unfinished uploads"
    try:
        found = client.list_object_versions(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        if not faults.is_not_implemented(error):
            raise
        return ""
    return _SET_ASIDE if found.get("Versions") or found.get("DeleteMarkers") else ""


def _not_empty(what: str, content: str, context: Context) -> InputError:
    return InputError(
        f"{what} is not empty (it holds {content}), so it is not deleted.",
        "Bring the data where the plan has them with `slidebox move`, or delete every version of them, and run again; "
        f"or keep the bucket and only forget it: `pulumi state delete '{context.urn}'`.",
    )
