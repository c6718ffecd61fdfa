"""Budgets in Google Cloud, made by the provider's type against the test server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from slidebox.errors import InputError, UnreadableError
from slidebox.provider import gcs_faults
from slidebox.provider.gcs_budget import Budget
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.resource import Context

from .doubles.gcs import Fault, GcsDouble
from .doubles.gcs.billing import COSTS_MANAGER, Account

PROJECT = "way-images"
ACCOUNT = f"up@{PROJECT}.iam.gserviceaccount.com"
PAYS = "billingAccounts/012345-567890-ABCDEF"
URN = "urn:pulumi:lab::slidebox::slidebox:gcs:Budget::nf1@cloud"
ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """The server with an account that pays for the project, and credentials for it where Google's tools look."""
    with GcsDouble() as double:
        member = f"serviceAccount:{ACCOUNT}"
        double.project(PROJECT, **{member: "roles/storage.admin roles/monitoring.notificationChannelEditor"})
        double.billing.accounts[PAYS] = Account(PAYS, projects={PROJECT}, roles={member: COSTS_MANAGER})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ACCOUNT)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 3.0)
        monkeypatch.setattr(gcs_faults, "_FIRST_PAUSE_SECONDS", 0.01)
        yield double


@pytest.fixture
def heard() -> list[tuple[str, str]]:
    """What is said to the person who runs the engine."""
    return []


@pytest.fixture
def context(heard: list[tuple[str, str]]) -> Context:
    """A call of the engine."""
    return Context(URN, log=lambda level, said: heard.append((level, said)))


@pytest.fixture
def kind() -> Budget:
    """The type."""
    return Budget(GcsConnections())


def inputs(kind: Budget, context: Context, gcs: GcsDouble, **more: Any) -> dict[str, Any]:
    """A budget's inputs, in which nothing is wrong."""
    store = {"name": "cloud", "project": PROJECT, "region": "us-central1", "endpoint": gcs.url}
    about = {"store": store, "project": "nf1", "monthly": 100, "currency": "USD", "alerts": [80, 100], "notify": [ADA]}
    found, failures = kind.check(context, {**about, **more}, {})
    assert failures == []
    return found


def told_of(gcs: GcsDouble, budget: str) -> set[str]:
    """The addresses that a budget tells."""
    rule = gcs.billing.budgets[budget]["notificationsRule"]
    return {gcs.billing.channels[name]["labels"]["email_address"] for name in rule["monitoringNotificationChannels"]}


def test_a_budget_is_about_what_carries_the_projects_label(kind: Budget, context: Context, gcs: GcsDouble) -> None:
    """Each month, with its alerts, for those who are named."""
    id_, state = kind.create(context, inputs(kind, context, gcs, monthly=99.5))
    made = gcs.billing.budgets[id_]

    assert state["account"] == PAYS
    assert made["amount"]["specifiedAmount"] == {"currencyCode": "USD", "units": "99", "nanos": 500_000_000}
    assert made["budgetFilter"]["labels"] == {"project": ["nf1"]}
    assert made["budgetFilter"]["calendarPeriod"] == "MONTH"
    assert [rule["thresholdPercent"] for rule in made["thresholdRules"]] == [0.8, 1.0]
    assert made["displayName"].startswith("slidebox nf1@cloud ")
    assert told_of(gcs, id_) == {ADA}


def test_a_budget_that_is_right_is_only_looked_at(kind: Budget, context: Context, gcs: GcsDouble) -> None:
    """No difference after a refresh; a killed engine finds its budget and its channels again."""
    given = inputs(kind, context, gcs, monthly=99.5)
    id_, state = kind.create(context, given)
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.state == state
    assert kind.diff(context, found.state, found.inputs, given).changed == ()
    assert kind.update(context, id_, state, given) == state
    assert kind.create(context, given) == (id_, state)

    assert (len(gcs.billing.budgets), len(gcs.billing.channels)) == (1, 1)
    assert gcs.count("billingbudgets.billingAccounts.budgets.patch") == 0


