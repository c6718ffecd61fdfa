"""What collectors ask of drives, clusters, gateways, repositories, deposits and archives; and where a read fails."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from slidebox import drives
from slidebox.access.effective import ACTIONS, Location
from slidebox.access.places import locations
from slidebox.access.snapshot import Known, unread_parts
from slidebox.audit.live import Asked, clusters, deposits, gateways, take
from slidebox.audit.live import drives as audited_drives
from slidebox.audit.live.machine import LocalFolders, switched_to_files
from slidebox.audit.live.remote import RemoteFolders, listed_in
from slidebox.cluster import Cluster, marker
from slidebox.deposits.about import about_of, mark_of
from slidebox.deposits.zenodo import Zenodo
from slidebox.errors import UnreadableError
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Project
from slidebox.naming import bucket_of, folder_of
from slidebox.provider.connections import Connections
from slidebox.provider.stores import StoreRef
from slidebox.tokens import Secret
from slidebox.web import Web

from .conftest import RunningGateway
from .doubles.web_double import running as web
from .doubles.zenodo import Zenodo as ZenodoDouble
from .posix_tries import GROUPS, Tree
from .sshd import Sshd
from .sshd import running as server_with

RAW = "first/raw_images"
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
TODAY = NOW.date()
LIST = {"read", "list"}
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only the superuser gives folders to other accounts")


def lab(**stores: Any) -> Lab:
    """A lab with one dataset that may lie in any of its stores."""
    said = {
        "lab": "test-lab",
        "title": "Test lab",
        "people": {"ada": {"name": "Ada", "identities": dict.fromkeys(stores, "ada")}},
        "teams": {"imaging": {"members": ["ada"]}},
        "stores": stores,
    }
    project = {
        "project": "first",
        "title": "First",
        "owner": "ada",
        "audience": {"steward": ["ada"]},
        "datasets": {"raw_images": {"size": "1 GB", "files": 3, "sensitivity": "open"}},
    }
    return Lab(file=LabFile.model_validate(said), projects={"first": Project.model_validate(project)})


def audited(sections: Any, **names: str) -> list[Location]:
    """The locations of what a collector answered, through JSON."""
    return list(locations(json.loads(json.dumps(sections))["places"], Known(names=names, now=NOW)))


def who(location: Location) -> dict[str, set[str]]:
    """What each may do."""
    found: dict[str, set[str]] = {}
    for one in location.readers:
        found.setdefault(one.principal, set()).update(one.actions)
    return found


# Drives


@pytest.fixture
def drive() -> Iterator[Path]:
    """A marked drive that every account gets to, with a dataset's folder."""
    root = Path(tempfile.mkdtemp(prefix="slidebox-drive-"))
    root.chmod(0o755)
    drives.mark("test-lab", "nas", root, today=TODAY)
    folder = root / RAW
    folder.mkdir(parents=True)
    (folder / "image.tif").write_bytes(b"II*\0")
    yield root
    shutil.rmtree(root)


def on_drive(drive: Path) -> Asked:
    """The question about a drive."""
    store = {"system": "internal_drive", "kind": "drive", "path": str(drive)}
    return Asked(lab(nas=store), Home(drive), "nas")


@pytest.mark.parametrize(
    ("folder", "file", "expected"),
    [
        (0o755, 0o644, {"any_account": LIST}),
        (0o755, 0o600, {"any_account": {"list"}}),
        (0o711, 0o644, {"any_account": {"read"}}),
        (0o700, 0o666, {}),
        (0o777, 0o666, {"any_account": LIST | {"write", "delete"}}),
    ],
)
def test_a_dataset_on_a_drive_is_read_with_what_is_in_it(
    drive: Path, folder: int, file: int, expected: dict[str, set[str]]
) -> None:
    """Its folder, the way to it, and its files."""
    (drive / RAW).chmod(folder)
    (drive / RAW / "image.tif").chmod(file)
    (location,) = audited(audited_drives.collect(on_drive(drive)))
    assert (location.name, location.store, location.kind) == (str(drive / RAW), "nas", "drive")
    assert location.dataset == RAW
    found = who(location)
    assert {name: actions for name, actions in found.items() if name == "any_account"} == expected
    assert "unknown" not in found


