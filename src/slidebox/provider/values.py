"""Property values: the engine's protobuf structs ⇄ plain Python.

The engine marks three things inside a plain struct: a value that is not known before something else is
made, a secret, and an output. They are the only types of this module; everything else is JSON.
Signatures: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig (sig.go) and
plugin/rpc.go, read at v3.259.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key of a mapping that is not one: its value says what the mapping stands for."""
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of the protocol
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        _UNKNOWN_STRING,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
"""Texts that stand for values that are not known yet."""
# Above this a double no longer holds every whole number.
_EXACT = 2**53


class Unknown:
    """A value that is known only after something else has been made."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the state keeps encrypted and that is never shown."""

    value: Any = field(repr=False)


Properties = dict[str, Any]
"""A resource's properties by name: JSON values, `Unknown` and `Secret`."""


def reveal(value: Any) -> Any:
    """The same value without the marks of secrets."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {name: reveal(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether a value, or anything inside it, is not known yet."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_unknown, value))
    return isinstance(value, Unknown)


def same(one: Any, other: Any) -> bool:
    """Whether two known values are equal; an absent entry and a null one are the same."""
    return bool(_without_nulls(reveal(one)) == _without_nulls(reveal(other)))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def from_value(value: struct_pb2.Value) -> Any:
    """Read one protobuf value."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < _EXACT else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _from_fields(value.struct_value)
    return None


def _from_fields(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    mark = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
    if mark == _SECRET:
        return Secret(from_value(fields["value"]))
    if mark == _OUTPUT:
        inner = from_value(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    # Assets, archives and references stay as they are: no resource here takes one.
    return {name: from_value(item) for name, item in fields.items()}


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """Read the properties of a resource."""
    return {name: from_value(value) for name, value in struct.fields.items()}


def to_value(value: Any) -> struct_pb2.Value:
    """Write one protobuf value.

    Raises
    ------
    TypeError
        If it is of a type that a property cannot have.
    """
    kind: dict[str, Any]
    match value:
        case None:
            kind = {"null_value": struct_pb2.NULL_VALUE}
        case Unknown():
            kind = {"string_value": _UNKNOWN_STRING}
        case Secret():
            fields = {SIGNATURE: struct_pb2.Value(string_value=_SECRET), "value": to_value(value.value)}
            kind = {"struct_value": struct_pb2.Struct(fields=fields)}
        case bool():
            kind = {"bool_value": value}
        case int() | float():
            kind = {"number_value": value}
        case str():
            kind = {"string_value": value}
        case list() | tuple():
            kind = {"list_value": struct_pb2.ListValue(values=[to_value(item) for item in value])}
        case Mapping():
            kind = {"struct_value": to_struct(value)}
        case _:
            raise TypeError(f"a property cannot be a {type(value).__name__}")
    return struct_pb2.Value(**kind)


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Write the properties of a resource."""
    return struct_pb2.Struct(fields={name: to_value(value) for name, value in properties.items()})
