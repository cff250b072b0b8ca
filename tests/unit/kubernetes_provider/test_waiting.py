"""Waiting over a connection: nothing is asked that is known, and nothing is missed between a look and a watch."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from lightkube.config.kubeconfig import KubeConfig

from idp_sandbox.plugins.kubernetes.api import Api
from idp_sandbox.plugins.kubernetes.waiting import NotReady, until_gone, until_ready

KINDS = {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]}


def shop(version, available):
    """A Deployment of one pod at some version."""
    metadata = {"name": "shop", "namespace": "shop", "uid": "1", "resourceVersion": str(version), "generation": 1}
    status = {"observedGeneration": 1, "updatedReplicas": 1, "replicas": 1, "availableReplicas": available}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1}, "status": status}


NEW, READY = shop(1, 0), shop(2, 1)
WITHOUT_VERSION = {**NEW, "metadata": {"name": "shop", "namespace": "shop", "uid": "1"}}


def kubeconfig(address):
    return {
        "clusters": [{"name": "it", "cluster": {"server": address}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "it", "user": "me"}}],
        "current-context": "here",
    }


class Server(BaseHTTPRequestHandler):
    """An API server that has what it is told, and whose watches say what happened behind the version that they begin at, and then nothing."""

    asked: ClassVar[list[str]]
    has: ClassVar[list[dict]]
    happens: ClassVar[dict[str, list[dict]]]
    ended: ClassVar[threading.Event]

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        if "watch" in query:
            since = query.get("resourceVersion", ["now"])[0]
            self.asked.append(f"watch since {since}")
            self.answer(200, *self.happens.get(since, []), length=False)
            self.ended.wait()
        elif "/namespaces/" in self.path:
            self.asked.append("get")
            found = self.has.pop(0) if self.has else None
            self.answer(200 if found else 404, found or {})
        else:
            self.answer(200, KINDS)

    def answer(self, code, *lines, length=True):
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.send_response(code)
        if length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("idp_sandbox.plugins.kubernetes.api.WATCH_READ_SECONDS", None)  # who waits for a silent watch, waits for ever

    class Own(Server):
        asked: ClassVar[list[str]] = []
        has: ClassVar[list[dict]] = []
        happens: ClassVar[dict[str, list[dict]]] = {}
        ended = threading.Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        Own.api = Api(KubeConfig.from_dict(kubeconfig(f"http://127.0.0.1:{serving.server_port}")).get())
        yield Own
        Own.ended.set()
        serving.shutdown()


def waited(server, wait, known):
    """What a wait came to."""
    outcome = []

    def work():
        try:
            outcome.append(wait(server.api, known, 60, lambda _: None, threading.Event()))
        except NotReady as error:
            outcome.append(str(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return outcome[0]


def test_what_went_between_the_look_and_the_watch_is_seen(server):
    server.has[:] = [NEW]
    server.happens["1"] = [{"type": "DELETED", "object": NEW}]
    assert waited(server, until_gone, WITHOUT_VERSION) is None
    assert server.asked == ["get", "watch since 1"]


def test_another_object_of_the_name_is_no_longer_the_one_that_shall_go(server):
    server.has[:] = [NEW]
    server.happens["1"] = [{"type": "MODIFIED", "object": {**NEW, "metadata": {**NEW["metadata"], "uid": "2"}}}]
    assert waited(server, until_gone, WITHOUT_VERSION) is None


def test_who_is_ready_when_it_is_applied_costs_no_request(server):
    assert waited(server, until_ready, READY) == READY
    assert server.asked == []


def test_getting_ready_is_seen_from_the_watch_alone(server):
    server.happens["1"] = [{"type": "MODIFIED", "object": NEW}, {"type": "MODIFIED", "object": READY}]
    assert waited(server, until_ready, NEW) == READY
    assert server.asked == ["watch since 1"]


def test_a_version_that_the_server_knows_no_more_is_asked_for_again(server):
    server.happens["1"] = [{"type": "ERROR", "object": {"kind": "Status", "code": 410}}]
    server.has[:] = [READY]
    assert waited(server, until_ready, NEW) == READY
    assert server.asked == ["watch since 1", "get"]


def test_who_was_deleted_meanwhile_is_waited_for(server):
    server.happens["1"] = [{"type": "DELETED", "object": NEW}, {"type": "ADDED", "object": READY}]
    assert waited(server, until_ready, NEW) == READY
