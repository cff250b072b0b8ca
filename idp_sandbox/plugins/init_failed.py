"""The answer of a provider that made a resource which didn't get well."""

from __future__ import annotations

from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2

from idp_sandbox.plugins.proto import provider_pb2


def abort_partially(context: grpc.ServicerContext, object_id: str, properties: Any, inputs: Any, reason: str) -> NoReturn:
    """End with the error that tells the engine: it was made, but is not well (pulumirpc.ErrorResourceInitFailed)."""
    detail = any_pb2.Any()
    detail.Pack(provider_pb2.ErrorResourceInitFailed(id=object_id, properties=properties, reasons=[reason], inputs=inputs))
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=reason, details=[detail])
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    raise context.abort(code, reason)
