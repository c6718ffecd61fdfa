"""Configurations of a bucket of the embedded gateway, at random, and whether it really lets somebody in."""

from __future__ import annotations

import http.client
import json
import random
from dataclasses import dataclass, field
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from slidebox.access.effective import ACTIONS
from slidebox.access.places import locations
from slidebox.access.snapshot import Known
from slidebox.audit.live.gateways import _bucket, _user
from slidebox.gateway import Endpoint

from .conftest import RunningGateway

KEYS = ("a/1", "a/2", "a/long", "b/1", "b/long", "c", "other", "x/1")
"""One for each way in which the patterns below may and may not be about an object."""
_PATTERNS = ("*", "a/*", "b/*", "c", "?/1", "a/?")
_OBJECT = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:*Object",
    "s3:*",
    "s3:Get*",
)
_BUCKET = ("s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl")
_HOLDS = (
    {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    {"StringLike": {"aws:UserAgent": "*"}},
    {"NumericLessThan": {"aws:EpochTime": 99999999999}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"StringEqualsIfExists": {"aws:Referer": "https://lab.example/"}},
)


@dataclass
class Tried:
    """A bucket with users whose configuration is changed again and again."""

    gateway: RunningGateway
    bucket: str
    users: dict[str, tuple[str, str]] = field(default_factory=dict)  # ARN and access key
    callers: dict[str, Caller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.gateway.client("s3")
        self.iam = self.gateway.client("iam")
        self.root.create_bucket(Bucket=self.bucket, ObjectOwnership="BucketOwnerPreferred")
        self.root.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        for number in range(2):
            name = f"{self.bucket}-{number}"
            arn = self.iam.create_user(UserName=name)["User"]["Arn"]
            key = self.iam.create_access_key(UserName=name)["AccessKey"]
            keys = key["AccessKeyId"], key["SecretAccessKey"]
            self.users[name] = (arn, keys[0])
            self.callers[name] = Caller(self.gateway.endpoint, self.bucket, keys)
        self.callers["anyone"] = Caller(self.gateway.endpoint, self.bucket, None)
        self.versions = {k: self.root.put_object(Bucket=self.bucket, Key=k, Body=b"1")["VersionId"] for k in KEYS}

    # A configuration

    def configure(self, rng: random.Random) -> dict[str, Any]:
        """Give the bucket and the users a configuration at random."""
        said: dict[str, Any] = {"acl": self._acl(rng)}
        owner = rng.choice(["BucketOwnerPreferred", "BucketOwnerPreferred", "BucketOwnerEnforced"])
        self.root.put_bucket_ownership_controls(
            Bucket=self.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": owner}]}
        )
        said["policy"] = self._policy(rng) if rng.random() < 0.7 else None
        self.restore(said)
        for name in self.users:
            if rng.random() < 0.5:
                document = {"Version": "2012-10-17", "Statement": self._statements(rng, name)}
                said[name] = document
                self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
            elif self.iam.list_user_policies(UserName=name)["PolicyNames"]:
                self.iam.delete_user_policy(UserName=name, PolicyName="p")
        return said

    def restore(self, said: dict[str, Any]) -> None:
        """Put back what a try has changed."""
        self.root.delete_bucket_policy(Bucket=self.bucket)
        if said["policy"]:
            self.root.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(said["policy"]))

    def _acl(self, rng: random.Random) -> dict[str, str]:
        self.root.put_bucket_ownership_controls(
            Bucket=self.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
        )
        kind = rng.choice(["private", "private", "public-read", "public-read-write", "grant"])
        found = {"ACL": kind}
        if kind == "grant":
            permissions = ["GrantRead", "GrantWrite", "GrantFullControl", "GrantWriteACP", "GrantReadACP"]
            keys = [key for _, key in self.users.values()]
            found = {rng.choice(permissions): rng.choice(keys) for _ in range(rng.choice([1, 2]))}
        self.root.put_bucket_acl(Bucket=self.bucket, **found)
        return found

    def _policy(self, rng: random.Random) -> dict[str, Any]:
        statements = self._statements(rng, None)
        for one in statements:
            one["Principal"] = self._principal(rng)
        return {"Version": "2012-10-17", "Statement": statements}

    def _principal(self, rng: random.Random) -> Any:
        arns = [arn for arn, _ in self.users.values()]
        number = arns[0].split(":")[4]
        return rng.choice(
            [
                "*",
                {"AWS": "*"},
                {"AWS": rng.choice(arns)},
                {"AWS": rng.sample(arns, 2)},
                rng.choice(arns),
                rng.sample(arns, 2),
                {"AWS": f"arn:aws:iam::{number}:root"},
                {"AWS": number},
            ]
        )

    def _statements(self, rng: random.Random, user: str | None) -> list[dict[str, Any]]:
        found = []
        for number in range(rng.choice([1, 1, 2, 3])):
            effect = "Deny" if rng.random() < 0.35 else "Allow"
            objects = rng.random() < 0.6
            names = rng.sample(_OBJECT if objects else _BUCKET, rng.choice([1, 2]))
            arn = f"arn:aws:s3:::{self.bucket}"
            resources = [f"{arn}/{p}" for p in rng.sample(_PATTERNS, rng.choice([1, 2]))] if objects else [arn]
            if "s3:*" in names and rng.random() < 0.5:
                resources.append(arn)
            one: dict[str, Any] = {"Sid": f"S{number}", "Effect": effect}
            if user and rng.random() < 0.2:
                one |= {"NotAction": names}
            else:
                one |= {"Action": names[0] if len(names) == 1 and rng.random() < 0.5 else names}
            if user and rng.random() < 0.2:
                one |= {"NotResource": resources}
            elif user and rng.random() < 0.2:
                one |= {"Resource": ["*"]}
            else:
                one |= {"Resource": resources}
            if effect == "Allow" and rng.random() < 0.25:
                one["Condition"] = rng.choice(_HOLDS)
            elif effect == "Deny" and rng.random() < 0.25:
                one["Condition"] = {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
            found.append(one)
        return found

    # What the engine says

    def engine(self) -> dict[str, set[str]]:
        """What each may do, as an audit says it: a user by its name, ``anyone`` for whoever brings no key."""
        lab: Any = None
        users = dict(_user(lab, self.iam, {"UserName": name, "Arn": arn}) for name, (arn, _) in self.users.items())
        section = {
            "gateways": {"g": {"root": True, "users": users, "roles": {}}},
            "buckets": {"b": {"name": self.bucket, "gateway": "g", **(_bucket(self.root, self.bucket) or {})}},
        }
        section = json.loads(json.dumps(section))
        (location,) = locations(section, Known())
        found: dict[str, set[str]] = {name: set() for name in (*self.users, "anyone", "any_account", "unknown")}
        arns = {f"account:{arn}": name for name, (arn, _) in self.users.items()}
        for one in location.readers:
            who = "any_account" if one.path[0].startswith("every user") else one.principal
            if who.startswith("account:network:127."):
                who = "anyone"
            who = arns.get(who, who)
            found.setdefault(who, set()).update(one.actions)
        return found

    # What the server says

    def really(self, who: str, said: dict[str, Any]) -> set[str]:
        """What the gateway lets somebody do."""
        caller = self.callers[who]
        found = set()
        if any(caller.may("GET", key) or caller.may("GET", key, f"versionId={self.versions[key]}") for key in KEYS):
            found.add("read")
        if caller.may("GET", "", "list-type=2") or caller.may("GET", "", "versions="):
            found.add("list")
        if any(caller.may("PUT", key, body=b"2") for key in KEYS):
            found.add("write")
        for key in KEYS:
            if caller.may("DELETE", key) or caller.may("DELETE", key, f"versionId={self.versions[key]}"):
                found.add("delete")
                self.versions[key] = self.root.put_object(Bucket=self.bucket, Key=key, Body=b"1")["VersionId"]
        for method, query, body in (("PUT", "policy=", b"{}"), ("PUT", "acl=", b""), ("DELETE", "policy=", b"")):
            if caller.may(method, "", query, body):
                found.add("admin")
                self.restore(said)
                if query == "acl=":
                    self.root.put_bucket_acl(Bucket=self.bucket, **said["acl"])
        # Whoever changes the policy may give itself the rest.
        return set(ACTIONS) if "admin" in found else found


class Caller:
    """Sends requests about one bucket, signed with a key or not, one after another on one connection."""

    def __init__(self, end: Endpoint, bucket: str, keys: tuple[str, str] | None) -> None:
        self._host = end.s3_url.removeprefix("http://")
        self._bucket = bucket
        self._connection = http.client.HTTPConnection(self._host, timeout=30)
        self._signer = S3SigV4Auth(Credentials(*keys), "s3", end.region) if keys else None

    def may(self, method: str, key: str, query: str = "", body: bytes = b"") -> bool:
        """Whether the gateway does not refuse: it says what is wrong with a request only to whoever may make it."""
        path = f"/{self._bucket}/{key}" if key else f"/{self._bucket}"
        url = f"http://{self._host}{path}" + (f"?{query}" if query else "")
        request = AWSRequest(method, url, data=body, headers={"Host": self._host, "User-Agent": "tries"})
        if query == "acl=":
            request.headers["x-amz-acl"] = "private"
        if self._signer:
            self._signer.add_auth(request)
        self._connection.request(method, url.removeprefix(f"http://{self._host}"), body, dict(request.headers))
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 500, (answer.status, text)
        refused = b"MethodNotAllowed" in text or b"AccessControlListNotSupported" in text
        return answer.status != 403 and not refused
