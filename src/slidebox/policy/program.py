"""The OPA program: where it is, and one call of its command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slidebox.errors import UnreadableError
from slidebox.home import Home

CALL_SECONDS = 120.0
"""How long one call may take; those of the built-in rules take 0.2 s on an idle machine."""


def find_opa(environment: Mapping[str, str] = os.environ) -> Path:
    """Where OPA is: ``SLIDEBOX_OPA``, what set-up chose, PATH, or the user's cache of built engines.

    Raises
    ------
    UnreadableError
        If it is nowhere.
    """
    named = environment.get("SLIDEBOX_OPA")
    if named and not os.access(named, os.X_OK):
        raise UnreadableError(f"SLIDEBOX_OPA names {named}, which is not a program.", "Correct it, or unset it.")
    return Path(named) if named else Home(Path.cwd(), environment).need_engine("opa")


def bare_environment() -> dict[str, str]:
    """What OPA gets of our environment: Rego can read OPA's, and ours has keys in it."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def call(binary: Path, *words: str, wants: str = "", folder: Path | None = None) -> Any:
    """What OPA writes, as a JSON document.

    Parameters
    ----------
    binary
        The program.
    words
        What to call it with.
    wants
        What has to be in the document; if empty, no document is wanted.
    folder
        Where it is called, so that messages can name files as the user knows them.

    Raises
    ------
    RefusedError
        If OPA refuses; it has OPA's own words.
    UnreadableError
        If OPA cannot be called, does not come to an end, or writes something else.
    """
    command = [str(binary.absolute()), *words]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=bare_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=CALL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableError(f"`opa {words[0]}` has not ended within {CALL_SECONDS:g} s.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"OPA ({binary}) could not be called: {error}.") from error
    if done.returncode:
        raise RefusedError(done)
    if not wants:
        return None
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = None
    if not isinstance(document, dict) or wants not in document:
        raise UnreadableError(f"`opa {words[0]}` wrote half an answer, or is no OPA: {binary}.")
    return document


class RefusedError(UnreadableError):
    """OPA found fault with what it was given.

    Attributes
    ----------
    errors
        Each fault, with `message` and `location`, where OPA says them one by one.
    """

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.errors = _errors(done)
        words = "; ".join(f"{place(error)}: {error.get('message')}" for error in self.errors)
        words = " ".join((words or done.stderr or done.stdout).split())
        super().__init__(words[:2000] or f"OPA ended with {done.returncode} and said nothing")


def place(error: Mapping[str, Any]) -> str:
    """Where OPA finds a fault, as ``file:line``."""
    where = error.get("location") or {}
    return f"{where['file']}:{where['row']}" if where.get("file") else "the rules"


def _errors(done: subprocess.CompletedProcess[str]) -> list[Mapping[str, Any]]:
    for text in (done.stderr, done.stdout):
        try:
            errors = json.loads(text)["errors"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(errors, list):
            return errors
    return []
