"""The component of each cloud, imported only where a stack has a store of that cloud."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Mapping
from typing import Any

import pulumi

from slidebox.clouds import CloudBucket
from slidebox.errors import InputError
from slidebox.home import SKIP_CHECKPOINTS
from slidebox.model import Lab, Store, StoreKind

_MODULES: Mapping[StoreKind, str] = {
    StoreKind.AWS: "slidebox.components.aws",
    StoreKind.GCS: "slidebox.components.gcs",
    StoreKind.AZURE: "slidebox.components.azure",
}
"""Each has ``location(name, bucket, store, facts)``, which registers the component and answers its outputs, and may
have ``lab(lab, name, store, facts)`` for what is there once for all projects."""

_NEEDED: Mapping[StoreKind, tuple[str, str]] = {
    StoreKind.AWS: ("pulumi_aws", "pulumi_aws"),
    StoreKind.GCS: ("google.cloud.storage", "google-cloud-storage"),
    StoreKind.AZURE: ("azure.mgmt.storage", "the SDK for Azure"),
}
"""A module of each cloud's extra, which its component or the provider will need, and what people call it."""


def cloud_location(name: str, bucket: CloudBucket, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register everything that a dataset has in a cloud.

    Parameters
    ----------
    name
        Name of the component's resources.
    bucket
        What the dataset needs.
    store
        The store, as it is declared.
    facts
        What is declared of the data; it travels on the resources, for the rules.

    Returns
    -------
    Mapping
        What the stack's output ``locations`` says of it, such as ``bucket`` and ``region``.

    Raises
    ------
    InputError
        If the cloud's extra is not installed.
    """
    found: Mapping[str, Any] = _module(bucket.store, store).location(name, bucket, store, facts)
    return found


def cloud_lab(lab: Lab, name: str, store: Store, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Register what a lab has once in a cloud for all its projects.

    Parameters
    ----------
    lab
        What is declared.
    name, store
        The store.
    facts
        What is declared of the lab and its stores, for the rules.

    Returns
    -------
    Mapping
        What the stack's output ``audits`` says of it.

    Raises
    ------
    InputError
        If the cloud's extra is not installed.
    """
    found: Mapping[str, Any] = _module(name, store).lab(lab, name, store, facts)
    return found


def cloud_provider(name: str, store: Store) -> pulumi.ProviderResource | None:
    """The provider of another's that makes what a store has; None where slidebox's own does.

    Raises
    ------
    InputError
        If the cloud's extra is not installed.
    """
    if store.kind is not StoreKind.AWS:
        return None
    found: pulumi.ProviderResource = _module(name, store).provider_of(name, store)
    return found


def _module(name: str, store: Store) -> Any:
    """The module of a store's cloud."""
    needed, called = _NEEDED[store.kind]
    if store.kind is StoreKind.AWS and os.environ.get(SKIP_CHECKPOINTS, "") not in ("", "0", "false"):
        raise InputError(
            f"{SKIP_CHECKPOINTS} is set, and pulumi-aws does not find again what an engine that is killed has made.",
            "Run `make up` and then `source .slidebox/env`, which unsets it for a lab with a store at AWS.",
        )
    if not _is_installed(needed):
        raise InputError(
            f"The store {name!r} is of kind '{store.kind}', and {called} is not installed.",
            f"Install it: pip install 'slidebox[{store.kind}]'.",
        )
    return importlib.import_module(_MODULES[store.kind])


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # nor is the package around it
        return False
