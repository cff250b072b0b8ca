"""`idp sandbox`: start, look at and stop the embedded engine, control plane and AWS endpoint."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from idp_components.cli import fail
from idp_sandbox import Sandbox, SandboxError, ToolError

P = ParamSpec("P")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Folder of the sandbox [default: $IDP_SANDBOX or .idp/sandbox].")
@click.pass_context
def sandbox(ctx: click.Context, directory: Path | None) -> None:
    """The embedded engine, control plane and AWS endpoint. Everything listens on loopback only."""
    ctx.obj = Sandbox(directory)


def command(function: Callable[P, None]) -> Callable[P, None]:
    """A subcommand whose own errors are one line and exit code 1."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except (SandboxError, ToolError) as error:
            fail(str(error), code=1)

    return run


@sandbox.command()
@click.option(
    "--with",
    "extras",
    multiple=True,
    type=click.Choice(["argocd", "vcluster"]),
    help="Start this too; it stays until `down`, and virtual clusters come back with the next `up`.",
)
@click.pass_obj
@command
def up(box: Sandbox, extras: tuple[str, ...]) -> None:
    """Start what doesn't run yet; build the tools first if they are missing."""
    box.up(lambda line: click.echo(line, err=True), with_argocd="argocd" in extras, with_vcluster="vcluster" in extras)
    click.echo(f"the sandbox is up in {box.state}")


@sandbox.command()
@AS_JSON
@click.pass_obj
@command
def status(box: Sandbox, as_json: bool) -> None:
    """Show what runs, and where its tools came from. Exit code 0: everything runs, 1: something doesn't."""
    parts = box.parts()
    if as_json:
        pids = {part.name: part.pid for part in parts}
        click.echo(json.dumps({"folder": str(box.state), "up": box.is_up(), "parts": pids, "tools": box.tools()}, indent=2))
    else:
        for part in parts:
            state = click.style("up", fg="green") if part.pid else click.style("down", fg="red")
            click.echo(f"{part.name:<24} {state}{f'  pid {part.pid}' if part.pid else ''}")
        for name, source in box.tools().items():
            click.secho(f"{name:<30} {source}", dim=True)
    sys.exit(0 if box.is_up() else 1)


@sandbox.command()
@click.pass_obj
@command
def down(box: Sandbox) -> None:
    """Stop everything; data and stacks stay for the next `up`."""
    box.down()
    click.echo("the sandbox is down")


@sandbox.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.pass_obj
@command
def reset(box: Sandbox, yes: bool, dry_run: bool) -> None:
    """Stop everything and remove all data and stacks."""
    if not box.state.exists():
        click.echo(f"nothing to remove: there is no {box.state}")
        return
    if dry_run:
        click.echo(f"would stop {sum(part.pid is not None for part in box.parts())} processes and remove {box.state}")
        return
    if not yes:
        click.confirm(f"Remove {box.state} with all its data and stacks?", abort=True)
    box.reset()
    click.echo(f"removed {box.state}")


@sandbox.command()
@click.argument("part", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on printing what is added.")
@click.pass_obj
@command
def logs(box: Sandbox, part: str | None, follow: bool) -> None:
    """Print the end of the logs, of one PART or of all."""
    files = {found.name: found.log for found in box.parts() if found.log.exists()}
    if part and part not in files:
        raise SandboxError(f"{part!r} has no log; parts with one: {', '.join(files) or 'none'}")
    chosen = [str(files[part])] if part else [str(path) for path in files.values()]
    if not chosen:
        raise SandboxError("there are no logs; start the sandbox: idp sandbox up")
    sys.exit(subprocess.run(["tail", "-n", "50", *(["-F"] if follow else []), *chosen], check=False).returncode)


@sandbox.command()
@AS_JSON
@click.pass_obj
@command
def env(box: Sandbox, as_json: bool) -> None:
    """Print what a shell needs: eval "$(idp sandbox env)"."""
    variables = box.env()
    if as_json:
        click.echo(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            click.echo(f"export {name}={shlex.quote(value)}")
