"""The stack of the lab itself: what its clouds have once for all projects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pulumi

from slidebox.components.clouds import cloud_lab
from slidebox.components.running import running
from slidebox.errors import InputError
from slidebox.facts import FactBook
from slidebox.model import CLOUDS, Lab
from slidebox.systems import load_systems

LAB_STACK = "lab"
"""The name of the stack with what is there once for all projects."""


def provision_lab(lab: Lab) -> None:
    """Provision what the lab's clouds have once for all projects, in the current Pulumi stack.

    Registers one component for each store of a cloud that has such, and exports ``audits``. Projects know its
    buckets by their names.

    Parameters
    ----------
    lab
        What is declared (``labfile.load``).

    Raises
    ------
    pulumi.RunError
        If a project has the name of this stack, or the declarations are wrong.
    """
    with running():
        if LAB_STACK in lab.projects:
            raise InputError(
                f"A project is called {LAB_STACK!r}, and so is the lab's own stack.", "Give it another name."
            )
        present = lab.present(dt.datetime.now(dt.UTC).date())
        book = FactBook(present, load_systems(present.file.playbook))
        facts = book.lab_fragment()
        audits: dict[str, Mapping[str, Any]] = {
            name: cloud_lab(present, name, store, facts)
            for name, store in present.file.stores.items()
            if store.kind in CLOUDS
        }
        if not audits:
            raise InputError(
                "No store of this lab is in a cloud that has anything once for all projects.",
                f"A store of kind {' or '.join(sorted(CLOUDS))} has; each project has a stack of its own name.",
            )
        pulumi.export("audits", audits)
