"""`slidebox:gcs:Budget`: what a project of the lab may spend in Google Cloud, and who is told.

A budget is of a billing account, which is often another's than the project: where the credentials may not see it, that
is said and nothing fails. Budgets carry no labels; the mark of slidebox's own is in their name for people.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from slidebox.errors import InputError
from slidebox.provider import gcs_channels, gcs_labels
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import told
from slidebox.provider.gcs_store import GcsRef, same_store
from slidebox.provider.resource import Context, Failure, Found, ResourceType, missing
from slidebox.provider.values import Properties, has_unknown

_BILLING = "https://cloudbilling.googleapis.com"
_BUDGETS = "https://billingbudgets.googleapis.com"
_UNMADE = "unmade:"
"""How the id begins of a budget that cannot be made yet."""
_MOST_PEOPLE = 5
_LONGEST_NAME = 60
_HASH_LENGTH = 12
_NANO = 1_000_000_000


class UnseenError(Exception):
    """No budget can be made, and why."""


class Budget(ResourceType):
    """The monthly budget of a project of the lab, over what carries its label in a project of Google's.

    Parameters
    ----------
    connections
        Clients of Google Cloud.
    """

    token = "slidebox:gcs:Budget"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"store", "project"})
    computed: ClassVar = frozenset({"account", "channels"})

    def __init__(self, connections: GcsConnections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The store: name, project, region, and endpoint where it is not Google's own."),
            "project": ("string", "The project of the lab: what carries its label counts."),
            "monthly": ("number", "What it may come to in a month."),
            "currency": ("string", "In which currency."),
            "alerts": ("array", "The percents of it at which somebody is told."),
            "notify": ("array", "The addresses of those who are told, beside whoever runs the billing account."),
            "account": ("string", "The billing account; empty where no budget can be made."),
            "channels": ("array", "The channels of Cloud Monitoring by which they are told."),
        }

    def required(self) -> tuple[str, ...]:
        """A budget is of a project, and of an amount."""
        return ("store", "project", "monthly", "currency")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs."""
        inputs = {"alerts": [], "notify": [], **{k: v for k, v in new.items() if v is not None}}
        failures = missing(inputs, self.required())
        if not has_unknown(inputs["notify"]) and len(inputs["notify"]) > _MOST_PEOPLE:
            failures.append(Failure("notify", f"Google tells {_MOST_PEOPLE} people of a budget at most"))
        return inputs, failures

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        if name in ("alerts", "notify") and old is not None and new is not None:
            return sorted(old) == sorted(new)
        return same_store(old, new) if name == "store" else super().same(name, old, new)

    # What Google answers

    def _account(self, ref: GcsRef, inputs: Properties) -> str:
        """The billing account of the project.

        Raises
        ------
        UnseenError
            If there is none, or its budgets cannot be seen.
        """
        from google.api_core.exceptions import Forbidden  # noqa: PLC0415 - only where a store is in Google Cloud

        try:
            info = self._connections.ask(ref, "GET", _BILLING, f"v1/projects/{ref.project}/billingInfo")
            account = str(info.get("billingAccountName") or "")
            if not account or not info.get("billingEnabled"):
                raise UnseenError(f"project {ref.project} has no billing account")
            currency = self._connections.ask(ref, "GET", _BILLING, f"v1/{account}").get("currencyCode")
            self._connections.ask(ref, "GET", _BUDGETS, f"v1/{account}/budgets?pageSize=1")
        except Forbidden:
            raise UnseenError(
                f"the credentials may not see the budgets of the billing account of project {ref.project} "
                "(roles/billing.costsManager there)"
            ) from None
        if currency != inputs["currency"]:
            raise UnseenError(f"it is declared in {inputs['currency']}, and {account} is billed in {currency}")
        return account

    def _own(self, ref: GcsRef, account: str, called: str) -> dict[str, Any] | None:
        """The budget of that name."""
        token = ""
        while True:
            path = f"v1/{account}/budgets?pageSize=100" + (f"&pageToken={token}" if token else "")
            page = self._connections.ask(ref, "GET", _BUDGETS, path)
            for budget in page.get("budgets", ()):
                if budget.get("displayName") == called:
                    found: dict[str, Any] = budget
                    return found
            token = page.get("nextPageToken", "")
            if not token:
                return None

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the budget, or take up the one that this resource made before."""
        ref, name = GcsRef.read(inputs["store"]), str(inputs["project"])
        with told(f"making the budget of {name!r}", ref):
            try:
                account = self._account(ref, inputs)
            except UnseenError as why:
                context.log("warning", f"Nobody watches in Google Cloud what {name!r} costs: {why}.")
                return f"{_UNMADE}{name}", {**inputs, "account": "", "channels": []}
            channels = gcs_channels.settle(self._connections, ref, context, inputs["notify"])
            wanted = _wanted(context, ref, inputs, channels)
            found = self._own(ref, account, wanted["displayName"])
            if found is None:
                found = self._connections.ask(ref, "POST", _BUDGETS, f"v1/{account}/budgets", wanted)
            else:
                self._converge(ref, found, wanted)
        return str(found["name"]), {**inputs, "account": account, "channels": channels}

    def _converge(self, ref: GcsRef, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        """Bring a budget to what is wanted; what is right already is not written."""
        present, normal = _said(found), _said(wanted)
        differs = sorted({name for name in _FIELDS if present[name] != normal[name]} - {"currency"})
        if differs:
            mask = ",".join(sorted({_FIELDS[name] for name in differs}))
            self._connections.ask(ref, "PATCH", _BUDGETS, f"v1/{found['name']}?updateMask={mask}", dict(wanted))

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the budget; one that could not be made is none any more once it can be."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        if not inputs.get("store"):
            raise InputError("A budget cannot be imported.", "Leave it: slidebox makes its own beside it.")
        ref = GcsRef.read(inputs["store"])
        with told(f"reading the budget of {inputs['project']!r}", ref):
            if id.startswith(_UNMADE):
                try:
                    self._account(ref, inputs)
                except UnseenError:
                    return Found(id, state, inputs)
                return None
            try:
                found = self._connections.ask(ref, "GET", _BUDGETS, f"v1/{id}")
            except NotFound:
                return None
            addresses = gcs_channels.addresses(self._connections, ref, context)
        said = _said(found)
        notify = sorted(address for address, channel in addresses.items() if channel in said["channels"])
        seen = {**inputs, "monthly": said["monthly"], "alerts": said["alerts"], "notify": notify}
        if said["label"] != _label(inputs):
            seen["project"] = said["label"]
        return Found(id, {**seen, "account": state.get("account", ""), "channels": said["channels"]}, seen)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change the amount, the alerts and who is told in place."""
        if id.startswith(_UNMADE):
            return {**inputs, "account": "", "channels": []}
        ref = GcsRef.read(inputs["store"])
        with told(f"changing the budget of {inputs['project']!r}", ref):
            channels = gcs_channels.settle(self._connections, ref, context, inputs["notify"], keep=True)
            found = self._connections.ask(ref, "GET", _BUDGETS, f"v1/{id}")
            self._converge(ref, found, _wanted(context, ref, inputs, channels))
            # A channel goes after the budget that used it.
            gcs_channels.settle(self._connections, ref, context, inputs["notify"])
        return {**inputs, "account": state["account"], "channels": channels}

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the budget, and the channels that are its own."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415 - only where a store is in Google Cloud

        if id.startswith(_UNMADE):
            return
        ref = GcsRef.read(state["store"])
        with told(f"removing the budget of {state['project']!r}", ref):
            with contextlib.suppress(NotFound):
                self._connections.ask(ref, "DELETE", _BUDGETS, f"v1/{id}")
            gcs_channels.settle(self._connections, ref, context, [])


