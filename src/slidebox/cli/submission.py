"""`slidebox submission`: check, write and send what a public archive of images asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from slidebox.cli.console import Output
from slidebox.cli.sending import status, submit
from slidebox.cli.submitting import faults_of, levels_of, project_of, read_folder, show, tables_of
from slidebox.cli.transferring import datasets, files
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Lab, Level
from slidebox.provenance import Manifest, decode
from slidebox.report.found import counted
from slidebox.submission import (
    check_files,
    file_list_of,
    files_to_json,
    files_to_tsv,
    name_of,
    page,
    study_text,
    to_json,
    to_tsv,
)

json_flag = click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
which = click.option("--dataset", "asked", multiple=True, metavar="LEVEL", help="Only this dataset; may be repeated.")


@click.group()
def command() -> None:
    """Check, write and send what a public archive of images asks for.

    IDR takes a study file and tables; the BioImage Archive takes PageTab and lists of files. Both are made
    from the project's `study` and the lab's people.
    """


command.add_command(submit)
command.add_command(status)


@command.command()
@click.argument("what", metavar="PROJECT|FOLDER")
@which
@json_flag
@click.pass_obj
def check(lab_dir: Path | None, what: str, asked: tuple[str, ...], as_json: bool) -> int:
    """Find every fault of a submission at once, without a network.

    Of a project: what its declaration lacks, and the tables that it names. Of a folder: its study, library,
    annotation, processed and plate files, and PageTab. Exit code 1 where there is a fault.
    """
    output = Output(as_json)
    folder = Path(what)
    if folder.is_dir() and not asked:
        found = read_folder(folder)
        if not found:
            raise InputError(
                f"{what} has no file of a submission.",
                "They end in -study.txt, -library.csv, -annotation.csv, -processed.csv or -plates.tsv.",
            )
        faults, names = check_files(found), sorted(found)
    else:
        root, lab = project_of(lab_dir, what)
        levels = levels_of(lab, what, asked)
        faults = faults_of(root, lab, what, levels)
        names = [f"projects/{what}.yaml", *sorted(tables_of(root, lab, what))]
    show(output, faults)
    said = counted(len(faults), "fault") if faults else "no fault"
    output.say(f"{files(len(names))} read: {said}")
    output.document({"files": names, "faults": [asdict(fault) for fault in faults]})
    return int(bool(faults))


@command.command()
@click.argument("project", metavar="PROJECT")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@which
@click.option(
    "--crate",
    "crates",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The ro-crate-metadata.json of a dataset; read from where the dataset lies if not given.",
)
@json_flag
@click.pass_obj
def write(
    lab_dir: Path | None, project: str, folder: Path, asked: tuple[str, ...], crates: tuple[Path, ...], as_json: bool
) -> int:
    """Write PageTab, lists of files and IDR's study file into a folder.

    The lists have each file with its size and SHA-256, from the dataset's manifest. Nothing is written, and
    the exit code is 1, where the declaration lacks something.
    """
    output = Output(as_json)
    root, lab = project_of(lab_dir, project)
    levels = levels_of(lab, project, asked)
    faults = faults_of(root, lab, project, levels)
    if faults:
        show(output, faults)
        output.say("Nothing was written.")
        output.document({"written": [], "faults": [asdict(fault) for fault in faults]})
        return 1
    manifests = _manifests(lab_dir, lab, project, levels, crates)
    texts = texts_of(lab, project, levels, manifests)
    _write(folder, {**texts, **{Path(name).name: data for name, data in tables_of(root, lab, project).items()}})
    for name in sorted(texts):
        output.say(f"{folder / name}")
    total = sum(len(manifest.files) for manifest in manifests.values())
    output.say(f"{len(texts)} documents about {files(total)} in {len(levels)} datasets")
    output.document({"written": sorted(texts), "faults": [], "files": total})
    return 0


def texts_of(
    lab: Lab, project: str, levels: Sequence[Level], manifests: Mapping[Level, Manifest], accession: str = ""
) -> dict[str, bytes]:
    """Every document of a submission, by its name."""
    found = {
        "submission.tsv": to_tsv(page(lab, project, levels, accession=accession)),
        "submission.json": to_json(page(lab, project, levels, ending="json", accession=accession)),
        f"{name_of(lab, lab.projects[project])}-study.txt": study_text(lab, project, levels),
    }
    for level, manifest in manifests.items():
        found[file_list_of(level)] = files_to_tsv(manifest.files, level.value)
        found[file_list_of(level, "json")] = files_to_json(manifest.files, level.value)
    return {name: text.encode("utf-8") for name, text in found.items()}


def _manifests(
    lab_dir: Path | None, lab: Lab, project: str, levels: Sequence[Level], crates: Sequence[Path]
) -> dict[Level, Manifest]:
    """The manifest of each dataset, from the files given, else from where the dataset lies."""
    given = {}
    for path in crates:
        try:
            manifest = decode(path.read_bytes(), str(path))
        except OSError as error:
            raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
        given[manifest.dataset] = manifest
    wanted = {level: lab.projects[project].dataset_id(level) for level in levels}
    if strange := sorted(set(given) - set(wanted.values())):
        raise InputError(f"{strange[0]} is none of the datasets to submit.", f"They are {', '.join(wanted.values())}.")
    there = datasets(lab_dir) if set(wanted.values()) - set(given) else None
    return {level: given.get(name) or there.peek(name) for level, name in wanted.items()}  # type: ignore[union-attr]


def _write(folder: Path, texts: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in texts.items():
            draft = folder / f".{name}.new"
            draft.write_bytes(data)
            draft.replace(folder / name)
    except OSError as error:
        raise UnreadableError(f"{folder} cannot be written: {error.strerror}.") from error
