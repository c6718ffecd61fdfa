"""A small, real pipeline through the levels of the playbook: from images of tissue to profiles.

Its images are those of colonic glands that come with scikit-image (`skimage/data/ihc.png`: nuclei stained
with hematoxylin, the protein FHL2 with DAB; acquired at the Center for Microscopy and Molecular Imaging, no known
copyright restrictions), cut into four fields. It works as well on fluorescence images of one channel, such as DAPI.

Every stage is a pure function from arrays to arrays; `run` reads and writes the files between them. The same images
always give the same bytes.

Run it alone with `python examples/first_light/pipeline.py FOLDER`.
"""

# scikit-image says that it is typed, but most of its functions are not.
# mypy: allow-untyped-calls

from __future__ import annotations

import csv
import hashlib
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import skimage
import tifffile
from scipy import ndimage  # type: ignore[import-untyped]
from skimage import color, feature, filters, io, measure, morphology, segmentation

Image: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Planes: TypeAlias = npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.uint16]


SHAPE_FEATURES = {
    "area": "AreaShape_Area",
    "perimeter": "AreaShape_Perimeter",
    "axis_major_length": "AreaShape_MajorAxisLength",
    "axis_minor_length": "AreaShape_MinorAxisLength",
    "eccentricity": "AreaShape_Eccentricity",
    "solidity": "AreaShape_Solidity",
    "extent": "AreaShape_Extent",
}
"""Features of `skimage.measure.regionprops`, by the names that CellProfiler and pycytominer use."""

# Of the planes that `rgb2hed` separates; there is no eosin in this tissue.
_PRESENT = [0, 2]

