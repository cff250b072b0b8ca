"""What the rules say: about what runs, out of the stacks' states, and about what a change would make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from idp_components import rules
from idp_components.deploy.outcome import owner_of
from idp_components.rules.engine_values import SIGNATURE
from idp_components.rules.levels import Level, environment_of
from idp_components.rules.packs import active, levels
from idp_components.testing import Recording


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

    @property
    def blocks(self) -> bool:
        """Whether an update of the stack is refused for it."""
        return self.level == Level.MANDATORY


def in_state(stack: str, resources: Mapping[str, Mapping[str, Any]]) -> list[Remark]:
    """What the rules find in the resources of an exported state, by URN."""
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
    )


def in_recording(recording: Recording, stack: str) -> list[dict[str, Any]]:
    """What the rules find in what a stack declares, as plain data."""
    return [asdict(remark) for remark in _remarks(recording.findings(), stack, {})]


def _remarks(found: Iterable[rules.Finding], stack: str, owners: Mapping[str, str]) -> list[Remark]:
    level = levels(environment_of(stack))
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
        )
        for each in found
        if not each.undecided
    ]


def _plain(value: Any) -> Any:
    """A value of a state; secrets in it are encrypted, so nobody knows them."""
    if isinstance(value, dict):
        return rules.UNKNOWN if SIGNATURE in value else {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
