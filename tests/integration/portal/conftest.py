"""A small shop that runs on the sandbox, `idp portal` over it, and a headless Chromium that comes as a package of npm."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from idp_sandbox import Sandbox
from idp_sandbox.process import wait_until
from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.bundles import Bundle

ROOT = Path(__file__).parents[3]
PICTURES = "IDP_SCREENSHOTS"
"""Folder to write pictures of the main pages to, such as `docs`; not set: none are written."""
SECONDS = 240
"""For what an update of Pulumi's has to be waited for on a busy machine."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
FONTS = {"sans-serif": "Open Sans", "system-ui": "Open Sans", "monospace": "DejaVu Sans Mono", "ui-monospace": "DejaVu Sans Mono"}
PROJECT = """
name: corner-bakery
runtime: python
main: stacks
stackConfigDir: stacks/config
config:
  idp:domain:
    value: bakery.example.com
  idp:oidcProvider:
    value: arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SANDBOX
"""
MAIN = """
from pathlib import Path
from idp_components.stack import run

run(Path(__file__).parent / "teams")
"""
PLATFORM = '''"""The platform: a room for each team."""

from idp_components import Context, Team, TeamSpec


def compose(context: Context) -> None:
    for name in ("bakery", "counter"):
        owner = {"email": f"{name}@example.com", "slack_channel": f"#team-{name}", "cost_centre": "cc-4711"}
        repositories = [f"https://github.com/corner-bakery/{name}/"]
        Team(name, TeamSpec(repositories=repositories, owner=owner, budget_usd_per_month=300), context=context.of_team(name))
'''
BAKERY = '''"""The bakery: it bakes what is ordered."""

from idp_components import Context, Queue, Service, ServiceSpec, Worker, WorkerSpec


def compose(context: Context) -> None:
    orders = Queue("orders", context=context)
    oven = ServiceSpec(image="registry.example.com/oven:v1.4.2", port=8080, allow_from=("counter",))
    Service("oven", oven, uses=[orders.connection("send", "ORDERS_URL")], context=context)
    starter = WorkerSpec(image="registry.example.com/starter:v1.0.3")
    Worker("starter", starter, uses=[orders.connection("receive", "ORDERS_URL")], context=context)
'''
COUNTER = '''"""The counter: what customers see."""

from idp_components import Context, Expose, Service, ServiceSpec, reference


def compose(context: Context) -> None:
    oven = reference("bakery/oven:8080", "OVEN_ADDRESS")
    till = ServiceSpec(image="registry.example.com/till:v2.1.0", port=8080, expose=Expose())
    Service("till", till, uses=[oven], context=context)
    Service("menu", ServiceSpec(image="registry.example.com/menu:v0.9.1", port=8080), context=context)
'''
TEAMS = {"platform": PLATFORM, "bakery": BAKERY, "counter": COUNTER}


class Packages(Bundle):
    """Packages of npm, by their lock, and the programs in them."""

    @property
    def folder(self) -> Path:
        return Path(__file__).with_name("browser")


CHROMIUM = Packages(name="browser", title="Chromium", programs=("chromium",))


