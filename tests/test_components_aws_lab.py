"""What a lab has once in its accounts at AWS: what holds for all of it, and what is refused before anything is made."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from slidebox.components import LAB_STACK, provision_lab
from slidebox.model import Lab, StoreKind

from .aws_cases import ACCOUNT, CASES, Registered, bucket_of, made, made_for

SECOND = "210987654321"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab with one account, whose uploads come from a workflow."""
    return CASES["team-and-workflow"].lab(tmp_path / "lab")


def file_with(lab: Lab, **changes: Any) -> Lab:
    """The lab with some of its file changed."""
    return lab.model_copy(update={"file": lab.file.model_copy(update=changes)})


def project_with(lab: Lab, **changes: Any) -> Lab:
    """The lab with some of its project changed."""
    return lab.model_copy(update={"projects": {"nf1": lab.projects["nf1"].model_copy(update=changes)}})


def another_store(lab: Lab, **changes: Any) -> Lab:
    """The lab with a second store of kind aws, and an auditor who is known there."""
    store = lab.file.stores["amazon"].model_copy(update=changes)
    petra = lab.file.people["petra"]
    known = petra.model_copy(update={"identities": {**petra.identities, "west": petra.identities["amazon"]}})
    people = {**lab.file.people, "petra": known}
    return file_with(lab, stores={**lab.file.stores, "west": store}, people=people)


def registered(lab: Lab) -> Registered:
    """What is registered for a lab."""
    return made(lambda: provision_lab(lab))


def all_of(found: Registered, kind: str) -> Mapping[str, dict[str, Any]]:
    """The resources of a kind, by name."""
    return {name: inputs for (token, name), inputs in found.items() if token.endswith(f":{kind}")}


def test_the_account_blocks_what_nobody_has_declared_public(lab: Lab) -> None:
    """Lists always; policies unless something of the lab is declared public in any term."""
    (closed,) = all_of(registered(lab), "AccountPublicAccessBlock").values()
    (opened,) = all_of(registered(project_with(lab, public_from="long")), "AccountPublicAccessBlock").values()

    assert {closed[name] for name in closed if name != "accountId"} == {True}
    assert (opened["blockPublicAcls"], opened["ignorePublicAcls"]) == (True, True)
    assert (opened["blockPublicPolicy"], opened["restrictPublicBuckets"]) == (False, False)


def test_what_an_account_has_once_is_made_once_for_two_of_its_stores(lab: Lab) -> None:
    """Each store has its own audit bucket and trail, in its region."""
    found = registered(another_store(lab, region="us-east-2"))

    assert sorted(all_of(found, "Bucket")) == ["way-lab-audit-amazon", "way-lab-audit-west"]
    assert {name: bucket["region"] for name, bucket in all_of(found, "Bucket").items()} == {
        "way-lab-audit-amazon": "us-west-2",
        "way-lab-audit-west": "us-east-2",
    }
    assert len(all_of(found, "Trail")) == len(all_of(found, "Analyzer")) == len(all_of(found, "Workgroup")) == 2
    once = (
        "AccountPublicAccessBlock",
        "Budget",
        "Topic",
        "OpenIdConnectProvider",
        "Export",
        "StorageLensConfiguration",
    )
    for kind in once:
        assert len(all_of(found, kind)) == 1, kind


def test_each_account_has_what_it_has_once(lab: Lab) -> None:
    """By the provider of its own, which takes no other account's credentials."""
    found = registered(another_store(lab, account=SECOND))

    blocks = all_of(found, "AccountPublicAccessBlock").values()
    assert sorted(block["accountId"] for block in blocks) == [ACCOUNT, SECOND]
    providers = [inputs for (kind, _), inputs in found.items() if kind == "pulumi:providers:aws"]
    assert sorted(provider["allowedAccountIds"] for provider in providers) == [f'["{ACCOUNT}"]', f'["{SECOND}"]']


def test_an_account_without_workflows_trusts_no_provider(lab: Lab) -> None:
    """GitHub vouches for nobody who is not declared."""
    assert all_of(registered(file_with(lab, services={})), "OpenIdConnectProvider") == {}


