"""How a resource names its folder on a cluster: the server, the account, and the lab's folder there; no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from slidebox.cluster import Address
from slidebox.errors import InputError
from slidebox.model import Store, StoreKind
from slidebox.provider.references import document_of, said_of

_NEEDED = ("name", "host", "root")


@dataclass(frozen=True, slots=True)
class ClusterRef:
    """A store of kind ``cluster`` as a resource names it.

    Attributes
    ----------
    name
        Name of the store in the lab file.
    host
        The server, with its port where it is not 22.
    root
        The lab's folder there, absolute.
    user
        The account, where it is not the one of ``~/.ssh/config``.
    """

    name: str
    host: str
    root: str
    user: str | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the input ``store``.

        Raises
        ------
        InputError
            If it is no store of a cluster.
        """
        said = said_of(value, cls.__dataclass_fields__, _NEEDED)
        ref = cls(said["name"], said["host"], said["root"], said.get("user") or None)
        if not ref.root.startswith("/"):
            raise InputError(f"{ref.root!r} is no folder of a cluster.", "Write `path` in lab.yaml beginning with '/'.")
        Address.read(ref.host, ref.user)
        return ref

    @classmethod
    def of(cls, name: str, store: Store) -> Self:
        """The reference to a declared store.

        Raises
        ------
        InputError
            If it is not of kind ``cluster``.
        """
        if store.kind is not StoreKind.CLUSTER:
            raise InputError(f"Store {name!r} is not of kind 'cluster'.", "See `stores` in lab.yaml.")
        root = (store.path or "").rstrip("/") or "/"
        return cls.read({"name": name, "host": store.host, "root": root, "user": store.user})

    @property
    def address(self) -> Address:
        """Where it answers, and the account there."""
        return Address.read(self.host, self.user)

    @property
    def document(self) -> dict[str, Any]:
        """The reference as an input; what is not set is left out."""
        return document_of(self)

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it this folder and no other, whoever comes to it."""
        return self.host, self.root
