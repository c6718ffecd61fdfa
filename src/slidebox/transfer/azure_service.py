"""Azure's blobs: how a container is reached, and what its errors mean for a person; the SDK is imported when needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from slidebox.errors import InputError, IntegrityError, SlideboxError, UnreadableError
from slidebox.transfer.places import MEBIBYTE
from slidebox.transfer.s3_service import NotThereError

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

_AGAIN = "Run the same command again: finished files are kept."
_SIGN_IN = "Sign in where Azure's tools look, such as with `az login`, and run the same command again."
_SCOPE = "https://storage.azure.com/.default"
_SETTINGS: dict[str, Any] = {
    "retry_total": 4,
    "initial_backoff": 1,
    "increment_base": 2,
    "random_jitter_range": 1,
    "connection_timeout": 10,
    "read_timeout": 60,
    # What is read is in memory in pieces of this size, whatever the size of the blob.
    "max_single_get_size": 4 * MEBIBYTE,
    "max_chunk_get_size": 4 * MEBIBYTE,
}


def connect(name: str, url: str, **more: Any) -> ContainerClient:
    """A client of a container for whoever Azure's default chain says one is; the container is not asked yet.

    Parameters
    ----------
    name
        What to call the place.
    url
        The container's address, as the stack's output has it.
    more
        Further settings of the client.

    Raises
    ------
    InputError
        If the extra for Azure is not installed, or the address is none.
    UnreadableError
        If nobody is signed in.
    """
    try:
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only where a store is in Azure
        from azure.storage.blob import ContainerClient  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InputError(
            f"{name} is in Azure, and {error.name} is not installed.", "Install it: pip install 'slidebox[azure]'."
        ) from error
    credential = DefaultAzureCredential()
    with in_one_sentence(name, url, "signing in"):
        # The client would ask again and again for what is not there.
        credential.get_token(_SCOPE)
    try:
        return ContainerClient.from_container_url(url, credential=credential, **{**_SETTINGS, **more})
    except ValueError as error:
        raise InputError(f"{name} has no address of a container: {url!r}.", "Run `pulumi up` again.") from error


@contextmanager
def in_one_sentence(name: str, url: str, doing: str) -> Iterator[None]:
    """Raise what Azure says in a code as one sentence.

    Parameters
    ----------
    name
        What to call the place.
    url
        Where it is.
    doing
        What is being done, such as ``writing a.tif``.
    """
    from azure.core import exceptions  # noqa: PLC0415 - only where a store is in Azure

    try:
        yield
    except exceptions.ClientAuthenticationError as error:
        if error.status_code is None:
            raise UnreadableError(f"{name} cannot be used: nobody is signed in at Azure.", _SIGN_IN) from error
        raise _refusal(name, doing, error) from error
    except exceptions.HttpResponseError as error:
        raise _refusal(name, doing, error) from error
    except exceptions.AzureError as error:
        raise UnreadableError(
            f"{name} cannot be used at {url}: it does not answer ({type(error).__name__} while {doing}).",
            f"Check the network. {_AGAIN}",
        ) from error


def code_of(error: HttpResponseError) -> str:
    """Azure's word for an error."""
    word = getattr(error, "error_code", None) or error.status_code or "unknown"
    return str(getattr(word, "value", word))


def _refusal(name: str, doing: str, error: HttpResponseError) -> SlideboxError:
    word, status = code_of(error), error.status_code
    if status in (401, 403):
        return UnreadableError(
            f"{name} refuses whoever is signed in at Azure ({word} while {doing}).",
            "Sign in as whoever lab.yaml names in `identities` there; a role that is new holds after some minutes.",
        )
    if word in ("ContainerNotFound", "ContainerBeingDeleted"):
        return UnreadableError(f"{name} is not there: Azure knows no such container.", "Make it with `pulumi up`.")
    if status == 404:
        return NotThereError(f"{name} does not hold what its manifest says.")
    if word == "Md5Mismatch":
        return IntegrityError(f"{name} received damaged bytes and refused them.", "Check the network.")
    what, cure = f"refuses {doing}: {word}, {(error.reason or 'no reason given').rstrip('.')}", ""
    if word in ("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"):
        what = f"keeps what is there as it is: its retention has not ended, or it is on hold ({word} while {doing})"
        cure = "Put what is new as another dataset, or wait for the end of the retention."
    elif status in (408, 429, 500, 502, 503, 504):
        what, cure = f"is too busy ({word} while {doing})", _AGAIN
    return UnreadableError(f"{name} {what}.", cure)
