"""What the rules say: about what runs, as the catalogue has it, and about what a change would make."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from idp_components.catalog import model
from idp_components.catalog.assess import rule_of
from idp_components.catalog.model import Catalog, Environment, Item, Rule
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
    found = [
        _remark(
            catalog.rules[each.rule],
            each.level,
            each.message,
            whole.stack,
            catalog.waivers.get(each.waiver),
            whole.name if isinstance(whole, Item) else "",
        )
        for whole in everything
        for each in whole.findings or ()
    ]
    return sorted(found, key=lambda remark: bool(remark.waiver))


def in_recording(recording: Recording, stack: str, waivers: Waivers, now: datetime) -> list[dict[str, Any]]:
    """What the rules find in what a stack declares, as plain data."""
    level = levels(environment_of(stack))
    verdict = waived(recording.findings(), waivers, now)
    found = (*((each, None) for each in verdict.standing), *((each.finding, each.waiver) for each in verdict.waived))
    return [
        asdict(_remark(rule_of(each), str(level[each.rule]), each.message, stack, waiver)) for each, waiver in found if not each.undecided
    ]


def _remark(rule: Rule, level: str, message: str, stack: str, waiver: Waiver | model.Waiver | None, component: str = "") -> Remark:
    lifted = f"{waiver.id} of {waiver.owner}, until {waiver.expires}: {waiver.reason}" if waiver else ""
    return Remark(rule.id, rule.title, level, rule.severity, message, rule.why, rule.fix, rule.source, stack, component, lifted)
