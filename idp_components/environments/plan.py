"""What the creation of an environment would make, and whether it may: decided before anything is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from idp_components.core import labels
from idp_components.core.context import NAMESPACE, team_and_environment
from idp_components.core.spec import SpecError
from idp_components.cost.creation import check_creation
from idp_components.cost.estimate import Estimate, estimate
from idp_components.cost.exported import of_state, region_of
from idp_components.cost.prices import HOURS_PER_MONTH, Table, table
from idp_components.cost.report import document as cost_document
from idp_components.cost.stacks import host_of, items_of
from idp_components.environments.backend import BackendError
from idp_components.environments.carried import Carried, Source, carried
from idp_components.environments.derivation import Derivation, parts
from idp_components.environments.derivation import document as derivation_document
from idp_components.environments.inventory import Environment, is_ephemeral
from idp_components.environments.lifetime import lasts, profile_of
from idp_components.environments.record import tag
from idp_components.environments.world import SIDE_BY_SIDE, World
from idp_components.ephemeral.manifests import bounded_hours
from idp_components.ephemeral.settings import parse
from idp_components.project import PROJECT_FILE, mapping_of, stack_file
from idp_components.render import config_of, declared
from idp_components.stack import teams
from idp_components.testing import config_text

TAGS = {
    "owner": tag(labels.OWNER),
    "sourceUrl": tag(labels.SOURCE),
    "ttlHours": tag(labels.EXPIRES_AFTER),
    "awake": tag(labels.AWAKE),
    "sleepAfterHours": tag(labels.SLEEP_AFTER),
    "isolation": tag(labels.EPHEMERAL),
    "seed": tag(labels.SEED),
    "derivedFrom": tag(labels.DERIVED_FROM),
}
"""The stack's tag of each setting: what was said when it was made holds for the next `create`."""


@dataclass(frozen=True)
class Wanted:
    """An environment as it shall be."""

    name: str
    project: Mapping[str, Any]
    """The file Pulumi.yaml."""
    own: Mapping[str, Any]
    """The project's own config file of the stack."""
    settings: Mapping[str, str]
    hours: int
    """From its creation to its end."""
    copied: Mapping[str, Any] = field(default_factory=dict)
    """Config that goes over from the stack that it is derived from."""

    @property
    def config(self) -> dict[str, Any]:
        """The config that its stack has beside the project's own file."""
        return {**self.copied, **{f"{NAMESPACE}:{key}": value for key, value in self.settings.items()}}


@dataclass(frozen=True)
class Plan:
    """What a creation would make, before anything is made."""

    wanted: Wanted
    found: Environment | None
    """What is there of it."""
    tags: Mapping[str, str]
    """The tags that its stack has."""
    estimate: Estimate | None
    """What it costs; none for a virtual cluster that is derived from nothing: what it takes is its chart's to say."""
    derivation: Derivation | None


def plan(world: World, name: str, asked: Mapping[str, str], root: Path) -> Plan:
    """What `create` would make. Nothing is changed, the stack that it is derived from neither.

    Raises SpecError, with the numbers where its room or the team's budget doesn't allow it, BackendError, ClusterError.
    """
    found = world.find(name, at_aws=False)
    tags = world.backend.tags(found.stack.qualified) if found and found.stack else {}
    wanted = _wanted(name, asked, tags, root)
    if found and (others := [stack.qualified for stack in found.stacks if stack.project != wanted.project["name"]]):
        raise SpecError(f"{name}: {others[0]!r} has this environment already; destroy that one first: idp env destroy {name}")
    source = _source(world, wanted, root) if "derivedFrom" in wanted.settings else None
    took = carried(source, wanted.own.get("config") or {}, host_of(team_and_environment(name)[1])) if source else Carried()
    wanted = _with(wanted, took)
    is_namespace = wanted.settings.get("isolation", "namespace") == "namespace"
    if not is_namespace and source is None:
        return Plan(wanted, found, tags, None, None)
    prices, config = table(), {key: config_text(value) for key, value in wanted.config.items()}
    composed = declared(name, root, config)[0]
    costs = estimate(name, items_of(composed, name), region_of({**config_of(name, root), **config}), prices)
    if is_namespace:  # the quota holds a virtual cluster anyway
        check_creation(costs, prices, hours=wanted.hours, others=lambda: _others(world, name, prices), root=root)
    derivation = None
    if source:
        derivation = Derivation(source.stack, took, parts(source, took, composed), costs, of_state(source.stack, source.state, prices))
    return Plan(wanted, found, tags, costs, derivation)


