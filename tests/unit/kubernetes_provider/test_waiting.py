"""Waiting over a connection: what happened before the watch began is seen too."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from lightkube.config.kubeconfig import KubeConfig

from idp_sandbox.plugins.kubernetes.api import Api
from idp_sandbox.plugins.kubernetes.waiting import until_gone

SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop", "uid": "1"}}
KINDS = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}


def kubeconfig(address):
    return {
        "clusters": [{"name": "it", "cluster": {"server": address}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "it", "user": "me"}}],
        "current-context": "here",
    }


class Server(BaseHTTPRequestHandler):
    """An API server that has the object until somebody watches it, and then says nothing."""

    asked: list[str]
    ended: threading.Event

    def do_GET(self):
        watches = "watch=true" in self.path
        gone = "watch" in self.asked
        self.asked.append("watch" if watches else "get" if "/namespaces/" in self.path else "kinds")
        found = {} if gone else KINDS if self.asked[-1] == "kinds" else SETTINGS
        body = b"" if watches else json.dumps(found).encode()
        self.send_response(404 if gone else 200)
        if not watches:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if watches:
            self.ended.wait()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    class Own(Server):
        asked: ClassVar[list[str]] = []
        ended = threading.Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield Own, f"http://127.0.0.1:{serving.server_port}"
        Own.ended.set()
        serving.shutdown()


def test_what_went_before_the_watch_began_needs_no_event_to_be_seen(server, monkeypatch):
    monkeypatch.setattr("idp_sandbox.plugins.kubernetes.api.WATCH_READ_SECONDS", None)  # it would be silent for ever
    handler, address = server
    api = Api(KubeConfig.from_dict(kubeconfig(address)).get())
    waiting = threading.Thread(target=until_gone, args=(api, SETTINGS, 60, lambda _: None, threading.Event()), daemon=True)
    waiting.start()
    waiting.join(30)
    assert not waiting.is_alive()
    assert handler.asked == ["kinds", "get", "watch", "get"]
