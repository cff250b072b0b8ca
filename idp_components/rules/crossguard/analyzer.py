"""The analyzer: the engine's side of a policy pack, `pulumirpc.Analyzer`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc

from idp_components.rules.configuration import misconfigured
from idp_components.rules.crossguard.messages import PROTO_LEVELS, VERSION, diagnostics, policy_info
from idp_components.rules.crossguard.proto import analyzer_pb2, empty_pb2, plugin_pb2
from idp_components.rules.crossguard.remediation import remediations
from idp_components.rules.crossguard.waiver_use import whole_stack
from idp_components.rules.engine_values import decoded
from idp_components.rules.evaluate import Judge
from idp_components.rules.levels import environment_of
from idp_components.rules.model import Finding, Options, Resource, ResourceRule, Stack
from idp_components.rules.packs.model import Pack
from idp_components.rules.waivers import NOTHING, TYPE, Place, Waivers, find, waived


def utc_now() -> datetime:
    return datetime.now(UTC)


class Analyzer:
    """Answers the engine's questions by a pack's rules. `folder` is the pack's; the waivers lie there or beside it."""

    def __init__(self, pack: Pack, stop: Callable[[], None], folder: Path | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        self._pack = pack
        self._stop = stop
        self._folder = folder
        self._clock = clock
        self._place = Place()
        self._apply(self._defaults(stack=""), {})

    @cached_property
    def _waivers(self) -> Waivers:
        """Read when the first finding needs them: most runs have none."""
        return find(self._folder) if self._folder else NOTHING

    def ConfigureStack(self, request: Any, _context: Any) -> Any:  # noqa: N802 the protocol's name
        """The engine says which stack this is before it asks for anything else."""
        self._place = Place(request.project, request.stack)
        self._apply(self._defaults(request.stack), {})
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return analyzer_pb2.AnalyzerInfo(
            name=self._pack.name,
            description=self._pack.description,
            version=VERSION,
            supportsConfig=True,
            policies=[policy_info(rule, self._levels[rule.id]) for rule in self._pack.rules],
        )

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Levels and options from `--policy-pack-config`, with the defaults that the engine fills in."""
        rules = {rule.id: rule for rule in self._pack.rules}
        options = {name: decoded(config.properties) for name, config in request.policyConfig.items()}
        for name in options:
            if message := misconfigured(name, options[name], rules):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"policy pack {self._pack.name}: {message}")
        self._apply(self._levels | {name: config.enforcementLevel for name, config in request.policyConfig.items()}, options)
        return empty_pb2.Empty()

    def Analyze(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """All findings of one resource, each under its own rule's name."""
        if not request.type.endswith("List") and not self._judge.rules_for(request.type):
            return analyzer_pb2.AnalyzeResponse()  # before all else: most types of a stack are nothing to most packs
        return self._answer(self._judge.findings(_resource(request)))

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """All findings of the rules about whole stacks, each at its resource; and those of the rules about waivers."""
        if not self._judge.judges_stacks and not self._judge.rules_for(TYPE):
            return analyzer_pb2.AnalyzeResponse()
        resources = [_resource(each) for each in request.resources]
        register = whole_stack(self._judge, self._pack, resources, self._waivers, self._clock(), self._place)
        found = self._judge.stack_findings(Stack([*resources, register]))
        return self._answer([*found, *self._judge.findings(register)])

    def Remediate(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """New properties, one set for each rule at level `remediate` that could mend something."""
        if not any(rule in self.remedies for rule in self._judge.rules_for(request.type)):
            return analyzer_pb2.RemediateResponse()
        made = remediations(self._remedial, _resource(request), request.properties, self._standing)
        return analyzer_pb2.RemediateResponse(
            remediations=[
                analyzer_pb2.Remediation(
                    policyName=each.rule.id,
                    policyPackName=self._pack.name,
                    policyPackVersion=VERSION,
                    description=each.rule.title,
                    properties=each.properties,
                    diagnostic=each.refusal,
                )
                for each in made
            ]
        )

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        self._stop()
        return empty_pb2.Empty()

    def _answer(self, findings: Iterable[Finding]) -> Any:
        return analyzer_pb2.AnalyzeResponse(diagnostics=diagnostics(self._pack, self._standing(findings), self._levels))

    def _standing(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        found = tuple(findings)
        return waived(found, self._waivers, self._clock(), self._place).standing if found else ()

    def _defaults(self, stack: str) -> dict[str, Any]:
        environment = environment_of(stack)
        return {rule.id: PROTO_LEVELS[self._pack.level(rule, environment)] for rule in self._pack.rules}

    def _apply(self, levels: dict[str, Any], options: Mapping[str, Options]) -> None:
        self._levels = levels
        enabled = [rule for rule in self._pack.rules if levels[rule.id] != analyzer_pb2.DISABLED]
        self._judge = Judge(enabled, options, self._clock())
        self.remedies = [
            rule for rule in enabled if isinstance(rule, ResourceRule) and rule.remedy and levels[rule.id] == analyzer_pb2.REMEDIATE
        ]
        self._remedial = Judge(self.remedies, options)


def _resource(message: Any) -> Resource:
    """A resource as the engine describes it, decoded once. Of a stack's resources it also says what they depend on."""
    return Resource(
        type=message.type,
        name=message.name,
        props=decoded(message.properties),
        urn=message.urn,
        namespace=decoded(message.provider.properties).get("namespace", ""),
        protected=message.options.protect,
        parent=message.options.parent,
        dependencies=tuple(getattr(message, "dependencies", ())),
    )
