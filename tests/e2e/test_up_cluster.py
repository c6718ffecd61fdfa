"""`pulumi up` of a lab with a drive and a cluster, and data put there and fetched: the real engine, rules and sshd."""

from __future__ import annotations

import getpass
import grp
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.doubles.dvc import installed_dvc
from tests.sshd import PROGRAM, Sshd

from .conftest import LabFactory, Ran, SmallLab, names

pytestmark = pytest.mark.e2e

GROUP = grp.getgrgid(os.getgid()).gr_name
"""A group that this account may give its files to; the lab's team of its members has the same name."""

LAB = """\
lab: tiny-lab
title: A lab with a cluster
people:
  ada: {{name: Ada}}
  cy: {{name: Cy}}
teams:
  {group}: {{members: [ada]}}
stores:
  bench: {{system: internal_drive, kind: drive, path: disks/bench, capacity: 1 TB, encrypted: true}}
  campus:
    system: local_cluster
    kind: cluster
    host: "127.0.0.1:{port}"
    user: {user}
    path: {path}
    group: {group}
    capacity: 1 GB
    encrypted: true
    {more}
playbook:
  preferences:
    raw_images: {{short: [local_cluster], mid: [internal_drive, local_cluster]}}
"""
PROJECT = """\
project: first
title: A project
owner: ada
audience: {{contributor: [{group}], steward: [ada]}}
datasets:
  raw_images: {{size: 1 MB, files: 2, sensitivity: open, activity: {activity}}}
"""


class ClusterLab:
    """A small lab whose engine comes to the cluster with the server's own home."""

    def __init__(self, make: LabFactory, server: Sshd, folder: Path, activity: str, more: str = "") -> None:
        about = {"group": GROUP, "port": server.port, "user": getpass.getuser(), "path": folder, "more": more}
        project = PROJECT.format(group=GROUP, activity=activity)
        self.lab: SmallLab = make({"lab.yaml": LAB.format(**about), "projects/first.yaml": project})
        self.lab.environment |= {"HOME": str(server.home)}

    def slidebox(self, *words: str) -> Ran:
        """Run a verb."""
        command = [sys.executable, "-m", "slidebox.cli", *words]
        done = subprocess.run(
            command,
            cwd=self.lab.root,
            env=self.lab.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)


def test_data_come_to_a_cluster_and_back(make_lab: LabFactory, sshd: Sshd, tmp_path: Path) -> None:
    """The whole life of a stack with a folder there."""
    campus, source = tmp_path / "campus", tmp_path / "plate"
    campus.mkdir()
    source.mkdir()
    for name in ("a.tif", "it's b.tif"):
        (source / name).write_bytes(name.encode() * 1000)
    one = ClusterLab(make_lab, sshd, campus, "resting")
    lab = one.lab
    lab.init("first")

    marked = one.slidebox("mark", "campus", "--yes")
    assert marked.code == 0, marked.said

    up = lab.up("first")
    assert up.code == 0, up.said
    folder = campus / "first/raw_images"
    assert f"{folder.stat().st_mode & 0o7777:04o}" == "3770"
    assert names(lab.state("first"), "slidebox:cluster:Folder") == ["raw_images@campus"]
    locations = lab.outputs("first")["locations"]
    about = locations["first/raw_images@mid@campus"]
    assert (about["kind"], about["path"], about["copy"], about["by_hand"]) == ("cluster", str(folder), 2, False)

    # Nothing of the key is in the state.
    secret = (sshd.home / ".ssh/id_ed25519").read_text().splitlines()[1]
    written = "".join(p.read_text(errors="replace") for p in (lab.root / ".slidebox/state").rglob("*") if p.is_file())
    assert secret not in written

    put = one.slidebox("put", "first/raw_images", str(source))
    assert put.code == 0, put.said
    assert (folder / "it's b.tif").read_bytes() == (source / "it's b.tif").read_bytes()
    # The drive's copy is damaged: the cluster's is fetched.
    (lab.root / "disks/bench/first/raw_images/a.tif").write_bytes(b"damaged")
    got = one.slidebox("get", "first/raw_images", str(tmp_path / "back"))
    assert got.code == 0, got.said
    assert (tmp_path / "back/a.tif").read_bytes() == (source / "a.tif").read_bytes()

    folder.chmod(0o3777)
    opened = one.slidebox("check", "--live", "--json")
    assert opened.code == 1
    assert "every account of the machine" in opened.said

    destroy = lab.run("destroy", "--stack", "first", "--yes")
    assert destroy.code != 0
    assert "is not empty (it holds" in destroy.said
    assert "Traceback" not in destroy.said
    assert (folder / "a.tif").exists()


