"""Who has access is held against who should have, and what is wrong is said, the gravest first."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.access.changes import changes
from slidebox.access.compare import KINDS, Declaration, Difference, Expected, compare
from slidebox.access.effective import ACTIONS, Access, Location, document, kind_of, merged, named, nobody_knows

TODAY = dt.date(2026, 11, 29)
READS = frozenset({"read", "list"})
STEWARDS = frozenset({"read", "list", "write", "delete"})
DECLARED = Declaration(
    "cells/raw_images",
    (
        Expected("person:ada", STEWARDS),
        Expected("team:imaging", READS, ("person:bo", "person:cy")),
        Expected("person:guest", READS, until=dt.date(2026, 11, 28)),
    ),
)
AS_DECLARED = (
    Access("person:ada", ("read", "list", "write", "delete"), ("role steward",)),
    Access("team:imaging", ("read", "list"), ("group imaging",)),
)


def differences(*readers: Access, declaration: Declaration = DECLARED, **more: object) -> tuple[Difference, ...]:
    """Differences."""
    place = Location("bkt", "aws", "aws", "cells/raw_images", readers)
    return compare({"bkt": place}, {"cells/raw_images": declaration}, TODAY, **more)  # type: ignore[arg-type]


def kinds(*readers: Access, **more: object) -> list[tuple[str, str]]:
    """Kinds."""
    return [(one.kind, one.principal) for one in differences(*readers, **more)]  # type: ignore[arg-type]


def test_nothing_is_said_where_all_is_as_it_is_declared() -> None:
    """Nothing is said where all is as it is declared."""
    assert differences(*AS_DECLARED) == ()


def test_each_member_of_a_declared_team_may_have_the_access_by_themselves() -> None:
    """Each member of a declared team may have the access by themselves."""
    each = (Access("person:bo", ("read", "list")), Access("person:cy", ("read", "list")))
    assert differences(AS_DECLARED[0], *each) == ()


def test_a_team_of_which_one_member_has_no_access_is_missing() -> None:
    """A team of which one member has no access is missing."""
    assert kinds(AS_DECLARED[0], Access("person:bo", ("read", "list"))) == [("missing", "team:imaging")]


def test_somebody_who_is_not_declared_is_too_much_and_the_path_is_said() -> None:
    """Somebody who is not declared is too much and the path is said."""
    (one,) = differences(*AS_DECLARED, Access("account:eve", ("read",), ("bucket policy", "statement x")))
    assert (one.kind, one.principal, one.actions, one.path) == (
        "extra",
        "account:eve",
        ("read",),
        ("bucket policy", "statement x"),
    )
    assert one.said == "account:eve can read bkt"


def test_only_what_somebody_may_do_beyond_their_role_is_too_much() -> None:
    """Only what somebody may do beyond their role is too much."""
    (one,) = differences(*AS_DECLARED, Access("team:imaging", ("read", "write", "admin"), ("group",)))
    assert (one.kind, one.actions) == ("extra", ("write", "admin"))
    assert one.said == "team:imaging can write and change who has access to bkt"


def test_somebody_whose_access_has_ended_and_who_still_has_it_is_expired() -> None:
    """Somebody whose access has ended and who still has it is expired."""
    (one,) = differences(*AS_DECLARED, Access("person:guest", ("read",)))
    assert (one.kind, one.principal) == ("expired", "person:guest")
    assert "ended on 2026-11-28" in one.said


def test_somebody_who_has_left_is_expired_even_as_a_member_of_a_team() -> None:
    """Somebody who has left is expired even as a member of a team."""
    declaration = Declaration(DECLARED.dataset, DECLARED.expected, closed={"person:cy": dt.date(2026, 1, 1)})
    found = kinds(*AS_DECLARED, Access("person:cy", ("read",)), declaration=declaration)
    assert found == [("expired", "person:cy")]


@pytest.mark.parametrize("who", ["anyone", "any_account"])
def test_everybody_is_public_unless_the_dataset_is_declared_public(who: str) -> None:
    """Everybody is public unless the dataset is declared public."""
    everybody = Access(who, ("read", "list"), ("bucket policy",))
    assert kinds(*AS_DECLARED, everybody) == [("public", who)]
    assert kinds(*AS_DECLARED, everybody, declaration=Declaration(DECLARED.dataset, DECLARED.expected, True)) == []


def test_everybody_may_not_write_even_what_is_declared_public() -> None:
    """Everybody may not write even what is declared public."""
    declaration = Declaration(DECLARED.dataset, DECLARED.expected, public=True)
    (one,) = differences(*AS_DECLARED, Access("anyone", ("read", "write")), declaration=declaration)
    assert (one.kind, one.actions) == ("public", ("write",))


def test_whoever_reads_one_copy_of_a_dataset_misses_nothing_at_the_others() -> None:
    """Whoever reads one copy of a dataset misses nothing at the others."""
    copies = {
        "bkt": Location("bkt", dataset="cells/raw_images", readers=AS_DECLARED),
        "/shelf": Location("/shelf", kind="drive", dataset="cells/raw_images"),
    }
    assert compare(copies, {"cells/raw_images": DECLARED}, TODAY) == ()
    shelf = {"/shelf": copies["/shelf"]}
    assert {one.kind for one in compare(shelf, {"cells/raw_images": DECLARED}, TODAY)} == {"missing"}


def test_somebody_unknown_is_said_and_then_nobody_is_called_missing() -> None:
    """Somebody unknown is said and then nobody is called missing."""
    assert kinds(nobody_knows("AccessDenied", "bucket policy")) == [("unknown", "unknown")]


def test_whoever_runs_the_store_is_no_difference() -> None:
    """Whoever runs the store is no difference."""
    assert kinds(*AS_DECLARED, Access("account:root", ACTIONS), operators={"account:root"}) == []


def test_a_dataset_that_was_seen_nowhere_is_not_known_where_every_store_was_looked_at() -> None:
    """A dataset that was seen nowhere is not known where every store was looked at."""
    (one,) = compare({}, {"cells/raw_images": DECLARED}, TODAY, everywhere=True)
    assert (one.kind, one.dataset) == ("unknown", "cells/raw_images")
    assert compare({}, {"cells/raw_images": DECLARED}, TODAY) == ()
    streamed = Declaration("cells/raw_images", streamed=True)
    assert compare({}, {"cells/raw_images": streamed}, TODAY, everywhere=True) == ()


def test_everybody_who_comes_to_a_place_that_nobody_declared_is_too_many() -> None:
    """Everybody who comes to a place that nobody declared is too many."""
    readers = (Access("anyone", ("read",)), Access("account:eve", ("read",)), nobody_knows("no answer"))
    place = {"old": Location("old", readers=readers)}
    assert [one.kind for one in compare(place, {}, TODAY)] == ["public", "extra", "unknown"]
    assert [one.kind for one in compare(place, {}, TODAY, declared=False)] == ["public", "unknown"]


accesses = st.builds(
    Access,
    st.sampled_from(["anyone", "any_account", "unknown", "account:x", "person:ada", "person:bo", "team:imaging"]),
    st.lists(st.sampled_from(ACTIONS), min_size=1, unique=True).map(
        lambda done: tuple(one for one in ACTIONS if one in done)
    ),
    st.lists(st.sampled_from(["policy", "role", "link"]), max_size=2).map(tuple),
)


@given(st.lists(accesses, max_size=6), st.randoms())
def test_the_order_of_readers_does_not_matter_and_the_gravest_comes_first(
    readers: list[Access], random: object
) -> None:
    """The order of readers does not matter and the gravest comes first."""
    shuffled = list(readers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = differences(*merged(readers))
    assert found == differences(*merged(shuffled))
    assert [KINDS.index(one.kind) for one in found] == sorted(KINDS.index(one.kind) for one in found)


@given(st.lists(accesses, max_size=5), accesses)
def test_one_more_reader_never_hides_one_that_is_too_much(readers: list[Access], more: Access) -> None:
    """One more reader never hides one that is too much."""
    grave = {"public", "expired", "extra", "unknown"}
    before = {(d.kind, d.principal, d.actions, d.path) for d in differences(*readers) if d.kind in grave}
    after = {(d.kind, d.principal, d.actions, d.path) for d in differences(*readers, more) if d.kind in grave}
    assert before <= after


def test_what_was_gained_and_lost_is_told_with_the_path() -> None:
    """What was gained and lost is told with the path."""
    before = {"bkt": Location("bkt", readers=(Access("person:ada", ("read", "write"), ("role",)),))}
    after = {
        "bkt": Location(
            "bkt", readers=(Access("person:ada", ("read",), ("role",)), Access("anyone", ("read",), ("policy",)))
        )
    }
    found = [(one.what, one.principal, one.actions, one.paths) for one in changes(before, after)]
    assert found == [
        ("gained", "anyone", ("read",), (("policy",),)),
        ("lost", "person:ada", ("write",), (("role",),)),
    ]
    assert changes(after, after) == ()


@given(st.lists(accesses, max_size=5), st.lists(accesses, max_size=5))
def test_what_is_gained_one_way_is_lost_the_other(one: list[Access], other: list[Access]) -> None:
    """What is gained one way is lost the other."""
    before, after = {"b": Location("b", readers=tuple(one))}, {"b": Location("b", readers=tuple(other))}
    turned = {"gained": "lost", "lost": "gained"}
    there = {(c.what, c.principal, c.actions) for c in changes(before, after)}
    back = {(turned[c.what], c.principal, c.actions) for c in changes(after, before)}
    assert there == back


def test_two_places_of_one_name_are_told_apart() -> None:
    """Two places of one name are told apart."""
    places = [Location("data", "a", "azure", within="acc1"), Location("data", "b", "azure", within="acc2")]
    assert list(named(places)) == ["acc1/data", "acc2/data"]
    assert list(document(named([Location("data", within="acc1")]))["locations"]) == ["data"]


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        ("anyone", "anyone"),
        ("any_account", "any_account"),
        ("unknown", "unknown"),
        ("person:ada", "person"),
        ("team:t", "team"),
        ("service:s", "service"),
        ("account:arn:aws:iam::1:user/x", "account"),
        ("arn:aws:iam::1:user/x", "account"),
        ("somebody:x", "account"),
    ],
)
def test_a_principal_says_what_it_is(principal: str, kind: str) -> None:
    """A principal says what it is."""
    assert kind_of(principal) == kind
