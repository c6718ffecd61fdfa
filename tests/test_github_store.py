"""A store at GitHub as the rules see it: planned, previewed and live."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github import TOKEN, github

from slidebox import labfile
from slidebox.clouds.grants import Grant
from slidebox.components.github import permissions
from slidebox.facts import FactBook, tags
from slidebox.home import Home
from slidebox.live import facts_of as live_facts
from slidebox.model import Candidate, Lab, LabFile, Project, Role, Term
from slidebox.preview import Seen, facts_of
from slidebox.preview.seen import GITHUB_REPOSITORY
from slidebox.provider.github import Repository
from slidebox.provider.resource import Context
from slidebox.systems import load_systems

NOW = dt.date(2026, 11, 24)
NOTES = "retina/metadata"
HERE = f"{NOTES}@short@github"
SYSTEMS = load_systems()


def make_lab(**store: Any) -> Lab:
    """A lab with an organisation at GitHub."""
    said = {"system": "github", "kind": "github", "account": "way-lab"} | store
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {
                "alice": {"name": "Alice", "identities": {"github": "alice-gh"}},
                "carol": {"name": "Carol", "identities": {"github": "carol-gh"}},
            },
            "teams": {"imaging": {"members": ["alice"], "identities": {"github": "imaging-team"}}},
            "stores": {"github": {name: value for name, value in said.items() if value is not None}},
        }
    )
    project = Project.model_validate(
        {
            "project": "retina",
            "title": "Retina",
            "owner": "alice",
            "audience": {"contributor": ["imaging"], "reader": ["carol"]},
            "datasets": {"metadata": {"size": "2 MB", "files": 10, "sensitivity": "open"}},
        }
    )
    return Lab(file=file, projects={"retina": project})


def repository(lab: Lab, **changes: Any) -> Seen:
    """A repository as the component asks for it, with changes."""
    said = {
        "location": HERE,
        "store": "github",
        "account": "way-lab",
        "repository": "retina-metadata",
        "public": False,
        "members": "none",
        "permissions": ["team:imaging-team=push", "user:carol-gh=pull"],
        "identities": {"imaging-team": "team:imaging", "carol-gh": "person:carol"},
        "tags": tags(lab, NOTES),
        "facts": FactBook(lab, SYSTEMS).fragment(NOTES, [Candidate(NOTES, Term.SHORT, "github")]),
    }
    return Seen("urn:repository", GITHUB_REPOSITORY, said | changes)


def readers(**changes: Any) -> dict[str, list[str]]:
    """Actions of each principal in a preview."""
    facts = facts_of([repository(make_lab(), **changes)], NOW).facts
    (location,) = facts["locations"].values()
    return {reader["principal"]: reader["actions"] for reader in location["readers"]}


def test_a_repository_is_read_by_whom_it_lets_in() -> None:
    """By the names that the lab has for them."""
    assert readers() == {"person:carol": ["read"], "team:imaging": ["read", "write"]}


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({"public": True}, "anyone"),
        ({"public": "unknown"}, "unknown"),
        ({"members": "read"}, "unknown"),
        ({"members": "unknown"}, "unknown"),
        ({"permissions": "unknown"}, "unknown"),
        ({"permissions": ["user:unknown=pull"]}, "unknown"),
        ({"permissions": ["user:stranger=pull"]}, "account:user stranger at GitHub"),
    ],
)
def test_whoever_else_gets_in_is_seen(changes: dict[str, Any], who: str) -> None:
    """Members by the organisation's base permission among them; what is not known lets in somebody unknown."""
    assert "read" in readers(**changes)[who]


def test_what_a_repository_has_is_planned_as_it_is_previewed() -> None:
    """Nothing is promised that a preview then does not show."""
    lab = make_lab()
    planned = FactBook(lab, SYSTEMS).location(Candidate(NOTES, Term.SHORT, "github"), NOW)
    location = facts_of([repository(lab)], NOW).facts["locations"][HERE]
    assert planned["has"] == location["has"]
    assert planned["lifecycle"] == location["lifecycle"]
    assert location["has"]["versioning"] is True
    assert location["has"]["own_key"] is False


def test_the_most_that_somebody_may_do_is_what_is_given() -> None:
    """A steward who also reads is no reader."""
    given = [
        Grant("ada", Role.READER, None, "person:ada"),
        Grant("ada", Role.STEWARD, None, "person:ada"),
        Grant("imaging", Role.CONTRIBUTOR, None, "team:imaging"),
    ]
    assert permissions(given) == ["team:imaging=push", "user:ada=maintain"]


@pytest.mark.parametrize(("store", "said"), [({"system": "zenodo"}, "cannot be of kind 'github'")])
def test_a_store_of_another_system_is_refused(store: dict[str, Any], said: str) -> None:
    """Before anything is planned."""
    assert said in "\n".join(str(problem) for problem in labfile.check_lab(make_lab(**store)))


def test_an_organisation_is_needed() -> None:
    """Nothing is made in a person's own account."""
    with pytest.raises(ValueError, match="a store of kind 'github' needs 'account'"):
        make_lab(account=None)


def test_what_is_really_there_is_seen_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who was let in by hand, and a repository that is gone; without a token nothing is known."""
    monkeypatch.setenv("SLIDEBOX_TOKEN_GITHUB", TOKEN)
    with github(tmp_path / "github") as double:
        double.teams = ("imaging-team",)
        double.users = ("alice-gh", "carol-gh", "stranger")
        lab = make_lab(endpoint=f"{double.url}/api")
        place = [Candidate(NOTES, Term.SHORT, "github")]

        def look() -> dict[str, Any]:
            found = live_facts(lab, SYSTEMS, Home(tmp_path), [], NOW, candidates=place)
            (location,) = found.facts["locations"].values()
            return {**location, "who": {r["principal"] for r in location["readers"]}, "notes": found.notes}

        assert look()["who"] == {"unknown"}
        inputs = {**repository(lab).properties, "endpoint": f"{double.url}/api"}
        Repository().create(Context("urn:pulumi:a::b::slidebox:github:Repository::metadata@github"), inputs)
        there = look()
        assert there["who"] == {"team:imaging", "person:carol"}
        assert there["tags"] == tags(lab, NOTES)
        double.granted["way-lab/retina-metadata"]["user", "stranger"] = "pull"
        assert look()["who"] == {"team:imaging", "person:carol", "account:user stranger at GitHub"}
        monkeypatch.delenv("SLIDEBOX_TOKEN_GITHUB")
        unread = look()
        assert unread["who"] == {"unknown"}
        assert "no token for the store github" in unread["notes"][0]
