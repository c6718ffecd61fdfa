"""Put and get by a dataset's name: places, keys, lineage and step come from what was declared and provisioned."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.conftest import RunningGateway

from slidebox import drives
from slidebox.cli import get as get_verb
from slidebox.cli import put as put_verb
from slidebox.cli import slidebox
from slidebox.cli.flowing import Desk as FlowDesk
from slidebox.errors import InputError, UnreadableError
from slidebox.flow.book import Book
from slidebox.flow.whereabouts import Whereabouts
from slidebox.home import Home
from slidebox.model import (
    Audience,
    Dataset,
    Keep,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Step,
    Store,
    StoreKind,
    System,
    Team,
)
from slidebox.provenance import Parent, StepRun, decode
from slidebox.quantities import Size
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.describe import UNCOMMITTED, StepGiven, git_version, step_run

TODAY = dt.date(2026, 11, 24)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
STEP = Step(
    repository="https://example.org/pipeline", commit="abcdef0", parameters={"sigma": 1.5}, date=dt.date(2026, 1, 2)
)


def dataset(**more: Any) -> Dataset:
    """A small dataset."""
    return Dataset(size=Size.parse("1 MB"), files=5, sensitivity=Sensitivity.OPEN, **more)


def lab_with(shelf: Path) -> Lab:
    """A lab with a gateway, a shelf and one project of three kept levels and a streamed one."""
    stores = {
        "bench": Store(system=System.INTERNAL_DRIVE, kind=StoreKind.DRIVE, path="drive"),
        "bench-s3": Store(system=System.INTERNAL_DRIVE, kind=StoreKind.S3, over="bench"),
        "shelf": Store(system=System.EXTERNAL_DRIVE, kind=StoreKind.DRIVE, path=str(shelf)),
        "zenodo": Store(system=System.ZENODO),
    }
    people = {"ada": Person(name="Ada Lovelace", orcid="0000-0002-1825-0097"), "bo": Person(name="Bo")}
    file = LabFile(
        lab="test-lab", title="Test lab", people=people, stores=stores, teams={"imaging": Team(members=("ada",))}
    )
    project = Project(
        project="demo",
        title="Demo",
        owner="ada",
        audience=Audience(contributor=("imaging",), reader=("bo",), steward=("ada",)),
        datasets={
            Level.RAW_IMAGES: dataset(licence="CC0-1.0"),
            Level.CORRECTED_IMAGES: dataset(parents=("raw_images",), step=STEP),
            Level.SEGMENTATION_MASKS: dataset(parents=("corrected_images",)),
            Level.SINGLE_CELL_IMAGES: dataset(keep=Keep.STREAM, source="idr0013"),
            Level.SINGLE_CELL_EMBEDDINGS: dataset(parents=("single_cell_images",), step=STEP),
            Level.BULK_EMBEDDINGS: dataset(parents=("single_cell_embeddings",), step=STEP),
        },
    )
    return Lab(file=file, projects={"demo": project})


@dataclass
class Desk:
    """A lab whose places were made, and a folder to put."""

    lab: Lab
    datasets: Datasets
    shelf: Path
    source: Path
    secrets: tuple[str, ...]


@pytest.fixture
def desk(s3_gateway: RunningGateway, tmp_path: Path) -> Desk:
    """Buckets and folders as a stack would have made them, with keys for one team and one reader."""
    shelf, source = tmp_path / "shelf", tmp_path / "source"
    (shelf / "demo" / "raw_images").mkdir(parents=True)
    source.mkdir()
    (source / "a.tif").write_bytes(b"pixels")
    lab = lab_with(shelf)
    drives.mark("test-lab", "shelf", shelf)
    root, end = s3_gateway.client("s3"), s3_gateway.endpoint
    locations: dict[str, Any] = {}
    for level in (Level.RAW_IMAGES, Level.CORRECTED_IMAGES, Level.SEGMENTATION_MASKS, Level.SINGLE_CELL_EMBEDDINGS):
        bucket = f"demo-{uuid.uuid4().hex[:12]}"
        root.create_bucket(Bucket=bucket)
        about = {"dataset": f"demo/{level}", "term": "short", "copy": 1, "store": "bench-s3", "by_hand": False}
        locations[f"demo/{level}@short@bench-s3"] = {**about, "kind": "s3", "bucket": bucket, "region": end.region}
    about = {"dataset": "demo/raw_images", "term": "short", "copy": 2, "store": "shelf", "by_hand": False}
    locations["demo/raw_images@short@shelf"] = {**about, "kind": "drive", "path": str(shelf / "demo" / "raw_images")}
    about = {"dataset": "demo/bulk_embeddings", "term": "short", "copy": 1, "store": "zenodo", "by_hand": True}
    locations["demo/bulk_embeddings@short@zenodo"] = {**about, "kind": "by_hand"}
    key = {"bench-s3": {"accessKeyId": end.access_key, "secretAccessKey": end.secret_key}}
    stranger = {"bench-s3": {"accessKeyId": "STRANGER", "secretAccessKey": "nothing-at-all"}}
    outputs = {"locations": locations, "keys": {"team:imaging": key, "person:bo": stranger}}

    def answer(stack: str) -> Mapping[str, Any]:
        assert stack == "demo"
        return outputs

    return Desk(lab, Datasets(lab, s3_gateway.home, answer), shelf, source, (end.secret_key, "nothing-at-all"))


def test_a_dataset_goes_into_every_copy_with_the_contributors_key(desk: Desk) -> None:
    """Places and keys need not be named; the crate says what was declared."""
    ready = desk.datasets.ready("demo/raw_images", desk.source, metadata={"organism": "Homo sapiens"}, today=TODAY)
    assert ready.principal == "team:imaging"
    assert [place.store for place in ready.locations] == ["bench-s3", "shelf"]
    receipt = ready.put()
    assert sorted(receipt.written.values()) == [1, 1]
    manifest = decode((desk.shelf / "demo" / "raw_images" / "ro-crate-metadata.json").read_bytes(), "it")
    assert manifest == receipt.manifest
    assert (manifest.title, manifest.owner, manifest.owner_id) == (
        "Demo: raw images",
        "Ada Lovelace",
        "0000-0002-1825-0097",
    )
    assert (manifest.licence, manifest.published, manifest.step) == ("CC0-1.0", "2026-11-24", None)


def test_metadata_and_lineage_persist_through_every_level(desk: Desk, tmp_path: Path) -> None:
    """A grandchild knows the organism, its parent's exact bytes, and the step that made it."""
    raw = desk.datasets.ready("demo/raw_images", desk.source, metadata={"organism": "Homo sapiens"}).put()
    corrected = desk.datasets.ready("demo/corrected_images", desk.source, metadata={"filter": "Gauss"}).put()
    step = StepGiven(repository="https://example.org/other", commit=COMMIT)
    masks = desk.datasets.ready("demo/segmentation_masks", desk.source, step=step).put()
    assert corrected.manifest.parents == (Parent("demo/raw_images", raw.crate_sha256),)
    assert masks.manifest.parents == (Parent("demo/corrected_images", corrected.crate_sha256),)
    known = {p.name: p.value for p in masks.manifest.metadata}
    assert known == {"organism": "Homo sapiens", "filter": "Gauss", "project": "Demo", "laboratory": "Test lab"}
    assert corrected.manifest.step == StepRun.from_declared(STEP)
    back = desk.datasets.get("demo/segmentation_masks", tmp_path / "back", principal="imaging")
    assert back.manifest == masks.manifest
    assert (tmp_path / "back" / "a.tif").read_bytes() == b"pixels"


