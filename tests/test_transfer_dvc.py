"""Put into and get from a remote of DVC, by DVC itself."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.doubles.dvc import installed_dvc

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.flow.moving import read_back
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import Manifest, decode
from slidebox.provider.dvc import Remote
from slidebox.provider.resource import Context
from slidebox.transfer.copying import Copying
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.dvc import DvcPlace
from slidebox.transfer.dvc_program import Dvc
from slidebox.transfer.get import get
from slidebox.transfer.places import Place, Quiet
from slidebox.transfer.put import Existing, put

DATASET = "demo/raw_images"
DRAFT = Manifest(DATASET, "Images", "Images of cells", "2026-11-24", Origin.LAB, Sensitivity.OPEN, "CC0-1.0")


class Remotes:
    """A working copy with a remote in a folder."""

    def __init__(self, root: Path, program: Path) -> None:
        self.repository, self.below = root / "analysis", root / "remote"
        self.program = program
        for folder in (self.repository, self.below):
            folder.mkdir()
        subprocess.run(["git", "init", "--quiet"], cwd=self.repository, check=True)
        inputs = {"store": "s", "repository": str(self.repository), "remote": "ours", "url": str(self.below)}
        Remote().create(Context("urn:pulumi:a::b::slidebox:dvc:Remote::c"), inputs)

    def place(self, **environment: str) -> DvcPlace:
        """The way in."""
        found = {"PATH": "/usr/bin:/bin", "SLIDEBOX_DVC": str(self.program), "HOME": str(self.repository.parent)}
        return DvcPlace(
            "remotes",
            key="remotes",
            repository=self.repository,
            tracked="data/demo/raw_images",
            remote="ours",
            url=str(self.below),
            below=lambda: DrivePlace("shelf", self.below),
            dvc=Dvc(self.repository, {}, {**found, "DVC_SITE_CACHE_DIR": f"{self.below}-site", **environment}),
        )

    @property
    def pointer(self) -> Path:
        """Git's file."""
        return self.repository / "data/demo/raw_images.dvc"

    def objects(self) -> list[Path]:
        """What lies in the remote."""
        return sorted(p for p in self.below.rglob("*") if p.is_file() and p.suffix != ".dir")


@pytest.fixture
def remotes(tmp_path: Path, repository: Path) -> Remotes:
    """A fresh working copy."""
    return Remotes(tmp_path, installed_dvc(repository))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files to put."""
    folder = tmp_path / "source"
    (folder / "plate 1").mkdir(parents=True)
    (folder / "plate 1/a.tif").write_bytes(b"image")
    (folder / "b.tif").write_bytes(b"another")
    return folder


def test_what_is_put_is_added_to_without_the_working_copy_and_damage_in_the_remote_is_seen(
    remotes: Remotes, source: Path, tmp_path: Path
) -> None:
    """From the first put to a damaged object."""
    put(source, [remotes.place()], DRAFT)
    first = remotes.pointer.read_text()
    assert len(remotes.objects()) == 3
    # A working copy without data, as after a clone; the dataset grows all the same, and keeps what it had.
    subprocess.run(["rm", "-rf", "data/demo/raw_images", ".dvc/cache"], cwd=remotes.repository, check=True)
    more = tmp_path / "more"
    more.mkdir()
    (more / "c.tif").write_bytes(b"third")
    put(more, [remotes.place()], DRAFT, existing=Existing.ADD)
    assert remotes.pointer.read_text() != first
    get([remotes.place()], DATASET, tmp_path / "got")
    assert (tmp_path / "got/plate 1/a.tif").read_bytes() == b"image"
    assert (tmp_path / "got/c.tif").read_bytes() == b"third"
    # A file beside the data, which nobody has put, is not pushed with them.
    now = remotes.pointer.read_text()
    (remotes.repository / "data/demo/raw_images/letter to a patient.txt").write_text("x")
    (more / "d.tif").write_bytes(b"fourth")
    with pytest.raises(InputError, match=r"has 1 file.* not part of the dataset, such as letter to a patient.txt"):
        put(more, [remotes.place()], DRAFT, existing=Existing.ADD)
    assert remotes.pointer.read_text() == now
    # A damaged object is never passed on.
    damaged = next(p for p in remotes.objects() if p.read_bytes() == b"image")
    damaged.chmod(0o644)
    damaged.write_bytes(b"1mage")
    with pytest.raises(IntegrityError, match=r"plate 1/a\.tif in remotes is damaged"):
        get([remotes.place()], DATASET, tmp_path / "damaged")


@pytest.mark.parametrize(
    ("link", "said"), [("data", "is a link to elsewhere"), ("data/demo/raw_images/plate 1", "plate 1")]
)
def test_nothing_is_written_through_a_link(
    remotes: Remotes, source: Path, tmp_path: Path, link: str, said: str
) -> None:
    """What a repository brings along may point anywhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (remotes.repository / link).parent.mkdir(parents=True, exist_ok=True)
    (remotes.repository / link).symlink_to(elsewhere)
    with pytest.raises(InputError, match=said):
        put(source, [remotes.place()], DRAFT)
    assert [p for p in elsewhere.rglob("*") if p.is_file()] == []


