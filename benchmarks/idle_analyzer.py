"""An analyzer that answers the engine and says nothing: what any policy pack adds to a preview.

``gate.py`` starts it in place of slidebox's own, to tell what the rules cost from what the engine costs.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc as pb_grpc
from pulumi.runtime.proto import plugin_pb2

from slidebox.plugin import serve


class Idle(pb_grpc.AnalyzerServicer):
    """Has no policies, and nothing to say of anything."""

    async def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Agree on the protocol."""
        return pb.AnalyzerHandshakeResponse()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say a version."""
        return plugin_pb2.PluginInfo(version="0.1.0")

    async def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Name the pack, without a policy."""
        return pb.AnalyzerInfo(name="slidebox", version="0.1.0")

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take no configuration."""
        return empty_pb2.Empty()

    async def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Begin."""
        return pb.AnalyzerStackConfigureResponse()

    async def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say nothing of a resource."""
        return pb.AnalyzeResponse()

    async def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say nothing of a stack."""
        return pb.AnalyzeResponse()

    async def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Mend nothing."""
        return pb.RemediateResponse()

    async def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing runs."""
        return empty_pb2.Empty()


def register(server: grpc.aio.Server) -> None:
    """Add the service."""
    pb_grpc.add_AnalyzerServicer_to_server(Idle(), server)


if __name__ == "__main__":
    asyncio.run(serve(register, ending=lambda: None, grace=1.0))
