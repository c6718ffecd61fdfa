"""`slidebox check`: every format, every gate that needs no credentials, and what it says when it cannot be asked."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft4Validator

from slidebox.cli import slidebox
from slidebox.cli.check import FORMATS
from slidebox.cli.evidence import hash_of_rules
from slidebox.errors import DeclarationError, UnreadableError
from slidebox.policy import pack_dir

from .check_lab import LEVELS, NEVER, PROJECT, answer, edit, lab, line_of, open_lab, run

__all__ = ["lab", "open_lab"]

pytestmark = pytest.mark.usefixtures("engines")

STEP = """\
    step: # … and says how it was made
      repository: https://github.com/your-lab/example
      commit: 0a1b2c3d4e5f
      date: 2026-09-01
"""
WAIVER = """
waivers:
  - rule: RULE
    location: segmentation_masks
    reason: drawn by hand
    by: owner
    until: UNTIL
"""


# Verdicts


def test_a_good_lab_is_not_refused(lab: Path) -> None:
    """Exit code 0, and a sentence that says what was asked."""
    result = run(lab)
    assert result.exception is None
    assert result.return_value == 0
    assert "1 project checked at the plan gate: 0 refusals" in result.stdout
    assert answer(lab)["errors"] == 0


def test_a_refusal_is_shown_with_cure_and_line(open_lab: Path) -> None:
    """At the declaration that opens the data; no line is wider than the terminal."""
    result = run(open_lab)
    assert result.return_value == 1
    assert "error: Identifiable data are never public [sharing/identifiable_never_public]" in result.stdout
    assert f"{PROJECT}:{line_of(open_lab, 'audience:')}:1 example/raw_images" in result.stdout
    assert result.stdout.count("Cure: Name the people in the audience") == 1
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_what_is_refused(open_lab: Path, form: str) -> None:
    """And exits with 1."""
    result = run(open_lab, "--format", form)
    assert result.exception is None
    assert result.return_value == 1
    assert "identifiable" in result.stdout
    assert "example/raw" in result.stdout.replace("\\", "")


def test_json_is_short_for_its_format(open_lab: Path) -> None:
    """Both are the same document."""
    assert run(open_lab, "--json").stdout == run(open_lab, "--format", "json").stdout


def test_sarif_of_a_real_lab_is_valid_and_points_at_its_lines(open_lab: Path) -> None:
    """By the official schema, with the help of every rule that was asked."""
    schema = json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    log = json.loads(run(open_lab, "--format", "sarif").stdout)
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    results = log["runs"][0]["results"]
    lines = len((open_lab / PROJECT).read_text(encoding="utf-8").splitlines())
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] in (PROJECT, "lab.yaml")
        assert 1 <= place["region"]["startLine"] <= lines
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in results} <= set(rules)
    assert all(rule["help"]["text"] for rule in rules.values())


def test_junit_of_a_good_lab_fails_nothing(lab: Path) -> None:
    """Every rule of the gate has a case."""
    suite = ET.fromstring(run(lab, "--format", "junit").stdout).find("testsuite")  # noqa: S314 (our own)
    assert suite is not None
    assert suite.get("failures") == "0"
    assert NEVER in {case.get("classname") for case in suite}


def test_projects_can_be_named(lab: Path) -> None:
    """What another project does is its own."""
    text = (lab / PROJECT).read_text(encoding="utf-8").replace("project: example", "project: second")
    (lab / "projects" / "second.yaml").write_text(text.replace("[analysis]", "[public]").replace(": open", ": coded"))
    assert {f["subject"].partition("/")[0] for f in answer(lab)["findings"] if f["refuses"]} == {"second"}
    assert run(lab, "example").return_value == 0
    assert run(lab, "second").return_value == 1


# Waivers


def test_what_is_waived_is_shown_apart_and_refuses_nothing(lab: Path) -> None:
    """With the reason, and as a suppression in SARIF."""
    edit(lab, STEP, "")
    (rule,) = {f["rule"] for f in answer(lab)["findings"] if f["refuses"] and "step" in f["message"]}
    until = (dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=30)).isoformat()
    with (lab / PROJECT).open("a", encoding="utf-8") as file:
        file.write(WAIVER.replace("RULE", rule).replace("UNTIL", until))
    result = run(lab, width=200)
    assert result.return_value == 0, result.stdout
    assert f"waived until {until} by owner: drawn by hand" in result.stdout
    log = json.loads(run(lab, "--format", "sarif").stdout)
    assert [r["ruleId"] for r in log["runs"][0]["results"] if "suppressions" in r] == [rule]
    assert rule in {f["rule"] for f in answer(lab)["findings"] if f["waived"]}


def test_a_waiver_that_does_not_hold_is_found_at_its_own_line(lab: Path) -> None:
    """It names no rule."""
    with (lab / PROJECT).open("a", encoding="utf-8") as file:
        file.write(WAIVER.replace("RULE", "no/such_rule").replace("UNTIL", "2020-01-01"))
    (found,) = [f for f in answer(lab)["findings"] if f["subject"] == "example#1"]
    assert (found["file"], found["line"]) == (PROJECT, line_of(lab, "  - rule: no/such_rule"))


# The lab's own rules


def test_the_labs_own_rules_are_asked(lab: Path) -> None:
    """And are listed with the built-in ones."""
    edit(lab, "# rules: rules #", "rules: rules #", "lab.yaml")
    (lab / "rules").mkdir()
    (lab / "rules" / "no_example.rego").write_text(OWN, encoding="utf-8")
    found = [f for f in answer(lab)["findings"] if f["rule"] == "lab/no_example"]
    assert {f["subject"] for f in found} == {f"example/{level}" for level in LEVELS}
    listed = CliRunner().invoke(slidebox, ["--lab", str(lab), "rules", "--json"], standalone_mode=False)
    assert "lab/no_example" in {rule["id"] for rule in json.loads(listed.stdout)}


OWN = """\
# METADATA
# scope: package
# title: No example is real
# description: An example is not real.
# custom:
#   id: lab/no_example
#   severity: error
#   scope: [dataset]
#   gates: [plan]
#   waivable: true
#   reads: [dataset.project]
#   cure: Name it otherwise.
#   references: [The lab's meeting]
package lab.no_example

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some id, dataset in input.datasets
	dataset.project == "example"
	finding := judge.finding(info, id, "it is an example")
}

