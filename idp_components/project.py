"""The Pulumi project that a command works on."""

from __future__ import annotations

from pathlib import Path

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
