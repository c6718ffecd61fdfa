"""What a resource of pulumi-aws may be given: checked against the argument types of pulumi-aws itself."""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pulumi
import pulumi_aws
from pulumi import _types

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a value that is not known before something is made."""

_SCALARS: Mapping[type, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int, float),
    float: (int, float),
}


def faults(token: str, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the inputs of a resource: property, and why; nothing where pulumi-aws would take them."""
    arguments = _arguments(token)
    if arguments is None:
        return [("", f"pulumi-aws has no resource {token}")]
    return list(_of_object(arguments, inputs, ""))


@cache
def _arguments(token: str) -> type | None:
    """The type of a resource's arguments, such as ``pulumi_aws.s3.BucketArgs``."""
    listed = re.search(r'resource_modules="""(.*?)"""', inspect.getsource(pulumi_aws), re.DOTALL)
    assert listed is not None
    for entry in json.loads(listed[1]):
        name = entry["classes"].get(token)
        if name:
            module = importlib.import_module(entry["fqn"])
            # Where a part of another resource has that name, as with `BucketVersioningArgs`, it is `…InitArgs`.
            found = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args", None)
            return found if isinstance(found, type) else None
    return None


def _of_object(arguments: type, value: Any, where: str) -> typing.Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield where, f"has to be an object, not {type(value).__name__}"
        return
    names = _types.input_type_py_to_pulumi_names(arguments)
    kinds = _types.input_type_types(arguments)
    known = {names[ours]: kinds.get(names[ours], kinds.get(ours, Any)) for ours in names}
    for name, item in value.items():
        at = f"{where}.{name}" if where else name
        if name.startswith("__"):
            continue
        if name not in known:
            yield at, "there is no such property"
        elif item is not None:
            yield from _of_value(known[name], item, at)
    for ours, parameter in inspect.signature(arguments).parameters.items():
        if ours in names and parameter.default is inspect.Parameter.empty and value.get(names[ours]) is None:
            yield (f"{where}.{names[ours]}" if where else names[ours]), "is missing"


def _plain_kind(kind: Any, value: Any) -> Any:
    """Of what an input may be, that which a finished value has to be."""
    if typing.get_origin(kind) is not typing.Union and not isinstance(kind, types.UnionType):
        return kind
    finished = [
        one
        for one in typing.get_args(kind)
        if one is not type(None) and typing.get_origin(one) not in (collections.abc.Awaitable, pulumi.Output)
    ]
    fitting = [one for one in finished if one in _SCALARS and isinstance(value, _SCALARS[one])]
    return (fitting or finished or [Any])[0]


def _of_value(kind: Any, value: Any, where: str) -> typing.Iterator[tuple[str, str]]:
    if value == UNKNOWN:
        return
    kind = _plain_kind(kind, value)
    if isinstance(kind, type) and _types.is_input_type(kind):
        yield from _of_object(kind, value, where)
        return
    origin = typing.get_origin(kind)
    if origin in (list, Sequence, typing.Sequence) or (isinstance(origin, type) and issubclass(origin, Sequence)):
        if not isinstance(value, list):
            yield where, "has to be a list"
            return
        (inner,) = typing.get_args(kind) or (Any,)
        for number, item in enumerate(value):
            yield from _of_value(inner, item, f"{where}[{number}]")
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            yield where, "has to be a map"
    elif kind in _SCALARS and not isinstance(value, _SCALARS[kind]):
        yield where, f"has to be {kind.__name__}, not {type(value).__name__}"
    elif kind in (int, float) and isinstance(value, bool):
        yield where, "has to be a number, not a truth value"