declared_findings contains finding if some finding in judge.unread_datasets(info)
"""


# Bad input: an error, never "no findings"


@pytest.mark.parametrize("form", FORMATS)
def test_declarations_that_are_wrong_write_nothing(lab: Path, form: str) -> None:
    """Exit code 2."""
    edit(lab, "sensitivity: open", "sensitivity: openn")
    result = run(lab, "--format", form)
    assert isinstance(result.exception, DeclarationError)
    assert result.stdout == ""


@pytest.mark.parametrize("form", FORMATS)
def test_without_opa_nothing_is_written(lab: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is not OPA is an error with exit code 3."""
    monkeypatch.setenv("SLIDEBOX_OPA", "/bin/false")
    result = run(lab, "--format", form)
    assert isinstance(result.exception, UnreadableError)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("form", "option", "text"),
    [
        *((form, "--preview", '{"steps": [') for form in FORMATS),
        *((form, "--state", "") for form in FORMATS),
        *(("json", "--preview", text) for text in ("", "{}", "[]", '{"planned_values": {}}', '{"steps": []}')),
        *(("json", "--state", text) for text in ("{}", '{"deployment": {}}', '{"version": 3, "deployment": {}}')),
    ],
)
def test_a_file_that_is_no_stack_writes_nothing(tmp_path: Path, lab: Path, form: str, option: str, text: str) -> None:
    """Empty, half written, or of another tool."""
    (tmp_path / "stack.json").write_text(text)
    result = run(lab, "--format", form, option, str(tmp_path / "stack.json"))
    assert isinstance(result.exception, UnreadableError)
    assert result.exception.exit_code == 3
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words",
    [
        ("--preview", "a", "--state", "b"),
        ("--preview", "a", "example"),
        ("--state", "a", "--gate", "publish"),
        ("--live", "--base", "main"),
        ("--evidence", "e.json"),
        ("--format", "html"),
    ],
)
def test_options_that_do_not_go_together_are_usage_errors(lab: Path, words: tuple[str, ...]) -> None:
    """Exit code 2, before anything is read."""
    assert isinstance(run(lab, *words).exception, click.UsageError)


# Saved stacks


