"""What the services of AWS say of an account, once for all its buckets.

Each group of calls is by itself: what may not be read, or is not answered, is unread, and the rest goes on. Nothing
secret is kept: of access keys only whether they are in use and when they were last used.

Sources: API references of Amazon S3 Control, IAM, CloudFront, AWS Lambda, Amazon API Gateway, AWS Transfer Family,
Amazon Cognito (identity pools) and AWS KMS, as of 2026-11.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live.amazon_buckets import BLOCK, whole
from slidebox.audit.live.amazon_calls import Calls

_IAM_LISTS: Final = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_MULTI_REGION: Final = "us-west-2"
"""Where the control plane of multi-region access points is."""
_GLOBAL: Final = "us-east-1"
_REPORT_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Account:
    """What is asked of an account.

    Attributes
    ----------
    calls
        Asks the services.
    number
        Its twelve digits.
    regions
        The regions in which it has buckets.
    """

    calls: Calls
    number: str
    regions: tuple[str, ...]

    def read(self) -> dict[str, Any]:
        """Everything that decides about access to any of its buckets."""
        asks: Mapping[str, Callable[[], Any]] = {
            "public_access_block": self._block,
            "authorization": self._authorization,
            "access_points": self._points,
            "multi_region_access_points": self._multi_region_points,
            "distributions": self._distributions,
            "origin_access_identities": self._origin_access_identities,
            "functions": self._functions,
            "apis": self._apis,
            "transfer_servers": self._servers,
            "identity_pools": self._pools,
        }
        return dict(zip(asks, self.calls.each(lambda ask: ask(), list(asks.values())), strict=True))

    def _block(self) -> Any:
        absent = ("NoSuchPublicAccessBlockConfiguration",)
        part = "PublicAccessBlockConfiguration"
        answer = self.calls.one("s3control", "get_public_access_block", part, absent, AccountId=self.number)
        return whole(answer, *BLOCK)

    # Identities

    def _authorization(self) -> Any:
        found: dict[str, Any] = {name: [] for name in _IAM_LISTS}
        page: Mapping[str, Any] = {"IsTruncated": True}
        more: dict[str, Any] = {}
        while page.get("IsTruncated"):
            page = self.calls.one("iam", "get_account_authorization_details", "", MaxItems=1000, **more)
            if why_unread(page) is not None:
                # Of identities that were not read nobody knows what they may do.
                return page
            for name in _IAM_LISTS:
                found[name].extend(page.get(name) or ())
            more = {"Marker": page.get("Marker")}
        _keep_attached(found)
        self._keys(found["UserDetailList"])
        return found

    def _keys(self, users: Iterable[dict[str, Any]]) -> None:
        """Which users have access keys in use, by the report on credentials; nothing where it may not be had."""
        for _ in range(_REPORT_TRIES):
            state = self.calls.one("iam", "generate_credential_report", "State")
            if state == "COMPLETE" or why_unread(state) is not None:
                break
        content = self._report()
        rows = {row.get("user"): row for row in csv.DictReader(io.StringIO(content))} if content else {}
        for user in users:
            row = rows.get(user.get("UserName"))
            if row is not None:
                user["AccessKeys"] = [
                    {"Status": "Active", "LastUsed": row.get(f"access_key_{number}_last_used_date")}
                    for number in (1, 2)
                    if row.get(f"access_key_{number}_active") == "true"
                ]

    def _report(self) -> str:
        answer = self.calls.raw("iam", "get_credential_report", "Content")
        return answer.decode(errors="replace") if isinstance(answer, bytes) else ""

    # Access points

    def _points(self) -> Any:
        listed = self._in_regions("s3control", "list_access_points", "AccessPointList", AccountId=self.number)
        return self._each(listed, self._point)

    def _point(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {"AccountId": self.number, "Name": said.get("Name")}
        block = self.calls.one(
            "s3control", "get_access_point", "PublicAccessBlockConfiguration", region=region, **asked
        )
        absent = ("NoSuchAccessPointPolicy",)
        policy = self.calls.one("s3control", "get_access_point_policy", "Policy", absent, region, **asked)
        return {**said, "PublicAccessBlockConfiguration": whole(block, *BLOCK), "Policy": policy}

    def _multi_region_points(self) -> Any:
        listed = self.calls.many(
            "s3control", "list_multi_region_access_points", "AccessPoints", _MULTI_REGION, AccountId=self.number
        )
        return self._each(_of_region(_MULTI_REGION, listed), self._multi_region_point)

    def _multi_region_point(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        policy = self.calls.one(
            "s3control",
            "get_multi_region_access_point_policy",
            "Policy",
            ("NoSuchMultiRegionAccessPointPolicy",),
            region,
            AccountId=self.number,
            Name=said.get("Name"),
        )
        established = policy.get("Established") if isinstance(policy, Mapping) and "$unread" not in policy else None
        text = established.get("Policy") if isinstance(established, Mapping) else None
        return {**said, "Policy": policy if why_unread(policy) is not None else text}

    # CloudFront

    def _distributions(self) -> Any:
        listed = self.calls.many("cloudfront", "list_distributions", "DistributionList.Items", _GLOBAL)
        return [_distribution(one) for one in listed] if isinstance(listed, list) else listed

    def _origin_access_identities(self) -> Any:
        part = "CloudFrontOriginAccessIdentityList.Items"
        return self.calls.many("cloudfront", "list_cloud_front_origin_access_identities", part, _GLOBAL)

    # Functions and interfaces

    def _functions(self) -> Any:
        return self._each(self._in_regions("lambda", "list_functions", "Functions"), self._function)

    def _function(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        name = said.get("FunctionArn")
        urls = self.calls.many("lambda", "list_function_url_configs", "FunctionUrlConfigs", region, FunctionName=name)
        absent = ("ResourceNotFoundException",)
        policy = self.calls.one("lambda", "get_policy", "Policy", absent, region, FunctionName=name)
        kept = {key: said.get(key) for key in ("FunctionName", "FunctionArn", "Role")}
        if isinstance(urls, list):
            urls = [_only(one, "AuthType", "FunctionUrl") for one in urls]
        # What a function is told by its environment may be a secret: nothing of that is kept.
        return {**kept, "Urls": urls, "Policy": policy}

    def _apis(self) -> Any:
        rest = self._each(self._in_regions("apigateway", "get_rest_apis", "items"), self._rest_api)
        http = self._each(self._in_regions("apigatewayv2", "get_apis", "Items"), self._http_api)
        if not isinstance(rest, list) and not isinstance(http, list):
            return rest
        return [one for listed in (rest, http) for one in (listed if isinstance(listed, list) else [listed])]

    def _rest_api(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        resources = self.calls.many(
            "apigateway", "get_resources", "items", region, restApiId=said.get("id"), embed=["methods"]
        )
        policy = said.get("policy")
        calls: Any = resources
        if isinstance(resources, list):
            calls = [call for one in resources for call in _rest_calls(one)]
        return {
            "Id": said.get("id"),
            "Name": said.get("name"),
            "Protocol": "REST",
            "EndpointTypes": (said.get("endpointConfiguration") or {}).get("types") or [],
            # API Gateway hands its policy out with each quotation mark behind a backslash.
            "Policy": policy.replace('\\"', '"') if isinstance(policy, str) else None,
            "Integrations": calls,
        }

    def _http_api(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        about: dict[str, Any] = {"ApiId": said.get("ApiId")}
        integrations = self.calls.many("apigatewayv2", "get_integrations", "Items", region, **about)
        routes = self.calls.many("apigatewayv2", "get_routes", "Items", region, **about)
        calls: Any = integrations if why_unread(integrations) is not None else routes
        if isinstance(integrations, list) and isinstance(routes, list):
            by_id = {one.get("IntegrationId"): one for one in integrations}
            calls = [_http_call(one, by_id) for one in routes]
        return {
            "Id": said.get("ApiId"),
            "Name": said.get("Name"),
            "Protocol": said.get("ProtocolType"),
            "Policy": None,
            "Integrations": calls,
        }

    # File servers and identity pools

    def _servers(self) -> Any:
        return self._each(self._in_regions("transfer", "list_servers", "Servers"), self._server)

    def _server(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        users = self.calls.many("transfer", "list_users", "Users", region, ServerId=said.get("ServerId"))
        listed = [self._user(region, said, one) for one in users] if isinstance(users, list) else users
        return {**_only(said, "ServerId", "IdentityProviderType", "EndpointType"), "Users": listed}

    def _user(self, region: str, server: Mapping[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """A user of a file server; only of one whose folders are mapped is more asked for."""
        if why_unread(said) is not None or said.get("HomeDirectoryType") != "LOGICAL":
            return said
        names: dict[str, Any] = {"ServerId": server.get("ServerId"), "UserName": said.get("UserName")}
        more = self.calls.one("transfer", "describe_user", "User", region=region, **names)
        if why_unread(more) is not None:
            return {**said, "HomeDirectoryMappings": more}
        return {**said, **_only(more, "HomeDirectoryMappings", "Policy")}

    def _pools(self) -> Any:
        listed = self._in_regions("cognito-identity", "list_identity_pools", "IdentityPools", MaxResults=60)
        return self._each(listed, self._pool)

    def _pool(self, region: str, said: dict[str, Any]) -> dict[str, Any]:
        name: dict[str, Any] = {"IdentityPoolId": said.get("IdentityPoolId")}
        part = "AllowUnauthenticatedIdentities"
        lets = self.calls.one("cognito-identity", "describe_identity_pool", part, region=region, **name)
        roles = self.calls.one("cognito-identity", "get_identity_pool_roles", "", region=region, **name)
        handed = roles if why_unread(roles) is not None else (roles or {}).get("Roles") or {}
        return {**name, part: lets, "Roles": handed}

    # Keys

    def keys(self, names: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The keys of KMS that buckets name, each with the region that it is named in."""
        found = self.calls.each(self._key, sorted(set(names)))
        return {arn: said for arn, said in found if arn}

    def _key(self, named: tuple[str, str]) -> tuple[str, dict[str, Any]]:
        name, region = named
        about = self.calls.one("kms", "describe_key", "KeyMetadata", region=region, KeyId=name)
        arn = str(about.get("Arn") or name) if isinstance(about, Mapping) else name
        policy = self.calls.one("kms", "get_key_policy", "Policy", region=region, KeyId=arn, PolicyName="default")
        grants = self.calls.many("kms", "list_grants", "Grants", region, KeyId=arn)
        aliases = self.calls.many("kms", "list_aliases", "Aliases", region, KeyId=arn)
        if isinstance(aliases, list):
            aliases = [one if why_unread(one) is not None else one.get("AliasName") for one in aliases]
        return arn, {"Policy": policy, "Grants": grants, "Aliases": aliases}

    # Lists of several regions

    def _in_regions(self, service: str, operation: str, part: str, **asked: Any) -> list[tuple[str, Any]]:
        """A list of each region, with the region of each item; one that is unread stands for a region's rest."""
        answers = self.calls.each(
            lambda region: self.calls.many(service, operation, part, region, **asked), self.regions
        )
        return [one for region, said in zip(self.regions, answers, strict=True) for one in _of_region(region, said)]

    def _each(self, listed: Sequence[tuple[str, Any]], ask: Callable[[str, dict[str, Any]], Any]) -> Any:
        """What more is asked about each item of a list; unread where nothing of it was read."""
        if listed and all(why_unread(said) is not None for _, said in listed):
            return listed[0][1]
        return self.calls.each(
            lambda one: one[1] if why_unread(one[1]) is not None else ask(one[0], dict(one[1])), listed
        )


