"""Put and get in a container of Azure, against Azurite: Microsoft's own emulator, with tokens and over TLS."""

from __future__ import annotations

import hashlib
import tracemalloc
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.policies import SansIOHTTPPolicy

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
from slidebox.quantities import Size
from slidebox.transfer import Existing, get, put
from slidebox.transfer.azure import AzurePlace
from slidebox.transfer.azure_service import connect
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.places import SMALLEST_PART

from .doubles.arm import SUBSCRIPTION, ArmDouble
from .doubles.azurite import ACCOUNT, azurite

pytestmark = pytest.mark.e2e

DATASET = "demo/raw_images"
DRAFT = Manifest(DATASET, "Test", "Files of a test.", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
FILES = {
    "a.tif": b"pixels",
    "empty.bin": b"",
    "NF0014 copy/well A01+B&%2F (2).tif": bytes(range(256)) * 9,
    "ü/日本.csv": b"x",
}


class Wire(SansIOHTTPPolicy):  # type: ignore[type-arg]
    """Notes every request, damages one, or answers it with an error."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.damaged = ""
        self.refused: tuple[str, int, str] | None = None

    def on_request(self, request: Any) -> None:
        """Before a request is sent."""
        said = f"{request.http_request.method} {request.http_request.url}"
        self.calls.append(said)
        if self.damaged and self.damaged in said and request.http_request.method == "PUT":
            request.http_request.data = b"!" + request.http_request.data[1:]

    def on_response(self, request: Any, response: Any) -> None:
        """Before an answer is read."""
        said = f"{request.http_request.method} {request.http_request.url}"
        if self.refused and self.refused[0] in said:
            _, response.http_response.status_code, code = self.refused
            response.http_response.headers["x-ms-error-code"] = code


@pytest.fixture(scope="module")
def blobs(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Azurite."""
    with azurite(repository, tmp_path_factory.mktemp("azurite")) as url:
        yield url


@dataclass
class Container:
    """A container of its own, and a folder to put."""

    url: str
    wire: Wire
    source: Path

    def place(self, **more: Any) -> AzurePlace:
        """The container as a place."""
        quick = {"retry_total": 1, "initial_backoff": 0, "increment_base": 0, "random_jitter_range": 0}
        into = partial(connect, "cloud", self.url, _additional_pipeline_policies=[self.wire], **quick)
        return AzurePlace("cloud", into, self.url, **more)

    def put(self, existing: Existing = Existing.REFUSE, **more: Any) -> Any:
        """Put the folder."""
        return put(self.source, [self.place(**more)], DRAFT, existing=existing, workers=1)


@pytest.fixture
def container(blobs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    """An empty container, and somebody who is signed in."""
    source = tmp_path / "source"
    for path, data in FILES.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(data)
    with ArmDouble() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        url = f"{blobs}/c{uuid.uuid4().hex}"
        connect("cloud", url).create_container()
        yield Container(url, Wire(), source)


def big(container: Container) -> bytes:
    """A file in three blocks."""
    data = hashlib.shake_256(b"seed").digest(2 * SMALLEST_PART + 12_345)
    (container.source / "big.tif").write_bytes(data)
    return data


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the crate."""
    found = (file for file in folder.rglob("*") if file.is_file() and file.name != CRATE_FILE)
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


def test_what_is_put_comes_back(container: Container, tmp_path: Path) -> None:
    """Every byte and name survives, whole or in blocks; a second put changes nothing, with and without reading back."""
    data = big(container)
    receipt = container.put()
    assert receipt.written == {"cloud": 5}
    get([container.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == {**FILES, "big.tif": data}
    for reread in (False, True):
        again = container.put(reread=reread)
        assert (again.written, again.crate_sha256) == ({"cloud": 0}, receipt.crate_sha256)


def test_put_and_get_find_the_container_in_the_stacks_output(container: Container, tmp_path: Path) -> None:
    """No place and no key is named."""
    place: dict[str, Any] = {"account": ACCOUNT, "subscription": SUBSCRIPTION, "resource_group": "g", "region": "r"}
    stores = {"cloud": Store(system=System.CLOUD, kind=StoreKind.AZURE, **place)}
    file = LabFile(lab="test-lab", title="Test lab", people={"ada": Person(name="Ada")}, stores=stores)
    about = {"dataset": DATASET, "copy": 1, "store": "cloud", "kind": "azure", "by_hand": False, "bucket": "c"}
    dataset = Dataset(size=Size.parse("1 GB"), files=5, sensitivity=Sensitivity.OPEN)
    audience = Audience(contributor=("ada",))
    project = Project(
        project="demo", title="Demo", owner="ada", audience=audience, datasets={Level.RAW_IMAGES: dataset}
    )
    lab = Lab(file=file, projects={"demo": project})
    outputs = {"locations": {f"{DATASET}@short@cloud": {**about, "url": container.url}}}
    datasets = Datasets(lab, Home(tmp_path), lambda _: outputs)
    assert datasets.ready(DATASET, container.source).put().written == {"cloud (c)": 4}
    datasets.get(DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES


def test_memory_does_not_grow_with_a_file(container: Container, tmp_path: Path) -> None:
    """A file of twelve blocks goes there and back with a few blocks in memory."""
    with (container.source / "large.tif").open("wb") as file:
        file.truncate(12 * SMALLEST_PART)
    tracemalloc.start()
    try:
        container.put()
        get([container.place()], DATASET, tmp_path / "back", workers=1)
        assert tracemalloc.get_traced_memory()[1] < 8 * SMALLEST_PART
    finally:
        tracemalloc.stop()


def test_an_interrupted_upload_in_blocks_goes_on(container: Container, tmp_path: Path) -> None:
    """The blocks that have arrived are not sent again, and until all have there is no blob."""
    data = big(container)
    place, number = container.place(), 0

    def stopping(path: Path) -> Any:
        nonlocal number
        number += path.name == "big.tif"
        return Stopping(path) if number == 2 and path.name == "big.tif" else path.open("rb")

    with pytest.raises(SlideboxError):
        put(container.source, [place], DRAFT, opener=stopping, workers=1)
    first = [call for call in container.wire.calls if "comp=block&" in call]
    container.put()
    later = [call for call in container.wire.calls if "comp=block&" in call][len(first) :]
    assert (len(first), len(later)) == (2, 1)
    get([container.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back")["big.tif"] == data


class Stopping:
    """A file whose disk fails at its third part."""

    def __init__(self, path: Path) -> None:
        self._file, self._reads = path.open("rb"), 0

    def __enter__(self) -> Stopping:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Bytes, twice."""
        self._reads += 1
        if self._reads == 3:
            raise OSError(5, "Input/output error")
        return self._file.read(size)


def test_a_byte_that_is_damaged_on_its_way_is_refused(container: Container) -> None:
    """Azure compares what arrives with the MD5 that was said, of a small file and of a block."""
    big(container)
    for damaged in ("a.tif", "comp=block&"):
        container.wire.damaged = damaged
        with pytest.raises(IntegrityError, match="cloud received damaged bytes and refused them"):
            container.put()
    container.wire.damaged = ""
    assert sum(container.put().written.values()) > 0


def test_a_wrong_byte_is_noticed_and_mended(container: Container, tmp_path: Path) -> None:
    """Bytes that somebody has changed, are not got; --reread finds and mends them."""
    container.put()
    client = connect("cloud", container.url)
    kept = client.get_blob_client("a.tif").get_blob_properties().metadata
    client.upload_blob("a.tif", b"pixelS", overwrite=True, metadata=kept)
    with pytest.raises(IntegrityError, match=r"a\.tif of demo/raw_images could not be fetched whole"):
        get([container.place()], DATASET, tmp_path / "back")
    assert container.put(reread=True).written == {"cloud": 1}
    get([container.place()], DATASET, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES


def test_a_strangers_file_is_not_overwritten(container: Container) -> None:
    """Unless --replace says so; the same bytes count as put."""
    client = connect("cloud", container.url)
    client.upload_blob("a.tif", b"foreign")
    client.upload_blob("ü/日本.csv", b"x")
    with pytest.raises(SlideboxError, match=r"cloud already has another file a\.tif"):
        container.put()
    assert container.put(Existing.REPLACE).skipped["cloud"] >= 1


def test_nothing_is_published_over_somebody_elses(container: Container) -> None:
    """Neither where there was no manifest, nor where there was one."""
    place = container.place()
    for before, other in ((None, b"theirs"), (b"theirs", b"theirs again")):
        assert place.manifest() == before
        original = place.manifest

        def late(original: Any = original, other: bytes = other) -> bytes | None:
            found: bytes | None = original()
            connect("cloud", container.url).upload_blob(CRATE_FILE, other, overwrite=True)
            return found

        place.manifest = late  # type: ignore[method-assign]
        with pytest.raises(IntegrityError, match="Somebody else has put files into cloud meanwhile"):
            place.publish(b"ours", before)
        place.manifest = original  # type: ignore[method-assign]
        assert place.manifest() == other


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AuthorizationPermissionMismatch", "refuses whoever is signed in at Azure"),
        (409, "BlobImmutableDueToPolicy", "keeps what is there as it is: its retention has not ended"),
        (503, "ServerBusy", r"is too busy \(ServerBusy while writing a\.tif\)\. Run the same command again"),
    ],
)
def test_what_is_refused_publishes_nothing(container: Container, status: int, code: str, says: str) -> None:
    """One sentence with a cure."""
    container.wire.refused = ("a.tif", status, code)
    with pytest.raises(UnreadableError, match=says):
        container.put()
    assert container.place().manifest() is None


def test_what_cannot_be_reached_is_one_sentence(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """No container, nobody there, and nobody signed in."""
    quick = {"retry_total": 0}
    nowhere = "https://127.0.0.1:9/account/c"
    with pytest.raises(UnreadableError, match="cloud is not there: Azure knows no such container"):
        AzurePlace("cloud", partial(connect, "cloud", f"{container.url}x"), "").check()
    with pytest.raises(UnreadableError, match=r"cloud cannot be used at https://127\.0\.0\.1:9"):
        AzurePlace("cloud", partial(connect, "cloud", nowhere, **quick), nowhere).check()
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with pytest.raises(UnreadableError, match="nobody is signed in at Azure"):
        AzurePlace("cloud", partial(connect, "cloud", container.url), "").check()