BUCKET = "urn:pulumi:s::p::aws:s3/bucket:Bucket::images"
POLICY = "urn:pulumi:s::p::aws:s3/bucketPolicy:BucketPolicy::open"
OPEN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """An exported stack with a bucket that anyone can read."""
    resources = [
        {
            "urn": BUCKET,
            "type": "aws:s3/bucket:Bucket",
            "inputs": {"bucket": "images"},
            "outputs": {"bucket": "images"},
        },
        {
            "urn": POLICY,
            "type": "aws:s3/bucketPolicy:BucketPolicy",
            "inputs": {"bucket": "images", "policy": json.dumps(OPEN)},
            "outputs": {"bucket": "images", "policy": json.dumps(OPEN)},
        },
    ]
    file = tmp_path / "state.json"
    document = {"version": 3, "deployment": {"manifest": {"time": "2026-11-24T00:00:00Z"}, "resources": resources}}
    file.write_text(json.dumps(document))
    return file


def test_an_exported_stack_is_judged_with_its_resources(lab: Path, state: Path) -> None:
    """Each finding names the resource that it is about."""
    document = answer(lab, "--state", str(state))
    assert document["gate"] == "preview"
    assert document["errors"] > 0
    assert BUCKET in {finding["resource"] for finding in document["findings"]}
    assert f"resource {BUCKET}" in run(lab, "--state", str(state), width=200).stdout


def test_a_stack_can_be_judged_where_there_is_no_lab(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its findings point to the file itself."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(slidebox, ["check", "--json", "--state", state.name], standalone_mode=False)
    assert result.exception is None
    assert result.return_value == 1
    assert {finding["file"] for finding in json.loads(result.stdout)["findings"]} == {"state.json"}


# What is public


def test_the_publish_gate_asks_about_what_anyone_could_read(lab: Path, tmp_path: Path) -> None:
    """Nothing here, and the record says so; what is declared public is in it with all that was known."""
    record = tmp_path / "evidence.json"
    assert answer(lab, "--gate", "publish", "--evidence", str(record))["checked"] == "0 public datasets"
    assert json.loads(record.read_text())["datasets"] == {}
    edit(lab, "  reader: [analysis]", "  reader: [analysis, public]")
    edit(lab, "    licence: CC0-1.0\n", "    licence: CC-BY-4.0\n")
    document = answer(lab, "--gate", "publish", "--evidence", str(record))
    told = json.loads(record.read_text())
    embeddings = told["datasets"]["example/single_cell_embeddings"]
    assert embeddings["licence"] == "CC-BY-4.0"
    assert set(embeddings["lineage"]) == {f"example/{level}" for level in LEVELS if level != "metadata"}
    assert embeddings["lineage"]["example/segmentation_masks"]["step"]["commit"] == "0a1b2c3d4e5f"
    assert {"determination", "scan", "agreement", "waivers", "findings", "effective", "locations"} <= set(embeddings)
    assert told["date"] == dt.datetime.now(tz=dt.UTC).date().isoformat()
    assert told["rules"]["sha256"] == hash_of_rules(pack_dir(), None)
    assert told["allowed"] is (document["errors"] == 0)
    assert told["findings"] == [
        {name: finding[name] for name in ("rule", "severity", "subject", "message", "path", "waived", "refuses")}
        for finding in document["findings"]
    ]


def test_what_may_not_be_public_does_not_pass_the_publish_gate_unseen(open_lab: Path, tmp_path: Path) -> None:
    """The plan has no place for it, and the gate says why."""
    record = tmp_path / "evidence.json"
    result = run(open_lab, "--gate", "publish", "--json", "--evidence", str(record))
    assert result.return_value == 1
    assert NEVER in {f["rule"] for f in json.loads(result.stdout)["findings"] if f["subject"].startswith("example/raw")}
    assert json.loads(record.read_text())["datasets"]["example/raw_images"]["allowed"] is False


def test_evidence_that_cannot_be_written_is_an_error(lab: Path, tmp_path: Path) -> None:
    """What is not recorded is not let out."""
    result = run(lab, "--gate", "publish", "--evidence", str(tmp_path / "nowhere" / "evidence.json"))
    assert isinstance(result.exception, UnreadableError)
    assert result.stdout == ""


def test_the_hash_of_the_rules_changes_with_their_text_alone(tmp_path: Path) -> None:
    """Tests and other files do not count; names and contents do."""
    (tmp_path / "a.rego").write_text("package a")
    first = hash_of_rules(tmp_path, None)
    (tmp_path / "a_test.rego").write_text("package a_test")
    (tmp_path / "readme.md").write_text("a")
    assert hash_of_rules(tmp_path, None) == first
    (tmp_path / "a.rego").write_text("package a\n")
    assert hash_of_rules(tmp_path, None) != first
