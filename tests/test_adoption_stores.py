"""Drives, S3 stores, Google and Azure read as they are: real folders, a real gateway, and the clouds' test servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox import drives
from slidebox.adoption import Content, Member
from slidebox.adoption.drive import DriveReader
from slidebox.adoption.google import GoogleReader, members_of
from slidebox.adoption.microsoft import AzureReader
from slidebox.adoption.s3 import S3Reader
from slidebox.adoption.stores import reader_of
from slidebox.errors import InputError, UnreadableError
from slidebox.model import LabFile, Person, Role, Store, StoreKind, System
from slidebox.provider import gcs_faults
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.connections import Connections
from slidebox.provider.drive import Folder
from slidebox.provider.gcs_store import GcsRef
from slidebox.provider.resource import Context
from slidebox.provider.stores import StoreRef

from .conftest import RunningGateway
from .doubles.arm import SUBSCRIPTION, ArmDouble
from .doubles.gcs import GcsDouble
from .template_bucket import ACCOUNT, NAME, PROJECT, PROVIDER, RECEIVER, terraform, upload


class Told:
    """Remembers how far a count was."""

    def __init__(self) -> None:
        self.far: list[tuple[int, int]] = []

    def __call__(self, files: int, size: int) -> None:
        """Take note."""
        self.far.append((files, size))


# A drive


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A marked disk with a folder of data."""
    disk = tmp_path / "disk"
    (disk / "screens" / "plate 7").mkdir(parents=True)
    drives.mark("way", "bench", disk)
    (disk / "screens" / "plate 7" / "a.tif").write_bytes(bytes(1000))
    (disk / "screens" / "b.tif").write_bytes(bytes(200))
    (disk / "screens").chmod(0o754)
    return disk


def test_a_drive_lists_the_folders_that_slidebox_has_not_made(disk: Path) -> None:
    """Not its own, nor what the system keeps there."""
    inputs: dict[str, Any] = {
        "store": "bench",
        "root": str(disk),
        "lab": "way",
        "path": "nf1/raw_images",
        "mode": "0700",
    }
    Folder().create(
        Context("urn:pulumi:nf1::slidebox::slidebox:drive:Folder::raw_images@bench"), {**inputs, "tags": {}}
    )
    (disk / "lost+found").mkdir()
    (disk / ".Trash").mkdir()
    (disk / "link").symlink_to(disk / "screens")
    (disk / "empty").mkdir()
    assert DriveReader("bench", "way", disk).names() == ("empty", "screens")


def test_a_folder_is_read_with_its_mode_and_whose_it_is(disk: Path) -> None:
    """Its content is counted, and slidebox's own record does not count."""
    reader, told = DriveReader("bench", "way", disk), Told()
    there = reader.existing("screens")
    (thing,) = there.things
    assert (thing.type, thing.id) == ("slidebox:drive:Folder", str(disk / "screens"))
    assert (thing.inputs["mode"], thing.inputs["path"], thing.inputs["tags"]) == ("0754", "screens", {})
    assert "Every account of this machine may read screens." in there.notes
    assert reader.content("screens", told) == Content(1200, 2, 1000)
    assert told.far[-1] == (2, 1200)


@pytest.mark.parametrize("name", ["../elsewhere", "/etc", "nothing", "link", ".", ""])
def test_what_is_no_folder_of_the_drive_is_not_taken_over(disk: Path, name: str) -> None:
    """Nor what a link leads to."""
    (disk / "link").symlink_to(disk / "screens")
    with pytest.raises(InputError):
        DriveReader("bench", "way", disk).existing(name)


def test_a_drive_that_is_not_mounted_is_not_an_empty_one(tmp_path: Path) -> None:
    """It cannot be read."""
    (tmp_path / "disk").mkdir()
    with pytest.raises(UnreadableError):
        DriveReader("bench", "way", tmp_path / "disk").names()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_not_counted_by_half(disk: Path) -> None:
    """The count would be too small."""
    (disk / "screens" / "plate 7").chmod(0)
    try:
        with pytest.raises(UnreadableError):
            DriveReader("bench", "way", disk).content("screens", Told())
    finally:
        (disk / "screens" / "plate 7").chmod(0o700)


