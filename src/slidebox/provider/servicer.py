"""The engine's provider protocol over gRPC, for resource types that know nothing of it.

Why not `pulumi.dynamic` or `pulumi.provider.experimental`: neither keeps an object in the state when its
creation fails half-way, and the latter cannot preview unknown values.
"""

from __future__ import annotations

import asyncio
import json
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
)
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as pb_grpc

from slidebox.errors import SlideboxError
from slidebox.provider.as_is import AsIs, stays
from slidebox.provider.resource import Context, Failure, LogLevel, PartialFailureError, ResourceType
from slidebox.provider.values import Properties, from_struct, to_struct

Answer = TypeVar("Answer")

_SEVERITY = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}
_LOG_SECONDS = 5.0


class EngineLog:
    """The engine's log: what is said here appears beside the resource it is about.

    Parameters
    ----------
    address
        Where the engine listens; without one nothing is said.
    """

    def __init__(self, address: str | None) -> None:
        self.address = address
        self._stub: Any = None

    async def write(self, level: LogLevel, message: str, urn: str) -> None:
        """Say one thing; an engine that has gone away does not hear it."""
        if not self.address:
            return
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(self.address))
        try:
            await self._stub.Log(
                engine_pb2.LogRequest(severity=_SEVERITY[level], message=message, urn=urn), timeout=_LOG_SECONDS
            )
        except grpc.aio.AioRpcError:
            self._stub = None

    def sync(self, loop: asyncio.AbstractEventLoop, urn: str) -> Callable[[LogLevel, str], None]:
        """The same for a worker thread; it waits, so that messages keep their order and are not lost."""

        def say(level: LogLevel, message: str) -> None:
            asyncio.run_coroutine_threadsafe(self.write(level, message, urn), loop).result(2 * _LOG_SECONDS)

        return say


