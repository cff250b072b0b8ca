"""`idp emit rego` and `idp emit admission-policy`: the rules for gates that don't run Python."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import yaml

from idp_components.cli import fail
from idp_components.rules.configuration import ConfigurationError, configured
from idp_components.rules.exports import admission_policy, not_exported, rego
from idp_components.rules.levels import ENVIRONMENTS, STRICTEST, Level
from idp_components.rules.model import Options, Rule
from idp_components.rules.packs import levels

ENVIRONMENT = click.option(
    "--environment", type=click.Choice(ENVIRONMENTS), default=STRICTEST, show_default=True, help="Whose levels apply."
)
CONFIG = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Levels and options, as for --policy-pack-config."
)


@click.command(name="rego")
@ENVIRONMENT
@CONFIG
@click.option("--gatekeeper", is_flag=True, help="As ConstraintTemplates and Constraints, in one YAML stream.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for the files. Default: print them.")
def emit_rego(environment: str, config: Path | None, gatekeeper: bool, output: Path | None) -> None:
    """Rego v1: `conftest test --policy DIR`, `opa eval --data DIR --input FILE data.main.deny`."""
    chosen, options = _chosen(environment, config)
    _say_what_is_missing(chosen, "rego")
    files = {"gatekeeper.yaml": _yaml(rego.gatekeeper(chosen, options))} if gatekeeper else rego.files(chosen, options)
    _write(files, output)


@click.command(name="admission-policy")
@ENVIRONMENT
@CONFIG
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for the file. Default: print it.")
def emit_admission_policy(environment: str, config: Path | None, output: Path | None) -> None:
    """ValidatingAdmissionPolicies, bound to the namespaces with the label idp/environment: ENVIRONMENT; for `kubectl apply -f -`.

    What is in no namespace, such as a ClusterRole, is judged by the levels of each environment that is applied; a namespace by those of
    the environment that its own label names, and by none where it has no such label.
    """
    chosen, options = _chosen(environment, config)
    _say_what_is_missing(chosen, "cel")
    _write({"admission-policy.yaml": _yaml(admission_policy.policies(chosen, options, environment))}, output)


def _chosen(environment: str, config: Path | None) -> tuple[dict[Rule, Level], dict[str, Options]]:
    defaults = levels(environment)
    try:
        by_id, options = configured(json.loads(config.read_text(encoding="utf-8")) if config else {}, defaults)
    except (ConfigurationError, ValueError) as error:
        fail(str(error))
    return {rule: by_id[rule.id] for rule in defaults}, options


def _say_what_is_missing(rules: Iterable[Rule], language: str) -> None:
    by_reason: dict[str, list[str]] = {}
    for rule in rules:
        if reason := not_exported(rule, language):
            by_reason.setdefault(reason, []).append(rule.id)
    for reason, ids in by_reason.items():
        click.echo(f"not exported: {', '.join(ids)}: {reason}", err=True)


def _write(files: dict[str, str], output: Path | None) -> None:
    for name, text in files.items():
        if output:
            output.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(text, encoding="utf-8")
        else:
            click.echo(text if len(files) == 1 else f"# {name}\n{text}")


def _yaml(manifests: list[dict[str, Any]]) -> str:
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, explicit_start=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes programs as the lines that they are."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
