"""One call after another to Google Cloud: paced, page by page, and an answer that cannot be had is one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live.pace import Pace
from slidebox.errors import SlideboxError
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import told
from slidebox.provider.gcs_store import GcsRef

RESOURCES: Final = "https://cloudresourcemanager.googleapis.com"
IAM: Final = "https://iam.googleapis.com"
CONSTRAINTS: Final = "https://orgpolicy.googleapis.com"
COMPUTE: Final = "https://compute.googleapis.com"
_POLICY_VERSION = 3
"""The version of policies that shows conditions."""
_MOST_PAGES = 1000
STRANGE: Final = "what answers is not Google Cloud"
_BESIDE: Final = frozenset(
    {
        "auditConfigs",
        "etag",
        "id",
        "kind",
        "nextPageToken",
        "prefixes",
        "resourceId",
        "selfLink",
        "unreachable",
        "version",
        "warning",
    }
)
"""What an answer has beside its list."""
_NOT_ENABLED = "is not enabled for"
"""How `slidebox.provider.gcs_faults` says that an API is not enabled in a project."""


class Calls:
    """Asks Google Cloud about one project.

    Parameters
    ----------
    connections
        Clients of Google Cloud.
    ref
        The project.
    pace
        How fast.
    """

    def __init__(self, connections: GcsConnections, ref: GcsRef, pace: Pace) -> None:
        self.ref = ref
        self._connections = connections
        self._pace = pace

    def one(self, service: str, path: str, **asked: str) -> Any:
        """One thing as it is answered, or why it could not be had."""
        return self._answered("GET", service, _with(path, asked))

    def policy(self, service: str, resource: str) -> Any:
        """The policy of a resource of Resource Manager or IAM, or why it could not be had."""
        body = {"options": {"requestedPolicyVersion": _POLICY_VERSION}} if service == RESOURCES else None
        asked = {} if body else {"options.requestedPolicyVersion": str(_POLICY_VERSION)}
        return _a_policy(self._answered("POST", service, _with(f"{resource}:getIamPolicy", asked), body))

    def storage(self, path: str, **asked: str) -> Any:
        """One thing of Cloud Storage, or why it could not be had."""
        return self._answered("GET", self.ref.url, _with(f"storage/v1/{path}", asked))

    def storage_policy(self, path: str) -> Any:
        """The policy of a bucket or of a managed folder, or why it could not be had."""
        return _a_policy(self.storage(f"{path}/iam", optionsRequestedPolicyVersion=str(_POLICY_VERSION)))

    def listed(self, service: str, path: str, field: str, **asked: str) -> Any:
        """Every entry of a list, or why they could not be had; a list of which a page is missing is none."""
        found: list[Any] = []
        page: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            answer = self._answered("GET", service, _with(path, {**asked, **page}))
            if why_unread(answer) is not None:
                return answer
            entries = part_of(answer, field)
            if why_unread(entries) is not None:
                return entries
            if answer.get("unreachable"):
                return unread("some of it could not be reached")
            found.extend(entries)
            token = answer.get("nextPageToken")
            if not token:
                return found
            page = {"pageToken": str(token)}
        return unread("the list has no end")

    def storage_listed(self, path: str, **asked: str) -> Any:
        """Every entry of a list of Cloud Storage, or why they could not be had."""
        return self.listed(self.ref.url, f"storage/v1/{path}", "items", **asked)

    def _answered(self, verb: str, service: str, path: str, body: Any = None) -> Any:
        self._pace.wait()
        try:
            with told(f"asking for {path.partition('?')[0]}", self.ref):
                answer = self._connections.ask(self.ref, verb, service, path, body)
        except SlideboxError as error:
            return unread(error.message.rstrip("."))
        except (AttributeError, KeyError, TypeError, ValueError):
            return unread(STRANGE)
        return answer if isinstance(answer, dict) else unread(STRANGE)


def quoted(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def disabled(part: Any) -> bool:
    """Whether a part could not be had because its API is not enabled, so that there is nothing of it."""
    return _NOT_ENABLED in (why_unread(part) or "")


def _with(path: str, asked: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def _a_policy(answer: Any) -> Any:
    """A policy with bindings that are a list: a policy without any has none at all."""
    if why_unread(answer) is not None:
        return answer
    bindings = part_of(answer, "bindings")
    return bindings if why_unread(bindings) is not None else {"version": answer.get("version"), "bindings": bindings}


def part_of(answer: Mapping[str, Any], field: str) -> Any:
    """A list in an answer: empty where it is left out, as Google does, and nothing strange is there instead."""
    entries = answer.get(field, [] if answer.keys() <= _BESIDE else None)
    fine = isinstance(entries, list) and all(isinstance(one, Mapping) for one in entries)
    return entries if fine else unread(STRANGE)
