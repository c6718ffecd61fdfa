"""The lab's files: what is read, what is refused and where, and that writing and reading agree."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from slidebox import cli
from slidebox.errors import DeclarationError, InputError, Problem
from slidebox.labfile import check_lab, dump, find_root, load, load_lab_file, load_with_sources
from slidebox.model import (
    Audience,
    Dataset,
    Declared,
    Keep,
    Lab,
    LabFile,
    Level,
    Origin,
    Person,
    Project,
    Sensitivity,
    Store,
    System,
    Term,
)
from slidebox.quantities import Size

LABS = Path(__file__).parent / "labs"
REPOSITORY = Path(__file__).parent.parent
BAD = sorted(p.name for p in (LABS / "bad").iterdir())
GOOD = sorted(p.name for p in (LABS / "good").iterdir())


def written(lab: Lab, folder: Path) -> Path:
    """A folder with the files of a lab."""
    for name, text in dump(lab).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", BAD)
def test_a_bad_lab_is_refused_with_exactly_its_messages(name: str) -> None:
    """Each folder of labs/bad is refused, with every fault at its file, line and column."""
    with pytest.raises(DeclarationError) as refused:
        load(LABS / "bad" / name)
    expected = (LABS / "bad" / name / "expected.txt").read_text(encoding="utf-8").rstrip("\n")
    assert expected == str(refused.value)


@pytest.mark.parametrize("name", BAD)
def test_the_command_line_says_what_is_wrong_and_exits_with_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad lab gives exit code 2, its messages on stderr, nothing on stdout and no traceback."""
    lab = tmp_path / "lab"
    shutil.copytree(LABS / "bad" / name, lab, symlinks=True)
    monkeypatch.setattr(sys, "argv", ["slidebox", "--lab", str(lab), "plan"])
    monkeypatch.chdir(lab)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    expected = (lab / "expected.txt").read_text(encoding="utf-8").rstrip("\n")
    assert ("There is no lab.yaml in" if name == "file-no-lab" else expected) in err
    assert "Traceback" not in err


