"""What Azure answers when it does not do what was asked, in one clear sentence; and waiting for what it does later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provider.azure_store import AzureRef

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

Answer = TypeVar("Answer")

# What is said of a thing that Azure has just made, or is just removing, and has not told all its servers yet.
_NOT_YET = frozenset(
    {
        "ParentResourceNotFound",
        "ResourceNotFound",
        "ContainerNotFound",
        "ContainerBeingDeleted",
        "StorageAccountOperationInProgress",
        "PrincipalNotFound",
        "RoleDefinitionDoesNotExist",
        "RoleDefinitionNotFound",
    }
)
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0


def code(error: HttpResponseError) -> str:
    """Azure's own word for an error."""
    said: Any = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    answer: Any = error.response
    header = answer.headers.get("x-ms-error-code") if answer is not None else None
    return str(getattr(said, "value", said) or header or error.status_code or "")


def gone(error: HttpResponseError) -> bool:
    """Whether it says that the thing itself is not there; an account's subscription or group counts as no thing."""
    return error.status_code == 404 and code(error) not in {"SubscriptionNotFound", "ResourceGroupNotFound"}


def found(call: Callable[[], Answer]) -> Answer | None:
    """What a call answers; None where the thing is not there."""
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only where a store is in Azure

    try:
        return call()
    except HttpResponseError as error:
        if gone(error):
            return None
        raise


def patiently(
    call: Callable[[], Answer],
    seconds: float = _PATIENCE_SECONDS,
    waits: Callable[[str], bool] = _NOT_YET.__contains__,
) -> Answer:
    """Call again while Azure says that something which was just made is not there yet.

    Parameters
    ----------
    call
        What is done.
    seconds
        For how long.
    waits
        Whether a word of Azure's for an error says that.
    """
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only where a store is in Azure

    deadline, pause = time.monotonic() + seconds, _PAUSE_SECONDS
    while True:
        try:
            return call()
        except HttpResponseError as error:
            if not waits(code(error)) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def sentence(error: Exception, doing: str, ref: AzureRef) -> SlideboxError:
    """The same failure for a person.

    Parameters
    ----------
    error
        What the SDK raised.
    doing
        What was being done, such as ``making container 'x'``.
    ref
        The account it was done to.
    """
    from azure.core import exceptions  # noqa: PLC0415 - only where a store is in Azure

    if isinstance(error, exceptions.ClientAuthenticationError):
        word = code(error)
        if error.status_code == 401:
            return UnreadableError(
                f"The credentials for {ref} are refused ({word} while {doing}).",
                "Sign in again, such as with `az login`, and run again.",
            )
        return UnreadableError(
            f"There are no credentials for {ref}.",
            "Sign in where Azure's tools look, such as with `az login`; in a pipeline use workload identity.",
        )
    if isinstance(error, exceptions.HttpResponseError):
        return _refusal(error, doing, ref)
    if isinstance(error, exceptions.ServiceRequestError | exceptions.ServiceResponseError):
        return UnreadableError(
            f"Nothing answers for {ref} ({type(error).__name__} while {doing}).",
            "Check the network, and `endpoint` in lab.yaml if it is given; then run again.",
        )
    return UnreadableError(f"What answers for {ref} is not Azure ({type(error).__name__} while {doing}).", "")


def _refusal(error: HttpResponseError, doing: str, ref: AzureRef) -> SlideboxError:
    word, status = code(error), error.status_code
    if word in ("StorageAccountAlreadyTaken", "AccountNameInvalid"):
        return InputError(
            f"The name {ref.account!r} of the storage account of store {ref.name!r} is not to be had ({word}).",
            "The names of accounts are shared by all users of Azure: choose another `account` in lab.yaml.",
        )
    if word in ("SubscriptionNotFound", "ResourceGroupNotFound", "InvalidSubscriptionId"):
        return InputError(
            f"Azure does not know the subscription or resource group of store {ref.name!r} ({word}).",
            "Correct `subscription` or `resource_group` in lab.yaml, or make the group: slidebox makes none.",
        )
    if status == 403:
        return UnreadableError(
            f"The credentials for {ref} are not allowed to go on ({word} while {doing}).",
            f"Whoever runs slidebox needs Storage Account Contributor, User Access Administrator and Storage Blob "
            f"Data Reader in resource group {ref.resource_group!r}, and Cost Management Contributor for a budget.",
        )
    if status in (408, 429, 500, 502, 503, 504):
        return UnreadableError(
            f"Azure is too busy for {ref} ({word} while {doing}); nothing is lost.", "Run again in some minutes."
        )
    if word == "RoleAssignmentExists":
        return InputError(
            f"Somebody has given a role at {ref} by hand that slidebox is to give ({word} while {doing}).",
            "Remove that assignment, and run again: slidebox then gives it with its end.",
        )
    said = str(getattr(error.error, "message", "") or error.reason or "").splitlines()
    return UnreadableError(
        f"Azure refused {doing} of {ref}: {word}{f', {said[0]}' if said else ''}".rstrip(". ") + ".", ""
    )


@contextmanager
def told(doing: str, ref: AzureRef) -> Iterator[None]:
    """Turn what the SDK raises inside into a sentence."""
    from azure.core.exceptions import AzureError  # noqa: PLC0415 - only where a store is in Azure

    try:
        yield
    except SlideboxError:
        raise
    # The SDK raises ValueError and TypeError on answers that are not Azure's JSON at all.
    except (AzureError, TypeError, ValueError) as error:
        raise sentence(error, doing, ref) from error
