"""Who comes to a bucket of AWS through functions, interfaces of API Gateway and file servers."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.snapshot import unread

from .aws_estate import (
    ACCOUNT,
    ARN,
    BLOCKED,
    BUCKET,
    CLOUDFRONT,
    NOTHING,
    OTHER,
    SHOWN,
    allow,
    arn,
    bucket,
    distribution,
    is_public,
    may,
    origin,
    people,
    policy,
    principals,
    readers,
    role,
    section,
    user,
)

READ = may("s3:GetObject", f"{ARN}/*")
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:show"
SHOWING = role("show", {"Service": "lambda.amazonaws.com"}, READ)
BY_URL = allow(
    "*", "lambda:InvokeFunctionUrl", FUNCTION, Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
)
LAMBDA = "account:lambda.amazonaws.com"


def function(*statements: Any, auth: str | None = "NONE", **more: Any) -> dict[str, Any]:
    """A function with the role, and with a URL where there is a kind of one."""
    return {
        "FunctionName": "show",
        "FunctionArn": FUNCTION,
        "Role": SHOWING["Arn"],
        "Urls": [{"FunctionUrl": "https://x.lambda-url.us-east-1.on.aws/", "AuthType": auth}] if auth else [],
        "Policy": policy(*statements) if statements else None,
        **more,
    }


FUNCTIONS: dict[str, tuple[Any, set[str]]] = {
    "a URL that asks nobody": ([function(BY_URL)], {"anyone", LAMBDA}),
    "a URL that asks who comes": ([function(BY_URL, auth="AWS_IAM")], {"any_account", LAMBDA}),
    "no URL": ([function(auth=None)], {LAMBDA}),
    "a URL that its policy lets nobody call": ([function()], {LAMBDA}),
    "another account may call it": (
        [function(allow({"AWS": OTHER}, "lambda:InvokeFunction", FUNCTION), auth=None)],
        {f"account:{OTHER}", LAMBDA},
    ),
    "a function with another role": ([function(BY_URL, Role=arn("role", "x"))], {LAMBDA}),
    "no function": ([], {LAMBDA}),
    "a load balancer may call it": (
        [function(allow({"Service": "elasticloadbalancing.amazonaws.com"}, "lambda:InvokeFunction", FUNCTION))],
        {"unknown", LAMBDA},
    ),
    "a timer may call it": (
        [function(allow({"Service": "events.amazonaws.com"}, "lambda:InvokeFunction", FUNCTION))],
        {"account:events.amazonaws.com", LAMBDA},
    ),
    "functions were not read": (unread("AccessDenied"), {"unknown"}),
    "URLs were not read": ([function(BY_URL, Urls=unread("AccessDenied"))], {"unknown", "any_account", LAMBDA}),
    "who may call it was not read": ([function(Policy=unread("AccessDenied"))], {"unknown", LAMBDA}),
    "its role is known later": ([function(Role=unread("later"), auth=None)], {"unknown", LAMBDA}),
}


@pytest.mark.parametrize(("listed", "who"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_whoever_can_call_a_function_has_what_its_role_can_do(listed: Any, who: set[str]) -> None:
    """A URL that asks nobody makes what the role can read public."""
    said = section(bucket(public_access_block=BLOCKED), authorization=people(roles=[SHOWING]), functions=listed)

    assert principals(said) == who


@pytest.mark.parametrize(
    ("more", "who"),
    [({}, {"anyone", LAMBDA}), ({"Enabled": False}, {f"account:{CLOUDFRONT}", LAMBDA})],
    ids=["switched on", "switched off"],
)
def test_a_distribution_in_front_of_a_functions_url_shows_what_that_can_read(
    more: dict[str, Any], who: set[str]
) -> None:
    """The URL asks who comes, and lets in a distribution that shows it to everybody."""
    shown = allow({"Service": CLOUDFRONT}, "lambda:InvokeFunctionUrl", FUNCTION, Condition=SHOWN["Condition"])
    listed = [distribution(origin("x.lambda-url.us-east-1.on.aws"), **more)]
    said = section(
        authorization=people(roles=[SHOWING]), functions=[function(shown, auth="AWS_IAM")], distributions=listed
    )

    assert principals(said) == who


def test_a_role_that_may_call_a_function_stands_for_whoever_is_behind_it() -> None:
    """A function's policy that names a role lets in those who can take it on."""
    caller = role("caller", {"AWS": arn("user", "alice")})
    listed = [function(allow({"AWS": caller["Arn"]}, "lambda:InvokeFunction", FUNCTION), auth=None)]
    said = section(authorization=people([user("alice")], [SHOWING, caller]), functions=listed)

    assert principals(said) == {f"account:{arn('user', 'alice')}", LAMBDA}


# Interfaces

PROXY = role("proxy", {"Service": "apigateway.amazonaws.com"}, READ)
GATEWAY = "account:apigateway.amazonaws.com"


def api(**more: Any) -> dict[str, Any]:
    """An interface with one method that hands on what is in the bucket."""
    method = {
        "Method": "GET",
        "Path": "/{key}",
        "Uri": f"arn:aws:apigateway:us-east-1:s3:path/{BUCKET}/{{key}}",
        "Credentials": PROXY["Arn"],
        "Authorization": "NONE",
        **more.pop("method", {}),
    }
    return {"Id": "a1", "Name": "images", "Protocol": "REST", "Policy": None, "Integrations": [method], **more}


