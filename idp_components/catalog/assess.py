"""What is worked out of a stack's state alone: what each part of it costs, and what the rules find in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp_components import rules
from idp_components.catalog.model import Cost, Finding, Problem, Rule, Waiver
from idp_components.core.spec import SpecError
from idp_components.cost.estimate import Line, estimate
from idp_components.cost.exported import exported_items, region_of_state
from idp_components.cost.prices import table
from idp_components.deploy.outcome import owner_of
from idp_components.rules import judging, waivers
from idp_components.rules.sources import pulumi
from idp_components.rules.sources.document import SourceError

Resources = Mapping[str, Mapping[str, Any]]
"""Resources of an exported state, by URN."""
NO_SHAPE = (LookupError, TypeError, AttributeError, ValueError, RecursionError)
"""What estimating raises where resources have not their shape."""


@dataclass(frozen=True)
class Assessment:
    """One stack, by the URN of its golden paths; what belongs to none is below `""`."""

    costs: Mapping[str, Cost] | None = None
    """None where nobody can say."""
    findings: Mapping[str, tuple[Finding, ...]] | None = None
    """None where it couldn't be judged."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """The rules that found something, by id."""
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    """The waivers that lift something, by id."""
    problems: tuple[Problem, ...] = ()

    @property
    def cost(self) -> Cost | None:
        """Of the whole stack."""
        if self.costs is None:
            return None
        parts = self.costs.values()
        return Cost(sum(each.usd_per_month for each in parts), tuple(text for each in parts for text in each.unknown))


def assess(stack: str, resources: Resources, now: datetime, exceptions: waivers.Waivers = waivers.NOTHING) -> Assessment:
    """What a stack costs, and what the rules of its environment say about it.

    No input raises: what can't be worked out is a problem.
    """
    problems = []
    costs, judged = None, None
    try:
        costs = _costs(stack, resources)
    except SpecError as error:
        problems.append(Problem(stack, f"what it costs isn't known: {'; '.join(error.problems)}"))
    except NO_SHAPE as error:
        # The error's own words may quote a value of the state.
        problems.append(Problem(stack, f"what it costs isn't known: its resources have not their shape ({type(error).__name__})"))
    try:
        judged = _judged(stack, resources, now, exceptions)
    except SourceError as error:
        problems.append(Problem(stack, f"what the rules say isn't known: {error}"))
    if judged is None:
        return Assessment(costs, problems=tuple(problems))
    standing = [(each, "") for each in judged.judgements if not each.finding.undecided]
    lifted = [(each, waiver.id) for each, waiver in judged.waived if not each.finding.undecided]
    findings: dict[str, list[Finding]] = defaultdict(list)
    for each, waiver in (*standing, *lifted):
        owner = owner_of(urn, resources) if (urn := each.finding.resource.urn) in resources else ""
        findings[owner or ""].append(Finding(each.finding.rule.id, str(each.level), each.finding.message, waiver))
    return Assessment(
        costs,
        {urn: tuple(found) for urn, found in findings.items()},
        {each.finding.rule.id: rule_of(each.finding) for each, _ in (*standing, *lifted)},
        {each.id: Waiver(each.id, each.owner, each.reason, each.expires.isoformat()) for _, each in judged.waived},
        tuple(problems),
    )


def rule_of(finding: rules.Finding) -> Rule:
    """The rule that found it."""
    """The rule that found it."""
    rule = finding.rule
    return Rule(rule.id, rule.title, str(rule.severity), rule.rationale, rule.fix, rule.source)


def _costs(stack: str, resources: Resources) -> dict[str, Cost]:
    """By golden path. Raises SpecError for a region without prices, and any of NO_SHAPE."""
    state = {"deployment": {"resources": list(resources.values())}}
    items = list(exported_items(state, lambda owner, _: owner or ""))
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in estimate(stack, items, region_of_state(state), table()).lines:
        lines[line.usage.owner].append(line)
    return {
        urn: Cost(
            sum(line.usd or 0 for line in found), tuple(f"{line.usage.what}: {line.why_unknown}" for line in found if line.usd is None)
        )
        for urn, found in lines.items()
    }


def _judged(stack: str, resources: Resources, now: datetime, exceptions: waivers.Waivers) -> judging.Report:
    """Raises SourceError."""
    if all(each["type"].startswith("pulumi:") for each in resources.values()):
        return judging.Report()
    whole = pulumi.target({"deployment": {"resources": list(resources.values())}}, stack)
    return judging.judge([whole] if whole else [], judging.Settings(waivers=exceptions), now)
