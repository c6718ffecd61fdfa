"""The rules as something to ask: facts in, findings out, and nothing in between is taken on trust."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from slidebox.errors import UnreadableError
from slidebox.model import Finding
from slidebox.policy.answers import explained_of, findings_of
from slidebox.policy.catalogue import catalogue_of, pack_dir
from slidebox.policy.info import FINDING_SETS, RuleInfo
from slidebox.policy.opa import Opa, StoppedError, UndefinedError
from slidebox.policy.own import check_own, check_reads, read_own
from slidebox.policy.program import find_opa

Scope = Literal["all", "location", "dataset", "alone"]
"""What to judge: locations one by one; datasets with all their locations; a location and what is declared
about its dataset, without the other locations (``alone``); or everything."""

_ENTRY = {
    "all": "main/findings",
    "location": "main/location_findings",
    "dataset": "main/dataset_findings",
    "alone": "main/alone_findings",
}

_REFERENCES = {"location.dataset", "location.store", "location.system", "facts.now", "facts.gate"}
"""The fields that are no values of their own: what a location names, and the document's own."""

_LIBRARY = "lib"
"""The folder of a pack that has what rules share."""

_UNJUDGED = "cannot be judged: "
"""How a finding begins that says what a rule needs to know and is not told (policies/lib/judge.rego)."""

_PACKAGE = re.compile(r"^package (\S+)", re.MULTILINE)


