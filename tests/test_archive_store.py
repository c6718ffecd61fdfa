"""A store of kind archive: its resources, its folder as a place, what a preview says of it, and what is there."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.biostudies import ArchiveRef, BioStudies
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.facts import FactBook
from slidebox.home import Home
from slidebox.live import archive as live
from slidebox.live.found import Asked
from slidebox.model import Candidate, Store, StoreKind, System, Term
from slidebox.preview import Seen
from slidebox.preview import archive as preview
from slidebox.preview.declared import Declared
from slidebox.provider.archive import RECORD, Folder, Submission
from slidebox.provider.resource import Context
from slidebox.submission import from_json, mark_of, page, to_json, to_tsv
from slidebox.systems import load_systems
from slidebox.tokens import Secret
from slidebox.transfer import Existing
from slidebox.transfer.archive import ArchivePlace
from slidebox.transfer.get import get
from slidebox.transfer.journal import Journal
from slidebox.transfer.put import put

from .doubles.biostudies import LOGIN, PASSWORD, BioStudiesDouble, running, tree
from .flow_lab import RAW as FLOW_RAW
from .flow_lab import small_lab
from .submission_lab import draft_manifest, lab

URN = "urn:pulumi:first::slidebox::slidebox:archive:Submission::submission@idr"
CONTEXT = Context(URN)
PATH = "tiny-lab-first/raw_images"


@pytest.fixture
def service() -> Iterator[BioStudiesDouble]:
    """A running double."""
    with running() as double:
        yield double


def password(_: str) -> Secret:
    """The account's password."""
    return Secret(PASSWORD)


@pytest.fixture
def account(service: BioStudiesDouble) -> Iterator[BioStudies]:
    """The account."""
    made = BioStudies(ArchiveRef("idr", LOGIN, service.url), password, lambda _: None)
    yield made
    made.close()


@pytest.fixture
def submission(account: BioStudies) -> tuple[Submission, dict[str, Any]]:
    """The resource of a submission, and its inputs."""
    whole = lab()
    mark = mark_of(whole, "first", "idr")
    content = page(whole, "first", (), mark=mark)
    inputs = {
        "store": account.ref.document,
        "mark": mark,
        "title": content.value("Title"),
        "content": to_json(content),
        "tags": {"lab": "tiny-lab"},
    }
    return Submission(lambda _: account), inputs


@pytest.fixture
def folder(account: BioStudies) -> tuple[Folder, dict[str, Any]]:
    """The resource of a folder, and its inputs."""
    about = {"location": "first/raw_images@long@idr", "store": account.ref.document, "path": PATH}
    return Folder(lambda _: account), {**about, "release": "", "tags": {"owner": "ada"}}


# The submission


def test_a_draft_is_made_once_changed_and_removed(
    service: BioStudiesDouble, submission: tuple[Submission, dict[str, Any]]
) -> None:
    """A second run takes the draft up, an update changes it, and a delete removes it."""
    kind, inputs = submission
    assert kind.check(CONTEXT, inputs, {})[1] == []
    mark, state = kind.create(CONTEXT, inputs)
    assert (mark, state["status"], list(service.drafts)) == (inputs["mark"], "DRAFT", [state["draft"]])
    assert kind.create(CONTEXT, inputs) == (mark, state)
    found = kind.read(CONTEXT, mark, state, inputs)
    assert found is not None
    assert kind.diff(CONTEXT, state, inputs, found.inputs).changed == ()
    other = {**inputs, "content": inputs["content"].replace("Perturbed cells", "Other cells")}
    assert kind.diff(CONTEXT, state, inputs, other).changed == ("content",)
    kind.update(CONTEXT, mark, state, other)
    assert "Other cells" in service.drafts[state["draft"]]
    kind.delete(CONTEXT, mark, state)
    assert (service.drafts, kind.read(CONTEXT, mark, state, inputs)) == ({}, None)


def test_a_draft_of_somebody_else_is_never_touched(
    service: BioStudiesDouble, submission: tuple[Submission, dict[str, Any]]
) -> None:
    """A draft without the mark stays as it is, whatever its title; two with one mark stop everything."""
    kind, inputs = submission
    service.drafts["TMP_other"] = inputs["content"].replace(inputs["mark"], "urn:uuid:other")
    service.drafts["TMP_broken"] = "no pagetab"
    mark, state = kind.create(CONTEXT, inputs)
    kind.delete(CONTEXT, mark, state)
    assert set(service.drafts) == {"TMP_other", "TMP_broken"}
    service.drafts |= {"TMP_a": inputs["content"], "TMP_b": inputs["content"]}
    with pytest.raises(UnreadableError, match="TMP_a, TMP_b"):
        kind.create(CONTEXT, inputs)


