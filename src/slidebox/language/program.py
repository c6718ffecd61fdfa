"""Run one Pulumi program in this process; the request for it comes on standard input.

It imports nothing of slidebox: it is started by its path, in the interpreter of the project.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

ALREADY_SAID = 32
"""Exit code of a program that has told the engine itself what went wrong."""


def run(request: language_pb2.RunRequest) -> int:
    """Run a program as its stack's own program.

    Returns
    -------
    int
        0, or `ALREADY_SAID` after an error that the engine has been told.
    """
    folder = Path(request.info.program_directory or request.pwd)
    program = Path(os.path.normpath(folder / (request.info.entry_point or request.program or ".")))
    os.chdir(folder)
    sys.argv = [str(program)]
    sys.path[0] = str(program if program.is_dir() else program.parent)
    reset_options(
        project=request.project,
        stack=request.stack,
        organization=request.organization or "organization",
        parallel=request.parallel,
        preview=request.dryRun,
        monitor_address=request.monitor_address,
        engine_address=request.args[0] if request.args else "",
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))
    # The SDK leaves tasks behind when a program fails; what went wrong is said below, once.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    # Each resource that is being registered holds a thread while the engine works on it.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(request.parallel, 1) * 4))
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return ALREADY_SAID
    except grpc.RpcError as error:
        # An engine that is shutting down has said why already.
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"The engine refused a request: {error.details()}")
        return ALREADY_SAID
    except BaseException as error:  # the engine is told of everything, also of SystemExit
        if isinstance(error, SystemExit) and not error.code:
            return 0
        pulumi.log.error("The program failed:\n" + _traceback(error, program))
        return ALREADY_SAID
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _execute(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _traceback(error: BaseException, program: Path) -> str:
    """The traceback from the program's own first line on, without the SDK's and runpy's frames above it."""
    frames = traceback.extract_tb(error.__traceback__)
    folder = program if program.is_dir() else program.parent
    inside = [i for i, frame in enumerate(frames) if Path(frame.filename).is_relative_to(folder)]
    shown = traceback.format_list(frames[inside[0] :] if inside else frames)
    return "".join([*shown, *traceback.format_exception_only(error)]).rstrip()


def main() -> int:
    """Read the request and run it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the engine's to handle: it ends us when it is ready
    request = language_pb2.RunRequest()
    request.ParseFromString(sys.stdin.buffer.read())
    return run(request)


if __name__ == "__main__":
    sys.exit(main())