@dataclass
class Bakery:
    """The project, and the portal over it."""

    folder: Path
    env: dict[str, str]
    url: str = ""
    token: str = ""

    def run(self, *command: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            command, cwd=cwd or self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pulumi(self, stack: str, *arguments: str, cwd: Path | None = None) -> str:
        return self.run("pulumi", *arguments, "--stack", stack, "--non-interactive", "--color", "never", cwd=cwd)

    def environments(self) -> list[str]:
        """Stacks that end, and that the backend has."""
        return [each["name"] for each in json.loads(self.run("pulumi", "stack", "ls", "--json")) if not each["name"].endswith("-dev")]

    def audit(self) -> list[dict[str, str]]:
        path = self.folder / ".idp" / "portal" / "audit.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


@dataclass
class Seen:
    """A page in the browser, and what it did that it shouldn't."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)
    status: int = 422
    """What the console may complain of: the answer to a form that was filled in wrongly."""

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def picture(self, name: str) -> None:
        """A picture of what is seen, where somebody asked for it."""
        if folder := os.environ.get(PICTURES):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"portal-{name}.png")

    def axe(self) -> list[str]:
        """Violations of WCAG and of good practice, each with the elements."""
        found = self.page.evaluate("axe.run().then((found) => found.violations)")
        return [f"{self.page.url} {each['id']}: {[node['html'] for node in each['nodes']]}" for each in found]

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.wrong.append(f"request to {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and f"a status of {self.status}" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def watch(self) -> None:
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The folder of the browser and of the checker."""
    return cache.ensure(CHROMIUM, _install, lambda line: print(line, file=sys.stderr))


def _install(bundle: Bundle, folder: Path, progress: cache.Progress) -> None:
    progress(f"installing {bundle.title}")
    for path in bundle.folder.iterdir():
        shutil.copy(path, folder)
    for command in (["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], ["node", "unpack.mjs"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """With the libraries and the font that came along, so that it runs and looks the same everywhere."""
    folder = tmp_path_factory.mktemp("browser")
    fonts = folder / "fonts.conf"
    fonts.write_text(
        f"<fontconfig><dir>{chromium / 'fonts'}</dir><dir>/usr/share/fonts</dir><cachedir>{folder / 'fonts'}</cachedir>"
        + "".join(f"<alias><family>{name}</family><prefer><family>{font}</family></prefer></alias>" for name, font in FONTS.items())
        + "</fontconfig>"
    )
    env = {**os.environ, "LD_LIBRARY_PATH": str(chromium / "lib"), "FONTCONFIG_FILE": str(fonts)}
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium / "bin" / "chromium", args=FLAGS, env=env)
        yield started
        started.close()


@pytest.fixture(scope="module")
def own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in which nobody else works, for the tests of this folder may be shared out among processes; its bakery goes with it."""
    found = Sandbox(tmp_path_factory.mktemp("portal") / "sandbox")
    found.up(lambda line: print(line, file=sys.stderr))
    yield found
    found.down()


@pytest.fixture(scope="module")
def bakery(own_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    """Two teams' stacks in dev, and the portal over them."""
    folder = tmp_path_factory.mktemp("bakery")
    backend, passphrase = folder / "backend", folder / "passphrase"
    backend.mkdir()
    passphrase.write_text("for a test")
    project = folder / "corner-bakery"
    for path, text in {
        "Pulumi.yaml": PROJECT,
        ".gitignore": ".idp/\n__pycache__/\nstacks/config/\n",
        "stacks/__main__.py": MAIN,
        **{f"stacks/teams/{team}.py": text for team, text in TEAMS.items()},
    }.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text.lstrip())
    own = {"PULUMI_BACKEND_URL": f"file://{backend}", "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)}
    people = {
        f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"))
    }
    library = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    found = Bakery(project, {**os.environ, **own_sandbox.env(), **own, **people, "PYTHONPATH": library})
    found.run("git", "init", "--quiet", "--initial-branch", "main")
    found.run("git", "add", "--all")
    found.run("git", "commit", "--quiet", "--message", "The bakery opens")
    for stack in (f"{team}-dev" for team in TEAMS):
        found.pulumi(stack, "stack", "init")
        found.pulumi(stack, "up", "--yes", "--skip-preview")
    with _portal(found):
        yield found


@contextmanager
def _portal(bakery: Bakery) -> Iterator[None]:
    program = [sys.executable, "-c", "from idp_components.cli import main; main()", "portal", "--port", "0", "--name", "Corner Bakery"]
    with subprocess.Popen(program, cwd=bakery.folder, env=bakery.env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            bakery.url = process.stdout.readline().partition(": ")[2].strip().rstrip("/")
            bakery.token = process.stdout.readline().rpartition(": ")[2].strip()
            yield
        finally:
            process.terminate()
            process.wait(SECONDS)


@pytest.fixture(scope="module")
def session(browser: Browser, bakery: Bakery) -> Any:
    """Cookies of somebody who signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{bakery.url}/sign-in")
    page.get_by_label("Token").fill(bakery.token)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    found = context.storage_state()
    context.close()
    return found


@pytest.fixture
def seen(browser: Browser, bakery: Bakery, session: Any, chromium: Path) -> Iterator[Seen]:
    """A page of somebody who signed in. Fails where the console has an error, or another host was asked for anything."""
    # The checker is no part of the page, so the page's own policy isn't what it is loaded under.
    context = browser.new_context(storage_state=session, viewport={"width": 1200, "height": 760})
    context.set_default_timeout(SECONDS * 1000)
    context.add_init_script(path=chromium / "node_modules" / "axe-core" / "axe.min.js")
    found = Seen(context.new_page(), bakery.url)
    found.watch()
    yield found
    context.close()
    assert found.wrong == []


@pytest.fixture
def pods(bakery: Bakery) -> Callable[[str, str, int], None]:
    """Scales a Deployment."""

    def scale(namespace: str, name: str, count: int) -> None:
        deployment = (f"deployment/{name}", "--namespace", namespace)
        bakery.run("kubectl", "scale", *deployment, "--replicas", str(count))
        ready = ("kubectl", "get", *deployment, "--output", "jsonpath={.status.readyReplicas}")
        # The API server leaves out a count of none.
        assert wait_until(lambda: (bakery.run(*ready) or "0") == str(count), SECONDS)

    return scale
