"""Create an environment: first its record on the stack, so that a reaper knows what a killed creation left, then everything else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from idp_components.core import labels
from idp_components.deploy.outcome import Outcome
from idp_components.deploy.up import Progress, bring_up, packs_of
from idp_components.environments import scratch
from idp_components.environments.inventory import Environment
from idp_components.environments.plan import TAGS, Plan, Wanted
from idp_components.environments.record import CREATED_AT, moment, tag, text
from idp_components.environments.world import World
from idp_components.project import PROJECT_FILE

MAX_TAG_LENGTH = 256
"""Characters of a tag's value in Pulumi Cloud."""


def create(world: World, plan: Plan, root: Path, now: datetime, progress: Progress) -> Outcome:
    """Make an environment as planned, or bring an existing one up to date; one that sleeps is woken.

    No file of the project is written: the stack's config is the project's own, if it has one, and what was asked, in a folder that goes.
    Raises BackendError, ClusterError, AccountError.
    """
    wanted, found, tags = plan.wanted, plan.found, plan.tags
    name = wanted.name
    with scratch.folder() as folder:
        config = _config(folder, wanted, _secrets(world, found))
        if not found or not found.stack:
            world.backend.init(config.parent, name, wanted.own.get("secretsprovider"))
        record = _record(wanted, _created(found, tags, now))
        world.backend.tag(name, {key: value for key, value in record.items() if tags.get(key) != value}, wanted.project["name"])
        if found and found.room and found.room.is_asleep:
            progress(name, "it sleeps; waking it first")
            world.wake(found, now)
        outcome = bring_up([name], root, world.env, packs_of(root), progress, config_file=config)[0]
    if not outcome.succeeded:
        outcome.errors += _failed_seeds(world, name)
    return outcome


def _failed_seeds(world: World, name: str) -> list[str]:
    """What the Jobs that couldn't fill a database said last: Pulumi only knows that they failed."""
    found = world.find(name)
    failed = [seed for seed in world.seeds(found) if seed["state"] == "failed"] if found else []
    return [f"{seed['job']}: {seed['message']}" for seed in failed]


def _config(folder: Path, wanted: Wanted, secrets: Mapping[str, str]) -> Path:
    """The stack's config file, beside a project file without a program."""
    config = folder / f"Pulumi.{wanted.name}.yaml"
    values = {**(wanted.own.get("config") or {}), **wanted.config}
    config.write_text(yaml.safe_dump({**wanted.own, **secrets, "config": values}))
    (folder / PROJECT_FILE).write_text(yaml.safe_dump({"name": wanted.project["name"], "runtime": "python"}))
    return config


def _record(wanted: Wanted, created: datetime) -> dict[str, str]:
    """The tags that the stack shall have."""
    said = {TAGS[key]: value for key, value in wanted.settings.items() if key in TAGS and len(value) <= MAX_TAG_LENGTH}
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
