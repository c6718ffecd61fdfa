"""The way into the repository of a store: its endpoint as declared, its token from the environment or the keyring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.deposits.collections import Collections
from slidebox.deposits.figshare import Figshare
from slidebox.deposits.repository import Repository, require_private
from slidebox.deposits.zenodo import Zenodo
from slidebox.errors import InputError
from slidebox.model import Store, StoreKind, System
from slidebox.tokens import Secret, token_of

Tokens = Callable[[str], Secret]
"""Answers with the token of a store."""

_KINDS = (StoreKind.ZENODO, StoreKind.FIGSHARE)


@dataclass(frozen=True, slots=True)
class DepositRef:
    """A store as a resource names it: everything it takes to reach it, except the token.

    Attributes
    ----------
    name
        Its name in the lab file.
    kind
        ``zenodo`` or ``figshare``.
    endpoint
        Address of the service where it is not its own; empty where it is.
    plus
        ``yes`` where the account has Figshare+; else empty.
    """

    name: str
    kind: str
    endpoint: str = ""
    plus: str = ""

    @classmethod
    def of(cls, name: str, store: Store) -> DepositRef:
        """The reference to a declared store."""
        plus = "yes" if store.system is System.FIGSHARE_PLUS else ""
        return cls(name, store.kind.value, store.endpoint or "", plus)

    @classmethod
    def read(cls, value: Any) -> DepositRef:
        """Read the input ``store``.

        Raises
        ------
        InputError
            If it is no store with deposits, or its token would travel in the clear.
        """
        said = value if isinstance(value, Mapping) else {}
        unknown = set(said) - set(cls.__dataclass_fields__)
        texts = all(isinstance(item, str) for item in said.values())
        if unknown or not texts or not said.get("name") or said.get("kind") not in _KINDS:
            raise InputError("'store' is no store that takes deposits.", "Take it from the lab's declaration.")
        found = cls(**{str(key): str(item) for key, item in said.items()})
        if found.endpoint:
            require_private(found.name, found.endpoint)
        return found

    @property
    def document(self) -> dict[str, str]:
        """As an input of a resource."""
        more = {"endpoint": self.endpoint, "plus": self.plus}
        return {"name": self.name, "kind": self.kind, **{key: value for key, value in more.items() if value}}

    def open(self, today: dt.date, tokens: Tokens = token_of) -> Repository:
        """The service, with the store's token.

        Raises
        ------
        UnreadableError
            If there is no token.
        """
        token, endpoint = tokens(self.name), self.endpoint or None
        if self.kind == StoreKind.FIGSHARE:
            return Figshare.at(self.name, endpoint, token, today, plus=bool(self.plus))
        return Zenodo.at(self.name, endpoint, token, today)

    def collections(self, tokens: Tokens = token_of) -> Collections:
        """The collections of an account of Figshare.

        Raises
        ------
        UnreadableError
            If there is no token.
        """
        return Collections.at(self.name, self.endpoint or None, tokens(self.name))
