"""The walk-through of `make up`, in a copy of the lab; and the same places filled with images of a real plate."""

from __future__ import annotations

import filecmp
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slidebox import gateway
from slidebox.home import Home

pytestmark = pytest.mark.e2e
LEVELS = (
    "metadata",
    "raw_images",
    "corrected_images",
    "segmentation_masks",
    "single_cell_images",
    "single_cell_embeddings",
    "bulk_embeddings",
)


@dataclass
class Copy:
    """A copy of the repository's lab, and what its walk-through printed at first."""

    root: Path
    first: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the lab's environment in its folder."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env={**Home(self.root).environment(), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def slidebox(self, *words: str) -> dict[str, object]:
        """Run a verb, and read its JSON."""
        done = self.run("-m", "slidebox.cli", *words, "--json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer


@pytest.fixture(scope="module")
def lab(engines: dict[str, Path], repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """The lab after a first `make up`."""
    assert engines
    root = tmp_path_factory.mktemp("lab")
    for name in ("projects", "infra", "examples"):
        shutil.copytree(repository / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("lab.yaml", "Pulumi.yaml"):
        shutil.copy(repository / name, root)
    for name in ("plugins", "policies", ".venv"):
        (root / name).symlink_to(repository / name)
    copy = Copy(root, "")
    done = copy.run("examples/first_light/up.py")
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        copy.first = done.stdout
        yield copy
    finally:
        gateway.stop(Home(root))


def test_make_up_shows_the_whole_idea(lab: Copy) -> None:
    """Stores, provisioning, every level put and verified, access as declared, the refusal, and the table."""
    said = lab.first
    assert re.search(r"\d+ create", said)
    for level in LEVELS:
        assert re.search(rf"{level} → bench-s3( and shelf)?: [1-9]\d* written and verified, 0 there already", said)
    assert "raw_images → bench-s3 and shelf" in said
    assert "every checksum matches" in said
    answers = re.findall(r"(read|write) first-light/segmentation_masks +(allowed|refused)", said)
    assert [("read", "allowed"), *[("write", "refused"), ("read", "refused")] * 2, ("write", "refused")] == answers
    refusal = said.partition("$ pulumi preview -s retina-clinic")[2].partition("Refused at preview; nothing was made.")
    assert refusal[1]
    assert "[sharing/identifiable_never_public] retina-clinic/metadata, retina-clinic/raw_images" in refusal[0]
    assert refusal[0].count("identifiable data are declared for anyone") == 1
    assert len(refusal[0].strip().splitlines()) <= 6


def test_make_up_says_what_is_advised_of_many_places_once(lab: Copy) -> None:
    """Seven buckets that lack the same have one sentence."""
    advised = re.findall(r"^ +advice: (.*)$", lab.first, re.MULTILINE)
    assert len(advised) == 2
    assert sum("the store lacks a block on public access" in said for said in advised) == 1
    assert any(said.startswith("7 places, such as first-light/") for said in advised)


def test_make_up_ends_with_the_page_of_the_lab(lab: Copy) -> None:
    """It says where the page is, what lies where now, and who can read it, by the gateway's own answer."""
    assert "   .slidebox/report/index.html\n" in lab.first
    file = lab.root / ".slidebox" / "report" / "index.html"
    assert file.stat().st_mode & 0o777 == 0o600
    page: dict[str, Any] = lab.slidebox("report")
    unread = {source["what"] for source in page["sources"] if not source["read"]}
    assert unread == {"inventories", "logs of reads", "bills"}, page["sources"]
    now = [one for one in page["placements"] if one["now"] and one["dataset"].startswith("first-light/")]
    assert {(one["dataset"].partition("/")[2], one["there"]) for one in now} == {(level, "yes") for level in LEVELS}
    kept = {one["name"]: one["said"] for one in page["lineage"] if one["standing"] == "kept"}
    assert kept["first-light/raw_images"] == "kept in bench-s3, shelf"
    readers = [one for one in page["readers"] if one["dataset"] == "first-light/bulk_embeddings"]
    reads = {one["principal"] for one in readers if "read" in one["actions"] and one["verdict"] == "declared"}
    assert {"team:analysis", "team:imaging", "person:petra"} <= reads
    assert not any("as planned" in one["path"] for one in readers)


def test_make_up_records_what_it_put_and_the_chain_holds(lab: Copy) -> None:
    """Every level, in each of its places, with the manifest that lies there."""
    record = lab.slidebox("record", "first-light")["first-light"]
    assert isinstance(record, dict)
    assert record["broken"] is None
    # Nothing was put before, so each level is there once, in the order of the pipeline.
    first = record["entries"][: len(LEVELS)]
    assert {entry["dataset"] for entry in first} == {f"first-light/{level}" for level in LEVELS}
    assert {entry["act"] for entry in first} == {"put"}
    raw = next(entry for entry in first if entry["dataset"] == "first-light/raw_images")
    assert [spot["store"] for spot in raw["spots"]] == ["bench-s3", "shelf"]
    shelf = Path(raw["spots"][1]["where"])
    assert hashlib.sha256((shelf / "ro-crate-metadata.json").read_bytes()).hexdigest() == raw["manifest"]
    assert f"record/first-light.jsonl has {len(LEVELS)} entries" in lab.first


def test_make_up_again_changes_nothing(lab: Copy) -> None:
    """The second run finds everything as it should be."""
    done = lab.run("examples/first_light/up.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ +\d+ same$", done.stdout, re.MULTILINE)
    written = re.findall(r"(\d+) written and verified, (\d+) there already", done.stdout)
    assert len(LEVELS) == len(written)
    assert all(new == "0" and int(there) > 0 for new, there in written)
    assert f"record/first-light.jsonl has {len(LEVELS)} entries" in done.stdout


def test_metadata_persist_through_every_level(lab: Copy) -> None:
    """What was said of the raw images is said beside the bulk embeddings, five steps later."""
    crates = {}
    for level in ("raw_images", "bulk_embeddings"):
        lab.slidebox("get", f"first-light/{level}", f"back/{level}")
        crate = json.loads((lab.root / "back" / level / "ro-crate-metadata.json").read_text(encoding="utf-8"))
        values = {e["name"]: e["value"] for e in crate["@graph"] if e["@type"] == "PropertyValue"}
        # What each dataset is itself does not come from its parents.
        crates[level] = {name: value for name, value in values.items() if name not in {"level", "origin"}}
    assert crates["raw_images"]
    assert crates["raw_images"].items() <= crates["bulk_embeddings"].items()


def test_images_of_a_real_plate_go_through_the_same_places(lab: Copy, shared: Path) -> None:
    """Raw images, and every level made of them, are put, brought back and equal byte by byte."""
    program = (
        "import sys; sys.path.insert(0, 'examples/first_light'); import pipeline; from pathlib import Path\n"
        f"fields = pipeline.read_fields(Path({str(shared / 'data' / 'nf1' / 'raw_images')!r}), '*DAPI*.tif')\n"
        "pipeline.run(Path('plate'), fields, pipeline.DAPI, {'cell line': 'NF1 Schwann cells'})\n"
    )
    ran = lab.run("-c", program)
    assert ran.returncode == 0, ran.stderr
    for level in LEVELS:
        lab.slidebox("put", f"first-light/{level}", f"plate/{level}", "--replace")
    for level in LEVELS:
        lab.slidebox("get", f"first-light/{level}", f"again/{level}")
        sent = sorted(p.name for p in (lab.root / "plate" / level).iterdir())
        same, differ, missing = filecmp.cmpfiles(
            lab.root / "plate" / level, lab.root / "again" / level, sent, shallow=False
        )
        assert (sent, [], []) == (sorted(same), differ, missing)
