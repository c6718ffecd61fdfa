"""`slidebox:azure:Budget`: what the storage of an account may come to in a month, and who is told.

Azure bills an account as a whole: its containers carry no tags. So the budget is of the account and of the one that has
its log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import found, told
from slidebox.provider.azure_store import AzureRef, same_store
from slidebox.provider.resource import Context, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

MOST_ALERTS = 5
"""How many alerts a budget of Azure can have (Microsoft, "Budgets - Create Or Update")."""

_ABOVE = "GreaterThan"


class Budget(ResourceType):
    """What the storage of an account may come to in a month.

    Parameters
    ----------
    connections
        Clients of Azure.
    """

    token = "slidebox:azure:Budget"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "budget"})
    computed: ClassVar = frozenset({"budgetId", "startDate"})
    stable: ClassVar = frozenset({"budgetId", "startDate"})

    def __init__(self, connections: AzureConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The account: name, account, subscription, resource_group, region, lab, endpoint."),
            "budget": ("string", "Its name."),
            "monthly": ("number", "What it may come to in a month, in the currency in which Azure bills."),
            "alerts": ("array", "The percents of it at which somebody is told."),
            "notify": ("array", "The addresses of mail that are told."),
            "budgetId": ("string", "Its id."),
            "startDate": ("string", "The first day of its first month."),
        }

    def required(self) -> tuple[str, ...]:
        """A budget has a store, a name and an amount."""
        return ("store", "budget", "monthly")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs."""
        inputs = {"alerts": [], "notify": [], **new}
        failures = missing(inputs, self.required())
        alerts, notify = inputs["alerts"], inputs["notify"]
        if not has_unknown(alerts) and len(set(alerts)) > MOST_ALERTS:
            why = f"a budget of Azure has {MOST_ALERTS} alerts at most, and these are {len(set(alerts))}"
            failures.append(Failure("alerts", why))
        if not has_unknown(alerts) and not has_unknown(notify) and alerts and not notify:
            failures.append(Failure("notify", "an alert needs somebody who is told, by an address of mail"))
        return inputs, failures

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        if name == "store" and not has_unknown(new):
            return same_store(old, new)
        if name in ("alerts", "notify") and not has_unknown(new):
            return sorted(set(old or ())) == sorted(set(new or ()))
        return super().same(name, old, new)

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview."""
        planned = super().planned(context, inputs, state)
        if has_unknown(inputs.get("store")) or has_unknown(inputs.get("budget")):
            return planned
        return {**planned, "budgetId": _id(AzureRef.read(inputs["store"]), str(inputs["budget"]))}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the budget, or bring the one of its name to what it should be."""
        ref, name = AzureRef.read(inputs["store"]), str(inputs["budget"])
        client = self._connections.budgets(ref)
        with told(f"writing budget {name!r}", ref):
            present = self._find(ref, name)
            began = _began(present) if present else _first_of_month()
            body: Any = {"properties": _wished(ref, inputs, began)}
            if present is not None and _as_wished(present) != _as_wished(body) and present.get("eTag"):
                body["eTag"] = present["eTag"]  # somebody else's change in between is not written over
            if present is None or _as_wished(present) != _as_wished(body):
                client.budgets.create_or_update(ref.group_id.lstrip("/"), name, body)
        return _id(ref, name), {**inputs, "budgetId": _id(ref, name), "startDate": began}

    def _find(self, ref: AzureRef, name: str) -> dict[str, Any] | None:
        client = self._connections.budgets(ref)
        present = found(lambda: client.budgets.get(ref.group_id.lstrip("/"), name))
        return None if present is None else dict(present.as_dict())

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the budget."""
        ref, name = AzureRef.read(inputs["store"]), str(inputs["budget"])
        with told(f"reading budget {name!r}", ref):
            present = self._find(ref, name)
        if present is None:
            return None
        began = _began(present)
        there, should = _as_wished(present), _as_wished({"properties": _wished(ref, inputs, began)})
        said = dict(inputs)
        if there != should:
            about = present["properties"]
            alerts = [
                alert
                for alert in (about.get("notifications") or {}).values()
                if alert.get("enabled") and alert.get("operator") == _ABOVE
            ]
            # A budget of something else says nothing of this account.
            same = (there["grain"], there["filter"]) == (should["grain"], should["filter"])
            said["monthly"] = float(about["amount"]) if same else 0.0
            said["alerts"] = sorted({int(alert["threshold"]) for alert in alerts})
            said["notify"] = sorted({mail for alert in alerts for mail in alert.get("contactEmails") or ()})
        return Found(_id(ref, name), {**said, "budgetId": _id(ref, name), "startDate": began}, said)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change it in place."""
        return self.create(context, inputs)[1]

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the budget."""
        ref, name = AzureRef.read(state["store"]), str(state["budget"])
        with told(f"removing budget {name!r}", ref):
            if self._find(ref, name) is not None:
                self._connections.budgets(ref).budgets.delete(ref.group_id.lstrip("/"), name)


def _id(ref: AzureRef, name: str) -> str:
    return f"{ref.group_id}/providers/Microsoft.Consumption/budgets/{name}"


def _first_of_month() -> str:
    """A monthly budget begins on the first day of a month that has not passed."""
    return dt.datetime.now(dt.UTC).date().replace(day=1).isoformat()


def _began(present: Mapping[str, Any]) -> str:
    return str(present["properties"]["timePeriod"]["startDate"])[:10]


def _wished(ref: AzureRef, inputs: Properties, began: str) -> dict[str, Any]:
    """A budget as Azure takes it."""
    accounts = [ref.account_id, ref.log.account_id]
    return {
        "category": "Cost",
        "amount": float(inputs["monthly"]),
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": f"{began}T00:00:00Z"},
        "filter": {"dimensions": {"name": "ResourceId", "operator": "In", "values": accounts}},
        "notifications": {
            f"actual-{percent}": {
                "enabled": True,
                "operator": _ABOVE,
                "threshold": percent,
                "thresholdType": "Actual",
                "contactEmails": sorted(set(inputs.get("notify") or ())),
            }
            for percent in sorted({int(alert) for alert in inputs.get("alerts") or ()})
        },
    }


def _as_wished(whole: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of a budget, whichever way its numbers and ids are written."""
    said = whole["properties"]
    dimension = (said.get("filter") or {}).get("dimensions") or {}
    alerts = (said.get("notifications") or {}).values()
    return {
        "amount": Decimal(str(said.get("amount"))),
        "grain": said.get("timeGrain"),
        "filter": (dimension.get("name"), sorted(str(value).lower() for value in dimension.get("values") or ())),
        "alerts": sorted(
            (Decimal(str(a.get("threshold"))), a.get("operator"), bool(a.get("enabled")), sorted(a["contactEmails"]))
            for a in alerts
        ),
    }
