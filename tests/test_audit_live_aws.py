"""An account of AWS is asked who has access to its buckets: on moto, and with each single read failing in turn."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from slidebox.access import audit
from slidebox.access.snapshot import Known, Snapshot, unread_parts, why_unread
from slidebox.adoption.amazon_clients import AmazonClients
from slidebox.audit.live import Asked, aws, gateways, take
from slidebox.errors import InputError
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Store, StoreKind, System

from .doubles.aws.launch import environment, moto

ACCOUNT = "123456789012"
REGION = "us-east-1"
OPEN, CLOSED, PLAIN = "lab-open", "lab-closed", "lab-plain"
NO_IDENTITIES = (
    b'<CloudFrontOriginAccessIdentityList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker/>'
    b"<MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>0</Quantity>"
    b"</CloudFrontOriginAccessIdentityList>"
)
USER = {"UserName": "scope", "Role": f"arn:aws:iam::{ACCOUNT}:role/reading", "HomeDirectoryType": "PATH"}
BY_HAND = {
    "origin-access-identity/cloudfront": NO_IDENTITIES,
    "TransferService.ListUsers": json.dumps({"ServerId": "s-1", "Users": [USER]}).encode(),
    "AWSCognitoIdentityService.GetIdentityPoolRoles": b'{"IdentityPoolId": "p", "Roles": {}}',
}
"""What moto does not have, as AWS answers it."""


def policy(action: str, resource: str | list[str], principal: Any = "*", **more: Any) -> str:
    """A policy of one statement."""
    said = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    if principal is not None:
        said["Principal"] = principal
    return json.dumps({"Version": "2012-10-17", "Statement": [said]})


def client(service: str, url: str) -> Any:
    """A client that sets things up."""
    make: Any = boto3.client
    made = make(service, endpoint_url=url, region_name=REGION)
    if service == "s3control":
        made.meta.events.register(
            "before-sign.s3-control",
            lambda request, **_: setattr(request, "url", request.url.replace(f"{ACCOUNT}.", "")),
        )
    return made


def furnish(url: str) -> None:
    """An account with an open bucket, a closed one, and something of every kind in front of them."""
    s3, iam, control = (client(name, url) for name in ("s3", "iam", "s3control"))
    for name in (OPEN, CLOSED, PLAIN):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=OPEN, Policy=policy("s3:GetObject", f"arn:aws:s3:::{OPEN}/*"))
    s3.put_bucket_tagging(
        Bucket=OPEN, Tagging={"TagSet": [{"Key": "slidebox:location", "Value": "atlas/raw_images@mid@amazon"}]}
    )
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=CLOSED, PublicAccessBlockConfiguration=block)
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    for name in (OPEN, CLOSED):
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=controls)
    trust = policy("sts:AssumeRole", "*", {"Service": "lambda.amazonaws.com"}).replace('"Resource": "*", ', "")
    role = iam.create_role(RoleName="reading", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="reading", PolicyName="read", PolicyDocument=policy("s3:GetObject", f"arn:aws:s3:::{CLOSED}/*", None)
    )
    iam.create_user(UserName="ada")
    iam.create_access_key(UserName="ada")
    for name in ("reading", "nobodys"):
        document = policy("s3:GetObject", "*", None)
        arn = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        if name == "reading":
            iam.attach_user_policy(UserName="ada", PolicyArn=arn)
    control.create_access_point(AccountId=ACCOUNT, Name="door", Bucket=PLAIN)
    arn = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/door"
    control.put_access_point_policy(
        AccountId=ACCOUNT, Name="door", Policy=policy("s3:GetObject", f"{arn}/object/*", {"AWS": ACCOUNT})
    )
    key = client("kms", url).create_key()["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=CLOSED, ServerSideEncryptionConfiguration={"Rules": [rule]})
    api = client("apigateway", url).create_rest_api(name="images")["id"]
    root = client("apigateway", url).get_resources(restApiId=api)["items"][0]["id"]
    about = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client("apigateway", url).put_method(**about, authorizationType="NONE")
    client("apigateway", url).put_integration(
        **about,
        type="AWS",
        uri=f"arn:aws:apigateway:{REGION}:s3:path/{CLOSED}/x",
        credentials=role,
        integrationHttpMethod="GET",
    )
    server = client("transfer", url).create_server()["ServerId"]
    client("transfer", url).create_user(ServerId=server, UserName="scope", Role=role)
    client("cognito-identity", url).create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True)
    origin = {
        "Id": "o",
        "DomainName": f"{PLAIN}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Key", "HeaderValue": "hidden-header"}]},
    }
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0}
    behaviour |= {"ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}
    client("cloudfront", url).create_distribution(
        DistributionConfig={
            "CallerReference": "r",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behaviour,
        }
    )


def lab(url: str | None, **changes: Any) -> Lab:
    """A lab with the account as a store."""
    said = {"system": System.CLOUD, "kind": StoreKind.AWS, "account": ACCOUNT, "region": REGION, "endpoint": url}
    store = Store.model_validate(said | changes)
    return Lab(file=LabFile(lab="test-lab", title="A lab", people={}, stores={"amazon": store}), projects={})


@dataclass
class Recorded:
    """What moto has answered once, answered again, but for one call that goes wrong.

    Attributes
    ----------
    answers
        Status, headers and body of each request, by method, address and body.
    asked
        What was asked, in order.
    wrong
        The request that goes wrong, and how.
    """

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    wrong: tuple[str, Callable[[Any], AWSResponse]] | None = None

    def clients(self, url: str) -> AmazonClients:
        """Clients that record, and answer from what is recorded."""
        made = AmazonClients(url, REGION, connections=16, attempts=1)
        client_of = made.of

        def of(service: str, region: str = "") -> Any:
            client = client_of(service, region)
            client.meta.events.register("before-send", self._before, unique_id="recorded-before")
            client.meta.events.register("response-received", lambda **_: None, unique_id="recorded")
            return client

        made.of = of  # type: ignore[method-assign]
        return made

    def _before(self, request: Any, **_: Any) -> AWSResponse | None:
        key = _key(request)
        self.asked.append(key)
        if self.wrong is not None and self.wrong[0] == key:
            return self.wrong[1](request)
        for asked, body in BY_HAND.items():
            if asked in key:
                return answered(request, 200, {}, body)
        if key not in self.answers:
            import urllib.request  # noqa: PLC0415 - only where moto itself is asked

            body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
            sent = urllib.request.Request(  # noqa: S310 - moto on loopback
                request.url,
                data=body or None,
                headers={k: _text(v) for k, v in request.headers.items()},
                method=request.method,
            )
            try:
                with urllib.request.urlopen(sent, timeout=60) as answer:  # noqa: S310
                    self.answers[key] = (answer.status, dict(answer.headers), answer.read())
            except urllib.request.HTTPError as error:
                self.answers[key] = (error.code, dict(error.headers), error.read())
        return answered(request, *self.answers[key])


class Raw(io.BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it."""
        while chunk := self.read(65536):
            yield chunk


