"""The Pulumi program: one stack is one project of the lab, under the project's name; ``lab`` is the lab's own."""

from pathlib import Path

import pulumi

from slidebox import labfile
from slidebox.components import LAB_STACK, provision, provision_lab, running
from slidebox.errors import InputError

with running():
    lab = labfile.load(labfile.find_root(Path.cwd()))
    project = lab.projects.get(pulumi.get_stack())
    if pulumi.get_stack() == LAB_STACK:
        provision_lab(lab)
    elif project is None:
        known = ", ".join(sorted(lab.projects))
        raise InputError(f"No project of this lab is called {pulumi.get_stack()!r}.", f"Its projects: {known}.")
    else:
        provision(project)
