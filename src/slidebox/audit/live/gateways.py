"""Who can read the buckets of an S3 store that is not Amazon's: the embedded gateway, or another service's endpoint.

Of a bucket three things are asked (policy, access control list, ownership controls), and its tags where they are
wanted. Of the embedded gateway also every user and role with its own policies; another service does not show them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from slidebox import gateway
from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.live import Asked, Sections, aws
from slidebox.audit.live.drives import datasets_of
from slidebox.audit.live.machine import LocalFolders
from slidebox.audit.live.pace import Pace
from slidebox.errors import UnreadableError
from slidebox.facts import principal
from slidebox.naming import bucket_of
from slidebox.provider import faults
from slidebox.provider.connections import Connections
from slidebox.provider.faults import told
from slidebox.provider.ownership import Owner
from slidebox.provider.stores import StoreRef, check_drive

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8
_NONE = frozenset(
    # The last: what the embedded gateway has nothing of, such as groups.
    {"NoSuchBucketPolicy", "OwnershipControlsNotFoundError", "AccessControlListNotSupported", "InvalidAction"}
)
_NOT_IMPLEMENTED = 501
_VERSIONS = ".slidebox-versions"
_T = TypeVar("_T")


class GoneError(Exception):
    """There is no such bucket."""


def collect(asked: Asked, connections: Connections | None = None, folders: LocalFolders | None = None) -> Sections:
    """The buckets of the lab's datasets in an S3 store.

    Parameters
    ----------
    asked
        The store.
    connections
        Clients of stores.
    folders
        The folders of this machine.

    Raises
    ------
    SlideboxError
        If the drive below the gateway is not there, or the gateway does not run.
    """
    ref = StoreRef.declared(asked.lab.file, asked.home.lab_root, asked.lab.carrier(asked.store))
    if aws.is_amazons(ref.endpoint):
        # An account of AWS has more than a service that only speaks S3, and all of it is asked.
        return aws.collect(asked)
    for failure in check_drive(ref):
        raise UnreadableError(failure.reason)
    clients = connections or Connections(lambda one: gateway.endpoint(asked.home, one.name))
    client = clients.s3(ref)
    names = {bucket_of(asked.lab, dataset, asked.store): dataset for dataset in datasets_of(asked)}
    embedded = bool(ref.over)
    if embedded:
        with told("listing the buckets", asked.store, clients.url(ref)):
            for bucket in client.list_buckets().get("Buckets", []):
                names.setdefault(bucket["Name"], "")
    # A service of somebody else's is not asked faster than was said.
    pace = None if embedded else Pace(asked.a_second)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(partial(_bucket, client, pace=pace), names))
    local = folders or LocalFolders() if embedded else None
    buckets: dict[str, Any] = {}
    for (name, dataset), said in zip(names.items(), found, strict=True):
        if said is None:
            continue
        kind = asked.lab.file.stores[asked.store].kind.value
        about: dict[str, Any] = {"name": name, "store": asked.store, "kind": kind, "dataset": dataset}
        about["gateway"] = ref.name if embedded else None
        files = _files(ref, name, local) if local else None
        buckets[f"{ref.name}/{name}"] = {**about, "endpoint": ref.endpoint, **said, "files": files}
    section: dict[str, Any] = {"buckets": buckets}
    if local:
        below = [one for bucket in buckets.values() for one in bucket["files"]]
        section |= {"gateways": {ref.name: _gateway(asked, clients.iam(ref))}, "machines": {"": local.machine(below)}}
    return {"places": section}


def _files(ref: StoreRef, bucket: str, local: LocalFolders) -> list[Any]:
    """The folders below the gateway in which a bucket's objects and their old versions are plain files."""
    drive = Path(str(ref.drive))
    places = (drive / ref.name / bucket, drive / _VERSIONS / ref.name / bucket)
    return [local.folder(place) for place in places if place.is_dir() or place == places[0]]


# Buckets


