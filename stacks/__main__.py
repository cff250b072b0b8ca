"""Runs the stack that Pulumi selected: `<team>-<environment>` composes `teams/<team>.py`."""

from pathlib import Path

from idp_components.stack import run

run(Path(__file__).parent / "teams")
