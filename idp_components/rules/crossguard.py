"""CrossGuard: serves rules as a policy pack of the Pulumi engine, one decoding and one pass per resource.

The policy SDK decodes a resource again for every policy, hides unknown values behind an exception that ends the policy, and shows
integers as floats. This analyzer speaks the engine's protocol (`pulumi/analyzer.proto`) itself; the pack's folder, its
configuration and the display of its findings are the same.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format

from idp_components.core.protocol import without_sdk
from idp_components.rules.configuration import misconfigured
from idp_components.rules.engine_values import decoded
from idp_components.rules.evaluate import Judge
from idp_components.rules.levels import Level, environment_of
from idp_components.rules.model import Finding, Options, Resource, Rule
from idp_components.rules.packs.model import Pack

with without_sdk():
    from pulumi.runtime.proto import analyzer_pb2, plugin_pb2

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine itself allows for a message."""
VERSION = "0.0.1"
"""Shown only for a pack without a version in its PulumiPolicy.yaml."""

PROTO_LEVELS = {
    Level.ADVISORY: analyzer_pb2.ADVISORY,
    Level.MANDATORY: analyzer_pb2.MANDATORY,
    Level.DISABLED: analyzer_pb2.DISABLED,
    Level.REMEDIATE: analyzer_pb2.REMEDIATE,
}


class Analyzer:
    """The engine's side of a pack: `pulumirpc.Analyzer` without stack policies and remediation."""

    def __init__(self, pack: Pack, stop: Callable[[], None]) -> None:
        self._pack = pack
        self._stop = stop
        self._apply(self._defaults(stack=""), {})

    def ConfigureStack(self, request: Any, _context: Any) -> Any:  # noqa: N802 the protocol's name
        """The engine says which stack this is before it asks for anything else."""
        self._apply(self._defaults(request.stack), {})
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return analyzer_pb2.AnalyzerInfo(
            name=self._pack.name,
            description=self._pack.description,
            version=VERSION,
            supportsConfig=True,
            policies=[_policy_info(rule, self._levels[rule.id]) for rule in self._pack.rules],
        )

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Levels and options from `--policy-pack-config`, with the defaults that the engine fills in."""
        rules = {rule.id: rule for rule in self._pack.rules}
        options = {name: json_format.MessageToDict(config.properties) for name, config in request.policyConfig.items()}
        for name in options:
            if message := misconfigured(name, options[name], rules):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"policy pack {self._pack.name}: {message}")
        self._apply(self._levels | {name: config.enforcementLevel for name, config in request.policyConfig.items()}, options)
        return empty_pb2.Empty()

    def Analyze(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """All findings of one resource, each under its own rule's name."""
        if not self._judge.rules_for(request.type):
            return analyzer_pb2.AnalyzeResponse()
        namespace = decoded(request.provider.properties).get("namespace", "")
        protected = request.options.protect
        resource = Resource(request.type, request.name, decoded(request.properties), request.urn, namespace, protected=protected)
        return analyzer_pb2.AnalyzeResponse(diagnostics=[self._diagnostic(finding) for finding in self._judge.findings(resource)])

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        self._stop()
        return empty_pb2.Empty()

    def _defaults(self, stack: str) -> dict[str, Any]:
        environment = environment_of(stack)
        return {rule.id: PROTO_LEVELS[self._pack.level(rule, environment)] for rule in self._pack.rules}

    def _apply(self, levels: dict[str, Any], options: Mapping[str, Options]) -> None:
        self._levels = levels
        self._judge = Judge((rule for rule in self._pack.rules if levels[rule.id] != analyzer_pb2.DISABLED), options)

    def _diagnostic(self, finding: Finding) -> Any:
        rule = finding.rule
        # A preview that can't know yet must not fail: the update knows, and is judged again.
        level = analyzer_pb2.ADVISORY if finding.undecided else self._levels[rule.id]
        return analyzer_pb2.AnalyzeDiagnostic(
            policyName=rule.id,
            policyPackName=self._pack.name,
            policyPackVersion=VERSION,
            description=rule.title,
            message=finding.message if finding.undecided else f"{finding.message}\nFix: {rule.fix}",
            # Whatever remediation should have repaired, and did not, blocks.
            enforcementLevel=analyzer_pb2.MANDATORY if level == analyzer_pb2.REMEDIATE else level,
            severity=_severity(rule),
        )


def serve(pack: Pack) -> None:
    """Runs the pack until the engine ends it: the last statement of a pack's `__main__.py`."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)])
    server.add_generic_rpc_handlers((_handlers(Analyzer(pack, stopped.set)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while not stopped.wait(timeout=1) and os.getppid() == engine:  # an orphan gets another parent
        pass
    # At once: the engine waits for its plugins at the end of every command.
    os._exit(0)


def _handlers(analyzer: Analyzer) -> Any:
    """The methods that are served. The engine takes a missing `AnalyzeStack` or `Remediate` as "nothing to do"."""
    requests = {
        "Analyze": analyzer_pb2.AnalyzeRequest,
        "GetAnalyzerInfo": empty_pb2.Empty,
        "GetPluginInfo": empty_pb2.Empty,
        "Configure": analyzer_pb2.ConfigureAnalyzerRequest,
        "ConfigureStack": analyzer_pb2.AnalyzerStackConfigureRequest,
        "Cancel": empty_pb2.Empty,
    }
    methods = {
        name: grpc.unary_unary_rpc_method_handler(
            getattr(analyzer, name),
            request_deserializer=request.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )
        for name, request in requests.items()
    }
    return grpc.method_handlers_generic_handler("pulumirpc.Analyzer", methods)


def _policy_info(rule: Rule, level: Any) -> Any:
    info = analyzer_pb2.PolicyInfo(
        name=rule.id,
        displayName=rule.title.rstrip("."),
        description=f"{rule.title} {rule.rationale}",
        enforcementLevel=level,
        policy_type=analyzer_pb2.POLICY_TYPE_RESOURCE,
        severity=_severity(rule),
        tags=rule.tags,
        remediation_steps=rule.fix,
        url=rule.source,
    )
    if rule.framework:
        info.framework.name = rule.framework.name
        info.framework.version = rule.framework.version
        info.framework.reference = rule.framework.url
        info.framework.specification = rule.framework.specification
    if rule.options:
        info.configSchema.properties.update(dict(rule.options))
    return info


def _severity(rule: Rule) -> Any:
    return analyzer_pb2.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.upper()}")
