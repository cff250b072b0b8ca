"""Where a resource was declared, as the state keeps it: the line outside of any library, usually of a team's file.

Pulumi's SDK sends the whole stack of calls instead, some twenty frames for each resource, down into asyncio: about a third of a state,
which the engine writes before and after each object, and with it the paths of the machine that it was made on.
"""

from __future__ import annotations

from pathlib import Path

from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2

from idp_components.core.spec import program_frame


def keep_only_lines() -> None:
    """From here on each resource is sent with the line that declared it, and no more of the stack of calls."""
    resource._get_stack_trace = _line


def _line() -> source_pb2.StackTrace:
    frame = program_frame()
    path = Path(frame.f_code.co_filename) if frame else Path()
    if frame is None or not path.is_absolute():
        return source_pb2.StackTrace()
    return source_pb2.StackTrace(frames=[source_pb2.StackFrame(pc=source_pb2.SourcePosition(uri=path.as_uri(), line=frame.f_lineno))])
