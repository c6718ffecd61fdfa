"""Deposits from declaration to DOI: the real engine, rules and command line; doubles stand in for the services."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.figshare import Figshare
from tests.doubles.web_double import Asked, running
from tests.doubles.zenodo import Zenodo

from slidebox.provenance import CRATE_FILE

from .conftest import LabFactory, Ran, SmallLab

pytestmark = pytest.mark.e2e

TOKEN = "zenodo-token-that-nobody-sees"
OTHER = "figshare-token-that-nobody-sees"
DATA, CODE = "screen/metadata", "screen/pipelines"
LAB = """\
lab: tiny-lab
title: A lab of three
people:
  ada: {{name: "Example, Ada", orcid: 0000-0002-1825-0097}}
  bob: {{name: "Example, Bob"}}
  cy: {{name: Cy}}
teams:
  imaging: {{members: [ada, bob]}}
stores:
  zenodo: {{system: zenodo, kind: zenodo, endpoint: "{url}", community: way-lab}}
  figshare:
    system: figshare
    kind: figshare
    endpoint: "{figshare}"
    categories: [24736]
    private_link: 60 days
    collection: true
playbook:
  preferences:
    metadata: {{long: [zenodo]}}
    pipelines: {{long: [figshare]}}
"""
PROJECT = """\
project: screen
title: A screen
owner: ada
activity: finished
audience: {contributor: [imaging], steward: [ada]}
public_from: long
datasets:
  metadata: {size: 1 MB, files: 200, sensitivity: open, licence: CC0-1.0}
  pipelines: {size: 1 MB, files: 3, sensitivity: open, licence: CC-BY-4.0}
"""


@pytest.fixture
def zenodo() -> Iterator[Zenodo]:
    """Zenodo with an account of the lab."""
    with running(Zenodo({TOKEN: "lab"})) as double:
        yield double


@pytest.fixture
def figshare() -> Iterator[Figshare]:
    """Figshare with an account of the lab."""
    with running(Figshare({OTHER: "lab"}, part_bytes=100)) as double:
        yield double


@pytest.fixture
def lab(make_lab: LabFactory, zenodo: Zenodo, figshare: Figshare) -> SmallLab:
    """The lab, with the tokens in its environment alone."""
    file = LAB.format(url=zenodo.url, figshare=figshare.url)
    made = make_lab({"lab.yaml": file, "projects/screen.yaml": PROJECT})
    made.environment |= {"SLIDEBOX_TOKEN_ZENODO": TOKEN, "SLIDEBOX_TOKEN_FIGSHARE": OTHER}
    made.init("screen")
    return made


def slidebox(lab: SmallLab, *words: str) -> Ran:
    """Run a verb."""
    command = [sys.executable, "-m", "slidebox.cli", "--lab", str(lab.root), *words]
    done = subprocess.run(
        command, cwd=lab.root, env=lab.environment, capture_output=True, text=True, timeout=120, check=False
    )
    return Ran(done.returncode, done.stdout + done.stderr)


def fill(folder: Path) -> Path:
    """A folder with folders."""
    for plate in ("p1", "p2"):
        (folder / plate).mkdir(parents=True)
        (folder / plate / "a.parquet").write_bytes(plate.encode() * 100)
    return folder


def test_a_deposit_comes_up_is_filled_and_published_on_a_persons_word(
    lab: SmallLab, zenodo: Zenodo, figshare: Figshare, tmp_path: Path
) -> None:
    """Its whole life; nothing is public before somebody says so, and afterwards it stays."""
    fill(tmp_path / "data")
    said = []

    def ran(result: Ran, *, well: bool = True) -> str:
        said.append(result.said)
        assert (result.code == 0) == well, result.said
        return result.said

    # The service makes the draft and the line is cut before the engine hears of it: the next run finds it again.
    cut = [True]

    def broken(asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/depositions") and bool(cut) and cut.pop()

    zenodo.broken = broken
    ran(lab.up("screen", "--skip-preview"), well=False)
    assert cut == []
    ran(lab.up("screen", "--skip-preview"))
    (record,) = zenodo.owned()
    assert record.metadata["communities"] == [{"identifier": "way-lab"}]
    assert [one["name"] for one in record.metadata["creators"]] == ["Example, Ada", "Example, Bob"]
    (item,) = figshare.owned()
    (link,) = item.links
    assert item.doi == f"10.6084/m9.figshare.{item.id}"
    (together,) = figshare.collections.values()
    assert (together.about["title"], together.items) == ("A screen", [item.id])
    assert together.doi == f"10.6084/m9.figshare.c.{together.id}"

    # Filled they are still drafts, and nothing is left to do.
    for dataset in (DATA, CODE):
        ran(slidebox(lab, "put", dataset, str(tmp_path / "data")))
    assert CRATE_FILE in record.files
    assert CRATE_FILE in figshare.held(item)
    ran(lab.up("screen", "--expect-no-changes", "--refresh"))
    assert not record.published
    told = ran(slidebox(lab, "publish", DATA, "--approve", "ada", "--yes", DATA, "--reread"))
    assert f"https://doi.org/10.5072/zenodo.{record.id}, approved by Example, Ada" in " ".join(told.split())
    assert record.published

    # A destroy leaves data alone, and what is published.
    destroyed = ran(lab.run("destroy", "--stack", "screen", "--yes", "--skip-preview"), well=False)
    assert "so it is not deleted" in destroyed
    assert len(zenodo.owned()) == len(figshare.owned()) == 1

    # Nobody has seen a token, nor the link for who reviews the draft, which is a secret of the state.
    kept = "".join(p.read_text(errors="replace") for p in lab.root.rglob("*") if p.is_file() and ".venv" not in p.parts)
    seen = [secret for secret in (TOKEN, OTHER, link) if secret in kept + "".join(said)]
    assert seen == []
