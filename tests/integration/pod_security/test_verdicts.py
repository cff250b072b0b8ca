"""The rules' verdicts on pods are those of the API server's own Pod Security admission, control by control."""

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from idp_components.core.manifest import merged
from idp_components.rules import Resource, Rule, findings
from idp_components.rules.kubernetes import pod_security_baseline, pod_security_restricted

CORPUS = yaml.safe_load(Path(__file__).with_name("corpus.yaml").read_text(encoding="utf-8"))
CASES = pytest.mark.parametrize("index", range(len(CORPUS)), ids=[case["name"] for case in CORPUS])

BASELINE = pod_security_baseline.RULES
RESTRICTED = (*BASELINE, *pod_security_restricted.RULES)
LEVELS = {"baseline": BASELINE, "restricted": RESTRICTED}

CONTAINER = {
    "name": "app",
    "image": "r.example/app:1",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
POD = {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}

# How the admission calls a control. At level restricted the stricter check of a control replaces the one of baseline.
REASONS = {
    "allowPrivilegeEscalation != false": {"privilege-escalation"},
    "forbidden AppArmor profile": {"apparmor"},
    "forbidden AppArmor profiles": {"apparmor"},
    "forbidden sysctls": {"sysctls"},
    "host namespaces": {"host-namespaces"},
    "hostPath volumes": {"host-path"},
    # In the network of the node the API server makes a host port of every port.
    "hostPort": {"host-ports", "host-namespaces"},
    "hostProcess": {"host-process"},
    "non-default capabilities": {"capabilities-add"},
    "privileged": {"privileged-container"},
    "probe or lifecycle host": {"host-probes"},
    "procMount": {"proc-mount", "proc-mount-restricted"},
    "restricted volume types": {"host-path", "volume-types"},
    "runAsNonRoot != true": {"run-as-non-root"},
    "runAsUser=0": {"run-as-user-zero"},
    "seLinuxOptions": {"selinux"},
    "seccompProfile": {"seccomp-unconfined", "seccomp-profile"},
    "unrestricted capabilities": {"capabilities-add", "capabilities-drop-all", "capabilities-add-restricted"},
}
TEMPLATES = {
    "v1/PodTemplate": "template",
    "v1/ReplicationController": "spec.template",
    "apps/v1/Deployment": "spec.template",
    "apps/v1/StatefulSet": "spec.template",
    "apps/v1/DaemonSet": "spec.template",
    "apps/v1/ReplicaSet": "spec.template",
    "batch/v1/Job": "spec.template",
    "batch/v1/CronJob": "spec.jobTemplate.spec.template",
}


def pod(*indices: int) -> dict[str, Any]:
    """The compliant pod with the changes of one or more cases, one after the other."""
    spec, container, metadata = dict(POD), dict(CONTAINER), {"name": "-".join(["case", *map(str, indices)])}
    for index in indices:
        case = CORPUS[index]
        spec, container = merged(spec, case.get("spec", {})), merged(container, case.get("container", {}))
        metadata |= case.get("metadata", {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec | {"containers": [container]}}


def objections(manifest: dict[str, Any], rules: tuple[Rule, ...]) -> set[str]:
    return {finding.rule.id.removeprefix("kubernetes-") for finding in findings([Resource.from_manifest(manifest)], rules)}


def reasons(message: str) -> set[str]:
    """The controls that a verdict of the admission names: `…violates PodSecurity "restricted:latest": hostPort (…), privileged (…)`."""
    return {reason for reason in REASONS if re.search(rf"[:,] {re.escape(reason)} \(", message)}


def agree(found: set[str], message: str) -> bool:
    """Whether rules and admission name the same controls, and so either both object or neither does."""
    named = reasons(message)
    return (
        bool(found) == bool(message)
        and found <= set().union(*(REASONS[reason] for reason in named))
        and all(found & REASONS[reason] for reason in named)
    )


@pytest.fixture(scope="module")
def kubectl(sandbox: Any) -> Any:
    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = ["kubectl", "--kubeconfig", str(sandbox.kubeconfig), *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, **sandbox.env()}, timeout=120
        )

    return run


@pytest.fixture(scope="module", params=LEVELS)
def enforced(kubectl: Any, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A level, and a namespace that enforces it for pods and warns about controllers."""
    level, name = request.param, f"psa-{request.param}-{uuid.uuid4().hex[:8]}"
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn")}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    created = kubectl("create", "-f", "-", stdin=json.dumps(namespace))
    assert created.returncode == 0, created.stderr
    yield level, name
    kubectl("delete", "namespace", name, "--wait=false")


def judged_by_admission(kubectl: Any, namespace: str, pods: list[dict[str, Any]]) -> dict[str, str]:
    """What the admission says about each pod, by name: nothing where it lets it in. Pods that aren't valid at all are left out."""
    result = kubectl("--namespace", namespace, "create", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(pods))
    verdicts = dict.fromkeys(re.findall(r"pod/(case-[\d-]+) created", result.stdout), "")
    return verdicts | dict(re.findall(r'pods "(case-[\d-]+)" is forbidden: (violates PodSecurity .*)', result.stderr))


@pytest.fixture(scope="module")
def admitted(kubectl: Any, enforced: tuple[str, str]) -> dict[str, str]:
    verdicts = judged_by_admission(kubectl, enforced[1], [pod(index) for index in range(len(CORPUS))])
    assert len(verdicts) == len(CORPUS), "a case of the corpus is no valid pod"
    return verdicts


@CASES
def test_the_rules_object_to_what_the_corpus_says_and_to_nothing_else(index: int) -> None:
    assert objections(pod(index), RESTRICTED) == set(CORPUS[index]["rules"])


@CASES
def test_the_api_server_gives_the_same_verdict(index: int, enforced: tuple[str, str], admitted: dict[str, str]) -> None:
    found, verdict = objections(pod(index), LEVELS[enforced[0]]), admitted[f"case-{index}"]
    assert agree(found, verdict), f"rules: {found}, admission: {verdict}"


def test_the_api_server_gives_the_same_verdict_on_cases_that_meet_in_one_pod(kubectl: Any, enforced: tuple[str, str]) -> None:
    pairs = [(first, second) for first in range(len(CORPUS)) for second in range(len(CORPUS)) if (7 * first + 3 * second) % 29 == 0]
    pods = {manifest["metadata"]["name"]: manifest for manifest in (pod(*pair) for pair in pairs)}
    verdicts = judged_by_admission(kubectl, enforced[1], list(pods.values()))
    assert len(verdicts) > len(pods) / 2
    for name, verdict in verdicts.items():
        found = objections(pods[name], LEVELS[enforced[0]])
        assert agree(found, verdict), f"{name}: rules: {found}, admission: {verdict}"


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("name", ["a compliant pod", "an init container without a security context", "root with the users of the node"])
def test_the_api_server_gives_the_same_verdict_on_what_makes_pods(kubectl: Any, enforced: tuple[str, str], kind: str, name: str) -> None:
    index = [case["name"] for case in CORPUS].index(name)
    manifest = controller(kind, pod(index)["spec"])
    result = kubectl("--namespace", enforced[1], "create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
    assert result.returncode == 0, result.stderr
    warning = "".join(line for line in result.stderr.splitlines() if "would violate PodSecurity" in line)
    found = objections(manifest, LEVELS[enforced[0]])
    assert agree(found, warning), f"rules: {found}, admission: {warning}"


def test_an_ephemeral_container_is_judged_like_any_other(kubectl: Any, enforced: tuple[str, str]) -> None:
    level, namespace = enforced
    good = pod(0)
    created = kubectl("--namespace", namespace, "create", "-o", "json", "-f", "-", stdin=json.dumps(good))
    assert created.returncode == 0, created.stderr
    path = f"/api/v1/namespaces/{namespace}/pods/case-0/ephemeralcontainers?dryRun=All"
    for security in ({}, {"privileged": True}, CONTAINER["securityContext"]):
        changed = json.loads(created.stdout)
        del changed["metadata"]["resourceVersion"]  # kubelet and scheduler go on writing to the pod
        changed["spec"]["ephemeralContainers"] = [CONTAINER | {"name": "debug", "securityContext": security}]
        result = kubectl("replace", "--raw", path, "-f", "-", stdin=json.dumps(changed))
        found = objections(changed, LEVELS[level])
        assert bool(found) == bool(result.returncode), result.stderr
        assert agree(found, result.stderr), f"rules: {found}, admission: {result.stderr}"


def controller(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A valid object of a kind that makes pods of this spec."""
    api_version, _, name = kind.rpartition("/")
    job = "batch" in api_version
    template = {"metadata": {"labels": {"app": "x"}}, "spec": spec | ({"restartPolicy": "Never"} if job else {})}
    body: dict[str, Any] = {"template": template}
    if name in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"):
        body["selector"] = {"matchLabels": {"app": "x"}}
    if name == "ReplicationController":
        body["selector"] = {"app": "x"}
    if name == "CronJob":
        body = {"schedule": "0 0 * * *", "jobTemplate": {"spec": body}}
    return {"apiVersion": api_version, "kind": name, "metadata": {"name": "x"}, **(body if name == "PodTemplate" else {"spec": body})}
