"""The manifest beside a dataset: an RO-Crate that loses nothing and believes nothing doubtful."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rocrate.rocrate import ROCrate

from slidebox.errors import IntegrityError
from slidebox.model import Level, Origin, Sensitivity
from slidebox.provenance import (
    FileEntry,
    Manifest,
    Parent,
    Property,
    StepRun,
    decode,
    digest,
    encode,
    inherit,
    media_type,
    why_unsafe,
)

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)
PATHS = st.lists(WORDS, min_size=1, max_size=3).map("/".join).filter(lambda path: why_unsafe(path) is None)
DATASETS = st.builds(
    lambda p, level: f"{p}/{level}", st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), st.sampled_from(Level)
)
FILES = st.builds(FileEntry, PATHS, st.integers(0, 10**15), SHA256)
VALUES = WORDS | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
STEPS = st.builds(
    StepRun,
    WORDS,
    st.text("0123456789abcdef", min_size=7, max_size=40),
    st.just("") | WORDS,
    st.dictionaries(WORDS, VALUES, max_size=4).map(lambda told: tuple(sorted(told.items()))),
    st.none() | st.dates(),
)
MANIFESTS = st.builds(
    Manifest,
    DATASETS,
    WORDS,
    WORDS,
    st.dates().map(dt.date.isoformat),
    st.sampled_from(Origin),
    st.sampled_from(Sensitivity),
    st.none() | WORDS | st.just("http://rightsstatements.org/vocab/NKC/1.0/"),
    WORDS,
    st.sampled_from(["", "0000-0002-1825-0097"]),
    st.sets(st.builds(Property, WORDS, WORDS), max_size=5).map(lambda found: tuple(sorted(found))),
    st.dictionaries(DATASETS, st.none() | SHA256, max_size=3).map(
        lambda found: tuple(sorted((Parent(*item) for item in found.items()), key=lambda p: p.dataset))
    ),
    st.none() | STEPS,
    st.lists(FILES, max_size=6, unique_by=lambda f: f.path).map(lambda found: tuple(sorted(found))),
)

EXAMPLE = Manifest(
    dataset="first-light/segmentation_masks",
    title="Nuclei: segmentation masks",
    description="The masks.",
    published="2026-11-24",
    origin=Origin.LAB,
    sensitivity=Sensitivity.OPEN,
    licence="CC0-1.0",
    owner="Petra Nwosu",
    metadata=(Property("organism", "Homo sapiens"),),
    parents=(Parent("first-light/corrected_images", "a" * 64),),
    step=StepRun(
        "https://github.com/WayScience/slidebox", "c" * 40, "image:1", (("sigma", 1.5),), dt.date(2026, 11, 24)
    ),
    files=(FileEntry("well A01/field 1#.tif", 3, "b" * 64), FileEntry("z.csv", 0, digest(b""))),
)


@given(MANIFESTS)
def test_what_is_written_is_read_back(manifest: Manifest) -> None:
    """A manifest survives being a crate, whatever its names and values are."""
    assert decode(encode(manifest), "it") == manifest


@given(MANIFESTS)
def test_the_same_manifest_is_the_same_bytes(manifest: Manifest) -> None:
    """Its checksum can stand for a dataset in its children's lineage."""
    assert encode(copy.deepcopy(manifest)) == encode(manifest)


@given(MANIFESTS)
def test_a_crate_is_the_text_of_one_document(manifest: Manifest) -> None:
    """Files are written as they are made, and stand there as if all had been written at once."""
    text = encode(manifest).decode()
    assert json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n" == text


def test_the_bytes_of_a_crate_do_not_change_with_the_program() -> None:
    """Children of a dataset have written its checksum down."""
    assert digest(encode(EXAMPLE)) == "8c03ab91583c64523caa85dceebeec31859a372126a62ed12ff6d01e4b32a565"


