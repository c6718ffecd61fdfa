"""Names of what slidebox makes: the same declaration always gets the same name.

Rules of S3 names: 3 to 63 characters, lower-case letters, digits, dots and hyphens, and some
reserved beginnings and endings (Amazon S3 User Guide, "General purpose bucket naming rules").
"""

from __future__ import annotations

import hashlib
import re

from slidebox.errors import InputError
from slidebox.model import Lab, Level, Store, StoreKind

LONGEST_BUCKET_NAME = 63
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", ".mrap")

DVC_FOLDER = "dvc_remotes"
"""The folder of a drive in which the remotes of DVC are."""

_HASH_LENGTH = 8
_NOT_IN_A_URL = re.compile(r"[?#\x00-\x1f\x7f]")


def bucket_of(lab: Lab, dataset_id: str, store: str) -> str:
    """Name of a dataset's bucket or container in a store: the one that was there before slidebox, or a new one.

    Raises
    ------
    InputError
        If S3 reserves the beginning of the new name.
    """
    project, _, level = dataset_id.partition("/")
    adopted = lab.projects[project].adopted_in(Level(level), store) if project in lab.projects else None
    return adopted.name if adopted else bucket_name(lab.file.lab, project, level, store)


def folder_of(lab: Lab, dataset_id: str, store: str) -> str:
    """A dataset's folder below a drive's: the one that was there before slidebox, or ``project/level``.

    The remote of a store of DVC has one of its own.
    """
    project, _, level = dataset_id.partition("/")
    adopted = lab.projects[project].adopted_in(Level(level), store) if project in lab.projects else None
    if adopted:
        return adopted.name
    # No project's name has an underscore: the folder of a remote is never one of data.
    remote = lab.file.stores[store].kind is StoreKind.DVC
    return f"{DVC_FOLDER}/{store}/{dataset_id}" if remote else dataset_id


def dvc_remote(dataset_id: str, store: str) -> str:
    """Name of a dataset's remote in the `.dvc/config` of its repository: ``STORE-PROJECT-LEVEL``."""
    return f"{store}-{dataset_id}".replace("/", "-").replace("_", "-")


def repository_name(dataset_id: str) -> str:
    """Name of a dataset's repository at GitHub: ``PROJECT-LEVEL``."""
    return dataset_id.replace("/", "-").replace("_", "-")


def dvc_path(dataset_id: str) -> str:
    """Where a dataset lies in the working copy of its repository; beside it ``.dvc`` says what DVC keeps of it."""
    return f"data/{dataset_id}"


def dvc_ssh_url(store: Store, folder: str) -> str:
    """Address of a remote on a cluster, as DVC reads it: ``ssh://HOST:PORT/FOLDER``; the port where one is declared.

    DVC takes the path as it is written, and cuts an address in the way of RFC 3986 (DVC, "SSH and SFTP").

    Parameters
    ----------
    store
        The store of kind ``cluster``.
    folder
        The folder there, absolute.

    Raises
    ------
    InputError
        If DVC would read another address.
    """
    host = store.host or ""
    if host.startswith("["):
        raise InputError(
            f"DVC reads no address such as {host!r} in `.dvc/config`.",
            "Write `host` as a name; a Host of ~/.ssh/config may stand for that address.",
        )
    if found := _NOT_IN_A_URL.search(folder):
        raise InputError(
            f"{folder!r} has a {found.group()!r}, and DVC reads an address only as far as that.", "Choose another path."
        )
    return f"ssh://{host}{folder}"


def bucket_name(lab: str, project: str, level: Level | str, store: str) -> str:
    """Name of the bucket of one dataset in one store: ``LAB-PROJECT-LEVEL-STORE``.

    The store is part of it because the names of a service's buckets are shared by all its users:
    two copies of a dataset in two regions need two names. A name that is too long, or has an ending
    that S3 reserves, ends in eight digits of the SHA-256 of the whole instead.

    Raises
    ------
    InputError
        If S3 reserves the beginning, which is the lab's name.
    """
    words = (lab, project, str(level).replace("_", "-"), store)
    name = "-".join(words)
    if name.startswith(RESERVED_PREFIXES):
        raise InputError(
            f"S3 does not allow a bucket named {name!r}: it reserves names that begin with "
            f"{next(p for p in RESERVED_PREFIXES if name.startswith(p))!r}.",
            "Choose another short name for the lab.",
        )
    if len(name) <= LONGEST_BUCKET_NAME and not name.endswith(RESERVED_SUFFIXES):
        return name
    # Joined by '/', which no name contains: two different locations never hash alike by a shifted hyphen.
    tail = hashlib.sha256("/".join(words).encode()).hexdigest()[:_HASH_LENGTH]
    head = name[: LONGEST_BUCKET_NAME - _HASH_LENGTH - 1].rstrip("-")
    return f"{head}-{tail}"
