"""Who reads a bucket of Google Cloud: each path alone makes it public or does not."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.google import locations
from slidebox.access.snapshot import Known, unread

from .google_cases import (
    FILL,
    GITHUB,
    NAME,
    NOW,
    NUMBER,
    POOL,
    PROJECT,
    SERVICE,
    VIEWER,
    binding,
    bucket,
    given,
    location,
    metadata,
    project,
    readers,
    section,
)

ANN, BOB = "user:ann@example.org", "user:bob@example.org"
ROBOT = f"serviceAccount:{SERVICE}"
MAPPING = {"google.subject": "assertion.sub", "attribute.repository": "assertion.repository"}
ACL: dict[str, Any] = {"entity": "allUsers", "role": "READER"}
ENFORCED = {"storage.publicAccessPrevention": {"spec": {"rules": [{"enforce": True}]}}}
BACKEND = {
    "name": "images",
    "bucketName": NAME,
    "enableCdn": True,
    "selfLink": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/backendBuckets/images",
}
MAP = {"name": "web", "defaultService": BACKEND["selfLink"]}


def pool(**provider: Any) -> dict[str, Any]:
    """A project with one pool with one provider, and a service account that reads."""
    providers = [{"name": f"{POOL}/providers/github", "oidc": GITHUB, "attributeMapping": MAPPING, **provider}]
    return {POOL: {"state": "ACTIVE", "providers": providers}}


def through(member: str, **changes: Any) -> dict[str, Any]:
    """A section in which a member may act as a service account that reads."""
    accounts = {SERVICE: {"policy": {"bindings": [binding(member, "roles/iam.workloadIdentityUser")]}, "keys": []}}
    return section(bucket(binding(ROBOT)), project(service_accounts=accounts, **changes))


def everybody(kind: str = "*") -> str:
    """Members of the pool."""
    return f"principalSet://iam.googleapis.com/{POOL}/{kind}"


PUBLIC = {
    "the policy has allUsers": section(bucket(binding("allUsers"))),
    "the policy has allUsers in a legacy role": section(
        bucket(binding("allUsers", "roles/storage.legacyObjectReader"))
    ),
    "the policy has allUsers under a condition about time": section(
        bucket(binding("allUsers", expression='request.time < timestamp("2030-01-01T00:00:00Z")'))
    ),
    "the policy has allUsers under a condition that is not understood": section(
        bucket(binding("allUsers", expression="origin.colour == 'red'"))
    ),
    "the policy has allUsers under an access level": section(
        bucket(binding("allUsers", expression="'accessPolicies/1/accessLevels/lab' in request.auth.access_levels"))
    ),
    "the policy has allUsers under a condition about the bucket's own name": section(
        bucket(binding("allUsers", expression=f'resource.name.startsWith("projects/_/buckets/{NAME}")'))
    ),
    "the policy has allUsers for a folder of objects": section(
        bucket(binding("allUsers", expression=f'resource.name.startsWith("projects/_/buckets/{NAME}/objects/open/")'))
    ),
    "a managed folder has allUsers": section(
        bucket(managed_folders=[{"name": "open/", "policy": {"bindings": [binding("allUsers")]}}])
    ),
    "the organisation has allUsers": section(
        of_project=project(parent="organizations/1"),
        organizations={"organizations/1": {"policy": {"bindings": [binding("allUsers")]}}},
    ),
    "new objects get a list with allUsers": section(
        bucket(uniform=False, metadata=metadata(uniform=False, defaultObjectAcl=[ACL]))
    ),
    "an object has a list with allUsers": section(bucket(uniform=False, objects={"a.tif": [ACL]})),
    "the settings cannot be read, and the policy has allUsers": section(
        bucket(binding("allUsers"), metadata=unread("denied"))
    ),
    "the organisation's policies cannot be read": section(
        bucket(binding("allUsers")), project(org_policies=unread("denied"))
    ),
    "the organisation's policy holds under a condition": section(
        bucket(binding("allUsers")),
        project(
            org_policies={
                "storage.publicAccessPrevention": {
                    "spec": {"rules": [{"enforce": True, "condition": {"expression": "resource.matchTag('a','b')"}}]}
                }
            }
        ),
    ),
    "the requester pays": section(bucket(binding("allUsers"), metadata=metadata(billing={"requesterPays": True}))),
    "an IP filter has the whole internet in two halves": section(
        bucket(
            binding("allUsers"),
            metadata=metadata(
                ipFilter={
                    "mode": "Enabled",
                    "publicNetworkSource": {"allowedIpCidrRanges": ["0.0.0.0/1", "128.0.0.0/1"]},
                }
            ),
        )
    ),
    "an IP filter is off": section(
        bucket(
            binding("allUsers"),
            metadata=metadata(
                ipFilter={"mode": "Disabled", "publicNetworkSource": {"allowedIpCidrRanges": ["192.0.2.0/24"]}}
            ),
        )
    ),
    "a CDN asks for no signed addresses": section(
        bucket(binding(FILL)), project(backend_buckets=[BACKEND], url_maps=[MAP])
    ),
    "whoever is in allUsers may act as a service account that reads": through("allUsers"),
    "a deny policy is about others": section(
        bucket(binding("allUsers")),
        project(
            deny_policies=[
                {
                    "rules": [
                        {
                            "denyRule": {
                                "deniedPrincipals": ["principal://goog/subject/ann@example.org"],
                                "deniedPermissions": ["storage.googleapis.com/objects.get"],
                            }
                        }
                    ]
                }
            ]
        ),
    ),
    "a perimeter has a way in": section(
        bucket(binding("allUsers")),
        project(
            perimeters=[
                {
                    "name": "accessPolicies/1/servicePerimeters/lab",
                    "status": {
                        "resources": [f"projects/{NUMBER}"],
                        "restrictedServices": ["storage.googleapis.com"],
                        "ingressPolicies": [{"ingressFrom": {"identityType": "ANY_IDENTITY"}}],
                    },
                }
            ]
        ),
    ),
}
"""Configurations in which everybody reads, each by one path."""

ACCOUNTS = {
    "the policy has allAuthenticatedUsers": section(bucket(binding("allAuthenticatedUsers"))),
    "the policy has a domain in which everybody has an account": section(bucket(binding("domain:gmail.com"))),
    "a pool for GitHub has no condition": through(everybody(), workload_identity_pools=pool()),
    "a pool for GitHub has a condition that everybody meets": through(
        everybody(), workload_identity_pools=pool(attributeCondition="assertion.ref == 'refs/heads/main'")
    ),
    "a pool for GitHub has a condition that leaves one out": through(
        everybody(), workload_identity_pools=pool(attributeCondition="assertion.repository_owner != 'x'")
    ),
    "a pool for GitHub has one of two conditions": through(
        everybody(),
        workload_identity_pools=pool(attributeCondition="assertion.repository_owner == 'way' || assertion.ref == 'x'"),
    ),
    "a pool for GitHub has the beginning of an owner": through(
        everybody(), workload_identity_pools=pool(attributeCondition="assertion.repository.startsWith('way')")
    ),
    "an attribute of a pool is what anybody can say": through(
        everybody("attribute.aud/lab"),
        workload_identity_pools=pool(attributeMapping={"attribute.aud": "assertion.aud"}),
    ),
    "a pool for GitHub is in the bucket's own policy": section(
        bucket(binding(everybody())), project(workload_identity_pools=pool())
    ),
    "prevention is about nobody who comes through a pool": section(
        bucket(binding(ROBOT), metadata=metadata(prevention="enforced")),
        through(everybody(), workload_identity_pools=pool())["projects"][PROJECT],
    ),
}
"""Configurations in which everybody with some account reads."""

CLOSED = {
    "nothing is given": section(),
    "the role does not read": section(bucket(binding("allUsers", "roles/storage.objectCreator"))),
    "the bucket prevents public access": section(
        bucket(binding("allUsers"), binding("allAuthenticatedUsers"), metadata=metadata(prevention="enforced"))
    ),
    "the organisation prevents public access": section(bucket(binding("allUsers")), project(org_policies=ENFORCED)),
    "the organisation above the project prevents public access": section(
        bucket(binding("allUsers")),
        project(parent="organizations/1"),
        organizations={"organizations/1": {"policy": {"bindings": []}, "org_policies": ENFORCED}},
    ),
    "the condition has ended": section(
        bucket(binding("allUsers", expression='request.time < timestamp("2026-01-01T00:00:00Z")'))
    ),
    "the condition is about another bucket": section(
        of_project=project(
            binding("allUsers", expression='resource.name.startsWith("projects/_/buckets/other/objects/")')
        )
    ),
    "the condition is about buckets alone": section(
        bucket(binding("allUsers", expression='resource.type == "storage.googleapis.com/Bucket"'))
    ),
    "uniform access is on, and lists count for nothing": section(
        bucket(metadata=metadata(acl=[ACL], defaultObjectAcl=[ACL]))
    ),
    "the member was deleted": section(bucket(binding("deleted:user:ann@example.org?uid=1"))),
    "the service account is disabled": section(
        bucket(binding(ROBOT)),
        project(
            service_accounts={
                SERVICE: {
                    "policy": {"bindings": [binding("allUsers", "roles/iam.serviceAccountTokenCreator")]},
                    "disabled": True,
                }
            }
        ),
    ),
    "a CDN reads a bucket that nothing leads to": section(bucket(), project(backend_buckets=[BACKEND], url_maps=[MAP])),
    "the pool is off": section(
        bucket(binding(everybody())),
        project(workload_identity_pools={POOL: {"disabled": True, "providers": [{"oidc": GITHUB}]}}),
    ),
    "the custom role does not read": section(
        bucket(binding("allUsers", f"projects/{PROJECT}/roles/lister")),
        project(roles={f"projects/{PROJECT}/roles/lister": {"includedPermissions": ["storage.objects.list"]}}),
    ),
    "a deny policy takes it from everybody": section(
        bucket(binding("allUsers")),
        project(
            deny_policies=[
                {
                    "rules": [
                        {
                            "denyRule": {
                                "deniedPrincipals": ["principalSet://goog/public:all"],
                                "deniedPermissions": ["storage.googleapis.com/objects.get"],
                            }
                        }
                    ]
                }
            ]
        ),
    ),
}
"""Configurations in which nobody reads."""


@pytest.mark.parametrize("said", PUBLIC.values(), ids=PUBLIC.keys())
def test_everybody_reads(said: dict[str, Any]) -> None:
    """Each of these paths alone makes a bucket public."""
    assert "anyone" in readers(said)


@pytest.mark.parametrize("said", ACCOUNTS.values(), ids=ACCOUNTS.keys())
def test_everybody_with_an_account_reads(said: dict[str, Any]) -> None:
    """Each of these paths alone lets in everybody who has some account, and nobody without."""
    assert "any_account" in readers(said)
    assert "anyone" not in readers(said)


@pytest.mark.parametrize("said", CLOSED.values(), ids=CLOSED.keys())
def test_nobody_reads(said: dict[str, Any]) -> None:
    """Each of these lets nobody at what is in the bucket."""
    assert readers(said) == []


NAMED = {
    "a person": (section(bucket(binding(ANN))), [f"account:{ANN}"]),
    "a group whose members are not asked for": (
        section(bucket(binding("group:lab@example.org"))),
        ["account:group:lab@example.org"],
    ),
    "a group in a group": (
        section(
            bucket(binding("group:lab@example.org")),
            groups={"group:lab@example.org": ["group:inner@example.org", ANN], "group:inner@example.org": [BOB]},
        ),
        [f"account:{ANN}", f"account:{BOB}"],
    ),
    "a domain": (section(bucket(binding("domain:example.org"))), ["account:domain:example.org"]),
    "viewers of the project": (
        section(
            bucket(binding(f"projectViewer:{PROJECT}", "roles/storage.legacyObjectReader")),
            project(binding(ANN, "roles/viewer"), binding(BOB, "roles/browser")),
        ),
        [f"account:{ANN}"],
    ),
    "an editor, who may also act as each service account": (
        section(
            bucket(binding(ROBOT)),
            project(binding(ANN, "roles/editor"), service_accounts={SERVICE: {"policy": {}, "keys": []}}),
        ),
        [f"account:{ROBOT}", f"account:{ANN}"],
    ),
    "an owner of the project, who can let anybody in": (
        section(of_project=project(binding(ANN, "roles/owner"))),
        [f"account:{ANN}"],
    ),
    "a role in a folder that the project is in": (
        section(
            of_project=project(parent="folders/2"),
            folders={"folders/2": {"parent": None, "policy": {"bindings": [binding(ANN)]}}},
        ),
        [f"account:{ANN}"],
    ),
    "a custom role of the organisation": (
        section(
            bucket(binding(ANN, "organizations/1/roles/reader")),
            project(parent="organizations/1"),
            organizations={
                "organizations/1": {
                    "policy": {"bindings": []},
                    "roles": {"organizations/1/roles/reader": {"includedPermissions": ["storage.objects.get"]}},
                }
            },
        ),
        [f"account:{ANN}"],
    ),
    "one repository of a pool": (
        through(everybody("attribute.repository/way/code"), workload_identity_pools=pool()),
        [f"account:{ROBOT}", "account:token.actions.githubusercontent.com:repository way/code"],
    ),
    "one subject of a pool": (
        through(
            f"principal://iam.googleapis.com/{POOL}/subject/repo:way/code:ref:refs/heads/main",
            workload_identity_pools=pool(),
        ),
        [f"account:{ROBOT}", "account:token.actions.githubusercontent.com:repo:way/code:ref:refs/heads/main"],
    ),
    "one owner by the condition of a pool": (
        through(
            everybody(),
            workload_identity_pools=pool(
                attributeCondition="assertion.repository_owner == 'way' && assertion.ref == 'x'"
            ),
        ),
        [f"account:{ROBOT}", "account:token.actions.githubusercontent.com:repository_owner way"],
    ),
    "one account of AWS by a pool": (
        through(everybody(), workload_identity_pools={POOL: {"providers": [{"aws": {"accountId": "1" * 12}}]}}),
        [f"account:{ROBOT}", f"account:{everybody()}"],
    ),
    "a network of an IP filter": (
        section(
            bucket(
                binding("allUsers"),
                metadata=metadata(
                    ipFilter={"mode": "Enabled", "publicNetworkSource": {"allowedIpCidrRanges": ["192.0.2.0/24"]}}
                ),
            )
        ),
        ["account:network:192.0.2.0/24"],
    ),
    "a perimeter": (
        section(
            bucket(binding("allUsers")),
            project(
                perimeters=[
                    {
                        "name": "accessPolicies/1/servicePerimeters/lab",
                        "status": {
                            "resources": [f"projects/{NUMBER}"],
                            "restrictedServices": ["storage.googleapis.com"],
                        },
                    }
                ]
            ),
        ),
        ["account:perimeter:lab"],
    ),
    "whoever has a signed address": (
        section(
            bucket(binding(FILL)),
            project(backend_buckets=[{**BACKEND, "cdnPolicy": {"signedUrlKeyNames": ["k1"]}}], url_maps=[MAP]),
        ),
        [f"account:{FILL}", "account:signed-url:images"],
    ),
    "a CDN that no address leads to": (
        section(bucket(binding(FILL)), project(backend_buckets=[BACKEND], url_maps=[])),
        [f"account:{FILL}"],
    ),
    "whoever a deny policy spares of everybody": (
        section(
            bucket(binding("allUsers")),
            project(
                deny_policies=[
                    {
                        "rules": [
                            {
                                "denyRule": {
                                    "deniedPrincipals": ["principalSet://goog/public:all"],
                                    "exceptionPrincipals": ["principal://goog/subject/ann@example.org"],
                                    "deniedPermissions": ["storage.googleapis.com/objects.*"],
                                }
                            }
                        ]
                    }
                ]
            ),
        ),
        [f"account:{ANN}"],
    ),
    "who may write whose objects become public (ACL)": (
        section(bucket(binding(ANN, "roles/storage.objectAdmin"), uniform=False)),
        [f"account:{ANN}", "unknown"],
    ),
    "a service's own agent by its own role": (
        section(
            of_project=project(
                binding(
                    f"serviceAccount:service-{NUMBER}@compute-system.iam.gserviceaccount.com",
                    "roles/compute.serviceAgent",
                )
            )
        ),
        [f"account:serviceAccount:service-{NUMBER}@compute-system.iam.gserviceaccount.com"],
    ),
}


@pytest.mark.parametrize(("said", "expected"), NAMED.values(), ids=NAMED.keys())
def test_who_reads_is_named(said: dict[str, Any], expected: list[str]) -> None:
    """Nobody else than these reads."""
    assert readers(said) == sorted(expected)


UNKNOWNS = {
    "the bucket": section(unread("denied")),
    "its settings": section(bucket(metadata=unread("denied"))),
    "its policy": section(bucket(policy=unread("denied"))),
    "its managed folders": section(bucket(managed_folders=unread("denied"))),
    "the policy of a managed folder": section(bucket(managed_folders=[{"name": "a/", "policy": unread("denied")}])),
    "uniform access": section(bucket(metadata=metadata() | {"iamConfiguration": unread("denied")})),
    "the lists of objects": section(bucket(uniform=False)),
    "the bucket's list": section(bucket(metadata=metadata(uniform=False, acl=unread("denied")))),
    "the project": section(of_project=unread("denied")),
    "the project's policy": section(of_project=project(policy=unread("denied"))),
    "what the project is in": section(of_project=project(parent=unread("denied"))),
    "the folder": section(of_project=project(parent="folders/2"), folders={"folders/2": unread("denied")}),
    "a role": section(bucket(binding(ANN, f"projects/{PROJECT}/roles/strange"))),
    "one permission of a role": section(
        bucket(binding(ANN, f"projects/{PROJECT}/roles/strange")),
        project(roles={f"projects/{PROJECT}/roles/strange": {"includedPermissions": [unread("denied")]}}),
    ),
    "a predefined role": section(of_project=project(binding(ANN, "roles/strange.thing"))),
    "a member": section(bucket(binding("unknown"))),
    "a kind of member": section(bucket(binding("robot:r2"))),
    "a group": section(bucket(binding("group:lab@example.org")), groups=unread("denied")),
    "who acts as a service account": section(
        bucket(binding(ROBOT)), project(service_accounts={SERVICE: unread("denied")})
    ),
    "every service account": section(bucket(binding(ROBOT)), project(service_accounts=unread("denied"))),
    "the keys of a service account": section(
        bucket(binding(ROBOT)), project(service_accounts={SERVICE: {"policy": {}, "keys": unread("denied")}})
    ),
    "HMAC keys": section(bucket(binding(ROBOT)), project(hmac_keys=unread("denied"))),
    "a pool": section(bucket(binding(everybody())), project(workload_identity_pools=unread("denied"))),
    "whom an issuer vouches for": section(
        bucket(binding(everybody())),
        project(workload_identity_pools=pool(oidc={"issuerUri": "https://sso.example.com"})),
    ),
    "one backend bucket": section(bucket(binding(FILL)), project(backend_buckets=[unread("denied")])),
    "the name of a backend bucket": section(
        bucket(binding(FILL)), project(backend_buckets=[{**BACKEND, "name": unread("denied")}], url_maps=[MAP])
    ),
    "one key of a service account": section(
        bucket(binding(ROBOT)), project(service_accounts={SERVICE: {"policy": {}, "keys": [unread("denied")]}})
    ),
    "one HMAC key": section(bucket(binding(ROBOT)), project(hmac_keys=[unread("denied")])),
    "backend buckets": section(bucket(binding(FILL)), project(backend_buckets=unread("denied"))),
}


@pytest.mark.parametrize("said", UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_what_is_not_known_lets_in_somebody_unknown(said: dict[str, Any]) -> None:
    """Nobody is cleared by what could not be read."""
    assert "unknown" in readers(said)


def test_a_whole_section_of_buckets_that_cannot_be_read_is_a_location() -> None:
    """And so is what opens something that nothing tells."""
    found = list(locations({"buckets": unread("denied"), "unplaced": {"google_x.y": "it is new"}}, Known()))
    assert [(one.name, one.readers[0].principal) for one in found] == [("gcs", "unknown"), ("google_x.y", "unknown")]


def test_a_condition_says_until_when() -> None:
    """The end is the condition's own, and of two the first."""
    ends = 'request.time < timestamp("2027-01-01T00:00:00Z") && request.time < timestamp("2028-01-01T00:00:00+01:00")'
    (one,) = location(section(bucket(binding(ANN, expression=ends)))).readers
    assert (one.until, one.actions) == ("2027-01-01T00:00:00Z", ("read", "list"))
    assert one.path == ("the bucket's IAM policy", VIEWER, "condition 'a condition'")


