"""Taking over what a store has: read it, declare it, ask the rules, write it down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slidebox import labfile
from slidebox.adoption import (
    About,
    Content,
    Existing,
    Keyless,
    Reader,
    Taken,
    keyless,
    project_of,
    record_of,
    strangers,
    waivers_for,
)
from slidebox.cli.checking import Answer, check, own_rules
from slidebox.cli.console import Output
from slidebox.errors import DeclarationError, InputError, UnreadableError
from slidebox.labfile import Record
from slidebox.model import Finding, Lab, Project
from slidebox.policy import Rules
from slidebox.quantities import Size, human_bytes


@dataclass(frozen=True)
class Adoption:
    """What was taken over.

    Attributes
    ----------
    lab
        The lab with the new project.
    project, record
        The project, with its waivers, and the record of what was found.
    taken
        The places.
    answer
        What the rules say of it now.
    """

    lab: Lab
    project: Project
    record: Record
    taken: Sequence[Taken]
    answer: Answer

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What no waiver sets aside: `pulumi up` refuses it."""
        return tuple(finding for finding in self.answer.findings if finding.refuses)

    @property
    def project_file(self) -> str:
        """The text of the project's file."""
        return labfile.dump(self.lab)[f"{labfile.PROJECTS}/{self.project.project}.yaml"]

    @property
    def keyless(self) -> tuple[Keyless, ...]:
        """How each key that does not end can be replaced."""
        stores = self.lab.file.stores
        return tuple(way for one in self.taken for way in keyless(one.existing, stores[one.existing.store]))

    @property
    def strangers(self) -> dict[str, tuple[str, ...]]:
        """Who has access and is nobody that lab.yaml knows, by store."""
        return strangers(self.lab.file, [one.existing for one in self.taken])


