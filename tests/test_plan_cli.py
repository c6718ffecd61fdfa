"""`slidebox plan` on the example lab, with the real rules."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slidebox import facts, labfile
from slidebox.cli import slidebox
from slidebox.model import Candidate, Lab, Level, Plan, Severity, System, Term
from slidebox.plan import make_plan, readers_of
from slidebox.policy import PolicyJudge, Rules
from slidebox.systems import load_systems

ROOT = Path(__file__).parents[1]
NOW = dt.date(2026, 11, 24)

pytestmark = pytest.mark.usefixtures("engines")

RETINA = """\
project: retina
title: Retina
owner: ann
budget: {monthly: 5, alerts: [80], notify: [ann]}
audience: {reader: [AUDIENCE]}
datasets:
  raw_images: {size: 3 GB, files: 40, sensitivity: identifiable, patient_derived: true}
"""
LAB = """\
lab: small
title: Small lab
people: {ann: {name: Ann}}
stores:
  bench: {system: internal_drive, kind: drive, path: /mnt/bench, encrypted: true}
  shelf: {system: external_drive, kind: drive, path: /mnt/shelf, encrypted: true}
  vault:
    {system: local_cluster, kind: drive, path: /mnt/vault, encrypted: true, site: basement, data_use_agreement: true}
  zenodo: {system: zenodo}
"""


@pytest.fixture(scope="module")
def lab() -> Lab:
    """The repository's own lab."""
    return labfile.load(ROOT)


@pytest.fixture(scope="module")
def rules(opa: Path) -> Iterator[Rules]:
    """The real rules."""
    with Rules(opa=opa) as started:
        yield started


@pytest.fixture(scope="module")
def plan(lab: Lab, rules: Rules) -> Plan:
    """The plan of the repository's own lab, explained."""
    return plan_of(lab, rules, explain=True)


def plan_of(lab: Lab, rules: Rules, *, explain: bool = False) -> Plan:
    """A plan by the real rules."""
    systems = load_systems(lab.file.playbook)
    return make_plan(lab, systems, PolicyJudge(rules, lab, systems, NOW), now=NOW, explain=explain)


