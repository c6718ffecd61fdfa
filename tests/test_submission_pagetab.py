"""PageTab, lists of files, and submissions made from declarations: read back they are what was written."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import InputError
from slidebox.model import Person
from slidebox.provenance import FileEntry, why_unsafe
from slidebox.submission import (
    PageTabError,
    Submission,
    check_files,
    check_study,
    file_list_of,
    files_from_json,
    files_from_tsv,
    files_to_json,
    files_to_tsv,
    from_json,
    from_tsv,
    lacks,
    name_of,
    page,
    release_of,
    study_text,
    study_values,
    to_json,
    to_tsv,
)
from slidebox.submission.pagetab import RESERVED, Attribute, Detail, File, Link, Section

from .submission_lab import LEVELS, STUDY, lab

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
NAMES = TEXT.filter(lambda text: bool(text) and text == text.strip() and text[0] not in "([<")
DETAILS = st.lists(st.builds(Detail, NAMES, TEXT), max_size=2).map(tuple)
ATTRIBUTES = st.lists(
    st.one_of(
        st.builds(Attribute, NAMES, TEXT, DETAILS, DETAILS),
        st.builds(Attribute, NAMES, TEXT, st.just(()), st.just(()), st.just(True)),
    ),
    max_size=3,
).map(tuple)
SOME = TEXT.filter(lambda text: bool(text.strip()))
FILES = st.lists(st.builds(File, SOME, ATTRIBUTES), max_size=2).map(tuple)
LINKS = st.lists(st.builds(Link, SOME, ATTRIBUTES), max_size=2).map(tuple)
TYPES = NAMES.filter(lambda text: text not in RESERVED and not set("[]") & set(text))


def sections(depth: int) -> st.SearchStrategy[Section]:
    """Sections with others in them, so deep."""
    below = st.just(()) if depth == 0 else st.lists(sections(depth - 1), max_size=2).map(tuple)
    return st.builds(Section, TYPES, st.uuids().map(str), ATTRIBUTES, FILES, LINKS, below)


SUBMISSIONS = st.builds(Submission, sections(2), TEXT, ATTRIBUTES)
PATHS = st.text(min_size=1, max_size=20).filter(lambda path: why_unsafe(path) is None and path.strip() == path)
ENTRIES = st.lists(
    st.builds(FileEntry, PATHS, st.integers(0, 2**50), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    max_size=5,
    unique_by=lambda one: one.path,
).map(lambda found: tuple(sorted(found)))


@given(SUBMISSIONS)
def test_a_submission_read_back_is_what_was_written(submission: Submission) -> None:
    """Whatever a submission holds, it is the same after a table and after JSON."""
    assert from_tsv(to_tsv(submission)) == submission
    assert from_json(to_json(submission)) == submission


@given(ENTRIES, st.sampled_from(["", "raw_images"]))
def test_a_list_of_files_read_back_is_what_was_written(files: tuple[FileEntry, ...], below: str) -> None:
    """Paths, sizes and checksums are the same after a table and after JSON."""
    assert files_from_tsv(files_to_tsv(files, below), below) == files
    assert files_from_json(files_to_json(files, below), below) == files


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    """What is no PageTab is refused with a line, and never with another error."""
    for read in (from_tsv, from_json):
        try:
            read(text)
        except PageTabError as error:
            assert error.line >= 1 and error.message


SPECIFIED = """\
Submission\tS-1
Title\tvenous blood, Monocyte
AttachTo\tblueprint

Study\tSECT-001
Tissue type\tvenous blood
[Ontology]\tUBERON
(Tissue)\tBlood
<affiliation>\tOrg1

File\tplates/keys.xlsx
Type\tXLSX File

Files\tDescription\tType
plates/Plate01.csv\tData for Plate 01\tPlate Details File

Link\tIHECRE00000919.1
Type\tEpiRR

Data[SECT-001]\tTitle
DT-1\tGroup 1
DT-2\tGroup 2

