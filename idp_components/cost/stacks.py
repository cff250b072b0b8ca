"""The resources of a stack, out of its program or its exported state, and the region that it is in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from idp_components.core import labels
from idp_components.core.apply import RELEASE
from idp_components.core.context import team_and_environment
from idp_components.core.naming import PLATFORM, platform_stack
from idp_components.core.profiles import PROFILES
from idp_components.cost.estimate import Estimate, estimate
from idp_components.cost.prices import Table
from idp_components.cost.usage import Item
from idp_components.deploy.outcome import owner_of
from idp_components.helm_application.template import templated
from idp_components.render import config_of, declared, teams_folder
from idp_components.rules import Resource
from idp_components.stack import teams
from idp_components.testing import Recording, plain

REGION_IN_ISSUER = re.compile(r"oidc\.eks\.([a-z0-9-]+)\.amazonaws\.com")
DEFAULT_REGION = "eu-central-1"


def of_stack(stack: str, table: Table, *, region: str | None = None, root: Path | None = None) -> Estimate:
    """What a stack costs that its program declares, also one that was never up. Raises SpecError."""
    return estimate(stack, items_of(declared(stack, root)[0], stack), region or region_of(config_of(stack, root)), table)


def of_state(name: str, state: Mapping[str, Any], table: Table, region: str | None = None) -> Estimate:
    """What a stack costs that is up, out of `pulumi stack export`. Raises SpecError."""
    return estimate(name, list(exported_items(state)), region or region_of({"aws:region": _provided(state)}), table)


def items_of(recording: Recording, stack: str) -> list[Item]:
    """The resources that a program registered, and what its charts make. Raises SpecError."""
    known = {found.urn: {"type": found.type, "parent": found.parent, "urn": found.urn} for found in recording.resources}
    items = []
    for found in recording.resources:
        if not found.custom or found.type.endswith("Patch"):
            continue
        owner = _component(owner_of(found.urn, known), stack)
        if found.type == RELEASE:
            items += [_object(manifest, owner) for manifest in templated(found)]
        else:
            items.append(Item(found.type, found.name, owner, plain(found.props)))
    return items


def exported_items(state: Mapping[str, Any]) -> Iterator[Item]:
    """The resources in an exported state, with what they were asked to be."""
    resources = {resource["urn"]: resource for resource in (state.get("deployment") or {}).get("resources") or ()}
    for urn, found in resources.items():
        if found.get("custom") and not found.get("delete") and not found["type"].endswith("Patch"):
            yield Item(found["type"], urn.rsplit("::", 1)[1], _component(owner_of(urn, resources), urn), found.get("inputs") or {})


def region_of(config: Mapping[str, str], env: Mapping[str, str] = os.environ) -> str:
    """Region of AWS that a stack is in: its config's, that of its cluster's issuer, that of the shell, or Frankfurt."""
    issuer = REGION_IN_ISSUER.search(config.get("idp:oidcProvider", ""))
    named = config.get("aws:region") or (issuer and issuer[1]) or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    return named or DEFAULT_REGION


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


def _provided(state: Mapping[str, Any]) -> str:
    """Region of the state's provider of AWS; empty where it has none."""
    for found in (state.get("deployment") or {}).get("resources") or ():
        if found["type"] == "pulumi:providers:aws" and isinstance(region := (found.get("inputs") or {}).get("region"), str):
            return region
    return ""


def _object(manifest: dict[str, Any], owner: str) -> Item:
    found = Resource.from_manifest(manifest)
    return Item(found.type, str(manifest["metadata"].get("name")), owner, manifest)


def _component(urn: str | None, otherwise: str) -> str:
    return urn.rsplit("::", 1)[1] if urn else otherwise.rsplit("::", 1)[-1]
