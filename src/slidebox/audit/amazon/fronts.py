"""What a plan or a stack puts in front of buckets: CloudFront, functions, interfaces, servers, identity pools. Pure.

Each as the service itself answers. What is known only later is found by what it comes from: a domain by its bucket, a
role, a function or a server by its resource, which then stands for it by its address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.buckets import BUCKET
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.identities import Identities
from slidebox.audit.amazon.item import (
    LATER,
    Item,
    Stack,
    block,
    blocks,
    distribution_arn,
    named,
    said,
    settled,
    texts,
)

_IDENTITY: Final = "origin-access-identity/cloudfront/"


@dataclass(slots=True)
class _Grouped:
    """Items of one kind, by what they are about: its name or id, its key, or nothing that is told."""

    named: dict[str, list[Item]] = field(default_factory=dict)
    referred: dict[str, list[Item]] = field(default_factory=dict)
    untold: list[Item] = field(default_factory=list)


class Fronts:
    """What is in front of the buckets of a stack.

    Parameters
    ----------
    stack, documents, identities
        The stack, its policies and its roles.
    names
        What each bucket stands under.
    account
        The account they are in; empty where it is not known.
    """

    def __init__(
        self, stack: Stack, documents: Documents, identities: Identities, names: Mapping[str, str], account: str
    ) -> None:
        self._stack = stack
        self._documents = documents
        self._identities = identities
        self._names = names
        self._account = account
        self._groups: dict[tuple[str, str, str], _Grouped] = {}

    # CloudFront

    def distributions(self) -> list[dict[str, Any]]:
        """The distributions of CloudFront."""
        return [self._distribution(item) for item in self._stack.of("cloudfront_distribution")]

    def _distribution(self, item: Item) -> dict[str, Any]:
        origins = blocks(item.values, "origin")
        # Several origins come from several buckets, and nothing says which from which: each is taken to be any.
        sources = [self._names[one.key] for one in self._stack.sources(item, "origin", BUCKET)]
        listed = [one for values in origins for one in self._origin(item, values, sources)]
        groups = [_group(values) for values in blocks(item.values, "origin_group")]
        others = [_behaviour(values) for values in blocks(item.values, "ordered_cache_behavior")]
        return {
            "Id": named(item),
            "ARN": distribution_arn(item, self._account),
            "DomainName": item.known("domain_name"),
            "Enabled": settled(said(item.values, "enabled")),
            "Origins": {"Items": listed},
            "OriginGroups": {"Items": groups},
            "DefaultCacheBehavior": _behaviour(block(item.values, "default_cache_behavior")),
            "CacheBehaviors": {"Items": others},
        }

    def _origin(self, item: Item, values: Any, sources: list[str]) -> Iterator[Any]:
        domain = said(values, "domain_name")
        if values == UNKNOWN or (domain == UNKNOWN and not sources):
            yield unread(LATER)
            return
        names = [f"{name}.s3.amazonaws.com" for name in sources] if domain == UNKNOWN else [domain]
        identity = said(block(values, "s3_origin_config"), "origin_access_identity")
        if identity == UNKNOWN:
            known = self._stack.sources(item, "origin", "cloudfront_origin_access_identity")
            identity = f"{_IDENTITY}{named(known[0])}" if len(known) == 1 else UNKNOWN
        for name in names:
            yield {
                "Id": settled(said(values, "origin_id")),
                "DomainName": name,
                "S3OriginConfig": {"OriginAccessIdentity": settled(identity) or ""},
                "OriginAccessControlId": settled(said(values, "origin_access_control_id")) or "",
            }

    def origin_access_identities(self) -> list[dict[str, Any]]:
        """The identities with which CloudFront reads."""
        return [
            {"Id": named(item), "S3CanonicalUserId": item.known("s3_canonical_user_id") or item.address}
            for item in self._stack.of("cloudfront_origin_access_identity")
        ]

    # Functions

    def functions(self) -> list[dict[str, Any]]:
        """The functions of Lambda, with their URLs and who may call them."""
        return [self._function(item) for item in self._stack.of("lambda_function")]

    def _function(self, item: Item) -> dict[str, Any]:
        arn = self._function_arn(item)
        urls = self._beside("lambda_function_url", "function_name", item, "function_name")
        allowed = self._beside("lambda_permission", "function_name", item, "function_name")
        listed = [*(_permission(one, arn) for one in allowed), *(_by_url(one, arn) for one in urls)]
        statements = [one for one in listed if one is not None]
        return {
            "FunctionName": named(item, "function_name"),
            "FunctionArn": arn,
            "Role": self._role(item, "role"),
            "Urls": [{"AuthType": settled(one.get("authorization_type"))} for one in urls],
            "Policy": {"Statement": statements} if statements else None,
        }

    def _function_arn(self, item: Item) -> str:
        return item.known("arn") or f"arn:aws:lambda:*:{self._account}:function:{named(item, 'function_name')}"

    def _role(self, item: Item, attribute: str) -> Any:
        """The ARN of a role, or what stands for it; unread where nothing tells which it is."""
        value = item.text(attribute)
        if value not in ("", UNKNOWN):
            return value
        roles = self._stack.sources(item, attribute, "iam_role")
        if len(roles) == 1:
            return self._identities.arn_of(roles[0])
        return unread(LATER) if value == UNKNOWN else ""

    # API Gateway

    def apis(self) -> list[dict[str, Any]]:
        """The interfaces of API Gateway, of both kinds."""
        return [
            *map(self._rest_api, self._stack.of("api_gateway_rest_api")),
            *map(self._http_api, self._stack.of("apigatewayv2_api")),
        ]

    def _rest_api(self, item: Item) -> dict[str, Any]:
        beside = self._beside("api_gateway_rest_api_policy", "rest_api_id", item)
        methods = self._beside("api_gateway_method", "rest_api_id", item)
        calls = self._beside("api_gateway_integration", "rest_api_id", item)
        endpoint = block(item.values, "endpoint_configuration")
        body = item.get("body") is not None
        return {
            "Id": named(item, "id"),
            "Name": named(item),
            "Protocol": "REST",
            "EndpointTypes": settled(said(endpoint, "types")) or [],
            "Policy": self._documents.of(beside[0] if len(beside) == 1 else item),
            "Integrations": unread("they are in an OpenAPI document, which is not read")
            if body
            else [self._integration(one, methods) for one in calls],
        }

    def _integration(self, call: Item, methods: list[Item]) -> dict[str, Any]:
        mine = [one for one in methods if _same(one, call, "http_method") and _same(one, call, "resource_id")]
        mine = [one for one in mine if one.sources.get("resource_id") == call.sources.get("resource_id")] or mine
        asks = {one.text("authorization") or "NONE" for one in mine}
        keys = {bool(said(one.values, "api_key_required")) for one in mine}
        return {
            "Uri": self._uri(call, "uri"),
            "Credentials": self._role(call, "credentials"),
            "Method": call.text("http_method").replace(UNKNOWN, ""),
            "Authorization": asks.pop() if len(asks) == 1 and UNKNOWN not in asks else unread(LATER),
            "ApiKeyRequired": keys.pop() if len(keys) == 1 else unread(LATER),
        }

    def _http_api(self, item: Item) -> dict[str, Any]:
        calls = self._beside("apigatewayv2_integration", "api_id", item)
        routes = self._beside("apigatewayv2_route", "api_id", item)
        found: Any = [one for call in calls for one in self._routed(call, routes)]
        if item.get("target") is not None:
            found.append(
                {
                    "Uri": self._uri(item, "target"),
                    "Credentials": self._role(item, "credentials_arn"),
                    "Authorization": "NONE",
                }
            )
        if item.get("body") is not None:
            found = unread("they are in an OpenAPI document, which is not read")
        return {"Id": named(item, "id"), "Name": named(item), "Protocol": "HTTP", "Policy": None, "Integrations": found}

    def _routed(self, call: Item, routes: list[Item]) -> Iterator[dict[str, Any]]:
        for route in routes:
            target = route.text("target")
            sources = self._stack.sources(route, "target", "apigatewayv2_integration")
            if call in sources or (target == UNKNOWN and not sources) or target == f"integrations/{call.text('id')}":
                yield {
                    "Uri": self._uri(call, "integration_uri"),
                    "Credentials": self._role(call, "credentials_arn"),
                    "Path": route.text("route_key").replace(UNKNOWN, ""),
                    "Authorization": settled(route.get("authorization_type")) or "NONE",
                    "ApiKeyRequired": settled(said(route.values, "api_key_required")) or False,
                }

    def _uri(self, item: Item, attribute: str) -> Any:
        value = item.text(attribute)
        if value != UNKNOWN:
            return value
        functions = self._stack.sources(item, attribute, "lambda_function")
        return self._function_arn(functions[0]) if len(functions) == 1 else unread(LATER)

    def _beside(self, kind: str, attribute: str, whole: Item, own: str = "id") -> list[Item]:
        """The items of a kind that are, or may be, about another thing: by its id or name, or by reference."""
        grouped = self._grouped(kind, attribute, whole.kind)
        name = whole.known(own)
        by_name = grouped.named.get(name, [])
        if not name and own != "id":
            # What is about a name may be about one whose name is not known; an id is nobody's before it is made.
            by_name = [one for listed in grouped.named.values() for one in listed]
        return [*by_name, *grouped.referred.get(whole.key, ()), *grouped.untold]

    def _grouped(self, kind: str, attribute: str, about: str) -> _Grouped:
        if (kind, attribute, about) not in self._groups:
            found = self._groups[kind, attribute, about] = _Grouped()
            for item in self._stack.of(kind):
                name = _plain_name(item.known(attribute))
                sources = self._stack.sources(item, attribute, about)
                if name:
                    found.named.setdefault(name, []).append(item)
                elif not sources:
                    found.untold.append(item)
                for one in () if name else sources:
                    found.referred.setdefault(one.key, []).append(item)
        return self._groups[kind, attribute, about]

    # File servers

    def transfer_servers(self) -> list[dict[str, Any]]:
        """The servers of Transfer Family, with their users."""
        return [self._server(item) for item in self._stack.of("transfer_server")]

    def _server(self, item: Item) -> dict[str, Any]:
        kinds = ("transfer_user", "transfer_access")
        users = [one for kind in kinds for one in self._beside(kind, "server_id", item)]
        return {
            "ServerId": named(item, "id"),
            "IdentityProviderType": settled(item.get("identity_provider_type")) or "SERVICE_MANAGED",
            "Users": [self._user(one) for one in users],
        }

    def _user(self, item: Item) -> dict[str, Any]:
        mappings = blocks(item.values, "home_directory_mappings")
        return {
            "UserName": settled(item.get("user_name") or item.get("external_id")),
            "Role": self._role(item, "role"),
            "HomeDirectory": settled(item.get("home_directory")),
            "HomeDirectoryType": settled(item.get("home_directory_type")) or "PATH",
            "HomeDirectoryMappings": [
                unread(LATER)
                if one == UNKNOWN
                else {"Entry": settled(said(one, "entry")), "Target": settled(said(one, "target"))}
                for one in mappings
            ],
            "Policy": self._documents.of(item),
        }

    # Identity pools

    def identity_pools(self) -> list[dict[str, Any]]:
        """The identity pools of Cognito, with the roles that they hand out."""
        return [self._pool(item) for item in self._stack.of("cognito_identity_pool")]

    def _pool(self, item: Item) -> dict[str, Any]:
        mine = self._beside("cognito_identity_pool_roles_attachment", "identity_pool_id", item)
        return {
            "IdentityPoolId": named(item, "id"),
            "AllowUnauthenticatedIdentities": settled(said(item.values, "allow_unauthenticated_identities")) or False,
            "Roles": {name: settled(arn) for one in mine for name, arn in (_mapping(one.get("roles"))).items()},
        }


def _plain_name(text: str) -> str:
    """A function's name, which may be written as an ARN; anything else as it is."""
    return text.rsplit(":function:", maxsplit=1)[-1].split(":", maxsplit=1)[0] if ":function:" in text else text


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _same(one: Item, other: Item, attribute: str) -> bool:
    return bool(one.get(attribute) == other.get(attribute))


