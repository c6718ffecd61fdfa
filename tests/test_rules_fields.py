"""No field of the facts can be missing unseen: every rule, every field it reads, and all that these fields hold.

Generated from the rules' own METADATA and from schemas/facts.schema.json, and asked of all rules together. A good
document is made from the example lab; then one thing in it is broken, and every rule that reads it has to say that
it cannot be judged. What no rule reads is listed here with the reason.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from slidebox import labfile
from slidebox.errors import UnreadableError
from slidebox.facts import plan_facts
from slidebox.model import Candidate, Gate, Severity, Term
from slidebox.policy import RuleInfo, Rules, list_rules, pack_dir
from slidebox.policy.examples import read_examples
from slidebox.systems import load_systems

# That the documents are not whole is what is tested.
pytestmark = pytest.mark.incomplete_facts

REPOSITORY = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 24)
SCHEMA = json.loads((REPOSITORY / "schemas" / "facts.schema.json").read_text(encoding="utf-8"))

DATASET = "cfret/raw_images"
PLACE = Candidate(DATASET, Term.MID, "koala")
BROKEN = {
    "agreement": ("agreements", "heart-hospital"),
    "dataset": ("datasets", DATASET),
    "location": ("locations", PLACE.id),
    "person": ("people", "mira"),
    "project": ("projects", "cfret"),
    "service": ("services", "scope-uploader"),
    "store": ("stores", "koala"),
    "system": ("systems", "local_cluster"),
    "team": ("teams", "imaging"),
    "lab": ("lab",),
    "facts": (),
}
"""What is broken of each kind of thing, one of its kind: all that belongs to one place of one dataset."""

ABSENT = object()
NONSENSE: Mapping[str, Any] = {
    "absent": ABSENT,
    "unknown": "unknown",
    "another type": [{"nonsense": 1}],
    "a negative number": -1,
}
MUST_BE_SAID = ("absent", "unknown")
"""What a rule has to say in a finding. At nonsense, which no gate makes, it may also give no answer at all."""
ONLY_WHOLE = "unknown"
"""Of what is inside a field, this may be said: that nobody knows whether a place is encrypted, for example."""

UNREAD: Mapping[str, str] = {
    "agreement.kind": "a word for people; what an agreement allows is in its uses, its end and its regions",
    "lab.name": "a word for people; it is what the tag `lab` says",
    "lab.region": "where the lab's own stores are, and there it is a store's region",
    "store.failure_domain": "of a place; a location has its own",
    "store.group": "how a drive is shared, which the provider sets up; who can read is in a location's readers",
    "store.over": "which store a remote of DVC lies in; a preview believes a place by it",
    "store.has": "of a store with nothing in it; a location has its own, with its bucket's configuration",
    "store.system": "of a store with nothing in it; a location has its own",
    "system.access": "what a service can be; who can read is in a location's readers",
    "waiver.by": "judged by waivers/waiver_holds as a part of the waiver, which is its subject",
    "waiver.location": "judged by waivers/waiver_holds as a part of the waiver, which is its subject",
    "waiver.project": "judged by waivers/waiver_holds as a part of the waiver, which is its subject",
    "waiver.reason": "judged by waivers/waiver_holds as a part of the waiver, which is its subject",
    "waiver.rule": "judged by waivers/waiver_holds as a part of the waiver, which is its subject",
    "waiver.until": "judged by waivers/waiver_holds as a part of the waiver, which is its subject",
}
"""Fields that no rule needs, and why they are in the facts all the same."""

Way = tuple[str | int, ...]


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The built-in rules, running."""
    with Rules(opa=opa) as running:
        yield running


@pytest.fixture(scope="module")
def listed(opa: Path) -> Sequence[RuleInfo]:
    """What every rule says about itself."""
    return list_rules(opa=opa)


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """A document with everything in it: an agreement, a team, a service account, a wildcard, a transition."""
    lab = labfile.load(REPOSITORY)
    made = plan_facts(lab, load_systems(lab.file.playbook), [PLACE], now=TODAY)
    facts: dict[str, Any] = json.loads(json.dumps(made))
    place = facts["locations"][PLACE.id]
    place["wildcards"] = [{"where": "statement 1", "what": "action", "value": "s3:*"}]
    place["lifecycle"]["transitions"] = [{"days": 90, "storage_class": "archive"}]
    facts["systems"]["local_cluster"]["classes"] = facts["systems"]["cloud"]["classes"]
    facts["waivers"]["cfret#1"] = {
        "project": "cfret",
        "rule": "keeping/raw_copies",
        "location": "metadata",
        "reason": "the second copy is on its way",
        "by": "mira",
        "until": "2027-01-31",
    }
    return facts