def test_without_auditors_nobody_reads_the_logs(lab: Lab) -> None:
    """There is no role, and the policy spares nobody."""
    found = registered(file_with(lab, auditors=()))
    (policy,) = all_of(found, "BucketPolicy").values()

    assert all_of(found, "Role") == {}
    assert '"Sid": "OnlyAuditorsRead", "Effect": "Deny", "Principal": "*"' in policy["policy"]
    assert "aws:PrincipalArn" not in policy["policy"]


def test_logs_stay_where_the_institution_asks_for_nothing(lab: Lab) -> None:
    """Nothing but broken uploads goes by itself."""
    (lifecycle,) = all_of(registered(file_with(lab, retention=None)), "BucketLifecycleConfiguration").values()

    assert [rule["id"] for rule in lifecycle["rules"]] == ["uploads"]


def test_a_budget_s_alerts_go_to_those_who_are_to_be_told(lab: Lab) -> None:
    """By a topic, to which only the budgets of the account can write."""
    found = registered(lab)
    (budget,) = all_of(found, "Budget").values()
    (mail,) = all_of(found, "TopicSubscription").values()
    (policy,) = all_of(found, "TopicPolicy").values()

    assert (budget["limitAmount"], budget["limitUnit"]) == ("120.00", "USD")
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:project$nf1"]}]
    assert [said["threshold"] for said in budget["notifications"]] == [50, 90]
    assert (mail["protocol"], mail["endpoint"]) == ("email", "mira@way.example")
    assert '"Principal": {"Service": "budgets.amazonaws.com"}' in policy["policy"]


def test_the_log_of_calls_leaves_itself_out(lab: Lab) -> None:
    """Else each line that is written would be another line."""
    (trail,) = all_of(registered(lab), "Trail").values()
    (selector,) = trail["advancedEventSelectors"]
    about = {field["field"]: field for field in selector["fieldSelectors"]}

    assert about["resources.ARN"]["startsWiths"] == ["arn:aws:s3:::way-"]
    assert about["resources.ARN"]["notStartsWiths"] == ["arn:aws:s3:::way-lab-audit-amazon/"]
    assert trail["enableLogFileValidation"] is True


def test_the_table_of_inventories_is_where_they_are_written(lab: Lab, opa: Path) -> None:
    """The folder of each bucket, with what every bucket's own configuration asks for."""
    (table,) = (said for name, said in all_of(registered(lab), "CatalogTable").items() if name.endswith("-inventory"))
    bucket = bucket_of(CASES["team-and-workflow"], lab, opa)
    (inventory,) = all_of(made_for(bucket, lab), "Inventory").values()
    place = inventory["destination"]["bucket"]
    folder = f"s3://{place['bucketArn'].rpartition(':')[2]}/{place['prefix']}/"
    asked = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in inventory["optionalFields"]} | {"e_tag"}

    assert table["storageDescriptor"]["location"] == folder
    assert table["parameters"]["projection.source.values"] == bucket.name
    assert table["parameters"]["storage.location.template"] == (
        f"{folder}${{source}}/{inventory['name']}/hive/dt=${{dt}}/"
    )
    always = {"bucket", "key", "version_id", "is_latest", "is_delete_marker"}
    assert {column["name"] for column in table["storageDescriptor"]["columns"]} == always | asked - {"etag"}


def test_the_table_of_costs_is_where_they_are_exported(lab: Lab) -> None:
    """In the words of FOCUS, with the columns that are asked for, by month."""
    found = registered(lab)
    (table,) = (said for name, said in all_of(found, "CatalogTable").items() if name.endswith("-costs"))
    (export,) = (said["export"] for said in all_of(found, "Export").values())
    ((place,),) = (said["s3Destinations"] for said in export["destinationConfigurations"])
    (query,) = export["dataQueries"]
    folder = f"s3://{place['s3Bucket']}/{place['s3Prefix']}/{export['name']}/data/"
    columns = [column["name"] for column in table["storageDescriptor"]["columns"]]

    assert table["parameters"]["storage.location.template"] == f"{folder}BILLING_PERIOD=${{billing_period}}/"
    assert re.split(r", | ", query["queryStatement"].lower()) == ["select", *columns, "from", "focus_1_2_aws"]
    assert (place["s3Region"], export["refreshCadences"]) == ("us-west-2", [{"frequency": "SYNCHRONOUS"}])