def test_a_folder_that_may_not_be_looked_into_is_listed_like_the_others(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One colleague's private folder does not hide the rest of the drive."""
    (disk / "private").mkdir()
    listed = Path.iterdir

    def refused(folder: Path) -> Iterator[Path]:
        if folder.name == "private":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    assert DriveReader("bench", "way", disk).names() == ("private", "screens")


def test_a_folder_whose_name_is_no_text_is_said_to_need_another(disk: Path) -> None:
    """Old disks have names in Latin-1, which no file of text can hold."""
    os.mkdir(os.fsencode(disk) + b"/gr\xf6\xdfe")  # noqa: PTH102 (a path of bytes)
    reader = DriveReader("bench", "way", disk)
    with pytest.raises(InputError, match="is not UTF-8") as caught:
        reader.existing(os.fsdecode(b"gr\xf6\xdfe"))
    str(caught.value).encode()


def test_a_folder_has_one_name_however_it_is_written(disk: Path) -> None:
    """Else two projects could have it."""
    there = DriveReader("bench", "way", disk).existing("./screens//plate 7/")
    assert there.name == there.things[0].inputs["path"] == "screens/plate 7"


def test_a_folder_that_slidebox_could_not_set_up_is_said_to_stay_as_it_is(disk: Path) -> None:
    """For its name; who reads that at once renames it while nothing depends on it."""
    reader = DriveReader("bench", "way", disk)
    assert [note for note in reader.existing("screens/plate 7").notes if "can only stay as it is" in note]
    assert not [note for note in reader.existing("screens").notes if "can only stay as it is" in note]


# An S3 store


@pytest.mark.e2e
def test_a_bucket_of_a_running_gateway_is_read_with_what_the_service_has(s3_gateway: RunningGateway) -> None:
    """What it lacks is a note; nothing of it is changed."""
    client, name = s3_gateway.client("s3"), f"adopted-{os.getpid()}"
    client.create_bucket(Bucket=name)
    for number in range(3):
        client.put_object(Bucket=name, Key=f"plate/{number}.tif", Body=bytes(100 * (number + 1)))
    ref = StoreRef.read({"name": "bench-s3", "over": "bench"})
    reader, told = S3Reader(ref, Connections(embedded=lambda _: s3_gateway.endpoint)), Told()
    assert name in reader.names()
    there = reader.existing(name)
    (thing,) = there.things
    assert (thing.type, thing.id, thing.inputs["bucket"]) == ("slidebox:s3:Bucket", f"bench-s3/{name}", name)
    assert any("has nothing that says" in note for note in there.notes)
    assert reader.content(name, told) == Content(600, 3, 300)
    # That there are none is known, and judged so.
    assert (thing.inputs["tags"], there.labels, thing.inputs["versioning"]) == ({}, {}, False)
    with pytest.raises(InputError, match="There is no bucket"):
        reader.existing("no-such-bucket-there")
    with pytest.raises(InputError, match="cannot be the name of a bucket"):
        reader.existing("no/bucket")


# Google Cloud


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """Google Cloud with the bucket that the lab's Terraform template makes."""
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ACCOUNT)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 3.0)
        terraform(double)
        yield double


def google(
    gcs: GcsDouble, status: int = 200, keys: list[dict[str, Any]] | None = None
) -> tuple[GoogleReader, list[str]]:
    """The reader, with what IAM answers about keys."""
    asked: list[str] = []

    def ask(path: str) -> tuple[int, Any]:
        asked.append(path)
        return status, {"keys": keys or []}

    return GoogleReader(GcsRef("cloud", PROJECT, "europe-west4", gcs.url), ask=ask), asked


def test_the_templates_bucket_is_read_with_the_key_of_its_account(gcs: GcsDouble) -> None:
    """Google's own keys are not asked for, and a disabled one opens nothing."""
    made = {"name": "k1", "validAfterTime": "2023-02-01T10:00:00Z", "keyType": "USER_MANAGED"}
    reader, asked = google(gcs, keys=[made, {**made, "disabled": True}])
    upload(gcs, "plate/1.tiff", bytes(300))
    upload(gcs, "plate/2.tiff", bytes(200))
    assert reader.names() == (NAME,)
    there = reader.existing(NAME)
    assert asked == [f"/v1/projects/-/serviceAccounts/{PROVIDER}/keys?keyTypes=USER_MANAGED"]
    assert [(key.identity, key.created) for key in there.keys] == [(f"serviceAccount:{PROVIDER}", "2023-02-01")]
    assert Member(f"serviceAccount:{PROVIDER}", Role.STEWARD, None, "roles/storage.objectAdmin") in there.members
    assert Member(RECEIVER, Role.READER, None, "roles/storage.objectViewer") in there.members
    assert not any("may have keys" in note for note in there.notes)
    assert reader.content(NAME, Told()) == Content(500, 2, 300)


