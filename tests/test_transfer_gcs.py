"""Put and get in a bucket of Google Cloud, against a server that stands in for it."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import IntegrityError, SlideboxError, UnreadableError
from slidebox.home import Home
from slidebox.model import (
    Audience,
    Dataset,
    Lab,
    LabFile,
    Level,
    Origin,
    Person,
    Project,
    Sensitivity,
    Store,
    StoreKind,
    System,
)
from slidebox.provenance import CRATE_FILE, Manifest
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_store import GcsRef
from slidebox.quantities import Size
from slidebox.transfer import Existing, get, put
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.gcs import RetirableGcs
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import SMALLEST_PART

from .doubles.gcs import Fault, GcsDouble

DATASET, BUCKET = "demo/raw_images", "way-demo-raw-images-cloud"
INES = "user:ines@example.org"
DRAFT = Manifest(DATASET, "Test", "Files of a test.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
FILES = {
    "a.tif": b"pixels",
    "empty.bin": b"",
    "NF0014 copy/well A01+B&%2F (2).tif": bytes(range(256)) * 9,
    "ü/日本.csv": b"x",
}


@dataclass
class Desk:
    """A bucket of its own, somebody who is signed in, and a folder to put."""

    double: GcsDouble
    source: Path
    journal: Path

    @property
    def ref(self) -> GcsRef:
        """The store."""
        return GcsRef("cloud", "imaging", "us-central1", self.double.url)

    def place(self, **more: Any) -> RetirableGcs:
        """The bucket as a place."""
        return RetirableGcs("cloud", BUCKET, self.ref, GcsConnections(), **more)

    def put(self, existing: Existing = Existing.REFUSE, **more: Any) -> Any:
        """Put the folder, as a new process does."""
        with (journal := Journal(self.journal)).open():
            place = self.place(journal=journal, **more)
            return put(self.source, [place], DRAFT, existing=existing, workers=1)

    def parts(self) -> list[str]:
        """The parts that were sent of large files, each with the bytes that it says it has."""
        return [span for method, span in self.double.calls if method == "upload" and "*" not in span]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A versioned bucket of an owner of the project."""
    source = tmp_path / "source"
    for path, data in FILES.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(data)
    monkeypatch.setattr("slidebox.provider.gcs_faults.DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr("slidebox.provider.gcs_faults._FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("slidebox.transfer.gcs_upload._PAUSE_SECONDS", 0.01)
    with GcsDouble() as double:
        account = "put@imaging.iam.gserviceaccount.com"
        double.project("imaging", **{f"serviceAccount:{account}": "roles/storage.admin"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, account)))
        monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
        made = Desk(double, source, tmp_path / "journal.jsonl")
        bucket = made.place().client.bucket(BUCKET)
        bucket.versioning_enabled = True
        bucket.create(location="us-central1")
        yield made


