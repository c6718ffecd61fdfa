"""OpenSSH's own server on loopback, as a cluster: one that allows commands, and one that allows SFTP alone."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from slidebox.cluster import Address, Cluster
from slidebox.cluster.dialling import dial

PROGRAM = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/sshd.pid
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
SetEnv PATH={folder}/bin:{path}
{more}
"""


@dataclass(frozen=True)
class Sshd:
    """A server that runs, and what it takes to come to it.

    Attributes
    ----------
    folder
        Its keys and configuration, and ``bin``, whose programs its users find before all others.
    port
        Its port on loopback.
    """

    folder: Path
    port: int

    @property
    def address(self) -> Address:
        """Where it answers."""
        return Address("127.0.0.1", self.port, getpass.getuser())

    @property
    def home(self) -> Path:
        """A home whose `.ssh` has the key, the configuration and the known host."""
        return self.folder / "home"

    @property
    def config(self) -> Path:
        """The configuration of OpenSSH's clients."""
        return self.home / ".ssh/config"

    @property
    def known_hosts(self) -> Path:
        """The file of known hosts."""
        return self.home / ".ssh/known_hosts"

    def cluster(self, address: Address | None = None) -> Cluster:
        """A way to it that is nobody else's."""
        return Cluster(address or self.address, dial=partial(dial, config=self.config), sleep=lambda _: None)


def _key(file: Path) -> str:
    """A new key; answers its public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)], check=True)
    return file.with_name(f"{file.name}.pub").read_text().strip()


def start(folder: Path, more: str) -> tuple[Sshd, subprocess.Popen[bytes]]:
    """Start a server in a folder, with more lines of its configuration."""
    ssh = folder / "home/.ssh"
    ssh.mkdir(parents=True)
    (folder / "bin").mkdir()
    host = _key(folder / "host_key")
    (folder / "authorized_keys").write_text(_key(ssh / "id_ed25519") + "\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where the server leaves its rights behind
    for _ in range(5):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        path = os.environ["PATH"]
        (folder / "sshd_config").write_text(_CONFIG.format(port=port, folder=folder, path=path, more=more))
        (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}\n")
        (ssh / "config").write_text(
            f"IdentityFile {ssh}/id_ed25519\nIdentitiesOnly yes\nUserKnownHostsFile {ssh}/known_hosts\n"
        )
        command = [str(PROGRAM), "-D", "-E", str(folder / "log"), "-f", str(folder / "sshd_config")]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if _answers(port, process):
            return Sshd(folder, port), process
        process.kill()
        process.wait()
    raise AssertionError((folder / "log").read_text())


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    for _ in range(200):
        if process.poll() is not None:
            return False
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as found:
                return found.recv(4) == b"SSH-"
        except OSError:
            time.sleep(0.02)
    return False


def running(tmp: Path, more: str) -> Iterator[Sshd]:
    """A server with more lines of configuration, while it runs."""
    if PROGRAM is None:
        pytest.skip("there is no sshd here: install openssh-server")
    found, process = start(tmp, more)
    try:
        yield found
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server that allows commands."""
    yield from running(tmp_path_factory.mktemp("sshd"), "")


@pytest.fixture(scope="session")
def sshd_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server that allows SFTP alone."""
    more = "ForceCommand internal-sftp\nAllowTcpForwarding no\nPermitTTY no"
    yield from running(tmp_path_factory.mktemp("sshd-files"), more)
