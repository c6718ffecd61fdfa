"""Laws of access in Google Cloud: what is added lets in, what is taken away keeps out, what is unread clears nobody."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slidebox.access.effective import ACTIONS, Access
from slidebox.access.google.conditions import Target, held
from slidebox.access.google.expressions import parsed
from slidebox.access.snapshot import Known, unread

from .google_cases import (
    FILL,
    GITHUB,
    NAME,
    NOW,
    NUMBER,
    POOL,
    PROJECT,
    SERVICE,
    binding,
    bucket,
    covered,
    location,
    metadata,
    project,
    section,
)

PEOPLE = [f"user:{name}@example.org" for name in ("ann", "bob", "cy")]
ROBOT, SECOND = f"serviceAccount:{SERVICE}", f"serviceAccount:second@{PROJECT}.iam.gserviceaccount.com"
MEMBERS = st.sampled_from(
    [
        *PEOPLE,
        "allUsers",
        "allAuthenticatedUsers",
        "domain:example.org",
        "group:lab@example.org",
        "deleted:user:x@example.org?uid=1",
        f"projectEditor:{PROJECT}",
        f"projectViewer:{PROJECT}",
        ROBOT,
        SECOND,
        FILL,
        f"principalSet://iam.googleapis.com/{POOL}/*",
        f"principalSet://iam.googleapis.com/{POOL}/attribute.repository/way/code",
    ]
)
ROLES = st.sampled_from(
    [
        *(
            f"roles/storage.{name}"
            for name in (
                "objectViewer",
                "objectCreator",
                "objectUser",
                "objectAdmin",
                "admin",
                "legacyBucketReader",
                "legacyBucketOwner",
                "legacyObjectReader",
            )
        ),
        "roles/editor",
        "roles/viewer",
        "roles/iam.serviceAccountTokenCreator",
        f"projects/{PROJECT}/roles/reader",
    ]
)
PARTS = st.sampled_from(
    [
        'request.time < timestamp("2027-01-01T00:00:00Z")',
        'request.time < timestamp("2026-01-01T00:00:00Z")',
        'request.time >= timestamp("2026-06-01T00:00:00Z")',
        'request.time > timestamp("2027-06-01T00:00:00Z")',
        'resource.type == "storage.googleapis.com/Object"',
        'resource.type != "storage.googleapis.com/Object"',
        'resource.service == "storage.googleapis.com"',
        f'resource.name.startsWith("projects/_/buckets/{NAME}/objects/a/")',
        f'resource.name == "projects/_/buckets/{NAME}"',
        'resource.name.startsWith("projects/_/buckets/other")',
        'resource.name.endsWith(".tif")',
        "resource.matchTag('1/env', 'prod')",
        "'accessPolicies/1/accessLevels/lab' in request.auth.access_levels",
        'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("a/")',
        "request.time.getHours('Europe/Berlin') < 9",
        "true",
        "false",
    ]
)
EXPRESSIONS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=5,
)
BINDINGS = st.builds(binding, MEMBERS, ROLES, st.one_of(st.just(""), EXPRESSIONS))
MANY = st.lists(BINDINGS, max_size=5)
ENTITIES = st.sampled_from(["allUsers", "allAuthenticatedUsers", "user-ann@example.org", f"project-editors-{NUMBER}"])
LIST = st.lists(
    st.builds(lambda who, role: {"entity": who, "role": role}, ENTITIES, st.sampled_from(["READER", "OWNER"])),
    max_size=3,
)


@st.composite
def sections(draw: st.DrawFn) -> dict[str, Any]:
    """A section with one bucket, of which everything is known."""
    uniform = draw(st.booleans())
    prevention = draw(st.sampled_from(["inherited", "inherited", "enforced"]))
    settings_ = metadata(uniform=uniform, prevention=prevention, acl=draw(LIST), defaultObjectAcl=draw(LIST))
    folders = [{"name": "a/", "policy": {"bindings": draw(MANY)}}] if uniform else []
    accounts = {
        SERVICE: {"policy": {"bindings": draw(MANY)}, "keys": draw(st.sampled_from([[], [{"name": "k/1"}]]))},
        SECOND.partition(":")[2]: {"policy": {"bindings": draw(MANY)}, "keys": []},
    }
    condition = draw(st.sampled_from(["", "assertion.repository_owner == 'way'", "assertion.ref == 'x'"]))
    provider = {
        "oidc": GITHUB,
        "attributeCondition": condition,
        "attributeMapping": {"google.subject": "assertion.sub"},
    }
    backend = {"name": "b", "bucketName": NAME, "cdnPolicy": {"signedUrlKeyNames": draw(st.sampled_from([[], ["k"]]))}}
    said = project(
        *draw(MANY),
        parent="organizations/1",
        service_accounts=accounts,
        roles={f"projects/{PROJECT}/roles/reader": {"includedPermissions": ["storage.objects.get"]}},
        workload_identity_pools={POOL: {"providers": [provider]}},
        backend_buckets=[backend],
        url_maps=[{"name": "m", "defaultService": "https://x/global/backendBuckets/b"}],
    )
    return section(
        bucket(*draw(MANY), metadata=settings_, managed_folders=folders),
        said,
        organizations={"organizations/1": {"policy": {"bindings": draw(MANY)}, "deny_policies": []}},
        groups={"group:lab@example.org": draw(st.lists(st.sampled_from(PEOPLE), max_size=2))},
    )


def accesses(said: Mapping[str, Any]) -> tuple[Access, ...]:
    """Who can do anything."""
    return location(said).readers


def lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Who could do something before, and is not among those who can afterwards."""
    then, now = accesses(before), accesses(after)
    return [
        (one.principal, action) for one in then for action in one.actions if not covered(one.principal, now, action)
    ]


