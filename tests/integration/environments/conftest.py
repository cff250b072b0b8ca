"""A sandbox of these tests' own: they compare all that is in it, so nobody else may be there. A project whose teams have previews."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from integration.environments.leftovers import inventory

from idp_sandbox import Sandbox

PROJECT = """
name: previews
runtime: python
main: stacks
stackConfigDir: stacks/config
config:
  idp:domain:
    value: example.com
  idp:oidcProvider:
    value: arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SANDBOX
"""
MAIN = """
from pathlib import Path
from idp_components.stack import run

run(Path(__file__).parent / "teams")
"""
SHOP = """
from idp_components import Context, Database, DatabaseSpec, Expose, Queue, ScheduledJob, ScheduledJobSpec
from idp_components import Scaling, Service, ServiceSpec, Worker, WorkerSpec

IMAGE = "registry.example.com/web:v1.0.0"


def compose(context: Context) -> None:
    jobs = Queue("jobs", context=context)
    orders = Database("orders", DatabaseSpec(engine="postgres"), context=context)
    scaling = Scaling(min_replicas=2, max_replicas=4)
    uses = [jobs.connection("send", "JOBS_URL"), orders.connection("read-write")]
    Service("web", ServiceSpec(image=IMAGE, port=8080, expose=Expose(), scaling=scaling), uses=uses, context=context)
    Worker("mailer", WorkerSpec(image=IMAGE, env={"LEVEL": "1"}), context=context)
    ScheduledJob("report", ScheduledJobSpec(image=IMAGE, schedule="0 3 * * *", time_zone="Etc/UTC"), context=context)
"""
SMALL = """
from idp_components import Context, Queue, Service, ServiceSpec


def compose(context: Context) -> None:
    jobs = Queue("jobs", context=context)
    uses = [jobs.connection("send", "JOBS_URL")]
    Service("web", ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080), uses=uses, context=context)
"""
PAGE = """
from idp_components import Context, Service, ServiceSpec


def compose(context: Context) -> None:
    Service("page", ServiceSpec(image="registry.example.com/page:v1.0.0", port=8080), context=context)
"""
EVERY = """
from idp_components import Context, Database, DatabaseSpec, Expose, Queue, Service, ServiceSpec


def compose(context: Context) -> None:
    jobs = Queue("jobs", context=context)
    orders = Database("orders", DatabaseSpec(engine="postgres"), context=context)
    uses = [jobs.connection("send", "JOBS_URL"), orders.connection("read-write")]
    Service("web", ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080, expose=Expose()), uses=uses, context=context)
"""
IDP = [sys.executable, "-c", "from idp_components.cli import main; main()"]


@dataclass
class Previews:
    """A project, its sandbox, and the command as a user types it."""

    folder: Path
    scratch: Path
    """Where programs put what they need for a moment: outside of the project, whose settings Pulumi would find from there."""
    sandbox: Sandbox

    @property
    def env(self) -> dict[str, str]:
        """Variables of a shell of the sandbox."""
        own = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(self.sandbox.state / "passphrase"), "TMPDIR": str(self.scratch)}
        return {**os.environ, **self.sandbox.env(), **own}

    def idp(self, *arguments: str, code: int = 0, **more: str) -> str:
        """`idp env …` in the project's folder, with its exit code; what it prints."""
        done = subprocess.run(
            [*IDP, "env", *arguments], cwd=self.folder, env={**self.env, **more}, capture_output=True, text=True, check=False, timeout=400
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if not code else done.stdout + done.stderr

    def json(self, *arguments: str, code: int = 0, **more: str) -> Any:
        """The same, for machines."""
        text = self.idp(*arguments, "--json", code=code, **more)
        return json.loads(text[: text.rindex("]" if text.startswith("[") else "}") + 1])

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """The same in the background, in a process group of its own."""
        return subprocess.Popen(
            [*IDP, "env", *arguments],
            cwd=self.folder,
            env={**self.env, "PYTHONUNBUFFERED": "1", **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def kubectl(self, *arguments: str) -> Any:
        """kubectl as the administrator: decoded JSON for `get`, text else."""
        as_json = ["--output", "json"] if arguments[0] == "get" else []
        done = subprocess.run(["kubectl", *arguments, *as_json], env=self.env, capture_output=True, text=True, check=True)
        return json.loads(done.stdout) if as_json else done.stdout

    def aws(self, service: str) -> Any:
        """A client of a service of the account."""
        env = self.env
        session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"])
        return session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"])

    def everything(self) -> set[str]:
        """What there is."""
        return inventory(self.env, self.folder, self.scratch, self.sandbox.state / "backend")


@pytest.fixture(scope="package")
def own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in which nobody else works."""
    found = Sandbox(tmp_path_factory.mktemp("environments") / "sandbox")
    found.up(lambda line: print(line, file=sys.stderr))
    (found.state / "passphrase").write_text("for a test")
    yield found
    found.down()


@pytest.fixture
def previews(own_sandbox: Sandbox, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Previews:
    """A project with the teams `shop`, `small`, `page` and `every`, and no environment."""
    for name, value in own_sandbox.env().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "stacks" / "teams").mkdir(parents=True)
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "stacks" / "__main__.py").write_text(MAIN)
    for team, program in {"shop": SHOP, "small": SMALL, "page": PAGE, "every": EVERY}.items():
        (tmp_path / "stacks" / "teams" / f"{team}.py").write_text(program)
    found = Previews(tmp_path, tmp_path_factory.mktemp("scratch"), own_sandbox)
    for left in found.json("list"):  # by a test that failed
        found.idp("destroy", left["name"], "--yes")
    return found