_FIELDS: Mapping[str, str] = {
    "monthly": "amount",
    "label": "budgetFilter",
    "alerts": "thresholdRules",
    "channels": "notificationsRule",
}
"""The field of a budget that has each part of it."""


def _label(inputs: Properties) -> str:
    return gcs_labels.spelled(str(inputs["project"]))


def _wanted(context: Context, ref: GcsRef, inputs: Properties, channels: list[str]) -> dict[str, Any]:
    """The budget as the service takes it."""
    units, rest = divmod(round(inputs["monthly"] * _NANO), _NANO)
    mark = hashlib.sha256(context.urn.encode()).hexdigest()[:_HASH_LENGTH]
    called = f"slidebox {inputs['project']}@{ref.name}"[: _LONGEST_NAME - _HASH_LENGTH - 1]
    return {
        "displayName": f"{called} {mark}",
        "amount": {"specifiedAmount": {"currencyCode": inputs["currency"], "units": str(units), "nanos": rest}},
        "budgetFilter": {
            "projects": [f"projects/{ref.project}"],
            "labels": {"project": [_label(inputs)]},
            "calendarPeriod": "MONTH",
        },
        "thresholdRules": [
            {"thresholdPercent": percent / 100, "spendBasis": "CURRENT_SPEND"} for percent in sorted(inputs["alerts"])
        ],
        "notificationsRule": {"monitoringNotificationChannels": channels},
    }


def _said(budget: Mapping[str, Any]) -> dict[str, Any]:
    """A budget in the form of the inputs."""
    amount = (budget.get("amount") or {}).get("specifiedAmount") or {}
    labels = (budget.get("budgetFilter") or {}).get("labels") or {}
    monthly = int(amount.get("units", 0)) + int(amount.get("nanos", 0)) / _NANO
    return {
        "monthly": int(monthly) if monthly.is_integer() else monthly,
        "label": next(iter(labels.get("project") or ()), ""),
        "alerts": sorted(round(rule["thresholdPercent"] * 100) for rule in budget.get("thresholdRules") or ()),
        "channels": sorted((budget.get("notificationsRule") or {}).get("monitoringNotificationChannels") or ()),
    }
