"""The Pulumi project that a command works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from idp_components.core.spec import SpecError

PROJECT_FILE = "Pulumi.yaml"


def find_root(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (the current one by default) upwards, that holds `Pulumi.yaml`. Raises SpecError."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise SpecError(
        f"{start}: no {PROJECT_FILE} here or above; run the command inside a Pulumi project, for example the platform's checkout"
    )


def mapping_of(path: Path) -> dict[str, Any]:
    """What a file of YAML says. Raises SpecError where it can't be read or is no mapping."""
    try:
        found = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
    except (OSError, yaml.YAMLError) as error:
        raise SpecError(f"{path}: can't be read: {error}") from error
    if not isinstance(found, dict):
        raise SpecError(f"{path}: must be a mapping, for example 'name: idp'")
    return found


def stack_file(root: Path, stack: str) -> dict[str, Any]:
    """The project's own file of a stack's config; empty where there is none. Raises SpecError."""
    path = root / mapping_of(root / PROJECT_FILE).get("stackConfigDir", ".") / f"Pulumi.{stack}.yaml"
    return mapping_of(path) if path.is_file() else {}
