"""`slidebox adopt`: declare what a store has already, just as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from slidebox import labfile
from slidebox.adoption import About, Taken
from slidebox.cli.adopted import say_adopted, say_names
from slidebox.cli.adopting import Source, adopt, look_again, write_again, write_new
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.model import Activity, Lab, Level, Origin, Sensitivity
from slidebox.model.lab import Name
from slidebox.naming import bucket_of, folder_of


@click.command(name="adopt")
@click.argument("store", metavar="STORE")
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    metavar="NAME=LEVEL",
    help="A bucket, container or folder to take over, and the level of its data. More than one may be given.",
)
@click.option(
    "--terraform",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Read a Terraform state, or the output of `terraform show -json`, in place of the store.",
)
@click.option("--project", metavar="NAME", help="The project that will have them: a new one.")
@click.option("--title", help="What it is about; its name if not given.")
@click.option("--owner", metavar="PERSON", help="Who answers for it, and for what falls short.")
@click.option(
    "--sensitivity", type=click.Choice([s.value for s in Sensitivity]), help="Who could be harmed by a reader."
)
@click.option("--origin", type=click.Choice([o.value for o in Origin]), default="lab", help="Where the data came from.")
@click.option(
    "--activity", type=click.Choice([a.value for a in Activity]), default="active", help="How much it is used."
)
@click.option("--agreement", metavar="NAME", help="The agreement that the data came under.")
@click.option("--source", help="Data of public origin: where they can be had again.")
@click.option("--licence", help="Data of public origin: under which licence.")
@click.option("--size", metavar="SIZE", help="How much there is, such as 2.4TB: then nothing is counted.")
@click.option("--files", type=click.IntRange(min=0), help="How many files there are, with --size.")
@click.option("--again", is_flag=True, help="Look again at what --project has taken over, and write its record anew.")
@click.option("--dry-run", is_flag=True, help="Show the project's file, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(
    lab_dir: Path | None,
    /,
    *,
    store: str,
    buckets: tuple[str, ...],
    terraform: Path | None,
    project: str | None,
    title: str | None,
    owner: str | None,
    size: str | None,
    files: int | None,
    again: bool,
    dry_run: bool,
    as_json: bool,
    **said: str | None,
) -> int:
    """Declare what STORE has already, just as it is.

    Without --bucket it lists what is there. With it, the project's file and the record of what was
    found are written: the next `pulumi up` imports them and changes nothing. What falls short is said,
    and set aside for 90 days in the owner's name, as far as the rules allow. Nothing at the store is
    changed.
    """
    output = Output(as_json)
    root = labfile.find_root(lab_dir or Path.cwd())
    source = Source(root, _lab(root), store, terraform, output)
    if again:
        if buckets:
            raise InputError(
                "--bucket does not go with --again.", "All that --project has taken over in the store is looked at."
            )
        adoption = look_again(source, project)
        written = () if dry_run else (write_again(root, adoption),)
        say_adopted(output, adoption, written, again=True)
        return int(bool(adoption.refusals))
    if not buckets:
        say_names(output, store, source.names(), _declared(source.lab, store), terraform)
        return 0
    wanted = _wanted(buckets)
    about = _about(source.lab, project, title, owner, said)
    _must_be_new(root, about.project)
    _must_be_free(source, [name for name, _ in wanted])
    taken = [
        Taken(existing := source.existing(name), level, source.content(existing, size, files)) for name, level in wanted
    ]
    adoption = adopt(source, taken, about)
    say_adopted(output, adoption, () if dry_run else write_new(root, adoption))
    return int(bool(adoption.refusals))


def _lab(root: Path) -> Lab:
    """The lab, which may have no project yet: then this is its first."""
    if any((root / labfile.PROJECTS).glob("*")):
        return labfile.load(root)
    return Lab(file=labfile.load_lab_file(root), projects={})


def _wanted(words: tuple[str, ...]) -> list[tuple[str, Level]]:
    """The places to take over, each a dataset of its own.

    Raises
    ------
    InputError
        If two would be one dataset.
    """
    wanted = [_named(word) for word in words]
    names: dict[Level, str] = {}
    for name, level in wanted:
        if names.setdefault(level, name) != name:
            raise InputError(
                f"{names[level]!r} and {name!r} would both be the {level} of one project.",
                "Take each over into a project of its own.",
            )
    return list(dict.fromkeys(wanted))


def _named(word: str) -> tuple[str, Level]:
    """The name and the level of ``NAME=LEVEL``; the level may stand in the name itself."""
    name, _, level = word.rpartition("=") if "=" in word else (word, "", "")
    if level and level not in set(Level):
        raise InputError(f"{level!r} is no level of data.", f"The levels are {', '.join(Level)}.")
    if level:
        return name, Level(level)
    plain = name.replace("-", "_").lower()
    guessed = [one for one in Level if one in plain]
    if len(guessed) != 1:
        raise InputError(
            f"Nothing says which level of data {name!r} holds.",
            f"Write --bucket {name}=LEVEL; the levels are {', '.join(Level)}.",
        )
    return name, guessed[0]


def _about(lab: Lab, project: str | None, title: str | None, owner: str | None, said: dict[str, str | None]) -> About:
    """What a person has said of the data; what nobody can guess has to be said."""
    needed = {"--project": project, "--owner": owner, "--sensitivity": said["sensitivity"]}
    if missing := [option for option, value in needed.items() if not value]:
        raise InputError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
            "No store knows which project data belong to, who answers for them, and who could be harmed by a reader: "
            f"sensitivity is one of {', '.join(Sensitivity)}.",
        )
    assert project and owner
    try:
        TypeAdapter(Name).validate_python(project)
    except ValidationError:
        raise InputError(
            f"{project!r} is no name of a project.",
            "Use lower-case letters, digits and single hyphens, beginning with a letter, 40 at most.",
        ) from None
    if owner not in lab.file.people:
        raise InputError(f"{owner!r} is nobody in lab.yaml.", f"The people are {', '.join(sorted(lab.file.people))}.")
    return About(
        project=project,
        title=title or project,
        owner=owner,
        sensitivity=Sensitivity(said["sensitivity"] or ""),
        origin=Origin(said["origin"] or ""),
        activity=Activity(said["activity"] or ""),
        agreement=said["agreement"],
        source=said["source"],
        licence=said["licence"],
    )


def _must_be_new(root: Path, project: str) -> None:
    declared, record = f"{labfile.PROJECTS}/{project}.yaml", labfile.record_file(project)
    if (root / declared).exists():
        raise InputError(
            f"There is {declared} already; it is left as it is.", "Choose another --project, or move it away."
        )
    if (root / record).exists():
        raise InputError(
            f"There is {record} already; it is left as it is.",
            "But no project has it: one was removed, or an `adopt` was killed. Remove it, or choose another --project.",
        )


def _must_be_free(source: Source, names: Sequence[str]) -> None:
    """Say at once, before anything is counted, that a dataset of the lab has a place already."""
    declared = _declared(source.lab, source.store)
    for name in names:
        if name in declared:
            raise InputError(
                f"{name} in {source.store} is {declared[name]} already.", "What one project has, no other takes over."
            )


def _declared(lab: Lab, store: str) -> dict[str, str]:
    """The datasets of the lab by the name that each has, or would have, at a store."""
    ids = [project.dataset_id(level) for project in lab.projects.values() for level in project.datasets]
    is_drive = lab.file.stores[store].kind == "drive" if store in lab.file.stores else False
    named = folder_of if is_drive else bucket_of
    return {named(lab, dataset, store): dataset for dataset in ids}
