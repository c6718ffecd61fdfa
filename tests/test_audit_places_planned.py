"""Previews and stacks of Pulumi, and plans of Terraform, as the section of places: what is planned is audited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slidebox.access.effective import ACTIONS, Location
from slidebox.access.places import locations
from slidebox.access.snapshot import Known
from slidebox.audit import pulumi, terraform
from slidebox.preview import BUCKET, CLUSTER_FOLDER, FOLDER, SHARE, USER, Seen
from slidebox.preview.seen import GITHUB_REPOSITORY

LIST = {"read", "list"}
KNOWN = Known(names={"imaging": "team:imaging", "ada": "person:ada"})
HERE = "first/raw_images@short@nas"


def seen(kind: str, name: str = "one", **properties: Any) -> Seen:
    """A resource."""
    return Seen(f"urn:pulumi:s::p::{kind}::{name}", kind, {"location": HERE, **properties})


def planned(*resources: Seen) -> list[Location]:
    """The locations of a stack, through JSON."""
    section = json.loads(json.dumps(pulumi.SECTIONS["places"](resources)))
    return list(locations(section, KNOWN)) if section else []


def who(found: list[Location]) -> dict[str, set[str]]:
    """What each may do with the only location."""
    (location,) = found
    told: dict[str, set[str]] = {}
    for one in location.readers:
        if one.principal != "account:root of the gateway":
            told.setdefault(one.principal, set()).update(one.actions)
    return told


DRIVE = {"store": "nas", "root": "/srv/lab", "path": "first/raw_images", "group": "imaging"}
CLUSTER = {"store": {"name": "campus", "host": "login", "root": "/lab"}, "path": "first/raw_images", "group": "imaging"}


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        (FOLDER, {**DRIVE, "mode": "2770"}, {"team:imaging": LIST | {"write", "delete"}}),
        (FOLDER, {**DRIVE, "mode": "2775"}, {"any_account": LIST, "team:imaging": LIST | {"write", "delete"}}),
        (FOLDER, {**DRIVE, "mode": "0700"}, {}),
        (FOLDER, {**DRIVE, "mode": "0750", "group": ""}, {"unknown": LIST}),
        (FOLDER, {**DRIVE, "mode": "unknown"}, {"unknown": set(ACTIONS)}),
        (FOLDER, {**DRIVE, "mode": "2770", "group": "unknown"}, {"unknown": set(ACTIONS)}),
        (CLUSTER_FOLDER, {**CLUSTER, "mode": "2750", "acl": []}, {"team:imaging": LIST}),
        (CLUSTER_FOLDER, {**CLUSTER, "mode": "2700", "acl": ["user:eve:r-x"]}, {"account:eve": LIST}),
        (
            CLUSTER_FOLDER,
            {**CLUSTER, "mode": "2750", "acl": ["user:ada:rwx"]},
            {"team:imaging": LIST, "person:ada": LIST | {"write", "delete"}},
        ),
        (CLUSTER_FOLDER, {**CLUSTER, "mode": "2700", "acl": "unknown"}, {}),
        (CLUSTER_FOLDER, {**CLUSTER, "mode": "2750", "acl": "unknown"}, {"unknown": LIST, "team:imaging": LIST}),
    ],
)
def test_a_folder_is_who_its_mode_its_group_and_its_list_let_in(
    kind: str, properties: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    """As it will be made."""
    found = planned(seen(kind, **properties))
    assert who(found) == expected
    assert found[0].dataset == "first/raw_images"
    assert found[0].name.endswith("/first/raw_images")


S3 = {"name": "nas-s3", "over": "nas"}
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}
OWN = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}]}


def test_a_bucket_of_the_gateway_is_who_its_policy_and_its_users_let_in() -> None:
    """Both as they are planned."""
    assert who(planned(seen(BUCKET, store=S3, bucket="b"))) == {}
    assert who(planned(seen(BUCKET, store=S3, bucket="b", policy=OPEN))) == {"anyone": {"read"}}
    assert who(planned(seen(BUCKET, store=S3, bucket="b", policy="unknown")))["unknown"] == set(ACTIONS)
    user = seen(USER, "eve", store=S3, user="eve", principal="team:imaging", policy=OWN)
    assert who(planned(seen(BUCKET, store=S3, bucket="b"), user)) == {"team:imaging": set(ACTIONS)}
    later = seen(USER, "eve", store=S3, user="eve", principal="team:imaging", policy="unknown")
    assert "unknown" in who(planned(seen(BUCKET, store=S3, bucket="b"), later))
    grants = [{"permission": "READ", "grantee": {"id": "all-users", "type": "Group"}}]
    listed = seen(BUCKET, store=S3, bucket="b", accessControlPolicy={"owner": {}, "grants": grants})
    assert who(planned(listed)) == {"anyone": LIST}


def test_a_bucket_of_another_service_has_users_that_nobody_knows() -> None:
    """And so has one whose store is not known yet."""
    other = {"name": "s3", "endpoint": "https://s3.example.org"}
    assert who(planned(seen(BUCKET, store=other, bucket="b", policy=OPEN))).keys() == {"unknown", "anyone"}
    assert "unknown" in who(planned(seen(BUCKET, store="unknown", bucket="b")))


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        (
            GITHUB_REPOSITORY,
            {"public": False, "members": "none", "permissions": ["team:imaging=push", "user:ada=pull"]},
            {"team:imaging": LIST | {"write"}, "person:ada": LIST, "account:owners:way": set(ACTIONS)},
        ),
        (
            GITHUB_REPOSITORY,
            {"public": True, "members": "none", "permissions": []},
            {"anyone": LIST, "account:owners:way": set(ACTIONS)},
        ),
        (
            GITHUB_REPOSITORY,
            {"public": "unknown", "members": "unknown", "permissions": "unknown"},
            {"unknown": set(ACTIONS), "account:owners:way": set(ACTIONS)},
        ),
        (SHARE, {"store": "od", "remote": "od", "root": "lab", "path": "p", "sharing": []}, {}),
        (
            SHARE,
            {"store": "od", "remote": "od", "root": "lab", "path": "p", "sharing": "unknown"},
            {"unknown": set(ACTIONS)},
        ),
        (
            SHARE,
            {
                "store": "od",
                "remote": "od",
                "root": "lab",
                "path": "p",
                "sharing": [],
                "shares": [{"principal": "team:imaging", "address": "i@x", "may": "view"}],
            },
            {"team:imaging": LIST},
        ),
        ("slidebox:zenodo:Deposit", {"store": {"name": "z", "kind": "zenodo"}, "about": {"title": "T"}}, {}),
        (
            "slidebox:zenodo:Deposit",
            {"store": {"name": "z"}, "about": {"title": "T"}, "published": True},
            {"anyone": LIST},
        ),
        (
            "slidebox:zenodo:Deposit",
            {"store": {"name": "z"}, "about": "unknown", "published": True},
            {"unknown": set(ACTIONS)},
        ),
        ("slidebox:figshare:Deposit", {"store": {"name": "f"}, "about": {"confidential": "no"}, "published": True}, {}),
        ("slidebox:figshare:Deposit", {"store": {"name": "f"}, "about": {}, "privateLinkDays": 30}, {"anyone": LIST}),
        (
            "slidebox:figshare:Deposit",
            {"store": {"name": "f"}, "about": {}, "privateLinkDays": "unknown"},
            {"unknown": set(ACTIONS)},
        ),
        (
            "slidebox:archive:Folder",
            {"store": {"name": "a", "account": "lab@x"}, "path": "p"},
            {"account:lab@x": set(ACTIONS)},
        ),
    ],
)
def test_a_place_in_a_service_is_who_it_is_planned_to_let_in(
    kind: str, properties: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    """Repositories, shared folders, deposits and what waits at an archive."""
    more = {"account": "way", "repository": "code"} if kind == GITHUB_REPOSITORY else {}
    assert who(planned(seen(kind, **more, **properties))) == expected


def test_a_place_that_could_not_be_read_is_one_of_which_nothing_is_known() -> None:
    """Where a stack has it so."""
    assert who(planned(seen(FOLDER, unread="the drive is offline"))) == {"unknown": set(ACTIONS)}


def test_a_stack_without_such_places_has_no_section() -> None:
    """Nor has one of other providers."""
    assert planned(Seen("urn:x", "aws:s3/bucket:Bucket", {"bucket": "b"})) == []


# The provider of GitHub


DEFAULT = {"account:org:way": LIST, "account:owners:way": set(ACTIONS)}


def as_pulumi(*resources: tuple[str, dict[str, Any]], **sources: Any) -> list[Location]:
    """Resources of pulumi-github."""

    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.capitalize() for word in rest)

    listed = [
        Seen(
            f"urn:{number}::{kind}",
            f"github:index/{camel(kind)}:{camel(kind)[0].upper()}{camel(kind)[1:]}",
            {camel(name): value for name, value in values.items()},
            {camel(name): urns for name, urns in sources.get(f"of_{number}", {}).items()},
        )
        for number, (kind, values) in enumerate(resources)
    ]
    section = pulumi.SECTIONS["places"](listed)
    return list(locations(json.loads(json.dumps(section)), KNOWN)) if section else []


def as_terraform(*resources: tuple[str, dict[str, Any]], later: Any = None) -> list[Location]:
    """A plan of Terraform."""
    entries, changes = [], []
    for number, (kind, values) in enumerate(resources):
        known = {name: value for name, value in values.items() if value != "unknown"}
        unknown = {name: True for name, value in values.items() if value == "unknown"}
        address = f"github_{kind}.n{number}"
        provider = "registry.terraform.io/integrations/github"
        entries.append(
            {
                "mode": "managed",
                "type": f"github_{kind}",
                "address": address,
                "values": known,
                "name": f"n{number}",
                "provider_name": provider,
            }
        )
        changes.append(
            {
                "address": address,
                "change": {"actions": ["create"], "after": known, "after_unknown": {**unknown, **(later or {})}},
            }
        )
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": entries}},
        "resource_changes": changes,
    }
    snapshot = terraform.snapshot(document)
    section = snapshot.sections.get("places")
    return list(locations(json.loads(json.dumps(section)), KNOWN)) if section else []


REPOSITORY = ("repository", {"name": "code", "full_name": "way/code", "visibility": "private"})


@pytest.mark.parametrize("read", [as_pulumi, as_terraform])
@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([REPOSITORY], DEFAULT),
        ([("repository", {"name": "code", "full_name": "way/code"})], {**DEFAULT, "anyone": LIST}),
        ([("repository", {"name": "code", "full_name": "way/code", "private": True})], DEFAULT),
        (
            [("repository", {"name": "code", "full_name": "way/code", "visibility": "unknown"})],
            {**DEFAULT, "unknown": set(ACTIONS)},
        ),
        (
            [("repository", {**REPOSITORY[1], "pages": [{"source": [{"branch": "main"}]}]})],
            {**DEFAULT, "anyone": {"read"}},
        ),
        (
            [REPOSITORY, ("team_repository", {"repository": "code", "team_id": "imaging", "permission": "push"})],
            {**DEFAULT, "team:imaging": LIST | {"write"}},
        ),
        (
            [
                REPOSITORY,
                ("team", {"id": "7", "slug": "imaging", "name": "Imaging"}),
                ("team_membership", {"team_id": "7", "username": "cy"}),
                ("team_repository", {"repository": "code", "team_id": "7"}),
            ],
            {**DEFAULT, "team:imaging": LIST, "account:cy": LIST},
        ),
        (
            [REPOSITORY, ("repository_collaborator", {"repository": "code", "username": "ada"})],
            {**DEFAULT, "person:ada": LIST | {"write"}},
        ),
        (
            [REPOSITORY, ("repository_collaborator", {"repository": "code", "username": "unknown"})],
            {**DEFAULT, "unknown": set(ACTIONS)},
        ),
        (
            [
                REPOSITORY,
                (
                    "repository_collaborators",
                    {
                        "repository": "code",
                        "user": [{"username": "ada", "permission": "admin"}],
                        "team": [{"team_id": "imaging", "permission": "pull"}],
                    },
                ),
            ],
            {**DEFAULT, "person:ada": set(ACTIONS), "team:imaging": LIST},
        ),
        (
            [REPOSITORY, ("repository_deploy_key", {"repository": "code", "title": "ci", "read_only": False})],
            {**DEFAULT, "account:deploy key:ci": LIST | {"write"}},
        ),
        (
            [REPOSITORY, ("organization_settings", {"default_repository_permission": "none"})],
            {"account:owners:way": set(ACTIONS)},
        ),
    ],
)
def test_a_repository_of_the_official_provider_is_who_it_lets_in(
    read: Any, resources: list[Any], expected: dict[str, set[str]]
) -> None:
    """By Pulumi and by Terraform alike; what nothing says is as GitHub has it."""
    assert who(read(*resources)) == expected


@pytest.mark.parametrize("read", [as_pulumi, as_terraform])
def test_what_opens_a_repository_that_nothing_tells_stands_by_itself(read: Any) -> None:
    """As one of which nothing is known."""
    found = read(("repository_collaborator", {"repository": "elsewhere", "username": "ada"}))
    assert who(found) == {"unknown": set(ACTIONS)}


def test_a_repository_is_found_by_what_a_resource_comes_from() -> None:
    """Where its name is not known before it is made."""
    repository = ("repository", {**REPOSITORY[1], "name": "unknown"})
    collaborator = ("repository_collaborator", {"repository": "unknown", "username": "ada"})
    found = as_pulumi(repository, collaborator, of_1={"repository": ("urn:0::repository",)})
    assert who(found)["person:ada"] == LIST | {"write"}
