"""One connection to a cluster with several channels, made again where it breaks off."""

# ruff: noqa: PLC0415 - paramiko is in an extra, and is imported once a server is asked for something

from __future__ import annotations

import posixpath
import stat as modes
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from slidebox.cluster import wire
from slidebox.cluster.address import Address
from slidebox.cluster.dialling import Connection, Dial, dial
from slidebox.cluster.faults import BrokenError, RefusedError, broken, is_broken, refused, sentence
from slidebox.cluster.shell import Answer, Shell
from slidebox.cluster.unpacking import Seen, Unpacker, look, packed
from slidebox.errors import SlideboxError

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

_CHANNELS = 4
_SHELLS = 3
_UNPACKERS = 2
"""Together fewer than the ten channels that a server allows on a connection (sshd_config(5), MaxSessions)."""

_WAITS = (0.5, 2.0, 8.0)
"""Seconds before each further attempt."""

_CHANNEL_SECONDS = 180.0
_T = TypeVar("_T")


class Cluster:
    """A server, for all threads of a process; nothing is connected before something is asked.

    Parameters
    ----------
    address
        Where it is.
    dial
        Makes a connection.
    sleep
        Waits.
    """

    def __init__(self, address: Address, *, dial: Dial = dial, sleep: Callable[[float], None] = time.sleep) -> None:
        self.address = address
        self._dial = dial
        self._sleep = sleep
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._been = False
        self._channels: list[tuple[Connection, SFTPClient]] = []
        self._shells: list[tuple[Connection, Shell]] = []
        self._unpackers: list[tuple[Connection, Unpacker]] = []
        self._channel_slots = threading.BoundedSemaphore(_CHANNELS)
        self._shell_slots = threading.BoundedSemaphore(_SHELLS)
        self._unpacker_slots = threading.BoundedSemaphore(_UNPACKERS)
        self._commands: bool | None = None

    def __str__(self) -> str:
        return str(self.address)

    def close(self) -> None:
        """Hang up; the next question connects again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._channels.clear()
            self._shells.clear()
            self._unpackers.clear()

    # Files

    def again(self, doing: str, work: Callable[[SFTPClient], _T], *, path: str = "") -> _T:
        """Do something that can be done twice; where the connection breaks off, do it again on a fresh one.

        Parameters
        ----------
        doing
            What it is, for the sentence: ``making /data/lab``.
        work
            Does it.
        path
            Where to look for how much room is left, if the server refuses without saying why.

        Raises
        ------
        BrokenError
            If the connection breaks off again and again.
        SlideboxError
            If the server refuses.
        """
        try:
            return self.tried(work)
        except RefusedError as error:
            raise sentence(error, self, doing, self._room(path) if path and not error.number else None) from error

    def tried(self, work: Callable[[SFTPClient], _T]) -> _T:
        """The same, but a refusal is a `RefusedError`."""
        for wait in (*_WAITS, None):
            try:
                with self._channel() as channel:
                    return work(channel)
            except BrokenError:
                # One that never answered is not waited for.
                if wait is None or not self._been:
                    raise
            except (OSError, EOFError, _ssh_error()) as error:
                if isinstance(error, OSError) and not is_broken(error):
                    raise refused(error) from error
                if wait is None:
                    raise broken(self, error) from error
            self._sleep(wait)
        raise AssertionError  # the last attempt returns or raises

    def _room(self, path: str) -> int | None:
        with suppress(SlideboxError, RefusedError):
            found = self.tried(lambda sftp: wire.file_system(sftp, path))
            return found.free if found else None
        return None

    def status(self, path: str) -> SFTPAttributes | None:
        """What lies under a path, a symbolic link itself; None where there is nothing."""
        try:
            return self.tried(lambda sftp: sftp.lstat(path))
        except RefusedError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise sentence(error, self, f"looking at {path}") from error

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder, and not a link to one."""
        found = self.status(path)
        return found is not None and modes.S_ISDIR(found.st_mode or 0)

    def read(self, path: str) -> bytes | None:
        """The bytes of a small file; None where there is none."""

        def work(sftp: SFTPClient) -> bytes:
            with wire.OpenFile(sftp, path, wire.READ) as file:
                return b"".join(file.read())

        try:
            return self.tried(work)
        except RefusedError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise sentence(error, self, f"reading {path}") from error

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Write a small file beside its place, force it to the disk, and give it its name at once."""
        draft = posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path).lstrip('.')}.new")

        def work(sftp: SFTPClient) -> None:
            with wire.OpenFile(sftp, draft, wire.WRITE | wire.CREATE, 0o600) as file:
                file.cut(0)
                file.write(0, data)
                file.chmod(mode)
                file.sync()
            wire.replace(sftp, draft, path)

        self.again(f"writing {path}", work, path=posixpath.dirname(path))

    # Commands

    @property
    def commands(self) -> bool:
        """Whether the server allows any."""
        if self._commands is None:
            with self._shell():
                pass
        return bool(self._commands)

    def ask(self, *words: str, reading: str | None = None, seconds: float = 120.0) -> Answer | None:
        """What a command says; None where the server allows none.

        Parameters
        ----------
        words
            The program and its arguments; they are quoted.
        reading
            A file that is its input.
        seconds
            How long it may take.
        """
        return self.in_shell(lambda shell: shell.ask(*words, reading=reading, seconds=seconds))

    def in_shell(self, work: Callable[[Shell], _T]) -> _T | None:
        """Ask a shell something that can be asked twice; None where the server allows no commands.

        Raises
        ------
        BrokenError
            If the connection breaks off again and again.
        """

        def work_there() -> _T | None:
            with self._shell() as shell:
                return work(shell) if shell else None

        return self._commanded(work_there)

    def unpack(self, folder: str, files: Mapping[str, bytes], mode: int, *, seconds: float = 120.0) -> dict[str, Seen]:
        """Send many small files into a folder in one stream, and have them forced to the disk and summed there.

        Parameters
        ----------
        folder
            The folder.
        files
            Their bytes by their names, which are letters, digits and hyphens.
        mode
            The mode that they get.
        seconds
            How long each of the two may take.

        Returns
        -------
        dict
            What the server says of each; one of which it says nothing is not known to be there. Nothing where it
            allows no commands.
        """
        if not self.commands:
            return {}
        stream = packed(files, mode)

        def work_there() -> bool:
            with self._unpacker() as unpacker:
                if unpacker:
                    unpacker.unpack(folder, stream, seconds)
                return unpacker is not None

        if not self._commanded(work_there):
            return {}
        return self.in_shell(lambda shell: look(shell, folder, list(files), seconds)) or {}

    def _commanded(self, work: Callable[[], _T]) -> _T:
        """Do something with commands that can be done twice, on a fresh connection where it breaks off."""
        for wait in (*_WAITS, None):
            try:
                return work()
            except (OSError, EOFError, _ssh_error(), BrokenError) as error:
                if wait is None or (isinstance(error, BrokenError) and not self._been):
                    raise error if isinstance(error, BrokenError) else broken(self, error) from error
            self._sleep(wait)
        raise AssertionError

    # Channels

    def _connected(self) -> Connection:
        with self._lock:
            if self._connection is None or not self._connection.alive:
                self._connection = self._dial(self.address)
                self._been = True
            return self._connection

    @contextmanager
    def _using(self) -> Iterator[Connection]:
        """The connection; one on which something broke off is not used any more, whatever it says of itself."""
        connection = self._connected()
        try:
            yield connection
        except Exception as error:
            if isinstance(error, BrokenError) or is_broken(error):
                with self._lock:
                    if self._connection is connection:
                        self._connection = None
                connection.close()
            raise

    @contextmanager
    def _channel(self) -> Iterator[SFTPClient]:
        with self._channel_slots, self._using() as connection:
            channel = self._kept(self._channels, connection) or _open(connection)
            try:
                yield channel
            except BaseException as error:
                # One on which an answer may still come that nobody waits for is not given to anybody else.
                if isinstance(error, Exception) and not is_broken(error):
                    self._keep(self._channels, connection, channel)
                else:
                    with suppress(Exception):
                        channel.close()
                raise
            self._keep(self._channels, connection, channel)

    @contextmanager
    def _shell(self) -> Iterator[Shell | None]:
        if self._commands is False:
            yield None
            return
        with self._shell_slots, self._using() as connection:
            shell = self._kept(self._shells, connection) or Shell.start(connection.transport)
            if shell is None:
                # Only the first answer says what the server allows; later ones, that it has no channel to spare.
                if self._commands:
                    raise BrokenError(f"{self} opens no further shell.")
                self._commands = False
                yield None
                return
            self._commands = True
            try:
                yield shell
            except BaseException:
                shell.close()
                raise
            self._keep(self._shells, connection, shell)

    @contextmanager
    def _unpacker(self) -> Iterator[Unpacker | None]:
        with self._unpacker_slots, self._using() as connection:
            unpacker = self._kept(self._unpackers, connection) or Unpacker.start(connection.transport)
            try:
                yield unpacker
            except BaseException:
                if unpacker:
                    unpacker.close()
                raise
            if unpacker:
                self._keep(self._unpackers, connection, unpacker)

    def _kept(self, idle: list[tuple[Connection, _T]], connection: Connection) -> _T | None:
        with self._lock:
            while idle:
                of, thing = idle.pop()
                if of is connection:
                    return thing
        return None

    def _keep(self, idle: list[tuple[Connection, _T]], connection: Connection, thing: _T) -> None:
        with self._lock:
            idle.append((connection, thing))


def _open(connection: Connection) -> SFTPClient:
    from paramiko import SFTPClient, SSHException

    channel = SFTPClient.from_transport(connection.transport)
    if channel is None:
        raise SSHException("no channel for SFTP")
    about = channel.get_channel()
    if about is not None:
        about.settimeout(_CHANNEL_SECONDS)
    return channel


def _ssh_error() -> type[Exception]:
    """What paramiko raises: asked for only once something is done with it."""
    from slidebox.cluster.dialling import require_paramiko

    require_paramiko()
    from paramiko import SSHException

    return SSHException


_shared: dict[Address, Cluster] = {}
_shared_lock = threading.Lock()


def shared(address: Address) -> Cluster:
    """The one `Cluster` of an address in this process: many locations use one connection."""
    with _shared_lock:
        return _shared.setdefault(address, Cluster(address))
