"""What an archive of images has to know of a project before it publishes its images.

The keys are those of REMBI, the metadata that the BioImage Archive asks for (its template `BioImages.v5`), and of the
Image Data Resource's study file. None has to be there before the submission is written: `slidebox submission check`
says what lacks.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from slidebox.model.lab import Declared, Name, Text


class Sample(Declared):
    """What was imaged, and how it was prepared."""

    organism: Text | None = None
    """The species, such as ``Homo sapiens``."""
    taxon: Annotated[int, Field(ge=1)] | None = None
    """Its number in the NCBI taxonomy, such as 9606."""
    entity: Text | None = None
    """What is seen in the images, such as ``A549 cells``."""
    description: Text | None = None
    """More about it."""
    preparation: Text | None = None
    """How the specimen was made: fixing, staining, mounting."""
    growth: Text | None = None
    """How the cells were grown."""


class Imaging(Declared):
    """How the images were taken."""

    method: Text | None = None
    """The method, in the words of the FBbi ontology, such as ``fluorescence microscopy``."""
    term: Annotated[str, StringConstraints(pattern=r"^FBbi_\d{8}$")] | None = None
    """Its accession there, such as ``FBbi_00000246``."""
    instrument: Text | None = None
    """The microscope."""
    parameters: Text | None = None
    """Objective, exposure, channels and what else was set."""


class Publication(Declared):
    """The article that the images belong to."""

    title: Text
    """Its title."""
    authors: Text | None = None
    """Its authors, as they are printed."""
    doi: Annotated[str, StringConstraints(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    """Its DOI, such as ``10.1091/mbc.E20-12-0784``."""
    pubmed: Annotated[int, Field(ge=1)] | None = None
    """Its number in PubMed."""


class Study(Declared):
    """What an archive of images publishes about a project."""

    title: Text | None = None
    """At least 25 characters; the project's title where empty."""
    description: Text | None = None
    """What the images show, as in an abstract."""
    keywords: tuple[Text, ...] = ()
    """Words under which it is found."""
    type: Text = "high content screen"
    """What kind of study it is, in the words of the EFO ontology."""
    technology: Text | None = None
    """Of a screen: what was done to the wells, such as ``CRISPR screen``. Empty for an experiment without plates."""
    accession: Annotated[str, StringConstraints(pattern=r"^idr\d{4}$")] | None = None
    """Its number in the Image Data Resource, once the curators have given one."""
    authors: tuple[Name, ...] = ()
    """People of the lab file, in order; the project's owner where empty. Their addresses are published."""
    release: dt.date | None = None
    """The day on which the archive opens it to everyone; the embargo's end where empty."""
    sample: Sample = Sample()
    """What was imaged."""
    imaging: Imaging = Imaging()
    """How."""
    publication: Publication | None = None
    """The article."""
    acknowledgements: Text | None = None
    """Whom to thank."""
    funding: Text | None = None
    """Who paid, in a sentence."""
    tables: Text | None = None
    """The folder of library, annotation and plate files, relative to ``lab.yaml``."""
