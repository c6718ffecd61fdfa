"""The lab's own rules: asked beside the built-in ones, and unable to make them say less."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Gate, Severity
from slidebox.policy import Rules, list_rules, own_dir, pack_dir

METADATA = """\
# METADATA
# scope: package
# title: Nothing lies on the old shelf
# description: The old shelf stands under a water pipe.
# custom:
#   id: lab/old_shelf
#   severity: error
#   scope: [location]
#   gates: [plan, preview]
#   waivable: true
#   reads: [location.store]
#   cure: Choose another store.
#   references: [The lab's meeting of 2026-03-02]
"""
HEAD = f"{METADATA}package lab.old_shelf\n\nimport data.slidebox.lib.judge\n\n"
INFO = "info := judge.rule(rego.metadata.chain())\n"
SHELF = """
location_findings contains finding if {
	some id, location in input.locations
	location.store == "shelf"
	finding := judge.finding(info, id, "it would lie on the old shelf")
}
"""
SILENT = "\nlocation_findings contains finding if {\n\tfalse\n\tfinding := {}\n}\n"
RULE = HEAD + INFO + SHELF
AT_SHELF = "nf1/raw_images@mid@shelf"


@pytest.fixture(scope="module")
def facts(opa: Path) -> dict[str, Any]:
    """Facts of which the built-in rules say much: identifiable images that anyone can read, by a bad policy."""
    change = [
        {"op": "replace", "path": "/datasets/nf1~1raw_images/sensitivity", "value": "identifiable"},
        {
            "op": "replace",
            "path": "/locations/nf1~1raw_images@mid@shelf/readers",
            "value": [{"principal": "anyone", "actions": ["read"], "path": ["bucket policy"]}],
        },
        {"op": "replace", "path": "/locations/nf1~1raw_images@mid@shelf/tags", "value": {}},
    ]
    query = f"json.patch(data.slidebox.lib.fixture_test.facts, {json.dumps(change)})"
    command = [str(opa), "eval", "--format", "json", "--data", str(pack_dir()), query]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return found


def own(folder: Path, text: str = RULE, name: str = "old_shelf.rego") -> Path:
    """A folder of the lab's own rules with this file in it."""
    rules = folder / "rules"
    file = rules / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return rules


def built_in(said: Any) -> set[Any]:
    """What the built-in rules say among findings."""
    return {finding for finding in said if not finding.rule.startswith("lab/")}


# What own rules are for


