"""Secret values stay in the Secret that is made for them: searched for by value, everywhere, in whatever writing."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from integration.conftest import Project
from integration.secrets.leaks import forms, leaks

from idp_sandbox import Sandbox

PACK = Path(__file__).parents[3] / "policies" / "security"
PROGRAM = """
from pathlib import Path
from idp_components.stack import run
run(Path(__file__).parent / "teams")
"""
TEAM = """
import pulumi, pulumi_random
from idp_components import Cache, Context, Database, DatabaseSpec, ScheduledJob, ScheduledJobSpec, Service, ServiceSpec

class Generated(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("test:index:Generated", "generated")
        made = pulumi_random.RandomPassword("password", length=24, opts=pulumi.ResourceOptions(parent=self))
        self.result = made.result
        self.register_outputs({{}})

def compose(context: Context) -> None:
    secrets = {{"TOKEN": pulumi.Config().require_secret("token"), "PASSWORD": Generated().result}}
    orders, carts = Database("orders", DatabaseSpec(engine="postgres"), context=context), Cache("carts", context=context)
    uses = [orders.connection("read-write", url="DATABASE_URL"), carts.connection("read-write", "REDIS_URL", form="url")]
    Service("api", ServiceSpec(image="registry.example.com/api:{tag}", port=8080), uses=uses, secrets=secrets, context=context)
    job = ScheduledJobSpec(image="registry.example.com/job:{tag}", schedule="@daily")
    ScheduledJob("nightly", job, secrets=secrets, context=context)
    pulumi.export("password", secrets["PASSWORD"])
"""
TOKEN = "a/very+secret=token&of 40 characters: »%«"


def test_no_secret_turns_up_anywhere(project: Callable[..., Project], sandbox: Sandbox, kubectl: Callable[..., Any]) -> None:
    team = f"test-{uuid.uuid4().hex[:8]}"
    stack = f"{team}-user-alice"
    found = project(PROGRAM)
    file = found.folder / "teams" / f"{team.replace('-', '_')}.py"
    file.parent.mkdir()
    file.write_text(TEAM.format(tag="v1"))
    for line in (f"stack init {stack}", "config set idp:domain example.com"):
        found.pulumi(*line.split())
    found.pulumi("config", "set", "--secret", "token", TOKEN)
    printed = [("up", found.up("--diff", "--policy-pack", str(PACK)))]
    file.write_text(TEAM.format(tag="v2"))
    for command in (
        "preview --diff",
        "preview --json",
        "up --yes --diff",
        "refresh --yes --diff",
        "stack",
        "stack output",
        "stack history",
    ):
        done = found.pulumi(*command.split())
        printed.append((command, done.stdout + done.stderr))
    for command in ("render", "graph"):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("idp")), command, stack],
            cwd=found.folder,
            env=found.env,
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append((f"idp {command}", done.stdout + done.stderr))
    password = found.outputs()["password"]
    made = [each["data"] for each in kubectl("get", "secrets", "-n", stack)["items"] if "PASSWORD" in each["data"]]
    assert {base64.b64decode(data["PASSWORD"]).decode() for data in made} == {password}
    assert {base64.b64decode(data["TOKEN"]).decode() for data in made} == {TOKEN}
    state = json.loads(found.pulumi("stack", "export", "--show-secrets").stdout)["deployment"]["resources"]
    generated = {json.loads(each["outputs"]["result"]["plaintext"]) for each in state if each["type"].endswith(":RandomPassword")}
    assert password in generated
    assert len(generated) == 7  # the program's own, the database's superuser and three logins, the cache's two logins
    for value in (*generated, TOKEN):
        assert leaks(value, found, sandbox, kubectl, stack, printed) == []
    destroyed = found.pulumi("destroy", "--yes", "--skip-preview", "--diff").stdout
    assert not [form for value in (*generated, TOKEN) for form in forms(value) if form in destroyed.encode()]


def test_a_leak_is_found(project: Callable[..., Project], sandbox: Sandbox, kubectl: Callable[..., Any], namespace: str) -> None:
    found = project("import pulumi\npulumi.export('carelessly', 'hunter2-hunter2')")
    said = found.up()
    kubectl("create", "configmap", "careless", "-n", namespace, "--from-literal=password=hunter2-hunter2")
    places = leaks("hunter2-hunter2", found, sandbox, kubectl, namespace, [("up", said)])
    assert {"objects and events", "state, as exported", "output of up"} <= set(places)
    assert any(place.endswith("__main__.py") for place in places)


@pytest.mark.parametrize("before", ["", "x", "xy"])
@pytest.mark.parametrize(
    "write", [str, json.dumps, quote, lambda text: text.encode().hex(), lambda text: base64.b64encode(text.encode()).decode()]
)
def test_a_value_is_found_in_each_writing(write: Callable[[str], str], before: str) -> None:
    assert [form for form in forms(TOKEN) if form in write(f"{before}{TOKEN} and more").encode()]