def test_parents_are_put_first(desk: Desk) -> None:
    """A child whose parent is not there yet would have no lineage."""
    with pytest.raises(UnreadableError, match="demo/raw_images, which demo/corrected_images was made from, has"):
        desk.datasets.ready("demo/corrected_images", desk.source)


def test_a_streamed_parent_has_no_crate(desk: Desk) -> None:
    """The lab keeps no bytes of it; the lineage names it all the same."""
    receipt = desk.datasets.ready("demo/single_cell_embeddings", desk.source).put()
    assert receipt.manifest.parents == (Parent("demo/single_cell_images", None),)


def test_a_principal_can_be_named(desk: Desk) -> None:
    """With or without its kind; one without a key is refused with the names of those who have one."""
    assert desk.datasets.ready("demo/raw_images", desk.source, principal="imaging").principal == "team:imaging"
    with pytest.raises(InputError, match="person:ada has no key for bench-s3") as error:
        desk.datasets.ready("demo/raw_images", desk.source, principal="ada")
    assert error.value.cure == "Those who have: person:bo, team:imaging."


def test_a_key_that_is_not_right_is_refused(desk: Desk) -> None:
    """The service decides; the sentence has no key in it."""
    with pytest.raises(UnreadableError, match="refuses this key") as error:
        desk.datasets.ready("demo/raw_images", desk.source, principal="person:bo")
    assert not any(secret in str(error.value) for secret in desk.secrets)


