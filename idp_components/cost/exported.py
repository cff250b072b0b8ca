"""The resources of a stack out of its exported state, and the region that it is in. It needs no Pulumi."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idp_components.cost.estimate import Estimate, estimate
from idp_components.cost.prices import Table
from idp_components.cost.usage import Item
from idp_components.deploy.outcome import owner_of

REGION_IN_ISSUER = re.compile(r"oidc\.eks\.([a-z0-9-]+)\.amazonaws\.com")
DEFAULT_REGION = "eu-central-1"


def component_name(urn: str | None, otherwise: str) -> str:
    """Name of the component with a URN; without one, the last part of what else there is."""
    return urn.rsplit("::", 1)[1] if urn else otherwise.rsplit("::", 1)[-1]


def of_state(name: str, state: Mapping[str, Any], table: Table, region: str | None = None) -> Estimate:
    """What a stack costs that is up, out of `pulumi stack export`. Raises SpecError."""
    return estimate(name, list(exported_items(state)), region or region_of_state(state), table)


def exported_items(state: Mapping[str, Any], owner: Callable[[str | None, str], str] = component_name) -> Iterator[Item]:
    """The resources in an exported state, with what they were asked to be.

    `owner` says whose each is, by the URN of the golden path above it and its own.
    """
    resources = {resource["urn"]: resource for resource in (state.get("deployment") or {}).get("resources") or ()}
    for urn, found in resources.items():
        if found.get("custom") and not found.get("delete") and not found["type"].endswith("Patch"):
            yield Item(found["type"], urn.rsplit("::", 1)[1], owner(owner_of(urn, resources), urn), found.get("inputs") or {})


def region_of(config: Mapping[str, str], env: Mapping[str, str] = os.environ) -> str:
    """Region of AWS that a stack is in: its config's, that of its cluster's issuer, that of the shell, or Frankfurt."""
    issuer = REGION_IN_ISSUER.search(config.get("idp:oidcProvider", ""))
    named = config.get("aws:region") or (issuer and issuer[1]) or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    return named or DEFAULT_REGION


def region_of_state(state: Mapping[str, Any]) -> str:
    """Region of the state's provider of AWS; without one, that of the shell, or Frankfurt."""
    for found in (state.get("deployment") or {}).get("resources") or ():
        if found["type"] == "pulumi:providers:aws" and isinstance(region := (found.get("inputs") or {}).get("region"), str):
            return region
    return region_of({})