def test_keys_of_service_accounts_are_in_the_path() -> None:
    """Those that people made and that do not end, and those that end; never what is in them."""
    keys = [
        {"name": f"projects/p/serviceAccounts/{SERVICE}/keys/0123", "validAfterTime": "2021-03-01T00:00:00Z"},
        {"name": "k/2", "validBeforeTime": "2027-01-01T00:00:00Z", "keyType": "USER_MANAGED"},
        {"name": "k/3", "validBeforeTime": "2026-01-01T00:00:00Z", "keyType": "USER_MANAGED"},
        {"name": "k/4", "keyType": "SYSTEM_MANAGED"},
        {"name": "k/5", "keyType": "USER_MANAGED", "disabled": True},
    ]
    hmac = [
        {"accessId": "GOOG1E", "serviceAccountEmail": SERVICE, "state": "ACTIVE"},
        {"accessId": "GOOG2", "state": "INACTIVE"},
    ]
    said = section(
        bucket(binding(ROBOT)), project(service_accounts={SERVICE: {"policy": {}, "keys": keys}}, hmac_keys=hmac)
    )
    found = {one.path[-1]: one.until for one in location(said).readers}
    assert found == {
        VIEWER: "",
        "key 0123 in a file since 2021-03-01, which does not end": "",
        "key 2 in a file": "2027-01-01T00:00:00Z",
        "HMAC key GOOG1E, which does not end": "",
    }


