"""`slidebox check --base`: what a change does, and on which lines its findings are shown."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from slidebox.errors import InputError
from slidebox.starter import CI, starter

from .check_lab import LEVELS, NEVER, PROJECT, answer, commit, edit, git, lab, line_of, open_lab, run

__all__ = ["lab", "open_lab"]

pytestmark = pytest.mark.usefixtures("engines")


@pytest.fixture
def repository_of_lab(lab: Path) -> Path:
    """The starter lab, committed, with raw images that somebody now reads."""
    git(lab, "init", "-q")
    commit(lab)
    edit(lab, "  reader: [analysis]", "  reader: []")
    edit(lab, "    size: 30 MB", "    size: 300 GB")
    return lab


def test_a_change_is_told_dataset_by_dataset(repository_of_lab: Path) -> None:
    """Readers, places and money."""
    document = answer(repository_of_lab, "--base", "HEAD")
    changes = {change["dataset"]: change for change in document["changes"]}
    assert set(changes) == {f"example/{level}" for level in LEVELS}
    assert all(change["readers_lost"] == ["team:analysis"] for change in changes.values())
    assert changes["example/raw_images"]["before"]["places"] == changes["example/raw_images"]["after"]["places"]
    text = run(repository_of_lab, "--base", "HEAD").stdout
    assert "Against HEAD: 4 datasets changed" in text
    assert "cannot read any more: team:analysis" in text
    page = run(repository_of_lab, "--base", "HEAD", "--format", "markdown").stdout
    assert "#### Against <code>HEAD</code>" in page
    assert "− <code>team\\:analysis</code>" in page


def test_a_change_says_what_it_will_cost(repository_of_lab: Path) -> None:
    """Over 1, 5 and 10 years, with the dataset that causes it; in each form that people and programs read."""
    costs = answer(repository_of_lab, "--base", "HEAD")["costs"]
    assert costs["years"] == [1, 5, 10]
    (dataset,) = costs["datasets"]
    assert (dataset["dataset"], dataset["why"][0]) == ("example/single_cell_embeddings", "grew from 30 MB to 300 GB")
    assert dataset["more"] == pytest.approx(costs["whole"]["more"])
    assert all(low <= more <= high for low, more, high in zip(*(dataset[k] for k in _ENDS), strict=True))
    assert "grew from 30 MB to 300 GB" in run(repository_of_lab, "--base", "HEAD").stdout
    assert "#### What it will cost" in run(repository_of_lab, "--base", "HEAD", "--format", "markdown").stdout


_ENDS = ("more_low", "more", "more_high")


def test_the_base_has_prices_of_its_own(lab: Path) -> None:
    """A lab's own price file belongs to its revision: a store that becomes dearer is a change."""
    edit(lab, "stores:", "stores:\n  cloud: {system: cloud, region: us-east-1}", "lab.yaml")
    _own_price(lab, "0.02")
    git(lab, "init", "-q")
    commit(lab)
    assert answer(lab, "--base", "HEAD")["costs"]["datasets"] == []
    _own_price(lab, "much")
    document = answer(lab, "--base", "HEAD")
    assert (document["errors"], "costs" in document) == (0, False)
    assert document["notes"][0].startswith("what the change will cost cannot be said: prices/aws.yaml:")
    assert document["changes"] == []


def _own_price(lab: Path, usd: str) -> None:
    (lab / "prices").mkdir(exist_ok=True)
    (lab / "prices" / "aws.yaml").write_text(
        "provider: aws\ntitle: Amazon S3\nunit: 1 GiB\n"
        'sources: {q: {title: Quote, url: "https://example.org", as_of: 2026-11-01}}\n'
        f"regions: {{us-east-1: {{classes: {{standard: {{storage: {{usd: {usd}, source: q}}}}}}}}}}\n",
        encoding="utf-8",
    )


