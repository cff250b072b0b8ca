"""What the report measures, from a history that the real engine has written."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from idp_components.survey import measuring
from idp_components.survey.commits import between
from idp_components.survey.delivery import measures

PROGRAM = "import pulumi, pulumi_random as random\nrandom.RandomPet('pet', length=pulumi.Config().require_int('length'))\n"


def commit(folder: Path) -> None:
    """A commit of everything that is in the folder and no state."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (
        ["init", "--quiet"],
        ["add", "--force", "__main__.py", "Pulumi.yaml"],
        ["commit", "--quiet", "--allow-empty", "--message", "x"],
    ):
        subprocess.run([*git, *arguments], cwd=folder, check=True)


def test_deployments_failures_and_lives_are_seen_in_what_pulumi_recorded(
    project: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project(PROGRAM, stack="shop-production")
    (found.folder / ".gitignore").write_text("*\n")
    commit(found.folder)
    found.pulumi("config", "set", "length", "2")
    found.up()
    found.up()  # changes nothing: no deployment
    found.pulumi("config", "set", "length", "3")
    found.write(PROGRAM + "raise SystemExit(1)\n")
    found.pulumi("up", "--yes", "--skip-preview", check=False)
    found.write(PROGRAM)
    found.up()
    found.pulumi("stack", "init", "shop-pr-42")
    found.pulumi("stack", "tag", "set", "idp:created-at", (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    found.pulumi("config", "set", "length", "2")
    found.up()
    found.pulumi("destroy", "--yes", "--skip-preview")
    found.pulumi("stack", "select", "shop-production")

    for name, value in found.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(found.folder)
    facts = measuring.from_backend()
    assert facts.problems == []
    found_by_git = partial(between, found.folder)
    one = {each.name: each for each in measures(facts.histories, facts.asked, datetime.now(UTC), 7, found_by_git)}
    assert (one["deployment frequency"].value, one["deployment frequency"].of) == (2, 2)
    assert one["lead time for changes"].of == 1  # the second deployment has the same commit
    assert 0 <= one["lead time for changes"].value < 1
    assert one["change failure rate"].value == pytest.approx(1 / 3)
    assert one["time to restore"].of == 1
    assert 60 <= one["environment waiting time"].value < 75
    assert one["environment lifetime"].of == 1
