"""Pulumi's plugin protocol without the SDK that ships it: loading all of that would cost every plugin's start 0.3 s and more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

PACKAGES = ("pulumi", "pulumi.runtime")


@contextmanager
def without_sdk() -> Iterator[None]:
    """Inside, modules of the SDK can be imported without its own start running; afterwards the SDK can be imported as ever."""
    stand_ins = [name for name in PACKAGES if name not in sys.modules]
    for name in stand_ins:
        spec = find_spec(name)
        module = ModuleType(name)
        module.__path__ = list(spec.submodule_search_locations or ()) if spec else []
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]