@dataclass(frozen=True)
class Source:
    """Where what is there is read: the store itself, or a file of Terraform's."""

    root: Path
    lab: Lab
    store: str
    terraform: Path | None
    output: Output

    def _of_terraform(self) -> tuple[Existing, ...]:
        from slidebox.adoption.terraform import read_terraform, terraform_document  # noqa: PLC0415

        assert self.terraform
        if self.store not in self.lab.file.stores:
            stores = ", ".join(sorted(self.lab.file.stores))
            raise InputError(f"The lab file declares no store {self.store!r}.", f"Its stores: {stores}.")
        file = self.lab.file
        return read_terraform(terraform_document(self.terraform), self.store, file.stores[self.store], file.lab)

    def names(self) -> tuple[str, ...]:
        """What is there."""
        if self.terraform:
            return tuple(sorted(one.name for one in self._of_terraform()))
        with self.output.working(f"listing {self.store}"):
            return self._reader().names()

    def existing(self, name: str) -> Existing:
        """One place."""
        if self.terraform is None:
            with self.output.working(f"reading {name}"):
                return self._reader().existing(name)
        found = {one.name: one for one in self._of_terraform()}
        if name not in found:
            there = ", ".join(sorted(found)) or "none"
            raise InputError(f"{self.terraform} has no bucket {name!r} of {self.store!r}.", f"It has: {there}.")
        return found[name]

    def content(self, existing: Existing, size: str | None, files: int | None) -> Content:
        """How much there is in it: as somebody says, or counted."""
        if size is not None:
            try:
                whole = Size.parse(size).bytes
            except ValueError as error:
                raise InputError(f"--size: {error}.", "Write a number with its unit.") from error
            if files is None:
                raise InputError("--size goes with --files.", "Say how many files there are.")
            return Content(whole, files, -(-whole // max(files, 1)))
        if files is not None:
            raise InputError("--files goes with --size.", "Say how much it is; or neither, and both are counted.")
        if self.terraform:
            raise InputError(
                f"{self.terraform} does not say how much {existing.name} holds.",
                "Give --size and --files, as the cloud's console shows them.",
            )
        with self.output.working(f"counting {existing.name}") as say:
            return self._reader().content(
                existing.name, lambda count, bytes_: say(f"{count:,} files, {human_bytes(bytes_)}")
            )

    def _reader(self) -> Reader:
        from slidebox.adoption.stores import reader_of  # noqa: PLC0415 (the clients of stores take long to import)

        return reader_of(self.lab.file, self.root, self.store)


def adopt(source: Source, taken: Sequence[Taken], about: About) -> Adoption:
    """Declare the places as they are, with waivers of what stands in the way."""
    lab, root = source.lab, source.root
    today = dt.datetime.now(tz=dt.UTC).date()
    record = record_of(about.project, taken, today)

    def asked(project: Project, rules: Rules) -> tuple[Lab, Answer]:
        whole = Lab(file=lab.file, projects={**lab.projects, about.project: project})
        if problems := labfile.check_lab(whole):
            raise DeclarationError(problems)
        return whole, check(whole, [about.project], today, rules, {about.project: record})

    project = project_of(lab.file, taken, about)
    with source.output.working("asking the rules"), Rules(own=own_rules(root, lab.file)) as rules:
        whole, answer = asked(project, rules)
        waivable = {rule.id: rule.waivable for rule in answer.rules}
        if waivers := waivers_for(answer.findings, waivable, about.owner, today):
            project = project.model_copy(update={"waivers": waivers})
            whole, answer = asked(project, rules)
    return Adoption(whole, project, record, taken, answer)


def look_again(source: Source, name: str | None) -> Adoption:
    """Read what a project has taken over once more; its own file, and what is waived there, stay as they are.

    Raises
    ------
    InputError
        If there is no such project, or nothing of it stays as it is in the store.
    """
    lab, store = source.lab, source.store
    if name is None or name not in lab.projects:
        said = f"There is no project {name!r}." if name else "Nothing says which project to look at again."
        raise InputError(said, f"Say one with --project: {', '.join(sorted(lab.projects))}.")
    known = (source.root / labfile.record_file(name)).exists()
    old = labfile.load_record(source.root, name).places if known else ()
    project, today = lab.projects[name], dt.datetime.now(tz=dt.UTC).date()
    taken = [
        Taken(source.existing(place.name), level, Content(dataset.size.bytes, dataset.files, 0))
        for level, dataset in project.datasets.items()
        if (place := dataset.adopted.get(store)) and place.as_is
    ]
    if not taken:
        raise InputError(f"Nothing of {name} stays as it is in {store}.", f"See `adopted` in projects/{name}.yaml.")
    fresh = record_of(name, taken, today)
    others = tuple(place for place in old if place.store != store)
    record = fresh.model_copy(update={"places": (*fresh.places, *others)})
    with source.output.working("asking the rules"), Rules(own=own_rules(source.root, lab.file)) as rules:
        answer = check(lab, [name], today, rules, {name: record})
    return Adoption(lab, project, record, taken, answer)


def write_again(root: Path, adoption: Adoption) -> str:
    """Write a record over the one that there is, whole or not at all; its name."""
    file = labfile.record_file(adoption.project.project)
    path = root / file
    with _writing(file):
        path.parent.mkdir(exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(labfile.dump_record(adoption.record), encoding="utf-8")
        new.replace(path)
    return file


def write_new(root: Path, adoption: Adoption) -> tuple[str, ...]:
    """Write the record, then the project's file, which needs it; never over anything, and both or none.

    Returns
    -------
    tuple[str, ...]
        Their names.

    Raises
    ------
    InputError
        If one of them is there.
    UnreadableError
        If one of them cannot be written.
    """
    name = adoption.project.project
    files = {
        labfile.record_file(name): labfile.dump_record(adoption.record),
        f"{labfile.PROJECTS}/{name}.yaml": adoption.project_file,
    }
    made: list[Path] = []
    try:
        for file, text in files.items():
            with _writing(file):
                path = root / file
                path.parent.mkdir(exist_ok=True)
                with path.open("x", encoding="utf-8") as opened:
                    made.append(path)
                    opened.write(text)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return tuple(files)


@contextmanager
def _writing(file: str) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise InputError(f"There is {file} already; it is left as it is.", "Choose another --project.") from None
    except OSError as error:
        raise UnreadableError(
            f"{file} cannot be written: {error.strerror or error}.",
            "Check that there is room in the lab's folder, and that you may write there.",
        ) from error
