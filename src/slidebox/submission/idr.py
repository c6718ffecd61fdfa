"""IDR's study file, written from what the project and the lab have declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from slidebox.model import Lab, Level, Project, Study
from slidebox.submission.rembi import authors_of, release_of

_LICENCES = {"CC0-1.0": "CC0 1.0", "CC-BY-4.0": "CC BY 4.0"}
_PAGES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}
_SOURCES = {
    "NCBITaxon": "http://purl.obolibrary.org/obo/",
    "EFO": "http://www.ebi.ac.uk/efo/",
    "CMPO": "http://www.ebi.ac.uk/cmpo/",
    "FBbi": "http://purl.obolibrary.org/obo/",
}
_Rows: TypeAlias = list[tuple[str | None, ...]]

_TYPES = {"high content screen": "EFO_0007550"}
"""Kinds of studies in the EFO ontology."""


def name_of(lab: Lab, project: Project) -> str:
    """The name of a study: ``idrNNNN-lastname-words``, in small letters (IDR, "Submission")."""
    number = (project.study.accession if project.study else None) or "idr0000"
    people = authors_of(lab, project)
    last = people[0][1].name.split()[-1] if people else lab.file.lab
    letters = "".join(sign for sign in last.lower() if sign.isascii() and sign.isalnum())
    return f"{number}-{letters or lab.file.lab}-{project.project}"


def study_text(lab: Lab, name: str, levels: Sequence[Level]) -> str:
    """The study file of a project, as far as it is declared; `check_study` finds what is not.

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
    study = project.study or Study()
    sections: list[_Rows] = [
        _about(project, study, levels),
        _publication(study),
        _contacts(lab, project),
        _licence(lab, project, levels),
        [("Term Source Name", *_SOURCES), ("Term Source File", *_SOURCES.values())],
        _screen(lab, project, study, levels),
    ]
    blocks = ("\n".join(_row(row) for row in section) for section in sections if section)
    return "\n\n".join(blocks) + "\n"


def _row(cells: Sequence[str | None]) -> str:
    """A line; what is in a cell stays in it."""
    return "\t".join(" ".join((cell or "").split()) for cell in cells)


def _about(project: Project, study: Study, levels: Sequence[Level]) -> _Rows:
    release = release_of(project, levels)
    screen = study.technology is not None
    return [
        ("Comment[IDR Study Accession]", study.accession),
        ("Study Title", study.title or project.title),
        ("Study Type", study.type),
        ("Study Type Term Source REF", "EFO" if study.type in _TYPES else None),
        ("Study Type Term Accession", _TYPES.get(study.type)),
        ("Study Description", study.description),
        ("Study Key Words", *study.keywords),
        ("Study Organism", study.sample.organism),
        ("Study Organism Term Source REF", "NCBITaxon" if study.sample.taxon else None),
        ("Study Organism Term Accession", str(study.sample.taxon) if study.sample.taxon else None),
        ("Study Screens Number" if screen else "Study Experiments Number", "1"),
        ("Study Public Release Date", release.isoformat() if release else None),
    ]


def _publication(study: Study) -> _Rows:
    paper = study.publication
    if paper is None:
        return []
    return [
        ("Study PubMed ID", str(paper.pubmed) if paper.pubmed else None),
        ("Study Publication Title", paper.title),
        ("Study Author List", paper.authors),
        ("Study DOI", f"https://doi.org/{paper.doi}" if paper.doi else None),
    ]


def _contacts(lab: Lab, project: Project) -> _Rows:
    people = [person for _, person in authors_of(lab, project)]
    names = [person.name.split() for person in people]
    return [
        ("Study Person Last Name", *(words[-1] for words in names)),
        ("Study Person First Name", *(" ".join(words[:-1]) for words in names)),
        ("Study Person Email", *(person.email for person in people)),
        ("Study Person Address", *(person.organisation or lab.file.organisation for person in people)),
        ("Study Person ORCID", *(person.orcid for person in people)),
        ("Study Person Roles", *("submitter" for _ in people)),
    ]


def _licence(lab: Lab, project: Project, levels: Sequence[Level]) -> _Rows:
    licence = next((project.datasets[level].licence for level in levels), None) or ""
    return [
        ("Study License", _LICENCES.get(licence)),
        ("Study License URL", _PAGES.get(licence)),
        ("Study Copyright", lab.file.organisation or lab.file.title),
    ]


def _screen(lab: Lab, project: Project, study: Study, levels: Sequence[Level]) -> _Rows:
    kind = "Screen" if study.technology is not None else "Experiment"
    return [
        (f"{kind} Number", "1"),
        (f"Comment[IDR {kind} Name]", f"{name_of(lab, project)}/{kind.lower()}A"),
        (f"{kind} Sample Type", "cell"),
        (f"{kind} Description", study.sample.entity),
        (f"{kind} Size", f"Total: {', '.join(_size(project, levels))}"),
        (f"{kind} Imaging Method", study.imaging.method),
        (f"{kind} Imaging Method Term Source REF", "FBbi" if study.imaging.term else None),
        (f"{kind} Imaging Method Term Accession", study.imaging.term),
        *((("Screen Technology Type", study.technology),) if study.technology else ()),
        ("Protocol Name", "growth protocol", "sample preparation protocol"),
        ("Protocol Description", study.sample.growth, study.sample.preparation),
    ]


def _size(project: Project, levels: Sequence[Level]) -> Iterator[str]:
    for level in levels:
        dataset = project.datasets[level]
        yield f"{level.value} {dataset.files} files {dataset.size}"
