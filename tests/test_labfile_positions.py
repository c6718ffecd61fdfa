"""Where a declaration stands, asked by the ids that findings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox.labfile import Position, positions

FILE = "projects/nf1.yaml"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab of one project, with a comment above it and a waiver."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text("# the lab\nlab: small\nagreements:\n  acme:\n    ends: 2027-12-31\n")
    (tmp_path / FILE).write_text(
        "# NF1\n"
        "project: nf1\n"
        "datasets:\n"
        "  raw_images:\n"
        "    size: 1 GB\n"
        "    step:\n"
        "      commit: 0a1b2c3\n"
        "    parents: [metadata, pipelines]\n"
        "waivers:\n"
        "  - rule: cost/budget\n"
        "    until: 2027-01-01\n"
        "  - {rule: keeping/raw_two_copies, until: 2027-02-01}\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("subject", "keys", "expected"),
    [
        ("", (), Position("lab.yaml", 1, 1)),
        ("lab", (), Position("lab.yaml", 1, 1)),
        ("lab", ("agreements", "acme", "ends"), Position("lab.yaml", 5, 5)),
        ("lab", ("budget",), Position("lab.yaml", 1, 1)),
        ("nf1", (), Position(FILE, 2, 1)),
        ("nf1", ("budget", "monthly"), Position(FILE, 2, 1)),
        ("nf1/raw_images", (), Position(FILE, 4, 3)),
        ("nf1/raw_images", ("step", "commit"), Position(FILE, 7, 7)),
        ("nf1/raw_images", ("step", "date"), Position(FILE, 6, 5)),
        ("nf1/raw_images", ("licence",), Position(FILE, 4, 3)),
        ("nf1/raw_images", ("parents", "1"), Position(FILE, 8, 25)),
        ("nf1/raw_images", ("parents", "2"), Position(FILE, 8, 5)),
        ("nf1/raw_images@mid@bench", (), Position(FILE, 4, 3)),
        ("nf1/raw_images@bench", ("size",), Position(FILE, 5, 5)),
        ("nf1/metadata", (), Position(FILE, 3, 1)),
        ("nf1#1", (), Position(FILE, 10, 5)),
        ("nf1#2", ("until",), Position(FILE, 12, 36)),
        ("nf1#3", (), Position(FILE, 9, 1)),
        ("other/raw_images", ("size",), Position("lab.yaml", 1, 1)),
    ],
)
def test_a_subject_is_found_where_it_is_declared(
    lab: Path, subject: str, keys: tuple[str, ...], expected: Position
) -> None:
    """By its key, by a key below it, and by what is around a key that is not written."""
    assert expected == positions(lab).of(subject, keys)


def test_a_project_may_be_called_lab(lab: Path) -> None:
    """Then its name means the project; the lab itself has no name but the empty one."""
    (lab / "projects" / "lab.yaml").write_text("title: Benches\nproject: lab\n")
    assert Position("projects/lab.yaml", 2, 1) == positions(lab).of("lab")
    assert Position("lab.yaml", 1, 1) == positions(lab).of("")


def test_a_file_that_is_no_yaml_is_answered_with_its_beginning(lab: Path) -> None:
    """Nobody asks about a lab that was refused, but no question ends in a traceback."""
    (lab / FILE).write_text("datasets: [\n")
    assert Position(FILE, 1, 1) == positions(lab).of("nf1/raw_images", ("size",))


def test_a_position_is_written_as_editors_take_it() -> None:
    """File, line and column."""
    assert str(Position(FILE, 4, 3)) == "projects/nf1.yaml:4:3"