class Rules:
    """The rules, while OPA runs; a context manager.

    Parameters
    ----------
    pack
        Folder of the rules; the built-in ones if not given.
    opa
        The OPA program; looked for if not given (`find_opa`).
    own
        Folder of the lab's own rules, asked beside them.
    """

    def __init__(self, pack: Path | None = None, opa: Path | None = None, own: Path | None = None) -> None:
        self._pack = pack
        self._binary = opa
        self._own = own
        self._opa: Opa | None = None
        self._places: tuple[str, ...] = ()
        self._own_rules: tuple[RuleInfo, ...] = ()

    def __enter__(self) -> Self:
        binary, pack = self._binary or find_opa(), self._pack or pack_dir()
        own = read_own(self._own, binary) if self._own else ()
        if own:
            check_own(own, pack, binary)
        self._places = (*(f"lab/{Path(rule.file).stem}" for rule in own), *_built_in(pack))
        self._own_rules = tuple(rule.info for rule in own)
        opa = Opa.start(binary, pack, [(rule.file, rule.text) for rule in own])
        try:
            if own:
                check_reads(own, _fields(opa))
        except BaseException:
            opa.close()
            raise
        self._opa = opa
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opa is not None:
            self._opa.close()
            self._opa = None

    def ask(self, facts: Mapping[str, Any], scope: Scope = "all") -> tuple[Finding, ...]:
        """What the rules say about the facts, in a fixed order.

        Parameters
        ----------
        facts
            The facts document (`slidebox.facts`).
        scope
            What to judge.

        Raises
        ------
        UnreadableError
            If OPA is not running, stops, or answers anything but a set of well-formed findings.
        """
        opa = self._running()
        try:
            return findings_of(opa.query(_ENTRY[scope], facts))
        except UnreadableError as error:
            culprits = self._culprits(opa, facts)
            if not culprits:
                raise
            unjudged = _unjudged(opa, facts, culprits)
            for (place, _), how in culprits.items():
                if _rule(place) not in unjudged:
                    message = f"the rule {_rule(place)} gave no answer: {how}"
                    raise UnreadableError(message, "Mend the rule; nothing was decided.") from error
            # Each of them says itself that it cannot judge these facts, so that nothing passes unseen.
            return findings_of(opa.query(_ENTRY[scope], facts, strict=False))

    def catalogue(self) -> tuple[RuleInfo, ...]:
        """Every rule that is asked, with what it says about itself, by id.

        Raises
        ------
        UnreadableError
            If OPA is not running, stops, or a rule does not say all that it has to about itself.
        """
        built_in = {_rule(place) for place in self._places if not place.startswith("lab/")}
        rules = catalogue_of(self._running().query("main/catalogue", {}), built_in)
        return tuple(sorted([*rules, *self._own_rules], key=lambda rule: rule.id))

    def explain(self, facts: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        """What holds for each dataset of the facts, and where it comes from, by the dataset's id.

        Raises
        ------
        UnreadableError
            If OPA is not running, stops, answers anything else, or leaves out a dataset.
        """
        explained = explained_of(self._running().query("main/explained", facts))
        left_out = sorted({*facts.get("datasets", ())} - {*explained})
        if left_out:
            raise UnreadableError(f"the rules do not say what holds for {', '.join(left_out)}.")
        return explained

    def _culprits(self, opa: Opa, facts: Mapping[str, Any]) -> dict[tuple[str, str], str]:
        """The parts of rules that by themselves answer nonsense, or cannot answer, and how; none if OPA has stopped."""
        found: dict[tuple[str, str], str] = {}
        for place in self._places:
            for part in FINDING_SETS:
                try:
                    findings_of(_with_waived(opa.query(f"{place}/{part}", facts)))
                except UndefinedError:
                    continue  # a rule need not have every part
                except StoppedError:
                    return {}
                except UnreadableError as error:
                    found[place, part] = error.message
        return found

    def _running(self) -> Opa:
        if self._opa is None:
            raise UnreadableError("the rules are not running.", "Use `with Rules() as rules:`.")
        return self._opa


def _rule(place: str) -> str:
    return place.removeprefix("slidebox/")


def _unjudged(opa: Opa, facts: Mapping[str, Any], culprits: Iterable[tuple[str, str]]) -> set[str]:
    """The rules that say they cannot judge the facts; none if one of the culprits answers nonsense anyway."""
    try:
        for place, part in culprits:
            findings_of(_with_waived(opa.query(f"{place}/{part}", facts, strict=False)))
        said = findings_of(opa.query(_ENTRY["all"], facts, strict=False))
    except UnreadableError:
        return set()
    return {finding.rule for finding in said if finding.message.startswith(_UNJUDGED)}


def _with_waived(answer: Any) -> Any:
    """A rule's own answer as main.rego completes it."""
    entries = answer if isinstance(answer, list) else ()
    return [{"waived": "", **entry} if isinstance(entry, dict) else entry for entry in entries] if entries else answer


def _fields(opa: Opa) -> set[str]:
    """Every field that a rule can say it reads, such as ``dataset.bytes``."""
    singular = opa.query("slidebox/lib/shape/singular", {})
    shapes = opa.query("slidebox/lib/shape/fields", {})
    return {f"{singular[top]}.{key}" for top, keys in shapes.items() for key in keys} | _REFERENCES


def package_of(file: Path) -> str:
    """The package of a Rego file, such as ``slidebox.cost.ownership_tags``; empty where it names none."""
    found = _PACKAGE.search(file.read_text(encoding="utf-8"))
    return found[1] if found else ""


def _built_in(pack: Path) -> tuple[str, ...]:
    """Where the rules of a pack are in OPA: below the package that each names."""
    rules = [path for path in sorted(pack.glob("*/*.rego")) if path.parent.name != _LIBRARY]
    files = [path for path in rules if not path.stem.endswith("_test")]
    return tuple(package_of(file).replace(".", "/") for file in files)


def list_rules(pack: Path | None = None, opa: Path | None = None, own: Path | None = None) -> tuple[RuleInfo, ...]:
    """Every rule of a pack and of the lab's own folder, by id; `Rules.catalogue` of rules that are running.

    Parameters
    ----------
    pack
        Folder of the rules; the built-in ones if not given.
    opa
        The OPA program; looked for if not given.
    own
        Folder of the lab's own rules.

    Raises
    ------
    UnreadableError
        If OPA is missing, the pack does not compile, or a rule does not say all it has to about itself.
    InputError
        If the lab's own rules are not what own rules have to be.
    """
    with Rules(pack, opa, own) as rules:
        return rules.catalogue()