@as_root
def test_a_list_of_linux_is_read_as_it_is_kept(drive: Path) -> None:
    """From the extended attribute."""
    # The owner rwx, account 1 (daemon) r-x, the group nothing, the mask r-x, everybody nothing.
    entries = [(1, 7, 2**32 - 1), (2, 5, 1), (4, 0, 2**32 - 1), (16, 5, 2**32 - 1), (32, 0, 2**32 - 1)]
    value = b"\2\0\0\0" + b"".join(
        t.to_bytes(2, "little") + p.to_bytes(2, "little") + i.to_bytes(4, "little") for t, p, i in entries
    )
    os.setxattr(drive / RAW, "system.posix_acl_access", value)
    (location,) = audited(audited_drives.collect(on_drive(drive)))
    assert who(location)["account:daemon"] == LIST


def test_a_drive_that_is_not_there_is_a_store_of_which_nothing_is_known(drive: Path) -> None:
    """With the reason."""
    (drive / ".slidebox-store.json").unlink(missing_ok=True)
    shutil.rmtree(drive / RAW)
    asked = on_drive(drive)
    gone = Asked(lab(nas={"system": "internal_drive", "kind": "drive", "path": "/nowhere"}), asked.home, "nas")
    (location,) = locations(take([gone], "").sections["places"], Known())
    assert (location.name, who(location)) == ("nas", {"unknown": set(ACTIONS)})