def test_what_is_submitted_is_known_by_its_mark_and_stays(
    service: BioStudiesDouble, account: BioStudies, submission: tuple[Submission, dict[str, Any]]
) -> None:
    """After it was submitted the state has accession and status; an update and a delete leave it."""
    kind, inputs = submission
    mark, state = kind.create(CONTEXT, inputs)
    service.kept.clear()
    whole = from_json(inputs["content"])
    accession, version = account.submit("submission.tsv", to_tsv(whole).encode())
    account.status(accession, version)
    found = kind.read(CONTEXT, mark, state, inputs)
    assert found is not None
    assert (found.state["accession"], found.state["status"]) == (accession, "VALIDATED")
    assert found.state["released"] == "2027-07-01"
    said: list[str] = []
    told = Context(URN, log=lambda level, message: said.append(f"{level}: {message}"))
    service.drafts.clear()
    kind.update(told, mark, found.state, {**inputs, "content": inputs["content"].replace("Perturbed", "Other")})
    kind.delete(told, mark, found.state)
    assert list(service.kept) == [accession]
    assert [line.partition(":")[0] for line in said] == ["warning", "warning"]


def test_inputs_without_their_mark_or_in_the_clear_are_refused(
    submission: tuple[Submission, dict[str, Any]],
) -> None:
    """A content without its mark could never be found again; an endpoint in the clear would give the password away."""
    kind, inputs = submission
    (failure,) = kind.check(CONTEXT, {**inputs, "mark": "urn:uuid:other"}, {})[1]
    assert failure.property == "content"
    with pytest.raises(InputError, match="in the clear"):
        kind.check(CONTEXT, {**inputs, "store": {**inputs["store"], "endpoint": "http://example.org"}}, {})


# The folder


def test_a_folder_is_made_once_and_says_whose_it_is(
    service: BioStudiesDouble, folder: tuple[Folder, dict[str, Any]]
) -> None:
    """A second run takes it up; another stack does not."""
    kind, inputs = folder
    path, state = kind.create(CONTEXT, inputs)
    assert (path, json.loads(service.files[f"{PATH}/{RECORD}"])["tags"]) == (PATH, {"owner": "ada"})
    assert kind.create(CONTEXT, inputs) == (path, state)
    found = kind.read(CONTEXT, path, state, inputs)
    assert found is not None
    assert (found.state, found.inputs) == (state, inputs)
    kind.update(CONTEXT, path, state, {**inputs, "tags": {"owner": "cy"}})
    assert json.loads(service.files[f"{PATH}/{RECORD}"])["tags"] == {"owner": "cy"}
    with pytest.raises(InputError, match="belongs to somebody else"):
        kind.create(Context(URN.replace(":first:", ":second:")), inputs)


def test_a_folder_of_nobody_is_left_and_one_with_files_not_deleted(
    service: BioStudiesDouble, folder: tuple[Folder, dict[str, Any]]
) -> None:
    """Files that slidebox did not put there are never taken over, and none is ever deleted."""
    kind, inputs = folder
    service.files[f"{PATH}/a.tiff"] = b"a"
    with pytest.raises(InputError, match="no owner's mark"):
        kind.create(CONTEXT, inputs)
    del service.files[f"{PATH}/a.tiff"]
    path, state = kind.create(CONTEXT, inputs)
    service.files[f"{PATH}/a.tiff"] = b"a"
    with pytest.raises(InputError, match="not empty"):
        kind.delete(CONTEXT, path, state)
    del service.files[f"{PATH}/a.tiff"]
    kind.delete(CONTEXT, path, state)
    assert not any(name.startswith(PATH) for name in service.files)
    kind.delete(CONTEXT, path, state)


# The place


