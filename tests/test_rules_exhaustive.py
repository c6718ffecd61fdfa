"""Every combination of what data are, where they lie and who can read them, against a short oracle of its own.

The oracle below is written from the sentences of the rules, not from the rules: identifiable data are for people who
are named, and for nobody else; coded data are not public without a recorded determination; confidential data stay
with the lab where no agreement says otherwise; the same for all that is made from them, until a de-identification is
recorded; services of others take data about people only under an agreement; only the audience can read. For each
combination it says exactly which of the rules of sharing and placement refuse: 221,184 combinations of level,
origin, sensitivity, store, reader, de-identification and gate, in one question a gate.
"""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slidebox.model import Gate, Level, Origin, Sensitivity, Severity
from slidebox.policy import Rules, pack_dir

from .facts_schema import FactsSchema

# The documents are whole, but too many for the schema; `test_the_documents_are_facts` looks at one of each kind.
pytestmark = pytest.mark.incomplete_facts

TODAY = "2026-11-24"
TOPICS = ("sharing", "placement")

SENSITIVITIES = ("open", "confidential", "coded", "unknown", "identifiable")
"""By gravity: what is not known may be identifiable."""

DECLARED = tuple(str(word) for word in Sensitivity)
PARENTS = ("none", *DECLARED, "undeclared")
IDENTIFIERS = [
    *("names", "geography", "dates", "phone", "fax", "email", "social_security", "medical_record", "health_plan"),
    *("account", "certificate", "vehicle", "device", "url", "ip_address", "biometric", "photograph", "other_code"),
]

DEIDENTIFIED: Mapping[str, Mapping[str, Any]] = {
    "not": {
        "recorded": False,
        "missing": ["method", "by", "date", "evidence"],
        "date": "none",
        "method": "none",
        "identifiers": [],
    },
    "by an expert": {
        "recorded": True,
        "missing": [],
        "date": "2026-05-01",
        "method": "expert_determination",
        "identifiers": [],
    },
    "without evidence": {
        "recorded": True,
        "missing": ["evidence"],
        "date": "2026-05-01",
        "method": "expert_determination",
        "identifiers": [],
    },
    "by safe harbor": {
        "recorded": True,
        "missing": [],
        "date": "2026-05-01",
        "method": "safe_harbor",
        "identifiers": IDENTIFIERS,
    },
    "by half a safe harbor": {
        "recorded": True,
        "missing": [],
        "date": "2026-05-01",
        "method": "safe_harbor",
        "identifiers": IDENTIFIERS[:-1],
    },
}
COMPLETE = {"by an expert", "by safe harbor"}
COMMON = ("not", "by an expert")

# Whose it is, and whether whoever runs it has signed a data-use agreement.
STORES = {
    "bench": ("internal_drive", False),
    "bucket": ("cloud", False),
    "signed-bucket": ("cloud", True),
    "box": ("dropbox", False),
    "repository": ("zenodo", False),
}
KINDS_OF_STORE = ("bench", "signed-bucket", "box", "repository")

READERS = {
    "named person": "person:alice",
    "other person of the lab": "person:bob",
    "person of another organisation": "person:visitor",
    "named team": "team:imaging",
    "named service": "service:backup",
    "account": "account:111122223333",
    "anybody with an account": "any_account",
    "anyone": "anyone",
    "unknown": "unknown",
}
NAMED = {"named person", "named team", "named service"}
PUBLIC = {"anybody with an account", "anyone", "unknown"}
STRANGERS = {"account", "person of another organisation"}


@dataclass(frozen=True)
class Data:
    """A dataset: what is declared of it and of the one it comes from."""

    level: str
    origin: str
    declared: str
    parent: str
    deidentified: str

    @property
    def effective(self) -> str:
        """How sensitive it is: as what it comes from, unless it is de-identified."""
        theirs = {"none": "open", "undeclared": "unknown"}.get(self.parent, self.parent)
        cut = self.deidentified in COMPLETE
        return self.declared if cut else max(self.declared, theirs, key=SENSITIVITIES.index)

    @property
    def about_people(self) -> bool:
        """Whether a patient may be recognised in it, or could be with a key."""
        return self.effective in {"identifiable", "unknown"} or (
            self.effective == "coded" and self.deidentified not in COMPLETE
        )


