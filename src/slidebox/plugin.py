"""The process of a plugin: it serves on loopback, says its port, and leaves when the engine does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

import grpc.aio

# State, with everything in it, comes in one message: as much as the engine itself allows.
_LARGEST_MESSAGE = 400 << 20
_LIMITS = [("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.max_send_message_length", _LARGEST_MESSAGE)]
_WATCH_SECONDS = 0.5


async def serve(register: Callable[[grpc.aio.Server], None], *, ending: Callable[[], None], grace: float) -> None:
    """Serve until told to stop, or until the engine is gone: one that was killed cannot tell.

    Parameters
    ----------
    register
        Adds the services to the server.
    ending
        Called before the server stops.
    grace
        Seconds that calls under way are waited for.
    """
    server = grpc.aio.server(options=_LIMITS)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    parent = os.getppid()
    sys.stdout.write(f"{port}\n")  # the engine waits for this line
    sys.stdout.flush()
    # The child of a killed engine gets no signal, only another parent.
    while not stop.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stop.wait(), _WATCH_SECONDS)
        except TimeoutError:
            continue
    ending()
    await server.stop(grace)
