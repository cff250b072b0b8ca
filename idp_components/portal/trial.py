"""A trial of a change, in a process of its own: does each stack still compose, what would it make, what do the rules say?

Run as `python -P -m idp_components.portal.trial`, with the question as JSON on standard input. A process of its own, since the
harness sets Pulumi's process-wide settings, and since the teams' files run in it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idp_components import references
from idp_components.core.context import team_and_environment
from idp_components.core.spec import SpecError
from idp_components.portal import cost
from idp_components.portal.policy import WAIVERS, in_recording
from idp_components.render import declared
from idp_components.rules.waivers import read
from idp_components.testing import Recording, plain


def main() -> None:
    """Answer the question on standard input: `{root, files, stacks}`, where the first stack is the one to be shown."""
    asked = json.load(sys.stdin)
    root, (shown, *others) = Path(asked["root"]), asked["stacks"]
    before = {shown: _looked_at(shown, root)}
    old = _written(root, asked["files"])
    after = {stack: _looked_at(stack, root) for stack in (shown, *others)}
    _written(root, old)
    # Of the others it only matters whether the change broke them.
    before |= {stack: _looked_at(stack, root) if after[stack]["problems"] else after[stack] for stack in others}
    json.dump({stack: {"before": before[stack], "after": after[stack]} for stack in after}, sys.stdout)


def _written(root: Path, files: Mapping[str, str | None]) -> dict[str, str | None]:
    """Writes files, or removes those without text; what they held before."""
    old = {path: (root / path).read_text() if (root / path).is_file() else None for path in files}
    for path, content in files.items():
        if content is None:
            (root / path).unlink()
        else:
            (root / path).write_text(content)
    return old


def _looked_at(stack: str, root: Path) -> dict[str, Any]:
    """A stack as it composes now, or why it doesn't."""
    try:
        recording, ledger = declared(stack, root)
        references.check(ledger, lambda team: declared(f"{team}-{team_and_environment(stack)[1]}", root)[1])
        return {
            "problems": [],
            "resources": _resources(recording),
            "findings": in_recording(recording, stack, read(root / WAIVERS), datetime.now(UTC)),
            "usd": cost.of_program(stack, root),
        }
    except SpecError as error:
        return {"problems": list(error.problems), "resources": {}, "findings": [], "usd": None}


def _resources(recording: Recording) -> dict[str, Any]:
    """What each resource would be; secret values are only named."""
    return {each.urn: {"type": each.type, "name": each.name, "props": plain(each.props)} for each in recording.resources}


if __name__ == "__main__":
    main()
