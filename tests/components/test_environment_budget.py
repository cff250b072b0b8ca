"""An environment that its team can't pay for isn't begun."""

import shutil
from pathlib import Path

import pytest

from idp_components.core.spec import SpecError
from idp_components.environments.inventory import Environment
from idp_components.environments.plan import plan

ROOT = Path(__file__).parents[2]


class Untouched:
    """A world in which nothing may be done."""

    def find(self, name: str, *, at_aws: bool) -> None:  # noqa: ARG002  the world's own signature
        return None

    def look(self, *, at_aws: bool) -> list[Environment]:  # noqa: ARG002
        return []


@pytest.mark.parametrize("isolation", [{}, {"isolation": "namespace"}])
def test_a_creation_beyond_the_teams_budget_is_refused_with_the_numbers_and_touches_nothing(isolation, tmp_path):
    for name in ("stacks", "Pulumi.yaml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tmp_path / name)
    platform = tmp_path / "stacks" / "teams" / "platform.py"
    platform.write_text(platform.read_text().replace("budget_usd_per_month=400", "budget_usd_per_month=1"))
    asked = {"owner": "alice@example.com", **isolation}
    with pytest.raises(SpecError, match=r"storefront-pr-7.*of a budget of 1\.00"):
        plan(Untouched(), "storefront-pr-7", asked, tmp_path)  # type: ignore[arg-type]
