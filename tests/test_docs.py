"""The pages say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slidebox.cli import VERBS
from slidebox.cli.handbook import declarations_page, verbs_page

PAGES = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "benchmarks/README.md")


def test_the_page_of_verbs_is_current(repository: Path) -> None:
    """`make docs` has been run since a verb was changed."""
    assert verbs_page() == (repository / "docs" / "verbs.md").read_text(encoding="utf-8")


def test_the_page_of_declarations_is_current(repository: Path) -> None:
    """`make docs` has been run since a key was changed."""
    assert declarations_page() == (repository / "docs" / "declarations.md").read_text(encoding="utf-8")


def test_every_key_of_a_declaration_has_a_meaning_on_the_page() -> None:
    """A key without one would have to be guessed."""
    rows = [row.split(" | ") for row in declarations_page().splitlines() if row.startswith("| `")]
    assert [row[0] for row in rows if not row[1].strip()] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_verbs_targets_and_files_that_are_there(repository: Path, page: str) -> None:
    """Commands and relative links of a page lead somewhere."""
    text = (repository / page).read_text(encoding="utf-8")
    commands = set(re.findall(r"^\$? ?slidebox ([a-z]+)|`slidebox ([a-z]+)", text, re.MULTILINE))
    assert {word for pair in commands for word in pair if word} <= set(VERBS)
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    links = re.findall(r"\]\((?!http|#)([^)#]+)", text)
    assert [link for link in links if not (repository / page).parent.joinpath(link).exists()] == []


def test_every_module_of_the_package_has_a_room_in_the_picture(repository: Path) -> None:
    """docs/architecture.md names every module and package of `slidebox`."""
    text = (repository / "docs" / "architecture.md").read_text(encoding="utf-8")
    package = repository / "src" / "slidebox"
    names = {p.name for p in package.iterdir() if p.suffix == ".py" or p.is_dir()}
    modules = {name for name in names if not name.startswith("__")}
    assert {name for name in modules if name not in text} == set()
