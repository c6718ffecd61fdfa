"""What to write beside a dataset, from what the lab has declared and from the step that was run."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from slidebox.errors import InputError
from slidebox.model import Dataset, Lab, Level, Project
from slidebox.provenance import Manifest, Parent, StepRun, Value, digest, encode, inherit

# People write these themselves; every other level with parents is made by a program.
_WRITTEN_BY_PEOPLE = frozenset({Level.METADATA, Level.PIPELINES})

UNCOMMITTED = "uncommitted_changes"
"""The parameter that says that the pipeline's folder had changes that no commit has."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, slots=True)
class StepGiven:
    """What is said about the step when a dataset is put; it goes before what the project file says.

    Attributes
    ----------
    repository, commit, container
        As in the project file; empty where nothing is said.
    parameters
        Added to those of the project file.
    date
        The day it ran.
    pipeline
        The folder of the pipeline's Git clone, to take repository and commit from.
    """

    repository: str = ""
    commit: str = ""
    container: str = ""
    parameters: Mapping[str, Value] | None = None
    date: dt.date | None = None
    pipeline: Path | None = None


@dataclass(frozen=True, slots=True)
class ReadParent:
    """A parent as it was found.

    Attributes
    ----------
    dataset
        Its id.
    manifest
        What lies beside it; None where it cannot be read.
    """

    dataset: str
    manifest: Manifest | None

    @property
    def reference(self) -> Parent:
        """What the child writes down about it."""
        return Parent(self.dataset, digest(encode(self.manifest)) if self.manifest else None)


def draft(
    lab: Lab,
    dataset_id: str,
    *,
    parents: Sequence[ReadParent],
    step: StepRun | None,
    metadata: Mapping[str, str],
    today: dt.date,
) -> Manifest:
    """The manifest of a dataset but for its files.

    Parameters
    ----------
    lab
        What is declared.
    dataset_id
        ``project/level``.
    parents
        The datasets it was made from, with their manifests.
    step
        How it was made from them.
    metadata
        What is known about it besides what comes down from the parents.
    today
        The day it is put.
    """
    project, level, dataset = declared(lab, dataset_id)
    owner = lab.file.people[project.owner]
    words = level.replace("_", " ")
    made_from = f", made from {', '.join(p.dataset for p in parents)}" if parents else ""
    source = f", from {dataset.source}" if dataset.source else ""
    own = {"project": project.title, "laboratory": lab.file.title}
    return Manifest(
        dataset=dataset_id,
        title=f"{project.title}: {words}",
        description=f"The {words} of project {project.project} of {lab.file.title}{source}{made_from}.",
        published=today.isoformat(),
        origin=dataset.origin,
        sensitivity=dataset.sensitivity,
        licence=dataset.licence,
        owner=owner.name,
        owner_id=owner.orcid or "",
        metadata=inherit({**own, **metadata}, [p.manifest for p in parents if p.manifest]),
        parents=tuple(sorted(p.reference for p in parents)),
        step=step,
    )


def declared(lab: Lab, dataset_id: str) -> tuple[Project, Level, Dataset]:
    """Project, level and declaration of a dataset.

    Raises
    ------
    InputError
        If the lab has not declared it; the message names what it has.
    """
    name, _, word = dataset_id.partition("/")
    project = lab.projects.get(name)
    if project is None:
        raise InputError(
            f"The lab has no project {name!r}.", f"Its projects are {', '.join(sorted(lab.projects)) or 'none yet'}."
        )
    level = next((known for known in project.datasets if known == word), None)
    if level is None:
        raise InputError(
            f"Project {name!r} has no dataset {word!r}."
            if word
            else f"{dataset_id!r} names a project and no dataset of it; write it as {name}/LEVEL.",
            f"Its datasets are {', '.join(project.datasets)}.",
        )
    return project, level, project.datasets[level]


def step_run(
    lab: Lab, dataset_id: str, given: StepGiven, today: dt.date, run: Run = subprocess.run
) -> tuple[StepRun | None, tuple[str, ...]]:
    """The step that made a dataset: what is said now, before what the project file says.

    Returns
    -------
    tuple
        The step, None where the dataset has no parents; and what a person should know about it.

    Raises
    ------
    InputError
        If the dataset is derived and nothing says by which pipeline, or the commit is none.
    """
    _, level, dataset = declared(lab, dataset_id)
    says = any((given.repository, given.commit, given.container, given.parameters, given.pipeline))
    if not says and (not dataset.parents or (dataset.step is None and level in _WRITTEN_BY_PEOPLE)):
        return None, ()
    step = StepRun.from_declared(dataset.step) if dataset.step else StepRun("", "")
    notes: tuple[str, ...] = ()
    parameters: dict[str, Value] = dict(step.parameters)
    if given.pipeline:
        repository, commit, changed = git_version(given.pipeline, run)
        # The clone may be a fork or have no origin: what is declared names the pipeline better.
        step = replace(step, repository=step.repository or repository, commit=commit, date=today)
        if changed:
            parameters[UNCOMMITTED] = True
            notes = (f"{given.pipeline} has changes that are in no commit; the step says so",)
    parameters |= given.parameters or {}
    step = replace(
        step,
        repository=given.repository or step.repository,
        commit=given.commit or step.commit,
        container=given.container or step.container,
        parameters=tuple(sorted(parameters.items())),
        date=given.date or step.date or today,
    )
    missing = [name for name in ("repository", "commit") if not getattr(step, name)]
    if missing:
        raise InputError(
            f"{dataset_id} was made from other data, and nothing says the {' and '.join(missing)} of the pipeline.",
            "Write the step into the project file, or give --pipeline FOLDER, or --step-repository and --step-commit.",
        )
    return step, notes


def git_version(folder: Path, run: Run = subprocess.run) -> tuple[str, str, bool]:
    """Address, commit and uncommitted changes of a Git clone; the address without any user or password.

    Raises
    ------
    InputError
        If the folder is no Git clone with a commit.
    """

    def git(*words: str) -> str | None:
        try:
            done = run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "--verify", "HEAD")
    if not commit:
        raise InputError(
            f"{folder} is not a Git clone with a commit, so the step has no version.",
            "Name the pipeline's clone, or give --step-commit.",
        )
    return _without_user(git("remote", "get-url", "origin") or ""), commit, bool(git("status", "--porcelain", "-uno"))


def _without_user(address: str) -> str:
    """An address without the user and the token that some clones carry in it."""
    parts = urlsplit(address)
    if not parts.scheme or not parts.hostname:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
