"""Google Cloud in previews and exported stacks of Pulumi: the official provider's resources, and slidebox's own."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.google.plan import LATER, new_policy
from slidebox.audit.google.section import section as of_resources
from slidebox.audit.pulumi.spelling import respelled, snake
from slidebox.preview import Seen
from slidebox.preview.gcs_buckets import store_of
from slidebox.preview.seen import GCS_BUCKET, UNREAD
from slidebox.provider.gcs_grants import INSIGHTS, Entry

_TOKEN: Final = re.compile(r"gcp:(?P<module>\w+)/\w+:(?P<name>\w+)")
_MODULES: Final = {
    "storage": "google_storage",
    "projects": "google_project",
    "folder": "google_folder",
    "organizations": "google_organization",
    "serviceaccount": "google_service_account",
    "iam": "google_iam",
    "compute": "google_compute",
    "orgpolicy": "google_org_policy",
}
_TYPES: Final = {
    "google_organization_project": "google_project",
    "google_organization_folder": "google_folder",
    "google_service_account_account": "google_service_account",
}
"""Types whose module is not how Terraform's name begins."""
_MANY: Final = {
    "lifecycle_rules": "lifecycle_rule",
    "path_matchers": "path_matcher",
    "role_entities": "role_entity",
    "tests": "test",
}
"""Attributes that Pulumi has in the plural."""
_VERBATIM: Final = frozenset({"labels", "effective_labels", "pulumi_labels", "attribute_mapping"})
"""Attributes whose own keys are nobody's attributes."""
_IAM: Final = re.compile(r"I(?:AM|am)(?=[A-Z])")
_ACL: Final = re.compile(r"ACL$")
_URL: Final = re.compile(r"U(?:RL|rl)(?=[A-Z])")
_NATIVE: Final = re.compile(r"google-native:storage/\w+:\w*(Bucket|Iam|Acl|AccessControl)\w*", re.IGNORECASE)
"""Types of another provider of Google's that hold data or let somebody at them."""
_FOREIGN: Final = re.compile(r"(?P<member>\S+) as (?P<role>\S+?)(?: \((?P<title>.*)\))?")


def section(resources: Sequence[Seen]) -> Mapping[str, Any] | None:
    """The section ``google`` of a stack; None where it has nothing of Google Cloud."""
    found = of_resources([_resource(seen) for seen in resources if type_of(seen.type)])
    own = dict(_own(seen) for seen in resources if seen.type == GCS_BUCKET)
    others = {
        seen.urn.rpartition("::")[2]: f"nothing here reads what {seen.type} opens"
        for seen in resources
        if _NATIVE.fullmatch(seen.type)
    }
    if not own and not others:
        return found
    whole = found or {"buckets": {}, "unplaced": {}}
    return {**whole, "buckets": {**whole["buckets"], **own}, "unplaced": {**whole["unplaced"], **others}}


@functools.cache
def type_of(token: str) -> str:
    """What Terraform calls a type of pulumi-gcp; empty where it is none that counts here."""
    match = _TOKEN.fullmatch(token)
    if match is None or match["module"].lower() not in _MODULES:
        return ""
    name = _ACL.sub("Acl", _URL.sub("Url", _IAM.sub("Iam", match["name"])))
    kind = f"{_MODULES[match['module'].lower()]}_{_called(name)}"
    return _TYPES.get(kind, kind)


def _called(name: str) -> str:
    """A name of Pulumi's as Terraform writes it."""
    plain = snake(name)
    return _MANY.get(plain, plain)


def _resource(seen: Seen) -> Resource:
    values = respelled(seen.properties, _called, _VERBATIM)
    return Resource(
        type=type_of(seen.type),
        address=seen.urn,
        values=values,
        unknown=frozenset(name for name, value in values.items() if _is_unknown(value)),
        depends=seen.depends.get("", ()),
        made=isinstance(seen.properties.get("selfLink"), str) and seen.properties["selfLink"].startswith("https://"),
        sources={_called(name): urns for name, urns in seen.depends.items() if name},
    )


def _is_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_unknown, value.values()))
    return any(map(_is_unknown, value)) if isinstance(value, list) else value == UNKNOWN


# Buckets that slidebox makes


def _own(seen: Seen) -> tuple[str, dict[str, Any]]:
    """A bucket of slidebox's own, by what its provider makes of its inputs."""
    properties = seen.properties
    named = properties.get("bucket")
    name = named if isinstance(named, str) and named != UNKNOWN else seen.urn.rpartition("::")[2]
    if UNREAD in properties:
        return name, unread(str(properties[UNREAD]))
    store = properties.get("store")
    project = str(store.get("project") or "") if isinstance(store, Mapping) else ""
    dataset, at, _ = str(properties.get("location") or "").partition("@")
    told = store_of(seen)
    return name, {
        "project": "" if project == UNKNOWN else project,
        "store": "" if told == UNKNOWN else told,
        "dataset": dataset if at and "/" in dataset else "",
        "metadata": {"name": name, "iamConfiguration": _access(properties)},
        # The provider takes viewers of the project out of the policy of each bucket that it makes.
        "policy": {"bindings": [*_owners(project), *_given(properties, project), *_foreign(properties)]},
        "managed_folders": [],
    }


def _access(properties: Mapping[str, Any]) -> dict[str, Any]:
    public, uniform = properties.get("public"), properties.get("uniformAccess", True)
    return {
        "publicAccessPrevention": unread(LATER) if public == UNKNOWN else "inherited" if public else "enforced",
        "uniformBucketLevelAccess": unread(LATER) if uniform == UNKNOWN else {"enabled": uniform is not False},
    }


def _owners(project: str) -> Iterator[dict[str, Any]]:
    return (one for one in new_policy(project) if f"projectViewer:{project}" not in one["members"])


def _given(properties: Mapping[str, Any], project: str) -> Iterator[dict[str, Any]]:
    grants = properties.get("grants") or []
    for grant in grants if isinstance(grants, list) else [grants]:
        try:
            entry = Entry.of(grant)
        except (AttributeError, KeyError, TypeError):
            yield {"role": UNKNOWN, "members": [UNKNOWN]}
            continue
        member = entry.member
        if member == INSIGHTS:
            member = f"serviceAccount:service-{project}@gcp-sa-storageinsights.iam.gserviceaccount.com"
        binding: dict[str, Any] = {"role": entry.role, "members": [member]}
        yield {**binding, "condition": entry.condition} if entry.condition else binding


def _foreign(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Whom others have let in, as the provider tells it after a refresh."""
    said = properties.get("foreignMembers") or []
    for text in said if isinstance(said, list) else [said]:
        match = _FOREIGN.fullmatch(str(text))
        if match is None:
            yield {"role": UNKNOWN, "members": [UNKNOWN]}
            continue
        binding: dict[str, Any] = {"role": match["role"], "members": [match["member"]]}
        condition = {"title": match["title"], "expression": unread("its expression is not told")}
        yield {**binding, "condition": condition} if match["title"] else binding