def changed(facts: Mapping[str, Any], path: Way, value: Any) -> dict[str, Any]:
    """The facts with one value in them changed or taken away."""
    document = copy.deepcopy(dict(facts))
    *way, last = path
    within: Any = document
    for step in way:
        within = within[step]
    if value is ABSENT:
        del within[last]
    else:
        within[last] = value
    return document


def path_of(field: str) -> Way:
    """Where a field of the METADATA is in the good document."""
    kind, name = field.split(".")
    return (*BROKEN[kind], name)


def asks(facts: dict[str, Any], rule: RuleInfo) -> dict[str, Any]:
    """The facts at a gate at which the rule is asked."""
    return {**facts, "gate": str(Gate.PLAN if Gate.PLAN in rule.gates else rule.gates[0])}


def unjudged(rules: Rules, facts: Mapping[str, Any]) -> dict[tuple[str, Severity], str]:
    """What each rule says it cannot judge, by the rule and how grave that is."""
    said: dict[tuple[str, Severity], str] = {}
    for finding in rules.ask(facts):
        if finding.message.startswith("cannot be judged: "):
            key = (finding.rule, finding.severity)
            said[key] = f"{said.get(key, '')}\n{finding.message}"
    return said


def silent(rules: Rules, listed: Sequence[RuleInfo], facts: dict[str, Any], field: str) -> set[str]:
    """Of the rules that read a field, those that do not say that it is missing, as gravely as all else they say."""
    reading = [rule for rule in listed if field in rule.reads]
    said = {gate: unjudged(rules, facts | {"gate": gate}) for gate in {asks(facts, rule)["gate"] for rule in reading}}
    if field == "facts.gate":  # with the gate itself broken every rule is asked
        said = dict.fromkeys(said, unjudged(rules, facts))
    return {
        rule.id for rule in reading if field not in said[asks(facts, rule)["gate"]].get((rule.id, rule.severity), "")
    }


def passing(rules: Rules, listed: Sequence[RuleInfo], facts: dict[str, Any], field: str, how: str) -> set[str]:
    """Of the rules that read a field, those that let it pass that it is broken in some way."""
    try:
        return silent(rules, listed, facts, field)
    except UnreadableError:
        if how in MUST_BE_SAID:
            raise
        return set()


def fields_of(listed: Sequence[RuleInfo]) -> list[str]:
    """Every field that any rule reads."""
    return sorted({field for rule in listed for field in rule.reads})


def test_a_good_document_can_be_judged_by_every_rule(
    rules: Rules, listed: Sequence[RuleInfo], good: dict[str, Any]
) -> None:
    """So that what is said below is said because of what is broken there."""
    for gate in Gate:
        assert not unjudged(rules, good | {"gate": str(gate)})
    assert len(listed) > 40


@pytest.mark.parametrize("how", list(NONSENSE))
def test_every_rule_refuses_without_a_field_it_reads(
    rules: Rules, listed: Sequence[RuleInfo], good: dict[str, Any], how: str
) -> None:
    """Absent, unknown or nonsense in one thing of its kind: every rule that reads the field says so."""
    missed: dict[str, set[str]] = {}
    for field in fields_of(listed):
        found = passing(rules, listed, changed(good, path_of(field), NONSENSE[how]), field, how)
        missed |= {field: found} if found else {}
    assert not missed


@pytest.mark.parametrize("how", ["absent", "unknown"])
def test_every_rule_refuses_without_a_map_it_reads(
    rules: Rules, listed: Sequence[RuleInfo], good: dict[str, Any], how: str
) -> None:
    """A document without its datasets, or its people, has nothing to say that could be believed."""
    for kind, (top, *_) in ((kind, path) for kind, path in BROKEN.items() if path):
        facts = changed(good, (top,), NONSENSE[how])
        for rule in listed:
            if any(field.startswith(f"{kind}.") for field in rule.reads):
                assert (rule.id, rule.severity) in unjudged(rules, asks(facts, rule)), (top, rule.id)


