"""A bucket of AWS and its settings as resources of pulumi-aws: from what the S3 API answers. Pure.

Sources: Amazon S3 API Reference and the documentation of pulumi-aws 7, as of 2026-11. Each setting is a resource of
its own whose id, for an import, is the bucket's name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.adoption.existing import Thing

BUCKET = "aws:s3/bucket:Bucket"
ENFORCED = "BucketOwnerEnforced"
"""The ownership under which lists of access count for nothing."""

BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_OF_AWS = "aws:"
"""How the names of tags begin that only AWS itself sets (AWS Tagging, "Tag naming limits and requirements")."""

_LEADING = re.compile(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]")
_TRAILING = re.compile(r"(?<=[a-z])ID$")

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a bucket.

    Attributes
    ----------
    kind
        What pulumi-aws calls it, after ``Bucket``.
    call
        The client's method that reads it.
    permission
        What has to be allowed for that.
    inputs
        The resource's inputs beside the bucket, from the answer; None where the answer says that it is not there.
    doubtful
        Whether a bucket without it may look better than it is: then it has to be read.
    """

    kind: str
    call: str
    permission: str
    inputs: Callable[[Answer], dict[str, Any] | None]
    doubtful: bool = False


def token(kind: str) -> str:
    """The type of a setting in pulumi-aws."""
    return f"aws:s3/bucket{kind}:Bucket{kind}"


def setting(kind: str, bucket: str, inputs: Mapping[str, Any]) -> Thing:
    """A setting of a bucket as a thing."""
    return Thing(token(kind), bucket, {"bucket": bucket, **inputs})


def bucket(name: str, region: str, labels: Mapping[str, str], *, locks: bool) -> Thing:
    """The bucket itself.

    Parameters
    ----------
    name, region
        The bucket, and where it lies.
    labels
        Its tags; those that AWS sets itself are left out.
    locks
        Whether its objects can be locked.
    """
    tags = own_tags(labels)
    said: dict[str, Any] = {"bucket": name, "region": region}
    return Thing(BUCKET, name, said | ({"tags": tags} if tags else {}) | ({"objectLockEnabled": True} if locks else {}))


def own_tags(labels: Mapping[str, str]) -> dict[str, str]:
    """The tags that people set."""
    return {name: str(value) for name, value in sorted(labels.items()) if not name.startswith(_OF_AWS)}


def things(name: str, region: str, labels: Mapping[str, str], answers: Mapping[str, Answer]) -> tuple[Thing, ...]:
    """The bucket, and each of its settings that is there.

    Parameters
    ----------
    name, region, labels
        The bucket.
    answers
        What the API answered, by the kind of the setting.
    """
    found = {one.kind: one.inputs(answers[one.kind]) for one in SETTINGS if one.kind in answers}
    enforced = ((found.get("OwnershipControls") or {}).get("rule") or {}).get("objectOwnership") == ENFORCED
    if enforced:
        found.pop("Acl", None)
    whole = bucket(name, region, labels, locks=found.get("ObjectLockConfiguration") is not None)
    return (whole, *(setting(kind, name, inputs) for kind, inputs in found.items() if inputs is not None))


# In words


def about(name: str, things: Iterable[Thing]) -> Iterator[str]:
    """What somebody who takes a bucket over should know of settings that the things say."""
    for one in things:
        if one.type == token("Acl"):
            yield (
                f"{name} lets somebody in by a list of access (ACL); slidebox gives access by roles and turns such "
                "lists off."
            )
        elif one.type == token("WebsiteConfiguration"):
            yield f"{name} is a website, which S3 serves by plain HTTP only."
        elif one.type == token("ReplicationConfig"):
            rules = [rule for rule in one.inputs["rules"] if rule.get("status") != "Disabled"]
            where = sorted({str(rule["destination"]["bucket"]).rpartition(":")[2] for rule in rules})
            if where:
                yield f"{name} is copied to {', '.join(where)}: whoever reads the copy reads the data."


# The names of the API as those of pulumi-aws


def camel(name: str) -> str:
    """A name of the API as pulumi-aws writes it: ``SSEAlgorithm`` is ``sseAlgorithm``, ``KMSMasterKeyID`` its Id."""
    return _LEADING.sub(lambda match: match[0].lower(), _TRAILING.sub("Id", name))


