"""The engine's protocol, spoken to a servicer over a real connection, and to the plugin's own process."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import grpc
import grpc.aio
import pytest
from google.protobuf import empty_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from slidebox.errors import InputError, SlideboxError
from slidebox.provider.drive import Folder
from slidebox.provider.posix import told
from slidebox.provider.resource import Context, Failure, Found, PartialFailureError, ResourceType
from slidebox.provider.schema import schema
from slidebox.provider.servicer import Servicer
from slidebox.provider.values import UNKNOWN, Properties, Secret, from_struct, to_struct

from .conftest import lives

URN = "urn:pulumi:first::slidebox::a:b:C$test:index:Thing::thing"


class Thing(ResourceType):
    """A thing that does what its inputs say."""

    token = "test:index:Thing"
    replace_on: ClassVar = frozenset({"place"})
    computed: ClassVar = frozenset({"key"})

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """One input."""
        return {"do": ("string", "What it does.")}

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Refuse, or complete."""
        if new.get("do") == "refuse":
            raise InputError("This cannot be.", "Do otherwise.")
        return {**new, "completed": True}, [Failure("do", "no")] if new.get("do") == "no" else []

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Succeed, half succeed, or fail."""
        if inputs["do"] == "half":
            raise PartialFailureError("id", {**inputs, "key": Secret("s3cr3t")}, "It is half made.")
        if inputs["do"] == "break":
            raise KeyError("s3cr3t")
        return "id", {**inputs, "key": Secret("s3cr3t")}

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """It is gone."""
        return None

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Take the inputs."""
        return inputs

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Refuse."""
        raise SlideboxError("It is not empty.", "Empty it.")


class Speaker:
    """One call at a time to a servicer behind a real connection."""

    def __init__(self) -> None:
        self.servicer = Servicer([Thing()], {"name": "test"}, "1.2.3", None)

    def call(self, method: str, request: Any) -> Any:
        """Call a method; raises `grpc.aio.AioRpcError` as the engine would see it."""
        return asyncio.run(self._call(method, request))

    async def _call(self, method: str, request: Any) -> Any:
        server = grpc.aio.server()
        pb_grpc.add_ResourceProviderServicer_to_server(self.servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                return await getattr(pb_grpc.ResourceProviderStub(channel), method)(request)
        finally:
            await server.stop(0)


@pytest.fixture
def speaker() -> Speaker:
    """A servicer of one type."""
    return Speaker()


def create(do: Any, *, preview: bool = False) -> Any:
    """A request to make a thing."""
    return pb.CreateRequest(urn=URN, properties=to_struct({"do": do}), preview=preview)


def test_a_thing_is_made_and_its_secret_stays_marked(speaker: Speaker) -> None:
    """The engine encrypts what is marked."""
    made = speaker.call("Create", create("well"))
    assert (made.id, from_struct(made.properties)) == ("id", {"do": "well", "key": Secret("s3cr3t")})


def test_a_preview_makes_nothing_and_marks_what_it_cannot_know(speaker: Speaker) -> None:
    """Also where an input is not known yet."""
    planned = speaker.call("Create", create(UNKNOWN, preview=True))
    assert (planned.id, from_struct(planned.properties)) == ("", {"do": UNKNOWN, "key": UNKNOWN})


def test_what_is_half_made_stays_in_the_state(speaker: Speaker) -> None:
    """The engine gets the id and the properties with the failure, and updates it next time."""
    with pytest.raises(grpc.aio.AioRpcError, match="It is half made") as caught:
        speaker.call("Create", create("half"))
    metadata = dict(caught.value.trailing_metadata() or ())
    status = status_pb2.Status.FromString(bytes(metadata["grpc-status-details-bin"]))
    detail = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("id", ["It is half made."])
    assert from_struct(detail.properties)["key"] == Secret("s3cr3t")


@pytest.mark.parametrize("missing", ["", "sys.modules['google.rpc'] = None;"])
def test_the_plugin_and_googles_clients_are_at_home_in_one_process(missing: str) -> None:
    """Both bring the message that says what is half made, of which a process can hold one; Google's may be missing."""
    then = "" if missing else "import google.rpc.status_pb2;"
    program = f"import sys; {missing} import slidebox.provider.__main__, slidebox.provider.servicer as s; {then}"
    program += "print(s.new_status('x').message)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("x\n", "")


def test_a_fault_of_ours_is_called_one_and_shows_no_value(speaker: Speaker) -> None:
    """The words of an exception may hold a secret."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        speaker.call("Create", create("break"))
    assert caught.value.details() == "A fault in slidebox's provider (KeyError); `pulumi --debug` shows where."


def test_an_error_is_its_sentence_and_its_cure(speaker: Speaker) -> None:
    """And nothing else."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        speaker.call("Delete", pb.DeleteRequest(urn=URN, id="id"))
    assert caught.value.details() == "It is not empty. Empty it."


@pytest.mark.parametrize(
    ("do", "failures"),
    [("well", []), ("no", [("do", "no")]), ("refuse", [("", "This cannot be. Do otherwise.")])],
)
def test_a_check_answers_with_failures(speaker: Speaker, do: str, failures: list[tuple[str, str]]) -> None:
    """An error in it is one of them, so that a preview shows it beside its resource."""
    answer = speaker.call("Check", pb.CheckRequest(urn=URN, news=to_struct({"do": do})))
    assert [(failure.property, failure.reason) for failure in answer.failures] == failures


