"""What looks like a secret is taken out of every string before the page is written.

The page is made of declarations, findings and paths of access, in which no secret belongs. One may still come along:
a signed address in a note, a key in the name of a mount, a password in a path. Taking too much out costs a word on a
page; taking too little publishes a key, so the patterns are wide.

Patients cannot be told from the page for another reason: `slidebox.report.page.data.Page` has no field for keys of
objects or names of files.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from functools import cache
from typing import Any, Final, TypeVar, cast

from slidebox.prices import Range
from slidebox.report.found import visible

WITHHELD: Final = "[withheld]"
"""What stands in a secret's place."""

_END: Final = r"[^\s\"'<>&;,)\]}]+"
"""A value in a query, a connection string or an assignment, up to what cannot be part of it."""

_ALONE: Final = r"(?<![A-Za-z0-9])"
"""Not in the middle of a word; a sign such as ``_`` or ``=`` may stand before it."""

_SHAPES: Final = (
    # A private key in PEM, to its end or to the end of the text; age keys.
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    r"AGE-SECRET-KEY-1[0-9A-Z]{20,}",
    # Access keys of Amazon, long-lived and passing (IAM User Guide, unique identifiers).
    _ALONE + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    # HMAC and API keys, and tokens of Google.
    _ALONE + r"(?:GOOG[A-Z0-9]{20,61}(?![A-Za-z0-9])|AIza[0-9A-Za-z_-]{35}|(?:ya29\.|GOCSPX-)[0-9A-Za-z_-]{20,})",
    # The key of an account of Azure Storage: 64 bytes in base 64.
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==",
    # JSON web tokens.
    _ALONE + r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.?[A-Za-z0-9_-]*",
    # Tokens that say by their beginning whose they are, and are long: a cell line is called SK-N-AS.
    _ALONE + r"(?:gh[pousr]_|github_pat_|npm_|hf_|dckr_pat_|dop_v1_)[0-9A-Za-z_]{28,}",
    _ALONE + r"(?:glpat-|xox[abeprs]-|pypi-AgE)[0-9A-Za-z_-]{16,}",
    _ALONE + r"(?:pul-[0-9a-f]{40}|sk-(?:[a-z]+-)?[0-9A-Za-z_]{32,}|sl\.[0-9A-Za-z_-]{60,})",
)
"""What is a secret by its own shape."""

_WHOLE: Final = re.compile("|".join(_SHAPES), re.DOTALL)

_PLACES: Final = (
    # Signed addresses of Amazon, Google, Azure and CloudFront, links of Dropbox and Google Drive; also inside another.
    r"(?P<query>(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|"
    r"(?:(?<![a-z])|(?<=%3F)|(?<=%26))(?:sig|signature|rlkey|resourcekey))"
    r"(?:=|%3D))" + _END,
    # A word for a secret, and a value.
    r"(?P<assigned>(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|account[_-]?key|"
    r"private[_-]?key|credentials?)[\w-]{0,64}[\"']?\s{0,8}(?:=|%3D)\s{0,8}[\"']?)" + _END,
    r"(?P<password>pass(?:word|wd|phrase)[\"']?:\s{0,8}[\"']?)[^\s\"'<>&;,)\]}]{6,}",
    r"(?P<said>(?:secret|token|api[_-]?key|access[_-]?key|account[_-]?key)[\w-]{0,64}"
    r"[\"']?\s{0,8}:\s{0,8}[\"']?)(?=\S{0,256}\d)[^\s\"'<>&;,)\]}]{8,}",
    # What a request proves itself with.
    r"(?P<scheme>\b(?:bearer|basic)\s+)(?=\S{0,256}[\d=])[0-9A-Za-z._~+/=-]{12,}",
    # A link of SharePoint or OneDrive that opens to whoever has it.
    r"(?P<link>/:[a-z]:/[a-z]/)[^\s\"'<>]+",
    # A user and a password before a host.
    r"(?P<login>\b[a-z][a-z0-9+.-]{0,30}://)[^\s/@\"'<>]{0,256}:[^\s@\"'<>]{0,512}(?=@)",
)
"""What is a secret by what stands before it, which stays. Each repetition is bounded, so that no text takes long."""

_AFTER: Final = re.compile("|".join(_PLACES), re.IGNORECASE)

_FORTY: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])")
_BITS: Final = 4.3
"""Bits of a sign above which forty of them are by chance: a secret key has 4.7 or so, a path or a digest under 4."""


def withheld(text: str) -> str:
    """Text without what looks like a secret.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    str
        The same, with `WITHHELD` where a key, a token, a signature or a password stood.
    """
    if not _may(text):
        return text
    text = _WHOLE.sub(WITHHELD, text)
    text = _AFTER.sub(lambda found: next(filter(None, found.groups())) + WITHHELD, text)
    return _FORTY.sub(lambda found: WITHHELD if _by_chance(found[0]) else found[0], text)


def _may(text: str) -> bool:
    """Whether a secret fits at all: the shortest that is looked for has a word or a sign before it."""
    return len(text) >= 16 or "=" in text or ":" in text


def _by_chance(word: str) -> bool:
    """Whether forty signs are a secret key of Amazon: of all kinds, and mixed as only chance mixes them."""
    if not (any(c.isupper() for c in word) and any(c.islower() for c in word) and any(c.isdigit() for c in word)):
        return False
    counts = Counter(word).values()
    return -sum(n / 40 * math.log2(n / 40) for n in counts) > _BITS


T = TypeVar("T")


def without_secrets(value: T) -> T:
    """A frozen value of which every string is `withheld` and `visible`, through all that it holds.

    Parameters
    ----------
    value
        A dataclass, a tuple, a string, or anything else, which stays as it is.
    """
    return cast("T", _cleaned(value, _Cleaner()))


class _Cleaner(dict[str, str]):
    """Each string is looked at once."""

    def __missing__(self, text: str) -> str:
        # A secret may lie across what `visible` would spell out, and may be made by it: both ways.
        clean = "\n".join(map(visible, withheld(text).split("\n")))
        self[text] = clean = withheld(clean)
        return clean


def _cleaned(value: Any, clean: _Cleaner) -> Any:
    kind: Any = type(value)
    if kind is str:
        return clean[value]
    if kind is tuple:
        return tuple([_cleaned(one, clean) for one in value])
    names = _names(kind)
    return kind(**{name: _cleaned(getattr(value, name), clean) for name in names}) if names else value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass in which a string can be; none of anything else."""
    if not dataclasses.is_dataclass(kind) or kind is Range:
        return ()
    return tuple(field.name for field in dataclasses.fields(kind))
