"""The provider's gRPC surface. A random value lives in the state alone: any change of its inputs makes another."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2

from idp_sandbox.plugins import values
from idp_sandbox.plugins.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from idp_sandbox.plugins.random.inputs import BadInput, keepers
from idp_sandbox.plugins.random.kinds import KINDS, RandomKind


class RandomProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves the package `random`."""

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi-random"))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        inputs = {key: value for key, value in values.decode(request.news).items() if value is not None}
        if values.has_unknown(inputs):
            return provider_pb2.CheckResponse(inputs=values.encode(inputs))
        try:
            return provider_pb2.CheckResponse(inputs=values.encode(_kind(request.type, context).check(keepers(inputs))))
        except BadInput as error:
            failure = provider_pb2.CheckFailure(property=error.place, reason=f"{error.place}: {error}")
            return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])

    def Diff(self, request: Any, context: Any) -> Any:
        old, new = values.decode(request.old_inputs), values.decode(request.news)
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name) and name not in request.ignoreChanges)
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed, replaces=changed)

    def Create(self, request: Any, context: Any) -> Any:
        inputs, kind = values.decode(request.properties), _kind(request.type, context)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        identity, made = kind.make(inputs)
        return provider_pb2.CreateResponse(id=identity, properties=_state(kind, {**inputs, **made}))

    def Read(self, request: Any, context: Any) -> Any:
        """What the state holds is what there is; an import makes the outputs out of the id."""
        kind = _kind(request.type, context)
        if request.properties.fields:
            kept = _state(kind, values.decode(request.properties))
            return provider_pb2.ReadResponse(id=request.id, properties=kept, inputs=request.inputs)
        try:
            adopted = kind.adopt(request.id)
            inputs = kind.check({key: value for key, value in adopted.items() if key in ADOPTED_INPUTS})
        except (ValueError, BadInput) as error:
            # The id itself is not shown: a password's is the password.
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{request.name}: this id can't be imported: {error}{kind.like}")
        identity = "none" if kind.secret else request.id
        return provider_pb2.ReadResponse(id=identity, properties=_state(kind, {**inputs, **adopted}), inputs=values.encode(inputs))

    def Update(self, request: Any, context: Any) -> Any:
        """Only reached for what changes nothing: everything else replaces."""
        merged = {**values.decode(request.olds), **values.decode(request.news)}
        return provider_pb2.UpdateResponse(properties=_state(_kind(request.type, context), merged))

    def Delete(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetSchema(self, request: Any, context: Any) -> NoReturn:
        raise context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            "the schema comes with the official provider only; write the declaration by hand (pulumi import: --generate-code=false)",
        )

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


ADOPTED_INPUTS = frozenset({"length", "byteLength", "prefix", "min", "max", "seed"})
"""Inputs that the id of an imported resource tells."""


def _kind(token: str, context: Any) -> RandomKind:
    if token not in KINDS:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{token} is only in the official provider; types here: {', '.join(KINDS)}")
    return KINDS[token]


def _state(kind: RandomKind, properties: Mapping[str, Any]) -> Any:
    return values.encode({key: values.secret(value) if key in kind.secret else value for key, value in properties.items()})
