"""Nothing on the page identifies a patient, and no secret is on it, whatever comes along."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.access.snapshot import Snapshot, unread
from slidebox.cli import slidebox
from slidebox.cli.console import Output
from slidebox.cli.report_gather import Asked, gather
from slidebox.errors import UnreadableError
from slidebox.report.page import render
from slidebox.report.page.nameless import nameless

from .flow_lab import RAW, SmallLab, small_lab

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
PATIENT = ("Jane Roe", "1961-04-03", "MRN-4471", "patient-17")
"""Who is in the names of files, folders and objects, and in what files hold."""

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzSECRETKE",
    "AWS_ACCESS_KEY_ID": "AKIAZQ3XAMPLEKEY7QRT",
    "GITHUB_TOKEN": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "ZENODO_TOKEN": "Zk3jS9mQx0aB7cD1eF5gH2iJ4kL6mN8oP0qR2sT4uV6wX8yZ0aB1cD3eF5",
    "AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=https;AccountKey=" + "aB3/" * 21 + "cD==",
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: dict[str, Path]) -> SmallLab:
    """A lab with data about a patient on two drives."""
    assert engines
    found = small_lab(tmp_path)
    found.plan("bench", "shelf")
    for name, text in labfile.dump(found.lab).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr("slidebox.engine.Engine.outputs", lambda *_, **__: found.outputs)
    return found


def written(lab: SmallLab, **more: Any) -> str:
    """The page's HTML, and its JSON after it."""
    html = render(gather(Asked(lab.root, NOW, **more), Output()).page)
    words = ["--access", str(more["access"])] if more.get("access") else []
    command = ["--lab", str(lab.root), "report", "--json", *words]
    done = CliRunner().invoke(slidebox, command, standalone_mode=False)
    assert done.exception is None, done.exception
    return html + done.stdout


def names_in(folder: Path) -> Iterator[str]:
    """Every part of a path below a folder that is more than a letter or two, without how it ends."""
    for path in folder.rglob("*"):
        for part in path.relative_to(folder).parts:
            if len(stem := part.partition(".")[0]) > 3:
                yield stem


def test_no_name_of_a_file_or_folder_of_a_patient_is_on_the_page(lab: SmallLab) -> None:
    """Put, recorded, lying on drives, half of them damaged, left over where nobody plans them."""
    lab.put({f"{PATIENT[3]}/{PATIENT[0]} {PATIENT[1]}/{PATIENT[2]} scan.tif": f"{PATIENT[0]}".encode()})
    (lab.folder("shelf") / PATIENT[3] / f"{PATIENT[0]} {PATIENT[1]}").rename(lab.folder("shelf") / PATIENT[2])
    (lab.folder("shelf") / "ro-crate-metadata.json").write_text(f"{{ {PATIENT[0]}", encoding="utf-8")
    text = written(lab)
    assert RAW in text
    assert "What shelf has of demo/raw_images could not be read" in text
    assert [word for word in PATIENT if word in text] == []


def test_no_name_of_real_images_is_on_the_page(lab: SmallLab, shared: Path) -> None:
    """Of a Cell Painting plate, of an image with an operator's name in its tags, and of a plate of a cancer atlas."""
    source = lab.root / "source"
    shutil.copytree(shared / "data" / "nf1" / "raw_images", source / "raw_images")
    shutil.copytree(shared / "data" / "jump", source / "jump")
    shutil.copytree(shared / "data" / "pediatric", source / "pediatric")
    (csv_file,) = (source / "pediatric").glob("*.csv")
    with csv_file.open(encoding="utf-8") as rows:
        inventory = [line for line, _ in zip(csv.DictReader(rows), range(40), strict=False)]
    names = {row[key] for row in inventory for key in row if key.startswith("FileName_")}
    for name in names:
        (source / "pediatric" / name).write_bytes(b"image")
    lab.put({})
    lab.folder("bench").chmod(0o755)
    text = written(lab)
    assert len(names) > 40
    known = {*names_in(source), *(row["Metadata_Plate"] for row in inventory), "ALSF_pilot_data"}
    assert sorted(word for word in known if word in text) == ["raw_images"]


