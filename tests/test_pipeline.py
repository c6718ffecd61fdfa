"""The example pipeline on real images: the tissue inside scikit-image, and fluorescence where it is at hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slidebox import labfile
from slidebox.model import Level
from slidebox.transfer.source import scan

REPOSITORY = Path(__file__).resolve().parent.parent


def load_pipeline() -> ModuleType:
    """The example's module; examples are not a package."""
    spec = importlib.util.spec_from_file_location(
        "first_light_pipeline", REPOSITORY / "examples" / "first_light" / "pipeline.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


pipeline = load_pipeline()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every level of the tissue, by name."""
    return {stage.level: stage.folder for stage in pipeline.run(tmp_path_factory.mktemp("tissue"))}


def test_every_level_but_the_code_is_made(made: dict[str, Path]) -> None:
    """All six levels of the playbook, and the metadata."""
    assert set(made) == {str(level) for level in Level} - {"pipelines"}


def test_parents_are_made_before_their_children(made: dict[str, Path]) -> None:
    """The order of the stages is the order in which they can be put."""
    project = labfile.load(REPOSITORY).projects["first-light"]
    order = list(made)
    for level in project.datasets:
        for parent in project.parents_of(level):
            assert order.index(parent.partition("/")[2]) < order.index(level)


def test_the_declared_sizes_hold_what_is_made(made: dict[str, Path]) -> None:
    """What `make up` puts is not more than the project file declares, in bytes and in files."""
    datasets = labfile.load(REPOSITORY).projects["first-light"].datasets
    for level, folder in made.items():
        files = scan(folder)
        assert sum(f.size for f in files) <= datasets[Level(level)].size.bytes
        assert len(files) <= datasets[Level(level)].files


def test_a_sane_number_of_nuclei_is_found(made: dict[str, Path]) -> None:
    """A field of 256 × 256 pixels of this tissue holds about a hundred nuclei of about 14 pixels."""
    bulk = pq.read_table(made["bulk_embeddings"] / "fields.parquet").to_pydict()
    assert len(bulk["Metadata_Count_Nuclei"]) == 4
    assert all(60 <= count <= 180 for count in bulk["Metadata_Count_Nuclei"])
    assert all(100 <= area <= 250 for area in bulk["Nuclei_AreaShape_Area"])


def test_masks_crops_and_rows_are_the_same_nuclei(made: dict[str, Path]) -> None:
    """Nothing is lost or made up between the levels."""
    for n in range(1, 5):
        masks = tifffile.imread(made["segmentation_masks"] / f"field_{n}_nuclei.tif")
        crops = tifffile.imread(made["single_cell_images"] / f"field_{n}_cells.tif")
        rows = pq.read_table(made["single_cell_embeddings"] / f"field_{n}.parquet")
        numbers = [int(label) for label in np.unique(masks) if label]
        assert numbers == list(range(1, len(numbers) + 1))
        assert crops.shape == (len(numbers), 32, 32, 3)
        assert rows["Metadata_Nucleus"].to_pylist() == numbers
        assert rows["Nuclei_AreaShape_Area"].to_pylist() == np.bincount(masks.ravel())[1:].tolist()


def test_a_crop_shows_its_nucleus(made: dict[str, Path]) -> None:
    """The middle of a crop is the pixel at the nucleus's centre."""
    image = tifffile.imread(made["corrected_images"] / "field_1.tif")
    crops = tifffile.imread(made["single_cell_images"] / "field_1_cells.tif")
    rows = pq.read_table(made["single_cell_embeddings"] / "field_1.parquet").to_pydict()
    for crop, y, x in zip(crops, rows["Nuclei_Location_Center_Y"], rows["Nuclei_Location_Center_X"], strict=True):
        assert crop[16, 16].tolist() == image[round(y), round(x)].tolist()


def test_nuclei_take_the_nuclear_stain(made: dict[str, Path]) -> None:
    """Hematoxylin is darker inside of the masks than outside: the masks are nuclei, not holes."""
    for n in range(1, 5):
        planes = pipeline.stain_planes(tifffile.imread(made["corrected_images"] / f"field_{n}.tif"))
        inside = tifffile.imread(made["segmentation_masks"] / f"field_{n}_nuclei.tif") > 0
        assert planes[inside, 0].mean() > 1.3 * planes[~inside, 0].mean()


def test_the_same_images_give_the_same_bytes(made: dict[str, Path], tmp_path: Path) -> None:
    """A second run makes every file anew, bit by bit the same: a second `put` finds nothing to do."""
    for stage in pipeline.run(tmp_path):
        first = {f.path: f.file.read_bytes() for f in scan(made[stage.level])}
        assert {f.path: f.file.read_bytes() for f in scan(stage.folder)} == first


def test_raw_images_are_ome_tiff_without_loss(made: dict[str, Path]) -> None:
    """The four files hold the photograph's pixels and say what they are."""
    for field in pipeline.tissue():
        with tifffile.TiffFile(made["raw_images"] / f"{field.name}.ome.tif") as file:
            assert file.is_ome
            assert np.array_equal(file.asarray(), field.image)
            assert f'Name="{field.name}"' in str(file.ome_metadata)


IMAGES = arrays.arrays(np.uint8, st.tuples(st.integers(8, 24), st.integers(8, 24)), elements=st.integers(1, 255))


@given(IMAGES)
def test_an_evenly_lit_image_stays_as_it_is(image: npt.NDArray[Any]) -> None:
    """Correction by a flat function changes no pixel."""
    flat = np.ones(image.shape, dtype=np.float32)
    assert np.array_equal(pipeline.correct(image, flat), image)


@given(IMAGES)
def test_an_illumination_function_has_mean_one(image: npt.NDArray[Any]) -> None:
    """Correction moves brightness about and adds none."""
    assert pipeline.illumination([image]).mean() == pytest.approx(1, abs=1e-4)


def test_vignetting_is_taken_away() -> None:
    """Fields that get darker towards one side are even afterwards."""
    random = np.random.default_rng(1)
    shade = np.linspace(0.5, 1.0, 128)[np.newaxis, :]
    fields = [(random.uniform(90, 110, (128, 128)) * shade).astype(np.uint8) for _ in range(8)]
    corrected = [pipeline.correct(field, pipeline.illumination(fields)) for field in fields]

    def slope(images: list[npt.NDArray[Any]]) -> float:
        mean = np.mean(images, axis=(0, 1))
        return float(mean[-32:].mean() / mean[:32].mean())

    assert slope(fields) > 1.5
    assert slope(corrected) < 1.25


def test_a_field_without_nuclei_has_no_row(tmp_path: Path) -> None:
    """An empty field is no reason to fail; its tables are empty."""
    empty = np.full((64, 64), 100, dtype=np.uint16)
    full = empty.copy()
    full[20:40, 20:40] = 60_000
    pipeline.run(
        tmp_path, [pipeline.Field("empty", empty), pipeline.Field("full", full)], pipeline.Settings(20, 32, ("DAPI",))
    )
    bulk = pq.read_table(tmp_path / "bulk_embeddings" / "fields.parquet").to_pydict()
    assert "full" in bulk["Metadata_Field"]


def test_nuclei_of_a_real_plate_are_found(shared: Path, tmp_path: Path) -> None:
    """Five fields of NF1 Schwann cells, DAPI: about as many nuclei as the published masks show, at their places."""
    data = shared / "data" / "nf1"
    fields = pipeline.read_fields(data / "raw_images", "*DAPI*.tif")
    stages = pipeline.run(tmp_path, fields, pipeline.DAPI, {"cell line": "NF1 Schwann cells"})
    folders = {stage.level: stage.folder for stage in stages}
    bulk = pq.read_table(folders["bulk_embeddings"] / "fields.parquet").to_pydict()
    assert len(fields) == 5
    assert all(15 <= count <= 60 for count in bulk["Metadata_Count_Nuclei"])
    for field in fields:
        ours = tifffile.imread(folders["segmentation_masks"] / f"{field.name}_nuclei.tif") > 0
        outlines = tifffile.imread(data / "segmentation_masks" / f"{field.name}_MaskNuclei.tiff") > 0
        assert ours[outlines].mean() > 0.7
