"""The budget of an account of Azure: what the lab's projects declare, together."""

from __future__ import annotations

import pulumi

from slidebox.components.azure_resources import Budget, BudgetArgs
from slidebox.errors import InputError
from slidebox.model import Lab
from slidebox.provider.azure_store import AzureRef

MOST_ALERTS = 5
"""How many alerts a budget of Azure can have (Microsoft, "Budgets - Create Or Update")."""


def make_budget(lab: Lab, ref: AzureRef, options: pulumi.ResourceOptions) -> Budget | None:
    """A budget for an account, where a project declares one: Azure cannot tell the costs of containers apart.

    Parameters
    ----------
    lab
        What is declared.
    ref
        The account.
    options
        What it waits for.

    Raises
    ------
    InputError
        If there are more alerts than Azure has, or none of those to be told has an address.
    """
    declared = [project.budget for _, project in sorted(lab.projects.items()) if project.budget]
    if not declared:
        return None
    alerts = sorted({percent for budget in declared for percent in budget.alerts})
    told = {who for budget in declared for who in budget.notify}
    mails = {lab.file.people[who].email for who in told if who in lab.file.people}
    addresses = sorted(mail for mail in mails if mail)
    if len(alerts) > MOST_ALERTS:
        raise InputError(
            f"The budgets of the projects have {len(alerts)} different alerts, and the one of an account of Azure has "
            f"{MOST_ALERTS}.",
            "Write fewer different percents in `alerts`.",
        )
    if alerts and not addresses:
        pulumi.log.warn(f"Nobody with an address of mail is told when the budget of {ref} runs out.")
        alerts = []
    name = f"{lab.file.lab}-{ref.name}"
    monthly = sum(budget.monthly for budget in declared)
    args = BudgetArgs(store=ref.document, budget=name, monthly=monthly, alerts=alerts, notify=addresses)
    return Budget(f"budget@{ref.name}", args, options)
