"""Create an environment: first its record on the stack, so that a reaper knows what a killed creation left, then everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from idp_components.core import labels
from idp_components.core.context import NAMESPACE, team_and_environment
from idp_components.core.spec import SpecError
from idp_components.cost.creation import check_creation
from idp_components.cost.prices import table
from idp_components.cost.stacks import of_stack
from idp_components.deploy.outcome import Outcome
from idp_components.deploy.up import Progress, bring_up, packs_of
from idp_components.environments import scratch
from idp_components.environments.inventory import Environment, is_ephemeral
from idp_components.environments.lifetime import profile_of
from idp_components.environments.record import CREATED_AT, moment, tag, text
from idp_components.environments.world import World
from idp_components.ephemeral.manifests import bounded_hours
from idp_components.ephemeral.settings import parse
from idp_components.project import PROJECT_FILE
from idp_components.stack import teams

TAGS = {
    "owner": tag(labels.OWNER),
    "sourceUrl": tag(labels.SOURCE),
    "ttlHours": tag(labels.EXPIRES_AFTER),
    "awake": tag(labels.AWAKE),
    "sleepAfterHours": tag(labels.SLEEP_AFTER),
    "isolation": tag(labels.EPHEMERAL),
}
"""The stack's tag of each setting: what was said when it was made holds for the next `create`."""
MAX_TAG_LENGTH = 256
"""Characters of a tag's value in Pulumi Cloud."""


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


def create(world: World, name: str, asked: Mapping[str, str], root: Path, now: datetime, progress: Progress) -> Outcome:
    """Make an environment, or bring an existing one up to date; one that sleeps is woken. `asked`: its settings, by their config keys.

    No file of the project is written: the stack's config is the project's own, if it has one, and what was asked, in a folder that goes.
    Raises SpecError, BackendError, ClusterError, AccountError.
    """
    found = world.find(name)
    tags = world.backend.tags(found.stack.qualified) if found and found.stack else {}
    wanted = _wanted(name, asked, tags, root)
    if found and (others := [stack.qualified for stack in found.stacks if stack.project != wanted.project["name"]]):
        raise SpecError(f"{name}: {others[0]!r} has this environment already; destroy that one first: idp env destroy {name}")
    _afford(wanted, root)
    with scratch.folder() as folder:
        config = _config(folder, wanted, _secrets(world, found))
        if not found or not found.stack:
            world.backend.init(config.parent, name, wanted.own.get("secretsprovider"))
        record = _record(wanted, _created(found, tags, now))
        world.backend.tag(name, {key: value for key, value in record.items() if tags.get(key) != value}, wanted.project["name"])
        if found and found.room and found.room.is_asleep:
            progress(name, "it sleeps; waking it first")
            world.wake(found, now)
        return bring_up([name], root, world.env, packs_of(root), progress, config_file=config)[0]


def _wanted(name: str, asked: Mapping[str, str], tags: Mapping[str, str], root: Path) -> Wanted:
    project = _yaml(root / PROJECT_FILE)
    team, environment = team_and_environment(name, teams(root / project.get("main", ".") / "teams"))
    if not is_ephemeral(name):
        raise SpecError(f"stack {name!r}: {environment!r} stays; name one that ends, for example '{team}-pr-42' or '{team}-user-alice'")
    path = root / project.get("stackConfigDir", ".") / f"Pulumi.{name}.yaml"
    own = _yaml(path) if path.is_file() else {}
    written = own.get("config") or {}
    settings = {
        **{key: tags[tagged] for key, tagged in TAGS.items() if tagged in tags},
        **{key: str(written[f"{NAMESPACE}:{key}"]) for key in TAGS if f"{NAMESPACE}:{key}" in written},
        **asked,
    }
    spec, profile = parse(settings, environment, name), profile_of(environment)
    hours = bounded_hours(f"{name}.ttl_hours", spec.ttl_hours or profile.ttl_hours, profile)
    return Wanted(name, project, own, {**settings, "owner": spec.owner}, hours)


def _afford(wanted: Wanted, root: Path) -> None:
    """Raises SpecError, with the numbers, where its room or the team's budget doesn't allow it."""
    if wanted.settings.get("isolation", "namespace") != "namespace":
        return  # what a virtual cluster takes is its chart's to say, and the namespace's quota holds it anyway
    settings = {f"{NAMESPACE}:{key}": value for key, value in wanted.settings.items()}
    prices = table()
    check_creation(of_stack(wanted.name, prices, root=root, settings=settings), prices, hours=wanted.hours, root=root)


def _config(folder: Path, wanted: Wanted, secrets: Mapping[str, str]) -> Path:
    """The stack's config file, beside a project file without a program."""
    config = folder / f"Pulumi.{wanted.name}.yaml"
    values = {**(wanted.own.get("config") or {}), **{f"{NAMESPACE}:{key}": value for key, value in wanted.settings.items()}}
    config.write_text(yaml.safe_dump({**wanted.own, **secrets, "config": values}))
    (folder / PROJECT_FILE).write_text(yaml.safe_dump({"name": wanted.project["name"], "runtime": "python"}))
    return config


def _record(wanted: Wanted, created: datetime) -> dict[str, str]:
    """The tags that the stack shall have."""
    said = {TAGS[key]: value for key, value in wanted.settings.items() if len(value) <= MAX_TAG_LENGTH}
    ends = created + timedelta(hours=wanted.hours)
    return {tag(f"idp/{CREATED_AT}"): text(created), tag(labels.EXPIRES_AT): text(ends), **said}


def _created(found: Environment | None, tags: Mapping[str, str], now: datetime) -> datetime:
    """When it was made: now, unless something of an earlier creation is there."""
    said = tags.get(tag(f"idp/{CREATED_AT}"))
    return moment(said) if said and found and not found.is_empty else now


def _secrets(world: World, found: Environment | None) -> dict[str, str]:
    """How the stack's secrets are encrypted, as its state has it: a config file without it would begin anew."""
    if not found or not found.stack:
        return {}
    deployment = world.backend.export(found.stack.qualified).get("deployment") or {}
    provider = deployment.get("secrets_providers") or {}
    state = provider.get("state") or {}
    known = {"encryptionsalt": state.get("salt"), "secretsprovider": state.get("url"), "encryptedkey": state.get("encryptedkey")}
    return {key: value for key, value in known.items() if value} if provider.get("type") in ("passphrase", "cloud") else {}


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise SpecError(f"{path}: can't be read: {error}") from error
    if not isinstance(found, dict):
        raise SpecError(f"{path}: must be a mapping, for example 'name: idp'")
    return found
