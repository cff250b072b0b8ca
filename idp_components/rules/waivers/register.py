"""The register: the waiver file as one more resource of a stack, for the rules about waivers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from idp_components.rules.model import Resource
from idp_components.rules.waivers.evaluate import Verdict
from idp_components.rules.waivers.model import NOWHERE, Place, Waivers, today

TYPE = "idp:policy:Waivers"
REFERENCE = "policy.idp/waiver"
"""Annotation or tag by which a resource names the waiver that it lives with. It grants nothing."""


def register(
    waivers: Waivers,
    now: datetime,
    place: Place = NOWHERE,
    resources: Iterable[Resource] = (),
    verdict: Verdict | None = None,
    known: Iterable[str] = (),
    excused: Iterable[str] = (),
) -> Resource:
    """The waivers and what is known of their use: `resources` and `verdict` are those of a whole stack, where one was judged.

    `known` are the ids of all rules; without them no rule's id is called unknown. `excused` are the ids of waivers of which it
    can't be said whether they are used.
    """
    everything = list(resources)
    matched = {waiver.id: sum(waiver.match.covers(each, place) for each in everything) for waiver in waivers.entries}
    facts: dict[str, Any] = {
        "today": today(now).isoformat(),
        "project": place.project,
        "stack": place.stack,
        "matched": matched,
        "rules": sorted(known),
    }
    if verdict:
        facts["used"] = sorted({*excused, *(each.waiver.id for each in verdict.waived)})
    return Resource(TYPE, waivers.source, {"waivers": waivers.written, "error": waivers.error, "facts": facts})
