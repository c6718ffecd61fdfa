"""Reports: the same findings in each format, whole, whatever their text is."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt

from slidebox.labfile.positions import Position
from slidebox.model import Finding, Gate, Severity, Term
from slidebox.policy import RuleInfo
from slidebox.report import Change, Located, Report, document, junit, markdown, sarif, text
from slidebox.report.changes import State
from slidebox.report.found import ordered, visible
from slidebox.report.markdown import LARGEST, MARK, escape

SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = Draft4Validator(SCHEMA)

SAID = st.text(st.characters(), min_size=1, max_size=60)
Words = tuple[str, str, str, str]
NASTY = (
    '"><script>alert(1)</script>',
    "a | b || c",
    "`code` **bold** _it_ ~~no~~ [x](https://evil.example) ![i](j) <!-- hidden -->",
    "@everyone look at #1 and www.evil.example or https://evil.example",
    "\x1b[31mred\x1b[0m\rgone\nnext\ttab\x00",
    "]]> &amp; &lt;",
    "\u202eright to left",
    "\\ \\\\ \\| trailing \\",
    "    four spaces",
    "1. not a list\n# not a heading\n- not a list",
    "Größe → ∞ 🧫",
    "::error::not a workflow command",
)


def info(rule: str, **more: Any) -> RuleInfo:
    """A rule that says all it has to about itself."""
    said: dict[str, Any] = {
        "id": rule,
        "title": f"Title of {rule}",
        "description": f"Description of {rule}.",
        "severity": Severity.ERROR,
        "scope": ("dataset",),
        "gates": (Gate.PLAN,),
        "waivable": True,
        "reads": ("dataset.sensitivity",),
        "cure": "Mend it.",
        "references": ("Playbook, section Origin",),
    }
    names = {field.name for field in dataclasses.fields(RuleInfo)}
    return RuleInfo(**{name: value for name, value in (said | more).items() if name in names})


def found(message: str = "anyone can read it", line: int = 7, **more: Any) -> Located:
    """A finding at a line of a project's file."""
    said: dict[str, Any] = {
        "rule": "sharing/never",
        "severity": Severity.ERROR,
        "subject": "retina/raw_images@short@bench",
        "cure": "Take it away.",
    }
    return Located(Finding(message=message, **(said | more)), Position("projects/retina.yaml", line, 3))


def report(*located: Located, **more: Any) -> Report:
    """A report about two rules."""
    said: dict[str, Any] = {
        "lab": "small",
        "gate": Gate.PLAN,
        "what": "1 project",
        "rules": (info("keeping/two"), info("sharing/never")),
    }
    return Report(found=ordered(located), **(said | more))


EXAMPLE = report(
    found(path=("audience of retina", "public")),
    found(subject="retina/raw_images@mid@bench", path=("audience of retina", "public")),
    found("it may cost much", rule="plan.other", severity=Severity.WARNING, cure=""),
    found("one copy", rule="keeping/two", subject="retina/raw_images", waived="until 2027-01-01 by ann: new disk"),
)
CHANGED = report(
    found(),
    base="main",
    changes=(
        Change(
            "retina/raw_images",
            State(((Term.SHORT, ("bench",)), (Term.MID, ("bench",))), frozenset({"person:ann"}), 1.0),
            State(((Term.SHORT, ("bench", "shelf")), (Term.MID, ("bench",))), frozenset({"anyone"}), 3.5),
        ),
        Change("retina/metadata", None, State(((Term.SHORT, ("bench",)),), frozenset({"person:ann"}), 0.0)),
    ),
)


def seen(page: str) -> _Seen:
    """What a reader of a Markdown page sees."""
    reader = _Seen()
    reader.feed(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(page))
    reader.close()
    return reader


def shown(page: str) -> list[str]:
    """The text of every cell and line that a reader of a Markdown page sees."""
    return [" ".join(cell.split()) for row in seen(page).rows for cell in row]


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.links: set[str] = set()
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}
        if tag in ("tr", "p", "li", "summary", "h3", "h4"):
            self.rows.append([""])
        elif tag in ("td", "th", "br"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1][-1] += data
        if self.tags[-1:] != ["code"]:
            self.pieces.append(data)