def refusing(data: Data, store: str, reader: str, gate: Gate) -> set[str]:
    """The oracle: the rules that refuse a reader in a place."""
    rules = set()
    system, signed = STORES[store]
    effective = data.effective
    if effective in {"identifiable", "unknown"}:
        if reader in PUBLIC:
            rules.add("sharing/identifiable_never_public")
        elif reader != "named person":
            rules.add("sharing/identifiable_named_people_only")
    if effective == "coded" and data.about_people and reader in PUBLIC:
        rules.add("sharing/coded_public_when_determined")
    if effective == "confidential" and reader in PUBLIC | STRANGERS:
        rules.add("sharing/confidential_within_agreement")
    if reader not in NAMED and not (reader == "unknown" and effective == "open"):
        rules.add("sharing/readers_within_audience")
    if data.about_people and system not in {"internal_drive"} and not signed and gate is not Gate.PUBLISH:
        rules.add("placement/data_use_agreement")
    return rules


def refusing_declaration(data: Data, declared_public: bool) -> set[str]:
    """The oracle: the rules that refuse a dataset as it is declared, wherever it lies."""
    rules = set()
    effective = data.effective
    lowered = SENSITIVITIES.index(data.declared) < SENSITIVITIES.index(effective)
    if lowered or data.parent == "undeclared" or data.deidentified not in {"not", *COMPLETE}:
        rules.add("sharing/derived_as_sensitive_as_parents")
    if effective in {"identifiable", "unknown"}:
        rules.add("sharing/identifiable_named_people_only")  # a team and a service are in its audience
        rules |= {"sharing/identifiable_never_public"} if declared_public else set()
    if effective == "coded" and data.about_people and declared_public:
        rules.add("sharing/coded_public_when_determined")
    if effective == "confidential" and declared_public:
        rules.add("sharing/confidential_within_agreement")
    if data.origin == "industry" or (data.origin == "academic" and effective == "confidential"):
        rules.add("sharing/confidential_within_agreement")
    return rules


# The facts


def dataset(data: Data, parents: list[str], public_terms: Iterable[str] = ()) -> dict[str, Any]:
    """A dataset about which nothing else is wrong."""
    return {
        "project": "study",
        "level": data.level,
        "origin": data.origin,
        "sensitivity": data.declared,
        "activity": "resting",
        "term": "mid",
        "bytes": 1e9,
        "files": 10,
        "largest_file_bytes": 1e8,
        "keep": "copy",
        "licence": "CC0-1.0",
        "duo": [],
        "parents": parents,
        "replaces": "none",
        "source": "https://example.org/data",
        "patient_derived": True,
        "agreement": "none",
        "regions": [],
        "created": "2026-05-01",
        "embargo": "none",
        "expires": "none",
        "scratch_days": "none",
        "retention_days": "none",
        "hold": "none",
        "step": {"recorded": True, "missing": [], "date": "2026-05-01"},
        "deidentification": DEIDENTIFIED[data.deidentified],
        "scan": {"recorded": True, "missing": [], "passed": True, "date": "2026-06-01"},
        "audience": {
            "contributor": ["team:imaging"],
            "reader": ["service:backup"],
            "steward": ["person:alice"],
        },
        "public_terms": list(public_terms),
    }


def location(of: str, store: str, readers: Iterable[str]) -> dict[str, Any]:
    """A place about which nothing is wrong but, perhaps, who can read there; a reader's path is its kind."""
    return {
        "dataset": of,
        "term": "mid",
        "starts": TODAY,
        "store": store,
        "system": STORES[store][0],
        "storage_class": "standard",
        "failure_domain": store,
        "readers": [{"principal": READERS[reader], "actions": ["read"], "path": [reader]} for reader in readers],
        "keys": [],
        "wildcards": [],
        "tags": {"lab": "lab"},
        "has": HAS,
        "lifecycle": {
            "offered": True,
            "abort_days": 7,
            "noncurrent_days": 90,
            "expire_days": "none",
            "transitions": [],
        },
    }


CAPABILITIES = (
    *("versioning", "object_lock", "encryption", "own_key", "encrypted_transport", "public_access_block"),
    *("account_public_access_block", "access_log", "lifecycle"),
)
HAS = dict.fromkeys(CAPABILITIES, True)
PERSON = {"organisation": "lab", "left": "never", "until": "none"}
STORE = {
    "kind": "by_hand",
    "site": "lab",
    "capacity": "none",
    "region": "us-east-1",
    "group": "none",
    "over": "none",
    "roles": False,
    "life_ends": "none",
    "has": HAS,
}
SYSTEM = {
    "access": "both",
    "speed": "instant",
    "versioned": True,
    "shared": True,
    "licence": "none",
    "classes": {},
    **dict.fromkeys(("max_bytes", "min_bytes", "max_total_bytes", "max_files", "max_file_bytes"), "none"),
}


