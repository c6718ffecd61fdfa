"""A submission made from what the project and the lab have declared: what lacks, the PageTab, and IDR's study file.

The fields are those of the BioImage Archive's template `BioImages.v5`, which asks for the metadata of REMBI.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from slidebox.model import Lab, Level, Person, Project, Study
from slidebox.submission.identifiers import LICENCES, is_email, is_orcid
from slidebox.submission.pagetab import Attribute, Detail, Section, Submission
from slidebox.submission.template import COLLECTION, SHORTEST_TITLE

TEMPLATE = "BioImages.v5"
LICENCE_PAGES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/legalcode",
}

MARK = "Identifier"
"""The attribute that has a submission's mark."""
_MARKS = uuid.UUID("3c1fb3a2-7d0c-5b0e-8a55-9f6c1e4b7a60")
"""The namespace of marks (RFC 9562, section 5.5: a UUID of a name is always the same)."""

Keys: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a declaration does not say, or says otherwise than an archive takes it.

    Attributes
    ----------
    subject
        The project, the dataset, or ``lab`` for the lab's own file.
    keys
        The key below it.
    cause, cure
        What it is, and what to do.
    """

    subject: str
    keys: Keys
    cause: str
    cure: str


def root_of(lab: Lab, project: str) -> str:
    """The folder of a project's submission in the user's own space at the archive."""
    return f"{lab.file.lab}-{project}"


def mark_of(lab: Lab, project: str, store: str) -> str:
    """The mark by which a project's submission in a store is found again: a URN that nothing else has."""
    return uuid.uuid5(_MARKS, f"{lab.file.lab}/{project}/{store}").urn


def file_list_of(level: Level, ending: str = "tsv") -> str:
    """The name of a dataset's list of files."""
    return f"{level.value}.{ending}"


def release_of(project: Project, levels: Sequence[Level]) -> dt.date | None:
    """The day on which the archive opens a submission: as declared, else when the last embargo has ended."""
    if project.study is not None and project.study.release is not None:
        return project.study.release
    ends = [day for level in levels if (day := project.embargo_of(level)) is not None]
    return max(ends, default=None)


def authors_of(lab: Lab, project: Project) -> tuple[tuple[str, Person], ...]:
    """The authors by name, in order."""
    names = project.study.authors if project.study else ()
    return tuple((name, lab.file.people[name]) for name in names or (project.owner,) if name in lab.file.people)


# What lacks


def lacks(lab: Lab, name: str, levels: Sequence[Level]) -> tuple[Lack, ...]:
    """Everything that stands between a project's declaration and a submission.

    Parameters
    ----------
    lab
        What is declared.
    name
        The project.
    levels
        The datasets to submit.
    """
    project = lab.projects[name]
    found = [*_of_study(project), *_of_sample(project), *_of_authors(lab, project), *_of_data(project, levels)]
    return tuple(found)


def _of_study(project: Project) -> Iterator[Lack]:
    study, name = project.study or Study(), project.project
    title = study.title or project.title
    if len(title) < SHORTEST_TITLE:
        cause = f"the title has {len(title)} characters, and the archive asks for {SHORTEST_TITLE}"
        where = ("study", "title") if study.title else ("title",)
        yield Lack(name, where, cause, "Write a longer one under study: title")
    if not study.description:
        yield Lack(name, ("study",), "the study has no description", "Write what the images show, as in an abstract")
    if not study.keywords:
        yield Lack(name, ("study",), "the study has no keywords", "Write some, such as [Cell Painting, CRISPR]")


def _of_sample(project: Project) -> Iterator[Lack]:
    study, name = project.study or Study(), project.project
    asked = {
        ("sample", "organism"): "Write the species, such as Homo sapiens",
        ("sample", "taxon"): "Write its number in the NCBI taxonomy, such as 9606",
        ("sample", "entity"): "Write what is seen, such as A549 cells",
        ("sample", "preparation"): "Write how the specimen was fixed, stained and mounted",
        ("imaging", "method"): "Write it in the words of the FBbi ontology, such as fluorescence microscopy",
        ("imaging", "term"): "Write its accession, such as FBbi_00000246",
        ("imaging", "instrument"): "Write the microscope",
        ("imaging", "parameters"): "Write objective, exposure and channels",
    }
    for (part, key), cure in asked.items():
        if getattr(getattr(study, part), key) is None:
            yield Lack(name, ("study", part), f"the {part} has no {key}", cure)


def _of_authors(lab: Lab, project: Project) -> Iterator[Lack]:
    for name, person in authors_of(lab, project):
        at = ("people", name)
        if " " not in person.name.strip():
            cause = f"the author {person.name!r} has one name only"
            yield Lack("lab", (*at, "name"), cause, "Write first and last name")
        if not person.email or not is_email(person.email):
            cause = f"the author {name} has no address for mail"
            yield Lack("lab", (*at, "email"), cause, "Write one: the archive publishes it")
        if person.orcid and not is_orcid(person.orcid):
            cause = f"{person.orcid} is no ORCID iD: its last digit does not fit the others"
            yield Lack("lab", (*at, "orcid"), cause, "Write the iD as orcid.org shows it")
        if not (person.organisation or lab.file.organisation):
            cause = f"the author {name} has no affiliation"
            yield Lack("lab", at, cause, "Write the lab's own as 'organisation' of lab.yaml")


