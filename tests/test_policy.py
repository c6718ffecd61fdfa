"""The rules through OPA: whole answers, or an error that says why there is none."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from slidebox import cli, labfile
from slidebox.errors import UnreadableError
from slidebox.facts import plan_facts
from slidebox.model import Candidate, Finding, Lab, Severity, Term
from slidebox.policy import PolicyJudge, Rules, list_rules, pack_dir
from slidebox.policy.answers import findings_of
from slidebox.policy.program import find_opa
from slidebox.systems import Systems, load_systems

from .conftest import lives

REPOSITORY = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 24)
FINDING = {
    "rule": "topic/rule",
    "severity": "error",
    "subject": "nf1/raw_images",
    "message": "it is so",
    "path": [],
    "cure": "",
    "wants": "",
    "waived": "",
}


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The built-in rules, running."""
    with Rules(opa=opa) as running:
        yield running


@pytest.fixture(scope="module")
def lab() -> Lab:
    """The example lab."""
    return labfile.load(REPOSITORY)


@pytest.fixture(scope="module")
def systems(lab: Lab) -> Systems:
    """Table 1 for the example lab."""
    return load_systems(lab.file.playbook)


def pack(folder: Path, text: str) -> Path:
    """A pack whose rules are this text."""
    (folder / "main.rego").write_text(text, encoding="utf-8")
    return folder


def test_findings_come_back_whole(rules: Rules, lab: Lab, systems: Systems) -> None:
    """Identifiable images on a public repository are refused, with reader, path and cure."""
    facts = plan_facts(lab, systems, [Candidate("retina-clinic/raw_images", Term.LONG, "zenodo")], now=TODAY)
    found = [f for f in rules.ask(facts, "location") if f.rule == "sharing/identifiable_never_public"]

    assert found == [
        Finding(
            rule="sharing/identifiable_never_public",
            severity=Severity.ERROR,
            subject="retina-clinic/raw_images@long@zenodo",
            message="anyone can read identifiable data; it is declared identifiable",
            path=("zenodo publishes what it holds",),
            cure="Name the people in the audience, without `public` and `public_from`, "
            "or record how it was de-identified.",
        )
    ]


def test_scopes_are_parts_of_the_whole(rules: Rules, lab: Lab, systems: Systems) -> None:
    """Location and dataset findings together are all findings."""
    facts = plan_facts(lab, systems, [Candidate("retina-clinic/raw_images", Term.LONG, "zenodo")], now=TODAY)
    parts = {*rules.ask(facts, "location"), *rules.ask(facts, "dataset")}

    assert parts == set(rules.ask(facts))
    assert set(rules.ask(facts, "alone")) <= parts
    together = {f.rule for f in parts - set(rules.ask(facts, "alone"))}
    assert "keeping/raw_copies" in together
    assert {rule.id for rule in list_rules() if "dataset" in rule.scope} >= together


@pytest.mark.incomplete_facts
@pytest.mark.parametrize("facts", [{}, {"locations": []}, {"datasets": 7}])
def test_a_document_without_its_parts_is_refused(rules: Rules, facts: dict[str, Any]) -> None:
    """Nothing to read is not nothing to say."""
    found = rules.ask(facts)

    assert {rule.id for rule in list_rules() if rule.severity is Severity.ERROR} <= {f.rule for f in found}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        "none",
        True,
        [None],
        [{}],
        [{**FINDING, "extra": 1}],
        [{k: v for k, v in FINDING.items() if k != "wants"}],
        [{**FINDING, "severity": "grave"}],
        [{**FINDING, "path": "a"}],
        [{**FINDING, "path": [1]}],
        [{**FINDING, "message": None}],
        [{**FINDING, "subject": ""}],
    ],
)
def test_nonsense_is_not_an_answer(answer: Any) -> None:
    """Anything but well-formed findings is an error, never silence."""
    with pytest.raises(UnreadableError):
        findings_of(answer)


def test_findings_are_in_a_fixed_order() -> None:
    """Gravest first, then by rule and subject."""
    entries = [{**FINDING, "subject": "b"}, {**FINDING, "severity": "warning"}, {**FINDING, "subject": "a"}]

    assert [(f.severity, f.subject) for f in findings_of(entries)] == [
        (Severity.ERROR, "a"),
        (Severity.ERROR, "b"),
        (Severity.WARNING, "nf1/raw_images"),
    ]


def test_rules_that_do_not_compile_say_where(tmp_path: Path, opa: Path) -> None:
    """The compiler's own words come along."""
    with (
        pytest.raises(UnreadableError, match=r"could not be loaded.*main\.rego:2"),
        Rules(pack(tmp_path, "package main\nx if {"), opa),
    ):
        pass


