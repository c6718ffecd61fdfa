"""The embedded S3 gateway: versitygw in IAM mode, one for each S3 store that lies over a drive store.

Objects are plain files on the lab's own drive, under ``<drive>/<store>/``; old versions lie beside them, under
``<drive>/.slidebox-versions/<store>/``, so that a version never moves between disks. The users' database, the ports
and the processes' ids are under ``.slidebox/gateways/<store>/``. The root keys are derived from the lab's passphrase,
given to the processes by their environment, and stored nowhere.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import itertools
import json
import os
import random
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from slidebox import drives
from slidebox.errors import InputError, UnreadableError
from slidebox.home import PRIVATE_FILE, PRIVATE_FOLDER, Home, replace_text
from slidebox.model import Lab, Store, StoreKind
from slidebox.processes import Child, spawn

STOP_CURE = "Start it with `slidebox gateway start`."

# Below the ports that Linux and macOS give to outgoing connections, so that a kept port stays free.
_PORTS = range(21_000, 32_000)
_TRIES = 5
_READY_SECONDS = 20.0
_LONGEST_SOCKET_PATH = 100  # bytes; Linux allows 107, macOS 103


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach a running gateway as its root user.

    Attributes
    ----------
    s3_url, iam_url
        Addresses of the S3 and the IAM service.
    region
        The only region it accepts.
    access_key, secret_key
        The root user's keys; they are not shown in `repr`.
    """

    s3_url: str
    iam_url: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Status:
    """What one gateway is doing.

    Attributes
    ----------
    store
        The S3 store it serves.
    running
        Whether both of its processes run and answer.
    s3_url, iam_url
        Where it listens, or will listen when it is started again.
    pids
        Process ids by role, ``s3`` and ``iam``; only those that run.
    data
        The folder of the objects.
    started
        Whether this call of `start` started it.
    """

    store: str
    running: bool
    s3_url: str
    iam_url: str
    pids: Mapping[str, int]
    data: str
    started: bool = False


def root_keys(home: Home, store: str) -> tuple[str, str]:
    """The root user's access and secret key of a store's gateway.

    Both are HMAC-SHA256 of the store's name under the lab's passphrase: the same every time, stored nowhere.
    """
    passphrase = home.passphrase()

    def derive(purpose: str) -> bytes:
        return hmac.new(passphrase, f"slidebox gateway {purpose}: {store}".encode(), hashlib.sha256).digest()

    access = "ROOT" + base64.b32encode(derive("access key")).decode()[:16]
    return access, base64.urlsafe_b64encode(derive("secret key")).decode()[:40]


def embedded(lab: Lab) -> dict[str, Store]:
    """The S3 stores of a lab that slidebox itself runs a gateway for, by name."""
    return {name: s for name, s in lab.file.stores.items() if s.kind is StoreKind.S3 and s.over}


def start(lab: Lab, home: Home) -> tuple[Status, ...]:
    """Start the gateway of every embedded S3 store and wait until it answers; one that runs is left alone.

    Raises
    ------
    UnreadableError
        If a drive is not mounted or is not the marked one, versitygw is not installed, or it does not come up.
    InputError
        If a store lies over one that is not a drive.
    """
    stores = embedded(lab)
    if not stores:
        raise InputError(
            "This lab has no S3 store that slidebox runs a gateway for.",
            "Declare a store with `kind: s3` and `over:` the name of a drive store.",
        )
    # All disks first: with one of two missing nothing is started.
    roots = {name: _drive_root(lab, home, store) for name, store in stores.items()}
    return tuple(_Gateway(home, name).start(roots[name], store.region) for name, store in stores.items())


def _drive_root(lab: Lab, home: Home, store: Store) -> Path:
    """The mounted and marked drive under an S3 store."""
    over = str(store.over)
    drive = lab.file.stores.get(over)
    if drive is None or drive.kind is not StoreKind.DRIVE:
        raise InputError(
            f"Store {over!r} is not a drive, so no gateway can lie over it.", "Name a store of kind 'drive'."
        )
    path = drives.drive_path(home.lab_root, drive)
    drives.require(lab.file.lab, over, path)
    return path


def stop(home: Home) -> tuple[Status, ...]:
    """Stop every gateway of this lab, also of stores that are no longer declared; data and ports are kept."""
    return tuple(_Gateway(home, name).stop() for name in _known(home))