def test_an_own_rule_is_asked_beside_the_built_in_ones(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """Its finding has its name, severity and cure; what the built-in rules say is the same as without it."""
    with Rules(opa=opa) as alone:
        without = alone.ask(facts)
    with Rules(opa=opa, own=own(tmp_path)) as rules:
        said = rules.ask(facts)

    assert without
    assert built_in(said) == set(without)
    (finding,) = set(said) - set(without)
    assert (finding.rule, finding.severity, finding.subject) == ("lab/old_shelf", Severity.ERROR, AT_SHELF)
    assert (finding.message, finding.cure) == ("it would lie on the old shelf", "Choose another store.")
    assert finding.refuses


def test_an_own_rule_is_asked_at_its_own_gates(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """The METADATA says plan and preview; at the live gate the rule is not asked."""
    with Rules(opa=opa, own=own(tmp_path)) as rules:
        asked = {gate: any(f.rule == "lab/old_shelf" for f in rules.ask({**facts, "gate": str(gate)})) for gate in Gate}

    assert asked == {Gate.PLAN: True, Gate.PREVIEW: True, Gate.LIVE: False, Gate.PUBLISH: False}


def test_an_own_rule_can_be_waived_and_is_still_shown(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """A waiver names it by its id, like any other rule."""
    waiver = {
        "project": "nf1",
        "rule": "lab/old_shelf",
        "location": "raw_images",
        "reason": "the pipe is being moved",
        "by": "alice",
        "until": "2026-12-24",
    }
    with Rules(opa=opa, own=own(tmp_path)) as rules:
        said = rules.ask({**facts, "waivers": {"nf1#1": waiver}})

    (finding,) = [f for f in said if f.rule == "lab/old_shelf"]
    assert finding.waived == "until 2026-12-24 by alice: the pipe is being moved"
    assert not finding.refuses


def test_own_rules_are_listed(tmp_path: Path, opa: Path) -> None:
    """The list has both, and says which are the lab's own."""
    folder = own(tmp_path)
    own(tmp_path, "package lab.old_shelf_test\n", "old_shelf_test.rego")
    listed = list_rules(opa=opa, own=folder)

    assert [rule for rule in listed if not rule.own] == list(list_rules(opa=opa))
    (mine,) = [rule for rule in listed if rule.own]
    assert (mine.id, mine.gates, mine.waivable) == ("lab/old_shelf", (Gate.PLAN, Gate.PREVIEW), True)


def test_what_is_beside_the_rules_is_left_alone(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """Tests, hidden files and words for people are no rules; a rule may lie in a folder below."""
    folder = own(tmp_path, RULE, "water/old_shelf.rego")
    own(tmp_path, "package main\n", "water/old_shelf_test.rego")
    own(tmp_path, "nonsense", ".#old_shelf.rego")
    own(tmp_path, "{}", ".vscode/settings.json")
    own(tmp_path, "# Why", "README.md")
    with Rules(opa=opa, own=folder) as rules:
        assert any(f.rule == "lab/old_shelf" for f in rules.ask(facts))


@pytest.mark.parametrize("name", ["--set=services.x.url=y", "-v", "our rules", "règles"])
def test_the_folder_may_have_any_name(tmp_path: Path, opa: Path, facts: dict[str, Any], name: str) -> None:
    """OPA does not take it for an option, and the rules in it are asked."""
    folder = own(tmp_path).rename(tmp_path / name)
    with Rules(opa=opa, own=folder) as rules:
        assert any(f.rule == "lab/old_shelf" for f in rules.ask(facts))


def test_the_folder_is_named_relative_to_the_lab(tmp_path: Path) -> None:
    """`rules: our/rules` in lab.yaml means the folder beside it; without it there are no own rules."""
    assert own_dir(tmp_path, "our/rules") == tmp_path / "our" / "rules"
    assert own_dir(tmp_path, None) is None


# Tries to weaken the built-in rules


REDEFINED = 'package slidebox.lib.sensitivity\n\neffective[id] := "open" if some id, _ in input.datasets\n'
DEIDENTIFIED = "package slidebox.lib.sensitivity\n\ndeidentified contains id if some id, _ in input.datasets\n"
OVERRIDDEN = "package main\n\nfindings := set()\n"
SAME_RULE = "package slidebox.sharing.identifiable_never_public\n\nnever_public := set()\n"
WAIVED = "package waivers.waiver_holds\n\ncovers(_) := true\n"


@pytest.mark.parametrize(
    ("text", "package"),
    [
        (REDEFINED, "slidebox.lib.sensitivity"),
        (DEIDENTIFIED, "slidebox.lib.sensitivity"),
        (OVERRIDDEN, "main"),
        (SAME_RULE, "slidebox.sharing.identifiable_never_public"),
        (WAIVED, "waivers.waiver_holds"),
        ("package lab\n\nold_shelf := {}\n", "lab"),
        ("package lab.old_shelf.deeper\n\nx := 1\n", "lab.old_shelf.deeper"),
        ('package lab["Old Shelf"]\n\nx := 1\n', "lab.Old Shelf"),
        ("package system.authz\n\nallow := true\n", "system.authz"),
    ],
)
def test_no_other_package_can_be_written(tmp_path: Path, opa: Path, text: str, package: str) -> None:
    """A file in a package of the built-in rules, or in none of its own, is refused at its line, with the cure."""
    folder = own(tmp_path, f"# A comment\n{text}")
    with pytest.raises(InputError) as refused, Rules(opa=opa, own=folder):
        pass

    assert str(refused.value).startswith(f"rules/old_shelf.rego:2: the lab's own rules cannot be in package {package}.")
    assert "Write `package lab.old_shelf`" in str(refused.value)
    with pytest.raises(InputError, match="cannot be in package"):
        list_rules(opa=opa, own=folder)


@pytest.mark.parametrize("name", ["data.json", "slidebox/data.yaml", "lib/systems.YML", "x.json"])
def test_data_files_are_refused(tmp_path: Path, opa: Path, name: str) -> None:
    """A data file could put a value where a built-in rule expects its own."""
    own(tmp_path)
    folder = own(tmp_path, '{"slidebox": {"lib": {"sensitivity": {"effective": {}}}}}', name)
    with pytest.raises(InputError, match=rf"rules/{name}: data files"), Rules(opa=opa, own=folder):
        pass


def test_links_are_refused(tmp_path: Path, opa: Path) -> None:
    """A link to a file or folder elsewhere is not followed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "old_shelf.rego").write_text(RULE, encoding="utf-8")
    for number, target in enumerate([elsewhere / "old_shelf.rego", elsewhere]):
        folder = own(tmp_path / str(number), RULE.replace("old_shelf", "other"), "other.rego")
        (folder / "old_shelf.rego").symlink_to(target)
        with pytest.raises(InputError, match=r"rules/old_shelf\.rego is a link"), Rules(opa=opa, own=folder):
            pass


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ('http.send({"method": "get", "url": "http://localhost"}).status_code == 200', "http.send"),
        ("opa.runtime().env.HOME", "opa.runtime"),
        ('net.lookup_ip_addr("localhost")', "net.lookup_ip_addr"),
        ('net.cidr_contains("10.0.0.0/8", "10.0.0.1")', "net.cidr_contains"),
        ('rego.parse_module("x.rego", "package x")', "rego.parse_module"),
        ("time.now_ns() > 0", "time.now_ns"),
        ('rand.intn("x", 2) == 0', "rand.intn"),
        ('uuid.rfc4122("x") != ""', "uuid.rfc4122"),
        ('json.match_schema({}, {"$ref": "http://localhost/x"})', "json.match_schema"),
    ],
)
def test_what_reaches_out_of_the_facts_is_refused(tmp_path: Path, opa: Path, call: str, name: str) -> None:
    """The network, the environment, the clock, chance and other modules are none of a rule's business."""
    folder = own(tmp_path, f"{HEAD}{INFO}{SHELF}\nreaches if {call}\n")
    line = folder.joinpath("old_shelf.rego").read_text(encoding="utf-8").splitlines().index(f"reaches if {call}") + 1
    with pytest.raises(InputError) as refused, Rules(opa=opa, own=folder):
        pass

    assert str(refused.value).startswith(f"rules/old_shelf.rego:{line}: {name} reaches out of the facts")
    assert "Judge by the facts alone" in str(refused.value)


def test_a_schema_from_the_network_is_refused(tmp_path: Path, opa: Path) -> None:
    """METADATA can name a schema to fetch; nothing is fetched."""
    schema = '# schemas:\n#   - input: {"$ref": "http://127.0.0.1:9/x"}\n'
    folder = own(tmp_path, RULE.replace("# custom:\n", f"{schema}# custom:\n"))
    with pytest.raises(UnreadableError, match="remote reference loading disabled"), Rules(opa=opa, own=folder):
        pass


@pytest.mark.parametrize(
    "identity", ["sharing/identifiable_never_public", "lab/other", "old_shelf", "slidebox/old_shelf"]
)
def test_an_own_rule_has_no_other_id(tmp_path: Path, opa: Path, identity: str) -> None:
    """The id of a built-in rule would make it waivable, were the own one."""
    folder = own(tmp_path, RULE.replace("lab/old_shelf", identity))
    with pytest.raises(InputError) as refused, Rules(opa=opa, own=folder):
        pass

    assert str(refused.value) == (
        f"rules/old_shelf.rego:1: the lab's own rule cannot have the id {identity}. Its id is lab/old_shelf."
    )


FORGED = '{"id": "sharing/identifiable_never_public", "waivable": true, "gates": [], "reads": []}'
OTHER = f"""
rule(_) := {FORGED}

chain() := [{{"annotations": {{"custom": {FORGED}}}}}]
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{HEAD}info := {FORGED}\n{SHELF}", 18),
        (f"{HEAD}info := judge.rule([{{}}])\n{SHELF}", 18),
        (f"{HEAD}{INFO[:-1]} if input.gate == \"plan\"\n{SHELF}", 18),
        (f"{HEAD}{INFO[:-1]} if {{\n\tfalse\n}} else := {FORGED}\n{SHELF}", 18),
        (f"{HEAD}default info := {FORGED}\n{SHELF}", 18),
        (f"{HEAD}info.id := \"lab/old_shelf\"\n\ninfo.gates := []\n{SHELF}", 18),
        (f"{HEAD}{INFO}\ninfo := judge.rule(rego.metadata.chain()) if true\n{SHELF}", 18),
        (f"{METADATA}package lab.old_shelf\n\nimport data.lab.other as judge\n\n{INFO}{SHELF}", 18),
        (f"{METADATA}package lab.old_shelf\n\nimport data.lab.other as rego\nimport data.slidebox.lib.judge\n\n{INFO}"
         f"{SHELF}", 19),
        (f"{HEAD}rego.metadata.chain() := []\n\n{INFO}{SHELF}", 20),
        (f"{METADATA}package lab.old_shelf\n\njudge.rule(_) := {FORGED}\n\n{INFO}{SHELF}", 18),
        (f"{HEAD}{SHELF}", 14),
    ],
)  # fmt: skip
def test_an_own_rule_cannot_forge_what_it_is(tmp_path: Path, opa: Path, text: str, line: int) -> None:
    """`info` is the METADATA that was checked: not an object of one's own, not by another judge, not at times."""
    folder = own(tmp_path, text)
    with pytest.raises(InputError) as refused, Rules(opa=opa, own=folder):
        pass

    said = str(refused.value)
    assert said.startswith(f"rules/old_shelf.rego:{line}: the rule does not take its words from its METADATA.")
    assert "info := judge.rule(rego.metadata.chain())" in said


def test_an_own_rule_says_once_what_it_is(tmp_path: Path, opa: Path) -> None:
    """A second id, on a rule of the package, would be another voice."""
    second = "# METADATA\n# custom:\n#   id: sharing/identifiable_never_public\n"
    for text in (
        HEAD + second + INFO + SHELF,
        RULE.removeprefix(METADATA),
        RULE.replace("scope: package", "scope: subpackages"),
    ):
        folder = own(tmp_path, text)
        with pytest.raises(InputError, match="does not say once, for its package, what it is"):
            list_rules(opa=opa, own=folder)


@pytest.mark.parametrize(
    "part", ["title", "description", "severity", "scope", "gates", "waivable", "reads", "cure", "references"]
)
def test_an_own_rule_says_all_of_what_it_is(tmp_path: Path, opa: Path, part: str) -> None:
    """Without one of its keys, or with nonsense for it, it is refused by the name of the key."""
    *_, line = [line for line in METADATA.splitlines(keepends=True) if line.strip("# ").startswith(f"{part}:")]
    nonsense = '""' if part in {"title", "description"} else "{}"
    for changed in ("", f"{line[: line.index(':')]}: {nonsense}\n"):
        folder = own(tmp_path, RULE.replace(line, changed))
        with pytest.raises(InputError, match=rf"rules/old_shelf\.rego:1: lab/old_shelf does not say its {part} in"):
            list_rules(opa=opa, own=folder)


def test_a_gate_or_severity_that_is_none_is_refused(tmp_path: Path, opa: Path) -> None:
    """A rule for a gate that does not exist would never be asked."""
    for word, wrong, part in (("preview]", "preveiw]", "gates"), ("severity: error", "severity: grave", "severity")):
        with pytest.raises(InputError, match=f"does not say its {part}"):
            list_rules(opa=opa, own=own(tmp_path, RULE.replace(word, wrong)))


@pytest.mark.parametrize(
    ("field", "cure"),
    [
        ("location.stroe", "Did you mean location.store?"),
        ("freezer.degrees", "schemas/facts.schema.json has them all."),
    ],
)
def test_a_field_that_is_none_is_refused(tmp_path: Path, opa: Path, field: str, cure: str) -> None:
    """A rule that names another field than it needs would not say that it is not known."""
    folder = own(tmp_path, RULE.replace("[location.store]", f"[facts.now, {field}]"))
    with pytest.raises(InputError) as refused, Rules(opa=opa, own=folder):
        pass

    assert str(refused.value) == (
        f"rules/old_shelf.rego: lab/old_shelf reads {field}, which is no field of the facts. {cure}"
    )


@pytest.mark.parametrize(
    "answer",
    [
        "location_findings := set()",
        'location_findings := "none"',
        "default location_findings := set()",
        "location_findings[id] := finding if {\n\tsome id, finding in {}\n}",
        "location_findings(_) := set()",
        "location_findings if input.gate",
        "location_findings.nf1 contains finding if some finding in set()",
    ],
)
def test_what_is_not_a_set_of_findings_is_refused(tmp_path: Path, opa: Path, answer: str) -> None:
    """A value of another form would be asked and stay silent."""
    folder = own(tmp_path, f"{HEAD}{INFO}{answer}\n")
    with pytest.raises(InputError) as refused, Rules(opa=opa, own=folder):
        pass

    assert str(refused.value) == (
        "rules/old_shelf.rego:19: location_findings is not a set of findings. "
        "Write `location_findings contains finding if …`."
    )


def test_a_rule_without_findings_is_refused(tmp_path: Path, opa: Path) -> None:
    """A misspelt name of the set would be a rule that is never heard."""
    folder = own(tmp_path, f"{HEAD}{INFO}{SHELF.replace('location_findings', 'location_finding')}")
    with pytest.raises(InputError, match=r"rules/old_shelf\.rego:14: the rule has no findings"):
        list_rules(opa=opa, own=folder)


def test_the_file_has_the_name_of_its_rule_and_no_other_has_it(tmp_path: Path, opa: Path) -> None:
    """One rule a file, found by its name, once."""
    with pytest.raises(InputError, match=r"rules/shelf\.rego:14: package lab\.old_shelf is not in a file of its name"):
        list_rules(opa=opa, own=own(tmp_path / "a", name="shelf.rego"))
    folder = own(tmp_path / "b")
    own(tmp_path / "b", name="again/old_shelf.rego")
    with pytest.raises(InputError, match=r"rules/again/old_shelf\.rego: lab/old_shelf is in rules/old_shelf\.rego"):
        list_rules(opa=opa, own=folder)


def test_a_folder_without_rules_is_refused(tmp_path: Path, opa: Path) -> None:
    """Whoever names a folder of rules expects them to be asked."""
    with pytest.raises(InputError, match="is not there"), Rules(opa=opa, own=tmp_path / "rules"):
        pass
    (tmp_path / "rules").mkdir()
    with pytest.raises(InputError, match="there is no rule in"), Rules(opa=opa, own=tmp_path / "rules"):
        pass


# What can be written, and changes nothing


WITH_TRICKS = """
location_findings contains finding if {
	open := {id: "open" | some id, _ in input.datasets}
	said := built_in.location_findings with data.slidebox.lib.sensitivity.effective as open
	said == set()
	false
	finding := {}
}

location_findings contains finding if {
	said := built_in.location_findings with input as {"locations": {}, "datasets": {}}
	count(said) < 0
	finding := {}
}
"""
IMPERSONATING = """
location_findings contains finding if {
	some id, _ in input.locations
	finding := {
		"rule": "sharing/identifiable_never_public",
		"severity": "warning",
		"subject": id,
		"message": "nothing to see here",
		"path": [],
		"cure": "",
		"wants": "",
		"waived": "until 2099-01-01 by nobody: never mind",
	}
}
"""


def test_with_changes_nothing_outside(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """A rule may ask a built-in one about other facts for itself; its own answer to others stays what it was."""
    head = HEAD + "import data.slidebox.sharing.identifiable_never_public as built_in\n\n"
    with Rules(opa=opa) as alone:
        without = alone.ask(facts)
    with Rules(opa=opa, own=own(tmp_path, head + INFO + WITH_TRICKS)) as rules:
        assert rules.ask(facts) == without


def test_a_rule_speaks_in_its_own_name_only(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """A finding in the name of a built-in rule, or that calls itself waived, is the own rule's and is not waived."""
    with Rules(opa=opa) as alone:
        without = alone.ask(facts)
    with Rules(opa=opa, own=own(tmp_path, HEAD + INFO + IMPERSONATING)) as rules:
        said = rules.ask(facts)

    assert built_in(said) == set(without)
    forged = [f for f in said if f.message == "nothing to see here"]
    assert len(forged) == len(facts["locations"])
    assert {(f.rule, f.waived) for f in forged} == {("lab/old_shelf", "")}


def test_an_own_rule_cannot_lend_its_waiver(tmp_path: Path, opa: Path, facts: dict[str, Any]) -> None:
    """What cannot be waived cannot be waived beside a waivable rule of the lab either."""
    waivers = {
        f"nf1#{number}": {
            "project": "nf1",
            "rule": rule,
            "location": "raw_images",
            "reason": "we would rather not",
            "by": "alice",
            "until": "2026-12-24",
        }
        for number, rule in enumerate(["sharing/identifiable_never_public", "lab/old_shelf"])
    }
    with Rules(opa=opa, own=own(tmp_path)) as rules:
        said = rules.ask({**facts, "waivers": waivers})

    public = [f for f in said if f.rule == "sharing/identifiable_never_public"]
    assert public
    assert all(f.refuses for f in public)
    assert "sharing/identifiable_never_public cannot be waived" in {f.message for f in said}


def test_a_rule_about_the_rules_does_not_compile(tmp_path: Path, opa: Path) -> None:
    """A rule that asks for what it is part of, or pretends another answer to it, is refused by OPA, with the place."""
    for words in ("some finding in data.main.findings", "some finding in {1} with data.main.findings as set()"):
        text = f"{HEAD}{INFO}\nlocation_findings contains finding if {words}\n"
        with (
            pytest.raises(UnreadableError, match=r"old_shelf\.rego:20: .*recursive"),
            Rules(opa=opa, own=own(tmp_path, text)),
        ):
            pass
