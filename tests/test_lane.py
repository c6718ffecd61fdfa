"""The fast lane into a bucket has the same bytes, names and words as the slow one."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from tests.conftest import RunningGateway

from slidebox.errors import IntegrityError, UnreadableError
from slidebox.model import Origin, Sensitivity
from slidebox.provenance import Manifest
from slidebox.transfer import Quiet, S3Place, client, get, put
from slidebox.transfer.copying import Copying
from slidebox.transfer.lane import Lane
from slidebox.transfer.s3 import SHA256_METADATA

DATASET = "demo/raw_images"
DRAFT = Manifest(DATASET, "Test", "Files of a test.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
FILES = {
    "a.tif": b"pixels",
    "empty.bin": b"",
    "NF0014 copy/well A01+B&%2F (2).tif": bytes(range(256)) * 9,
    "ü/日本.csv": b"x",
    "~a#b[1]{2}?*=;'!.txt": b"signs",
}


class Bucket:
    """An empty bucket of the gateway."""

    def __init__(self, running: RunningGateway) -> None:
        end = running.endpoint
        self.name = f"lane-{uuid.uuid4().hex[:12]}"
        self.folder = running.drive / running.store / self.name
        self.client = running.client("s3")
        self.client.create_bucket(Bucket=self.name)
        self._where = {"endpoint": end.s3_url, "region": end.region}
        self._keys = {"access_key": end.access_key, "secret_key": end.secret_key}

    def place(self, *, lane: bool = True, read_back: bool = False, **other: str) -> S3Place:
        """The bucket as a place."""
        about = {**self._where, **self._keys, **other}
        fast = Lane(bucket=self.name, **about) if lane else None
        reached = client(
            endpoint=about["endpoint"],
            region=about["region"],
            access_key=about["access_key"],
            secret_key=about["secret_key"],
        )
        place = S3Place("bench-s3", reached, self.name)
        place.lane = fast
        place.read_back = read_back
        return place


@pytest.fixture
def bucket(s3_gateway: RunningGateway) -> Bucket:
    """An empty bucket."""
    return Bucket(s3_gateway)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of files with names that labs use."""
    for path, data in FILES.items():
        (tmp_path / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / path).write_bytes(data)
    return tmp_path / "source"


def contents(folder: Path) -> dict[str, bytes]:
    """The data files of a folder."""
    return {path: (folder / path).read_bytes() for path in FILES}


@pytest.mark.parametrize(("there", "back"), [(True, True), (True, False), (False, True)])
def test_what_one_way_writes_the_other_reads(
    bucket: Bucket, source: Path, tmp_path: Path, there: bool, back: bool
) -> None:
    """Every byte and name, and the checksum beside them."""
    put(source, [bucket.place(lane=there)], DRAFT)
    get([bucket.place(lane=back)], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES
    head = bucket.client.head_object(Bucket=bucket.name, Key="a.tif", ChecksumMode="ENABLED")
    assert (head["ContentType"], set(head["Metadata"])) == ("image/tiff", {SHA256_METADATA})
    assert head["ChecksumSHA256"]
    assert put(source, [bucket.place()], DRAFT).written == {"bench-s3": 0}


def test_objects_are_really_sent_by_the_lane(bucket: Bucket, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can, boto3 sends none of them."""
    place = bucket.place()
    sent: list[str] = []
    monkeypatch.setattr(place, "_send", lambda path, *_, **__: sent.append(path))
    manifest = put(source, [bucket.place(lane=False)], DRAFT).manifest
    other = bucket.place(read_back=True)
    with place.writing():
        Copying(manifest, [other], place, Quiet(), []).run(2)
    assert sent == []


def test_a_key_that_is_refused_is_said_as_ever(bucket: Bucket, source: Path) -> None:
    """The lane fails, boto3 is asked, and it has the sentence."""
    with pytest.raises(UnreadableError, match="bench-s3"):
        put(source, [bucket.place(secret_key="wrong")], DRAFT)


def test_nobody_there_is_said_as_ever(bucket: Bucket, source: Path) -> None:
    """Also without a port that answers."""
    with pytest.raises(UnreadableError, match=r"cannot be used at http://127\.0\.0\.1:9"):
        put(source, [bucket.place(endpoint="http://127.0.0.1:9")], DRAFT)


def test_a_damaged_object_is_noticed(bucket: Bucket, source: Path, tmp_path: Path) -> None:
    """A byte that changes on the disk below is not got."""
    put(source, [bucket.place()], DRAFT)
    (bucket.folder / "a.tif").write_bytes(b"pixelS")
    with pytest.raises(IntegrityError, match=r"a\.tif of demo/raw_images could not be fetched whole"):
        get([bucket.place()], DATASET, tmp_path / "back")


def test_what_is_not_there_is_not_there(bucket: Bucket) -> None:
    """An object that is missing ends in the words of the slow way."""
    with pytest.raises(UnreadableError), bucket.place().read("none.tif") as chunks:
        list(chunks)


def test_no_key_is_shown(bucket: Bucket) -> None:
    """Neither by the lane nor by the place."""
    lane = Lane(endpoint="http://x", region="r", bucket="b", access_key="a", secret_key="hunter2")
    assert "hunter2" not in repr(lane)
    assert "secret" not in repr(bucket.place())
