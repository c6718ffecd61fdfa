"""Zenodo: what put sends, get brings back whole, whatever breaks between; and each refusal is one sentence."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from slidebox.deposits.about import About, Creator
from slidebox.deposits.bundles import LISTING
from slidebox.deposits.repository import Deposit, Sending
from slidebox.deposits.zenodo import Zenodo
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.flow.moving import read_back
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import CRATE_FILE, Manifest, encode
from slidebox.tokens import Secret
from slidebox.transfer import Existing, Quiet, get, put
from slidebox.transfer.copying import Copying
from slidebox.transfer.deposits import DepositPlace
from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.put import Receipt
from slidebox.web import Web, WebError

from .doubles.web_double import Asked, running
from .doubles.zenodo import Zenodo as Double
from .test_deposits_bundles import FILES

WORD = "zenodo-token-of-nobody"
MARK = "urn:uuid:6a0d6b2e-3c0c-5a3a-9d35-0f2f0a5b1c11"
TODAY = dt.date(2026, 11, 24)
ABOUT = About(
    title="A screen: raw images",
    description="<p>The raw images.</p>",
    creators=(Creator("Example, Ada", "Way Lab", "0000-0002-1825-0097"), Creator("Bob Example", "Way Lab")),
    keywords=("microscopy", "raw images"),
    licence="CC0-1.0",
    collected="2026-05-01",
    notes="dataset: nf1/raw_images",
    community="way-lab",
)
DRAFT = Manifest("nf1/raw_images", "A screen", "Raw.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)


@pytest.fixture
def double() -> Iterator[Double]:
    """Zenodo, with an account of the lab and one of somebody else."""
    with running(Double({WORD: "lab", "other-token": "somebody"})) as made:
        yield made


@pytest.fixture
def waits() -> list[float]:
    """How long the client waited."""
    return []


@pytest.fixture
def zenodo(double: Double, waits: list[float]) -> Zenodo:
    """The lab's client."""
    return client(double, waits)


def client(double: Double, waits: list[float], word: str = WORD) -> Zenodo:
    """A client with a token."""
    return Zenodo(Web(f"{double.url}/api", "Zenodo", Secret(word), sleep=waits.append), TODAY)


@pytest.fixture
def made(zenodo: Zenodo) -> Deposit:
    """A draft."""
    return zenodo.create(ABOUT, MARK)


def place(zenodo: Zenodo, made: Deposit) -> DepositPlace:
    """The draft as a new process sees it."""
    return DepositPlace("zenodo", lambda: zenodo, made.id)


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    """What a folder has, without the manifest."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != CRATE_FILE
    }


FOLDERS = {"plate1/a.tif": b"aaaa", "plate1/b.tif": b"bb", "plate2/a.tif": b"", "log.txt": b"done\n"}


def test_a_draft_says_what_is_declared_and_has_its_doi(double: Double, made: Deposit) -> None:
    """The words are Zenodo's own."""
    (record,) = double.owned()
    said = record.metadata
    assert (made.doi, made.published, made.marks) == (f"10.5072/zenodo.{record.id}", False, frozenset({MARK}))
    assert said["creators"][0] == {"name": "Example, Ada", "affiliation": "Way Lab", "orcid": "0000-0002-1825-0097"}
    assert "orcid" not in said["creators"][1]
    assert (said["license"], said["access_right"], said["communities"]) == (
        "cc-zero",
        "open",
        [{"identifier": "way-lab"}],
    )
    assert said["dates"] == [{"start": "2026-05-01", "end": "2026-05-01", "type": "Collected"}]


def test_an_embargo_is_written_until_its_day(double: Double, zenodo: Zenodo) -> None:
    """From that day on it is none."""
    for day, access in (("2027-05-01", "embargoed"), ("2026-11-24", "open")):
        zenodo.create(replace(ABOUT, embargo=day), MARK)
        metadata = double.owned()[-1].metadata
        assert (metadata["access_right"], metadata.get("embargo_date")) == (access, day if access != "open" else None)


