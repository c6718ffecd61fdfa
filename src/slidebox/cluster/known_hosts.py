"""Which host keys are known, from files of OpenSSH's format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT")."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slidebox.errors import UnreadableError

_REVOKED = "@revoked"
_HASHED = "|1|"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One line of a file of known hosts.

    Attributes
    ----------
    kind, blob
        The type of the key, and the key.
    revoked
        Whether it must not be believed any more.
    where
        File and line.
    """

    kind: str
    blob: bytes
    revoked: bool
    where: str


def known_keys(files: Iterable[Path], host: str) -> tuple[KnownKey, ...]:
    """What files say of a host.

    Parameters
    ----------
    files
        The files; one that is not there says nothing.
    host
        Its name, as ``[name]:port`` where the port is not 22.

    Raises
    ------
    UnreadableError
        If a file is there and cannot be read.
    """
    found: list[KnownKey] = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UnreadableError(f"{file} cannot be read: {error.strerror}.", "Correct its permissions.") from error
        found += [key for number, line in enumerate(lines, 1) if (key := _key(line, host, f"{file}:{number}"))]
    return tuple(found)


def _key(line: str, host: str, where: str) -> KnownKey | None:
    """The key of a line, if it is about the host; host certificates (``@cert-authority``) are not known here."""
    words = line.split()
    if not words or words[0].startswith("#"):
        return None
    marker = words.pop(0) if words[0].startswith("@") else ""
    if marker not in ("", _REVOKED) or len(words) < 3 or not _names(words[0], host):
        return None
    try:
        return KnownKey(words[1], base64.b64decode(words[2], validate=True), marker == _REVOKED, where)
    except binascii.Error:
        return None


def _names(patterns: str, host: str) -> bool:
    """Whether a line's first field names a host: by pattern, by its hash, and not by an exception."""
    if patterns.startswith(_HASHED):
        return _is_hash_of(patterns, host)
    named = False
    for pattern in patterns.split(","):
        # A bracket in a pattern is a bracket of an address with a port, and no set of letters.
        spelled = pattern.removeprefix("!").replace("[", "[[]").lower()
        if fnmatch.fnmatchcase(host.lower(), spelled):
            if pattern.startswith("!"):
                return False
            named = True
    return named


def _is_hash_of(field: str, host: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in field.removeprefix(_HASHED).split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, host.encode(), hashlib.sha1).digest(), digest)


def fingerprint(blob: bytes) -> str:
    """The fingerprint of a key as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
