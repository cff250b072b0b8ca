"""Reading a stack's history: who changed it, and by which pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from idp_components.catalog.model import Change


def changes(history: Any) -> Iterator[Change]:
    """The entries of `pulumi stack history --json`, the newest first; none where there is no history, or nothing that looks like one."""
    for entry in history if isinstance(history, list) else ():
        if isinstance(entry, dict):
            yield _change(entry)


def _change(entry: Mapping[str, Any]) -> Change:
    about = entry.get("environment")
    facts: Mapping[str, Any] = about if isinstance(about, dict) else {}

    def fact(*names: str) -> str:
        return next((value for name in names if isinstance(value := facts.get(name), str) and value), "")

    pipeline = fact("ci.build.url") or " ".join(part for part in (fact("ci.system"), fact("ci.build.number", "ci.build.id")) if part)
    message = entry.get("message")
    return Change(
        at=str(entry.get("endTime") or entry.get("startTime") or ""),
        kind=str(entry.get("kind") or ""),
        result=str(entry.get("result") or ""),
        message=message.splitlines()[0] if isinstance(message, str) and message else "",
        author=fact("git.author"),
        commit=fact("git.head"),
        pipeline=pipeline,
    )
