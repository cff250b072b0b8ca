"""Packs on the real engine beyond single resources: whole stacks, remediation, waivers and environments."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idp_sandbox.plugins.aws.api import Api

ROOT = Path(__file__).parents[3]

PACK = """
from collections.abc import Iterator
from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.levels import ALWAYS, Level, by_environment
from idp_components.rules.model import ResourceRule, Severity, StackRule
from idp_components.rules.organisation import waivers
from idp_components.rules.packs import Pack

ABOUT = {"title": "Something holds.", "severity": Severity.HIGH, "rationale": "r", "fix": "Write it.", "source": "https://example.com"}


def map_without_reader(stack, _options):
    readers = [name for pod in stack.of(("core", "Pod")) for name in str(pod.props).split("'")]
    for each in stack.of(("core", "ConfigMap")):
        if each.root.get("metadata", "name").value not in readers:
            yield each, each.root.get("metadata", "name").problem("is read by nobody; take it away")


def tagged(place):
    def check(resource, _options):
        if resource.root.get(*place, "team").value != "checkout":
            yield resource.root.get(*place, "team").problem("is not checkout; set it")

    def remedy(resource, _options):
        mended = {**resource.props}
        target = mended
        for key in place:
            target[key] = {**(target.get(key) or {})}
            target = target[key]
        target["team"] = "checkout"
        return mended

    return {"check": check, "remedy": remedy}


REMEDIATE = by_environment(*[Level.REMEDIATE] * 4)
serve(Pack("test", "d", {
    StackRule(id="map-without-reader", check=map_without_reader, **ABOUT): ALWAYS,
    ResourceRule(id="label-team", applies=lambda token: token.endswith(":ConfigMap"), **tagged(("metadata", "labels")), **ABOUT): REMEDIATE,
    ResourceRule(id="tag-team", applies=lambda token: token.endswith(":Topic"), **tagged(("tags",)), **ABOUT): REMEDIATE,
    **dict.fromkeys(waivers.RULES, ALWAYS),
}), Path(__file__).parent)
"""

PROGRAM = """
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

settings = kubernetes.core.v1.ConfigMap("settings", metadata={"namespace": %(namespace)r, "name": "settings"}, data={"a": "b"})
aws.sns.Topic("orders", name=%(topic)r, tags={"owner": pulumi.Output.secret("hunter2hunter2")})
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "packs" / "test"
    folder.mkdir(parents=True)
    (folder / "__main__.py").write_text(PACK)
    options = f"{{virtualenv: {(ROOT / '.venv').resolve()}}}"
    (folder / "PulumiPolicy.yaml").write_text(f"name: test\nversion: 0.1.0\nruntime: {{name: python, options: {options}}}\n")
    return folder


def waive(pack: Path, days: int = 30, **changes: str) -> None:
    """Write a waiver that ends in so many days."""
    today = datetime.now(UTC).date()
    entry = {
        "id": "EX-042",
        "rules": ["map-without-reader"],
        "match": {"project": "test", "stack": "dev", "type": "kubernetes:core/v1:ConfigMap", "name": "settings"},
        "owner": "team-x",
        "reason": "read by a person",
        "created": str(today - timedelta(days=60)),
        "expires": str(today + timedelta(days=days)),
    }
    (pack.parent / "waivers.yaml").write_text(json.dumps([entry | changes]))


def test_a_stack_rule_blocks_a_remedy_lands_and_a_waiver_is_honoured_until_it_ends(
    project: Callable[..., Any], pack: Path, namespace: str, kubectl: Callable[..., Any], api: Api
) -> None:
    topic = f"orders-{uuid.uuid4().hex[:8]}"
    found = project(PROGRAM % {"namespace": namespace, "topic": topic})
    arguments = ("--policy-pack", str(pack))

    preview = found.pulumi("preview", *arguments, check=False)
    assert preview.returncode != 0
    assert "[mandatory] [severity: high]  map-without-reader  (kubernetes:core/v1:ConfigMap: settings)" in preview.stdout
    assert "metadata.name is read by nobody; take it away" in preview.stdout

    waive(pack, days=-1)
    expired = found.pulumi("preview", *arguments, check=False)
    assert expired.returncode != 0
    ended = datetime.now(UTC).date() - timedelta(days=1)
    assert f"EX-042 expired {ended}, owner team-x" in " ".join(expired.stdout.split())
    assert "waiver-expired" in expired.stdout

    waive(pack)
    up = found.pulumi("up", "--yes", "--skip-preview", *arguments)
    assert "map-without-reader" not in up.stdout
    assert "[remediate]  label-team  (1 resource)" in up.stdout
    assert "[remediate]  tag-team  (1 resource)" in up.stdout
    assert "hunter2" not in up.stdout + up.stderr
    state = found.resources()
    assert state["ConfigMap settings"]["inputs"]["metadata"]["labels"] == {"team": "checkout"}
    assert state["Topic orders"]["inputs"]["tags"]["team"] == "checkout"
    assert "hunter2" not in json.dumps(state["Topic orders"]["inputs"]["tags"])
    assert kubectl("get", "configmap", "settings", "-n", namespace)["metadata"]["labels"]["team"] == "checkout"
    tags = api.call("sns", "ListTagsForResource", ResourceArn=state["Topic orders"]["outputs"]["arn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags}["team"] == "checkout"
    assert {tag["Key"]: tag["Value"] for tag in tags}["owner"] == "hunter2hunter2"
    assert "3 unchanged" in found.pulumi("preview", *arguments, check=False).stdout


DEPLOYMENT = """
import pulumi_kubernetes as kubernetes

pod = {
    "automount_service_account_token": False,
    "security_context": {"run_as_non_root": True, "seccomp_profile": {"type": "RuntimeDefault"}},
    "containers": [{
        "name": "web",
        "image": "ghcr.io/acme/web:v1",
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "security_context": {"allow_privilege_escalation": False, "read_only_root_filesystem": True, "capabilities": {"drop": ["ALL"]}},
    }],
}
kubernetes.apps.v1.Deployment("web", metadata={"namespace": "default"}, spec={
    "selector": {"match_labels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod},
})
"""


@pytest.mark.parametrize(
    ("stack", "level"),
    [
        ("shop-dev", "advisory"),
        ("shop-pr-42", "advisory"),
        ("shop-user-alice", "advisory"),
        ("shop-production", "mandatory"),
        ("shop", "mandatory"),
    ],
)
def test_the_stacks_name_decides_how_serious_a_finding_is(project: Callable[..., Any], stack: str, level: str) -> None:
    done = project(DEPLOYMENT, stack=stack).pulumi("preview", "--policy-pack", str(ROOT / "policies" / "reliability"), check=False)
    assert f"[{level}] [severity: medium]  kubernetes-memory-limit  (kubernetes:apps/v1:Deployment: web)" in done.stdout
    if level == "mandatory":
        assert done.returncode != 0
