"""Put into and get from repositories at GitHub, by git itself against git's own server."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.doubles.github import TOKEN, GitHubDouble, github

from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.flow.moving import read_back
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Origin, Project, Sensitivity
from slidebox.provenance import CRATE_FILE, Manifest, decode
from slidebox.provider.github_api import GitHub
from slidebox.provider.github_files import guards, is_tracked, patterns
from slidebox.tokens import Secret
from slidebox.transfer.copying import Copying
from slidebox.transfer.doors import Doors
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.get import get
from slidebox.transfer.git import GitPlace
from slidebox.transfer.git_program import Git
from slidebox.transfer.journal import Journal
from slidebox.transfer.lfs import Lfs, Pointer, Tracking, read_pointer
from slidebox.transfer.places import Place, Quiet
from slidebox.transfer.put import Existing, put
from slidebox.transfer.ready import Location
from slidebox.web import Web

DATASET, FULL = "first/metadata", "way-lab/first-metadata"
DRAFT = Manifest(DATASET, "Metadata", "Of cells", "2026-11-24", Origin.LAB, Sensitivity.OPEN, "CC0-1.0")


@pytest.fixture
def double(tmp_path: Path) -> Iterator[GitHubDouble]:
    """A running double with one repository."""
    with github(tmp_path / "github") as running:
        api = GitHub(Web(f"{running.url}/api", "GitHub", Secret(TOKEN)))
        api.call("POST", "orgs/way-lab/repos", {"name": "first-metadata", "private": True, "auto_init": True})
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files to put."""
    folder = tmp_path / "source"
    (folder / "plate 1").mkdir(parents=True)
    (folder / "plate 1/map.csv").write_bytes(b"well,dose\n" * 200_000)
    (folder / "wells ü.csv").write_bytes(b"A01")
    return folder


def place(
    double: GitHubDouble, root: Path, token: str = TOKEN, largest: int | None = None, lfs: Tracking | None = None
) -> GitPlace:
    """The way in, from one machine."""
    url = f"{double.url}/{FULL}.git"
    return GitPlace("github", key="github", git=Git(root, url, Secret(token)), largest=largest, lfs=lfs)


def test_what_is_put_is_one_commit_that_a_clone_has_and_that_grows(
    double: GitHubDouble, source: Path, tmp_path: Path
) -> None:
    """Beside what else is in the repository, and from two machines in turn."""
    put(source, [place(double, tmp_path / "one")], DRAFT)
    assert double.git(FULL, "log", "--format=%s", "main").decode().splitlines() == [
        "first/metadata: 2 file(s)",
        "Initial commit",
    ]
    more = tmp_path / "more"
    more.mkdir()
    (more / "genes.csv").write_bytes(b"TP53")
    put(more, [place(double, tmp_path / "two")], DRAFT, existing=Existing.ADD)
    get([place(double, tmp_path / "three")], DATASET, tmp_path / "got")
    assert (tmp_path / "got/plate 1/map.csv").read_bytes() == b"well,dose\n" * 200_000
    assert (tmp_path / "got/wells ü.csv").read_bytes() == b"A01"
    assert (tmp_path / "got/genes.csv").read_bytes() == b"TP53"
    subprocess.run(["git", "clone", "--quiet", double.bare(FULL), tmp_path / "clone"], check=True)
    assert sorted(p.name for p in (tmp_path / "clone").iterdir()) == [".git", "README.md", "data"]
    assert (tmp_path / "clone/data/genes.csv").read_bytes() == b"TP53"
    # Nothing is put twice, and nothing that waited to be pushed is left over.
    again = put(more, [place(double, tmp_path / "two")], DRAFT, existing=Existing.ADD)
    assert set(again.written.values()) == {0}
    assert [p for p in (tmp_path / "two/.git/slidebox").rglob("*") if p.is_file()] == []
    # The token is in no file: neither in a remote's address nor in a setting.
    written = [p for p in tmp_path.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]
    assert written == []


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


