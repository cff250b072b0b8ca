"""The shop under every policy pack: one by one, and all in one."""

from pathlib import Path

from integration.verdicts import objections
from integration.verdicts import packs as packs_in

ROOT = Path(__file__).parents[3]
EACH = [f"--policy-pack={ROOT / 'policies' / name}" for name in ("security", "reliability", "cost", "organisation", "ephemeral")]
ALL_IN_ONE = [f"--policy-pack={ROOT / 'policies' / 'all'}"]


def test_the_stacks_of_teams_pass_all_packs_without_a_finding(shop):
    shop.pulumi("platform-dev", "stack init")
    judged(shop.pulumi("platform-dev", "up", "--yes", "--skip-preview", *ALL_IN_ONE).stdout, ALL_IN_ONE)
    for stack in ("checkout-dev", "catalog-dev", "checkout-pr-42"):
        shop.pulumi(stack, "stack init")
        for packs in (EACH, ALL_IN_ONE):
            judged(shop.pulumi(stack, "preview", *packs).stdout, packs)


def judged(output, packs):
    assert len(packs_in(output)) == len(packs), output
    assert objections(output) == []
