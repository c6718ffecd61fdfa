"""Repositories of GitHub as Terraform's and Pulumi's provider declare them, as part of a snapshot's ``places``.

What a plan says nothing of has the provider's own default: a repository is public, a team reads, a collaborator
writes, a deploy key reads, and every member of an organisation reads its repositories.
Source: registry.terraform.io, integrations/github 6, and docs.github.com, as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.item import Item, blocks

LATER: Final = "known after apply"
_BY_REPOSITORY: Final = frozenset(
    {
        "team_repository",
        "repository_collaborator",
        "repository_collaborators",
        "repository_deploy_key",
        "repository_pages",
    }
)
_MAKES_REPOSITORY: Final = frozenset({"repository", "repository_fork"})


def repositories(items: Iterable[Item]) -> tuple[dict[str, Any], dict[str, str]]:
    """Repositories with who is let in, and what opens a repository that cannot be told.

    Parameters
    ----------
    items
        Resources of the provider, each kind without ``github_``.
    """
    listed = list(items)
    places = {item.key: _repository(item, listed) for item in listed if item.kind in _MAKES_REPOSITORY}
    unplaced = {}
    teams = {item.key: item for item in listed if item.kind == "team"}
    for item in listed:
        if item.kind in _BY_REPOSITORY:
            found = _of(item, places)
            for place in found:
                _open(place, item, teams, listed)
            if not found:
                unplaced[item.address] = "it opens a repository of GitHub that nothing here tells"
    return {str(place.pop("address")): place for place in places.values()}, unplaced


def _of(item: Item, places: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The repositories that a resource is about."""
    name = item.known("repository")
    found = [place for place in places.values() if name and place["name"].rpartition("/")[2] == name.rpartition("/")[2]]
    return found or [places[key] for key in item.comes_from("repository") if key in places]


def _repository(item: Item, listed: list[Item]) -> dict[str, Any]:
    owner = item.known("full_name").rpartition("/")[0]
    name = item.known("name")
    settings = [one for one in listed if one.kind == "organization_settings"]
    base = settings[0].get("default_repository_permission") if settings else None
    found: dict[str, Any] = {
        "address": item.address,
        "name": f"{owner}/{name}" if owner and name else name or item.address,
        "visibility": _visibility(item),
        "base": _told(base or "read"),
        "roles": {},
        "owners": [{"login": None}],
        "teams": [],
        "collaborators": [],
        "invitations": [],
        "deploy_keys": [],
        "pages": None,
    }
    pages = item.get("pages")
    if pages is not None:
        found["pages"] = unread(LATER) if pages == UNKNOWN else {"public": True}
    return found


def _visibility(item: Item) -> Any:
    said, private = item.get("visibility"), item.get("private")
    if said == UNKNOWN or (said is None and private == UNKNOWN):
        return unread(LATER)
    return said if isinstance(said, str) else "private" if private is True else "public"


def _told(value: Any) -> Any:
    return unread(LATER) if value == UNKNOWN else value


def _open(place: dict[str, Any], item: Item, teams: Mapping[str, Item], listed: list[Item]) -> None:
    """Note whom a resource lets into a repository."""
    if item.kind == "team_repository":
        place["teams"].append(_team(item.get("team_id"), item.get("permission"), item, teams, listed))
    elif item.kind == "repository_collaborator":
        place["collaborators"].append(_user(item.values))
    elif item.kind == "repository_collaborators":
        for block in blocks(item.values, "user"):
            place["collaborators"].append(_user(block))
        for block in blocks(item.values, "team"):
            known = isinstance(block, Mapping)
            team = block.get("team_id") if known else UNKNOWN
            place["teams"].append(_team(team, block.get("permission") if known else UNKNOWN, item, teams, listed))
    elif item.kind == "repository_deploy_key":
        place["deploy_keys"].append({"title": item.known("title"), "read_only": item.get("read_only") in (None, True)})
    else:
        place["pages"] = {"public": item.get("public") is not False}


def _user(said: Any) -> Any:
    if not isinstance(said, Mapping) or UNKNOWN in (said.get("username"), said.get("permission")):
        return unread(LATER)
    return {"login": said.get("username"), "permission": said.get("permission") or "push", "outside": None}


def _team(said: Any, permission: Any, item: Item, teams: Mapping[str, Item], listed: list[Item]) -> Any:
    """A team by its number, its slug, or the resource that makes it, with the members that the plan gives it."""
    keys = [key for key in item.comes_from("team_id") if key in teams]
    keys = keys or [key for key, team in teams.items() if said and said in (team.get("id"), team.get("slug"))]
    if permission == UNKNOWN or (not keys and said in (None, UNKNOWN)):
        return unread(LATER)
    team = teams[keys[0]] if keys else None
    slug = (team.known("slug") or _slug(team.known("name")) if team else "") or str(said)
    members = sorted(_members(keys[0], team, listed)) if team else None
    return {"slug": slug, "permission": permission or "pull", "members": members}


def _slug(name: str) -> str:
    return "-".join(name.lower().split())


def _members(key: str, team: Item, listed: Iterable[Item]) -> Iterator[str]:
    for one in listed:
        named = one.get("team_id")
        if key not in one.comes_from("team_id") and (not named or named not in (team.get("id"), team.get("slug"))):
            continue
        if one.kind == "team_membership" and (login := one.known("username")):
            yield login
        elif one.kind == "team_members":
            yield from (
                str(block["username"])
                for block in blocks(one.values, "members")
                if isinstance(block, Mapping) and isinstance(block.get("username"), str)
            )
