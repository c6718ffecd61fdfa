"""Each way by which a bucket of AWS is exposed, planned with Terraform and with Pulumi, and nearly is.

A plan knows no ARN, so most of it is joined by what an attribute comes from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from slidebox.access import audit
from slidebox.access.snapshot import Known
from slidebox.audit.pulumi import snapshot as of_stack
from slidebox.audit.terraform import snapshot as of_plan

from .aws_plans import plan, resource, stack

BUCKET = resource("aws_s3_bucket.a", {"bucket": "lab-a"})
THINGS = "arn:aws:s3:::lab-a/*"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": THINGS}
OFF = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), False
)
ON = dict.fromkeys(OFF, True)


def document(*statements: Mapping[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def to(address: str, attribute: str = "id") -> list[str]:
    """The references of an expression that names an attribute of a resource."""
    return [f"{address}.{attribute}", address]


def trusting(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def role(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> list[dict[str, Any]]:
    """A role that reads the bucket."""
    return [
        resource("aws_iam_role.r", {"name": "r", "assume_role_policy": trusting(principal, action, **more)}),
        resource(
            "aws_iam_role_policy.r",
            {"name": "p", "policy": document(READ)},
            {"role": True},
            {"role": to("aws_iam_role.r")},
        ),
    ]


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """The policy of the bucket."""
    return resource("aws_s3_bucket_policy.a", {"bucket": "lab-a", "policy": document(*statements)})


def function(url: str) -> list[dict[str, Any]]:
    """A function that reads the bucket, with a URL."""
    of = to("aws_lambda_function.f", "function_name")
    return [
        *role({"Service": "lambda.amazonaws.com"}),
        resource(
            "aws_lambda_function.f", {"function_name": "f"}, {"role": True}, {"role": to("aws_iam_role.r", "arn")}
        ),
        resource(
            "aws_lambda_function_url.u", {"function_name": "f", "authorization_type": url}, refs={"function_name": of}
        ),
    ]


def interface(authorization: str) -> list[dict[str, Any]]:
    """An interface of API Gateway that reads the bucket in a role."""
    both = {"rest_api_id": to("aws_api_gateway_rest_api.i"), "resource_id": to("aws_api_gateway_resource.x")}
    later = {"rest_api_id": True, "resource_id": True}
    uri = "arn:aws:apigateway:us-east-1:s3:path/lab-a/x.tif"
    return [
        *role({"Service": "apigateway.amazonaws.com"}),
        resource("aws_api_gateway_rest_api.i", {"name": "images"}),
        resource("aws_api_gateway_method.m", {"http_method": "GET", "authorization": authorization}, later, both),
        resource(
            "aws_api_gateway_integration.m",
            {"http_method": "GET", "type": "AWS", "uri": uri},
            {**later, "credentials": True},
            {**both, "credentials": to("aws_iam_role.r", "arn")},
        ),
    ]


def http_interface(authorization: str) -> list[dict[str, Any]]:
    """An interface of the second kind, with a function behind."""
    api = {"api_id": to("aws_apigatewayv2_api.i")}
    allowed = {"function_name": "f", "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com"}
    return [
        *function("AWS_IAM")[:-1],
        resource("aws_lambda_permission.p", allowed),
        resource("aws_apigatewayv2_api.i", {"name": "images", "protocol_type": "HTTP"}),
        resource(
            "aws_apigatewayv2_integration.c",
            {"integration_type": "AWS_PROXY"},
            {"api_id": True, "integration_uri": True},
            {**api, "integration_uri": to("aws_lambda_function.f", "invoke_arn")},
        ),
        resource(
            "aws_apigatewayv2_route.r",
            {"route_key": "GET /", "authorization_type": authorization},
            {"api_id": True, "target": True},
            {**api, "target": to("aws_apigatewayv2_integration.c")},
        ),
    ]


def distribution(**changes: Any) -> list[dict[str, Any]]:
    """A distribution of CloudFront in front of the bucket, that reads it as an origin access identity."""
    behaviour = {"target_origin_id": "o", "allowed_methods": ["GET", "HEAD"], **changes.pop("behaviour", {})}
    origin = {"origin_id": "o", "domain_name": "lab-a.s3.amazonaws.com", "s3_origin_config": [{}]}
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
    return [
        resource("aws_cloudfront_origin_access_identity.i", {"id": "E1", "s3_canonical_user_id": "0c"}),
        resource(
            "aws_cloudfront_distribution.d",
            {"enabled": True, "origin": [origin], "default_cache_behavior": [behaviour], **changes},
            {"domain_name": True, "origin": [{"s3_origin_config": [{"origin_access_identity": True}]}]},
            {"origin": to("aws_cloudfront_origin_access_identity.i", "cloudfront_access_identity_path")},
        ),
        policy({**READ, "Principal": {"AWS": identity}}),
    ]


def drawn(*statements: Mapping[str, Any], unknown: list[Any], refs: list[str]) -> list[dict[str, Any]]:
    """The policy of the bucket, as a data source gives it when the plan is applied."""
    return [
        resource(
            "aws_s3_bucket_policy.a",
            {"bucket": "lab-a"},
            {"policy": True},
            {"policy": to("data.aws_iam_policy_document.d", "json")},
        ),
        resource(
            "data.aws_iam_policy_document.d",
            {"statement": list(statements)},
            {"json": True, "statement": unknown},
            {"statement": refs},
        ),
    ]


OF_CLOUDFRONT = {
    "actions": ["s3:GetObject"],
    "resources": [None],
    "principals": [{"type": "Service", "identifiers": ["cloudfront.amazonaws.com"]}],
    "condition": [{"test": "StringEquals", "variable": "AWS:SourceArn", "values": [None]}],
}


def controlled(enabled: bool) -> list[dict[str, Any]]:
    """A distribution that reads the bucket by origin access control: everything that names it is known after apply."""
    refs = [*to("aws_s3_bucket.a", "arn"), *to("aws_cloudfront_distribution.d", "arn")]
    behaviour = {"target_origin_id": "o", "allowed_methods": ["GET", "HEAD"]}
    return [
        resource(
            "aws_cloudfront_distribution.d",
            {"enabled": enabled, "origin": [{"origin_id": "o"}], "default_cache_behavior": [behaviour]},
            {"domain_name": True, "origin": [{"domain_name": True, "origin_access_control_id": True}]},
            {"origin": to("aws_s3_bucket.a", "bucket_regional_domain_name")},
        ),
        *drawn(OF_CLOUDFRONT, unknown=[{"resources": [True], "condition": [{"values": [True]}]}], refs=refs),
    ]


def point(block: Mapping[str, bool], principal: Any) -> list[dict[str, Any]]:
    """An access point, to which the bucket leaves who comes."""
    arn = "arn:aws:s3:us-east-1:123456789012:accesspoint/door"
    given = document(
        {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{arn}/object/*"}
    )
    left = {"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}}
    return [
        resource(
            "aws_s3_access_point.door",
            {
                "name": "door",
                "bucket": "lab-a",
                "arn": arn,
                "policy": given,
                "public_access_block_configuration": [dict(block)],
            },
            {"alias": True},
        ),
        policy(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "*",
                "Resource": ["arn:aws:s3:::lab-a", THINGS],
                "Condition": left,
            }
        ),
    ]


def pool(unauthenticated: bool) -> list[dict[str, Any]]:
    """An identity pool that hands the role out."""
    name = "us-east-1:1b2c3d4e-0000-0000-0000-000000000000"
    condition = {"StringEquals": {"cognito-identity.amazonaws.com:aud": name}}
    federated = {"Federated": "cognito-identity.amazonaws.com"}
    return [
        *role(federated, "sts:AssumeRoleWithWebIdentity", Condition=condition),
        resource(
            "aws_cognito_identity_pool.p",
            {"id": name, "identity_pool_name": "p", "allow_unauthenticated_identities": unauthenticated},
        ),
    ]


def encrypted(principal: Any) -> list[dict[str, Any]]:
    """An open bucket with a key of its own."""
    by = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": None}]}
    later = {"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]}
    decrypt = {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}
    return [
        policy({**READ, "Principal": "*"}),
        resource("aws_kms_key.k", {"policy": document(decrypt)}),
        resource(
            "aws_s3_bucket_server_side_encryption_configuration.a",
            {"bucket": "lab-a", "rule": [by]},
            later,
            {"rule": to("aws_kms_key.k", "arn")},
        ),
    ]


ACL = {"bucket": "lab-a", "acl": "public-read"}
CONTROLS = {"bucket": "lab-a", "rule": [{"object_ownership": "BucketOwnerEnforced"}]}


@dataclass(frozen=True)
class Path:
    """A way by which a bucket is exposed, and nearly is: beside the bucket itself."""

    opens: list[dict[str, Any]]
    closed: list[dict[str, Any]]
    terraform_only: bool = False


PATHS = {
    "bucket policy": Path(
        [policy({**READ, "Principal": "*"})], [policy({**READ, "Principal": {"AWS": "123456789012"}})]
    ),
    "bucket policy of which only the statements are known": Path(
        drawn(
            {
                "actions": ["s3:GetObject"],
                "resources": [None],
                "principals": [{"type": "AWS", "identifiers": ["*"]}],
            },
            unknown=[{"resources": [True]}],
            refs=to("aws_s3_bucket.a", "arn"),
        ),
        drawn(
            {
                "actions": ["s3:GetObject"],
                "resources": [None],
                "principals": [{"type": "AWS", "identifiers": ["123456789012"]}],
            },
            unknown=[{"resources": [True]}],
            refs=to("aws_s3_bucket.a", "arn"),
        ),
        terraform_only=True,
    ),
    "public access block": Path(
        [
            policy({**READ, "Principal": "*"}),
            resource("aws_s3_bucket_public_access_block.a", {"bucket": "lab-a", **OFF}),
        ],
        [
            policy({**READ, "Principal": "*"}),
            resource("aws_s3_bucket_public_access_block.a", {"bucket": "lab-a", **ON}),
        ],
    ),
    "public access block of the account": Path(
        [policy({**READ, "Principal": "*"}), resource("aws_s3_account_public_access_block.a", OFF)],
        [policy({**READ, "Principal": "*"}), resource("aws_s3_account_public_access_block.a", ON)],
    ),
    "access control list": Path(
        [resource("aws_s3_bucket_acl.a", ACL)],
        [resource("aws_s3_bucket_acl.a", ACL), resource("aws_s3_bucket_ownership_controls.a", CONTROLS)],
    ),
    "list of an object": Path(
        [resource("aws_s3_object.o", {**ACL, "key": "x.tif"})],
        [
            resource("aws_s3_object.o", {**ACL, "key": "x.tif"}),
            resource("aws_s3_bucket_public_access_block.a", {"bucket": "lab-a", **ON}),
        ],
    ),
    "role that anybody takes on": Path(role("*"), role({"AWS": "123456789012"})),
    "function with a URL": Path(function("NONE"), function("AWS_IAM")),
    "interface": Path(interface("NONE"), interface("AWS_IAM")),
    "interface with a function behind": Path(http_interface("NONE"), http_interface("JWT")),
    "CloudFront": Path(distribution(), distribution(enabled=False)),
    "CloudFront with signed URLs": Path(distribution(), distribution(behaviour={"trusted_key_groups": ["0a1b2c"]})),
    "CloudFront by origin access control": Path(controlled(True), controlled(False), terraform_only=True),
    "access point": Path(point(OFF, "*"), point(ON, "*")),
    "access point with a policy": Path(point(OFF, "*"), point(OFF, {"AWS": "123456789012"})),
    "identity pool": Path(pool(True), pool(False)),
    "key": Path(encrypted("*"), encrypted({"AWS": "arn:aws:iam::123456789012:root"})),
}


def readers(snapshot: Any) -> set[str]:
    """Who reads the bucket."""
    found = [one for one in audit.locations(snapshot, Known()) if one.name == "lab-a"]
    return {
        reader.principal
        for one in found
        for reader in one.readers
        if "read" in reader.actions or "list" in reader.actions
    }


@pytest.mark.parametrize("path", PATHS)
def test_alone_in_a_plan_it_makes_a_bucket_public(path: str) -> None:
    """By Terraform."""
    assert {"anyone", "any_account"} & readers(of_plan(plan(BUCKET, *PATHS[path].opens)))


@pytest.mark.parametrize("path", PATHS)
def test_in_a_plan_that_closes_it_nobody_has_it(path: str) -> None:
    """By Terraform, but for one thing."""
    assert not {"anyone", "any_account"} & readers(of_plan(plan(BUCKET, *PATHS[path].closed)))


@pytest.mark.parametrize("path", [name for name, one in PATHS.items() if not one.terraform_only])
def test_a_stack_of_pulumi_is_read_as_the_plan_of_the_same_resources(path: str) -> None:
    """One spelling of attributes is that of the other in another case."""
    for resources in (PATHS[path].opens, PATHS[path].closed):
        planned = readers(of_plan(plan(BUCKET, *resources)))
        assert readers(of_stack(stack(BUCKET, *resources))) == planned


def test_every_part_of_a_plan_that_is_known_only_later_leaves_somebody_unknown_where_it_took_somebody_away() -> None:
    """Whatever attribute of whatever resource it is."""
    kept = ("bucket", "name", "function_name", "id", "arn")
    for path, one in PATHS.items():
        public = readers(of_plan(plan(BUCKET, *one.opens)))
        for at, hidden in enumerate(one.opens):
            for name in hidden["values"]:
                if name in kept:
                    continue
                values = {key: value for key, value in hidden["values"].items() if key != name}
                later = {**hidden, "values": values, "unknown": {**hidden["unknown"], name: True}}
                left = readers(of_plan(plan(BUCKET, *one.opens[:at], later, *one.opens[at + 1 :])))
                assert left & {"anyone", "any_account", "unknown"}, (path, hidden["address"], name, public, left)


def test_every_part_of_a_closed_bucket_that_is_known_only_later_may_open_it() -> None:
    """What closed it is then not known to."""
    for path, part in (
        ("public access block", 1),
        ("public access block of the account", 1),
        ("access control list", 1),
    ):
        closed = PATHS[path].closed
        hidden = closed[part]
        names = [name for name in hidden["values"] if name != "bucket"]
        values = {"bucket": "lab-a"} if "bucket" in hidden["values"] else {}
        later = {**hidden, "values": values, "unknown": dict.fromkeys(names, True)}
        assert readers(of_plan(plan(BUCKET, *closed[:part], later))) & {"anyone", "any_account", "unknown"}


ODD: tuple[Any, ...] = (None, 5, True, "x", "", [], {}, [None], [5], ["x"], [[]], [{}], {"x": None}, "unknown")


def test_an_attribute_of_another_form_breaks_nothing() -> None:
    """A release may write what none has written so far; whoever is let in by the rest still is."""
    for path, one in PATHS.items():
        for at, hidden in enumerate(one.opens):
            for name in hidden["values"]:
                for odd in ODD:
                    values = {**hidden["values"], name: odd}
                    changed = {**hidden, "values": values}
                    found = of_plan(plan(BUCKET, *one.opens[:at], changed, *one.opens[at + 1 :]))
                    assert isinstance(json.dumps(found.document()), str), (path, name, odd)
                    assert isinstance(readers(found), set)
