"""What the resources of a stack carry of the lab's declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.facts import unpack
from slidebox.model import StoreKind
from slidebox.preview.seen import Seen

MAPS = (
    "people",
    "teams",
    "services",
    "agreements",
    "projects",
    "stores",
    "systems",
    "datasets",
    "waivers",
)
SHARING = (
    "level",
    "origin",
    "sensitivity",
    "patient_derived",
    "parents",
    "deidentification",
    "duo",
    "agreement",
    "embargo",
    "expires",
    "hold",
)
"""What is declared of a dataset that decides with whom it may be shared."""

_MADE = frozenset(StoreKind) - {StoreKind.BY_HAND}
"""The kinds of stores in which every place is a resource."""

_LAB = ("name", "required_tags", "retention_days", "region")


class Declared:
    """The facts that resources carry, as one document.

    Where two contradict one another, the field they disagree about is not known: nobody is believed.

    Parameters
    ----------
    resources
        What carries them.
    files
        Whom the lab's files say that each identity stands for; what resources carry counts where None.
    """

    def __init__(self, resources: Iterable[Seen] = (), files: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._maps: dict[str, dict[str, Any]] = {name: {} for name in MAPS}
        self._locations: dict[str, Any] = {}
        self._lab: Mapping[str, Any] | None = None
        self._identities: dict[str, Any] = {}
        self._adopted: dict[str, Any] = {}
        self._of_files = files
        for resource in resources:
            self.add(resource)

    def add(self, resource: Seen) -> None:
        """Take note of what one more resource carries."""
        _join(self._identities, resource.properties.get("identities"))
        _join(self._adopted, resource.properties.get("adopted"))
        facts = unpack(resource.properties.get("facts"))
        if facts is None:
            return
        for name in MAPS:
            _join(self._maps[name], facts.get(name))
        _join(self._locations, facts.get("locations"))
        lab = facts.get("lab")
        if isinstance(lab, Mapping):
            self._lab = lab if self._lab is None else _common(self._lab, lab)

    def entry(self, top: str, key: Any) -> Mapping[str, Any]:
        """What is said about one thing; nothing if it is not known."""
        said = self._maps[top].get(key) if isinstance(key, str) else None
        return said if isinstance(said, Mapping) else {}

    @property
    def lab(self) -> str:
        """The lab's name; unknown where nothing says it."""
        return str(self._lab.get("name", UNKNOWN)) if self._lab else UNKNOWN

    def identities(self) -> dict[str, str]:
        """Whom of the lab an identity of a cloud stands for, by the cloud's name for it.

        Only who is declared counts, and nobody who is said to be two.
        """
        tops = {"person": "people", "team": "teams", "service": "services"}
        found: dict[str, str] = {}
        for identity, principal in self._identities.items():
            kind, _, name = str(principal).partition(":")
            if self._of_files is not None and principal not in self._of_files.get(identity, {}).get("principals", ()):
                continue
            if kind in tops and name in self._maps[tops[kind]]:
                found[identity] = str(principal)
        return found

    def adopted(self, bucket: str) -> Mapping[str, Any]:
        """What is declared of a bucket of AWS that was there before slidebox, and so has no tag that says so.

        Its ``location``, and the ``keys`` that were found to open it. What two resources say two things of is unknown.
        """
        said = self._adopted.get(bucket)
        return said if isinstance(said, Mapping) else {}

    def has_team(self, name: object) -> bool:
        """Whether the lab has a team of that name."""
        return isinstance(name, str) and name in self._maps["teams"]

    def by_hand(self, now: str) -> dict[str, Any]:
        """Copies that are made by hand, as the resources beside them say.

        Only what is certainly made by slidebox is left out: it is a resource itself.
        """
        return {
            key: {**location, "starts": now} if isinstance(location, Mapping) else location
            for key, location in self._locations.items()
            if not (isinstance(location, Mapping) and self._is_made(location.get("store")))
        }

    def _is_made(self, store: Any) -> bool:
        return self.entry("stores", store).get("kind") in _MADE

    def document(self, only: str | None = None) -> dict[str, Any]:
        """The declared part of the document, with all datasets, or only one with its ancestors."""
        maps = {name: dict(entries) for name, entries in self._maps.items()}
        if only is not None:
            maps["datasets"] = self._with_ancestors(only)
        return {"lab": dict(self._lab) if self._lab is not None else dict.fromkeys(_LAB, UNKNOWN), **maps}

    def _with_ancestors(self, dataset: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        waiting = [dataset]
        while waiting:
            key = waiting.pop()
            if key in found or key not in self._maps["datasets"]:
                continue
            found[key] = self._maps["datasets"][key]
            parents = self.entry("datasets", key).get("parents")
            waiting += [p for p in parents if isinstance(p, str)] if isinstance(parents, list) else []
        return found


def _join(into: dict[str, Any], entries: Any) -> None:
    if not isinstance(entries, Mapping):
        return
    for key, value in entries.items():
        into[key] = value if key not in into else _common(into[key], value)


def _common(one: Any, other: Any) -> Any:
    """What two say alike, field by field; unknown where they differ."""
    if one == other:
        return one
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return UNKNOWN
    return {
        name: one[name] if name in one and name in other and one[name] == other[name] else UNKNOWN
        for name in {**one, **other}
    }
