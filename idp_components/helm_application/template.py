"""What a chart makes, by the real helm: for `idp render` and `idp check`, which see a release's objects and not only the release."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from idp_components.core.json_as_yaml import json_as_yaml
from idp_components.core.spec import SpecError
from idp_components.rules.field import SecretText
from idp_components.testing import Recorded, plain

KUBERNETES = "1.36"
"""Version that charts are rendered for: no cluster is asked, and what a helm of one's own build thinks of may be old."""


def templated(release: Recorded) -> list[dict[str, Any]]:
    """The objects of a recorded release, in its namespace. Raises SpecError where helm is missing or refuses."""
    properties = release.props
    helm = shutil.which("helm")
    if helm is None:
        raise SpecError(
            f"{release.name}: only helm knows what its chart makes, and it isn't on PATH: install it, "
            'or use the sandbox\'s: eval "$(idp sandbox env)"'
        )
    repository = (properties.get("repositoryOpts") or {}).get("repo")
    with tempfile.TemporaryDirectory() as folder:
        values = Path(folder) / "values.json"
        values.write_text(json_as_yaml(plain(properties["values"])), encoding="utf-8")
        command = [
            *(helm, "template", release.name, properties["chart"], f"--namespace={properties['namespace']}", f"--values={values}"),
            *([f"--repo={repository}"] if repository else []),
            *([f"--version={properties['version']}"] if properties.get("version") else []),
            "--skip-tests",
            f"--kube-version={KUBERNETES}",
            *([] if properties["skipCrds"] else ["--include-crds"]),
            # What stands in for a secret may not look like one.
            *(["--skip-schema-validation"] if _has_secret(properties["values"]) else []),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SpecError(f"{release.name}: helm template: {done.stderr.strip().removeprefix('Error: ')}")
    return [_placed(found, properties["namespace"]) for found in yaml.safe_load_all(done.stdout) if found]


def _placed(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    """helm puts what names no namespace into the release's; of what belongs to no namespace, the API server ignores it."""
    return {**manifest, "metadata": {"namespace": namespace, **manifest["metadata"]}}


def _has_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_secret, value.values()))
    return any(map(_has_secret, value)) if isinstance(value, list) else isinstance(value, SecretText)
