"""Google Cloud in plans and states of Terraform: who could read what is to be made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from slidebox.access import audit
from slidebox.access.effective import Access, Location
from slidebox.access.snapshot import Known, Snapshot
from slidebox.audit import terraform

PROJECT, NAME, ADDRESS = "way-images", "way-raw", "google_storage_bucket.raw"
OWNERS = [f"account:project{kind}:{PROJECT}" for kind in ("", "Editor", "Owner", "Viewer")]
OWNERS[0] = f"account:project:{PROJECT}"
VIEWER = "roles/storage.objectViewer"
FILES = Path(__file__).parent / "terraform"


def resource(
    kind: str, called: str = "x", unknown: Mapping[str, Any] | None = None, /, **values: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A resource of a plan, and its change."""
    address = f"{kind}.{called}"
    mode = {"mode": "managed", "type": kind, "name": called, "address": address}
    change = {"actions": ["create"], "after": values, "after_unknown": dict(unknown or {})}
    return {**mode, "values": values}, {**mode, "change": change}


def raw(unknown: Mapping[str, Any] | None = None, /, **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The bucket."""
    said = {"name": NAME, "project": PROJECT, "location": "US", "uniform_bucket_level_access": True, **values}
    return resource("google_storage_bucket", "raw", unknown, **said)


def member(who: str, role: str = VIEWER, name: str = "x", **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Somebody in the bucket's policy."""
    said = {"bucket": NAME, "role": role, "member": who, **values}
    return resource("google_storage_bucket_iam_member", name, **said)


def plan(*listed: tuple[dict[str, Any], dict[str, Any]], **references: Mapping[str, list[str]]) -> dict[str, Any]:
    """A plan; what unknown attributes refer to is given by the resource's name."""
    there = [
        {
            "address": one["address"],
            "mode": "managed",
            "type": one["type"],
            "name": one["name"],
            "expressions": {at: {"references": list(to)} for at, to in references.get(one["name"], {}).items()},
        }
        for one, _ in listed
    ]
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [one for one, _ in listed]}},
        "resource_changes": [change for _, change in listed],
        "configuration": {"root_module": {"resources": there}},
    }


def audited(document: Mapping[str, Any]) -> dict[str, Location]:
    """The locations of a document, by way of a snapshot's JSON."""
    taken = terraform.snapshot(document).document()
    found = audit.locations(Snapshot.of(json.loads(json.dumps(taken))), Known())
    return {one.name: one for one in found}


def readers(document: Mapping[str, Any], name: str = NAME) -> list[str]:
    """Everybody who can read the bucket, without those of the project."""
    return sorted({one.principal for one in audited(document)[name].readers if "read" in one.actions} - set(OWNERS))


def opening(*listed: tuple[dict[str, Any], dict[str, Any]], **bucket: Any) -> list[str]:
    """Who reads the bucket with some resources beside it."""
    return readers(plan(raw(**bucket), *listed))


ACL: Mapping[str, Any] = {"uniform_bucket_level_access": False}

