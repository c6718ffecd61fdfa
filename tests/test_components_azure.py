"""What a dataset in Azure registers with the engine: a container as the data need it, and one account for all."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.clouds import CloudBucket, Grant, Transition
from slidebox.components.azure import TIERS, lab, location
from slidebox.components.clouds import cloud_location
from slidebox.errors import InputError
from slidebox.facts.places import has
from slidebox.model import Lab, LabFile, Project, Role, Store, StoreKind, System
from slidebox.provider.azure_roles import identity_fault
from slidebox.provider.azure_settings import faults
from slidebox.provider.azure_store import AzureRef
from slidebox.systems import load_systems

STORE = Store(
    system=System.CLOUD,
    kind=StoreKind.AZURE,
    account="wayimages",
    subscription="22222222-2222-2222-2222-222222222222",
    resource_group="imaging",
    region="westeurope",
    key="https://way.vault.azure.net/keys/images",
)
ADA = "00000000-0000-0000-0000-000000000001"
BUCKET = CloudBucket(
    location="nf1/raw_images@mid@azure",
    store="azure",
    region="westeurope",
    account="wayimages",
    name="way-nf1-raw-images-azure",
    audit="way-lab-audit-azure",
    sensitivity="open",
    public=False,
    versioning=True,
    soft_delete_days=30,
    lock_days=1095,
    hold=None,
    own_key=False,
    access_log=False,
    abort_days=7,
    noncurrent_days=90,
    expire_days=None,
    transitions=(Transition(30, "infrequent"),),
    grants=(
        Grant(ADA, Role.STEWARD, None, "person:ada"),
        Grant(f"group:{ADA}", Role.READER, dt.date(2027, 6, 30), "team:imaging"),
    ),
    tags={"lab": "way", "project": "nf1", "dataset": "nf1/raw_images", "level": "raw_images", "owner": "ada"},
)


class Recorder(pulumi.runtime.Mocks):
    """Stands in for the engine: writes down what is registered."""

    def __init__(self) -> None:
        self.registered: dict[tuple[str, str], dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Write a resource down."""
        assert (args.typ, args.name) not in self.registered
        self.registered[args.typ, args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer a function; none is called here."""
        raise AssertionError(args.token)


def run(program: Callable[[], object]) -> Recorder:
    """What a program registers."""
    recorder = Recorder()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(recorder, project="slidebox", stack="nf1", preview=False)
    run_test: Any = pulumi.runtime.test
    run_test(lambda: program() and None)()
    return recorder


def container(bucket: CloudBucket) -> dict[str, Any]:
    """The inputs of a dataset's container."""
    recorder = run(lambda: location("raw_images@azure", bucket, STORE, {"datasets": {}}))
    return recorder.registered["slidebox:azure:Container", "raw_images@azure"]


def test_a_container_has_what_its_data_need() -> None:
    """Everything that the dataset's bucket asks for, in Azure's words."""
    assert container(BUCKET) == {
        "location": "nf1/raw_images@mid@azure",
        "store": {
            "name": "azure",
            "account": "wayimages",
            "subscription": "22222222-2222-2222-2222-222222222222",
            "resource_group": "imaging",
            "region": "westeurope",
            "lab": "way",
        },
        "container": "way-nf1-raw-images-azure",
        "public": False,
        "ownKey": False,
        "lockDays": 1095,
        "lifecycle": {"transitions": [{"days": 30, "tier": "Cool"}], "noncurrentDays": 90},
        "grants": [
            {"identity": ADA, "role": "steward", "principal": "person:ada"},
            {"identity": f"group:{ADA}", "role": "reader", "until": "2027-06-30", "principal": "team:imaging"},
        ],
        "identities": {ADA: "person:ada", f"group:{ADA}": "team:imaging"},
        "tags": dict(BUCKET.tags),
        "facts": '{"datasets":{}}',
    }


def test_all_datasets_of_a_program_share_one_account() -> None:
    """It is registered once, and every container waits for it."""
    other = dataclasses.replace(BUCKET, name="way-nf1-metadata-azure", location="nf1/metadata@mid@azure")

    def program() -> None:
        location("raw_images@azure", BUCKET, STORE, {})
        location("metadata@azure", other, STORE, {})

    recorder = run(program)
    accounts = {name: about for (kind, name), about in recorder.registered.items() if kind == "slidebox:azure:Account"}
    assert list(accounts) == ["account@azure"]
    assert accounts["account@azure"]["softDeleteDays"] == 30
    assert accounts["account@azure"]["tags"] == {"lab": "way"}
    assert run(program).registered.keys() == recorder.registered.keys()


def test_it_is_logged_who_reads_what_as_soon_as_one_dataset_needs_it() -> None:
    """Whichever comes first: in an account of its own, which a project does not say who reads."""
    closed = dataclasses.replace(
        BUCKET, access_log=True, name="way-nf1-metadata-azure", location="nf1/metadata@mid@azure"
    )

    def program() -> None:
        location("raw_images@azure", BUCKET, STORE, {})
        location("metadata@azure", closed, STORE, {})

    registered = run(program).registered
    assert registered["slidebox:azure:AccessLog", "log@azure"]["store"]["account"] == "wayimages"
    log = registered["slidebox:azure:Account", "log@azure"]
    assert (log["store"]["account"], log["logOf"]) == ("wayimageslog", "wayimages")
    assert (log["roles"], "grants" in log) == (False, False)
    open_ = run(lambda: location("raw_images@azure", BUCKET, STORE, {})).registered
    assert [name for _, name in open_ if name == "log@azure"] == []


def test_data_about_people_have_the_labs_own_key() -> None:
    """And only they: the key is nobody else's business."""
    assert container(dataclasses.replace(BUCKET, own_key=True))["keyUri"] == STORE.key
    assert "keyUri" not in container(BUCKET)


@pytest.mark.parametrize("key", [None, "https://way.vault.azure.net/keys/images"])
def test_the_planner_knows_what_azure_has(key: str | None) -> None:
    """A key of the lab's own only where it names one; nothing that slidebox does not set up."""
    store = STORE.model_copy(update={"key": key})
    file = LabFile(lab="way", title="Way", people={}, stores={"azure": store})
    found = has(Lab(file=file, projects={}), load_systems(), "azure")
    assert {name: value for name, value in found.items() if value is not True} == {
        **({} if key else {"own_key": False}),
    }


def test_a_class_that_azure_has_not_is_refused() -> None:
    """Rather than left out in silence."""
    with pytest.raises(InputError, match=r"'deep_archive', which Azure has not\. It has infrequent and archive\."):
        run(
            lambda: location("x", dataclasses.replace(BUCKET, transitions=(Transition(30, "deep_archive"),)), STORE, {})
        )


def test_the_page_about_azure_declares_what_can_be_declared(repository: Path) -> None:
    """Its lab is a lab, with a store of this kind."""
    page = (repository / "docs" / "azure.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    declared = LabFile.model_validate(yaml.safe_load(text))
    assert AzureRef.of("azure", declared.stores["azure"], declared.lab).account == "waylabimages"
    assert all(identity_fault(i) is None for p in declared.people.values() for i in p.identities.values())


def test_one_identity_for_two_is_refused() -> None:
    """Nobody could tell them apart, and an end for one would be none."""
    two = (*BUCKET.grants, Grant(ADA, Role.READER, None, "person:bob"))
    with pytest.raises(InputError, match=r"person:ada and person:bob are both .* at azure"):
        container(dataclasses.replace(BUCKET, grants=two))


def lab_of(**people: dict[str, Any]) -> Lab:
    """A lab whose auditor is Ada."""
    file = {"lab": "way", "title": "Way", "people": people, "auditors": ["ada"], "stores": {"azure": STORE}}
    return Lab(file=LabFile.model_validate(file), projects={})


def test_a_lab_has_its_reports_read_by_its_auditors() -> None:
    """In the account of the store, by the name that projects know."""
    ada = {"name": "Ada", "identities": {"azure": ADA}}
    recorder = run(lambda: lab(lab_of(ada=ada), "azure", STORE, {"people": {}}))
    assert ("slidebox:azure:Account", "account@azure") in recorder.registered
    audit = recorder.registered["slidebox:azure:Audit", "audit@azure"]
    assert (audit["container"], audit["identities"]) == (BUCKET.audit, {ADA: "person:ada"})
    assert audit["grants"] == [{"identity": ADA, "role": "reader", "principal": "person:ada"}]
    assert recorder.registered["slidebox:azure:Account", "log@azure"]["grants"] == audit["grants"]


def test_the_budgets_of_all_projects_are_one_of_the_account() -> None:
    """Azure bills an account as a whole; whoever is told by one of them is told by it."""
    people = {"ada": {"name": "Ada", "email": "ada@example.org"}, "bob": {"name": "Bob"}}
    file = LabFile.model_validate({"lab": "way", "title": "Way", "people": people, "stores": {"azure": STORE}})

    data = {"pipelines": {"size": "1 MB", "files": 2, "sensitivity": "open"}}

    def projects(*budgets: dict[str, Any] | None) -> Lab:
        said = {
            f"p{n}": Project.model_validate(
                {"project": f"p{n}", "title": "P", "owner": "ada", "audience": {}, "datasets": data}
                | ({"budget": b} if b else {})
            )
            for n, b in enumerate(budgets)
        }
        return Lab(file=file, projects=said)

    def made(*budgets: dict[str, Any] | None) -> dict[str, Any] | None:
        recorder = run(lambda: lab(projects(*budgets), "azure", STORE, {}))
        return recorder.registered.get(("slidebox:azure:Budget", "budget@azure"))

    first = {"monthly": 20.5, "alerts": [50, 100], "notify": ["ada", "bob"]}
    found = made(first, {"monthly": 30, "alerts": [100, 80]}, None)
    assert found is not None
    assert (found["budget"], found["monthly"]) == ("way-azure", 50.5)
    assert (found["alerts"], found["notify"]) == ([50, 80, 100], ["ada@example.org"])
    assert made(None) is None
    nobody = made({"monthly": 1, "alerts": [100], "notify": ["bob"]})
    assert nobody is not None
    assert (nobody["alerts"], nobody["notify"]) == ([], [])
    with pytest.raises(InputError, match=r"have 6 different alerts, and the one of an account of Azure has 5"):
        made({**first, "alerts": [1, 2, 3]}, {**first, "alerts": [4, 5, 6]})


def test_an_auditor_without_an_identity_is_named() -> None:
    """Rather than left out in silence."""
    with pytest.raises(InputError, match=r"person:ada audits the lab, but nothing says who that is at azure"):
        run(lambda: lab(lab_of(ada={"name": "Ada"}), "azure", STORE, {}))


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"the SDK for Azure is not installed\. Install it: pip install"):
        cloud_location("x", BUCKET, STORE, {})


@settings(deadline=None)  # the engine's SDK takes its time when it is first used
@given(
    public=st.booleans(),
    own_key=st.booleans(),
    lock=st.none() | st.integers(1, 9000),
    hold=st.none() | st.text(min_size=1, max_size=20),
    days=st.none() | st.integers(1, 4000),
    moves=st.lists(st.builds(Transition, st.integers(1, 300), st.sampled_from(sorted(TIERS))), max_size=1),
)
def test_whatever_is_registered_is_what_was_asked_for(
    public: bool, own_key: bool, lock: int | None, hold: str | None, days: int | None, moves: list[Transition]
) -> None:
    """A component decides nothing: not public unless asked, and nothing that the provider refuses."""
    bucket = dataclasses.replace(
        BUCKET,
        public=public,
        own_key=own_key,
        lock_days=lock,
        hold=hold,
        noncurrent_days=days,
        expire_days=days,
        transitions=tuple(moves),
    )
    found = container(bucket)
    assert (found["public"], found["ownKey"], found.get("lockDays"), found.get("hold")) == (public, own_key, lock, hold)
    assert (found["lifecycle"].get("noncurrentDays"), found["lifecycle"].get("expireDays")) == (days, days)
    assert [(m["days"], m["tier"]) for m in found["lifecycle"].get("transitions", [])] == [
        (m.days, TIERS[m.storage_class]) for m in moves
    ]
    assert faults(found) == []
