"""What belongs to the whole account: its block, budgets, topics and trails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kind import Kind, Properties, client, upper
from .s3 import block


def _account(given: Properties) -> str:
    return str(given.get("accountId") or client("sts").get_caller_identity()["Account"])


def _account_block(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    account = _account(given)
    client("s3control").put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=block(given))
    return account, {"accountId": account}


def _budget(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    budgets, account = client("budgets"), _account(given)
    if known:
        budgets.delete_budget(AccountId=account, BudgetName=given["name"])
    told = [
        {
            "Notification": {
                "NotificationType": one["notificationType"],
                "ComparisonOperator": one["comparisonOperator"],
                "Threshold": one["threshold"],
                "ThresholdType": one["thresholdType"],
            },
            "Subscribers": [
                *({"SubscriptionType": "EMAIL", "Address": a} for a in one.get("subscriberEmailAddresses") or []),
                *({"SubscriptionType": "SNS", "Address": a} for a in one.get("subscriberSnsTopicArns") or []),
            ],
        }
        for one in given.get("notifications") or []
    ]
    budgets.create_budget(
        AccountId=account,
        Budget={
            "BudgetName": given["name"],
            "BudgetType": given["budgetType"],
            "TimeUnit": given["timeUnit"],
            "BudgetLimit": {"Amount": given["limitAmount"], "Unit": given["limitUnit"]},
        },
        NotificationsWithSubscribers=told,
    )
    arn = f"arn:aws:budgets::{account}:budget/{given['name']}"
    return f"{account}:{given['name']}", {"accountId": account, "arn": arn, "name": given["name"]}


def _topic(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    arn = known or client("sns").create_topic(Name=given["name"])["TopicArn"]
    if given.get("policy"):
        client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=given["policy"])
    return arn, {"arn": arn, "name": given["name"]}


def _topic_policy(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    client("sns").set_topic_attributes(TopicArn=given["arn"], AttributeName="Policy", AttributeValue=given["policy"])
    return given["arn"], {"owner": given["arn"].split(":")[4]}


def _subscription(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    if known:
        return known, {"arn": known}
    arn = client("sns").subscribe(
        TopicArn=given["topic"], Protocol=given["protocol"], Endpoint=given["endpoint"], ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return arn, {"arn": arn}


def _selectors(given: Any) -> list[dict[str, Any]]:
    """Selectors as the API takes them: its lists have names in the singular."""

    def field(said: Any) -> dict[str, Any]:
        named = {key.removesuffix("s") if key.endswith("Withs") else key: said[key] for key in said if said[key]}
        return dict(upper(named))

    return [
        {"Name": one.get("name") or "", "FieldSelectors": [field(f) for f in one["fieldSelectors"]]} for one in given
    ]


def _trail(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    trails, name = client("cloudtrail"), given["name"]
    more = {"S3KeyPrefix": given["s3KeyPrefix"]} if given.get("s3KeyPrefix") else {}
    (trails.update_trail if known else trails.create_trail)(
        Name=name,
        S3BucketName=given["s3BucketName"],
        IsMultiRegionTrail=bool(given.get("isMultiRegionTrail")),
        EnableLogFileValidation=bool(given.get("enableLogFileValidation")),
        **more,
    )
    if given.get("advancedEventSelectors"):
        trails.put_event_selectors(TrailName=name, AdvancedEventSelectors=_selectors(given["advancedEventSelectors"]))
    trails.start_logging(Name=name)
    return name, {"arn": trails.get_trail(Name=name)["Trail"]["TrailARN"]}


KINDS: Mapping[str, Kind] = {
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": Kind(
        _account_block,
        lambda known, given: client("s3control").get_public_access_block(AccountId=known),
        lambda known, given: client("s3control").delete_public_access_block(AccountId=known),
        ("accountId",),
    ),
    "aws:budgets/budget:Budget": Kind(
        _budget,
        lambda known, given: client("budgets").describe_budget(
            AccountId=known.partition(":")[0], BudgetName=given["name"]
        ),
        lambda known, given: client("budgets").delete_budget(
            AccountId=known.partition(":")[0], BudgetName=given["name"]
        ),
        ("name",),
    ),
    "aws:sns/topic:Topic": Kind(
        _topic,
        lambda known, given: client("sns").get_topic_attributes(TopicArn=known),
        lambda known, given: client("sns").delete_topic(TopicArn=known),
        ("name",),
    ),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        _topic_policy,
        lambda known, given: client("sns").get_topic_attributes(TopicArn=known),
        lambda known, given: None,
        ("arn",),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        _subscription,
        lambda known, given: client("sns").get_subscription_attributes(SubscriptionArn=known),
        lambda known, given: client("sns").unsubscribe(SubscriptionArn=known),
        ("topic", "protocol", "endpoint"),
    ),
    "aws:cloudtrail/trail:Trail": Kind(
        _trail,
        lambda known, given: client("cloudtrail").get_trail(Name=known),
        lambda known, given: client("cloudtrail").delete_trail(Name=known),
        ("name",),
    ),
}
