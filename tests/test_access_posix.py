"""Who can read a folder, by its mode."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.posix import mode_readers


def test_a_group_reads_through_its_bits() -> None:
    """The group's principals are named with the mode as the path."""
    readers = mode_readers("2750", "imaging", ("team:imaging",))

    assert [(r.principal, r.actions, r.path) for r in readers] == [
        ("team:imaging", ("read",), ("mode 2750", "group imaging"))
    ]


@pytest.mark.parametrize(
    ("mode", "actions"),
    [
        ("2700", {}),
        ("0770", {"team:imaging": ("read", "write", "delete")}),
        ("2755", {"team:imaging": ("read",), "any_account": ("read",)}),
        ("2751", {"team:imaging": ("read",), "any_account": ("read",)}),
        ("0777", {"team:imaging": ("read", "write", "delete"), "any_account": ("read", "write", "delete")}),
        ("703", {"any_account": ("read", "write", "delete")}),
        ("0o2750", {"team:imaging": ("read",)}),
        ("3770", {"team:imaging": ("read", "write")}),
        ("1777", {"team:imaging": ("read", "write"), "any_account": ("read", "write")}),
        ("1750", {"team:imaging": ("read",)}),
    ],
)
def test_bits_mean_actions(mode: str, actions: dict[str, tuple[str, ...]]) -> None:
    """Read or pass through is reading; write and pass through is writing, and deleting but with the sticky bit."""
    assert actions == {r.principal: r.actions for r in mode_readers(mode, "imaging", ("team:imaging",))}


def test_a_group_without_a_team_is_somebody_unknown() -> None:
    """Nothing says who is in a group that the lab does not name."""
    assert [reader.principal for reader in mode_readers("2750", "staff", ())] == ["unknown"]


@pytest.mark.parametrize("mode", [None, "", "unknown", "rwx", "9999", 2750, "27500"])
def test_a_mode_that_cannot_be_read_lets_in_somebody_unknown(mode: object) -> None:
    """Whatever is no mode is not a safe one."""
    assert [reader.principal for reader in mode_readers(mode, "imaging", ("team:imaging",))] == ["unknown"]


@given(st.integers(0, 0o7777), st.integers(0, 11))
def test_taking_a_bit_away_never_adds_a_reader(mode: int, bit: int) -> None:
    """Fewer bits, no more readers."""
    before = {r.principal for r in mode_readers(f"{mode:04o}", "g", ("team:g",))}
    after = {r.principal for r in mode_readers(f"{mode & ~(1 << bit):04o}", "g", ("team:g",))}

    assert after <= before
