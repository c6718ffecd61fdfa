"""`pulumi up` of a lab in Azure: the real engine, rules and SDK; a test server stands in for Azure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.doubles.arm import SUBSCRIPTION, ArmDouble, Fault

from slidebox.provider.azure_roles import BLOB_READER

from .conftest import LabFactory, SmallLab, names

pytestmark = pytest.mark.e2e

ADA, BOB, CY, EVE = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2, 3, 4))
RAW, CORRECTED = "tiny-lab-nf1-raw-images-azure", "tiny-lab-nf1-corrected-images-azure"
LAB = """\
lab: tiny-lab
title: A lab of four in Azure
retention: 3 years
people:
  ada: {{name: Ada, identities: {{azure: {ada}}}}}
  bob: {{name: Bob, identities: {{azure: {bob}}}}}
  cy: {{name: Cy, {left}identities: {{azure: {cy}}}}}
  eve: {{name: Eve, organisation: Elsewhere, until: 2031-06-30, identities: {{azure: {eve}}}}}
teams:
  imaging: {{members: [ada, bob]}}
stores:
  azure:
    system: cloud
    kind: azure
    account: tinylabimages
    subscription: {subscription}
    resource_group: imaging
    region: westeurope
    endpoint: {url}
    data_use_agreement: true
  shelf: {{system: external_drive, kind: drive, path: disks/shelf, capacity: 1 TB, encrypted: true}}
playbook:
  preferences:
    raw_images: {{short: [cloud, external_drive], mid: [cloud, external_drive]}}
    corrected_images: {{short: [cloud], mid: [cloud]}}
"""
PROJECT = """\
project: nf1
title: NF1
owner: ada
activity: {activity}
audience: {{contributor: [imaging], reader: [cy, eve], steward: [ada]}}
datasets:
  raw_images: {{size: 1 MB, files: 2, sensitivity: open}}
  corrected_images:
    size: 2 TB
    files: 40000
    sensitivity: open
    parents: [raw_images]
    step:
      repository: https://github.com/tiny-lab/nf1
      commit: 4f0c9d2a71be
      parameters: {{gamma: 0.5}}
      date: 2026-04-14
"""


@pytest.fixture
def azure() -> Iterator[ArmDouble]:
    """Azure, with nothing in it."""
    with ArmDouble() as double:
        yield double


def files(azure: ArmDouble, activity: str = "active", left: str = "") -> Mapping[str, str]:
    """The lab's files."""
    who = {"ada": ADA, "bob": BOB, "cy": CY, "eve": EVE}
    lab = LAB.format(url=azure.url, subscription=SUBSCRIPTION, left=left, **who)
    return {"lab.yaml": lab, "projects/nf1.yaml": PROJECT.format(activity=activity)}


def thing(azure: ArmDouble, path: str) -> dict[str, Any]:
    """What the server keeps below the account."""
    start = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/imaging/providers/Microsoft.Storage/storageAccounts"
    return azure.state.need(f"{start}/tinylabimages{path}")


def rules(azure: ArmDouble) -> dict[str, Any]:
    """What happens to blobs by themselves, by container."""
    policy = azure.state.find(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/imaging/providers/Microsoft.Storage"
        "/storageAccounts/tinylabimages/managementPolicies/default"
    )
    listed = policy["properties"]["policy"]["rules"] if policy else []
    return {rule["definition"]["filters"]["prefixMatch"][0]: rule["definition"]["actions"] for rule in listed}


def settled(lab: SmallLab) -> None:
    """A second run that looks at everything has nothing to do."""
    again = lab.up("nf1", "--expect-no-changes", "--refresh")
    assert again.code == 0, again.said


