"""What an extra of slidebox brings, and how it is given paths; it is imported when it is first asked for."""

from __future__ import annotations

from pathlib import Path


def literal(path: Path) -> str:
    """A path as DuckDB takes it, in which nothing stands for other paths.

    Source: DuckDB, "File globbing": ``*``, ``?`` and ``[`` begin a pattern, and stand for themselves in brackets.
    """
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
