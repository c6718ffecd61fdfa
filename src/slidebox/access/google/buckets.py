"""Who can do what with one bucket of Google Cloud, and by which path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import ACTIONS, Access, merged, nobody_knows
from slidebox.access.google import acls
from slidebox.access.google.conditions import targets_of
from slidebox.access.google.denials import denials_of, left_of
from slidebox.access.google.estate import Estate
from slidebox.access.google.fronts import through_cdn
from slidebox.access.google.grants import NOBODY_KNOWN, Grant, grants_of, sooner, unknown
from slidebox.access.google.limits import Limits, limits_of, uniform
from slidebox.access.google.people import People
from slidebox.access.google.roles import GET, UPDATE, actions_of
from slidebox.access.reader import UNKNOWN
from slidebox.access.snapshot import why_unread

_OBJECTS = frozenset({GET, UPDATE})


def readers_of(name: str, entry: Any, estate: Estate, people: People) -> tuple[Access, ...]:
    """Everybody who can do anything with a bucket.

    Parameters
    ----------
    name
        Its name.
    entry
        What the section has of it.
    estate
        What is around it.
    people
        Who stands behind members.
    """
    if (why := why_unread(entry)) is not None or not isinstance(entry, Mapping):
        return (nobody_knows(why or "nothing is known of it"),)
    if (why := why_unread(entry.get("project"))) is not None:
        return (*readers_of(name, {**entry, "project": ""}, estate, people), nobody_knows(why, "the bucket's project"))
    project = str(entry.get("project") or "")
    metadata = entry.get("metadata")
    limits = limits_of(metadata, project, estate)
    lists_off = uniform(metadata) is True
    admitted = (grant for grant in _grants(name, entry, project, estate) if limits.admits(grant.member))
    grants = left_of(admitted, denials_of(estate, project))
    found = [access for grant in grants for access in _accesses(grant, name, limits, estate, people, lists_off)]
    if elsewhere := estate.elsewhere(project):
        who = estate.known.called(f"project:{project}") if project else "account:project"
        found.append(
            Access(who, ACTIONS, (elsewhere, "whoever else has a role there: not all of that is part of this"))
        )
    return merged(found)


def _grants(name: str, entry: Mapping[str, Any], project: str, estate: Estate) -> Iterator[Grant]:
    """Everything that is given, in the bucket and around it."""
    roles, now = estate.roles(), estate.known.now
    metadata = entry.get("metadata")
    if (why := why_unread(metadata)) is not None or not isinstance(metadata, Mapping):
        yield unknown(why or "its settings are not known", "the bucket's settings")
    path = ("the bucket's IAM policy",)
    if entry.get("policy") is None:
        yield unknown("it is not known", *path)
    else:
        yield from grants_of(entry["policy"], path, roles, lambda one: targets_of(one, name), now)
    yield from _folders(name, entry, estate)
    if uniform(metadata) is not True:
        yield from _lists(entry, metadata if isinstance(metadata, Mapping) else {})
    yield from estate.above(project, name)


def _folders(name: str, entry: Mapping[str, Any], estate: Estate) -> Iterator[Grant]:
    folders = entry.get("managed_folders")
    if (why := why_unread(folders)) is not None or "managed_folders" not in entry:
        if uniform(entry.get("metadata")) is not False:  # without uniform access there are none
            yield unknown(why or "they are not known", "the bucket's managed folders")
        return
    for folder in folders or ():
        said = folder if isinstance(folder, Mapping) else {}
        inside = str(said.get("name") or "")
        path = (f"managed folder {inside}", "its IAM policy")

        def targets(permission: str, inside: str = inside) -> Any:
            return targets_of(permission, name, inside)

        if (why := why_unread(folder)) is not None or said.get("policy") is None:
            yield unknown(why or "it is not known", *path)
        else:
            yield from grants_of(said["policy"], path, estate.roles(), targets, estate.known.now)


def _lists(entry: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[Grant]:
    """What lists give: the bucket's, the one of new objects, and those of objects, which are not all known."""
    if why_unread(metadata) is None and metadata:
        yield from acls.of_bucket(metadata.get("acl"))
        yield from acls.of_objects(metadata.get("defaultObjectAcl"), "the list of new objects (default object ACL)")
    objects = entry.get("objects")
    for name, listed in (objects if isinstance(objects, Mapping) and why_unread(objects) is None else {}).items():
        yield from acls.of_objects(listed, f"the list of object {name} (ACL)")
    yield unknown("each object may have its own list (ACL), which was not read", permissions=_OBJECTS)


def _accesses(
    grant: Grant, bucket: str, limits: Limits, estate: Estate, people: People, lists_off: bool
) -> Iterator[Access]:
    actions = actions_of(grant.permissions, uniform=lists_off)
    if not actions:
        return
    if grant.member == NOBODY_KNOWN:
        yield nobody_knows(grant.path[-1], *grant.path[:-1], actions=actions)
        return
    for person in people.behind(grant.member):
        until = sooner(grant.until, person.until)
        path = (*grant.path, *person.path)
        if person.principal == UNKNOWN:
            yield nobody_knows(path[-1], *path[:-1], actions=actions)
            continue
        for who, words in limits.leave(person.principal):
            yield Access(who, actions, (*path, *words), until)
    for who, words in through_cdn(grant, bucket, estate):
        yield Access(who, ("read",), (*grant.path, *words), grant.until)