@pytest.mark.incomplete_facts
def test_a_pack_without_the_entry_has_no_answer(tmp_path: Path, opa: Path) -> None:
    """An undefined rule is not an empty one."""
    with (
        Rules(pack(tmp_path, "package other\n"), opa) as running,
        pytest.raises(UnreadableError, match="does not define"),
    ):
        running.ask({})


@pytest.mark.incomplete_facts
def test_a_failing_builtin_is_an_error(tmp_path: Path, opa: Path) -> None:
    """OPA alone would make the rule undefined."""
    text = 'package main\nfindings contains "x" if 1 / input.zero == 1\n'
    with Rules(pack(tmp_path, text), opa) as running, pytest.raises(UnreadableError, match="refused the question"):
        running.ask({"zero": 0})


def test_a_missing_opa_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OPA nothing is decided."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableError, match="opa was not found"):
        find_opa({"PATH": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)})
    with pytest.raises(UnreadableError, match="SLIDEBOX_OPA"):
        find_opa({"SLIDEBOX_OPA": str(tmp_path / "opa")})
    with pytest.raises(UnreadableError), Rules(opa=tmp_path / "opa"):
        pass


@pytest.mark.incomplete_facts
def test_opa_dying_in_the_middle_is_an_error(opa: Path) -> None:
    """A question that was not answered is not answered by 'no findings'."""
    with Rules(opa=opa) as running:
        assert running._opa is not None
        os.kill(running._opa._process.pid, signal.SIGKILL)
        running._opa._process.wait(5)
        with pytest.raises(UnreadableError, match="OPA stopped"):
            running.ask({})


@pytest.mark.incomplete_facts
def test_rules_outside_their_context_are_not_running() -> None:
    """Asking before the beginning or after the end is an error."""
    with pytest.raises(UnreadableError, match="not running"):
        Rules().ask({})


def test_only_we_can_reach_opa(opa: Path) -> None:
    """The socket lies in a folder that nobody else can enter, and OPA sees none of our environment."""
    with Rules(opa=opa) as running:
        assert running._opa is not None
        folder = running._opa._folder
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        environment = Path(f"/proc/{running._opa._process.pid}/environ")
        if environment.exists():
            names = {entry.partition(b"=")[0] for entry in environment.read_bytes().split(b"\0") if entry}
            assert names <= {b"PATH", b"PWD", b"GOGC", b"OLDPWD", b"_", b"SHLVL"}
    assert not folder.exists()


