"""Facts travel on resources as one text, and come back as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.facts import pack, unpack
from slidebox.provider.drive import Folder
from slidebox.provider.room import Room

documents = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)


@given(documents)
def test_facts_come_back_as_they_were(facts: dict[str, Any]) -> None:
    """And the same facts are the same text, so that a second run sees no difference."""
    assert unpack(pack(facts)) == facts
    assert pack(dict(reversed(facts.items()))) == pack(facts)


@pytest.mark.parametrize("carried", [None, 7, "", "{", "[]", "7", "[secret]", "[" * 100_000, ["{}"]])
def test_what_is_no_facts_says_nothing(carried: Any) -> None:
    """The rules then refuse what nothing is known of."""
    assert unpack(carried) is None


def test_a_stack_of_before_sees_no_difference() -> None:
    """Its resources carry their facts as an object; the same facts as a text change nothing."""
    kind = Folder(Room())
    assert kind.same("facts", {"datasets": {"a": 1}}, pack({"datasets": {"a": 1}}))
    assert not kind.same("facts", {"datasets": {"a": 1}}, pack({"datasets": {"a": 2}}))
