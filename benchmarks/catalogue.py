"""The catalogue and the portal's first page over more and more services: teams of ten, each with a stack of its own, all running."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from benchmarks.measure import Row, in_turns
from idp_components import Context, Service, ServiceSpec
from idp_components.catalog import build
from idp_components.catalog.build import Answer
from idp_components.catalog.declared import state
from idp_components.environments.world import World
from idp_components.portal.app import app
from idp_components.portal.audit import Audit
from idp_components.portal.branch import Repository
from idp_components.portal.environments import Environments
from idp_components.portal.identity import ByToken
from idp_components.portal.site import Site
from idp_components.portal.source import Source
from idp_components.survey import questionnaire
from idp_components.survey.box import Box
from idp_components.testing import run

SIZES = (10, 100, 1000)
EACH = 10
"""Services of a team."""
TEAM = "xteamx"
"""What each team's name stands in place of."""
RUNS, PAGES = 7, 51
"""Of a catalogue and of a page, which takes milliseconds."""
TARGET = 1.15
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Estate:
    """What backend and cluster answer for so many services."""

    states: dict[str, Any]
    """By stack."""
    cluster: dict[str, Any]

    def catalogue(self) -> Any:
        """Built from new answers: nothing of it is known already."""
        return build([Answer(stack, known, at=NOW) for stack, known in self.states.items()], self.cluster, NOW)

    def portal(self, folder: Path) -> Callable[[], object]:
        """Asks for the first page of a portal over it."""
        answers = [Answer(stack, known, at=NOW) for stack, known in self.states.items()]
        source = Source(lambda: answers, lambda: (self.cluster, []), lambda: NOW)
        source.refresh()
        environments = Environments(folder, world=lambda: World({}), glance=lambda: World({}))
        box = Box("2026-Q4", questionnaire.read(), folder / "boxes", folder / "survey")
        site = Site("bench", source, Repository(folder), ByToken("bench"), Audit(folder / "audit.jsonl"), environments, box)
        client = TestClient(app(site), base_url="http://localhost", client=("127.0.0.1", 50000))

        def ask() -> object:
            page = client.get("/")
            assert page.status_code == 200
            return page

        return ask


def measure() -> Iterator[Row]:
    """Rows of this file."""
    estates = [estate(size) for size in SIZES]
    with tempfile.TemporaryDirectory() as folder:
        pages = [each.portal(Path(folder)) for each in estates]
        yield from _growth("catalogue", [each.catalogue for each in estates], RUNS)
        yield from _growth("first page of the portal", pages, PAGES)


def estate(services: int) -> Estate:
    """So many services, of which a tenth is in trouble."""

    def program() -> None:
        context = Context.from_stack()
        for number in range(EACH):
            Service(f"service-{number}", ServiceSpec(image="registry.example.com/bench/api:v1.0.0", port=8080), context=context)

    one = json.dumps(state(run(program, stack_name=f"{TEAM}-production", config={"idp:domain": "bench.localhost"})))
    teams = [f"team-{number}" for number in range(services // EACH)]
    found = {f"{team}-production": json.loads(one.replace(TEAM, team)) for team in teams}
    return Estate(found, {"items": [each for team in teams for number in range(EACH) for each in _running(team, number)]})


def _growth(what: str, actions: list[Callable[[], object]], runs: int) -> Iterator[Row]:
    """What it takes for each number of services, and what one more costs between the larger two against between the smaller two."""
    few, some, many = in_turns(actions, runs)
    small, middle, large = SIZES
    yield Row(f"{what}, {middle:,} services", some, f"{small:,} services", few)
    yield Row(f"{what}, {large:,} services", many, f"{middle:,} services", some)
    slow, fast = (many - some) / (large - middle), (some - few) / (middle - small)
    yield Row(f"{what}, one more service from {middle:,} to {large:,}", slow, f"from {small:,} to {middle:,}", fast, TARGET)


def _running(team: str, number: int) -> Iterator[dict[str, Any]]:
    """A Deployment and its pods, as the cluster lists them."""
    name, namespace = f"service-{number}", f"{team}-production"
    labels = {"app.kubernetes.io/name": name, "idp/team": team}
    ready = 1 if number == 0 else 2
    status = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": ready, "availableReplicas": ready}
    metadata = {"namespace": namespace, "name": name, "generation": 1, "labels": labels}
    yield {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": 2}, "status": status}
    for pod in range(2):
        waiting = [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}] if pod >= ready else []
        yield {
            "kind": "Pod",
            "metadata": {"namespace": namespace, "name": f"{name}-{pod}", "labels": labels},
            "spec": {"containers": [{"name": name, "image": "registry.example.com/bench/api:v1.0.0"}]},
            "status": {"phase": "Running", "containerStatuses": waiting},
        }
