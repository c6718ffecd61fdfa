"""Storage as code for microscopy labs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slidebox.components import provision

__version__ = "0.1.0"
__all__ = ["__version__", "provision"]


def __getattr__(name: str) -> object:
    """Import `provision` only where it is used: the rest of slidebox does not need Pulumi's SDK."""
    if name == "provision":
        from slidebox.components import provision  # noqa: PLC0415 - on demand

        return provision
    raise AttributeError(f"module 'slidebox' has no attribute {name!r}")
