"""A budget for each project, and who is told when it runs out."""

from __future__ import annotations

import json

import pulumi
from pulumi_aws import budgets, sns

from slidebox.components.aws.audit import alerts_policy
from slidebox.errors import InputError
from slidebox.model import Lab, Project, Store

MOST_ALERTS = 5
"""How many alerts a budget of AWS can have (AWS Cost Management User Guide, "Quotas")."""


def make_budgets(lab: Lab, name: str, store: Store, options: pulumi.ResourceOptions) -> list[budgets.Budget]:
    """A budget for each project that declares one: for all that carries its tag in the account.

    Parameters
    ----------
    lab
        What is declared.
    name, store
        The store.
    options
        Of what belongs to the component.
    """
    return [
        _budget(lab, project, name, store, options) for _, project in sorted(lab.projects.items()) if project.budget
    ]


def _budget(lab: Lab, project: Project, name: str, store: Store, options: pulumi.ResourceOptions) -> budgets.Budget:
    budget = project.budget
    if budget is None:
        raise AssertionError
    if len(budget.alerts) > MOST_ALERTS:
        raise InputError(
            f"The budget of {project.project} has {len(budget.alerts)} alerts, and a budget of AWS has {MOST_ALERTS}.",
            "Write fewer percents in `alerts`.",
        )
    called = f"{lab.file.lab}-{project.project}-{name}"
    tags = {"lab": lab.file.lab, "project": project.project}
    arn = f"arn:aws:sns:{store.region}:{store.account}:{called}"
    topic = sns.Topic(called, name=called, tags=tags, opts=options)
    allowed = sns.TopicPolicy(
        called, arn=topic.arn, policy=json.dumps(alerts_policy(arn, store.account or "")), opts=options
    )
    for who in budget.notify:
        address = lab.file.people[who].email if who in lab.file.people else None
        if address:
            sns.TopicSubscription(f"{called}-{who}", topic=topic.arn, protocol="email", endpoint=address, opts=options)
    return budgets.Budget(
        called,
        name=called,
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=f"{budget.monthly:.2f}",
        limit_unit=lab.file.currency,
        cost_filters=[budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:project${project.project}"])],
        notifications=[
            budgets.BudgetNotificationArgs(
                comparison_operator="GREATER_THAN",
                notification_type="ACTUAL",
                threshold=percent,
                threshold_type="PERCENTAGE",
                subscriber_sns_topic_arns=[topic.arn],
            )
            for percent in sorted(set(budget.alerts))
        ],
        tags=tags,
        opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[allowed])),
    )
