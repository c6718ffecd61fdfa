"""`pulumi up` of datasets beside code: remotes of DVC, and a repository at GitHub, put and pulled by DVC and git."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.dvc import installed_dvc
from tests.doubles.github import TOKEN, GitHubDouble, github

from slidebox import gateway, labfile
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.get import get

from .conftest import LAB, LabFactory, SmallLab, project

pytestmark = pytest.mark.e2e

STORES = """\
stores:
  remotes: {system: dvc, kind: dvc, over: bench-s3, repository: analysis}
  shelf-remotes: {system: dvc, kind: dvc, over: shelf, repository: analysis}
  github: {system: github, kind: github, account: way-lab, endpoint: ENDPOINT}
"""
PEOPLE = "imaging: {members: [ada, bob]}", "imaging: {members: [ada, bob], identities: {github: imaging}}"
READER = "cy: {name: Cy}", "cy: {name: Cy, identities: {github: cy}}"
STEWARD = "ada: {name: Ada}", "ada: {name: Ada, identities: {github: ada}}"
NOTES = "metadata: {short: [internal_drive]", "metadata: {short: [github]"
PREFERRED = ("mid: [internal_drive, external_drive]}", "mid: [dvc]}")


def git(folder: Path, *words: str) -> str:
    """What git says."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def pulled(lab: SmallLab, dvc: Path, clone: Path, keys: dict[str, str]) -> None:
    """A colleague's clone, and a plain ``dvc pull`` in it."""
    git(lab.root, "clone", "--quiet", str(lab.root / "analysis"), str(clone))
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": keys["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"],
        "DVC_NO_ANALYTICS": "1",
    }
    subprocess.run([dvc, "pull", "--quiet"], cwd=clone, env=environment, check=True)


def files_of(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def check_github(lab: SmallLab, double: GitHubDouble, datasets: Datasets, folder: Path) -> None:
    """The repository of the metadata is private, open to whom the audience names, and takes data by git."""
    full = "way-lab/first-metadata"
    assert double.repositories[full]["visibility"] == "private"
    assert double.granted[full] == {("team", "imaging"): "push", ("user", "cy"): "pull", ("user", "ada"): "maintain"}
    folder.mkdir()
    (folder / "map.csv").write_bytes(b"well,dose\n")
    datasets.ready("first/metadata", folder).put()
    get(datasets.readable("first/metadata"), "first/metadata", folder.with_name("notes-got"))
    assert (folder.with_name("notes-got") / "map.csv").read_bytes() == b"well,dose\n"
    state = "".join(p.read_text(errors="replace") for p in (lab.root / ".slidebox").rglob("*") if p.is_file())
    assert TOKEN not in state


@pytest.fixture
def double(tmp_path: Path) -> Iterator[GitHubDouble]:
    """GitHub on loopback."""
    with github(tmp_path / "github") as running:
        yield running


def test_remotes_and_a_repository_come_up_take_data_and_give_them_to_a_clone(
    make_lab: LabFactory, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, double: GitHubDouble
) -> None:
    """Two remotes in one repository, and another one at GitHub."""
    monkeypatch.setenv("SLIDEBOX_TOKEN_GITHUB", TOKEN)
    dvc = installed_dvc(repository)
    monkeypatch.setenv("SLIDEBOX_DVC", str(dvc))
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    levels = {"raw_images": "sensitivity: open, activity: resting", "metadata": "sensitivity: open"}
    text = LAB.replace("stores:\n", STORES.replace("ENDPOINT", f"{double.url}/api")).replace(*PREFERRED)
    for change in (PEOPLE, READER, STEWARD, NOTES):
        text = text.replace(*change)
    lab = make_lab({"lab.yaml": text, "projects/first.yaml": project("first", levels)})
    analysis = lab.root / "analysis"
    analysis.mkdir()
    git(analysis, "init", "--quiet")
    (analysis / ".dvc").mkdir()
    theirs = "['remote \"theirs\"']\n    url = /somewhere/else\n"
    (analysis / ".dvc/config").write_text(theirs)
    lab.init("first")
    up = lab.up("first", "--skip-preview")
    assert up.code == 0, up.said
    remotes = "remotes-first-raw-images"
    config = (analysis / ".dvc/config").read_text()
    assert config.startswith(theirs)
    end = gateway.endpoint(lab.home, "bench-s3")
    assert f"url = s3://tiny-lab-first-raw-images-remotes\n    endpointurl = {end.s3_url}\n" in config
    assert f"url = {lab.root}/disks/shelf/dvc_remotes/shelf-remotes/first/raw_images\n" in config
    assert lab.up("first", "--expect-no-changes").code == 0
    assert (analysis / ".dvc/config").read_text() == config

    # Each team has its key to the bucket below, and none of them is in a file that git has.
    outputs = lab.outputs("first", "--show-secrets")
    keys = outputs["keys"]["team:imaging"]["bench-s3"]
    assert not [key for key in keys.values() if key in config]

    # DVC itself adds and pushes; both remotes have been read back.
    source = tmp_path / "images"
    (source / "plate 1").mkdir(parents=True)
    (source / "plate 1" / "a.tif").write_bytes(b"image" * 1000)
    (source / "b.tif").write_bytes(b"another")
    datasets = Datasets(labfile.load(lab.root), lab.home, lambda _: outputs)
    ready = datasets.ready("first/raw_images", source)
    assert ready.principal == "team:imaging"
    assert any("commit data/first/raw_images.dvc and .dvc/config in" in note for note in ready.notes)
    receipt = ready.put()
    assert {entry.path for entry in receipt.manifest.files} == {"b.tif", "plate 1/a.tif"}
    pointer = (analysis / "data/first/raw_images.dvc").read_text()
    assert f"remote: {remotes}" in pointer
    assert sorted(p.name for p in (analysis / ".dvc/tmp").glob("slidebox/*")) == []

    # What is put twice is pushed once.
    assert set(datasets.ready("first/raw_images", source).put().written.values()) == {0}

    # A colleague's plain `dvc pull` gets the same bytes, and so does `get`, from either remote.
    git(analysis, "add", ".dvc", ".dvcignore", "data")
    git(analysis, "commit", "--quiet", "-m", "Images")
    assert "config.local" not in git(analysis, "ls-files")
    clone = tmp_path / "clone"
    pulled(lab, dvc, clone, keys)
    there = files_of(clone / "data/first/raw_images")
    assert {k: v for k, v in there.items() if k != "ro-crate-metadata.json"} == files_of(source)
    for number, place in enumerate(datasets.readable("first/raw_images")):
        get([place], "first/raw_images", tmp_path / f"got{number}")
        assert files_of(tmp_path / f"got{number}") == there

    check_github(lab, double, datasets, tmp_path / "notes")
