"""A stand-in for pulumi-aws's plugin: it accepts every resource as a preview does, and talks to nothing.

The engine starts it as ``pulumi-resource-aws``. What the service chooses is known only after a resource is
made, as with the real one: ARN, id, and the name of a bucket that is given none.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from slidebox import plugin

LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CHOSEN_LATER = ("arn", "id", "policy", "grants", "versioning", "logging", "serverSideEncryptionConfiguration")


class StandIn(pb_grpc.ResourceProviderServicer):
    """Accepts everything."""

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say a version."""
        return plugin_pb2.PluginInfo(version="7.0.0")

    async def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Agree on the protocol."""
        return pb.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    async def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take any configuration."""
        return pb.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """See no difference."""
        return pb.DiffResponse()

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Be ready."""
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take any inputs."""
        return pb.CheckResponse(inputs=request.news)

    async def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Compare the inputs."""
        same = request.old_inputs == request.news
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE if same else pb.DiffResponse.DIFF_SOME)

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say what a preview knows of a new resource, and what is known once it is there."""
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(request.properties)
        name = dict(outputs).get("bucket") or request.urn.split("::")[-1]
        for key in (*CHOSEN_LATER, "bucket"):
            if key not in outputs.fields and request.preview:
                outputs[key] = LATER
        if not request.preview:
            outputs["arn"] = f"arn:aws:s3:::{name}"
        return pb.CreateResponse(id="" if request.preview else name, properties=outputs)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Forget it."""
        return empty_pb2.Empty()

    async def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing runs."""
        return empty_pb2.Empty()


def register(server: grpc.aio.Server) -> None:
    """Add the service."""
    pb_grpc.add_ResourceProviderServicer_to_server(StandIn(), server)


if __name__ == "__main__":
    asyncio.run(plugin.serve(register, ending=lambda: None, grace=1.0))
