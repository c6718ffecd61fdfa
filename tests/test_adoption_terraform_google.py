"""Buckets of Google Cloud that Terraform made: the lab's own template, one with all settings, and a plan."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.adoption.existing import Existing, LongLivedKey, Member
from slidebox.adoption.terraform import read_terraform, terraform_document
from slidebox.adoption.terraform_google import api_bucket
from slidebox.errors import InputError
from slidebox.model import Role
from slidebox.preview import Seen
from slidebox.preview.gcs_buckets import about
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_read import as_is
from slidebox.provider.gcs_store import GcsRef

from .doubles.gcs import GcsDouble
from .template_bucket import ACCOUNT as TERRAFORM
from .template_bucket import NAME, PROVIDER, RECEIVER, terraform
from .test_adoption_terraform import FOLDER, PROJECT, google, read

TODAY = dt.date(2026, 11, 24)
TEMPLATE, SHOWN, PLAN = "gcs-template.tfstate", "gcs-shown.json", "gcs-plan.json"
BUCKET = "waylab-em-morphology-tokyo-bucket"
ACCOUNT = f"waylab-em-tokyo-svc-acct@{PROJECT}.iam.gserviceaccount.com"
WHO = f"serviceAccount:{ACCOUNT}"
FILE = "../utilities/data-provider/service-account.json"


def one(name: str) -> Existing:
    """The only bucket of a fixture."""
    (existing,) = read(name)
    return existing


def inputs(existing: Existing) -> dict[str, Any]:
    """The inputs of the one thing that a bucket of Google Cloud is."""
    (thing,) = existing.things
    assert (thing.type, thing.id) == ("slidebox:gcs:Bucket", f"cloud/{existing.name}")
    return dict(thing.inputs)


def changed(name: str, type_: str, **attributes: Any) -> Existing:
    """The only bucket of a state, with attributes of one resource changed."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / name)))
    for entry in document["resources"]:
        if entry["type"] == type_:
            entry["instances"][0]["attributes"].update(attributes)
    (existing,) = read_terraform(document, "cloud", google())
    return existing


# The lab's template


def test_the_labs_template_is_a_bucket_with_its_two_grants() -> None:
    """Uniform access, one label, and one service account in two roles."""
    existing = one(TEMPLATE)
    assert inputs(existing) == {
        "store": {"name": "cloud", "project": PROJECT, "region": "us-central1"},
        "bucket": BUCKET,
        "uniformAccess": True,
        "public": True,  # nothing prevents it
        "versioning": False,
        "ownKey": False,
        "grants": [
            {"member": WHO, "role": "roles/storage.legacyBucketReader"},
            {"member": WHO, "role": "roles/storage.objectAdmin"},
        ],
        "tags": {"initiative": "waylab-em-tokyo"},
    }
    assert (existing.store, existing.name, existing.region) == ("cloud", BUCKET, "us-central1")
    assert existing.labels == {"initiative": "waylab-em-tokyo"}
    assert existing.members == (
        Member(WHO, Role.READER, None, "roles/storage.legacyBucketReader"),
        Member(WHO, Role.STEWARD, None, "roles/storage.objectAdmin"),
    )


def test_the_key_of_the_template_is_found_in_the_state_and_in_its_file() -> None:
    """With the day on which it was made."""
    existing = one(TEMPLATE)
    assert existing.keys == (LongLivedKey(WHO, f"the Terraform state and {FILE}", "2024-03-18"),)
    said = "\n".join(existing.notes)
    assert f"The state file holds the private key of {ACCOUNT} (google_service_account_key.data_provider)" in said
    assert "whoever reads the state has the data" in said
    assert f"local_file.service_account_json writes the private key of {ACCOUNT} to the file {FILE}" in said
    assert "take google_service_account_key.data_provider and local_file.service_account_json out of the .tf" in said
    assert "keys list" not in said  # nobody has to look for what is known


def test_a_binding_that_is_the_whole_of_a_role_is_said() -> None:
    """The lab lets receivers in by hand, in that very role."""
    assert (
        "google_storage_bucket_iam_binding.legacy_reader is everybody who has roles/storage.legacyBucketReader in "
        f"{BUCKET}: each `terraform apply` takes that role away from whoever was given it by hand."
    ) in one(TEMPLATE).notes