def test_a_remote_of_dvc_comes_up_on_a_cluster_and_takes_data(
    make_lab: LabFactory, sshd: Sshd, tmp_path: Path, repository: Path
) -> None:
    """The folder as any of the cluster's, the remote without a key, and the bytes by DVC itself."""
    if PROGRAM is None:
        pytest.skip("there is no sshd here: install openssh-server")
    campus, source = tmp_path / "campus", tmp_path / "plate"
    campus.mkdir()
    source.mkdir()
    (source / "a.tif").write_bytes(b"image" * 1000)
    more = "remotes: {system: dvc, kind: dvc, over: campus, repository: analysis}"
    one = ClusterLab(make_lab, sshd, campus, "resting", f"\n  {more}")
    lab = one.lab
    file = lab.root / "lab.yaml"
    file.write_text(file.read_text().replace("mid: [internal_drive, local_cluster]", "mid: [dvc, internal_drive]"))
    lab.environment |= {"SLIDEBOX_DVC": str(installed_dvc(repository)), "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}
    analysis = lab.root / "analysis"
    subprocess.run(["git", "init", "--quiet", str(analysis)], check=True)
    lab.init("first")
    marked = one.slidebox("mark", "campus", "--yes")
    assert marked.code == 0, marked.said

    up = lab.up("first")
    assert up.code == 0, up.said
    folder = campus / "dvc_remotes/remotes/first/raw_images"
    assert (f"{folder.stat().st_mode & 0o7777:04o}", folder.group()) == ("3770", GROUP)
    state = lab.state("first")
    assert names(state, "slidebox:cluster:Folder") == names(state, "slidebox:dvc:Remote") == ["raw_images@remotes"]
    config = (analysis / ".dvc/config").read_text()
    address = f"url = ssh://127.0.0.1:{sshd.port}{folder}\n    user = {getpass.getuser()}\n"
    assert config == f"['remote \"remotes-first-raw-images\"']\n    {address}"
    assert lab.up("first", "--expect-no-changes").code == 0

    put = one.slidebox("put", "first/raw_images", str(source))
    assert put.code == 0, put.said
    assert sorted(p.read_bytes() == b"image" * 1000 for p in folder.glob("files/md5/*/*")) == [False, False, True]
    (lab.root / "disks/bench/first/raw_images/a.tif").write_bytes(b"damaged")
    got = one.slidebox("get", "first/raw_images", str(tmp_path / "back"))
    assert got.code == 0, got.said
    assert (tmp_path / "back/a.tif").read_bytes() == (source / "a.tif").read_bytes()

    secret = (sshd.home / ".ssh/id_ed25519").read_text().splitlines()[1]
    written = [p for top in (lab.root / ".slidebox", analysis) for p in top.rglob("*") if p.is_file()]
    assert secret not in "".join(p.read_text(errors="replace") for p in written)
    assert secret not in put.said + got.said + up.said

    folder.chmod(0o3777)
    opened = one.slidebox("check", "--live", "--json")
    assert opened.code == 1
    assert "every account of the machine" in opened.said
    assert "first/raw_images@mid@remotes" in opened.said


def test_scratch_space_is_never_the_only_place(make_lab: LabFactory, sshd: Sshd, tmp_path: Path) -> None:
    """The plan adds a copy where nothing deletes it; a lab without such a place is refused."""
    one = ClusterLab(make_lab, sshd, tmp_path, "active", "purge_after: 60 days")
    planned = one.slidebox("check", "--json")
    assert "keeping/purged_not_alone" not in planned.said
    assert "first/raw_images@short@bench" in planned.said
    assert "first/raw_images@short@campus" in planned.said

    file = one.lab.root / "lab.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "bench" not in line))
    refused = one.slidebox("check", "--json")
    findings = {f["rule"]: f for f in json.loads(refused.said)["findings"] if f["subject"] == "first/raw_images@short"}
    assert refused.code == 1, refused.said
    assert "campus after 60 days" in findings["keeping/purged_not_alone"]["message"]