def answered(request: Any, status: int, headers: dict[str, str], body: bytes) -> AWSResponse:
    """An answer as botocore reads it."""
    kept = {name: value for name, value in headers.items() if name.lower() != "transfer-encoding"}
    return AWSResponse(request.url, status, kept, Raw(body))  # type: ignore[arg-type]


def _key(request: Any) -> str:
    target = _text(request.headers.get("X-Amz-Target") or b"")
    return f"{request.method} {request.url} {target}{_text(request.body or b'')}"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _denied(request: Any) -> AWSResponse:
    return _refused(request, 403, "AccessDenied")


def _throttled(request: Any) -> AWSResponse:
    return _refused(request, 503, "SlowDown")


def _refused(request: Any, status: int, code: str) -> AWSResponse:
    if request.headers.get("X-Amz-Target") or "/2015-03-31/" in request.url or "restapis" in request.url:
        return answered(request, status, {"x-amzn-errortype": code}, json.dumps({"__type": code}).encode())
    said = f"<Code>{code}</Code><Message>no</Message>"
    return answered(request, status, {}, f"<ErrorResponse><Error>{said}</Error>{said}</ErrorResponse>".encode())


def _late(request: Any) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def _garbage(request: Any) -> AWSResponse:
    return answered(request, 200, {}, b"<html>Sign in to the network</html>")


def _empty(request: Any) -> AWSResponse:
    is_json = bool(request.headers.get("X-Amz-Target")) or "restapis" in request.url or "/2015-03-31/" in request.url
    return answered(request, 200, {}, b"{}" if is_json else b"<Nothing/>")


