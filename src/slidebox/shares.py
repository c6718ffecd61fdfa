"""File services as they are reached through rclone: what they do with names and bytes, read from package data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from slidebox.errors import InputError
from slidebox.model import Declared, StoreKind, System

_SHOWN = 3


class Names(Declared):
    """What a service says of names."""

    longest: int | None = None
    """Characters of a file's or folder's own name."""
    longest_path: int | None = None
    """Characters of the whole path."""
    characters: str = ""
    """Characters that it does not keep."""
    edges: str = ""
    """Characters that a name neither begins nor ends with."""
    ends: str = ""
    """Characters that a name does not end with."""
    starts: tuple[str, ...] = ()
    """Beginnings of names that it keeps to itself."""
    reserved: tuple[str, ...] = ()
    """Names that it keeps to itself, in small letters."""
    within: tuple[str, ...] = ()
    """What no name has in it."""


class Source(Declared):
    """Where that is written."""

    title: str
    """What it is."""
    url: str
    """Its address."""
    as_of: dt.date
    """The day it was looked at."""


class Service(Declared):
    """A file service.

    Attributes
    ----------
    system
        The row of Table 1.
    title
        What people call it.
    ignores_case
        Whether two names that differ by capitals only are one name there.
    tells_sharing
        Whether rclone can say who a folder is shared with.
    lets_in
        Whether slidebox lets people in through rclone.
    names
        What it says of names.
    source
        Where that is written.
    """

    system: System
    title: str
    ignores_case: bool
    tells_sharing: bool
    lets_in: bool
    names: Names = Field(default_factory=Names)
    source: Source


@cache
def services() -> Mapping[str, Service]:
    """The services, by the type of rclone's remote."""
    text = (files("slidebox") / "data" / "shares.yaml").read_text(encoding="utf-8")
    return {name: Service.model_validate(about) for name, about in yaml.safe_load(text).items()}


def service_of(system: System) -> Service | None:
    """The service of a row of Table 1."""
    return next((service for service in services().values() if service.system == system), None)


def sharing_is_told(kind: StoreKind, system: System) -> bool:
    """Whether anything tells who reads a folder of a store, where it is one of kind ``rclone``."""
    service = service_of(system)
    return kind is not StoreKind.RCLONE or (service is not None and service.tells_sharing)


def require_names(title: str, rules: Names, paths: Iterable[str], above: str = "") -> None:
    """Insist that a service can keep files under their names.

    Parameters
    ----------
    title
        What the service is called.
    rules
        What it says of names.
    paths
        The files' paths.
    above
        The path of the folder that they go into.

    Raises
    ------
    InputError
        If it cannot; nothing was sent.
    """
    bad = [f"{path!r} ({why})" for path in sorted(paths) if (why := next(_faults(rules, path, above), ""))]
    if bad:
        raise InputError(
            f"{title} cannot keep {_some(bad)} under that name, and nothing was sent.", "Rename what is named here."
        )


def require_apart(title: str, paths: Collection[str], there: Collection[str]) -> None:
    """Insist that no two files have names that are one name in a service that ignores capitals.

    Parameters
    ----------
    title
        What the service is called.
    paths
        The files that are to go there.
    there
        The files that it has.

    Raises
    ------
    InputError
        If two do; nothing was sent.
    """
    seen: dict[str, str] = {}
    for path in (*sorted(there), *sorted(paths)):
        first = seen.setdefault(path.casefold(), path)
        if first != path:
            raise InputError(
                f"{first!r} and {path!r} are one name in {title}, which ignores capitals; nothing was sent.",
                "Rename one of the two.",
            )


def _faults(rules: Names, path: str, above: str) -> Iterator[str]:
    whole = f"{above}/{path}" if above else path
    if rules.longest_path is not None and len(whole) >= rules.longest_path:
        yield f"its path there has {len(whole)} characters, and {rules.longest_path - 1} are the most"
    for name in path.split("/"):
        yield from _of_name(rules, name)


def _of_name(rules: Names, name: str) -> Iterator[str]:
    if found := sorted({character for character in name if character in rules.characters}):
        yield f"it has {' '.join(found)}"
    if rules.longest is not None and len(name) > rules.longest:
        yield f"a name has {rules.longest} characters at most"
    if name != name.strip(rules.edges or "\0"):
        yield "a name neither begins nor ends with a space"
    if rules.ends and name.endswith(tuple(rules.ends)):
        yield f"a name does not end with {rules.ends}"
    small = name.casefold()
    if small in rules.reserved or small.startswith(rules.starts or ("\0",)) or any(w in small for w in rules.within):
        yield "the service keeps that name to itself"


def _some(shown: list[str]) -> str:
    more = len(shown) - _SHOWN
    return ", ".join(shown[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
