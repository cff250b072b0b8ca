"""Serve a Pulumi plugin: a gRPC server on loopback whose port is printed on stdout."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
WORKERS = 64
"""Threads for calls: the engine works on many resources at once, and most of them wait for the network."""


def serve(register: Callable[[grpc.Server], None], on_end: Callable[[], None] = lambda: None) -> None:
    """Run until the engine says so, or is gone.

    The end is immediate: at the end of every command the engine waits for its plugins, and an orphan would live for ever.
    """

    def end(*_: object) -> None:
        on_end()
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=UNLIMITED)
    register(server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    engine, never = os.getppid(), threading.Event()
    while os.getppid() == engine:  # an orphan gets another parent
        never.wait(1)
    end()
