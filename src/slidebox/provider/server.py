"""The plugin's process: serve on loopback, print the port, leave when the engine dies."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import sys
from collections.abc import Callable

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from slidebox.provider.servicer import Servicer

# Resources are waited for, not computed: more threads than cores.
_THREADS = 32
_MAX_MESSAGE = 400 << 20
_PARENT_POLL_SECONDS = 0.5
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
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.max_send_message_length", _MAX_MESSAGE)]
    )
    pb_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    parent = os.getppid()
    # The engine reads the port from the first line of standard output.
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that was killed sends no signal: its child only gets another parent.
    while not stop.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stop.wait(), _PARENT_POLL_SECONDS)
        except TimeoutError:
            continue
    servicer.stop.set()
    await server.stop(_GRACE_SECONDS)
    # Worker threads may hang in a call to a dead endpoint; nobody waits for their answer any more.
    os._exit(0)