RNA-Seq\tSUBSECT-001\tSECT-001

Links\tType
EGAD00001001282\tEGA
"""


def test_the_specifications_own_example_is_read() -> None:
    """Details, references, tables of files, links and sections are read as the specification says."""
    found = from_tsv(SPECIFIED)
    study = found.section
    assert (found.accession, found.value("AttachTo")) == ("S-1", "blueprint")
    tissue, affiliation = study.attributes
    assert (tissue.value_details, tissue.name_details) == (
        (Detail("Ontology", "UBERON"),),
        (Detail("Tissue", "Blood"),),
    )
    assert (affiliation.name, affiliation.reference) == ("affiliation", True)
    assert [one.path for one in study.files] == ["plates/keys.xlsx", "plates/Plate01.csv"]
    assert [one.accession for one in study.subsections] == ["DT-1", "DT-2", "SUBSECT-001"]
    assert [one.url for one in study.subsections[2].links] == ["EGAD00001001282"]
    assert from_json(to_json(found)) == found


def test_tables_in_json_are_read_as_what_they_hold() -> None:
    """A list in a list is a table, and what it holds is read like any other."""
    document = {
        "accno": "S-1",
        "section": {"type": "Study", "files": [{"path": "a"}, [{"path": "b"}, {"path": "c"}]], "subsections": []},
    }
    assert [one.path for one in from_json(json.dumps(document)).section.files] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("Study\tS", 1),
        ("Submission\t", 1),
        ("Submission\t\n\nFile\ta", 3),
        ("Submission\t\n\nStudy\tS\n\nSubmission\t", 5),
        ("Submission\t\n\nStudy\tS\n\nData\tD\tnobody", 5),
        ("Submission\t\n\nStudy\tS\n\nData\tS", 5),
        ("Submission\t\n\nStudy\tS\n(x)\ty", 4),
        ("Submission\t\n\nStudy\tS\nTitle\ta\tb", 4),
    ],
)
def test_what_is_no_pagetab_is_refused_at_its_line(text: str, line: int) -> None:
    """A document that is wrong says in which line."""
    with pytest.raises(PageTabError) as caught:
        from_tsv(text)
    assert (caught.value.line, bool(caught.value.cure)) == (line, True)
    assert [fault.line for fault in check_files({"submission.tsv": text.encode()})] == [line]


def documents(ending: str = "tsv") -> dict[str, bytes]:
    """A whole submission with its lists of files."""
    text = (to_json if ending == "json" else to_tsv)(page(lab(), "first", LEVELS, ending=ending))
    lists = {f"{level}.{ending}": (files_to_json if ending == "json" else files_to_tsv)(()) for level in LEVELS}
    return {name: said.encode() for name, said in {f"submission.{ending}": text, **lists}.items()}


@pytest.mark.parametrize("ending", ["tsv", "json"])
def test_what_slidebox_writes_has_all_that_the_archive_asks_for(ending: str) -> None:
    """A submission made from a whole declaration has no fault, as a table and as JSON."""
    assert check_files(documents(ending)) == ()


@pytest.mark.parametrize(
    ("old", "new", "section", "word"),
    [
        ("ReleaseDate\t2027-07-01", "ReleaseDate\tsoon", "Submission", "ReleaseDate"),
        ("AttachTo\tBioImages\n", "", "Submission", "AttachTo"),
        ("License\tCC BY 4.0", "License\tCC BY-NC 4.0", "Study", "CC BY-NC"),
        ("Keywords\tCell Painting\nKeywords\tCRISPR", "Acknowledgements\tyou", "Study", "Keywords"),
        ("ORCID\t0000-0002-1825-0097", "ORCID\t0000-0002-1825-0098", "Author", "0098"),
        ("E-mail\tada@example.org", "E-mail\tada", "Author", "E-mail"),
        ("<affiliation>\to1", "<affiliation>\to9", "Author", "o9"),
        ("Organism\tHomo sapiens", "Organ\tskin", "Biosample", "Organism"),
        ("Sample preparation protocol\tfixed\n", "", "Specimen", "Sample preparation protocol"),
        ("Imaging instrument\tOpera Phenix", "Imaging instrument\t", "Image acquisition", "Imaging instrument"),
        ("File List\traw_images.tsv", "File List\tother.tsv", "Study Component", "other.tsv"),
        ("Specimen\tSpecimen\n", "Specimen\tAnother\n", "Associations", "Another"),
    ],
)
def test_what_a_pagetab_lacks_is_found_at_its_section(old: str, new: str, section: str, word: str) -> None:
    """Each field that the archive needs, changed or left out, is one fault at the line of its section."""
    changed = documents()
    text = changed["submission.tsv"].decode()
    assert old in text
    changed["submission.tsv"] = text.replace(old, new, 1).encode()
    (fault,) = check_files(changed)
    lines = changed["submission.tsv"].decode().split("\n")
    assert lines[fault.line - 1].split("\t")[0] == section
    assert word in fault.cause


def test_a_section_that_lacks_is_said() -> None:
    """A submission without a specimen is told so, and where it is named."""
    changed = documents()
    blocks = changed["submission.tsv"].decode().split("\n\n")
    kept = "\n\n".join(block for block in blocks if not block.startswith("Specimen\t"))
    changed["submission.tsv"] = kept.encode()
    causes = {fault.cause for fault in check_files(changed)}
    assert causes == {"there is no specimen", "no Specimen has the title 'Specimen'"}


def test_a_list_of_files_is_checked_line_by_line() -> None:
    """A path that is there twice, and a line that is no file, are found at their lines."""
    entry = FileEntry("a.tiff", 1, "0" * 64)
    text = files_to_tsv((entry, FileEntry("b.tiff", 1, "0" * 64)))
    twice = text + text.split("\n")[1] + "\n"
    assert [(f.line, f.file) for f in check_files({"raw_images.tsv": twice.encode()})] == [(4, "raw_images.tsv")]
    assert [f.line for f in check_files({"raw_images.tsv": text.replace("b.tiff\t1", "b.tiff\tx").encode()})] == [3]


@pytest.mark.parametrize("text", ["[]", "{}", "nonsense", '{"section": []}', '{"section": {"accno": "x"}}'])
def test_json_that_is_no_submission_is_refused(text: str) -> None:
    """JSON of another shape is an error of the input."""
    with pytest.raises(InputError):
        from_json(text)


@pytest.mark.parametrize("text", ["", "Files\tSize\n", "Files\tSize\tSHA-256\na\tb\tc", "Files\tSize\tSHA-256\na\t1\n"])
def test_a_list_of_files_of_another_shape_is_refused(text: str) -> None:
    """A list without sizes and checksums is refused."""
    with pytest.raises(PageTabError):
        files_from_tsv(text)
    with pytest.raises(PageTabError):
        files_from_json(text)


# Made from declarations


def test_a_whole_declaration_lacks_nothing_and_gives_a_submission() -> None:
    """Title, authors with ORCID, affiliations, licence, organism, method and day are all in the submission."""
    whole = lab()
    assert lacks(whole, "first", LEVELS) == ()
    made = page(whole, "first", LEVELS)
    text = to_tsv(made)
    for said in (
        "ReleaseDate\t2027-07-01",
        "AttachTo\tBioImages",
        "RootPath\ttiny-lab-first",
        "License\tCC BY 4.0",
        "ORCID\t0000-0002-1825-0097",
        "<affiliation>\to2",
        "Organization\to1\tSECT-001\nName\tExample University",
        "Organism\tHomo sapiens\n[Ontology]\tNCBITaxon\n[TermId]\tNCBITaxon_9606",
        "Imaging method\tfluorescence microscopy\n[Ontology]\tFBbi\n[TermId]\tFBbi_00000246",
        "Description\tPerturbed cells, in nine plates",
        "File List\traw_images.tsv",
    ):
        assert said in text
    assert from_tsv(text) == made == from_json(to_json(made))
    lists = {one.value("File List") for one in made.section.subsections if one.type == "Study Component"}
    assert lists == {file_list_of(level) for level in LEVELS}


def test_the_study_file_made_from_it_has_no_fault() -> None:
    """IDR's study file, written from the same declaration, passes the check of study files."""
    text = study_text(lab(), "first", LEVELS)
    assert check_study("idr0080-study.txt", text) == ()
    assert study_values(text)["Study Person Last Name"] == ("Example", "Example")
    assert study_values(text)["Study Person First Name"] == ("Ada", "Cy de")
    assert name_of(lab(), lab().projects["first"]) == "idr0080-example-first"
    experiment = lab(STUDY.model_copy(update={"technology": None, "type": "confocal imaging"}))
    assert check_study("s", study_text(experiment, "first", LEVELS)) == ()