def test_a_move_reads_what_waits_back_before_it_is_pushed(double: GitHubDouble, source: Path, tmp_path: Path) -> None:
    """And replaces what slidebox has put there before."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    put(source, [DrivePlace("shelf", shelf)], DRAFT)
    (source / "wells ü.csv").write_bytes(b"B02")
    put(source, [place(double, tmp_path / "one")], DRAFT)
    moved(shelf, place(double, tmp_path / "two"))
    get([place(double, tmp_path / "three")], DATASET, tmp_path / "got")
    assert (tmp_path / "got/wells ü.csv").read_bytes() == b"A01"


def test_a_change_of_somebody_else_in_between_is_not_published_over(
    double: GitHubDouble, source: Path, tmp_path: Path
) -> None:
    """The manifest that was there when the put began has to be the one that is there when it ends."""
    mine = place(double, tmp_path / "one")
    with mine.writing():
        before = mine.manifest()
        put(source, [place(double, tmp_path / "two")], DRAFT)
        with pytest.raises(IntegrityError, match="Somebody else has put files into github meanwhile"):
            mine.publish(b"{}", before)


def test_what_the_host_gives_back_otherwise_is_not_believed(double: GitHubDouble, source: Path, tmp_path: Path) -> None:
    """A hook of the host that changes what was pushed, after it said that all went well."""
    hook = double.bare(FULL) / "hooks/post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ngit update-ref refs/heads/main main~1\n")
    hook.chmod(0o755)
    with pytest.raises(IntegrityError, match="was pushed to github, which does not have its bytes"):
        put(source, [place(double, tmp_path / "one")], DRAFT)


def test_a_file_that_the_host_would_refuse_is_refused_first(double: GitHubDouble, source: Path, tmp_path: Path) -> None:
    """With the limit of Table 1, before anything is pushed."""
    with pytest.raises(InputError, match=r"plate 1/map\.csv has 2 MB, and github takes 1 kB in one file"):
        put(source, [place(double, tmp_path / "one", largest=1000)], DRAFT)
    assert double.git(FULL, "log", "--format=%s", "main").decode().split() == ["Initial", "commit"]


@pytest.mark.parametrize("token", ["ghp_wrong", TOKEN])
def test_a_failure_of_git_is_one_sentence_without_the_token(double: GitHubDouble, tmp_path: Path, token: str) -> None:
    """A wrong token, or no such repository; nobody is asked for a password."""
    wrong = place(double, tmp_path / "one", token=token)
    if token == TOKEN:
        wrong._git = replace(wrong._git, url=f"{double.url}/way-lab/nothing.git")
    with pytest.raises(UnreadableError, match="`git ls-remote` failed for http") as caught:
        wrong.check()
    assert token not in f"{caught.value}{wrong!r}{wrong._git!r}"


@pytest.fixture
def _lfs() -> None:
    """The program of Git LFS."""
    if shutil.which("git-lfs") is None:
        pytest.skip("there is no git-lfs on PATH: install it with the system's package manager")


def cloned(double: GitHubDouble, root: Path) -> Git:
    """What whoever has Git LFS clones."""
    clone = Git(root / "clone", f"{double.url}/{FULL}.git", Secret(TOKEN))
    replace(clone, root=root).run(
        "clone",
        "--quiet",
        "-c",
        "filter.lfs.smudge=git-lfs smudge -- %f",
        "-c",
        "filter.lfs.clean=git-lfs clean -- %f",
        clone.url,
        "clone",
    )
    return clone


@pytest.mark.usefixtures("_lfs")
def test_with_lfs_git_has_pointers_and_the_host_has_the_bytes(
    double: GitHubDouble, source: Path, tmp_path: Path
) -> None:
    """As any clone with Git LFS reads them; the manifest is a file for everybody."""
    for path, text in guards({"max_file_bytes": 1}, ["data/**"]).items():
        double.commit(FULL, path, text.encode(), f"slidebox: {path}")
    one = place(double, tmp_path / "one", lfs=Tracking())
    put(source, [one], DRAFT)
    assert sorted(map(len, double.lfs.values())) == [3, 2_000_000]
    assert b"oid sha256:" in double.git(FULL, "show", "main:data/plate 1/map.csv")
    assert b'"@graph"' in double.git(FULL, "show", f"main:data/{CRATE_FILE}")
    assert not [p for p in (tmp_path / "one/.git/lfs/objects").rglob("*") if p.is_file()]
    get([place(double, tmp_path / "two", lfs=Tracking())], DATASET, tmp_path / "got")
    assert (tmp_path / "got/plate 1/map.csv").read_bytes() == b"well,dose\n" * 200_000
    # Whoever clones with Git LFS has the same, and nothing to commit.
    clone = cloned(double, tmp_path)
    assert (tmp_path / "clone/data/plate 1/map.csv").read_bytes() == b"well,dose\n" * 200_000
    assert clone.run("status", "--porcelain") == b""
    # A damaged object with the host is never passed on.
    oid = next(oid for oid, data in double.lfs.items() if data == b"A01")
    double.lfs[oid] = b"A02"
    with pytest.raises((IntegrityError, UnreadableError)):
        get([place(double, tmp_path / "three", lfs=Tracking())], DATASET, tmp_path / "damaged")


@pytest.mark.usefixtures("_lfs")
def test_a_quota_of_lfs_that_is_used_up_is_said_and_nothing_is_pushed(
    double: GitHubDouble, source: Path, tmp_path: Path
) -> None:
    """A pointer without its bytes would be a dataset that nobody can read."""
    double.lfs_full = True
    with pytest.raises(UnreadableError, match="over its data quota"):
        put(source, [place(double, tmp_path / "one", lfs=Tracking())], DRAFT)
    assert double.git(FULL, "log", "--format=%s", "main").decode().split() == ["Initial", "commit"]
    double.lfs_full = False
    put(source, [place(double, tmp_path / "one", lfs=Tracking())], DRAFT)
    assert len(double.lfs) == 2


@pytest.mark.usefixtures("_lfs")
def test_of_declared_formats_alone_git_has_pointers(double: GitHubDouble, source: Path, tmp_path: Path) -> None:
    """What is small and read by people stays in git; a clone with Git LFS has the same and nothing to commit."""
    (source / "profiles.PARQUET").write_bytes(b"PAR1")
    (source / "plate.zarr/0").mkdir(parents=True)
    (source / "plate.zarr/0/.zarray").write_bytes(b"{}")
    formats = ("parquet", "zarr")
    for path, text in guards({"max_file_bytes": 1}, patterns(formats)).items():
        double.commit(FULL, path, text.encode(), f"slidebox: {path}")
    put(source, [place(double, tmp_path / "one", lfs=Tracking(formats))], DRAFT)
    assert sorted(double.lfs.values()) == [b"PAR1", b"{}"]
    assert double.git(FULL, "show", "main:data/wells ü.csv") == b"A01"
    get([place(double, tmp_path / "two", lfs=Tracking(formats))], DATASET, tmp_path / "got")
    assert (tmp_path / "got/profiles.PARQUET").read_bytes() == b"PAR1"
    clone = cloned(double, tmp_path)
    assert (clone.root / "data/plate.zarr/0/.zarray").read_bytes() == b"{}"
    assert clone.run("status", "--porcelain") == b""


@pytest.mark.usefixtures("_lfs")
def test_other_formats_hold_for_what_was_pushed_before(double: GitHubDouble, source: Path, tmp_path: Path) -> None:
    """With the next commit; otherwise a clone would have something to commit as soon as it is made."""
    put(source, [place(double, tmp_path / "one", lfs=Tracking(("csv",)))], DRAFT)
    assert double.git(FULL, "show", "main:data/wells ü.csv").startswith(b"version https://git-lfs")
    (source / "table.parquet").write_bytes(b"PAR1")
    now = Tracking(("parquet",))
    put(source, [place(double, tmp_path / "one", lfs=now)], DRAFT)
    assert double.git(FULL, "show", "main:data/wells ü.csv") == b"A01"
    assert double.git(FULL, "show", "main:data/table.parquet").startswith(b"version https://git-lfs")
    get([place(double, tmp_path / "two", lfs=now)], DATASET, tmp_path / "got")
    assert (tmp_path / "got/plate 1/map.csv").read_bytes() == b"well,dose\n" * 200_000
    (source / "other.parquet").write_bytes(b"PAR2")
    put(source, [place(double, tmp_path / "one", lfs=Tracking())], DRAFT)
    assert double.git(FULL, "show", "main:data/wells ü.csv").startswith(b"version https://git-lfs")
    assert [p for p in (tmp_path / "one/.git/slidebox").rglob("*") if p.is_file()] == []


@pytest.mark.usefixtures("_lfs")
def test_what_lfs_does_not_keep_has_the_limit_of_a_file_in_git(
    double: GitHubDouble, source: Path, tmp_path: Path
) -> None:
    """Said before the first file is sent, with the key to declare it by."""
    (source / "profiles.parquet").write_bytes(b"P" * 3_000_000)
    lfs = Tracking(("parquet",), largest=4_000_000)
    with pytest.raises(InputError, match=r"map\.csv has .* in one file that Git LFS does not keep") as caught:
        put(source, [place(double, tmp_path / "one", largest=1_000_000, lfs=lfs)], DRAFT)
    assert "`formats`" in caught.value.cure
    with pytest.raises(InputError, match=r"profiles\.parquet has .*, and github takes 2\.5 MB in one file\."):
        put(source, [place(double, tmp_path / "one", lfs=Tracking(("parquet", "csv"), largest=2_500_000))], DRAFT)
    assert double.lfs == {}


def test_a_declared_format_reaches_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the limits that the lab says for Git LFS, and git's own for all else."""
    monkeypatch.setenv("SLIDEBOX_TOKEN_GITHUB", TOKEN)
    store = {"system": "github_lfs", "kind": "github", "account": "way-lab"}
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {"ada": {"name": "Ada"}},
            "stores": {"github": store},
            "playbook": {"limits": {"github_lfs": {"max_file_bytes": "4 GB"}}},
        }
    )
    about = {"size": "1 MB", "files": 5, "sensitivity": "open", "formats": ["parquet"]}
    said = {
        "project": "first",
        "title": "First",
        "owner": "ada",
        "audience": {"contributor": ["ada"]},
        "datasets": {"bulk_embeddings": about},
    }
    lab = Lab(file=file, projects={"first": Project.model_validate(said)})
    where = Location("first/bulk_embeddings@short@github", 1, "github", "github", "way-lab/first-bulk-embeddings")
    there = Doors(lab, Home(tmp_path)).open(where, {}, Journal(), writing=True)
    assert isinstance(there, GitPlace)
    there.require({"a.parquet": 3_900_000_000, "map.csv": 100 * 2**20})
    with pytest.raises(InputError, match="that Git LFS does not keep"):
        there.require({"map.csv": 100 * 2**20 + 1})
    with pytest.raises(InputError, match=r"takes 4 GB in one file\."):
        there.require({"a.parquet": 4_000_000_001})


