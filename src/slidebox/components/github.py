"""GitHub: a dataset's repository, with its readers, its guards of sizes and what Git LFS keeps in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from slidebox.access.declared import principal as principal_of
from slidebox.clouds.grants import Grant, grants_of, principals_of
from slidebox.components.elsewhere import Elsewhere
from slidebox.components.resources import Document, _Named, _options, _properties
from slidebox.model import PUBLIC, Level, Role, System
from slidebox.naming import repository_name
from slidebox.provider.github_api import PUBLIC_API
from slidebox.provider.github_files import limits_of, patterns
from slidebox.systems import load_systems

PERMISSIONS: Mapping[Role, str] = {Role.READER: "pull", Role.CONTRIBUTOR: "push", Role.STEWARD: "maintain"}
"""The role of a repository for each role of an audience (docs.github.com, "Repository roles for an organization")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryArgs:
    """A repository.

    Attributes
    ----------
    location, store
        Id of the location, and its store.
    endpoint, account, repository
        Address of the API, the organisation, and the name.
    description
        What it holds.
    public
        Whether anyone may read it.
    permissions, identities
        Who may do what, and whom of the lab each team and account stands for.
    limits, tracked
        Largest file and repository in bytes; what Git LFS keeps.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: str
    endpoint: str
    account: str
    repository: str
    description: str
    public: bool
    permissions: Sequence[str] = ()
    identities: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    tracked: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Repository(_Named):
    """`slidebox:github:Repository`."""

    clone_url: pulumi.Output[str]
    """Where git finds it."""
    branch: pulumi.Output[str]
    """Its default branch."""

    names: ClassVar[Mapping[str, str]] = {"clone_url": "cloneUrl"}

    def __init__(self, name: str, args: RepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "slidebox:github:Repository",
            name,
            _properties(args, ("clone_url", "branch", "protected")),
            _options(opts),
        )


class GithubLocation(pulumi.ComponentResource):
    """A dataset's repository."""

    def __init__(self, name: str, args: RepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:index:GithubLocation", name, None, opts)
        self.repository = Repository(name, args, pulumi.ResourceOptions(parent=self))


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register the repository of a location.

    Parameters
    ----------
    name
        Name of its resources.
    place
        The location.

    Returns
    -------
    Mapping
        ``path`` (the organisation and the name), ``url`` for git, and its ``branch``.
    """
    candidate, store = place.candidate, place.store
    project = place.lab.projects[candidate.dataset.partition("/")[0]]
    level = Level(candidate.dataset.partition("/")[2])
    grants, nameless = grants_of(place.lab.file, candidate.store, _audience(place))
    if nameless:
        pulumi.log.warn(
            f"{', '.join(nameless)} get no access to {candidate.id}: nothing says who they are at GitHub. "
            f"Write `identities: {{{candidate.store}: LOGIN}}` in lab.yaml, for a team its slug."
        )
    made = GithubLocation(
        name,
        RepositoryArgs(
            location=candidate.id,
            store=candidate.store,
            endpoint=store.endpoint or PUBLIC_API,
            account=str(store.account),
            repository=repository_name(candidate.dataset),
            description=f"{project.title}: {level.replace('_', ' ')}",
            public=place.args.public,
            permissions=permissions(grants),
            identities=principals_of(grants, candidate.store),
            limits=limits_of(load_systems(place.lab.file.playbook), store.system),
            tracked=patterns(project.datasets[level].formats) if store.system is System.GITHUB_LFS else (),
            tags=place.args.tags,
            facts=place.args.facts,
        ),
    ).repository
    return {
        "path": f"{store.account}/{repository_name(candidate.dataset)}",
        "url": made.clone_url,
        "branch": made.branch,
    }


def _audience(place: Elsewhere) -> dict[str, dict[str, Any]]:
    """The roles of each principal; GitHub gives no access that ends by itself, so each `pulumi up` takes it away."""
    project = place.lab.projects[place.candidate.dataset.partition("/")[0]]
    audience = project.audience_of(Level(place.candidate.dataset.partition("/")[2]))
    found: dict[str, dict[str, Any]] = {}
    for role in Role:
        for name in audience.of(role):
            if name != PUBLIC:
                said = found.setdefault(principal_of(place.lab, name), {"roles": [], "until": "none"})
                said["roles"].append(role)
    return found


def permissions(grants: Sequence[Grant]) -> list[str]:
    """The most that each team and account may do."""
    order = list(PERMISSIONS.values())
    found: dict[str, str] = {}
    for grant in grants:
        who = f"{'team' if grant.principal.startswith('team:') else 'user'}:{grant.identity}"
        found[who] = max(found.get(who, order[0]), PERMISSIONS[grant.role], key=order.index)
    return sorted(f"{who}={permission}" for who, permission in found.items())
