"""The token of a service: from the environment first, then from the keyring, and never shown.

A token is asked for where it is used and handed on as a `Secret`, which writes itself as stars wherever a
message, a log or a debugger prints it.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping

from slidebox.errors import UnreadableError

SERVICE = "slidebox"


class Secret:
    """A word that nobody sees who doesn't ask for it by name.

    Parameters
    ----------
    value
        The word itself.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Answer the word itself, for the one header or call that needs it."""
        return self._value

    def hidden_in(self, text: str) -> str:
        """Answer the text with the word starred out of it."""
        return text.replace(self._value, "***") if self._value else text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        msg = "A secret is not written down."
        raise TypeError(msg)


def variable_of(store: str) -> str:
    """Name the environment variable of a store's token: `SLIDEBOX_TOKEN_ZENODO_SANDBOX` for `zenodo-sandbox`."""
    return "SLIDEBOX_TOKEN_" + re.sub(r"[^A-Za-z0-9]", "_", store).upper()


def token_of(store: str, variable: str = "", environ: Mapping[str, str] | None = None) -> Secret:
    """Answer the token of a store.

    Parameters
    ----------
    store
        The store's name in lab.yaml; also the user under which the keyring keeps its token.
    variable
        Another environment variable to look into after `SLIDEBOX_TOKEN_<STORE>`, such as `GITHUB_TOKEN`.
    environ
        The environment; that of the process when left out.

    Raises
    ------
    UnreadableError
        Where there is none, with the two ways to give one.
    """
    env = os.environ if environ is None else environ
    for name in (variable_of(store), variable):
        if name and (found := env.get(name, "").strip()):
            return _sound(found, f"the variable {name}")
    if found := _kept(store).strip():
        return _sound(found, f"the keyring's entry for {store}")
    msg = f"There is no token for the store {store}."
    raise UnreadableError(msg, f"Set {variable_of(store)}, or run: keyring set {SERVICE} {store}")


def _sound(value: str, where: str) -> Secret:
    """Refuse a token that would break out of a header."""
    if not value.isascii() or not value.isprintable() or " " in value:
        msg = f"The token in {where} has blanks, line ends or foreign signs in it."
        raise UnreadableError(msg, "Copy it again from the service's page.")
    return Secret(value)


def _kept(store: str) -> str:
    """Answer what the keyring keeps for a store; nothing where there is no keyring to ask."""
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE, store) or ""
    except Exception:  # noqa: BLE001 RUF100 - each desktop's keyring fails in its own way; a server has none
        return ""
