"""The shapes of what a submission names: people, papers, ontologies, genes, compounds, wells.

An identifier of the right shape can still name nothing: that shows only when the archive looks it up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

LICENCES: Mapping[str, str] = {"CC0-1.0": "CC0", "CC-BY-4.0": "CC BY 4.0"}
"""What the archives call the two licences they publish under, by SPDX name (IDR, "Submission": CC BY or CC0)."""

TERMS: Mapping[str, tuple[str, str]] = {
    "ncbitaxon": (r"NCBITaxon_[1-9]\d*", "NCBITaxon_9606"),
    "efo": (r"EFO_\d{7}", "EFO_0001086"),
    "fbbi": (r"FBbi_\d{8}", "FBbi_00000246"),
    "cmpo": (r"CMPO_\d{7}", "CMPO_0000077"),
    "clo": (r"CLO_\d{7}", "CLO_0001601"),
    "bto": (r"BTO:?_?\d{7}", "BTO_0000018"),
    "cl": (r"CL_\d{7}", "CL_0000066"),
    "uberon": (r"UBERON_\d{7}", "UBERON_0000955"),
    "go": (r"GO_\d{7}", "GO_0005634"),
    "chebi": (r"CHEBI_\d+", "CHEBI_15377"),
    "cellosaurus": (r"CVCL_[A-Z0-9]{4}", "CVCL_0023"),
}
"""The accessions of an ontology, by the name in its REF (in small letters): their shape, and one of them."""

GENES: Mapping[str, str] = {
    "Ensembl": r"ENS[A-Z]{0,4}G\d{11}(\.\d+)?",
    "NCBI Gene": r"[1-9]\d{0,9}",
    "FlyBase": r"FBgn\d{7}",
    "WormBase": r"WBGene\d{8}",
    "SGD": r"Y[A-P][LR]\d{3}[WC](-[A-Z])?|S\d{9}",
    "PomBase": r"SP(A|B|CC?|M)[A-Z]*\d*[A-Z]?\d+[A-Za-z]?\.\d+[c]?",
    "MGI": r"MGI:\d{2,7}",
    "TAIR": r"AT[1-5CM]G\d{5}",
}
"""The identifiers of genes that IDR links to a database, by the database."""

CONTROLS = (
    "negative",
    "positive",
    "negative control",
    "positive control",
    "no reagent",
    "untreated",
    "vehicle",
    "mock",
    "empty",
    "empty well",
)
"""Words for a control that studies in IDR use; it publishes no list."""

_DOI = re.compile(r"(https?://(dx\.)?doi\.org/)?10\.\d{4,9}/\S+", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WELL = re.compile(r"([A-Z]|A[A-F])0*([1-9]\d?)", re.ASCII)
_LAST_COLUMN = 48
"""Of a plate with 1,536 wells: 32 rows, A to AF, and 48 columns (ANSI SLAS 4)."""


def is_orcid(text: str) -> bool:
    """Whether the digits are an ORCID iD, whose last one is their checksum (ISO 7064, 11-2)."""
    if not re.fullmatch(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", text, re.ASCII):
        return False
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == text[-1]


def is_date(text: str) -> bool:
    """Whether a text is a day, as year, month and day."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_doi(text: str) -> bool:
    """Whether a text is a DOI, bare or as an address."""
    return bool(_DOI.fullmatch(text))


def is_email(text: str) -> bool:
    """Whether a text looks like an address for mail."""
    return bool(_EMAIL.fullmatch(text))


def is_gene(text: str) -> bool:
    """Whether a text has the shape of a gene's identifier in one of `GENES`."""
    return any(re.fullmatch(shape, text, re.ASCII) for shape in GENES.values())


def why_no_term(ref: str, accession: str) -> str | None:
    """Why an accession is none of the ontology that its REF names; None where it is, or nobody here knows that one."""
    known = TERMS.get(ref.lower())
    if known is None or re.fullmatch(known[0], accession, re.ASCII):
        return None
    return f"{accession!r} is no accession of {ref}"


def example_of(ref: str) -> str:
    """An accession of an ontology."""
    return TERMS[ref.lower()][1]


def well(text: str) -> tuple[str, int] | None:
    """Row and column of a well, `A01` and `A1` being the same; None where it is no well of any plate."""
    found = _WELL.fullmatch(text)
    if found is None or int(found[2]) > _LAST_COLUMN:
        return None
    return found[1], int(found[2])
