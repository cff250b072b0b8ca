"""Regular expressions that are compiled when they are first used: all of them at once are a quarter of what it takes to begin."""

from __future__ import annotations

import re
from typing import Any, cast


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """The same as `re.compile`, later."""
    return cast("re.Pattern[str]", _Later(text, flags))


class _Later:
    def __init__(self, text: str, flags: int) -> None:
        self._expression = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked by what copies objects, before there is an expression
            raise AttributeError(name)
        found = getattr(re.compile(*self._expression), name)
        setattr(self, name, found)  # from now on it is asked no more
        return found
