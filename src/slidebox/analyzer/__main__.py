"""`python -m slidebox.analyzer ENGINE-ADDRESS PACK`: the plugin's process."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from pathlib import Path

import grpc.aio
from pulumi.runtime.proto import analyzer_pb2_grpc as pb_grpc

from slidebox.analyzer.servicer import Analyzer
from slidebox.errors import SlideboxError
from slidebox.plugin import serve
from slidebox.policy import Rules, list_rules

_GRACE_SECONDS = 2.0


def main() -> int:
    """Serve until told to stop, or until the engine's process has died."""
    pack = Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve()
    try:
        catalogue = list_rules(pack)
        with Rules(pack) as rules:
            analyzer = Analyzer(rules, catalogue, _today)

            def register(server: grpc.aio.Server) -> None:
                pb_grpc.add_AnalyzerServicer_to_server(analyzer, server)

            asyncio.run(serve(register, ending=lambda: None, grace=_GRACE_SECONDS))
    except SlideboxError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).date()


if __name__ == "__main__":
    sys.exit(main())