def test_what_queries_answer_does_not_go_into_the_audit_bucket(lab: Lab) -> None:
    """Athena keeps it, in a workgroup whose settings count whatever a client says; and no query reads without end."""
    (group,) = all_of(registered(lab), "Workgroup").values()
    said = group["configuration"]

    assert said["managedQueryResultsConfiguration"] == {"enabled": True}
    assert said["enforceWorkgroupConfiguration"] is True
    assert "resultConfiguration" not in said
    assert said["bytesScannedCutoffPerQuery"] == 100 * 10**9


def test_auditors_ask_in_their_workgroup_only(lab: Lab) -> None:
    """And of the tables they read only; without auditors nobody may."""
    found = registered(lab)
    (policy,) = (said["policy"] for name, said in all_of(found, "RolePolicy").items() if name.endswith("-queries"))
    allowed = {action: said["Resource"] for said in json.loads(policy)["Statement"] for action in said["Action"]}

    assert {arn for action, arn in allowed.items() if action.startswith("athena:")} == {
        f"arn:aws:athena:us-west-2:{ACCOUNT}:workgroup/way-amazon"
    }
    assert all(action.startswith(("athena:", "glue:Get")) for action in allowed)
    assert all_of(registered(file_with(lab, auditors=())), "RolePolicy") == {}


def test_names_of_a_lab_and_a_store_that_are_long_fit_storage_lens(lab: Lab) -> None:
    """It takes 64 characters, and its right to write is by that name."""
    store = "a-store-whose-name-is-as-long-as-can-be0"
    stores = {store: lab.file.stores["amazon"]}
    named = {"lab": "a-lab-whose-name-is-as-long-as-can-be-00", "stores": stores, "auditors": (), "services": {}}
    long = lab.model_copy(update={"file": lab.file.model_copy(update=named)})
    found = registered(long)
    (lens,) = all_of(found, "StorageLensConfiguration").values()
    (policy,) = all_of(found, "BucketPolicy").values()

    assert len(lens["configId"]) <= 64
    assert f":storage-lens/{lens['configId']}" in policy["policy"]


def _by_hand(lab: Lab) -> Lab:
    stores = {n: s.model_copy(update={"kind": StoreKind.BY_HAND}) for n, s in lab.file.stores.items()}
    return file_with(lab, stores=stores)


def _nameless(lab: Lab) -> Lab:
    return file_with(lab, people={n: p.model_copy(update={"identities": {}}) for n, p in lab.file.people.items()})


def _many_alerts(lab: Lab) -> Lab:
    budget = lab.projects["nf1"].budget
    assert budget
    return project_with(lab, budget=budget.model_copy(update={"alerts": (10, 20, 30, 40, 50, 60)}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_by_hand, "No store of this lab is in a cloud"),
        (_nameless, "person:petra audits the lab, but nothing says who that is at amazon"),
        (_many_alerts, "The budget of nf1 has 6 alerts, and a budget of AWS has 5"),
        (
            lambda lab: lab.model_copy(update={"projects": {LAB_STACK: lab.projects["nf1"]}}),
            "A project is called 'lab', and so is the lab's own stack",
        ),
    ],
)
def test_what_cannot_be_made_is_one_sentence(lab: Lab, change: Any, said: str) -> None:
    """It says what to write instead."""
    with pytest.raises(pulumi.RunError, match=said):
        registered(change(lab))


def test_a_missing_extra_is_one_sentence() -> None:
    """A stack without AWS needs nothing of it; one with it says what to install."""
    code = """
import sys
sys.modules["pulumi_aws"] = None
from slidebox.components.clouds import cloud_lab
from slidebox.errors import InputError
from slidebox.model import Store
try:
    cloud_lab(None, "amazon", Store(system="cloud", kind="aws", account="123456789012", region="us-west-2"), {})
except InputError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == (
        "The store 'amazon' is of kind 'aws', and pulumi_aws is not installed. Install it: pip install 'slidebox[aws]'."
    )
