"""`idp schema`: print the JSON Schemas of the specs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from idp_components.schema import SPECS, text


@click.command()
@click.argument("name", required=False, type=click.Choice(list(SPECS)))
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Write one file per spec into this folder.")
@click.option("--check", is_flag=True, help="With --output: only say whether the files there are current.")
def schema(name: str | None, output: Path | None, check: bool) -> None:
    """Print the JSON Schema of the golden path NAME, or of all."""
    names = [name] if name else list(SPECS)
    if output is None:
        for each in names:
            click.echo(text(each), nl=False)
        return
    files = {output / f"{each}.json": text(each) for each in names}
    stale = [str(path) for path, wanted in files.items() if not path.is_file() or path.read_text() != wanted]
    if check:
        click.echo(f"stale: {', '.join(stale)}; update with: idp schema --output {output}" if stale else "current")
        sys.exit(1 if stale else 0)
    output.mkdir(parents=True, exist_ok=True)
    for path, wanted in files.items():
        path.write_text(wanted)
