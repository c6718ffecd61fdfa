"""Clients of Azure, by the credentials that its own tools find; the SDK is imported when one is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from slidebox.errors import InputError
from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.mgmt.authorization import AuthorizationManagementClient
    from azure.mgmt.consumption import ConsumptionManagementClient
    from azure.mgmt.storage import StorageManagementClient
    from azure.storage.blob import BlobServiceClient

# Throttling and outages are waited for, but not for an hour: the next `up` goes on where this one stopped.
_SETTINGS: dict[str, Any] = {
    "retry_total": 6,
    "retry_status": 5,
    "retry_backoff_max": 20,
    "timeout": 180,
    "connection_timeout": 10,
    "read_timeout": 60,
}
_POLLING_SECONDS = 2.0
_BLOBS_SCOPE = "https://storage.azure.com/.default"
_ROLES_VERSION = "2022-04-01"
"""The first version of the API of role assignments whose conditions are no preview."""


class AzureConnections:
    """Clients of accounts, each made once for a process; the SDK's clients may be shared by threads.

    Parameters
    ----------
    credential
        What to prove who one is with; Azure's own default chain where None.
    polling_seconds
        How often Azure is asked whether a long operation has ended, where it does not say so itself.
    """

    def __init__(self, credential: TokenCredential | None = None, polling_seconds: float = _POLLING_SECONDS) -> None:
        self._credential = credential
        self._polling_seconds = polling_seconds
        self._clients: dict[tuple[str, ...], Any] = {}
        self._locks: dict[tuple[str, ...], threading.RLock] = {}
        self._endpoints: dict[tuple[str, ...], str] = {}
        self._kept: dict[tuple[str, ...], str] = {}
        self._lock = threading.RLock()

    def lock(self, ref: AzureRef) -> threading.RLock:
        """Held while something of an account is read, changed and written back as a whole."""
        with self._lock:
            return self._locks.setdefault(ref.identity, threading.RLock())

    def kept(self, key: tuple[str, ...], find: Callable[[], str]) -> str:
        """What was found once in this process; the caller holds the lock of what it is about."""
        if key not in self._kept:
            self._kept[key] = find()
        return self._kept[key]

    def storage(self, ref: AzureRef) -> StorageManagementClient:
        """Client of Resource Manager for storage.

        Raises
        ------
        InputError
            If the extra for Azure is not installed.
        """
        client: StorageManagementClient = self._client("storage", ref)
        return client

    def roles(self, ref: AzureRef) -> AuthorizationManagementClient:
        """Client of Resource Manager for roles."""
        client: AuthorizationManagementClient = self._client("roles", ref)
        return client

    def budgets(self, ref: AzureRef) -> ConsumptionManagementClient:
        """Client of Resource Manager for what things cost."""
        client: ConsumptionManagementClient = self._client("budgets", ref)
        return client

    def blob_endpoint(self, ref: AzureRef) -> str:
        """Where an account has its blobs, as it says itself, without a slash at the end."""
        with self.lock(ref):
            if ref.identity not in self._endpoints:
                account = self.storage(ref).storage_accounts.get_properties(ref.resource_group, ref.account).as_dict()
                url = str((account["properties"].get("primaryEndpoints") or {}).get("blob", ""))
                self._endpoints[ref.identity] = url.rstrip("/")
            return self._endpoints[ref.identity]

    def blobs(self, ref: AzureRef, url: str) -> BlobServiceClient:
        """Client of an account's blobs at the address that the account itself names."""
        client: BlobServiceClient = self._client("blobs", ref, url)
        return client

    def folders(self, ref: AzureRef, url: str, container: str, version: str) -> Mapping[str, str]:
        """What the root folder of a container says of its owner and its list of access, as headers in small letters.

        Parameters
        ----------
        ref
            The account.
        url
            Where it answers about folders.
        container
            The container.
        version
            Of the interface.

        Raises
        ------
        azure.core.exceptions.AzureError
            If it does not say it.
        """
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - only where a store is in Azure

        asked = {"action": "getAccessControl", "upn": "false"}
        request = HttpRequest("HEAD", f"{url}/{container}/", params=asked, headers={"x-ms-version": version})
        answer = self._client("folders", ref, url).send_request(request)
        answer.raise_for_status()
        return {name.lower(): value for name, value in answer.headers.items()}

    def _client(self, service: str, ref: AzureRef, url: str = "") -> Any:
        with self._lock:
            key = (service, ref.endpoint or "", ref.subscription, url)
            if key not in self._clients:
                self._clients[key] = self._make(service, ref, url)
            return self._clients[key]

    def _make(self, service: str, ref: AzureRef, url: str) -> Any:
        try:
            from azure.core import PipelineClient  # noqa: PLC0415
            from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy  # noqa: PLC0415
            from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only where a store is in Azure
            from azure.mgmt.authorization import AuthorizationManagementClient  # noqa: PLC0415
            from azure.mgmt.consumption import ConsumptionManagementClient  # noqa: PLC0415
            from azure.mgmt.storage import StorageManagementClient  # noqa: PLC0415
            from azure.storage.blob import BlobServiceClient  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise InputError(
                f"The store {ref.name!r} is of kind 'azure', and {error.name} is not installed.",
                "Install it: pip install 'slidebox[azure]'.",
            ) from error
        if self._credential is None:
            self._credential = DefaultAzureCredential()
        if service == "blobs":
            return BlobServiceClient(url, credential=self._credential, **_SETTINGS)
        if service == "folders":
            proof = BearerTokenCredentialPolicy(self._credential, _BLOBS_SCOPE)
            return PipelineClient(url, policies=[RetryPolicy(**_SETTINGS), proof], **_SETTINGS)
        place: dict[str, Any] = {**_SETTINGS, "polling_interval": self._polling_seconds}
        if ref.endpoint:
            place["base_url"] = ref.endpoint
        if service == "storage":
            return StorageManagementClient(self._credential, ref.subscription, **place)
        if service == "budgets":
            return ConsumptionManagementClient(self._credential, ref.subscription, **place)
        return AuthorizationManagementClient(self._credential, ref.subscription, api_version=_ROLES_VERSION, **place)
