"""The resources of a stack, out of its program, and what its team may spend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idp_components.core import labels
from idp_components.core.apply import RELEASE
from idp_components.core.context import NAMESPACE, team_and_environment
from idp_components.core.naming import PLATFORM, platform_stack
from idp_components.core.profiles import PROFILES
from idp_components.cost.estimate import Estimate, estimate
from idp_components.cost.exported import component_name, region_of
from idp_components.cost.prices import Table
from idp_components.cost.usage import Item
from idp_components.deploy.outcome import owner_of
from idp_components.environments.inventory import is_ephemeral
from idp_components.helm_application.template import templated
from idp_components.render import config_of, declared, teams_folder
from idp_components.rules import Resource
from idp_components.stack import teams
from idp_components.testing import Recording, plain

OWNER = f"{NAMESPACE}:owner"


def of_stack(stack: str, table: Table, *, region: str | None = None, root: Path | None = None) -> Estimate:
    """What a stack costs that its program declares, also one that was never up. Raises SpecError."""
    config = config_of(stack, root)
    return estimate(stack, items_of(declared(stack, root, _owned(stack, config))[0], stack), region or region_of(config), table)


def _owned(stack: str, config: Mapping[str, str]) -> dict[str, str]:
    """What the config lacks of an environment that was asked for by command, or not yet: its costs don't depend on who answers for it."""
    return {OWNER: "anybody"} if is_ephemeral(stack) and OWNER not in config else {}


def items_of(recording: Recording, stack: str) -> list[Item]:
    """The resources that a program registered, and what its charts make. Raises SpecError."""
    known = {found.urn: {"type": found.type, "parent": found.parent, "urn": found.urn} for found in recording.resources}
    items = []
    for found in recording.resources:
        if not found.custom or found.type.endswith("Patch"):
            continue
        owner = component_name(owner_of(found.urn, known), stack)
        if found.type == RELEASE:
            items += [_object(manifest, owner) for manifest in templated(found)]
        else:
            items.append(Item(found.type, found.name, owner, plain(found.props)))
    return items


def budget_of(stack: str, root: Path | None = None) -> int | None:
    """US dollars a month that a stack's team may spend where it runs; none where the platform's stack says nothing. Raises SpecError."""
    team, environment = team_and_environment(stack)
    host = host_of(environment)
    if PLATFORM not in teams(teams_folder(root)):
        return None
    recording, ledger = declared(platform_stack(host), root)
    if f"{team}-{host}" not in ledger.rooms:
        return None
    room = next(found for found in recording.manifests() if (found["kind"], found["metadata"]["name"]) == ("Namespace", f"{team}-{host}"))
    said = (room["metadata"].get("annotations") or {}).get(labels.BUDGET)
    return int(said) if said else None


def host_of(environment: str) -> str:
    """The environment whose cluster, account and budget an environment uses."""
    profile = PROFILES.get(environment, PROFILES["preview"])
    return profile.guest_of or profile.environment


def _object(manifest: dict[str, Any], owner: str) -> Item:
    found = Resource.from_manifest(manifest)
    return Item(found.type, str(manifest["metadata"].get("name")), owner, manifest)