def plain(value: Any) -> Any:
    """An answer in the names of pulumi-aws, without what says nothing."""
    if isinstance(value, Mapping):
        said = {camel(str(name)): plain(item) for name, item in value.items()}
        return {name: item for name, item in said.items() if says(item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def says(value: Any) -> bool:
    """Whether a value says anything; zero days do."""
    return value is not None and value is not False and value not in ("", [])


def _tags_as_map(filter_: Any) -> Any:
    """A filter of several conditions: its tags are a list for the API and a map for pulumi-aws."""
    both = dict((filter_ or {}).get("and") or {})
    if isinstance(both.get("tags"), list):
        both["tags"] = {tag["key"]: tag.get("value", "") for tag in both["tags"]}
        return {**filter_, "and": both}
    return filter_


def filtered(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with its filter; one without any is about everything."""
    said = dict(rule)
    if "filter" in said:
        said["filter"] = _tags_as_map(said["filter"])
    elif not said.get("prefix"):
        said["filter"] = {}
    return said


# Each setting


def _ownership(answer: Answer) -> dict[str, Any] | None:
    rules = plain(answer["OwnershipControls"].get("Rules") or [])
    return {"rule": rules[0]} if rules else None


def _block(answer: Answer) -> dict[str, Any]:
    said = answer["PublicAccessBlockConfiguration"]
    return {camel(name): bool(said.get(name)) for name in BLOCKS}


def _versioning(answer: Answer) -> dict[str, Any] | None:
    if not answer.get("Status"):
        return None
    mfa = {"mfaDelete": answer["MFADelete"]} if answer.get("MFADelete") == "Enabled" else {}
    return {"versioningConfiguration": {"status": answer["Status"], **mfa}}


def _encryption(answer: Answer) -> dict[str, Any] | None:
    rules = plain(answer["ServerSideEncryptionConfiguration"].get("Rules") or [])
    return {"rules": rules} if rules else None


def _lifecycle(answer: Answer) -> dict[str, Any] | None:
    rules = [filtered(rule) for rule in plain(answer.get("Rules") or [])]
    least = answer.get("TransitionDefaultMinimumObjectSize")
    return {"rules": rules, **({"transitionDefaultMinimumObjectSize": least} if least else {})} if rules else None


def _logging(answer: Answer) -> dict[str, Any] | None:
    said = plain(answer.get("LoggingEnabled") or {})
    return {"targetPrefix": "", **said} if said else None


def _lock(answer: Answer) -> dict[str, Any] | None:
    said: dict[str, Any] = plain(answer.get("ObjectLockConfiguration") or {})
    if said.get("objectLockEnabled") != "Enabled":
        return None
    if retention := (said.get("rule") or {}).get("defaultRetention"):
        # Days or years: some services answer zero for the other.
        said["rule"] = {"defaultRetention": {name: value for name, value in retention.items() if value}}
    return said


def _acl(answer: Answer) -> dict[str, Any] | None:
    """The list of access; None where it lets in nobody but the bucket's owner."""
    owner = str((answer.get("Owner") or {}).get("ID", ""))
    grants = [
        {
            "grantee": {name: value for name, value in plain(grant["Grantee"]).items() if name != "displayName"},
            "permission": grant.get("Permission"),
        }
        for grant in answer.get("Grants") or []
    ]
    if all(grant["grantee"].get("id") == owner for grant in grants):
        return None
    return {"accessControlPolicy": {"owner": {"id": owner}, "grants": grants}}


def _website(answer: Answer) -> dict[str, Any] | None:
    said = plain({name: value for name, value in answer.items() if name != "ResponseMetadata"})
    return said or None


def _replication(answer: Answer) -> dict[str, Any] | None:
    said = plain(answer["ReplicationConfiguration"])
    return {**said, "rules": [filtered(rule) for rule in said.get("rules", [])]}


SETTINGS = (
    Setting("OwnershipControls", "get_bucket_ownership_controls", "s3:GetBucketOwnershipControls", _ownership),
    Setting("PublicAccessBlock", "get_public_access_block", "s3:GetBucketPublicAccessBlock", _block),
    Setting("Policy", "get_bucket_policy", "s3:GetBucketPolicy", lambda said: {"policy": said["Policy"]}, True),
    Setting("Versioning", "get_bucket_versioning", "s3:GetBucketVersioning", _versioning),
    Setting("ServerSideEncryptionConfiguration", "get_bucket_encryption", "s3:GetEncryptionConfiguration", _encryption),
    Setting(
        "LifecycleConfiguration",
        "get_bucket_lifecycle_configuration",
        "s3:GetLifecycleConfiguration",
        _lifecycle,
        doubtful=True,
    ),
    Setting("Logging", "get_bucket_logging", "s3:GetBucketLogging", _logging),
    Setting("ObjectLockConfiguration", "get_object_lock_configuration", "s3:GetBucketObjectLockConfiguration", _lock),
    Setting("Acl", "get_bucket_acl", "s3:GetBucketAcl", _acl, doubtful=True),
    Setting("WebsiteConfiguration", "get_bucket_website", "s3:GetBucketWebsite", _website, doubtful=True),
    Setting("ReplicationConfig", "get_bucket_replication", "s3:GetReplicationConfiguration", _replication, True),
)
"""What a bucket can have that is a resource of its own; their order is that of the things."""
