"""The lab's files: ``lab.yaml`` and ``projects/*.yaml`` ⇄ the frozen model."""

from slidebox.labfile.files import (
    LAB_FILE,
    PROJECTS,
    Sources,
    dump,
    find_root,
    load,
    load_lab_file,
    load_with_sources,
)
from slidebox.labfile.positions import Position, Positions, positions
from slidebox.labfile.references import check_lab

__all__ = [
    "LAB_FILE",
    "PROJECTS",
    "Position",
    "Positions",
    "Sources",
    "check_lab",
    "dump",
    "find_root",
    "load",
    "load_lab_file",
    "load_with_sources",
    "positions",
]
