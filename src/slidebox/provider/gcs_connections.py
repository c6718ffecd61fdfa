"""Clients of Google Cloud, with the credentials that Google's own tools find."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from slidebox.errors import InputError
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_store import GcsRef

_EMULATOR = "STORAGE_EMULATOR_HOST"
_UNASKED = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
"""Keeps the client from asking for buckets on threads of its own, only to name them in traces that nobody writes."""
_EVERYTHING = ("https://www.googleapis.com/auth/cloud-platform",)


class GcsConnections:
    """Clients of Google Cloud.

    Google's client is not made for several threads at once: each thread has its own, and all have one set of
    credentials. Where STORAGE_EMULATOR_HOST says that the service is a test server, the client asks without any.
    """

    def __init__(self) -> None:
        self._credentials: dict[tuple[str, ...], Any] = {}
        self._lock = threading.Lock()
        self._own = threading.local()

    def storage(self, ref: GcsRef) -> Any:
        """The calling thread's client of a store.

        Raises
        ------
        SlideboxError
            If the extra is not installed, or there are no credentials.
        """
        return self._client("storage", ref, self._storage)

    def keys(self, ref: GcsRef) -> Any:
        """The calling thread's client of Cloud KMS; it raises as `storage` does."""
        return self._client("keys", ref, self._keys)

    def insights(self, ref: GcsRef) -> Any:
        """The calling thread's client of Storage Insights; it raises as `storage` does."""
        return self._client("insights", ref, self._insights)

    def ask(self, ref: GcsRef, verb: str, service: str, path: str, body: Any = None) -> Any:
        """The answer of a service that no client is needed for.

        Parameters
        ----------
        ref
            The store.
        verb, service, path, body
            The request: its method, the service's address, the path there, and what is sent.

        Raises
        ------
        google.api_core.exceptions.GoogleAPICallError
            If the service refuses.
        """
        from google.api_core.exceptions import from_http_response  # noqa: PLC0415 - only where a store is in Google Cloud

        session = self._client("ask", ref, self._session)

        def once() -> Any:
            answer = session.request(verb, f"{ref.test_server or service}/{path}", json=body)
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                raise from_http_response(answer)  # type: ignore[no-untyped-call]
            return answer.json()

        return patiently()(once)()

    def _client(self, kind: str, ref: GcsRef, make: Callable[[GcsRef], Any]) -> Any:
        clients: dict[tuple[str, ...], Any] = self._own.__dict__.setdefault("clients", {})
        key = (kind, ref.project, ref.url)
        if key not in clients:
            with told("finding the credentials", ref):
                clients[key] = make(ref)
        return clients[key]

    def _storage(self, ref: GcsRef) -> Any:
        os.environ.setdefault(_UNASKED, "true")
        storage = _module("storage", ref)
        options = {"api_endpoint": ref.endpoint} if ref.endpoint else None
        credentials = None if _EMULATOR in os.environ else self._found(storage.Client.SCOPE)
        return storage.Client(ref.project, credentials, client_options=options)

    def _keys(self, ref: GcsRef) -> Any:
        return self._generated(_module("kms_v1", ref).KeyManagementServiceClient, ref)

    def _insights(self, ref: GcsRef) -> Any:
        return self._generated(_module("storageinsights_v1", ref).StorageInsightsClient, ref)

    def _generated(self, kind: Any, ref: GcsRef) -> Any:
        """A client that Google generates from its description of a service."""
        options = {"api_endpoint": ref.test_server} if ref.test_server else None
        return kind(credentials=self._found(_EVERYTHING), transport="rest", client_options=options)

    def _session(self, ref: GcsRef) -> Any:
        from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415

        return AuthorizedSession(self._found(_EVERYTHING))  # type: ignore[no-untyped-call]

    def _found(self, scopes: tuple[str, ...]) -> Any:
        import google.auth  # noqa: PLC0415 - only where a store is in Google Cloud

        with self._lock:
            if scopes not in self._credentials:
                self._credentials[scopes], _ = google.auth.default(scopes=scopes)
            return self._credentials[scopes]


def _module(name: str, ref: GcsRef) -> Any:
    """A client's module, imported only where a store is in Google Cloud."""
    try:
        return importlib.import_module(f"google.cloud.{name}")
    except ModuleNotFoundError as error:
        raise InputError(
            f"The store {ref.name!r} is of kind 'gcs', and {error.name} is not installed.",
            "Install it: pip install 'slidebox[gcs]'.",
        ) from error
