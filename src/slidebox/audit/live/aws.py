"""Accounts of AWS as they are now: all buckets that the store's credentials see, and what decides about access to them.

Four calls for each bucket (policy, public access block, access control list, ownership), eleven for the whole rule set,
and those of the account once. A bucket that nobody has declared is asked about like any other: a forgotten one is the
dangerous one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from slidebox.access.snapshot import unread, why_unread
from slidebox.adoption.amazon_clients import AmazonClients
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.amazon_account import Account
from slidebox.audit.live.amazon_buckets import asked_of
from slidebox.audit.live.amazon_calls import FAULTS, Calls, reason
from slidebox.audit.live.pace import Pace
from slidebox.errors import InputError
from slidebox.model import Store, StoreKind
from slidebox.preview import LOCATION_TAG
from slidebox.preview.aws_buckets import LOCATION
from slidebox.provider.faults import told

_AT_ONCE: Final = 8
_ATTEMPTS: Final = 3
_AMAZON: Final = re.compile(r"(.*\.)?amazonaws\.com(\.cn)?")
_OLD_REGIONS: Final = {"EU": "eu-west-1"}


def collect(asked: Asked, make: Callable[..., AmazonClients] = AmazonClients) -> Sections:
    """Ask the account of a store.

    Parameters
    ----------
    asked
        The store, and what is asked for.
    make
        Makes the clients of its services.

    Raises
    ------
    SlideboxError
        If nothing at all could be asked: no credentials, those of another account, or no list of buckets.
    """
    store = asked.lab.file.stores[asked.lab.carrier(asked.store)]
    pace = Pace(asked.a_second)
    clients = make(
        store.endpoint if store.kind is StoreKind.AWS else None,
        store.region,
        lambda: _session(store.profile),
        connections=_AT_ONCE * 2,
        attempts=_ATTEMPTS,
        before=pace.wait,
    )
    url = store.endpoint or f"https://s3.{store.region}.amazonaws.com"
    with told("finding out whose credentials these are", asked.store, url):
        number = str(clients.of("sts").get_caller_identity()["Account"])
    if store.kind is StoreKind.AWS and number != store.account:
        raise InputError(
            f"The credentials are those of account {number}, and store {asked.store!r} is account {store.account}.",
            "Use those of the store's account (AWS_PROFILE), or correct `account` in lab.yaml.",
        )
    with told("listing its buckets", asked.store, url):
        listed, owner, rest = _listed(clients)
    return {"aws": _section(asked, store, Calls(clients, _AT_ONCE), number, listed, owner, rest)}


def is_amazons(endpoint: str | None) -> bool:
    """Whether the endpoint of a store of kind ``s3`` is Amazon's own."""
    return bool(_AMAZON.fullmatch(urlsplit(endpoint or "").hostname or ""))


def _session(profile: str | None) -> Any:
    import boto3  # noqa: PLC0415 - only where an account is asked

    return boto3.session.Session(profile_name=profile)


def _listed(clients: AmazonClients) -> tuple[dict[str, str], str, str]:
    """The account's buckets with their regions, the owner's canonical id, and why there may be more of them."""
    found: dict[str, str] = {}
    owner = ""
    try:
        for page in clients.of("s3").get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1000}):
            owner = owner or str((page.get("Owner") or {}).get("ID") or "")
            for one in _buckets(page):
                region = str(one.get("BucketRegion") or "")
                found[str(one["Name"])] = _OLD_REGIONS.get(region, region)
    except FAULTS as error:
        if not found:
            raise
        return found, owner, reason(error, "list_buckets")
    return found, owner, ""


def _buckets(page: Mapping[str, Any]) -> Any:
    if "Buckets" not in page or "Owner" not in page:
        raise ValueError("it names no buckets and no owner")
    return page["Buckets"]


def _section(
    asked: Asked, store: Store, calls: Calls, number: str, listed: Mapping[str, str], owner: str, rest: str
) -> dict[str, Any]:
    regions = tuple(sorted({region or store.region for region in listed.values()} | {store.region}))
    account = Account(calls, number, regions)

    def ask(named: tuple[str, str]) -> tuple[str, dict[str, Any]]:
        name, region = named
        return name, _bucket(asked, store, number, region, asked_of(calls, name, region, asked.fully))

    about = account.read()
    buckets = dict(calls.each(ask, list(listed.items())))
    if asked.fully:
        about["keys"] = account.keys(_named_keys(buckets))
    about["canonical_user"] = owner or unread("no list of buckets names it")
    unplaced = {f"further buckets of account {number}": rest} if rest else {}
    return {"accounts": {number: about}, "buckets": buckets, "unplaced": unplaced}


def _bucket(asked: Asked, store: Store, number: str, region: str, found: dict[str, Any]) -> dict[str, Any]:
    """A bucket as a snapshot has it; a store's are those of its region."""
    tags = found.get("tags")
    said = str(tags.get(LOCATION_TAG, "")) if isinstance(tags, Mapping) else ""
    location = LOCATION.match(said)
    about: dict[str, Any] = {"account": number, "region": region}
    if region in ("", store.region):
        about["store"] = asked.store
    if location:
        about |= {"store": location["store"], "dataset": location["dataset"]}
    return {**about, **found}


def _named_keys(buckets: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The keys that buckets are encrypted with, each with the region of the bucket."""
    found = []
    for said in buckets.values():
        encryption = said.get("encryption")
        if not isinstance(encryption, Mapping) or why_unread(encryption) is not None:
            continue
        for rule in encryption.get("Rules") or ():
            key = (rule.get("ApplyServerSideEncryptionByDefault") or {}).get("KMSMasterKeyID")
            if key:
                found.append((str(key), str(said.get("region") or "")))
    return found
