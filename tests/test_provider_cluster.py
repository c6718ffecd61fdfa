"""Folders on a real OpenSSH server, made by the provider's own type, and what is seen of them live."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slidebox.cluster import acl, marker
from slidebox.errors import InputError, UnreadableError
from slidebox.live.clusters import ClusterStore
from slidebox.live.found import Asked
from slidebox.model import Lab, LabFile, Person, Store, StoreKind, System, Team, Term
from slidebox.naming import folder_of
from slidebox.preview import UNREAD
from slidebox.provider.cluster import ClusterFolder
from slidebox.provider.drive import RECORD
from slidebox.provider.resource import Context
from slidebox.quantities import Duration

from .sshd import Sshd
from .test_transfer_cluster import kept

URN = "urn:pulumi:first::slidebox::slidebox:index:ClusterLocation$slidebox:cluster:Folder::raw_images@campus"
CONTEXT = Context(URN)
TODAY = dt.date(2026, 11, 24)
MODE = "2770"


def context(stack: str = "first", name: str = "raw_images@campus") -> Context:
    """A call about another resource."""
    return Context(URN.replace(":first:", f":{stack}:").replace("raw_images@campus", name))


@pytest.fixture(params=["sshd", "sshd_files"])
def server(request: pytest.FixtureRequest) -> Sshd:
    """A server with commands, and one with files alone."""
    found: Sshd = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def kind(server: Sshd) -> ClusterFolder:
    """The resource's type, on the server."""
    return ClusterFolder(lambda _: kept(server))


@pytest.fixture
def root(server: Sshd, tmp_path: Path) -> Path:
    """The store's folder, marked."""
    found = tmp_path / "lab"
    found.mkdir()
    marker.mark(kept(server), "test-lab", "campus", str(found), today=TODAY)
    return found


@pytest.fixture
def inputs(server: Sshd, root: Path) -> dict[str, Any]:
    """A folder."""
    store = {"name": "campus", "host": f"127.0.0.1:{server.port}", "root": str(root)}
    place = {"store": store, "lab": "test-lab", "path": "first/raw_images", "acl": []}
    return {**place, "mode": MODE, "group": "daemon", "quota": 1000, "tags": {"lab": "test-lab", "owner": "ada"}}


def mode_of(folder: Path) -> str:
    """The mode of a folder, octal."""
    return f"{folder.stat().st_mode & 0o7777:04o}"


root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root gives a folder to any group")


@root_only
def test_a_folder_is_made_with_its_mode_its_group_and_its_record(
    kind: ClusterFolder, inputs: dict[str, Any], root: Path
) -> None:
    """And is found so again, and taken up by a second run."""
    checked, failures = kind.check(CONTEXT, inputs, {})
    assert (checked, failures) == (inputs, [])
    id_, state = kind.create(CONTEXT, inputs)
    folder = root / "first/raw_images"
    assert state["absolutePath"] == str(folder)
    assert id_.endswith(f":{folder}")
    assert (mode_of(folder), folder.stat().st_gid, state["groupName"]) == (MODE, 1, "daemon")
    assert (mode_of(folder.parent), folder.parent.stat().st_gid) == ("0710", 1)
    record = json.loads((folder / RECORD).read_text())
    assert (record["stack"], record["tags"]) == ("first", inputs["tags"])
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.inputs, found.state) == (inputs, state)
    assert kind.diff(CONTEXT, state, found.inputs, inputs).changed == ()

    (folder / "a.tif").write_bytes(b"image")
    assert kind.create(CONTEXT, inputs) == (id_, state)
    assert (folder / "a.tif").read_bytes() == b"image"


@root_only
def test_drift_is_seen_and_mended(kind: ClusterFolder, inputs: dict[str, Any], root: Path) -> None:
    """Mode, group and tags; a folder that is gone is made again."""
    id_, state = kind.create(CONTEXT, inputs)
    folder = root / "first/raw_images"
    os.chown(folder, -1, 2)
    folder.chmod(0o777)
    record = json.loads((folder / RECORD).read_text())
    (folder / RECORD).write_text(json.dumps({**record, "tags": {}}))
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert (found.inputs["mode"], found.inputs["group"], found.inputs["tags"]) == ("0777", "bin", {})
    assert kind.diff(CONTEXT, state, found.inputs, inputs).changed == ("group", "mode", "tags")
    kind.update(CONTEXT, id_, found.state, inputs)
    assert (mode_of(folder), folder.stat().st_gid) == (MODE, 1)
    shutil.rmtree(folder)
    assert kind.read(CONTEXT, id_, state, inputs) is None
    with pytest.raises(InputError, match="is gone"):
        kind.update(CONTEXT, id_, state, inputs)