def test_the_path_through_a_service_account_is_told() -> None:
    """From the bucket's policy by the account to whoever may act as it, over several accounts too."""
    second = f"second@{PROJECT}.iam.gserviceaccount.com"
    accounts = {
        SERVICE: {
            "policy": {"bindings": [binding(f"serviceAccount:{second}", "roles/iam.serviceAccountTokenCreator")]}
        },
        second: {
            "policy": {
                "bindings": [
                    binding(ANN, "roles/iam.serviceAccountUser"),
                    binding(ROBOT, "roles/iam.serviceAccountUser"),
                ]
            }
        },
    }
    said = section(bucket(binding(ROBOT)), project(service_accounts=accounts))
    paths = {one.principal: one.path for one in location(said).readers}
    assert paths[f"account:{ANN}"] == (
        "the bucket's IAM policy",
        VIEWER,
        f"acts as {SERVICE}",
        "policy of the service account",
        "roles/iam.serviceAccountTokenCreator",
        f"acts as {second}",
        "policy of the service account",
        "roles/iam.serviceAccountUser",
    )
    assert set(paths) == {f"account:{ROBOT}", f"account:serviceAccount:{second}", f"account:{ANN}"}


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("roles/storage.objectViewer", "read list"),
        ("roles/storage.objectCreator", "write"),
        ("roles/storage.objectUser", "read list write delete"),
        ("roles/storage.objectAdmin", "read list write delete"),
        ("roles/storage.admin", "read list write delete admin"),
        ("roles/storage.legacyBucketReader", "list"),
        ("roles/storage.legacyBucketWriter", "list write delete"),
        ("roles/storage.legacyBucketOwner", "read list write delete admin"),
        ("roles/storage.legacyObjectReader", "read"),
        ("roles/storage.legacyObjectOwner", "read write"),
        ("roles/storage.folderAdmin", "read list write delete admin"),
        ("roles/iam.securityAdmin", "read list write delete admin"),
    ],
)
def test_what_each_role_comes_to(role: str, actions: str) -> None:
    """Who can change who has access counts as able to do everything."""
    found = {action for one in location(section(bucket(binding(ANN, role)))).readers for action in one.actions}
    assert found == set(actions.split())


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("roles/viewer", ""),
        ("roles/browser", ""),
        ("roles/editor", ""),
        ("roles/owner", "read list write delete admin"),
        ("roles/resourcemanager.projectIamAdmin", "read list write delete admin"),
        ("roles/bigquery.admin", ""),
        ("roles/logging.logWriter", ""),
        ("roles/compute.instanceAdmin.v1", ""),
        ("roles/run.admin", ""),
        ("roles/storage.hmacKeyAdmin", ""),
    ],
)
def test_what_each_role_in_the_project_comes_to(role: str, actions: str) -> None:
    """Basic roles let nobody at objects by themselves: what they may do is in each bucket's policy."""
    found = {a for one in location(section(of_project=project(binding(ANN, role)))).readers for a in one.actions}
    assert found == set(actions.split())


