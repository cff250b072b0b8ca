"""An environment of a shop's eleven services, beside kubectl and helm with the same objects; and fifty environments at once."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import Row, timed
from idp_components.deploy.parallel import PARALLEL
from idp_components.environments.creation import create
from idp_components.environments.plan import plan
from idp_components.environments.world import World
from idp_sandbox import Sandbox

SHOP = Path(__file__).parent / "shop"
MANY = 50
ROUNDS = 3
OURS, APPLIED, INSTALLED, BARE = "shop-pr-1", "shop-pr-2", "shop-pr-3", "shop-pr-4"
"""Namespaces of the same objects: by `idp env create`, by kubectl, by helm, and by Pulumi alone."""
SECRET = "4dabf18193072939515e22adb298388d"  # the engine's mark of a secret in an exported state (pulumi: sdk/go/common/resource/sig)
WAIT = ("--for=condition=Available", "deployments", "--all", "--timeout=300s")


def measure() -> Iterator[Row]:
    """Rows of this file."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox")
        sandbox.up(print)
        try:
            bench = _Bench(Path(folder), sandbox)
            yield from bench.one()
            yield bench.many()
        finally:
            sandbox.down()


class _Bench:
    """A copy of the project, and the three ways to make and remove its environment."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.project = shutil.copytree(SHOP, folder / "shop")
        self.manifests, self.chart = folder / "objects.json", folder / "chart"
        (folder / "passphrase").write_text("for a measurement")
        self.env = {**os.environ, **sandbox.env(), "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase")}

    def one(self) -> Iterator[Row]:
        """Creation, removal, sleep and waking of one environment, by turns with what would do the same by hand."""
        self.idp("create", OURS, "--owner", "alice")  # once before, for its objects
        objects = self._objects()
        self.manifests.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": _moved(objects, APPLIED)}))
        _write_chart(self.chart, _moved(objects, INSTALLED))
        self.idp("destroy", OURS, "--yes")
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for name, action in self._actions().items():
                times.setdefault(name, []).append(timed(action))
        median = {name: statistics.median(measured) for name, measured in times.items()}
        what = f"an environment of 11 services, {len(objects)} objects"
        yield Row(f"{what}: create until ready", median["create"], "`kubectl apply`, `kubectl wait`", median["apply"], 1.5)
        yield Row(f"{what}: create until ready", median["create"], "`helm install --wait`", median["install"])
        yield Row(f"{what}: create until ready", median["create"], "`pulumi stack init`, `pulumi up`", median["up"])
        yield Row(f"{what}: sleep", median["sleep"], "`kubectl scale --replicas=0`, until no pod is left", median["scale down"])
        yield Row(f"{what}: wake", median["wake"], "`kubectl scale --replicas=1`, `kubectl wait`", median["scale up"])
        yield Row(f"{what}: destroy", median["destroy"], "`kubectl delete`", median["delete"])
        yield Row(f"{what}: destroy", median["destroy"], "`helm uninstall --wait`", median["uninstall"])

    def many(self) -> Row:
        """All at once, in one process: fifty commands would need more memory than a laptop has."""
        names = [f"page-pr-{number}" for number in range(1, MANY + 2)]
        world, asked, now = World(self.env), {"owner": "alice"}, datetime.now(UTC)

        def make(name: str) -> None:
            outcome = create(world, plan(world, name, asked, self.project), self.project, now, lambda *_: None)
            assert outcome.succeeded, outcome.errors

        def make_many() -> None:
            with ThreadPoolExecutor(MANY) as pool:
                list(pool.map(make, names[1:]))

        alone, together = timed(lambda: make(names[0])), timed(make_many)
        self.idp("reap", "--now", "2100-01-01T00:00:00Z", "--yes")
        return Row(f"{MANY} environments of a service created at once, none failed", together, f"{MANY} × one alone", MANY * alone)

    def _actions(self) -> Mapping[str, Callable[[], object]]:
        """In this order, so that each finds what it needs."""
        return {
            "create": lambda: self.idp("create", OURS, "--owner", "alice"),
            "sleep": lambda: self.idp("sleep", OURS),
            "wake": lambda: self.idp("wake", OURS),
            "destroy": lambda: self.idp("destroy", OURS, "--yes"),
            "up": self._up,
            "down": self._down,
            "apply": lambda: (self.kubectl("apply", "--filename", self.manifests), self.kubectl("wait", *WAIT, "--namespace", APPLIED)),
            "scale down": self._scale_down,
            "scale up": self._scale_up,
            "delete": lambda: self.kubectl("delete", "--filename", self.manifests),
            "install": lambda: self._run("helm", "install", "shop", self.chart, "--wait", "--namespace", "default"),
            "uninstall": lambda: self._run("helm", "uninstall", "shop", "--wait", "--namespace", "default"),
        }

    def _up(self) -> None:
        self._run("pulumi", "stack", "init", BARE, "--no-select")
        self._run("pulumi", "up", "--stack", BARE, "--yes", "--skip-preview", "--parallel", str(PARALLEL), "--config", "idp:owner=alice")

    def _down(self) -> None:
        self._run("pulumi", "destroy", "--stack", BARE, "--yes", "--skip-preview", "--remove")

    def _scale_down(self) -> None:
        self.kubectl("scale", "deployments", "--all", "--replicas=0", "--namespace", APPLIED)
        self.kubectl("wait", "pods", "--all", "--for=delete", "--namespace", APPLIED, "--timeout=300s")

    def _scale_up(self) -> None:
        self.kubectl("scale", "deployments", "--all", "--replicas=1", "--namespace", APPLIED)
        self.kubectl("wait", *WAIT, "--namespace", APPLIED)

    def _objects(self) -> list[dict[str, Any]]:
        """The objects of the environment that is there, as they were asked for, its namespace first."""
        state = json.loads(self._run("pulumi", "stack", "export", "--show-secrets", "--stack", OURS))
        kinds = [found for found in state["deployment"]["resources"] if found["type"].startswith("kubernetes:")]
        found = [_plain(each["inputs"]) for each in kinds if not each["type"].endswith("Patch")]
        return sorted(found, key=lambda each: bool(each["kind"] != "Namespace"))

    def idp(self, *arguments: str) -> str:
        """`idp env …`, in a process of its own."""
        return self._run(Path(sys.executable).with_name("idp"), "env", *arguments)

    def kubectl(self, *arguments: str | Path) -> str:
        """kubectl as the administrator."""
        return self._run("kubectl", *arguments)

    def _run(self, *command: str | Path) -> str:
        done = subprocess.run(command, cwd=self.project, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _plain(value: Any) -> Any:
    """Inputs out of a state, with secrets in clear text and without the engine's own marks."""
    if isinstance(value, dict):
        if SECRET in value:
            return json.loads(value["plaintext"])
        return {key: _plain(each) for key, each in value.items() if not key.startswith("__")}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _moved(objects: list[dict[str, Any]], namespace: str) -> list[dict[str, Any]]:
    """The same objects in a namespace of another name."""
    moved: list[dict[str, Any]] = json.loads(json.dumps(objects).replace(OURS, namespace))
    return moved


def _write_chart(folder: Path, objects: list[dict[str, Any]]) -> None:
    """A chart of nothing but these objects."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "shop", "version": "1.0.0"}))
    for number, manifest in enumerate(objects):
        text = json.dumps(manifest)
        assert "{{" not in text, "helm would read it as a template"
        (folder / "templates" / f"{number}.yaml").write_text(text)
