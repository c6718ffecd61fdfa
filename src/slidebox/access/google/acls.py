"""What access control lists of buckets and objects give, where a bucket has them.

Sources: Google Cloud, "Access control lists (ACLs)" and "Predefined or 'canned' ACLs"; Cloud Storage JSON API,
``BucketAccessControls`` and ``DefaultObjectAccessControls``; as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.google.grants import Grant, unknown
from slidebox.access.google.roles import CREATE, DELETE, EVERY, GET, LIST, SET_BUCKET, SET_OBJECT, UPDATE
from slidebox.access.snapshot import why_unread

_BUCKET: Mapping[str, frozenset[str]] = {
    "READER": frozenset({LIST}),
    "WRITER": frozenset({LIST, CREATE, DELETE}),
    "OWNER": frozenset({LIST, CREATE, DELETE, SET_BUCKET}),
}
_OBJECT: Mapping[str, frozenset[str]] = {
    "READER": frozenset({GET}),
    "OWNER": frozenset({GET, UPDATE, SET_OBJECT}),
}
_TEAMS: Mapping[str, str] = {"owners": "projectOwner", "editors": "projectEditor", "viewers": "projectViewer"}
_TEAM = re.compile(r"project-(owners|editors|viewers)-(?P<project>.*)")
"""Of a bucket that is only planned the project may not be known: then nothing follows."""


def of_bucket(entries: Any, words: str = "the bucket's list (ACL)") -> Iterator[Grant]:
    """What the list of a bucket gives.

    Parameters
    ----------
    entries
        ``BucketAccessControl`` as the API answers them.
    words
        Whose list it is.
    """
    yield from _given(entries, words, _BUCKET)


def of_objects(entries: Any, words: str) -> Iterator[Grant]:
    """What a list of an object gives, or the one that new objects get; ``ObjectAccessControl`` as the API answers."""
    yield from _given(entries, words, _OBJECT)


def _given(entries: Any, words: str, roles: Mapping[str, frozenset[str]]) -> Iterator[Grant]:
    if (why := why_unread(entries)) is not None:
        yield unknown(why, words)
        return
    if not isinstance(entries, list):
        yield unknown("who is in it is not known", words)
        return
    for entry in entries:
        said = entry if isinstance(entry, Mapping) else {}
        role = said.get("role")
        if (why := why_unread(entry)) is not None or not isinstance(role, str):
            yield unknown(why or "a part of it cannot be read", words)
            continue
        permissions = roles.get(role)
        member = member_of(said.get("entity"))
        if permissions is None or not member:
            yield unknown("a part of it is of a kind that is not known", words, permissions=permissions or EVERY)
        else:
            yield Grant(member, permissions, (words, f"{role} for {said['entity'].rstrip('-')}"), listed=True)


def member_of(entity: Any) -> str:
    """An entity of a list as policies call it; empty where it is none."""
    if not isinstance(entity, str):
        return ""
    if entity in ("allUsers", "allAuthenticatedUsers"):
        return entity
    if match := _TEAM.fullmatch(entity):
        return f"{_TEAMS[match[1]]}:{match['project']}"
    kind, _, name = entity.partition("-")
    if kind not in ("user", "group", "domain") or not name:
        return ""
    if kind == "user" and name.endswith(".gserviceaccount.com"):
        return f"serviceAccount:{name}"
    return f"{kind}:{name}"


def predefined(name: str, project: str, *, objects: bool = False) -> list[dict[str, str]] | None:
    """The entries of a predefined list; None where there is none of that name.

    Parameters
    ----------
    name
        Its name, such as ``publicRead``.
    project
        The id or number of the bucket's project.
    objects
        Whether it is a list of objects.
    """
    team = [
        {"entity": f"project-owners-{project}", "role": "OWNER"},
        {"entity": f"project-editors-{project}", "role": "OWNER"},
        {"entity": f"project-viewers-{project}", "role": "READER"},
    ]
    owners = team[:1]
    # An object's own owner is whoever uploads it, who may do so and is in the bucket's policy or list.
    mine: list[dict[str, str]] = [] if objects else owners
    listed = {
        "private": mine,
        "projectPrivate": team,
        "publicRead": [*mine, {"entity": "allUsers", "role": "READER"}],
        "authenticatedRead": [*mine, {"entity": "allAuthenticatedUsers", "role": "READER"}],
    }
    if objects:
        listed |= {
            "bucketOwnerRead": [{**owners[0], "role": "READER"}],
            "bucketOwnerFullControl": owners,
        }
    else:
        listed["publicReadWrite"] = [*mine, {"entity": "allUsers", "role": "WRITER"}]
    return listed.get(name)
