"""What each method of the API does."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .access import LOOK, NOBODY, Directory, granted, number_of
from .buckets import Bucket, new_bucket
from .faults import Refused, invalid
from .objects import Begun, Session, Unfinished, Version, crc32c_of, upload

GRANULE = 256 * 1024
"""Every part of a resumable upload but the last one is a multiple of this many bytes."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is well formed.

    Attributes
    ----------
    caller
        Who asks: a member string.
    path, query
        The parameters in its path and after it.
    body
        Its JSON; None where it has none.
    media, content_type
        The bytes of an upload, and what they are said to be.
    size
        The bytes that a resumable upload will have.
    """

    caller: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    media: bytes = b""
    content_type: str = ""
    size: int = 0


@dataclass
class Service:
    """The state of the cloud, and its methods.

    Attributes
    ----------
    clock
        What time it is.
    directory
        Projects and groups.
    keys
        Encryption keys that the service may use and that nobody has made here.
    usable_keys
        Answers those that it may use among the keys that are made here, by its agent of a project.
    buckets
        Every bucket of every project, by name.
    sessions
        The resumable uploads that have begun and not ended.
    lock
        One call at a time changes the cloud.
    """

    clock: Callable[[], dt.datetime]
    directory: Directory = field(default_factory=Directory)
    keys: set[str] = field(default_factory=set)
    usable_keys: Callable[[str], set[str]] = lambda _: set()
    buckets: dict[str, Bucket] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _generation: int = 1_700_000_000_000_000

    def carry_out(self, method: str, request: Request) -> Any:
        """The answer of a method: a document, bytes, or None.

        Raises
        ------
        Refused
            If it is refused.
        """
        do = _METHODS.get(method)
        if do is None:
            raise Refused(501, "notImplemented", f"This server has no {method}.")
        with self.lock:
            return do(self, request)

    # Who may do what

    def may(self, caller: str, permission: str, bucket: Bucket, name: str = "") -> bool:
        """Whether a caller has a permission on a bucket, or on an object of that name in it."""
        resource = f"projects/_/buckets/{bucket.name}" + (f"/objects/{name}" if name else "")
        inside = [policy for folder, policy in bucket.folders.items() if name.startswith(folder)]
        by_policy = frozenset().union(
            *(
                granted(one, caller, self.directory, self.clock(), prevented=bucket.prevented, resource=resource)
                for one in (bucket.bindings, *inside)
            )
        )
        return permission in by_policy | self.directory.allowed(bucket.project, caller)

    def _bucket(self, request: Request, permission: str, name: str = "") -> Bucket:
        bucket = self.buckets.get(request.path["bucket"])
        if bucket is None:
            raise Refused(404, "notFound", "The specified bucket does not exist.")
        self.need(request, permission, self.may(request.caller, permission, bucket, name), bucket.name)
        wanted = request.query.get("ifMetagenerationMatch")
        if wanted and permission.startswith("storage.buckets") and int(wanted) != bucket.metageneration:
            raise Refused(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        return bucket

    def need(self, request: Request, permission: str, has: bool, name: str) -> None:
        """Refuse a caller who does not have a permission."""
        if has:
            return
        if request.caller == NOBODY:
            said = f"Anonymous caller does not have {permission} access to {name}."
            raise Refused(401, "required", said)
        said = f"{request.caller.partition(':')[2]} does not have {permission} access to {name}."
        raise Refused(403, "forbidden", f"{said} Permission '{permission}' denied on resource (or it may not exist).")

    def _need_project(self, request: Request, permission: str) -> str:
        project = request.query["project"]
        self.need(request, permission, permission in self.directory.allowed(project, request.caller), project)
        return project

    def usable(self, project: str) -> set[str]:
        """The keys that buckets of a project can be encrypted with."""
        agent = f"serviceAccount:service-{number_of(project)}@gs-project-accounts.iam.gserviceaccount.com"
        return self.keys | self.usable_keys(agent)

    def get_agent(self, request: Request) -> Any:
        """Show the service's agent of a project, which is made by that."""
        project = request.path["projectId"]
        self.need(request, LOOK, LOOK in self.directory.allowed(project, request.caller), project)
        return {"kind": "storage#serviceAccount", "email_address": self.directory.agent(project, "gs-project-accounts")}

    def make_agent(self, request: Request) -> Any:
        """Make another service's agent of a project, or show the one that is there."""
        project, service = request.path["v1beta1Id1"], request.path["servicesId"].partition(".")[0]
        permission = "serviceusage.services.enable"
        self.need(request, permission, permission in self.directory.allowed(project, request.caller), project)
        address = self.directory.agent(project, f"gcp-sa-{service}")
        return {"name": "operations/finished.DONE_OPERATION", "done": True, "response": {"email": address}}

    # Buckets

    def insert_bucket(self, request: Request) -> Any:
        """Make a bucket."""
        project = self._need_project(request, "storage.buckets.create")
        bucket = new_bucket(project, request.body, self.clock(), self.usable(project))
        there = self.buckets.get(bucket.name)
        if there is not None:
            mine = there.project == project
            said = "Your previous request to create the named bucket succeeded and you already own it."
            taken = "The requested bucket name is not available. Please select a different name and try again."
            raise Refused(409, "conflict", said if mine else taken)
        self.buckets[bucket.name] = bucket
        return bucket.document

    def get_bucket(self, request: Request) -> Any:
        """Show a bucket."""
        return self._bucket(request, "storage.buckets.get").document

    def list_buckets(self, request: Request) -> Any:
        """Show a project's buckets."""
        project = self._need_project(request, "storage.buckets.list")
        found = [b.document for _, b in sorted(self.buckets.items()) if b.project == project]
        prefix = request.query.get("prefix", "")
        return {"kind": "storage#buckets", "items": [b for b in found if b["name"].startswith(prefix)]}

    def patch_bucket(self, request: Request) -> Any:
        """Change some of a bucket."""
        return self._change(request, whole=False)

    def update_bucket(self, request: Request) -> Any:
        """Change all of a bucket."""
        return self._change(request, whole=True)

    def _change(self, request: Request, *, whole: bool) -> Any:
        bucket = self._bucket(request, "storage.buckets.update")
        bucket.change(request.body, self.usable(bucket.project), whole=whole)
        return bucket.document

    def lock_bucket(self, request: Request) -> Any:
        """Lock a bucket's retention policy."""
        bucket = self._bucket(request, "storage.buckets.update")
        bucket.lock_retention()
        return bucket.document

    def delete_bucket(self, request: Request) -> Any:
        """Remove an empty bucket."""
        bucket = self._bucket(request, "storage.buckets.delete")
        if any(bucket.versions.values()):
            raise Refused(409, "conflict", "The bucket you tried to delete is not empty.")
        del self.buckets[bucket.name]

    def get_policy(self, request: Request) -> Any:
        """Show a bucket's policy."""
        bucket = self._bucket(request, "storage.buckets.getIamPolicy")
        return bucket.policy(int(request.query.get("optionsRequestedPolicyVersion", "1")))

    def set_policy(self, request: Request) -> Any:
        """Change a bucket's policy."""
        bucket = self._bucket(request, "storage.buckets.setIamPolicy")
        self.directory.check_agents(request.body)
        bucket.set_policy(request.body)
        return bucket.policy(3)

    # Managed folders

    def list_folders(self, request: Request) -> Any:
        """Show a bucket's managed folders."""
        bucket = self._bucket(request, "storage.managedFolders.list")
        listed = [{"kind": "storage#managedFolder", "bucket": bucket.name, "name": name} for name in bucket.folders]
        return {"kind": "storage#managedFolders", "items": listed} if listed else {"kind": "storage#managedFolders"}

    def get_folder_policy(self, request: Request) -> Any:
        """Show the policy of a managed folder."""
        bucket = self._bucket(request, "storage.managedFolders.getIamPolicy")
        folder = request.path["managedFolder"]
        if folder not in bucket.folders:
            raise Refused(404, "notFound", f"No such managed folder: {bucket.name}/{folder}")
        return {"kind": "storage#policy", "version": 3, "etag": "CAE=", "bindings": bucket.folders[folder]}

    # Objects

    def insert_object(self, request: Request) -> Any:
        """Upload, or begin to."""
        bucket = self._bucket(request, "storage.objects.create", request.query.get("name", ""))
        kind = request.query.get("uploadType", "")
        if kind == "resumable":
            return self._begin(bucket, request)
        metadata, content, content_type = upload(kind, request.query, request.content_type, request.media)
        return self._insert(bucket, request, metadata, content, content_type)

    def _begin(self, bucket: Bucket, request: Request) -> Begun:
        metadata = json.loads(request.media or b"{}")
        session = f"{len(self.sessions):08d}"
        self.sessions[session] = Session(bucket.name, metadata, request.caller, request.query, request.size)
        return Begun(session)

    def go_on(self, session: str, span: str, content: bytes) -> Any:
        """Take a part of a resumable upload (``Content-Range``), or say how much has arrived."""
        begun = self.sessions.get(session)
        if begun is None:
            raise Refused(404, "notFound", "No such upload.")
        place, _, whole = span.removeprefix("bytes ").partition("/")
        if int(whole) != begun.size:
            raise invalid("The size of an upload does not change.")
        if place != "*":
            start, _, last = place.partition("-")
            if int(start) != len(begun.received) or int(last) - int(start) + 1 != len(content):
                raise Refused(503, "backendError", "The part does not follow.")
            if int(last) + 1 != begun.size and len(content) % GRANULE:
                raise invalid(f"Parts but the last are multiples of {GRANULE} bytes.")
            begun.received += content
        if len(begun.received) < begun.size:
            return Unfinished(len(begun.received))
        del self.sessions[session]
        request = Request(begun.caller, {"bucket": begun.bucket}, begun.query)
        kind = str(begun.metadata.get("contentType", "application/octet-stream"))
        return self._insert(self.buckets[begun.bucket], request, begun.metadata, bytes(begun.received), kind)

    def _insert(
        self, bucket: Bucket, request: Request, metadata: dict[str, Any], content: bytes, content_type: str
    ) -> Any:
        name = metadata.get("name") or request.query.get("name")
        if not name:
            raise Refused(400, "required", "An object needs a name.")
        if metadata.get("crc32c") not in (None, crc32c_of(content)):
            raise invalid("Provided CRC32C does not match calculated one.")
        live = self._live(bucket, str(name))
        wanted = request.query.get("ifGenerationMatch")
        if wanted is not None and int(wanted) != (live.generation if live else 0):
            raise Refused(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        if live:
            has = self.may(request.caller, "storage.objects.delete", bucket, str(name))
            self.need(request, "storage.objects.delete", has, f"{bucket.name}/{name}")
            self._retire(bucket, live)
        self._generation += 1
        created = Version(bucket.name, str(name), content, content_type, self._generation, self.clock())
        created.metadata = metadata.get("metadata")
        bucket.versions.setdefault(created.name, []).append(created)
        return created.document

    def rewrite_object(self, request: Request) -> Any:
        """Copy an object, or an earlier version of it, in one go."""
        source, target = self.buckets[request.path["sourceBucket"]], self.buckets[request.path["destinationBucket"]]
        for bucket, permission in ((source, "storage.objects.get"), (target, "storage.objects.create")):
            self.need(request, permission, self.may(request.caller, permission, bucket), bucket.name)
        path = {"object": request.path["sourceObject"]}
        generation = request.query.get("sourceGeneration")
        old = self._version(source, Request("", path, {"generation": generation} if generation else {}))
        described = {"name": request.path["destinationObject"], "metadata": old.metadata}
        made = self._insert(target, request, described, old.content, old.content_type)
        sizes = dict.fromkeys(("totalBytesRewritten", "objectSize"), str(len(old.content)))
        return {"kind": "storage#rewriteResponse", "done": True, "resource": made, **sizes}

    def get_object(self, request: Request) -> Any:
        """Show an object, or its bytes."""
        bucket = self._bucket(request, "storage.objects.get", request.path["object"])
        found = self._version(bucket, request)
        return found if request.query.get("alt") == "media" else found.document

    def list_objects(self, request: Request) -> Any:
        """Show a bucket's objects."""
        prefix = request.query.get("prefix", "")
        bucket = self.buckets.get(request.path["bucket"])
        if bucket is None or not self._may_list(request.caller, bucket, prefix):
            bucket = self._bucket(request, "storage.objects.list")
        all_of_them = request.query.get("versions", "") in {"true", "True"}
        found = [v for _, of_one in sorted(bucket.versions.items()) for v in of_one if all_of_them or not v.deleted]
        found = [version for version in found if version.name.startswith(prefix)]
        start, most = int(request.query.get("pageToken", "0")), int(request.query.get("maxResults", "1000"))
        more = {"nextPageToken": str(start + most)} if len(found) > start + most else {}
        return {"kind": "storage#objects", "items": [v.document for v in found[start : start + most]], **more}

    def _may_list(self, caller: str, bucket: Bucket, prefix: str) -> bool:
        """Whether a caller may list what is below a prefix, by the policy of a managed folder that it is in."""
        here = f"projects/_/buckets/{bucket.name}/managedFolders"
        return any(
            "storage.objects.list"
            in granted(
                policy, caller, self.directory, self.clock(), prevented=bucket.prevented, resource=f"{here}/{folder}"
            )
            for folder, policy in bucket.folders.items()
            if prefix.startswith(folder)
        )

    def delete_object(self, request: Request) -> Any:
        """Delete an object, or one version of it for good."""
        bucket = self._bucket(request, "storage.objects.delete", request.path["object"])
        found = self._version(bucket, request)
        if "generation" in request.query:
            self._check_age(bucket, found)
            bucket.versions[found.name].remove(found)
        else:
            self._retire(bucket, found)

    def _live(self, bucket: Bucket, name: str) -> Version | None:
        return next((v for v in bucket.versions.get(name, ()) if v.deleted is None), None)

    def _version(self, bucket: Bucket, request: Request) -> Version:
        name, generation = request.path["object"], request.query.get("generation")
        found = self._live(bucket, name)
        if generation is not None:
            versions = bucket.versions.get(name, ())
            found = next((version for version in versions if version.generation == int(generation)), None)
        if found is None:
            raise Refused(404, "notFound", f"No such object: {bucket.name}/{name}")
        return found

    def _retire(self, bucket: Bucket, version: Version) -> None:
        """Take an object away: it becomes an earlier version, or goes."""
        self._check_age(bucket, version)
        if bucket.versioned:
            version.deleted = self.clock()
        else:
            bucket.versions[version.name].remove(version)

    def _check_age(self, bucket: Bucket, version: Version) -> None:
        if (self.clock() - version.created).total_seconds() < bucket.retention_seconds:
            said = f"Object '{bucket.name}/{version.name}' is subject to bucket's retention policy or object retention."
            raise Refused(403, "retentionPolicyNotMet", said)


_METHODS: Mapping[str, Callable[[Service, Request], Any]] = {
    "storage.projects.serviceAccount.get": Service.get_agent,
    "serviceusage.services.generateServiceIdentity": Service.make_agent,
    "storage.buckets.insert": Service.insert_bucket,
    "storage.buckets.get": Service.get_bucket,
    "storage.buckets.list": Service.list_buckets,
    "storage.buckets.patch": Service.patch_bucket,
    "storage.buckets.update": Service.update_bucket,
    "storage.buckets.delete": Service.delete_bucket,
    "storage.buckets.lockRetentionPolicy": Service.lock_bucket,
    "storage.buckets.getIamPolicy": Service.get_policy,
    "storage.buckets.setIamPolicy": Service.set_policy,
    "storage.managedFolders.list": Service.list_folders,
    "storage.managedFolders.getIamPolicy": Service.get_folder_policy,
    "storage.objects.insert": Service.insert_object,
    "storage.objects.get": Service.get_object,
    "storage.objects.list": Service.list_objects,
    "storage.objects.rewrite": Service.rewrite_object,
    "storage.objects.delete": Service.delete_object,
}
