"""How a dataset is used over its terms: as it is declared, and as it is assumed where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from slidebox.forecast.months import Holding
from slidebox.model import Activity, Lab, Reading
from slidebox.simulation.shapes import MONTH, Use


@cache
def assumed() -> Mapping[Activity, Reading]:
    """How often data are read of which nobody says it (data/tiering.yaml)."""
    text = resources.files("slidebox").joinpath("data", "tiering.yaml").read_text(encoding="utf-8")
    reads = yaml.safe_load(text)["assumed"]["reads"]
    return MappingProxyType({Activity(name): Reading.parse(said) for name, said in reads.items()})


def with_assumed(lab: Lab) -> Lab:
    """A lab in which every dataset that does not say how often it is read says what is assumed."""
    projects = {}
    for name, project in lab.projects.items():
        datasets = {
            level: dataset if dataset.reads else dataset.model_copy(update={"reads": assumed()})
            for level, dataset in project.datasets.items()
        }
        projects[name] = project.model_copy(update={"datasets": datasets})
    return lab.model_copy(update={"projects": projects})


def uses_of(held: Holding, days: int) -> tuple[Use, ...]:
    """How a copy is used while it lies where it is.

    Parameters
    ----------
    held
        The copy, with what is read of it and in which months.
    days
        For how many days it is looked at.

    Returns
    -------
    tuple
        In order, with days counted from the day on which it comes there.
    """
    began, found = held.spans[0].begins, []
    for one in held.reads:
        first = max(0, round((one.begins - began) * MONTH))
        last = days if one.ends is None else min(days, round((one.ends - began) * MONTH))
        if last > first:
            found.append(Use(first, last, float(one.what.monthly), float(one.what.share(held.size))))
    return tuple(sorted(found, key=lambda use: use.begins))
