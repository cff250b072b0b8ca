"""Evaluation of waivers: which findings stand, and which an active waiver lifts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from idp_components.rules.model import Finding
from idp_components.rules.waivers.model import NOWHERE, Place, Waiver, Waivers

NOTHING = Waivers()
"""No waiver at all."""
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True)
class Waived:
    """A finding that doesn't count, and why."""

    finding: Finding
    waiver: Waiver


@dataclass(frozen=True)
class Verdict:
    """What findings come to."""

    standing: tuple[Finding, ...]
    """What counts. The message of a finding whose waiver has run out ends with `EX-042 expired 2027-01-30, owner team-x`."""
    waived: tuple[Waived, ...]


def waived(findings: Iterable[Finding], waivers: Waivers, now: datetime, place: Place = NOWHERE) -> Verdict:
    """Applies waivers to findings, in their order. `place` is where resources without a URN belong."""
    standing: list[Finding] = []
    lifted: list[Waived] = []
    for finding in findings:
        applicable = [waiver for waiver in waivers.entries if _covers(waiver, finding, place)]
        active = next((waiver for waiver in applicable if waiver.is_active(now)), None)
        if active:
            lifted.append(Waived(finding, active))
        else:
            expired = [f"; {waiver.id} expired {waiver.expires}, owner {waiver.owner}" for waiver in applicable if waiver.is_expired(now)]
            standing.append(replace(finding, message="".join([finding.message, *expired])) if expired else finding)
    return Verdict(tuple(standing), tuple(lifted))


def _covers(waiver: Waiver, finding: Finding, place: Place) -> bool:
    return (
        finding.rule.id in waiver.rules
        and waiver.match.covers(finding.resource, place)
        and (not waiver.container or waiver.container == _container(finding))
    )


def _container(finding: Finding) -> str | None:
    """The name of the container that a finding is in; of none where it is about the whole resource."""
    root = finding.resource.root
    value, inside = root.value, False
    for key in finding.keys[len(root.keys) :]:
        if isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            value = value.get(key) if isinstance(value, dict) else None
        if inside:
            name = value.get("name") if isinstance(value, dict) else None
            return name if isinstance(name, str) else None
        inside = key in CONTAINERS
    return None