def squeezed(words: str) -> str:
    """As HTML shows blanks."""
    return " ".join(visible(words).split())


# SARIF


@pytest.mark.parametrize("case", [EXAMPLE, CHANGED, report()])
def test_sarif_is_valid_by_the_official_schema(case: Report) -> None:
    """SARIF 2.1.0, Errata 01."""
    log = json.loads(json.dumps(sarif(case, "0.1.0")))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []


def test_the_schema_refuses_what_is_not_sarif() -> None:
    """The validator is awake."""
    log = sarif(EXAMPLE, "0.1.0")
    log["runs"][0]["results"][0]["level"] = "grave"
    assert list(VALIDATOR.iter_errors(log)) != []


def test_sarif_says_the_rules_with_help_and_level() -> None:
    """Built-in rules have a page; what the planner itself says has an id; a lab's own rule has no page of ours."""
    case = report(found(rule="plan.no_store"), rules=(info("sharing/never"), info("lab/ours")))
    rules = {rule["id"]: rule for rule in sarif(case, "0.1.0")["runs"][0]["tool"]["driver"]["rules"]}
    assert set(rules) == {"sharing/never", "lab/ours", "plan.no_store"}
    assert rules["sharing/never"]["helpUri"].endswith("docs/rules/sharing/never.md")
    assert rules["sharing/never"]["defaultConfiguration"] == {"level": "error"}
    assert "Cure: Mend it." in rules["sharing/never"]["help"]["text"]
    assert "helpUri" not in rules["lab/ours"]


def test_sarif_results_point_to_their_rule_and_line() -> None:
    """Relative to the repository's top, also where the lab is a folder in it."""
    run = sarif(dataclasses.replace(EXAMPLE, folder="storage lab/"), "0.1.0")["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "storage%20lab/projects/retina.yaml", "uriBaseId": "%SRCROOT%"}
        assert place["region"] == {"startLine": 7, "startColumn": 3}


def test_sarif_shows_the_path_by_which_data_can_be_read() -> None:
    """Step by step."""
    result = next(r for r in sarif(EXAMPLE, "0.1.0")["runs"][0]["results"] if r["ruleId"] == "sharing/never")
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == ["audience of retina", "public"]


def test_sarif_suppresses_what_is_waived_with_its_reason() -> None:
    """And nothing else."""
    results = sarif(EXAMPLE, "0.1.0")["runs"][0]["results"]
    suppressed = {r["ruleId"]: r["suppressions"][0]["justification"] for r in results if "suppressions" in r}
    assert suppressed == {"keeping/two": "Waived until 2027-01-01 by ann: new disk"}


def test_fingerprints_do_not_move_with_the_lines() -> None:
    """A comment above changes nothing; another finding has another one, and two alike are told apart."""

    def prints(*located: Located) -> list[str]:
        results = sarif(report(*located), "0.1.0")["runs"][0]["results"]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]

    assert prints(found(line=7)) == prints(found(line=70))
    assert prints(found("one")) != prints(found("two"))
    assert len(set(prints(found(line=7), found(line=9)))) == 2


# JUnit


def test_junit_has_a_case_for_what_failed_and_for_each_rule_that_passed() -> None:
    """Warnings and what is waived are skipped, with their words."""
    suite = ET.fromstring(junit(EXAMPLE)).find("testsuite")  # noqa: S314 (our own)
    assert suite is not None
    cases = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in suite}
    assert cases == {
        ("sharing/never", "retina/raw_images@short@bench"): ["failure"],
        ("sharing/never", "retina/raw_images@mid@bench"): ["failure"],
        ("plan.other", "retina/raw_images@short@bench"): ["skipped", "system-out"],
        ("keeping/two", "retina/raw_images"): ["skipped", "system-out"],
    }
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "2", "0", "2"]


