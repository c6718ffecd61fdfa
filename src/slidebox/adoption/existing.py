"""What is there already: a bucket, container or folder with all that is known of it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.model import Role


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that the engine can import.

    Attributes
    ----------
    type
        Its type, such as ``slidebox:gcs:Bucket`` or ``aws:s3/bucketPolicy:BucketPolicy``.
    id
        Its id, as its provider reads it for an import.
    inputs
        What would make it so, by the names that its provider has for them.
    """

    type: str
    id: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who has access.

    Attributes
    ----------
    identity
        As the store names it, such as ``serviceAccount:upload@way.iam.gserviceaccount.com`` or the ARN of a role.
    role
        What of the lab's roles it comes to; None where it is none of them, or not known.
    until
        The first day without access; None for no end.
    how
        By what it has it, in words: ``roles/storage.objectAdmin``.
    """

    identity: str
    role: Role | None
    until: dt.date | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """How much there is.

    Attributes
    ----------
    bytes, files
        All of it.
    largest
        The largest single file, in bytes.
    """

    bytes: int
    files: int
    largest: int


@dataclass(frozen=True, slots=True)
class LongLivedKey:
    """A key that does not end by itself.

    Attributes
    ----------
    identity
        Whose it is, as the store names it.
    where
        Where it is known to lie, such as a file or a Terraform state; empty if that is not known.
    created
        When it was made, as the cloud or the file says; empty if not known.
    """

    identity: str
    where: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A bucket, container or folder that was there before slidebox.

    Attributes
    ----------
    store
        The store that it is in, as the lab file names it.
    name
        Its name; of a folder, its path below the drive's.
    things
        It and its settings, the place itself first.
    region
        Where it lies, as the store says; empty if it does not.
    members
        Who has access.
    keys
        Keys that open it and do not end by themselves.
    content
        How much there is; None where nobody has counted.
    labels
        Its tags.
    notes
        What of it no input can say, and what somebody who takes it over should know: each a whole sentence.
    """

    store: str
    name: str
    things: tuple[Thing, ...]
    region: str = ""
    members: tuple[Member, ...] = ()
    keys: tuple[LongLivedKey, ...] = ()
    content: Content | None = None
    labels: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()