def test_what_changes_is_changed_in_place(kind: Budget, context: Context, gcs: GcsDouble) -> None:
    """The amount, the alerts, who is told; a channel goes only after nobody is told by it."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    gcs.billing.budgets[id_]["amount"]["specifiedAmount"]["units"] = "1"
    drift = kind.read(context, id_, state, given)
    assert drift is not None
    assert kind.diff(context, drift.state, drift.inputs, given).changed == ("monthly",)
    other = inputs(kind, context, gcs, alerts=[50], notify=[BOB])
    after = kind.update(context, id_, drift.state, other)

    assert gcs.billing.budgets[id_]["amount"]["specifiedAmount"]["units"] == "100"
    assert told_of(gcs, id_) == {BOB}
    assert {channel["labels"]["email_address"] for channel in gcs.billing.channels.values()} == {BOB}
    found = kind.read(context, id_, after, other)
    assert found is not None
    assert (found.inputs, found.state) == (other, after)


def _nobody_pays(gcs: GcsDouble) -> None:
    gcs.billing.accounts[PAYS].projects.clear()


def _another_manages(gcs: GcsDouble) -> None:
    gcs.billing.accounts[PAYS].roles.clear()


def _another_currency(gcs: GcsDouble) -> None:
    gcs.billing.accounts[PAYS].currency = "EUR"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_nobody_pays, f"project {PROJECT} has no billing account"),
        (_another_manages, "may not see the budgets of the billing account of project"),
        (_another_currency, f"it is declared in USD, and {PAYS} is billed in EUR"),
    ],
)
def test_where_no_budget_can_be_made_that_is_said_and_nothing_fails(
    kind: Budget, context: Context, gcs: GcsDouble, heard: list[tuple[str, str]], change: Any, said: str
) -> None:
    """The account is often another's; a refresh finds that it can be made."""
    account = gcs.billing.accounts[PAYS]
    before = Account(PAYS, account.currency, set(account.projects), dict(account.roles))
    change(gcs)
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    assert heard[-1][0] == "warning"
    assert said in heard[-1][1]
    assert (gcs.billing.budgets, gcs.billing.channels) == ({}, {})
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert kind.diff(context, found.state, found.inputs, given).changed == ()
    assert kind.update(context, id_, state, given) == state
    kind.delete(context, id_, state)
    gcs.billing.accounts[PAYS] = before

    assert kind.read(context, id_, state, given) is None
    assert kind.create(context, given)[0] in gcs.billing.budgets


def test_removing_it_leaves_the_budgets_and_channels_of_others(kind: Budget, context: Context, gcs: GcsDouble) -> None:
    """A second project of the lab has its own, for the same person."""
    given = inputs(kind, context, gcs)
    id_, state = kind.create(context, given)
    other = Context(URN.replace("nf1@", "jump@"))
    theirs, _ = kind.create(other, inputs(kind, other, gcs, project="jump"))
    kind.delete(context, id_, state)
    kind.delete(context, id_, state)

    assert set(gcs.billing.budgets) == {theirs}
    assert told_of(gcs, theirs) == {ADA}
    assert len(gcs.billing.channels) == 1
    assert kind.read(context, id_, state, given) is None
    with pytest.raises(InputError, match="cannot be imported"):
        kind.read(context, id_, {}, {})


def test_a_busy_service_is_asked_again_and_a_missing_right_is_said(
    kind: Budget, context: Context, gcs: GcsDouble
) -> None:
    """In one sentence."""
    gcs.order(Fault("billingbudgets.billingAccounts.budgets.list", 503, times=2))
    gcs.order(Fault("monitoring.projects.notificationChannels.create", 429))
    kind.create(context, inputs(kind, context, gcs))
    gcs.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
    with pytest.raises(UnreadableError, match=r"roles/monitoring\.notificationChannelEditor has them all"):
        kind.create(context, inputs(kind, context, gcs))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"notify": [f"p{number}@example.org" for number in range(6)]}, "5 people of a budget at most"),
        ({"monthly": None}, "'monthly' is required"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    kind: Budget, context: Context, gcs: GcsDouble, more: dict[str, Any], said: str
) -> None:
    """In words of the inputs."""
    _, failures = kind.check(context, {**inputs(kind, context, gcs), **more}, {})

    assert [said in failure.reason for failure in failures] == [True]
    assert gcs.calls == []


def test_the_server_refuses_a_budget_that_is_none(gcs: GcsDouble) -> None:
    """By Google's own description of it, and by what it asks for."""
    fine: dict[str, Any] = {"displayName": "x", "amount": {"specifiedAmount": {"units": "1"}}}
    wrong: tuple[dict[str, Any], ...] = (
        {**fine, "colour": "red"},
        {**fine, "displayName": "x" * 61},
        {**fine, "budgetFilter": {"labels": {"project": ["a", "b"]}}},
        {**fine, "notificationsRule": {"monitoringNotificationChannels": ["projects/x/notificationChannels/1"]}},
        {**fine, "amount": {"specifiedAmount": {"units": "1", "currencyCode": "EUR"}}},
    )
    headers = {"Authorization": f"Bearer serviceAccount:{ACCOUNT}"}
    for body, status in ((fine, 200), *((body, 400) for body in wrong)):
        answer = requests.post(f"{gcs.url}/v1/{PAYS}/budgets", json=body, headers=headers, timeout=10)
        assert answer.status_code == status, answer.text
