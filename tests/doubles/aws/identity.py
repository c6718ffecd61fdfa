"""Roles and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from .kind import Kind, Properties, client, tags


def _role(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    iam, name = client("iam"), known or given["name"]
    if known:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=given["assumeRolePolicy"])
    else:
        more = {"MaxSessionDuration": int(given["maxSessionDuration"])} if given.get("maxSessionDuration") else {}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=given["assumeRolePolicy"], Tags=tags(given), **more)
    role = iam.get_role(RoleName=name)["Role"]
    return name, {"name": name, "arn": role["Arn"], "uniqueId": role["RoleId"], "tagsAll": given.get("tags") or {}}


def _drop_role(known: str, given: Properties) -> None:
    iam = client("iam")
    for policy in iam.list_role_policies(RoleName=known)["PolicyNames"]:
        iam.delete_role_policy(RoleName=known, PolicyName=policy)
    iam.delete_role(RoleName=known)


def _role_policy(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    name = given["name"]
    client("iam").put_role_policy(RoleName=given["role"], PolicyName=name, PolicyDocument=given["policy"])
    return f"{given['role']}:{name}", {"name": name}


def _provider(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    arn = (
        known
        or client("iam").create_open_id_connect_provider(
            Url=given["url"], ClientIDList=given["clientIdLists"], ThumbprintList=given.get("thumbprintLists") or []
        )["OpenIDConnectProviderArn"]
    )
    return arn, {"arn": arn}


def _key(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    kms = client("kms", given.get("region"))
    if known:
        kms.put_key_policy(KeyId=known, PolicyName="default", Policy=given["policy"])
    else:
        named = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags(given)]
        more = {"Policy": given["policy"]} if given.get("policy") else {}
        known = kms.create_key(Description=given.get("description") or "", Tags=named, **more)["KeyMetadata"]["KeyId"]
    if given.get("enableKeyRotation"):
        kms.enable_key_rotation(KeyId=known)
    arn = kms.describe_key(KeyId=known)["KeyMetadata"]["Arn"]
    return known, {"keyId": known, "arn": arn, "tagsAll": given.get("tags") or {}}


def _alias(given: Properties, known: str) -> tuple[str, dict[str, Any]]:
    kms = client("kms", given.get("region"))
    (kms.update_alias if known else kms.create_alias)(AliasName=given["name"], TargetKeyId=given["targetKeyId"])
    return given["name"], {"name": given["name"]}


def _seen_alias(known: str, given: Properties) -> None:
    pages = client("kms", given.get("region")).get_paginator("list_aliases").paginate()
    if not any(alias["AliasName"] == known for page in pages for alias in page["Aliases"]):
        raise ClientError({"Error": {"Code": "NotFoundException", "Message": known}}, "ListAliases")


KINDS: Mapping[str, Kind] = {
    "aws:iam/role:Role": Kind(
        _role, lambda known, given: client("iam").get_role(RoleName=known), _drop_role, ("name", "path")
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        _role_policy,
        lambda known, given: client("iam").get_role_policy(RoleName=given["role"], PolicyName=given["name"]),
        lambda known, given: client("iam").delete_role_policy(RoleName=given["role"], PolicyName=given["name"]),
        ("name", "role"),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Kind(
        _provider,
        lambda known, given: client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=known),
        lambda known, given: client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=known),
        ("url",),
    ),
    "aws:kms/key:Key": Kind(
        _key,
        lambda known, given: client("kms", given.get("region")).describe_key(KeyId=known),
        lambda known, given: client("kms", given.get("region")).schedule_key_deletion(
            KeyId=known, PendingWindowInDays=int(given.get("deletionWindowInDays") or 30)
        ),
        (),
    ),
    "aws:kms/alias:Alias": Kind(
        _alias,
        _seen_alias,
        lambda known, given: client("kms", given.get("region")).delete_alias(AliasName=known),
        ("name",),
    ),
}
