"""`slidebox adopt`: what it lists, what it writes, and what it leaves alone."""

from __future__ import annotations

import errno
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slidebox import drives, labfile
from slidebox.cli import slidebox
from slidebox.errors import DeclarationError, InputError, UnreadableError

pytestmark = pytest.mark.usefixtures("engines")

LAB = """\
lab: way
title: A lab with old data
people:
  mira: {name: Mira}
  eve: {name: Eve, organisation: Elsewhere, until: 2030-01-01}
stores:
  bench: {system: internal_drive, kind: drive, path: disk, encrypted: true}
  idr: {system: idr}
"""
PILOT = """\
project: pilot
title: The first try
owner: mira
audience: {steward: [mira]}
datasets:
  metadata: {size: 1 MB, files: 1, sensitivity: open}
"""
SAID = ("--project", "old", "--owner", "mira", "--sensitivity", "open")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A lab with a marked disk and a folder of images that nobody has declared."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB, encoding="utf-8")
    (tmp_path / "projects" / "pilot.yaml").write_text(PILOT, encoding="utf-8")
    images = tmp_path / "disk" / "screens" / "raw images"
    images.mkdir(parents=True)
    for number in range(3):
        (images / f"{number}.tif").write_bytes(bytes(40_000))
    (tmp_path / "disk" / "screens").chmod(0o750)
    images.chmod(0o750)
    drives.mark("way", "bench", tmp_path / "disk")
    return tmp_path


def run(lab: Path, *words: str) -> Result:
    """Run the verb in a terminal of 80 columns."""
    runner = CliRunner(env={"COLUMNS": "80"})
    return runner.invoke(slidebox, ["--lab", str(lab), "adopt", *words], standalone_mode=False)


def answer(lab: Path, *words: str) -> dict[str, Any]:
    """Its JSON document."""
    result = run(lab, *words, "--json")
    assert result.exception is None, result.exception
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def files(lab: Path) -> set[str]:
    """The lab's files, without the disk's."""
    return {str(p.relative_to(lab)) for p in lab.rglob("*") if p.is_file() and "disk" not in p.parts}


def test_what_a_store_has_is_listed_with_what_is_declared_of_it(lab: Path) -> None:
    """And how one of them is taken over."""
    (lab / "disk" / "pilot").mkdir()
    result = run(lab, "bench")
    assert result.return_value == 0
    assert "slidebox adopt bench --bucket 'pilot=raw_images'" in result.stdout
    assert answer(lab, "bench")["found"] == [{"name": "pilot", "dataset": None}, {"name": "screens", "dataset": None}]
    assert files(lab) == {"lab.yaml", "projects/pilot.yaml"}


def test_a_folder_is_declared_as_it_is(lab: Path) -> None:
    """The files are read again without a fault, and what falls short is set aside in the owner's name."""
    result = run(lab, "bench", "--bucket", "screens/raw images=raw_images", *SAID)
    assert result.return_value == 0, result.stdout
    assert "screens/raw images in bench is old/raw_images: 120 kB in 3 files." in result.stdout
    assert "Nothing at the store was changed" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    loaded = labfile.load(lab)
    dataset = loaded.projects["old"].datasets["raw_images"]  # type: ignore[index]
    assert (dataset.size.bytes, dataset.files, dataset.adopted["bench"].name) == (120_000, 3, "screens/raw images")
    assert {waiver.by for waiver in loaded.projects["old"].waivers} == {"mira"}
    assert "keeping/raw_copies" in {waiver.rule for waiver in loaded.projects["old"].waivers}
    record = labfile.load_record(lab, "old")
    assert record.places[0].resources[0].inputs["mode"] == "0750"


def test_check_then_shows_what_falls_short(lab: Path) -> None:
    """From the record, without looking at the disk."""
    run(lab, "bench", "--bucket", "screens/raw images=raw_images", *SAID)
    drives.drive_path(lab, labfile.load(lab).file.stores["bench"]).rename(lab / "unplugged")
    result = CliRunner().invoke(slidebox, ["--lab", str(lab), "check", "old", "--json"], standalone_mode=False)
    assert (result.exception, result.return_value) == (None, 0)
    found = {finding["rule"] for finding in json.loads(result.stdout)["findings"] if finding["waived"]}
    assert found >= {"keeping/raw_copies", "cost/ownership_tags"}


def test_what_no_waiver_sets_aside_is_said_and_refused(lab: Path) -> None:
    """Patients' data that everybody of the machine may read."""
    (lab / "disk" / "screens" / "raw images").chmod(0o755)
    words = ("--project", "old", "--owner", "mira", "--sensitivity", "identifiable")
    result = run(lab, "bench", "--bucket", "screens/raw images=raw_images", *words)
    assert result.return_value == 1
    assert "Stands in the way, and no waiver sets it aside" in result.stdout
    assert "if it says who a patient is, rename it first" in " ".join(result.stdout.split())
    assert "sharing/identifiable_never_public" in result.stdout.replace("\n", "")
    assert not [w for w in labfile.load(lab).projects["old"].waivers if w.rule == "sharing/identifiable_never_public"]


