"""Small edits of the lab's files change what is meant and nothing else."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slidebox.labfile.editing import NotEditedError, with_key, without

NAMES = st.lists(st.sampled_from(["ada", "bo", "imaging", "cy-2", "x1"]), min_size=1, max_size=4, unique=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("audience:\n  reader: [a, b, c] # who\n", "audience:\n  reader: [a, c] # who\n"),
        ("audience:\n  reader: [b]\n", "audience:\n  reader: []\n"),
        ("audience:\n  reader: [a, b]\n", "audience:\n  reader: [a]\n"),
        ("audience: {reader: [b, c], steward: [b]}\n", "audience: {reader: [c], steward: [b]}\n"),
        ("audience:\n  reader:\n    - a # first\n    - b # second\n", "audience:\n  reader:\n    - a # first\n"),
        ("audience:\n  reader:\n  - b\n# end\n", "audience:\n  reader: []\n# end\n"),
        ("audience:\n  reader: [a,\n    b,\n    c]\n", "audience:\n  reader: [a,\n    c]\n"),
        ('audience:\n  reader: [a, "b"]\n', "audience:\n  reader: [a]\n"),
    ],
)
def test_an_item_goes_and_everything_else_stays(before: str, after: str) -> None:
    """An item goes and everything else stays."""
    assert without(before, ("audience", "reader"), "b") == after


@given(NAMES, st.booleans(), st.data())
def test_whatever_the_list_one_item_goes(names: list[str], flow: bool, data: st.DataObject) -> None:
    """Whatever the list one item goes."""
    item = data.draw(st.sampled_from(names))
    text = "# a comment\n" + yaml.safe_dump({"a": {"b": names, "c": 1}}, default_flow_style=flow)
    found = without(text, ("a", "b"), item)
    assert yaml.safe_load(found) == {"a": {"b": [one for one in names if one != item], "c": 1}}
    assert found.startswith("# a comment\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("audience:\n  reader: [a]\n", "does not name b"),
        ("audience:\n  steward: [b]\n", "there is no audience.reader"),
        ("audience:\n  reader: b\n", "is no list"),
        ("x: &who [b]\naudience:\n  reader: *who\n", "written elsewhere"),
        ("audience: [", "no YAML"),
    ],
)
def test_what_is_not_sure_is_not_edited(text: str, why: str) -> None:
    """What is not sure is not edited."""
    with pytest.raises(NotEditedError, match=why):
        without(text, ("audience", "reader"), "b")


def test_a_dataset_gets_an_audience_of_its_own_as_its_first_key() -> None:
    """A dataset gets an audience of its own as its first key."""
    head, keys = "datasets:\n  # raw\n  raw_images:\n", "    size: 1 TB # much\n    files: 3\n"
    before, after = head + keys, head + "    audience: {reader: [a], steward: [b, c]}\n" + keys
    assert with_key(before, ("datasets", "raw_images"), "audience", {"reader": ["a"], "steward": ["b", "c"]}) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("datasets:\n  raw_images: {size: 1 TB}\n", "on one line"),
        ("datasets:\n  raw_images:\n    audience: {reader: [a]}\n", "already"),
        ("datasets: {}\n", "there is no"),
        ("datasets:\n  raw_images: 3\n", "no mapping"),
    ],
)
def test_an_audience_is_not_added_where_it_cannot_be(text: str, why: str) -> None:
    """An audience is not added where it cannot be."""
    with pytest.raises(NotEditedError, match=why):
        with_key(text, ("datasets", "raw_images"), "audience", {"reader": ["a"]})
