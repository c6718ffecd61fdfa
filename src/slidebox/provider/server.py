"""The plugin's process: serve on loopback, print the port, leave when the engine dies."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import sys
from collections.abc import Callable

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from slidebox import plugin
from slidebox.provider.servicer import Servicer

# Resources are waited for, not computed: more threads than cores.
_THREADS = 32
_GRACE_SECONDS = 5.0


def serve(make: Callable[[str | None], Servicer]) -> None:
    """Serve until told to stop, or until the engine's process has died.

    Parameters
    ----------
    make
        Makes the servicer, given the engine's address.
    """
    asyncio.run(_serve(make(sys.argv[1] if len(sys.argv) > 1 else None)))


async def _serve(servicer: Servicer) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(_THREADS))

    def register(server: grpc.aio.Server) -> None:
        pb_grpc.add_ResourceProviderServicer_to_server(servicer, server)

    await plugin.serve(register, ending=servicer.stop.set, grace=_GRACE_SECONDS)
    # Worker threads may hang in a call to a dead endpoint; nobody waits for their answer any more.
    os._exit(0)
