"""What stays as it is: the engine's calls reach no store, but for looking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc.aio
import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from slidebox.errors import InputError
from slidebox.provider.as_is import AsIs, stays
from slidebox.provider.resource import Context, Difference, Failure, Found, ResourceType
from slidebox.provider.values import Properties, from_struct, to_struct

from .test_provider_servicer import URN, Speaker

CONTEXT = Context(URN)
FOUND = {"name": "old", "mode": "0750"}
DECLARED = {"asIs": True, "facts": "{}", "location": "nf1/raw_images@short@bench"}


class Untouchable(ResourceType):
    """A thing that may only be looked at."""

    token = "test:index:Thing"

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Its name."""
        return {"name": ("string", "Its name.")}

    def required(self) -> tuple[str, ...]:
        """Its name."""
        return ("name",)

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Never."""
        raise AssertionError("checked as if slidebox made it")

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Never."""
        raise AssertionError("made")

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """As it is."""
        return Found(id, {**FOUND, "owner": "root"}, {**inputs, **FOUND})

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Never."""
        raise AssertionError("changed")

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Never."""
        raise AssertionError("removed")


@pytest.fixture
def speaker() -> Speaker:
    """A servicer of the one type."""
    made = Speaker()
    made.servicer.types = {Untouchable.token: Untouchable()}
    return made


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """What an update would change."""
    return AsIs(Untouchable()).diff(CONTEXT, {}, dict(old), dict(new))


def test_only_what_says_so_stays() -> None:
    """A word is no truth value, and one of several is enough: of an import only the inputs say it."""
    assert stays({}, {"asIs": True})
    assert not stays({"asIs": "yes"}, {"asIs": False}, {})


def test_an_import_of_it_has_nothing_to_change() -> None:
    """What is declared of it is in no store, so that it differs from what was read."""
    assert diff(FOUND, FOUND | DECLARED | {"mode": "0777"}) == Difference()


def test_a_change_of_what_is_declared_is_written_down_and_a_change_of_the_thing_is_none() -> None:
    """Nothing of it is ever brought back to what it was."""
    assert diff(FOUND | DECLARED, {"name": "new", "mode": "0700", **DECLARED}) == Difference()
    assert diff(FOUND | DECLARED, FOUND | DECLARED | {"facts": '{"a":1}'}).changed == ("facts",)


def test_the_engines_calls_change_nothing(speaker: Speaker) -> None:
    """Neither an update nor a delete reaches the kind of resource that it is."""
    news = to_struct({**FOUND, **DECLARED})
    checked = speaker.call("Check", pb.CheckRequest(urn=URN, news=news))
    assert (from_struct(checked.inputs), list(checked.failures)) == ({**FOUND, **DECLARED}, [])
    olds = to_struct({**FOUND, "owner": "root"})
    updated = speaker.call("Update", pb.UpdateRequest(urn=URN, id="old", olds=olds, news=news))
    assert from_struct(updated.properties) == {**FOUND, **DECLARED, "owner": "root"}
    # Straight after the import its state says nothing, and its inputs do.
    speaker.call("Delete", pb.DeleteRequest(urn=URN, id="old", properties=olds, old_inputs=news))
    speaker.call("Delete", pb.DeleteRequest(urn=URN, id="old", properties=to_struct({**FOUND, **DECLARED})))
    read = speaker.call("Read", pb.ReadRequest(urn=URN, id="old", inputs=news))
    assert from_struct(read.properties)["owner"] == "root"


def test_what_is_missing_is_said(speaker: Speaker) -> None:
    """The name of a bucket, for instance."""
    checked = speaker.call("Check", pb.CheckRequest(urn=URN, news=to_struct(DECLARED)))
    assert [failure.property for failure in checked.failures] == ["name"]


def test_it_is_never_made(speaker: Speaker) -> None:
    """If it has gone since, that is said."""
    with pytest.raises(grpc.aio.AioRpcError, match="the engine would make it anew"):
        speaker.call("Create", pb.CreateRequest(urn=URN, properties=to_struct({**FOUND, **DECLARED})))
    with pytest.raises(InputError, match="remove its `adopted`"):
        AsIs(Untouchable()).create(CONTEXT, {})


def test_a_preview_shows_what_is_known_of_it(speaker: Speaker) -> None:
    """With what is declared."""
    olds, news = to_struct({"owner": "root"}), to_struct({**FOUND, **DECLARED})
    updated = speaker.call("Update", pb.UpdateRequest(urn=URN, id="old", olds=olds, news=news, preview=True))
    assert from_struct(updated.properties)["owner"] == "root"
    made = pb.CreateRequest(urn=URN, properties=news, preview=True)
    with pytest.raises(grpc.aio.AioRpcError, match="the engine would make it anew"):
        speaker.call("Create", made)


@pytest.mark.parametrize("preview", [True, False])
def test_what_a_program_makes_of_it_does_not_get_into_the_state(speaker: Speaker, preview: bool) -> None:
    """The rules believe the state: a bucket that was found public is public until a refresh finds otherwise."""
    there = {"name": "public", "public": True}
    lie = {"name": "another", "public": False, "extra": "[]", **DECLARED}
    checked = speaker.call("Check", pb.CheckRequest(urn=URN, olds=to_struct(there), news=to_struct(lie)))
    assert from_struct(checked.inputs) == {**there, **DECLARED}
    request = pb.UpdateRequest(urn=URN, id="public", olds=to_struct(there), news=to_struct(lie), preview=preview)
    assert from_struct(speaker.call("Update", request).properties) == {**there, **DECLARED}


def test_what_is_no_longer_declared_of_it_is_dropped(speaker: Speaker) -> None:
    """From its inputs: they are what the next run compares with."""
    olds = to_struct({**FOUND, **DECLARED, "keys": ["a"]})
    checked = speaker.call("Check", pb.CheckRequest(urn=URN, olds=olds, news=to_struct({**FOUND, **DECLARED})))
    assert from_struct(checked.inputs) == {**FOUND, **DECLARED}
