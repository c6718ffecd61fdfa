"""Who can do what with repositories, deposits, what lies at archives, and folders in file services."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from slidebox.access.effective import ACTIONS, Location
from slidebox.access.places import locations
from slidebox.access.snapshot import Known, unread

LIST = {"read", "list"}
NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
KNOWN = Known(names={"ada": "person:ada", "imaging": "team:imaging", "ada@example.edu": "person:ada"}, now=NOW)


def audit(section: dict[str, Any], known: Known = KNOWN) -> Location:
    """The one location of a section, through JSON."""
    (found,) = locations(json.loads(json.dumps(section)), known)
    return found


def who(section: dict[str, Any], known: Known = KNOWN) -> dict[str, set[str]]:
    """What each may do."""
    found: dict[str, set[str]] = {}
    for one in audit(section, known).readers:
        found.setdefault(one.principal, set()).update(one.actions)
    return found


# Repositories


def repository(**more: Any) -> dict[str, Any]:
    """A private repository to which nobody is let in."""
    said = {
        "name": "way-lab/first-code",
        "store": "github",
        "dataset": "first/code",
        "visibility": "private",
        "base": "none",
        "roles": {},
        "owners": [],
        "teams": [],
        "collaborators": [],
        "invitations": [],
        "deploy_keys": [],
        "pages": None,
        **more,
    }
    return {"repositories": {"way-lab/first-code": said}}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"visibility": "public"}, {"anyone": LIST}),
        ({"visibility": "internal"}, {"account:enterprise:way-lab": LIST}),
        ({"base": "read"}, {"account:org:way-lab": LIST}),
        ({"base": "write"}, {"account:org:way-lab": LIST | {"write"}}),
        ({"base": "admin"}, {"account:org:way-lab": set(ACTIONS)}),
        ({"base": None}, {}),
        (
            {"owners": [{"login": "ada"}, {"login": None}]},
            {"person:ada": set(ACTIONS), "account:owners:way-lab": set(ACTIONS)},
        ),
        (
            {"teams": [{"slug": "imaging", "permission": "push", "members": ["ada", "cy"]}]},
            {name: LIST | {"write"} for name in ("team:imaging", "person:ada", "account:cy")},
        ),
        ({"teams": [{"slug": "guests", "permission": "pull", "members": None}]}, {"account:team:way-lab/guests": LIST}),
        ({"collaborators": [{"login": "cy", "permission": "read", "outside": True}]}, {"account:cy": LIST}),
        ({"collaborators": [{"login": "cy", "permission": "triage"}]}, {"account:cy": LIST}),
        ({"collaborators": [{"login": "cy", "permission": "maintain"}]}, {"account:cy": set(ACTIONS) - {"admin"}}),
        ({"collaborators": [{"login": "cy", "permission": "admin"}]}, {"account:cy": set(ACTIONS)}),
        # One of the organisation's own roles is what it is built on, and everything where nobody knows.
        (
            {"collaborators": [{"login": "cy", "permission": "curator"}], "roles": {"curator": "read"}},
            {"account:cy": LIST},
        ),
        ({"collaborators": [{"login": "cy", "permission": "curator"}]}, {"account:cy": set(ACTIONS)}),
        (
            {"invitations": [{"login": "eve@example.org", "permission": "write"}]},
            {"account:eve@example.org": LIST | {"write"}},
        ),
        ({"deploy_keys": [{"title": "ci", "read_only": True}]}, {"account:deploy key:ci": LIST}),
        ({"deploy_keys": [{"title": "ci", "read_only": False}]}, {"account:deploy key:ci": LIST | {"write"}}),
        ({"pages": {"public": True}}, {"anyone": {"read"}}),
        ({"pages": {"public": False}}, {}),
    ],
)
def test_each_way_into_a_repository_is_one_by_itself(more: dict[str, Any], expected: dict[str, set[str]]) -> None:
    """Visibility, organisation, teams, collaborators, invitations, keys and a site."""
    assert who(repository(**more)) == expected


@pytest.mark.parametrize(
    "part", ["visibility", "base", "owners", "teams", "collaborators", "invitations", "deploy_keys", "pages"]
)
@pytest.mark.parametrize("why", ["403", "timeout", "throttled", "malformed"])
def test_a_part_of_a_repository_that_is_unread_is_somebody_unknown(part: str, why: str) -> None:
    """And what is public stays so."""
    assert "unknown" in who(repository(**{part: unread(why)}))
    assert part == "visibility" or who(repository(**{"visibility": "public", part: unread(why)}))["anyone"] == LIST


@pytest.mark.parametrize("part", ["visibility", "base", "teams", "collaborators", "owners"])
def test_a_part_of_a_repository_that_nobody_asked_for_is_not_known(part: str) -> None:
    """It is no answer that there is none."""
    section = repository()
    del section["repositories"]["way-lab/first-code"][part]
    assert "unknown" in who(section)


# Deposits and archives


def deposit(part: str = "deposits", **more: Any) -> dict[str, Any]:
    """A draft."""
    said = {
        "name": "https://zenodo.org/deposit/1",
        "kind": "zenodo",
        "store": "zenodo",
        "dataset": "first/raw_images",
        "owner": "ada@example.edu",
        "state": "draft",
        "access": "open",
        "opens": None,
        "links": None,
        "grants": None,
        "curators": None,
        **more,
    }
    return {part: {"one": said}}


PUBLISHED = {"state": "published"}
OWNER = {"person:ada": set(ACTIONS)}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"owner": None}, {}),
        (PUBLISHED, {"anyone": LIST}),
        ({**PUBLISHED, "access": "restricted"}, {}),
        ({**PUBLISHED, "access": "closed"}, {}),
        ({**PUBLISHED, "access": "embargoed", "opens": "2026-11-30"}, {}),
        ({**PUBLISHED, "access": "embargoed", "opens": "2026-11-29"}, {"anyone": LIST}),
        ({**PUBLISHED, "access": "embargoed", "opens": "2020-01-01"}, {"anyone": LIST}),
        ({**PUBLISHED, "access": "embargoed", "opens": None}, {"unknown": LIST}),
        ({**PUBLISHED, "access": "embargoed", "opens": "soon"}, {"unknown": LIST}),
        ({**PUBLISHED, "access": "otherwise"}, {"unknown": set(ACTIONS)}),
        ({"state": "otherwise"}, {"unknown": set(ACTIONS)}),
        ({"links": [{"may": "view", "until": None}]}, {"anyone": LIST}),
        ({"links": [{"may": "edit", "until": None}]}, {"anyone": set(ACTIONS)}),
        ({"links": [{"may": "view", "until": "2026-12-24"}]}, {"anyone": LIST}),
        ({"links": [{"may": "view", "until": "2026-11-28"}]}, {}),
        ({"links": [{"may": "view", "until": "whenever"}]}, {"anyone": LIST}),
        ({"grants": [{"who": "user 7", "may": "view", "until": None}]}, {"account:user 7": LIST}),
        ({"grants": [{"who": "user 7", "may": "manage", "until": None}]}, {"account:user 7": set(ACTIONS)}),
        ({"curators": [{"community": "biology"}]}, {"account:curators:biology": LIST | {"write"}}),
    ],
)
def test_each_way_into_a_deposit_is_one_by_itself(more: dict[str, Any], expected: dict[str, set[str]]) -> None:
    """State, embargo, links, grants and curators; its own account may do everything."""
    assert who(deposit(**more)) == {**(OWNER if more.get("owner", "") is not None else {}), **expected}


def test_a_link_ends_when_it_ends() -> None:
    """And says so."""
    (link,) = [one for one in audit(deposit(links=[{"may": "view", "until": "2026-12-24"}])).readers if one.until]
    assert (link.principal, link.until) == ("anyone", "2026-12-24")


def test_where_nothing_says_what_day_it_is_an_embargo_is_not_counted_on() -> None:
    """Nor on its being over."""
    section = deposit(**PUBLISHED, access="embargoed", opens="2099-01-01")
    assert who(section, Known())["unknown"] == LIST


@pytest.mark.parametrize("part", ["state", "access", "opens", "links", "grants", "curators", "owner"])
@pytest.mark.parametrize("why", ["403", "timeout", "throttled", "malformed"])
def test_a_part_of_a_deposit_that_is_unread_is_somebody_unknown(part: str, why: str) -> None:
    """Whichever it is."""
    whole: dict[str, Any] = {**PUBLISHED, "access": "embargoed", "opens": "2099-01-01"}
    assert "unknown" in who(deposit(**{**whole, part: unread(why)}))


def test_what_waits_at_an_archive_is_the_accounts_own_until_it_is_submitted() -> None:
    """And anyone's from its day of release on."""
    assert who(deposit("archives", state="space")) == OWNER
    released = {"state": "published", "access": "embargoed"}
    assert who(deposit("archives", **released, opens="2027-01-01")) == OWNER
    assert who(deposit("archives", **released, opens="2026-01-01")) == {**OWNER, "anyone": LIST}


