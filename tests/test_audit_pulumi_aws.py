"""Stacks of Pulumi as a snapshot of AWS: slidebox's own buckets, and the spelling of pulumi-aws."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox.access import audit
from slidebox.access.declared import ROLE_ACTIONS
from slidebox.access.snapshot import unread
from slidebox.audit.declared import known_to
from slidebox.audit.pulumi import snapshot
from slidebox.audit.pulumi.aws import kind_of
from slidebox.audit.pulumi.spelling import snake
from slidebox.preview import Seen

from .aws_cases import CASES, bucket_of, everything_in, seen


def test_the_readers_of_a_bucket_that_slidebox_makes_are_those_who_are_declared(
    opa: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Person by person, with what they may do, and list; everybody only where data are public, none deletes on hold."""
    everything = everything_in(tmp_path_factory.mktemp("labs"), opa)
    for name, case in CASES.items():
        lab, found = everything[name]
        places = audit.locations(snapshot(seen(found)), known_to(lab))
        (location,) = (one for one in places if one.store == case.candidate.store)
        grants = bucket_of(case, lab, opa).grants
        expected = {(grant.principal, action) for grant in grants for action in (*ROLE_ACTIONS[grant.role], "list")}
        expected |= {("anyone", "read")} if name == "public" else set()
        if name == "hold":
            expected = {(who, action) for who, action in expected if action != "delete"}

        assert {(reader.principal, action) for reader in location.readers for action in reader.actions} == expected
        assert location.dataset == case.candidate.dataset


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("aws:s3/bucket:Bucket", "s3_bucket"),
        ("aws:s3/bucketV2:BucketV2", "s3_bucket"),
        ("aws:s3/bucketAclV2:BucketAclV2", "s3_bucket_acl"),
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "s3_bucket_public_access_block"),
        ("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "s3_account_public_access_block"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "s3_object"),
        ("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "s3_bucket_replication_configuration"),
        ("aws:s3control/accessPointPolicy:AccessPointPolicy", "s3control_access_point_policy"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "iam_role_policy_attachment"),
        ("aws:lambda/functionUrl:FunctionUrl", "lambda_function_url"),
        ("aws:apigateway/restApi:RestApi", "api_gateway_rest_api"),
        ("aws:apigatewayv2/api:Api", "apigatewayv2_api"),
        ("aws:cloudfront/originAccessIdentity:OriginAccessIdentity", "cloudfront_origin_access_identity"),
        ("aws-native:s3:Bucket", "native s3 Bucket"),
        ("aws-native:ec2:Instance", ""),
        ("gcp:storage/bucket:Bucket", ""),
        ("pulumi:pulumi:Stack", ""),
    ],
)
def test_a_type_of_pulumi_is_one_of_terraform(token: str, kind: str) -> None:
    """Pulumi's provider is made from Terraform's, and so are its names."""
    assert kind_of(token) == kind


@pytest.mark.parametrize(
    ("pulumi", "terraform"),
    [
        ("blockPublicAcls", "block_public_acls"),
        ("s3OriginConfig", "s3_origin_config"),
        ("kmsMasterKeyId", "kms_master_key_id"),
        ("ignorePublicAcls", "ignore_public_acls"),
        ("acl", "acl"),
    ],
)
def test_an_attribute_of_pulumi_is_spelled_as_terraforms(pulumi: str, terraform: str) -> None:
    """Only the case differs."""
    assert snake(pulumi) == terraform


def test_a_secret_of_a_stack_is_not_known() -> None:
    """A policy that the engine withholds may let in anybody."""
    bucket = Seen("urn:pulumi:s::p::aws:s3/bucket:Bucket::b", "aws:s3/bucket:Bucket", {"bucket": "lab-a"})
    policy = Seen(
        "urn:pulumi:s::p::aws:s3/bucketPolicy:BucketPolicy::b",
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "lab-a", "policy": "[secret]"},
    )
    found = snapshot([bucket, policy]).sections["aws"]["buckets"]["lab-a"]
    assert found["policy"] == unread("known after apply")


def test_what_nothing_here_reads_stands_by_itself() -> None:
    """A bucket of the other provider of AWS may have any policy."""
    token = "aws-native:s3:Bucket"
    found = snapshot([Seen(f"urn:pulumi:s::p::{token}::other", token, {"bucketName": "lab-b"})])
    assert list(found.sections["aws"]["unplaced"]) == ["other"]
