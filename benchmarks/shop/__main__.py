"""The stack of a team in `teams`."""

from pathlib import Path

from idp_components.stack import run

run(Path(__file__).parent / "teams")
