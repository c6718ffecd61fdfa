"""One type of resource: what it does at the service, and where the service is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Properties = Mapping[str, Any]

GONE = ("NoSuch", "NotFound", "404", "ServerSideEncryptionConfigurationNotFound", "ObjectLockConfigurationNotFound")


_clients: dict[tuple[str, str], Any] = {}
_making = threading.Lock()


def client(name: str, region: str | None = None) -> Any:
    """A client of a service, made once: making one takes longer than what it is asked."""
    key = (name, region or os.environ.get("AWS_REGION", "us-east-1"))
    with _making:
        if key not in _clients:
            _clients[key] = _make(*key)
        return _clients[key]


def _make(name: str, region: str) -> Any:
    """A client; of s3control without the account in its host's name, which no local server has."""
    session: Any = boto3.session.Session()
    made = session.client(name, region_name=region, config=Config(max_pool_connections=32))
    if name == "s3control" and os.environ.get("AWS_ENDPOINT_URL"):
        host = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc

        def plain(request: Any, **_: Any) -> None:
            parts = urlsplit(request.url)
            request.url = parts._replace(netloc=host).geturl()

        made.meta.events.register("before-sign.s3-control", plain)
    return made


def is_gone(error: ClientError) -> bool:
    """Whether the service says that there is no such thing."""
    return any(word in str(error.response["Error"]["Code"]) for word in GONE)


@dataclass(frozen=True)
class Kind:
    """One type of resource.

    Attributes
    ----------
    put
        Makes it, or makes an existing one so; answers its id and what the service chose.
    seen
        Raises the service's own error where it is not there.
    drop
        Takes it away.
    fixed
        Properties that make another resource when they change.
    """

    put: Callable[[Properties, str], tuple[str, dict[str, Any]]]
    seen: Callable[[str, Properties], Any]
    drop: Callable[[str, Properties], Any]
    fixed: tuple[str, ...] = ("bucket",)


def tags(given: Properties) -> list[dict[str, str]]:
    """Tags as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted((given.get("tags") or {}).items())]


def upper(value: Any) -> Any:
    """Names as the API writes them: ``kmsMasterKeyId`` is for the caller to spell."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: upper(item) for key, item in value.items() if item is not None}
    return [upper(item) for item in value] if isinstance(value, list) else value
