"""What the rules say: about what runs, out of the stacks' states, and about what a change would make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from idp_components import rules
from idp_components.deploy.outcome import owner_of
from idp_components.rules.engine_values import SIGNATURE
from idp_components.rules.levels import Level, environment_of
from idp_components.rules.packs import active, levels
from idp_components.rules.waivers import Waiver, Waivers, waived
from idp_components.testing import Recording

WAIVERS = Path("policies") / "waivers.yaml"
"""The project's file of exceptions."""


@dataclass(frozen=True)
class Remark:
    """A finding, as a page shows it."""

    rule: str
    title: str
    level: str
    severity: str
    message: str
    """It holds no value that could be a secret (`rules.Finding`)."""
    why: str
    fix: str
    source: str
    stack: str
    component: str = ""
    """The golden path that the resource hangs below."""
    waiver: str = ""
    """The exception that lifts it, with its owner, its reason and its end; empty for a finding that counts."""

    @property
    def blocks(self) -> bool:
        """Whether an update of the stack is refused for it."""
        return self.level == Level.MANDATORY and not self.waiver


def in_state(stack: str, resources: Mapping[str, Mapping[str, Any]], waivers: Waivers, now: datetime) -> list[Remark]:
    """What the rules find in the resources of an exported state, by URN, and which of it is waived."""
    judged = [
        rules.Resource(
            str(each.get("type")), urn.rsplit("::", 1)[-1], _plain(each.get("inputs") or {}), urn, protected=each.get("protect") is True
        )
        for urn, each in resources.items()
        if each.get("custom") and not str(each.get("type")).startswith("pulumi:")
    ]
    chosen = active(environment_of(stack))
    return _remarks(
        [*rules.findings(judged, chosen), *rules.stack_findings(judged, chosen)],
        stack,
        {urn: str(owner_of(urn, resources) or "").rsplit("::", 1)[-1] for urn in resources},
        waivers,
        now,
    )


def in_recording(recording: Recording, stack: str, waivers: Waivers, now: datetime) -> list[dict[str, Any]]:
    """What the rules find in what a stack declares, as plain data."""
    return [asdict(remark) for remark in _remarks(recording.findings(), stack, {}, waivers, now)]


def _remarks(found: Iterable[rules.Finding], stack: str, owners: Mapping[str, str], waivers: Waivers, now: datetime) -> list[Remark]:
    """What counts, then what is waived."""
    level = levels(environment_of(stack))
    verdict = waived(found, waivers, now)
    lifted = [(each.finding, _said(each.waiver)) for each in verdict.waived]
    return [
        Remark(
            rule=each.rule.id,
            title=each.rule.title,
            level=str(level[each.rule]),
            severity=str(each.rule.severity),
            message=each.message,
            why=each.rule.rationale,
            fix=each.rule.fix,
            source=each.rule.source,
            stack=stack,
            component=owners.get(each.resource.urn, ""),
            waiver=waiver,
        )
        for each, waiver in (*((finding, "") for finding in verdict.standing), *lifted)
        if not each.undecided
    ]


def _said(waiver: Waiver) -> str:
    return f"{waiver.id} of {waiver.owner}, until {waiver.expires}: {waiver.reason}"


def _plain(value: Any) -> Any:
    """A value of a state; secrets in it are encrypted, so nobody knows them."""
    if isinstance(value, dict):
        return rules.UNKNOWN if SIGNATURE in value else {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