def test_what_terraform_does_not_know_is_said() -> None:
    """Receivers that were let in by hand are in no state."""
    said = "\n".join(one(TEMPLATE).notes)
    assert f"The file knows only whom Terraform let into {BUCKET}" in said
    assert f"For how long deleted objects of {BUCKET} can be had back the file does not say" in said


def test_the_commands_that_hand_the_bucket_over_are_said() -> None:
    """For the bucket and who gets in; the service account and its key stay Terraform's, which deletes them."""
    (sentence,) = [note for note in one(TEMPLATE).notes if "state rm" in note]
    for address in (
        "google_storage_bucket.target",
        "google_storage_bucket_iam_binding.legacy_reader",
        "google_storage_bucket_iam_member.object_admin",
    ):
        assert f" {address}" in sentence
    assert "google_service_account" not in sentence


def test_the_rules_see_who_gets_in() -> None:
    """The service account reads, writes and deletes, and nothing prevents that the bucket is made public."""
    existing = one(TEMPLATE)
    facts = about(Seen("urn", "slidebox:gcs:Bucket", inputs(existing)), {}, TODAY)
    assert {reader.principal for reader in facts["readers"]} == {f"account:{WHO}"}
    assert {action for reader in facts["readers"] for action in reader.actions} == {"read", "write", "delete"}
    assert facts["has"]["public_access_block"] is False
    assert facts["has"]["versioning"] is False
    assert facts["lifecycle"]["expire_days"] == "none"


# All settings, as OpenTofu shows them


def test_every_setting_is_said_as_the_provider_says_it() -> None:
    """Days in place of seconds, and rules in words of the lifecycle."""
    said = inputs(one(SHOWN))
    assert said["public"] is False
    assert said["softDeleteDays"] == 14
    assert said["retention"] == {"days": 30, "locked": False}
    assert said["hold"] == "set by others"
    assert said["kmsKey"].endswith("/cryptoKeys/data")
    assert said["ownKey"] is True
    assert said["log"] == {"bucket": "waylab-logs", "prefix": "screen"}
    assert said["lifecycle"] == {
        "transitions": [{"days": 30, "storageClass": "NEARLINE"}],
        "abortDays": 7,
        "noncurrentDays": 90,
        "others": 1,
    }
    assert said["tags"] == {"project": "retina"}


def test_members_of_several_and_their_ends_are_read() -> None:
    """Each is a member of its own, in a module, by a key; an end in a condition is an end."""
    existing = one(SHOWN)
    partner = next(member for member in existing.members if member.identity == "user:partner@saguaro.example")
    assert (partner.role, partner.until) == (Role.READER, dt.date(2027, 6, 30))
    (sentence,) = [note for note in existing.notes if "state rm" in note]
    assert "`tofu state rm module.data.google_storage_bucket.screen '" in sentence
    assert """ 'module.data.google_storage_bucket_iam_member.readers["way-lab"]' """ in sentence


def test_who_has_a_role_in_the_whole_project_gets_in_too() -> None:
    """Their key opens the bucket; that of an account with no access to it is not about it."""
    existing = one(SHOWN)
    who = f"serviceAccount:analysis@{PROJECT}.iam.gserviceaccount.com"
    assert [(key.identity, key.where, key.created) for key in existing.keys] == [
        (who, "the Terraform state", "2025-02-03")
    ]
    assert who in {member.identity for member in existing.members}
    assert any("in the whole project, and so in each of its buckets" in note for note in existing.notes)


def test_what_destroy_would_do_is_said() -> None:
    """With `force_destroy` the data go as well."""
    assert any("`tofu destroy` would delete waylab-screen with all the data in it" in n for n in one(SHOWN).notes)


def test_a_rule_without_a_condition_is_about_everything() -> None:
    """Terraform writes nothing as zero; what is left has to stay a condition."""
    rule = {"action": [{"type": "Delete", "storage_class": ""}], "condition": [{"age": 0, "with_state": "ANY"}]}
    assert api_bucket({"lifecycle_rule": [rule]})["lifecycle"]["rule"] == [
        {"action": {"type": "Delete"}, "condition": {"age": 0}}
    ]