def test_no_object_of_a_patient_comes_along_with_a_way_of_access(lab: SmallLab, tmp_path: Path) -> None:
    """Lists of single objects, folders with policies of their own, files that could not be read, in every cloud."""
    name = f"{PATIENT[3]}/{PATIENT[0]} {PATIENT[1]}.tif"
    granted = {"Grants": [{"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"}], "Owner": {"ID": "o"}}
    aws = {
        "accounts": {"111122223333": {"public_access_block": None, "authorization": NOBODY}},
        "buckets": {
            "scans": {
                "account": "111122223333",
                "policy": {"Statement": [{**OPEN, "Resource": f"arn:aws:s3:::scans/{name}"}]},
                "public_access_block": None,
                "acl": None,
                "ownership": None,
                "objects": [{"Key": name, "Acl": granted}, {"Key": f"b/{name}", "Acl": unread(f"{name}: denied")}],
            }
        },
    }
    folder = {"mode": "0755", "owner": "root", "group": "root", "path": "/drive/scans"}
    below = {"ways": [], "left": f"/drive/scans/{name}: Permission denied"}
    places = {
        "machines": {"": {"groups": {}, "complete": True, "exports": None}},
        "folders": {
            "/drive/scans": {
                "kind": "drive",
                "store": "bench",
                "dataset": RAW,
                "machine": "",
                "path": "/drive/scans",
                "above": [{**folder, "path": "/drive"}],
                "folder": folder,
                "below": below,
                "read_only": False,
            }
        },
    }
    google = {
        "buckets": {
            "gscans": {
                "metadata": {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}}, "acl": []},
                "policy": {"bindings": []},
                "managed_folders": [
                    {"name": f"{PATIENT[3]}/", "policy": {"bindings": [{"role": VIEWER, "members": ["allUsers"]}]}}
                ],
                "objects": {name: [{"entity": "allUsers", "role": "READER"}]},
            }
        }
    }
    saved = tmp_path / "saved.json"
    sections: dict[str, dict[str, Any]] = {"aws": aws, "places": places, "google": google}
    saved.write_text(json.dumps(Snapshot("live", "2026-11-29T12:00:00Z", sections=sections).document()))
    found = gather(Asked(lab.root, NOW, files_only=True, access=saved), Output()).page
    ways = {step for one in found.readers for step in one.path}
    assert any("object …" in way for way in ways), ways
    assert "managed folder …" in ways
    assert "some of it could not be read" in ways
    assert {one.place for one in found.readers} >= {"scans", "gscans", "/drive/scans"}
    text = written(lab, access=saved)
    assert [word for word in PATIENT if word in text] == []


ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
VIEWER = "roles/storage.objectViewer"
NOBODY: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
OPEN = {"Sid": "one", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}


@given(st.text(min_size=1), st.sampled_from(["object {}", "the list of object {} (ACL)", "access list of object {}"]))
def test_no_name_of_an_object_passes(name: str, words: str) -> None:
    """Whatever it is called."""
    mark = f"{name}MARK"
    assert not any("MARK" in step for step in nameless((words.format(mark),)))
    assert not any("MARK" in step for step in nameless(("folder /d/set", f"/d/set/{mark}: Permission denied")))
    assert not any("MARK" in step for step in nameless(("folder /d/set", "what is in it", f"/d/set/{mark}")))
    assert not any("MARK" in step for step in nameless((f"managed folder {mark}", "its IAM policy")))
    assert not any("MARK" in step for step in nameless((f"arn:aws:s3:::bkt/{mark}",)))


@pytest.mark.parametrize(
    "path",
    [
        ("reader of cfret/raw_images",),
        ("bucket policy", "statement all"),
        ("user slidebox-first-light-petra", "bucket way-lab-x", "policy slidebox, statement 1"),
        (
            "role arn:aws:iam::111122223333:role/analysts/reader",
            "policy arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        ),
        ("folder /drive/scans", "mode 0755, others"),
        ("repository lab/atlas-metadata", "team imaging with push"),
    ],
)
def test_what_is_configuration_stays(path: tuple[str, ...]) -> None:
    """Policies, roles, groups, users, modes and places are what the page is for."""
    assert nameless(path, "/drive/scans") == path


def test_no_secret_of_the_environment_the_state_or_an_error_is_on_the_page(
    lab: SmallLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys in variables, in a stack's outputs, in a passphrase, in declarations, and in what a store answers."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    lab.home.prepare()
    lab.outputs["keys"] = {
        "team:imaging": {"access_key": SECRETS["AWS_ACCESS_KEY_ID"], "secret_key": "s3cr3t-0f-a-t3am"}
    }
    lab.put({"a.tif": b"data"})
    said = " ".join(f"{name}={value}" for name, value in SECRETS.items())

    def failing(*_: Any, **__: Any) -> Any:
        raise UnreadableError(f"The store said: {said}")

    text = written(lab)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("slidebox.transfer.drive.DrivePlace.manifest", failing)
        text += written(lab)
    monkeypatch.setattr("slidebox.engine.Engine.outputs", failing)
    text += written(lab)
    assert "The store said" in text
    passphrase = lab.home.passphrase_file.read_text(encoding="utf-8").strip()
    hidden = [*SECRETS.values(), "aB3/" * 10, "s3cr3t-0f-a-t3am", passphrase]
    assert [secret for secret in hidden if secret in text] == []