UNITS = {
    "Area": "square pixels",
    "Perimeter": "pixels",
    "MajorAxisLength": "pixels",
    "MinorAxisLength": "pixels",
    "Center_X": "pixels",
    "Center_Y": "pixels",
    "MeanIntensity": "absorbance, or a share of full scale for fluorescence",
    "StdIntensity": "absorbance, or a share of full scale for fluorescence",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the pipeline is told; written down as the parameters of its steps.

    Attributes
    ----------
    nucleus
        Usual diameter of a nucleus, in pixels; scales of filters follow from it.
    crop
        Side of a single-cell image, in pixels.
    stains
        Names of the planes that `stain_planes` gives, the nuclear one first.
    """

    nucleus: int = 14
    crop: int = 32
    stains: tuple[str, ...] = ("Hematoxylin", "DAB")


TISSUE = Settings()
TISSUE_IS = MappingProxyType(
    {
        "organism": "Homo sapiens",
        "tissue": "colonic glands",
        "stain": "FHL2 by immunohistochemistry with DAB; nuclei with hematoxylin",
        "imaging method": "bright-field microscopy",
        "acquired at": "Center for Microscopy and Molecular Imaging (CMMI)",
        "source": "scikit-image, skimage/data/ihc.png",
    }
)
DAPI = Settings(nucleus=50, crop=96, stains=("DAPI",))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of view.

    Attributes
    ----------
    name
        Its name, the first part of its files' names.
    image
        Pixels: (Y, X, 3) RGB in 8 bits, or (Y, X) in 8 or 16 bits.
    offset
        Row and column of its upper left pixel in the image it was cut from, in pixels.
    """

    name: str
    image: Image
    offset: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Stage:
    """One level that was made.

    Attributes
    ----------
    level
        The level's name.
    folder
        Where its files are.
    parameters
        What its step was told; empty for levels that no program made.
    known
        What is known about the data, which persists through every later level.
    """

    level: str
    folder: Path
    parameters: Mapping[str, str | int | float | bool]
    known: Mapping[str, str]


# The stages, from arrays to arrays


def cut(image: Image, rows: int = 2, columns: int = 2) -> tuple[Field, ...]:
    """Cut an image into equal fields, row by row; pixels that do not fit at the lower and right edge are left out.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, 3).
    rows, columns
        How many fields, downwards and across.
    """
    height, width = image.shape[0] // rows, image.shape[1] // columns
    corners = [(r * height, c * width) for r in range(rows) for c in range(columns)]
    return tuple(
        Field(f"field_{n}", image[y : y + height, x : x + width].copy(), (y, x)) for n, (y, x) in enumerate(corners, 1)
    )


def illumination(images: Sequence[Image]) -> Planes:
    """How unevenly the fields are lit: their mean brightness, smoothed over half a field, with mean 1.

    Parameters
    ----------
    images
        At least one image; all of one shape, (Y, X) or (Y, X, 3).

    Returns
    -------
    numpy.ndarray
        (Y, X) float32, without unit. One function for all colours, so that hues stay what they are.

    Notes
    -----
    The method is that of CellProfiler's `CorrectIlluminationCalculate` for all images with a Gaussian filter.
    """
    grey = [image.mean(axis=2) if image.ndim == 3 else image.astype(np.float64) for image in images]
    smooth = filters.gaussian(np.mean(grey, axis=0), sigma=min(grey[0].shape) / 4, mode="reflect", preserve_range=True)
    return np.asarray(smooth / smooth.mean(), dtype=np.float32)


def correct(image: Image, function: Planes) -> Image:
    """Divide an image by the illumination function; shape and type stay.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, 3), 8 or 16 bits.
    function
        (Y, X), from `illumination`.
    """
    shape = function if image.ndim == 2 else function[..., np.newaxis]
    limit = np.iinfo(image.dtype).max
    return cast("Image", np.clip(np.rint(image / shape), 0, limit).astype(image.dtype))


def stain_planes(image: Image) -> Planes:
    """How much of each stain there is.

    Parameters
    ----------
    image
        (Y, X, 3) RGB of a bright field, or (Y, X) of fluorescence.

    Returns
    -------
    numpy.ndarray
        (Y, X, S) float32: absorbances of hematoxylin and DAB (Ruifrok and Johnston 2001, by
        `skimage.color.rgb2hed`), or the single channel as a share of full scale.
    """
    if image.ndim == 3:
        return np.asarray(np.clip(color.rgb2hed(image)[..., _PRESENT], 0, None), dtype=np.float32)
    return (image[..., np.newaxis] / np.iinfo(image.dtype).max).astype(np.float32)


def segment(planes: Planes, settings: Settings) -> Labels:
    """Find nuclei in the first plane: brighter than their surroundings, parted at their waists.

    Parameters
    ----------
    planes
        (Y, X, S) float32, the nuclear stain first.
    settings
        The size of a nucleus.

    Returns
    -------
    numpy.ndarray
        (Y, X) uint16: 0 is background, nuclei are numbered from 1 without gaps.
    """
    size = settings.nucleus
    smooth = filters.gaussian(planes[..., 0], sigma=max(1.5, size / 20), preserve_range=True)
    around = filters.threshold_local(smooth, block_size=2 * (2 * size) + 1)
    bright = (smooth > around) & (smooth > filters.threshold_otsu(smooth) / 2)
    opened = morphology.opening(bright, morphology.disk(max(2, size // 12)))
    solid = morphology.remove_small_objects(ndimage.binary_fill_holes(opened), max_size=size * size // 6)
    depth = filters.gaussian(ndimage.distance_transform_edt(solid), sigma=size / 14, preserve_range=True)
    peaks = feature.peak_local_max(
        depth, min_distance=max(5, size // 3), labels=measure.label(solid), exclude_border=False
    )
    seeds = np.zeros(solid.shape, dtype=np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels, _, _ = segmentation.relabel_sequential(segmentation.watershed(-depth, seeds, mask=solid))
    return np.asarray(labels, dtype=np.uint16)


def crops(image: Image, labels: Labels, settings: Settings) -> Image:
    """A square image around each nucleus, in the order of their numbers.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, 3).
    labels
        (Y, X), from `segment`.
    settings
        The side of a square.

    Returns
    -------
    numpy.ndarray
        (N, crop, crop) or (N, crop, crop, 3), of the image's type; what lies outside of the image is 0.
    """
    half = settings.crop // 2
    around = [(half, half), (half, half), (0, 0)][: image.ndim]
    padded = np.pad(image, around)
    # Padding moved the image by half a side, so a centre in the image is a corner in the padded one.
    corners = [tuple(round(c) for c in region.centroid) for region in measure.regionprops(labels)]
    cut_out = [padded[y : y + settings.crop, x : x + settings.crop] for y, x in corners]
    return (
        cast("Image", np.stack(cut_out))
        if cut_out
        else np.zeros((0, settings.crop, settings.crop, *image.shape[2:]), image.dtype)
    )


def embed(planes: Planes, labels: Labels, name: str, settings: Settings) -> pa.Table:
    """One row of features for each nucleus.

    Parameters
    ----------
    planes
        (Y, X, S) float32, from `stain_planes`.
    labels
        (Y, X), from `segment`.
    name
        The field's name.
    settings
        The names of the stains.

    Returns
    -------
    pyarrow.Table
        ``Metadata_Field`` and ``Metadata_Nucleus`` (the number in the mask), then float64 features: shapes in
        pixels, mean and standard deviation of each stain in the units of `planes`.
    """
    wanted = ("label", "centroid", *SHAPE_FEATURES)
    found = measure.regionprops_table(labels, planes, properties=(*wanted, "intensity_mean", "intensity_std"))
    columns: dict[str, Any] = {
        "Metadata_Field": pa.array([name] * len(found["label"]), pa.string()),
        "Metadata_Nucleus": np.asarray(found["label"], dtype=np.int32),
        "Nuclei_Location_Center_Y": np.asarray(found["centroid-0"], dtype=np.float64),
        "Nuclei_Location_Center_X": np.asarray(found["centroid-1"], dtype=np.float64),
    }
    columns |= {f"Nuclei_{ours}": np.asarray(found[theirs], np.float64) for theirs, ours in SHAPE_FEATURES.items()}
    for number, stain in enumerate(settings.stains):
        columns[f"Nuclei_Intensity_MeanIntensity_{stain}"] = np.asarray(found[f"intensity_mean-{number}"], np.float64)
        columns[f"Nuclei_Intensity_StdIntensity_{stain}"] = np.asarray(found[f"intensity_std-{number}"], np.float64)
    return pa.table(columns)


def aggregate(cells: Sequence[pa.Table]) -> pa.Table:
    """One row for each field: the number of its nuclei and the median of every feature.

    Parameters
    ----------
    cells
        Tables from `embed`, one a field.

    Returns
    -------
    pyarrow.Table
        ``Metadata_Field``, ``Metadata_Count_Nuclei`` and the features; a field without nuclei has no row.
    """
    features = [column for column in cells[0].column_names if not column.startswith(("Metadata_", "Nuclei_Location_"))]
    full = [table for table in cells if table.num_rows]
    rows: dict[str, Any] = {
        "Metadata_Field": pa.array([table["Metadata_Field"][0].as_py() for table in full], pa.string()),
        "Metadata_Count_Nuclei": np.array([table.num_rows for table in full], dtype=np.int32),
    }
    rows |= {column: np.array([np.median(table[column].to_numpy()) for table in full]) for column in features}
    return pa.table(rows)


# The files between the stages


def tissue() -> tuple[Field, ...]:
    """The four fields of colonic glands that come with scikit-image: (256, 256, 3) uint8 each."""
    return cut(io.imread(Path(skimage.__file__).parent / "data" / "ihc.png"))


def read_fields(folder: Path, pattern: str = "*.tif") -> tuple[Field, ...]:
    """Images of a folder as fields, in the order of their names."""
    return tuple(Field(file.name.split(".")[0], tifffile.imread(file)) for file in sorted(folder.glob(pattern)))


def run(
    out: Path,
    fields: Sequence[Field] | None = None,
    settings: Settings = TISSUE,
    known: Mapping[str, str] = TISSUE_IS,
) -> list[Stage]:
    """Make every level from raw images to bulk embeddings.

    Parameters
    ----------
    out
        A folder; each level gets one below it.
    fields
        The raw images, all of one shape; those of `tissue` if not given.
    settings
        What the stages are told.
    known
        What is known about the raw images.

    Returns
    -------
    list of Stage
        In the order in which they have to be put: parents first.
    """
    fields = tissue() if fields is None else fields
    told: dict[str, str | int | float | bool] = {"nucleus_px": settings.nucleus, "skimage": version("scikit-image")}
    made = [
        Stage("corrected_images", out / "corrected_images", {"stage": "correct", "smoothing": "field/4"}, {}),
        Stage("segmentation_masks", out / "segmentation_masks", {"stage": "segment", **told}, {}),
        Stage("single_cell_images", out / "single_cell_images", {"stage": "crops", "crop_px": settings.crop}, {}),
        Stage("single_cell_embeddings", out / "single_cell_embeddings", {"stage": "embed", **told}, {}),
        Stage("bulk_embeddings", out / "bulk_embeddings", {"stage": "aggregate", "statistic": "median"}, {}),
    ]
    given = [Stage(level, out / level, {}, known) for level in ("raw_images", "metadata")]
    stages = given + made
    folders = {stage.level: stage.folder for stage in stages}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    function = illumination([field.image for field in fields])
    _write_image(folders["corrected_images"] / "illumination.tif", function)
    tables = []
    for field in fields:
        _write_raw(folders["raw_images"] / f"{field.name}.ome.tif", field)
        image = correct(field.image, function)
        planes = stain_planes(image)
        labels = segment(planes, settings)
        _write_image(folders["corrected_images"] / f"{field.name}.tif", image)
        _write_image(folders["segmentation_masks"] / f"{field.name}_nuclei.tif", labels)
        _write_image(folders["single_cell_images"] / f"{field.name}_cells.tif", crops(image, labels, settings))
        tables.append(embed(planes, labels, field.name, settings))
        pq.write_table(tables[-1], folders["single_cell_embeddings"] / f"{field.name}.parquet", compression="zstd")
    pq.write_table(aggregate(tables), folders["bulk_embeddings"] / "fields.parquet", compression="zstd")
    _write_metadata(folders["metadata"], fields, tables[0].column_names, settings)
    return stages


def _write_raw(file: Path, field: Field) -> None:
    """Write a field as OME-TIFF; its UUID follows from its pixels, so that the same field is the same file."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(field.image.tobytes()).hexdigest())
    tifffile.imwrite(
        file,
        field.image,
        ome=True,
        photometric="rgb" if field.image.ndim == 3 else "minisblack",
        compression="zlib",
        metadata={"axes": "YXS" if field.image.ndim == 3 else "YX", "Name": field.name, "UUID": f"urn:uuid:{identity}"},
    )


def _write_image(file: Path, image: npt.NDArray[Any]) -> None:
    is_rgb = image.shape[-1] == 3 and image.dtype == np.uint8 and image.ndim > 2
    tifffile.imwrite(file, image, photometric="rgb" if is_rgb else "minisblack", compression="zlib")


def _write_metadata(folder: Path, fields: Sequence[Field], columns: Sequence[str], settings: Settings) -> None:
    """Write what the fields are and what the features mean."""
    described = [
        {
            "field": field.name,
            "offset_y_px": field.offset[0],
            "offset_x_px": field.offset[1],
            "height_px": field.image.shape[0],
            "width_px": field.image.shape[1],
            "dtype": str(field.image.dtype),
            "sha256_of_pixels": hashlib.sha256(field.image.tobytes()).hexdigest(),
        }
        for field in fields
    ]
    _write_table(folder / "fields.csv", described)
    units = {column: next((u for word, u in UNITS.items() if word in column), "") for column in columns}
    _write_table(folder / "features.csv", [{"feature": name, "unit": unit} for name, unit in units.items()])
    _write_table(folder / "settings.csv", [{"name": k, "value": str(v)} for k, v in asdict(settings).items()])


def _write_table(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    for made in run(Path(sys.argv[1] if len(sys.argv) > 1 else "first-light")):
        print(made.level, made.folder, *(f"{name}={value}" for name, value in made.parameters.items()))
