"""What goes wrong at an S3 service: it is survived, or is one sentence and the next run completes the bucket."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from tests.doubles.aws.faults import Fault, Wire
from tests.doubles.aws.launch import moto

from slidebox.errors import SlideboxError
from slidebox.provider.connections import Connections
from slidebox.provider.resource import Context, PartialFailureError
from slidebox.provider.s3 import Bucket

pytestmark = pytest.mark.e2e
_COUNT = itertools.count()
CONTEXT = Context("urn:pulumi:first::slidebox::slidebox:index:BucketLocation$slidebox:s3:Bucket::raw_images@cloud")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running moto server on a free loopback port."""
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def wire(service: str) -> Iterator[Wire]:
    """What is between the provider and the service."""
    with Wire(service) as between:
        yield between


@pytest.fixture
def kind() -> Bucket:
    """The type, with the keys of a profile."""
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    return Bucket(Connections(session=lambda **_: session))


@pytest.fixture
def inputs(wire: Wire) -> dict[str, Any]:
    """A bucket with all its settings."""
    return {
        "store": {"name": "cloud", "endpoint": wire.url, "region": "us-east-1", "profile": "lab"},
        "bucket": f"faulty-{next(_COUNT)}",
        "versioning": True,
        "encryption": "AES256",
        "publicAccessBlock": True,
        "lifecycle": {"abortMultipartDays": 7},
        "tags": {"lab": "lab"},
    }


def test_a_busy_service_is_asked_again(kind: Bucket, inputs: dict[str, Any], wire: Wire) -> None:
    """Whatever is being done, and also where what was asked for has been done."""
    wire.order(Fault("PUT", f"/{inputs['bucket']} ", times=2), Fault("PUT", "?encryption", times=2))
    kind.create(CONTEXT, inputs)
    assert [fault.times for fault in wire.faults] == [0, 0]


@pytest.mark.parametrize(
    ("about", "fault", "said"),
    [
        ("a service that stays busy", ("PUT", "?encryption", 503, "SlowDown"), r"is too busy \(SlowDown while setting"),
        ("a denied call", ("PUT", "?encryption", 403, "AccessDenied"), "are not allowed to go on"),
        (
            "a bucket that is not known yet",
            ("PUT", "?versioning", 404, "NoSuchBucket"),
            "is not there any more, or not yet",
        ),
        ("a token that expires", ("PUT", "?lifecycle", 400, "ExpiredToken"), "have ended"),
    ],
)
def test_what_stops_a_run_is_one_sentence_and_the_next_run_completes_it(
    kind: Bucket, inputs: dict[str, Any], wire: Wire, about: str, fault: tuple[str, str, int, str], said: str
) -> None:
    """The engine learns that the bucket is there; every setting is on it after the next run."""
    assert about
    method, where, status, word = fault
    wire.order(Fault(method, where, status, word, times=1_000))
    with pytest.raises(PartialFailureError, match=said) as caught:
        kind.create(CONTEXT, inputs)
    assert str(caught.value).startswith(f"Bucket '{inputs['bucket']}' is made, but not finished. ")
    wire.faults.clear()

    state = kind.update(CONTEXT, caught.value.id, caught.value.state, inputs)
    found = kind.read(CONTEXT, caught.value.id, state, inputs)
    assert found is not None
    assert found.inputs == inputs


def test_a_name_that_another_account_takes_meanwhile_is_said(kind: Bucket, inputs: dict[str, Any], wire: Wire) -> None:
    """Between the look and the making."""
    wire.order(Fault("PUT", f"/{inputs['bucket']} ", 409, "BucketAlreadyExists"))
    with pytest.raises(SlideboxError, match="belongs to another account"):
        kind.create(CONTEXT, inputs)
