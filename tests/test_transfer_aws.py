"""Put and get in buckets of AWS, against moto: in a role of the bucket, verified, resumable, without any key."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from slidebox.errors import IntegrityError, UnreadableError
from slidebox.home import Home
from slidebox.model import (
    Audience,
    Dataset,
    Lab,
    LabFile,
    Level,
    Person,
    Project,
    Sensitivity,
    Store,
    StoreKind,
    System,
)
from slidebox.provenance import CRATE_FILE
from slidebox.quantities import Duration, Size
from slidebox.transfer import aws
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.places import SMALLEST_PART

from .doubles.aws.faults import Fault, Wire
from .doubles.aws.launch import environment, moto

FIRST, SECOND = "test-lab-demo-raw-images-amazon", "test-lab-demo-raw-images-other"
ROLES = ("reader", "contributor", "steward")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service of AWS."""
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


class Amazon(Wire):
    """Says of checksums what S3 says and moto does not, and damages what it is told to."""

    damaged = ""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self._parts: dict[tuple[str, str], str] = {}

    def hand_on(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Hand a call on, as S3 would carry it out."""
        given = headers.get("x-amz-checksum-sha256")
        if self.damaged and self.damaged in target and method == "PUT":
            body = b"!" + body[1:]
        if given and base64.b64encode(hashlib.sha256(body).digest()).decode() != given:
            return 400, [], b"<Error><Code>BadDigest</Code><Message>It did not match.</Message></Error>"
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        if given and "partNumber" in asked:
            self._parts[asked["uploadId"], asked["partNumber"]] = given
        status, said, answer = super().hand_on(method, target, headers, body)
        if method == "GET" and "uploadId" in asked:
            for number in range(1, 9):
                part = f"<PartNumber>{number}</PartNumber>"
                known = self._parts.get((asked["uploadId"], str(number)))
                answer = answer.replace(part.encode(), f"{part}<ChecksumSHA256>{known}</ChecksumSHA256>".encode())
        return status, _with_number_of_parts(said), answer


def _with_number_of_parts(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The checksum of an upload in parts ends in their number, as its ETag does."""
    tag = next((value for name, value in headers if name.lower() == "etag"), "").strip('"')
    tail = f"-{tag.partition('-')[2]}" if "-" in tag else ""
    return [(name, value + tail if name.lower() == "x-amz-checksum-sha256" else value) for name, value in headers]


@dataclass
class Desk:
    """A lab whose dataset has a bucket of AWS, or two, and a folder to put."""

    wire: Amazon
    home: Home
    source: Path
    outputs: dict[str, Any]
    dataset: Dataset = field(
        default_factory=lambda: Dataset(size=Size.parse("1 GB"), files=5, sensitivity=Sensitivity.OPEN)
    )

    @property
    def datasets(self) -> Datasets:
        """As a new process would have them."""
        place: dict[str, Any] = {"account": "123456789012", "region": "us-east-1", "endpoint": self.wire.url}
        stores = {name: Store(system=System.CLOUD, kind=StoreKind.AWS, **place) for name in ("amazon", "other")}
        file = LabFile(lab="test-lab", title="Test lab", people={"ada": Person(name="Ada")}, stores=stores)
        project = Project(
            project="demo",
            title="Demo",
            owner="ada",
            audience=Audience(contributor=("ada",), reader=("ada",)),
            datasets={Level.RAW_IMAGES: self.dataset},
        )
        return Datasets(Lab(file=file, projects={"demo": project}), self.home, lambda _: self.outputs)

    def location(self, store: str, bucket: str, copy: int, roles: tuple[str, ...] = ROLES) -> None:
        """Write a location into the output, as the stack has it."""
        self.outputs["locations"][f"demo/raw_images@short@{store}"] = {
            "dataset": "demo/raw_images",
            "copy": copy,
            "store": store,
            "kind": "aws",
            "by_hand": False,
            "bucket": bucket,
            "region": "us-east-1",
            "roles": {role: f"arn:aws:iam::123456789012:role/{bucket}-{role}" for role in roles},
            "external_id": f"demo/raw_images@{store}",
        }

    def s3(self) -> Any:
        """Whoever may do everything."""
        return boto3.client("s3", endpoint_url=self.wire.url)

    def put(self, **more: Any) -> Any:
        """Put the folder."""
        return self.datasets.ready("demo/raw_images", self.source, **more).put()

    def asked(self, what: str) -> list[str]:
        """Calls that have some text."""
        return [call for call in self.wire.calls if what in call]


@pytest.fixture
def desk(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """One bucket, empty, with its three roles."""
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    with Amazon(service) as wire:
        source = tmp_path / "source"
        source.mkdir()
        (source / "a.tif").write_bytes(b"pixels")
        made = Desk(wire, Home(tmp_path), source, {"locations": {}, "keys": {}})
        made.location("amazon", FIRST, 1)
        boto3.client("s3", endpoint_url=service).create_bucket(Bucket=FIRST)
        yield made
    empty(boto3.resource("s3", endpoint_url=service))


def empty(s3: Any) -> None:
    """Remove every bucket."""
    for bucket in s3.buckets.all():
        for upload in bucket.multipart_uploads.all():
            upload.abort()
        bucket.object_versions.delete()
        bucket.delete()


def big(desk: Desk) -> bytes:
    """A file in three parts."""
    data = hashlib.shake_256(b"seed").digest(2 * SMALLEST_PART + 12_345)
    (desk.source / "big.tif").write_bytes(data)
    return data


def test_what_is_put_comes_back_in_roles_that_just_do(desk: Desk, tmp_path: Path) -> None:
    """The contributor's role writes, the reader's reads, each for an hour and with the location's external id."""
    data = big(desk)
    receipt = desk.put()
    back = desk.datasets.get("demo/raw_images", tmp_path / "back")

    assert list(receipt.written.values()) == [2]
    assert back.manifest == receipt.manifest
    assert (tmp_path / "back" / "a.tif").read_bytes() == b"pixels"
    assert (tmp_path / "back" / "big.tif").read_bytes() == data
    assert desk.put().written == {f"amazon ({FIRST})": 0}


def test_no_key_is_written_anywhere(desk: Desk, tmp_path: Path) -> None:
    """Neither in the journal, nor beside the data, nor in what is said."""
    keys: list[str] = []
    original = aws._asking

    def asking(*given: Any) -> Any:
        ask = original(*given)

        def noted() -> dict[str, Any]:
            answer = ask()
            keys.extend(str(answer[name]) for name in ("access_key", "secret_key", "token"))
            return answer

        return noted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "_asking", asking)
        desk.put()
    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    crate = desk.s3().get_object(Bucket=FIRST, Key=CRATE_FILE)["Body"].read()
    assert len(keys) == 3
    assert not any(key.encode() in text for key in keys for text in [*written, crate])


def test_a_principal_has_no_keys_at_aws_and_that_is_said(desk: Desk) -> None:
    """--as does not make anybody of a cloud somebody else."""
    ready = desk.datasets.ready("demo/raw_images", desk.source, principal="ada")
    said = "--as chooses keys, and there are none for amazon: you come as whoever the cloud's own tools say"
    assert said in ready.notes


def test_a_caller_who_may_take_on_no_role_is_told_whom_to_ask(desk: Desk) -> None:
    """Every role that would do is tried; then one sentence says who one is, and nothing is written."""
    desk.wire.order(Fault("POST", "Action=AssumeRole", 403, "AccessDenied", times=9))
    with pytest.raises(UnreadableError) as refused:
        desk.put()
    assert str(refused.value) == (
        f"amazon ({FIRST}) is used as contributor or steward, and arn:aws:sts::123456789012:user/moto may take on none "
        "of these roles of it. Sign in as whoever lab.yaml names in `identities` at amazon, or have the project's "
        "owner add you to its audience."
    )
    assert "Contents" not in desk.s3().list_objects_v2(Bucket=FIRST)


def test_the_next_role_is_taken_where_the_first_is_denied(desk: Desk, tmp_path: Path) -> None:
    """A steward puts, and whoever is no reader but a contributor gets."""
    desk.wire.order(Fault("POST", "Action=AssumeRole", 403, "AccessDenied"))
    desk.put()
    desk.wire.order(Fault("POST", "Action=AssumeRole", 403, "AccessDenied"))
    desk.datasets.get("demo/raw_images", tmp_path / "back")
    assert (tmp_path / "back" / "a.tif").read_bytes() == b"pixels"


def test_whoever_is_in_the_role_already_stays_in_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow, or somebody who came by SAML, is in the role by the default chain, and may not take it on again."""
    role = desk.outputs["locations"]["demo/raw_images@short@amazon"]["roles"]["contributor"]
    key = boto3.client("sts", endpoint_url=desk.wire.url).assume_role(RoleArn=role, RoleSessionName="workflow")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["Credentials"]["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["Credentials"]["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", key["Credentials"]["SessionToken"])
    desk.wire.order(Fault("POST", "Action=AssumeRole", 403, "AccessDenied", times=9))
    assert list(desk.put().written.values()) == [1]


def test_a_session_is_begun_anew_before_it_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload may take longer than an hour: the role is taken on again, and nobody notices."""
    asked: list[str] = []
    original = aws._asking

    def asking(sts: Any, role: str, external_id: str) -> Any:
        ask = original(sts, role, external_id)

        def short() -> dict[str, Any]:
            asked.append(role)
            # The first two have a minute left, which is less than is waited for.
            ends = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1 if len(asked) < 3 else 60)
            return {**ask(), "expiry_time": ends.isoformat()}

        return short

    monkeypatch.setattr(aws, "_asking", asking)
    desk.put()
    assert len(asked) == 3
    assert len(set(asked)) == 1


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (400, "ExpiredToken", r"refuses this role \(ExpiredToken, PutObject\)\. Sign in again where AWS's own tools"),
        (403, "AccessDenied", r"refuses this role \(AccessDenied, PutObject\)"),
    ],
)
def test_what_is_refused_meanwhile_publishes_nothing(desk: Desk, status: int, code: str, says: str) -> None:
    """One sentence with a cure, and the same command goes on when it is over."""
    desk.wire.order(Fault("PUT", "a.tif", status, code))
    with pytest.raises(UnreadableError, match=says):
        desk.put()
    assert "Contents" not in desk.s3().list_objects_v2(Bucket=FIRST)
    assert list(desk.put().written.values()) == [1]