def test_the_keys_of_an_account_are_asked_of_googles_own_api(gcs: GcsDouble) -> None:
    """By the credentials that Google's tools find; without the right to list them that is said."""
    gcs.accounts.make(PROVIDER, "2023-02-01T10:00:00Z")
    gcs.accounts.make(PROVIDER, "2026-11-01T10:00:00Z", by="SYSTEM_MANAGED")
    reader = GoogleReader(GcsRef("cloud", PROJECT, "europe-west4", gcs.url))
    assert any("iam.serviceAccountKeys.list is missing" in note for note in reader.existing(NAME).notes)
    gcs.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin roles/iam.serviceAccountViewer"})
    assert [(key.identity, key.created) for key in reader.existing(NAME).keys] == [
        (f"serviceAccount:{PROVIDER}", "2023-02-01")
    ]


@pytest.mark.parametrize(
    ("status", "why"), [(403, "iam.serviceAccountKeys.list is missing"), (404, "no such account"), (500, "answers 500")]
)
def test_keys_that_cannot_be_listed_are_said(gcs: GcsDouble, status: int, why: str) -> None:
    """The rest is read; what is not known is not taken for nothing."""
    reader, _ = google(gcs, status)
    there = reader.existing(NAME)
    assert there.keys == ()
    assert [note for note in there.notes if why in note and PROVIDER in note]


def test_a_role_that_slidebox_does_not_know_comes_to_none() -> None:
    """It may do anything."""
    (member,) = members_of([{"member": "user:a@b.example", "role": "projects/p/roles/ours", "until": "2027-01-01"}])
    assert (member.role, str(member.until), member.how) == (None, "2027-01-01", "projects/p/roles/ours")


# Azure


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ArmDouble, AzureReader, AzureRef]]:
    """An account with a container that somebody has clicked together."""
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        ref = AzureRef("blue", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", double.url)
        connections = AzureConnections(polling_seconds=0.01)
        client = connections.storage(ref)
        body: Any = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": ref.region}
        client.storage_accounts.begin_create(ref.resource_group, ref.account, body).result()
        made: Any = {"properties": {"publicAccess": "None"}}
        client.blob_containers.create(ref.resource_group, ref.account, "scans", made)
        yield double, AzureReader(ref, connections), ref


def test_a_container_is_read_with_its_account(azure: tuple[ArmDouble, AzureReader, AzureRef]) -> None:
    """Who reaches it depends on the account too."""
    _, reader, ref = azure
    assert reader.names() == ("scans",)
    there = reader.existing("scans")
    assert [(thing.type, thing.id) for thing in there.things] == [
        ("slidebox:azure:Container", ref.container_id("scans")),
        ("slidebox:azure:Account", ref.account_id),
    ]
    assert any("key" in note.lower() for note in there.notes)


# Which reader


def test_each_kind_of_store_has_its_reader(tmp_path: Path) -> None:
    """Nothing is asked before something is read."""
    cloud: dict[str, Any] = {"system": System.CLOUD, "account": "123456789012", "region": "eu-west-1"}
    file = LabFile(
        lab="way",
        title="Way",
        people={"mira": Person(name="Mira")},
        stores={
            "bench": Store(system=System.INTERNAL_DRIVE, kind=StoreKind.DRIVE, path="disk"),
            "nas": Store(system=System.LOCAL_CLUSTER, kind=StoreKind.S3, endpoint="https://nas.example"),
            "google": Store(**{**cloud, "account": "way-images"}, kind=StoreKind.GCS),
            "amazon": Store(**cloud, kind=StoreKind.AWS),
            "blue": Store(
                **{**cloud, "account": "wayimages"}, kind=StoreKind.AZURE, subscription=SUBSCRIPTION, resource_group="g"
            ),
            "idr": Store(system=System.IDR),
        },
    )
    kinds = {name: type(reader_of(file, tmp_path, name)).__name__ for name in file.stores if name != "idr"}
    assert kinds == {
        "bench": "DriveReader",
        "nas": "S3Reader",
        "google": "GoogleReader",
        "amazon": "AmazonReader",
        "blue": "AzureReader",
    }
    with pytest.raises(InputError, match="kind 'by_hand'"):
        reader_of(file, tmp_path, "idr")
    with pytest.raises(InputError, match="declares no store 'nowhere'"):
        reader_of(file, tmp_path, "nowhere")
