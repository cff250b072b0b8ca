"""The embedded default: engine, control plane, AWS endpoint and offline providers, on loopback."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idp_sandbox.machine import SandboxError
    from idp_sandbox.sandbox import Sandbox
    from idp_sandbox.toolchain.build import ToolError

__all__ = ["Sandbox", "SandboxError", "ToolError"]
MODULES = {"Sandbox": "idp_sandbox.sandbox", "SandboxError": "idp_sandbox.machine", "ToolError": "idp_sandbox.toolchain.build"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for: plugins are in this package too, and each of them starts several times in a command."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(MODULES[name]), name)
