"""The provider's gRPC surface: each call turns values into plain objects, asks the cluster, and answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2

from idp_sandbox.plugins import values
from idp_sandbox.plugins.engine_log import EngineLog
from idp_sandbox.plugins.init_failed import abort_partially
from idp_sandbox.plugins.kubernetes import connection, helm, invokes
from idp_sandbox.plugins.kubernetes.api import Api, ApiError, UnknownKind, Unreachable
from idp_sandbox.plugins.kubernetes.diff import differences, drifted, replaces
from idp_sandbox.plugins.kubernetes.objects import (
    PATCH_FORCE,
    Manifest,
    annotations_of,
    complete,
    identity,
    imported,
    is_autonamed,
    is_patch,
    kept,
    manager,
    named,
    split_identity,
)
from idp_sandbox.plugins.kubernetes.preview import dry_run
from idp_sandbox.plugins.kubernetes.readiness import awaited
from idp_sandbox.plugins.kubernetes.waiting import NotReady, seconds, until_gone, until_ready
from idp_sandbox.plugins.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

VERSION = "4.34.2"
"""The version of the official provider whose SDK this one serves."""


class Refused(Exception):
    """The request can't be done; the message is for the user."""


def answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """Every expected failure becomes one gRPC error with the server's own words."""

    @wraps(method)
    def call(self: KubernetesProvider, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except (ApiError, UnknownKind, Unreachable, Refused, NotReady, helm.HelmError, connection.NoCluster) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return call


class KubernetesProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves the package `kubernetes`."""

    def __init__(self, engine: str) -> None:
        self.log = EngineLog(engine)
        self.cancelled = threading.Event()
        self.settings: Mapping[str, Any] = {}
        self._api: Api | None = None
        self._connecting = threading.Lock()

    @property
    def api(self) -> Api:
        """The cluster, connected on first use: a preview without Kubernetes resources needs none."""
        with self._connecting:
            if self._api is None:
                self._api = connection.connect(self.settings)
            return self._api

    def Handshake(self, request: Any, context: Any) -> Any:
        self.log = EngineLog(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_resources=False, accept_outputs=False)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another cluster replaces everything; other settings change nothing that exists."""
        old, new = values.decode(request.olds), values.decode(request.news)
        changed = [name for name in ("kubeconfig", "context", "cluster") if old.get(name) != new.get(name)]
        kind = provider_pb2.DiffResponse.DIFF_SOME if old != new else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, replaces=[name for name in changed if name != "kubeconfig"], diffs=changed)

    def Configure(self, request: Any, context: Any) -> Any:
        self.settings = values.decode(request.args)
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True, acceptResources=False)

    @answering
    def Check(self, request: Any, context: Any) -> Any:
        news, olds = values.decode(request.news), values.decode(request.olds)
        if request.type == helm.RELEASE:
            return provider_pb2.CheckResponse(inputs=values.encode(helm.check(news, olds, request.name)))
        manifest = complete(news, request.type)
        if manifest["kind"].endswith("List") and "items" in manifest:
            raise Refused(
                f"{request.name}: a {manifest['kind']} can't be one resource; declare its items one by one, for example in a loop"
            )
        if is_patch(request.type) and not manifest["metadata"].get("name"):
            raise Refused(
                f"{request.name}: metadata.name is required: it says which object is patched, for example metadata={{'name': 'default'}}"
            )
        manifest = named(manifest, request.name, olds, request.randomSeed)
        if not manifest["metadata"].get("namespace") and self._is_namespaced(manifest):
            manifest["metadata"]["namespace"] = self.settings.get("namespace") or "default"
        return provider_pb2.CheckResponse(inputs=self._marked(manifest))

    @answering
    def Diff(self, request: Any, context: Any) -> Any:
        old, new = values.decode(request.old_inputs) or values.decode(request.olds), values.decode(request.news)
        if request.type == helm.RELEASE:
            old, new = helm.comparable(old), helm.comparable(new)
        found = [difference for difference in differences(old, new) if difference.path[0] not in set(request.ignoreChanges)]
        replaced = helm.replaces if request.type == helm.RELEASE else partial(replaces, old=old)
        replacing = [] if is_patch(request.type) else [difference for difference in found if replaced(difference)]
        same_object = request.type != helm.RELEASE and not is_autonamed(new) and identity(old) == identity(new)
        kinds = provider_pb2.PropertyDiff
        detailed = {
            str(difference): kinds(
                kind=kinds.Kind.Value(difference.kind.upper() + ("_REPLACE" if difference in replacing else "")), inputDiff=True
            )
            for difference in found
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({str(difference.path[0]) for difference in found}),
            replaces=[str(difference) for difference in replacing],
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replacing) and same_object,
        )

    @answering
    def Create(self, request: Any, context: Any) -> Any:
        inputs = values.decode(request.properties)
        if request.type == helm.RELEASE:
            properties = self._release(request, inputs)
            return provider_pb2.CreateResponse(id="" if request.preview else helm.identity(inputs), properties=values.encode(properties))
        if request.preview:
            return provider_pb2.CreateResponse(properties=values.encode(dry_run(self, request.urn, inputs, force=False)))
        force = is_patch(request.type) and annotations_of(inputs).get(PATCH_FORCE) == "true"
        live = self._apply(inputs, request.urn, force=force)
        live = self._wait(live, request, context, inputs)
        return provider_pb2.CreateResponse(id=identity(live), properties=self._state(live))

    @answering
    def Update(self, request: Any, context: Any) -> Any:
        inputs = values.decode(request.news)
        if request.type == helm.RELEASE:
            return provider_pb2.UpdateResponse(properties=values.encode(self._release(request, inputs)))
        force = not is_patch(request.type) or annotations_of(inputs).get(PATCH_FORCE) == "true"
        if request.preview:
            return provider_pb2.UpdateResponse(properties=values.encode(dry_run(self, request.urn, inputs, force=force)))
        live = self._apply(inputs, request.urn, force=force)
        live = self._wait(live, request, context, inputs)
        return provider_pb2.UpdateResponse(properties=self._state(live))

    @answering
    def Read(self, request: Any, context: Any) -> Any:
        if request.type == helm.RELEASE:
            found = helm.read(request.id, values.decode(request.inputs), self.settings)
            return provider_pb2.ReadResponse(
                id=request.id if found else "", properties=values.encode(found or {}), inputs=values.encode(found or {})
            )
        inputs = values.decode(request.inputs)
        wanted = complete(inputs or values.decode(request.properties), request.type)
        namespace, name = split_identity(request.id)
        try:
            live = self.api.get(wanted["apiVersion"], wanted["kind"], namespace, name)
        except UnknownKind:  # its definition went, and took the objects with it
            live = None
        if live is None:
            return provider_pb2.ReadResponse(id="")
        now = drifted(inputs, invokes.with_string_data(live)) if inputs else imported(live)
        return provider_pb2.ReadResponse(id=request.id, properties=self._state(live), inputs=self._marked(now))

    @answering
    def Delete(self, request: Any, context: Any) -> Any:
        properties = values.decode(request.properties)
        if request.type == helm.RELEASE:
            helm.uninstall(request.id, self.settings)
            return empty_pb2.Empty()
        manifest = complete(properties, request.type)
        if is_patch(request.type):
            bare = {key: manifest[key] for key in ("apiVersion", "kind")} | {"metadata": _identity_of(manifest)}
            self.api.apply(bare, manager=manager(manifest, request.urn), force=False)
            return empty_pb2.Empty()
        propagation = str(annotations_of(manifest).get("pulumi.com/deletionPropagationPolicy", "foreground")).capitalize()
        try:
            there = self.api.delete(manifest, propagation)
        except UnknownKind:
            there = False
        if there and awaited(manifest):
            until_gone(self.api, manifest, seconds(manifest, request.timeout), self._say(request.urn), self.cancelled)
        return empty_pb2.Empty()

    @answering
    def Invoke(self, request: Any, context: Any) -> Any:
        return provider_pb2.InvokeResponse(**{"return": values.encode(invokes.invoke(request.tok, values.decode(request.args)))})

    def Construct(self, request: Any, context: Any) -> NoReturn:
        raise context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"{request.type} is made by the official provider only; "
            "use kubernetes.yaml.ConfigFile or kubernetes.helm.v3.Release, or install the official plugin",
        )

    def GetSchema(self, request: Any, context: Any) -> NoReturn:
        raise context.abort(grpc.StatusCode.UNIMPLEMENTED, "the schema comes with the official provider only; install the official plugin")

    def Cancel(self, request: Any, context: Any) -> Any:
        self.cancelled.set()
        return empty_pb2.Empty()

    def _release(self, request: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        if request.preview:
            return helm.foresee(inputs, self.settings, partial(self.log.warning, request.urn))
        return helm.install(inputs, self.settings, self._say(request.urn))

    def _apply(self, inputs: Manifest, urn: str, *, force: bool) -> Manifest:
        """Create or change the object. An object that somebody else made is only taken over where nothing conflicts."""
        if "name" not in inputs["metadata"]:
            return self.api.create(inputs, manager=manager(inputs, urn))
        return self.applied(inputs, urn, force=force)

    def applied(self, inputs: Manifest, urn: str, *, force: bool, dry_run: bool = False) -> Manifest:
        """The object as server-side apply makes it. Raises ApiError, UnknownKind, Unreachable."""
        if force and not is_patch(urn.split("::")[2]):
            return self.api.take_over(inputs, manager=manager(inputs, urn), dry_run=dry_run)
        return self.api.apply(inputs, manager=manager(inputs, urn), force=force, dry_run=dry_run)

    def _wait(self, live: Manifest, request: Any, context: grpc.ServicerContext, inputs: Manifest) -> Manifest:
        """Wait until the object is really there; if it doesn't get well, the engine still learns that it exists."""
        if not awaited(inputs):
            return live
        try:
            limit = seconds(inputs, request.timeout)
            return dict(until_ready(self.api, live, limit, self._say(request.urn), self.cancelled))
        except NotReady as error:
            now = self.api.get(live["apiVersion"], live["kind"], live["metadata"].get("namespace"), live["metadata"]["name"]) or live
            abort_partially(context, identity(live), self._state(now), values.encode(inputs), str(error))

    def _is_namespaced(self, manifest: Manifest) -> bool:
        try:
            return self.api.kind(manifest["apiVersion"], manifest["kind"]).namespaced
        except (UnknownKind, Unreachable, connection.NoCluster):
            return False

    def _say(self, urn: str) -> Callable[[str], None]:
        return partial(self.log.status, urn)

    def _state(self, live: Manifest) -> Any:
        return self._marked(kept(live))

    def _marked(self, manifest: Mapping[str, Any]) -> Any:
        """The object for the engine, with what is secret in it marked."""
        if manifest.get("kind") != "Secret":
            return values.encode(manifest)
        return values.encode({key: values.secret(value) if key in ("data", "stringData") else value for key, value in manifest.items()})


def _identity_of(manifest: Manifest) -> dict[str, Any]:
    return {key: value for key, value in manifest["metadata"].items() if key in ("name", "namespace")}