def test_a_declaration_without_a_study_lacks_everything_at_once() -> None:
    """All that is missing is said at once, each with where it belongs and a cure."""
    found = lacks(lab(None, title="Cells"), "first", LEVELS)
    assert all(lack.cure for lack in found)
    causes = "\n".join(lack.cause for lack in found)
    for word in ("title", "description", "keywords", "organism", "taxon", "method", "term", "instrument", "release"):
        assert word in causes
    assert check_study("s", study_text(lab(None), "first", LEVELS))


@pytest.mark.parametrize(
    ("changes", "subject", "keys"),
    [
        ({"embargo": "2028-01-01"}, "first", ("study", "release")),
        ({"title": "Short"}, "first", ("title",)),
    ],
)
def test_what_does_not_fit_is_said_where_it_is_declared(
    changes: dict[str, Any], subject: str, keys: tuple[str, ...]
) -> None:
    """A day before the embargo's end and a short title are found under their keys."""
    found = lacks(lab(**changes), "first", LEVELS)
    assert {(lack.subject, lack.keys) for lack in found} == {(subject, keys)}


@pytest.mark.parametrize(
    ("person", "key"),
    [
        ({"name": "Ada Example", "email": "ada@example.org", "orcid": "0000-0002-1825-0098"}, "orcid"),
        ({"name": "Ada Example"}, "email"),
        ({"name": "Ada", "email": "ada@example.org"}, "name"),
    ],
)
def test_an_author_is_asked_for_name_address_and_orcid(person: dict[str, str], key: str) -> None:
    """An author with one name, no address or a wrong ORCID iD is found in the lab's own file."""
    whole = lab()
    file = whole.file.model_copy(update={"people": {**whole.file.people, "ada": Person(**person)}})
    (found,) = lacks(whole.model_copy(update={"file": file}), "first", LEVELS)
    assert (found.subject, found.keys) == ("lab", ("people", "ada", key))


def test_a_licence_that_no_archive_takes_and_two_that_differ_are_found() -> None:
    """One submission has one licence, and it is CC0 or CC BY."""
    about = {"size": "1 GB", "files": 10, "sensitivity": "open"}

    def asked(first: str | None, second: str | None) -> set[str]:
        datasets = {LEVELS[0]: {**about, "licence": first}, LEVELS[1]: {**about, "licence": second}}
        return {lack.subject for lack in lacks(lab(datasets=datasets), "first", LEVELS)}

    assert asked("CC-BY-NC-4.0", "CC-BY-4.0") == {"first/raw_images", "first/corrected_images"}
    assert asked("CC0-1.0", None) == {"first/raw_images", "first/corrected_images"}
    assert asked("CC0-1.0", "CC0-1.0") == set()


def test_the_day_of_release_is_the_end_of_the_last_embargo_where_none_is_said() -> None:
    """A study without a day is opened when the last of its embargoes has ended."""
    project = lab(STUDY.model_copy(update={"release": None}), embargo="2027-03-31").projects["first"]
    assert release_of(project, LEVELS) == dt.date(2027, 3, 31)
