"""Who can read the datasets' repositories at GitHub: eight reads of each, and four of their organisation.

A token that may not see something makes that part unread; one of an owner of the organisation sees everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.asking import Asking, understood
from slidebox.audit.live.drives import datasets_of
from slidebox.audit.live.pace import Pace
from slidebox.errors import UnreadableError
from slidebox.naming import repository_name
from slidebox.provider.github_api import PUBLIC_API, GitHub, connect

_HIDDEN = "GitHub does not show it to this token"


def collect(asked: Asked, reach: Callable[[str, str], GitHub] = connect) -> Sections:
    """The repositories of the lab's datasets in an organisation.

    Parameters
    ----------
    asked
        The store.
    reach
        GitHub of a store, by its name and its endpoint.

    Raises
    ------
    SlideboxError
        If there is no token.
    """
    store = asked.lab.file.stores[asked.store]
    github = reach(asked.store, store.endpoint or PUBLIC_API)
    reader = _Reader(github, Asking(Pace(asked.a_second)), str(store.account))
    found = {}
    for dataset in datasets_of(asked):
        full = f"{store.account}/{repository_name(dataset)}"
        said = reader.repository(full)
        if said is not None:
            found[full] = {"name": full, "store": asked.store, "dataset": dataset, **said}
    return {"places": {"repositories": found}}


class _Reader:
    """Reads repositories of one organisation, and what holds for all of them once."""

    def __init__(self, github: GitHub, asking: Asking, owner: str) -> None:
        self._github = github
        self._asking = asking
        self._owner = owner
        self._organisation: dict[str, Any] | None = None
        self._teams: dict[str, Any] = {}

    def repository(self, full: str) -> dict[str, Any] | None:
        """A repository with everybody who is let in; None where GitHub has none, or shows none to this token."""
        about = self._asking.part(lambda: self._github.found(f"repos/{full}"))
        if about is None:
            return None
        path = f"repos/{full}"
        visibility = about if why_unread(about) is not None else about.get("visibility") or unread(_HIDDEN)
        return {"visibility": visibility, **self._of_organisation(), **self._let_in(path, about)}

    def _let_in(self, path: str, about: Mapping[str, Any]) -> dict[str, Any]:
        teams = self._listed(f"{path}/teams")
        outside = self._listed(f"{path}/collaborators", affiliation="outside")
        people = self._listed(f"{path}/collaborators", affiliation="direct")
        invited = self._listed(f"{path}/invitations")
        keys = self._listed(f"{path}/keys")
        strangers = {one.get("login") for one in outside} if isinstance(outside, list) else set()
        return {
            "teams": self._each(teams, self._team),
            "collaborators": self._each(people, lambda one: _person(one, strangers)),
            "invitations": self._each(invited, _invited),
            "deploy_keys": self._each(keys, lambda one: {"title": one["title"], "read_only": one["read_only"]}),
            "pages": self._pages(path, about),
        }

    def _pages(self, path: str, about: Mapping[str, Any]) -> Any:
        if about.get("has_pages") is False:
            return None
        said = self._asking.part(lambda: self._github.found(f"{path}/pages"))
        if said is None:
            return unread(_HIDDEN) if about.get("has_pages") else None
        return said if why_unread(said) is not None else {"public": said.get("public") is not False}

    def _listed(self, path: str, **query: str) -> Any:
        return self._asking.part(lambda: _objects(self._github.all(path, **query)))

    def _each(self, listed: Any, make: Callable[[Any], Any]) -> Any:
        return [understood(partial(make, one)) for one in listed] if isinstance(listed, list) else listed

    def _team(self, said: Mapping[str, Any]) -> dict[str, Any]:
        slug = str(said["slug"])
        if slug not in self._teams:
            members = self._listed(f"orgs/{self._owner}/teams/{slug}/members")
            self._teams[slug] = [str(one["login"]) for one in members] if isinstance(members, list) else members
        return {"slug": slug, "permission": said["permission"], "members": self._teams[slug]}

    # What holds for all repositories of the organisation

    def _of_organisation(self) -> dict[str, Any]:
        if self._organisation is None:
            self._organisation = dict(self._asked_once())
        return self._organisation

    def _asked_once(self) -> Iterator[tuple[str, Any]]:
        org = f"orgs/{self._owner}"
        about = self._asking.part(lambda: self._github.found(org))
        if about is None or why_unread(about) is not None:
            yield "base", unread(why_unread(about) or _HIDDEN)
        else:
            yield "base", about.get("default_repository_permission") or unread(_HIDDEN)
        owners = self._listed(f"{org}/members", role="admin")
        yield "owners", self._each(owners, lambda one: {"login": one["login"]})
        roles = self._asking.part(lambda: self._roles(org))
        yield "roles", {} if why_unread(roles) is not None else roles

    def _roles(self, org: str) -> dict[str, str]:
        said = self._github.found(f"{org}/custom-repository-roles")
        if said is None:
            raise UnreadableError(_HIDDEN, "")
        return {str(one["name"]): str(one["base_role"]) for one in said["custom_roles"]}


def _objects(listed: Iterable[Any]) -> list[Any]:
    """The entries of a list."""
    found = list(listed)
    if not all(isinstance(one, Mapping) for one in found):
        raise TypeError
    return found


def _person(said: Mapping[str, Any], strangers: set[Any]) -> dict[str, Any]:
    return {"login": said["login"], "permission": said["role_name"], "outside": said["login"] in strangers}


def _invited(said: Mapping[str, Any]) -> dict[str, Any]:
    login = (said.get("invitee") or {}).get("login") or said.get("email")
    return {"login": login, "permission": said["permissions"]}
