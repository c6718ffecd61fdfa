"""The one table that every inventory becomes."""

from __future__ import annotations

import sys

import pytest

from slidebox.errors import InputError
from slidebox.inventory.table import COLUMNS, arrow_schema, schema, unbound


def test_ibis_and_arrow_have_every_column_in_its_order() -> None:
    """The table is the same for whoever fills it and whoever asks."""
    names = tuple(column.name for column in COLUMNS)
    assert schema().names == names
    assert tuple(arrow_schema().names) == names
    assert tuple(unbound().columns) == names


def test_every_moment_is_in_utc_to_the_microsecond() -> None:
    """No engine is left to guess a time zone."""
    moments = [column.name for column in COLUMNS if column.type.startswith("timestamp")]
    assert {str(arrow_schema().field(name).type) for name in moments} == {"timestamp[us, tz=UTC]"}
    assert {schema()[name].timezone for name in moments} == {"UTC"}


def test_every_column_has_a_meaning() -> None:
    """A column without one would have to be guessed."""
    assert [column.name for column in COLUMNS if not column.meaning.endswith(".")] == []


def test_without_ibis_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named, and nothing of Python's own error is shown."""
    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(InputError, match=r"slidebox\[analytics\]"):
        schema()
