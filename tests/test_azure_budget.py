"""The budget of an account of Azure, by the provider's own type; a test server stands in for Azure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from slidebox.errors import UnreadableError
from slidebox.provider.azure_budget import Budget
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context
from slidebox.provider.values import UNKNOWN

from .doubles.arm import SUBSCRIPTION, ArmDouble, Fault

CONTEXT = Context("urn:pulumi:lab::slidebox::slidebox:azure:Budget::budget@cloud")
NAME = "way-cloud"


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server."""
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture
def ref(azure: ArmDouble) -> AzureRef:
    """An account; a budget does not ask whether it is there."""
    return AzureRef("cloud", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", azure.url)


@pytest.fixture
def kind(azure: ArmDouble) -> Budget:
    """The type of budgets."""
    assert azure.url
    return Budget(AzureConnections())


@pytest.fixture
def inputs(kind: Budget, ref: AzureRef) -> dict[str, Any]:
    """The inputs of a budget."""
    asked = {"store": ref.document, "budget": NAME, "monthly": 50.5, "alerts": [80, 100], "notify": ["ada@example.org"]}
    checked, failures = kind.check(CONTEXT, asked, {})
    assert failures == []
    return checked


def budget(azure: ArmDouble, ref: AzureRef) -> dict[str, Any]:
    """A budget, as the server keeps it."""
    whole = azure.state.need(f"{ref.group_id}/providers/Microsoft.Consumption/budgets/{NAME}")
    properties: dict[str, Any] = whole["properties"]
    return properties


def changes(azure: ArmDouble) -> list[str]:
    """The methods of the calls that have changed something."""
    return [request.method for request in azure.requests if request.method != "GET"]


def test_a_budget_is_of_the_account_and_its_log(
    azure: ArmDouble, kind: Budget, ref: AzureRef, inputs: dict[str, Any]
) -> None:
    """From this month on, with an alert for each percent; the next run has nothing to do."""
    id_, state = kind.create(CONTEXT, inputs)
    made = budget(azure, ref)
    today = dt.datetime.now(dt.UTC).date()
    assert state["startDate"] in {
        today.replace(day=1).isoformat(),
        (today - dt.timedelta(1)).replace(day=1).isoformat(),
    }
    assert (made["amount"], made["timeGrain"], made["category"]) == (50.5, "Monthly", "Cost")
    accounts = [ref.account_id, ref.log.account_id]
    assert made["filter"] == {"dimensions": {"name": "ResourceId", "operator": "In", "values": accounts}}
    assert sorted(made["notifications"]) == ["actual-100", "actual-80"]
    assert made["notifications"]["actual-80"] == {
        "enabled": True,
        "operator": "GreaterThan",
        "threshold": 80,
        "thresholdType": "Actual",
        "contactEmails": ["ada@example.org"],
    }
    azure.requests.clear()
    assert kind.create(CONTEXT, inputs) == (id_, state)
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.state, found.inputs) == (state, inputs)
    assert kind.diff(CONTEXT, found.state, found.inputs, inputs).changed == ()
    assert changes(azure) == []


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda said: said.update(amount=99.0), ("monthly",)),
        (lambda said: said.pop("filter"), ("monthly",)),
        (lambda said: said["notifications"]["actual-80"].update(enabled=False), ("alerts",)),
        (lambda said: said["notifications"]["actual-80"].update(operator="EqualTo"), ("alerts",)),
        (lambda said: said["notifications"]["actual-80"]["contactEmails"].append("x@example.org"), ("notify",)),
    ],
)
def test_what_somebody_has_changed_is_found_and_mended(
    azure: ArmDouble, kind: Budget, ref: AzureRef, inputs: dict[str, Any], change: Any, changed: tuple[str, ...]
) -> None:
    """Its first month stays: Azure takes no day that has passed."""
    id_, state = kind.create(CONTEXT, inputs)
    change(budget(azure, ref))
    budget(azure, ref)["timePeriod"]["startDate"] = "2024-02-01T00:00:00Z"
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert kind.diff(CONTEXT, found.state, found.inputs, inputs).changed == changed
    assert kind.update(CONTEXT, id_, found.state, inputs)["startDate"] == "2024-02-01"
    mended = kind.read(CONTEXT, id_, state, inputs)
    assert mended is not None
    assert mended.inputs == inputs


def test_a_budget_goes_with_the_stack(azure: ArmDouble, kind: Budget, inputs: dict[str, Any]) -> None:
    """One that is gone already is no fault."""
    id_, state = kind.create(CONTEXT, inputs)
    kind.delete(CONTEXT, id_, state)
    assert azure.state.things == {}
    assert kind.read(CONTEXT, id_, state, inputs) is None
    kind.delete(CONTEXT, id_, state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alerts": [1, 2, 3, 4, 5, 6]}, "a budget of Azure has 5 alerts at most, and these are 6"),
        ({"notify": []}, "an alert needs somebody who is told"),
        ({"monthly": None}, "'monthly' is required"),
    ],
)
def test_bad_inputs_are_refused_before_anything_is_made(
    kind: Budget, inputs: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    """One sentence each."""
    _, failures = kind.check(CONTEXT, {**inputs, **change}, {})
    assert [message in failure.reason for failure in failures] == [True]


def test_who_may_not_write_budgets_is_told_what_is_missing(
    azure: ArmDouble, kind: Budget, inputs: dict[str, Any]
) -> None:
    """One sentence; and a preview makes nothing."""
    assert kind.planned(CONTEXT, inputs)["startDate"] == UNKNOWN
    azure.faults.append(Fault("PUT", "/budgets/", 403, "AuthorizationFailed"))
    with pytest.raises(UnreadableError, match="Cost Management Contributor for a budget"):
        kind.create(CONTEXT, inputs)
    assert azure.state.things == {}
