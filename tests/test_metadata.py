"""The manifests of a project's data, in its repository of metadata."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.doubles.github import TOKEN, GitHubDouble, github

from slidebox import drives
from slidebox.cli import metadata as verb
from slidebox.cli import slidebox
from slidebox.cli.flowing import Desk
from slidebox.errors import InputError, IntegrityError
from slidebox.flow.book import Book
from slidebox.flow.metadata import gather
from slidebox.flow.moving import move, plan_move
from slidebox.flow.putting import put
from slidebox.flow.whereabouts import Whereabouts
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Project
from slidebox.provenance import digest
from slidebox.provenance.record import Act
from slidebox.provider.github_api import GitHub
from slidebox.systems import load_systems
from slidebox.tokens import Secret
from slidebox.transfer import Existing, Quiet, Receipt
from slidebox.transfer.datasets import Datasets
from slidebox.web import Web

from .flow_lab import TODAY

FULL = "way-lab/demo-metadata"


def lab_with(endpoint: str, shelf: Path, **of_metadata: Any) -> Lab:
    """A lab with a shelf and an organisation at GitHub."""
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {"ada": {"name": "Ada"}, "cy": {"name": "Cy"}},
            "teams": {"imaging": {"members": ["ada"]}},
            "stores": {
                "shelf": {"system": "internal_drive", "kind": "drive", "path": str(shelf)},
                "github": {"system": "github", "kind": "github", "account": "way-lab", "endpoint": endpoint},
            },
        }
    )
    about = {"size": "1 MB", "files": 5, "sensitivity": "open"}
    project = Project.model_validate(
        {
            "project": "demo",
            "title": "Demo",
            "owner": "ada",
            "audience": {"contributor": ["imaging"]},
            "datasets": {
                "raw_images": about,
                "segmentation_masks": {**about, "parents": ["raw_images"]},
                "metadata": {**about, **of_metadata},
            },
        }
    )
    return Lab(file=file, projects={"demo": project})


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubDouble]:
    """A running double with the repository."""
    monkeypatch.setenv("SLIDEBOX_TOKEN_GITHUB", TOKEN)
    with github(tmp_path / "github") as running:
        api = GitHub(Web(f"{running.url}/api", "GitHub", Secret(TOKEN)))
        api.call("POST", "orgs/way-lab/repos", {"name": "demo-metadata", "private": True, "auto_init": True})
        yield running


def at(double: GitHubDouble, root: Path, **of_metadata: Any) -> Desk:
    """The lab, with raw images that were put."""
    shelf = root / "shelf"
    shelf.mkdir(exist_ok=True)
    lab = lab_with(f"{double.url}/api", shelf, **of_metadata)
    drives.mark("way-lab", "shelf", shelf)
    locations = {}
    for level, store, where in (
        ("raw_images", "shelf", {"kind": "drive", "path": str(shelf / "demo/raw_images")}),
        ("segmentation_masks", "shelf", {"kind": "drive", "path": str(shelf / "demo/segmentation_masks")}),
        ("metadata", "github", {"kind": "github", "path": FULL, "branch": "main"}),
    ):
        dataset = f"demo/{level}"
        locations[f"{dataset}@short@{store}"] = {
            "dataset": dataset,
            "term": "short",
            "copy": 1,
            "store": store,
            **where,
        }
        if store == "shelf":
            (shelf / dataset).mkdir(parents=True, exist_ok=True)
    home = Home(root)
    datasets = Datasets(lab, home, lambda _: {"locations": locations, "keys": {}})
    source = root / "source"
    source.mkdir(exist_ok=True)
    (source / "a.tif").write_bytes(b"image")
    datasets.ready("demo/raw_images", source, today=TODAY).put(Existing.REPLACE)
    book = Book(home)
    return Desk(lab, home, book, Whereabouts(lab, home, datasets, book), TODAY)


def test_manifests_are_pushed_once_and_beside_what_is_there(
    double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what was put; what was not is said."""
    desk = at(double, tmp_path)
    monkeypatch.setattr(verb, "desk", lambda _: desk)
    dry = CliRunner().invoke(slidebox, ["metadata", "demo", "--dry-run"], standalone_mode=False)
    assert "Nothing was written." in dry.stdout
    assert "manifests" not in double.files(FULL)
    done = CliRunner().invoke(slidebox, ["metadata", "demo"], standalone_mode=False)
    assert done.return_value == 0, done.output
    assert "left out: demo/segmentation_masks has no complete copy that can be read" in done.stdout
    path = "manifests/raw_images/ro-crate-metadata.json"
    there = (tmp_path / "shelf/demo/raw_images/ro-crate-metadata.json").read_bytes()
    assert double.git(FULL, "show", f"main:{path}") == there
    assert "README.md" in double.files(FULL)
    head = double.head(FULL)
    again = CliRunner().invoke(slidebox, ["metadata", "demo"], standalone_mode=False)
    assert "has them already" in again.stdout
    assert double.head(FULL) == head