def binding_lists(said: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Every list of bindings in a section."""
    for part in said.values():
        if isinstance(part, dict):
            if isinstance(part.get("bindings"), list):
                yield part["bindings"]
            yield from binding_lists(part)
        elif isinstance(part, list):
            for one in part:
                if isinstance(one, dict):
                    yield from binding_lists(one)


@settings(max_examples=60, deadline=None)
@given(sections(), BINDINGS, st.integers(0, 50))
def test_another_grant_never_takes_a_reader_away(said: dict[str, Any], more: dict[str, Any], where: int) -> None:
    """Wherever it is given."""
    after = copy.deepcopy(said)
    places = list(binding_lists(after))
    places[where % len(places)].append(more)
    assert lost(said, after) == []


@settings(max_examples=60, deadline=None)
@given(sections(), st.randoms(use_true_random=False))
def test_the_order_of_grants_does_not_matter(said: dict[str, Any], random: Any) -> None:
    """Neither of bindings nor of members."""
    after = copy.deepcopy(said)
    for listed in binding_lists(after):
        random.shuffle(listed)
    assert accesses(after) == accesses(said)


@settings(max_examples=60, deadline=None)
@given(sections(), EXPRESSIONS, st.integers(0, 50))
def test_a_narrower_condition_never_adds_a_reader(said: dict[str, Any], more: str, where: int) -> None:
    """What has to hold beside what held before."""
    after = copy.deepcopy(said)
    every = [one for listed in binding_lists(after) for one in listed]
    if every:
        chosen = every[where % len(every)]
        before = chosen.get("condition", {}).get("expression", "true")
        chosen["condition"] = {"title": "a condition", "expression": f"({before}) && {more}"}
    assert lost(after, said) == []


DENIED = st.sampled_from(
    [
        "principalSet://goog/public:all",
        "principal://goog/subject/ann@example.org",
        "principalSet://goog/group/lab@example.org",
        f"principal://iam.googleapis.com/projects/-/serviceAccounts/{SERVICE}",
    ]
)
RULES = st.fixed_dictionaries(
    {
        "deniedPrincipals": st.lists(DENIED, min_size=1, max_size=2),
        "exceptionPrincipals": st.lists(DENIED, max_size=2),
        "deniedPermissions": st.lists(
            st.sampled_from(["storage.googleapis.com/objects.get", "storage.googleapis.com/objects.*"]), min_size=1
        ),
    }
)


@settings(max_examples=60, deadline=None)
@given(sections(), RULES, st.booleans())
def test_a_deny_never_adds_a_reader(said: dict[str, Any], rule: dict[str, Any], above: bool) -> None:
    """Whoever it spares was among those who could before."""
    after = copy.deepcopy(said)
    node = after["organizations"]["organizations/1"] if above else after["projects"][PROJECT]
    node["deny_policies"] = [{"rules": [{"denyRule": rule}]}]
    assert lost(after, said) == []


@settings(max_examples=80, deadline=None)
@given(sections(), st.data())
def test_what_is_unread_never_takes_a_reader_away_without_adding_an_unknown_one(
    said: dict[str, Any], data: st.DataObject
) -> None:
    """Any single part of a section, at any depth."""
    paths = [path for path in _paths(said) if path[0] != "unplaced"]
    path = data.draw(st.sampled_from(paths))
    after = copy.deepcopy(said)
    inner: Any = after
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = unread("denied")
    now = accesses(after) if path not in (("buckets",),) else ()
    if not now:
        return
    unknown = {action for one in now if one.principal == "unknown" for action in one.actions}
    assert [one for one in lost(said, after) if one[1] not in unknown] == []


def _paths(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    if path and path[-1] not in ("title", "condition", "kind", "version", "entity", "role", "name"):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from _paths(inner, *path, name)


@settings(max_examples=60, deadline=None)
@given(sections())
def test_prevention_only_ever_takes_away(said: dict[str, Any]) -> None:
    """It adds nobody."""
    after = copy.deepcopy(said)
    after["buckets"][NAME]["metadata"]["iamConfiguration"]["publicAccessPrevention"] = "enforced"
    assert lost(after, said) == []


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_a_condition_and_its_opposite_do_not_both_hold(expression: str) -> None:
    """For good, and what ends is not ended by its opposite."""
    for target in (Target("storage.googleapis.com/Object", f"projects/_/buckets/{NAME}/objects/", open=True),):
        one, other = held(expression, target, NOW), held(f"!({expression})", target, NOW)
        assert not (one.holds and other.holds)
        assert (one.holds is None) == (other.holds is None) or one.until
        assert not (one.holds is False and other.holds is False)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.integers(0, 2000))
def test_what_has_ended_does_not_begin_again(expression: str, days: int) -> None:
    """A condition that is false stays so, and one that holds has not ended before its end."""
    target = Target("storage.googleapis.com/Object", f"projects/_/buckets/{NAME}/objects/a/b.tif")
    later = NOW + dt.timedelta(days=days)
    now, then = held(expression, target, NOW), held(expression, target, later)
    if now.holds is False:
        assert then.holds is False
    if now.holds and (not now.until or later < dt.datetime.fromisoformat(now.until)):
        assert then.holds is not False


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abc.()[]!&|<>=\"' ,?:1resource", max_size=40))
def test_anything_can_be_asked_whether_it_is_a_condition(text: str) -> None:
    """What is none is not decided, and nothing fails."""
    assert parsed(text) is None or isinstance(parsed(text), tuple)
    held(text, Target("", ""), None)


@settings(max_examples=80, deadline=None)
@given(sections())
def test_the_lists_name_known_actions_and_principals(said: dict[str, Any]) -> None:
    """And where everything is known but objects' own lists, nobody unknown has more than those could give."""
    for one in location(said, Known(now=NOW)).readers:
        assert set(one.actions) <= set(ACTIONS)
        assert one.path
        if one.principal == "unknown":
            assert "which was not read" in one.path[-1]