def big(desk: Desk) -> bytes:
    """A file in three parts."""
    data = hashlib.shake_256(b"seed").digest(2 * SMALLEST_PART + 12_345)
    (desk.source / "big.tif").write_bytes(data)
    return data


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the crate."""
    found = (file for file in folder.rglob("*") if file.is_file() and file.name != CRATE_FILE)
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


def live(desk: Desk, path: str) -> bytearray | bytes:
    """The bytes that an object has now."""
    (version,) = [v for v in desk.double.buckets[BUCKET].versions[path] if v.deleted is None]
    return version.content


def test_what_is_put_comes_back(desk: Desk, tmp_path: Path) -> None:
    """Every byte and name survives, whole or in parts; a second put changes nothing, with and without reading back."""
    data = big(desk)
    receipt = desk.put()
    assert receipt.written == {"cloud": 5}
    get([desk.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == {**FILES, "big.tif": data}
    for reread in (False, True):
        again = desk.put(reread=reread)
        assert (again.written, again.crate_sha256) == ({"cloud": 0}, receipt.crate_sha256)


def test_put_and_get_find_the_bucket_in_the_stacks_output(desk: Desk, tmp_path: Path) -> None:
    """No place and no key is named."""
    store = Store(
        system=System.CLOUD, kind=StoreKind.GCS, account="imaging", region="us-central1", endpoint=desk.double.url
    )
    file = LabFile(lab="test-lab", title="Test lab", people={"ada": Person(name="Ada")}, stores={"cloud": store})
    about = {"dataset": DATASET, "copy": 1, "store": "cloud", "kind": "gcs", "by_hand": False, "bucket": BUCKET}
    dataset = Dataset(size=Size.parse("1 GB"), files=5, sensitivity=Sensitivity.OPEN)
    audience = Audience(contributor=("ada",))
    project = Project(
        project="demo", title="Demo", owner="ada", audience=audience, datasets={Level.RAW_IMAGES: dataset}
    )
    lab = Lab(file=file, projects={"demo": project})
    outputs = {"locations": {f"{DATASET}@short@cloud": {**about, "url": f"gs://{BUCKET}"}}}
    datasets = Datasets(lab, Home(tmp_path), lambda _: outputs)
    assert datasets.ready(DATASET, desk.source).put().written == {f"cloud ({BUCKET})": 4}
    datasets.get(DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES


def test_memory_does_not_grow_with_a_file(desk: Desk, tmp_path: Path) -> None:
    """What is here of a file of eight parts is a few of them; the server's own bytes lie in this process too."""
    size = 8 * SMALLEST_PART
    with (desk.source / "large.tif").open("wb") as file:
        file.truncate(size)
    desk.put()
    tracemalloc.start()
    try:
        get([desk.place()], DATASET, tmp_path / "back", workers=1)
        assert tracemalloc.get_traced_memory()[1] < 4 * SMALLEST_PART
    finally:
        tracemalloc.stop()


