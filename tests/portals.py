"""What tests of the portal stand on: answers of a backend and a cluster, and a portal with a browser before it."""

import json
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
from starlette.testclient import TestClient

from idp_components.catalog.build import Answer
from idp_components.portal.identity import Refused
from idp_components.portal.site import Site
from idp_sandbox.process import wait_until

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "s" * 40
SCRIPT = "<script>alert(1)</script>\"'`${{7*7}}{{7*7}}"
TEAMS = ("catalog", "checkout", "storefront")


def component(stack: str, kind: str, name: str, spec: dict[str, Any] | None = None, **outputs: Any) -> dict[str, Any]:
    """A golden path in a stack's state."""
    team, _, environment = stack.rpartition("-")
    inputs = {"team": outputs.pop("team", team), "environment": environment, "spec": spec or {}, "uses": outputs.pop("uses", [])}
    return {"urn": f"urn:pulumi:{stack}::idp::idp:index:{kind}::{name}", "type": f"idp:index:{kind}", "inputs": inputs, "outputs": outputs}


def answer(stack: str, *resources: dict[str, Any], **change: Any) -> Answer:
    """What the backend says about a stack."""
    history = [{"kind": "update", "endTime": "2026-11-24T10:00:00Z", "result": "succeeded", **change}]
    return Answer(stack, {"deployment": {"resources": list(resources)}}, history)


def cluster(**ready: int) -> dict[str, Any]:
    """Deployments of team checkout in dev, of which two pods are wanted."""
    return {
        "items": [
            {
                "kind": "Deployment",
                "metadata": {"namespace": "checkout-dev", "name": name, "labels": {"app.kubernetes.io/name": name, "idp/team": "checkout"}},
                "spec": {"replicas": 2},
                "status": {"readyReplicas": count},
            }
            for name, count in ready.items()
        ]
    }


ROOMS = answer(
    "platform-dev",
    *(component("platform-dev", "Team", team, {"owner": {"email": f"{team}@example.com"}}, team=team) for team in TEAMS),
)
CHECKOUT = answer(
    "checkout-dev",
    component(
        "checkout-dev",
        "Service",
        "cart",
        {"image": "ghcr.io/shop/cart:v1.4.2", "port": 7070, "env": {"LEVEL": "hidden-value"}},
        address="cart.checkout-dev.svc.cluster.local:7070",
        uses=["checkout/orders:send", "catalog/products:3550"],
    ),
    component("checkout-dev", "Queue", "orders"),
    message="Let carts expire",
    environment={"git.author": "Alice", "ci.build.url": "https://ci.example.com/7"},
)


class InMemory:
    """Environments that nothing stands behind, with the functions of `portal.environments.Environments`."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, dict[str, str]] = {}
        self.done: list[str] = []
        self.until = threading.Event()
        """What a test lets jobs wait for."""
        self.until.set()
        self.fails: Exception | None = None

    def add(self, name: str, owner: str, **said: Any) -> None:
        self.there[name] = {"name": name, "state": "running", "owner": owner, "ends_at": "2026-11-27T12:00:00Z", **said}

    def described(self) -> list[dict[str, Any]]:
        return list(self.there.values())

    def planned(self, name: str, settings: dict[str, str]) -> dict[str, Any]:
        if self.fails:
            raise self.fails
        cost = {"usd_per_month": 73.0, "components": {"cart": 73.0}, "unknown": [{"component": "cart", "what": "disk", "why": "no price"}]}
        derivation = None
        if source := settings.get("derivedFrom"):
            part = {"kind": "Database", "name": "carts", "becomes": "stand-in", "why": f"database on RDS there {SCRIPT}"}
            parts = [{**part, "usd_per_month_there": 120.5, "usd_per_month_here": 12.25}]
            keys = [{"name": "idp:token", "becomes": "left out", "why": "a secret"}]
            derivation = {"from": source, "parts": parts, "config": keys, "seed": settings.get("seed", ""), "usd_per_month": -1108.25}
        return {"name": name, "ttl_hours": int(settings.get("ttlHours", 72)), "cost": cost, "derivation": derivation}

    def create(self, name: str, settings: dict[str, str], say: Any) -> str:
        say(f"making {name}")
        self._work(f"create {name}")
        self.settings[name] = settings
        self.add(name, settings["owner"])
        return "it is there"

    def do(self, doing: str, name: str, hours: int, may: Any, say: Any) -> str:
        if not may(self.there[name]["owner"]):
            raise Refused("somebody else's")
        say(f"{doing} {name}")
        self._work(f"{doing} {name}" + (f" {hours}" if hours else ""))
        if doing == "destroy":
            del self.there[name]
        elif doing in ("sleep", "wake"):
            self.there[name]["state"] = {"sleep": "asleep", "wake": "running"}[doing]
        return "it is so"

    def _work(self, what: str) -> None:
        assert self.until.wait(60)
        if self.fails:
            raise self.fails
        self.done.append(what)


@dataclass
class Portal:
    """A portal, and what stands behind it."""

    client: TestClient
    site: Site
    root: Path
    running: dict[str, Any]
    """What the cluster says; tests change it."""
    headers: dict[str, str] = field(default_factory=dict)

    def audit(self) -> list[dict[str, str]]:
        path = self.root / "audit.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, headers={**self.headers, **options.pop("headers", {})}, **options)

    def post(self, path: str, fields: dict[str, str], **options: Any) -> Any:
        headers = {"origin": "http://localhost", **self.headers, **options.pop("headers", {})}
        return self.client.post(path, data=fields, headers=headers, follow_redirects=False, **options)

    def token_of_forms(self) -> str:
        page = html5lib.parse(self.get("/new/queue").text, namespaceHTMLElements=False)
        return page.find(".//form[@id='proposal']/input[@name='form_token']").get("value")

    def sign_in(self) -> None:
        assert self.post("/sign-in", {"token": self.site.identity.token}).status_code == 303

    def settled(self) -> None:
        """Waits for what goes on in the background."""
        assert wait_until(lambda: not self.site.jobs.running(), 60, step=0.01)

    def submit(self, path: str, fields: dict[str, str], *, propose: bool = False) -> Any:
        """A form of a golden path, as the page sends it."""
        head = {"form_token": self.token_of_forms(), "name": "extra", "team": "checkout", "environment": "dev"}
        return self.post(f"/new/{path}{'?do=propose' if propose else ''}", {**head, **fields})


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def parsed(text: str) -> Any:
    """A whole page. Fails where HTML5 has an error in it."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(text)
