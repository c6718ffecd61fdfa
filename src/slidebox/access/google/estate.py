"""Everything around buckets in Google Cloud: projects and what they are in, roles, groups, service accounts."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.access.google.conditions import Target, targets_of
from slidebox.access.google.grants import Grant, grants_of, unknown
from slidebox.access.snapshot import Known, why_unread

_ABOVE = (("projects", "project"), ("folders", "folder"), ("organizations", "organisation"))
_DEEPEST = 12
"""A project is in ten folders at most, and in one organisation (Resource Manager, "Limits")."""


@dataclass(frozen=True, slots=True)
class Node:
    """A project, a folder or an organisation.

    Attributes
    ----------
    words
        What it is, in words.
    said
        What is known of it; what `snapshot.unread` says where nothing is.
    """

    words: str
    said: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """Whether everybody in its policy is known."""
        return self.said.get("policy_complete") is not False


class Estate:
    """The section of a snapshot, and what is asked of it again and again.

    Parameters
    ----------
    section
        The section (`slidebox.access.google`).
    known
        What the lab says.
    """

    def __init__(self, section: Mapping[str, Any], known: Known) -> None:
        self.section = section
        self.known = known
        self._chains: dict[str, tuple[Node, ...]] = {}
        self._projects: Mapping[str, Any] = _mapping(section.get("projects"))
        self._numbers = {
            str(_mapping(said).get("number")): name
            for name, said in self._projects.items()
            if _mapping(said).get("number")
        }

    def project_named(self, said: str) -> str:
        """The id of a project by its id or its number."""
        return self._numbers.get(said, said)

    def project(self, name: str) -> Mapping[str, Any]:
        """What is known of a project; nothing where it is not part of the section."""
        return _mapping(self._projects.get(self.project_named(name)))

    def number(self, project: str) -> str:
        """The number of a project; empty where it is not known."""
        number = self.project(project).get("number")
        return str(number) if number and why_unread(number) is None else ""

    @property
    def projects(self) -> Mapping[str, Any]:
        """Every project of the section."""
        return self._projects

    def roles(self) -> Mapping[str, Any]:
        """Every custom role of the section by its name."""
        return self._roles

    @functools.cached_property
    def _roles(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part in ("projects", "folders", "organizations"):
            for node in _mapping(self.section.get(part)).values():
                roles = _mapping(node).get("roles")
                if isinstance(roles, Mapping) and why_unread(roles) is None:
                    found.update(roles)
        return found

    def chain(self, project: str) -> tuple[Node, ...]:
        """A project and what it is in, innermost first."""
        name = self.project_named(project)
        if name not in self._chains:
            self._chains[name] = tuple(self._chain(name))
        return self._chains[name]

    def _chain(self, project: str) -> Iterator[Node]:
        words = f"project {project}" if project else "the bucket's project"
        said = self._of("projects", project)
        for _ in range(_DEEPEST):
            yield Node(words, _mapping(said))
            if why_unread(said) is not None:
                return
            parent = _mapping(said).get("parent")
            if (why := why_unread(parent)) is not None:
                yield Node(f"what {words} is in", {"$unread": why})
                return
            if not isinstance(parent, str) or not parent:
                return
            kind = parent.partition("/")[0]
            words = f"{dict(_ABOVE).get(kind, kind)} {parent.partition('/')[2]}"
            said = self._of(kind, parent)

    def _of(self, part: str, name: str) -> Any:
        """What is known of a project, a folder or an organisation; what is in no part may have anybody in it."""
        listed = self.section.get(part)
        return listed if why_unread(listed) is not None else _mapping(listed).get(name, {"policy_complete": False})

    def above(self, project: str, bucket: str) -> Iterator[Grant]:
        """What is given in a project and in what it is in, of what counts for one of its buckets.

        Parameters
        ----------
        project
            The project.
        bucket
            The bucket.
        """
        yield from self.given(project, lambda permission: targets_of(permission, bucket))

    def given(self, project: str, targets: Any) -> Iterator[Grant]:
        """What is given in a project and in what it is in."""
        for node in self.chain(project):
            path = (node.words, "its IAM policy")
            if (why := why_unread(node.said)) is not None:
                yield unknown(why, node.words)
            elif "policy" in node.said:
                yield from grants_of(node.said["policy"], path, self.roles(), targets, self.known.now)

    def elsewhere(self, project: str) -> str:
        """Whose policy is not part of the section as a whole, in words; empty where all of them are."""
        open_ = [n.words for n in self.chain(project) if why_unread(n.said) is None and _open(n)]
        return open_[0] if open_ else ""

    def holders(self, project: str, role: str) -> Iterator[Grant]:
        """Who has a basic role in a project: those stand behind ``projectOwner:``, ``projectEditor:`` and so on."""
        for node in self.chain(project):
            if (why := why_unread(node.said)) is not None:
                yield unknown(why, node.words)
                continue
            policy = node.said.get("policy")
            if (why := why_unread(policy)) is not None:
                yield unknown(why, node.words, "its IAM policy")
                continue
            for binding in _mapping(policy).get("bindings") or ():
                if _mapping(binding).get("role") == role:
                    for member in binding.get("members") or ():
                        yield Grant(str(member), frozenset(), (node.words, role))

    def service_account(self, email: str) -> tuple[str, Any]:
        """The project of a service account, and what is known of the account; None where that is nothing."""
        if why_unread(self._projects) is not None:
            return "", self._projects
        for name, said in self._projects.items():
            accounts = _mapping(said).get("service_accounts")
            if isinstance(accounts, Mapping) and email in accounts:
                return name, accounts[email]
        project = self.project_named(_project_in(email))
        if project not in self._projects:
            return "", None
        accounts = _mapping(self._projects[project]).get("service_accounts")
        return project, accounts if why_unread(accounts) is not None else None


def _project_in(email: str) -> str:
    """The project in a service account's address, by its id or its number; empty where there is none."""
    name, _, domain = email.partition("@")
    if domain == "developer.gserviceaccount.com":
        return name.partition("-")[0]
    if domain == "appspot.gserviceaccount.com":
        return name
    return domain.removesuffix(".iam.gserviceaccount.com") if domain.endswith(".iam.gserviceaccount.com") else ""


def _open(node: Node) -> bool:
    """Whether somebody may have a role in it, or above it, whom nothing here says."""
    inside = "parent" not in node.said and not node.words.startswith("organisation")
    return node.said.get("policy") is None or not node.complete or inside


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def no_targets(_: str) -> tuple[Target, ...]:
    """For what is about no bucket: conditions see nothing that could be compared."""
    return (Target("", "", open=True),)
