"""`slidebox explain`: what holds for a dataset, and by which path it comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from slidebox.cli.checking import lab_of, own_rules
from slidebox.cli.console import Output
from slidebox.errors import InputError
from slidebox.facts import FactBook
from slidebox.labfile.positions import Positions, positions
from slidebox.model import Candidate, Gate, Lab, Level
from slidebox.policy import Rules
from slidebox.report.found import visible
from slidebox.report.text import Writer
from slidebox.systems import load_systems

# The declaration that each clock of retention comes from: whose it is, and its key.
_CLOCKS: Mapping[str, tuple[str, str]] = {
    "declared": ("dataset", "retention"),
    "agreement": ("project", "agreement"),
    "funder": ("project", "grant_ends"),
    "institution": ("lab", "retention"),
    "documentation": ("dataset", "sensitivity"),
}


@click.command(name="explain")
@click.argument("dataset", metavar="PROJECT/DATASET")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def command(lab_dir: Path | None, dataset: str, as_json: bool) -> int:
    """What holds for a dataset, and where each of it comes from.

    Its sensitivity after what it was made from, how long it has to be kept, who may read it and until when,
    what may be done with it, and what it needs of a store; each with the path by which it comes and the line
    that says so.
    """
    output = Output(as_json)
    root, lab = lab_of(lab_dir)
    candidate = _candidate(lab, dataset)
    book = FactBook(lab, load_systems(lab.file.playbook))
    facts = book.document([candidate], gate=Gate.PLAN, now=dt.datetime.now(tz=dt.UTC).date())
    with output.working("asking the rules"), Rules(own=own_rules(root, lab.file)) as rules:
        explained = rules.explain(facts)
    places = _Places(positions(root), lab)
    said = explained[dataset]
    output.document({"dataset": dataset, **said, "where": places.document(dataset, said)})
    for line in _lines(dataset, said, places, output.width):
        output.line(line)
    return 0


def _candidate(lab: Lab, dataset: str) -> Candidate:
    """The dataset in its current term, in any store: only what is declared of it counts here."""
    name, _, level = dataset.partition("/")
    project = lab.projects.get(name)
    if project is None or level not in project.datasets:
        known = [project.dataset_id(level) for project in lab.projects.values() for level in project.datasets]
        near = [one for one in known if name == one.partition("/")[0]] or sorted(lab.projects)
        raise InputError(f"There is no dataset {visible(dataset)!r} in this lab.", f"There are: {', '.join(near)}.")
    return Candidate(dataset, project.activity_of(Level(level)).term, next(iter(lab.file.stores)))


class _Places:
    """Lines of declarations, by what they declare."""

    def __init__(self, positions: Positions, lab: Lab) -> None:
        self._positions = positions
        self._lab = lab

    def of(self, dataset: str, *keys: str) -> str:
        """A key of a dataset; of its project, or the dataset's own line, where it is not written there."""
        whole = self._positions.of(dataset)
        for owner in (dataset, dataset.partition("/")[0]):
            place = self._positions.of(owner, keys)
            if keys and place != self._positions.of(owner):
                return str(place)
        return str(whole)

    def sensitivity(self, dataset: str, word: str) -> str:
        """The line that makes a dataset as sensitive as it is."""
        declared = self._lab.projects[dataset.partition("/")[0]].datasets[Level(dataset.partition("/")[2])]
        return self.of(dataset, "sensitivity" if declared.sensitivity == word else "deidentification")

    def clock(self, dataset: str, clock: str) -> str:
        """The line from which a clock of retention comes."""
        owner, key = _CLOCKS.get(clock, ("dataset", "retention"))
        if owner == "lab":
            return str(self._positions.of("lab", (key,)))
        return self.of(dataset, key)

    def principal(self, principal: str) -> str:
        """The line that says who a principal is; empty for who is nobody in particular."""
        kind, _, name = principal.partition(":")
        top = {"person": "people", "team": "teams", "service": "services"}.get(kind)
        return str(self._positions.of("lab", (top, name))) if top else ""

    def document(self, dataset: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Every line, for programs."""
        return {
            "dataset": self.of(dataset),
            "sensitivity": [self._step(step) for step in said["sensitivity"]["path"]],
            "retention": {clock: self.clock(dataset, clock) for _, clock, _ in said["retention"]["clocks"]},
            "hold": self.of(dataset, "hold"),
            "audience": self.of(dataset, "audience"),
            "principals": {who: self.principal(who) for who in said["audience"]},
            "public": self.of(dataset, "public_from"),
            "duo": {term: [self.of(one, "duo") for one in about["from"]] for term, about in said["duo"].items()},
        }

    def _step(self, step: Sequence[str]) -> str:
        return self.sensitivity(step[0], step[1]) if self._lab.project_of(step[0]) else ""


def _lines(dataset: str, said: Mapping[str, Any], places: _Places, width: int) -> Iterator[str]:
    """Everything for a person, part by part."""
    writer = Writer(width)
    parts = (
        (_sensitivity_title(said["sensitivity"]), _sensitivity(said["sensitivity"], places)),
        (_retention_title(said["retention"]), _retention(dataset, said["retention"], places)),
        (f"Audience ({places.of(dataset, 'audience')})", _audience(said["audience"], places)),
        (_public_title(dataset, said["public"], places), iter(())),
        ("Data use terms" if said["duo"] else "Data use terms: none", _duo(said["duo"], places)),
        ("Needs of a store in its current term", _needs(said["needs"])),
    )
    yield f"{dataset} ({places.of(dataset)})"
    for title, lines in parts:
        yield ""
        yield from (line.words for line in writer.lines(title, 0, 2))
        for words in lines:
            yield from (line.words for line in writer.lines(words, 2, 6))


def _sensitivity_title(said: Mapping[str, Any]) -> str:
    declared = "" if said["declared"] == said["effective"] else f", although it is declared {said['declared']}"
    return f"Sensitivity: {said['effective']}{declared}. {_capital(said['because'])}."


def _sensitivity(said: Mapping[str, Any], places: _Places) -> Iterator[str]:
    if said["deidentified"]:
        yield f"a recorded de-identification counts: {places.of(said['path'][0][0], 'deidentification')}"
    for number, step in enumerate(said["path"]):
        arrow = "which comes from " if number else ""
        yield f"{arrow}{step[0]}: {step[1]} ({places.sensitivity(step[0], step[1])})"


def _retention_title(said: Mapping[str, Any]) -> str:
    if said["hold"] != "none":
        return f"Retention: held, whatever its clocks say: {said['hold']}"
    return "Retention: no clock runs" if said["until"] == "none" else f"Retention: until {said['until']}"


def _retention(dataset: str, said: Mapping[str, Any], places: _Places) -> Iterator[str]:
    if said["hold"] != "none":
        yield f"hold ({places.of(dataset, 'hold')})"
    for until, clock, why in sorted(said["clocks"], reverse=True):
        yield f"until {until}: {why} ({places.clock(dataset, clock)})"


def _audience(said: Mapping[str, Any], places: _Places) -> Iterator[str]:
    if not said:
        yield "nobody"
    for who, access in sorted(said.items()):
        people = [person.partition(":")[2] for person in access["people"] if person != who]
        members = f": {', '.join(people)}" if people else ""
        until = f", until {access['until']}" if access["until"] != "none" else ""
        place = places.principal(who)
        where = f" ({place})" if place else ""
        yield f"{who}, {' and '.join(access['roles'])}{until}{members}{where}"


def _public_title(dataset: str, said: Mapping[str, Any], places: _Places) -> str:
    if not said["terms"]:
        return "Public: in no term"
    embargo = f", after its embargo on {said['embargo']}" if said["embargo"] != "none" else ""
    return f"Public: in the term {', '.join(said['terms'])}{embargo} ({places.of(dataset, 'public_from')})"


def _duo(said: Mapping[str, Any], places: _Places) -> Iterator[str]:
    for _, about in sorted(said.items()):
        sources = ", ".join(f"{one} ({places.of(one, 'duo')})" for one in about["from"])
        yield f"{about['meaning']}, from {sources}"


def _needs(said: Mapping[str, Any]) -> Iterator[str]:
    for capability, reasons in sorted(said.items()):
        yield f"{capability.replace('_', ' ')}: {'; '.join(reasons)}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
