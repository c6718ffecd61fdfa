"""`python -m slidebox.analyzer ENGINE-ADDRESS PACK`: the plugin's process.

It serves on loopback, says its port on the first line of standard output, and leaves when the engine
does, also when that is killed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from pathlib import Path

import grpc.aio
from pulumi.runtime.proto import analyzer_pb2_grpc as pb_grpc

from slidebox.analyzer.servicer import Analyzer
from slidebox.errors import SlideboxError
from slidebox.policy import Rules, list_rules

_MAX_MESSAGE = 400 << 20
_PARENT_POLL_SECONDS = 0.5
_GRACE_SECONDS = 2.0


def main() -> int:
    """Serve until told to stop, or until the engine's process has died."""
    pack = Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve()
    try:
        catalogue = list_rules(pack)
        with Rules(pack) as rules:
            asyncio.run(_serve(Analyzer(rules, catalogue, _today)))
    except SlideboxError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).date()


async def _serve(analyzer: Analyzer) -> None:
    options = [("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.max_send_message_length", _MAX_MESSAGE)]
    server = grpc.aio.server(options=options)
    pb_grpc.add_AnalyzerServicer_to_server(analyzer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    parent = os.getppid()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that was killed sends no signal: its child only gets another parent.
    while not stop.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stop.wait(), _PARENT_POLL_SECONDS)
        except TimeoutError:
            continue
    await server.stop(_GRACE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
