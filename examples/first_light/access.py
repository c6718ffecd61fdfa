"""Try what somebody can do with a bucket, on the store itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

from slidebox import gateway
from slidebox.home import Home

CRATE = "ro-crate-metadata.json"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that was tried.

    Attributes
    ----------
    who, what
        In words.
    allowed
        Whether the store allowed it.
    expected
        Whether it should have.
    """

    who: str
    what: str
    allowed: bool
    expected: bool


def attempts(home: Home, outputs: Mapping[str, Any], project: str) -> list[Attempt]:
    """Read and write a project's masks as a reader, as a stranger with keys of nobody, and without keys.

    Parameters
    ----------
    home
        The lab's folder of state.
    outputs
        The stack's outputs, keys included.
    project
        Name of the project.
    """
    dataset = f"{project}/segmentation_masks"
    place = next(p for p in outputs["locations"].values() if p["dataset"] == dataset and p["kind"] == "s3")
    store, bucket = str(place["store"]), str(place["bucket"])
    end = gateway.endpoint(home, store)
    reader = outputs["keys"]["team:analysis"][store]
    keys: tuple[tuple[str, str | None, str | None, bool], ...] = (
        ("team analysis, a reader", reader["accessKeyId"], reader["secretAccessKey"], True),
        ("a stranger's key", "AKIASTRANGER0000000", "not-a-key-of-this-lab", False),
        ("no key", None, None, False),
    )
    tried = []
    for who, access, secret, reads in keys:
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        if access is None:
            config = config.merge(Config(signature_version=UNSIGNED))
        s3 = boto3.client(
            "s3",
            endpoint_url=end.s3_url,
            region_name=end.region,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            config=config,
        )
        reading = allowed(lambda s3=s3: s3.get_object(Bucket=bucket, Key=CRATE)["Body"].read())  # type: ignore[misc]
        writing = allowed(lambda s3=s3: s3.put_object(Bucket=bucket, Key="intruder.txt", Body=b"x"))  # type: ignore[misc]
        tried += [
            Attempt(who, f"read {dataset}", reading, reads),
            Attempt(who, f"write {dataset}", writing, expected=False),
        ]
    return tried


def allowed(call: Callable[[], object]) -> bool:
    """Whether a call is allowed; any other failure than a refusal is raised.

    Raises
    ------
    botocore.exceptions.ClientError
        If the store answers with something else than a refusal.
    """
    try:
        call()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in {401, 403}:
            return False
        raise
    return True
