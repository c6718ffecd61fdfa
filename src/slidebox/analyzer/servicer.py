"""The Analyzer service of the engine's protocol (pulumi.runtime.proto.analyzer)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc as pb_grpc
from pulumi.runtime.proto import plugin_pb2

from slidebox import __version__
from slidebox.access import UNKNOWN
from slidebox.analyzer.earlier import Earlier
from slidebox.errors import SlideboxError
from slidebox.model import Finding, Severity
from slidebox.policy import RuleInfo, Rules, Scope
from slidebox.preview import Preview, Seen, facts_of, held_against
from slidebox.provider.values import Secret, Unknown, from_struct

PACK = "slidebox"


class Analyzer(pb_grpc.AnalyzerServicer):
    """Answers the engine with the rules' findings.

    Parameters
    ----------
    rules
        The running rules.
    catalogue
        What the rules say about themselves.
    today
        The clock.
    files
        What the lab's own files declare (`slidebox.facts.FactBook.declared`).
    """

    def __init__(
        self,
        rules: Rules,
        catalogue: Iterable[RuleInfo],
        today: Callable[[], dt.date],
        files: Mapping[str, Mapping[str, Mapping[str, Any]]] = MappingProxyType({}),
    ) -> None:
        self._rules = rules
        self._catalogue = {rule.id: rule for rule in catalogue}
        self._today = today
        self._files = files
        self._said: set[tuple[str, ...]] = set()
        self._earlier = Earlier()
        self._previews = False

    # The protocol's methods carry the protocol's names.

    async def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Agree on the protocol; nothing is asked of the engine."""
        return pb.AnalyzerHandshakeResponse()

    async def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    async def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say which rules there are; their levels cannot be set from outside."""
        return pb.AnalyzerInfo(
            name=PACK,
            displayName="slidebox: the lab's rules",
            version=__version__,
            supportsConfig=False,
            policies=[
                pb.PolicyInfo(
                    name=rule.id,
                    displayName=rule.title,
                    description=rule.description,
                    message=rule.title,
                    enforcementLevel=_level(rule.severity),
                    severity=_gravity(rule.severity),
                )
                for rule in self._catalogue.values()
            ],
        )

    async def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take no configuration: a rule that could be switched off would be."""
        return empty_pb2.Empty()

    async def ConfigureStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Begin anew; nothing is taken note of but whether this is a preview, as facts travel on the resources."""
        self._begin()
        self._previews = request.dry_run
        return pb.AnalyzerStackConfigureResponse()

    async def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Judge one resource by itself, before it is made.

        A preview makes nothing: there the whole stack is judged, once, at its end.
        """
        if self._previews and not self._earlier.remembers(request.type, request.properties.fields):
            return pb.AnalyzeResponse()
        seen = _seen(request)
        self._earlier.take(seen, request.options.ignoreChanges)
        preview = None if self._previews else self._earlier.judged(seen, self._today())
        if preview is None:
            return pb.AnalyzeResponse()
        findings = await self._ask(preview, "alone", context)
        self._said |= {_key(finding) for finding in findings}
        return self._answer(preview, findings)

    async def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Judge all resources together; what was said of one by itself is not said again."""
        resources = [self._earlier.settled(_seen(resource)) for resource in request.resources]
        preview = facts_of(resources, self._today(), declared=self._earlier.declarations, files=self._files or None)
        findings = await self._ask(preview, "all", context)
        fresh = [finding for finding in findings if _key(finding) not in self._said]
        # What is said from here on belongs to another operation.
        self._begin()
        return self._answer(preview, fresh)

    async def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Mend nothing: the declaration is what has to change."""
        return pb.RemediateResponse()

    async def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing runs long enough to be cancelled."""
        return empty_pb2.Empty()

    def _begin(self) -> None:
        self._said.clear()
        self._earlier = Earlier()

    async def _ask(self, preview: Preview, scope: Scope, context: Any) -> tuple[Finding, ...]:
        """Ask the rules in a thread; what cannot be asked stops the engine."""
        if not preview.facts["locations"]:
            return ()
        try:
            return await asyncio.to_thread(self._rules.ask, held_against(preview.facts, self._files), scope)
        except SlideboxError as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, f"the lab's rules could not be asked: {error}")
            raise

    def _answer(self, preview: Preview, findings: Iterable[Finding]) -> Any:
        return pb.AnalyzeResponse(diagnostics=[self._diagnostic(preview, finding) for finding in findings])

    def _diagnostic(self, preview: Preview, finding: Finding) -> Any:
        rule = self._catalogue.get(finding.rule)
        path = f"\nBy: {' → '.join(finding.path)}." if finding.path else ""
        cure = f"\nCure: {finding.cure}" if finding.cure else ""
        waived = f"\nWaived {finding.waived}" if finding.waived else ""
        return pb.AnalyzeDiagnostic(
            policyName=finding.rule,
            policyPackName=PACK,
            policyPackVersion=__version__,
            description=rule.title if rule else finding.rule,
            message=f"{finding.subject}: {finding.message}.{path}{waived or cure}",
            enforcementLevel=pb.MANDATORY if finding.refuses else pb.ADVISORY,
            severity=_gravity(finding.severity),
            urn=preview.urn_of(finding.subject),
        )


def plain(value: Any) -> Any:
    """A property without the engine's marks: unknown values spelled out, secrets withheld."""
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _seen(resource: Any) -> Seen:
    """A resource of a question; only a question about the whole stack says what comes from where."""
    depends: dict[str, tuple[str, ...]] = {}
    if isinstance(resource, pb.AnalyzerResource):
        depends = {name: tuple(said.urns) for name, said in resource.propertyDependencies.items()}
        depends[""] = tuple(resource.dependencies)
    properties = plain(from_struct(resource.properties))
    return Seen(resource.urn, resource.type, properties, depends, resource.provider.urn)


def _key(finding: Finding) -> tuple[str, ...]:
    return finding.rule, finding.subject, finding.message, *finding.path


def _level(severity: Severity) -> Any:
    return pb.MANDATORY if severity is Severity.ERROR else pb.ADVISORY


def _gravity(severity: Severity) -> Any:
    return pb.POLICY_SEVERITY_HIGH if severity is Severity.ERROR else pb.POLICY_SEVERITY_LOW