def test_throttling_is_waited_for_and_then_said(desk: Desk) -> None:
    """S3 and STS say to slow down: a few times that is followed, then said."""
    desk.wire.order(Fault("PUT", "a.tif", 503, "SlowDown", times=2))
    desk.wire.order(Fault("POST", "Action=AssumeRole", 400, "Throttling"))
    assert list(desk.put().written.values()) == [1]
    (desk.source / "b.tif").write_bytes(b"more")
    desk.wire.order(Fault("PUT", "b.tif", 503, "SlowDown", times=9))
    with pytest.raises(UnreadableError, match=r"fails with SlowDown on PutObject.*finished files are kept"):
        desk.put()


def test_nobody_signed_in_is_one_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anything in the default chain there is nobody to take on a role."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(UnreadableError, match=r"there is no key for it\. Sign in where AWS's own tools look"):
        desk.put()


def test_an_interrupted_upload_in_parts_goes_on(desk: Desk, tmp_path: Path) -> None:
    """The parts that have arrived are not sent again."""
    data = big(desk)
    desk.wire.order(Fault("PUT", "partNumber=3", 403, "AccessDenied"))
    with pytest.raises(UnreadableError, match="UploadPart"):
        desk.put()
    first = len(desk.asked("partNumber="))
    desk.put()
    assert [call.split("partNumber=")[1][:1] for call in desk.asked("partNumber=")[first:]] == ["3"]
    desk.datasets.get("demo/raw_images", tmp_path / "back")
    assert (tmp_path / "back" / "big.tif").read_bytes() == data


