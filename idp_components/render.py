"""Render a stack: its plain Kubernetes manifests, without engine or cluster."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp_components import references
from idp_components.core.apply import RELEASE
from idp_components.core.context import Context, team_and_environment
from idp_components.core.ledger import Ledger
from idp_components.core.manifest import waves
from idp_components.core.spec import SpecError, line_of
from idp_components.helm_application.template import templated
from idp_components.project import PROJECT_FILE, find_root, mapping_of, stack_file
from idp_components.rules.model import Resource
from idp_components.stack import compose, teams
from idp_components.testing import Dishonest, Recorded, Recording, config_text, plain, run


def render(stack: str, root: Path | None = None) -> list[dict[str, Any]]:
    """The manifests of a stack in the order in which they can be applied, among them what its charts make. Secret values are only
    named. Raises SpecError."""
    recording, charts = _complete(stack, root)
    return in_order([*map(plain, recording.manifests()), *(manifest for _, manifest in charts)])


def resources(stack: str, root: Path | None = None) -> list[Resource]:
    """All resources of a stack as rules judge them, those of the cloud and of its charts too. Raises SpecError."""
    recording, charts = _complete(stack, root)
    inside = (
        replace(Resource.from_manifest(manifest), urn=f"{release.urn}/{manifest['kind']}/{'/'.join(place(manifest))}")
        for release, manifest in charts
    )
    return [*(resource.judged for resource in recording.resources), *inside]


def _complete(stack: str, root: Path | None) -> tuple[Recording, list[tuple[Recorded, dict[str, Any]]]]:
    """What a stack would register, and the manifests of its charts, each with its release. What it refers to in other stacks is there."""
    recording, ledger = declared(stack, root)
    references.check(ledger, lambda team: declared(f"{team}-{team_and_environment(stack)[1]}", root)[1])
    return recording, [(each, manifest) for each in recording.resources if each.type == RELEASE for manifest in templated(each)]


def teams_folder(root: Path | None = None) -> Path:
    """The folder with the teams' files. Raises SpecError."""
    root = root or find_root()
    return Path(root / mapping_of(root / PROJECT_FILE).get("main", ".") / "teams")


def declared(stack: str, root: Path | None = None, settings: Mapping[str, str] | None = None) -> tuple[Recording, Ledger]:
    """What a stack would register, and what it declares. `settings`: config that no file has. Raises SpecError."""
    root = root or find_root()
    name = mapping_of(root / PROJECT_FILE)["name"]
    folder = teams_folder(root)
    config = {**config_of(stack, root), **(settings or {})}

    ledgers: list[Ledger] = []

    def program() -> None:
        context = Context.from_stack(teams(folder))
        ledgers.append(context.ledger)
        compose(context, folder)

    try:
        return run(program, stack_name=stack, project=name, config=config), ledgers[0]
    except Dishonest as error:
        raise SpecError(f"stack {stack!r}: {error}") from error
    except Exception as error:
        if isinstance(error, SpecError) or not (place := _place(error, folder)):
            raise
        raise SpecError(f"{place}: {type(error).__name__}: {error}") from error


def _place(error: Exception, folder: Path) -> str | None:
    """The line of a team's file where it failed; none where the failure is ours."""
    if isinstance(error, SyntaxError) and error.filename:
        return line_of(error.filename, error.lineno)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)]
    return line_of(lines[-1].filename, lines[-1].lineno) if lines else None


def in_order(manifests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """By wave, kind and name: the same stack always renders to the same text."""
    by_name = sorted(manifests, key=lambda manifest: (manifest["kind"], *place(manifest)))
    return [_readable(manifest) for wave in waves(by_name) for manifest in wave]


def place(manifest: dict[str, Any]) -> tuple[str, str]:
    """Namespace and name."""
    metadata = manifest["metadata"]
    return metadata.get("namespace", ""), metadata.get("name", "")


def _readable(manifest: dict[str, Any]) -> dict[str, Any]:
    """Keys in the order in which people write them; they arrive in any order."""
    first = [key for key in ("apiVersion", "kind", "metadata") if key in manifest]
    return {key: _sorted(manifest[key]) for key in (*first, *sorted(manifest.keys() - set(first)))}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: (key != "name", key))}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def config_of(stack: str, root: Path | None = None) -> dict[str, str]:
    """A stack's config by `namespace:key`: the project's defaults, then its own file, as Pulumi reads them. Raises SpecError."""
    root = root or find_root()
    project = mapping_of(root / PROJECT_FILE)
    values: dict[str, Any] = {}
    for key, entry in (project.get("config") or {}).items():
        value = entry.get("value", entry.get("default")) if isinstance(entry, dict) else entry
        if value is not None:
            values[key if ":" in key else f"{project['name']}:{key}"] = value
    values |= stack_file(root, stack).get("config") or {}
    # A value that is encrypted stays so: rendering needs no passphrase.
    return {key: "[secret]" if isinstance(value, dict) and "secure" in value else config_text(value) for key, value in values.items()}