def test_a_finding_is_shown_on_the_line_that_was_changed(lab: Path) -> None:
    """Of all that can cause it, what the change has touched comes first."""
    edit(lab, "  reader: [analysis]", "  reader: [public]")
    git(lab, "init", "-q")
    commit(lab)
    edit(lab, "    sensitivity: open #", "    sensitivity: identifiable #")

    def lines(*words: str) -> set[int]:
        found = answer(lab, *words)["findings"]
        return {f["line"] for f in found if f["rule"] == NEVER and f["subject"].startswith("example/raw_images")}

    assert lines() == {line_of(lab, "audience:")}
    assert lines("--base", "HEAD") == {line_of(lab, "    sensitivity: identifiable #")}


def test_the_publish_gate_compares_whole_plans(repository_of_lab: Path) -> None:
    """What is not public changes as well."""
    changes = answer(repository_of_lab, "--gate", "publish", "--base", "HEAD")["changes"]
    assert changes == answer(repository_of_lab, "--base", "HEAD")["changes"]


def test_without_a_change_nothing_changes(repository_of_lab: Path) -> None:
    """And that is said."""
    commit(repository_of_lab)
    assert "Against HEAD: no dataset moves" in run(repository_of_lab, "--base", "HEAD").stdout
    assert answer(repository_of_lab, "--base", "HEAD")["changes"] == []


def test_a_base_without_a_lab_makes_everything_new(lab: Path) -> None:
    """The first pull request of a lab."""
    git(lab, "init", "-q")
    git(lab, "commit", "-q", "--allow-empty", "-m", "empty")
    assert {change["kind"] for change in answer(lab, "--base", "HEAD")["changes"]} == {"new"}


def test_a_base_that_is_broken_is_said_and_does_not_stop_its_repair(repository_of_lab: Path) -> None:
    """The findings are complete all the same."""
    edit(repository_of_lab, "owner: owner", "owner: nobody")
    commit(repository_of_lab)
    edit(repository_of_lab, "owner: nobody", "owner: owner")
    document = answer(repository_of_lab, "--base", "HEAD")
    assert document["errors"] == 0
    assert "changes" not in document
    (note,) = document["notes"]
    assert note.startswith("what changes against HEAD cannot be said: projects/example.yaml:9:8: owner:")


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD~99", ""])
def test_a_revision_that_is_not_there_is_an_input_error(repository_of_lab: Path, revision: str) -> None:
    """Nothing that looks like an option is one."""
    result = run(repository_of_lab, f"--base={revision}")
    assert isinstance(result.exception, InputError)
    assert result.stdout == ""


def test_without_a_repository_there_is_no_base(lab: Path) -> None:
    """An input error, too."""
    assert isinstance(run(lab, "--base", "HEAD").exception, InputError)


def test_a_lab_in_a_folder_of_its_repository_has_its_own_base_and_addresses(open_lab: Path) -> None:
    """Locations are relative to the top; other folders do not matter."""
    top = open_lab.parent
    git(top, "init", "-q")
    commit(top)
    result = json.loads(run(open_lab, "--format", "sarif", "--base", "HEAD").stdout)["runs"][0]
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in result["results"]}
    assert uris == {f"lab/{PROJECT}"}
    assert result["properties"]["changes"] == []


def test_the_workflows_own_script_writes_both_documents(
    open_lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As GitHub runs it: refused, with findings to show; and stopped where there are none to show."""
    git(open_lab, "init", "-q")
    base = commit(open_lab)
    steps = yaml.load(starter("kim")[CI[0]], yaml.BaseLoader)["jobs"]["check"]["steps"]  # noqa: S506 (text alone)
    (script,) = (step["run"] for step in steps if step.get("id") == "check")
    output = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    for given in ("", base):
        monkeypatch.setenv("BASE", given)
        output.write_text("")
        subprocess.run(["bash", "-e", "-c", script], cwd=open_lab, check=True)
        assert output.read_text() == "code=1\n"
        assert json.loads((open_lab / "slidebox.sarif").read_text())["runs"][0]["results"]
        assert (open_lab / "slidebox.markdown").read_text().startswith("<!-- slidebox check -->")
    monkeypatch.setenv("SLIDEBOX_OPA", "/bin/false")
    output.write_text("")
    stopped = subprocess.run(["bash", "-e", "-c", script], cwd=open_lab, check=False, capture_output=True)
    assert stopped.returncode == 3
    assert output.read_text() == ""
