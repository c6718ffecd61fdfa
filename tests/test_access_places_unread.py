"""Whatever part of a section of places is unread or is not what it should be: somebody unknown, and never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.places import locations
from slidebox.access.snapshot import Known, unread

ENTRY = {"mode": "0750", "owner": "root", "group": "root", "acl": ["user::rwx", "user:eve:r-x", "mask::r-x"]}
FOLDER = {
    "kind": "drive",
    "store": "nas",
    "dataset": "first/raw_images",
    "machine": "",
    "path": "/srv/raw",
    "above": [{"mode": "0755", "owner": "root", "group": "root", "path": "/"}],
    "folder": ENTRY,
    "below": {"ways": [{"folders": [ENTRY], "files": [ENTRY]}]},
    "read_only": False,
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
OPEN = {"Statement": [{**POLICY["Statement"][0], "Principal": "*", "Resource": "arn:aws:s3:::b/*"}]}  # type: ignore[dict-item]
BUCKET = {
    "name": "b",
    "store": "s3",
    "dataset": "first/raw_images",
    "gateway": "s3",
    "endpoint": None,
    "policy": OPEN,
    "acl": {"Owner": {"ID": "R"}, "Grants": [{"Grantee": {"ID": "R", "Type": "CanonicalUser"}, "Permission": "READ"}]},
    "ownership": None,
    "files": [FOLDER],
}
SECTIONS: dict[str, dict[str, Any]] = {
    "folder": {
        "machines": {
            "": {
                "groups": {"root": ["root"]},
                "complete": True,
                "exports": [{"path": "/srv", "hosts": [{"host": "*", "options": ["ro"]}]}],
            }
        },
        "folders": {"one": FOLDER},
    },
    "bucket": {
        "machines": {"": {"groups": {"root": ["root"]}, "complete": True, "exports": None}},
        "gateways": {
            "s3": {
                "root": True,
                "users": {"eve": {"arn": "arn:aws:iam::0:user/eve", "keys": ["AKIA"], "policies": {"p": POLICY}}},
                "roles": {"r": {"arn": "arn:aws:iam::0:role/r", "policies": {"p": POLICY}}},
            }
        },
        "buckets": {"one": BUCKET},
    },
    "endpoint": {"buckets": {"one": {**BUCKET, "gateway": None, "endpoint": "https://s3.example.org", "files": None}}},
    "repository": {
        "repositories": {
            "way/code": {
                "name": "way/code",
                "store": "github",
                "dataset": "first/code",
                "visibility": "private",
                "base": "none",
                "roles": {"own": "read"},
                "owners": [{"login": "ada"}],
                "teams": [{"slug": "imaging", "permission": "pull", "members": ["ada"]}],
                "collaborators": [{"login": "cy", "permission": "own", "outside": True}],
                "invitations": [{"login": "eve", "permission": "read"}],
                "deploy_keys": [{"title": "ci", "read_only": True}],
                "pages": {"public": False},
            }
        }
    },
    "deposit": {
        "deposits": {
            "one": {
                "name": "z",
                "kind": "zenodo",
                "store": "zenodo",
                "dataset": "first/raw_images",
                "owner": "7",
                "state": "published",
                "access": "embargoed",
                "opens": "2099-01-01",
                "links": [{"may": "view", "until": None}],
                "grants": [{"who": "user 7", "may": "view", "until": None}],
                "curators": [{"community": "c"}],
            }
        }
    },
    "share": {
        "shares": {
            "one": {
                "name": "od:p",
                "store": "od",
                "dataset": "first/raw_images",
                "sharing": [{"address": "a@x", "may": "view"}],
                "planned": [{"principal": "team:imaging", "address": "i@x", "may": "view"}],
            }
        }
    },
}
"""One location of each kind."""

LABELS = frozenset(
    {
        "name",
        "store",
        "dataset",
        "kind",
        "machine",
        "path",
        "endpoint",
        "title",
        "slug",
        "outside",
        "Owner",
        "Type",
        "Version",
        "arn",
        "gateway",
        "host",
        "root",
        "ownership",
        "roles",
        "owner",
        "group",
        "community",
        "may",
        "until",
        "who",
        "login",
        "permission",
        "address",
        "principal",
        "read_only",
        "public",
        "options",
        "key",
        "own",
        "mounted",
        "complete",
    }
)
"""What no read of its own answers: it comes with what it stands in."""


def ways(part: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a section."""
    if path:
        yield path
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in inside:
        yield from ways(value, *path, name)


def with_part(section: dict[str, Any], way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A section with another value at a place."""
    turned: Any = copy.deepcopy(section)
    place = turned
    for name in way[:-1]:
        place = place[name]
    place[way[-1]] = value
    return json.loads(json.dumps(turned))  # type: ignore[no-any-return]


READS = [
    (kind, way)
    for kind, section in SECTIONS.items()
    for way in ways(section)
    if len(way) > 1
    and not LABELS & set(way[2:])
    and not isinstance(way[-1], int)
    # Inside of a document nothing is read by itself.
    and not any(name in way[:-1] for name in ("policy", "p", "Grants", "acl", "exports", "groups"))
    and way[-1] not in ("mode", "p")
    and way[:2] != ("gateways", "roles")
]


@pytest.mark.parametrize("why", ["AccessDenied", "timed out", "throttled", "malformed"])
@pytest.mark.parametrize(("kind", "way"), READS, ids=[f"{kind}:{'/'.join(map(str, way))}" for kind, way in READS])
def test_where_a_read_fails_somebody_unknown_may_be_let_in(kind: str, way: tuple[Any, ...], why: str) -> None:
    """Each of them by itself, whatever the reason: no audit says that nobody else has access."""
    found = list(locations(with_part(SECTIONS[kind], way, unread(why)), Known()))
    readers = [one for location in found for one in location.readers]
    assert any(one.principal == "unknown" for one in readers)


everywhere = [(kind, way) for kind, section in SECTIONS.items() for way in ways(section)]
things = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    st.just(unread("x")),
    st.just([unread("x")]),
    st.just([None]),
    st.just({"$unread": None}),
)


@given(st.sampled_from(everywhere), things)
def test_a_part_that_is_not_what_it_should_be_is_no_crash(place: tuple[str, tuple[Any, ...]], value: Any) -> None:
    """A snapshot may come from another machine, and anybody may have written in it."""
    kind, way = place
    for location in locations(with_part(SECTIONS[kind], way, value), Known()):
        json.dumps(location.document())
