"""What is not as it is declared is told from the steps by which the engine would mend it."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.report.drift import Drift, Step, drifts

BUCKET = "urn:pulumi:cells::slidebox::slidebox:index:BucketLocation$slidebox:s3:Bucket::raw_images@bench"
MODE = {"mode": "0755", "tags": {"a": "x"}, "rules": [{"days": 3}]}


def step(operation: str, *properties: str, there: Any = None, wanted: Any = None) -> Step:
    """Step."""
    return Step(operation, BUCKET, properties, there, wanted)


def only(one: Step) -> Drift:
    """Only."""
    (found,) = drifts("cells", [one])
    return found


@pytest.mark.parametrize("operation", ["same", "read", "refresh"])
def test_what_the_engine_would_leave_is_no_drift(operation: str) -> None:
    """What the engine would leave is no drift."""
    assert drifts("cells", [step(operation, "mode", there=MODE, wanted=MODE)]) == ()


def test_a_property_that_differs_is_told_with_both_values_and_the_command() -> None:
    """A property that differs is told with both values and the command."""
    one = only(step("update", "mode", there=MODE, wanted={"mode": "2750"}))
    assert (one.kind, one.what, one.property, one.there, one.declared) == (
        "different",
        "raw_images@bench",
        "mode",
        "0755",
        "2750",
    )
    assert one.cure.startswith("pulumi up -s cells")


@pytest.mark.parametrize(
    ("path", "there"), [("tags.a", "x"), ('tags["a"]', "x"), ("rules[0].days", "3"), ("gone", ""), ("rules[7]", "")]
)
def test_a_property_inside_another_is_found(path: str, there: str) -> None:
    """A property inside another is found."""
    assert only(step("update", path, there=MODE, wanted={})).there == there


def test_a_long_value_is_shortened_and_what_is_carried_of_the_declaration_is_not_shown() -> None:
    """A long value is shortened and what is carried of the declaration is not shown."""
    assert len(only(step("update", "policy", there={"policy": "x" * 500}, wanted={})).there) == 80
    assert only(step("update", "facts", there={"facts": "{}"}, wanted={})).there == ""


def test_what_is_declared_and_not_there_is_missing() -> None:
    """What is declared and not there is missing."""
    one = only(step("create", wanted={"mode": "2750"}))
    assert (one.kind, one.cure) == ("missing", "pulumi up -s cells")


def test_what_is_there_and_not_declared_any_more_is_undeclared() -> None:
    """What is there and not declared any more is undeclared."""
    assert only(step("delete", there=MODE)).kind == "undeclared"


def test_the_stack_itself_and_the_providers_are_no_drift() -> None:
    """The stack itself and the providers are no drift."""
    urn = "urn:pulumi:cells::slidebox::pulumi:pulumi:Stack::slidebox-cells"
    assert drifts("cells", [Step("create", urn, (), None, {"a": 1})]) == ()


def test_every_property_of_a_step_is_a_drift_of_its_own() -> None:
    """Every property of a step is a drift of its own."""
    found = drifts("cells", [step("replace", "mode", "tags", there=MODE, wanted={})])
    assert [one.property for one in found] == ["mode", "tags"]
    assert found[0].document()["declared"] is None
