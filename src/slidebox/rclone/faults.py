"""What rclone says when it fails, as one sentence without anything that only its owner may know."""

from __future__ import annotations

import re

from slidebox.errors import UnreadableError

_SHOWN = 200


class RcloneError(UnreadableError):
    """A remote could not be read or written."""


class NotThereError(RcloneError):
    """There is nothing of that name in a remote."""


_SECRETS = (
    (re.compile(r"(?i)\b(https?|unix)://[^\s\"']+"), "an address"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), "a key"),
    (
        re.compile(
            r"(?i)[\w-]*(token|secret|passw(?:or)?d|pass|signature|api[_-]?key|code)[\"']?\s*[:=]\s*[\"']?[^\s\"',}&]+"
        ),
        "a key",
    ),
    (re.compile(r"[\w+/=-]{40,}(\.[\w+/=-]+)*"), "…"),
)

_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"didn't find section in config file|unknown remote",
        "rclone has no remote {remote!r}.",
        "Make it with `rclone config`, or correct `remote` in lab.yaml.",
    ),
    (
        r"unable to decrypt config|not allowed to ask for password|RCLONE_CONFIG_PASS",
        "rclone's configuration is locked by a password.",
        "Set RCLONE_CONFIG_PASS, or RCLONE_PASSWORD_COMMAND, for this command.",
    ),
    (
        r"invalid_grant|couldn't fetch token|token expired|empty token|InvalidAuthenticationToken|expired_access_token"
        r"|invalid_access_token|\b401\b|Unauthorized",
        "The service does not let remote {remote!r} in: its sign-in is missing, wrong or has ended.",
        "Sign in again with `rclone config reconnect {remote}:`.",
    ),
    (
        r"uploadLimitExceeded|userRateLimitExceeded.*upload|upload limit",
        "The service takes no more bytes from remote {remote!r} today.",
        "Run the same command again tomorrow: finished files are kept.",
    ),
    (
        r"storageQuotaExceeded|insufficient_space|quotaLimitReached|quota ?exceeded|InsufficientStorage|\b507\b"
        r"|no space left",
        "The account of remote {remote!r} is full.",
        "Make room there, then run the same command again: finished files are kept.",
    ),
    (
        r"accessDenied|access_denied|insufficientPermissions|insufficientFilePermissions|no_write_permission|\b403\b"
        r"|Forbidden|permission denied",
        "The service does not allow this to the account of remote {remote!r}.",
        "Ask the owner of the folder, or sign in as somebody who may.",
    ),
    (
        r"rateLimitExceeded|too_many_(requests|write_operations)|activityLimitReached|\b429\b",
        "The service asks remote {remote!r} to slow down.",
        "Run the same command again later: finished files are kept.",
    ),
    (
        r"no such host|connection refused|network is unreachable|i/o timeout|dial tcp|TLS handshake|EOF",
        "The service of remote {remote!r} does not answer.",
        "Check the network, then run the same command again: finished files are kept.",
    ),
)

_ABSENT = re.compile(
    r"(?i)directory not found|object not found|file not found|itemNotFound|path/not_found|no such file|\b404\b"
)


def clean(text: str) -> str:
    """A text without addresses, keys and tokens, short enough for a sentence."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def error_of(said: str, remote: str, doing: str) -> RcloneError:
    """The error for what rclone has said.

    Parameters
    ----------
    said
        Its own words; they may hold addresses and tokens.
    remote
        Name of the remote.
    doing
        What was being done, as ``reading a.tif``.
    """
    for pattern, message, cure in _KNOWN:
        if re.search(pattern, said, re.IGNORECASE):
            return RcloneError(message.format(remote=remote), cure.format(remote=remote))
    if _ABSENT.search(said):
        return NotThereError(f"{doing} in remote {remote!r} did not work: it is not there.")
    return RcloneError(
        f"{doing} in remote {remote!r} did not work: {clean(said) or 'rclone says nothing'}.",
        "Try it with `rclone lsd` by hand, then run the same command again: finished files are kept.",
    )
