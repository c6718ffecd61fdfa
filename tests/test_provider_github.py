"""Repositories at GitHub, made by the provider's own type against a double of its API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github import TOKEN, GitHubDouble, github

from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.provider.github import Repository
from slidebox.provider.github_api import GitHub, connect
from slidebox.provider.github_files import HOOK, LIMITS, PROGRAM, WORKFLOW
from slidebox.provider.resource import Context, PartialFailureError
from slidebox.tokens import Secret
from slidebox.web import Web

CONTEXT = Context("urn:pulumi:first::slidebox::slidebox:github:Repository::metadata@github")
OTHER = Context("urn:pulumi:second::slidebox::slidebox:github:Repository::metadata@github")
FULL = "way-lab/first-metadata"


@pytest.fixture
def double(tmp_path: Path) -> Iterator[GitHubDouble]:
    """A running double."""
    with github(tmp_path / "github") as running:
        yield running


@pytest.fixture
def inputs(double: GitHubDouble) -> dict[str, Any]:
    """A repository of a team and a person."""
    return {
        "location": "first/metadata@short@github",
        "store": "github",
        "endpoint": f"{double.url}/api",
        "account": "way-lab",
        "repository": "first-metadata",
        "description": "First: metadata",
        "public": False,
        "permissions": ["team:imaging=push", "user:cy=pull"],
        "limits": {"max_file_bytes": 100, "max_bytes": 5000},
        "tracked": [],
        "tags": {"lab": "way-lab"},
    }


def kind(_: GitHubDouble, token: str = TOKEN, slept: list[float] | None = None) -> Repository:
    """The type, with a clock that does not wait."""
    waits = slept if slept is not None else []

    def reach(_: str, endpoint: str) -> GitHub:
        return GitHub(Web(endpoint, "GitHub", Secret(token), sleep=waits.append, now=lambda: 1_000.0))

    return Repository(reach)


def test_a_repository_is_made_private_with_its_readers_protection_and_guards(
    double: GitHubDouble, inputs: dict[str, Any]
) -> None:
    """And is found so again, with nothing left to do."""
    checked, failures = kind(double).check(CONTEXT, inputs, {})
    assert failures == []
    assert checked["members"] == "none"
    id_, state = kind(double).create(CONTEXT, checked)
    assert (id_, state["cloneUrl"], state["branch"]) == (FULL, f"{double.url}/{FULL}.git", "main")
    there = double.repositories[FULL]
    assert (there["visibility"], there["description"][:16]) == ("private", "First: metadata ")
    assert double.granted[FULL] == {("team", "imaging"): "push", ("user", "cy"): "pull"}
    assert [rule["type"] for rule in double.rulesets[FULL][0]["rules"]] == ["deletion", "non_fast_forward"]
    assert {PROGRAM, LIMITS, WORKFLOW, HOOK} <= set(double.files(FULL))
    found = kind(double).read(CONTEXT, id_, state, checked)
    assert found is not None
    assert (found.inputs, found.state) == (checked, state)
    calls = len(double.calls)
    assert kind(double).create(CONTEXT, checked) == (id_, state)
    assert not [call for call in double.calls[calls:] if not call.startswith("GET")]


def test_it_is_changed_in_place_and_closed_before_anything_else(double: GitHubDouble, inputs: dict[str, Any]) -> None:
    """Whoever is not declared any more loses access."""
    id_, state = kind(double).create(CONTEXT, inputs)
    opened = {**inputs, "public": True, "permissions": ["user:ada=maintain"]}
    state = kind(double).update(CONTEXT, id_, state, opened)
    assert double.repositories[FULL]["visibility"] == "public"
    assert double.granted[FULL] == {("user", "ada"): "maintain"}
    calls = len(double.calls)
    kind(double).update(CONTEXT, id_, state, inputs)
    changing = [call for call in double.calls[calls:] if not call.startswith("GET")]
    assert changing[0].startswith("PATCH")
    assert double.repositories[FULL]["visibility"] == "private"


@pytest.mark.parametrize("mark", ["Somebody's", "theirs [slidebox 0123456789abcdef]"])
def test_somebody_elses_repository_is_neither_taken_changed_nor_deleted(
    double: GitHubDouble, inputs: dict[str, Any], mark: str
) -> None:
    """Whether it has no mark or another one."""
    id_, state = kind(double).create(OTHER, inputs)
    double.repositories[FULL]["description"] = mark
    for refused in (
        lambda: kind(double).check(CONTEXT, inputs, {}),
        lambda: kind(double).create(CONTEXT, inputs),
        lambda: kind(double).update(CONTEXT, id_, state, inputs),
        lambda: kind(double).delete(CONTEXT, id_, state),
    ):
        with pytest.raises(InputError, match="already exists at GitHub and carries"):
            refused()
    assert FULL in double.repositories


def test_only_an_empty_repository_is_deleted(double: GitHubDouble, inputs: dict[str, Any]) -> None:
    """What was deleted again still counts: it is in the history."""
    id_, state = kind(double).create(CONTEXT, inputs)
    double.commit(FULL, "data/a.csv", b"1", "Data")
    with pytest.raises(InputError, match=r"is not empty \(it has data\), so it is not deleted") as caught:
        kind(double).delete(CONTEXT, id_, state)
    assert "Archive it" in caught.value.cure
    double.git(FULL, "update-ref", "refs/heads/main", "main~1")
    double.git(FULL, "tag", "v1")
    with pytest.raises(InputError, match="it has tags"):
        kind(double).delete(CONTEXT, id_, state)
    double.git(FULL, "tag", "-d", "v1")
    double.commit(FULL, "README.md", b"changed", "Words")
    with pytest.raises(InputError, match="it has commits of others"):
        kind(double).delete(CONTEXT, id_, state)
    double.git(FULL, "update-ref", "refs/heads/main", "main~1")
    kind(double).delete(CONTEXT, id_, state)
    assert FULL not in double.repositories
    assert kind(double).read(CONTEXT, id_, state, inputs) is None
    kind(double).delete(CONTEXT, id_, state)


def test_a_file_of_somebody_else_stays_and_is_said(double: GitHubDouble, inputs: dict[str, Any]) -> None:
    """A hook that the lab has written is the lab's; an old one of slidebox is brought up to date."""
    id_, state = kind(double).create(CONTEXT, inputs)
    double.commit(FULL, HOOK, b"repos: []\n", "Mine")
    said: list[str] = []
    context = replace(CONTEXT, log=lambda level, message: said.append(f"{level}: {message}"))
    kind(double).update(context, id_, state, {**inputs, "limits": {"max_file_bytes": 7}})
    assert said == [f"warning: {HOOK} in {FULL} is somebody else's, and stays as it is."]
    assert b'"max_file_bytes": 7' in double.git(FULL, "show", f"main:{LIMITS}")


