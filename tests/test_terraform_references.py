"""What a planned attribute comes from, by the configuration in a plan that Terraform 1.11 wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.adoption.terraform_references import parsed
from slidebox.adoption.terraform_resources import Resource, resources

PLAN = json.loads((Path(__file__).parent / "terraform_plans" / "references.json").read_text(encoding="utf-8"))
M = 'module.m["{}"].terraform_data'


@pytest.fixture(scope="module")
def found() -> dict[str, Resource]:
    """Everything in the plan, by address."""
    return {one.address: one for one in resources(PLAN)}


@pytest.mark.parametrize(
    ("address", "sources"),
    [
        pytest.param('terraform_data.p["x"]', ['terraform_data.b["x"]'], id="each value of another's for_each"),
        pytest.param('terraform_data.p2["y"]', ['terraform_data.b["y"]'], id="the one of the same key"),
        pytest.param("terraform_data.p3", ['terraform_data.b["x"]'], id="one by its key"),
        pytest.param("terraform_data.pc[1]", ["terraform_data.c[1]"], id="the one of the same number"),
        pytest.param("terraform_data.ps", ["terraform_data.c[0]", "terraform_data.c[1]"], id="all of several"),
        pytest.param("terraform_data.out", [M.format("x") + ".bucket"], id="an output of a module"),
        pytest.param(
            M.format("y") + '.policy["a"]',
            ['terraform_data.b["y"]', M.format("y") + ".bucket"],
            id="a variable of a module, and what is beside it in the same one",
        ),
        pytest.param(
            "terraform_data.pl", ["local.thing"], id="a local value, of which no plan says what it comes from"
        ),
    ],
)
def test_an_unknown_attribute_comes_from(found: dict[str, Resource], address: str, sources: list[str]) -> None:
    """What an attribute that is known only later comes from."""
    assert list(found[address].sources.get("input", ())) == sources


def test_an_output_of_one_of_several_calls_may_be_any_of_the_outputs(found: dict[str, Resource]) -> None:
    """The configuration does not say which output of one of several modules is meant."""
    inside = [M.format("x") + rest for rest in ('.policy["a"]', '.policy["b"]', ".bucket")]
    assert list(found['terraform_data.out2["x"]'].sources["input"]) == inside


def test_what_is_asked_for_is_told_from_what_the_provider_chooses(found: dict[str, Resource]) -> None:
    """An id is unknown too, and nobody has asked for it."""
    one = found["terraform_data.p3"]
    assert one.unknown == {"id", "input", "output"}
    assert one.asked == frozenset({"input"})


def test_without_a_configuration_nothing_is_known_of_what_is_asked_for() -> None:
    """Some plans are passed on without their configuration."""
    bare: dict[str, Any] = {name: value for name, value in PLAN.items() if name != "configuration"}
    assert {one.asked for one in resources(bare)} == {None}
    assert not any(one.sources for one in resources(bare))


def test_unknown_values_are_marked_at_their_place() -> None:
    """At any depth, and past the end of a list."""
    one = Resource(
        "t", "t.x", {"a": 1, "rule": [{"b": 2}]}, later={"id": True, "rule": [{"c": True}, {"d": [True, False]}]}
    )
    assert one.whole() == {
        "a": 1,
        "id": "unknown",
        "rule": [{"b": 2, "c": "unknown"}, {"d": ["unknown", None]}],
    }


def test_an_item_of_a_set_that_stands_at_the_place_of_another_one_s_mark_is_kept() -> None:
    """A set has no order: the known item and the mark of the unknown one may change places."""
    one = Resource("t", "t.x", {"names": ["a", None]}, later={"names": [True, False]})
    assert one.whole()["names"] == ["a", None, "unknown"]


def test_what_is_looked_up_counts_only_where_it_is_asked_for() -> None:
    """Of a state, and of the state before a plan."""
    entry = {"address": "data.t.x", "mode": "data", "type": "t", "name": "x", "values": {"json": "{}"}}
    state = {"values": {"root_module": {"resources": [entry]}}}
    assert resources(state) == ()
    (one,) = resources(state, looked_up=True)
    assert (one.type, one.address) == ("data.t", "data.t.x")
    earlier = {"planned_values": {}, "prior_state": {"values": state["values"]}}
    assert [one.type for one in resources(earlier, looked_up=True)] == ["data.t"]


def test_a_key_may_have_dots_and_quotes_in_it() -> None:
    """The parts of an address."""
    one = parsed('module.a["x.y"].module.b[0].data.t.n["k\\"]."].json')
    assert one.scope == (("a", '"x.y"'), ("b", "0"))
    assert (one.name, one.key, one.rest) == ("data.t.n", '"k\\"]."', ("json",))
