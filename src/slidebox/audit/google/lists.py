"""Access control lists of buckets and objects in Google Cloud, as Terraform has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.google.acls import predefined
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.google.plan import LATER, Plan, shown

_BUCKET_ACL, _BUCKET_ENTRY = "google_storage_bucket_acl", "google_storage_bucket_access_control"
_NEW_ACL, _NEW_ENTRY = "google_storage_default_object_acl", "google_storage_default_object_access_control"
_OBJECT_ACL, _OBJECT_ENTRY = "google_storage_object_acl", "google_storage_object_access_control"
_OBJECT = "google_storage_bucket_object"
TYPES = (_BUCKET_ACL, _BUCKET_ENTRY, _NEW_ACL, _NEW_ENTRY, _OBJECT_ACL, _OBJECT_ENTRY)
"""Types that are lists, or entries of lists."""

Entry = Callable[[str, dict[str, Any]], dict[str, Any]]
"""The entry of a bucket by its name."""


def add(plan: Plan, buckets: dict[str, Any], unplaced: dict[str, str], entry_of: Entry) -> None:
    """Add lists to the buckets that they are about: the service's own for new buckets where nothing says otherwise."""
    for said in buckets.values():
        said["metadata"] = _with_lists(said["metadata"], said["project"])
    for one in plan.of(*TYPES, _OBJECT):
        if one.type == _OBJECT and one.text("predefined_acl") == "":
            continue
        names = plan.buckets(one)
        if not names:
            unplaced[shown(one)] = f"which bucket it opens is {LATER}"
        for name in names:
            _add(one, entry_of(name, buckets))


def _with_lists(metadata: Mapping[str, Any], project: str) -> dict[str, Any]:
    if "iamConfiguration" not in metadata:
        return dict(metadata)
    lists = {"acl": predefined("projectPrivate", project)}
    lists["defaultObjectAcl"] = predefined("projectPrivate", project, objects=True)
    return {**metadata, **lists}


def _add(one: Resource, entry: dict[str, Any]) -> None:
    project = entry["project"]
    if one.type in (_OBJECT, _OBJECT_ACL, _OBJECT_ENTRY):
        objects = entry.setdefault("objects", {})
        name = one.text("name" if one.type == _OBJECT else "object")
        listed = objects.get(name, [])
        if one.type == _OBJECT_ENTRY:
            objects[name] = [*listed, _entry(one)]
        else:
            objects[name] = _listed(one, project, objects=True)
        return
    metadata = dict(entry["metadata"])
    if "iamConfiguration" not in metadata:
        # Nothing is known of the bucket: its list may count.
        metadata = {"iamConfiguration": dict(metadata), "acl": dict(metadata), "defaultObjectAcl": dict(metadata)}
    part = "acl" if one.type in (_BUCKET_ACL, _BUCKET_ENTRY) else "defaultObjectAcl"
    before = metadata.get(part)
    if one.type in (_BUCKET_ENTRY, _NEW_ENTRY):
        rest = before if isinstance(before, list) else [before]
        metadata[part] = [*rest, _entry(one)]
    else:
        metadata[part] = _listed(one, project, objects=part != "acl")
    if one.type == _BUCKET_ACL and one.text("default_acl"):
        metadata["defaultObjectAcl"] = _predefined(one.text("default_acl"), project, objects=True)
    entry["metadata"] = metadata


def _entry(one: Resource) -> Any:
    entity, role = one.text("entity"), one.text("role")
    return unread(LATER) if UNKNOWN in (entity, role) else {"entity": entity, "role": role}


def _listed(one: Resource, project: str, *, objects: bool) -> Any:
    """A list of which Terraform has the whole; owners of a bucket's project are always in its list."""
    if name := one.text("predefined_acl"):
        return _predefined(name, project, objects=objects)
    said = one.whole().get("role_entity")
    if said == UNKNOWN:
        return unread(LATER)
    found: list[Any] = []
    for text in said if isinstance(said, list) else ():
        role, _, entity = str(text).partition(":")
        found.append({"entity": entity, "role": role.upper()} if entity else unread(LATER))
    return found if objects else [{"entity": f"project-owners-{project}", "role": "OWNER"}, *found]


def _predefined(name: str, project: str, *, objects: bool) -> Any:
    listed = None if name == UNKNOWN else predefined(name, project, objects=objects)
    return unread(LATER if name == UNKNOWN else f"there is no predefined list {name}") if listed is None else listed