def test_after_mending_the_record_is_written_anew(lab: Path) -> None:
    """The project's own file stays as somebody has written it."""
    folder = lab / "disk" / "screens" / "raw images"
    folder.chmod(0o755)
    run(lab, "bench", "--bucket", "screens/raw images=raw_images", *SAID)
    before = (lab / "projects" / "old.yaml").read_text(encoding="utf-8")
    folder.chmod(0o700)
    said = answer(lab, "bench", "--again", "--project", "old")
    assert labfile.load_record(lab, "old").places[0].resources[0].inputs["mode"] == "0700"
    assert "sharing/readers_within_audience" not in {one["rule"] for one in said["waived"] + said["refused"]}
    assert (lab / "projects" / "old.yaml").read_text(encoding="utf-8") == before
    assert files(lab) == {"lab.yaml", "projects/pilot.yaml", "projects/old.yaml", "adopted/old.yaml"}


def test_what_somebody_declares_by_hand_gets_its_record(lab: Path) -> None:
    """In a project that has a file already."""
    adopted = "  bulk_embeddings:\n    {size: 1 MB, files: 3, sensitivity: open, adopted: {bench: {name: screens}}}\n"
    (lab / "projects" / "pilot.yaml").write_text(PILOT + adopted, encoding="utf-8")
    answer(lab, "bench", "--again", "--project", "pilot")
    assert labfile.load_record(lab, "pilot").places[0].resources[0].inputs["path"] == "screens"


def test_the_first_project_of_a_lab_may_be_one_that_is_taken_over(lab: Path) -> None:
    """Before it there are no projects at all."""
    (lab / "projects" / "pilot.yaml").unlink()
    assert [one["name"] for one in answer(lab, "bench")["found"]] == ["screens"]
    (lab / "projects").rmdir()
    answer(lab, "bench", "--bucket", "screens/raw images=raw_images", *SAID)
    assert list(labfile.load(lab).projects) == ["old"]


def test_a_dry_run_shows_the_file_and_writes_nothing(lab: Path) -> None:
    """Down to its waivers."""
    result = run(lab, "bench", "--bucket", "screens/raw images=raw_images", *SAID, "--dry-run")
    assert result.return_value == 0
    assert "Nothing was written" in result.stdout
    assert "rule: keeping/raw_copies" in result.stdout
    assert files(lab) == {"lab.yaml", "projects/pilot.yaml"}
    assert answer(lab, "bench", "--bucket", "screens=raw_images", *SAID, "--dry-run")["written"] == []


def test_nothing_is_written_over_anything(lab: Path) -> None:
    """Neither a project nor a record."""
    words = ("bench", "--bucket", "screens=raw_images", "--project", "pilot", *SAID[2:])
    assert "projects/pilot.yaml already" in str(run(lab, *words).exception)
    (lab / "adopted").mkdir()
    (lab / "adopted" / "old.yaml").write_text("precious", encoding="utf-8")
    assert "adopted/old.yaml already" in str(run(lab, "bench", "--bucket", "screens=raw_images", *SAID).exception)
    assert (lab / "adopted" / "old.yaml").read_text(encoding="utf-8") == "precious"


def test_what_one_project_has_taken_over_no_other_takes(lab: Path) -> None:
    """Neither the folder, nor one above or below it, however it is written."""
    answer(lab, "bench", "--bucket", "screens/raw images=raw_images", *SAID)
    for name, holder in (("screens/raw images", "old"), ("./screens//raw images/", "old"), ("screens", "new")):
        result = run(lab, "bench", "--bucket", f"{name}=raw_images", "--project", "new", *SAID[2:])
        assert isinstance(result.exception, InputError), name
        assert re.search(f"{holder}/raw_images (has|already)", str(result.exception))
    assert not (lab / "projects" / "new.yaml").exists()