def test_a_condition_is_held_against_what_each_permission_is_about() -> None:
    """Listing is about the bucket; reading and writing are about objects, renaming is about folders."""
    only = binding(ANN, "roles/storage.objectUser", 'resource.type == "storage.googleapis.com/Bucket"')
    (one,) = location(section(bucket(only))).readers
    assert one.actions == ("list",)


def test_where_not_all_of_a_project_is_known_whoever_it_lets_in_has_access() -> None:
    """A plan of Terraform does not have it: that is said, and it is nobody unknown."""
    for said in ({}, {PROJECT: {"policy": {"bindings": []}, "policy_complete": False}}):
        whole = {"projects": said, "buckets": {NAME: bucket(binding(f"projectEditor:{PROJECT}"))}}
        assert readers(whole) == [f"account:project:{PROJECT}", f"account:projectEditor:{PROJECT}"]


def test_the_labs_names_are_used() -> None:
    """By the whole member, or by the address in it, in whichever case."""
    names = {"user:ann@example.org": "person:ann", "bob@example.org": "person:bob", ROBOT: "service:reader"}
    members = [ANN, "user:Bob@example.org", ROBOT, "user:cy@example.org"]
    assert given(*map(binding, members), known=Known(names, now=NOW)) == [
        "account:user:cy@example.org",
        "person:ann",
        "person:bob",
        "service:reader",
    ]
