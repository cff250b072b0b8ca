"""A real Backstage backend on loopback, which reads the files that the test emitted."""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from idp_components.backstage import files
from idp_components.catalog import build
from idp_components.catalog.declared import answer
from idp_sandbox import Sandbox
from idp_sandbox.process import wait_until
from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.bundles import Bundle

SECONDS = 180
ROOT = Path(__file__).parents[3]
STACKS = ("platform-dev", "catalog-dev", "checkout-dev", "storefront-dev")


class Packages(Bundle):
    """Packages of npm, by their lock."""

    @property
    def folder(self) -> Path:
        return Path(__file__).with_name("backend")


PACKAGES = Packages(name="backstage", title="Backstage", programs=())


@dataclass
class Backstage:
    """A running backend."""

    url: str
    token: str
    folder: Path
    """What was emitted."""

    def get(self, path: str) -> Any:
        return self._ask(path)

    def post(self, path: str, body: Any) -> Any:
        return self._ask(path, json.dumps(body).encode())

    def emitted(self) -> list[dict[str, Any]]:
        """The entities in all files."""
        (root,) = yaml.safe_load_all((self.folder / files.ROOT).read_text())
        found = [each for target in root["spec"]["targets"] for each in yaml.safe_load_all((self.folder / target).read_text())]
        return [root, *found]

    def entities(self) -> list[dict[str, Any]]:
        """What it has taken in."""
        return list(self.get("/catalog/entities"))

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.url}/api{path}", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def backstage(sandbox: Sandbox, kubectl: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    """The catalogue of the shop's stacks, in Backstage."""
    folder = tmp_path_factory.mktemp("backstage")
    emitted = folder / "emitted"
    files.write(emitted, files.files(build([answer(stack, ROOT) for stack in STACKS], None, datetime.now(UTC)), "shop"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    account = f"backstage-{port}"
    kubectl("create", "serviceaccount", account, "--namespace", "default")
    kubectl("create", "clusterrolebinding", account, "--clusterrole", "view", "--serviceaccount", f"default:{account}")
    config = folder / "app-config.yaml"
    config.touch(0o600)
    token, found_pods_with = secrets.token_urlsafe(24), kubectl("create", "token", account, "--namespace", "default").strip()
    config.write_text(json.dumps(_config(port, emitted, sandbox, token, found_pods_with)))
    program = cache.ensure(PACKAGES, _install, lambda line: print(line, file=sys.stderr))
    log = folder / "log"
    with log.open("w") as output:
        command = ["node", "--no-node-snapshot", "index.js", "--config", str(config)]
        process = subprocess.Popen(
            command, cwd=program, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "NODE_ENV": "production"}
        )
    found = Backstage(f"http://127.0.0.1:{port}", token, emitted)
    try:
        assert wait_until(lambda: _has_taken_in(found), SECONDS, step=1), log.read_text()
        yield found
    finally:
        process.terminate()
        process.wait()
        kubectl("delete", "clusterrolebinding", account)
        kubectl("delete", "serviceaccount", account, "--namespace", "default")


def _install(bundle: Bundle, folder: Path, progress: cache.Progress) -> None:
    progress(f"installing {bundle.title}")
    for path in bundle.folder.iterdir():
        shutil.copy(path, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--omit", "dev"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _config(port: int, emitted: Path, sandbox: Sandbox, token: str, service_account_token: str) -> dict[str, Any]:
    kubeconfig = yaml.safe_load(sandbox.kubeconfig.read_text())
    cluster = kubeconfig["clusters"][0]["cluster"]
    authority = cluster.get("certificate-authority-data") or base64.b64encode(Path(cluster["certificate-authority"]).read_bytes()).decode()
    reached = {
        "name": "sandbox",
        "url": cluster["server"],
        "authProvider": "serviceAccount",
        "serviceAccountToken": service_account_token,
        "caData": authority,
    }
    url = f"http://127.0.0.1:{port}"
    return {
        "app": {"title": "test", "baseUrl": url},
        "organization": {"name": "test"},
        "backend": {
            "baseUrl": url,
            "listen": {"host": "127.0.0.1", "port": port},
            "database": {"client": "better-sqlite3", "connection": ":memory:"},
            "auth": {"externalAccess": [{"type": "static", "options": {"token": token, "subject": "test"}}]},
        },
        "catalog": {
            "rules": [{"allow": ["Domain", "System", "Component", "API", "Resource", "Group", "User", "Location", "Template"]}],
            "locations": [{"type": "file", "target": str(emitted / files.ROOT)}],
        },
        "kubernetes": {
            "serviceLocatorMethod": {"type": "multiTenant"},
            "clusterLocatorMethods": [{"type": "config", "clusters": [reached]}],
        },
    }


def _has_taken_in(backstage: Backstage) -> bool:
    """Whether everything is there that was emitted, with its relations."""
    try:
        there = backstage.entities()
    except OSError:
        return False
    return len([each for each in there if not each["metadata"]["name"].startswith("generated-")]) >= len(backstage.emitted())
