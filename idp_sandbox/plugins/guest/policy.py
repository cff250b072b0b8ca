"""Runs a policy pack as `python -m pulumi.policy` does, but loads Pulumi's SDK only for a pack that asks for it: half of its start.

It is run by its path with the interpreter of the pack's virtual environment, so it imports nothing but Python and pulumi.
"""

import os
import runpy
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class SDK:
    """Finds the SDK when a pack imports it, and tells it then which stack this is."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "pulumi":
            return None
        spec = PathFinder.find_spec(name)
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_and_configure(module: ModuleType) -> None:
                load(module)
                configure()

            spec.loader.exec_module = load_and_configure  # type: ignore[method-assign]
        return spec


def configure() -> None:
    """What `pulumi.policy` does before it runs a pack."""
    from pulumi import runtime

    for key, value in runtime.get_config_env().items():
        runtime.set_config(key, value)
    if {"PULUMI_PROJECT", "PULUMI_STACK", "PULUMI_DRY_RUN"} <= os.environ.keys():
        runtime.configure(
            runtime.Settings(
                project=os.environ["PULUMI_PROJECT"],
                stack=os.environ["PULUMI_STACK"],
                dry_run=os.environ["PULUMI_DRY_RUN"] == "true",
                organization=os.environ.get("PULUMI_ORGANIZATION", "organization"),
            )
        )


if __name__ == "__main__":
    _engine, program = sys.argv[1:3]
    sys.path[0] = os.getcwd()
    sys.meta_path.insert(0, SDK())
    runpy.run_path(program, run_name="__main__")