def test_what_cannot_be_read_on_a_drive_is_said(drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the reads by itself: of a list, of a folder's entries, of a status, of the mount."""
    (drive / RAW).chmod(0o755)

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    for module, name in (("os", "getxattr"), ("os", "scandir"), ("os", "statvfs")):
        with monkeypatch.context() as patch:
            patch.setattr(f"{module}.{name}", refuse)
            sections = audited_drives.collect(on_drive(drive))
        assert list(unread_parts(sections)), name
        (location,) = audited(sections)
        assert "unknown" in who(location), name
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.lstat", refuse)
        (location,) = audited(audited_drives.collect(on_drive(drive)))
    assert who(location)["unknown"] == set(ACTIONS)


@pytest.mark.parametrize(
    ("lines", "complete"),
    [
        (["passwd: files", "group: files"], True),
        (["passwd: files systemd", "group: files [SUCCESS=merge] systemd"], True),
        (["passwd: files sss"], False),
        (["group: files ldap"], False),
        (["# group: ldap", "hosts: dns"], True),
    ],
)
def test_whether_a_group_has_other_members_is_told_by_where_accounts_come_from(
    lines: list[str], complete: bool
) -> None:
    """A directory need not list whom it knows."""
    assert switched_to_files(lines) is complete


def test_a_remote_of_dvc_on_a_drive_is_read_as_a_folder_of_it(drive: Path) -> None:
    """Whoever reads the drive reads what is in the remote, whoever reads the repository."""
    nas = {"system": "internal_drive", "kind": "drive", "path": str(drive)}
    cache = {"system": "internal_drive", "kind": "dvc", "over": "nas"}
    whole = lab(nas=nas, cache=cache)
    folder = drive / folder_of(whole, RAW, "cache")
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    section = take([Asked(whole, Home(drive), "cache")], "").sections["places"]
    (location,) = locations(section, Known())
    assert (location.kind, location.store, location.dataset) == ("dvc", "cache", RAW)
    assert who(location)["any_account"] == LIST


# Clusters


GETFACL = """#!{python}
import grp, os, pwd, struct, sys
def name(find, number):
    try:
        return find(number)[0]
    except KeyError:
        return str(number)
def shown(path):
    try:
        value = os.getxattr(path, "system.posix_acl_access", follow_symlinks=False)
    except OSError:
        return None
    kinds = {{1: "user", 2: "user", 4: "group", 8: "group", 16: "mask", 32: "other"}}
    lines = []
    for tag, bits, number in struct.iter_unpack("<HHI", value[4:]):
        who = {{2: lambda: name(pwd.getpwuid, number), 8: lambda: name(grp.getgrgid, number)}}.get(tag, str)()
        letters = "".join(l if bits & b else "-" for l, b in (("r", 4), ("w", 2), ("x", 1)))
        lines.append(f"{{kinds[tag]}}:{{who}}:{{letters}}\\t#effective:---")
    return lines
if "--version" in sys.argv:
    print("getfacl 2.3.1")
elif "-R" in sys.argv:
    for folder, folders, files in os.walk(sys.argv[-1]):
        for path in [folder, *(os.path.join(folder, file) for file in files)]:
            if lines := shown(path):
                print(f"# file: {{path}}", *lines, "", sep="\\n")
else:
    print(*(shown(sys.argv[-1]) or ["user::rwx", "group::r-x", "other::r-x"]), sep="\\n")
"""


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server with commands, on which somebody has put getfacl(1)."""
    for found in server_with(tmp_path_factory.mktemp("campus"), ""):
        program = found.folder / "bin/getfacl"
        program.write_text(GETFACL.format(python=sys.executable))
        program.chmod(0o755)
        yield found


def machine_of(section: dict[str, Any]) -> dict[str, Any]:
    """A section of one folder on a machine whose groups are those of the tries."""
    members = {str(group): [str(user) for user in users] for group, users in GROUPS.items()}
    machine = {"groups": {**members, "root": []}, "complete": True, "exports": None}
    return {"places": {"machines": {"": machine}, "folders": {"one": {**section, "machine": ""}}}}


@as_root
def test_what_is_read_over_ssh_is_what_is_read_on_the_spot(campus: Sshd, sshd_files: Sshd) -> None:
    """For trees at random; through SFTP alone lists are not known, and nobody is left out for it."""
    base = Path(tempfile.mkdtemp(prefix="slidebox-campus-"))
    base.chmod(0o755)
    remote, files = RemoteFolders(campus.cluster()), RemoteFolders(sshd_files.cluster())
    local = LocalFolders()
    try:
        for seed in range(40):
            place = base / str(seed)
            place.mkdir()
            tree = Tree.make(place, random.Random(seed))
            (here,) = audited(machine_of(local.folder(tree.data)))
            (there,) = audited(machine_of(remote.folder(str(tree.data))))
            assert who(there) == who(here), seed
            (partly,) = audited(machine_of(files.folder(str(tree.data))))
            for name, actions in who(here).items():
                told = who(partly)
                assert actions <= set().union(*(told.get(w, set()) for w in (name, "any_account", "unknown"))), seed
    finally:
        shutil.rmtree(base)


@as_root
def test_a_dataset_on_a_cluster_is_read_with_whoever_is_there(campus: Sshd) -> None:
    """Groups as the server's directory has them."""
    root = Path(tempfile.mkdtemp(prefix="slidebox-campus-"))
    try:
        root.chmod(0o755)
        cluster = campus.cluster()
        marker.mark(cluster, "test-lab", "campus", str(root), today=TODAY)
        (root / RAW).mkdir(parents=True)
        os.chown(root / RAW, 0, 1)
        (root / RAW).chmod(0o750)
        store = {"system": "local_cluster", "kind": "cluster", "host": f"127.0.0.1:{campus.port}", "path": str(root)}
        asked = Asked(lab(campus=store), Home(root), "campus")
        (location,) = audited(clusters.collect(asked, lambda _: cluster))
        assert (location.store, location.kind, location.dataset) == ("campus", "cluster", RAW)
        assert who(location)["account:daemon"] == LIST
        assert who(location)["account:root"] == set(ACTIONS)
    finally:
        shutil.rmtree(root)


@as_root
def test_a_remote_of_dvc_on_a_cluster_is_read_as_a_folder_of_it(campus: Sshd) -> None:
    """With whoever the server's directory has in its group, under the name of the store of DVC."""
    root = Path(tempfile.mkdtemp(prefix="slidebox-campus-"))
    try:
        root.chmod(0o755)
        cluster = campus.cluster()
        marker.mark(cluster, "test-lab", "campus", str(root), today=TODAY)
        store = {"system": "local_cluster", "kind": "cluster", "host": f"127.0.0.1:{campus.port}", "path": str(root)}
        whole = lab(campus=store, remotes={"system": "dvc", "kind": "dvc", "over": "campus"})
        folder = root / folder_of(whole, RAW, "remotes")
        folder.mkdir(parents=True)
        os.chown(folder, 0, 1)
        folder.chmod(0o750)
        (location,) = audited(clusters.collect(Asked(whole, Home(root), "remotes"), lambda _: cluster))
        assert (location.store, location.kind, location.dataset) == ("remotes", "dvc", RAW)
        assert who(location)["account:daemon"] == LIST
        assert audited(clusters.collect(Asked(whole, Home(root), "campus"), lambda _: cluster)) == []
    finally:
        shutil.rmtree(root)


class Failing:
    """A cluster one of whose answers never comes."""

    def __init__(self, inner: Cluster, number: int) -> None:
        self.inner = inner
        self.left = number

    def __str__(self) -> str:
        return str(self.inner)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name not in ("status", "read", "ask", "again"):
            return found

        def asked(*words: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise UnreadableError("The server does not answer.", "")
            return found(*words, **more)

        return asked


@as_root
def test_each_read_of_a_cluster_that_fails_leaves_somebody_unknown(campus: Sshd) -> None:
    """In turn, until none is left that could fail."""
    root = Path(tempfile.mkdtemp(prefix="slidebox-campus-"))
    try:
        root.chmod(0o755)
        cluster = campus.cluster()
        marker.mark(cluster, "test-lab", "campus", str(root), today=TODAY)
        (root / RAW).mkdir(parents=True)
        (root / RAW / "image.tif").write_bytes(b"II*\0")
        (root / RAW).chmod(0o755)
        store = {"system": "local_cluster", "kind": "cluster", "host": f"127.0.0.1:{campus.port}", "path": str(root)}
        asked = Asked(lab(campus=store), Home(root), "campus")
        number, failed = 1, 0
        while True:
            failing = Failing(cluster, number)
            try:
                (location,) = audited(clusters.collect(asked, lambda _, to=failing: to))  # type: ignore[misc]
            except UnreadableError:
                number, failed = number + 1, failed + 1
                continue  # then nothing is known of the store
            if failing.left > 0:
                break
            assert "unknown" in who(location), number
            number, failed = number + 1, failed + 1
        assert failed > 10
        assert who(location)["any_account"] == LIST
    finally:
        shutil.rmtree(root)


def test_a_list_of_three_entries_says_what_the_mode_says() -> None:
    """And comments are no entries."""
    assert listed_in(["# file: x", "user::rwx", "group::r-x", "other::---"]) == []
    assert listed_in(["user::rwx", "user:eve:r-x\t#effective:---", "group::r-x", "mask::---", "other::---"]) == [
        "user::rwx",
        "user:eve:r-x",
        "group::r-x",
        "mask::---",
        "other::---",
    ]


# The embedded gateway


@pytest.mark.e2e
def test_a_bucket_of_the_gateway_is_read_with_its_users_and_its_files(s3_gateway: RunningGateway) -> None:
    """And each read that fails leaves somebody unknown."""
    project = lab(nas={"system": "internal_drive", "kind": "drive", "path": "/x"}).projects["first"]
    whole = Lab(file=s3_gateway.lab.file, projects={"first": project})
    name = bucket_of(whole, RAW, "bench-s3")
    s3, iam = s3_gateway.client("s3"), s3_gateway.client("iam")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a/b.tif", Body=b"II*\0")
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Statement": [{**statement, "Principal": "*"}]}))
    arn = iam.create_user(UserName=f"eve-{name}"[:60])["User"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Action": "s3:PutObject"}]}
    iam.put_user_policy(UserName=f"eve-{name}"[:60], PolicyName="p", PolicyDocument=json.dumps(document))
    asked = Asked(whole, s3_gateway.home, "bench-s3")
    connections = Connections(embedded=lambda _: s3_gateway.endpoint)

    def look() -> Location:
        return next(one for one in audited(gateways.collect(asked, connections)) if one.name == name)

    found = look()
    assert (found.store, found.kind, found.dataset) == ("bench-s3", "s3", RAW)
    told = who(found)
    assert (told["anyone"], told[f"account:{arn}"]) == ({"read"}, {"write"})
    assert "unknown" not in told
    assert any(one.path[0] == "files below the gateway" for one in found.readers)
    for call in (*_S3, *_IAM):
        for fails in (_refused, _throttled, _timed_out, _malformed):
            with pytest.MonkeyPatch.context() as patch:
                service = connections.s3 if call in _S3 else connections.iam
                patch.setattr(service(_ref(whole, s3_gateway)), call, fails)
                told = who(look())
            assert "unknown" in told, (call, fails)
            assert call == "get_bucket_policy" or told["anyone"] == {"read"}, call
    s3.delete_bucket_policy(Bucket=name)
    iam.delete_user_policy(UserName=f"eve-{name}"[:60], PolicyName="p")
    iam.delete_user(UserName=f"eve-{name}"[:60])


_S3 = ("get_bucket_policy", "get_bucket_acl")
_IAM = ("list_access_keys", "list_user_policies", "get_user_policy")


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {}}, "Asked")  # type: ignore[typeddict-item]


def _refused(**_: Any) -> Any:
    raise _error("AccessDenied")


def _throttled(**_: Any) -> Any:
    raise _error("SlowDown")


def _timed_out(**_: Any) -> Any:
    raise ReadTimeoutError(endpoint_url="http://127.0.0.1")


def _malformed(**_: Any) -> Any:
    return {"Surprise": []}


def _ref(whole: Lab, gateway: RunningGateway) -> Any:
    return StoreRef.declared(whole.file, gateway.home.lab_root, "bench-s3")


# Deposits


@pytest.fixture
def zenodo() -> Iterator[ZenodoDouble]:
    """Zenodo with a deposit of the dataset."""
    with web(ZenodoDouble({"word": "lab"})) as double:
        yield double


def on_zenodo(double: ZenodoDouble) -> list[Location]:
    """What an audit says of the deposit."""
    store = {"system": "zenodo", "kind": "zenodo", "endpoint": double.url}
    asked = Asked(lab(zenodo=store), Home(Path("/nowhere")), "zenodo")
    return audited(deposits.collect(asked, lambda _: Secret("word"), TODAY))


def drafted(double: ZenodoDouble) -> int:
    """Make a draft of the dataset; answers its number."""
    whole = lab(zenodo={"system": "zenodo", "kind": "zenodo", "endpoint": double.url})
    service = Zenodo(Web(f"{double.url}/api", "Zenodo", Secret("word"), sleep=lambda _: None), TODAY)
    about = about_of(whole, RAW, "zenodo", {})
    return int(service.create(about, mark_of("test-lab", RAW, "zenodo")).id)


def test_a_draft_is_its_accounts_own_but_for_links_to_it(zenodo: ZenodoDouble) -> None:
    """And no link is told."""
    number = drafted(zenodo)
    (location,) = on_zenodo(zenodo)
    assert set(who(location)) == {"account:account of zenodo"} or not {"anyone", "unknown"} & set(who(location))
    secret = "token-of-a-link"
    link = {"id": secret, "token": secret, "permission": "view", "expires_at": "2026-12-24T00:00:00"}
    zenodo.links[number] = [link]
    (location,) = on_zenodo(zenodo)
    assert who(location)["anyone"] == LIST
    assert secret not in repr(location)
    link["expires_at"] = "2026-11-01"
    (location,) = on_zenodo(zenodo)
    assert "anyone" not in who(location)


@pytest.mark.parametrize("part", ["access/links", "access/grants", "deposit/depositions"])
@pytest.mark.parametrize(("status", "body"), [(403, {"message": "no"}), (404, {"message": "no"}), (200, {"x": 1})])
def test_each_read_of_zenodo_that_fails_leaves_somebody_unknown(
    zenodo: ZenodoDouble, part: str, status: int, body: Any
) -> None:
    """Or the whole deposit."""
    drafted(zenodo)
    zenodo.fail("GET", part, status, body, times=9)
    (location,) = on_zenodo(zenodo)
    assert "unknown" in who(location)


def test_a_store_whose_token_is_not_there_is_one_of_which_nothing_is_known(tmp_path: Path) -> None:
    """With the reason."""

    def none(_: str) -> Secret:
        raise UnreadableError("There is no token.", "")

    store = {"system": "zenodo", "kind": "zenodo", "endpoint": "http://127.0.0.1:9/api"}
    asked = Asked(lab(zenodo=store), Home(tmp_path), "zenodo")
    with pytest.raises(UnreadableError):
        deposits.collect(asked, none, TODAY)
