"""Property values survive the way to the engine and back."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from slidebox.provider.values import (
    UNKNOWN,
    Secret,
    from_struct,
    has_unknown,
    reveal,
    same,
    to_struct,
    to_value,
)

# The engine's own marks inside a struct are no data of ours.
TEXT = st.text(max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
MARKED = st.recursive(
    PLAIN | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3) | inner.map(Secret),
    max_leaves=15,
)


@given(st.dictionaries(TEXT, MARKED, max_size=5))
def test_properties_come_back_as_they_went(properties: dict[str, Any]) -> None:
    """Unknown values and secrets keep their marks, everything else its value."""
    wire = struct_pb2.Struct.FromString(to_struct(properties).SerializeToString())
    assert from_struct(wire) == properties


@given(PLAIN)
def test_revealing_what_has_no_secret_changes_nothing(value: Any) -> None:
    """Plain values are their own revelation."""
    assert reveal(value) == value


@given(MARKED)
def test_a_value_has_something_unknown_exactly_where_the_mark_is(value: Any) -> None:
    """Also inside secrets, lists and mappings."""
    assert has_unknown(value) == ("<unknown>" in repr(_unveiled(value)))


def _unveiled(value: Any) -> Any:
    """The same structure with texts and keys blanked, so that only marks are left to be found."""
    if isinstance(value, Secret):
        return [_unveiled(value.value)]
    if isinstance(value, dict):
        return [_unveiled(item) for item in value.values()]
    if isinstance(value, list):
        return [_unveiled(item) for item in value]
    return "" if isinstance(value, str) else value


def test_an_output_of_the_engine_is_its_value() -> None:
    """Outputs arrive wrapped; one without a value is not known yet."""
    mark = to_value({"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"})
    known = struct_pb2.Value(struct_value=mark.struct_value)
    known.struct_value.fields["value"].string_value = "x"
    hidden = struct_pb2.Value(struct_value=known.struct_value)
    hidden.struct_value.fields["secret"].bool_value = True
    wire = struct_pb2.Struct(fields={"unknown": mark, "known": known, "hidden": hidden})
    assert from_struct(wire) == {"unknown": UNKNOWN, "known": "x", "hidden": Secret("x")}


def test_a_secret_does_not_show_itself() -> None:
    """Neither alone nor inside something."""
    assert "pass" not in repr({"key": Secret("pass")})


def test_an_unknown_value_is_neither_true_nor_false() -> None:
    """So that no branch is taken by mistake."""
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)


def test_an_absent_entry_and_a_null_one_are_the_same() -> None:
    """The SDK drops nulls, the state keeps them."""
    assert same({"a": None, "b": [1, Secret(2)]}, {"b": [1, 2]})


def test_a_property_cannot_be_a_set() -> None:
    """Only JSON's types travel."""
    with pytest.raises(TypeError, match="cannot be a set"):
        to_value({1})
