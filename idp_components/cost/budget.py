"""Whether a team can afford a stack: the room that its namespace has, and what the team may spend."""

from __future__ import annotations

from collections.abc import Mapping

from idp_components.core.profiles import Profile
from idp_components.core.spec import SpecError
from idp_components.cost.cluster import Demand


def affordable(
    stack: str,
    *,
    demand: Demand,
    usd: float,
    profile: Profile,
    budget_usd: float | None = None,
    others: Mapping[str, float] | None = None,
) -> None:
    """Raises SpecError, with the numbers, where the stack needs more room than its quota, or with the `others` costs more than the budget.

    `usd` is what it costs in a month, or until its end where that is sooner; `others` the same of what the team has on the same budget.
    """
    problems = [*_room(stack, demand, profile), *_money(stack, usd, budget_usd, dict(others or {}))]
    if problems:
        raise SpecError(*problems)


def _room(stack: str, demand: Demand, profile: Profile) -> list[str]:
    """What doesn't fit into the namespace's quota."""
    asked = (
        ("cores", demand.cores, profile.quota_cpu_cores),
        ("GiB of memory", demand.memory_gib, profile.quota_memory_gib),
        ("GiB of volumes", demand.storage_gib, profile.quota_storage_gib),
        ("pods", demand.pods, profile.quota_pods),
    )
    return [
        f"stack {stack!r}: asks for {wanted:.4g} {what}, and its namespace has {there} in profile {profile.environment}: ask for less, "
        "for example fewer services, smaller resources or fewer replicas"
        for what, wanted, there in asked
        if wanted > there
    ]


def _money(stack: str, usd: float, budget_usd: float | None, others: Mapping[str, float]) -> list[str]:
    """What the budget doesn't reach for."""
    total = usd + sum(others.values())
    if budget_usd is None or total <= budget_usd:
        return []
    dearest = sorted(others.items(), key=lambda entry: (-entry[1], entry[0]))
    beside = "".join(f", {name} {cost:.2f}" for name, cost in dearest)
    remedy = f"destroy what nobody needs, for example {dearest[0][0]}, " if dearest else "leave something out, "
    return [
        f"stack {stack!r}: costs {usd:.2f} US dollars this month{beside}: together {total:.2f} of a budget of {budget_usd:.2f}; "
        f"{remedy}or let the platform raise budget_usd_per_month to {-(-total // 1):.0f}"
    ]