def test_a_plan_without_protection_is_said_and_is_no_failure(double: GitHubDouble, inputs: dict[str, Any]) -> None:
    """GitHub's free plan protects public repositories only."""
    double.free = True
    said: list[str] = []
    _, state = kind(double).create(replace(CONTEXT, log=lambda _, message: said.append(message)), inputs)
    assert state["protected"] is False
    assert "Upgrade to GitHub Pro" in said[0]


def test_limits_of_calls_are_waited_for(double: GitHubDouble, inputs: dict[str, Any]) -> None:
    """The primary one until it is over, the secondary one for as long as GitHub says."""
    slept: list[float] = []
    double.refusals = [
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}, {"message": "API rate limit exceeded"}),
        (403, {"retry-after": "7"}, {"message": "You have exceeded a secondary rate limit."}),
        (429, {"retry-after": "9"}, {"message": "You have exceeded a secondary rate limit."}),
    ]
    kind(double, slept=slept).check(CONTEXT, inputs, {})
    assert slept == [30.0, 7.0, 9.0]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((403, {}, {"message": "Resource not accessible by personal access token"}), "Resource not accessible"),
        (
            (422, {}, {"message": "Validation Failed", "errors": [{"field": "name", "code": "missing"}]}),
            "name: missing",
        ),
        (
            (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999"}, {"message": "API rate limit"}),
            "rate limit",
        ),
    ],
)
def test_a_refusal_is_one_sentence(
    double: GitHubDouble, inputs: dict[str, Any], refusal: tuple[int, dict[str, str], Any], said: str
) -> None:
    """In GitHub's own words, and without the token."""
    double.refusals = [refusal]
    with pytest.raises(UnreadableError) as caught:
        kind(double).check(CONTEXT, inputs, {})
    assert said in caught.value.message
    assert TOKEN not in str(caught.value)


def test_a_wrong_token_is_said_and_not_shown(double: GitHubDouble, inputs: dict[str, Any]) -> None:
    """401."""
    with pytest.raises(UnreadableError, match="status 401: Bad credentials") as caught:
        kind(double, token="ghp_wrong").check(CONTEXT, inputs, {})
    assert "ghp_wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"account": "nobody"}, "shows this token no organisation 'nobody'"),
        ({"permissions": ["team:unknown=pull"]}, "GitHub knows no team 'unknown' in way-lab"),
        ({"permissions": ["user:unknown=pull"]}, "GitHub knows no user 'unknown' in way-lab"),
    ],
)
def test_whom_github_does_not_know_is_named(
    double: GitHubDouble, inputs: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    """And what exists already is kept in the state."""
    wrong = {**inputs, **change}
    with pytest.raises(SlideboxError, match=said) as caught:
        kind(double).check(CONTEXT, wrong, {})
        kind(double).create(CONTEXT, wrong)
    assert ("account" in change) is not isinstance(caught.value, PartialFailureError)


def test_a_token_never_goes_out_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does GitHub's own go to another host."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.delenv("SLIDEBOX_TOKEN_GITHUB", raising=False)
    with pytest.raises(InputError, match="is no address of https"):
        connect("github", "http://github.example.org")
    with pytest.raises(UnreadableError, match="no token for the store github"):
        connect("github", "https://github.example.org/api/v3")
    assert TOKEN not in repr(connect("github", "https://api.github.com"))