@pytest.mark.parametrize(
    ("of_metadata", "who"),
    [
        ({"audience": {"contributor": ["imaging"], "reader": ["cy"]}}, "person:cy"),
        ({"public_from": "short"}, "anyone"),
    ],
)
def test_who_may_not_read_the_data_gets_no_names_of_their_files(
    double: GitHubDouble, tmp_path: Path, of_metadata: dict[str, Any], who: str
) -> None:
    """Names of files can tell something about people."""
    desk = at(double, tmp_path, **of_metadata)
    systems = load_systems(desk.lab.file.playbook)
    gathered = gather(desk.lab, systems, "demo", desk.whereabouts.copies, desk.book.entries("demo"))
    assert gathered.files == {}
    assert gathered.left_out[0] == f"{who} may read the repository, and not demo/raw_images"


def put_again(desk: Desk, said: bytes = b"another image") -> Receipt:
    """Put raw images that are others than before, as the verb does."""
    source = desk.home.lab_root / "source"
    (source / "a.tif").write_bytes(said)
    ready = desk.whereabouts.datasets.ready("demo/raw_images", source, today=TODAY)
    return put(ready, desk.book, existing=Existing.REPLACE, refresh=desk.refresh)


def test_a_put_brings_its_manifest_into_the_repository_of_metadata(double: GitHubDouble, tmp_path: Path) -> None:
    """Beside the manifests of other datasets, which stay as they are."""
    desk = at(double, tmp_path)
    others = "manifests/segmentation_masks/ro-crate-metadata.json"
    double.commit(FULL, others, b"{}", "by hand")
    assert put_again(desk).notes == ()
    assert double.git(FULL, "show", f"main:{others}") == b"{}"
    there = (tmp_path / "shelf/demo/raw_images/ro-crate-metadata.json").read_bytes()
    assert double.git(FULL, "show", "main:manifests/raw_images/ro-crate-metadata.json") == there
    head = double.head(FULL)
    put_again(desk)
    assert double.head(FULL) == head
    assert [(entry.act, entry.manifest) for entry in desk.book.entries("demo")] == [(Act.PUT, digest(there))]


def test_a_move_brings_the_manifest_there_too(double: GitHubDouble, tmp_path: Path) -> None:
    """Of what was put when the repository was not reached."""
    desk = at(double, tmp_path)
    path = "manifests/raw_images/ro-crate-metadata.json"
    assert path not in double.files(FULL)
    moving = plan_move("demo/raw_images", desk.whereabouts.copies("demo/raw_images"), desk.book.entries("demo"))
    assert move(moving, desk.book, Quiet(), refresh=desk.refresh).notes == []
    assert path in double.files(FULL)


def test_a_put_is_recorded_where_the_repository_of_metadata_is_not_reached(
    double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data are there by then: it is a note."""
    desk = at(double, tmp_path)
    monkeypatch.delenv("SLIDEBOX_TOKEN_GITHUB")
    receipt = put_again(desk)
    assert len(receipt.notes) == 1
    assert receipt.notes[0].startswith("`slidebox metadata demo` brings the manifest of demo/raw_images into")
    assert [entry.manifest for entry in desk.book.entries("demo")] == [receipt.crate_sha256]
    assert "manifests" not in double.files(FULL)


def test_a_put_takes_a_manifest_away_from_whoever_may_not_know_it(double: GitHubDouble, tmp_path: Path) -> None:
    """It was there when others read the repository."""
    put_again(at(double, tmp_path))
    assert "manifests/raw_images/ro-crate-metadata.json" in double.files(FULL)
    desk = at(double, tmp_path, audience={"contributor": ["imaging"], "reader": ["cy"]})
    assert put_again(desk, b"a third one").notes == (
        "its manifest is not among the metadata: person:cy may read the repository, and not demo/raw_images",
    )
    assert "manifests/raw_images/ro-crate-metadata.json" not in double.files(FULL)


def test_a_record_that_does_not_hold_stops_a_put_before_anything_is_written(
    double: GitHubDouble, tmp_path: Path
) -> None:
    """Nothing would say afterwards what was put."""
    desk = at(double, tmp_path)
    put_again(desk)
    path = desk.book.path("demo")
    path.write_text(path.read_text().replace('"files":1', '"files":2'))
    before = (tmp_path / "shelf/demo/raw_images/a.tif").read_bytes()
    with pytest.raises(IntegrityError):
        put_again(desk, b"a third one")
    assert (tmp_path / "shelf/demo/raw_images/a.tif").read_bytes() == before


def test_without_a_repository_of_metadata_nothing_is_written(tmp_path: Path) -> None:
    """And the cure says what to declare."""
    lab = lab_with("https://api.github.com", tmp_path)
    with pytest.raises(InputError, match="The metadata of demo are in no repository") as caught:
        gather(lab, load_systems(), "demo", lambda _: (), ())
    assert "prefer GitHub" in caught.value.cure