def test_a_project_lives_in_azure(make_lab: LabFactory, azure: ArmDouble) -> None:
    """It comes up though Azure denies one call, comes to rest in place, loses a reader, and goes once it is empty."""
    lab = make_lab(files(azure))
    lab.environment |= azure.environment()
    lab.init("nf1")

    # A preview makes nothing.
    preview = lab.run("preview", "--stack", "nf1", "--policy-pack", "policies")
    assert preview.code == 0, preview.said
    assert azure.state.things == {}

    # Azure is slow to know what it has made, is busy, and denies one call of many: the next run completes it.
    azure.faults += [
        Fault("GET", "/storageAccounts/tinylabimages", 404, "ResourceNotFound", existing=True),
        Fault("PUT", "/roleAssignments/", 429, "TooManyRequests", retry_after=1),
        Fault("PUT", "/roleAssignments/", 403, "AuthorizationFailed", skip=2),
    ]
    refused = lab.up("nf1")
    assert refused.code != 0
    words = "is not finished. The credentials for storage account 'tinylabimages' of store 'azure' are not"
    assert words in refused.said
    assert "Traceback" not in refused.said
    assert [fault.times for fault in azure.faults] == [0, 0, 0]
    up = lab.up("nf1")
    assert up.code == 0, up.said
    assert names(lab.state("nf1"), "slidebox:azure:Container") == ["corrected_images@azure", "raw_images@azure"]
    assert thing(azure, "")["properties"]["allowSharedKeyAccess"] is False
    made = thing(azure, f"/blobServices/default/containers/{RAW}")["properties"]
    assert (made["publicAccess"], made["metadata"]["slidebox_stack"]) == ("None", "nf1")
    outputs = lab.outputs("nf1")["locations"]["nf1/raw_images@short@azure"]
    assert (outputs["bucket"], outputs["url"]) == (RAW, f"{azure.url}/tinylabimages/{RAW}")
    given = {(a["principalId"], a["roleDefinitionId"].endswith(BLOB_READER)): a for a in azure.assignments()}
    assert "DateTimeLessThan '2031-06-30T00:00:00.0Z'" in given[EVE, True]["condition"]
    assert given[CY, True].get("condition") is None
    settled(lab)

    # It comes to rest: what is large moves to a cheaper tier, and the raw images are locked, where they lie. Cy leaves.
    before = {r["urn"]: r["id"] for r in lab.state("nf1") if r["type"] == "slidebox:azure:Container"}
    lab.write(files(azure, "resting", left="left: 2026-01-31, "))
    rest = lab.up("nf1")
    assert rest.code == 0, rest.said
    after = {r["urn"]: r["id"] for r in lab.state("nf1") if r["type"] == "slidebox:azure:Container"}
    assert before == after
    assert rules(azure)[f"{CORRECTED}/"]["baseBlob"] == {"tierToCold": {"daysAfterModificationGreaterThan": 30}}
    lock = thing(azure, f"/blobServices/default/containers/{RAW}/immutabilityPolicies/default")["properties"]
    assert (lock["state"], lock["immutabilityPeriodSinceCreationInDays"]) == ("Unlocked", 3 * 365)
    assert CY not in {a["principalId"] for a in azure.assignments()}
    settled(lab)

    # By hand, at the portal: nobody whom the lab knows. A refresh finds the assignment, and the rules refuse it.
    scope = thing(azure, f"/blobServices/default/containers/{RAW}")
    where = next(key for key, kept in azure.state.things.items() if kept is scope)
    stranger = "00000000-0000-0000-0000-00000000000f"
    about = {"principalId": stranger, "principalType": "User", "roleDefinitionId": f"x/{BLOB_READER}", "scope": where}
    azure.state.keep(f"{where}/providers/Microsoft.Authorization/roleAssignments/{stranger}", {"properties": about})
    strange = lab.up("nf1", "--refresh")
    assert strange.code != 0
    assert "has what slidebox has not set" in strange.said
    assert stranger in strange.said
    assert any(a["principalId"] == stranger for a in azure.assignments())

    # What holds data is never removed; nobody has lost access.
    azure.state.blobs["tinylabimages", RAW] = {"a.tif": b"image"}
    people = len(azure.assignments())
    destroy = lab.run("destroy", "--stack", "nf1", "--yes", "--target", urn_of(lab, "raw_images@azure"))
    assert destroy.code != 0
    assert f"Container '{RAW}' of storage account 'tinylabimages' of store 'azure' is not empty" in destroy.said
    assert len(azure.assignments()) == people
    azure.state.blobs.clear()
    destroy = lab.run("destroy", "--stack", "nf1", "--yes")
    assert destroy.code == 0, destroy.said
    assert azure.state.things == {}


