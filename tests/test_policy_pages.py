"""The rules as pages: complete, current, and with examples that the rules judge as the pages say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from slidebox import cli
from slidebox.errors import UnreadableError
from slidebox.policy import RuleInfo, Rules, list_rules, pack_dir
from slidebox.policy.handbook import ABSENT, INDEX, PRESENT, page_name, pages, write_handbook

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs" / "rules"
BLOCK = re.compile(r"^```(yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RULE = "cost/ownership_tags"


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The built-in rules, running."""
    with Rules(opa=opa) as running:
        yield running


@pytest.fixture(scope="module")
def good(opa: Path) -> dict[str, Any]:
    """A lab that breaks no rule."""
    command = [str(opa), "eval", "--format", "json", "--data", str(pack_dir()), "data.slidebox.lib.fixture_test.facts"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return found


@pytest.fixture(scope="module")
def listed(opa: Path) -> tuple[RuleInfo, ...]:
    """Every built-in rule."""
    return list_rules(opa=opa)


def changed(facts: Any, part: Any) -> Any:
    """Facts with a part of them as a page shows it."""
    if not (isinstance(facts, dict) and isinstance(part, dict)):
        return part
    merged = {**facts, **{key: changed(facts.get(key), value) for key, value in part.items() if value != PRESENT}}
    return {key: value for key, value in merged.items() if value != ABSENT}


def test_every_page_is_current(opa: Path) -> None:
    """docs/rules is what `slidebox rules --markdown docs/rules` writes, and nothing else."""
    expected = pages(DOCS, opa=opa)
    found = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}

    assert found == expected


def test_the_rules_judge_every_example_as_its_page_says(
    rules: Rules, good: dict[str, Any], listed: tuple[RuleInfo, ...]
) -> None:
    """The good lab, changed as a page shows, passes or is refused in the words that the page has."""
    for rule in listed:
        text = (DOCS / page_name(rule.id)).read_text(encoding="utf-8")
        (_, passes), (_, refused), (kind, words) = BLOCK.findall(text)
        assert kind == "text"
        assert [f for f in rules.ask(changed(good, yaml.safe_load(passes))) if f.rule == rule.id] == []
        said = [str(f) for f in rules.ask(changed(good, yaml.safe_load(refused))) if f.rule == rule.id]
        assert said == words.splitlines(), rule.id


def test_every_page_says_all_of_its_rule(listed: tuple[RuleInfo, ...]) -> None:
    """Title, description, severity, gates, waivable, reads, cure, references and source."""
    for rule in listed:
        text = (DOCS / page_name(rule.id)).read_text(encoding="utf-8")
        for part in (f"# {rule.title}", rule.description, rule.cure, *rule.references, *rule.gates, *rule.reads):
            assert part in text, (rule.id, part)
        assert f"- Severity: {rule.severity}" in text
        assert f"- Waivable: {'yes' if rule.waivable else 'no'}" in text


def test_links_lead_to_files() -> None:
    """Those of the index to pages, those of a page to the rule and its test."""
    for page in DOCS.rglob("*.md"):
        targets = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        assert [target for target in targets if not (page.parent / target).is_file()] == []
        assert len(targets) > 10 if page.name == INDEX else len(targets) == 2


