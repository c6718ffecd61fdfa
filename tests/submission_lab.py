"""A lab with one project that goes to an archive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from slidebox.model import (
    Imaging,
    Lab,
    LabFile,
    Level,
    Origin,
    Person,
    Project,
    Publication,
    Sample,
    Sensitivity,
    Store,
    Study,
    System,
)
from slidebox.provenance import Manifest

LEVELS = (Level.RAW_IMAGES, Level.CORRECTED_IMAGES)

STUDY = Study(
    description="Perturbed cells,\nin nine plates",
    keywords=("Cell Painting", "CRISPR"),
    technology="CRISPR screen",
    accession="idr0080",
    authors=("ada", "cy"),
    release=dt.date(2027, 7, 1),
    sample=Sample(organism="Homo sapiens", taxon=9606, entity="A549 cells", preparation="fixed", growth="five days"),
    imaging=Imaging(
        method="fluorescence microscopy", term="FBbi_00000246", instrument="Opera Phenix", parameters="20x"
    ),
    publication=Publication(title="Cells", authors="A, B", doi="10.1000/cells", pubmed=1),
)


def lab(study: Study | None = STUDY, stores: Mapping[str, Store] | None = None, **changes: Any) -> Lab:
    """A lab whose one project has a study."""
    about = {"size": "1 GB", "files": 10, "sensitivity": "open", "licence": "CC-BY-4.0"}
    file = LabFile(
        lab="tiny-lab",
        title="A lab",
        organisation="Example University",
        people={
            "ada": Person(name="Ada Example", email="ada@example.org", orcid="0000-0002-1825-0097"),
            "cy": Person(name="Cy de Example", email="cy@example.org", organisation="Acme"),
        },
        stores=stores or {"idr": Store(system=System.IDR)},
    )
    project = Project.model_validate(
        {
            "project": "first",
            "title": "Cell health of perturbed cells",
            "owner": "ada",
            "audience": {"contributor": ["ada"]},
            "datasets": {level: dict(about) for level in LEVELS},
            **({"study": study.model_dump()} if study else {}),
            **changes,
        }
    )
    return Lab(file=file, projects={"first": project})


def draft_manifest() -> Manifest:
    """What is written beside the raw images, but for the files."""
    return Manifest("first/raw_images", "t", "d", "2026-11-24", Origin.LAB, Sensitivity.OPEN)