def _behaviour(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return unread(LATER)
    found: dict[str, Any] = {
        "TargetOriginId": settled(said(values, "target_origin_id")),
        "AllowedMethods": {"Items": settled(texts(values, "allowed_methods"))},
    }
    if (path := said(values, "path_pattern")) is not None:
        found["PathPattern"] = settled(path)
    for name, called in (("trusted_signers", "TrustedSigners"), ("trusted_key_groups", "TrustedKeyGroups")):
        # Of a list that is not known as a whole nobody knows whether there is anything in it.
        listed = (
            unread(LATER)
            if said(values, name) == UNKNOWN
            else {"Enabled": bool(said(values, name)), "Items": settled(texts(values, name))}
        )
        found[called] = listed
    return found


def _group(values: Any) -> Any:
    if values == UNKNOWN:
        return unread(LATER)
    members = [{"OriginId": settled(said(one, "origin_id"))} for one in blocks(values, "member")]
    return {"Id": settled(said(values, "origin_id")), "Members": {"Items": members}}


def _permission(item: Item, arn: str) -> dict[str, Any]:
    """A permission to call a function, as its policy has it."""
    principal = item.get("principal")
    condition: dict[str, dict[str, Any]] = {}
    for name, operator, key in (
        ("source_arn", "ArnLike", "AWS:SourceArn"),
        ("source_account", "StringEquals", "AWS:SourceAccount"),
        ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
        ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ):
        if (value := item.get(name)) is not None:
            condition.setdefault(operator, {})[key] = settled(value)
    kind = (
        "Service" if isinstance(principal, str) and principal.endswith((".amazonaws.com", ".aws.internal")) else "AWS"
    )
    return {
        "Sid": settled(item.get("statement_id")) or item.address,
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {kind: settled(principal)},
        "Action": settled(item.get("action")),
        "Resource": arn,
        **({"Condition": condition} if condition else {}),
    }


def _by_url(item: Item, arn: str) -> dict[str, Any] | None:
    """What a URL that asks nobody gives everybody: the provider adds the permission by itself."""
    asks = item.get("authorization_type")
    if asks not in ("NONE", UNKNOWN):
        return None
    return {
        "Sid": "FunctionURLAllowPublicAccess",
        "Effect": "Allow",
        "Principal": "*" if asks == "NONE" else unread(LATER),
        "Action": "lambda:InvokeFunctionUrl",
        "Resource": arn,
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    }