def document(plan: Plan) -> dict[str, Any]:
    """A plan as plain data; values of its config are not in it."""
    return {
        "name": plan.wanted.name,
        "ttl_hours": plan.wanted.hours,
        "config": sorted(plan.wanted.config),
        "cost": cost_document(plan.estimate) if plan.estimate else None,
        "derivation": derivation_document(plan.derivation) if plan.derivation else None,
    }


def _wanted(name: str, asked: Mapping[str, str], tags: Mapping[str, str], root: Path) -> Wanted:
    project = mapping_of(root / PROJECT_FILE)
    team, environment = team_and_environment(name, teams(root / project.get("main", ".") / "teams"))
    if not is_ephemeral(name):
        raise SpecError(f"stack {name!r}: {environment!r} stays; name one that ends, for example '{team}-pr-42' or '{team}-user-alice'")
    own = stack_file(root, name)
    written = own.get("config") or {}
    settings = {
        **{key: tags[tagged] for key, tagged in TAGS.items() if tagged in tags},
        **{key: str(written[f"{NAMESPACE}:{key}"]) for key in TAGS if f"{NAMESPACE}:{key}" in written},
        **asked,
    }
    spec, profile = parse(settings, environment, name), profile_of(environment)
    hours = bounded_hours(f"{name}.ttl_hours", spec.ttl_hours or profile.ttl_hours, profile)
    return Wanted(name, project, own, {**settings, "owner": spec.owner}, hours)


def _source(world: World, wanted: Wanted, root: Path) -> Source:
    """The stack that it is derived from, as the backend has it. Raises SpecError, BackendError."""
    stack, (team, _) = wanted.settings["derivedFrom"], team_and_environment(wanted.name)
    its_team, environment = team_and_environment(stack)
    if its_team != team or stack == wanted.name:
        raise SpecError(
            f"--from: {stack!r} is refused: name another stack of team {team}, whose file it is composed of, for example '{team}-dev'"
        )
    there = [each for each in world.backend.stacks() if each.project == wanted.project["name"]]
    found = next((each for each in there if each.name == stack and each.resources), None)
    if found is None:
        names = sorted(each.name for each in there if each.resources and each.name.startswith(f"{team}-") and each.name != wanted.name)
        raise SpecError(f"--from: there is nothing of a stack {stack!r}; stacks of team {team} that are up: {', '.join(names) or 'none'}")
    return Source(stack, environment, stack_file(root, stack).get("config") or {}, world.backend.export(found.qualified))


def _others(world: World, name: str, prices: Table) -> dict[str, float]:
    """US dollars that each other environment of the team costs until its end, or in a month where that is less.

    Raises BackendError, ClusterError, SpecError.
    """
    team = team_and_environment(name)[0]
    there = [each for each in world.look(at_aws=False) if each.team == team and each.name != name and each.stack and each.record]

    def usd(other: Environment) -> float:
        hours = lasts(other.record, profile_of(other.environment)) if other.record else 0
        try:
            return of_state(other.name, world.state(other), prices).usd(min(hours, HOURS_PER_MONTH))
        except BackendError as error:
            if error.is_gone:  # meanwhile
                return 0
            raise

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(zip((each.name for each in there), pool.map(usd, there), strict=True))


def _with(wanted: Wanted, took: Carried) -> Wanted:
    """What is wanted, with what goes over from the source; what was asked for wins."""
    settings = dict(wanted.settings)
    if took.seed:
        settings.setdefault("seed", took.seed)
    if took.shared:
        settings["shared"] = json.dumps(took.shared)
    return replace(wanted, settings=settings, copied=took.config)
