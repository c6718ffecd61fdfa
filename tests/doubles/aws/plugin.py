"""A stand-in for pulumi-aws's plugin, for tests: the engine runs a program for AWS against a server on this machine.

It is a test double and no part of the product. The engine starts ``pulumi-resource-aws``, which is
``python -m tests.doubles.aws.plugin``. Inputs are checked against pulumi-aws's own argument types (`arguments`); what
is asked for is applied through boto3 (`services`) to wherever ``AWS_ENDPOINT_URL`` says, such as moto; outputs are
those that the real plugin computes. It differs from it in what it leaves out: defaults of inputs, validation beyond
types, waiting, and types that tests do not use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import grpc.aio
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from slidebox import plugin

from .arguments import UNKNOWN, faults
from .imports import imported
from .kind import Kind, is_gone
from .services import KEPT, KINDS

VERSION = "7.51.1"
CHOSEN_LATER = ("arn", "id", "region", "uniqueId", "keyId", "accountId")
"""Outputs that are not known in a preview."""


class StandIn(pb_grpc.ResourceProviderServicer):
    """The provider's protocol over `KINDS`."""

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say a version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    async def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Agree on the protocol."""
        return pb.ProviderHandshakeResponse(accept_secrets=False, accept_resources=False, accept_outputs=False)

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take any configuration."""
        return pb.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """See no difference."""
        return pb.DiffResponse()

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Be ready; a provider of another region is one whose resources say their region."""
        return pb.ConfigureResponse(supportsPreview=True)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Hold the inputs against pulumi-aws's own types."""
        token = _token(request.urn)
        said = faults(token, _plain(request.news))
        if not said and token not in KINDS and token not in KEPT:
            said = [("", f"the stand-in does not make {token}")]
        failures = [pb.CheckFailure(property=name, reason=why) for name, why in said]
        return pb.CheckResponse(inputs=request.news, failures=failures)

    async def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Compare the inputs."""
        before, after = _plain(request.old_inputs), _plain(request.news)
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        kind = KINDS.get(_token(request.urn))
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if kind and key in kind.fixed],
            deleteBeforeReplace=True,
        )

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make it; in a preview say what is known of it already."""
        given = _plain(request.properties)
        if request.preview:
            known = {key: given.get(key, UNKNOWN) for key in CHOSEN_LATER} | given
            return pb.CreateResponse(id="", properties=_struct(known))
        name, outputs = await self._put(_token(request.urn), given, "", context)
        return pb.CreateResponse(id=name, properties=_struct({**given, **outputs}))

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make it so."""
        given, before = _plain(request.news), _plain(request.olds)
        if request.preview:
            return pb.UpdateResponse(properties=_struct({**before, **given}))
        _, outputs = await self._put(_token(request.urn), given, request.id, context)
        return pb.UpdateResponse(properties=_struct({**before, **given, **outputs}))

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Whether it is still there; what it is like is taken to be as before, but for what is being imported."""
        kind = KINDS.get(_token(request.urn))
        if kind and await self._is_gone(kind, request.id, _plain(request.properties), context):
            return pb.ReadResponse()
        if kind and not request.inputs.fields:
            inputs = await asyncio.to_thread(imported, _token(request.urn), request.id)
            return pb.ReadResponse(
                id=request.id, properties=_struct({**inputs, "id": request.id}), inputs=_struct(inputs)
            )
        return pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take it away; what is gone already is as good."""
        kind = KINDS.get(_token(request.urn))
        try:
            if kind:
                await asyncio.to_thread(kind.drop, request.id, _plain(request.properties))
        except ClientError as error:
            if not is_gone(error):
                await context.abort(grpc.StatusCode.UNKNOWN, f"deleting {request.id}: {error}")
        return empty_pb2.Empty()

    async def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing runs long."""
        return empty_pb2.Empty()

    async def _put(self, token: str, given: Mapping[str, Any], known: str, context: Any) -> tuple[str, dict[str, Any]]:
        if token not in KINDS:
            return known or str(given.get("analyzerName") or given.get("name") or token), {}
        try:
            return await asyncio.to_thread(KINDS[token].put, given, known)
        except (ClientError, BotoCoreError, KeyError) as error:
            await context.abort(grpc.StatusCode.UNKNOWN, f"{token}: {type(error).__name__}: {error}")
            raise

    async def _is_gone(self, kind: Kind, known: str, given: Mapping[str, Any], context: Any) -> bool:
        try:
            await asyncio.to_thread(kind.seen, known, given)
        except ClientError as error:
            if is_gone(error):
                return True
            await context.abort(grpc.StatusCode.UNKNOWN, f"reading {known}: {error}")
        return False


def _token(urn: str) -> str:
    """The type in a URN, without those of the components around it."""
    return urn.split("::")[2].rpartition("$")[2]


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as Python values; whole numbers as such."""
    found: dict[str, Any] = _whole(MessageToDict(struct))
    return {key: value for key, value in found.items() if not key.startswith("__") and value is not None}


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def _struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in properties.items() if value is not None})
    return struct


def register(server: grpc.aio.Server) -> None:
    """Add the service."""
    pb_grpc.add_ResourceProviderServicer_to_server(StandIn(), server)


if __name__ == "__main__":
    asyncio.run(plugin.serve(register, ending=lambda: None, grace=1.0))