def test_a_difference_says_what_is_changed_and_what_is_replaced(speaker: Speaker) -> None:
    """Ignored changes are none."""
    old, new = {"do": "a", "place": 1, "seen": 1}, {"do": "b", "place": 2, "seen": 2, "more": 1}
    answer = speaker.call(
        "Diff",
        pb.DiffRequest(urn=URN, old_inputs=to_struct(old), news=to_struct(new), ignoreChanges=["seen"]),
    )
    kinds = {name: pb.PropertyDiff.Kind.Name(detail.kind) for name, detail in answer.detailedDiff.items()}
    assert kinds == {"do": "UPDATE", "more": "ADD", "place": "UPDATE_REPLACE"}
    assert list(answer.replaces) == ["place"]


def test_an_unknown_input_counts_as_a_change(speaker: Speaker) -> None:
    """It may be one."""
    known, unknown = to_struct({"do": "a"}), to_struct({"do": UNKNOWN})
    answer = speaker.call("Diff", pb.DiffRequest(urn=URN, old_inputs=known, news=unknown))
    assert list(answer.diffs) == ["do"]


def test_what_is_gone_has_no_id(speaker: Speaker) -> None:
    """So a refresh takes it out of the state."""
    assert speaker.call("Read", pb.ReadRequest(urn=URN, id="id")).id == ""


def test_nothing_more_is_begun_after_the_engine_has_said_stop(speaker: Speaker) -> None:
    """What was begun may end."""
    speaker.call("Cancel", empty_pb2.Empty())
    with pytest.raises(grpc.aio.AioRpcError, match="Stopped before thing was touched"):
        speaker.call("Create", create("well"))


def test_the_schema_names_every_property() -> None:
    """As `pulumi package get-schema` shows it."""
    resource = schema([Folder()], "1.2.3")["resources"]["slidebox:drive:Folder"]
    assert set(resource["inputProperties"]) == {*Folder().properties(), "asIs"} - Folder.computed
    assert resource["inputProperties"]["root"]["willReplaceOnChanges"] is True
    assert resource["requiredInputs"] == ["lab", "mode", "path", "root", "store"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The disk is full: making /x failed. Make room on it, then run again."),
        (errno.EROFS, "The disk is mounted read-only: making /x failed. Mount it writable, then run again."),
        (errno.EACCES, "This account is not allowed to go on: making /x failed (Permission denied)."),
        (errno.EIO, "The disk failed while making /x: Input/output error. Check the disk and its mount."),
    ],
)
def test_what_the_system_refuses_is_one_sentence(number: int, sentence: str) -> None:
    """A full disk, a read-only one, a missing permission, a broken disk."""
    with pytest.raises(SlideboxError) as caught, told("making /x"):
        raise OSError(number, os.strerror(number))
    assert str(caught.value).startswith(sentence)


# The plugin's own process


@pytest.fixture
def launcher(repository: Path) -> Path:
    """What the engine starts."""
    return repository / "plugins/pulumi-resource-slidebox"


def environment() -> dict[str, str]:
    """The environment of a plugin: this Python."""
    return {**os.environ, "SLIDEBOX_PYTHON": sys.executable}


@pytest.mark.e2e
def test_the_plugin_says_its_port_and_answers(launcher: Path) -> None:
    """And leaves when it is told to."""
    with subprocess.Popen([launcher], stdout=subprocess.PIPE, env=environment(), text=True) as plugin:
        assert plugin.stdout is not None
        port = int(plugin.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = pb_grpc.ResourceProviderStub(channel)
            found = json.loads(stub.GetSchema(pb.GetSchemaRequest(), timeout=20).schema)
        plugin.send_signal(signal.SIGTERM)
        assert plugin.wait(20) == 0
    assert sorted(found["resources"]) == [
        "slidebox:archive:Folder",
        "slidebox:archive:Submission",
        "slidebox:azure:AccessLog",
        "slidebox:azure:Account",
        "slidebox:azure:Audit",
        "slidebox:azure:Budget",
        "slidebox:azure:Container",
        "slidebox:cluster:Folder",
        "slidebox:drive:Folder",
        "slidebox:dvc:Remote",
        "slidebox:figshare:Collection",
        "slidebox:figshare:Deposit",
        "slidebox:gcs:Bucket",
        "slidebox:gcs:Budget",
        "slidebox:gcs:Inventory",
        "slidebox:gcs:Key",
        "slidebox:github:Repository",
        "slidebox:s3:Bucket",
        "slidebox:s3:User",
        "slidebox:share:Folder",
        "slidebox:zenodo:Deposit",
    ]


@pytest.mark.e2e
def test_the_plugin_leaves_when_its_engine_is_killed(launcher: Path) -> None:
    """Nothing tells it; its parent is another one."""
    engine = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([{str(launcher)!r}], stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", engine], stdout=subprocess.PIPE, env=environment(), text=True
    ) as parent:
        assert parent.stdout is not None
        plugin = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while lives(plugin) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lives(plugin)
