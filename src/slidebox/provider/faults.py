"""What an S3 or IAM service answers when it does not do what was asked, in one clear sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from slidebox.errors import InputError, SlideboxError, UnreadableError

REFUSED_KEYS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId"})
ENDED_KEYS = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
REFUSED_ACTION = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden", "AllAccessDisabled"})
NOT_IMPLEMENTED = frozenset(
    {"NotImplemented", "XNotImplemented", "MethodNotAllowed", "NotSupported", "UnsupportedOperation", "501", "405"}
)
FULL = frozenset({"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "EntityTooLarge", "507"})
BUSY = frozenset({"SlowDown", "Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded"})
GONE = frozenset({"NoSuchBucket", "404", "NotFound", "NoSuchEntity", "NoSuchEntityException"})


def code(error: ClientError) -> str:
    """The service's own word for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status(error: ClientError) -> int:
    """The HTTP status of an error; 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_not_implemented(error: ClientError) -> bool:
    """Whether the service says that it does not have what was asked for."""
    return code(error) in NOT_IMPLEMENTED or status(error) in {405, 501}


def sentence(error: Exception, doing: str, store: str, url: str) -> SlideboxError:
    """The same failure for a person.

    Parameters
    ----------
    error
        What boto3 raised.
    doing
        What was being done, such as ``making bucket 'x'``.
    store
        Name of the store.
    url
        Address of its endpoint.
    """
    where = f"store {store!r} at {url}"
    if isinstance(error, ClientError):
        return _refusal(error, doing, where)
    if isinstance(error, NoCredentialsError | PartialCredentialsError | SSOError | TokenRetrievalError):
        return _no_credentials(error, where, store)
    if isinstance(error, ProfileNotFound):
        return InputError(
            f"The profile of {where} is not in the credentials file.", "Correct `profile` in lab.yaml, or add it there."
        )
    if isinstance(error, SSLError):
        return UnreadableError(
            f"There is no secure connection to {where}.", "Check its certificate, and http or https in `endpoint`."
        )
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError):
        return UnreadableError(
            f"Nothing answers for {where}.", "Check `endpoint` in lab.yaml, the network, and that the service runs."
        )
    return UnreadableError(
        f"What answers for {where} is not an S3 service ({type(error).__name__} while {doing}).",
        "Check `endpoint` in lab.yaml.",
    )


def _no_credentials(error: Exception, where: str, store: str) -> UnreadableError:
    if isinstance(error, SSOError | TokenRetrievalError):
        return UnreadableError(
            f"The sign-in for {where} has ended, or there was none.", "Sign in with its profile: `aws sso login`."
        )
    return UnreadableError(
        f"There are no credentials for {where}.",
        "Put them where AWS tools look (environment, ~/.aws/credentials), "
        f"or name a `profile` for {store!r} in lab.yaml.",
    )


def _refusal(error: ClientError, doing: str, where: str) -> SlideboxError:
    word, said = code(error), str(error.response.get("Error", {}).get("Message", "")).rstrip(". ")
    if word in REFUSED_KEYS | ENDED_KEYS:
        ended = word in ENDED_KEYS
        return UnreadableError(
            f"The credentials for {where} {'have ended' if ended else 'are refused'} ({word}).",
            "Sign in again, then run again." if ended else "Check the access key and its secret.",
        )
    if passing := _passing(error, doing, where):
        return passing
    if word == "AuthorizationHeaderMalformed":
        return InputError(f"The region of {where} is wrong: {said}.", "Correct `region` in lab.yaml.")
    if word in REFUSED_ACTION:
        return UnreadableError(
            f"The credentials for {where} are not allowed to go on ({word} while {doing}).",
            "Ask whoever runs the service for that permission.",
        )
    if is_not_implemented(error):
        return UnreadableError(f"The service of {where} cannot do this ({word} while {doing}).", "Use another store.")
    return UnreadableError(f"The service of {where} refused {doing}: {word}{f', {said}' if said else ''}.", "")


def _passing(error: ClientError, doing: str, where: str) -> UnreadableError | None:
    """What is over when it is run again; None where that would be the same."""
    word = code(error)
    if word in FULL:
        return UnreadableError(
            f"The disk or quota of {where} is full ({word} while {doing}).", "Make room, then run again."
        )
    if word in GONE:
        return UnreadableError(
            f"It is not there any more, or not yet, while {doing} of {where} ({word}).", "Run again."
        )
    if word in BUSY or status(error) in {429, 500, 502, 503, 504}:
        return UnreadableError(
            f"The service of {where} is too busy ({word} while {doing}).",
            "Run again in some minutes: what is done already is kept.",
        )
    return None


@contextmanager
def told(doing: str, store: str, url: str) -> Iterator[None]:
    """Turn what boto3 raises inside into a sentence."""
    try:
        yield
    except SlideboxError:
        raise
    # botocore raises TypeError and ValueError on answers that are not S3's XML at all.
    except (ClientError, BotoCoreError, TypeError, ValueError) as error:
        raise sentence(error, doing, store, url) from error
