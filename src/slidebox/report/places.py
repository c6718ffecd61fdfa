"""Where in the lab's files a finding comes from: the declaration that somebody has to look at.

A rule says in its METADATA which facts it reads. Facts come from declarations, so what it reads says which keys of
the dataset can be the cause. Of these, one that a change has touched comes first: it is what a reviewer looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from slidebox.labfile.positions import Position, positions
from slidebox.model import Finding, Lab, Level
from slidebox.policy import RuleInfo
from slidebox.report.found import Located

# The keys of a declaration from which a field of the facts comes, where they are called otherwise.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "location.readers": ("public_from", "audience"),
    "dataset.public_terms": ("public_from", "audience"),
    "dataset.bytes": ("size",),
    "dataset.largest_file_bytes": ("largest_file", "size"),
    "dataset.term": ("activity",),
    "dataset.retention_days": ("retention",),
    "dataset.scratch_days": ("expire_after",),
}
# What a rule reads to know which data it is about; hardly ever what is wrong.
_ABOUT = {"project", "level", "origin", "activity", "term", "parents", "keep", "files"}
_OF_STORES = {"store", "system", "location"}
_OF_DATA = {"location.dataset", "location.term", "location.starts", "location.tags"}


class Places:
    """Finds the declaration behind a finding.

    Parameters
    ----------
    root
        The lab's folder.
    lab
        What is declared there.
    rules
        The rules that were asked.
    changed
        Lines that a change has touched, by file.
    """

    def __init__(
        self, root: Path, lab: Lab, rules: Sequence[RuleInfo] = (), changed: Mapping[str, frozenset[int]] | None = None
    ) -> None:
        self._positions = positions(root)
        self._lab = lab
        self._reads = {rule.id: rule.reads for rule in rules}
        self._changed = changed or {}

    def locate(self, finding: Finding, resource: str = "") -> Located:
        """The finding with its place.

        Parameters
        ----------
        finding
            What a rule says.
        resource
            URN of the engine's resource that it is about.
        """
        whole = self._whole(finding.subject)
        causes = list(dict.fromkeys(self._causes(finding)))
        touched = next((place for _, place, _ in causes if place.line in self._changed.get(place.file, ())), None)
        likely = next((place for likely, place, _ in causes if likely), whole)
        first = touched or likely
        related = {place: what for _, place, what in causes if place not in (first, whole)}
        return Located(finding, first, tuple(related.items()), resource)

    def _whole(self, subject: str) -> Position:
        """The declaration of the subject as such."""
        kind, colon, name = subject.partition(":")
        tops = {"person": "people", "team": "teams", "service": "services"}
        if colon and kind in tops:
            return self._positions.of("lab", (tops[kind], name))
        for top in ("stores", "agreements", "people", "teams", "services"):
            if subject in getattr(self._lab.file, top) and subject not in self._lab.projects:
                return self._positions.of("lab", (top, subject))
        return self._positions.of(subject)

    def _causes(self, finding: Finding) -> Iterator[tuple[bool, Position, str]]:
        """Declarations that the rule has read about the subject: whether likely the cause, the place, what it is."""
        dataset, _, place = finding.subject.partition("@")
        name, _, level = dataset.partition("/")
        project = self._lab.projects.get(name)
        if project is None or "#" in dataset:
            return
        decided = False  # the first field that is no mere description decides, also where it is not written
        for field in self._reads.get(finding.rule, ()):
            top, _, key = field.partition(".")
            if top == "project" or field in _KEYS or top == "dataset":
                likely = not decided and not (top == "dataset" and key in _ABOUT)
                written = list(self._written(name, dataset if level else name, _KEYS.get(field, (key,))))
                decided = decided or likely
                yield from ((likely and number == 0, *one) for number, one in enumerate(written))
            elif (
                top in _OF_STORES
                and field not in _OF_DATA
                and (store := place.rpartition("@")[2]) in self._lab.file.stores
            ):
                yield False, self._positions.of("lab", ("stores", store)), f"store {store}"
            elif top == "agreement" and level in project.datasets and (held := project.agreement_of(Level(level))):
                yield False, self._positions.of("lab", ("agreements", held)), f"agreement {held}"

    def _written(self, project: str, subject: str, keys: Sequence[str]) -> Iterator[tuple[Position, str]]:
        """The keys that are written, below the subject or else below its project."""
        for key in keys:
            for owner in dict.fromkeys((subject, project)):
                place = self._positions.of(owner, (key,))
                if place != self._positions.of(owner):
                    yield place, f"{key} of {owner}"
                    break