def test_a_get_passes_over_a_copy_it_may_not_read(desk: Desk, tmp_path: Path) -> None:
    """The reader's key is refused by the gateway, so the drive's copy is used, and it is said."""
    desk.datasets.ready("demo/raw_images", desk.source).put()
    receipt = desk.datasets.get("demo/raw_images", tmp_path / "back")
    assert (tmp_path / "back" / "a.tif").read_bytes() == b"pixels"
    assert "was passed over" in receipt.notes[0]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing/raw_images", "The lab has no project 'nothing'"),
        ("demo/metadata", "Project 'demo' has no dataset 'metadata'"),
        ("demo", "'demo' names a project and no dataset of it"),
    ],
)
def test_what_is_not_declared_is_named(desk: Desk, name: str, says: str) -> None:
    """The message lists what there is."""
    with pytest.raises(InputError, match=says):
        desk.datasets.locations(name)


def test_places_that_are_not_made_are_said(desk: Desk) -> None:
    """A store that slidebox only plans, and a dataset whose stack is not up."""
    with pytest.raises(UnreadableError, match="demo/bulk_embeddings belongs into zenodo, which slidebox plans"):
        desk.datasets.locations("demo/bulk_embeddings")
    with pytest.raises(UnreadableError, match="No place was made for demo/single_cell_images yet") as error:
        desk.datasets.locations("demo/single_cell_images")
    assert error.value.cure == "Make it with `pulumi up -s demo`."


def test_a_copy_in_a_cloud_is_put_by_hand_and_that_is_said(desk: Desk, s3_gateway: RunningGateway) -> None:
    """There is no key that put and get could use: people take on a role, by the cloud's own tools."""
    amazon = Store(system=System.CLOUD, kind=StoreKind.AWS, account="123456789012", region="us-west-2")
    file = desk.lab.file.model_copy(update={"stores": {**desk.lab.file.stores, "amazon": amazon}})
    lab = desk.lab.model_copy(update={"file": file})
    about = {"dataset": "demo/raw_images", "copy": 3, "store": "amazon", "by_hand": False, "kind": "aws", "bucket": "b"}
    only = {"locations": {"demo/raw_images@short@amazon": about}, "keys": {}}
    with pytest.raises(UnreadableError) as refused:
        Datasets(lab, s3_gateway.home, lambda _: only).readable("demo/raw_images")
    path = str(desk.shelf / "demo" / "raw_images")
    shelf = {"dataset": "demo/raw_images", "copy": 2, "store": "shelf", "kind": "drive", "path": path}
    both = {"locations": {**only["locations"], "demo/raw_images@short@shelf": shelf}, "keys": {}}
    ready = Datasets(lab, s3_gateway.home, lambda _: both).ready("demo/raw_images", desk.source)

    assert str(refused.value) == (
        "demo/raw_images belongs into amazon, which slidebox plans and does not reach yet. Put it by hand."
    )
    assert [place.id for place in ready.locations] == ["demo/raw_images@short@shelf"]
    assert "the copy in amazon is not reached from here: put it there with the cloud's own tools" in ready.notes


def test_more_than_declared_is_noted(desk: Desk) -> None:
    """Plan and costs are too low then; the upload goes on."""
    (desk.source / "large.tif").write_bytes(bytes(1_100_000))
    ready = desk.datasets.ready("demo/raw_images", desk.source)
    assert "1.1 MB are more than the 1 MB declared for demo/raw_images" in ready.notes[0]


def test_a_drive_that_is_not_mounted_gets_nothing(desk: Desk) -> None:
    """Without the marker nothing is written to an external drive: its copy waits."""
    (desk.shelf / drives.MARKER).unlink()
    ready = desk.datasets.ready("demo/raw_images", desk.source)
    assert [place.store for place in ready.locations] == ["bench-s3"]
    assert "The disk of store 'shelf' is not mounted" in ready.notes[-1]


