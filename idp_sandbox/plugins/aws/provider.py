"""The provider's gRPC surface: each call turns values into properties, asks AWS, and answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial, wraps
from importlib import metadata
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2

from idp_sandbox.plugins import values
from idp_sandbox.plugins.aws import invokes, requests
from idp_sandbox.plugins.aws.api import Api, AwsError, settings_of
from idp_sandbox.plugins.aws.kind import Kind, State
from idp_sandbox.plugins.aws.kinds import KINDS
from idp_sandbox.plugins.aws.lifecycle import NotReady, Resource
from idp_sandbox.plugins.aws.naming import is_autonamed, named
from idp_sandbox.plugins.aws.shapes import near
from idp_sandbox.plugins.engine_log import EngineLog
from idp_sandbox.plugins.init_failed import abort_partially
from idp_sandbox.plugins.kubernetes.diff import differences, drifted
from idp_sandbox.plugins.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

MINUTES = 60
DEFAULT_TIMEOUT = 40 * MINUTES
"""Seconds that a resource may take where the program says nothing (the official provider waits as long for a database)."""


class UnknownType(Exception):
    """A type that only the official provider has."""


def answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """Every expected failure becomes one gRPC error with the service's own words."""

    @wraps(method)
    def call(self: AwsProvider, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except (AwsError, UnknownType, NotReady, ValueError) as error:
            name = request.urn.rpartition("::")[2] + ": " if getattr(request, "urn", "") else ""
            context.abort(grpc.StatusCode.UNKNOWN, f"{name}{error}")

    return call


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves the package `aws`."""

    def __init__(self) -> None:
        self.log = EngineLog("")
        self.cancelled = threading.Event()
        self.settings: Mapping[str, Any] = {}
        self.api = Api({})

    def Handshake(self, request: Any, context: Any) -> Any:
        self.log = EngineLog(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi-aws"))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another region replaces everything; other settings change nothing that exists."""
        old, new = values.decode(request.olds), values.decode(request.news)
        kind = provider_pb2.DiffResponse.DIFF_SOME if old != new else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, replaces=["region"] if old.get("region") != new.get("region") else [])

    def Configure(self, request: Any, context: Any) -> Any:
        self.settings = settings_of(values.decode(request.args))
        self.api = Api(self.settings)
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    @answering
    def Check(self, request: Any, context: Any) -> Any:
        kind, old = _kind(request.type), values.decode(request.olds)
        inputs = {key: value for key, value in values.decode(request.news).items() if value is not None}
        inputs = named(kind, {**kind.defaults, "region": self.api.region, **inputs}, request.name, old, request.randomSeed)
        inputs = self._tagged(kind, inputs)
        inputs = {name: requests.normal(kind, name, value) if name in kind.documents else value for name, value in inputs.items()}
        failures = [
            provider_pb2.CheckFailure(property=error.place, reason=f"{request.name}.{error}")
            for error in requests.check(request.type, kind, inputs)
        ]
        if inputs["region"] != self.api.region:
            reason = f"{request.name}.region: {inputs['region']!r} is refused: use {self.api.region!r}, or an aws.Provider of that region"
            failures.append(provider_pb2.CheckFailure(property="region", reason=reason))
        return provider_pb2.CheckResponse(inputs=values.encode(inputs), failures=failures)

    @answering
    def Diff(self, request: Any, context: Any) -> Any:
        kind = _kind(request.type)
        old, new = values.decode(request.old_inputs), values.decode(request.news)
        found = [item for item in differences(old, new) if item.path[0] not in set(request.ignoreChanges)]
        changed = {str(item.path[0]) for item in found}
        replacing = requests.replaced(kind, changed)
        kinds = provider_pb2.PropertyDiff
        detailed = {
            str(item): kinds(kind=kinds.Kind.Value(item.kind.upper() + ("_REPLACE" if item.path[0] in replacing else "")), inputDiff=True)
            for item in found
        }
        renamed = any(old.get(name) != new.get(name) for name in kind.identity)
        stands_alone = renamed or is_autonamed(kind, new, request.urn.rpartition("::")[2])
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted(changed),
            replaces=[str(item) for item in found if item.path[0] in replacing],
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replacing) and not stands_alone,
        )

    @answering
    def Create(self, request: Any, context: Any) -> Any:
        kind = _kind(request.type)
        inputs = self._tagged(kind, values.decode(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(properties=_encoded(kind, {**_unknown_outputs(kind), **inputs}))
        resource, seconds = self._resource(kind, request.urn), request.timeout or DEFAULT_TIMEOUT
        try:
            state = resource.make(inputs)
        except AwsError as error:
            found = resource.left_behind(inputs, seconds) if error.is_taken else None
            if found is None:
                raise
            state = found
        try:
            state = resource.settle(state, seconds)
        except (AwsError, NotReady) as error:
            name = request.urn.rpartition("::")[2]
            abort_partially(context, resource.identity(state), _encoded(kind, state), request.properties, f"{name}: {error}")
        return provider_pb2.CreateResponse(id=resource.identity(state), properties=_encoded(kind, state))

    @answering
    def Read(self, request: Any, context: Any) -> Any:
        kind, known = _kind(request.type), values.decode(request.properties)
        resource = self._resource(kind, request.urn)
        live = resource.read(known if known else resource.identified(request.id))
        if live is None:
            return provider_pb2.ReadResponse(id="")
        old = values.decode(request.inputs)
        settable = {name: value for name, value in live.items() if name in requests.inputs_of(kind)}
        inputs = drifted(old, settable) if old else {**kind.local, **settable}
        inputs |= {name: live[name] for name in ("tags", "tagsAll") if old and name in live}
        return provider_pb2.ReadResponse(id=resource.identity(live), properties=_encoded(kind, live), inputs=_encoded(kind, inputs))

    @answering
    def Update(self, request: Any, context: Any) -> Any:
        kind, old = _kind(request.type), values.decode(request.olds)
        inputs = self._tagged(kind, values.decode(request.news))
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_encoded(kind, {**old, **inputs}))
        state = self._resource(kind, request.urn).update(old, values.decode(request.old_inputs), inputs, request.timeout or DEFAULT_TIMEOUT)
        return provider_pb2.UpdateResponse(properties=_encoded(kind, state))

    @answering
    def Delete(self, request: Any, context: Any) -> Any:
        resource = self._resource(_kind(request.type), request.urn)
        resource.delete(resource.known(values.decode(request.properties), request.id), request.timeout or DEFAULT_TIMEOUT)
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any, context: Any) -> Any:
        result = invokes.invoke(self.api, request.tok, values.decode(request.args))
        hidden = invokes.SECRETS.get(request.tok, ())
        marked = {key: values.secret(value) if key in hidden else value for key, value in result.items()}
        return provider_pb2.InvokeResponse(**{"return": values.encode(marked)})

    def GetSchema(self, request: Any, context: Any) -> NoReturn:
        raise context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            "the schema comes with the official provider only; write the declaration by hand (pulumi import: --generate-code=false)",
        )

    def Cancel(self, request: Any, context: Any) -> Any:
        self.cancelled.set()
        return empty_pb2.Empty()

    def _tagged(self, kind: Kind, inputs: State) -> State:
        """Inputs with the tags that the resource will have. A policy pack may have changed `tags` since the provider checked them."""
        return (
            {key: value for key, value in inputs.items() if key != "tagsAll"} | _all_tags(self.settings, inputs.get("tags"))
            if kind.tags
            else inputs
        )

    def _resource(self, kind: Kind, urn: str) -> Resource:
        return Resource(kind, self.api, self.api.region, partial(self.log.status, urn), self.cancelled)


def _kind(token: str) -> Kind:
    if token not in KINDS:
        raise UnknownType(f"{token} is only in the official provider{near(token, KINDS)}")
    return KINDS[token]


def _all_tags(settings: Mapping[str, Any], own: Any) -> State:
    """The provider's default tags, and those of the resource over them."""
    if own == values.UNKNOWN:
        return {"tagsAll": values.UNKNOWN}
    default = (settings.get("defaultTags") or {}).get("tags") or {}
    tags = {**default, **(own or {})}
    return {"tagsAll": tags} if tags else {}


def _unknown_outputs(kind: Kind) -> State:
    names = {*kind.outputs, *kind.composed, *kind.last, *kind.identity, *([kind.id] if kind.id else [])}
    return dict.fromkeys(names, values.UNKNOWN)


def _encoded(kind: Kind, state: State) -> Any:
    return values.encode({name: values.secret(value) if name in kind.secret else value for name, value in state.items()})
