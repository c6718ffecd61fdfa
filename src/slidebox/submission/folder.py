"""The files of a study as they lie together: which is which, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath

from slidebox.model import Level
from slidebox.submission.faults import Fault, decoded, in_order
from slidebox.submission.filelist import files_from_json, files_from_tsv
from slidebox.submission.pagetab import PageTabError
from slidebox.submission.study import check_study
from slidebox.submission.tables import check_annotation, check_plates, check_processed, plates_of, unlisted_plates
from slidebox.submission.template import Page, check_page, read_page


class Kind(StrEnum):
    """What a file of a submission is, by its name."""

    STUDY = "study"
    ANNOTATION = "annotation"
    PROCESSED = "processed"
    PLATES = "plates"
    PAGETAB = "pagetab"
    FILES = "files"


_TABLES = (".csv", ".tsv", ".txt")


def kind_of(name: str) -> Kind | None:
    """What a file is by the end of its name; None where it is no file of a submission.

    Parameters
    ----------
    name
        Such as ``idr0080-study.txt``, ``…-library.csv``, ``…-annotation.csv``, ``…-processed.csv``, ``…-plates.tsv``,
        ``submission.tsv``, or ``raw_images.tsv`` for the list of a dataset's files; both also in JSON.
    """
    path = PurePosixPath(name)
    stem = path.name.removesuffix(path.suffix).removesuffix(".head").lower()
    if stem == "submission" and path.suffix in {".tsv", ".json"}:
        return Kind.PAGETAB
    if stem in set(Level) and path.suffix in {".tsv", ".json"}:
        return Kind.FILES
    if path.suffix not in _TABLES:
        return None
    for ending, kind in {
        "study": Kind.STUDY,
        "annotation": Kind.ANNOTATION,
        "library": Kind.ANNOTATION,
        "processed": Kind.PROCESSED,
        "plates": Kind.PLATES,
    }.items():
        if stem == ending or stem.endswith(f"-{ending}"):
            return kind
    return None


def check_files(files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Every fault of the files of a study.

    Parameters
    ----------
    files
        Their bytes by name; one that is no file of a submission is passed over.
    """
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    for name, data in files.items():
        if kind_of(name) is not None:
            text, wrong = decoded(name, data)
            faults += wrong
            if not (wrong and not text):
                texts[name] = text
    for name, text in texts.items():
        faults += _check(name, text)
    return in_order([*faults, *_together(texts)])


def _check(name: str, text: str) -> tuple[Fault, ...]:
    kind = kind_of(name)
    if kind is Kind.PAGETAB:
        page = read_page(name, text)
        return check_page(page) if isinstance(page, Page) else (page,)
    if kind is Kind.FILES:
        return _files(name, text)
    checks = {
        Kind.STUDY: check_study,
        Kind.ANNOTATION: check_annotation,
        Kind.PROCESSED: check_processed,
        Kind.PLATES: check_plates,
    }
    return checks[kind](name, text) if kind in checks else ()


def _files(name: str, text: str) -> tuple[Fault, ...]:
    """Every fault of a list of files: each has a path that is safe, a size and a checksum, and is there once."""
    try:
        found = (files_from_json if name.endswith(".json") else files_from_tsv)(text)
    except PageTabError as error:
        return (Fault(name, error.line, 1, error.message.rstrip("."), error.cure.rstrip(".")),)
    first: dict[str, int] = {}
    return tuple(
        Fault(name, number, 1, f"{entry.path!r} is also on line {first[entry.path]}", "Keep one of the two lines")
        for number, entry in enumerate(found, 2)
        if first.setdefault(entry.path, number) != number
    )


def _together(texts: Mapping[str, str]) -> Iterator[Fault]:
    """What one file says of another."""
    listed = [plates_of(text) for name, text in texts.items() if kind_of(name) is Kind.PLATES]
    if listed:
        plates = frozenset[str]().union(*listed)
        for name, text in texts.items():
            if kind_of(name) is Kind.ANNOTATION:
                yield from unlisted_plates(name, text, plates)
    for name, text in texts.items():
        page = read_page(name, text) if kind_of(name) is Kind.PAGETAB else None
        for line, listed_in in page.lists() if isinstance(page, Page) else ():
            if str(PurePosixPath(name).parent / listed_in) not in texts:
                yield Fault(name, line, 1, f"there is no list of files {listed_in}", "Write it beside the PageTab")
    studies = sorted(name for name in texts if kind_of(name) is Kind.STUDY)
    for name in studies[1:]:
        yield Fault(name, 1, 1, f"there is another study file: {studies[0]}", "Keep one study in one folder")
