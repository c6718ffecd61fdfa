"""Repositories at GitHub: who reads and changes them, by visibility, organisation, team, invitation, key and site.

Source: docs.github.com, "About repositories" (visibility), "Repository roles for an organization", "Setting base
permissions for an organization", "Managing deploy keys", "Changing the visibility of your GitHub Pages site", as of
2026-11. What Git LFS keeps follows the repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.reader import ANYONE, account
from slidebox.access.snapshot import Known, why_unread

ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "pull": ("read", "list"),
    "read": ("read", "list"),
    "triage": ("read", "list"),
    "push": ("read", "list", "write"),
    "write": ("read", "list", "write"),
    # It can change settings and delete branches, but neither visibility nor who is let in.
    "maintain": ("read", "list", "write", "delete"),
    "admin": ACTIONS,
}
"""What a role may do; what is committed stays in the history whoever deletes a file."""


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every repository of a section, with everybody who can do anything with it."""
    for address, said in (section.get("repositories") or {}).items():
        if not isinstance(said, Mapping) or (why := why_unread(said)) is not None:
            why = why_unread(said) or "it is not understood"
            yield Location(address, kind="github", readers=(nobody_knows(why),))
            continue
        name = str(said.get("name") or address)
        store, dataset = str(said.get("store") or ""), str(said.get("dataset") or "")
        yield Location(name, store, "github", dataset, merged(readers(name, said, known)))


def readers(name: str, said: Mapping[str, Any], known: Known) -> Iterator[Access]:
    """Everybody who can do anything with a repository.

    Parameters
    ----------
    name
        ``OWNER/NAME``.
    said
        The repository, as a snapshot has it.
    known
        What the lab says of logins and teams.
    """
    owner = name.partition("/")[0]
    where = f"repository {name}"
    yield from _by_visibility(said, owner, where)
    yield from _by_organisation(said, owner, where, known)
    yield from _by_team(said, owner, where, known)
    for part, word in (("collaborators", "collaborator"), ("invitations", "invited")):
        for one in _listed(said, part):
            if isinstance(one, Access):
                yield one
                continue
            told = "outside collaborator" if one.get("outside") else word
            login = str(one.get("login") or "")
            who = _person(login, known)
            actions = _actions(one.get("permission"), said)
            yield Access(who, actions, (where, f"{told} {login or 'without a name'} with {one.get('permission')}"))
    for one in _listed(said, "deploy_keys"):
        if isinstance(one, Access):
            yield one
            continue
        title = str(one.get("title") or "without a title")
        actions = ROLES["read"] if one.get("read_only") is True else ROLES["write"]
        yield Access(account(f"deploy key:{title}"), actions, (where, f"deploy key {title}"))


def _by_visibility(said: Mapping[str, Any], owner: str, where: str) -> Iterator[Access]:
    visibility = said.get("visibility")
    if visibility == "public":
        yield Access(ANYONE, ROLES["read"], (where, "its visibility is public"))
    elif visibility == "internal":
        path = (where, "its visibility is internal: every member of the enterprise")
        yield Access(account(f"enterprise:{owner}"), ROLES["read"], path)
    elif visibility != "private":
        yield nobody_knows(why_unread(visibility) or "its visibility is not known", where)
    pages = said.get("pages")
    if pages is None:
        return
    if not isinstance(pages, Mapping) or why_unread(pages) is not None:
        yield nobody_knows(why_unread(pages) or "it is not understood", where, "its site", actions=("read",))
    elif pages.get("public") is not False:
        yield Access(ANYONE, ("read",), (where, "a site that is published from it"))


def _by_organisation(said: Mapping[str, Any], owner: str, where: str, known: Known) -> Iterator[Access]:
    base = said.get("base")
    if base is not None:
        if not isinstance(base, str):
            yield nobody_knows(why_unread(base) or "it is not understood", where, "base permission of its organisation")
        elif actions := _actions(base, said):
            path = (where, f"every member of {owner}, whose base permission is {base}")
            yield Access(account(f"org:{owner}"), actions, path)
    elif "base" not in said:
        yield nobody_knows("it is not known", where, "base permission of its organisation")
    for one in _listed(said, "owners"):
        if isinstance(one, Access):
            yield one
        else:
            login = one.get("login")
            who = _person(str(login), known) if login else account(f"owners:{owner}")
            yield Access(who, ACTIONS, (where, f"owner of {owner}"))


def _by_team(said: Mapping[str, Any], owner: str, where: str, known: Known) -> Iterator[Access]:
    for one in _listed(said, "teams"):
        if isinstance(one, Access):
            yield one
            continue
        slug = str(one.get("slug") or "")
        actions = _actions(one.get("permission"), said)
        path = (where, f"team {slug} with {one.get('permission')}")
        yield Access(known.names.get(slug) or account(f"team:{owner}/{slug}"), actions, path)
        members = one.get("members")
        if (why := why_unread(members)) is not None and slug not in known.names:
            yield nobody_knows(why, *path, actions=actions)
        if not isinstance(members, list):
            continue  # the team itself is named, and the lab may say who is in it
        for login in members:
            yield Access(_person(str(login), known), actions, (*path, f"member {login}"))


def _person(login: str, known: Known) -> str:
    return known.called(login) if login else account("somebody without a login")


def _actions(permission: Any, said: Mapping[str, Any]) -> tuple[str, ...]:
    """What a permission allows; one of the organisation's own is what it is built on, and all where nobody knows."""
    own = said.get("roles")
    base = own.get(str(permission)) if isinstance(own, Mapping) else None
    return ROLES.get(str(base or permission), ACTIONS)


def _listed(said: Mapping[str, Any], part: str) -> Iterator[Mapping[str, Any] | Access]:
    """The entries of a part; somebody unknown for what is not known."""
    listed = said.get(part, {})
    if listed is None:
        return
    if not isinstance(listed, list):
        why = why_unread(listed) or "they are not known"
        yield nobody_knows(why, f"repository {said.get('name')}", f"its {part.replace('_', ' ')}")
        return
    for one in listed:
        if isinstance(one, Mapping) and why_unread(one) is None:
            yield one
        else:
            why = why_unread(one) or "it is not understood"
            yield nobody_knows(why, f"repository {said.get('name')}", f"its {part.replace('_', ' ')}")
