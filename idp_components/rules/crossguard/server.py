"""The server: a pack's process, from the engine's start of it to its end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from idp_components.rules.crossguard.analyzer import Analyzer
from idp_components.rules.crossguard.proto import analyzer_pb2, empty_pb2
from idp_components.rules.packs.model import Pack

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine itself allows for a message."""
REQUESTS = {
    "Analyze": analyzer_pb2.AnalyzeRequest,
    "AnalyzeStack": analyzer_pb2.AnalyzeStackRequest,
    "Remediate": analyzer_pb2.AnalyzeRequest,
    "GetAnalyzerInfo": empty_pb2.Empty,
    "GetPluginInfo": empty_pb2.Empty,
    "Configure": analyzer_pb2.ConfigureAnalyzerRequest,
    "ConfigureStack": analyzer_pb2.AnalyzerStackConfigureRequest,
    "Cancel": empty_pb2.Empty,
}


def serve(pack: Pack, folder: Path) -> None:
    """Runs the pack until the engine ends it: the last statement of the `__main__.py` in the pack's folder."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)])
    server.add_generic_rpc_handlers((Methods(Analyzer(pack, stopped.set, folder)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    engine = os.getppid()
    while not stopped.wait(timeout=1) and os.getppid() == engine:  # an orphan gets another parent
        pass
    # At once: the engine waits for its plugins at the end of every command.
    os._exit(0)


class Methods(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
    """The methods that are served. The engine takes a missing `Remediate` or `AnalyzeStack` as "nothing to do"."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._handlers = {
            f"/pulumirpc.Analyzer/{name}": grpc.unary_unary_rpc_method_handler(
                getattr(analyzer, name),
                request_deserializer=request.FromString,
                response_serializer=lambda response: response.SerializeToString(),
            )
            for name, request in REQUESTS.items()
        }

    def service(self, handler_call_details: Any) -> Any:
        method = handler_call_details.method
        # A refusal costs half of an empty answer, and the engine asks for every resource.
        if method.endswith("/Remediate") and not self._analyzer.remedies:
            return None
        return self._handlers.get(method)