def test_opa_ends_when_its_parent_is_killed(opa: Path) -> None:
    """A caller that is killed with -9 leaves no OPA behind."""
    program = (
        "import sys, time, pathlib; from slidebox.policy import Rules\n"
        "with Rules(opa=pathlib.Path(sys.argv[1])) as rules:\n"
        "    print(rules._opa._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(opa)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(child)


def test_the_judge_answers_every_candidate(rules: Rules, lab: Lab, systems: Systems) -> None:
    """Each candidate has its own findings, or none."""
    judge = PolicyJudge(rules, lab, systems, TODAY)
    good, bad = (Candidate("retina-clinic/raw_images", Term.MID, store) for store in ("shelf", "zenodo"))
    answers = judge.candidates([good, bad])

    assert set(answers) == {good.id, bad.id}
    assert [f for f in answers[good.id] if f.severity is Severity.ERROR] == []
    assert "sharing/identifiable_never_public" in {f.rule for f in answers[bad.id]}


def test_questions_asked_side_by_side_have_the_answers_of_one(
    rules: Rules, lab: Lab, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost or mixed up when many candidates are judged in several questions at once."""
    judge = PolicyJudge(rules, lab, systems, TODAY)
    asked = [
        Candidate(project.dataset_id(level), term, store)
        for project in lab.projects.values()
        for level in project.datasets
        for term in Term
        for store in lab.file.stores
    ]
    answers = []
    for at_once in (1, 4):
        monkeypatch.setattr("slidebox.policy.judge.AT_ONCE", at_once)
        answers.append(judge.candidates(asked))

    assert len(asked) > 4 * 50
    assert answers[0] == answers[1]
    assert set(answers[0]) == {candidate.id for candidate in asked}


def test_the_judge_wants_another_copy(rules: Rules, lab: Lab, systems: Systems) -> None:
    """One copy of resting raw images is one too few; two in two domains are enough."""
    judge = PolicyJudge(rules, lab, systems, TODAY)
    raw = "nf1-schwann/raw_images"
    one = judge.chosen([(raw, Term.MID, (Candidate(raw, Term.MID, "bench"),))])
    same = judge.chosen([(raw, Term.MID, tuple(Candidate(raw, Term.MID, s) for s in ("bench", "bench-s3")))])
    two = judge.chosen([(raw, Term.MID, tuple(Candidate(raw, Term.MID, s) for s in ("bench", "shelf")))])

    assert [f.wants for f in one[raw, Term.MID]] == ["another_copy"]
    assert [f.wants for f in same[raw, Term.MID]] == ["another_copy"]
    assert two == {(raw, Term.MID): ()}


def test_the_judge_tells_terms_apart(rules: Rules, lab: Lab, systems: Systems) -> None:
    """A finding about one term is not one about another."""
    judge = PolicyJudge(rules, lab, systems, TODAY)
    raw = "nf1-schwann/raw_images"
    said = judge.chosen([(raw, term, (Candidate(raw, term, "bench"),)) for term in Term])

    assert {term.value: len(findings) for (_, term), findings in said.items()} == {"short": 0, "mid": 1, "long": 1}


CHOSEN = [
    ("nf1-schwann/raw_images", Term.MID),
    ("nf1-schwann/raw_images", Term.LONG),
    ("nf1-schwann/segmentation_masks", Term.MID),
    ("retina-clinic/segmentation_masks", Term.MID),
]
NF1 = CHOSEN[:3]


@pytest.mark.parametrize(
    ("subject", "severity", "concerned"),
    [
        ("nf1-schwann/raw_images", "warning", CHOSEN[:2]),
        ("nf1-schwann/raw_images@long", "warning", CHOSEN[1:2]),
        ("nf1-schwann/raw_images@mid@bench", "error", CHOSEN[:1]),
        ("retina-clinic/raw_images", "error", []),
        ("nf1-schwann", "error", NF1),
        ("nf1-schwann", "warning", []),
        ("ada", "error", CHOSEN),
        ("ada", "warning", []),
        ("service:nobody", "error", None),
        ("facts", "error", CHOSEN),
        ("elsewhere", "error", None),
        ("elsewhere/raw_images", "warning", None),
    ],
)
def test_the_judge_gives_a_finding_to_all_that_it_concerns(
    tmp_path: Path, opa: Path, lab: Lab, systems: Systems, subject: str, severity: str, concerned: Any
) -> None:
    """A dataset's to its terms, a refused project's to all that it has; what belongs to no question is not dropped."""
    person = next(iter(lab.file.people))
    said = json.dumps({**FINDING, "subject": person if subject == "ada" else subject, "severity": severity})
    chosen: list[tuple[str, Term, tuple[Candidate, ...]]] = [
        (dataset, term, (Candidate(dataset, term, "bench"),)) for dataset, term in CHOSEN
    ]
    with Rules(pack(tmp_path, f"package main\ndataset_findings contains {said}\n"), opa) as running:
        judge = PolicyJudge(running, lab, systems, TODAY)
        if concerned is None:
            with pytest.raises(UnreadableError, match="not asked about"):
                judge.chosen(chosen)
        else:
            assert [key for key, findings in judge.chosen(chosen).items() if findings] == concerned


def test_a_rule_that_speaks_of_another_candidate_is_an_error(
    tmp_path: Path, opa: Path, lab: Lab, systems: Systems
) -> None:
    """An answer that belongs to no question is not dropped."""
    text = f"package main\nlocation_findings contains {json.dumps({**FINDING, 'subject': 'elsewhere'})}\n"
    with Rules(pack(tmp_path, text), opa) as running, pytest.raises(UnreadableError, match="not asked about"):
        PolicyJudge(running, lab, systems, TODAY).candidates([Candidate("nf1-schwann/raw_images", Term.MID, "bench")])


# The catalogue


def test_every_rule_file_is_a_rule_of_its_own_name_with_a_test_beside_it() -> None:
    """policies/<topic>/<rule>.rego says the id topic/rule, in the package of its place."""
    files = sorted(
        path.relative_to(pack_dir()).with_suffix("")
        for path in pack_dir().glob("*/*.rego")
        if path.parent.name != "lib" and not path.stem.endswith("_test")
    )

    assert [str(path) for path in files] == [rule.id for rule in list_rules()]
    for path in files:
        assert (pack_dir() / f"{path}_test.rego").is_file()
        # Waivers are judged by a rule that the others are not collected with: it looks at all of them.
        above = "" if path.parent.name == "waivers" else "slidebox."
        package = f"package {above}{path.parent}.{path.name}\n"
        assert package in (pack_dir() / f"{path}.rego").read_text(encoding="utf-8")


@pytest.mark.incomplete_facts
def test_every_rule_is_asked(rules: Rules) -> None:
    """A rule in its place is collected: an empty document makes each of them speak."""
    assert {f.rule for f in rules.ask({})} == {rule.id for rule in list_rules()}


def test_a_pack_that_cannot_be_read_has_no_list(tmp_path: Path, opa: Path) -> None:
    """Broken Rego, no rules and rules without a title are errors."""
    with pytest.raises(UnreadableError, match="could not be loaded"):
        list_rules(pack(tmp_path, "package x\nx if {"), opa)
    with pytest.raises(UnreadableError, match="no answer to main/catalogue"):
        list_rules(pack(tmp_path, "package x\n"), opa)
    with pytest.raises(UnreadableError, match="the rule a/b does not say its title"):
        list_rules(pack(tmp_path, 'package main\ncatalogue contains {"id": "a/b", "description": "No."}\n'), opa)


def test_a_rule_that_says_nothing_about_itself_is_an_error(tmp_path: Path, opa: Path) -> None:
    """A file among the rules that no gate would ask is not left out in silence."""
    (tmp_path / "sharing").mkdir()
    (tmp_path / "sharing" / "mute.rego").write_text("package slidebox.sharing.mute\n", encoding="utf-8")
    with pytest.raises(UnreadableError, match="the rule sharing/mute says nothing about itself"):
        list_rules(pack(tmp_path, "package main\ncatalogue := []\n"), opa)


# The Rego itself


@pytest.mark.parametrize("words", [["fmt", "--list", "--fail"], ["check", "--strict"]])
def test_the_rego_is_formatted_and_strict(opa: Path, words: list[str]) -> None:
    """`opa fmt` and `opa check --strict`; `make test` runs `opa test` and its coverage beside these tests."""
    done = subprocess.run([str(opa), *words, str(pack_dir())], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_line_of_rego_is_too_long() -> None:
    """120 characters, as everywhere; a test may say its sentence whole."""
    long = [
        f"{path}:{number}"
        for path in pack_dir().rglob("*.rego")
        if path.name == "fixture_test.rego" or not path.name.endswith("_test.rego")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line.replace("\t", "    ")) > 120
    ]

    assert long == []


# The verbs


def run(*words: str) -> tuple[int, str]:
    """Exit code and standard output of a verb."""
    result = CliRunner().invoke(cli.slidebox, ["--lab", str(REPOSITORY), *words], standalone_mode=False)
    assert result.exception is None, result.output
    return result.return_value, result.stdout


@pytest.mark.usefixtures("engines")
def test_the_example_lab_passes_with_honest_warnings() -> None:
    """`slidebox check` refuses nothing in the example lab and says what its stores lack."""
    code, said = run("check", "--json")
    document = json.loads(said)

    assert (code, document["errors"]) == (0, 0)
    assert {f["severity"] for f in document["findings"]} == {"warning"}
    assert "protection/encrypted_at_rest" in {f["rule"] for f in document["findings"]}


@pytest.mark.usefixtures("engines")
def test_a_public_audience_for_identifiable_data_is_refused(tmp_path: Path) -> None:
    """The retina project declared for the public is refused by name, with the cure."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text((REPOSITORY / "lab.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    text = (REPOSITORY / "projects" / "retina-clinic.yaml").read_text(encoding="utf-8")
    changed = text.replace("\naudience:\n", "\npublic_from: short\naudience:\n", 1)
    assert changed != text
    (tmp_path / "projects" / "retina-clinic.yaml").write_text(changed, encoding="utf-8")
    result = CliRunner().invoke(cli.slidebox, ["--lab", str(tmp_path), "check"], standalone_mode=False)

    assert result.return_value == 1
    assert "sharing/identifiable_never_public" in result.stdout
    assert "Name the people in the audience" in result.stdout


@pytest.mark.usefixtures("engines")
def test_rules_are_listed_for_people_and_programs() -> None:
    """`slidebox rules` has every rule, in a table and as JSON."""
    rules = list_rules()
    assert {rule["id"] for rule in json.loads(run("rules", "--json")[1])} == {rule.id for rule in rules}
    shown = run("rules")[1]
    assert all(f"\n{rule.id.partition('/')[2]} " in shown for rule in rules)
    assert all(f"{rule.id.partition('/')[0]}/\n" in shown for rule in rules)