def test_what_people_add_on_its_page_stays(double: Double, zenodo: Zenodo, made: Deposit) -> None:
    """Metadata are written whole, so what is not slidebox's is written again; without a change nothing is written."""
    record = double.owned()[0]
    record.metadata |= {"grants": [{"id": "777541"}], "title": "Changed"}
    record.metadata["related_identifiers"].append({"identifier": "10.1/x", "relation": "isSupplementTo"})
    found = zenodo.get(made.id)
    assert found is not None
    changed = zenodo.change(found, ABOUT, MARK)
    assert (record.metadata["title"], record.metadata["grants"]) == (ABOUT.title, [{"id": "777541"}])
    assert {one["identifier"] for one in record.metadata["related_identifiers"]} == {MARK, "10.1/x"}
    zenodo.change(changed, ABOUT, MARK)
    assert double.count("PUT", "/depositions/") == 1


def test_a_deposit_is_found_by_its_mark_alone(
    double: Double, zenodo: Zenodo, waits: list[float], made: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither another of the account nor one of another account is."""
    other = client(double, waits, "other-token")
    other.create(ABOUT, MARK)
    monkeypatch.setattr("slidebox.deposits.zenodo._PAGE", 3)
    for _ in range(4):
        zenodo.create(ABOUT, "urn:uuid:00000000-0000-0000-0000-000000000000")
    found = zenodo.find(MARK, ABOUT.title)
    assert found is not None
    assert found.id == made.id
    assert zenodo.find("urn:uuid:11111111-0000-0000-0000-000000000000", ABOUT.title) is None
    zenodo.create(ABOUT, MARK)
    with pytest.raises(UnreadableError, match="several deposits with one mark"):
        zenodo.find(MARK, ABOUT.title)


def test_a_folder_goes_in_bundles_and_comes_back(double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path) -> None:
    """The manifest is a file of its own and comes last; anyone can open the bundles."""
    receipt = put(fill(tmp_path / "a", FOLDERS), [place(zenodo, made)], DRAFT)
    (record,) = double.owned()
    assert list(record.files) == ["bundle-001.zip", LISTING, CRATE_FILE]
    with zipfile.ZipFile(io.BytesIO(record.files["bundle-001.zip"])) as archive:
        assert {one.filename: archive.read(one) for one in archive.infolist()} == FOLDERS
    assert receipt.written == {"zenodo": 4}
    assert get([place(zenodo, made)], "nf1/raw_images", tmp_path / "b").written == {str(tmp_path / "b"): 4}
    assert read(tmp_path / "b") == FOLDERS
    # One file by itself is a part of its bundle.
    with place(zenodo, made).read("plate1/b.tif") as chunks:
        assert b"".join(chunks) == b"bb"
    assert double.asked[-1].headers["range"].startswith("bytes=")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_any_folder_comes_back(
    zenodo: Zenodo, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    """Whatever its paths and sizes."""
    if len({path.casefold() for path in files}) < len(files):
        return
    here, made = tmp_path_factory.mktemp("any"), zenodo.create(ABOUT, MARK)
    try:
        put(fill(here / "a", files), [place(zenodo, made)], DRAFT)
    except InputError:
        return  # names that are one name on some disks, or too long for this one
    get([place(zenodo, made)], "nf1/raw_images", here / "b")
    assert read(here / "b") == read(here / "a")


def test_few_plain_files_stay_plain(double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path) -> None:
    """And one that has arrived is not sent again."""
    files = {"a.parquet": b"aa", "é b.csv": b"b"}
    put(fill(tmp_path / "a", files), [place(zenodo, made)], DRAFT)
    assert sorted(double.owned()[0].files) == ["a.parquet", CRATE_FILE, "é b.csv"]
    before = double.count("PUT", "/api/files/")
    assert put(tmp_path / "a", [place(zenodo, made)], DRAFT).skipped == {"zenodo": 2}
    assert double.count("PUT", "/api/files/") == before
    get([place(zenodo, made)], "nf1/raw_images", tmp_path / "b")
    assert read(tmp_path / "b") == files


def test_a_broken_upload_sends_only_what_has_not_arrived(
    double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path
) -> None:
    """The service fails for good at the second file; the next run sends that one and what follows."""
    source = fill(tmp_path / "a", {"a.tif": b"a" * 10, "b.tif": b"b" * 10, "c.tif": b"c" * 10})
    double.fail("PUT", "/b.tif", 502, times=5)
    with pytest.raises(WebError, match="status 502"):
        put(source, [place(zenodo, made)], DRAFT)
    assert sorted(double.owned()[0].files) == ["a.tif"]
    put(source, [place(zenodo, made)], DRAFT)
    assert double.count("PUT", "/a.tif") == 1
    get([place(zenodo, made)], "nf1/raw_images", tmp_path / "b")
    assert read(tmp_path / "b") == read(source)


def test_other_bytes_at_the_service_are_noticed(double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path) -> None:
    """It says the MD5 of what it has; nothing is complete then."""
    double.spoilt = "bundle-001.zip"
    with pytest.raises(IntegrityError, match="other bytes under that name"):
        put(fill(tmp_path / "a", FOLDERS), [place(zenodo, made)], DRAFT)
    assert CRATE_FILE not in double.owned()[0].files
    double.spoilt = ""
    put(tmp_path / "a", [place(zenodo, made)], DRAFT)
    record = double.owned()[0]
    record.files["bundle-001.zip"] = record.files["bundle-001.zip"].replace(b"aaaa", b"aaab")
    with pytest.raises(IntegrityError, match=r"plate1/a.tif"):
        get([place(zenodo, made)], "nf1/raw_images", tmp_path / "b")
    # Put again, it is mended, and the manifest is there again.
    put(tmp_path / "a", [place(zenodo, made)], DRAFT)
    assert CRATE_FILE in record.files
    get([place(zenodo, made)], "nf1/raw_images", tmp_path / "b")
    assert read(tmp_path / "b") == FOLDERS


def test_a_file_by_another_hand_is_never_published_unseen(
    double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path
) -> None:
    """It is refused, or taken out on request."""
    zenodo.send(made, Sending("notes.docx", 2, lambda: iter((b"hm",))))
    source = fill(tmp_path / "a", {"a.tif": b"a"})
    with pytest.raises(InputError, match=r"notes\.docx that slidebox did not put there"):
        put(source, [place(zenodo, made)], DRAFT)
    put(source, [place(zenodo, made)], DRAFT, existing=Existing.REPLACE)
    assert sorted(double.owned()[0].files) == ["a.tif", CRATE_FILE]


def grown(zenodo: Zenodo, made: Deposit, folder: Path) -> Receipt:
    """Put a folder that has got one more file."""
    fill(folder, {"c.tif": b"ccc"})
    return put(folder, [place(zenodo, made)], DRAFT)


@pytest.mark.parametrize("documented", [False, True])
def test_what_is_published_gets_a_new_version(
    double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path, documented: bool
) -> None:
    """The published one stays, and is read until the new one is whole; what has not changed is not sent again."""
    double.documented = documented
    source = fill(tmp_path / "a", {"a.tif": b"a", "b.tif": b"bb"})
    put(source, [place(zenodo, made)], DRAFT)
    draft = zenodo.get(made.id)
    assert draft is not None
    assert zenodo.publish(draft, ABOUT, TODAY).published
    assert double.owned()[0].metadata["publication_date"] == "2026-11-24"
    # Nothing new: nothing is begun.
    put(source, [place(zenodo, made)], DRAFT)
    assert len(double.owned()) == 1
    double.fail("PUT", "/c.tif", 500, times=5)
    with pytest.raises(WebError):
        grown(zenodo, made, source)
    get([place(zenodo, made)], "nf1/raw_images", tmp_path / "b")
    assert sorted(read(tmp_path / "b")) == ["a.tif", "b.tif"]
    grown(zenodo, made, source)
    old, new = double.owned()
    assert (old.published, sorted(old.files)) == (True, ["a.tif", "b.tif", CRATE_FILE])
    assert (new.published, sorted(new.files)) == (False, ["a.tif", "b.tif", "c.tif", CRATE_FILE])
    assert double.count("PUT", "/a.tif") == 1
    get([place(zenodo, made)], "nf1/raw_images", tmp_path / "c")
    assert read(tmp_path / "c") == read(source)


def test_a_part_of_a_dataset_is_not_put_into_a_deposit(zenodo: Zenodo, made: Deposit, tmp_path: Path) -> None:
    """Bundles are of the whole."""
    put(fill(tmp_path / "a", FOLDERS), [place(zenodo, made)], DRAFT)
    with pytest.raises(InputError, match="only as a whole"):
        put(fill(tmp_path / "b", {"new.txt": b"x"}), [place(zenodo, made)], DRAFT, existing=Existing.ADD)


def send(zenodo: Zenodo, made: Deposit, *sizes: int) -> None:
    """Send files of some sizes."""
    for number, size in enumerate(sizes):
        zenodo.send(made, Sending(f"{number}.tif", size, lambda size=size: iter((b"x" * size,))))  # type: ignore[misc]


REFUSALS: Mapping[str, tuple[Callable[[Zenodo, Zenodo, Zenodo, Deposit], object], str]] = {
    "no title": (
        lambda lab, *_: lab.create(replace(ABOUT, title=""), MARK),
        "metadata.title: Missing data for required field",
    ),
    "a stranger's": (lambda _lab, other, _wrong, made: other.get(made.id), "403: Permission denied"),
    "a wrong token": (lambda _lab, _other, wrong, _made: wrong.find(MARK, ""), "403: Permission denied"),
    "published without files": (
        lambda lab, _other, _wrong, made: lab.publish(made, ABOUT, TODAY),
        "files.enabled: Missing uploaded files",
    ),
    "too many files": (lambda lab, _other, _wrong, made: send(lab, made, 1, 1, 1, 1), "max amount per record"),
    "too large": (lambda lab, _other, _wrong, made: send(lab, made, 99), "Maximum file size exceeded"),
    "over the quota": (lambda lab, _other, _wrong, made: send(lab, made, 40, 40), "Bucket quota exceeded"),
}


@pytest.mark.parametrize(("call", "said"), REFUSALS.values(), ids=REFUSALS)
def test_each_refusal_is_one_sentence_with_the_services_own_words(
    call: Callable[[Zenodo, Zenodo, Zenodo, Deposit], object], said: str, waits: list[float]
) -> None:
    """In Zenodo's own shapes of errors, and never with the token."""
    with running(Double({WORD: "lab", "other-token": "somebody"}, most_files=3, most_bytes=50)) as double:
        zenodo = client(double, waits)
        made = zenodo.create(ABOUT, MARK)
        with pytest.raises(WebError) as caught:
            call(zenodo, client(double, [], "other-token"), client(double, [], "wrong"), made)
    assert said in str(caught.value)
    assert WORD not in str(caught.value)


def test_what_is_published_is_neither_written_nor_deleted_nor_published_again(zenodo: Zenodo, made: Deposit) -> None:
    """The service refuses each."""
    zenodo.send(made, Sending("a", 1, lambda: iter((b"x",))))
    done = zenodo.publish(made, ABOUT, TODAY)
    for call, status in (
        (lambda: zenodo.send(done, Sending("b", 1, lambda: iter((b"x",)))), 403),
        (lambda: zenodo.remove(done, done.files["a"]), 403),
        (lambda: zenodo.delete(done), 403),
        (lambda: zenodo.publish(done, ABOUT, TODAY), 404),
        (
            lambda: zenodo.change(done, replace(ABOUT, title="x"), MARK),
            404,
        ),
    ):
        with pytest.raises(WebError) as caught:
            call()
        assert caught.value.status == status


def test_a_deposit_that_is_gone_is_said(zenodo: Zenodo, made: Deposit) -> None:
    """And deleting it twice is deleting it."""
    zenodo.delete(made)
    zenodo.delete(made)
    assert zenodo.get(made.id) is None
    with pytest.raises(UnreadableError, match="has no deposit"):
        place(zenodo, made).check()


def test_a_busy_service_is_waited_for(double: Double, zenodo: Zenodo, made: Deposit, waits: list[float]) -> None:
    """As long as it asks."""
    double.fail("PUT", "/api/files", 429, {"status": 429, "message": "Rate limit exceeded."}, Retry_After="7")
    double.fail("GET", "/depositions", 503)
    zenodo.send(made, Sending("a", 1, lambda: iter((b"x",))))
    zenodo.get(made.id)
    assert waits == [7.0, 1.0]


def test_a_line_that_is_cut_while_a_draft_is_made_makes_no_second_one(double: Double, zenodo: Zenodo) -> None:
    """The service has made it, and nobody heard: it is found by its mark."""

    def cut(asked: Asked) -> bool:
        return asked.method == "POST"

    double.broken = cut
    with pytest.raises(WebError, match="could not be reached"):
        zenodo.create(ABOUT, MARK)
    assert len(double.owned()) == 1
    assert zenodo.find(MARK, ABOUT.title) is not None


def test_a_dataset_moves_into_a_deposit_and_out_of_it(
    double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path
) -> None:
    """From the first copy that has a file; read back bundle by bundle, and a damaged one is had from another copy."""
    whole, half = DrivePlace("whole", tmp_path / "whole"), DrivePlace("half", tmp_path / "half")
    fill(tmp_path / "whole", {})
    (tmp_path / "half").mkdir()
    (tmp_path / "whole").mkdir(exist_ok=True)
    source = fill(tmp_path / "a", FOLDERS)
    manifest = put(source, [whole, half], DRAFT).manifest
    (tmp_path / "half/log.txt").unlink()
    target = place(zenodo, made)
    copying = Copying(manifest, [half, whole], target, Quiet(), [])
    with target.writing():
        copying.run(2)
        read_back(target, manifest, Quiet())
        target.publish(encode(manifest), None)
    assert (copying.written, copying.skipped) == (4, 0)
    assert list(double.owned()[0].files) == ["bundle-001.zip", LISTING, CRATE_FILE]
    again = Copying(manifest, [whole], place(zenodo, made), Quiet(), [])
    again.run(2)
    assert (again.written, again.skipped) == (0, 4)

    record = double.owned()[0]
    record.files["bundle-001.zip"] = record.files["bundle-001.zip"].replace(b"aaaa", b"aaab")
    with pytest.raises(IntegrityError, match=r"plate1/a\.tif"):
        read_back(place(zenodo, made), manifest, Quiet())
    got = get([place(zenodo, made), whole], "nf1/raw_images", tmp_path / "b")
    assert read(tmp_path / "b") == FOLDERS
    assert any("Trying the next copy" in note for note in got.notes)


def test_a_service_that_gives_no_parts_is_read_from_the_beginning(
    double: Double, zenodo: Zenodo, made: Deposit, tmp_path: Path
) -> None:
    """What lies before the file is passed over."""
    put(fill(tmp_path / "a", FOLDERS), [place(zenodo, made)], DRAFT)
    double.whole = True
    with place(zenodo, made).read("plate1/b.tif") as chunks:
        assert b"".join(chunks) == b"bb"
    with pytest.raises(UnreadableError, match="is not in zenodo"), place(zenodo, made).read("none"):
        pass


CHILD = """\
import datetime as dt, os, sys
from pathlib import Path
from slidebox.deposits.opening import DepositRef
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import Manifest
from slidebox.transfer import put
from slidebox.transfer.deposits import DepositPlace

url, deposit, folder = sys.argv[1:]
service = DepositRef("zenodo", "zenodo", url).open(dt.date(2026, 11, 24))
draft = Manifest("nf1/raw_images", "A screen", "Raw.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
put(Path(folder), [DepositPlace("zenodo", lambda: service, deposit)], draft)
"""


def test_a_process_that_is_killed_in_the_middle_is_gone_on_with(double: Double, made: Deposit, tmp_path: Path) -> None:
    """`kill -9` while the second file is on its way: the first one is not sent again."""
    source = fill(tmp_path / "a", {f"{name}.tif": name.encode() * 10 for name in "abc"})
    command = [sys.executable, "-c", CHILD, double.url, made.id, str(source)]
    environment = {**os.environ, "SLIDEBOX_TOKEN_ZENODO": WORD}
    with subprocess.Popen(command, env=environment) as child:

        def kill(asked: Asked) -> bool:
            if asked.path.endswith("/b.tif") and child.returncode is None:
                child.kill()
                return True
            return False

        double.broken = kill
        assert child.wait(60) == -signal.SIGKILL
    double.broken = lambda _asked: False
    double.owned()[0].files.pop("b.tif")  # the service has what it got whole, and here it got half
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert [double.count("PUT", f"/{name}.tif") for name in "abc"] == [1, 2, 1]
    assert CRATE_FILE in double.owned()[0].files
