"""Names of Pulumi's attributes as Terraform writes them, for providers that Pulumi bridges from Terraform's."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """A name of Pulumi's as Terraform writes it."""
    return _HUMP.sub("_", name).lower()


def respelled(
    values: Mapping[str, Any], called: Callable[[str], str] = snake, verbatim: Container[str] = frozenset()
) -> dict[str, Any]:
    """Attributes by the names that Terraform has for them, at every depth.

    Parameters
    ----------
    values
        Attributes as Pulumi names them.
    called
        What a provider calls one of them.
    verbatim
        Attributes, as Terraform names them, whose own keys are nobody's attributes.
    """

    def inside(value: Any) -> Any:
        if isinstance(value, Mapping):
            return respelled(value, called, verbatim)
        return [inside(one) for one in value] if isinstance(value, list) else value

    named = ((called(str(name)), value) for name, value in values.items())
    return {name: value if name in verbatim else inside(value) for name, value in named}