ENDS = ("", ".tif", ".TIF", ".oMe.tIf", ".ti", ".tiff", ".z", ".a.Z", "tif")
NAMES = st.tuples(st.text(st.sampled_from("aZé.*[]!# "), max_size=4).map("x".__add__), st.sampled_from(ENDS))
PATHS = st.lists(NAMES.map("".join), min_size=1, max_size=3).map("/".join)


@settings(max_examples=30, deadline=None)
@given(
    paths=st.lists(PATHS, min_size=1, max_size=20, unique=True),
    formats=st.lists(st.sampled_from(["tif", "ome.tif", "z", "a.z"]), max_size=2, unique=True),
)
def test_git_and_slidebox_agree_on_what_lfs_keeps(paths: list[str], formats: list[str]) -> None:
    """Git is told by patterns, and asked about each name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        (Path(folder) / ".gitattributes").write_text(guards({}, patterns(formats))[".gitattributes"])
        given = "".join(f"data/{path}\0" for path in paths).encode()
        asked = ["git", "-C", folder, "check-attr", "-z", "--stdin", "filter"]
        said = subprocess.run(asked, input=given, capture_output=True, check=True).stdout.split(b"\0")
    found = {name.decode(): value == b"lfs" for name, value in zip(said[::3], said[2::3], strict=False)}
    assert found == {f"data/{path}": is_tracked(path, formats) for path in paths}


def test_without_lfs_nothing_is_written(double: GitHubDouble, source: Path, tmp_path: Path) -> None:
    """And the cure says where it is had."""
    there = place(double, tmp_path / "one", lfs=Tracking())
    there._lfs = Lfs(replace(there._git, environment={"PATH": str(tmp_path)}))
    with pytest.raises(UnreadableError, match="Git LFS is not installed"):
        put(source, [there], DRAFT)


def test_a_pointer_is_read_as_it_is_written() -> None:
    """And what is no pointer is a file."""
    pointer = Pointer("a" * 64, 12)
    assert read_pointer(pointer.text) == pointer
    assert read_pointer(b"well,dose\n") is None
    assert read_pointer(pointer.text.replace(b"sha256", b"md5")) is None


def test_an_empty_repository_has_no_manifest(double: GitHubDouble, tmp_path: Path) -> None:
    """And no file."""
    double.git(FULL, "update-ref", "-d", "refs/heads/main")
    empty = place(double, tmp_path / "one")
    empty.check()
    assert (empty.manifest(), empty.size("a")) == (None, None)
    with pytest.raises(UnreadableError, match="is not in github"), empty.read(CRATE_FILE):
        pass
