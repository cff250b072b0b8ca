"""What the engine is told: about each rule, and about what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idp_components.rules.crossguard.proto import analyzer_pb2
from idp_components.rules.levels import Level
from idp_components.rules.model import Finding, Rule, StackRule
from idp_components.rules.packs.model import Pack

VERSION = "0.0.1"
"""Shown only for a pack without a version in its PulumiPolicy.yaml."""
AT_MOST = 5
"""Findings of one rule that are shown for one resource."""

PROTO_LEVELS = {
    Level.ADVISORY: analyzer_pb2.ADVISORY,
    Level.MANDATORY: analyzer_pb2.MANDATORY,
    Level.DISABLED: analyzer_pb2.DISABLED,
    Level.REMEDIATE: analyzer_pb2.REMEDIATE,
}


def diagnostics(pack: Pack, findings: Iterable[Finding], levels: Mapping[str, Any]) -> Iterator[Any]:
    """One message for each finding, and one for all that can't be judged yet in a resource."""
    found = list(findings)
    counts = Counter((finding.rule.id, id(finding.resource)) for finding in found if not finding.undecided)
    shown: Counter[tuple[str, int]] = Counter()
    open_questions: dict[int, list[Finding]] = {}
    for finding in found:
        if finding.undecided:
            open_questions.setdefault(id(finding.resource), []).append(finding)
            continue
        key = (finding.rule.id, id(finding.resource))
        shown[key] += 1
        if shown[key] <= AT_MOST:
            more = counts[key] - AT_MOST if shown[key] == AT_MOST else 0
            message = f"{finding.message}{f'; and {more} more' if more > 0 else ''}\nFix: {finding.rule.fix}"
            yield diagnostic(pack, finding, message, levels[finding.rule.id])
    for undecided in open_questions.values():
        # A preview that can't know yet must not fail: the update knows, and is judged again.
        yield diagnostic(pack, undecided[0], _undecided(undecided), analyzer_pb2.ADVISORY)


def _undecided(findings: list[Finding]) -> str:
    first = findings[0]
    if len(findings) == 1:
        return first.message
    places = ", ".join(f"{finding.rule.id} ({finding.path or first.resource.type})" for finding in findings)
    count = len({finding.rule.id for finding in findings})
    return f"{first.resource.label}: {count} rules can't judge yet: values that decide are only known after the update: {places}"


def diagnostic(pack: Pack, finding: Finding, message: str, level: Any) -> Any:
    """A finding in the engine's words, under its rule's own name and at its resource."""
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=finding.rule.id,
        policyPackName=pack.name,
        policyPackVersion=VERSION,
        description=finding.rule.title,
        message=message,
        # Whatever remediation should have repaired, and did not, blocks.
        enforcementLevel=analyzer_pb2.MANDATORY if level == analyzer_pb2.REMEDIATE else level,
        severity=severity(finding.rule),
        urn=finding.resource.urn,
    )


def policy_info(rule: Rule, level: Any) -> Any:
    """A rule as `pulumi policy` shows and publishes it."""
    info = analyzer_pb2.PolicyInfo(
        name=rule.id,
        displayName=rule.title.rstrip("."),
        description=f"{rule.title} {rule.rationale}",
        enforcementLevel=level,
        policy_type=analyzer_pb2.POLICY_TYPE_STACK if isinstance(rule, StackRule) else analyzer_pb2.POLICY_TYPE_RESOURCE,
        severity=severity(rule),
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
        info.configSchema.properties.update({name: dict(schema) for name, schema in rule.options.items()})
    return info


def severity(rule: Rule) -> Any:
    return analyzer_pb2.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.upper()}")