def test_what_cannot_be_written_is_not_half_there(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record goes again when there is no room for the project's file; then the same command works."""
    words = ("bench", "--bucket", "screens=raw_images", *SAID)
    opened = Path.open

    def full(path: Path, *mode: Any, **how: Any) -> Any:
        if path.name == "old.yaml" and path.parent.name == "projects":
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, *mode, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        result = run(lab, *words)
    assert isinstance(result.exception, UnreadableError)
    assert "projects/old.yaml cannot be written: No space left" in str(result.exception)
    assert files(lab) == {"lab.yaml", "projects/pilot.yaml"}
    assert run(lab, *words).return_value == 0


def test_a_record_without_its_project_is_called_what_it_is(lab: Path) -> None:
    """An adoption that was killed between its two files leaves one."""
    (lab / "adopted").mkdir()
    (lab / "adopted" / "old.yaml").touch()
    error = run(lab, "bench", "--bucket", "screens=raw_images", *SAID).exception
    assert isinstance(error, InputError)
    assert "no project has it" in error.cure


def test_looking_again_says_that_it_wrote_the_record_alone(lab: Path) -> None:
    """And with --dry-run that it wrote nothing; a full disk leaves the old record."""
    run(lab, "bench", "--bucket", "screens=raw_images", *SAID)
    again = ("bench", "--again", "--project", "old")
    said = " ".join(run(lab, *again).stdout.split())
    assert "Wrote adopted/old.yaml." in said
    assert "Wrote projects" not in said
    assert answer(lab, *again)["written"] == ["adopted/old.yaml"]
    dry = run(lab, *again, "--dry-run").stdout
    assert "Nothing was written." in dry
    assert "would be" not in dry
    record = lab / "adopted" / "old.yaml"
    before = record.read_bytes()
    (lab / "adopted" / "old.new").mkdir()
    assert "adopted/old.yaml cannot be written" in str(run(lab, *again).exception)
    assert record.read_bytes() == before


def test_names_that_a_shell_or_a_terminal_takes_amiss_are_shown_so_that_it_does_not(lab: Path) -> None:
    """Quotes are quoted, and what moves the cursor is spelt out."""
    (lab / "disk" / "a'b").mkdir()
    (lab / "disk" / "c\x1b[2Jd").mkdir()
    said = run(lab, "bench").stdout
    assert shlex.quote("a'b=raw_images") in said
    assert "\x1b" not in said
    assert "'c\\x1b[2Jd'" in said


def test_a_size_that_somebody_knows_is_not_counted(lab: Path) -> None:
    """Millions of files take long."""
    words = ("bench", "--bucket", "screens=raw_images", *SAID, "--size", "2.4 TB", "--files", "700000")
    (place,) = answer(lab, *words)["places"]
    assert (place["bytes"], place["files"]) == (2_400_000_000_000, 700_000)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "declares no store 'nowhere'"),
        (("idr",), "kind 'by_hand'"),
        (("bench", "--bucket", "screens", *SAID), "which level of data 'screens' holds"),
        (("bench", "--bucket", "screens=rawimages", *SAID), "'rawimages' is no level"),
        (("bench", "--bucket", "a=metadata", "--bucket", "b=metadata", *SAID), "would both be the metadata"),
        (("bench", "--bucket", "nothing=raw_images", *SAID), "no folder"),
        (("bench", "--bucket", "screens=raw_images"), "--project and --owner and --sensitivity are missing"),
        (("bench", "--bucket", "screens=raw_images", *SAID[:4]), "--sensitivity is missing"),
        (("bench", "--bucket", "screens=raw_images", *SAID[:2], "--owner", "nobody", *SAID[4:]), "nobody in lab.yaml"),
        (("bench", "--bucket", "screens=raw_images", *SAID, "--size", "much"), "--size"),
        (("bench", "--bucket", "screens=raw_images", *SAID, "--size", "1 GB"), "--size goes with --files"),
        (("bench", "--bucket", "screens=raw_images", *SAID, "--files", "3"), "--files goes with --size"),
        (("bench", "--bucket", "screens=raw_images", "--project", "Old Screen", *SAID[2:]), "'Old Screen' is no name"),
        (("bench", "--bucket", "screens=raw_images", "--project", "../x", *SAID[2:]), "'../x' is no name"),
        (("bench", "--again", "--bucket", "screens=raw_images", "--project", "pilot"), "--bucket does not go with"),
        (("bench", "--bucket", "screens=raw_images", "--bucket", "screens=metadata", *SAID), "old/raw_images has it"),
        (("bench", "--bucket", "pilot/metadata=metadata", *SAID), "pilot/metadata in bench is pilot/metadata already"),
        (("bench", "--again"), "which project to look at again"),
        (("bench", "--again", "--project", "pilot"), "Nothing of pilot stays as it is in bench"),
        (("bench", "--terraform", "nothing.tfstate"), "nothing.tfstate"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(lab: Path, words: tuple[str, ...], said: str) -> None:
    """And nothing is written."""
    result = run(lab, *words)
    assert isinstance(result.exception, InputError | DeclarationError) or result.exit_code
    assert said in str(result.exception)
    assert files(lab) == {"lab.yaml", "projects/pilot.yaml"}


def test_a_contradiction_with_the_lab_is_found_before_anything_is_written(lab: Path) -> None:
    """Data of industry origin come under an agreement."""
    result = run(lab, "bench", "--bucket", "screens=raw_images", *SAID, "--origin", "industry")
    assert isinstance(result.exception, DeclarationError)
    assert "come under an agreement" in str(result.exception)
    assert files(lab) == {"lab.yaml", "projects/pilot.yaml"}


def test_the_level_may_stand_in_the_name(lab: Path) -> None:
    """Of a bucket that somebody has named well."""
    (lab / "disk" / "nf1-segmentation-masks").mkdir(mode=0o700)
    (place,) = answer(lab, "bench", "--bucket", "nf1-segmentation-masks", *SAID)["places"]
    assert place["dataset"] == "old/segmentation_masks"


def test_two_folders_go_into_one_project(lab: Path) -> None:
    """Each is a dataset."""
    (lab / "disk" / "tables").mkdir(mode=0o700)
    words = ("--bucket", "screens=raw_images", "--bucket", "tables=bulk_embeddings")
    places = answer(lab, "bench", *words, *SAID)["places"]
    assert [place["dataset"] for place in places] == ["old/raw_images", "old/bulk_embeddings"]
    assert len(labfile.load_record(lab, "old").places) == 2


def test_a_project_whose_record_is_gone_is_not_judged_as_if_slidebox_had_made_it(lab: Path) -> None:
    """`check` says what is missing."""
    run(lab, "bench", "--bucket", "screens=raw_images", *SAID)
    (lab / "adopted" / "old.yaml").unlink()
    result = CliRunner().invoke(slidebox, ["--lab", str(lab), "check", "old"], standalone_mode=False)
    assert isinstance(result.exception, DeclarationError)
    assert "adopted/old.yaml" in str(result.exception)


# The common case: the bucket of the lab's Terraform template


GOOGLE = (
    LAB
    + """\
  google: {system: cloud, kind: gcs, account: cuhealthai-sandbox, region: us-central1, data_use_agreement: true}
services:
  upload:
    owner: mira
    identities:
      google: "serviceAccount:waylab-em-tokyo-svc-acct@cuhealthai-sandbox.iam.gserviceaccount.com"
"""
)
STATE = Path(__file__).parent / "terraform" / "gcs-template.tfstate"
TOKYO = "waylab-em-morphology-tokyo-bucket"


def test_the_bucket_of_the_template_is_taken_over_from_its_state_with_its_key_flagged(lab: Path) -> None:
    """The rule says whose key it is, a way without one is proposed, and the key itself goes nowhere."""
    (lab / "lab.yaml").write_text(GOOGLE, encoding="utf-8")
    words = ("google", "--terraform", str(STATE))
    assert answer(lab, *words)["found"] == [{"name": TOKYO, "dataset": None}]
    shown = " ".join(run(lab, *words).stdout.split())
    assert f"slidebox adopt google --terraform {STATE} --bucket" in shown
    assert "--size SIZE --files NUMBER" in shown
    taken = (*words, "--bucket", f"{TOKYO}=raw_images", *SAID, "--size", "40 GB", "--files", "12000")
    result = run(lab, *taken)
    assert result.return_value == 0, result.stdout
    project = labfile.load(lab).projects["old"]
    assert project.audience.steward == ("upload",)
    assert ("access/no_long_lived_keys", "raw_images@google") in {(w.rule, w.location) for w in project.waivers}
    # In words: where the key lies, what Terraform still does, and how to live without the key.
    said = " ".join(result.stdout.split())
    for part in (
        "service-account.json",
        "terraform state rm",
        "principalSet://",
        "keys delete KEY",
        "google_storage_bucket_iam_binding",
    ):
        assert part in said
    check = CliRunner().invoke(slidebox, ["--lab", str(lab), "check", "old", "--json"], standalone_mode=False)
    messages = [f["message"] for f in json.loads(check.stdout)["findings"] if f["rule"] == "access/no_long_lived_keys"]
    assert messages == ["service:upload holds a key that does not end by itself, and google offers roles"]
    secret = re.findall(r'"private_key": "(.+)"', STATE.read_text(encoding="utf-8"))[0]
    assert secret not in result.stdout + (lab / "adopted" / "old.yaml").read_text(encoding="utf-8")


def test_a_state_does_not_say_how_much_there_is(lab: Path) -> None:
    """It has to be said."""
    (lab / "lab.yaml").write_text(GOOGLE, encoding="utf-8")
    words = ("google", "--terraform", str(STATE), "--bucket", f"{TOKYO}=raw_images", *SAID)
    assert "does not say how much" in str(run(lab, *words).exception)
    other = ("google", "--terraform", str(STATE), "--bucket", "another=raw_images", *SAID)
    assert f"It has: {TOKYO}" in str(run(lab, *other).exception)
