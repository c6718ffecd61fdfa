"""What stewards have decided about readers, as edits of a project's file. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from slidebox.access.review import REVOKE, Row
from slidebox.labfile.editing import NotEditedError, with_key, without
from slidebox.model import PUBLIC, Audience, Lab, Level, Project

OUTSIDE = "_lab"
"""In the place of a project, for what nothing declares: no project's name begins so."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A project's file after some revocations.

    Attributes
    ----------
    text
        The whole file.
    done
        A sentence for each edit.
    left
        A sentence for each revocation that no edit of this file carries out, with what to do.
    """

    text: str
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def about(row: Row) -> str:
    """The id under which the record keeps a decision: the dataset, or what nothing declares."""
    return row.dataset or f"{OUTSIDE}/{row.location}"


def may_decide(lab: Lab, name: str, row: Row) -> bool:
    """Whether somebody answers for a row: an owner or a steward of the data, or one of the lab's auditors.

    Parameters
    ----------
    lab
        What is declared.
    name
        A person of lab.yaml.
    row
        What is decided about; what nothing declares is for the auditors, and for every owner where there are none.
    """
    if _includes(lab, lab.file.auditors, name):
        return True
    project = lab.project_of(row.dataset) if row.dataset else None
    if project is None:
        return not lab.file.auditors and any(one.owner == name for one in lab.projects.values())
    level = row.dataset.partition("/")[2]
    stewards = project.audience_of(Level(level)).steward if level in project.datasets else ()
    return name == project.owner or _includes(lab, stewards, name)


def _includes(lab: Lab, names: Iterable[str], person: str) -> bool:
    return any(person == name or person in _members(lab, name) for name in names)


def _members(lab: Lab, name: str) -> tuple[str, ...]:
    team = lab.file.teams.get(name)
    return team.members if team else ()


def edited(text: str, lab: Lab, project: Project, rows: Iterable[Row]) -> Edited:
    """A project's file with what was revoked taken out of its audiences.

    Parameters
    ----------
    text
        The file.
    lab, project
        What is declared.
    rows
        Decisions about the project's datasets; others are passed over.
    """
    revoked: dict[tuple[str, str], set[Level]] = {}
    for row in rows:
        name, _, level = row.dataset.partition("/")
        if row.decision == REVOKE and name == project.project and level in project.datasets:
            revoked.setdefault((row.principal, row.location), set()).add(Level(level))
    whom: dict[str, set[Level]] = {}
    where: dict[str, str] = {}
    for (principal, location), levels in revoked.items():
        whom.setdefault(principal, set()).update(levels)
        where.setdefault(principal, location)
    state = Edited(text)
    for principal in sorted(whom):
        state = _without(state, lab, project, principal, whom[principal], where[principal])
    return state


def _without(
    state: Edited, lab: Lab, project: Project, principal: str, levels: Collection[Level], location: str
) -> Edited:
    name = PUBLIC if principal == "anyone" else principal.partition(":")[2]
    named = [level for level in levels if name in project.audience_of(level).everyone]
    if not named or principal.startswith("account:"):
        return Edited(state.text, state.done, (*state.left, _elsewhere(lab, project, principal, levels, location)))
    own = [level for level in named if project.datasets[level].audience]
    shared = [level for level in named if level not in own]
    users = [level for level, dataset in project.datasets.items() if not dataset.audience]
    try:
        text, done = state.text, list(state.done)
        for level in sorted(own):
            text = _from_all(text, ("datasets", level.value, "audience"), project.audience_of(level), name)
            done.append(f"{name} is no longer in the audience of {project.dataset_id(level)}")
        if shared and {*users} <= {*shared}:
            text = _from_all(text, ("audience",), project.audience, name)
            done.append(f"{name} is no longer in the audience of {project.project}")
        elif shared:
            for level in sorted(shared):
                text = _narrowed(text, level, project.audience, name)
                done.append(f"{project.dataset_id(level)} has an audience of its own, without {name}")
    except NotEditedError as error:
        said = f"{name} has to be taken out of projects/{project.project}.yaml by hand: {error}."
        return Edited(state.text, state.done, (*state.left, said))
    return Edited(text, tuple(done), state.left)


def _from_all(text: str, path: tuple[str, ...], audience: Audience, name: str) -> str:
    for role, names in _roles(audience).items():
        if name in names:
            text = without(text, (*path, role), name)
    return text


def _narrowed(text: str, level: Level, audience: Audience, name: str) -> str:
    """A dataset with its project's audience as its own, without somebody; taken out of it where it is there already."""
    path = ("datasets", level.value)
    try:
        kept = {role: [one for one in names if one != name] for role, names in _roles(audience).items()}
        return with_key(text, path, "audience", {role: names for role, names in kept.items() if names})
    except NotEditedError as error:
        if "already" not in str(error):
            raise
        return _from_all(text, (*path, "audience"), audience, name)


def _roles(audience: Audience) -> Mapping[str, tuple[str, ...]]:
    found = {role: getattr(audience, role) for role in ("reader", "contributor", "steward")}
    return {role: names for role, names in found.items() if names}


def _elsewhere(lab: Lab, project: Project, principal: str, levels: Collection[Level], location: str) -> str:
    """What to do about somebody whom the project file does not name itself."""
    name = principal.partition(":")[2]
    teams = sorted(
        {one for level in levels for one in project.audience_of(level).everyone if name in _members(lab, one)}
    )
    if principal.startswith("person:") and teams:
        return f"{name} is a member of team {teams[0]}: take {name} out of it in lab.yaml, or name the others instead."
    if principal == "anyone" and any(project.public_in(level, project.activity_of(level).term) for level in levels):
        return f"{project.project} is declared public by `public_from`: change that in projects/{project.project}.yaml."
    return f"{principal} is in no audience of {project.project}: take the access away at {location}, where it stands."
