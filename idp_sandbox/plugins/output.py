"""What a process prints, in pieces as they come."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import IO

PIECE = 65536
"""Bytes to read at most at once: what a pipe holds."""


def pieces(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """`stdout` or `stderr` and some bytes of it, until the process has closed both."""
    found: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

    def read(name: str, stream: IO[bytes]) -> None:
        while data := stream.read1(PIECE):  # type: ignore[attr-defined]  # a pipe's reader is buffered
            found.put((name, data))
        found.put((name, b""))

    streams = {"stdout": child.stdout, "stderr": child.stderr}
    for name, stream in streams.items():
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        name, data = found.get()
        if data:
            yield name, data
        else:
            open_streams -= 1
