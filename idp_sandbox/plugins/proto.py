"""The plugin protocol's messages and services, without the SDK that ships them: loading all of it would cost every plugin's start 0.6 s."""

import sys
from importlib.util import find_spec
from types import ModuleType


def _bare(name: str) -> None:
    """Register a package whose modules can be imported, but whose own code is not run."""
    if name not in sys.modules:
        spec = find_spec(name)
        module = ModuleType(name)
        module.__path__ = list(spec.submodule_search_locations or ()) if spec else []
        sys.modules[name] = module


_bare("pulumi")
_bare("pulumi.runtime")

from pulumi.runtime.proto import (  # noqa: E402
    engine_pb2,
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "language_pb2",
    "language_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
]