def _of_data(project: Project, levels: Sequence[Level]) -> Iterator[Lack]:
    licences = {project.datasets[level].licence for level in levels}
    release = release_of(project, levels)
    if release is None:
        cure = "Write it as 'release' of the study: year, month and day"
        yield Lack(project.project, ("study",), "the study has no day of release", cure)
    for level in levels:
        dataset, subject = project.datasets[level], project.dataset_id(level)
        if dataset.licence not in LICENCES:
            cause = f"the licence of {level} is {dataset.licence or 'not said'}"
            yield Lack(subject, ("licence",), cause, f"Write {' or '.join(LICENCES)}: the archive takes no other")
        elif len(licences) > 1:
            cause = f"the licence of {level} is not that of the other datasets"
            yield Lack(subject, ("licence",), cause, "Give all of one study the same")
        end = project.embargo_of(level)
        if release is not None and end is not None and release < end:
            cause = f"the day of release, {release}, is before the end of the embargo of {level}, {end}"
            yield Lack(project.project, ("study", "release"), cause, "Write a later day")


# PageTab


def page(
    lab: Lab, name: str, levels: Sequence[Level], *, ending: str = "tsv", accession: str = "", mark: str = ""
) -> Submission:
    """The PageTab of a project's submission, as far as it is declared: `lacks` says what is not.

    Parameters
    ----------
    lab
        What is declared.
    name
        The project.
    levels
        The datasets to submit; each is a study component with its own list of files.
    ending
        Of the lists of files: ``tsv``, or ``json``.
    accession
        What the archive calls it, of a submission that was made before.
    mark
        What it is found again by.
    """
    project = lab.projects[name]
    study = project.study or Study()
    release = release_of(project, levels)
    head = {
        "Title": study.title or project.title,
        "ReleaseDate": release.isoformat() if release else None,
        "AttachTo": COLLECTION,
        "RootPath": root_of(lab, name),
        "Template": TEMPLATE,
        MARK: mark,
    }
    subsections = (*_people(lab, project), *_papers(project, study), *_rembi(study))
    components = tuple(_component(project, level, ending) for level in levels)
    section = Section("Study", "SECT-001", _study(project, study, levels), subsections=(*subsections, *components))
    return Submission(section, accession, _said(head))


def _said(values: Mapping[str, str | None]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, _line(value)) for name, value in values.items() if value)


def _line(text: str) -> str:
    """A text in one line, as PageTab and study files have it."""
    return " ".join(text.split())


def _study(project: Project, study: Study, levels: Sequence[Level]) -> tuple[Attribute, ...]:
    licence = next((project.datasets[level].licence for level in levels), None) or ""
    found = [*_said({"Title": study.title or project.title, "Description": study.description})]
    if licence in LICENCES:
        page = Detail("URL", LICENCE_PAGES[licence])
        found.append(Attribute("License", LICENCES[licence], value_details=(page,)))
    found += [Attribute("Keywords", _line(word)) for word in study.keywords]
    return (*found, *_said({"Acknowledgements": study.acknowledgements, "Funding statement": study.funding}))


def _people(lab: Lab, project: Project) -> Iterator[Section]:
    organisations: dict[str, str] = {}
    for _, person in authors_of(lab, project):
        where = person.organisation or lab.file.organisation
        about = _said({"Name": person.name, "E-mail": person.email, "ORCID": person.orcid})
        if where:
            accession = organisations.setdefault(_line(where), f"o{len(organisations) + 1}")
            about += (Attribute("affiliation", accession, reference=True),)
        yield Section("Author", "", about)
    for name, accession in organisations.items():
        yield Section("Organization", accession, (Attribute("Name", name),))


def _papers(project: Project, study: Study) -> Iterator[Section]:
    if study.publication is not None:
        paper = study.publication
        about = {"Title": paper.title, "Authors": paper.authors, "DOI": paper.doi}
        number = str(paper.pubmed) if paper.pubmed else None
        yield Section("Publication", "", _said({"Pubmed ID": number, **about}))
    if project.grant:
        yield Section("Funding", "", _said({"grant_id": project.grant}))


def _rembi(study: Study) -> Iterator[Section]:
    sample, imaging = study.sample, study.imaging
    term = (Detail("Ontology", "NCBITaxon"), Detail("TermId", f"NCBITaxon_{sample.taxon}")) if sample.taxon else ()
    organism = (Attribute("Organism", _line(sample.organism), value_details=term),) if sample.organism else ()
    about = _said({"Biological entity": sample.entity, "Description": sample.description})
    yield Section("Biosample", "Biosample-1", (Attribute("Title", "Biosample"), *organism, *about))
    protocols = {"Sample preparation protocol": sample.preparation, "Growth protocol": sample.growth}
    yield Section("Specimen", "Specimen-1", (Attribute("Title", "Specimen"), *_said(protocols)))
    found = (Detail("Ontology", "FBbi"), Detail("TermId", imaging.term)) if imaging.term else ()
    method = (Attribute("Imaging method", _line(imaging.method), value_details=found),) if imaging.method else ()
    set_up = {"Imaging instrument": imaging.instrument, "Image acquisition parameters": imaging.parameters}
    attributes = (Attribute("Title", "Image acquisition"), *_said(set_up), *method)
    yield Section("Image acquisition", "Image acquisition-1", attributes)


def _component(project: Project, level: Level, ending: str) -> Section:
    words = level.value.replace("_", " ")
    dataset = project.datasets[level]
    description = f"{words.capitalize()} of {project.title}: {dataset.files} files, {dataset.size}"
    about = {"Name": words, "Description": description, "File List": file_list_of(level, ending)}
    named = {"Biosample": "Biosample", "Specimen": "Specimen", "Image acquisition": "Image acquisition"}
    associations = Section("Associations", "", _said(named))
    return Section("Study Component", f"Study Component-{level.value}", _said(about), subsections=(associations,))