def test_a_byte_that_is_damaged_on_its_way_is_refused(desk: Desk) -> None:
    """S3 compares what arrives with the checksum that was said, of a small file and of a part."""
    big(desk)
    for damaged in ("a.tif", "partNumber=2"):
        desk.wire.damaged = damaged
        with pytest.raises(IntegrityError, match="received damaged bytes and refused them"):
            desk.put()
    desk.wire.damaged = ""
    desk.put()


def test_a_wrong_byte_is_noticed_and_mended(desk: Desk, tmp_path: Path) -> None:
    """Whatever stands in the bucket, what is got is what was put, or nothing."""
    desk.put()
    desk.s3().put_object(Bucket=FIRST, Key="a.tif", Body=b"pixelS")
    with pytest.raises(IntegrityError, match=r"a\.tif of demo/raw_images could not be fetched whole from any copy"):
        desk.datasets.get("demo/raw_images", tmp_path / "back")
    assert not (tmp_path / "back" / "a.tif").exists()
    desk.put(reread=True)
    desk.datasets.get("demo/raw_images", tmp_path / "back")
    assert (tmp_path / "back" / "a.tif").read_bytes() == b"pixels"


def test_a_copy_that_s3_keeps_is_looked_at_and_not_written(desk: Desk, tmp_path: Path) -> None:
    """What has arrived there is compared; what has not is said, and what has can be read."""
    desk.location("other", SECOND, 2)
    desk.s3().create_bucket(Bucket=SECOND)
    ready = desk.datasets.ready("demo/raw_images", desk.source)
    first = ready.put()
    assert [place.store for place in ready.locations] == ["amazon"]
    assert f"S3 itself copies what is put on into other ({SECOND})" in ready.notes
    said = f"the cloud itself keeps the copy in other ({SECOND}): "
    assert first.notes == (
        f"{said}0 of 1 files have arrived and are the same, the others are on their way; run the same command again "
        "to look again",
    )

    for key in ("a.tif", CRATE_FILE):
        desk.s3().copy_object(Bucket=SECOND, Key=key, CopySource={"Bucket": FIRST, "Key": key})
    assert desk.put().notes == (f"{said}1 of 1 files have arrived and are the same, and so is what is published",)
    desk.s3().delete_object(Bucket=FIRST, Key="a.tif")
    desk.datasets.get("demo/raw_images", tmp_path / "back")
    assert (tmp_path / "back" / "a.tif").read_bytes() == b"pixels"

    desk.s3().put_object(Bucket=SECOND, Key="a.tif", Body=b"others")
    assert "others are not what was put, such as a.tif" in desk.put().notes[-1]


def test_data_that_go_by_themselves_are_put_into_each_bucket(desk: Desk) -> None:
    """S3 copies nothing of them, as no versions are kept."""
    desk.location("other", SECOND, 2)
    desk.s3().create_bucket(Bucket=SECOND)
    desk.dataset = desk.dataset.model_copy(update={"expire_after": Duration.parse("30 days")})
    assert list(desk.put().written.values()) == [1, 1]
