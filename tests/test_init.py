"""`slidebox init`: a starter lab that loads, plans and overwrites nothing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from slidebox.cli import slidebox
from slidebox.errors import InputError
from slidebox.labfile import load
from slidebox.labfile.source import Document
from slidebox.model import Level, Use
from slidebox.schema import schemas
from slidebox.starter import lab_name, starter, write_starter

REPOSITORY = Path(__file__).parent.parent


def test_the_starter_loads(tmp_path: Path) -> None:
    """The starter lab has no fault, and bears the name it was given."""
    write_starter(tmp_path, "kim-lab")
    lab = load(tmp_path)
    assert lab.file.lab == "kim-lab"
    assert Level.RAW_IMAGES in lab.projects["example"].datasets


def test_what_the_starter_shows_in_comments_is_right(tmp_path: Path) -> None:
    """Keys and blocks that are commented out load when their `#` is taken away."""
    write_starter(tmp_path, "kim-lab")
    for file in (tmp_path / "lab.yaml", tmp_path / "projects" / "example.yaml"):
        text = file.read_text(encoding="utf-8")
        block = re.compile(r"^# \w+:.*(?:\n#  .*)*", re.MULTILINE)
        assert len(block.findall(text)) > 4
        file.write_text(block.sub(lambda shown: re.sub(r"(?m)^# ", "", shown[0]), text), encoding="utf-8")
    lab = load(tmp_path)
    assert (set(lab.file.services), set(lab.file.agreements)) == ({"scope-uploader"}, {"acme"})
    assert Use.PUBLICATION in lab.projects["example"].uses
    assert lab.projects["example"].waivers[0].by == "owner"


def test_the_use_that_the_starter_shows_in_comments_is_right(tmp_path: Path) -> None:
    """How data grow and are read."""
    write_starter(tmp_path, "kim-lab")
    file = tmp_path / "projects" / "example.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^    # (growth|reads):", r"    \1:", text), encoding="utf-8")
    dataset = load(tmp_path).projects["example"].datasets[Level.SINGLE_CELL_EMBEDDINGS]
    assert {str(reading) for reading in dataset.reads.values()} == {"4/month", "1/year of 10 %"}
    assert {str(rate) for rate in dataset.growth.values()} == {"100 MB/year"}


def test_the_starter_fits_its_schemas(tmp_path: Path) -> None:
    """An editor finds the schemas by the first lines of the starter's files, and shows no fault."""
    write_starter(tmp_path, "kim-lab")
    for file in (tmp_path / "lab.yaml", tmp_path / "projects" / "example.yaml"):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        schema = file.parent / first.partition("$schema=")[2]
        assert schema.read_text(encoding="utf-8") == schemas()[schema.name]
        validator = Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
        assert list(validator.iter_errors(Document(file.name, file.read_bytes()).value)) == []


def test_the_starter_starts_the_same_plugins_as_the_repository() -> None:
    """The launchers are the repository's own, and the engine may run them."""
    launchers = {path: text for path, text in starter("my-lab").items() if path.startswith("plugins/")}
    expected = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in launchers}
    assert len(launchers) == 2
    assert launchers == expected


def test_the_starter_s_program_is_the_repository_s() -> None:
    """The Pulumi program of a starter lab is the one in infra/."""
    assert starter("my-lab")["infra/__main__.py"] == (REPOSITORY / "infra" / "__main__.py").read_text(encoding="utf-8")


def test_the_starter_has_the_built_in_rules() -> None:
    """A preview of a starter lab asks the same rules as `slidebox check`, without their tests."""
    rules = {path for path in starter("my-lab") if path.startswith("policies/")}
    pack = REPOSITORY / "policies"
    sources = {p for p in pack.rglob("*.rego") if not p.name.endswith("_test.rego")} | {pack / "PulumiPolicy.yaml"}
    assert rules == {p.relative_to(REPOSITORY).as_posix() for p in sources}


def test_launchers_are_executable(tmp_path: Path) -> None:
    """The engine can start what is in plugins/."""
    write_starter(tmp_path, "my-lab")
    assert all(os.access(path, os.X_OK) for path in (tmp_path / "plugins").iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """One file that is there already refuses the whole starter, and stays as it was."""
    (tmp_path / "lab.yaml").write_text("mine")
    with pytest.raises(InputError, match=r"has lab\.yaml already; nothing was written"):
        write_starter(tmp_path, "my-lab")
    assert [path.name for path in tmp_path.iterdir()] == ["lab.yaml"]
    assert (tmp_path / "lab.yaml").read_text() == "mine"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A file in the way is an input error, not a traceback."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        write_starter(tmp_path / "taken" / "lab", "my-lab")


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("Kim Lab", "kim-lab"),
        ("way_lab", "way-lab"),
        ("2026-lab", "lab"),
        ("---", "my-lab"),
        ("é", "my-lab"),
        ("a" * 40, "a" * 24),
    ],
)
def test_a_lab_is_named_after_its_folder(folder: str, expected: str) -> None:
    """As far as a name may have the folder's letters."""
    assert lab_name(Path(folder)) == expected


def test_the_verb_says_what_to_do_next(tmp_path: Path) -> None:
    """`slidebox init` prints the next commands and writes the file that a shell sources."""
    result = CliRunner().invoke(slidebox, ["init", str(tmp_path / "new")], standalone_mode=False)
    assert result.exception is None
    assert "source .slidebox/env" in result.output
    assert (tmp_path / "new" / ".slidebox" / "env").is_file()


def test_the_verb_answers_programs(tmp_path: Path) -> None:
    """`--json` gives one document with the files and the next commands."""
    result = CliRunner().invoke(
        slidebox, ["init", str(tmp_path / "new"), "--name", "kim", "--json"], standalone_mode=False
    )
    document = json.loads(result.output)
    assert document["lab"] == "kim"
    assert sorted(document["files"]) == sorted(starter("kim"))
    assert document["next"][1]["run"] == "slidebox plan"


def test_a_name_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Capitals and spaces cannot be in a bucket's name."""
    result = CliRunner().invoke(slidebox, ["init", str(tmp_path / "new"), "--name", "Kim Lab"], standalone_mode=False)
    assert isinstance(result.exception, InputError)
    assert not (tmp_path / "new").exists()


def test_the_environment_is_written_again(tmp_path: Path) -> None:
    """`--env` writes .slidebox/env in a clone, and leaves the lab's files alone."""
    write_starter(tmp_path, "my-lab")
    before = (tmp_path / "lab.yaml").read_text(encoding="utf-8")
    result = CliRunner().invoke(slidebox, ["init", "--env", str(tmp_path)], standalone_mode=False)
    assert result.exception is None
    assert (tmp_path / ".slidebox" / "env").is_file()
    assert (tmp_path / "lab.yaml").read_text(encoding="utf-8") == before


def test_the_starter_passes_the_rules(tmp_path: Path) -> None:
    """`slidebox plan` of a new starter lab finds a place for every dataset, and no error."""
    write_starter(tmp_path, "my-lab")
    result = CliRunner().invoke(slidebox, ["--lab", str(tmp_path), "plan", "--json"], standalone_mode=False)
    assert result.exception is None
    assert result.return_value == 0
    assert all(term["placements"] for term in json.loads(result.output)["terms"])
