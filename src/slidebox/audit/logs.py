"""Who really read and changed what, from the logs that clouds write into the audit bucket, read with DuckDB.

Files are streamed: a log of any size is summed up without being held in memory. A call that was refused counts for
nothing: it says that somebody could not.

Sources: AWS CloudTrail User Guide, "CloudTrail record contents"; Google Cloud, "Cloud Storage audit logging" and
"AuditLog"; Azure Monitor, "StorageBlobLogs" and the schema of resource logs in a storage account, as of 2026-11.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.access.snapshot import Known
from slidebox.errors import InputError, UnreadableError
from slidebox.extras import literal

_SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".log", ".ndjson")
_LARGEST_RECORD = 256 * 1024 * 1024
"""Bytes of one JSON document; CloudTrail writes up to some hundred thousand events into one."""

READ, WRITE, DELETE, CHANGE = "read", "write", "delete", "admin"
"""What a call did; ``admin`` is to change who has access."""

_MEANINGS: Mapping[str, tuple[str, ...]] = {
    READ: (
        *("GetObject", "GetObjectVersion", "ListObjects", "ListObjectsV2", "ListBucket", "SelectObjectContent"),
        *("HeadObject", "CopyObject", "storage.objects.get", "storage.objects.list"),
        *("GetBlob", "ListBlobs", "GetBlobProperties", "ReadFile", "ListFilesystemDir", "CopyBlobSource"),
    ),
    WRITE: (
        *("PutObject", "CompleteMultipartUpload", "UploadPart", "RestoreObject"),
        *("storage.objects.create", "storage.objects.update", "storage.objects.patch", "storage.objects.compose"),
        *("PutBlob", "PutBlock", "PutBlockList", "AppendFile", "FlushFile", "CreatePathFile", "CopyBlob"),
    ),
    DELETE: (
        *("DeleteObject", "DeleteObjects", "storage.objects.delete", "DeleteBlob", "DeleteFile"),
        *("DeletePathFile", "DeletePathDir"),
    ),
    CHANGE: (
        *("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "PutObjectAcl", "PutBucketPublicAccessBlock"),
        *("DeleteBucketPublicAccessBlock", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
        *("PutAccessPointPolicy", "CreateAccessPoint", "DeleteAccessPointPolicy", "PutBucketWebsite"),
        *("PutBucketReplication", "PutPublicAccessBlock", "DeletePublicAccessBlock"),
        *("storage.setIamPermissions", "storage.buckets.setIamPolicy", "storage.buckets.update"),
        *("storage.buckets.patch", "storage.objects.setIamPolicy", "storage.managedFolders.setIamPolicy"),
        *("SetContainerACL", "SetBlobContainerACL", "Microsoft.Authorization/roleAssignments/write"),
        *("Microsoft.Authorization/roleAssignments/delete", "Microsoft.Storage/storageAccounts/write"),
        *("Microsoft.Storage/storageAccounts/blobServices/containers/write",),
    ),
}
"""What calls do, by the names that CloudTrail, Google and Azure have for them."""

_QUERY = """
with documents as (
  select json from read_json_objects(?, format = 'auto', maximum_object_size = ?)
),
records as (
  select unnest(case
    when json_type(json, '$.Records') = 'ARRAY' then from_json(json_extract(json, '$.Records'), '["JSON"]')
    when json_type(json, '$.records') = 'ARRAY' then from_json(json_extract(json, '$.records'), '["JSON"]')
    else [json] end) as r
  from documents
),
calls as (
  select
    case
      when r->>'$.eventSource' is not null then 'aws'
      when r->>'$.protoPayload.serviceName' is not null then 'google'
      when r->>'$.operationName' is not null then 'azure'
    end as kind,
    coalesce(r->>'$.eventTime', r->>'$.timestamp', r->>'$.time') as moment,
    coalesce(r->>'$.eventName', r->>'$.protoPayload.methodName', r->>'$.operationName') as operation,
    coalesce(
      r->>'$.userIdentity.sessionContext.sessionIssuer.arn',
      r->>'$.userIdentity.arn',
      r->>'$.userIdentity.invokedBy',
      r->>'$.userIdentity.accountId',
      r->>'$.protoPayload.authenticationInfo.principalEmail',
      r->>'$.protoPayload.authenticationInfo.principalSubject',
      r->>'$.identity.requester.objectId',
      r->>'$.identity.claims."http://schemas.microsoft.com/identity/claims/objectidentifier"',
      r->>'$.caller',
      r->>'$.identity.type'
    ) as who,
    coalesce(
      r->>'$.requestParameters.bucketName',
      r->>'$.resource.labels.bucket_name',
      nullif(regexp_extract(r->>'$.uri', '^https?://[^/]+/([^/?]+)', 1), ''),
      nullif(regexp_extract(r->>'$.resourceId', '(?i)/containers/([^/]+)', 1), ''),
      nullif(regexp_extract(r->>'$.resourceId', '(?i)/storageAccounts/([^/]+)', 1), '')
    ) as place,
    coalesce(
      nullif(regexp_extract(r->>'$.uri', '^https?://([^./]+)', 1), ''),
      nullif(regexp_extract(r->>'$.resourceId', '(?i)/storageAccounts/([^/]+)', 1), '')
    ) as account,
    (
      r->>'$.errorCode' is not null
      or coalesce(try_cast(r->>'$.protoPayload.status.code' as bigint), 0) <> 0
      or coalesce(try_cast(r->>'$.statusCode' as bigint), 0) >= 400
    ) as refused
  from records
)
select kind, place, coalesce(account, ''), coalesce(who, ''), operation, min(moment), max(moment), count(*)
from calls
where kind is not null and not refused and place is not null and moment is not null and operation is not null
group by all
order by all
"""


@dataclass(frozen=True, slots=True)
class Call:
    """Calls of one kind by one identity in one place, summed up.

    Attributes
    ----------
    kind
        Whose log: ``aws``, ``google`` or ``azure``.
    place, within
        The bucket or container; of Azure the storage account that it is in.
    who
        As the log calls them; empty for somebody without an account.
    operation
        As the log calls it.
    does
        ``read``, ``write``, ``delete`` or ``admin``.
    first, last
        When, in ISO 8601.
    count
        How often.
    """

    kind: str
    place: str
    within: str
    who: str
    operation: str
    does: str
    first: str
    last: str
    count: int

    def principal(self, known: Known) -> str:
        """Whom of the lab it was."""
        return "anyone" if self.who.casefold() in _NOBODY else known.called(self.who)

    def location(self, names: Mapping[tuple[str, str], str]) -> str:
        """The name of the location it was in, by its own name and by what it is in; its own where nothing has it."""
        return names.get((self.place, self.within)) or names.get((self.place, "")) or self.place


_NOBODY = ("", "anonymous", "allusers")


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files of logs at some paths: files as they are, and of folders all that look like logs.

    Raises
    ------
    InputError
        If there is none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (one for one in sorted(path.rglob("*")) if one.is_file() and one.name.endswith(_SUFFIXES))
            found += [one for one in inside if "Digest" not in one.parts and "CloudTrail-Digest" not in one.parts]
        else:
            found.append(path)
    if not found:
        listed = ", ".join(map(str, paths))
        raise InputError(f"There is no log in {listed}.", f"Logs are files that end in {', '.join(_SUFFIXES)}.")
    return found


def calls(paths: Iterable[Path]) -> tuple[Call, ...]:
    """What logs say of who did what, where, and when first and last.

    Parameters
    ----------
    paths
        Files, and folders as they lie in the audit bucket.

    Raises
    ------
    InputError
        If there is no log, or DuckDB is not installed.
    UnreadableError
        If one cannot be read, or is cut off: then nothing is said, as a reader might be missing.
    """
    files = files_of(list(paths))
    duckdb = _duckdb()
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(_QUERY, [[literal(file) for file in files], _LARGEST_RECORD]).fetchall()
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise UnreadableError(f"A log cannot be read: {said}", "Fetch it again, or leave it out.") from error
    return tuple(_called(rows))


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError as error:
        raise InputError(
            "Logs are read with DuckDB, which is not installed.", "pip install 'slidebox[logs]'"
        ) from error


def _called(rows: Sequence[Sequence[Any]]) -> Iterator[Call]:
    does = {operation: meaning for meaning, operations in _MEANINGS.items() for operation in operations}
    for kind, place, within, who, operation, first, last, count in rows:
        # Azure's own log writes "GetBlob", that of its control plane capitals.
        meaning = does.get(operation) or does.get(_CAPITALS.get(operation.casefold(), ""))
        if meaning:
            yield Call(kind, place, within, who, operation, meaning, first, last, int(count))


_CAPITALS = {operation.casefold(): operation for operations in _MEANINGS.values() for operation in operations}


@dataclass(frozen=True, slots=True)
class Activity:
    """What one principal really did in one location.

    Attributes
    ----------
    location, principal
        Where, and who.
    last
        When each thing was done last, by what it is: ``read``, ``write``, ``delete``, ``admin``.
    count
        How many calls it was in all.
    """

    location: str
    principal: str
    last: Mapping[str, str]
    count: int

    def document(self) -> dict[str, Any]:
        """The activity as JSON has it."""
        return {"location": self.location, "principal": self.principal, "last": dict(self.last), "calls": self.count}


def activity(found: Iterable[Call], known: Known, names: Mapping[tuple[str, str], str]) -> tuple[Activity, ...]:
    """Calls by location and principal.

    Parameters
    ----------
    found
        What logs say.
    known
        Whom identities stand for.
    names
        A location's name by its own and by what it is in, as `slidebox.access.effective.Location` has them.
    """
    last: dict[tuple[str, str], dict[str, str]] = {}
    counts: dict[tuple[str, str], int] = {}
    for call in found:
        key = (call.location(names), call.principal(known))
        counts[key] = counts.get(key, 0) + call.count
        before = last.setdefault(key, {})
        before[call.does] = max(before.get(call.does, ""), call.last)
    return tuple(Activity(*key, last[key], counts[key]) for key in sorted(last))


def last_reads(found: Iterable[Activity], teams: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], str]:
    """When each principal read last, by location and principal; a team when any of its people did.

    Parameters
    ----------
    found
        What was done.
    teams
        The people of each team, as principals.
    """
    reads = {(one.location, one.principal): one.last[READ] for one in found if READ in one.last}
    for team, people in teams.items():
        for (location, principal), moment in list(reads.items()):
            if principal in people:
                reads[location, team] = max(reads.get((location, team), ""), moment)
    return reads


def changers(
    found: Iterable[Call], known: Known, names: Mapping[tuple[str, str], str], since: str
) -> dict[str, tuple[str, ...]]:
    """Who changed access to each location after a moment, each as a sentence."""
    said: dict[str, list[str]] = {}
    for call in found:
        if call.does == CHANGE and call.last >= since:
            said.setdefault(call.location(names), []).append(
                f"{call.principal(known)} with {call.operation} at {call.last}"
            )
    return {location: tuple(sentences) for location, sentences in said.items()}
