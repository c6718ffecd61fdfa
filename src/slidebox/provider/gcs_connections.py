"""Clients of Google Cloud Storage, with the credentials that Google's own tools find."""

from __future__ import annotations

import os
import threading
from typing import Any

from slidebox.errors import InputError
from slidebox.provider.gcs_faults import told
from slidebox.provider.gcs_store import GcsRef

_EMULATOR = "STORAGE_EMULATOR_HOST"


class GcsConnections:
    """Clients of Google Cloud Storage.

    Google's client is not made for several threads at once: each thread has its own, and all have one set of
    credentials. Where STORAGE_EMULATOR_HOST says that the service is a test server, the client asks without any.
    """

    def __init__(self) -> None:
        self._credentials: Any = None
        self._lock = threading.Lock()
        self._own = threading.local()

    def storage(self, ref: GcsRef) -> Any:
        """The calling thread's client of a store.

        Raises
        ------
        SlideboxError
            If the extra is not installed, or there are no credentials.
        """
        clients: dict[tuple[str, ...], Any] = self._own.__dict__.setdefault("clients", {})
        key = (ref.project, ref.url)
        if key not in clients:
            clients[key] = self._make(ref)
        return clients[key]

    def _make(self, ref: GcsRef) -> Any:
        try:
            from google.cloud import storage  # noqa: PLC0415 - only where a store is in Google Cloud
        except ModuleNotFoundError as error:
            raise InputError(
                f"The store {ref.name!r} is of kind 'gcs', and {error.name} is not installed.",
                "Install it: pip install 'slidebox[gcs]'.",
            ) from error
        options = {"api_endpoint": ref.endpoint} if ref.endpoint else None
        with told("finding the credentials", ref):
            credentials = None if _EMULATOR in os.environ else self._found(storage.Client.SCOPE)
            return storage.Client(ref.project, credentials, client_options=options)

    def _found(self, scopes: tuple[str, ...]) -> Any:
        import google.auth  # noqa: PLC0415 - only where a store is in Google Cloud

        with self._lock:
            if self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=scopes)
            return self._credentials