def test_junit_of_nothing_found_lists_the_rules_that_passed() -> None:
    """One case each, none of them failed."""
    suite = ET.fromstring(junit(report())).find("testsuite")  # noqa: S314 (our own)
    assert suite is not None
    assert [(case.get("classname"), len(case)) for case in suite] == [("keeping/two", 0), ("sharing/never", 0)]


# Markdown


def test_markdown_shows_verdict_findings_and_change() -> None:
    """In that order a reviewer reads: the mark, the verdict, what changes, what is refused."""
    page = markdown(CHANGED)
    assert page.startswith(MARK)
    cells = shown(page)
    for words in (
        "1 project checked at the plan gate: 1 refusal, 0 warnings.",
        "2 datasets changed; +2.50 USD a month.",
        "short: bench → bench, shelf",
        "+ anyone",
        "− person:ann",
        "1.00 → 3.50 (+2.50)",
        "retina/metadata (new)",
        "projects/retina.yaml:7",
        "Cure: Take it away.",
    ):
        assert words in cells, words


def test_markdown_stays_below_the_longest_comment() -> None:
    """What has no room is counted, and every table and fold is closed."""
    many = [found(f"message {n} " + "é→" * 200, subject=f"p{n}/raw_images") for n in range(2000)]
    changes = tuple(Change(f"p{n}/raw_images", None, State((), frozenset(), float(n))) for n in range(3000))
    page = markdown(report(*many, base="main", changes=changes))
    assert len(page) < LARGEST
    assert page.count("<details") == page.count("</details>")
    listed = len(re.findall(r"message \d+ ", page))
    assert f"{2000 - listed:,} more findings" in page
    assert "more datasets" in page


def test_markdown_says_once_what_is_so_of_several_places() -> None:
    """With how many they are and the first of them, so that a comment has room for what is new."""
    many = [found("no log", line=n, severity=Severity.WARNING, subject=f"p{n}/raw_images") for n in range(10, 25)]
    cells = shown(markdown(report(*many, found("one copy", severity=Severity.WARNING))))
    assert cells.count("no log.") == 1
    assert "Warnings: 16" in cells
    at = cells.index("15 places")
    assert cells[at + 1] == "p10/raw_images projects/retina.yaml:10"
    assert cells[at + 10] == "p19/raw_images projects/retina.yaml:19"
    assert cells[at + 11] == "and 5 more"


@pytest.mark.parametrize("words", NASTY)
def test_markdown_mentions_nobody_and_links_nowhere(words: str) -> None:
    """Whatever a finding says, the only links are those to the rules' pages."""
    reader = seen(markdown(report(found(words, path=(words,), cure=words, subject=words))))
    assert reader.links == {"https://github.com/WayScience/slidebox/blob/main/docs/rules/sharing/never.md"}
    assert not {"script", "img", "strong", "em", "s"} & set(reader.tags)
    assert [piece for piece in reader.pieces if re.search(r"[@#]\w", piece)] == []


# Text


def test_text_groups_by_rule_and_says_each_cure_once() -> None:
    """With the place to change; what is waived comes last and apart; the verdict closes."""
    lines = [line.words for line in text(EXAMPLE)]
    whole = "\n".join(lines)
    assert lines[0] == "error: Title of sharing/never [sharing/never]"
    assert whole.count("Cure: Take it away.") == 2
    assert "    projects/retina.yaml:7:3 retina/raw_images in bench (short, mid)" in lines
    assert "      by: audience of retina → public" in lines
    assert whole.index("warning: plan.other") < whole.index("waived: Title of keeping/two")
    assert "waived until 2027-01-01 by ann: new disk" in whole
    assert lines[-1] == "1 project checked at the plan gate: 2 refusals, 1 warning, 1 waived."


def test_text_counts_warnings_where_there_are_many() -> None:
    """Two hundred of them would hide the one refusal; each is still to be had."""
    warnings = [found(f"message {n}", severity=Severity.WARNING, subject=f"retina/level@mid@s{n}") for n in range(30)]
    many = report(found("it is refused", subject="retina/masks"), *warnings)
    brief = [line.words for line in text(many, every=False)]
    assert len(brief) < 20
    assert any("it is refused" in line for line in brief)
    assert any(line.lstrip().startswith("30 ") for line in brief)
    assert not any("message 7" in line for line in brief)
    assert any("message 7" in line for line in (whole.words for whole in text(many)))
    few = report(found("it is refused", subject="retina/masks"), *warnings[:5])
    assert list(text(few, every=False)) == list(text(few))


