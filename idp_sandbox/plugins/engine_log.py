"""Messages to the engine, which shows them beside the resource that they are about."""

from __future__ import annotations

import grpc

from idp_sandbox.plugins.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """The engine at `address`; silent where there is none."""

    def __init__(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    def status(self, urn: str, message: str) -> None:
        """What a resource waits for: shown while it lasts."""
        self._log(urn, message, engine_pb2.INFO, ephemeral=True)

    def warning(self, urn: str, message: str) -> None:
        """A warning that stays."""
        self._log(urn, message, engine_pb2.WARNING, ephemeral=False)

    def _log(self, urn: str, message: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool) -> None:
        if self._engine is None:
            return
        try:
            self._engine.Log(engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=ephemeral), timeout=5)
        except grpc.RpcError:
            self._engine = None  # the engine is ending; nobody reads on