def test_an_interrupted_upload_goes_on(desk: Desk, tmp_path: Path) -> None:
    """The parts that have arrived are not sent again, and until all have there is no object."""
    data = big(desk)
    desk.double.order(Fault("upload", 503, nth=2, times=5))
    with pytest.raises(UnreadableError, match=r"too busy"):
        desk.put()
    assert "big.tif" not in desk.double.buckets[BUCKET].versions
    first = len(desk.parts())
    desk.put()
    assert desk.parts()[first:] == [
        f"bytes {SMALLEST_PART}-{2 * SMALLEST_PART - 1}/{len(data)}",
        f"bytes {2 * SMALLEST_PART}-{len(data) - 1}/{len(data)}",
    ]
    get([desk.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back")["big.tif"] == data


def test_an_answer_that_gets_lost_doubles_nothing(desk: Desk) -> None:
    """A part has arrived and nobody says so: it is asked for before anything is sent again."""
    data = big(desk)
    desk.double.order(Fault("upload", 503, nth=2, done=True))
    desk.put()
    assert live(desk, "big.tif") == data
    assert len(desk.parts()) == 3


def test_a_file_that_changed_since_begins_anew(desk: Desk) -> None:
    """Nothing of the old one gets into the new one."""
    big(desk)
    desk.double.order(Fault("upload", 503, nth=2, times=5))
    with pytest.raises(UnreadableError):
        desk.put()
    data = hashlib.shake_256(b"other").digest(2 * SMALLEST_PART + 12_345)
    (desk.source / "big.tif").write_bytes(data)
    desk.put()
    assert live(desk, "big.tif") == data


def test_a_wrong_byte_is_noticed_and_mended(desk: Desk, tmp_path: Path) -> None:
    """Bytes that somebody has changed are not got; --reread finds and mends them."""
    desk.put()
    blob = desk.place().client.bucket(BUCKET).get_blob("a.tif")
    blob.upload_from_string(b"pixelS")
    with pytest.raises(IntegrityError, match=r"a\.tif of demo/raw_images could not be fetched whole"):
        get([desk.place()], DATASET, tmp_path / "back")
    assert desk.put(reread=True).written == {"cloud": 1}
    get([desk.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES


def test_a_strangers_file_is_not_overwritten(desk: Desk) -> None:
    """Unless --replace says so; the same bytes count as put."""
    bucket = desk.place().client.bucket(BUCKET)
    bucket.blob("a.tif").upload_from_string(b"foreign")
    bucket.blob("ü/日本.csv").upload_from_string(b"x")
    with pytest.raises(SlideboxError, match=r"cloud already has another file a\.tif"):
        desk.put()
    assert desk.put(Existing.REPLACE).skipped["cloud"] >= 1


def test_nothing_is_published_over_somebody_elses(desk: Desk) -> None:
    """Neither where there was no manifest, nor where there was one."""
    place = desk.place()
    for before, other in ((None, b"theirs"), (b"theirs", b"theirs again")):
        original = place.manifest

        def late(original: Any = original, other: bytes = other) -> bytes | None:
            found: bytes | None = original()
            desk.place().client.bucket(BUCKET).blob(CRATE_FILE).upload_from_string(other)
            return found

        place.manifest = late  # type: ignore[method-assign]
        with pytest.raises(IntegrityError, match="Somebody else has put files into cloud meanwhile"):
            place.publish(b"ours", before)
        place.manifest = original  # type: ignore[method-assign]
        assert place.manifest() == other


def test_what_is_refused_publishes_nothing(desk: Desk) -> None:
    """One sentence with a cure."""
    desk.double.order(Fault("storage.objects.insert", 403))
    with pytest.raises(UnreadableError, match=r"not allowed to go on, while writing .* in cloud"):
        desk.put()
    assert desk.place().manifest() is None
    desk.double.buckets.clear()
    with pytest.raises(UnreadableError, match="It is not there any more, or not yet, while listing it in cloud"):
        desk.place().check()


def test_who_may_only_add_cannot_change_what_was_put(desk: Desk) -> None:
    """A contributor at Google creates and reads; the second put of other bytes is refused and loses nothing."""
    desk.put()
    bucket, roles = desk.place().client.bucket(BUCKET), desk.double.service.directory.projects["imaging"]
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings += [
        {"role": role, "members": set(roles)} for role in ("roles/storage.objectCreator", "roles/storage.objectViewer")
    ]
    bucket.set_iam_policy(policy)
    roles.clear()
    (desk.source / "a.tif").write_bytes(b"other")
    with pytest.raises(UnreadableError, match=r"storage\.objects\.delete"):
        desk.put(Existing.REPLACE)
    assert live(desk, "a.tif") == b"pixels"


def test_what_is_set_aside_comes_back_or_goes(desk: Desk, tmp_path: Path) -> None:
    """The bucket keeps it as earlier versions: brought back it is whole, purged it is gone."""
    desk.put()
    files = list(FILES)
    place = desk.place()
    place.set_aside("t", files)
    place.set_aside("t", files)  # a second time, as after a kill
    assert (place.manifest(), place.size("a.tif")) == (None, None)
    place.bring_back("t", files)
    place.bring_back("t", files)
    get([desk.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES
    place.set_aside("t", files)
    place.purge("t", files)
    assert not any(desk.double.buckets[BUCKET].versions.values())
    with pytest.raises(UnreadableError, match=r"5 file\(s\) cannot be brought back into cloud"):
        place.bring_back("t", files)


def test_a_bucket_without_versions_sets_nothing_aside(desk: Desk) -> None:
    """What could not come back stays where it is."""
    desk.put()
    bucket = desk.place().client.get_bucket(BUCKET)
    bucket.versioning_enabled = False
    bucket.patch()
    with pytest.raises(UnreadableError, match="cloud keeps no earlier versions"):
        desk.place().set_aside("t", list(FILES))
    assert live(desk, "a.tif") == b"pixels"
