"""`idp rules`: what the platform asks for, and why."""

from __future__ import annotations

import json
from difflib import get_close_matches

import click

from idp_components.cli import fail
from idp_components.rules import reference
from idp_components.rules.levels import ENVIRONMENTS
from idp_components.rules.packs import PACKS


@click.group(invoke_without_command=True)
@click.option("--markdown", is_flag=True, help="Print the reference page, policies/RULES.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list with all that is known of each rule but its examples.")
@click.pass_context
def rules(ctx: click.Context, markdown: bool, as_json: bool) -> None:
    """List the rules, with their level in each environment."""
    if markdown:
        click.echo(reference.page(), nl=False)
    elif as_json:
        click.echo(json.dumps([reference.facts(rule, pack) for pack in PACKS for rule in pack.rules], indent=2))
    elif ctx.invoked_subcommand is None:
        _table()


@rules.command()
@click.argument("rule_id", metavar="ID")
def show(rule_id: str) -> None:
    """Show why a rule is there, how to fix what it finds, and a bad and a good example."""
    rule = reference.find(rule_id)
    if not rule:
        near = get_close_matches(rule_id, [rule.id for pack in PACKS for rule in pack.rules], n=3)
        fail(f'there is no rule "{rule_id}"' + (f"; did you mean {', '.join(near)}?" if near else "; `idp rules` lists them"))
    click.echo(reference.described(rule, reference.pack_of(rule)), nl=False)


def _table() -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("pack", "rule", "severity", *ENVIRONMENTS, box=None)
    for pack in PACKS:
        for rule in pack.rules:
            levels = [pack.level(rule, environment) for environment in ENVIRONMENTS]
            table.add_row(pack.name.removeprefix("idp-"), rule.id, rule.severity, *levels)
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)
