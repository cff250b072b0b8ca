"""`idp render`: print the plain manifests of a stack."""

from __future__ import annotations

import json
from pathlib import Path

import click
import yaml

from idp_components.cli import fail
from idp_components.core.spec import SpecError
from idp_components.render import place
from idp_components.render import render as render_stack


@click.command()
@click.argument("stack")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Write one file per object into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def render(stack: str, output: Path | None, as_json: bool) -> None:
    """Print the plain manifests of STACK (<team>-<environment>), without engine or cluster; ready for `kubectl apply -f -`."""
    try:
        manifests = render_stack(stack)
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    if secrets := [manifest["metadata"]["name"] for manifest in manifests if manifest["kind"] == "Secret"]:
        click.echo(f"the values of {', '.join(secrets)} are secret and are not shown", err=True)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        one_room = len({place(manifest)[0] for manifest in manifests} - {""}) == 1
        for manifest in manifests:
            namespace, name = place(manifest)
            parts = [manifest["kind"].lower(), *([] if one_room or not namespace else [namespace]), name]
            (output / f"{'-'.join(parts)}.yaml").write_text(_text([manifest]))
        click.echo(f"{len(manifests)} objects in {output}", err=True)
    elif as_json:
        click.echo(json.dumps(manifests, indent=2))
    else:
        click.echo(_text(manifests), nl=False)


def _text(manifests: list[dict[str, object]]) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump_all(manifests, Dumper=dumper, sort_keys=False, explicit_start=True, width=120)
