"""Clients of stores: the embedded gateway with its own keys, any other service with those AWS tools find."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from slidebox import gateway
from slidebox.errors import InputError
from slidebox.home import Home
from slidebox.provider.faults import told
from slidebox.provider.stores import StoreRef, lab_root

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_ATTEMPTS = 3
_CONNECTIONS = 32
_AMAZON = "amazonaws.com"


def embedded_endpoint(ref: StoreRef) -> gateway.Endpoint:
    """The running gateway of an embedded store."""
    return gateway.endpoint(Home(lab_root(ref.home)), ref.name)


class Connections:
    """Clients of stores, each made once for a process; boto3's clients may be shared by threads.

    Parameters
    ----------
    embedded
        Finds the running gateway of an embedded store.
    session
        Makes a boto3 session for a profile.
    """

    def __init__(
        self,
        embedded: Callable[[StoreRef], gateway.Endpoint] = embedded_endpoint,
        session: Callable[..., boto3.session.Session] = boto3.session.Session,
    ) -> None:
        self._embedded = embedded
        self._session = session
        self._clients: dict[tuple[str, str, str | None, str], Any] = {}
        self._endpoints: dict[tuple[str, str | None], gateway.Endpoint] = {}
        self._lock = threading.Lock()

    def url(self, ref: StoreRef) -> str:
        """Address of a store's S3 service."""
        return ref.endpoint or self._gateway(ref).s3_url

    def s3(self, ref: StoreRef) -> S3Client:
        """Client of a store's S3 service.

        Raises
        ------
        SlideboxError
            If the gateway does not run, or the profile does not exist.
        """
        client: S3Client = self._client("s3", ref)
        return client

    def iam(self, ref: StoreRef) -> IAMClient:
        """Client of a store's IAM service.

        Raises
        ------
        InputError
            If the store is not an embedded one.
        """
        if not ref.over:
            raise InputError(
                f"slidebox makes users only where it runs the gateway, not for store {ref.name!r}.",
                "Make them by hand at the service, and give them the readers of the plan.",
            )
        client: IAMClient = self._client("iam", ref)
        return client

    def _gateway(self, ref: StoreRef) -> gateway.Endpoint:
        key = (ref.name, ref.home)
        if key not in self._endpoints:
            self._endpoints[key] = self._embedded(ref)
        return self._endpoints[key]

    def _client(self, service: str, ref: StoreRef) -> Any:
        with self._lock:
            key = (service, ref.endpoint or ref.name, ref.profile, ref.region)
            if key not in self._clients:
                self._clients[key] = self._make(service, ref)
            return self._clients[key]

    def _make(self, service: str, ref: StoreRef) -> Any:
        settings: dict[str, Any] = {"region_name": ref.region, "config": _config(ref)}
        if ref.endpoint:
            with told("finding the credentials", ref.name, ref.endpoint):
                session = self._session(profile_name=ref.profile)
                return _client(session, service, endpoint_url=ref.endpoint, **settings)
        found = self._gateway(ref)
        url = found.s3_url if service == "s3" else found.iam_url
        keys = {"aws_access_key_id": found.access_key, "aws_secret_access_key": found.secret_key}
        return _client(self._session(), service, endpoint_url=url, **keys, **settings)


def _client(session: Any, service: str, **settings: Any) -> Any:
    """A client of a service that is named at run time, which the stubs of boto3 do not know."""
    return session.client(service, **settings)


def _config(ref: StoreRef) -> Config:
    amazon = _AMAZON in (ref.endpoint or "")
    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        max_pool_connections=_CONNECTIONS,
        # Only Amazon resolves BUCKET.HOST for every bucket.
        s3={"addressing_style": "auto" if amazon else "path"},
        # Older services do not know the newer default checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
