"""`pulumi up` of a project in a file service, `put` and `get`, through a real rclone and WebDAV."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rclone_remotes import NEEDED, Remotes, remotes

from .conftest import LAB, LabFactory, SmallLab, project

pytestmark = [pytest.mark.e2e, NEEDED]

STORE = "  box: {system: onedrive, kind: rclone, remote: dav, path: lab data, capacity: 1 TB, encrypted: true}\n"
SHARED = LAB.replace("playbook:\n", f"{STORE}playbook:\n").replace(
    "metadata: {short: [internal_drive], mid: [internal_drive]}", "metadata: {short: [onedrive]}"
)
SHARED = SHARED.replace("cy: {name: Cy}", "cy: {name: Cy, email: cy@uni.example}")
MADE = project("shared", {"metadata": "sensitivity: open"})
WHERE = "shared/metadata@short@box"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remotes]:
    """A WebDAV server with a password that rclone alone knows."""
    with remotes(tmp_path_factory.mktemp("rclone")) as found:
        yield found


def slidebox(lab: SmallLab, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in the lab's folder."""
    return subprocess.run(
        [sys.executable, "-m", "slidebox.cli", *words],
        cwd=lab.root,
        env={**lab.environment, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


def test_a_dataset_lives_in_a_file_service(make_lab: LabFactory, there: Remotes, tmp_path: Path) -> None:
    """Made, said what is left to a person, filled, and fetched."""
    lab = make_lab({"lab.yaml": SHARED, "projects/shared.yaml": MADE})
    lab.environment["RCLONE_CONFIG"] = str(there.config)
    lab.init("shared")
    folder = there.served / "lab data/shared/metadata"

    up = lab.up("shared")
    assert up.code == 0, up.said
    assert "Remote 'dav' of store 'box' is of type 'webdav', and not OneDrive" in up.said
    by_hand = "person:ada may edit, person:bob may edit, person:cy (cy@uni.example) may view. Make no link"
    assert f"{WHERE} has to be shared by hand: in dav:lab data/shared/metadata, {by_hand}" in up.said
    assert (folder / ".slidebox-location.json").is_file()
    output = lab.outputs("shared")["locations"][WHERE]
    assert (output["kind"], output["path"]) == ("rclone", "dav:lab data/shared/metadata")

    source = tmp_path / "source"
    (source / "plates").mkdir(parents=True)
    (source / "plates/ä 1.csv").write_text("well,treatment\n")
    put = slidebox(lab, "put", "shared/metadata", str(source))
    assert put.returncode == 0, put.stderr
    assert (folder / "plates/ä 1.csv").read_text() == "well,treatment\n"
    got = slidebox(lab, "get", "shared/metadata", str(tmp_path / "back"))
    assert got.returncode == 0, got.stderr
    assert (tmp_path / "back/plates/ä 1.csv").read_text() == "well,treatment\n"

    # The sign-in of the remote is nowhere but in rclone's own configuration.
    said = [up.said, *(x for r in (put, got) for x in (r.stdout, r.stderr))]
    kept = [
        p.read_bytes().decode(errors="replace") for p in lab.root.rglob("*") if p.is_file() and ".venv" not in p.parts
    ]
    for secret in (there.secret, there.obscured):
        assert not [text for text in (*said, *kept) if secret in text]
