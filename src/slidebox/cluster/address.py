"""Where a cluster answers, as a lab file says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slidebox.errors import InputError
from slidebox.model import Store, StoreKind

PORT = 22

_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)(:(?P<port>[0-9]{1,5}))?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*\$?")


@dataclass(frozen=True, slots=True)
class Address:
    """A server and the account that is used there.

    Attributes
    ----------
    host
        Its name, or a `Host` of ``~/.ssh/config``.
    port
        Its port; as ``~/.ssh/config`` says, or 22, where None.
    user
        The account; as ``~/.ssh/config`` says, or this one's name, where None.
    """

    host: str
    port: int | None = None
    user: str | None = None

    @classmethod
    def read(cls, text: str, user: str | None = None) -> Address:
        """Read ``host``, ``host:port`` or ``[IPv6]:port``.

        Raises
        ------
        InputError
            If it is none of these, or no account can have that name.
        """
        match = _HOST.fullmatch(text)
        port = int(match["port"]) if match and match["port"] else None
        if match is None or (port is not None and not 0 < port < 2**16):
            raise InputError(
                f"{text!r} is no address of a server.", "Write `host` as a name, or as a name and a port: 'host:2222'."
            )
        if user is not None and not _USER.fullmatch(user):
            raise InputError(f"{user!r} is no name of an account.", "Correct `user` in lab.yaml.")
        return cls(match["host"].strip("[]"), port, user)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


def address_of(name: str, store: Store) -> Address:
    """The address of a declared store.

    Raises
    ------
    InputError
        If it is not of kind ``cluster``.
    """
    if store.kind is not StoreKind.CLUSTER or not store.host:
        raise InputError(f"Store {name!r} is not of kind 'cluster'.", "See `stores` in lab.yaml.")
    return Address.read(store.host, store.user)
