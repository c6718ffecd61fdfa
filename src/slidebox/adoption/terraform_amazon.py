"""Buckets of AWS that Terraform made, with their settings as resources of pulumi-aws. Pure.

The types of both providers are one schema in two spellings: a block of which there is one at most is a list in
Terraform's files and an object in Pulumi's. Settings that releases before 4 had on the bucket itself become the same
resources beside it.

Source: documentation of Terraform's aws provider 3 to 6 and of pulumi-aws 7, as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.adoption import amazon_people, amazon_things
from slidebox.adoption.amazon_things import ENFORCED
from slidebox.adoption.existing import Existing, Thing
from slidebox.adoption.terraform_amazon_inline import inline
from slidebox.adoption.terraform_amazon_users import arns_of, users_of
from slidebox.adoption.terraform_blocks import camel, plain
from slidebox.adoption.terraform_keys import amazon_keys
from slidebox.adoption.terraform_resources import Resource, beside, dangers, doubt, hand_over
from slidebox.model import Store

_BUCKET = "aws_s3_bucket"
_PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ownership_controls": ("OwnershipControls", ("rule",)),
    "public_access_block": (
        "PublicAccessBlock",
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
    ),
    "policy": ("Policy", ("policy",)),
    "versioning": ("Versioning", ("versioning_configuration",)),
    "server_side_encryption_configuration": ("ServerSideEncryptionConfiguration", ("rule",)),
    "lifecycle_configuration": ("LifecycleConfiguration", ("rule", "transition_default_minimum_object_size")),
    "logging": ("Logging", ("target_bucket", "target_prefix", "target_grant", "target_object_key_format")),
    "object_lock_configuration": ("ObjectLockConfiguration", ("object_lock_enabled", "rule")),
    "acl": ("Acl", ("acl", "access_control_policy")),
    "website_configuration": (
        "WebsiteConfiguration",
        ("index_document", "error_document", "redirect_all_requests_to", "routing_rule"),
    ),
    "replication_configuration": ("ReplicationConfig", ("role", "rule")),
}
"""The resources beside a bucket, after ``aws_s3_bucket_``: what pulumi-aws calls each, and its inputs."""
_OBJECTS = ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy")
_POINT = "aws_s3_access_point"
_SHOWN = "displayName"
"""What AWS does not say of anybody any more."""
_ONE_RULE = frozenset({"OwnershipControls", "ObjectLockConfiguration"})
_SAID: Mapping[str, str] = {
    "notification": "tells others of what happens in it",
    "cors_configuration": "lets web pages ask for its objects (CORS)",
    "inventory": "is listed regularly by an inventory",
    "intelligent_tiering_configuration": "moves objects to archive tiers by itself (Intelligent-Tiering)",
    "request_payment_configuration": "says who pays for transfers",
    "accelerate_configuration": "says whether transfers are accelerated",
}
"""What else can be beside a bucket, and is no thing here."""


def read_amazon(found: Sequence[Resource], store: str, declared: Store) -> tuple[Existing, ...]:
    """The buckets of a store in AWS; those of other regions are left out.

    Parameters
    ----------
    found
        All resources of a document.
    store, declared
        The store.
    """
    return tuple(
        _existing(one, found, store, declared)
        for one in found
        if one.type == _BUCKET
        and one.made
        and one.text("bucket") not in ("", UNKNOWN)
        and one.text("region") in ("", UNKNOWN, declared.region)
    )


def _existing(bucket: Resource, found: Sequence[Resource], store: str, declared: Store) -> Existing:
    name = bucket.text("bucket")
    region = bucket.text("region") or declared.region
    about = [one for one in found if _is_about(name, one)]
    parts, planned = beside(about)
    things = _things(bucket, parts, region)
    arns = arns_of(found, declared.account or "")
    inside = [user for user in users_of(found, arns) if user.readers(name)]
    members = amazon_people.members(things, inside)
    named = {member.identity for member in members}
    keys = [key for key in amazon_keys(found, arns) if key.identity in named or not key.resource.made]
    notes = [
        *dangers(name, bucket),
        *amazon_things.about(name, things),
        *_said(name, parts),
        *planned,
        *_later(found, parts),
        (
            f"The file knows only the users and policies that Terraform made: who else of account {declared.account} "
            f"gets into {name} is not in it. The account itself says so: leave `--terraform` out."
        ),
        *(sentence for key in keys for sentence in key.sentences(name)),
        *hand_over(name, [bucket, *parts]),
    ]
    labels = things[0].inputs.get("tags", {})
    return Existing(
        store=store,
        name=name,
        things=things,
        region="" if region == UNKNOWN else region,
        members=members,
        keys=tuple(key.long_lived for key in keys if key.resource.made),
        labels=labels if isinstance(labels, Mapping) else None,
        notes=tuple(notes),
    )


def _is_about(name: str, one: Resource) -> bool:
    """Whether something is beside a bucket or in it: objects can be Terraform's as well."""
    beside_or_in = one.type.startswith(f"{_BUCKET}_") or one.type in (*_OBJECTS, _POINT)
    return beside_or_in and one.text("bucket") == name