def inside(value: Any) -> Iterator[Way]:
    """The ways to everything inside a value, one entry of each list or map of things."""
    entries: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        entries = [(0, value[0])]
    for key, entry in entries:
        if not isinstance(key, int):
            yield (key,)
        yield from ((key, *rest) for rest in inside(entry))


FREE = {"location.tags", "system.classes"}
"""Maps whose keys are the lab's own words: one key fewer is another lab."""


@pytest.mark.parametrize("how", [how for how in NONSENSE if how != ONLY_WHOLE])
def test_every_rule_refuses_without_a_part_of_a_field_it_reads(
    rules: Rules, listed: Sequence[RuleInfo], good: dict[str, Any], how: str
) -> None:
    """A record without its date, a reader without its path, a lifecycle without its days: as if nothing were known."""
    missed: dict[str, set[str]] = {}
    parts = 0
    for field in fields_of(listed):
        path = path_of(field)
        value: Any = good
        for step in path:
            value = value[step]
        for part in inside(value):
            if field in FREE and len(part) == 1:
                continue
            parts += 1
            found = passing(rules, listed, changed(good, (*path, *part), NONSENSE[how]), field, how)
            missed |= {f"{field} {part}": found} if found else {}
    assert not missed
    assert parts > 40


@pytest.fixture(scope="module")
def refused(listed: Sequence[RuleInfo], opa: Path) -> dict[str, dict[str, Any]]:
    """What each rule refuses, by the rule: the examples of its page."""
    sources = {rule.id: {"rule": pack_dir() / f"{rule.id}.rego"} for rule in listed}
    examples = read_examples(listed, sources, pack_dir(), opa)
    return {rule: dict(example.refused) for rule, example in examples.items()}


@pytest.mark.parametrize("how", ["absent", "unknown"])
def test_what_a_rule_refuses_is_not_passed_by_saying_less(
    rules: Rules, listed: Sequence[RuleInfo], refused: dict[str, dict[str, Any]], how: str
) -> None:
    """Whatever is left out of all things of its kind, the rule still says something, and it is an answer."""
    passed = []
    asked = 0
    for rule in listed:
        facts = refused[rule.id]
        for field in rule.reads:
            kind, name = field.split(".")
            top = BROKEN[kind][:1]
            document = facts
            for key in facts[top[0]] if len(BROKEN[kind]) == 2 else [""]:
                path = (*top, key, name) if key else (*top, name)
                document = changed(document, path, NONSENSE[how])
            asked += 1
            if rule.id not in {finding.rule for finding in rules.ask(document)}:
                passed.append((rule.id, field))
    assert not passed
    assert asked == sum(len(rule.reads) for rule in listed)


def test_what_no_rule_reads_is_in_the_facts_for_a_reason(listed: Sequence[RuleInfo]) -> None:
    """A new field needs a rule that reads it, or a sentence here."""
    kinds = [kind for kind in BROKEN if kind != "facts"] + ["waiver"]
    described = {f"{kind}.{name}" for kind in kinds for name in SCHEMA["$defs"][kind]["properties"]}
    described |= {"facts.gate", "facts.now"}
    read = set(fields_of(listed))
    assert read <= described
    assert described - read == set(UNREAD)


def test_a_rule_lists_every_field_that_is_written_in_it(listed: Sequence[RuleInfo]) -> None:
    """A field that is used and not listed under `reads` could be missing unseen."""
    unlisted = []
    for rule in listed:
        text = re.sub("#.*", "", (pack_dir() / f"{rule.id}.rego").read_text(encoding="utf-8"))
        for kind, (top, *_) in ((kind, path) for kind, path in BROKEN.items() if path):
            uses = re.findall(rf"\b(?:{kind}|{top}\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)?\])\.(\w+)", text)
            known = [name for name in uses if name in SCHEMA["$defs"][kind]["properties"]]
            unlisted += [(rule.id, f"{kind}.{name}") for name in known if f"{kind}.{name}" not in rule.reads]
    assert not unlisted
