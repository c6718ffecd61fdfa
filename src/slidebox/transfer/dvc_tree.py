"""What DVC keeps of a folder: the `.dvc` file in git, and the objects of a remote by the MD5 of their bytes.

The layout is that of DVC 3: ``files/md5/ab/cdef…`` for each file, and ``files/md5/ab/cdef….dir`` for a folder, a list
of the MD5 and the path of each of its files (DVC, "Internal directories and files", https://dvc.org/doc/user-guide).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from slidebox.errors import IntegrityError, UnreadableError
from slidebox.transfer.places import Place

_MD5 = re.compile(r"[0-9a-f]{32}")
_DIR = ".dir"


def object_path(md5: str) -> str:
    """Where the object of an MD5 lies in a remote; that of a folder ends in ``.dir``."""
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def tracked(text: str, file: str) -> str:
    """The MD5 of the folder that a `.dvc` file tracks, with ``.dir``.

    Parameters
    ----------
    text
        The file.
    file
        What to call it.

    Raises
    ------
    UnreadableError
        If it is damaged, or of another kind.
    """
    out = _out(_document(text, file), file)
    md5 = str(out.get("md5", ""))
    if out.get("hash") != "md5" or not md5.endswith(_DIR) or not _MD5.fullmatch(md5.removesuffix(_DIR)):
        raise UnreadableError(
            f"{file} tracks no folder in the way of DVC 3.", "Add the folder again with a current DVC, or put it."
        )
    return md5


def named_remote(text: str, file: str) -> str:
    """The remote that a `.dvc` file names; empty where it names none."""
    return str(_out(_document(text, file), file).get("remote") or "")


def with_remote(text: str, file: str, remote: str) -> str:
    """The file, saying in which remote its data are, so that a plain ``dvc pull`` finds them."""
    document = _document(text, file)
    out = _out(document, file)
    if out.get("remote") == remote:
        return text
    out["remote"] = remote
    return str(yaml.safe_dump(document, sort_keys=False))


def _document(text: str, file: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UnreadableError(f"{file} is damaged.", "Restore it from git.")
    return document


def _out(document: Mapping[str, Any], file: str) -> dict[str, Any]:
    outs = document.get("outs")
    if not isinstance(outs, list) or len(outs) != 1 or not isinstance(outs[0], dict):
        raise UnreadableError(f"{file} does not track one folder.", "Restore it from git.")
    return outs[0]


def folder(place: Place, md5: str) -> Mapping[str, str] | None:
    """The MD5 of each file of a folder, by path; None where the remote does not have the folder.

    Raises
    ------
    IntegrityError
        If its list is damaged.
    """
    data = small(place, md5, md5.removesuffix(_DIR))
    if data is None:
        return None
    try:
        listed = {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(data)}
    except (ValueError, TypeError, KeyError, RecursionError):
        listed = {"": ""}
    if not all(_MD5.fullmatch(value) for value in listed.values()):
        raise IntegrityError(f"The list of files {object_path(md5)} in {place.name} is damaged.", "Restore it.")
    return listed


def small(place: Place, name: str, md5: str) -> bytes | None:
    """The bytes of a small object, verified; None where the remote does not have it.

    Raises
    ------
    IntegrityError
        If they are damaged.
    """
    path = object_path(name)
    if place.size(path) is None:
        return None
    with place.read(path) as chunks:
        data = b"".join(chunks)
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != md5:
        raise IntegrityError(f"{path} in {place.name} is damaged.", "Delete it there, and put the dataset again.")
    return data
