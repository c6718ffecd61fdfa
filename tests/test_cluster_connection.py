"""A connection to a real OpenSSH server: who is let in, what is refused, and what a server can be asked."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paramiko import SFTPClient

from slidebox.cluster import Address, Cluster, accounts, space, wire
from slidebox.cluster import small as small_files
from slidebox.cluster.dialling import dial, way_to
from slidebox.cluster.faults import RefusedError, sentence
from slidebox.cluster.known_hosts import known_keys
from slidebox.errors import InputError, UnreadableError

from .sshd import Sshd, running


def reached(server: Sshd, config: str, **address: object) -> Cluster:
    """A way to a server by a configuration of its own."""
    file = server.folder / f"config-{hashlib.sha256(config.encode()).hexdigest()[:8]}"
    file.write_text(config)
    where = dataclasses.replace(server.address, **address)  # type: ignore[arg-type]
    return Cluster(where, dial=partial(dial, config=file), sleep=lambda _: None)


@contextmanager
def known(server: Sshd, text: str) -> Iterator[Cluster]:
    """A way to a server with another file of known hosts."""
    file = server.folder / f"known-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    file.write_text(text)
    key = server.home / ".ssh/id_ed25519"
    yield reached(server, f"IdentityFile {key}\nIdentitiesOnly yes\nUserKnownHostsFile {file}\n")


def host_key(server: Sshd) -> str:
    """Type and key of a server."""
    return " ".join((server.folder / "host_key.pub").read_text().split()[:2])


def other_key(folder: Path) -> str:
    """Type and key of nobody."""
    file = folder / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)], check=True)
    return " ".join(file.with_name("other.pub").read_text().split()[:2])


def test_an_unknown_host_key_is_refused_with_its_fingerprint(sshd: Sshd) -> None:
    """And with the command that writes it down once it was compared."""
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(sshd.folder / "host_key.pub")], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    with known(sshd, "# nobody\n") as cluster, pytest.raises(UnreadableError) as caught:
        cluster.status("/")
    assert f"is not known here (ssh-ed25519 {shown}); nothing was sent." in caught.value.message
    assert f"ssh-keyscan -p {sshd.port} 127.0.0.1 >> {sshd.folder}/known-" in caught.value.cure


def test_a_changed_host_key_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    """It says which line knows another one; nothing goes on."""
    line = f"[127.0.0.1]:{sshd.port} {other_key(tmp_path)}\n"
    with known(sshd, line) as cluster:
        for _ in range(2):
            with pytest.raises(UnreadableError, match=r"shows another host key .* than the one in .*:1: .*ssh-keygen"):
                cluster.status("/")


def test_a_revoked_host_key_is_refused(sshd: Sshd) -> None:
    """Whatever else is said of it."""
    line = f"[127.0.0.1]:{sshd.port} {host_key(sshd)}\n"
    with (
        known(sshd, f"{line}@revoked * {host_key(sshd)}\n") as cluster,
        pytest.raises(UnreadableError, match="revoked"),
    ):
        cluster.status("/")


def test_a_hashed_name_is_known(sshd: Sshd) -> None:
    """As OpenSSH writes it with HashKnownHosts."""
    salt = b"01234567890123456789"
    digest = hmac.new(salt, f"[127.0.0.1]:{sshd.port}".encode(), hashlib.sha1).digest()
    name = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    with known(sshd, f"{name} {host_key(sshd)}\n") as cluster:
        assert cluster.is_folder("/")


@given(st.text(alphabet="ab*?[]!,|1:. \n@=#", max_size=40))
def test_no_line_of_known_hosts_is_a_surprise(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    """A line that is none says nothing of a host."""
    file = tmp_path_factory.getbasetemp() / "known-anything"
    file.write_text(f"{line}\n!a.b,*.b ssh-ed25519 AAAA\n")
    assert all(key.where for key in known_keys([file], "a.b") if key.blob != b"\0\0\0")
    assert len(known_keys([file], "c.b")) >= 1


def test_nobody_is_let_in_without_a_key_and_no_password_is_asked_for(sshd: Sshd, tmp_path: Path) -> None:
    """One sentence, and what has to work."""
    other_key(tmp_path)
    config = f"IdentityFile {tmp_path}/other\nIdentitiesOnly yes\nUserKnownHostsFile {sshd.known_hosts}\n"
    with pytest.raises(UnreadableError, match=r"does not let '.*' in with any key.*ssh-add.*never uses a password"):
        reached(sshd, config).status("/")


def test_a_server_that_is_not_there_is_one_sentence(sshd: Sshd) -> None:
    """No name, and no answer."""
    config = sshd.config.read_text()
    with pytest.raises(UnreadableError, match=r"There is no server 'nowhere\.invalid'"):
        reached(sshd, config, host="nowhere.invalid").status("/")
    with pytest.raises(UnreadableError, match=r"port 1 does not answer"):
        reached(sshd, config, port=1).status("/")


def test_a_host_of_the_configuration_is_reached_through_another(sshd: Sshd, sshd_files: Sshd) -> None:
    """With HostName, Port, User, IdentityFile and ProxyJump, each server's key by its own line."""
    key = sshd_files.home / ".ssh/id_ed25519"
    hosts = sshd.folder / "known-both"
    hosts.write_text(sshd.known_hosts.read_text() + sshd_files.known_hosts.read_text())
    user = sshd.address.user
    config = (
        f"UserKnownHostsFile {hosts}\nIdentitiesOnly yes\n"
        f"Host campus\n  HostName 127.0.0.1\n  Port {sshd_files.port}\n  IdentityFile {key}\n  ProxyJump gate\n"
        f"Host gate\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {user}\n"
        f"  IdentityFile {sshd.home}/.ssh/id_ed25519\n"
    )
    cluster = reached(sshd, config, host="campus", port=None)
    assert cluster.is_folder("/")
    cluster.close()


