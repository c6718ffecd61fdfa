"""Microsoft.Consumption: budgets of a resource group."""

from __future__ import annotations

from typing import Any

from .faults import Answer, RefusedError
from .state import Call, State, valid

_MOST_ALERTS = 5


def _seen(path: str, thing: dict[str, Any]) -> dict[str, Any]:
    about = {"id": path, "name": path.rpartition("/")[2], "type": "Microsoft.Consumption/budgets"}
    spend = {"currentSpend": {"amount": 0.0, "unit": "EUR"}}
    return {**about, "eTag": thing["etag"], "properties": {**thing["properties"], **spend}}


def put_budget(state: State, call: Call) -> Answer:
    """Write a budget; one that is there only by its present ETag."""
    body = valid("Budget", call.body)
    properties = body["properties"]
    if not str(properties["timePeriod"]["startDate"])[:10].endswith("-01"):
        raise RefusedError(400, "InvalidStartDate", "The start date has to be the first day of a month.")
    alerts = properties.get("notifications") or {}
    if len(alerts) > _MOST_ALERTS:
        raise RefusedError(400, "TooManyNotifications", "A budget has five notifications at most.")
    if any(not (alert["contactEmails"] or alert.get("contactGroups")) for alert in alerts.values()):
        raise RefusedError(400, "MissingContact", "A notification needs a contact.")
    before = state.find(call.path)
    if before and body.get("eTag") not in (None, before["etag"]):
        raise RefusedError(409, "Conflict", "The budget has been changed since it was read.")
    # Azure says a day as a time, and an end where none was given.
    end = {"endDate": f"{int(properties['timePeriod']['startDate'][:4]) + 10}-01-01T00:00:00Z"}
    kept = {**properties, "timePeriod": {**end, **properties["timePeriod"]}}
    return Answer(200 if before else 201, _seen(call.path, state.keep(call.path, {"properties": kept})))


def get_budget(state: State, call: Call) -> Answer:
    """One budget."""
    return Answer(200, _seen(call.path, state.need(call.path)))


def delete_budget(state: State, call: Call) -> Answer:
    """Remove a budget."""
    return Answer(200 if state.drop(call.path) else 204)