class Servicer(pb_grpc.ResourceProviderServicer):
    """Translates the protocol's calls for resource types.

    Parameters
    ----------
    types
        The kinds of resources.
    schema
        The package's schema.
    version
        The plugin's version.
    engine
        Address of the engine, from the command line.
    """

    def __init__(
        self, types: Iterable[ResourceType], schema: Mapping[str, Any], version: str, engine: str | None
    ) -> None:
        self.types = {kind.token: kind for kind in types}
        self.schema = schema
        self.version = version
        self.log = EngineLog(engine)
        self.stop = threading.Event()

    # Helpers

    def _context(self, request: Any, preview: bool = False, *properties: Properties) -> tuple[ResourceType, Context]:
        log = self.log.sync(asyncio.get_running_loop(), request.urn)
        context = Context(request.urn, preview, log, self.stop.is_set)
        kind = self.types.get(context.type)
        if kind is None:
            raise SlideboxError(f"slidebox has no resource type {context.type!r}.")
        return AsIs(kind) if stays(*properties) else kind, context

    async def _answer(self, call: grpc.aio.ServicerContext, work: Awaitable[Answer]) -> Answer:
        """Await one call's work and turn what it raises into the protocol's errors."""
        try:
            return await work
        except PartialFailureError as error:
            await _abort_partial(call, error)
        except SlideboxError as error:
            await call.abort(grpc.StatusCode.UNKNOWN, str(error))
        except (grpc.aio.AbortError, asyncio.CancelledError):
            raise
        except Exception as error:
            await self.log.write("debug", traceback.format_exc(), "")
            # The words of a stranger's error may hold a value; its type does not.
            await call.abort(
                grpc.StatusCode.INTERNAL,
                f"A fault in slidebox's provider ({type(error).__name__}); `pulumi --debug` shows where.",
            )
        raise AssertionError("abort returns never")

    # Life of the plugin

    async def Handshake(self, request: Any, context: Any) -> Any:
        """Learn the engine's address; say what this plugin understands."""
        self.log = EngineLog(request.engine_address)
        return pb.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    async def Attach(self, request: Any, context: Any) -> Any:
        """Attach to another engine."""
        self.log = EngineLog(request.address)
        return empty_pb2.Empty()

    async def Cancel(self, request: Any, context: Any) -> Any:
        """Start nothing more. The engine says this at every end, also a good one."""
        self.stop.set()
        return empty_pb2.Empty()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The plugin's version."""
        return plugin_pb2.PluginInfo(version=self.version)

    async def GetSchema(self, request: Any, context: Any) -> Any:
        """The package's schema, as JSON."""
        return pb.GetSchemaResponse(schema=json.dumps(self.schema))

    async def GetMapping(self, request: Any, context: Any) -> Any:
        """There is no mapping from another tool's names."""
        return pb.GetMappingResponse()

    async def GetMappings(self, request: Any, context: Any) -> Any:
        """There are none."""
        return pb.GetMappingsResponse()

    # The provider itself has nothing to set: each resource names its store.

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        """Accept the provider's settings."""
        return pb.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        """A change of the provider's settings never replaces anything."""
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    async def Configure(self, request: Any, context: Any) -> Any:
        """Say again what this plugin understands."""
        return pb.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    # Life of a resource

    async def Check(self, request: Any, context: Any) -> Any:
        """Judge inputs before anything is made."""

        async def work() -> Any:
            new, old = from_struct(request.news), from_struct(request.olds)
            kind, ctx = self._context(request, False, new)
            try:
                inputs, failures = await asyncio.to_thread(kind.check, ctx, new, old)
            except SlideboxError as error:
                inputs, failures = new, [Failure("", str(error))]
            return pb.CheckResponse(
                inputs=to_struct(inputs),
                failures=[pb.CheckFailure(property=f.property, reason=f.reason) for f in failures],
            )

        return await self._answer(context, work())

    async def Diff(self, request: Any, context: Any) -> Any:
        """Say what an update would change, and whether in place."""

        async def work() -> Any:
            state, old, new = from_struct(request.olds), from_struct(request.old_inputs), from_struct(request.news)
            kind, ctx = self._context(request, False, new)
            for name in request.ignoreChanges:
                _keep(new, old, name)
            found = await asyncio.to_thread(kind.diff, ctx, state, old, new)
            details = {name: _detail(name, old, new, name in found.replace) for name in found.changed}
            return pb.DiffResponse(
                changes=pb.DiffResponse.DIFF_SOME if found.changed else pb.DiffResponse.DIFF_NONE,
                diffs=list(found.changed),
                replaces=list(found.replace),
                detailedDiff=details,
                hasDetailedDiff=bool(details),
                stables=[] if found.replace else sorted(kind.stable),
                deleteBeforeReplace=found.delete_first,
            )

        return await self._answer(context, work())

    async def Create(self, request: Any, context: Any) -> Any:
        """Make a resource."""

        async def work() -> Any:
            inputs = from_struct(request.properties)
            kind, ctx = self._context(request, request.preview, inputs)
            if request.preview:
                planned = await asyncio.to_thread(kind.planned, ctx, inputs)
                return pb.CreateResponse(properties=to_struct(planned))
            self._refuse_if_stopping(ctx)
            id_, state = await asyncio.to_thread(kind.create, ctx, inputs)
            return pb.CreateResponse(id=id_, properties=to_struct(state))

        return await self._answer(context, work())

    async def Read(self, request: Any, context: Any) -> Any:
        """Look at a resource, for a refresh or an import."""

        async def work() -> Any:
            kind, ctx = self._context(request)
            state, inputs = from_struct(request.properties), from_struct(request.inputs)
            found = await asyncio.to_thread(kind.read, ctx, request.id, state, inputs)
            if found is None:
                return pb.ReadResponse()
            return pb.ReadResponse(id=found.id, properties=to_struct(found.state), inputs=to_struct(found.inputs))

        return await self._answer(context, work())

    async def Update(self, request: Any, context: Any) -> Any:
        """Change a resource in place."""

        async def work() -> Any:
            state, inputs = from_struct(request.olds), from_struct(request.news)
            kind, ctx = self._context(request, request.preview, inputs)
            if request.preview:
                planned = await asyncio.to_thread(kind.planned, ctx, inputs, state)
                return pb.UpdateResponse(properties=to_struct(planned))
            self._refuse_if_stopping(ctx)
            return pb.UpdateResponse(
                properties=to_struct(await asyncio.to_thread(kind.update, ctx, request.id, state, inputs))
            )

        return await self._answer(context, work())

    async def Delete(self, request: Any, context: Any) -> Any:
        """Remove a resource."""

        async def work() -> Any:
            # What has only been imported says in its inputs alone that it stays as it is.
            state, inputs = from_struct(request.properties), from_struct(request.old_inputs)
            kind, ctx = self._context(request, False, state, inputs)
            self._refuse_if_stopping(ctx)
            await asyncio.to_thread(kind.delete, ctx, request.id, state)
            return empty_pb2.Empty()

        return await self._answer(context, work())

    def _refuse_if_stopping(self, context: Context) -> None:
        if self.stop.is_set():
            raise SlideboxError(f"Stopped before {context.name} was touched.", "Run `pulumi up` again.")


def _keep(new: Properties, old: Properties, path: str) -> None:
    """Undo the change of an ignored input; of a path only its first name counts."""
    name = path.partition(".")[0].partition("[")[0]
    if name in old:
        new[name] = old[name]
    else:
        new.pop(name, None)


def _detail(name: str, old: Properties, new: Properties, replace: bool) -> Any:
    kinds = pb.PropertyDiff
    if name not in old and name in new:
        kind = kinds.ADD_REPLACE if replace else kinds.ADD
    elif name in old and name not in new:
        kind = kinds.DELETE_REPLACE if replace else kinds.DELETE
    else:
        kind = kinds.UPDATE_REPLACE if replace else kinds.UPDATE
    return kinds(kind=kind, inputDiff=name in old or name in new)


def new_status(message: str) -> Any:
    """A status of gRPC: of Google's own type where that is installed.

    Pulumi brings a copy of the type, and Google's clients load the original where they find it: a process can hold
    only one of the two.
    """
    try:
        from google.rpc import status_pb2  # noqa: PLC0415
    except ModuleNotFoundError:
        from pulumi.runtime.proto import status_pb2  # noqa: PLC0415
    return status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)


async def _abort_partial(call: grpc.aio.ServicerContext, error: PartialFailureError) -> NoReturn:
    """Fail, but tell the engine what exists: it stays in the state, and the next `up` finishes it."""
    detail = pb.ErrorResourceInitFailed(id=error.id, properties=to_struct(error.state), reasons=[str(error)])
    status = new_status(str(error))
    status.details.add().Pack(detail)
    call.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    await call.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort returns never")
