"""Who mounts a folder over the network, from the lines of exports(5).

Only what the machine says itself is known: where a folder comes from another server, that server's exports are not.
With ``sec=sys`` a client says which account it is, so every host that is let in may be any account but the superuser.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slidebox.access.conditions import WIDEST_NETWORKS
from slidebox.access.effective import ACTIONS, Access, nobody_knows
from slidebox.access.reader import ANYONE, account
from slidebox.access.snapshot import why_unread

_HOST = re.compile(r"(?P<host>[^()\s]*)(?:\((?P<options>[^()]*)\))?")
_WRITING = ("read", "list", "write", "delete")


def parsed(text: str) -> list[dict[str, Any]]:
    """What a file of exports says: each folder with its hosts and their options.

    Parameters
    ----------
    text
        The lines of ``/etc/exports``.
    """
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        said = line.partition("#")[0].strip()
        if said.startswith('"'):
            path, _, rest = said[1:].partition('"')
        else:
            path, _, rest = (*said.split(None, 1), "", "")[0], "", (*said.split(None, 1), "", "")[1]
        if path.startswith("/"):
            found.append({"path": path, "hosts": list(_hosts(rest.split()))})
    return found


def _hosts(words: Iterable[str]) -> Iterator[dict[str, Any]]:
    defaults: list[str] = []
    listed = list(words)
    for word in listed:
        if word.startswith("-"):
            defaults = word[1:].split(",")
            continue
        match = _HOST.fullmatch(word)
        host, options = (match["host"], match["options"]) if match else (word, None)
        yield {"host": host, "options": [*defaults, *(options.split(",") if options else [])]}
    if not any(not word.startswith("-") for word in listed):
        yield {"host": "", "options": defaults}


def exported(exports: Any, path: str) -> Iterator[Access]:
    """Who gets at a folder over the network.

    Parameters
    ----------
    exports
        What `parsed` found; None where the machine exports nothing.
    path
        The folder.
    """
    if exports is None:
        return
    if (why := why_unread(exports)) is not None or not isinstance(exports, list):
        yield nobody_knows(why or "the exports of the machine are not understood")
        return
    for one in exports:
        if not isinstance(one, Mapping) or not isinstance(one.get("hosts"), list):
            yield nobody_knows("an export of the machine is not understood")
            continue
        if _covers(str(one.get("path")), path):
            for host in one["hosts"]:
                yield from _of_host(host, str(one["path"]))


def _covers(above: str, path: str) -> bool:
    above, path = posixpath.normpath(above), posixpath.normpath(path)
    inside = "/" if above == "/" else f"{above}/"
    # A folder below is opened too: what is exported of a dataset is a part of it.
    return path == above or path.startswith(inside) or above.startswith(f"{path}/")


def _of_host(said: Any, path: str) -> Iterator[Access]:
    if not isinstance(said, Mapping) or not isinstance(said.get("options"), list):
        yield nobody_knows("a host of an export is not understood")
        return
    host, options = str(said.get("host") or "*"), [str(option) for option in said["options"]]
    flavours = [name for option in options if option.startswith("sec=") for name in option[4:].split(":")]
    if flavours and not {"sys", "none"} & set(flavours):
        return  # Kerberos: whoever comes is an account of the machine, and those are read from the modes
    squashed = [] if "no_root_squash" not in options else ["no_root_squash"]
    writes = "rw" in options and "ro" not in options[options.index("rw") :]
    actions = (ACTIONS if squashed else _WRITING) if writes else ("read", "list")
    told = f"exported over NFS to {host}" + "".join(f", {word}" for word in squashed)
    yield Access(_whom(host), actions, (f"folder {path}", told))


def _whom(host: str) -> str:
    """Whom a host of an export stands for; the whole internet is anyone."""
    if set(host) <= set("*?.") or host.startswith("@"):
        return ANYONE if not host.startswith("@") else account(f"netgroup:{host[1:]}")
    try:
        network = ipaddress.ip_network(host, strict=False)
    except ValueError:
        return account(f"host:{host}")
    return ANYONE if network.num_addresses > WIDEST_NETWORKS[network.version] else account(f"network:{network}")
