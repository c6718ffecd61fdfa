"""Bags: a dataset with checksums that anybody can check without slidebox (BagIt 1.0, RFC 8493).

Everything here is text; who reads and writes the files is elsewhere. The dataset is the payload, in ``data/``, with its
RO-Crate metadata among it; so the crate can be read from there as from any folder.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slidebox import __version__
from slidebox.errors import IntegrityError
from slidebox.quantities import human_bytes

PAYLOAD = "data"
"""The folder of the payload (RFC 8493, 2.1.2)."""

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
ALGORITHMS = ("sha512", "sha256")
"""SHA-512 is what RFC 8493, 2.4 asks for; SHA-256 is what slidebox compares everywhere else."""

MANIFESTS = tuple(f"manifest-{name}.txt" for name in ALGORITHMS)
TAG_MANIFESTS = tuple(f"tagmanifest-{name}.txt" for name in ALGORITHMS)
TAG_FILES = (DECLARATION, INFO, *MANIFESTS, *TAG_MANIFESTS)
"""The files beside the payload, in the order in which they are written: each is named only by later ones."""

_DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_ENCODED = {"%": "%25", "\n": "%0A", "\r": "%0D"}
_CODES = re.compile("%(25|0A|0D)", re.IGNORECASE)
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sums:
    """The checksums of a file.

    Attributes
    ----------
    sha512, sha256
        In hexadecimal digits.
    """

    sha512: str
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Sums:
        """The checksums of bytes."""
        return cls(hashlib.sha512(data).hexdigest(), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class About:
    """What ``bag-info.txt`` says of a dataset (RFC 8493, 2.2.2).

    Attributes
    ----------
    organisation
        The lab.
    identifier
        ``project/level``.
    description
        The dataset's title.
    contact
        Who answers for it; may be empty.
    day
        The day of bagging.
    """

    organisation: str
    identifier: str
    description: str
    contact: str
    day: dt.date


def encoded(path: str) -> str:
    """A path as a manifest has it: LF, CR and % are percent-encoded, and nothing else (RFC 8493, 2.1.3)."""
    return "".join(_ENCODED.get(letter, letter) for letter in path)


def decoded(path: str) -> str:
    """A path from a manifest."""
    return _CODES.sub(lambda match: chr(int(match[1], 16)), path)


def manifest_text(sums: Iterable[tuple[str, str]]) -> bytes:
    """A manifest of paths and their checksums."""
    return "".join(f"{value}  {encoded(path)}\n" for path, value in sums).encode("utf-8")


def read_manifest_text(data: bytes, name: str) -> dict[str, str]:
    """The checksums of a manifest, by path.

    Raises
    ------
    IntegrityError
        If it is no manifest, or names a path twice.
    """
    found: dict[str, str] = {}
    try:
        # Not splitlines: a name may have what else ends a line in Unicode.
        lines = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise IntegrityError(f"{name} is damaged: it is not UTF-8.") from error
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        match = _LINE.fullmatch(line)
        path = decoded(match[2]) if match else ""
        if match is None or path in found:
            raise IntegrityError(f"{name} is damaged at line {number}.")
        found[path] = match[1].lower()
    return found


def tag_files(payload: Mapping[str, Sums], size: int, about: About) -> dict[str, bytes]:
    """Every file beside the payload, in the order of `TAG_FILES`.

    Parameters
    ----------
    payload
        The checksums of each file of the payload, by its path below ``data/``.
    size
        Bytes of all of them together.
    about
        What is said of the dataset.
    """
    found = {DECLARATION: _DECLARED, INFO: _info(len(payload), size, about)}
    for algorithm, name in zip(ALGORITHMS, MANIFESTS, strict=True):
        listed = ((f"{PAYLOAD}/{path}", getattr(payload[path], algorithm)) for path in sorted(payload))
        found[name] = manifest_text(listed)
    tags = {name: Sums.of(data) for name, data in sorted(found.items())}
    for algorithm, name in zip(ALGORITHMS, TAG_MANIFESTS, strict=True):
        found[name] = manifest_text((tag, getattr(sums, algorithm)) for tag, sums in tags.items())
    return found


def _info(files: int, size: int, about: About) -> bytes:
    said = {
        "Source-Organization": about.organisation,
        "Contact-Name": about.contact,
        "External-Description": about.description,
        "External-Identifier": about.identifier,
        "Bagging-Date": about.day.isoformat(),
        "Bag-Size": human_bytes(size),
        "Payload-Oxum": f"{size}.{files}",
        "Bag-Software-Agent": f"slidebox {__version__}",
    }
    # A value is one line: what would end it is a space.
    lines = {label: " ".join(value.split()) for label, value in said.items()}
    return "".join(f"{label}: {value}\n" for label, value in lines.items() if value).encode("utf-8")