def test_a_whole_policy_is_read_and_said() -> None:
    """Each apply takes away whoever is not in it; one that cannot be read lets in somebody unknown."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / TEMPLATE)))
    data = {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}
    entry = next(one for one in document["resources"] if one["type"] == "google_storage_bucket_iam_binding")
    entry["type"] = "google_storage_bucket_iam_policy"
    entry["instances"][0]["attributes"] = {"bucket": BUCKET, "policy_data": json.dumps(data)}
    (existing,) = read_terraform(document, "cloud", google())
    assert {"member": "allUsers", "role": "roles/storage.objectViewer"} in inputs(existing)["grants"]
    assert any(f"is the whole policy of {BUCKET}" in note for note in existing.notes)
    entry["instances"][0]["attributes"]["policy_data"] = "{"
    (broken,) = read_terraform(document, "cloud", google())
    assert "unknown" in {member.identity for member in broken.members}


@pytest.mark.parametrize("type_", ["google_storage_bucket_acl", "google_storage_managed_folder_iam_member"])
def test_access_that_is_not_read_is_said(type_: str) -> None:
    """Lists where access is not uniform, and roles in a part of the bucket."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / TEMPLATE)))
    entry = next(one for one in document["resources"] if one["type"] == "google_storage_bucket_iam_binding")
    entry["type"], entry["instances"][0]["attributes"] = type_, {"bucket": BUCKET}
    (existing,) = read_terraform(document, "cloud", google())
    said = (
        f"{type_}.legacy_reader lets somebody in by a list (ACL), or into a part of {BUCKET}: whom, nothing here says."
    )
    assert said in existing.notes


@pytest.mark.parametrize("how", ["content", "content_base64", "depends"])
def test_a_file_that_holds_the_key_is_found_in_each_way(how: str) -> None:
    """By what is in it, or by what it is made from."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / TEMPLATE)))
    (file,) = [one["instances"][0] for one in document["resources"] if one["type"] == "local_file"]
    (key,) = [one["instances"][0] for one in document["resources"] if one["type"] == "google_service_account_key"]
    if how != "depends":
        file["dependencies"] = []
    if how != "content":
        file["attributes"]["content"] = None
    if how == "content_base64":
        file["attributes"]["content_base64"] = key["attributes"]["private_key"]
    (existing,) = read_terraform(document, "cloud", google())
    assert FILE in existing.keys[0].where


def test_a_file_with_something_else_is_no_key() -> None:
    """Terraform writes other files as well."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / TEMPLATE)))
    (file,) = [one["instances"][0] for one in document["resources"] if one["type"] == "local_file"]
    file["dependencies"], file["attributes"]["content"] = [], "bucket = x"
    (existing,) = read_terraform(document, "cloud", google())
    assert existing.keys[0].where == "the Terraform state"


def test_a_key_whose_private_part_was_never_here_lies_elsewhere() -> None:
    """Somebody uploaded the public part: the state opens nothing."""
    existing = changed(TEMPLATE, "google_service_account_key", private_key="")
    assert existing.keys[0].where == FILE
    assert not any(note.startswith("The state file holds") for note in existing.notes)


# A plan


def test_what_a_plan_does_not_know_yet_is_said_and_never_guessed() -> None:
    """The word for it is the one that the rules refuse."""
    existing = one(PLAN)
    said = inputs(existing)
    assert (said["kmsKey"], said["ownKey"], said["lifecycle"]) == ("unknown", "unknown", "unknown")
    assert (said["public"], said["softDeleteDays"]) == (False, 7)
    assert said["grants"] == [{"member": "unknown", "role": "roles/storage.objectAdmin"}]
    facts = about(Seen("urn", "slidebox:gcs:Bucket", said), {}, TODAY)
    assert facts["has"]["own_key"] == "unknown"
    assert facts["lifecycle"] == "unknown"
    assert [reader.principal for reader in facts["readers"]] == ["unknown"]
    for attribute in ("encryption of google_storage_bucket.target", "member of google_storage_bucket_iam_member"):
        assert any(f"The {attribute}" in note and "known only once" in note for note in existing.notes)