def test_what_is_somebody_elses_is_neither_taken_nor_deleted(
    kind: ClusterFolder, inputs: dict[str, Any], root: Path
) -> None:
    """Another stack's, nobody's, a file and a link."""
    inputs = {**inputs, "group": None}
    _, state = kind.create(context(stack="second"), inputs)
    for attempt in (
        lambda: kind.check(CONTEXT, inputs, {}),
        lambda: kind.create(CONTEXT, inputs),
        lambda: kind.update(CONTEXT, "", {}, inputs),
        lambda: kind.delete(CONTEXT, "", {**state, "mark": ""}),
    ):
        with pytest.raises(InputError, match="belongs to somebody else"):
            attempt()
    for name in ("nobodys", "file", "link"):
        theirs = {**inputs, "path": f"first/{name}"}
        where = root / "first" / name
        if name == "file":
            where.write_bytes(b"")
        elif name == "link":
            where.symlink_to(root)
        else:
            where.mkdir()
        with pytest.raises(InputError, match=r"carries no owner's mark|is no folder"):
            kind.create(CONTEXT, theirs)
    with pytest.raises(InputError, match="so it is not deleted"):
        kind.delete(CONTEXT, "", {**inputs, "path": "first/nobodys", "mark": ""})


def test_a_folder_with_data_is_not_deleted(kind: ClusterFolder, inputs: dict[str, Any], root: Path) -> None:
    """An empty one is, with the empty folders above it."""
    id_, state = kind.create(CONTEXT, {**inputs, "group": None})
    data = root / "first/raw_images/a.tif"
    data.write_bytes(b"image")
    with pytest.raises(InputError, match=r"is not empty \(it holds a\.tif\).*pulumi state delete"):
        kind.delete(CONTEXT, id_, state)
    assert data.exists()
    data.unlink()
    kind.delete(CONTEXT, id_, state)
    kind.delete(CONTEXT, id_, state)
    assert [p.name for p in root.iterdir()] == [".slidebox-drive.json"]


def test_a_file_system_that_is_not_there_is_no_empty_one(
    kind: ClusterFolder, inputs: dict[str, Any], root: Path
) -> None:
    """Without the store's mark nothing is made and nothing is gone."""
    id_, state = kind.create(CONTEXT, {**inputs, "group": None})
    (root / ".slidebox-drive.json").unlink()
    for attempt in (
        lambda: kind.check(CONTEXT, inputs, {}),
        lambda: kind.create(CONTEXT, inputs),
        lambda: kind.read(CONTEXT, id_, state, inputs),
        lambda: kind.delete(CONTEXT, id_, state),
    ):
        with pytest.raises(UnreadableError, match=r"has no mark \.slidebox-drive\.json"):
            attempt()
    other = {**inputs, "lab": "other-lab"}
    (root / ".slidebox-drive.json").write_text('{"lab": "test-lab", "store": "campus", "id": "1", "made": "x"}')
    with pytest.raises(UnreadableError, match="not store 'campus' of lab 'other-lab'"):
        kind.check(CONTEXT, other, {})


