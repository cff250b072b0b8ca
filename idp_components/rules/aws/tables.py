"""Tables in text files: a name, a colon, and what belongs to it."""

from __future__ import annotations

from pathlib import Path


def table(path: Path) -> dict[str, tuple[str, ...]]:
    """What belongs to each name; lines that begin with `#` say where the table comes from."""
    lines = [line.partition(":") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {name: tuple(rest.split()) for name, _, rest in lines}
