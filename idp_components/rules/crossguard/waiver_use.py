"""Use of waivers: what a whole stack tells about them, for the pack that judges them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from idp_components.rules.evaluate import Judge
from idp_components.rules.model import Finding, Resource, Stack
from idp_components.rules.packs.model import Pack
from idp_components.rules.waivers import TYPE, Place, Waivers, register, waived


def whole_stack(judge: Judge, pack: Pack, resources: Sequence[Resource], waivers: Waivers, now: datetime, place: Place) -> Resource:
    """The register of the waivers in a stack; only the pack that judges waivers pays for knowing how they are used."""
    if not judge.rules_for(TYPE):
        return register(waivers, now, place)
    from idp_components.rules import ALL  # here: the rules of other packs are only needed by this one, at the end

    everything = {rule.id: rule for rule in (*ALL, *pack.rules)}
    named = [waiver for waiver in waivers.active(now) if waiver.match.stack == place.stack]
    rules = [rule for rule in everything.values() if any(rule.id in waiver.rules for waiver in named)]
    found = _findings(Judge(rules, {rule.id: judge.options_of(rule) for rule in rules}), resources)
    # Other packs' options aren't known here: a waiver of a rule that has some gets the benefit of the doubt.
    doubtful = {rule.id for rule in rules if rule.options and rule not in pack.levels}
    excused = [waiver.id for waiver in named if any(rule in doubtful or rule not in everything for rule in waiver.rules)]
    return register(waivers, now, place, resources, waived(found, waivers, now, place), known=everything, excused=excused)


def _findings(judge: Judge, resources: Sequence[Resource]) -> Iterator[Finding]:
    for resource in resources:
        yield from judge.findings(resource)
    yield from judge.stack_findings(Stack(resources))
