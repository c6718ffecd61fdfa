"""`python -m slidebox.analyzer ENGINE-ADDRESS PACK`: the plugin's process."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc.aio
from pulumi.runtime.proto import analyzer_pb2_grpc as pb_grpc

from slidebox import labfile
from slidebox.analyzer.servicer import Analyzer
from slidebox.errors import InputError, SlideboxError
from slidebox.facts import FactBook
from slidebox.plugin import serve
from slidebox.policy import Rules, own_dir
from slidebox.systems import load_systems

_GRACE_SECONDS = 2.0


def main() -> int:
    """Serve until told to stop, or until the engine's process has died."""
    pack = Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve()
    try:
        # The engine waits for this: the lab's files are read while OPA compiles the rules.
        own = own_rules(pack)
        reading = ThreadPoolExecutor(1).submit(declared_facts, pack)
        with Rules(pack, own=own) as rules:
            analyzer = Analyzer(rules, rules.catalogue(), _today, reading.result())

            def register(server: grpc.aio.Server) -> None:
                pb_grpc.add_AnalyzerServicer_to_server(analyzer, server)

            asyncio.run(serve(register, ending=lambda: None, grace=_GRACE_SECONDS))
    except SlideboxError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def own_rules(pack: Path) -> Path | None:
    """The folder of the rules that the lab has added; None if it has added none, or there is no lab around.

    The lab is the one that ``SLIDEBOX_LAB`` names, else the one around the folder that the engine runs in, else
    the one around the pack: the engine starts this process in the pack, and says nothing about the program.

    Raises
    ------
    InputError
        If the lab's file is not to be understood: whether it adds rules is not known then.
    """
    root = _lab_root(pack)
    return own_dir(root, labfile.load_lab_file(root).rules) if root else None


def declared_facts(pack: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What that lab's files declare, as facts; nothing if there is no lab around, or it has no such files.

    Raises
    ------
    InputError
        If one of the files is not to be understood.
    """
    root = _lab_root(pack)
    # A lab may declare its projects in programs alone.
    if root is None or not (root / labfile.PROJECTS).is_dir():
        return {}
    lab = labfile.load(root)
    return FactBook(lab.present(_today()), load_systems(lab.file.playbook)).declared()


def _lab_root(pack: Path) -> Path | None:
    named = os.environ.get("SLIDEBOX_LAB")
    for start in [Path(named)] if named else [*_engine_folder(), pack]:
        with contextlib.suppress(InputError):
            return labfile.find_root(start)
    return None


def _engine_folder() -> list[Path]:
    """The folder that the engine was started in, where the system says so."""
    with contextlib.suppress(OSError):
        return [Path(f"/proc/{os.getppid()}/cwd").readlink()]
    return []


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).date()


if __name__ == "__main__":
    sys.exit(main())
