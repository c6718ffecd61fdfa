"""Study files of the Image Data Resource are checked without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox.submission import check_files, check_study
from slidebox.submission.study import REQUIRED

REAL = Path(__file__).parents[2] / "shared/data/idr0080/idr0080-study.txt"
GOOD = {
    "Comment[IDR Study Accession]": "idr0080",
    "Study Title": "Cell health",
    "Study Type": "high content screen",
    "Study Type Term Source REF": "EFO",
    "Study Type Term Accession": "EFO_0007550",
    "Study Description": "Perturbed cells",
    "Study Organism": "Homo sapiens",
    "Study Organism Term Accession": "9606",
    "Study Screens Number": "1",
    "Study Public Release Date": "2020-12-10",
    "Study PubMed ID": "33534641",
    "Study DOI": "https://doi.org/10.1091/mbc.E20-12-0784",
    "Study Person Last Name": "Way",
    "Study Person First Name": "Gregory",
    "Study Person Email": "someone@example.org",
    "Study Person ORCID": "0000-0002-0503-9348",
    "Study License": "CC0 1.0",
    "Term Source Name": "EFO",
    "Screen Number": "1",
    "Screen Sample Type": "cell",
    "Screen Description": "CRISPR",
    "Screen Imaging Method": "fluorescence microscopy",
    "Screen Technology Type": "CRISPR screen",
}
NEEDED = {
    *(key for key in GOOD if key.startswith("Study ") and "Type Term" not in key),
    *(key for key in GOOD if key.startswith("Screen ") and key != "Screen Number"),
} - {"Study Public Release Date", "Study PubMed ID", "Study DOI", "Study Person ORCID"}


def written(**changed: str) -> str:
    """A good study with some values changed."""
    return "\n".join(f"{key}\t{value}" for key, value in {**GOOD, **changed}.items())


def test_a_good_study_has_no_fault() -> None:
    """A study with all that IDR asks for has no fault."""
    assert check_study("s.txt", written()) == ()


@pytest.mark.skipif(not REAL.exists(), reason="the real study is not here")
def test_the_real_study_has_no_fault() -> None:
    """The study file that IDR itself published has no fault."""
    assert check_study(REAL.name, REAL.read_text(encoding="utf-8")) == ()


@pytest.mark.parametrize("key", sorted(NEEDED))
def test_an_empty_value_is_a_fault_that_names_its_key(key: str) -> None:
    """A key that IDR needs, left empty, is found and named."""
    faults = check_study("s.txt", written(**{key: " "}))
    assert any(key.removeprefix("Study Person ") in f"{fault.cause} {fault.cure}" for fault in faults)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Comment[IDR Study Accession]", "idr80"),
        ("Study Type Term Source REF", "MONDO"),
        ("Study Type Term Accession", "EFO:7550"),
        ("Study Organism Term Accession", "human"),
        ("Study Screens Number", "2"),
        ("Study Screens Number", "one"),
        ("Study Public Release Date", "10/12/2020"),
        ("Study Public Release Date", "2020-02-30"),
        ("Study PubMed ID", "PMC33"),
        ("Study DOI", "mbc.E20"),
        ("Study Person Email", "someone"),
        ("Study Person ORCID", "0000-0002-0503-9349"),
        ("Study License", "CC BY-NC 4.0"),
    ],
)
def test_a_wrong_value_is_a_fault_at_its_place(key: str, value: str) -> None:
    """A wrong value is one fault, at its line and column."""
    (fault,) = check_study("s.txt", written(**{key: value}))
    assert (fault.file, fault.line, fault.column) == ("s.txt", list(GOOD).index(key) + 1, 2)
    assert fault.cure


def test_a_line_written_twice_is_a_fault() -> None:
    """A line of the study written twice is a fault of the second line."""
    (fault,) = check_study("s.txt", written() + "\nStudy Title\tAnother")
    assert fault.line == len(GOOD) + 1


def test_a_person_without_an_address_is_found_in_its_column() -> None:
    """The second of two people has no address, and the fault says in which column."""
    both = {"Study Person Last Name": "Way\tSingh", "Study Person First Name": "Gregory\tShantanu"}
    (fault,) = check_study("s.txt", written(**both))
    assert (fault.line, fault.column) == (list(GOOD).index("Study Person Email") + 1, 3)


def test_an_accession_without_its_ontology_is_a_fault() -> None:
    """An accession of no ontology says nothing."""
    (fault,) = check_study("s.txt", written(**{"Study Type Term Source REF": ""}))
    assert "Study Type Term Source REF is empty" in fault.cause


@pytest.mark.skipif(not REAL.exists(), reason="the real study is not here")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0000-0003-1555-8261", "0000-0003-1555-8262"),
        ("CC0 1.0", "CC BY-ND 4.0"),
        ("9606", "H. sapiens"),
        ("idr0080", "idr-80"),
        ("2020-12-10", "2020-13-10"),
        ("FBbi_00000246", "FBbi_246"),
        ("anne@broadinstitute.org", "anne"),
        ("EFO_0007572", "EFO_7572"),
        ("33534641", "PMC33534641"),
    ],
)
def test_a_change_of_the_real_study_is_found_where_it_is(before: str, after: str) -> None:
    """One wrong value in the file that IDR published is the one fault, at its line and column."""
    text = REAL.read_bytes().decode("utf-8")
    there = text[: text.index(f"\t{before}") + 1]
    (fault,) = check_study(REAL.name, text.replace(f"\t{before}", f"\t{after}", 1))
    assert (fault.line, fault.column) == (there.count("\n") + 1, there.rpartition("\n")[2].count("\t") + 1)


@pytest.mark.skipif(not REAL.exists(), reason="the real study is not here")
@pytest.mark.parametrize("key", [*REQUIRED, "Study Screens Number", "Screen Imaging Method", "Term Source Name"])
def test_a_line_that_lacks_in_the_real_study_is_found(key: str) -> None:
    """Each line that IDR needs, taken out of the file that it published, is missed."""
    lines = REAL.read_text(encoding="utf-8").split("\n")
    kept = "\n".join(line for line in lines if line.split("\t")[0] != key)
    assert check_study(REAL.name, kept)


def test_what_is_no_text_is_said_with_its_line() -> None:
    """Bytes that are no UTF-8 are one fault of their line; a byte order mark is one of the first."""
    (fault,) = check_files({"idr0001-study.txt": b"Study Title\tx\nStudy Type\t\xe9"})
    assert (fault.line, fault.column) == (2, 2)
    faults = check_files({"idr0001-study.txt": b"\xef\xbb\xbf" + written().encode()})
    assert [(fault.line, fault.column) for fault in faults] == [(1, 1)]