def urn_of(lab: SmallLab, name: str) -> str:
    """The URN of a container."""
    return next(str(r["urn"]) for r in lab.state("nf1") if r["urn"].endswith(f"slidebox:azure:Container::{name}"))


PUBLISHED = """\
project: nf1
title: NF1
owner: ada
activity: {activity}
audience: {{reader: [cy], steward: [ada]}}
datasets:
  metadata: {{size: 1 MB, files: 2, sensitivity: open, licence: CC0-1.0, public_from: long}}
"""


def test_a_container_is_open_to_anyone_exactly_while_its_data_are_published(
    make_lab: LabFactory, azure: ArmDouble
) -> None:
    """The account lets it, and nothing else, and closes again when the data are withdrawn."""
    preferences = "    metadata: {short: [cloud], mid: [cloud], long: [cloud]}\n"

    def written(activity: str) -> Mapping[str, str]:
        lab = files(azure)["lab.yaml"] + preferences
        return {"lab.yaml": lab, "projects/nf1.yaml": PUBLISHED.format(activity=activity)}

    def is_open() -> tuple[str, bool]:
        made = thing(azure, "/blobServices/default/containers/tiny-lab-nf1-metadata-azure")["properties"]
        return made["publicAccess"], thing(azure, "")["properties"]["allowBlobPublicAccess"]

    lab = make_lab(written("resting"))
    lab.environment |= azure.environment()
    lab.init("nf1")
    up = lab.up("nf1")
    assert up.code == 0, up.said
    assert is_open() == ("None", False)
    lab.write(written("finished"))
    published = lab.up("nf1")
    assert published.code == 0, published.said
    assert is_open() == ("Container", True)
    settled(lab)
    lab.write(written("resting"))
    withdrawn = lab.up("nf1")
    assert withdrawn.code == 0, withdrawn.said
    assert is_open() == ("None", False)


def test_the_labs_own_stack_orders_reports_for_its_auditors(make_lab: LabFactory, azure: ArmDouble) -> None:
    """Beside the project's stack, in the same account, which goes with the last of the two."""
    said = dict(files(azure))
    said["lab.yaml"] += "auditors: [bob]\n"
    # One dataset is not open, and nobody from elsewhere reads it.
    project = said["projects/nf1.yaml"].replace("reader: [cy, eve]", "reader: [cy]")
    said["projects/nf1.yaml"] = "confidential".join(project.rsplit("open", 1)) + "budget: {monthly: 20}\n"
    lab = make_lab(said)
    lab.environment |= azure.environment()
    for stack in ("lab", "nf1"):
        lab.init(stack)
        up = lab.up(stack)
        assert up.code == 0, up.said
    audit = "tiny-lab-lab-audit-azure"
    assert lab.outputs("lab")["audits"]["azure"]["bucket"] == audit
    (rule,) = thing(azure, "/inventoryPolicies/default")["properties"]["policy"]["rules"]
    assert (rule["destination"], rule["definition"]["format"]) == (audit, "Parquet")
    readers = {a["principalId"] for a in azure.assignments() if a["scope"].endswith(f"/{audit}")}
    assert readers == {BOB}
    budget = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/imaging/providers/Microsoft.Consumption/budgets"
    assert azure.state.need(f"{budget}/tiny-lab-azure")["properties"]["amount"] == 20
    log = thing(azure, "/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/slidebox")["properties"]
    assert log["storageAccountId"].endswith("/storageAccounts/tinylabimageslog")
    readers = {a["principalId"] for a in azure.assignments() if a["scope"].endswith("/tinylabimageslog")}
    assert readers == {BOB}
    again = lab.up("lab", "--expect-no-changes", "--refresh")
    assert again.code == 0, again.said
    destroy = lab.run("destroy", "--stack", "lab", "--yes")
    assert destroy.code == 0, destroy.said
    assert "stays: it holds tiny-lab-nf1-" in destroy.said
    assert "stays: the log of tinylabimages is written there" in destroy.said
    assert thing(azure, "")["tags"]["slidebox:lab"] == "tiny-lab"
    destroy = lab.run("destroy", "--stack", "nf1", "--yes")
    assert destroy.code == 0, destroy.said
    assert azure.state.things == {}
