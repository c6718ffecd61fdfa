"""What Google Cloud answers when it does not do what was asked, in one sentence; and how long it is asked again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provider.gcs_store import GcsRef

DEADLINE_SECONDS = 30.0
"""For how long a call that is throttled, or finds the service unavailable, is tried again."""

_FIRST_PAUSE_SECONDS = 0.25
_DISABLED = re.compile(r"has not been used in project .* or it is disabled.*?/apis/api/([\w.]+)", re.DOTALL)
"""How Google says that an API is not enabled in a project."""
_ROLES = {
    "cloudkms.": "roles/cloudkms.admin",
    "storageinsights.": "roles/storageinsights.admin",
    "billing.": "roles/billing.costsManager",
    "monitoring.": "roles/monitoring.notificationChannelEditor",
}
"""Who has all the permissions of a service other than storage, by how they begin."""
LONGEST_PAUSE_SECONDS = 4.0
_LOGIN = "Log in again: `gcloud auth application-default login`, or renew what GOOGLE_APPLICATION_CREDENTIALS names."


def patiently(*, fresh: bool = False) -> Any:
    """How the client tries a call again.

    Parameters
    ----------
    fresh
        Whether the bucket was just made, so that a server may not know it yet.
    """
    from google.api_core import exceptions as api  # noqa: PLC0415 - only where a store is in Google Cloud
    from google.api_core.retry import Retry  # noqa: PLC0415
    from requests.exceptions import ConnectionError as Unconnected  # noqa: PLC0415
    from requests.exceptions import Timeout  # noqa: PLC0415

    passing = (api.TooManyRequests, api.ServerError, Unconnected, Timeout, *([api.NotFound] if fresh else []))
    return Retry(
        predicate=lambda error: isinstance(error, passing),
        initial=_FIRST_PAUSE_SECONDS,
        maximum=LONGEST_PAUSE_SECONDS,
        timeout=DEADLINE_SECONDS,
    )


def sentence(error: Exception, doing: str, ref: GcsRef) -> SlideboxError:
    """The same failure for a person.

    Parameters
    ----------
    error
        What the client raised.
    doing
        What was being done, such as ``making bucket 'x'``.
    ref
        Where.
    """
    from google.api_core import exceptions as api  # noqa: PLC0415 - only where a store is in Google Cloud
    from google.auth import exceptions as auth  # noqa: PLC0415

    where = str(ref)
    if isinstance(error, api.RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    if isinstance(error, auth.DefaultCredentialsError):
        return UnreadableError(
            f"There are no credentials for {where}.",
            "Log in with `gcloud auth application-default login`, or give the machine a service account.",
        )
    if isinstance(error, auth.TransportError):
        return _silent(where, ref)
    if isinstance(error, api.Unauthorized | auth.GoogleAuthError):
        return UnreadableError(f"The credentials for {where} are refused or have expired, while {doing}.", _LOGIN)
    if isinstance(error, api.GoogleAPICallError):
        return _refusal(error, doing, ref)
    return _silent(where, ref)


def _silent(where: str, ref: GcsRef) -> SlideboxError:
    return UnreadableError(
        f"Nothing answers for {where} at {ref.url}.", "Check the network, and `endpoint` in lab.yaml if there is one."
    )


def _refusal(error: Any, doing: str, ref: GcsRef) -> SlideboxError:
    where = str(ref)
    said = str(error.message).partition(": ")[2] or str(error.message)
    said = said.rstrip(". ")
    if "Cloud KMS key" in said:
        return InputError(
            f"The service of {where} cannot use the encryption key, while {doing}: {said}.",
            "Run `pulumi up -s lab` first: it makes the lab's key and lets the storage service use it. For a `key` of "
            "your own, docs/google.md says how.",
        )
    if api := _DISABLED.search(said):
        return InputError(
            f"{api[1]} is not enabled for {where}, while {doing}.",
            f"Enable it: `gcloud services enable {api[1]} --project={ref.project}`.",
        )
    if error.code == 403:
        role = next((role for word, role in _ROLES.items() if word in said), "roles/storage.admin")
        return UnreadableError(
            f"The credentials for {where} are not allowed to go on, while {doing}: {said}.",
            f"Ask whoever runs the project for that permission ({role} has them all), then run again.",
        )
    if error.code == 404:
        return UnreadableError(f"It is not there any more, or not yet, while {doing} of {where}.", "Run again.")
    if error.code == 429 or error.code >= 500:
        return UnreadableError(
            f"The service of {where} is too busy ({error.code} for {DEADLINE_SECONDS:.0f} s, while {doing}).",
            "Run again later: what is done already is kept.",
        )
    return UnreadableError(f"The service of {where} refused {doing}: {said}.", "")


@contextmanager
def told(doing: str, ref: GcsRef) -> Iterator[None]:
    """Turn what the client raises inside into a sentence."""
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - only where a store is in Google Cloud
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        yield
    except SlideboxError:
        raise
    except (GoogleAPIError, GoogleAuthError, RequestException, ConnectionError) as error:
        raise sentence(error, doing, ref) from error
