"""Buckets and users of S3 stores, as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from slidebox.access import UNKNOWN, account
from slidebox.errors import SlideboxError
from slidebox.facts import principal
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.naming import bucket_of
from slidebox.preview import BUCKET, USER, Seen
from slidebox.provider import faults, ownership, settings
from slidebox.provider.connections import Connections
from slidebox.provider.faults import told
from slidebox.provider.ownership import Owner
from slidebox.provider.settings import SETTINGS, Probe
from slidebox.provider.stores import StoreRef, check_drive

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8


class BucketStore:
    """An S3 store, or one of DVC whose remotes lie in one.

    Parameters
    ----------
    lab
        What is declared.
    root
        The folder of the lab's files.
    name
        Name of the store.
    connections
        Clients of stores.
    """

    def __init__(self, lab: Lab, root: Path, name: str, connections: Connections) -> None:
        self._lab = lab
        self._name = name
        self._ref = StoreRef.declared(lab.file, root, lab.carrier(name))
        self._connections = connections
        self._probe = Probe()

    def look(self, asked: list[Asked]) -> Found:
        """The buckets that are there, those that should be, and the users where slidebox makes them."""
        try:
            for failure in check_drive(self._ref):
                raise SlideboxError(failure.reason)
            client = self._connections.s3(self._ref)
            with told("asking what it has", self._name, self._url):
                self._probe.capabilities(self._url, client)
            users = list(self._users()) if self._ref.over and self._ref.name == self._name else []
        except SlideboxError as error:
            return none_read(BUCKET, asked, self._name, error)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            places = list(pool.map(lambda one: self._bucket(client, one), asked))
        return Found((*(seen for seen in places if seen is not None), *users))

    @property
    def _url(self) -> str:
        return self._connections.url(self._ref)

    def _bucket(self, client: S3Client, asked: Asked) -> Seen | None:
        name = bucket_of(self._lab, asked.dataset, self._name)
        try:
            with told(f"reading bucket {name!r}", self._name, self._url):
                found = self._read(client, name)
        except SlideboxError as error:
            return unread(BUCKET, asked, self._name, error.message)
        if found is None:
            planned = self._name in asked.stores
            return unread(BUCKET, asked, self._name, f"there is no bucket {name}") if planned else None
        properties = {**found, "bucket": name, "store": self._ref.document, "location": asked.location(self._name)}
        return Seen(f"bucket {name} of store {self._name}", BUCKET, properties)

    def _read(self, client: S3Client, name: str) -> dict[str, Any] | None:
        """The settings of a bucket; None where there is none."""
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            if faults.code(error) in faults.GONE:
                return None
            raise
        capabilities = self._probe.capabilities(self._url, client, name)
        found = {s.input: settings.read(s, client, name) for s in SETTINGS if capabilities[s.capability] is True}
        if capabilities["policy"] == UNKNOWN:
            found["policy"] = UNKNOWN
        tags = ownership.without_owner(found.get("tags") or {})
        return {**found, "tags": tags, "capabilities": capabilities, "accessControlPolicy": _access_list(client, name)}

    def _users(self) -> Iterator[Seen]:
        """Everybody whom the gateway knows, slidebox's own users and any other."""
        client = self._connections.iam(self._ref)
        with told("listing the users", self._name, self._url):
            for page in client.get_paginator("list_users").paginate():
                for user in page["Users"]:
                    yield self._user(client, user["UserName"], user["Arn"])

    def _user(self, client: IAMClient, name: str, arn: str) -> Seen:
        keys = [key["AccessKeyId"] for key in client.list_access_keys(UserName=name)["AccessKeyMetadata"]]
        tags = {tag["Key"]: tag["Value"] for tag in client.get_user(UserName=name)["User"].get("Tags", [])}
        owner = Owner.read(tags)
        # slidebox calls a user's resource NAME@STORE, by the name that an audience has it under.
        called = principal(self._lab, owner.urn.rpartition("::")[2].partition("@")[0]) if owner else UNKNOWN
        properties = {
            "store": self._ref.document,
            "user": name,
            "arn": arn,
            "principal": called if called != UNKNOWN else account(f"user {name}"),
            "policy": _policies(client, name),
            "accessKeyId": keys[0] if keys else "",
        }
        return Seen(f"user {name} of store {self._name}", USER, properties)


def _policies(client: IAMClient, user: str) -> Any:
    """All that a user's own policies say, as one; unknown where it also has what is not read here."""
    if _there(lambda: client.list_attached_user_policies(UserName=user)["AttachedPolicies"]):
        return UNKNOWN
    if _there(lambda: client.list_groups_for_user(UserName=user)["Groups"]):
        return UNKNOWN
    statements: list[Any] = []
    for name in client.list_user_policies(UserName=user)["PolicyNames"]:
        said: Any = client.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"]
        document = json.loads(said) if isinstance(said, str) else said
        listed = document.get("Statement", [])
        statements += listed if isinstance(listed, list) else [listed]
    return {"Statement": statements}


def _there(ask: Callable[[], Any]) -> bool:
    """Whether something is there; a service that does not know such things has none."""
    try:
        return bool(ask())
    except ClientError as error:
        if faults.is_not_implemented(error) or faults.code(error) == "InvalidAction":
            return False
        raise


def _access_list(client: S3Client, bucket: str) -> Any:
    """The access control list of a bucket; None where the service has none."""
    try:
        found = client.get_bucket_acl(Bucket=bucket)
    except ClientError as error:
        if faults.is_not_implemented(error) or faults.code(error) in ("AccessControlListNotSupported",):
            return None
        raise
    grants = [
        {
            "permission": grant.get("Permission"),
            "grantee": {word.lower(): value for word, value in grant.get("Grantee", {}).items()},
        }
        for grant in found.get("Grants", [])
    ]
    return {"owner": {"id": found.get("Owner", {}).get("ID")}, "grants": grants}
