"""`idp graph`: print who uses what."""

from __future__ import annotations

import json

import click

from idp_components.cli import fail
from idp_components.core.spec import SpecError
from idp_components.graph import graph as graph_of
from idp_components.render import declared


@click.command()
@click.argument("stacks", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def graph(stacks: tuple[str, ...], as_json: bool) -> None:
    """Print the connections of STACKS (<team>-<environment> …) as a Mermaid flowchart, without engine or cluster."""
    try:
        found = graph_of(declared(stack)[1] for stack in stacks)
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    click.echo(json.dumps(found.plain(), indent=2) if as_json else found.mermaid(), nl=as_json)