FAULTS = {"denied": _denied, "throttled": _throttled, "late": _late, "garbage": _garbage, "empty": _empty}


@dataclass
class Account:
    """The account, once asked, with what it has answered."""

    url: str
    recorded: Recorded
    clients: AmazonClients

    def section(self, *, fully: bool = False, wrong: tuple[str, Any] | None = None) -> dict[str, Any]:
        """What is collected, as it comes out of JSON."""
        self.recorded.wrong, self.recorded.asked = wrong, []
        asked = Asked(lab(self.url), Home(Path()), "amazon", fully=fully, a_second=1e6)
        found = aws.collect(asked, lambda *_args, **_more: self.clients)
        return dict(json.loads(json.dumps(found))["aws"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account on moto."""
    with moto(tmp_path_factory.mktemp("moto")) as url, pytest.MonkeyPatch.context() as patched:
        for name, value in environment(url).items():
            if name != "AWS_ENDPOINT_URL":
                patched.setenv(name, value)
        patched.delenv("AWS_PROFILE", raising=False)
        furnish(url)
        recorded = Recorded()
        yield Account(url, recorded, recorded.clients(url))


def test_each_bucket_is_asked_about_four_times(account: Account) -> None:
    """What is asked of the account is asked once."""
    found = account.section()
    assert set(found["buckets"]) == {OPEN, CLOSED, PLAIN}
    for name in found["buckets"]:
        assert sum(f"/{name}" in call for call in account.recorded.asked) == 4
    assert len(account.recorded.asked) < 4 * 3 + 40


def test_for_the_whole_rule_set_each_bucket_is_asked_about_eleven_times(account: Account) -> None:
    """Four decide who has access; the others are for the other rules."""
    found = account.section(fully=True)
    for name in found["buckets"]:
        assert sum(f"/{name}" in call for call in account.recorded.asked) == 11
    assert found["buckets"][OPEN]["dataset"] == "atlas/raw_images"
    (key,) = found["accounts"][ACCOUNT]["keys"].values()
    assert "Statement" in json.loads(key["Policy"])


def test_a_bucket_has_what_s3_answers(account: Account) -> None:
    """What is there, and None for what is not."""
    found = account.section()["buckets"]
    assert json.loads(found[OPEN]["policy"])["Statement"][0]["Principal"] == "*"
    assert found[CLOSED]["policy"] is None
    assert found[CLOSED]["public_access_block"]["RestrictPublicBuckets"] is True
    assert found[OPEN]["public_access_block"] is None
    assert found[PLAIN]["ownership"] is None
    assert found[PLAIN]["acl"]["Grants"]
    assert not list(unread_parts(found))


def test_an_account_has_what_stands_in_front_of_its_buckets(account: Account) -> None:
    """One of each, with what decides who comes through."""
    found = account.section()["accounts"][ACCOUNT]
    (point,) = found["access_points"]
    assert (point["Name"], point["Bucket"]) == ("door", PLAIN)
    assert "Statement" in json.loads(point["Policy"])
    (api,) = found["apis"]
    assert api["Integrations"][0]["Authorization"] == "NONE"
    assert api["Integrations"][0]["Credentials"].endswith(":role/reading")
    (server,) = found["transfer_servers"]
    assert [user["UserName"] for user in server["Users"]] == ["scope"]
    (pool,) = found["identity_pools"]
    assert pool["AllowUnauthenticatedIdentities"] is True
    (distribution,) = found["distributions"]
    assert distribution["Origins"]["Items"][0]["DomainName"].startswith(PLAIN)
    (role,) = found["authorization"]["RoleDetailList"]
    assert role["RolePolicyList"][0]["PolicyDocument"]["Statement"]
    (user,) = found["authorization"]["UserDetailList"]
    assert [one["Status"] for one in user["AccessKeys"]] == ["Active"]
    attached = [one["PolicyArn"] for one in user["AttachedManagedPolicies"]]
    assert [one["Arn"] for one in found["authorization"]["Policies"]] == attached


def test_no_secret_is_in_a_snapshot(account: Account) -> None:
    """Neither a header that a distribution sends, nor a key."""
    text = json.dumps(account.section(fully=True))
    assert "hidden-header" not in text
    assert "SecretAccessKey" not in text
    assert "AKIA" not in text


def readers(section: dict[str, Any]) -> dict[str, set[str]]:
    """Whom each location lets in."""
    found = audit.locations(Snapshot("live", sections={"aws": section}), Known())
    return {one.name: {reader.principal for reader in one.readers} for one in found}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_audit_says_of_what_it_did_not_see_that_it_is_not_public(account: Account, fault: str) -> None:
    """Every read fails in turn: whoever is not seen any more leaves somebody unknown behind."""
    whole = account.section()
    calls = [call for call in account.recorded.asked if "GetCallerIdentity" not in call]
    before = readers(whole)
    for call in calls:
        if "max-buckets" in call or "CredentialReport" in call:
            continue  # without a list of buckets there is no audit, and access keys open nothing by themselves
        found = account.section(wrong=(call, FAULTS[fault]))
        new = {where for where, _ in unread_parts(found)} - {where for where, _ in unread_parts(whole)}
        after = readers(found)
        assert set(after) >= set(before), call
        lost = {name: before[name] - after[name] for name in before}
        for name, gone in lost.items():
            assert not gone or "unknown" in after[name], (call, name, gone)
        if not new:
            # Nothing is marked: then what was answered has to say the same.
            assert found == whole, call


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("part", ["policy", "publicAccessBlock", "acl", "ownershipControls"])
def test_a_part_of_a_bucket_that_could_not_be_read_says_why(account: Account, part: str, fault: str) -> None:
    """The others are there."""
    account.section()
    call = next(call for call in account.recorded.asked if f"/{OPEN}?{part}" in call)
    found = account.section(wrong=(call, FAULTS[fault]))["buckets"]
    missing = [name for name, value in found[OPEN].items() if why_unread(value) is not None]
    assert missing == [{"publicAccessBlock": "public_access_block", "ownershipControls": "ownership"}.get(part, part)]
    assert not list(unread_parts(found[PLAIN]))


@pytest.mark.parametrize("fault", FAULTS)
def test_without_a_list_of_buckets_nothing_is_said_of_any(account: Account, fault: str) -> None:
    """The store stands there as one of which nothing is known."""
    account.section()
    call = next(call for call in account.recorded.asked if "max-buckets" in call)
    account.recorded.wrong = (call, FAULTS[fault])
    asked = Asked(lab(account.url), Home(Path()), "amazon", a_second=1e6)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(aws, "collect", lambda one, ask=aws.collect: ask(one, lambda *_a, **_m: account.clients))
        found = take([asked], "2026-11-29T12:00:00Z")
    assert list(found.sections) == ["places"]
    assert why_unread(found.sections["places"]["unread"]["amazon"])


def test_credentials_of_another_account_are_refused(account: Account) -> None:
    """They would say of a foreign account that it is the lab's."""
    other = lab(account.url, account="210987654321")
    account.recorded.wrong = None
    with pytest.raises(InputError, match="those of account 123456789012"):
        aws.collect(Asked(other, Home(Path()), "amazon"), lambda *_args, **_more: account.clients)


@pytest.mark.parametrize(
    ("endpoint", "amazons"),
    [
        ("https://s3.eu-central-1.amazonaws.com", True),
        ("https://s3.amazonaws.com", True),
        ("https://amazonaws.com.example.org", False),
        ("https://s3.example.org", False),
        (None, False),
    ],
)
def test_an_account_of_amazon_is_known_by_its_endpoint(endpoint: str | None, amazons: bool) -> None:
    """A store of kind s3 may be one."""
    assert aws.is_amazons(endpoint) is amazons


def test_a_store_of_kind_s3_at_amazon_is_asked_as_an_account(account: Account) -> None:
    """Its profile tells whose account it is."""
    store = {"kind": StoreKind.S3, "account": None, "endpoint": f"https://s3.{REGION}.amazonaws.com"}
    account.recorded.wrong = None
    asked = Asked(lab(None, **store), Home(Path()), "amazon", a_second=1e6)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(aws, "collect", lambda one, ask=aws.collect: ask(one, lambda *_a, **_m: account.clients))
        found = gateways.collect(asked)
    assert set(found["aws"]["buckets"]) == {OPEN, CLOSED, PLAIN}


def test_the_environment_is_left_as_it_is() -> None:
    """The tests of others find no keys of moto's."""
    assert "AWS_ENDPOINT_URL" not in os.environ
