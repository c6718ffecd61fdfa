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
from slidebox.labfile.record import ADOPTED, FoundPlace, FoundResource, Record, dump_record, load_record, record_file
from slidebox.labfile.references import check_lab

__all__ = [
    "ADOPTED",
    "LAB_FILE",
    "PROJECTS",
    "FoundPlace",
    "FoundResource",
    "Position",
    "Positions",
    "Record",
    "Sources",
    "check_lab",
    "dump",
    "dump_record",
    "find_root",
    "load",
    "load_lab_file",
    "load_record",
    "load_with_sources",
    "positions",
    "record_file",
]
