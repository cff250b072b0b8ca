"""The rules beside what else judges manifests: a folder through `idp check`, `opa eval` with the exported Rego, and checkov.

All three judge the same files by comparable rules. checkov is installed once, into an environment of its own in the cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.measure import Row, median, paired
from idp_components.rules import ALL, Resource, findings
from idp_components.rules.evaluate import Judge
from idp_sandbox.toolchain import cache, tools

MANIFESTS = 1000
CHECKOV = "checkov==3.3.30"
COMPARABLE = {
    "kubernetes-capabilities-add": ("CKV_K8S_25",),
    "kubernetes-capabilities-drop-all": ("CKV_K8S_37",),
    "kubernetes-default-namespace": ("CKV_K8S_21",),
    "kubernetes-host-namespaces": ("CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19"),
    "kubernetes-host-path": ("CKV_K8S_27",),
    "kubernetes-host-ports": ("CKV_K8S_26",),
    "kubernetes-image-tag": ("CKV_K8S_14",),
    "kubernetes-memory-limit": ("CKV_K8S_13",),
    "kubernetes-privilege-escalation": ("CKV_K8S_20",),
    "kubernetes-privileged-container": ("CKV_K8S_16",),
    "kubernetes-read-only-root-filesystem": ("CKV_K8S_22",),
    "kubernetes-resource-requests": ("CKV_K8S_10", "CKV_K8S_12"),
    "kubernetes-run-as-non-root": ("CKV_K8S_23",),
    "kubernetes-seccomp-profile": ("CKV_K8S_31",),
    "kubernetes-service-account-token": ("CKV_K8S_38",),
}
"""Our rules, and the checks of checkov about the same."""
SHORT = ("--quiet", "--compact", "--output", "json")


def measure(manifests: int = MANIFESTS) -> Iterator[Row]:
    """Rows of this file."""
    yield _in_process(manifests)
    with tempfile.TemporaryDirectory() as folder:
        yield from _side_by_side(Path(folder), manifests)


def _in_process(manifests: int) -> Row:
    resources = [Resource.from_manifest(_deployment(number)) for number in range(manifests)]
    verdicts = len(Judge(ALL).rules_for(resources[0].type)) * manifests
    seconds = median(lambda: findings(resources), 5)
    rate = f"{verdicts / seconds:,.0f} verdicts a second"
    return Row(f"judge {manifests:,} Deployments by all rules, in-process: {rate}", seconds, "a second", 1)


def _side_by_side(folder: Path, manifests: int) -> Iterator[Row]:
    estate, policies, combined = folder / "manifests", folder / "rego", folder / "list.json"
    estate.mkdir()
    objects = [_deployment(number) for number in range(manifests)]
    for number, manifest in enumerate(objects):
        (estate / f"{number}.yaml").write_text(yaml.safe_dump(manifest))
    combined.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))  # opa takes one input
    config = folder / "config.json"
    config.write_text(json.dumps({"all": "disabled"} | dict.fromkeys(COMPARABLE, "mandatory")))
    idp = [str(Path(sys.executable).with_name("idp"))]
    subprocess.run([*idp, "emit", "rego", "--config", config, "--output", policies], capture_output=True, check=True)

    def run(*command: str | Path) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr  # 1: something was found, as is meant

    checks = ",".join(check for checks in COMPARABLE.values() for check in checks)
    checkov, opa = _checkov(), tools.opa(print) / "opa"
    judging: list[str | Path] = [*idp, "check", estate, "--config", config, "--json"]
    scanning: list[str | Path] = [checkov, "--directory", estate, "--framework", "kubernetes", "--check", checks, *SHORT]
    evaluating: list[str | Path] = [opa, "eval", "--data", policies, "--input", combined, "data.main.deny"]
    ours, theirs = paired(lambda: run(*judging), lambda: run(*scanning), 5)
    yield Row(f"`idp check` on a folder of {manifests:,} manifests", ours, "checkov, comparable checks", theirs, 1 / 20)
    ours, theirs = paired(lambda: run(*judging), lambda: run(*evaluating), 5)
    yield Row(f"`idp check` on a folder of {manifests:,} manifests", ours, "`opa eval`, the same rules, one JSON file", theirs)


def _checkov() -> Path:
    """checkov's program, installed where it is missing."""
    folder = cache.folder() / CHECKOV.replace("==", "-")
    program = folder / "bin" / "checkov"
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", CHECKOV], check=True)
    return program


def _deployment(number: int) -> dict[str, object]:
    """One of many: each third has faults, so that there is something to report."""
    secure = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "web",
        "image": "ghcr.io/acme/web:v1.2.3",
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": secure,
    }
    if number % 3 == 0:
        container |= {"image": "nginx", "securityContext": {"privileged": True}}
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    labels = {"app.kubernetes.io/name": f"web-{number}"}
    template = {"metadata": {"labels": dict(labels)}, "spec": pod}  # a copy: YAML would write the same object as an alias
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"web-{number}", "namespace": "shop"}, "spec": spec}
