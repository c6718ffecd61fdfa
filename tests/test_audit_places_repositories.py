"""What is asked of GitHub for an audit of access, and where a read fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.effective import ACTIONS, Location
from slidebox.audit.live import Asked, repositories
from slidebox.home import Home
from slidebox.provider.github_api import GitHub
from slidebox.tokens import Secret
from slidebox.web import Web

from .doubles.github import TOKEN, GitHubDouble, github
from .test_audit_places_live import LIST, RAW, audited, lab, who


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHubDouble]:
    """GitHub, with one repository."""
    with github(tmp_path) as double:
        double.members = {"imaging": ("ada", "cy")}
        reach(double).call("POST", "orgs/way-lab/repos", {"name": "first-raw-images", "private": True})
        full = "way-lab/first-raw-images"
        double.granted[full] = {("team", "imaging"): "push", ("user", "cy"): "pull"}
        double.keys = {"ci": True}
        double.calls.clear()
        yield double


def reach(double: GitHubDouble) -> GitHub:
    """The double's API; nothing is waited for."""
    return GitHub(Web(double.url, "GitHub", Secret(TOKEN), sleep=lambda _: None))


def on_hub(double: GitHubDouble) -> Location:
    """What an audit says of the repository."""
    store = {"system": "github", "kind": "github", "account": "way-lab", "endpoint": double.url}
    asked = Asked(lab(github=store), Home(Path("/nowhere")), "github")
    (location,) = audited(repositories.collect(asked, lambda *_: reach(double)), ada="person:ada")
    return location


def test_a_repository_is_read_with_its_organisation(hub: GitHubDouble) -> None:
    """In so many calls, none of which changes anything."""
    location = on_hub(hub)
    assert (location.name, location.store, location.dataset) == ("way-lab/first-raw-images", "github", RAW)
    assert who(location) == {
        "person:ada": set(ACTIONS),
        "account:cy": LIST | {"write"},
        "account:team:way-lab/imaging": LIST | {"write"},
        "account:deploy key:ci": LIST,
    }
    assert len(hub.calls) <= 12
    assert all(call.startswith("GET ") for call in hub.calls)
    assert "ssh-ed25519" not in repr(location)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda hub: hub.repositories["way-lab/first-raw-images"].update(visibility="public"), {"anyone": LIST}),
        (lambda hub: hub.repositories["way-lab/first-raw-images"].update(has_pages=True), {"anyone": {"read"}}),
        (lambda hub: setattr(hub, "base_permission", "read"), {"account:org:way-lab": LIST}),
    ],
)
def test_a_repository_that_is_open_is_seen_to_be(
    hub: GitHubDouble, change: Callable[[GitHubDouble], None], expected: dict[str, set[str]]
) -> None:
    """By its visibility, its site, or its organisation."""
    change(hub)
    assert expected.items() <= who(on_hub(hub)).items()


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize(
    "refusal",
    [
        (403, {}, {"message": "Resource not accessible by personal access token"}),
        (404, {}, {"message": "Not Found"}),
        (200, {}, {"surprise": []}),
    ],
)
def test_each_read_of_github_that_fails_leaves_somebody_unknown(
    hub: GitHubDouble, number: int, refusal: tuple[int, dict[str, str], Any]
) -> None:
    """In turn; never fewer readers for it, but that a repository which is not shown is none."""
    calls = len(hub.calls)
    on_hub(hub)
    asked = hub.calls[calls:]
    assert len(asked) == 10
    inner = reach(hub)
    count = iter(range(1000))

    class Failing(Web):
        def call(self, *words: Any, **more: Any) -> Any:
            if next(count) == number:
                hub.refusals.append(refusal)
            return inner.web.call(*words, **more)

    failing = GitHub(Failing(hub.url, "GitHub", Secret(TOKEN), sleep=lambda _: None))
    store = {"system": "github", "kind": "github", "account": "way-lab", "endpoint": hub.url}
    asked_again = Asked(lab(github=store), Home(Path("/nowhere")), "github")
    found = audited(repositories.collect(asked_again, lambda *_: failing), ada="person:ada")
    if number == 0 and refusal[0] == 404:
        assert found == []  # nothing that this token may see, and nothing of it is said
        return
    told = who(found[0])
    roles = "custom-repository-roles" in asked[number]
    # The first read of collaborators only says which of them are none of the organisation's.
    outside = "collaborators" in asked[number] and asked.index(asked[number]) == number
    assert "unknown" in told or roles or outside, asked[number]
    assert not roles or told["account:cy"] == LIST | {"write"}
