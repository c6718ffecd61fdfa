"""One call after another to Azure: paced, page by page, and an answer that cannot be had is one of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slidebox.access.snapshot import unread
from slidebox.audit.live.pace import Pace
from slidebox.errors import InputError
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import sentence
from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse

_MOST_PAGES = 1000
_NO_ENDPOINT = "the account does not say where it answers"
_FOLDERS_VERSION = "2023-11-03"
_ACCESS = {"x-ms-owner": "owner", "x-ms-group": "group", "x-ms-acl": "acl"}


class Calls:
    """Asks Azure about one account.

    Parameters
    ----------
    connections
        Clients of Azure.
    ref
        The account.
    pace
        How fast.
    """

    def __init__(self, connections: AzureConnections, ref: AzureRef, pace: Pace) -> None:
        self.ref = ref
        self._connections = connections
        self._pace = pace
        self._client = connections.storage(ref)

    # Resource Manager

    def one(self, path: str, version: str) -> Any:
        """One thing as Resource Manager answers it, or why it could not be had."""
        answer = self._tried("reading it", lambda: self._get(path, {"api-version": version}))
        return answer if isinstance(answer, dict) else unread("what answers is not Azure")

    def list(self, path: str, kind: str, version: str) -> Any:
        """Every entry of a list, or why they could not be had; a list of which a page is missing is none."""
        return self._tried(f"listing {kind}", lambda: self._pages(f"{path}/{kind}", {"api-version": version}))

    def roles(self, scope: str, kind: str, version: str, *, above: bool = False) -> Any:
        """Every entry of a list about roles at a scope.

        Parameters
        ----------
        scope
            The scope.
        kind
            Of what.
        version
            Of the interface.
        above
            Whether only what is at the scope and above it is asked for.
        """
        asked = {"api-version": version, **({"$filter": "atScope()"} if above else {})}
        path = f"{scope}/providers/Microsoft.Authorization/{kind}"
        return self._tried(f"listing {kind}", lambda: self._pages(path, asked))

    def _pages(self, path: str, asked: Mapping[str, str]) -> Any:
        found: list[Any] = []
        following: str | None = path
        for _ in range(_MOST_PAGES):
            answer = self._get(following or path, asked if following == path else {})
            entries = answer.get("value") if isinstance(answer, dict) else None
            if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
                return unread("what answers is not Azure")
            found.extend(entries)
            following = answer.get("nextLink")
            if not following:
                return found
            if not self._is_here(following):
                return unread("the next page is said to be somewhere else")
        return unread("the list has no end")

    def _is_here(self, url: object) -> bool:
        """Whether an address is Resource Manager's own: the token goes nowhere else."""
        if not isinstance(url, str):
            return False
        return _origin(url) == _origin(self.ref.endpoint or "https://management.azure.com")

    def _get(self, url: str, asked: Mapping[str, str]) -> Any:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - only where a store is in Azure

        self._pace.wait()
        answer: HttpResponse = self._client.send_request(HttpRequest("GET", url, params=dict(asked)))
        answer.raise_for_status()
        return answer.json()

    # Blobs

    def website(self, url: str) -> Any:
        """Whether an account has a static website."""

        def ask() -> Any:
            said = self._connections.blobs(self.ref, f"{url}/").get_service_properties().get("static_website")
            return {"enabled": bool(said.enabled)} if said is not None else None

        return self._asked("reading its static website", url, ask)

    def policies(self, url: str, container: str) -> Any:
        """The stored access policies of a container."""

        def ask() -> Any:
            client = self._connections.blobs(self.ref, f"{url}/").get_container_client(container)
            return [_policy(one) for one in client.get_container_access_policy()["signed_identifiers"]]

        return self._asked(f"reading the stored access policies of {container!r}", url, ask)

    def root(self, url: str, container: str) -> Any:
        """The list of access of a container's root folder."""

        def ask() -> Any:
            headers = self._connections.folders(self.ref, url, container, _FOLDERS_VERSION)
            if "x-ms-acl" not in headers:
                return unread("what answers has no folders")
            return {name: headers.get(header, "") for header, name in _ACCESS.items()}

        return self._asked(f"reading the access list of {container!r}", url, ask)

    def _asked(self, doing: str, url: str, ask: Callable[[], Any]) -> Any:
        if not url:
            return unread(_NO_ENDPOINT)
        self._pace.wait()
        return self._tried(doing, ask)

    def _tried(self, doing: str, ask: Callable[[], Any]) -> Any:
        """What is answered, or why it could not be had."""
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - only where a store is in Azure

        try:
            return ask()
        except InputError:
            raise
        except (AzureError, AttributeError, KeyError, TypeError, ValueError) as error:
            return unread(_plain(error, doing, self.ref))


def _origin(url: str) -> tuple[str, str, int] | None:
    """Whom an address is of; the port of HTTPS may be written out. None where it is none."""
    try:
        said = urlsplit(url)
        return said.scheme, said.hostname or "", said.port or 443
    except ValueError:
        return None


def _plain(error: Exception, doing: str, ref: AzureRef) -> str:
    """What happened, without what would cure it in other work than an audit."""
    return sentence(error, doing, ref).message.rstrip(".")


def _policy(said: Any) -> dict[str, Any]:
    """A stored access policy; it has no secret."""
    about = said.access_policy
    entry = {"permission": about.permission, "start": about.start, "expiry": about.expiry} if about else {}
    return {"id": said.id, "accessPolicy": {name: str(value) for name, value in entry.items() if value}}
