"""Keys in a Terraform document that do not end: whose they are and where they lie, and never the key. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from slidebox.access import UNKNOWN
from slidebox.adoption.existing import LongLivedKey
from slidebox.adoption.terraform_resources import Resource

_KEY = "google_service_account_key"
_HMAC = "google_storage_hmac_key"
_ACCESS_KEY = "aws_iam_access_key"
_FILES = ("local_file", "local_sensitive_file")
_CONTENTS = ("content", "sensitive_content", "content_base64")
_ACCOUNT = re.compile(r"(?:.*/)?serviceAccounts/(?P<email>[^/]+)(?:/keys/.*)?")
_NUMBERED = re.compile(r"\[[^\]]*\]$")
_LEAST_SECRET = 8
"""A shorter text can be in any file."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that does not end by itself.

    Attributes
    ----------
    resource
        What makes it.
    identity
        Whose it is, as the cloud names it; ``unknown`` where that is known only later.
    called
        Whose it is, in words.
    word
        What people call it.
    created
        The day on which it was made; empty where nothing says.
    in_state
        Whether the state holds what opens the data.
    files
        What writes it into files as well.
    """

    resource: Resource
    identity: str
    called: str
    word: str
    created: str
    in_state: bool
    files: tuple[Resource, ...] = ()

    @property
    def long_lived(self) -> LongLivedKey:
        """The key as what was found."""
        state = ["the Terraform state"] if self.in_state else []
        return LongLivedKey(
            self.identity, " and ".join([*state, *(file.text("filename") for file in self.files)]), self.created
        )

    def sentences(self, bucket: str) -> Iterator[str]:
        """What whoever takes the bucket over should know of it."""
        address, tool = self.resource.address, self.resource.tool
        if not self.resource.made:
            yield (
                f"Terraform plans to make a key ({address}) that would not end and would lie in the state: leave it "
                f"out before you apply the plan, as it may open {bucket}."
            )
            return
        if self.in_state:
            yield (
                f"The state file holds the {self.word} of {self.called} ({address}): whoever reads the state has the "
                f"data in {bucket}, and so has whoever kept an earlier version of it."
            )
        for file in self.files:
            yield (
                f"{file.address} writes the {self.word} of {self.called} to the file {file.text('filename')} on each "
                f"`{tool} apply`."
            )
        blocks = " and ".join([address, *(file.address for file in self.files)])
        yield (
            f"The key of {self.called} does not end: once nobody uses it, take {blocks} out of the .tf files and "
            "apply, which deletes it; removing it from the state alone would leave it working."
        )


def google_keys(found: Sequence[Resource]) -> tuple[Key, ...]:
    """The keys of service accounts of Google Cloud that a document knows."""
    return tuple(
        _google(one, found)
        for one in found
        if one.type == _KEY or (one.type == _HMAC and one.values.get("state") != "INACTIVE")
    )


def _google(one: Resource, found: Sequence[Resource]) -> Key:
    account = _account(one)
    secret = one.text("private_key" if one.type == _KEY else "secret")
    return Key(
        resource=one,
        identity=account if account == UNKNOWN else f"serviceAccount:{account}",
        called=account,
        word="private key" if one.type == _KEY else "access key",
        created=_day(one.text("valid_after" if one.type == _KEY else "time_created")),
        in_state=secret not in ("", UNKNOWN),
        files=_files(found, one, secret),
    )


def _account(key: Resource) -> str:
    if key.type == _HMAC:
        return key.text("service_account_email") or UNKNOWN
    for name in ("name", "id", "service_account_id"):
        said = key.text(name)
        if match := _ACCOUNT.fullmatch(said):
            return match["email"]
        if "@" in said and "/" not in said:
            return said
    return UNKNOWN


def amazon_keys(found: Sequence[Resource], arns: dict[str, str]) -> tuple[Key, ...]:
    """The access keys of users of AWS that a document knows and that are in use.

    Parameters
    ----------
    found
        All resources.
    arns
        The ARN of each user, by name.
    """
    return tuple(
        Key(
            resource=one,
            identity=arns.get(one.text("user"), one.text("user")),
            called=f"user {one.text('user')}",
            word="access key",
            created=_day(one.text("create_date")),
            in_state=one.text("secret") not in ("", UNKNOWN),
            files=_files(found, one, one.text("secret")),
        )
        for one in found
        if one.type == _ACCESS_KEY and one.values.get("status") != "Inactive"
    )


def _day(said: str) -> str:
    return "" if said == UNKNOWN else said[:10]


def _files(found: Iterable[Resource], key: Resource, secret: str) -> tuple[Resource, ...]:
    """What writes a key into a file: it is made from the key, or has it in what it writes."""
    addresses = {key.address, _NUMBERED.sub("", key.address)}
    inside = {text for text in (secret, _plain(secret)) if len(text) >= _LEAST_SECRET}
    return tuple(
        one
        for one in found
        if one.type in _FILES
        and (addresses & set(one.depends) or any(text in one.text(name) for text in inside for name in _CONTENTS))
    )


def _plain(secret: str) -> str:
    """The file that a key is, from the form in which a state has it; empty where it has another."""
    try:
        return base64.b64decode(secret, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