@pytest.fixture
def place(account: BioStudies, folder: tuple[Folder, dict[str, Any]]) -> ArchivePlace:
    """A folder that was made."""
    folder[0].create(CONTEXT, folder[1])
    return ArchivePlace("idr", account, PATH, key="first/raw_images@long@idr")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of images."""
    source = tmp_path / "images"
    for name in ("p1/A1.tiff", "p1/A2.tiff", "B1 é.tiff"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode() * 50)
    return source


def test_a_dataset_is_put_verified_and_brought_back(
    service: BioStudiesDouble, place: ArchivePlace, images: Path, tmp_path: Path
) -> None:
    """Every byte comes back; a second put sends nothing."""
    done = put(images, [place], draft_manifest())
    assert (done.written["idr"], done.skipped["idr"]) == (3, 0)
    assert place.sizes() == {entry.path: entry.size for entry in done.manifest.files}
    before = service.count("POST", "files/user")
    again = put(images, [place], draft_manifest())
    assert (again.written["idr"], again.skipped["idr"]) == (0, 3)
    assert service.count("POST", "files/user") == before
    get([place], "first/raw_images", tmp_path / "back")
    assert (tmp_path / "back/p1/A1.tiff").read_bytes() == (images / "p1/A1.tiff").read_bytes()


def test_other_bytes_than_were_sent_are_an_error(service: BioStudiesDouble, place: ArchivePlace, images: Path) -> None:
    """What arrives damaged is never called whole."""
    service.damages.add("A2.tiff")
    with pytest.raises(IntegrityError, match="other bytes"):
        put(images, [place], draft_manifest())
    assert place.manifest() is None
    service.damages.clear()
    journal = Journal()
    mended = ArchivePlace("idr", place.service, PATH, key=place.key, journal=journal)
    put(images, [mended], draft_manifest(), existing=Existing.REPLACE, journal=journal)
    assert place.manifest() is not None


def test_a_file_of_somebody_else_is_not_replaced(service: BioStudiesDouble, place: ArchivePlace, images: Path) -> None:
    """A name that is taken by other bytes, which slidebox never sent, stops the put."""
    service.files[f"{PATH}/p1/A1.tiff"] = b"somebody's"
    with pytest.raises(InputError, match="did not put there"):
        put(images, [place], draft_manifest())
    assert service.files[f"{PATH}/p1/A1.tiff"] == b"somebody's"


def test_a_busy_archive_is_waited_for_and_a_refusal_said(
    service: BioStudiesDouble, place: ArchivePlace, images: Path
) -> None:
    """A file is sent again where the archive asks for patience; its other refusals are its own words."""
    service.faults.append(("POST", "files/user", 503, None))
    put(images, [place], draft_manifest())
    (images / "new.tiff").write_bytes(b"new")
    service.faults.append(("POST", "files/user", 500, tree("No space left on the device")))
    with pytest.raises(UnreadableError, match="No space left on the device"):
        put(images, [place], draft_manifest(), existing=Existing.ADD)


def test_a_place_that_is_gone_is_said(account: BioStudies) -> None:
    """A folder that was never made, or that the archive has cleaned, is an error."""
    with pytest.raises(UnreadableError, match="pulumi up"):
        ArchivePlace("idr", account, "nothing").check()


KILLED = """
import sys
from pathlib import Path
from slidebox.biostudies import ArchiveRef, BioStudies
from slidebox.tokens import Secret
from slidebox.transfer.archive import ArchivePlace
from slidebox.transfer.journal import Journal
from slidebox.transfer.put import put
sys.path.insert(0, sys.argv[1])
from tests.submission_lab import draft_manifest
url, login, password, folder, source, kept = sys.argv[2:]
journal = Journal(Path(kept))
account = BioStudies(ArchiveRef("idr", login, url), lambda _: Secret(password))
place = ArchivePlace("idr", account, folder, key="first/raw_images@long@idr", journal=journal)
print(put(Path(source), [place], draft_manifest(), journal=journal, workers=1).written["idr"])
"""


def test_a_put_that_is_killed_goes_on_where_it_was(
    service: BioStudiesDouble, place: ArchivePlace, images: Path, tmp_path: Path
) -> None:
    """After `kill -9` the next run sends only what had not arrived, and everything is whole at the end."""
    for number in range(12):
        (images / f"more-{number:02}.tiff").write_bytes(bytes([number]) * 1000)
    root = str(Path(__file__).resolve().parents[1])
    words = [sys.executable, "-c", KILLED, root, service.url, LOGIN, PASSWORD, PATH, str(images), str(tmp_path / "j")]
    service.slow = 0.05
    running_ = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=root)
    until = time.monotonic() + 30
    while sum(name.endswith(".tiff") for name in service.files) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(running_.pid, signal.SIGKILL)
    running_.communicate()
    there = sum(name.endswith(".tiff") for name in service.files)
    assert 5 <= there < 15
    assert place.manifest() is None
    service.slow = 0.0
    again = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    assert int(again.stdout) <= 15 - there + 1
    assert {p for p in service.files if p.endswith(".tiff")} == {
        f"{PATH}/{path.relative_to(images).as_posix()}" for path in images.rglob("*.tiff")
    }
    assert place.manifest() is not None


def test_a_dataset_is_moved_into_it_from_a_drive(
    service: BioStudiesDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move fills the folder, reads every byte back, and what is there and whole stays where it is."""
    monkeypatch.setenv("SLIDEBOX_TOKEN_IDR", PASSWORD)
    store = Store(system=System.IDR, kind=StoreKind.ARCHIVE, account=LOGIN, endpoint=service.url)
    moved = small_lab(tmp_path, idr=store)
    moved.plan("bench")
    moved.put({"p1/A1.tiff": b"a" * 100, "p1/A2.tiff": b"b" * 100})
    folder = "test-lab-demo/raw_images"
    service.files[f"{folder}/{RECORD}"] = b"{}"
    about = {"dataset": FLOW_RAW, "term": "short", "copy": 2, "store": "idr", "kind": "archive", "path": folder}
    moved.outputs["locations"][f"{FLOW_RAW}@short@idr"] = about
    assert moved.move().written == {"idr": 2}
    assert service.files[f"{folder}/p1/A1.tiff"] == b"a" * 100
    assert [copy.complete for copy in moved.copies()] == [True, True]
    assert moved.move().written == {}