def test_text_says_what_the_change_does() -> None:
    """Places, readers and money of each dataset that changes."""
    whole = "\n".join(line.words for line in text(CHANGED))
    for words in (
        "Against main: 2 datasets changed, +2.50 USD a month.",
        "short: bench → bench, shelf",
        "can read now: anyone",
        "cannot read any more: person:ann",
        "$1.00 → $3.50 a month (+2.50)",
        "retina/metadata (new)",
    ):
        assert words in whole


def test_text_is_80_columns_wide() -> None:
    """Lines break at words."""
    long = report(found("word " * 60, path=("step " * 30,), cure="cure " * 60))
    assert max(len(line.words) for line in text(long)) <= 80


def test_nothing_found_is_said_in_words() -> None:
    """Never an empty page."""
    assert [line.words for line in text(report())] == [
        "1 project checked at the plan gate: the rules have nothing to say."
    ]


# Any text, in each format


def check_json_and_sarif(words: Words) -> None:
    """Every character comes back."""
    message, subject, step, cure = words
    case = report(found(message, subject=subject, path=(step,), cure=cure, waived=cure))
    (back,) = json.loads(json.dumps(document(case)))["findings"]
    assert (back["message"], back["subject"], back["path"], back["cure"]) == (message, subject, [step], cure)
    assert back["waived"] == cure
    log = json.loads(json.dumps(sarif(case, "0.1.0")))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    (result,) = log["runs"][0]["results"]
    said = result["properties"]
    assert (said["message"], said["subject"], said["path"], said["cure"]) == (message, subject, [step], cure)
    assert message in result["message"]["text"]


def check_junit(words: Words) -> None:
    """What XML cannot hold is spelt out, the rest comes back."""
    message, subject, step, cure = words
    raw = junit(report(found(message, subject=subject, path=(step,), cure=cure), rules=())).encode("utf-8")
    failed = ET.fromstring(raw).find("testsuite/testcase")  # noqa: S314 (our own)
    assert failed is not None
    failure = failed.find("failure")
    assert failure is not None
    assert failed.get("name") == visible(subject)
    assert failure.get("message") == visible(message)
    assert all(visible(part) in (failure.text or "") for part in (message, step, cure))


def check_markdown(words: Words) -> None:
    """A reader sees the words that were found, in their cell."""
    message, subject, step, cure = words
    page = markdown(report(found(message, subject=subject, path=(step,), cure=cure)))
    page.encode("utf-8")
    cells = shown(page)
    assert squeezed(subject) in cells
    assert any(cell.startswith(squeezed(message)) for cell in cells)
    assert squeezed(f"By: {step}") in cells
    assert squeezed(f"Cure: {cure}") in cells


def check_text(words: Words) -> None:
    """No line holds a character that a terminal obeys, and every word is there."""
    message, subject, step, cure = words
    lines = [line.words for line in text(report(found(message, subject=subject, path=(step,), cure=cure)))]
    assert all(visible(line) == line for line in lines)
    whole = " ".join(" ".join(lines).split())
    assert all(squeezed(part) in whole for part in (message, step, cure))


CHECKS = (check_json_and_sarif, check_junit, check_markdown, check_text)


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=60, deadline=None)
@given(words=st.tuples(SAID, SAID, SAID, SAID))
def test_any_text_survives(check: Callable[[Words], None], words: Words) -> None:
    """Written and read back, in each format."""
    check(words)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("words", NASTY)
def test_nasty_text_survives(check: Callable[[Words], None], words: str) -> None:
    """The traps by name."""
    check((words, words, words, words))


def test_a_mention_is_parted_from_its_name() -> None:
    """GitHub tells nobody; the reader sees the same."""
    assert escape("@ann #1") == "\\@<!-- -->ann \\#<!-- -->1"
