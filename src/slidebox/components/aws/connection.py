"""The way to an account: one provider for each store, in the store's region, and for its account only."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import get_monitor

from slidebox.errors import InputError
from slidebox.model import Store

_made: MutableMapping[Any, dict[str, aws.Provider]] = WeakKeyDictionary()
"""The providers of each running program, by store: each is a process of its own."""

_SERVICES = (
    "accessanalyzer",
    "athena",
    "bcmdataexports",
    "budgets",
    "cloudtrail",
    "glue",
    "iam",
    "kms",
    "s3",
    "s3control",
    "sns",
    "sts",
)


def provider_of(name: str, store: Store) -> aws.Provider:
    """The provider of a store's account and region.

    Credentials come from AWS's own default chain. With those of another account nothing is made.

    Parameters
    ----------
    name
        Name of the store.
    store
        The store, as it is declared.
    """
    if not (store.account or "").isdigit() or len(store.account or "") != 12:
        raise InputError(
            f"The store {name!r} is of kind 'aws', and its account {store.account!r} is none of AWS.",
            "Write the twelve digits of the account, in quotes.",
        )
    made = _made.setdefault(get_monitor(), {})
    if name not in made:
        made[name] = _provider(name, store)
    return made[name]


def _provider(name: str, store: Store) -> aws.Provider:
    own = store.endpoint is None
    return aws.Provider(
        name,
        aws.ProviderArgs(
            region=store.region,
            allowed_account_ids=[store.account or ""],
            # A private endpoint or a test server answers for every service, and has no names below its own.
            endpoints=None if own else [aws.ProviderEndpointArgs(**dict.fromkeys(_SERVICES, store.endpoint))],
            s3_use_path_style=None if own else True,
            skip_metadata_api_check=None if own else True,
        ),
    )


def inside(parent: pulumi.Resource, provider: aws.Provider) -> pulumi.ResourceOptions:
    """Options of what belongs to a component, made through a provider."""
    return pulumi.ResourceOptions(parent=parent, provider=provider)
