"""What is around buckets in plans of Terraform: projects, roles, service accounts, pools, denials, CDNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from .test_audit_google_terraform import NAME, OWNERS, PROJECT, VIEWER, audited, member, plan, raw, readers, resource

EMAIL = f"reader@{PROJECT}.iam.gserviceaccount.com"
ROBOT = f"serviceAccount:{EMAIL}"
ANN = "user:ann@example.org"
NUMBER = "123456"
POOL = f"projects/{PROJECT}/locations/global/workloadIdentityPools/ci"
MAPPING = {"google.subject": "assertion.sub", "attribute.repository": "assertion.repository"}

Made = tuple[dict[str, Any], dict[str, Any]]


def found(*listed: Made, **references: Mapping[str, list[str]]) -> list[str]:
    """Who reads the bucket with some resources beside it."""
    return readers(plan(raw(), *listed, **references))


def account(**said: Any) -> Made:
    """A service account."""
    about = {"account_id": "reader", "project": PROJECT, "email": EMAIL}
    return resource("google_service_account", "reader", **{**about, **said})


def acting(who: str, role: str = "roles/iam.serviceAccountTokenCreator", **said: Any) -> Made:
    """Somebody who may act as it."""
    name = f"projects/{PROJECT}/serviceAccounts/{EMAIL}"
    return resource(
        "google_service_account_iam_member", "acts", **{"service_account_id": name, "role": role, "member": who, **said}
    )


def provider(**said: Any) -> Made:
    """A provider of a pool, for GitHub."""
    about: dict[str, Any] = {
        "workload_identity_pool_id": "ci",
        "workload_identity_pool_provider_id": "github",
        "project": PROJECT,
        "attribute_mapping": MAPPING,
        "oidc": [{"issuer_uri": "https://token.actions.githubusercontent.com"}],
    }
    return resource("google_iam_workload_identity_pool_provider", "github", **{**about, **said})


def pool(**said: Any) -> Made:
    """A pool."""
    return resource(
        "google_iam_workload_identity_pool", "ci", **{"workload_identity_pool_id": "ci", "project": PROJECT, **said}
    )


def test_whoever_acts_as_a_service_account_reads_what_it_reads() -> None:
    """By its own policy; a binding of it counts too."""
    assert found(member(ROBOT), account(), acting(ANN)) == sorted([f"account:{ROBOT}", f"account:{ANN}"])
    binding = resource(
        "google_service_account_iam_binding",
        service_account_id=f"projects/-/serviceAccounts/{EMAIL}",
        role="roles/iam.serviceAccountUser",
        members=[ANN],
    )
    assert found(member(ROBOT), account(), binding) == sorted([f"account:{ROBOT}", f"account:{ANN}"])
    assert found(member(ROBOT), account(disabled=True), acting(ANN)) == []


def test_keys_are_in_the_path_and_what_is_in_them_is_nowhere() -> None:
    """Those of service accounts and HMAC keys."""
    listed = (
        member(ROBOT),
        account(),
        resource("google_service_account_key", service_account_id=EMAIL, name="k/0123", private_key="c2VjcmV0"),
        resource(
            "google_storage_hmac_key",
            service_account_email=EMAIL,
            access_id="GOOG1E",
            secret="c2VjcmV0",
            state="ACTIVE",
        ),
    )
    one = audited(plan(raw(), *listed))[NAME]
    paths = [" ".join(reader.path) for reader in one.readers if reader.principal == f"account:{ROBOT}"]
    assert any(path.endswith("key 0123 in a file, which does not end") for path in paths)
    assert any(path.endswith("HMAC key GOOG1E, which does not end") for path in paths)
    assert "c2VjcmV0" not in repr(audited(plan(raw(), *listed)))


GITHUB = "token.actions.githubusercontent.com"
POOLS = {
    "no condition": ({}, f"principalSet://iam.googleapis.com/{POOL}/*", ["any_account"]),
    "a condition for an owner": (
        {"attribute_condition": "assertion.repository_owner == 'way'"},
        f"principalSet://iam.googleapis.com/{POOL}/*",
        [f"account:{GITHUB}:repository_owner way"],
    ),
    "a condition that is known only later": (
        {"attribute_condition": None},
        f"principalSet://iam.googleapis.com/{POOL}/*",
        ["unknown"],
    ),
    "one repository": (
        {},
        f"principalSet://iam.googleapis.com/{POOL}/attribute.repository/way/code",
        [f"account:{GITHUB}:repository way/code"],
    ),
}


@pytest.mark.parametrize(("said", "who", "expected"), POOLS.values(), ids=POOLS.keys())
def test_a_pool_lets_in_whom_its_provider_lets_in(said: dict[str, Any], who: str, expected: list[str]) -> None:
    """Through a service account that it may act as."""
    later = {name: True for name, value in said.items() if value is None}
    one, change = provider(**{name: value for name, value in said.items() if value is not None})
    change["change"]["after_unknown"] = later
    assert found(member(ROBOT), account(), acting(who), pool(), (one, change)) == sorted(
        [f"account:{ROBOT}", *expected]
    )


def test_a_member_that_comes_from_a_new_pool_is_known_as_far_as_its_provider_says() -> None:
    """The number of the project is in its name, and is known only later."""
    one = resource("google_storage_bucket_iam_member", "x", {"member": True}, bucket=NAME, role=VIEWER)
    refers = {"member": ["google_iam_workload_identity_pool.ci.name", "google_iam_workload_identity_pool.ci"]}
    assert found(one, pool(), provider(), x=refers) == ["unknown"]
    narrow = provider(attribute_condition="assertion.repository_owner == 'way'")
    assert found(one, pool(), narrow, x=refers) == [f"account:{GITHUB}:repository_owner way"]


def test_a_provider_of_a_pool_that_is_not_among_the_resources_may_not_be_the_only_one() -> None:
    """Somebody unknown may come in beside it."""
    who = f"principalSet://iam.googleapis.com/{POOL}/attribute.repository/way/code"
    assert found(member(who), provider()) == [f"account:{GITHUB}:repository way/code", "unknown"]


# Projects and what they are in


def above(kind: str, who: str, role: str = VIEWER, **said: Any) -> Made:
    """Somebody with a role in a project, a folder or the organisation."""
    return resource(f"google_{kind}_iam_member", "above", **{"role": role, "member": who, **said})


def test_roles_in_the_project_and_above_it_count() -> None:
    """As far as the plan says what the project is in."""
    assert found(above("project", ANN, project=PROJECT)) == [f"account:{ANN}"]
    assert found(above("project", ANN, project="other")) == []
    project = resource("google_project", "p", project_id=PROJECT, number=NUMBER, folder_id="folders/2")
    folder = resource("google_folder", "f", name="folders/2", parent="organizations/1")
    assert found(project, folder, above("folder", ANN, folder="folders/2")) == [f"account:{ANN}"]
    assert found(project, folder, above("organization", ANN, org_id="1")) == [f"account:{ANN}"]
    assert found(above("organization", ANN, org_id="1")) == []  # nothing says that the project is in it


def test_a_bucket_in_a_project_that_is_not_told_could_be_in_each() -> None:
    """Whoever has a role in any of them counts."""
    one = raw()
    del one[0]["values"]["project"]
    document = plan(one, above("project", ANN, project="some"))
    assert "account:user:ann@example.org" in readers(document)


def test_a_whole_policy_of_a_project_is_all_that_there_is() -> None:
    """Only what is above it may have others, and that is said."""
    policy = resource(
        "google_project_iam_policy",
        project=PROJECT,
        policy_data=f'{{"bindings": [{{"role": "roles/editor", "members": ["{ANN}"]}}]}}',
    )
    names = {one.principal for one in audited(plan(raw(), policy))[NAME].readers}
    assert f"account:{ANN}" in names
    assert OWNERS[0] in names  # of the folders that it may be in nothing is said


def test_custom_roles_count_by_their_permissions() -> None:
    """Where these are known, and found by the configuration where the name is not."""
    role = f"projects/{PROJECT}/roles/lister"
    made = resource(
        "google_project_iam_custom_role",
        "lister",
        project=PROJECT,
        role_id="lister",
        permissions=["storage.objects.list"],
    )
    assert found(member("allUsers", role), made) == []
    assert found(member("allUsers", role)) == ["unknown"]
    later = resource("google_storage_bucket_iam_member", "x", {"role": True}, bucket=NAME, member="allUsers")
    refers = {"role": ["google_project_iam_custom_role.lister.id", "google_project_iam_custom_role.lister"]}
    assert found(later, made, x=refers) == []
    assert found(later, made) == ["unknown"]


def test_a_policy_that_terraform_puts_together_is_read() -> None:
    """By its blocks, where its text is known only later."""
    policy = resource("google_storage_bucket_iam_policy", "x", {"policy_data": True}, bucket=NAME)
    one, change = resource(
        "google_iam_policy", "p", binding=[{"role": VIEWER, "members": ["allUsers"], "condition": []}]
    )
    data = ({**one, "mode": "data", "address": "data.google_iam_policy.p"}, change)
    document = plan(
        raw(), policy, data, x={"policy_data": ["data.google_iam_policy.p.policy_data", "data.google_iam_policy.p"]}
    )
    assert readers(document) == ["anyone"]
    assert readers(plan(raw(), policy)) == ["unknown"]


def test_a_binding_takes_the_place_of_what_the_service_gives_in_its_role() -> None:
    """Of owners and editors, but not of viewers."""
    role = "roles/storage.legacyBucketOwner"
    one = resource("google_storage_bucket_iam_binding", bucket=NAME, role=role, members=[ANN])
    names = {r.principal for r in audited(plan(raw(), one))[NAME].readers if "admin" in r.actions}
    assert names == {f"account:{ANN}", OWNERS[0]}


DENY = {
    "denied_principals": ["principalSet://goog/public:all"],
    "denied_permissions": ["storage.googleapis.com/objects.get"],
}


def deny(**said: Any) -> Made:
    """A deny policy of the project."""
    rule = {**DENY, **said}
    parent = f"cloudresourcemanager.googleapis.com%2Fprojects%2F{PROJECT}"
    return resource("google_iam_deny_policy", "d", parent=parent, name="d", rules=[{"deny_rule": [rule]}])


def test_a_deny_policy_takes_away_only_where_it_is_certain() -> None:
    """Not under a condition, and not from whom it spares."""
    assert found(member("allUsers"), deny()) == []
    tagged = [{"expression": "!resource.matchTag('1/env', 'test')"}]
    assert found(member("allUsers"), deny(denial_condition=tagged)) == ["anyone"]
    spared = ["principal://goog/subject/ann@example.org"]
    assert found(member("allUsers"), deny(exception_principals=spared)) == [f"account:{ANN}"]


def test_a_constraint_above_the_project_holds_where_the_plan_says_what_it_is_in() -> None:
    """And where nothing nearer says otherwise."""
    project = resource("google_project", "p", project_id=PROJECT, org_id="1")

    def constraint(parent: str, enforce: str) -> Made:
        name = f"{parent}/policies/storage.publicAccessPrevention"
        return resource(
            "google_org_policy_policy", parent[:3], parent=parent, name=name, spec=[{"rules": [{"enforce": enforce}]}]
        )

    assert found(member("allUsers"), project, constraint("organizations/1", "TRUE")) == []
    assert found(member("allUsers"), constraint("organizations/1", "TRUE")) == ["anyone"]
    nearer = constraint(f"projects/{PROJECT}", "FALSE")
    assert found(member("allUsers"), project, constraint("organizations/1", "TRUE"), nearer) == ["anyone"]


# CDNs and networks


FILL = f"serviceAccount:service-{NUMBER}@cloud-cdn-fill.iam.gserviceaccount.com"
LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/backendBuckets/images"


def cdn(*others: Made, **said: Any) -> list[str]:
    """Who reads a bucket behind a backend bucket."""
    project = resource("google_project", "p", project_id=PROJECT, number=NUMBER)
    about = {"name": "images", "project": PROJECT, "bucket_name": NAME, "enable_cdn": True}
    return found(
        member(FILL), project, resource("google_compute_backend_bucket", "images", **{**about, **said}), *others
    )


def test_a_cdn_serves_everybody_unless_it_asks_for_signed_addresses() -> None:
    """And nobody where no address leads to it, or where it is off."""
    web = resource("google_compute_url_map", "web", name="web", default_service=LINK)
    key = resource(
        "google_compute_backend_bucket_signed_url_key", "k", name="k", backend_bucket="images", key_value="c2Vj"
    )
    own = f"account:{FILL}"
    assert cdn(web) == [own, "anyone"]
    assert cdn(web, key) == [own, "account:signed-url:images"]
    assert cdn() == [own]
    assert cdn(web, enable_cdn=False) == [own]
    later = resource("google_compute_url_map", "web", {"default_service": True}, name="web")
    assert cdn(later) == [own, "anyone"]


def test_an_ip_filter_narrows_whom_everybody_is() -> None:
    """To its networks, where they are not the internet."""

    def filtered(*ranges: str, mode: str = "Enabled") -> list[str]:
        said = {"mode": mode, "public_network_source": [{"allowed_ip_cidr_ranges": list(ranges)}]}
        return readers(plan(raw(ip_filter=[said]), member("allUsers")))

    assert filtered("192.0.2.0/24") == ["account:network:192.0.2.0/24"]
    assert filtered("0.0.0.0/0") == ["anyone"]
    assert filtered("0.0.0.0/1", "128.0.0.0/1") == ["anyone"]
    assert filtered("192.0.2.0/24", mode="Disabled") == ["anyone"]
