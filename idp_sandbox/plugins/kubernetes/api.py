"""The Kubernetes API over HTTP: any kind, by discovery, with server-side apply."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
from lightkube.config.client_adapter import Client, ConnectionParams
from lightkube.config.kubeconfig import SingleConfig

Manifest = dict[str, Any]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
INVALID = 422
RETRIED = frozenset({429, 500, 502, 503, 504})
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0)
CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
WATCH_READ_SECONDS = 5.0


class ApiError(Exception):
    """The API server refused a request; the message is its own."""

    def __init__(self, code: int, status: Mapping[str, Any]) -> None:
        super().__init__(str(status.get("message") or f"the API server answered {code}"))
        self.code = code
        self.details: Mapping[str, Any] = status.get("details") or {}

    @property
    def missing_namespace(self) -> bool:
        """Whether the request failed because its namespace isn't there."""
        return self.code == 404 and self.details.get("kind") == "namespaces"


class Unreachable(Exception):
    """The API server can't be reached."""


class UnknownKind(Exception):
    """The API server doesn't serve a kind, perhaps because its definition isn't installed yet."""


@dataclass(frozen=True)
class Kind:
    """How the API server serves a kind."""

    api_version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str = "") -> str:
        """Path of the collection, or of one object."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}{f'/{name}' if name else ''}"


class Api:
    """A connection to one cluster; safe for many threads."""

    def __init__(self, config: SingleConfig) -> None:
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        self._http = Client(config, ConnectionParams(timeout=timeout))
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._lock = threading.Lock()

    def kind(self, api_version: str, kind: str) -> Kind:
        """How a kind is served. Raises UnknownKind, Unreachable."""
        with self._lock:
            if (api_version, kind) not in self._kinds:
                self._discover(api_version)
            found = self._kinds.get((api_version, kind))
        if found is None:
            raise UnknownKind(f"the cluster serves no {kind} of {api_version}; is its CustomResourceDefinition installed?")
        return found

    def apply(self, manifest: Manifest, *, manager: str, force: bool, dry_run: bool = False) -> Manifest:
        """Server-side apply; unknown fields are errors. Raises ApiError, UnknownKind, Unreachable."""
        parameters = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        if dry_run:
            parameters["dryRun"] = "All"
        return self._send("PATCH", self._path(manifest), parameters, json.dumps(manifest).encode(), {"Content-Type": APPLY})

    def take_over(self, manifest: Manifest, *, manager: str, dry_run: bool = False) -> Manifest:
        """Server-side apply by force. Raises ApiError, UnknownKind, Unreachable.

        Where somebody put more into a list, such as another port of the same name, the two together may be invalid: then the lists
        become those of the manifest.
        """
        try:
            return self.apply(manifest, manager=manager, force=True, dry_run=dry_run)
        except ApiError as error:
            if error.code != INVALID:
                raise
        parameters = {"fieldManager": manager, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        merged = self._send("PATCH", self._path(manifest), parameters, json.dumps(manifest).encode(), {"Content-Type": MERGE})
        return merged if dry_run else self.apply(manifest, manager=manager, force=True)

    def create(self, manifest: Manifest, *, manager: str, dry_run: bool = False) -> Manifest:
        """Plain creation, for an object that the server shall name."""
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        parameters = {"fieldManager": manager, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
        body = json.dumps(manifest).encode()
        return self._send("POST", kind.path(manifest["metadata"].get("namespace")), parameters, body, {"Content-Type": "application/json"})

    def get(self, api_version: str, kind: str, namespace: str | None, name: str) -> Manifest | None:
        """The object, or none."""
        try:
            return self._send("GET", self.kind(api_version, kind).path(namespace, name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def items(self, api_version: str, kind: str, namespace: str | None, selector: str) -> list[Manifest]:
        """Objects with the labels of `selector`."""
        return list(self._send("GET", self.kind(api_version, kind).path(namespace), {"labelSelector": selector})["items"])

    def delete(self, manifest: Manifest, propagation: str) -> bool:
        """Ask for the deletion; whether there was anything to delete."""
        body = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}).encode()
        try:
            self._send("DELETE", self._path(manifest), None, body, {"Content-Type": "application/json"})
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return True

    def changes(self, api_version: str, kind: str, namespace: str | None, parameters: Mapping[str, str]) -> Iterator[None]:
        """Yields at once, then whenever an object that `parameters` select has changed, and at least every few seconds."""
        while True:
            yield
            try:
                with self._watching(api_version, kind, namespace, parameters, WATCH_READ_SECONDS) as events:
                    yield  # what went since the caller looked is no event
                    for _ in events:
                        yield
            except httpx.HTTPError:
                time.sleep(RETRY_SECONDS[0])

    def watch(
        self, api_version: str, kind: str, namespace: str | None, parameters: Mapping[str, str], silence: float
    ) -> Iterator[Manifest]:
        """Events of the selected objects: all that exist, then every change. Raises httpx.HTTPError after `silence` seconds without any."""
        with self._watching(api_version, kind, namespace, parameters, silence) as events:
            yield from events

    def versions(self, known: Mapping[str, Any]) -> Iterator[Manifest]:
        """The object after each change, and at least every few seconds; an empty one while it isn't there.

        Begins behind the version that is known. Where none is, the first is the object as it is now.
        """
        kind, metadata = (known["apiVersion"], known["kind"]), known["metadata"]
        namespace, name, version = metadata.get("namespace"), metadata["name"], metadata.get("resourceVersion")
        while True:
            if version:
                yield from self._later(*kind, namespace, {"fieldSelector": f"metadata.name={name}", "resourceVersion": version})
            now = self.get(*kind, namespace, name)
            yield now or {}
            version = now["metadata"]["resourceVersion"] if now else None
            if not now:
                time.sleep(RETRY_SECONDS[0])

    def _later(self, api_version: str, kind: str, namespace: str | None, parameters: Mapping[str, str]) -> Iterator[Manifest]:
        """What became of an object after the version in `parameters`, until nothing happens for a while or the server knows no more."""
        try:
            for event in self.watch(api_version, kind, namespace, parameters, WATCH_READ_SECONDS):
                if event["type"] == "ERROR":  # the version is too old
                    return
                yield {} if event["type"] == "DELETED" else event["object"]
        except httpx.ReadTimeout:
            return
        except httpx.HTTPError:
            time.sleep(RETRY_SECONDS[0])

    def patch(self, manifest: Manifest, subresource: str, patch: Manifest) -> None:
        """Merge a patch into a subresource of an object, such as its status."""
        body = json.dumps(patch).encode()
        self._send("PATCH", f"{self._path(manifest)}/{subresource}", None, body, {"Content-Type": MERGE})

    @contextmanager
    def _watching(
        self, api_version: str, kind: str, namespace: str | None, parameters: Mapping[str, str], silence: float
    ) -> Iterator[Iterator[Manifest]]:
        """A watch that has begun. Raises httpx.HTTPError, also out of its events."""
        path = self.kind(api_version, kind).path(namespace)
        timeout = httpx.Timeout(silence, connect=CONNECT_SECONDS)
        with self._http.stream("GET", path, params={**parameters, "watch": "true"}, timeout=timeout) as answer:
            answer.raise_for_status()
            yield (json.loads(line) for line in answer.iter_lines() if line)

    def _path(self, manifest: Manifest) -> str:
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        return kind.path(manifest["metadata"].get("namespace"), manifest["metadata"]["name"])

    def _discover(self, api_version: str) -> None:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            served = self._send("GET", path)
        except ApiError as error:
            if error.code == 404:
                return
            raise
        for resource in served["resources"]:
            if "/" not in resource["name"]:
                self._kinds[api_version, resource["kind"]] = Kind(api_version, resource["name"], resource["namespaced"])

    def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Manifest:
        """One request; what may pass by itself is tried again, with growing pauses."""
        for pause in (*RETRY_SECONDS, None):
            try:
                answer = self._http.request(method, path, params=parameters, content=body, headers=headers)
            except httpx.HTTPError as error:
                if pause is None or isinstance(error, httpx.ConnectTimeout):
                    raise Unreachable(f"the cluster at {self._http.base_url} can't be reached: {error}") from error
                time.sleep(pause)
                continue
            if answer.status_code < 400:
                return dict(answer.json())
            if answer.status_code not in RETRIED or pause is None:
                raise ApiError(answer.status_code, _status(answer))
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")


def _status(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        status = answer.json()
    except ValueError:
        return {"message": answer.text[:500]}
    return status if isinstance(status, dict) else {}