def _kind(one: Resource) -> tuple[str, tuple[str, ...]] | None:
    return _PARTS.get(one.type.removeprefix(f"{_BUCKET}_"))


def _things(bucket: Resource, parts: Iterable[Resource], region: str) -> tuple[Thing, ...]:
    """The bucket, and each setting once: by the resource beside it, else as the bucket itself has it."""
    name = bucket.text("bucket")
    said = {kind[0]: inputs for one in parts if (kind := _kind(one)) and (inputs := _inputs(kind[0], kind[1], one))}
    settings = {**inline(bucket), **said}
    if _is_enforced(settings.get("OwnershipControls")):
        settings.pop("Acl", None)
    order = [kind for kind, _ in _PARTS.values()]
    labels = bucket.values.get("tags_all") or bucket.values.get("tags") or {}
    locks = bucket.values.get("object_lock_enabled") is True or "ObjectLockConfiguration" in settings
    return (
        amazon_things.bucket(name, region, labels, locks=locks),
        *(amazon_things.setting(kind, name, settings[kind]) for kind in order if kind in settings),
    )


def _is_enforced(ownership: Mapping[str, Any] | None) -> bool:
    rule = (ownership or {}).get("rule")
    return isinstance(rule, Mapping) and rule.get("objectOwnership") == ENFORCED


def _inputs(kind: str, names: Iterable[str], one: Resource) -> dict[str, Any] | None:
    """The inputs of a setting; None where it sets nothing."""
    single = kind in _ONE_RULE
    said = plain({name: one.values.get(name) for name in names}, single=single)
    for name in one.unknown & set(names):
        said["rules" if name == "rule" and not single else camel(name)] = UNKNOWN
    if kind == "PublicAccessBlock":
        return {camel(name): said.get(camel(name), False) for name in names}
    if kind == "Versioning" and said.get("versioningConfiguration") != UNKNOWN:
        return _versioned(said.get("versioningConfiguration") or {})
    if kind == "Acl":
        return access_list(said)
    if kind in ("LifecycleConfiguration", "ReplicationConfig") and isinstance(said.get("rules"), list):
        said["rules"] = [amazon_things.filtered(rule) for rule in said["rules"]]
    return {"targetPrefix": "", **said} if kind == "Logging" and said else said or None


def _versioned(said: Mapping[str, Any]) -> dict[str, Any] | None:
    if said.get("status") not in ("Enabled", "Suspended"):
        return None
    mfa = {"mfaDelete": "Enabled"} if said.get("mfaDelete") == "Enabled" else {}
    return {"versioningConfiguration": {"status": said["status"], **mfa}}


def access_list(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """A list of access; None where it lets in nobody but the bucket's owner."""
    listed = said.get("accessControlPolicy")
    if not isinstance(listed, Mapping):
        return None if said.get("acl") in (None, "private") and listed is None else dict(said)
    owner = (listed.get("owner") or {}).get("id")
    grants = [
        {**grant, "grantee": {name: text for name, text in (grant.get("grantee") or {}).items() if name != _SHOWN}}
        for grant in listed.get("grants") or ()
    ]
    if all(grant["grantee"].get("id") == owner for grant in grants):
        return None
    return {"accessControlPolicy": {"owner": {"id": owner}, "grants": grants}}


# In words


def _said(name: str, parts: Iterable[Resource]) -> Iterator[str]:
    for one in parts:
        if said := _SAID.get(one.type.removeprefix(f"{_BUCKET}_")):
            yield f"{name} {said} ({one.address})."
        elif one.type == _POINT:
            yield f"The access point {one.address} leads to {name}, and has a policy of its own that says who gets in."
        elif one.type in _OBJECTS and one.values.get("acl") not in (None, "", "private"):
            yield f"An object in {name} has a list of its own ({one.values['acl']}): {one.address}."


def _later(found: Iterable[Resource], parts: Iterable[Resource]) -> Iterator[str]:
    """What is known only once a plan has been applied: of settings of the bucket, and of any bucket's."""
    for one in parts:
        kind = _kind(one)
        for name in sorted(one.unknown & set(kind[1] if kind else ())):
            yield doubt(one, name)
    for one in found:
        if _kind(one) and "bucket" in one.unknown:
            yield doubt(one, "bucket")
