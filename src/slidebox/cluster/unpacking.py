"""Many small files in one stream, which the server itself unpacks, forces to the disk and sums.

Where a server allows commands, two are enough for a hundred files: over SFTP each takes eight requests. The stream is
POSIX's ``ustar`` (IEEE Std 1003.1-2017, pax, "ustar Interchange Format"), which every tar reads.
"""

from __future__ import annotations

import re
import secrets
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slidebox.cluster.faults import BrokenError
from slidebox.cluster.shell import Shell

if TYPE_CHECKING:
    from paramiko import Transport

_START_SECONDS = 20.0
# One shell for many streams: to start one can take a second where an account's own files are long. It never takes
# bytes of files for commands: before each stream it reads a line with a word that nobody else knows, and goes if it
# reads another. What is left of a stream that tar does not want is read all the same. Nothing follows a stream before
# it is answered, so that it does not matter whether `head` reads ahead.
_LOOP = (
    "command -v tar >/dev/null && echo | head -c 1 >/dev/null 2>&1 || exit; echo slidebox-$((6*7)); "
    "while IFS= read -r size && IFS= read -r folder; do "
    'case $size in "{word} "*[!0-9]*) exit;; "{word} "?*) ;; *) exit;; esac; '
    '{{ head -c "${{size#* }}" || kill -9 $$; }} | '
    '{{ cd -- "$folder" && umask 0 && tar -xmof - >/dev/null 2>&1; cat >/dev/null; }}; echo; echo {word}; done; exit\n'
)
_READY = b"slidebox-42\n"
_NAME = re.compile(r"[0-9a-z][0-9a-z-]{0,98}")
_SUM = re.compile(r"([0-9a-f]{64}) [ *](\S+)")
_STATE = re.compile(r"(\d+) (\d+) (\S+)")
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server says of a file that lies there.

    Attributes
    ----------
    sha256
        Worked out there, of what lies in the file.
    size, second
        Its size, and the second of its last change; -1 where the server does not say.
    """

    sha256: str
    size: int
    second: int


class Unpacker:
    """A shell of a server that unpacks one stream after another.

    Parameters
    ----------
    shell
        The shell, which is asked nothing else from now on.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._word = secrets.token_hex(16)
        shell.send(_LOOP.format(word=self._word).encode())
        shell.until(_READY, _START_SECONDS)

    @classmethod
    def start(cls, transport: Transport) -> Unpacker | None:
        """A new one; None where the server allows no commands, or none more at once."""
        shell = Shell.start(transport)
        if shell is None:
            return None
        try:
            return cls(shell)
        except BrokenError:
            shell.close()
            if not transport.is_active():
                raise
            return None

    def unpack(self, folder: str, stream: bytes, seconds: float) -> None:
        """Have a stream unpacked; what became of it has to be looked at.

        Parameters
        ----------
        folder
            Where to, a path without a line break; what lies there under the same names is replaced.
        stream
            The stream.
        seconds
            How long it may take.

        Raises
        ------
        BrokenError
            If the shell has gone, or takes longer.
        """
        if "\n" in folder:
            raise ValueError(f"{folder!r} has a line break")
        self._shell.send(f"{self._word} {len(stream)}\n{folder}\n".encode())
        self._shell.send(stream, seconds)
        self._shell.until(f"\n{self._word}\n".encode(), seconds)

    def close(self) -> None:
        """End it."""
        self._shell.close()


def packed(files: Mapping[str, bytes], mode: int) -> bytes:
    """Files as one stream.

    Parameters
    ----------
    files
        Their bytes by their names, which are letters, digits and hyphens.
    mode
        The mode that they get; user and group are those of whoever unpacks them, and their time is then.
    """
    parts = []
    for name, data in files.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a file on its way")
        about = tarfile.TarInfo(name)
        about.size, about.mode, about.mtime = len(data), mode, int(time.time())
        parts += [about.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % _BLOCK)]
    return b"".join((*parts, bytes(2 * _BLOCK)))


def look(shell: Shell, folder: str, names: list[str], seconds: float) -> dict[str, Seen]:
    """Have files forced to the disk and summed.

    Parameters
    ----------
    shell
        A shell.
    folder
        Where they lie.
    names
        What they are called: letters, digits and hyphens.
    seconds
        How long it may take.

    Returns
    -------
    dict
        What the server says of each; nothing of one that is not there, or where it has no program for it.
    """
    lines = shell.ask("slidebox_seen", folder, *names, seconds=seconds).text.splitlines()
    states = {found[3]: (int(found[1]), int(found[2])) for line in lines if (found := _STATE.fullmatch(line))}
    sums = {found[2]: found[1] for line in lines if (found := _SUM.fullmatch(line))}
    return {name: Seen(sums[name], *states.get(name, (-1, -1))) for name in names if name in sums}