# File services


def share(*sharing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A folder."""
    said = {"name": "drive:lab/raw", "store": "onedrive", "dataset": "first/raw_images", "sharing": list(sharing)}
    return {"shares": {"one": {**said, **more}}}


@pytest.mark.parametrize(
    ("sharing", "expected"),
    [
        ({"address": "*", "may": "view"}, {"anyone": LIST}),
        ({"address": "*", "may": "edit"}, {"anyone": set(ACTIONS)}),
        ({"address": "*", "may": "view", "until": "2026-12-24"}, {"anyone": LIST}),
        ({"address": "*", "may": "view", "until": "2026-11-28"}, {}),
        ({"address": "@", "may": "view"}, {"any_account": LIST}),
        ({"address": "@example.edu", "may": "view"}, {"account:domain:example.edu": LIST}),
        ({"address": "ada@example.edu", "may": "edit"}, OWNER),
        ({"address": "eve@example.org", "may": "view"}, {"account:eve@example.org": LIST}),
        ({"address": "", "may": "view"}, {"unknown": LIST}),
        ({"address": "eve@example.org", "may": "otherwise"}, {"account:eve@example.org": set(ACTIONS)}),
    ],
)
def test_each_way_into_a_shared_folder_is_one_by_itself(sharing: dict[str, Any], expected: dict[str, set[str]]) -> None:
    """Links, organisations, domains and people."""
    assert who(share(sharing)) == expected


def test_where_nothing_tells_who_a_folder_is_shared_with_somebody_unknown_is() -> None:
    """Whatever is planned."""
    planned = [{"principal": "team:imaging", "address": "imaging@example.edu", "may": "view"}]
    assert who(share(sharing=unread("Dropbox does not tell"), planned=planned)) == {
        "unknown": set(ACTIONS),
        "team:imaging": LIST,
    }
    section = share()
    del section["shares"]["one"]["sharing"]
    assert who(section) == {"unknown": set(ACTIONS)}


def test_a_store_that_could_not_be_read_is_a_location_of_which_nothing_is_known() -> None:
    """And so is what opens something that nothing tells."""
    assert who({"unread": {"nas": unread("offline")}}) == {"unknown": set(ACTIONS)}
    assert who({"unplaced": {"github_repository_pages.x": "nothing tells its repository"}}) == {"unknown": set(ACTIONS)}
