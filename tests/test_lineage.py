"""What data were made from: the graph, its drawings, and the steps that make a dataset again."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.model import Audience, Dataset, Lab, LabFile, Level, Origin, Person, Project, Sensitivity, Store, System
from slidebox.model.project import Step
from slidebox.provenance import Manifest, Parent, StepRun
from slidebox.provenance.drawing import mermaid, svg
from slidebox.provenance.lineage import Sight, Standing, at_source, lineage, recipe, related
from slidebox.quantities import Size

RAW, FIXED, MASKS = "demo/raw_images", "demo/corrected_images", "demo/segmentation_masks"
CELLS, BULK = "demo/single_cell_embeddings", "demo/bulk_embeddings"
STEP = Step(
    repository="https://git.example.org/lab/cells.git", commit="0123abc", container="r.example.org/cells@sha256:1f"
)
KEPT = Sight(Standing.KEPT, ("bench",))
ABSENT = Sight(Standing.ABSENT)


def dataset(*parents: str, step: Step | None = STEP, **more: object) -> Dataset:
    """A small dataset that was made from others of its project."""
    about = {"size": Size.parse("1 MB"), "files": 5, "sensitivity": Sensitivity.OPEN, **more}
    return Dataset.model_validate({**about, "parents": parents, "step": step if parents else None})


def lab(datasets: Mapping[Level, Dataset]) -> Lab:
    """A lab with one project."""
    file = LabFile(
        lab="test-lab",
        title="Test lab",
        people={"ada": Person(name="Ada")},
        stores={"bench": Store(system=System.INTERNAL_DRIVE)},
    )
    audience = Audience(contributor=("ada",))
    project = Project(project="demo", title="Demo", owner="ada", audience=audience, datasets=datasets)
    return Lab(file=file, projects={"demo": project})


WAY = {
    Level.RAW_IMAGES: dataset(),
    Level.CORRECTED_IMAGES: dataset("raw_images"),
    Level.SEGMENTATION_MASKS: dataset("corrected_images"),
    Level.SINGLE_CELL_EMBEDDINGS: dataset("corrected_images", "segmentation_masks"),
    Level.BULK_EMBEDDINGS: dataset("single_cell_embeddings"),
}


def test_a_dataset_is_made_again_from_the_nearest_data_that_are_kept() -> None:
    """Corrected images are there: the raw ones are not asked for, and the masks are made first."""
    made = lab(WAY)
    seen = {RAW: KEPT, FIXED: KEPT, MASKS: ABSENT, CELLS: ABSENT, BULK: ABSENT}
    how = recipe(lineage(made, related(made, [BULK], descendants=False), seen), BULK)
    assert [node.dataset for node in how.begins] == [FIXED]
    assert [node.dataset for node in how.steps] == [MASKS, CELLS, BULK]
    assert (how.missing, how.doubts) == ((), ())


def test_what_is_missing_is_said_of_each_step() -> None:
    """A step without commit, one without any word, and raw images that are gone."""
    made = lab(
        WAY
        | {
            Level.CORRECTED_IMAGES: dataset("raw_images", step=Step(repository="https://git.example.org/fix")),
            Level.SEGMENTATION_MASKS: dataset("corrected_images", step=None),
        }
    )
    seen = dict.fromkeys((RAW, FIXED, MASKS, CELLS, BULK), ABSENT)
    how = recipe(lineage(made, [CELLS], seen), CELLS)
    assert how.missing == (
        f"{RAW} is in no place, and it was made from nothing else.",
        f"The step of {FIXED} names no commit of https://git.example.org/fix.",
        f"{MASKS} has no step: neither its manifest nor its project file says how it was made.",
    )
    assert how.doubts == (
        f"{FIXED} was made in no container that is known: its libraries are those of the day on which it is made.",
    )


def test_a_place_that_cannot_be_read_is_no_place_to_begin_at() -> None:
    """What is not known is not counted on."""
    made = lab(WAY)
    how = recipe(lineage(made, [FIXED], {RAW: Sight(Standing.UNKNOWN), FIXED: ABSENT}), FIXED)
    assert how.missing == (f"{RAW} could not be looked for, and it was made from nothing else.",)
    assert how.begins == ()


def test_public_data_are_had_at_their_source() -> None:
    """Also where the lab keeps no byte of them."""
    raw = dataset(origin=Origin.PUBLIC, source="idr0013", keep="stream")
    made = lab({Level.RAW_IMAGES: raw, Level.CORRECTED_IMAGES: dataset("raw_images")})
    assert at_source(made, RAW) == "idr0013"
    how = recipe(lineage(made, [FIXED], {RAW: Sight(Standing.AT_SOURCE)}), FIXED)
    assert [(node.dataset, node.source) for node in how.begins] == [(RAW, "idr0013")]
    assert not how.missing


def test_what_ran_goes_before_what_is_declared_and_a_parent_that_changed_is_a_doubt() -> None:
    """The manifest knows the commit and the parent as it was."""
    made = lab(WAY)
    ran = StepRun("https://git.example.org/lab/cells", "fedcba9", "r.example.org/cells:latest")
    old = Manifest(
        FIXED,
        "",
        "",
        "2026-01-01",
        Origin.LAB,
        Sensitivity.OPEN,
        parents=(Parent(RAW, "0" * 64),),
        step=ran,
    )
    now = Manifest(RAW, "", "", "2026-02-01", Origin.LAB, Sensitivity.OPEN)
    seen = {
        RAW: Sight(Standing.KEPT, ("bench",), now, "1" * 64),
        FIXED: Sight(Standing.KEPT, ("bench",), old, "2" * 64),
    }
    how = recipe(lineage(made, [FIXED], seen), FIXED)
    assert how.steps[-1].step == ran
    assert how.doubts == (
        f"{FIXED} was made in r.example.org/cells:latest, which can be another image by now: it is named without its "
        "digest.",
        f"{RAW} is not what it was when {FIXED} was made from it: it was put again since.",
    )


def test_a_parent_that_nobody_declares_is_missing() -> None:
    """It stands in the graph by its name."""
    made = lab({Level.CORRECTED_IMAGES: dataset("gone/raw_images")})
    graph = lineage(made, [FIXED], {FIXED: ABSENT})
    assert graph.nodes["gone/raw_images"].sight.standing is Standing.UNDECLARED
    assert recipe(graph, FIXED).missing == ("gone/raw_images is not declared: nobody knows how it was made.",)


def test_relatives_are_followed_in_both_directions_if_wanted() -> None:
    """Ancestors alone make a dataset again; descendants are what depends on it."""
    made = lab(WAY)
    assert related(made, [MASKS], descendants=False) == {RAW, FIXED, MASKS}
    assert related(made, [MASKS], descendants=True) == {RAW, FIXED, MASKS, CELLS, BULK}


LEVELS = tuple(Level)


@given(
    st.lists(st.sets(st.integers(0, 6)), min_size=7, max_size=7),
    st.lists(st.sampled_from([KEPT, ABSENT, Sight(Standing.UNKNOWN)]), min_size=7, max_size=7),
)
def test_every_step_has_its_parents_before_it(parents: list[set[int]], seen: list[Sight]) -> None:
    """In any graph without circles: each parent is where the chain begins, or an earlier step."""
    datasets = {
        LEVELS[n]: dataset(*(LEVELS[p].value for p in sorted(parents[n]) if p < n)) for n in range(len(parents))
    }
    made = lab(datasets)
    last = f"demo/{LEVELS[6]}"
    graph = lineage(made, [last], {f"demo/{LEVELS[n]}": sight for n, sight in enumerate(seen)})
    how = recipe(graph, last)
    done = {node.dataset for node in how.begins}
    assert all(node.available for node in how.begins)
    for node in how.steps:
        assert {parent for parent, _ in node.parents} <= done
        done.add(node.dataset)
    assert how.steps[-1].dataset == last
    assert bool(how.missing) == any(not node.parents and not node.available for node in how.steps)
    root = ET.fromstring(svg(graph))  # noqa: S314 - written by this test's own subject
    boxes = root.findall(".//{http://www.w3.org/2000/svg}g")
    assert len(boxes) == len(graph.nodes)


@pytest.mark.parametrize("hostile", ['"]; click d0 "javascript:x"', "<script>x</script>", "a & b | c #quot;"])
def test_words_of_a_declaration_mean_nothing_to_a_drawing(hostile: str) -> None:
    """A source or repository is text in Mermaid and in SVG, whatever it says."""
    raw = dataset(origin=Origin.PUBLIC, source=hostile)
    made = lab({Level.RAW_IMAGES: raw, Level.CORRECTED_IMAGES: dataset("raw_images", step=Step(repository=hostile))})
    graph = lineage(made, [FIXED], {RAW: Sight(Standing.AT_SOURCE), FIXED: KEPT})
    drawn = mermaid(graph)
    assert drawn.count('"') == 2 * len(graph.nodes)
    assert "<script" not in drawn
    root = ET.fromstring(svg(graph))  # noqa: S314 - written by this test's own subject
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert hostile in (root.findtext(".//{http://www.w3.org/2000/svg}title") or "")


def test_a_mermaid_chart_has_every_dataset_and_step() -> None:
    """As a page of documentation shows it."""
    made = lab({Level.RAW_IMAGES: dataset(), Level.CORRECTED_IMAGES: dataset("raw_images")})
    graph = lineage(made, [FIXED], {RAW: KEPT, FIXED: ABSENT})
    assert mermaid(graph).splitlines()[:4] == [
        "flowchart TD",
        '    d0["demo/raw_images<br/>kept in bench"]:::kept',
        '    d1["demo/corrected_images<br/>absent"]:::absent',
        "    d0 -->|cells@0123abc| d1",
    ]