def _bucket(client: S3Client, name: str, pace: Pace | None = None) -> dict[str, Any] | None:
    """What decides who has access to a bucket; None where there is none."""
    asked: dict[str, Callable[[], Any]] = {
        "policy": lambda: json.loads(client.get_bucket_policy(Bucket=name)["Policy"]),
        "acl": lambda: _access_list(client.get_bucket_acl(Bucket=name)),
        "ownership": lambda: _ownership(client.get_bucket_ownership_controls(Bucket=name)),
    }
    found = {}
    for part, ask in asked.items():
        if pace:
            pace.wait()
        try:
            found[part] = _part(ask)
        except GoneError:
            return None
    return found


def _access_list(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"Owner": {"ID": said.get("Owner", {}).get("ID")}, "Grants": [dict(one) for one in said["Grants"]]}


def _ownership(said: Mapping[str, Any]) -> str | None:
    rules = said.get("OwnershipControls", {}).get("Rules", [])
    return str(rules[0].get("ObjectOwnership")) if rules else None


def _part(ask: Callable[[], Any]) -> Any:
    """An answer; None where there is none, and why it could not be had where that is so."""
    try:
        return ask()
    except ClientError as error:
        code = faults.code(error)
        if code == "NoSuchBucket":
            raise GoneError from error
        # A refusal by "method not allowed" is one of the caller, and says nothing of what is there.
        if code in _NONE or faults.status(error) == _NOT_IMPLEMENTED:
            return None
        return unread(f"the service answered {code}")
    except BotoCoreError as error:
        return unread(f"the service could not be asked ({type(error).__name__})")
    except (ValueError, KeyError, TypeError, AttributeError):
        return unread("the answer is not understood")


# Users


def _gateway(asked: Asked, client: IAMClient) -> dict[str, Any]:
    """The users and roles of a gateway, each with its own policies."""
    users = _part(lambda: [user for page in client.get_paginator("list_users").paginate() for user in page["Users"]])
    roles = _part(lambda: [role for page in client.get_paginator("list_roles").paginate() for role in page["Roles"]])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {
            "root": True,
            "users": _each(users, lambda one: _user(asked, client, one), pool),
            "roles": _each(roles or [], lambda one: _role(client, one), pool),
        }


def _each(listed: Any, ask: Callable[[Any], tuple[str, Any]], pool: ThreadPoolExecutor) -> Any:
    return dict(pool.map(ask, listed)) if isinstance(listed, list) else listed


def _user(asked: Asked, client: IAMClient, said: Mapping[str, Any]) -> tuple[str, Any]:
    name = str(said["UserName"])
    keys = _part(lambda: [k["AccessKeyId"] for k in client.list_access_keys(UserName=name)["AccessKeyMetadata"]])
    tags = _part(lambda: {t["Key"]: t["Value"] for t in client.get_user(UserName=name)["User"].get("Tags", [])})
    found = {
        "arn": said.get("Arn"),
        "keys": keys,
        "policies": _policies(
            lambda: client.list_user_policies(UserName=name)["PolicyNames"],
            lambda policy: client.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"],
        ),
    }
    others = [
        _part(lambda: client.list_attached_user_policies(UserName=name)["AttachedPolicies"]),
        _part(lambda: client.list_groups_for_user(UserName=name)["Groups"]),
    ]
    if any(others):
        found["others"] = True
    owner = Owner.read(tags) if isinstance(tags, dict) else None
    # slidebox calls a user's resource NAME@STORE, by the name that an audience has it under.
    called = principal(asked.lab, owner.urn.rpartition("::")[2].partition("@")[0]) if owner else UNKNOWN
    return name, {**found, **({"principal": called} if called != UNKNOWN else {})}


def _role(client: IAMClient, said: Mapping[str, Any]) -> tuple[str, Any]:
    name = str(said["RoleName"])
    found = {
        "arn": said.get("Arn"),
        "policies": _policies(
            lambda: client.list_role_policies(RoleName=name)["PolicyNames"],
            lambda policy: client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"],
        ),
    }
    return name, found


def _policies(listed: Callable[[], list[str]], one: Callable[[str], Any]) -> Any:
    names = _part(listed)
    if not isinstance(names, list):
        return names if names is not None else {}
    return {name: _part(partial(_document, one, name)) for name in names}


def _document(one: Callable[[str], Any], name: str) -> Any:
    said = one(name)
    return json.loads(said) if isinstance(said, str) else said
