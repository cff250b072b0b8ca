"""The security pack on the real engine: `--policy-pack` as a user types it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PACK = ("--policy-pack", str(Path(__file__).parents[3] / "policies" / "security"))

PROGRAM = """
import pulumi
import pulumi_kubernetes as kubernetes

namespace = kubernetes.core.v1.Namespace("room")
container = {
    "name": "web",
    "image": %(image)s,
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}},
    "security_context": {"allow_privilege_escalation": False, "read_only_root_filesystem": True, "capabilities": {"drop": ["ALL"]}},
}
pod = {
    "automount_service_account_token": False,
    "service_account_name": "web",
    "security_context": {"run_as_non_root": True, "seccomp_profile": {"type": "RuntimeDefault"}},
    "containers": [container | %(container)s],
}
kubernetes.core.v1.ServiceAccount("web", metadata={"name": "web", "namespace": namespace.metadata.name})
kubernetes.apps.v1.Deployment(
    "web",
    metadata={"namespace": namespace.metadata.name},
    spec={"selector": {"match_labels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}},
)
kubernetes.networking.v1.NetworkPolicy(
    "web",
    metadata={"namespace": namespace.metadata.name},
    spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
)
"""


def program(image: str = "'ghcr.io/acme/web:v1'", container: str = "{}") -> str:
    return PROGRAM % {"image": image, "container": container}


def test_a_good_program_comes_up_and_the_pack_says_nothing(project: Callable[..., Any]) -> None:
    good = project(program())
    output = good.preview(*PACK)
    assert "✅ idp-security@v0.1.0" in output
    assert "[mandatory]" not in output
    assert "kubernetes-" not in good.up(*PACK)
    assert "Deployment web" in good.resources()


def test_a_violation_stops_preview_and_update_under_the_rules_own_name(project: Callable[..., Any]) -> None:
    bad = project(program(container="{'security_context': {'privileged': True}}"))
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        done = bad.pulumi(*command, *PACK, check=False)
        assert done.returncode != 0
        assert "[mandatory] [severity: critical]  kubernetes-privileged-container  (kubernetes:apps/v1:Deployment: web)" in done.stdout
        assert 'containers[0] "web" securityContext.privileged is true; remove it' in done.stdout
        assert "Fix: Remove securityContext.privileged" in done.stdout
    assert "Deployment web" not in bad.resources()


def test_what_a_preview_cannot_know_is_said_and_judged_by_the_update(project: Callable[..., Any]) -> None:
    # The image is the identity of an object that does not exist yet, which will have no tag.
    unknown = project(program(image="namespace.id", container="{'ports': [{'container_port': 80, 'host_port': 80}]}"))
    preview = unknown.preview(*PACK, check=False)
    assert "[advisory] [severity: high]  kubernetes-image-tag" in preview
    assert "image can't be judged yet: a value that decides is only known after the update" in preview
    assert "[mandatory] [severity: medium]  kubernetes-host-ports" in preview
    unknown.write(program(image="namespace.id"))
    assert "[mandatory]" not in unknown.preview(*PACK)
    update = unknown.pulumi("up", "--yes", "--skip-preview", *PACK, check=False)
    assert update.returncode != 0
    assert "[mandatory] [severity: high]  kubernetes-image-tag" in update.stdout


def test_no_output_shows_a_secret(project: Callable[..., Any]) -> None:
    output = project(program(image="pulumi.Output.secret('hunter2')")).preview(*PACK, check=False)
    assert "kubernetes-image-tag" in output
    assert "hunter2" not in output


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"kubernetes-image-registry-allowed": {"registries": ["ghcr.io/other"]}},
            "image comes from a registry that is not allowed; use one of ghcr.io/other",
        ),
        (
            {"kubernetes-image-registry-allowed": {"enforcementLevel": "mandatory", "registry": "x"}},
            'has no option "registry"; use registries',
        ),
        ({"kubernetes-imagetag": {"enforcementLevel": "advisory"}}, 'there is no rule "kubernetes-imagetag"'),
    ],
)
def test_configuration_reaches_the_rules_or_is_refused(project: Callable[..., Any], tmp_path: Path, config: Any, expected: str) -> None:
    file = tmp_path / "pack.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    done = project(program()).pulumi("preview", *PACK, "--policy-pack-config", str(file), check=False)
    assert done.returncode != 0
    assert expected in " ".join((done.stdout + done.stderr).split())
