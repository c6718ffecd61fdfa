"""Clients of the services of AWS for one store, each made once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_ATTEMPTS = 5
_CONTROL = "s3control"


class AmazonClients:
    """Clients of services; boto3's clients may be shared by threads.

    Parameters
    ----------
    endpoint
        Address that answers for every service; Amazon's own where None.
    region
        The region where none is asked for.
    session
        Makes a session of boto3.
    connections
        How many calls are made side by side.
    attempts
        How often a call is made that fails for a reason that passes.
    before
        Called before each request that is sent, the further attempts too.
    """

    def __init__(
        self,
        endpoint: str | None,
        region: str,
        session: Callable[[], boto3.session.Session] = boto3.session.Session,
        connections: int = 16,
        attempts: int = _ATTEMPTS,
        before: Callable[[], None] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._region = region
        self._make_session = session
        self._session: Any = None
        self._connections = connections
        self._attempts = attempts
        self._before = before
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def of(self, service: str, region: str = "") -> Any:
        """The client of a service in a region."""
        key = (service, region or self._region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._client(*key)
            return self._clients[key]

    def _client(self, service: str, region: str) -> Any:
        own = self._endpoint is None
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "max_attempts": self._attempts},
            max_pool_connections=self._connections,
            # A test server has no host names below its own.
            s3={"addressing_style": "auto" if own else "path"},
            inject_host_prefix=own,
        )
        if self._session is None:
            self._session = self._make_session()
        made = self._session.client(service, region_name=region, endpoint_url=self._endpoint, config=config)
        if not own and service == _CONTROL:
            made.meta.events.register("before-sign.s3-control", self._plain_host)
        if self._before is not None:
            before = self._before
            made.meta.events.register("before-send", lambda **_: before())
        return made

    def _plain_host(self, request: Any, **_: Any) -> None:
        """Leave the account out of a host's name: only Amazon has such names."""
        request.url = urlsplit(request.url)._replace(netloc=urlsplit(self._endpoint or "").netloc).geturl()
