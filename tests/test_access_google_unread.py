"""Each single part of what Google Cloud answers unread, one after another: nobody is lost without somebody unknown."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from slidebox.access.effective import Access
from slidebox.access.google import locations
from slidebox.access.snapshot import Known, unread

from .google_cases import (
    FILL,
    GITHUB,
    NAME,
    NOW,
    POOL,
    PROJECT,
    SERVICE,
    binding,
    bucket,
    covered,
    metadata,
    project,
    section,
)

ROBOT, SECOND = f"serviceAccount:{SERVICE}", f"second@{PROJECT}.iam.gserviceaccount.com"
LINK = "https://x/global/backendBuckets/b"
ENDS = 'request.time < timestamp("2027-01-01T00:00:00Z")'


def person(name: str) -> str:
    """Somebody."""
    return f"user:{name}@example.org"


def everything(*, uniform: bool, condition: str = "", keys: tuple[str, ...] = ()) -> dict[str, Any]:
    """A section with a reader by each path."""
    provider = {
        "name": "x/providers/github",
        "oidc": GITHUB,
        "attributeCondition": condition,
        "attributeMapping": {"google.subject": "assertion.sub"},
    }
    accounts = {
        SERVICE: {
            "policy": {"bindings": [binding(f"serviceAccount:{SECOND}", "roles/iam.serviceAccountTokenCreator")]},
            "keys": [{"name": "k/1"}],
        },
        SECOND: {"policy": {"bindings": [binding(person("g"), "roles/iam.serviceAccountUser")]}, "keys": []},
    }
    cdn = {"name": "b", "bucketName": NAME, "enableCdn": True, "selfLink": LINK}
    lists: dict[str, Any] = {
        "acl": [{"entity": "allUsers", "role": "READER"}],
        "defaultObjectAcl": [{"entity": "user-q@example.org", "role": "READER"}],
    }
    inside = [{"name": "a/", "policy": {"bindings": [binding(person("f"), expression=ENDS)]}}]
    return section(
        bucket(
            binding(ROBOT),
            binding(FILL),
            binding("group:lab@example.org"),
            binding(f"principalSet://iam.googleapis.com/{POOL}/*"),
            binding(person("z"), f"projects/{PROJECT}/roles/reader"),
            binding(f"projectEditor:{PROJECT}"),
            metadata=metadata(uniform=uniform, **lists),
            managed_folders=inside if uniform else [],
        ),
        project(
            binding(person("e"), "roles/editor"),
            parent="folders/2",
            service_accounts=accounts,
            hmac_keys=[{"accessId": "G", "serviceAccountEmail": SERVICE, "state": "ACTIVE"}],
            roles={f"projects/{PROJECT}/roles/reader": {"includedPermissions": ["storage.objects.get"]}},
            workload_identity_pools={POOL: {"state": "ACTIVE", "providers": [provider]}},
            backend_buckets=[{**cdn, "cdnPolicy": {"signedUrlKeyNames": list(keys)}}],
            url_maps=[{"name": "m", "pathMatchers": [{"defaultService": LINK}]}],
        ),
        folders={"folders/2": {"parent": "organizations/1", "policy": {"bindings": [binding(person("h"))]}}},
        organizations={
            "organizations/1": {
                "policy": {"bindings": [binding(person("i"), "roles/resourcemanager.organizationAdmin")]}
            }
        },
        groups={"group:lab@example.org": [person("j")]},
    )


SECTIONS = {
    "uniform access": everything(uniform=True),
    "lists": everything(uniform=False),
    "a pool with a condition, a CDN with a key": everything(
        uniform=True, condition="assertion.repository_owner == 'way'", keys=("k",)
    ),
    "lists, a CDN with a key": everything(uniform=False, keys=("k",)),
}


def parts(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every part, at any depth."""
    if path:
        yield path
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from parts(inner, *path, name)


def accesses(said: dict[str, Any]) -> list[Access]:
    """Who can do anything anywhere."""
    return [one for location in locations(said, Known(now=NOW)) for one in location.readers]


@pytest.mark.parametrize("said", SECTIONS.values(), ids=SECTIONS.keys())
def test_no_part_that_is_unread_takes_a_reader_away_without_adding_an_unknown_one(said: dict[str, Any]) -> None:
    """More than a hundred parts each, down to a member, a permission and a key."""
    before = accesses(said)
    lost = []
    for path in parts(said):
        after = copy.deepcopy(said)
        inner: Any = after
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = unread("denied")
        now = accesses(after)
        unknown = {action for one in now if one.principal == "unknown" for action in one.actions}
        lost += [
            (path, one.principal, action)
            for one in before
            for action in one.actions
            if not covered(one.principal, now, action) and action not in unknown
        ]
    assert lost == []