def document(gate: Gate, datasets: Mapping[str, Any], locations: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a lab with these datasets in these places."""
    return {
        "gate": str(gate),
        "now": TODAY,
        "lab": {"name": "lab", "required_tags": ["lab"], "retention_days": "none", "region": "us-east-1"},
        "people": {
            "alice": PERSON,
            "bob": PERSON,
            "carol": PERSON,
            "visitor": {"organisation": "Saguaro", "left": "never", "until": "2027-01-01"},
        },
        "teams": {"imaging": {"members": ["alice", "carol"]}},
        "services": {"backup": {"owner": "alice", "until": "none"}},
        "agreements": {},
        "projects": {
            "study": {
                "owner": "alice",
                "uses": ["research"],
                "levels": [str(level) for level in Level],
                "grant": "none",
                "grant_ends": "none",
                "budget": {"recorded": True, "missing": [], "monthly_usd": 50},
            }
        },
        "stores": {
            name: {**STORE, "system": system, "failure_domain": name, "data_use_agreement": signed}
            for name, (system, signed) in STORES.items()
        },
        "systems": {system: SYSTEM for system, _ in STORES.values()},
        "datasets": {**PARENT_DATASETS, **datasets},
        "locations": dict(locations),
        "waivers": {},
    }


PARENT_DATASETS = {f"from/{word}": dataset(Data("raw_images", "lab", word, "none", "not"), []) for word in DECLARED}
PARENT_IDS = {"none": [], "undeclared": ["elsewhere/raw_images"], **{word: [f"from/{word}"] for word in DECLARED}}


def every(deidentified: Iterable[str]) -> dict[str, Data]:
    """Every dataset there can be, by a name."""
    combinations = itertools.product(Level, Origin, DECLARED, PARENTS, deidentified)
    return {f"d{number}": Data(str(a), str(b), c, d, e) for number, (a, b, c, d, e) in enumerate(combinations)}


# Asking


@pytest.fixture(scope="module")
def rules(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rules]:
    """The rules of sharing and placement alone: a refusal by another rule must not hide that these allow something."""
    folder = tmp_path_factory.mktemp("policies")
    for topic in (*TOPICS, "lib", "waivers"):
        shutil.copytree(pack_dir() / topic, folder / topic, ignore=shutil.ignore_patterns("*_test.rego"))
    shutil.copy(pack_dir() / "main.rego", folder)
    with Rules(folder, opa=opa) as running:
        yield running


Refusals = dict[tuple[str, str], set[str]]
"""The rules that refuse, by subject and reader; what is said of a place whoever reads there has no reader."""


def asked(rules: Rules, facts: Mapping[str, Any]) -> Refusals:
    """What refuses, after a look that every rule could judge what it was asked."""
    found: Refusals = defaultdict(set)
    for finding in rules.ask(facts):
        assert not finding.message.startswith("cannot be judged"), finding
        if finding.severity is Severity.ERROR and finding.refuses:
            found[finding.subject, finding.path[0] if finding.path else ""].add(finding.rule)
    return found


def in_place(found: Refusals, subject: str, reader: str) -> set[str]:
    """What refuses a reader in a place."""
    return found.get((subject, reader), set()) | found.get((subject, ""), set())


@pytest.mark.parametrize("gate", list(Gate))
def test_the_rules_refuse_exactly_what_the_sentences_say(rules: Rules, gate: Gate) -> None:
    """55,296 combinations of data, place and reader at each gate."""
    every_data = every(COMMON)
    facts = document(
        gate,
        {name: dataset(data, PARENT_IDS[data.parent]) for name, data in every_data.items()},
        {f"{name}@mid@{store}": location(name, store, READERS) for name in every_data for store in KINDS_OF_STORE},
    )
    found = asked(rules, facts)
    asked_about = 0
    for (name, data), store, reader in itertools.product(every_data.items(), KINDS_OF_STORE, READERS):
        asked_about += 1
        refused = in_place(found, f"{name}@mid@{store}", reader)
        assert refused == refusing(data, store, reader, gate), (data, store, reader)
        public_and_about_people = reader in PUBLIC and (data.about_people or data.effective == "confidential")
        assert refused or not public_and_about_people
    for name, data in every_data.items():
        assert found.get((name, ""), set()) == refusing_declaration(data, declared_public=False), data
    assert asked_about == 8 * 4 * 4 * 6 * 2 * 4 * 9


@pytest.mark.parametrize("gate", list(Gate))
def test_a_reader_is_judged_as_if_alone(rules: Rules, gate: Gate) -> None:
    """The other readers of a place make no difference, nor does who signed: 5,400 places with one reader each."""
    some_data = {
        name: data for name, data in every(DEIDENTIFIED).items() if (data.level, data.origin) == ("raw_images", "lab")
    }
    places = {
        f"{name}@mid@{store}|{reader}": (data, store, reader)
        for (name, data), store, reader in itertools.product(some_data.items(), STORES, READERS)
    }
    facts = document(
        gate,
        {name: dataset(data, PARENT_IDS[data.parent]) for name, data in some_data.items()},
        {place: location(place.partition("@")[0], store, [reader]) for place, (_, store, reader) in places.items()},
    )
    found = asked(rules, facts)
    for place, (data, store, reader) in places.items():
        assert in_place(found, place, reader) == refusing(data, store, reader, gate), (data, store, reader)
    assert len(places) == 4 * 6 * 5 * 5 * 9


@pytest.mark.parametrize("gate", list(Gate))
def test_a_declaration_is_refused_exactly_where_the_sentences_say(rules: Rules, gate: Gate) -> None:
    """Every dataset, de-identified in every way, declared public or not: 7,680 declarations at each gate."""
    every_data = every(DEIDENTIFIED)
    for public in ([], ["long"]):
        facts = document(
            gate, {name: dataset(data, PARENT_IDS[data.parent], public) for name, data in every_data.items()}, {}
        )
        found = asked(rules, facts)
        for name, data in every_data.items():
            assert found.get((name, ""), set()) == refusing_declaration(data, bool(public)), data
    assert 2 * len(every_data) == 2 * 8 * 4 * 4 * 6 * 5


def test_taint_follows_every_way_of_two_steps(rules: Rules) -> None:
    """Chains of three datasets, each of every sensitivity, de-identified or not: 512 ways."""
    words = [(word, how) for word in DECLARED for how in ("not", "by an expert")]
    chains = list(itertools.product(words, repeat=3))
    datasets, places = {}, {}
    for number, chain in enumerate(chains):
        for step, (word, how) in enumerate(chain):
            parents = [f"{number}-{step - 1}"] if step else []
            datasets[f"{number}-{step}"] = dataset(Data("raw_images", "lab", word, "none", how), parents)
        places[f"{number}-2@mid@signed-bucket"] = location(f"{number}-2", "signed-bucket", ["anyone"])
    found = asked(rules, document(Gate.LIVE, datasets, places))
    for number, chain in enumerate(chains):
        tainted = "open"
        for word, how in chain:
            tainted = word if how in COMPLETE else max(word, tainted, key=SENSITIVITIES.index)
        data = Data("raw_images", "lab", tainted, "none", chain[-1][1])
        refused = in_place(found, f"{number}-2@mid@signed-bucket", "anyone")
        assert refused == refusing(data, "signed-bucket", "anyone", Gate.LIVE), chain
    assert len(chains) == 8**3


@pytest.mark.parametrize("word", ["coded", "identifiable"])
def test_taint_follows_over_any_number_of_steps(rules: Rules, word: str) -> None:
    """The fiftieth that is made from data about patients is as little for anyone as the first."""
    steps = range(50)
    datasets = {
        f"d{step}": dataset(
            Data("raw_images", "lab", "open" if step else word, "none", "not"), [f"d{step - 1}"] if step else []
        )
        for step in steps
    }
    places = {f"d{step}@mid@signed-bucket": location(f"d{step}", "signed-bucket", ["anyone"]) for step in steps}
    found = asked(rules, document(Gate.LIVE, datasets, places))
    tainted = Data("raw_images", "lab", word, "none", "not")
    for place in places:
        assert in_place(found, place, "anyone") == refusing(tainted, "signed-bucket", "anyone", Gate.LIVE), place


def test_the_documents_are_facts(facts_schema: FactsSchema) -> None:
    """What is asked above has the form of facts: one dataset and one place of each kind."""
    some = {
        f"d{way}": dataset(Data("raw_images", "lab", "coded", "coded", way), ["from/coded"]) for way in DEIDENTIFIED
    }
    places = {f"{store}": location("dnot", store, READERS) for store in STORES}
    for gate in Gate:
        assert not facts_schema.faults(document(gate, some, places))