def test_the_index_shows_a_rule_that_a_lab_can_copy(
    tmp_path: Path, opa: Path, good: dict[str, Any], listed: tuple[RuleInfo, ...]
) -> None:
    """What it shows of a lab's own rule is one."""
    text = (DOCS / INDEX).read_text(encoding="utf-8")
    assert all(f"[{rule.id}]({page_name(rule.id)})" in text for rule in listed)
    (shown,) = re.findall(r"^```rego\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "not_on_the_old_shelf.rego").write_text(shown, encoding="utf-8")
    shelf = {"stores": {**good["stores"], "old-shelf": good["stores"]["shelf"]}}
    at = {"nf1/raw_images@mid@old-shelf": {**good["locations"]["nf1/raw_images@mid@shelf"], "store": "old-shelf"}}
    with Rules(opa=opa, own=tmp_path) as rules:
        said = rules.ask({**good, **shelf, "locations": {**good["locations"], **at}}, "location")
        assert [(f.rule, f.subject) for f in said] == [("lab/not_on_the_old_shelf", *at)]
        assert rules.ask(good) == ()
    done = subprocess.run(
        [str(opa), "fmt", "--list", "--fail", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


# Writing them


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The built-in rules with two of them, so that it is quick; a waiver of the second is an example."""
    pack = shutil.copytree(pack_dir(), tmp_path / "lab" / "policies")
    for file in pack.glob("*/*.rego"):
        if file.parent.name not in ("lib", "waivers") and not file.stem.startswith(("ownership_tags", "raw_copies")):
            file.unlink()
    return pack


def test_pages_of_rules_that_are_gone_are_taken_away(tmp_path: Path, small: Path, opa: Path) -> None:
    """And whatever else lies in the folder stays."""
    folder = tmp_path / "docs"
    shutil.copytree(DOCS, folder)
    (folder / "notes.md").write_text("# Ours\n", encoding="utf-8")
    written = write_handbook(folder, small, opa)

    names = {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")}
    assert [rule.id for rule in written] == [RULE, "keeping/raw_copies", "waivers/waiver_holds"]
    assert names == {"notes.md", INDEX, *(page_name(rule.id) for rule in written)}


def test_sources_are_links_only_where_they_are_beside_the_pages(tmp_path: Path, small: Path, opa: Path) -> None:
    """A page elsewhere says the name of the file, not a way through this machine."""
    inside = pages(small.parent / "docs" / "rules", small, opa)[page_name(RULE)]
    outside = pages(tmp_path / "elsewhere", small, opa)[page_name(RULE)]

    assert f"[policies/{RULE}.rego](../../../policies/{RULE}.rego)" in inside
    assert f"- Source: `policies/{RULE}.rego`, tested by `policies/{RULE}_test.rego`" in outside
    assert str(tmp_path) not in inside + outside


@pytest.mark.parametrize(
    ("passes", "refused", "message"),
    [
        ("", "refused := fixture.facts", "names no documents"),
        ("passes := fixture.facts", "", "names no documents"),
        ("passes := fixture.facts", "refused := fixture.facts", "should refuse passes"),
        ("passes := untagged", "refused := untagged", "should pass cost/ownership_tags is refused"),
        ("passes := 1 +", "refused := 2", "could not be read"),
    ],
)
def test_an_example_shows_what_it_should(small: Path, opa: Path, passes: str, refused: str, message: str) -> None:
    """One that is missing, or that the rule judges otherwise, is an error and no page."""
    text = f"""package slidebox.cost.ownership_tags_test

import data.slidebox.lib.fixture_test as fixture

untagged := fixture.with_location(fixture.at_bench, {{"tags": {{"owner": ""}}}})

{passes}

{refused}
"""
    (small / f"{RULE}_test.rego").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableError, match=message):
        pages(small, small, opa)


OWN = """\
# METADATA
# scope: package
# title: Nothing lies on the old shelf
# description: The old shelf stands under a water pipe.
# custom:
#   id: lab/old_shelf
#   severity: warning
#   scope: [location]
#   gates: [plan]
#   waivable: true
#   reads: [location.store]
#   cure: Choose another store.
#   references: [The lab]
package lab.old_shelf

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

location_findings contains finding if {
	some id, location in input.locations
	location.store == "shelf"
	finding := judge.finding(info, id, "it would lie on the old shelf")
}
"""
OWN_TEST = """\
package lab.old_shelf_test

import data.slidebox.lib.fixture_test as fixture

passes := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_shelf]}])

refused := fixture.facts
"""


def test_a_labs_own_rules_have_pages_too(small: Path, opa: Path) -> None:
    """With examples where its test names them, and without where it has none."""
    own = small.parent / "rules"
    own.mkdir()
    (own / "old_shelf.rego").write_text(OWN, encoding="utf-8")
    plain = pages(small.parent / "docs", small, opa, own)["lab/old_shelf.md"]
    (own / "old_shelf_test.rego").write_text(OWN_TEST, encoding="utf-8")
    with_examples = pages(small.parent / "docs", small, opa, own)["lab/old_shelf.md"]

    assert "the lab’s own" in plain
    assert "## Passes" not in plain
    assert with_examples.startswith(plain.partition("- Source")[0])
    assert "[rules/old_shelf.rego](../../rules/old_shelf.rego)" in with_examples
    assert f"locations: {{nf1/raw_images@mid@shelf: {ABSENT}}}" in with_examples
    assert f"locations: {{nf1/raw_images@mid@shelf: {PRESENT}}}" in with_examples
    assert "[lab/old_shelf] nf1/raw_images@mid@shelf: it would lie on the old shelf." in with_examples


@pytest.mark.usefixtures("engines")
def test_the_verb_writes_the_pages(tmp_path: Path) -> None:
    """`slidebox rules --markdown DIR`, for people and programs."""
    words = ["--lab", str(REPOSITORY), "rules", "--json", "--markdown", str(tmp_path / "pages")]
    result = CliRunner().invoke(cli.slidebox, words, standalone_mode=False)

    assert result.exception is None, result.output
    assert all((tmp_path / "pages" / page_name(rule)).is_file() for rule in json.loads(result.stdout))
