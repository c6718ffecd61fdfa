"""Who comes to a bucket of AWS through what stands in front of it: CloudFront, functions, interfaces, file servers."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.snapshot import unread

from .aws_estate import (
    ACCOUNT,
    ARN,
    BLOCKED,
    BUCKET,
    NOTHING,
    OTHER,
    acl,
    allow,
    arn,
    bucket,
    grant,
    is_public,
    may,
    people,
    policy,
    principals,
    readers,
    role,
    section,
    user,
)

READ = may("s3:GetObject", f"{ARN}/*")
CLOUDFRONT = "cloudfront.amazonaws.com"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
SHOWN = allow({"Service": CLOUDFRONT}, Condition={"StringEquals": {"AWS:SourceArn": DISTRIBUTION}})
SIGNED: dict[str, Any] = {"TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["kg"]}}
ORIGIN_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EOAI"


def origin(domain: Any = f"{BUCKET}.s3.us-east-1.amazonaws.com", **more: Any) -> dict[str, Any]:
    """An origin that is the bucket."""
    return {"Id": "o", "DomainName": domain, "OriginAccessControlId": "oac", **more}


def behaviour(target: str = "o", **more: Any) -> dict[str, Any]:
    """A behaviour that shows an origin."""
    return {"TargetOriginId": target, "TrustedKeyGroups": {"Enabled": False, "Quantity": 0}, **more}


def distribution(*origins: Any, default: Any = None, others: Any = (), **more: Any) -> dict[str, Any]:
    """A distribution that is switched on."""
    return {
        "Id": "E1",
        "ARN": DISTRIBUTION,
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": list(origins) or [origin()]},
        "DefaultCacheBehavior": default or behaviour(),
        "CacheBehaviors": {"Quantity": len(others), "Items": list(others)},
        **more,
    }


OTHER_ORIGIN = {"Id": "web", "DomainName": "lab.example"}
GROUP = {"Items": [{"Id": "g", "Members": {"Items": [{"OriginId": "web"}, {"OriginId": "o"}]}}]}
DISTRIBUTIONS: dict[str, tuple[Any, set[str]]] = {
    "shows it to everybody": ([distribution()], {"anyone"}),
    "is switched off": ([distribution(Enabled=False)], {f"account:{CLOUDFRONT}"}),
    "has another origin": ([distribution(origin("other.s3.amazonaws.com"))], {f"account:{CLOUDFRONT}"}),
    "has a bucket whose name begins the same": (
        [distribution(origin(f"{BUCKET}-2.s3.amazonaws.com"))],
        {f"account:{CLOUDFRONT}"},
    ),
    "wants signed URLs": ([distribution(default=behaviour(**SIGNED))], {f"account:{CLOUDFRONT}"}),
    "wants URLs that some accounts sign": (
        [distribution(default={"TargetOriginId": "o", "TrustedSigners": {"Enabled": True, "Items": ["self"]}})],
        {f"account:{CLOUDFRONT}"},
    ),
    "names keys, but does not want them": (
        [distribution(default=behaviour(TrustedKeyGroups={"Enabled": False, "Items": ["kg"]}))],
        {"anyone"},
    ),
    "wants signed URLs but for some paths": (
        [distribution(default=behaviour(**SIGNED), others=[behaviour(PathPattern="/open/*")])],
        {"anyone", f"account:{CLOUDFRONT}"},
    ),
    "shows something else but for some signed paths": (
        [
            distribution(
                OTHER_ORIGIN, origin(), default=behaviour("web"), others=[behaviour(PathPattern="/d/*", **SIGNED)]
            )
        ],
        {f"account:{CLOUDFRONT}"},
    ),
    "has the bucket in a group of origins": (
        [distribution(OTHER_ORIGIN, origin(), default=behaviour("g"), OriginGroups=GROUP)],
        {"anyone"},
    ),
    "is not read": (unread("AccessDenied"), {"unknown"}),
    "is not there": ([], {f"account:{CLOUDFRONT}"}),
    "is another one": ([distribution(Id="E2")], {f"account:{CLOUDFRONT}"}),
    "has origins that are not known yet": ([distribution(Origins=unread("later"))], {"unknown"}),
    "has an origin whose domain is not known yet": ([distribution(origin(unread("later")))], {"unknown"}),
    "may be switched off": ([distribution(Enabled=unread("later"))], {"anyone"}),
    "may want signed URLs": (
        [distribution(default=behaviour(TrustedKeyGroups=unread("later")))],
        {"unknown"},
    ),
    "has behaviours that are not known": (
        [distribution(OTHER_ORIGIN, origin(), default=behaviour("web"), CacheBehaviors=unread("later"))],
        {"unknown"},
    ),
}


@pytest.mark.parametrize(("listed", "who"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_a_bucket_is_as_public_as_the_distribution_that_may_read_it(listed: Any, who: set[str]) -> None:
    """What CloudFront may read it shows to whoever asks, unless signed URLs are wanted everywhere."""
    said = section(bucket(policy=policy(SHOWN), public_access_block=BLOCKED), distributions=listed)

    assert principals(said) == who


@pytest.mark.parametrize(
    ("domain", "public"),
    [
        (f"{BUCKET}.s3.amazonaws.com", True),
        (f"{BUCKET}.s3-website-us-east-1.amazonaws.com", True),
        (f"{BUCKET}.s3.dualstack.us-east-1.amazonaws.com", True),
        (f"x{BUCKET}.s3.amazonaws.com", False),
        ("lab.example", False),
    ],
)
def test_an_origin_is_the_bucket_by_its_domain(domain: str, public: bool) -> None:
    """Each of the domains of a bucket counts."""
    said = section(bucket(policy=policy(SHOWN)), distributions=[distribution(origin(domain))])

    assert is_public(said) is public


def test_a_distribution_reaches_a_bucket_by_the_alias_of_its_access_point() -> None:
    """The alias of an access point is a domain of the bucket."""
    door = {"Name": "d", "Bucket": BUCKET, "Alias": "d-abc-s3alias", "NetworkOrigin": "Internet", "Policy": None}
    listed = [distribution(origin("d-abc-s3alias.s3.us-east-1.amazonaws.com"))]

    assert is_public(section(bucket(policy=policy(SHOWN)), distributions=listed, access_points=[door]))


SOURCES: dict[str, tuple[Any, set[str]]] = {
    "any distribution": ({}, {"any_account", "anyone"}),
    "those of the account": ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"anyone"}),
    "all of the account by a pattern": (
        {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}},
        {"anyone"},
    ),
    "one of another account": (
        {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{OTHER}:distribution/E9"}},
        {"unknown"},
    ),
}


@pytest.mark.parametrize(("condition", "who"), SOURCES.values(), ids=SOURCES)
def test_which_distributions_may_read_is_in_the_condition(condition: Any, who: set[str]) -> None:
    """Without one it is whoever can make a distribution; one of an account that was not read may be open."""
    said = allow({"Service": CLOUDFRONT}, **({"Condition": condition} if condition else {}))

    assert principals(section(bucket(policy=policy(said)), distributions=[distribution()])) == who


def test_a_distribution_that_only_gets_gives_no_more_than_reading() -> None:
    """What a distribution does not pass on is not given by it."""
    everything = allow({"Service": CLOUDFRONT}, "s3:*", [ARN, f"{ARN}/*"], Condition=SHOWN["Condition"])
    gets = distribution(default=behaviour(AllowedMethods={"Items": ["HEAD", "GET"]}))
    puts = distribution(default=behaviour(AllowedMethods={"Items": ["HEAD", "GET", "PUT", "DELETE"]}))

    for listed, actions in ((gets, ("read", "list")), (puts, ("read", "list", "write", "delete", "admin"))):
        found = readers(section(bucket(policy=policy(everything)), distributions=[listed]))
        assert [one.actions for one in found] == [actions]


def known_by(identity: str) -> dict[str, Any]:
    """A distribution that reads as an origin access identity."""
    return distribution(
        origin(S3OriginConfig={"OriginAccessIdentity": f"origin-access-identity/cloudfront/{identity}"})
    )


ONE = {"origin_access_identities": [{"Id": "EOAI", "S3CanonicalUserId": "c0ffee"}]}
IDENTITIES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a distribution has it": ({**ONE, "distributions": [known_by("EOAI")]}, {"anyone"}),
    "a distribution has another": ({**ONE, "distributions": [known_by("E0")]}, {f"account:{CLOUDFRONT}"}),
    "nothing has it": (ONE, {f"account:{CLOUDFRONT}"}),
    "distributions were not read": ({**ONE, "distributions": unread("AccessDenied")}, {"unknown"}),
}
NAMED: dict[str, dict[str, Any]] = {
    "by its ARN": {"policy": policy(allow({"AWS": ORIGIN_IDENTITY}, "s3:ListBucket", ARN))},
    "by its canonical id": {"policy": policy(allow({"CanonicalUser": "c0ffee"}, "s3:ListBucket", ARN))},
    "in a list": {"acl": acl(grant("c0ffee", "READ")), "ownership": None},
}


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize(("more", "who"), IDENTITIES.values(), ids=IDENTITIES)
def test_an_origin_access_identity_shows_what_it_can_read(
    named: dict[str, Any], more: dict[str, Any], who: set[str]
) -> None:
    """However it is named, in a policy or in a list."""
    assert principals(section(bucket(**named), **more), "list") == who


ELSEWHERE: dict[str, tuple[Any, set[str], set[str]]] = {
    "of another account": ([], {"unknown"}, {"account:canonical:c0ffee"}),
    "of nobody who was read": (
        unread("AccessDenied"),
        {"unknown"},
        {"unknown", "account:canonical:c0ffee"},
    ),
}


@pytest.mark.parametrize(("listed", "by_arn", "by_id"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_origin_access_identity_of_which_nothing_is_known_may_be_open(
    listed: Any, by_arn: set[str], by_id: set[str]
) -> None:
    """A distribution of somebody else's may show everything to everybody."""
    for name, who in (("by its ARN", by_arn), ("by its canonical id", by_id)):
        assert principals(section(bucket(**NAMED[name]), origin_access_identities=listed), "list") == who


# Functions

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
