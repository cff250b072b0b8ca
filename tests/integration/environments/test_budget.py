"""What a team may spend holds for all its environments together."""

from __future__ import annotations

import re

from integration.environments.conftest import Previews

PLATFORM = """
from idp_components import Context, Team, TeamSpec


def compose(context: Context) -> None:
    Team("page", TeamSpec(budget_usd_per_month=5), context=context.of_team("page"))
"""
LONG = ("--owner", "alice", "--ttl-hours", "336")


def test_one_environment_too_many_is_refused_with_what_the_others_cost_and_made_when_one_is_gone(previews: Previews) -> None:
    (previews.folder / "stacks" / "teams" / "platform.py").write_text(PLATFORM)
    assert previews.json("create", "page-pr-1", *LONG)["stacks"][0]["succeeded"]
    before = previews.everything()
    refused = previews.idp("create", "page-pr-2", *LONG, code=2)
    assert re.search(
        r"stack 'page-pr-2': costs 1\.\d\d US dollars this month, page-dev 2\.\d\d, page-pr-1 1\.\d\d: together 5\.\d\d of a budget of 5\.00",
        " ".join(refused.split()),
    ), refused
    assert previews.everything() == before
    assert previews.json("create", "page-pr-1", *LONG)["stacks"][0]["succeeded"], "it doesn't count beside itself"
    previews.idp("destroy", "page-pr-1", "--yes")
    assert previews.json("create", "page-pr-2", *LONG, "--dry-run")["cost"]
