"""What stands in front of buckets: functions, interfaces, servers and pools that act as a role or a service.

A role that a service may take on is as open as whatever the service runs with it: a function with a URL that asks for
nothing, an interface of API Gateway, a user of a file server. What a function's code does with the role is not known:
whoever can call it is taken to have all of it.

Sources: AWS Lambda Developer Guide, "Control access to Lambda function URLs"; Amazon API Gateway Developer Guide,
"Create a REST API as an Amazon S3 proxy" and "Control and manage access to REST APIs"; AWS Transfer Family User Guide,
"Managing users for server endpoints" and "Logical directories"; Amazon Cognito Developer Guide, "Identity pools
authentication flow", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from slidebox.access.aws.distributions import Door, doors
from slidebox.access.aws.grants import Grant, resource_grants
from slidebox.access.aws.identities import account_of
from slidebox.access.aws.parts import flag, objects, part, text
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

Source: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
_CLOUDFRONT: Final = "service:cloudfront.amazonaws.com"
_FRONTING: Final = frozenset(
    {
        "service:appsync.amazonaws.com",
        "service:connect.amazonaws.com",
        "service:elasticloadbalancing.amazonaws.com",
        "service:iot.amazonaws.com",
        "service:lex.amazonaws.com",
        "service:vpc-lattice.amazonaws.com",
    }
)
"""Services that call functions for whoever comes to them."""
_INVOKE: Final = frozenset({"lambda:invokefunction", "lambda:invokefunctionurl"})
_BY_BUCKET: Final = ("transfer.amazonaws.com", "apigateway.amazonaws.com")
"""Services that may be told which bucket they are for."""

_PROXIED: Final = re.compile(r":s3:path/(?P<bucket>[^/{?]+)(?:[/?]|$)")
_OPEN: Final = ("", "NONE")


class Fronts:
    """What stands in front of the buckets of some accounts.

    Parameters
    ----------
    accounts
        The accounts of the section, by their ids.
    now
        The moment asked about.
    """

    def __init__(self, accounts: Mapping[str, Mapping[str, Any]], now: dt.datetime | None) -> None:
        self._accounts = accounts
        self._now = now
        self._of_role: dict[tuple[str, str, str], tuple[Door, ...]] = {}

    def of_role(self, service: str, role: str, bucket: str) -> tuple[Door, ...]:
        """Who has what a role can do, by what a service runs with it.

        Parameters
        ----------
        service
            The service that may take the role on, such as ``lambda.amazonaws.com``.
        role
            The role's ARN.
        bucket
            The bucket asked about.
        """
        asked = (service, role, bucket if service in _BY_BUCKET else "")
        if asked not in self._of_role:
            self._of_role[asked] = tuple(dict.fromkeys(self._behind(*asked)))
        return self._of_role[asked]

    def _behind(self, service: str, role: str, bucket: str) -> Iterator[Door]:
        account = self._accounts.get(account_of(role)) or {}
        if service in ("lambda.amazonaws.com", "edgelambda.amazonaws.com"):
            yield from self._functions(account, role)
        elif service == "apigateway.amazonaws.com":
            yield from self._apis(account, role, "", bucket)
        elif service == "transfer.amazonaws.com":
            yield from _servers(account, role, bucket)
        else:
            yield Door(f"service:{service}", ())

    # CloudFront

    def shown(self, source: Source, account: str, hosts: tuple[str, ...]) -> Iterator[Door]:
        """Who sees what CloudFront reads from some hosts.

        Parameters
        ----------
        source
            What the grant to it is tied to.
        account
            The bucket's account.
        hosts
            What the domain of an origin begins with, where it is the bucket.
        """
        said = dict(source)
        arns = said.get("aws:sourcearn", ())
        # Of what is only planned the account may not be known yet.
        nameless = "" if "" in self._accounts else "*"
        accounts = tuple(account_of(one) or nameless for one in arns) or said.get("aws:sourceaccount", ())
        owners = dict.fromkeys(accounts)
        if not owners or any("*" in one or "?" in one for one in owners):
            yield Door(ANY_ACCOUNT, ("whoever has an account of AWS can make a distribution of it",))
        for owner in owners or (account,):
            yield from self._distributions(owner, hosts, arns)

    def _distributions(self, owner: str, hosts: tuple[str, ...], wanted: tuple[str, ...]) -> Iterator[Door]:
        listed, why = objects(self._accounts.get(owner), "distributions")
        found = [one for one in listed if not wanted or _is_one(one, wanted)]
        through = [door for one in found for door in doors(one, hosts)]
        yield from through
        if why:
            yield Door(
                UNKNOWN, ("CloudFront", f"the distributions of account {owner or 'of the bucket'} were not read: {why}")
            )
        elif not through:
            yield Door(_CLOUDFRONT, ("no distribution that is switched on shows it",))

    def by_identity(self, identity: str, hosts: tuple[str, ...]) -> Iterator[Door]:
        """Who sees what an origin access identity reads from some hosts; the identity by its id."""
        whys = []
        through = []
        is_ours = False
        for owner, account in self._accounts.items():
            listed, why = objects(account, "distributions")
            ours, _ = objects(account, "origin_access_identities")
            is_ours = is_ours or any(text(one, "Id") == identity for one in ours)
            whys += [f"the distributions of account {owner} were not read: {why}"] if why else []
            through += [door for one in listed for door in doors(one, hosts, identity)]
        called = f"origin access identity {identity}"
        yield from (Door(one.who, (called, *one.path), one.reads_only) for one in through)
        if whys:
            yield Door(UNKNOWN, (called, whys[0]))
        elif not through and is_ours:
            yield Door(_CLOUDFRONT, (called, "no distribution that is switched on shows it"))
        elif not through:
            yield Door(UNKNOWN, (called, "it is of another account, whose distributions were not read"))

    def identity_of(self, canonical: str) -> tuple[str, str]:
        """The id of the origin access identity that has a canonical id, and why one may have it that is not known."""
        unread = ""
        for account in self._accounts.values():
            listed, why = objects(account, "origin_access_identities")
            unread = unread or why
            for one in listed:
                its = text(one, "S3CanonicalUserId")
                if its == canonical:
                    return text(one, "Id") or "without a name", ""
                if its is None:
                    unread = unread or "the id of one is not known"
        return "", unread

    # Functions and interfaces

    def _functions(self, account: Mapping[str, Any], role: str) -> Iterator[Door]:
        listed, why = objects(account, "functions")
        if why:
            yield Door(UNKNOWN, ("AWS Lambda", f"the functions that may have the role were not read: {why}"))
        running = [one for one in listed if text(one, "Role") in (role, None)]
        for one in running:
            yield from self._function(account, one)
        if not running and not why:
            yield Door("service:lambda.amazonaws.com", ("no function has the role",))

    def _function(self, account: Mapping[str, Any], function: Mapping[str, Any]) -> Iterator[Door]:
        arn = text(function, "FunctionArn") or ""
        called = f"function {text(function, 'FunctionName') or arn or 'without a name'}"
        yield Door("service:lambda.amazonaws.com", (called,))
        if text(function, "Role") is None:
            yield Door(UNKNOWN, (called, "which role it has is not known"))
        urls, why = objects(function, "Urls")
        if why:
            yield Door(UNKNOWN, (called, f"whether it has a URL was not read: {why}"))
        policy = part(function, "Policy")
        if not policy.known:
            yield Door(UNKNOWN, (called, f"who may call it was not read: {policy.why}"))
        for grant in resource_grants(policy.value, arn or "*", (called,), now=self._now) if policy.value else ():
            if grant.actions & _INVOKE:
                yield from self._invoked(grant, urls, arn)
        yield from self._apis(account, "", arn, "")

    def _invoked(self, grant: Grant, urls: tuple[Mapping[str, Any], ...], arn: str) -> Iterator[Door]:
        """Who calls a function that lets somebody call it."""
        who, path = grant.who, grant.path
        if who == ANYONE and not any(text(one, "AuthType") in ("NONE", None) for one in urls):
            yield Door(ANY_ACCOUNT, (*path, "whoever has an account of AWS can call it"))
        elif who == ANYONE:
            yield Door(ANYONE, (*path, "its URL asks nobody who they are"))
        elif who == _CLOUDFRONT:
            hosts = tuple((text(one, "FunctionUrl") or "").removeprefix("https://").rstrip("/") for one in urls)
            for door in self.shown(grant.source, account_of(arn), tuple(filter(None, hosts))):
                yield Door(door.who, (*door.path, *path))
        elif who in _FRONTING:
            yield Door(UNKNOWN, (*path, "who comes by that service was not read"))
        elif who != "service:apigateway.amazonaws.com":
            yield Door(who, path)

    def _apis(self, account: Mapping[str, Any], role: str, function: str, bucket: str) -> Iterator[Door]:
        """Who comes through API Gateway to a role that it takes on, or to a function."""
        listed, why = objects(account, "apis")
        if why:
            what = "have the role" if role else "call the function"
            yield Door(UNKNOWN, ("API Gateway", f"the interfaces that may {what} were not read: {why}"))
        for api in listed:
            called = f"API {text(api, 'Name') or text(api, 'Id') or 'without a name'}"
            integrations, unread = objects(api, "Integrations")
            if unread:
                yield Door(UNKNOWN, (called, f"what it calls was not read: {unread}"))
            for one in integrations:
                if _calls(one, role, function, bucket):
                    yield from self._called(api, one, (called, _method(one)))
        if role and not listed and not why:
            yield Door("service:apigateway.amazonaws.com", ("no interface has the role",))

    def _called(self, api: Mapping[str, Any], method: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Door]:
        asks = text(method, "Authorization")
        policy = part(api, "Policy")
        private = part(api, "EndpointTypes").value == ["PRIVATE"]
        if asks is None or (not policy.known and "Policy" in api):
            yield Door(UNKNOWN, (*path, "whom it asks for what is not known"))
        elif asks not in _OPEN:
            yield Door("service:apigateway.amazonaws.com", (*path, f"it asks who comes ({asks})"))
        elif flag(method, "ApiKeyRequired") is not False:
            yield Door(UNKNOWN, (*path, "it asks for an API key, which says nothing of who comes"))
        elif policy.value:
            for grant in resource_grants(policy.value, "*", path, now=self._now):
                if "execute-api:invoke" in grant.actions:
                    yield Door(grant.who, grant.path)
        elif private:
            yield Door(
                "service:apigateway.amazonaws.com", (*path, "it is reached from the account's own networks only")
            )
        else:
            yield Door(ANYONE, (*path, "it asks nobody who they are"))

    # Identity pools

    def pool(self, pool: str, role: str, source: Source) -> Iterator[Door]:
        """Who takes on a role that an identity pool of Cognito may hand out, as far as its trust policy lets them."""
        if dict(source).get("cognito-identity.amazonaws.com:amr") == ("authenticated",):
            yield Door(f"cognito:{pool}", (f"identity pool {pool}", "whoever has signed in"))
            return
        listed, why = objects(self._accounts.get(account_of(role)), "identity_pools")
        called = f"identity pool {pool}"
        if why:
            yield Door(UNKNOWN, (called, f"whether it lets in who has not signed in was not read: {why}"))
        mine = [one for one in listed if text(one, "IdentityPoolId") == pool]
        for one in mine:
            lets = flag(one, "AllowUnauthenticatedIdentities")
            if lets is not False:
                said = (
                    "it lets in who has not signed in"
                    if lets
                    else "whether it lets in who has not signed in is not known"
                )
                yield Door(ANYONE if lets else UNKNOWN, (called, said))
            yield Door(f"cognito:{pool}", (called, "whoever has signed in"))
        if not mine and not why:
            yield Door(UNKNOWN, (called, "it was not read"))


def _servers(account: Mapping[str, Any], role: str, bucket: str) -> Iterator[Door]:
    """The users of file servers that have a role."""
    listed, why = objects(account, "transfer_servers")
    if why:
        yield Door(UNKNOWN, ("AWS Transfer Family", f"the users that may have the role were not read: {why}"))
    is_nobodys = not why
    for server in listed:
        called = f"file server {text(server, 'ServerId') or 'without a name'}"
        users, unread = objects(server, "Users")
        if unread or text(server, "IdentityProviderType") not in ("", "SERVICE_MANAGED"):
            is_nobodys = False
            yield Door(UNKNOWN, (called, f"its users were not read: {unread or 'they are kept elsewhere'}"))
        for user in users:
            if text(user, "Role") in (role, None) and _sees(user, bucket):
                is_nobodys = False
                name = text(user, "UserName") or "without a name"
                yield Door(f"transfer:{text(server, 'ServerId')}/{name}", (called, f"user {name}"))
    if is_nobodys:
        yield Door("service:transfer.amazonaws.com", ("no user of a file server has the role",))


def _sees(user: Mapping[str, Any], bucket: str) -> bool:
    """Whether a user of a file server may come to a bucket: not where the folders shown are all elsewhere."""
    mappings, why = objects(user, "HomeDirectoryMappings")
    if text(user, "HomeDirectoryType") != "LOGICAL" or why or not mappings:
        return True
    targets = [text(one, "Target") for one in mappings]
    return any(one is None or "${" in one or one.strip("/").split("/")[0] == bucket for one in targets)


def _calls(integration: Mapping[str, Any], role: str, function: str, bucket: str) -> bool:
    """Whether an integration of API Gateway takes on a role for a bucket, or calls a function; in doubt it does."""
    uri = text(integration, "Uri")
    if role:
        proxied = _PROXIED.search(uri or "")
        return text(integration, "Credentials") in (role, None) and (proxied is None or proxied["bucket"] == bucket)
    return uri is None or bool(function and function in uri)


def _method(integration: Mapping[str, Any]) -> str:
    words = [text(integration, name) for name in ("Method", "Path")]
    return " ".join(word for word in words if word) or "one of its methods"


def _is_one(distribution: Mapping[str, Any], arns: tuple[str, ...]) -> bool:
    name = text(distribution, "Id")
    named = {one.rpartition("/")[2] for one in arns}
    return not name or name in named or any("*" in one for one in named)