def moved(source: Path, target: Place) -> None:
    """Copy a dataset from a folder as a move does: read back before it is published."""
    shelf = DrivePlace("shelf", source)
    data = shelf.manifest()
    assert data is not None
    manifest = decode(data, "manifest")
    with target.writing():
        before = target.manifest()
        Copying(manifest, [shelf], target, Quiet(), [], own=True).run(2)
        read_back(target, manifest, Quiet())
        target.publish(data, before)


def test_a_move_reads_what_waits_back_and_goes_on_after_a_push_that_failed(
    remotes: Remotes, source: Path, tmp_path: Path
) -> None:
    """What a run before has verified in the working copy is used."""
    put(source, [DrivePlace("shelf", source_of(tmp_path))], DRAFT)
    refusing = f'case $1 in push) exit 1;; *) exec {remotes.program} "$@";; esac'
    with pytest.raises(UnreadableError, match="`dvc push` failed"):
        moved(source_of(tmp_path), remotes.place(SLIDEBOX_DVC=fake(tmp_path, refusing)))
    assert not remotes.pointer.exists()
    moved(source_of(tmp_path), remotes.place())
    get([remotes.place()], DATASET, tmp_path / "got")
    assert (tmp_path / "got/b.tif").read_bytes() == b"another"


def source_of(tmp_path: Path) -> Path:
    """A folder on a shelf."""
    folder = tmp_path / "shelf"
    folder.mkdir(exist_ok=True)
    return folder


def fake(tmp_path: Path, script: str) -> str:
    """A program in DVC's place."""
    program = tmp_path / "fake-dvc"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_a_push_that_only_says_that_it_went_is_not_believed(remotes: Remotes, source: Path, tmp_path: Path) -> None:
    """Every file is read back from the remote; git's file names nothing that is not there."""
    quiet = f'case $1 in push) exit 0;; *) exec {remotes.program} "$@";; esac'
    with pytest.raises(IntegrityError, match="was pushed to remotes, which does not have its bytes"):
        put(source, [remotes.place(SLIDEBOX_DVC=fake(tmp_path, quiet))], DRAFT)
    assert not remotes.pointer.exists()
    assert remotes.place().manifest() is None


def test_a_failure_of_dvc_is_one_sentence_without_keys(remotes: Remotes, source: Path, tmp_path: Path) -> None:
    """Whatever it prints; and the files that were verified are kept for the next run."""
    said = 'echo "ERROR: failed to push: s3 refuses key $AWS_SECRET_ACCESS_KEY" >&2; echo trace >&2; exit 1'
    place = remotes.place(SLIDEBOX_DVC=fake(tmp_path, said))
    keys = {"accessKeyId": "AKIA", "secretAccessKey": "hunter2"}
    place._dvc = replace(place._dvc, keys=keys)
    with pytest.raises(UnreadableError) as caught:
        put(source, [place], DRAFT)
    assert "`dvc add` failed in" in caught.value.message
    assert caught.value.message.endswith("failed to push: s3 refuses key ***.")
    assert "hunter2" not in f"{caught.value!r}{place._dvc!r}"
    assert (remotes.repository / "data/demo/raw_images/b.tif").read_bytes() == b"another"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "has no remote 'ours'"),
        ("['remote \"ours\"']\n    url = /elsewhere\n", "lies in '/elsewhere'"),
    ],
)
def test_a_repository_that_names_another_place_is_refused(remotes: Remotes, text: str | None, said: str) -> None:
    """Before anything is read or written."""
    (remotes.repository / ".dvc/config").write_text(text or "")
    with pytest.raises(UnreadableError, match=said):
        remotes.place().check()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("outs: [", "is damaged"),
        ("- 1", "is damaged"),
        ("outs: []", "does not track one folder"),
        ("outs:\n- md5: abc\n  hash: md5\n", "tracks no folder in the way of DVC 3"),
        (f"outs:\n- md5: {'a' * 32}.dir\n  path: raw\n", "tracks no folder in the way of DVC 3"),
    ],
)
def test_a_pointer_that_cannot_be_read_is_said_and_not_guessed(remotes: Remotes, text: str, said: str) -> None:
    """Damaged, of one file, or of an older DVC."""
    remotes.pointer.parent.mkdir(parents=True)
    remotes.pointer.write_text(text)
    with pytest.raises(SlideboxError, match=said):
        remotes.place().manifest()


def test_a_list_of_files_that_is_damaged_is_refused(remotes: Remotes) -> None:
    """It decides which bytes are which file's."""
    remotes.pointer.parent.mkdir(parents=True)
    remotes.pointer.write_text(f"outs:\n- md5: {'a' * 32}.dir\n  hash: md5\n  path: raw\n")
    assert remotes.place().manifest() is None
    listed = remotes.below / f"files/md5/aa/{'a' * 30}.dir"
    listed.parent.mkdir(parents=True)
    listed.write_text("[]")
    with pytest.raises(IntegrityError, match="is damaged"):
        remotes.place().manifest()


def test_without_dvc_nothing_is_written(remotes: Remotes, source: Path) -> None:
    """And the cure says how it is installed."""
    with pytest.raises(UnreadableError, match="DVC is not installed") as caught:
        put(source, [remotes.place(SLIDEBOX_DVC="")], DRAFT)
    assert "uv tool install" in caught.value.cure