# What a preview says of it, and what is there


@pytest.mark.parametrize(
    ("release", "readers"),
    [("", ["anyone"]), ("2020-01-01", ["anyone"]), ("2027-01-01", []), ("unknown", ["unknown"]), ("soon", ["anyone"])],
)
def test_a_folder_counts_as_open_from_its_day_of_release(release: str, readers: list[str]) -> None:
    """Before that day nobody reads it; without one, or with none that can be read, it counts as open."""
    seen = Seen("urn", preview.TOKEN, {"store": {"endpoint": "https://example.org"}, "release": release, "tags": {}})
    found = preview.about(seen, Declared(()), dt.date(2026, 11, 24))
    assert [reader.principal for reader in found["readers"]] == readers
    assert found["has"]["encrypted_transport"] is True


def test_a_plan_counts_an_embargo_too() -> None:
    """A planned folder is read by its audience until the embargo is over, and by anyone from then on."""
    stores = {"idr": Store(system=System.IDR, kind=StoreKind.ARCHIVE, account=LOGIN)}
    whole = lab(stores=stores, embargo="2027-03-31")
    book = FactBook(whole, load_systems(whole.file.playbook))
    candidate = Candidate("first/raw_images", Term.LONG, "idr")
    for day, anyone in ((dt.date(2027, 3, 30), False), (dt.date(2027, 3, 31), True)):
        readers = [reader["principal"] for reader in book.location(candidate, day)["readers"]]
        assert ("anyone" in readers, "person:ada" in readers) == (anyone, True)


def test_what_is_there_is_seen_and_what_lacks_is_unknown(
    service: BioStudiesDouble, folder: tuple[Folder, dict[str, Any]], tmp_path: Path
) -> None:
    """A folder is seen with its tags; one that is planned and not there, or an archive that is away, is not known."""
    stores = {"idr": Store(system=System.IDR, kind=StoreKind.ARCHIVE, account=LOGIN, endpoint=service.url)}
    whole = lab(stores=stores)
    asked = [Asked("first/raw_images", Term.LONG, frozenset({"idr"}))]
    home = Home(tmp_path)
    (lacking,) = live.look(whole, home, "idr", asked, password).resources
    assert "unread" in lacking.properties
    folder[0].create(CONTEXT, folder[1])
    (seen,) = live.look(whole, home, "idr", asked, password).resources
    assert (seen.type, seen.properties["tags"]) == (preview.TOKEN, {"owner": "ada"})
    assert (seen.properties["location"], seen.properties["release"]) == ("first/raw_images@long@idr", "2027-07-01")
    away = live.look(whole, home, "idr", asked, lambda _: Secret("wrong"))
    assert "Invalid email address or password" in away.notes[0]
    assert "wrong" not in away.notes[0]
