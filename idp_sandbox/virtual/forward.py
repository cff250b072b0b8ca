"""Forward connections between TCP ports of loopback and Unix sockets: the only way between two network namespaces that needs no rights.

Run as `python -m idp_sandbox.virtual.forward LISTEN=TARGET…`; a place is a port of loopback or the path of a socket.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"
BLOCK_BYTES = 65536


async def serve(listen: str, target: str) -> None:
    """Hand every connection to `listen` on to `target`, for ever."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await (asyncio.open_connection(LOOPBACK, int(target)) if target.isdigit() else asyncio.open_unix_connection(target))
        except OSError:  # nobody listens there yet: the client tries again
            writer.close()
            return
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

    if listen.isdigit():
        server = await asyncio.start_server(handle, LOOPBACK, int(listen))
    else:
        Path(listen).unlink(missing_ok=True)
        server = await asyncio.start_unix_server(handle, listen)
    await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
        writer.write_eof()  # the other direction may go on
    except OSError:
        writer.close()


async def main(pairs: list[str]) -> None:
    """Serve all pairs."""
    await asyncio.gather(*(serve(*pair.split("=", 1)) for pair in pairs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
