"""What the rules say: about what runs, as the catalogue has it, and about what a change would make."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from idp_components.catalog import model
from idp_components.catalog.model import Catalog, Environment, Finding, Item
from idp_components.rules.levels import Level, environment_of
from idp_components.rules.packs import levels
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


def of_catalog(catalog: Catalog) -> list[Remark]:
    """What the rules find in what runs: what counts, then what is waived."""
    everything: tuple[Environment | Item, ...] = (*catalog.environments, *catalog.items)
    found = [_of(each, whole, catalog) for whole in everything for each in whole.findings or ()]
    return sorted(found, key=lambda remark: bool(remark.waiver))


def _of(finding: Finding, whole: Environment | Item, catalog: Catalog) -> Remark:
    rule, waiver = catalog.rules[finding.rule], catalog.waivers.get(finding.waiver)
    return Remark(
        rule=rule.id,
        title=rule.title,
        level=finding.level,
        severity=rule.severity,
        message=finding.message,
        why=rule.why,
        fix=rule.fix,
        source=rule.source,
        stack=whole.stack,
        component=whole.name if isinstance(whole, Item) else "",
        waiver=_said(waiver) if waiver else "",
    )


def in_recording(recording: Recording, stack: str, waivers: Waivers, now: datetime) -> list[dict[str, Any]]:
    """What the rules find in what a stack declares, as plain data."""
    level = levels(environment_of(stack))
    verdict = waived(recording.findings(), waivers, now)
    lifted = [(each.finding, _said(each.waiver)) for each in verdict.waived]
    remarks = [
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
            waiver=waiver,
        )
        for each, waiver in (*((finding, "") for finding in verdict.standing), *lifted)
        if not each.undecided
    ]
    return [asdict(remark) for remark in remarks]


def _said(waiver: Waiver | model.Waiver) -> str:
    return f"{waiver.id} of {waiver.owner}, until {waiver.expires}: {waiver.reason}"