def _of_region(region: str, said: Any) -> list[tuple[str, Any]]:
    return [(region, one) for one in (said if isinstance(said, list) else [said])]


def _keep_attached(found: dict[str, Any]) -> None:
    """Leave out policies that nobody has, and versions that do not hold."""
    used = {
        one.get("PolicyArn")
        for name in _IAM_LISTS[:3]
        for said in found[name]
        for one in said.get("AttachedManagedPolicies") or ()
    }
    used |= {
        (said.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        for name in _IAM_LISTS[:3]
        for said in found[name]
    }
    found["Policies"] = [_as_it_holds(said) for said in found["Policies"] if said.get("Arn") in used]


def _as_it_holds(said: Mapping[str, Any]) -> dict[str, Any]:
    versions = said.get("PolicyVersionList") or ()
    return {**said, "PolicyVersionList": [one for one in versions if one.get("IsDefaultVersion")]}


def _rest_calls(resource: Mapping[str, Any]) -> Iterable[Any]:
    if why_unread(resource) is not None:
        yield resource
        return
    for method, said in (resource.get("resourceMethods") or {}).items():
        integration = said.get("methodIntegration") or {}
        yield {
            "Uri": integration.get("uri") or "",
            "Credentials": integration.get("credentials") or "",
            "Authorization": said.get("authorizationType") or unread("it does not say whom it asks for what"),
            "ApiKeyRequired": bool(said.get("apiKeyRequired")),
            "Method": method,
            "Path": resource.get("path") or "",
        }


def _http_call(route: Mapping[str, Any], integrations: Mapping[Any, Any]) -> Any:
    if why_unread(route) is not None:
        return route
    target = str(route.get("Target") or "").rpartition("/")[2]
    integration = integrations.get(target)
    if integration is None:
        return unread("what a route calls is not known") if target else {"Uri": "", "Credentials": ""}
    return {
        "Uri": integration.get("IntegrationUri") or "",
        "Credentials": integration.get("CredentialsArn") or "",
        "Authorization": route.get("AuthorizationType") or "NONE",
        "ApiKeyRequired": bool(route.get("ApiKeyRequired")),
        "Path": route.get("RouteKey") or "",
    }


def _distribution(said: dict[str, Any]) -> dict[str, Any]:
    """A distribution as far as it says who sees what; headers that it sends to an origin may be secrets."""
    if why_unread(said) is not None:
        return said
    kept = _only(said, "Id", "ARN", "DomainName", "Enabled", "OriginGroups", "DefaultCacheBehavior", "CacheBehaviors")
    origins = (said.get("Origins") or {}).get("Items")
    if not isinstance(origins, list):
        return {**kept, "Origins": unread("the answer is not understood")}
    names = ("Id", "DomainName", "OriginPath", "S3OriginConfig", "OriginAccessControlId")
    return {**kept, "Origins": {"Items": [_only(one, *names) for one in origins]}}


def _only(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: said[name] for name in names if name in said}
