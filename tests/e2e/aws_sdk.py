"""A stand-in for the Python package of pulumi-aws: its resources by their names, with any arguments.

A program that says ``import pulumi_aws`` gets this where the package, of more than 100 MB, is not installed.
"""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any

import pulumi


def camel(name: str) -> str:
    """An argument's name as the engine has it."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def spelled(value: Any) -> Any:
    """An argument, with the keys of what is inside it as the engine has them."""
    if isinstance(value, dict):
        return {camel(key) if key.isidentifier() else key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list) else value


class Resources(ModuleType):
    """A module of the package."""

    def __getattr__(self, kind: str) -> Any:
        """A class of resources."""
        if kind.startswith("_"):
            raise AttributeError(kind)
        module = self.__name__.rpartition(".")[2]
        token = f"aws:{module}/{kind[0].lower()}{kind[1:]}:{kind}"

        def make(called: str, opts: pulumi.ResourceOptions | None = None, **arguments: Any) -> pulumi.CustomResource:
            said = {camel(name): value if name == "tags" else spelled(value) for name, value in arguments.items()}
            return pulumi.CustomResource(token, called, said, opts)

        return make


s3, iam, s3control = (Resources(f"{__name__}.{name}") for name in ("s3", "iam", "s3control"))
sys.modules.update({module.__name__: module for module in (s3, iam, s3control)})