def test_what_the_configuration_cannot_say_is_said(tmp_path: Path) -> None:
    """A ProxyCommand is no door that nobody sees, and a fault is a sentence."""
    file = tmp_path / "config"
    file.write_text("Host a\n  ProxyCommand nc %h %p\n")
    with pytest.raises(InputError, match="ProxyCommand for a, which slidebox does not run"):
        way_to(Address("a"), file)
    file.write_text("Match nonsense\n")
    with pytest.raises(InputError, match="cannot be used for a"):
        way_to(Address("a"), file)
    assert way_to(Address("a", None, "me"), tmp_path / "none").port == 22


@pytest.mark.parametrize("text", ["", "a b", "-oProxyCommand=x", "a:0", "a:99999", "a;b", "user@a"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """Before anything is connected."""
    with pytest.raises(InputError, match="is no address"):
        Address.read(text)
    assert str(Address.read("[::1]:22")) == "[::1]:22"


def test_words_of_a_command_stay_words(sshd: Sshd, sshd_files: Sshd, tmp_path: Path) -> None:
    """Whatever is in them; a server without commands answers none."""
    words = ("$(touch pwned)", "a'b", '"', "`x`", ";", "*", "-n", "é\n", "")
    cluster = sshd.cluster()
    said = cluster.ask("printf", "%s|", *words)
    assert said is not None
    assert (said.code, said.text) == (0, "".join(f"{word}|" for word in words))
    failed = cluster.ask("cat", reading=str(tmp_path / "none"))
    assert failed is not None
    assert failed.code != 0
    assert cluster.ask("true") is not None
    only = sshd_files.cluster()
    assert (only.commands, only.ask("true"), only.is_folder("/")) == (False, None, True)


def test_groups_have_names_and_numbers(sshd: Sshd, sshd_files: Sshd) -> None:
    """Also where only files can be read."""
    for cluster in (sshd.cluster(), sshd_files.cluster()):
        assert accounts.group_number(cluster, "daemon") == 1
        assert accounts.group_number(cluster, "4711") == 4711
        assert (accounts.group_name(cluster, 1), accounts.group_name(cluster, 4711)) == ("daemon", "4711")
        assert accounts.user_name(cluster, os.getuid()) == sshd.address.user
        with pytest.raises(InputError, match="has no group 'nonsense'"):
            accounts.group_number(cluster, "nonsense")


def test_the_quota_counts_where_there_is_one(sshd: Sshd, tmp_path: Path) -> None:
    """By quota(1), of this file system alone; without it the file system's own room counts."""
    cluster = sshd.cluster()
    free = space.free(cluster, str(tmp_path))
    assert free is not None
    assert free > 10**6
    quota = sshd.folder / "bin/quota"
    quota.write_text("#!/bin/sh\necho '     /dev/sda1    100*     90     120   6days   1 0 0'\n")
    quota.chmod(0o755)
    try:
        assert space.free(cluster, str(tmp_path), "daemon") == 20 * 1024
    finally:
        quota.unlink()


def test_lines_of_quota_are_read() -> None:
    """As quota 4.06 prints them with -w -p: zero is no quota, and a star is over it."""
    text = """Disk quotas for user ada (uid 1000):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
     nas:/lab   1048576 2097152 3145728       0     100       0       0       0
     /dev/sdb1      500       0       0       0       1       0       0       0
     /dev/sdc1    2000*    1000    1500    6days       1       0       0       0
"""
    assert space.left(text) == [2 * 2**30, 0]
    assert space.left("Disk quotas for user ada (uid 1000): none") == []


def test_a_refusal_is_one_sentence() -> None:
    """Without permission, without a file, without room, and without a word."""
    for error, free, why in (
        (RefusedError(13, "Permission denied"), None, "does not allow this account to go on: making x failed"),
        (RefusedError(2, "No such file"), None, "has no such file or folder"),
        (RefusedError(0, "Failure"), 0, "is full or the quota is used up"),
        (RefusedError(0, "Failure"), 10**12, r"refuses: making x failed \(Failure\)"),
    ):
        said = sentence(error, "campus", "making x", free)
        assert isinstance(said, UnreadableError)
        assert why.replace("\\", "") in said.message
        assert said.cure


def test_a_file_is_read_in_order_from_anywhere(sshd_files: Sshd, tmp_path: Path) -> None:
    """With many requests on the way at once, and beyond its end."""
    data = os.urandom(3 * 2**20 + 17)
    (tmp_path / "a").write_bytes(data)
    cluster = sshd_files.cluster()

    def read(offset: int, length: int | None, sftp: SFTPClient) -> bytes:
        with wire.OpenFile(sftp, str(tmp_path / "a"), wire.READ) as file:
            return b"".join(file.read(offset, length))

    for offset, length in ((0, None), (5, 100_000), (2 * 2**20, None), (len(data), None), (len(data) - 1, 50)):
        end = None if length is None else offset + length
        assert cluster.tried(partial(read, offset, length)) == data[offset:end]


@pytest.fixture(scope="module")
def sshd_bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server that refuses OpenSSH's own requests but the renaming of files."""
    yield from running(tmp_path_factory.mktemp("sshd-bare"), "ForceCommand internal-sftp -P fsync,statvfs")


def test_a_server_without_extensions_is_used_as_it_is(sshd_bare: Sshd, tmp_path: Path) -> None:
    """Nothing is forced to its disk, and nobody knows how much room it has."""
    cluster, file = sshd_bare.cluster(), str(tmp_path / "a")
    cluster.write(file, b"small", 0o640)
    cluster.tried(lambda sftp: small_files.whole(sftp, file, b"other", 0o600))
    assert cluster.read(file) == b"other"
    assert space.free(cluster, str(tmp_path)) is None


def test_a_server_that_never_overwrites_gets_its_place_free_first() -> None:
    """An answer that a request is unknown is told from a refusal."""
    done: list[tuple[str, ...]] = []

    class Old:
        def _request(self, *_: object) -> None:
            raise OSError("Operation unsupported")

        def remove(self, path: str) -> None:
            done.append(("remove", path))
            raise FileNotFoundError

        def rename(self, old: str, new: str) -> None:
            done.append(("rename", old, new))

    wire.replace(cast("SFTPClient", Old()), "a", "b")
    assert done == [("remove", "b"), ("rename", "a", "b")]
    assert wire.file_system(cast("SFTPClient", Old()), "a") is None