@given(MANIFESTS)
def test_a_crate_has_what_ro_crate_1_2_requires(manifest: Manifest) -> None:
    """Flat, unique ids, a descriptor, a root with its four MUSTs, and no reference to nothing."""
    document = json.loads(encode(manifest))
    graph = document["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert document["@context"] == "https://w3id.org/ro/crate/1.2/context"
    assert len(entities) == len(graph)
    assert all("@type" in entity for entity in graph)
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license"} <= set(root)
    assert {"name", "description"} <= set(entities[root["license"]["@id"]])
    outside = {"https://w3id.org/ro/crate/1.2"}
    assert references(graph) - outside <= set(entities)
    files = {entity["@id"] for entity in graph if entity["@type"] == "File"}
    assert files == references([{"hasPart": root.get("hasPart", [])}])
    assert all({"contentSize", "encodingFormat", "sha256"} <= set(entities[name]) for name in files)


def references(graph: list[dict[str, Any]]) -> set[str]:
    """Every id that an entity's property points at; a nested entity would be one with more than an id."""
    found = set()
    for entity in graph:
        for value in entity.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    assert set(item) == {"@id"}
                    found.add(item["@id"])
    return found


def test_the_reference_library_reads_the_crate() -> None:
    """Another program sees the files, the lineage and the step."""
    crate = ROCrate(json.loads(encode(EXAMPLE)))
    assert crate.version == "1.2"
    assert sorted(e["name"] for e in crate.data_entities) == ["field 1#.tif", "z.csv"]
    step = crate.dereference("#step")
    assert step.type == "CreateAction"
    assert step["result"].id == "./"
    assert step["instrument"][0]["version"] == "c" * 40
    assert step["object"][0]["identifier"] == "first-light/corrected_images"
    assert step["object"][0]["subjectOf"]["sha256"] == "a" * 64


class Opened:
    """A crate to be damaged: its document, and its entities by id."""

    def __init__(self, manifest: Manifest) -> None:
        self.document = json.loads(encode(manifest))
        self.graph: list[dict[str, Any]] = self.document["@graph"]

    def __getitem__(self, identifier: str) -> dict[str, Any]:
        return next(entity for entity in self.graph if entity["@id"] == identifier)


def broken(change: Callable[[Opened], object]) -> bytes:
    """The example's crate after a change."""
    opened = Opened(EXAMPLE)
    change(opened)
    return json.dumps(opened.document).encode()


FILE = "well%20A01/field%201%23.tif"
CORRUPTIONS: dict[str, Callable[[Opened], object]] = {
    "no graph": lambda crate: crate.document.pop("@graph"),
    "no root": lambda crate: crate.graph.remove(crate["./"]),
    "no descriptor": lambda crate: crate.graph.remove(crate["ro-crate-metadata.json"]),
    "another specification": lambda crate: crate["ro-crate-metadata.json"].update(conformsTo={"@id": "https://x/1.2"}),
    "an entity twice": lambda crate: crate.graph.append(dict(crate[FILE])),
    "a listed file that is not described": lambda crate: crate.graph.remove(crate[FILE]),
    "a file listed twice": lambda crate: crate["./"]["hasPart"].append({"@id": FILE}),
    "no checksum": lambda crate: crate[FILE].pop("sha256"),
    "half a checksum": lambda crate: crate[FILE].update(sha256="b" * 63),
    "no size": lambda crate: crate[FILE].pop("contentSize"),
    "a size below nothing": lambda crate: crate[FILE].update(contentSize="-3"),
    "a size that is a number": lambda crate: crate[FILE].update(contentSize=3),
    "a folder for a file": lambda crate: crate[FILE].update({"@type": "Dataset"}),
    "no date": lambda crate: crate["./"].pop("datePublished"),
    "a date that is none": lambda crate: crate["./"].update(datePublished="yesterday"),
    "no licence": lambda crate: crate["./"].pop("license"),
    "no level": lambda crate: crate.graph.remove(crate["#level"]),
    "another level": lambda crate: crate["#level"].update(value="raw_images"),
    "an unknown sensitivity": lambda crate: crate["#sensitivity"].update(value="secret"),
    "an id that is none": lambda crate: crate["./"].update(identifier="../../etc"),
}


@pytest.mark.parametrize("change", CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_doubtful_crate_is_corrupt(change: Callable[..., object]) -> None:
    """Anything missing or impossible is one error that names the crate."""
    with pytest.raises(IntegrityError, match="the crate is corrupt or was not written by slidebox"):
        decode(broken(change), "the crate")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"@graph": NaN}', b"[" * 100_000])
def test_what_is_no_crate_is_corrupt(data: bytes) -> None:
    """Torn, foreign or hostile bytes never become a manifest, nor a traceback."""
    with pytest.raises(IntegrityError):
        decode(data, "the crate")


@pytest.mark.parametrize("name", ["../out.tif", "/etc/passwd", "a/../../b", "a%2F..%2F..%2Fb", ".slidebox-partial/x"])
def test_a_crate_cannot_name_a_file_outside_its_folder(name: str) -> None:
    """Who can write a manifest cannot make a reader write elsewhere."""

    def rename(crate: Opened) -> None:
        crate[FILE]["@id"] = name
        crate["./"]["hasPart"][0]["@id"] = name

    with pytest.raises(IntegrityError, match="not safe"):
        decode(broken(rename), "the crate")


@given(st.binary(max_size=40), st.integers(0, 5000))
def test_a_damaged_crate_is_never_a_crash(noise: bytes, at: int) -> None:
    """Bytes overwritten anywhere give a manifest or one clear error."""
    data = bytearray(encode(EXAMPLE))
    data[at : at + len(noise)] = noise
    try:
        decode(bytes(data), "it")
    except IntegrityError as error:
        assert error.cure


METADATA = st.dictionaries(st.sampled_from(["organism", "stain", "plate", "donor"]), WORDS, max_size=4)


@given(st.lists(METADATA, min_size=1, max_size=6))
def test_metadata_persist_through_every_level(own: list[dict[str, str]]) -> None:
    """However many steps lie between: what an ancestor knew is known, unless a later level says it anew."""
    known: dict[str, str] = {}
    parent: Manifest | None = None
    for mine in own:
        metadata = inherit(mine, [parent] if parent else [])
        known |= mine
        parent = decode(encode(replace(EXAMPLE, metadata=metadata)), "it")
        assert {p.name: p.value for p in parent.metadata} == known


def test_parents_that_disagree_are_both_kept() -> None:
    """Two plates with two stains: the merged dataset knows of both."""
    parents = [replace(EXAMPLE, metadata=(Property("stain", stain),)) for stain in ("DAPI", "Hoechst")]
    assert inherit({}, parents) == (Property("stain", "DAPI"), Property("stain", "Hoechst"))
    assert inherit({"stain": "both"}, parents) == (Property("stain", "both"),)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "it is empty"),
        ("/a", "it is absolute"),
        ("a/../b", "it leaves the folder"),
        ("a//b", "it has an empty part"),
        ("./a", "it has an empty part"),
        ("a\\b", "it has a backslash"),
        ("a\nb", "it has a control character"),
        ("a\x7f", "it has a control character"),
        ("\udce9", "it is not Unicode text"),
        ("ro-crate-metadata.json", "that name is slidebox's own"),
        ("Ro-Crate-Metadata.JSON", "that name is slidebox's own"),
        (".slidebox-location.json", "that name is slidebox's own"),
        ("a/.sgwtmp/b", "that name is slidebox's own"),
        ("x" * 256, "a part of it is longer than 255 bytes"),
        ("ü" * 128, "a part of it is longer than 255 bytes"),
        ("/".join(["x" * 200] * 6), "it is longer than 1024 bytes"),
    ],
)
def test_a_name_that_not_every_store_can_hold_is_refused(path: str, why: str) -> None:
    """The reason is said."""
    assert why_unsafe(path) == why


@pytest.mark.parametrize(
    "path", ["a", "NF0014 copy/well A01 (2).tif", "ü/日本.tif", "a/ro-crate-metadata.json", ".hidden"]
)
def test_names_that_labs_really_use_are_allowed(path: str) -> None:
    """Spaces, brackets, accents and hidden files are no reason to refuse."""
    assert why_unsafe(path) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.ome.tif", "image/tiff"),
        ("a.tiff", "image/tiff"),
        ("p.parquet", "application/vnd.apache.parquet"),
        ("t.csv", "text/csv"),
        ("scan.nd2", "application/octet-stream"),
    ],
)
def test_a_media_type_follows_from_the_name(path: str, expected: str) -> None:
    """The same name has the same type on every machine."""
    assert media_type(path) == expected
