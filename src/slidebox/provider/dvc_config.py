"""The text of `.dvc/config`: one remote read, written or taken out, and every other byte left as it is. Pure.

DVC writes it as ConfigObj does: a section ``['remote "NAME"']`` for each remote, with one option a line. The file is
committed, so it never gets a secret (DVC, "dvc config", https://dvc.org/doc/command-reference/config).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from slidebox.errors import InputError

SECRETS = frozenset(
    {
        "access_key_id",
        "secret_access_key",
        "session_token",
        "password",
        "passphrase",
        "token",
        "sas_token",
        "account_key",
        "connection_string",
        "client_secret",
        "gdrive_client_secret",
    }
)
"""Options of a remote that belong into `.dvc/config.local`, which git ignores (DVC, "dvc remote modify")."""

_HEADER = re.compile(r"^\s*\[(?!\[)\s*(?P<name>.*?)\s*\]\s*(#.*)?$")
_REMOTE = re.compile(r"""^remote\s*["'](?P<name>[^"']*)["']$""")
_OPTION = re.compile(r"^\s*(?P<key>[A-Za-z_][\w.-]*)\s*=\s*(?P<value>.*?)\s*$")
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/]*@")
_PLAIN = re.compile(r"[^\s\"'#,]+( [^\s\"'#,]+)*")


@dataclass(frozen=True, slots=True)
class Section:
    """A remote as it stands in the file.

    Attributes
    ----------
    options
        Its options, unquoted.
    first, end
        Numbers of its header's line, and of the line after its last option.
    """

    options: Mapping[str, str]
    first: int
    end: int


def remote(text: str, name: str) -> Section | None:
    """A remote of the file, or None where it has none of that name.

    Raises
    ------
    InputError
        If it has two.
    """
    found = [section for said, section in _sections(text) if said == name]
    if len(found) > 1:
        raise InputError(f".dvc/config has {len(found)} remotes {name!r}.", "Leave one of them.")
    return found[0] if found else None


def with_remote(text: str, name: str, options: Mapping[str, str | None]) -> str:
    """The file with a remote in it that has these options; those it has besides stay, and so does the rest.

    Parameters
    ----------
    text
        The file.
    name
        Name of the remote.
    options
        Its options; one that is None is taken out.
    """
    lines = text.splitlines(keepends=True)
    section = remote(text, name)
    if section is None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        return "".join([*lines, _header(name), *_written(options)])
    kept = [line for line in lines[section.first + 1 : section.end] if _key(line) not in options]
    kept = [line if line.endswith("\n") else f"{line}\n" for line in kept]
    return "".join([*lines[: section.first], lines[section.first], *_written(options), *kept, *lines[section.end :]])


def without_remote(text: str, name: str) -> str:
    """The file without a remote."""
    section = remote(text, name)
    if section is None:
        return text
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: section.first], *lines[section.end :]])


def shown(url: str | None) -> str:
    """An address as it may be shown: without the password that somebody may have written into it."""
    return repr(_PASSWORD.sub(r"\1***@", url) if url is not None else url)


def _sections(text: str) -> Iterator[tuple[str, Section]]:
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    for first, after in pairwise([*heads, len(lines)]):
        head = _HEADER.match(lines[first])
        named = _REMOTE.match(_unquoted(head["name"])) if head else None
        if named is None:
            continue
        end = after
        while end > first + 1 and not _OPTION.match(lines[end - 1]):
            end -= 1  # blank lines and remarks before the next section are that one's
        options = {m["key"]: _unquoted(m["value"]) for line in lines[first + 1 : end] if (m := _OPTION.match(line))}
        yield named["name"], Section(options, first, end)


def _unquoted(value: str) -> str:
    for quote in ("'", '"'):
        if len(value) > 1 and value[0] == value[-1] == quote:
            return value[1:-1]
    return value


def _key(line: str) -> str:
    found = _OPTION.match(line)
    return found["key"] if found else ""


def _header(name: str) -> str:
    return f"['remote \"{name}\"']\n"


def _written(options: Mapping[str, str | None]) -> list[str]:
    return [f"    {key} = {_quoted(key, value)}\n" for key, value in options.items() if value is not None]


def _quoted(key: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if '"' not in value and value.isprintable():
        return f'"{value}"'
    raise InputError(f"{value!r} cannot be written into .dvc/config as {key}.", "Choose a plainer name for it.")
