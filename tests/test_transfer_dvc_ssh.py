"""Put into and get from a remote of DVC on a cluster: DVC itself, over a real OpenSSH server."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slidebox import labfile
from slidebox.cluster import marker
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Origin, Project, Sensitivity
from slidebox.naming import dvc_path, dvc_remote, dvc_ssh_url, folder_of
from slidebox.provenance import Manifest
from slidebox.provider.cluster import ClusterFolder
from slidebox.provider.cluster_store import ClusterRef
from slidebox.provider.dvc import Remote
from slidebox.provider.resource import Context
from slidebox.transfer.doors import Doors
from slidebox.transfer.get import get
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Place
from slidebox.transfer.put import Existing, put
from slidebox.transfer.ready import Location

from .doubles.dvc import installed_dvc
from .sshd import PROGRAM, Sshd, running

TODAY = dt.date(2026, 11, 24)
RAW = "demo/raw_images"
DRAFT = Manifest(RAW, "Images", "Images of cells", "2026-11-24", Origin.LAB, Sensitivity.OPEN, "CC0-1.0")


class Campus:
    """A lab with a cluster, and a working copy whose remote lies there."""

    def __init__(self, root: Path, server: Sshd, **cluster: Any) -> None:
        self.root, self.server = root, server
        self.there = Path(cluster.get("path", root / "campus"))
        campus = {
            "system": "local_cluster",
            "kind": "cluster",
            "host": f"127.0.0.1:{server.port}",
            "user": server.address.user,
            "path": str(self.there),
            **cluster,
        }
        remotes = {"system": "dvc", "kind": "dvc", "over": "campus", "repository": "analysis"}
        file = LabFile.model_validate(
            {
                "lab": "test-lab",
                "title": "Test lab",
                "people": {"ada": {"name": "Ada"}},
                "stores": {"campus": campus, "remotes": remotes},
            }
        )
        project = Project.model_validate(
            {
                "project": "demo",
                "title": "Demo",
                "owner": "ada",
                "audience": {"contributor": ["ada"]},
                "datasets": {"raw_images": {"size": "1 MB", "files": 3, "sensitivity": "open"}},
            }
        )
        self.lab = Lab(file=file, projects={"demo": project})
        self.repository = root / "lab" / "analysis"

    def up(self) -> None:
        """Make what `pulumi up` makes."""
        store, below = self.lab.file.stores["campus"], folder_of(self.lab, RAW, "remotes")
        self.repository.mkdir(parents=True)
        self.there.mkdir()
        subprocess.run(["git", "init", "--quiet"], cwd=self.repository, check=True)
        marker.mark(self.server.cluster(), "test-lab", "campus", str(self.there), today=TODAY)
        ref = ClusterRef.of("campus", store)
        inputs = {"store": ref.document, "lab": "test-lab", "path": below, "acl": [], "mode": "2700"}
        context = Context("urn:pulumi:a::b::slidebox:cluster:Folder::c")
        ClusterFolder(lambda _: self.server.cluster()).create(context, inputs)
        url = dvc_ssh_url(store, str(self.there / below))
        said = {"store": "remotes", "repository": str(self.repository), "remote": dvc_remote(RAW, "remotes")}
        Remote().create(Context("urn:pulumi:a::b::slidebox:dvc:Remote::c"), {**said, "url": url, "user": store.user})

    def place(self) -> Place:
        """The way in, as `slidebox put` and `get` have it."""
        where = str(self.there / folder_of(self.lab, RAW, "remotes"))
        location = Location(f"{RAW}@short@remotes", 1, "remotes", "dvc", where)
        return Doors(self.lab, Home(self.root / "lab")).open(location, {}, Journal(), writing=True)

    @property
    def pointer(self) -> Path:
        """Git's file."""
        return self.repository / f"{dvc_path(RAW)}.dvc"

    def objects(self) -> list[Path]:
        """What DVC has pushed."""
        return sorted(p for p in self.there.rglob("files/md5/*/*") if p.is_file())

    def everything(self) -> str:
        """All that is written in the working copy, its objects aside."""
        kept = (p for p in self.repository.rglob("*") if p.is_file() and ".git/" not in str(p))
        return "".join(p.read_text(errors="replace") for p in kept)