def test_a_bad_lab_is_refused_by_the_installed_program_too(tmp_path: Path) -> None:
    """The same as a process of its own: one sentence for each fault, exit code 2."""
    lab = tmp_path / "lab"
    shutil.copytree(LABS / "bad" / "several", lab)
    command = [sys.executable, "-m", "slidebox.cli", "--lab", str(lab), "plan"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "error: " + (lab / "expected.txt").read_text(encoding="utf-8") == ended.stderr


@pytest.mark.parametrize("name", GOOD)
def test_a_good_lab_is_read_and_written_back_equal(name: str, tmp_path: Path) -> None:
    """Each folder of labs/good loads, and what is written loads to an equal lab."""
    lab = load(LABS / "good" / name)
    assert lab == load(written(lab, tmp_path))


def test_the_example_lab_is_read_and_written_back_equal(tmp_path: Path) -> None:
    """The repository's own lab loads, and what is written loads to an equal lab."""
    lab = load(REPOSITORY)
    assert lab == load(written(lab, tmp_path))


def test_the_example_lab_shows_every_word() -> None:
    """Every level and origin, every sensitivity, an agreement with an end and a streamed set are in the example."""
    lab = load(REPOSITORY)
    datasets = [(p, level, d) for p in lab.projects.values() for level, d in p.datasets.items()]
    assert set(Level) == {level for _, level, _ in datasets}
    assert set(Origin) == {d.origin for _, _, d in datasets}
    assert set(Sensitivity) == {d.sensitivity for _, _, d in datasets}
    assert {"cell-health", "mitocheck"} == {p.project for p, _, d in datasets if d.keep is Keep.STREAM}
    assert dt.date(2027, 12, 31) == lab.file.agreements["saguaro-udm"].ends


def test_every_key_is_read_and_written() -> None:
    """The lab of every key has a value other than the default for each of them, US dollars apart."""
    lab = load(LABS / "good" / "every-key")
    written = {key for value in (lab.file, lab.projects["nf1"]) for key in keys_of(value)}
    kinds = [kind for kind in Declared.__subclasses__() if kind.__module__.startswith("slidebox.model.")]
    known = {f"{kind.__name__}.{key}" for kind in kinds if kind is not Lab for key in kind.model_fields}
    assert known - {"LabFile.currency"} == written


def keys_of(value: object) -> Iterator[str]:
    """`Model.key` of every key below a value that differs from its default."""
    if isinstance(value, Declared):
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            if field.is_required() or inner != field.get_default(call_default_factory=True, validated_data={}):
                yield f"{type(value).__name__}.{name}"
                yield from keys_of(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from keys_of(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from keys_of(inner)


def test_keys_may_repeat_others_by_anchor() -> None:
    """Anchors and merge keys are spread out, and a key beside a merge key holds."""
    project = load(LABS / "good" / "anchors").projects["nf1"]
    assert project.datasets[Level.CORRECTED_IMAGES].patient_derived
    assert Sensitivity.CONFIDENTIAL is project.datasets[Level.CORRECTED_IMAGES].sensitivity
    assert project.audience.reader == project.audience.contributor


def test_text_is_read_as_yaml_1_2() -> None:
    """`yes`, `off`, dates and times are text, and numbers are numbers."""
    project = load(LABS / "good" / "yaml-1.2").projects["nf1"]
    step = project.datasets[Level.CORRECTED_IMAGES].step
    assert (project.title, project.grant, project.datasets[Level.RAW_IMAGES].files) == ("yes", "2026-01-01", 16)
    assert step is not None
    assert step.parameters == {"mode": "off", "level": 1000.0, "count": 12, "exact": True, "time": "12:30:00"}


def test_sizes_keep_their_unit() -> None:
    """A size of 0.95 TB is written back as 0.95 TB, not as 950 GB."""
    lab = load(REPOSITORY)
    assert "size: 0.95 TB\n" in dump(lab)["projects/pediatric-atlas.yaml"]


def test_what_was_written_is_written_back_even_if_it_is_the_default() -> None:
    """A region that equals the default is a place; without one, the lab's own stores are where the lab is."""
    store = Store(system=System.INTERNAL_DRIVE, region="us-east-1")
    people = {"ann": Person(name="Ann")}
    lab = Lab(file=LabFile(lab="way", title="Way", people=people, stores={"bench": store}), projects={})
    assert dump(lab)["lab.yaml"].endswith("bench:\n    system: internal_drive\n    region: us-east-1\n")


def test_every_value_has_its_place() -> None:
    """Sources tell the line and column of a value, and of what is around a value that is not written."""
    _, sources = load_with_sources(LABS / "good" / "small")
    file = "projects/nf1.yaml"
    assert sources.place(file, ("datasets", "raw_images", "size")) == (9, 11)
    assert sources.place(file, ("datasets", "raw_images", "retention")) == (8, 3)
    assert sources.place(file, ("datasets", "corrected_images", "parents", 0)) == (16, 15)


def test_the_lab_is_found_from_a_folder_below_it() -> None:
    """The nearest folder upwards with a lab.yaml is the lab's."""
    assert find_root(LABS / "good" / "small" / "projects") == LABS / "good" / "small"


def test_no_lab_above_is_an_input_error(tmp_path: Path) -> None:
    """A folder outside of every lab is refused with what to do."""
    with pytest.raises(InputError, match=r"There is no lab\.yaml in .* `slidebox init DIR`"):
        find_root(tmp_path)


def test_the_lab_file_can_be_read_alone(tmp_path: Path) -> None:
    """A lab whose projects are declared in Python needs no projects folder."""
    shutil.copy(LABS / "good" / "small" / "lab.yaml", tmp_path)
    assert load_lab_file(tmp_path).lab == "test-lab"


def test_a_fault_of_the_lab_file_alone_is_reported() -> None:
    """Reading lab.yaml alone checks its references too."""
    with pytest.raises(DeclarationError, match=r"'bobb' is not one of the people\. Did you mean 'bob'\?"):
        load_lab_file(LABS / "bad" / "name-member-unknown")


def test_a_lab_declared_in_python_is_checked_without_lines() -> None:
    """The same checks hold for projects declared in Python; their problems name the project's file."""
    dataset = Dataset(size=Size.parse("1 GB"), files=1, sensitivity=Sensitivity.OPEN, parents=("raw_images",))
    project = Project(project="py", title="Py", owner="nobody", audience=Audience(), datasets={Level.METADATA: dataset})
    lab = Lab(file=load_lab_file(LABS / "good" / "small"), projects={"py": project})
    expected = (
        Problem("projects/py.yaml", 0, 0, "owner", "'nobody' is not one of the people in lab.yaml."),
        Problem(
            "projects/py.yaml",
            0,
            0,
            "datasets.metadata.parents[0]",
            "the project 'py' has no dataset 'raw_images'.",
        ),
    )
    assert expected == check_lab(lab)
    assert str(expected[0]) == "projects/py.yaml: owner: 'nobody' is not one of the people in lab.yaml."


def test_aliases_of_aliases_cannot_exhaust_memory(tmp_path: Path) -> None:
    """A billion laughs is refused like any other nonsense."""
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    shutil.copytree(LABS / "good" / "small", tmp_path, dirs_exist_ok=True)
    (tmp_path / "projects" / "nf1.yaml").write_text("\n".join(lines))
    with pytest.raises(DeclarationError, match="stand for more than 1,000,000 values"):
        load(tmp_path)


def test_the_example_lab_has_no_reference_to_nothing() -> None:
    """`check_lab` agrees with `load` on a lab that loads."""
    assert check_lab(load(REPOSITORY)) == ()


def test_public_from_is_read_as_a_term() -> None:
    """`public_from: long` makes the long term public and no other."""
    project = load(REPOSITORY).projects["nf1-schwann"]
    assert {Term.LONG} == {t for t in Term if project.public_in(Level.METADATA, t)}
