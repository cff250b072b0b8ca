"""The embedded default: engine, control plane, AWS endpoint and offline providers, on loopback."""

from idp_sandbox.machine import SandboxError
from idp_sandbox.sandbox import Sandbox
from idp_sandbox.toolchain.build import ToolError

__all__ = ["Sandbox", "SandboxError", "ToolError"]