@pytest.fixture
def program(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """DVC, by the name that slidebox finds it by."""
    if PROGRAM is None:
        pytest.skip("there is no sshd here: install openssh-server")
    found = installed_dvc(repository)
    monkeypatch.setenv("SLIDEBOX_DVC", str(found))
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    return found


@pytest.fixture
def campus(program: Path, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Campus:
    """A remote on the server, reached with the server's own home."""
    assert program
    monkeypatch.setenv("HOME", str(sshd.home))
    made = Campus(tmp_path, sshd)
    made.up()
    return made


@pytest.fixture
def campus_of_files(program: Path, sshd_files: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Campus:
    """The same on a server that allows SFTP alone."""
    assert program
    monkeypatch.setenv("HOME", str(sshd_files.home))
    made = Campus(tmp_path, sshd_files)
    made.up()
    return made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files to put."""
    folder = tmp_path / "source"
    (folder / "plate 1").mkdir(parents=True)
    (folder / "plate 1/a.tif").write_bytes(b"image")
    (folder / "b.tif").write_bytes(b"another")
    return folder


def pulled(program: Path, clone: Path, known: Path) -> bool:
    """Whether a colleague's own ``dvc pull`` comes through, with the hosts that are known to it."""
    known.touch()
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "FSSPEC_ABSTRACT_KNOWN_HOSTS": str(known)}
    done = subprocess.run([program, "pull"], cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "Host key is not trusted" in done.stderr
    return done.returncode == 0


def test_what_is_put_lies_on_the_cluster_and_a_clone_and_get_have_the_same_bytes(
    campus: Campus, program: Path, source: Path, tmp_path: Path
) -> None:
    """DVC pushes and pulls over SSH, and every byte is read back."""
    put(source, [campus.place()], DRAFT)
    assert len(campus.objects()) == 4
    config = (campus.repository / ".dvc/config").read_text()
    below = folder_of(campus.lab, RAW, "remotes")
    assert f"url = ssh://127.0.0.1:{campus.server.port}{campus.there}/{below}\n" in config
    assert f"user = {campus.server.address.user}\n" in config
    key = (campus.server.home / ".ssh/id_ed25519").read_text().splitlines()[1]
    for secret in (key, "PRIVATE KEY", "id_ed25519"):
        assert secret not in campus.everything()
    get([campus.place()], RAW, tmp_path / "got")
    assert (tmp_path / "got/plate 1/a.tif").read_bytes() == b"image"

    clone = tmp_path / "clone"
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "add", ".dvc", ".dvcignore", "data"], cwd=campus.repository, check=True)
    subprocess.run(["git", *who, "commit", "--quiet", "-m", "Images"], cwd=campus.repository, check=True)
    subprocess.run(["git", "clone", "--quiet", str(campus.repository), str(clone)], check=True)
    known = campus.server.known_hosts
    assert not pulled(program, clone, tmp_path / "no_hosts")
    assert not (clone / dvc_path(RAW) / "plate 1/a.tif").exists()
    assert pulled(program, clone, known)
    assert (clone / dvc_path(RAW) / "plate 1/a.tif").read_bytes() == b"image"

    more = tmp_path / "more"
    more.mkdir()
    (more / "c.tif").write_bytes(b"third")
    put(more, [campus.place()], DRAFT, existing=Existing.ADD)
    get([campus.place()], RAW, tmp_path / "more-got")
    assert {p.name for p in (tmp_path / "more-got").rglob("*.tif")} == {"a.tif", "b.tif", "c.tif"}


def test_a_server_without_commands_takes_it_too(campus_of_files: Campus, source: Path, tmp_path: Path) -> None:
    """DVC needs SFTP, and nothing else."""
    put(source, [campus_of_files.place()], DRAFT)
    get([campus_of_files.place()], RAW, tmp_path / "got")
    assert (tmp_path / "got/plate 1/a.tif").read_bytes() == b"image"


def test_a_host_of_the_configuration_and_a_path_with_blanks_are_what_they_are_to_dvc(
    program: Path, sshd: Sshd, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the same configuration, where port, account and alias are; and takes the path as it is written."""
    assert program
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    words = ("Host campus", "HostName 127.0.0.1", f"Port {sshd.port}", f"User {sshd.address.user}")
    (home / ".ssh/config").write_text("\n".join([*words, sshd.config.read_text()]))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("slidebox.cluster.session._shared", {})
    made = Campus(tmp_path, sshd, host="campus", user=None, path=str(tmp_path / "lab data 100%"))
    made.up()
    put(source, [made.place()], DRAFT)
    assert len(made.objects()) == 4
    assert f"url = ssh://campus{made.there}/" in (made.repository / ".dvc/config").read_text()
    assert "user" not in (made.repository / ".dvc/config").read_text()
    get([made.place()], RAW, tmp_path / "got")
    assert (tmp_path / "got/plate 1/a.tif").read_bytes() == b"image"


def test_a_damaged_object_on_the_cluster_is_found_and_never_passed_on(
    campus: Campus, source: Path, tmp_path: Path
) -> None:
    """By get, whatever its size and its name say."""
    put(source, [campus.place()], DRAFT)
    damaged = next(p for p in campus.objects() if p.read_bytes() == b"image")
    damaged.chmod(0o644)
    damaged.write_bytes(b"1mage")
    with pytest.raises(IntegrityError, match=r"plate 1/a\.tif in remotes .* is damaged: its bytes are not the ones"):
        get([campus.place()], RAW, tmp_path / "got")
    assert not (tmp_path / "got/plate 1/a.tif").exists()


def test_a_server_that_is_not_known_gets_nothing_from_dvc(
    campus: Campus, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC by itself believes any server: slidebox has it held against the known hosts, whatever it is told besides."""
    place = campus.place()
    known = campus.server.known_hosts
    other = tmp_path / "other_hosts"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    other.write_text(f"[127.0.0.1]:{campus.server.port} {(tmp_path / 'other.pub').read_text()}")
    monkeypatch.setenv("FSSPEC_ABSTRACT_KNOWN_HOSTS", str(known))
    # As if the server had been exchanged once slidebox itself had come to it.
    object.__setattr__(place._dvc, "known_hosts", (other,))  # type: ignore[attr-defined]
    with pytest.raises(UnreadableError, match="`dvc push` failed in") as caught:
        put(source, [place], DRAFT)
    assert "Host key is not trusted for host 127.0.0.1" in caught.value.message
    assert campus.objects() == []
    assert not campus.pointer.exists()


def test_a_dvc_that_believes_any_server_is_refused_before_it_pushes(
    campus: Campus, program: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose libraries take no note of what they are told."""
    believing = tmp_path / "dvc"
    words = "unset FSSPEC_ABSTRACT_KNOWN_HOSTS FSSPEC_SSH_KNOWN_HOSTS"
    believing.write_text(f'#!/bin/sh\n{words}\nexec {program} "$@"\n')
    believing.chmod(0o755)
    monkeypatch.setenv("SLIDEBOX_DVC", str(believing))
    with pytest.raises(UnreadableError, match="comes to any server, whether it is known or not"):
        put(source, [campus.place()], DRAFT)
    assert campus.objects() == []


def test_dvc_without_its_part_for_ssh_says_how_to_install_it(
    campus: Campus, program: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real program, in which the plugin cannot be imported."""
    hidden = tmp_path / "hidden" / "dvc_ssh"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('no dvc_ssh')\n")
    (tmp_path / "hidden/sshfs").mkdir()
    (tmp_path / "hidden/sshfs/__init__.py").write_text("raise ImportError('no sshfs')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hidden"))
    with pytest.raises(UnreadableError, match="requires 'dvc-ssh' to be installed") as caught:
        put(source, [campus.place()], DRAFT)
    assert "pip install 'dvc[ssh]'" in caught.value.cure
    assert campus.objects() == []
    assert program


def test_a_server_that_does_not_answer_is_said_and_git_stays_as_it_was(
    program: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has stopped since the last put; nothing is added, and nothing is read."""
    assert program
    servers = running(tmp_path, "")
    server = next(servers)
    monkeypatch.setenv("HOME", str(server.home))
    made = Campus(tmp_path, server)
    made.up()
    put(source, [made.place()], DRAFT)
    before = made.pointer.read_text()
    assert next(servers, None) is None  # stopped
    # As in another process: this one keeps its connection while it lasts.
    monkeypatch.setattr("slidebox.cluster.session._shared", {})
    (source / "c.tif").write_bytes(b"third")
    with pytest.raises(UnreadableError, match=f"127.0.0.1 port {server.port} does not answer"):
        put(source, [made.place()], DRAFT, existing=Existing.ADD)
    assert made.pointer.read_text() == before
    with pytest.raises(UnreadableError, match="does not answer"):
        get([made.place()], RAW, tmp_path / "got")


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ({"host": "[::1]:22"}, r"DVC reads no address such as '\[::1\]:22'"),
        ({"path": "/lab/what?"}, r"has a '\?', and DVC reads an address only as far as that"),
        ({"path": "/lab/a#b"}, "has a '#'"),
    ],
)
def test_an_address_that_dvc_would_read_otherwise_is_refused(tmp_path: Path, store: dict[str, str], said: str) -> None:
    """When the lab's files are read, and wherever the address is written."""
    made = Campus(tmp_path, Sshd(tmp_path, 22), **store)
    below = made.lab.file.stores["campus"]
    with pytest.raises(InputError, match=said):
        dvc_ssh_url(below, str(below.path))
    found = [str(problem) for problem in labfile.check_lab(made.lab)]
    assert len(found) == 1
    assert "remotes" in found[0]


def test_an_address_is_written_as_it_is_declared(tmp_path: Path) -> None:
    """A blank and a per cent sign stand for themselves."""
    made = Campus(tmp_path, Sshd(tmp_path, 22), host="campus", path="/lab data/100%")
    assert not labfile.check_lab(made.lab)
    assert dvc_ssh_url(made.lab.file.stores["campus"], "/lab data/100%/x") == "ssh://campus/lab data/100%/x"


def test_a_way_that_slidebox_does_not_go_is_said_once_the_remote_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another copy of the dataset may do."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host *\n  ProxyCommand nc %h %p\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    place = Campus(tmp_path, Sshd(tmp_path, 22)).place()
    with pytest.raises(InputError, match="has a ProxyCommand"):
        place.check()
