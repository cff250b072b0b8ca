"""What the golden paths make: the stacks of all teams and all examples, in every environment, each recorded once."""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from idp_components.core.context import EXAMPLE_OIDC_PROVIDER
from idp_components.core.naming import PLATFORM
from idp_components.core.profiles import PROFILES
from idp_components.render import declared
from idp_components.rules import Resource
from idp_components.stack import teams
from idp_components.testing import Recording, run

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/Pulumi.yaml"))
HOSTS = [environment for environment, profile in PROFILES.items() if not profile.guest_of]
GUESTS = ["preview", "user-alice"]
STACKS = [f"{team}-{environment}" for team in teams(ROOT / "stacks" / "teams") if team != PLATFORM for environment in (*HOSTS, *GUESTS)]
STACKS.append("checkout-pr-42")
PLATFORM_STACKS = [f"{PLATFORM}-{environment}" for environment in HOSTS]

REFUSED = {("06-argo-application", "production"), *(("11-ephemeral-environment", environment) for environment in HOSTS)}
"""Examples that an environment refuses: a branch can change under production, and nothing that stays is ephemeral."""
ACCOUNT: Mapping[str, str] = {
    "idp:oidcProvider": EXAMPLE_OIDC_PROVIDER,
    "idp:vpcId": "vpc-0a1b2c3d",
    "idp:subnetIds": '["subnet-0a1b2c3d", "subnet-0a1b2c3e"]',
    "idp:vpcCidr": "10.20.0.0/16",
    "idp:clusterSecurityGroup": "sg-0a1b2c3d",
}
"""Config of a cluster whose databases and caches are at AWS."""

MADE = [
    *((stack, "") for stack in (*STACKS, *PLATFORM_STACKS)),
    *((environment, folder.name) for folder in EXAMPLES for environment in PROFILES if (folder.name, environment) not in REFUSED),
]
"""A stack's name, or an environment and the name of an example."""


def environment_of(stack: str) -> str:
    """The environment whose levels hold for a stack or an environment of a pull request or a person."""
    last = stack.rpartition("-")[2]
    return last if last in PROFILES else "preview"


@cache
def resources(stack: str, example: str = "") -> tuple[Resource, ...]:
    """All resources as the engine would hand them to a pack."""
    recording = _example(example, stack) if example else declared(stack, ROOT)[0]
    return tuple(resource.judged for resource in recording.resources)


def _example(name: str, environment: str) -> Recording:
    folder = ROOT / "examples" / name
    settings = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    named = re.search(r"pulumi stack init ([a-z]+)-", (folder / "README.md").read_text())
    assert named is not None
    config = {**ACCOUNT, **{key: entry["value"] for key, entry in settings["config"].items()}}
    before = Path.cwd()
    os.chdir(folder)
    try:
        program = folder / "__main__.py"
        return run(lambda: runpy.run_path(str(program)), stack_name=f"{named[1]}-{environment}", project=settings["name"], config=config)
    finally:
        os.chdir(before)