ONLY_OTHER = policy(allow({"AWS": OTHER}, "execute-api:Invoke", "execute-api:/*"))
APIS: dict[str, tuple[Any, set[str]]] = {
    "it asks nobody": ([api()], {"anyone"}),
    "it asks who comes": ([api(method={"Authorization": "AWS_IAM"})], {GATEWAY}),
    "it asks for a key": ([api(method={"ApiKeyRequired": True})], {"unknown"}),
    "its policy lets in one account": ([api(Policy=ONLY_OTHER)], {f"account:{OTHER}"}),
    "its policy lets in everybody": ([api(Policy=policy(allow("*", "execute-api:Invoke", "*")))], {"anyone"}),
    "its policy was not read": ([api(Policy=unread("AccessDenied"))], {"unknown"}),
    "it is in the account's networks": ([api(EndpointTypes=["PRIVATE"])], {GATEWAY}),
    "it has another role": ([api(method={"Credentials": arn("role", "x")})], set()),
    "it is for another bucket": ([api(method={"Uri": "arn:aws:apigateway:us-east-1:s3:path/other/{key}"})], set()),
    "it is for any bucket": ([api(method={"Uri": "arn:aws:apigateway:us-east-1:s3:path/{bucket}/{key}"})], {"anyone"}),
    "whom it asks for what is not known": ([api(method={"Authorization": unread("later")})], {"unknown"}),
    "what it calls was not read": ([api(Integrations=unread("AccessDenied"))], {"unknown"}),
    "interfaces were not read": (unread("AccessDenied"), {"unknown"}),
    "there is none": ([], {GATEWAY}),
}


@pytest.mark.parametrize(("listed", "who"), APIS.values(), ids=APIS)
def test_whoever_can_call_an_interface_has_what_its_role_can_do(listed: Any, who: set[str]) -> None:
    """A method that asks nobody makes what its role can read public."""
    assert principals(section(authorization=people(roles=[PROXY]), apis=listed)) == who


def test_an_interface_in_front_of_a_function_opens_what_that_can_read() -> None:
    """A function without a URL is called through an interface that asks nobody."""
    called = {"Uri": f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"}
    gateway = allow({"Service": "apigateway.amazonaws.com"}, "lambda:InvokeFunction", FUNCTION)
    said: dict[str, Any] = {"authorization": people(roles=[SHOWING]), "functions": [function(gateway, auth=None)]}

    assert principals(section(**said, apis=[api(method={**called, "Credentials": ""})])) == {"anyone", LAMBDA}
    assert principals(section(**said, apis=[])) == {LAMBDA}
    assert principals(section(**said, apis=unread("AccessDenied"))) == {"unknown", LAMBDA}


# File servers

UPLOAD = role("upload", {"Service": "transfer.amazonaws.com"}, READ)


def server(*users: Any, **more: Any) -> dict[str, Any]:
    """A file server with users."""
    return {"ServerId": "s-1", "IdentityProviderType": "SERVICE_MANAGED", "Users": list(users), **more}


def visitor(**more: Any) -> dict[str, Any]:
    """A user of a file server that has the role."""
    return {"UserName": "guest", "Role": UPLOAD["Arn"], "HomeDirectoryType": "PATH", **more}


def sees(target: str) -> dict[str, Any]:
    """A user who sees one folder only."""
    return visitor(HomeDirectoryType="LOGICAL", HomeDirectoryMappings=[{"Entry": "/", "Target": target}])


SERVERS: dict[str, tuple[Any, set[str]]] = {
    "a user has the role": ([server(visitor())], {"account:transfer:s-1/guest"}),
    "a user has another": ([server(visitor(Role=arn("role", "x")))], {"account:transfer.amazonaws.com"}),
    "a user sees the bucket": (
        [
            server(
                visitor(HomeDirectoryType="LOGICAL", HomeDirectoryMappings=[{"Entry": "/", "Target": f"/{BUCKET}/in"}])
            )
        ],
        {"account:transfer:s-1/guest"},
    ),
    "a user sees other buckets only": (
        [server(sees("/other"))],
        {"account:transfer.amazonaws.com"},
    ),
    "users are kept elsewhere": (
        [server(IdentityProviderType="AWS_LAMBDA")],
        {"unknown"},
    ),
    "users were not read": ([server(Users=unread("AccessDenied"))], {"unknown"}),
    "servers were not read": (unread("AccessDenied"), {"unknown"}),
}


@pytest.mark.parametrize(("listed", "who"), SERVERS.values(), ids=SERVERS)
def test_the_users_of_a_file_server_have_what_its_roles_can_do(listed: Any, who: set[str]) -> None:
    """A user of the server is a reader, by its name there."""
    assert principals(section(authorization=people(roles=[UPLOAD]), transfer_servers=listed)) == who


def test_fronts_of_one_account_do_not_open_what_they_have_no_role_for() -> None:
    """With everything in front and no role behind it the bucket stays closed."""
    said = section(
        authorization=people(),
        functions=[function(BY_URL)],
        apis=[api()],
        transfer_servers=[server(visitor())],
        distributions=[distribution()],
        identity_pools=[{"IdentityPoolId": "p", "AllowUnauthenticatedIdentities": True}],
    )

    assert not readers(said)


def test_fronts_of_another_account_are_found_there() -> None:
    """A role of another account in the section is as open as that account's functions make it."""
    away = role("show", {"Service": "lambda.amazonaws.com"}, READ, account=OTHER)
    theirs = {
        **NOTHING,
        "authorization": people(roles=[away]),
        "functions": [function(BY_URL, Role=away["Arn"])],
    }
    own = bucket(policy=policy(allow({"AWS": away["Arn"]})))

    assert is_public(section(own, {OTHER: theirs}))
