"""What a stack carries of the lab's declarations, held against the lab's own files.

A program written by hand may carry anything: another sensitivity, another audience, a person who works for somebody
else, a waiver that nobody has signed. Whom the files speak of is judged by the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.preview.declared import SHARING

Entries = Mapping[str, Mapping[str, Any]]

WHO = ("people", "teams", "services", "agreements", "waivers")
"""Who may do what, by whose word: of a lab with files only what stands in the files."""

AUDIENCE = ("audience", "public_terms")
"""Of a dataset, with whom it is to be shared: as the files have it."""


def held_against(facts: Mapping[str, Any], files: Mapping[str, Entries]) -> dict[str, Any]:
    """Facts that a stack carries, held against the lab's own files.

    Where a stack says otherwise than the files how a dataset may be shared, that field is not known, and the rules
    refuse what is not known. Its audience is the files', and so are people, teams, services, agreements and waivers:
    what only the stack knows of them counts for nothing.

    Parameters
    ----------
    facts
        The facts of a stack.
    files
        What the lab's files declare (`slidebox.facts.FactBook.declared`); nothing is said of a stack that has none
        of their datasets.
    """
    known = files.get("datasets", {})
    if not any(key in known for key in facts["datasets"]):
        return dict(facts)
    datasets = {key: _dataset(said, known.get(key)) for key, said in facts["datasets"].items()}
    return {**facts, "datasets": datasets, **{top: _only(facts[top], files.get(top, {})) for top in WHO}}


def _dataset(said: Any, file: Mapping[str, Any] | None) -> Any:
    if file is None or not isinstance(said, Mapping):
        return said
    doubtful = {name: UNKNOWN for name in SHARING if said.get(name, UNKNOWN) != file.get(name, UNKNOWN)}
    return {**said, **{name: file[name] for name in AUDIENCE}, **doubtful}


def _only(said: Mapping[str, Any], file: Entries) -> dict[str, Any]:
    """Of the entries that a stack has, those of the files, as the files have them."""
    return {key: file[key] for key in said if key in file}
