"""Billing accounts, their budgets, and the channels by which Cloud Monitoring tells people. Nothing is ever billed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .access import LOOK, number_of
from .faults import Refused, invalid
from .service import Request, Service

COSTS_MANAGER = "roles/billing.costsManager"
_MANAGER = {
    "billing.accounts.get",
    *(f"billing.budgets.{verb}" for verb in ("create", "delete", "get", "list", "update")),
}
_MOST_CHANNELS = 5
_LONGEST_NAME = 60


@dataclass
class Account:
    """A billing account.

    Attributes
    ----------
    name
        Its name: ``billingAccounts/…``.
    currency
        What it is billed in.
    projects
        The projects that it pays for.
    roles
        The role of each member.
    """

    name: str
    currency: str = "USD"
    projects: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)


class Billing:
    """The accounts of everybody.

    Parameters
    ----------
    service
        The cloud that the projects are in.

    Attributes
    ----------
    accounts
        Accounts by name.
    budgets, channels
        Each as it was sent, by name.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.accounts: dict[str, Account] = {}
        self.budgets: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, dict[str, Any]] = {}

    def carry_out(self, method: str, request: Request) -> Any:
        """The answer of a method.

        Raises
        ------
        Refused
            If it is refused.
        """
        do = _METHODS.get(method)
        if do is None:
            raise Refused(501, "notImplemented", f"This server has no {method}.")
        with self._service.lock:
            return do(self, request)

    def _account(self, request: Request, permission: str) -> Account:
        name = f"billingAccounts/{request.path['billingAccountsId']}"
        account = self.accounts.get(name)
        has = account is not None and account.roles.get(request.caller) == COSTS_MANAGER and permission in _MANAGER
        self._service.need(request, permission, has, name)
        if account is None:
            raise Refused(404, "notFound", f"{name} not found.")
        return account

    def _project(self, request: Request, permission: str) -> str:
        project = request.path["projectsId"]
        has = permission in self._service.directory.allowed(project, request.caller)
        self._service.need(request, permission, has, f"projects/{project}")
        return project

    # Accounts

    def billing_info(self, request: Request) -> Any:
        """Show which account pays for a project."""
        project = self._project(request, LOOK)
        account = next((account for account in self.accounts.values() if project in account.projects), None)
        about = {"name": f"projects/{project}/billingInfo", "projectId": project, "billingEnabled": account is not None}
        return about | {"billingAccountName": account.name if account else ""}

    def get_account(self, request: Request) -> Any:
        """Show an account."""
        account = self._account(request, "billing.accounts.get")
        return {"name": account.name, "open": True, "currencyCode": account.currency}

    # Budgets

    def create_budget(self, request: Request) -> Any:
        """Make a budget."""
        account = self._account(request, "billing.budgets.create")
        name = f"{account.name}/budgets/{len(self.budgets) + 1:08d}"
        self.budgets[name] = {**self._checked(account, request.body), "name": name}
        return self.budgets[name]

    def list_budgets(self, request: Request) -> Any:
        """Show an account's budgets."""
        account = self._account(request, "billing.budgets.list")
        found = [budget for name, budget in self.budgets.items() if name.startswith(f"{account.name}/")]
        start, most = int(request.query.get("pageToken", "0")), int(request.query.get("pageSize", "50"))
        more = {"nextPageToken": str(start + most)} if len(found) > start + most else {}
        return {"budgets": found[start : start + most], **more}

    def get_budget(self, request: Request) -> Any:
        """Show a budget."""
        return self.budgets[self._budget(request, "get")]

    def patch_budget(self, request: Request) -> Any:
        """Change of a budget what the mask names."""
        name = self._budget(request, "update")
        account = self._account(request, "billing.budgets.update")
        mask = request.query.get("updateMask", "").split(",")
        changed = self.budgets[name] | {field: request.body[field] for field in mask}
        self.budgets[name] = self._checked(account, changed)
        return self.budgets[name]

    def delete_budget(self, request: Request) -> Any:
        """Remove a budget."""
        del self.budgets[self._budget(request, "delete")]
        return {}

    def _budget(self, request: Request, verb: str) -> str:
        account = self._account(request, f"billing.budgets.{verb}")
        name = f"{account.name}/budgets/{request.path['budgetsId']}"
        if name not in self.budgets:
            raise Refused(404, "notFound", f"{name} not found.")
        return name

    def _checked(self, account: Account, body: Mapping[str, Any]) -> dict[str, Any]:
        """A budget as it is kept; what the service would refuse is refused."""
        budget = copy.deepcopy(dict(body))
        if len(budget.get("displayName", "")) > _LONGEST_NAME:
            raise invalid("The display name is too long.")
        if budget["amount"]["specifiedAmount"].get("currencyCode", account.currency) != account.currency:
            raise invalid(f"The currency of the budget is not {account.currency}.")
        where = budget.get("budgetFilter", {})
        labels = where.get("labels", {})
        if len(labels) > 1 or any(len(values) != 1 for values in labels.values()):
            raise invalid("A budget is about one label with one value.")
        # The service answers with numbers of projects, by whatever they were named.
        where["projects"] = [
            f"projects/{number_of(name)}" if not name.isdigit() else f"projects/{name}"
            for name in (project.removeprefix("projects/") for project in where.get("projects", []))
        ]
        channels = budget.get("notificationsRule", {}).get("monitoringNotificationChannels", [])
        if len(channels) > _MOST_CHANNELS or set(channels) - self.channels.keys():
            raise invalid("There are too many notification channels, or some that do not exist.")
        if channels and not budget.get("thresholdRules"):
            raise invalid("Notifications by e-mail need threshold rules.")
        return budget

    # Channels

    def create_channel(self, request: Request) -> Any:
        """Make a channel."""
        project = self._project(request, "monitoring.notificationChannels.create")
        if request.body.get("type") != "email" or "@" not in request.body.get("labels", {}).get("email_address", ""):
            raise invalid("This server has only channels to addresses.")
        name = f"projects/{project}/notificationChannels/{len(self.channels) + 1:08d}"
        self.channels[name] = {**copy.deepcopy(request.body), "name": name}
        return self.channels[name]

    def list_channels(self, request: Request) -> Any:
        """Show a project's channels."""
        project = self._project(request, "monitoring.notificationChannels.list")
        found = [said for name, said in self.channels.items() if name.startswith(f"projects/{project}/")]
        return {"notificationChannels": found}

    def delete_channel(self, request: Request) -> Any:
        """Remove a channel that no budget uses."""
        project = self._project(request, "monitoring.notificationChannels.delete")
        name = f"projects/{project}/notificationChannels/{request.path['notificationChannelsId']}"
        used = (b.get("notificationsRule", {}).get("monitoringNotificationChannels", []) for b in self.budgets.values())
        if any(name in channels for channels in used):
            raise Refused(400, "failedPrecondition", f"{name} is in use.")
        if self.channels.pop(name, None) is None:
            raise Refused(404, "notFound", f"{name} not found.")
        return {}


_METHODS: Mapping[str, Callable[[Billing, Request], Any]] = {
    "cloudbilling.projects.getBillingInfo": Billing.billing_info,
    "cloudbilling.billingAccounts.get": Billing.get_account,
    "billingbudgets.billingAccounts.budgets.create": Billing.create_budget,
    "billingbudgets.billingAccounts.budgets.list": Billing.list_budgets,
    "billingbudgets.billingAccounts.budgets.get": Billing.get_budget,
    "billingbudgets.billingAccounts.budgets.patch": Billing.patch_budget,
    "billingbudgets.billingAccounts.budgets.delete": Billing.delete_budget,
    "monitoring.projects.notificationChannels.create": Billing.create_channel,
    "monitoring.projects.notificationChannels.list": Billing.list_channels,
    "monitoring.projects.notificationChannels.delete": Billing.delete_channel,
}