PUBLIC: Mapping[str, list[str]] = {
    "a member": opening(member("allUsers")),
    "a binding": opening(
        resource("google_storage_bucket_iam_binding", bucket=f"b/{NAME}", role=VIEWER, members=["allUsers"])
    ),
    "a whole policy": opening(
        resource(
            "google_storage_bucket_iam_policy",
            bucket=NAME,
            policy_data=json.dumps({"bindings": [{"role": VIEWER, "members": ["allUsers"]}]}),
        )
    ),
    "a member under a condition": opening(
        member("allUsers", condition=[{"title": "t", "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")'}])
    ),
    "a managed folder": opening(
        resource("google_storage_managed_folder", "f", bucket=NAME, name="open/"),
        resource(
            "google_storage_managed_folder_iam_member",
            bucket=NAME,
            managed_folder="open/",
            role=VIEWER,
            member="allUsers",
        ),
    ),
    "a list of new objects": opening(
        resource("google_storage_default_object_acl", bucket=NAME, role_entity=["READER:allUsers"]), **ACL
    ),
    "an entry in the list of new objects": opening(
        resource("google_storage_default_object_access_control", bucket=NAME, role="READER", entity="allUsers"), **ACL
    ),
    "a predefined list of new objects": opening(
        resource("google_storage_bucket_acl", bucket=NAME, default_acl="publicRead"), **ACL
    ),
    "a list of an object": opening(
        resource("google_storage_object_acl", bucket=NAME, object="a.tif", predefined_acl="publicRead"), **ACL
    ),
    "an entry in the list of an object": opening(
        resource("google_storage_object_access_control", bucket=NAME, object="a.tif", role="READER", entity="allUsers"),
        **ACL,
    ),
}


@pytest.mark.parametrize("found", PUBLIC.values(), ids=PUBLIC.keys())
def test_everybody_reads(found: list[str]) -> None:
    """Each of these resources alone makes the bucket public."""
    assert "anyone" in found


CLOSED: Mapping[str, list[str]] = {
    "nothing": opening(),
    "public access is prevented": opening(member("allUsers"), public_access_prevention="enforced"),
    "lists count for nothing": opening(
        resource("google_storage_default_object_acl", bucket=NAME, role_entity=["READER:allUsers"])
    ),
    "a policy of the organisation for the project": opening(
        member("allUsers"),
        resource(
            "google_org_policy_policy",
            name=f"projects/{PROJECT}/policies/storage.publicAccessPrevention",
            parent=f"projects/{PROJECT}",
            spec=[{"rules": [{"enforce": "TRUE"}]}],
        ),
    ),
    "an older policy of the organisation for the project": opening(
        member("allUsers"),
        resource(
            "google_project_organization_policy",
            project=PROJECT,
            constraint="constraints/storage.publicAccessPrevention",
            boolean_policy=[{"enforced": True}],
        ),
    ),
}


@pytest.mark.parametrize("found", CLOSED.values(), ids=CLOSED.keys())
def test_nobody_but_the_project_reads(found: list[str]) -> None:
    """What only looks open is not."""
    assert found == []


def test_a_new_bucket_is_open_to_the_projects_own() -> None:
    """As the service has it: owners, editors and viewers, and whoever else the project lets in."""
    found = audited(plan(raw()))[NAME]
    assert {one.principal for one in found.readers} == set(OWNERS)
    assert (found.kind, found.within) == ("gcs", PROJECT)


def test_a_bucket_with_lists_has_somebody_unknown() -> None:
    """Whoever uploads an object can give it a list of its own."""
    assert opening(**ACL) == ["unknown"]


def test_a_whole_policy_takes_the_place_of_what_the_service_gives() -> None:
    """Viewers of the project are not in it any more."""
    data = json.dumps({"bindings": [{"role": VIEWER, "members": ["user:ann@example.org"]}]})
    found = audited(plan(raw(), resource("google_storage_bucket_iam_policy", bucket=NAME, policy_data=data)))[NAME]
    assert {one.principal for one in found.readers} == {"account:user:ann@example.org", OWNERS[0]}


def test_the_labels_say_which_dataset_it_is() -> None:
    """As slidebox spells its tags."""
    labels = {"project": "nf1", "level": "raw_images", "dataset": "nf1-raw_images"}
    assert audited(plan(raw(labels=labels)))[NAME].dataset == "nf1/raw_images"
    assert audited(plan(raw(labels={"project": "nf1", "level": "raw_images"})))[NAME].dataset == ""


# What is known only after the plan is applied


def test_what_nobody_asks_for_is_the_services_default() -> None:
    """A plan shows it as not known: uniform access is off then, and prevention is inherited."""
    later = {"uniform_bucket_level_access": True, "public_access_prevention": True}
    values = {"name": NAME, "project": PROJECT, "location": "US"}
    found = readers(plan(resource("google_storage_bucket", "raw", later, **values), member("allUsers")))
    assert found == ["anyone", "unknown"]


def test_prevention_that_is_known_only_later_clears_nobody() -> None:
    """It may be inherited."""
    document = plan(
        raw({"public_access_prevention": True}),
        member("allUsers"),
        raw={"public_access_prevention": ["var.prevention"]},
    )
    assert readers(document) == ["anyone"]


def test_a_member_that_is_known_only_later_is_unknown() -> None:
    """Unless its configuration says which service account it is."""
    one = resource("google_storage_bucket_iam_member", "x", {"member": True}, bucket=NAME, role=VIEWER)
    account = resource("google_service_account", "robot", {"email": True}, account_id="reader", project=PROJECT)
    assert readers(plan(raw(), one)) == ["unknown"]
    assert readers(plan(raw(), one, account)) == ["unknown"]
    named = plan(
        raw(), one, account, x={"member": ["google_service_account.robot.email", "google_service_account.robot"]}
    )
    assert readers(named) == [f"account:serviceAccount:reader@{PROJECT}.iam.gserviceaccount.com"]


def test_a_bucket_that_is_known_only_later_is_found_by_the_configuration() -> None:
    """By what the attribute refers to; else the resource stands under its own address."""
    new = resource("google_storage_bucket", "raw", {"name": True}, project=PROJECT, uniform_bucket_level_access=True)
    one = resource("google_storage_bucket_iam_member", "x", {"bucket": True}, role=VIEWER, member="allUsers")
    assert readers(plan(new, one, x={"bucket": [f"{ADDRESS}.name", ADDRESS]}), ADDRESS) == ["anyone"]
    lost = audited(plan(new, one))
    assert [reader.principal for reader in lost["google_storage_bucket_iam_member.x"].readers] == ["unknown"]


def test_a_bucket_that_is_not_among_the_resources_is_known_by_its_name() -> None:
    """What a plan adds to it is known, and nothing else of it is."""
    assert readers(plan(member("allUsers", bucket="elsewhere")), "elsewhere") == [
        "account:project",
        "anyone",
        "unknown",
    ]
    assert readers(plan(member("user:a@example.org", bucket="elsewhere")), "elsewhere") == [
        "account:project",
        "account:user:a@example.org",
        "unknown",
    ]


def test_what_opens_something_and_is_not_read_is_said() -> None:
    """Under its own address, as unknown."""
    found = audited(plan(raw(), resource("google_storage_transfer_job", project=PROJECT)))
    assert [reader.principal for reader in found["google_storage_transfer_job.x"].readers] == ["unknown"]


def test_a_plan_without_google_cloud_has_no_section() -> None:
    """And neither has one that only looks something up."""
    assert "google" not in terraform.snapshot(plan(resource("aws_s3_bucket", bucket="b"))).sections


@pytest.mark.parametrize("name", ["gcs-plan.json", "gcs-shown.json", "gcs-template.tfstate"])
def test_no_secret_of_a_document_is_in_its_snapshot(name: str) -> None:
    """Keys of service accounts are in Terraform's states; only their names go further."""
    document = json.loads((FILES / name).read_text(encoding="utf-8"))
    taken = json.dumps(terraform.snapshot(document).document())
    assert "private_key" not in taken
    assert "PRIVATE KEY" not in taken


def access(document: Mapping[str, Any], principal: str) -> Access:
    """The first access of somebody."""
    return next(one for one in audited(document)[NAME].readers if one.principal == principal)


def test_the_labs_template_has_a_service_account_with_a_key_that_does_not_end() -> None:
    """The path says so."""
    document = json.loads((FILES / "gcs-template.tfstate").read_text(encoding="utf-8"))
    (found,) = audited(document).values()
    assert any("which does not end" in one.path[-1] for one in found.readers)


def test_a_planned_bucket_whose_project_is_not_known_has_the_lists_that_a_bucket_begins_with() -> None:
    """Its project's owners, editors and viewers are in them, whichever project that is."""
    one = resource("google_storage_bucket", "b", name="gb", location="US")[0]
    plan = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [one]}}}
    (place,) = audit.locations(terraform.snapshot(plan), Known())
    unknown = [reader.path[0] for reader in place.readers if reader.kind == "unknown"]
    assert unknown == ["each object may have its own list (ACL), which was not read"]
    assert "account:projectOwner" in {reader.principal for reader in place.readers}