def test_a_disk_that_is_not_mounted_stops_a_put(desk: Desk) -> None:
    """One of the lab's own machines has to be there."""
    (desk.shelf / drives.MARKER).unlink()
    inside = desk.lab.file.stores["shelf"].model_copy(update={"system": System.INTERNAL_DRIVE})
    file = desk.lab.file.model_copy(update={"stores": {**desk.lab.file.stores, "shelf": inside}})
    desk.datasets._doors._lab = desk.lab.model_copy(update={"file": file})
    with pytest.raises(UnreadableError, match="The disk of store 'shelf' is not mounted"):
        desk.datasets.ready("demo/raw_images", desk.source)


# The step


def git(folder: Path, *words: str) -> str:
    """Run Git without anybody's settings."""
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *settings, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a pipeline, with a token in its address as some clones have."""
    folder = tmp_path / "clone"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "pipeline.py").write_text("pass\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "https://ada:token-123@example.org/pipeline.git")
    return folder


def test_the_step_takes_the_clones_commit(clone: Path, tmp_path: Path) -> None:
    """The real commit, today's date, the declared repository, and what the pipeline was told."""
    given = StepGiven(pipeline=clone, parameters={"mask": True})
    step, notes = step_run(lab_with(tmp_path), "demo/corrected_images", given, TODAY)
    expected = StepRun(
        "https://example.org/pipeline", git(clone, "rev-parse", "HEAD"), "", (("mask", True), ("sigma", 1.5)), TODAY
    )
    assert (step, notes) == (expected, ())


def test_no_token_gets_into_the_lineage(clone: Path) -> None:
    """An address is written down without the user and the password in it."""
    assert git_version(clone)[0] == "https://example.org/pipeline.git"


def test_changes_without_a_commit_are_written_down(clone: Path, tmp_path: Path) -> None:
    """What ran was not what the commit says."""
    (clone / "pipeline.py").write_text("raise\n")
    step, notes = step_run(lab_with(tmp_path), "demo/corrected_images", StepGiven(pipeline=clone), TODAY)
    assert step is not None
    assert (UNCOMMITTED, True) in step.parameters
    assert "in no commit" in notes[0]


def test_a_derived_dataset_without_a_step_is_refused(tmp_path: Path) -> None:
    """Nobody could make it again."""
    with pytest.raises(InputError, match="nothing says the repository and commit of the pipeline"):
        step_run(lab_with(tmp_path), "demo/segmentation_masks", StepGiven(), TODAY)


def test_a_folder_without_a_commit_is_refused(tmp_path: Path) -> None:
    """The step would have no version."""
    with pytest.raises(InputError, match="is not a Git clone with a commit"):
        git_version(tmp_path)


# The verbs


@pytest.fixture
def verbs(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The verbs on this lab, without an engine; its record is written beside its own lab.yaml."""
    (tmp_path / "lab.yaml").touch()
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path)
    book = Book(home)
    whereabouts = Whereabouts(desk.lab, home, desk.datasets, book)
    monkeypatch.setattr(put_verb, "desk", lambda _: FlowDesk(desk.lab, home, book, whereabouts, TODAY))
    monkeypatch.setattr(get_verb, "datasets", lambda _: desk.datasets)
    return desk


def test_put_and_get_as_verbs(verbs: Desk, tmp_path: Path) -> None:
    """Plain lines where there is no terminal, and one JSON document with --json."""
    words = ["demo/raw_images", str(verbs.source), "--metadata", "organism=Homo sapiens"]
    tried = CliRunner().invoke(slidebox, ["put", *words, "--dry-run"], standalone_mode=False)
    assert (tried.return_value, "Nothing was written" in tried.stdout) == (0, True)
    assert list((verbs.shelf / "demo" / "raw_images").iterdir()) == []
    done = CliRunner().invoke(slidebox, ["put", *words], standalone_mode=False)
    assert done.return_value == 0
    assert "demo/raw_images is published: 1 file," in done.stdout
    assert done.stderr == "demo/raw_images: 12 B to move or check\n"
    got = CliRunner().invoke(
        slidebox,
        ["get", "demo/raw_images", str(tmp_path / "back"), "--as", "imaging", "--json"],
        standalone_mode=False,
    )
    assert got.return_value == 0
    assert json.loads(got.stdout)["files"] == 1
    assert not any(secret in done.output + got.output for secret in verbs.secrets)


def test_words_that_are_no_pairs_are_a_usage_error(verbs: Desk) -> None:
    """Exit code 2, and nothing is put."""
    result = CliRunner().invoke(slidebox, ["put", "demo/raw_images", str(verbs.source), "--metadata", "organism"])
    assert result.exit_code == 2
    assert "expected NAME=VALUE, got 'organism'" in result.output
