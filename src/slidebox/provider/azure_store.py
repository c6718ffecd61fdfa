"""How a resource names its place in Azure: everything it takes to reach it, except credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from slidebox.errors import InputError
from slidebox.provider.references import document_of, said_of

_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
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

    def container_id(self, container: str) -> str:
        """Id of a container of it."""
        return f"{self.account_id}/blobServices/default/containers/{container}"

    def __str__(self) -> str:
        return f"storage account {self.account!r} of store {self.name!r}"


def same_store(old: Any, new: Any) -> bool:
    """Whether two values of the input ``store`` mean one account."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return bool(old == new)
    return AzureRef.read(old).identity == AzureRef.read(new).identity
