"""A portal over a small catalogue and a git repository of its own."""

import shutil
from ipaddress import ip_network
from pathlib import Path

import pytest
from portals import CHECKOUT, NOW, ROOMS, ROOT, SECRET, InMemory, Portal, cluster, git
from starlette.testclient import TestClient

from idp_components.portal.app import app
from idp_components.portal.audit import Audit
from idp_components.portal.branch import Repository
from idp_components.portal.identity import ByProxy, ByToken
from idp_components.portal.site import Site
from idp_components.portal.source import Source
from idp_components.rules.waivers import NOTHING
from idp_components.survey import questionnaire
from idp_components.survey.box import Box


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's project in a repository of its own."""
    root = tmp_path_factory.mktemp("shop")
    shutil.copy(ROOT / "Pulumi.yaml", root)
    shutil.copytree(ROOT / "stacks", root / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "The shop")
    return root


@pytest.fixture
def project(shop: Path, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(shop, root)
    return root


@pytest.fixture
def portal_of(tmp_path: Path, project: Path):
    """Makes a portal over what the backend answers."""

    def make(
        answers=(ROOMS, CHECKOUT), running=None, identity=None, problems=(), address="127.0.0.1", waivers=NOTHING, review=None
    ) -> Portal:
        running, environments = cluster(cart=2) if running is None else running, InMemory()
        source = Source(
            lambda: answers, lambda: (running, list(problems)), lambda: NOW, ending=environments.described, waivers=lambda: waivers
        )
        source.refresh()
        audit = Audit(tmp_path / "audit.jsonl", lambda: NOW)
        box = Box("2026-Q4", questionnaire.read(), tmp_path / "boxes", tmp_path / "survey")
        site = Site("shop", source, Repository(project, review=review), identity or ByToken("olga"), audit, environments, box)
        client = TestClient(app(site), base_url="http://localhost", client=(address, 50000), raise_server_exceptions=False)
        return Portal(client, site, tmp_path, running)

    return make


@pytest.fixture
def portal(portal_of) -> Portal:
    return portal_of()


@pytest.fixture
def behind_proxy(portal_of):
    """A portal behind a proxy, asked by somebody with these groups."""

    def make(*groups: str, address: str = "10.0.0.9", **headers: str) -> Portal:
        made = portal_of(identity=ByProxy([ip_network("10.0.0.9/32")], SECRET), address=address)
        said = {"x-idp-proxy-secret": SECRET, "x-forwarded-user": "alice@example.com", "x-forwarded-groups": ",".join(groups)}
        made.headers = {**said, **headers}
        return made

    return make
