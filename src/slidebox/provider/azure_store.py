"""How a resource names its place in Azure: everything it takes to reach it, except credentials."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from slidebox import labfile
from slidebox.errors import InputError
from slidebox.model import Store, StoreKind
from slidebox.provider.ownership import PREFIX
from slidebox.provider.references import document_of, said_of

MARK = f"{PREFIX}lab"
"""The tag that says whose an account is."""

_LOG = "log"
_HASH_LENGTH = 6
_LONGEST_ACCOUNT = 24
_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
_ID = re.compile(
    r"(/subscriptions/.+/storageAccounts/[^/]+)(?:/blobServices/default/containers/([^/]+))?", re.IGNORECASE
)
_NEEDED = ("name", "account", "subscription", "resource_group", "region", "lab")


@dataclass(frozen=True, slots=True)
class AzureRef:
    """A storage account as a resource names it.

    Attributes
    ----------
    name
        Name of the store in the lab file.
    account
        Name of the storage account.
    subscription, resource_group, region
        Where it is.
    lab
        Short name of the lab, whose mark the account carries.
    endpoint
        Address of Resource Manager where it is not Azure's own.
    """

    name: str
    account: str
    subscription: str
    resource_group: str
    region: str
    lab: str
    endpoint: str | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the input ``store``.

        Raises
        ------
        InputError
            If it is not an account of Azure.
        """
        said = said_of(value, cls.__dataclass_fields__, _NEEDED)
        if not _ACCOUNT_NAME.fullmatch(said["account"]):
            raise InputError(
                f"Azure does not allow a storage account named {said['account']!r}: "
                "3 to 24 lower-case letters and digits.",
                "Correct `account` in lab.yaml.",
            )
        return cls(**{name: item for name, item in said.items() if item is not None})

    @classmethod
    def of(cls, name: str, store: Store, lab: str) -> Self:
        """The reference to a declared store.

        Raises
        ------
        InputError
            If it is not of kind ``azure``.
        """
        if store.kind is not StoreKind.AZURE:
            raise InputError(f"Store {name!r} is not of kind 'azure'.", "See `stores` in lab.yaml.")
        return cls.read(
            {
                "name": name,
                "account": store.account,
                "subscription": store.subscription,
                "resource_group": store.resource_group,
                "region": store.region,
                "lab": lab,
                "endpoint": store.endpoint,
            }
        )

    @property
    def document(self) -> dict[str, Any]:
        """The reference as an input; what is not set is left out."""
        return document_of(self)

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it this account and no other."""
        return (self.endpoint or "", self.subscription.lower(), self.resource_group.lower(), self.account)

    @property
    def group_id(self) -> str:
        """Id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"

    @property
    def account_id(self) -> str:
        """Id of the account."""
        return f"{self.group_id}/providers/Microsoft.Storage/storageAccounts/{self.account}"

    @property
    def log(self) -> Self:
        """The account that the log of this one is in: Azure writes none into the account that it is about."""
        whole = f"{self.account}{_LOG}"
        if len(whole) > _LONGEST_ACCOUNT:
            tail = hashlib.sha256(self.account.encode()).hexdigest()[:_HASH_LENGTH]
            whole = f"{self.account[: _LONGEST_ACCOUNT - _HASH_LENGTH - len(_LOG)]}{tail}{_LOG}"
        return replace(self, account=whole)

    def container_id(self, container: str) -> str:
        """Id of a container of it."""
        return f"{self.account_id}/blobServices/default/containers/{container}"

    def __str__(self) -> str:
        return f"storage account {self.account!r} of store {self.name!r}"


def declared(id: str) -> tuple[AzureRef, str]:  # noqa: A002 - the protocol's word
    """The account and the container that an id names, for an import; an account's own id names no container.

    Parameters
    ----------
    id
        As Azure writes it, or ``STORE/CONTAINER``. The lab around this process declares the store: an id does not say
        where Resource Manager answers.

    Raises
    ------
    InputError
        If the lab declares no such account.
    """
    file = labfile.load_lab_file(labfile.find_root(Path.cwd()))
    match = _ID.fullmatch(id)
    account, container = (match[1], (match[2] or "").lower()) if match else id.partition("/")[::2]
    for name, store in file.stores.items():
        if store.kind is StoreKind.AZURE:
            ref = AzureRef.of(name, store, file.lab)
            if account == name or account.lower() == ref.account_id.lower():
                return ref, container
    raise InputError(
        f"No store in lab.yaml is the account of {id!r}.",
        "Give the id as STORE/CONTAINER, or declare the account: `account`, `subscription` and `resource_group`.",
    )


def same_store(old: Any, new: Any) -> bool:
    """Whether two values of the input ``store`` mean one account."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return bool(old == new)
    return AzureRef.read(old).identity == AzureRef.read(new).identity
