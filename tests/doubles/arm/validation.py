"""Bodies held against the SDK's own models."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import sys
import types
import typing
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from azure.mgmt.authorization.v2022_04_01 import models as roles
from azure.mgmt.consumption import models as costs
from azure.mgmt.storage import models

_PLAIN: Mapping[Any, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    float: (int, float),
    decimal.Decimal: (int, float),
}
_ROLE_MODELS: Mapping[str, tuple[Any, frozenset[str]]] = {
    "RoleAssignmentCreateParameters": (
        roles.RoleAssignmentCreateParameters,
        frozenset({"properties.roleDefinitionId", "properties.principalId"}),
    ),
    "RoleDefinition": (roles.RoleDefinition, frozenset({"properties.roleName", "properties.permissions"})),
}


def faults(model: str, body: Any) -> list[str]:
    """What is wrong with a body, by the name of its model in the SDK."""
    if model in _ROLE_MODELS:
        return list(_of_role(model, body))
    return list(_of_model(getattr(models, model, None) or getattr(costs, model), body, ""))


def _of_model(model: Any, body: Any, path: str) -> Iterator[str]:
    if not isinstance(body, Mapping):
        yield f"{path or 'the body'} is to be an object"
        return
    kinds, fields = _fields(model)
    for name in sorted(set(body) - set(fields)):
        yield f"{path}{name} is not known to {model.__name__}"
    for name, (attribute, read_only) in fields.items():
        kind, value = kinds[attribute], body.get(name)
        if value is None:
            if not read_only and type(None) not in typing.get_args(kind):
                yield f"{path}{name} is required"
        elif not read_only:  # the service ignores what only it can write
            yield from _of_value(kind, value, f"{path}{name}")


@functools.cache
def _fields(model: Any) -> tuple[dict[str, Any], dict[str, tuple[str, bool]]]:
    model({})  # the SDK puts a model's fields together when it is first used
    whole = sys.modules[model.__module__.rpartition(".")[0]]
    scope = {**vars(whole), **vars(sys.modules[model.__module__]), "_models": whole}
    kinds = typing.get_type_hints(model, globalns=scope)
    fields = {f._rest_name: (name, f._visibility == ["read"]) for name, f in model._attr_to_rest_field.items()}
    return kinds, fields


def _of_value(kind: Any, value: Any, path: str) -> Iterator[str]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        choices = [choice for choice in inner if choice is not type(None)]
        # A word and its enumeration: the API knows the words of the enumeration and no others.
        yield from _of_value(next(filter(_is_words, choices), choices[0]), value, path)
    elif origin is list:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _of_value(inner[0], item, f"{path}[{index}]")
        else:
            yield f"{path} is to be a list"
    elif origin is dict:
        if isinstance(value, Mapping):
            for name, item in value.items():
                yield from _of_value(inner[1], item, f"{path}.{name}")
        else:
            yield f"{path} is to be an object"
    elif isinstance(kind, type) and issubclass(kind, MutableMapping):
        yield from _of_model(kind, value, f"{path}.")
    else:
        yield from _of_plain(kind, value, path)


def _is_words(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def _of_plain(kind: Any, value: Any, path: str) -> Iterator[str]:
    if _is_words(kind):
        if value not in (words := sorted(word.value for word in kind)):
            yield f"{path} is {value!r}, which is none of {words}"
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind is not bool):
            yield f"{path} is {value!r} and is to be a {kind.__name__}"
    elif kind is dt.datetime:
        try:
            dt.datetime.fromisoformat(value)
        except (TypeError, ValueError):
            yield f"{path} is {value!r} and is to be a time"


def _of_role(name: str, body: Any) -> Iterator[str]:
    """A body of the authorization SDK, whose models list their fields as paths."""
    model, required = _ROLE_MODELS[name]
    known = {about["key"]: about["type"] for about in model._attribute_map.values()}
    said = dict(_flat(body, known)) if isinstance(body, Mapping) else {}
    for path in sorted(required - set(said)):
        yield f"{path} is required"
    for path, value in said.items():
        if path not in known:
            yield f"{path} is not known to {name}"
        elif known[path] == "str" and not isinstance(value, str):
            yield f"{path} is {value!r} and is to be a str"
        elif known[path].startswith("[") and not isinstance(value, list):
            yield f"{path} is to be a list"


def _flat(body: Mapping[str, Any], known: Mapping[str, str], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        whole = f"{path}{name}"
        if isinstance(value, Mapping) and whole not in known:
            yield from _flat(value, known, f"{whole}.")
        elif value is not None:
            yield whole, value