def planned(type_: str, actions: list[str]) -> dict[str, Any]:
    """The plan with other actions for a resource."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / PLAN)))
    for change in document["resource_changes"]:
        if change["type"] == type_:
            change["change"]["actions"] = actions
    return document


def test_a_key_that_is_only_planned_is_none_and_is_said() -> None:
    """It can still be left out."""
    existing = one(PLAN)
    assert existing.keys == ()
    said = "Terraform plans to make a key (google_service_account_key.data_provider)"
    assert any(said in note for note in existing.notes)


def test_a_bucket_that_is_only_planned_is_not_there_to_be_taken_over() -> None:
    """The engine could not import it."""
    with pytest.raises(InputError, match=r"google_storage_bucket\.target is only planned, so apply the plan first"):
        read_terraform(planned("google_storage_bucket", ["create"]), "cloud", google())


def test_a_member_who_is_only_planned_is_not_let_in_yet() -> None:
    """And nobody has to hand over what is not there."""
    (existing,) = read_terraform(planned("google_storage_bucket_iam_member", ["create"]), "cloud", google())
    assert existing.members == ()
    assert any("object_admin is not there yet, Terraform only plans to make it" in note for note in existing.notes)
    (sentence,) = [note for note in existing.notes if "state rm" in note]
    assert "object_admin" not in sentence


def test_what_a_plan_takes_away_is_still_there() -> None:
    """It is in no planned value, so it is said."""
    document = planned("nothing", [])
    gone = {"address": "google_storage_bucket_iam_member.old", "type": "google_storage_bucket_iam_member"}
    document["resource_changes"].append({**gone, "change": {"actions": ["delete"]}})
    (existing,) = read_terraform(document, "cloud", google())
    said = "google_storage_bucket_iam_member.old is still there, and the plan only takes it away"
    assert any(said in note for note in existing.notes)


def test_a_plan_that_deletes_the_bucket_is_said() -> None:
    """Its data would go with it."""
    (existing,) = read_terraform(planned("google_storage_bucket", ["delete", "create"]), "cloud", google())
    assert any("The plan deletes waylab-alsf-nucs and makes it anew" in note for note in existing.notes)


def test_a_member_of_a_bucket_that_is_not_known_yet_is_said() -> None:
    """It may be any."""
    document = copy.deepcopy(dict(terraform_document(FOLDER / PLAN)))
    for entry in document["planned_values"]["root_module"]["resources"]:
        if entry["type"] == "google_storage_bucket_iam_member":
            del entry["values"]["bucket"]
    for change in document["resource_changes"]:
        if change["type"] == "google_storage_bucket_iam_member":
            change["change"]["after_unknown"]["bucket"] = True
    (existing,) = read_terraform(document, "cloud", google())
    assert any("The bucket of google_storage_bucket_iam_member.object_admin" in note for note in existing.notes)


# Secrets


@pytest.mark.parametrize("name", [TEMPLATE, SHOWN, PLAN])
def test_no_secret_comes_out(name: str) -> None:
    """Neither the key as the state has it, nor as its file has it, nor any part of it."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    out = repr(read(name))
    for entry in secrets(json.loads(text)):
        assert entry not in out
    assert "SECRET" not in out
    assert "FAKE KEY" not in out


def secrets(document: Any) -> set[str]:
    """Every private key in a document, in the clear and encoded."""
    found: set[str] = set()
    if isinstance(document, dict):
        for name, value in document.items():
            if name in ("private_key", "secret", "content") and isinstance(value, str) and value:
                found |= {value, value.strip()}
                if name == "private_key":
                    found.add(base64.b64decode(value).decode())
            else:
                found |= secrets(value)
    elif isinstance(document, list):
        for value in document:
            found |= secrets(value)
    return found


def test_the_fixtures_have_secrets_to_find() -> None:
    """Else the test above would show nothing."""
    assert len(secrets(json.loads(Path(FOLDER / TEMPLATE).read_text(encoding="utf-8")))) >= 2


# The file and the service


def test_a_file_and_the_service_say_the_same_of_one_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of the template says what Google itself answers, but for whom people have let in by hand."""
    text = (FOLDER / TEMPLATE).read_text(encoding="utf-8")
    said = {BUCKET: NAME, ACCOUNT: PROVIDER, "US-CENTRAL1": "EUROPE-WEST4", "waylab-em-tokyo": "waylab-assayworks"}
    for old, new in said.items():
        text = text.replace(old, new)
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{TERRAFORM}": "roles/storage.admin"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, TERRAFORM)))
        terraform(double)
        store = google(region="europe-west4", endpoint=double.url)
        there, _ = as_is(GcsConnections(), GcsRef.of("cloud", store), NAME)
    (existing,) = read_terraform(json.loads(text), "cloud", store)
    file = inputs(existing)
    by_hand = [grant for grant in there.pop("grants") if grant not in file["grants"]]
    assert {grant["member"] for grant in by_hand} == {RECEIVER, f"projectViewer:{PROJECT}"}
    del there["softDeleteDays"], file["grants"]
    assert file == there
