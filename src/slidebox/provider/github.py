"""`slidebox:github:Repository`: a repository of a lab's organisation at GitHub, with who may do what in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provider.github_api import PUBLIC_API, GitHub, connect
from slidebox.provider.github_files import LIMITS, OURS, guards, is_ours, tags_in
from slidebox.provider.resource import Context, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.values import UNKNOWN, Properties, has_unknown
from slidebox.web import WebError

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_MARK = re.compile(r" \[slidebox ([0-9a-f]{16})\]$")
_LONGEST_DESCRIPTION = 350  # characters; GitHub's own limit
_RULESET = "slidebox"
_PROTECTION: Mapping[str, Any] = {
    "name": _RULESET,
    "target": "branch",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [{"type": "deletion"}, {"type": "non_fast_forward"}],
}
"""Nobody rewrites or deletes the branch that the data are in (docs.github.com, "Available rules for rulesets")."""

Connect = Callable[[str, str], GitHub]
"""Reaches GitHub for a store, by its name and its endpoint."""


class Repository(ResourceType):
    """A repository at GitHub.

    Its description ends in a mark, by which it is found again; one without it, or with another's, is left as it is.

    Parameters
    ----------
    connect
        How GitHub is reached.
    """

    token = "slidebox:github:Repository"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"endpoint", "account", "repository"})
    computed: ClassVar = frozenset({"cloneUrl", "branch", "protected"})
    stable: ClassVar = frozenset({"cloneUrl"})

    def __init__(self, connect: Connect = connect) -> None:
        self._connect = connect

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "location": ("string", "Id of the location: project/level@term@store."),
            "store": ("string", "Name of the store."),
            "endpoint": ("string", "Address of the API."),
            "account": ("string", "The organisation."),
            "repository": ("string", "Its name."),
            "description": ("string", "What it holds."),
            "public": ("boolean", "Whether anyone may read it."),
            "permissions": ("array", "Who may do what: each 'team:SLUG=PERMISSION' or 'user:LOGIN=PERMISSION'."),
            "members": ("string", "What every member of the organisation may do, as was found out."),
            "limits": ("object", "Largest file, and largest repository, in bytes."),
            "tracked": ("array", "What Git LFS keeps, as patterns."),
            "identities": ("object", "Whom of the lab each team and account stands for."),
            "tags": ("object", "The lab's tags."),
            "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
            "cloneUrl": ("string", "Where git finds it."),
            "branch": ("string", "Its default branch."),
            "protected": ("boolean", "Whether its default branch can be neither rewritten nor deleted."),
        }

    def required(self) -> tuple[str, ...]:
        """A repository has an organisation, a name, and readers."""
        return ("store", "account", "repository", "public")

    # Before anything is made

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs against GitHub: nobody else's repository of that name; ask what all members may do."""
        inputs = {"endpoint": PUBLIC_API, "permissions": [], "limits": {}, "tracked": [], **new}
        failures = missing(inputs, self.required())
        if failures or has_unknown({name: inputs[name] for name in self.required()}):
            return inputs, failures
        if not _NAME.fullmatch(str(inputs["repository"])):
            return inputs, [Failure("repository", f"{inputs['repository']!r} cannot be a repository's name")]
        github = self._github(inputs)
        self._own(context, github, inputs)
        return {**inputs, "members": _members(github, str(inputs["account"]))}, []

    def _github(self, inputs: Mapping[str, Any]) -> GitHub:
        return self._connect(str(inputs["store"]), str(inputs.get("endpoint") or PUBLIC_API))

    def _own(self, context: Context, github: GitHub, inputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The repository as it is there, if it is this resource's own; None where there is none.

        Raises
        ------
        InputError
            If it is somebody else's.
        """
        found = github.found(f"repos/{_full(inputs)}")
        if found is None:
            return None
        mark = _MARK.search(str(found.get("description") or ""))
        if mark is None or mark[1] != _mark(context):
            whose = "carries no mark of slidebox" if mark is None else "carries the mark of another resource"
            raise InputError(
                f"Repository {_full(inputs)} already exists at GitHub and {whose}; it is left as it is.",
                "Rename one of the two; if it is this lab's own, end its description with "
                f"'[slidebox {_mark(context)}]'.",
            )
        return found if isinstance(found, Mapping) else None

    # Making, looking, changing, removing

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the repository, private and with its mark at once, or take up the one that was made before."""
        github = self._github(inputs)
        if self._own(context, github, inputs) is None:
            github.call(
                "POST",
                f"orgs/{inputs['account']}/repos",
                {
                    "name": inputs["repository"],
                    "description": _description(context, inputs),
                    "private": True,
                    "has_issues": True,
                    "has_wiki": False,
                    "auto_init": True,
                    "delete_branch_on_merge": True,
                },
            )
        return _full(inputs), self._finish(context, github, inputs)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change it in place."""
        github = self._github(inputs)
        if self._own(context, github, inputs) is None:
            raise InputError(
                f"Repository {_full(inputs)} is gone.", "Run `pulumi refresh`, then `pulumi up` makes it again."
            )
        return self._finish(context, github, inputs)

    def _finish(self, context: Context, github: GitHub, inputs: Properties) -> Properties:
        try:
            return self._converge(context, github, inputs)
        except SlideboxError as error:
            reason = f"Repository {_full(inputs)} is not finished. {error}"
            raise PartialFailureError(_full(inputs), dict(inputs), reason) from error

    def _converge(self, context: Context, github: GitHub, inputs: Properties) -> Properties:
        """Close first, and open last."""
        path = f"repos/{_full(inputs)}"
        found = github.found(path)
        if found is None:
            raise UnreadableError(f"GitHub does not show {_full(inputs)} to this token.", "Give it access.")
        if not inputs["public"] and found.get("visibility") != "private":
            github.call("PATCH", path, {"private": True})
        if found.get("archived"):
            raise InputError(f"{_full(inputs)} is archived.", "Bring it back at GitHub, or keep the data elsewhere.")
        if found.get("description") != _description(context, inputs):
            github.call("PATCH", path, {"description": _description(context, inputs)})
        _permit(github, inputs)
        self._guard(context, github, inputs)
        protected = _protect(context, github, _full(inputs))
        if inputs["public"] and found.get("visibility") != "public":
            github.call("PATCH", path, {"private": False})
        branch = str(found.get("default_branch") or "main")
        return {**inputs, "cloneUrl": str(found["clone_url"]), "branch": branch, "protected": protected}

    def _guard(self, context: Context, github: GitHub, inputs: Properties) -> None:
        """Write the guards of sizes, but for files that somebody else has written."""
        for path, text in guards(inputs.get("limits") or {}, inputs.get("tracked") or (), inputs.get("tags")).items():
            there = github.text(_full(inputs), path)
            if there is None:
                github.write(_full(inputs), path, text, None)
            elif there[0] != text and is_ours(there[0]):
                github.write(_full(inputs), path, text, there[1])
            elif there[0] != text:
                context.log("warning", f"{path} in {_full(inputs)} is somebody else's, and stays as it is.")

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the repository."""
        account, _, name = id.partition("/")
        said = {"endpoint": PUBLIC_API, **inputs, "account": account, "repository": name}
        if not said.get("store"):
            raise InputError(f"{id} is imported, and nothing says in which store.", "Let `pulumi up` make it.")
        github = self._github(said)
        found = github.found(f"repos/{id}")
        if found is None:
            return None
        there = {
            **said,
            "description": _MARK.sub("", str(found.get("description") or "")),
            "public": found.get("visibility") == "public" if found.get("visibility") != "internal" else UNKNOWN,
            "permissions": sorted(_permissions(github, id)),
            "members": _members(github, account),
            "tags": tags_in((github.text(id, LIMITS) or ("", ""))[0]),
        }
        ruleset = next((r for r in github.all(f"repos/{id}/rulesets") if r.get("name") == _RULESET), None)
        outputs = {
            "cloneUrl": str(found["clone_url"]),
            "branch": str(found.get("default_branch") or "main"),
            "protected": ruleset is not None and ruleset.get("enforcement") == "active",
        }
        return Found(id, {**there, **outputs}, there)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the repository while nothing but slidebox's own files was ever in it."""
        github = self._github(state)
        if self._own(context, github, state) is None:
            return
        if content := _content(github, _full(state)):
            raise InputError(
                f"Repository {_full(state)} is not empty (it has {content}), so it is not deleted.",
                f"Archive it at GitHub; to keep it and only forget it: `pulumi state delete '{context.urn}'`.",
            )
        github.call("DELETE", f"repos/{_full(state)}")


def _full(inputs: Mapping[str, Any]) -> str:
    return f"{inputs['account']}/{inputs['repository']}"


def _mark(context: Context) -> str:
    """What tells this resource's repository from every other: digits of its stack and name."""
    return hashlib.sha256(f"{context.project}/{context.stack}/{context.name}".encode()).hexdigest()[:16]


def _description(context: Context, inputs: Mapping[str, Any]) -> str:
    mark = f" [slidebox {_mark(context)}]"
    text = " ".join(str(inputs.get("description") or inputs["repository"]).split())
    return text[: _LONGEST_DESCRIPTION - len(mark)] + mark


def _members(github: GitHub, account: str) -> str:
    """What every member of the organisation may do with its repositories; unknown where GitHub does not say."""
    found = github.found(f"orgs/{account}")
    if found is None:
        raise InputError(f"GitHub shows this token no organisation {account!r}.", "Correct `account` in lab.yaml.")
    return str(found.get("default_repository_permission") or UNKNOWN)


# Who may do what


_ROLES = {"pull": "pull", "read": "pull", "push": "push", "write": "push"}


def _permissions(github: GitHub, full: str) -> set[str]:
    """Who may do what by name: teams, people who were let in, and people who are invited."""
    found = {f"team:{team['slug']}={_role(team.get('permission'))}" for team in github.all(f"repos/{full}/teams")}
    for one in github.all(f"repos/{full}/collaborators", affiliation="direct"):
        found.add(f"user:{one['login']}={_role(one.get('role_name'))}")
    for one in github.all(f"repos/{full}/invitations"):
        login = (one.get("invitee") or {}).get("login") or one.get("email") or UNKNOWN
        found.add(f"user:{login}={_role(one.get('permissions'))}")
    return found


def _role(said: Any) -> str:
    return _ROLES.get(str(said), str(said))


def _permit(github: GitHub, inputs: Properties) -> None:
    """Take away what is not declared, then give what is."""
    full, account = _full(inputs), inputs["account"]
    wanted = _by_who(inputs.get("permissions") or ())
    there = _by_who(_permissions(github, full))
    for kind, name in sorted(set(there) - set(wanted)):
        if kind == "team":
            github.call("DELETE", f"orgs/{account}/teams/{name}/repos/{full}")
        else:
            _let_go(github, full, name)
    for (kind, name), permission in sorted(wanted.items()):
        if there.get((kind, name)) == permission:
            continue
        path = f"orgs/{account}/teams/{name}/repos/{full}" if kind == "team" else f"repos/{full}/collaborators/{name}"
        try:
            github.call("PUT", path, {"permission": permission})
        except WebError as error:
            if error.status != 404:
                raise
            raise InputError(
                f"GitHub knows no {kind} {name!r} in {account}.", "Correct its identity in lab.yaml."
            ) from error


def _let_go(github: GitHub, full: str, login: str) -> None:
    """Take a person's access away, or the invitation."""
    for one in list(github.all(f"repos/{full}/invitations")):
        if login in ((one.get("invitee") or {}).get("login"), one.get("email")):
            github.call("DELETE", f"repos/{full}/invitations/{one['id']}")
            return
    github.call("DELETE", f"repos/{full}/collaborators/{login}")


def _by_who(permissions: Sequence[str] | set[str]) -> dict[tuple[str, str], str]:
    found = {}
    for entry in permissions:
        who, _, permission = str(entry).rpartition("=")
        kind, _, name = who.partition(":")
        found[kind, name] = permission
    return found


# Protection and content


def _protect(context: Context, github: GitHub, full: str) -> bool:
    """Have the default branch protected; whether it is. GitHub's free plan protects public repositories only."""
    try:
        there = [r for r in github.all(f"repos/{full}/rulesets") if r.get("name") == _RULESET]
        if not there:
            github.call("POST", f"repos/{full}/rulesets", _PROTECTION)
        elif there[0].get("enforcement") != "active":
            github.call("PUT", f"repos/{full}/rulesets/{there[0]['id']}", _PROTECTION)
    except WebError as error:
        if error.status != 403:
            raise
        context.log("warning", f"The branch of {full} is not protected: {error.message}")
        return False
    return True


def _content(github: GitHub, full: str) -> str:
    """What a repository has beside slidebox's own files, in words; nothing if it has nothing."""
    tree = github.found(f"repos/{full}/contents/")
    names = {str(entry.get("path")) for entry in tree} if isinstance(tree, list) else set()
    others = sorted(names - {path.split("/")[0] for path in OURS})
    if others:
        return ", ".join(others[:3])
    # What was deleted again is still in the history.
    if any(not _is_own_commit(commit) for commit in github.all(f"repos/{full}/commits")):
        return "commits of others"
    if len(list(github.all(f"repos/{full}/branches"))) > 1:
        return "other branches"
    if list(github.all(f"repos/{full}/tags")):
        return "tags"
    return ""


def _is_own_commit(commit: Mapping[str, Any]) -> bool:
    message = str((commit.get("commit") or {}).get("message", ""))
    return message == "Initial commit" or message.removeprefix("slidebox: ") in OURS