def run(*words: str, lab: Path = ROOT, width: int = 80) -> Result:
    """Run the command line in a terminal of some width."""
    line = ["--lab", str(lab), "plan", *words]
    return CliRunner(env={"COLUMNS": str(width)}).invoke(slidebox, line, standalone_mode=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small lab with one identifiable dataset."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "lab.yaml").write_text(LAB)
    (tmp_path / "projects" / "retina.yaml").write_text(RETINA.replace("AUDIENCE", "ann"))
    return tmp_path


def test_every_dataset_of_the_example_lab_has_a_place_in_every_term(plan: Plan) -> None:
    """The example lab is a good one."""
    assert [(t.dataset, t.term) for t in plan.terms if not t.placements] == []
    assert [str(f) for f in plan.findings if f.severity is Severity.ERROR] == []


def test_the_planner_never_places_where_the_real_rules_refuse(lab: Lab, plan: Plan, rules: Rules) -> None:
    """Each placement, asked about again by itself, is allowed."""
    systems = load_systems(lab.file.playbook)
    judge = PolicyJudge(rules, lab, systems, NOW)
    placed = [p.candidate for entry in plan.terms for p in entry.placements]
    said = judge.candidates(placed)
    assert [str(f) for c in placed for f in said[c.id] if f.severity is Severity.ERROR] == []


def test_the_plans_readers_are_those_the_rules_are_told(lab: Lab) -> None:
    """For every dataset, term and store of the example lab."""
    systems = load_systems(lab.file.playbook)
    for project in lab.projects.values():
        for level in project.datasets:
            for candidate in (
                Candidate(project.dataset_id(level), term, store) for term in Term for store in lab.file.stores
            ):
                told = {reader.principal for reader in facts.readers(lab, systems, candidate)}
                assert told == set(readers_of(lab, systems, candidate))


def test_every_store_that_was_not_chosen_has_a_reason(lab: Lab, plan: Plan) -> None:
    """A rule's own message, or what comes before it."""
    for entry in plan.terms:
        named = [p.candidate.store for p in entry.placements] + [r.candidate.store for r in entry.rejections]
        assert sorted(lab.file.stores) == sorted(named)
        assert all(r.reason for r in entry.rejections)


def test_the_labs_raw_images_have_two_copies_in_two_failure_domains_from_mid_term(lab: Lab, plan: Plan) -> None:
    """What is not of public origin is kept twice."""
    seen = 0
    for project in lab.projects.values():
        raw = project.datasets.get(Level.RAW_IMAGES)
        if raw is None or raw.origin == "public" or raw.keep == "stream":
            continue
        for term in (Term.MID, Term.LONG):
            places = plan.of(f"{project.project}/raw_images", term).placements
            assert len({lab.failure_domain(p.candidate.store) for p in places}) >= 2
            seen += 1
    assert seen > 0


def test_streamed_data_of_public_origin_are_deleted(lab: Lab, plan: Plan) -> None:
    """Mitocheck keeps no raw bytes in any term."""
    stores = {p.candidate.store for term in Term for p in plan.of("mitocheck/raw_images", term).placements}
    assert {System.DELETION} == {lab.file.stores[store].system for store in stores}


def test_identifiable_data_are_never_in_a_public_repository(lab: Lab, plan: Plan) -> None:
    """And anyone is never their reader."""
    for project in lab.projects.values():
        for level, dataset in project.datasets.items():
            if dataset.sensitivity == "identifiable":
                for term in Term:
                    places = plan.of(project.dataset_id(level), term).placements
                    assert not [p for p in places if "anyone" in p.readers]


def test_identifiable_data_declared_public_find_no_place(small: Path) -> None:
    """The plan is refused with the reason, and exits with 1."""
    (small / "projects" / "retina.yaml").write_text(RETINA.replace("AUDIENCE", "public"))
    done = run("--json", lab=small)
    assert done.return_value == 1
    terms = json.loads(done.stdout)["terms"]
    assert [t["placements"] for t in terms] == [[], [], []]
    assert all("identifiable" in f["rule"] for t in terms for f in t["findings"][:1])
    shown = run(lab=small)
    assert shown.return_value == 1
    assert "nowhere" in shown.stdout
    assert "identifiable" in shown.stdout


def test_a_good_plan_exits_with_0_and_shows_the_whole_idea(small: Path) -> None:
    """Places, copies, readers, costs, reasons and totals; nothing wider than 80 columns."""
    done = run("retina", "--explain", lab=small)
    assert done.return_value == 0, done.output
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    text = " ".join(run("retina", "--explain", lab=small, width=400).stdout.split())
    for part in (
        "retina: Retina (owner ann)",
        "raw ▸ short bench 1 ann 0.05 once 0.05 1.24 images mid bench 2 same 0.09 once shelf",
        "first choice of the playbook for raw images in the mid term. "
        "Cost: 3 GB × $15 per TB = $0.05 once (Backblaze, cost of hard drives, 2022-11-29)",
        "copy 2, since raw images need 2 copies in 2 failure domains in the mid term",
        "zenodo has no data-use agreement",
        "1 dataset: $0 a month now, $0.05 over 1 year, $1.24 over 5 years.",
    ):
        assert part in text


def test_what_is_said_of_a_project_and_of_no_place_is_counted(small: Path) -> None:
    """The project keeps no metadata: `check` says so at length, and the plan that there is something to look at."""
    said = " ".join(run("retina", lab=small, width=200).stdout.split())
    assert "1 finding about a project as such, which no place is refused for: slidebox check shows them." in said
    shown = CliRunner().invoke(slidebox, ["--lab", str(small), "check", "--json"], standalone_mode=False)
    about = {finding["subject"]: finding["rule"] for finding in json.loads(shown.stdout)["findings"]}
    assert about["retina"] == "keeping/metadata_persists"


def test_json_is_the_same_bytes_every_time(small: Path) -> None:
    """Same input, same output."""
    assert run("--json", "--explain", lab=small).stdout == run("--json", "--explain", lab=small).stdout


def test_one_term_alone_can_be_shown(small: Path) -> None:
    """The others are left out."""
    document = json.loads(run("--json", "--term", "mid", lab=small).stdout)
    assert [term["term"] for term in document["terms"]] == ["mid"]


def test_the_example_lab_plans_from_the_command_line() -> None:
    """All projects, and exit code 0."""
    done = run()
    assert done.return_value == 0, done.output
    assert "over 5 years" in done.stdout


def test_many_projects_are_shown_without_reasons_unless_asked(small: Path) -> None:
    """A lab with one project, or one project named, has them; several have a hint instead."""
    assert "Why" in run(lab=small).stdout
    second = RETINA.replace("project: retina", "project: second").replace("AUDIENCE", "ann")
    (small / "projects" / "second.yaml").write_text(second)
    together = run(lab=small).stdout
    assert "first choice" not in together
    assert "slidebox plan PROJECT" in together
    assert "first choice" in run("second", lab=small).stdout
    assert "first choice" in run("--explain", lab=small).stdout


def test_a_check_says_first_what_refuses_most_and_each_dataset_once(small: Path) -> None:
    """One line for the stores and terms of a dataset that are refused for the same reason."""
    (small / "projects" / "retina.yaml").write_text(RETINA.replace("AUDIENCE", "public"))
    line = ["--lab", str(small), "check"]
    done = CliRunner(env={"COLUMNS": "400"}).invoke(slidebox, line, standalone_mode=False)
    assert done.return_value == 1
    assert done.stdout.startswith("error: Identifiable data are never public")
    for words in (
        "    projects/retina.yaml:5:1 retina/raw_images in bench, shelf, vault (short)\n"
        "      by: retina/raw_images is declared public in the short term\n",
        "    projects/retina.yaml:5:1 retina/raw_images in zenodo (short, mid, long)\n"
        "      by: zenodo publishes what it holds\n",
        "    projects/retina.yaml:7:39 retina/raw_images in zenodo (short, mid, long)\n",
    ):
        assert words in done.stdout
