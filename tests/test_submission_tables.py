"""Library, annotation, processed and plate files are checked without a network."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.submission import Fault, check_annotation, check_files, check_plates, check_processed, kind_of
from slidebox.submission.identifiers import is_gene, well
from slidebox.submission.tables import read_table

IDR0080 = Path(__file__).parents[2] / "shared/data/idr0080"
ANNOTATION = IDR0080 / "idr0080-screenA-annotation.head.csv"
needs_real = pytest.mark.skipif(not IDR0080.exists(), reason="the real study is not here")

COLUMNS = [
    "Plate",
    "Well",
    "Characteristics [Organism]",
    "Term Source 1 REF",
    "Term Source 1 Accession",
    "Characteristics [Cell Line]",
    "Term Source 2 REF",
    "Term Source 2 Accession",
    "Reagent Identifier",
    "Sense Sequence",
    "Gene Identifier",
    "Control Type",
    "Channels",
]
ROW = ["p1", "A1", "Homo sapiens", "NCBITaxon", "NCBITaxon_9606", "A549", "EFO", "EFO_0001086", "MCL1-5", "CATT"]
ROW += ["ENSG00000143384", "", "DNA"]

Rows = list[list[str]]


def written(rows: Rows) -> str:
    """Rows as a file with commas."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def good() -> Rows:
    """A table without a fault."""
    return [list(COLUMNS), list(ROW), [*ROW[:1], "A2", *ROW[2:8], "", "", "", "no reagent", "DNA"]]


def real() -> Rows:
    """The table that IDR published."""
    return list(csv.reader(io.StringIO(ANNOTATION.read_text(encoding="utf-8"), newline="")))


def places(faults: tuple[Fault, ...]) -> list[tuple[int, int]]:
    """Lines and columns of faults."""
    return [(fault.line, fault.column) for fault in faults]


def test_a_good_annotation_has_no_fault() -> None:
    """A table with all that IDR asks for has no fault, with commas and with tabs."""
    assert check_annotation("a-annotation.csv", written(good())) == ()
    assert check_annotation("a-library.txt", "\n".join("\t".join(row) for row in good())) == ()


@needs_real
def test_the_real_files_have_no_fault() -> None:
    """What IDR itself published about idr0080 has no fault, file by file and together."""
    files = {path.name: path.read_bytes() for path in IDR0080.iterdir()}
    assert sum(kind_of(name) is not None for name in files) == 3
    assert check_files(files) == ()


def set_cell(row: int, column: str, value: str) -> Callable[[Rows], tuple[int, int]]:
    """A change of one cell, which answers with its line and column."""

    def change(rows: Rows) -> tuple[int, int]:
        at = rows[0].index(column)
        rows[row][at] = value
        return row + 1, at + 1

    return change


CHANGES = {
    "a doubled well": ("Well", "A1"),
    "a doubled well in another spelling": ("Well", "A01"),
    "no well": ("Well", "Z99"),
    "a well that is empty": ("Well", ""),
    "a plate that is empty": ("Plate", ""),
    "an organism that is empty": ("Characteristics [Organism]", ""),
    "a taxon of another shape": ("Term Source 1 Accession", "9606"),
    "a taxon of another ontology": ("Term Source 1 REF", "EFO"),
    "half a term": ("Term Source 2 REF", ""),
    "a cell line's accession of another shape": ("Term Source 2 Accession", "EFO_1086"),
    "a gene's name for its identifier": ("Gene Identifier", "TP53"),
    "a sequence that is none": ("Sense Sequence", "CATTX"),
    "a control nobody knows": ("Control Type", "scrambled"),
}


@pytest.mark.parametrize("case", CHANGES)
@pytest.mark.parametrize("whose", ["made", pytest.param("real", marks=needs_real)])
def test_a_wrong_cell_is_one_fault_at_its_place(case: str, whose: str) -> None:
    """A wrong value is one fault, at its line and column; so it is in the table that IDR published."""
    rows = good() if whose == "made" else real()
    place = set_cell(2, *CHANGES[case])(rows)
    faults = check_annotation("a-annotation.csv", written(rows))
    assert places(faults) == [place], faults
    assert all(fault.cause and fault.cure for fault in faults)


@needs_real
@pytest.mark.parametrize("column", [*COLUMNS[:8], "Channels"])
def test_a_column_taken_out_of_the_real_table_is_missed(column: str) -> None:
    """Each column that IDR needs, taken out of the table that it published, is missed in line 1."""
    rows = real()
    at = rows[0].index(column)
    faults = check_annotation("a-annotation.csv", written([row[:at] + row[at + 1 :] for row in rows]))
    assert {fault.line for fault in faults} == {1}
    assert any(column.removesuffix("REF").removesuffix("Accession") in fault.cause for fault in faults) or faults


def test_a_screen_without_a_column_of_reagents_is_refused() -> None:
    """A screen has to say what was done to its wells."""
    keep = [index for index, name in enumerate(COLUMNS) if name not in {"Reagent Identifier", "Gene Identifier"}]
    (fault,) = check_annotation("a-library.csv", written([[row[index] for index in keep] for row in good()]))
    assert (fault.line, "Compound Name" in fault.cure) == (1, True)


