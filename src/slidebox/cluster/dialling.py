"""A connection to a server by the usual means of OpenSSH: its configuration, its keys, and only hosts that are known.

Keys come from the agent, from `IdentityFile` and from the usual files; no password is ever asked for or sent.
"""

# ruff: noqa: PLC0415 - paramiko is in an extra, and is imported once a server is asked for something

from __future__ import annotations

import getpass
import importlib.util
import logging
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from slidebox.cluster.address import PORT, Address
from slidebox.cluster.faults import BrokenError
from slidebox.cluster.known_hosts import KnownKey, fingerprint, known_keys
from slidebox.errors import InputError, UnreadableError

if TYPE_CHECKING:
    from paramiko import PKey, SSHClient, Transport

_CONNECT_SECONDS = 30.0
_KEEPALIVE_SECONDS = 30
_MOST_JUMPS = 5
_USUAL_KNOWN = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_KNOWN = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
# The algorithms that sign with a key of each type (RFC 8332 for RSA).
_SIGNING = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
# Encrypted and authenticated in one step of the processor: about twice as fast as a cipher and a checksum.
_FASTEST = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")


def config_file() -> Path:
    """The person's own configuration of OpenSSH."""
    return Path("~/.ssh/config").expanduser()


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached, once its configuration is read.

    Attributes
    ----------
    host, port, user
        What to connect to.
    known_as
        The name under which its key is known.
    known
        The files of known hosts.
    identities
        Files of private keys; the usual ones where empty.
    only_identities
        Whether the keys of the agent are left out.
    jumps
        Servers to go through, first one first.
    """

    host: str
    port: int
    user: str
    known_as: str
    known: tuple[Path, ...]
    identities: tuple[Path, ...] = ()
    only_identities: bool = False
    jumps: tuple[Address, ...] = ()


def require_paramiko(store: str = "") -> None:
    """Insist that the SSH library is installed.

    Raises
    ------
    InputError
        If it is not.
    """
    if importlib.util.find_spec("paramiko") is None:
        which = f"The store {store!r} is of kind 'cluster'" if store else "A store of kind 'cluster' is reached by SSH"
        raise InputError(f"{which}, and paramiko is not installed.", "Install it: pip install 'slidebox[cluster]'.")


def way_to(address: Address, config: Path) -> Way:
    """What the configuration says about a server.

    Parameters
    ----------
    address
        The server.
    config
        The file of the configuration; one that is not there says nothing.

    Raises
    ------
    InputError
        If the configuration cannot be understood, or names a `ProxyCommand`.
    """
    said = _lookup(address.host, config)
    jump = str(said.get("proxyjump", "none"))
    if "proxycommand" in said and jump == "none":
        raise InputError(
            f"{config} has a ProxyCommand for {address.host}, which slidebox does not run.", "Write it as a ProxyJump."
        )
    host = str(said.get("hostname", address.host))
    port = address.port or int(said.get("port", PORT))
    named = str(said["hostkeyalias"]) if "hostkeyalias" in said else host if port == PORT else f"[{host}]:{port}"
    return Way(
        host,
        port,
        address.user or str(said.get("user") or getpass.getuser()),
        named,
        _files(said, "userknownhostsfile", _USUAL_KNOWN) + _files(said, "globalknownhostsfile", _GLOBAL_KNOWN),
        tuple(Path(str(file)).expanduser() for file in said.get("identityfile", ())),
        str(said.get("identitiesonly", "no")).lower() == "yes",
        () if jump == "none" else tuple(_jump(text.strip()) for text in jump.split(",")),
    )


def _jump(text: str) -> Address:
    user, _, host = text.removeprefix("ssh://").rpartition("@")
    return Address.read(host, user or None)


def _lookup(host: str, config: Path) -> dict[str, Any]:
    from paramiko import ConfigParseError, SSHConfig
    from paramiko.ssh_exception import CouldNotCanonicalize

    if not config.is_file():
        return {}
    try:
        return dict(SSHConfig.from_path(str(config)).lookup(host))
    except (ConfigParseError, CouldNotCanonicalize, ImportError, OSError, ValueError) as error:
        raise InputError(f"{config} cannot be used for {host}: {error}.", "Correct it.") from error


def _files(said: dict[str, Any], name: str, usual: Iterable[str]) -> tuple[Path, ...]:
    named = str(said[name]).split() if name in said else list(usual)
    return tuple(Path(file.strip('"')).expanduser() for file in named if file.lower() != "none")


class Connection:
    """A connection on which somebody is signed in.

    Parameters
    ----------
    clients
        The connections, the one to the server last.
    """

    def __init__(self, clients: list[SSHClient]) -> None:
        self._clients = clients

    @property
    def transport(self) -> Transport:
        """What channels are opened on."""
        return cast("Transport", self._clients[-1].get_transport())

    @property
    def alive(self) -> bool:
        """Whether it still stands, as far as anybody knows."""
        return self.transport is not None and self.transport.is_active()

    def close(self) -> None:
        """Hang up."""
        for client in reversed(self._clients):
            with suppress(Exception):
                client.close()


Dial = Callable[[Address], Connection]
"""Makes a connection."""


def dial(address: Address, config: Path | None = None) -> Connection:
    """Connect to a server and sign in.

    Parameters
    ----------
    address
        The server.
    config
        The configuration; the person's own where None.

    Raises
    ------
    BrokenError
        If it does not answer.
    InputError
        If the configuration is at fault.
    UnreadableError
        If its key is not the one that is known, or it lets nobody in.
    """
    require_paramiko()
    # What it has to say is said here; a stack trace on the terminal would be the alternative.
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    file = config or config_file()
    way = way_to(address, file)
    hops = [way_to(jump, file) for jump in way.jumps[:_MOST_JUMPS]]
    clients: list[SSHClient] = []
    try:
        for hop in (*hops, way):
            clients.append(_sign_in(hop, _through(clients[-1], hop) if clients else None))
    except BaseException:
        Connection(clients).close()
        raise
    return Connection(clients)


def _through(client: SSHClient, way: Way) -> Any:
    """A channel from one server on to the next."""
    from paramiko import SSHException

    try:
        transport = cast("Transport", client.get_transport())
        return transport.open_channel("direct-tcpip", (way.host, way.port), ("", 0), timeout=_CONNECT_SECONDS)
    except SSHException as error:
        raise BrokenError(f"{way.host} is not reached through the servers before it ({error}).") from error


def _sign_in(way: Way, sock: Any) -> SSHClient:
    from paramiko import AuthenticationException, PasswordRequiredException, SSHClient, SSHException

    known = known_keys(way.known, way.known_as)
    client = SSHClient()
    client.set_missing_host_key_policy(_policy(way, known))
    try:
        client.connect(
            way.host,
            way.port,
            way.user,
            sock=sock,
            key_filename=cast("Any", [str(file) for file in way.identities if file.is_file()]),
            allow_agent=not way.only_identities,
            look_for_keys=not way.identities,
            timeout=_CONNECT_SECONDS,
            banner_timeout=_CONNECT_SECONDS,
            auth_timeout=_CONNECT_SECONDS,
            channel_timeout=_CONNECT_SECONDS,
            transport_factory=_transport_of(known),
        )
    except UnreadableError:
        client.close()
        raise
    except socket.gaierror as error:
        raise UnreadableError(
            f"There is no server {way.host!r}: {error.strerror}.", "Check `host` in lab.yaml, and the network or VPN."
        ) from error
    except (AuthenticationException, PasswordRequiredException) as error:
        client.close()
        raise UnreadableError(
            f"{way.host} does not let {way.user!r} in with any key that is at hand.",
            "Add the key to the agent (`ssh-add`) or name it as IdentityFile in ~/.ssh/config; `ssh -o "
            f"BatchMode=yes -p {way.port} {way.user}@{way.host} true` has to work. slidebox never uses a password.",
        ) from error
    except (SSHException, OSError, EOFError) as error:
        client.close()
        raise BrokenError(
            f"{way.host} port {way.port} does not answer ({str(error) or type(error).__name__}).",
            "Check `host` in lab.yaml, the network or VPN, and whether the cluster is up.",
        ) from error
    cast("Transport", client.get_transport()).set_keepalive(_KEEPALIVE_SECONDS)
    return client


def _transport_of(known: tuple[KnownKey, ...]) -> Callable[..., Transport]:
    """Makes the transport: it asks for a key of a type that is known, and for the fastest ciphers."""

    def make(sock: Any, **more: Any) -> Transport:
        from paramiko import Transport

        transport = Transport(sock, **more)
        options = transport.get_security_options()
        wanted = [name for key in known if not key.revoked for name in _SIGNING.get(key.kind, (key.kind,))]
        options.key_types = _first(wanted, options.key_types)
        options.ciphers = _first(_FASTEST, options.ciphers)
        return transport

    return make


def _first(wanted: Iterable[str], every: Iterable[str]) -> tuple[str, ...]:
    """The same names, those that are wanted first."""
    offered = tuple(every)
    return tuple(dict.fromkeys([*(name for name in wanted if name in offered), *offered]))


def _policy(way: Way, known: tuple[KnownKey, ...]) -> Any:
    """Judges the key that a server shows; paramiko asks it before anything about a person is sent."""
    from paramiko import MissingHostKeyPolicy

    class Strict(MissingHostKeyPolicy):
        def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:
            judge(way, known, key.get_name(), key.asbytes())

    return Strict()


def judge(way: Way, known: tuple[KnownKey, ...], kind: str, blob: bytes) -> None:
    """Insist that a server's key is the one that is known.

    Raises
    ------
    UnreadableError
        If it is not known, is another one, or must not be believed any more.
    """
    said = [key for key in known if key.blob == blob]
    scan = f"ssh-keyscan -p {way.port} {way.host}"
    if any(key.revoked for key in said):
        raise UnreadableError(
            f"The host key of {way.known_as} was revoked ({said[0].where}); nothing was sent.",
            "Ask whoever runs the cluster for the new one.",
        )
    if said:
        return
    others = [key for key in known if not key.revoked]
    if others:
        raise UnreadableError(
            f"{way.known_as} shows another host key ({kind} {fingerprint(blob)}) than the one in {others[0].where}: it "
            "may be another machine; nothing was sent.",
            "Ask whoever runs the cluster whether the key was changed; if it was, `ssh-keygen -R "
            f"'{way.known_as}'`, and write the new one down as for a new host.",
        )
    raise UnreadableError(
        f"The host key of {way.known_as} is not known here ({kind} {fingerprint(blob)}); nothing was sent.",
        f"Compare that fingerprint with the one the cluster's operators publish, then `{scan} >> {_place(way)}`.",
    )


def _place(way: Way) -> str:
    return str(way.known[0]) if way.known else "~/.ssh/known_hosts"
