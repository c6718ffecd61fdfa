"""S3 services: how they are reached, and what their errors mean for a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AGAIN = "Run the same command again: finished files are kept."
_RENAME = "Rename one of the two."

REFUSED = frozenset(
    {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
)
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})

# What the services say in a code, by what a person can do about it.
_SAY: dict[frozenset[str], tuple[type[SlideboxError], str, str]] = {
    REFUSED: (
        UnreadableError,
        "refuses {who} ({code}, {operation})",
        "{sign_in}",
    ),
    frozenset({"QuotaExceeded", "StorageFull", "XMinioStorageFull", "InsufficientCapacity", "507"}): (
        UnreadableError,
        "is full ({code}); nothing was published there",
        "Make room.",
    ),
    frozenset({"ObjectParentIsFile", "ExistingObjectIsDirectory", "XMinioParentIsObject"}): (
        InputError,
        "cannot hold a file and a folder of one name ({code})",
        _RENAME,
    ),
    frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}): (
        IntegrityError,
        "received damaged bytes and refused them",
        "Check the network.",
    ),
    frozenset(
        {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504"}
        | {"Throttling", "ThrottlingException", "RequestLimitExceeded", "429"}
    ): (
        UnreadableError,
        "fails with {code} on {operation}: {text}",
        _AGAIN,
    ),
}
_SAY_OTHERWISE: tuple[type[SlideboxError], str, str] = (UnreadableError, "refuses {operation}: {code}, {text}", "")
_NO_BUCKET: tuple[type[SlideboxError], str, str] = (
    UnreadableError,
    "is not there: the service knows no bucket {bucket!r}",
    "Make it with `pulumi up -s PROJECT`.",
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What differs in sentences about a service from one kind of service to another.

    Attributes
    ----------
    who
        As whom one comes.
    sign_in
        What to do where that is refused.
    look
        What to look at where nothing answers.
    """

    who: str = "this key"
    sign_in: str = "Name another principal with --as, or run `pulumi up` if its key was changed."
    look: str = "Check the endpoint in lab.yaml, the network, and `slidebox gateway status`."


OF_THE_LAB = Advice()
"""About a service that the lab has keys for."""


def client(
    *,
    endpoint: str | None = None,
    region: str = "us-east-1",
    access_key: str | None = None,
    secret_key: str | None = None,
    profile: str | None = None,
    session: boto3.Session | None = None,
) -> S3Client:
    """An S3 client with short waits and few repeats; nothing is sent yet.

    Parameters
    ----------
    endpoint
        Address of the service; Amazon's where None.
    region
        As the service names it.
    access_key, secret_key
        Whose requests they are; the profile's, or those of the usual chain, where None.
    profile
        A profile of the shared AWS credentials file.
    session
        Who asks, where it is neither of these.
    """
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 3},
        # Buckets in host names need DNS, which a service of one's own seldom has.
        s3={"addressing_style": "path" if endpoint else "auto"},
        # Every checksum is given and compared here; the default CRC would be a second one.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra="slidebox",
    )
    try:
        session = session or boto3.Session(profile_name=profile, region_name=region)
        return session.client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise InputError(f"The S3 endpoint cannot be used: {error}.", "Correct the store in lab.yaml.") from error


class Once:
    """A client that is made when it is first needed, by whichever thread."""

    def __init__(self, client: S3Client | Callable[[], S3Client]) -> None:
        self._client = client
        self._lock = threading.Lock()

    @property
    def client(self) -> S3Client:
        """The client."""
        with self._lock:
            if callable(self._client):
                self._client = self._client()
            return self._client


class NotThereError(UnreadableError):
    """An object that is not there."""


@contextmanager
def in_one_sentence(name: str, bucket: str, endpoint: str, advice: Advice = OF_THE_LAB) -> Iterator[None]:
    """Raise what the service says in a code as one sentence.

    Parameters
    ----------
    name
        What to call the place.
    bucket
        Its bucket.
    endpoint
        Where it was looked for.
    advice
        What differs from one kind of service to another.
    """
    try:
        yield
    except ClientError as error:
        raise _failure(name, bucket, error, advice) from error
    except (BotoCoreError, HTTPClientError, ResponseParserError) as error:
        raise UnreadableError(
            f"{name} cannot be used at {endpoint}: {_in_words(error)}.",
            advice.look,
        ) from error


def _failure(name: str, bucket: str, error: ClientError, advice: Advice) -> SlideboxError:
    code = code_of(error)
    if code == "NoSuchBucket" or (code in _ABSENT and error.operation_name == "ListObjectsV2"):
        kind, what, cure = _NO_BUCKET
    elif code in _ABSENT:
        return NotThereError(f"{name} does not hold what its manifest says.")
    else:
        kind, what, cure = next((say for codes, say in _SAY.items() if code in codes), _SAY_OTHERWISE)
    text = str(error.response.get("Error", {}).get("Message", "")).rstrip(".")
    words = {"code": code, "operation": error.operation_name, "bucket": bucket, "text": text, "who": advice.who}
    return kind(f"{name} {what.format(**words)}.", cure.format(sign_in=advice.sign_in))


def code_of(error: ClientError) -> str:
    """The service's code for an error."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _in_words(error: Exception) -> str:
    for kind, words in (
        (NoCredentialsError, "there is no key for it"),
        (SSLError, "its certificate is not trusted"),
        (EndpointConnectionError, "nothing answers there"),
        (ConnectTimeoutError, "nothing answers there in time"),
        (ReadTimeoutError, "it stopped answering"),
        (ResponseParserError, "what answers there is no S3 service"),
    ):
        if isinstance(error, kind):
            return words
    # The text of botocore's own errors holds addresses and names, never keys.
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