def test_images_without_plates_are_named_by_dataset_and_image() -> None:
    """A study without plates has one row for each image, of which none is there twice."""
    columns = ["Dataset Name", "Image Name", *COLUMNS[2:8], "Channels"]
    row = ["d", "one.tif", *ROW[2:8], "DNA"]
    assert check_annotation("a-annotation.csv", written([columns, row, ["d", "two.tif", *row[2:]]])) == ()
    assert places(check_annotation("a-annotation.csv", written([columns, row, row]))) == [(3, 2)]


def test_columns_of_one_name_and_rows_of_another_length_are_faults() -> None:
    """Names of columns are unique, and a row has as many cells as there are."""
    rows = good()
    rows[0][6] = rows[0][3]
    rows[2].pop()
    faults = check_annotation("a-annotation.csv", written(rows))
    assert {(1, 7), (3, 12)} <= set(places(faults))


def test_a_row_after_a_cell_of_two_lines_keeps_its_line() -> None:
    """A line is that of the file, even after a cell with a line's end in it."""
    rows = good()
    rows[1][-1] = "DNA\nRNA"
    rows[2][1] = "A1"
    assert places(check_annotation("a-annotation.csv", written(rows))) == [(4, 2)]


def test_an_empty_file_and_one_without_rows_are_faults() -> None:
    """A file with nothing in it is said to be empty, and one with names alone to have no rows."""
    assert [fault.cause for fault in check_annotation("a-library.csv", "")] == ["the file is empty"]
    assert "no rows" in [fault.cause for fault in check_annotation("a-library.csv", ",".join(COLUMNS))]


def test_a_quote_that_does_not_end_is_said_where_it_begins() -> None:
    """A cell that runs on to the end of a large file is one fault of the row that it begins in."""
    rows = written(good()) + '"' + "x" * 140_000
    assert (4, 1) in places(check_annotation("a-library.csv", rows))


def test_compounds_have_the_shapes_of_their_databases() -> None:
    """Keys, numbers and concentrations of compounds have a shape."""
    columns = [*COLUMNS[:8], "Compound Name", "Compound InChIKey", "Compound PubChem CID"]
    columns += ["Compound Concentration (microMolar)", "Channels"]
    fine = [*ROW[:8], "aspirin", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N", "2244", "0.5", "DNA"]
    wrong = [*ROW[:1], "A2", *ROW[2:8], "aspirin", "BSYNRYMUTX", "CID2244", "5 uM", "DNA"]
    assert check_annotation("a-library.csv", written([columns, fine])) == ()
    assert places(check_annotation("a-library.csv", written([columns, fine, wrong]))) == [(3, 10), (3, 11), (3, 12)]


def test_plates_are_each_there_once_with_an_absolute_path() -> None:
    """A list of plates has a plate and an absolute path in each line, each once."""
    assert check_plates("a-plates.tsv", "p1\t/a\np2\t/b\n") == ()
    faults = check_plates("a-plates.tsv", "p1\t/a\np1\tb\np2\np3\t/a\n")
    assert places(faults) == [(2, 1), (2, 2), (3, 1), (4, 2)]


def test_a_plate_that_no_list_has_is_found_at_its_first_row() -> None:
    """A plate of the annotation that the list of plates lacks is one fault, not one a row."""
    files = {"a-annotation.csv": written(good()).encode(), "a-plates.tsv": b"p2\t/b\n"}
    assert [(fault.file, fault.line, fault.column) for fault in check_files(files)] == [("a-annotation.csv", 2, 1)]


def test_processed_data_say_what_their_rows_are_about() -> None:
    """A table of processed data has a column by which its rows are found."""
    assert check_processed("a-processed.csv", "Gene Identifier,Score\nENSG00000143384,1\n") == ()
    assert places(check_processed("a-processed.csv", "Score\n1\n")) == [(1, 1)]
    assert places(check_processed("a-processed.csv", "Gene Identifier,Score\nMCL1,1\n")) == [(2, 1)]


@pytest.mark.parametrize(
    "gene", ["ENSG00000143384", "ENSMUSG00000059552", "4170", "FBgn0000015", "YAL001C", "AT1G01010"]
)
def test_genes_of_the_usual_databases_are_known(gene: str) -> None:
    """Identifiers of Ensembl, NCBI, FlyBase, SGD and TAIR are genes."""
    assert is_gene(gene)


@given(st.sampled_from([*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "AA", "AF"]), st.integers(1, 48))
def test_a_well_is_the_same_with_and_without_a_zero(row: str, column: int) -> None:
    """`A1` and `A01` are one well."""
    assert well(f"{row}{column}") == well(f"{row}{column:02}") == (row, column)


@given(st.text(max_size=200))
def test_any_text_is_checked_without_an_error(text: str) -> None:
    """Whatever a file says, it is read and judged, with each fault inside the file."""
    lines = text.count("\n") + text.count("\r") + 2
    for name in ("a-annotation.csv", "a-plates.tsv", "a-processed.csv", "a-study.txt"):
        faults = check_files({name: text.encode("utf-8", "surrogatepass")})
        assert all(1 <= fault.line <= lines and fault.column >= 1 for fault in faults)
    assert read_table("a.csv", "").columns == ()
