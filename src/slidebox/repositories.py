"""Working copies of git repositories, as the lab's files name them."""

from __future__ import annotations

import os
from pathlib import Path

from slidebox.errors import InputError
from slidebox.model import Lab


def repository_of(lab: Lab, root: Path, dataset: str, store: str) -> Path:
    """The working copy of a dataset's repository: the project's, else the store's.

    Raises
    ------
    InputError
        If neither names one.
    """
    project = lab.project_of(dataset)
    said = (project.repository if project else None) or lab.file.stores[store].repository
    if not said:
        raise InputError(
            f"Nothing says in which git repository DVC keeps {dataset}.",
            f"Write `repository` in the project's file, or in store {store!r} of lab.yaml.",
        )
    return Path(os.path.normpath(root.absolute() / Path(said).expanduser()))