def status(home: Home) -> tuple[Status, ...]:
    """What every gateway that was ever started here is doing."""
    return tuple(_Gateway(home, name).status() for name in _known(home))


def endpoint(home: Home, store: str) -> Endpoint:
    """How to reach a store's gateway as its root user.

    Raises
    ------
    UnreadableError
        If it is not running.
    """
    gateway = _Gateway(home, store)
    settings = gateway.settings()
    if settings is None or not gateway.running(settings):
        raise UnreadableError(f"The S3 gateway of store {store!r} is not running.", STOP_CURE)
    return Endpoint(settings.s3, settings.iam, settings.region, *root_keys(home, store))


def _known(home: Home) -> list[str]:
    return sorted(file.parent.name for file in home.gateways.glob("*/ports.json"))


@dataclass(frozen=True, slots=True)
class _Settings:
    """The contents of ``ports.json``: addresses that were chosen once and are kept."""

    s3: str
    iam: str
    region: str
    data: str

    @property
    def ports(self) -> dict[str, int]:
        return {"s3": int(self.s3.rpartition(":")[2]), "iam": int(self.iam.rpartition(":")[2])}


class _Gateway:
    """One store's gateway: two processes, and the files about them."""

    def __init__(self, home: Home, store: str) -> None:
        self.home = home
        self.store = store
        self.root = home.gateways / store
        self.run = self.root / "run"

    def settings(self) -> _Settings | None:
        try:
            return _Settings(**json.loads((self.root / "ports.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def children(self, settings: _Settings) -> dict[str, Child]:
        """The processes that were started and still run; a process id that now means another program is not ours."""
        found = {}
        for role, port in settings.ports.items():
            child = Child.read(self.run / f"{role}.pid")
            if child is not None and child.runs(f"127.0.0.1:{port}"):
                found[role] = child
        return found

    def running(self, settings: _Settings) -> bool:
        return len(self.children(settings)) == len(settings.ports) and _answers(settings)

    def status(self, *, started: bool = False) -> Status:
        settings = self.settings()
        if settings is None:
            return Status(self.store, running=False, s3_url="", iam_url="", pids={}, data="")
        pids = {role: child.pid for role, child in self.children(settings).items()}
        running = self.running(settings)
        return Status(self.store, running, settings.s3, settings.iam, pids, settings.data, started)

    def start(self, drive: Path, region: str) -> Status:
        binary = self.home.need_engine("versitygw")
        for folder in (self.home.gateways, self.root, self.run, self.root / "iam"):
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with self._lock():
            settings = self.settings()
            wanted = (region, str(drive / self.store))
            if settings and (settings.region, settings.data) == wanted and self.running(settings):
                return self.status()
            if settings:
                self._end(settings)
            for attempt in range(_TRIES):
                chosen = self._choose(settings if attempt == 0 else None, *wanted)
                if self._launch(binary, drive, chosen):
                    return self.status(started=True)
            raise UnreadableError(
                f"The S3 gateway of store {self.store!r} found no free port in {_TRIES} tries.",
                "See which programs listen on 127.0.0.1, and try again.",
            )

    def _choose(self, kept: _Settings | None, region: str, data: str) -> _Settings:
        """The kept ports while they are free, else new ones, written down."""
        ports = list(kept.ports.values()) if kept else []
        if not ports or not all(map(_is_free, ports)):
            ports = _free_ports(2)
        settings = _Settings(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", region, data)
        text = json.dumps({name: getattr(settings, name) for name in ("s3", "iam", "region", "data")}, indent=2)
        replace_text(self.root / "ports.json", text + "\n", PRIVATE_FILE)
        return settings

    def _launch(self, binary: Path, drive: Path, settings: _Settings) -> bool:
        """Start both processes and wait until they answer; False where another program took a port meanwhile."""
        data, versions = Path(settings.data), drive / ".slidebox-versions" / self.store
        for folder in (data, versions):
            _make_private(folder)
        iam_socket = self._socket()
        iam_socket.unlink(missing_ok=True)  # what a killed process left; nothing of ours runs now
        iam = ["iam", "--quiet", "--disable-oidc-thumbprint-autofetch", "--dir", str(self.root / "iam")]
        iam += ["--private-ports", str(iam_socket), "--private-socket-perm", "0600"]
        s3 = [
            "--quiet",
            "--keep-alive",
            "--health",
            "/health",
            "--iam-cache-disable",
            "--iam-standalone-endpoint",
            str(iam_socket),
        ]
        s3 += ["posix", "--dir-perms", "0700", "--file-perms", "0600", "--versioning-dir", str(versions), str(data)]
        started: list[Child] = []
        ok = False
        try:
            for role, words in (("iam", iam), ("s3", s3)):
                listen = ["--port", f"127.0.0.1:{settings.ports[role]}", "--region", settings.region]
                child = spawn([str(binary), *listen, *words], cwd=self.run, env=self._environment(), name=role)
                started.append(child)
                child.write(self.run / f"{role}.pid")
                if not self._ready(role, child, settings, iam_socket):
                    return False
            ok = True
        finally:
            if not ok:
                for child in started:
                    child.end()
        return True

    def _environment(self) -> dict[str, str]:
        """The processes' environment: nothing of the user's, so that no variable changes what they do."""
        access, secret = root_keys(self.home, self.store)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return {**kept, "ROOT_ACCESS_KEY": access, "ROOT_SECRET_KEY": secret}

    def _ready(self, role: str, child: Child, settings: _Settings, iam_socket: Path) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if child.ended():
                log = child.log_tail()
                if "address already in use" in log:
                    return False
                raise self._failure(role, log)
            if (iam_socket.exists() and _http(settings.iam)) if role == "iam" else _http(f"{settings.s3}/health"):
                return True
            time.sleep(0.05)
        raise self._failure(role, f"no answer in {_READY_SECONDS:.0f} s. {child.log_tail()}")

    def _failure(self, role: str, log: str) -> UnreadableError:
        cure = f"Its log is {self.run / f'{role}.log'}."
        if "xattr" in log or "extended attribute" in log:
            cure = "Use a file system with extended attributes (ext4, XFS, Btrfs, APFS) for this drive."
        return UnreadableError(f"The S3 gateway of store {self.store!r} did not start: {log.strip()}", cure)

    def stop(self) -> Status:
        with self._lock():
            settings = self.settings()
            if settings:
                self._end(settings)
        return self.status()

    def _end(self, settings: _Settings) -> None:
        for role, child in sorted(self.children(settings).items(), reverse=True):  # S3 before its users' database
            child.end()
            (self.run / f"{role}.pid").unlink(missing_ok=True)

    def _socket(self) -> Path:
        """The users' database's private socket: in our folder, or where that is too deep in the temporary one."""
        here = self.run / "iam.sock"
        if len(os.fsencode(here)) <= _LONGEST_SOCKET_PATH:
            return here
        digest = hashlib.sha256(os.fsencode(here)).hexdigest()[:16]
        folder = Path("/tmp") / f"slidebox-{os.getuid()}-{digest}"  # noqa: S108 -- checked below
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        found = folder.lstat()
        if found.st_uid != os.getuid() or found.st_mode & 0o77 or folder.is_symlink():
            raise UnreadableError(
                f"{folder} belongs to somebody else or is open to others.", "Remove it and try again."
            )
        return folder / "iam.sock"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One starter or stopper at a time."""
        self.run.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with (self.run / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _make_private(folder: Path) -> None:
    """A folder that only its owner enters: who reads objects is decided by the gateway alone."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableError(
            f"{folder} cannot be made: {error.strerror}.", "Check that the disk is mounted writable and not full."
        ) from error


def _answers(settings: _Settings) -> bool:
    return _http(f"{settings.s3}/health") and _http(settings.iam)


def _http(url: str) -> bool:
    """Whether an HTTP server answers on this machine, whatever it says."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500 and error.code != 404
    except OSError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """versitygw's IAM service answers a bare request by pointing at its makers' site; the answer is enough."""

    def redirect_request(self, *_: object) -> None:
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_ports(count: int) -> list[int]:
    """Free ports of this machine, at random: gateways that start together do not choose the same ones."""
    shuffled = random.SystemRandom().sample(_PORTS, len(_PORTS))
    return list(itertools.islice(filter(_is_free, shuffled), count))