def test_marks_are_written_once(server: Sshd, root: Path, tmp_path: Path) -> None:
    """And never over another's."""
    cluster = kept(server)
    first = marker.read_marker(cluster, str(root))
    assert first == marker.mark(cluster, "test-lab", "campus", str(root), today=TODAY)
    with pytest.raises(InputError, match="is already marked as store 'campus' of lab 'test-lab'"):
        marker.mark(cluster, "test-lab", "other", str(root), today=TODAY)
    with pytest.raises(InputError, match="is not there"):
        marker.mark(cluster, "test-lab", "campus", str(tmp_path / "none"), today=TODAY)
    (root / ".slidebox-drive.json").write_text("{")
    with pytest.raises(UnreadableError, match="is damaged"):
        marker.read_marker(cluster, str(root))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mode": "2775"}, "ends in 0"),
        ({"mode": "rwx"}, "ends in 0"),
        ({"path": "../escape"}, "cannot be a folder's path"),
        ({"acl": ["other::rwx"]}, "is no entry"),
        ({"acl": ["user:a b:rwx"]}, "is no entry"),
        ({"group": "nonsense"}, "has no group 'nonsense'"),
        ({"quota": 10**9, "capacity": 10**6}, "more than the declared capacity"),
        ({"quota": 10**18}, "do not fit on the disk of store 'campus': .* free"),
    ],
)
def test_inputs_are_judged_before_anything_is_made(
    sshd: Sshd, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    """Each with its reason; public folders there are none."""
    marker.mark(kept(sshd), "test-lab", "campus", str(tmp_path), today=TODAY)
    store = {"name": "campus", "host": f"127.0.0.1:{sshd.port}", "root": str(tmp_path)}
    given = {"store": store, "lab": "test-lab", "path": "first/raw_images", "mode": MODE, **change}
    _, failures = ClusterFolder(lambda _: kept(sshd)).check(CONTEXT, given, {})
    assert len(failures) == 1
    assert re.search(why, failures[0].reason)
    assert [p.name for p in tmp_path.iterdir()] == [".slidebox-drive.json"]


def test_another_folder_is_another_place_and_another_account_is_not(
    kind: ClusterFolder, inputs: dict[str, Any]
) -> None:
    """What comes to it may change; where it lies may not."""
    as_bob = {**inputs, "store": {**inputs["store"], "user": "bob"}}
    moved = {**inputs, "store": {**inputs["store"], "root": "/elsewhere"}}
    assert kind.diff(CONTEXT, {}, inputs, as_bob).replace == ()
    assert kind.diff(CONTEXT, {}, inputs, as_bob).changed == ("store",)
    assert kind.diff(CONTEXT, {}, inputs, moved).replace == ("store",)
    assert kind.diff(CONTEXT, {}, inputs, {**inputs, "path": "first/other"}).replace == ("path",)


def has_lists(folder: Path) -> bool:
    """Whether the file system has access control lists, and the machine their programs."""
    command = ["setfacl", "-m", "user:daemon:r-x", str(folder)]
    return (
        shutil.which("setfacl") is not None
        and subprocess.run(command, check=False, capture_output=True).returncode == 0
    )


def test_named_accounts_get_in_by_a_list(sshd: Sshd, tmp_path: Path) -> None:
    """In the folder, in what is made in it, and past the folders above; nobody else does."""
    probe = tmp_path / "probe"
    probe.mkdir()
    if not has_lists(probe):
        pytest.skip("no access control lists here: install acl")
    cluster = kept(sshd)
    marker.mark(cluster, "test-lab", "campus", str(tmp_path), today=TODAY)
    store = {"name": "campus", "host": f"127.0.0.1:{sshd.port}", "root": str(tmp_path)}
    given = {"store": store, "lab": "test-lab", "path": "first/raw_images", "mode": "0700", "tags": {}}
    given["acl"] = ["group:bin:r-x", "user:daemon:rwx"]
    kind = ClusterFolder(lambda _: cluster)
    id_, state = kind.create(CONTEXT, given)
    folder = tmp_path / "first/raw_images"
    assert acl.read(cluster, str(folder)) == acl.Listed("---", ("group:bin:r-x", "user:daemon:rwx"))
    passing = acl.read(cluster, str(folder.parent))
    assert passing == acl.Listed("---", ("group:bin:--x", "user:daemon:--x"))
    (folder / "inside").mkdir()
    assert acl.read(cluster, str(folder / "inside")) == acl.Listed("---", ("group:bin:r-x", "user:daemon:rwx"))
    found = kind.read(CONTEXT, id_, state, given)
    assert found is not None
    assert kind.diff(CONTEXT, state, found.inputs, given).changed == ()

    subprocess.run(["setfacl", "-m", "user:games:rwx", str(folder)], check=True)
    drifted = kind.read(CONTEXT, id_, state, given)
    assert drifted is not None
    assert drifted.inputs["acl"] == ["group:bin:r-x", "user:daemon:rwx", "user:games:rwx"]
    kind.update(CONTEXT, id_, state, {**given, "acl": []})
    assert acl.read(cluster, str(folder)) == acl.Listed("---")
    assert mode_of(folder) == "0700"


def test_a_list_needs_commands(sshd_files: Sshd, tmp_path: Path) -> None:
    """SFTP sets none, and the check says so."""
    marker.mark(kept(sshd_files), "test-lab", "campus", str(tmp_path), today=TODAY)
    store = {"name": "campus", "host": f"127.0.0.1:{sshd_files.port}", "root": str(tmp_path)}
    given = {"store": store, "lab": "test-lab", "path": "a/b", "mode": "0700", "acl": ["user:daemon:rwx"]}
    _, failures = ClusterFolder(lambda _: kept(sshd_files)).check(CONTEXT, given, {})
    assert [failure.property for failure in failures] == ["acl"]


# Live


def lab_at(server: Sshd, root: Path) -> Lab:
    """A lab with the store."""
    store = Store(
        system=System.LOCAL_CLUSTER,
        kind=StoreKind.CLUSTER,
        host=f"127.0.0.1:{server.port}",
        path=str(root),
        group="daemon",
        purge_after=Duration.parse("60 days"),
    )
    people = {"ada": Person(name="Ada", identities={"campus": "games"})}
    teams = {"daemon": Team(members=("ada",))}
    return Lab(
        file=LabFile(lab="test-lab", title="T", people=people, teams=teams, stores={"campus": store}), projects={}
    )


@root_only
def test_what_is_really_there_is_looked_at(
    server: Sshd, kind: ClusterFolder, inputs: dict[str, Any], root: Path
) -> None:
    """Mode and group, and the list where it can be asked for; where not, nobody knows who gets in."""
    kind.create(CONTEXT, inputs)
    lab = lab_at(server, root)
    asked = [Asked(f"first/{level}", Term.SHORT, frozenset({"campus"})) for level in ("raw_images", "metadata")]
    found = ClusterStore(lab, "campus", lambda _: kept(server)).look(asked)
    there, missing = found.resources
    assert missing.properties[UNREAD].startswith("there is no folder ")
    assert (there.properties["group"], there.properties["purgeDays"]) == ("daemon", 60)
    assert there.properties["identities"] == {"user:games": "person:ada"}
    if kept(server).commands and shutil.which("getfacl"):
        assert there.properties["mode"] == MODE
    else:
        assert there.properties["mode"].startswith(f"{MODE}, with an access control list or without")
    (root / "first/raw_images").chmod(stat.S_IRWXU)
    alone = ClusterStore(lab, "campus", lambda _: kept(server)).look(asked[:1])
    assert alone.resources[0].properties["mode"] == "0700"


def test_a_remote_of_dvc_is_looked_at_where_it_lies(
    server: Sshd, kind: ClusterFolder, inputs: dict[str, Any], root: Path
) -> None:
    """In the folder that the store of DVC has on the cluster, under its own name."""
    below = lab_at(server, root)
    remotes = Store(system=System.DVC, kind=StoreKind.DVC, over="campus", repository="analysis")
    stores = {**below.file.stores, "remotes": remotes}
    lab = Lab(file=below.file.model_copy(update={"stores": stores}), projects={})
    path = folder_of(lab, "first/raw_images", "remotes")
    kind.create(CONTEXT, {**inputs, "path": path, "group": None})
    asked = [Asked(f"first/{level}", Term.SHORT, frozenset({"remotes"})) for level in ("raw_images", "metadata")]
    there, missing = ClusterStore(lab, "remotes", lambda _: kept(server)).look(asked).resources
    assert there.properties["location"] == "first/raw_images@short@remotes"
    assert (there.properties["store"]["name"], there.properties["purgeDays"]) == ("campus", 60)
    assert there.urn == f"folder {root}/{path} on {kept(server)}"
    assert missing.properties[UNREAD].startswith("there is no folder ")


def test_a_store_that_cannot_be_read_is_not_known(server: Sshd, root: Path) -> None:
    """Its places are unknown, and a note says why."""
    (root / ".slidebox-drive.json").unlink()
    asked = [Asked("first/raw_images", Term.SHORT, frozenset({"campus"}))]
    found = ClusterStore(lab_at(server, root), "campus", lambda _: kept(server)).look(asked)
    assert UNREAD in found.resources[0].properties
    assert "has no mark" in found.notes[0]
