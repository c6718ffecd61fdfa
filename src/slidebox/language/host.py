"""The LanguageRuntime service: starts a program in a child process and reports how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from slidebox import __version__, plugin
from slidebox.language import program as runner


class HostError(Exception):
    """A program cannot be run; the message says what to do."""


def interpreter(info: language_pb2.ProgramInfo) -> str:
    """The Python that a project's program runs in: its ``virtualenv``, else ``PULUMI_PYTHON_CMD`` or ``python3``.

    Raises
    ------
    HostError
        If the project names a virtual environment that is not there.
    """
    options = json_format.MessageToDict(info.options)
    environment = options.get("virtualenv")
    if not environment:
        return os.environ.get("PULUMI_PYTHON_CMD") or "python3"
    python = Path(info.root_directory, str(environment), "bin", "python")
    if not python.exists():
        raise HostError(
            f"The virtual environment {environment!r} of Pulumi.yaml is not there ({python}). "
            "Run `make up` in slidebox's folder, or `uv sync` in your own."
        )
    return str(python)


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs for one engine.

    Parameters
    ----------
    engine
        Address of the engine, where programs send their log.
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._programs: set[asyncio.subprocess.Process] = set()

    async def Handshake(self, request: Any, context: Any) -> Any:
        """Learn the engine's address."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Say which version this is."""
        return plugin_pb2.PluginInfo(version=__version__)

    async def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """Name no package: the engine finds a provider when a resource asks for it.

        The official host names every installed ``pulumi-*`` package, and the engine then downloads its
        plugin although the stack may not use it.
        """
        return language_pb2.GetRequiredPackagesResponse()

    async def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """Name no plugin, for the same reason."""
        return language_pb2.GetRequiredPluginsResponse()

    async def Run(self, request: Any, context: Any) -> Any:
        """Run a program to its end."""
        if not request.args:
            request.args.append(self._engine)
        try:
            python = interpreter(request.info)
            # By its path: the project's interpreter has to have Pulumi's SDK, but not slidebox.
            program = await asyncio.create_subprocess_exec(
                python,
                "-u",
                str(Path(runner.__file__).resolve()),
                cwd=request.info.program_directory or request.pwd,
                stdin=asyncio.subprocess.PIPE,
            )
        except HostError as error:
            return language_pb2.RunResponse(error=str(error))
        except OSError as error:
            return language_pb2.RunResponse(error=f"The program's interpreter cannot be started: {error}")
        self._programs.add(program)
        try:
            # By a pipe: the request holds the stack's configuration with its secrets in clear.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                await program.communicate(request.SerializeToString())
            code = await program.wait()
        finally:
            self._programs.discard(program)
            if program.returncode is None:  # the engine is gone, or has given up this call
                with contextlib.suppress(ProcessLookupError):
                    program.terminate()
        if code == runner.ALREADY_SAID:
            return language_pb2.RunResponse(bail=True)
        if code:
            return language_pb2.RunResponse(error=f"The program ended with exit code {code}.")
        return language_pb2.RunResponse()

    async def InstallDependencies(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Say who installs dependencies."""
        said = b"Dependencies are installed by uv (make up, or uv sync): nothing to do.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=said)

    async def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        """Ask nothing."""
        return language_pb2.RuntimeOptionsResponse()

    async def About(self, request: Any, context: Any) -> Any:
        """Say which Python programs run in."""
        with contextlib.suppress(HostError):
            return language_pb2.AboutResponse(executable=interpreter(request.info), version=sys.version.split()[0])
        return language_pb2.AboutResponse()

    async def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """List nothing: uv.lock does."""
        return language_pb2.GetProgramDependenciesResponse()

    async def Cancel(self, request: Any, context: Any) -> Any:
        """End what runs."""
        self.end()
        return empty_pb2.Empty()

    def end(self) -> None:
        """End every program that still runs."""
        for program in self._programs:
            with contextlib.suppress(ProcessLookupError):
                program.terminate()


async def serve(engine: str) -> None:
    """Serve until the engine asks to stop, or is gone: an engine that was killed cannot ask."""
    host = Host(engine)

    def register(server: grpc.aio.Server) -> None:
        language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)

    await plugin.serve(register, ending=host.end, grace=1)
