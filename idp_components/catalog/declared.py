"""What stacks declare, as the backend would answer after their update: a catalogue without engine or cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from idp_components.catalog.build import Answer
from idp_components.render import declared
from idp_components.testing import Recording, plain


def answer(stack: str, root: Path | None = None) -> Answer:
    """The state that a stack would have. Raises SpecError."""
    return Answer(stack, state(declared(stack, root)[0]))


def state(recording: Recording) -> dict[str, Any]:
    """A recording in the form of an exported state. What is known after an update only is missing."""
    resources = [
        {
            "urn": resource.urn,
            "type": resource.type,
            "parent": resource.parent,
            "custom": resource.custom,
            "inputs": plain(resource.props),
            "outputs": plain(recording.outputs.get(resource.urn, {})),
        }
        for resource in recording.resources
    ]
    return {"deployment": {"resources": resources}}
