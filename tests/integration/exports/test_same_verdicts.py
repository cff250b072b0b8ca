"""The exported rules give the verdicts of the rules: Rego by the real `opa`, CEL by the real API server's admission."""

import fcntl
import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rule_corpus import by_rules, copied, in_rego, objects

from idp_components.rules import ALL
from idp_components.rules.cases import bases
from idp_components.rules.exports import admission_policy, rego
from idp_components.rules.kubernetes import pod_security_baseline, pod_security_restricted
from idp_components.rules.levels import Level
from idp_components.rules.model import Options
from idp_sandbox.toolchain import tools

CORPUS = list(objects())
IN_REGO, IN_CEL = rego.exported(ALL), admission_policy.exported(ALL)
DEADLINE_SECONDS = 90
# The API server fills in the namespace.
BY_API_SERVER = [rule for rule in IN_CEL if rule.id != "kubernetes-default-namespace"]
MARK = "exports-test"
# What this one objects to, the API server refuses by itself.
REFUSED_ANYHOW = {"kubernetes-proc-mount"}
KINDS_OF_OTHERS = [("argoproj.io", "Rollout", "v1alpha1"), ("networking.istio.io", "Gateway", "v1")]


def definition(group: str, kind: str, version: str) -> dict[str, Any]:
    """The definition of a kind that takes anything."""
    plural = f"{kind.lower()}s"
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{"name": version, "served": True, "storage": True, "schema": anything}],
        },
    }


DEFINITIONS = yaml.safe_dump_all(definition(*each) for each in KINDS_OF_OTHERS)
IN_NO_NAMESPACE = ("ClusterRole", "ClusterRoleBinding", "Namespace")
ASK = """
[ids |
	some object in input.objects
	ids := {rule |
		some rule, _ in data.rules
		some _ in data.rules[rule].violation with input as {"review": {"object": object}}
	}
]
"""


@pytest.fixture(scope="module")
def opa() -> Path:
    return tools.opa(print) / "opa"


def by_opa(opa: Path, folder: Path, manifests: list[dict[str, Any]], options: dict[str, Options]) -> list[set[str]]:
    in_rego(folder, dict.fromkeys(ALL, Level.MANDATORY), options)
    command = [opa, "eval", "--data", folder, "--stdin-input", "--format", "raw", ASK]
    done = subprocess.run(command, input=json.dumps({"objects": manifests}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return [set(ids) for ids in json.loads(done.stdout)]


def test_opa_gives_the_verdicts_of_the_rules(opa: Path, tmp_path: Path) -> None:
    plain = [manifest for manifest, options, _ in CORPUS if not options]
    assert len(plain) > 100
    found = by_opa(opa, tmp_path, plain, {})
    differing = [
        (manifest, rules ^ theirs)
        for manifest, theirs in zip(plain, found, strict=True)
        if (rules := by_rules(manifest, IN_REGO)) != theirs
    ]
    assert differing == []
    # Every one has been seen to object; this one allows all registries by default.
    assert {rule.id for rule in IN_REGO} - set().union(*found) == {"kubernetes-image-registry-allowed"}


def test_opa_follows_the_options_of_a_rule(opa: Path, tmp_path: Path) -> None:
    for manifest, options, rule_id in CORPUS:
        if options:
            assert by_opa(opa, tmp_path, [manifest], {rule_id: options}) == [by_rules(manifest, IN_REGO, options, rule_id)], manifest


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("nginx", "docker.io"),
        ("nginx:1.29", "index.docker.io"),
        ("library/nginx@sha256:ab", "docker.io/library"),
        ("acme/web:1", "docker.io/acme"),
        ("acme/web:1", "docker.io/other"),
        ("localhost/web:1", "localhost"),
        ("host:5000/web", "host:5000"),
        ("GHCR.io/acme/web:1", "ghcr.io/acme/"),
        ("ghcr.io/acme-evil/web:1", "ghcr.io/acme"),
        ("ghcr.io.evil.example/acme/web:1", "ghcr.io"),
    ],
)
def test_opa_completes_the_names_of_images_as_a_container_runtime_does(opa: Path, tmp_path: Path, image: str, registry: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "a", "image": image}]}}
    rule_id, options = "kubernetes-image-registry-allowed", {"registries": [registry]}
    assert by_opa(opa, tmp_path, [manifest], {rule_id: options}) == [by_rules(manifest, IN_REGO, options, rule_id)]


def test_deny_and_warn_say_what_conftest_shows_also_within_lists(opa: Path, tmp_path: Path) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop-dev"},
        "spec": {"hostPID": True, "serviceAccountName": "web"},
    }
    inner = {"apiVersion": "v1", "kind": "List", "items": [pod]}
    levels = {rule: Level.ADVISORY if rule.id == "kubernetes-service-account-token" else Level.MANDATORY for rule in ALL}
    in_rego(tmp_path, levels)
    for document in (pod, inner, {"apiVersion": "v1", "kind": "List", "items": [inner]}):
        command = [opa, "eval", "--data", tmp_path, "--stdin-input", "--format", "raw", "data.main"]
        done = subprocess.run(command, input=json.dumps(document), capture_output=True, text=True, check=True)
        said = json.loads(done.stdout)
        assert [result["rule"] for result in said["deny"]] == ["kubernetes-host-namespaces"]
        assert said["deny"][0]["msg"].startswith("Pod shop-dev/web: hostPID: A pod has its own network, process and IPC namespaces. Fix: ")
        assert [result["rule"] for result in said["warn"]] == ["kubernetes-service-account-token"]


def test_opa_lets_kubernetes_write_its_own_roles(opa: Path, tmp_path: Path) -> None:
    in_rego(tmp_path, dict.fromkeys(ALL, Level.MANDATORY))
    administrator = bases()["ClusterRole"] | {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    command = [
        opa,
        "eval",
        "--data",
        tmp_path,
        "--stdin-input",
        "--format",
        "raw",
        'count(data.rules["kubernetes-rbac-wildcard"].violation)',
    ]
    for user, problems in (("alice", 3), ("system:apiserver", 0)):
        review = {"review": {"object": administrator, "userInfo": {"username": user}}}
        done = subprocess.run(command, input=json.dumps(review), capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == problems


def test_a_constraint_template_carries_the_same_rego(opa: Path, tmp_path: Path) -> None:
    manifests = rego.gatekeeper(dict.fromkeys(ALL, Level.MANDATORY), {})
    templates = [manifest for manifest in manifests if manifest["kind"] == "ConstraintTemplate"]
    assert len(templates) == len(IN_REGO) == len(manifests) / 2
    for number, template in enumerate(templates):
        source = template["spec"]["targets"][0]["code"][0]["source"]
        (tmp_path / f"{number}.rego").write_text(source["rego"], encoding="utf-8")
        (tmp_path / "lib.rego").write_text(source["libs"][0], encoding="utf-8")
    subprocess.run([opa, "check", "--strict", tmp_path], check=True)


def test_all_of_pod_security_is_exported_to_both() -> None:
    rules = {*pod_security_baseline.RULES, *pod_security_restricted.RULES}
    assert (rules - set(IN_REGO), rules - set(IN_CEL)) == (set(), set())


@pytest.fixture(scope="module")
def bound(sandbox: Any, kubectl: Callable[..., Any]) -> Iterator[str]:
    """A namespace where every exported rule warns, as in all that have its mark. The policies are the whole cluster's: one worker at a time."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    where = {"matchLabels": {MARK: name}}
    manifests = [
        manifest
        for rule in BY_API_SERVER
        for manifest in (admission_policy.policy(rule, {}), admission_policy.binding(rule, Level.ADVISORY, name, where))
    ]
    stream = yaml.safe_dump_all(manifests)
    with (sandbox.state.parent / "admission.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kubectl("create", "namespace", name)
        kubectl("label", "namespace", name, f"{MARK}={name}")
        kubectl("apply", "--server-side", "-f", "-", stdin=DEFINITIONS)
        kubectl("wait", "--for=condition=Established", "-f", "-", stdin=DEFINITIONS)
        kubectl("apply", "--server-side", "-f", "-", stdin=stream)
        yield name
        kubectl("delete", "-f", "-", stdin=stream)
        kubectl("delete", "-f", "-", stdin=DEFINITIONS)
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def by_admission(sandbox: Any, bound: str) -> Callable[..., dict[str, set[str]]]:
    """Creates objects for show; the rules that the API server names for each, by name. What isn't valid at all is left out."""

    def judge(manifests: list[dict[str, Any]], *options: str) -> dict[str, set[str]]:
        command = ["kubectl", *options, "--namespace", bound, "create", "--dry-run=server", "-f", "-"]
        env = {**os.environ, **sandbox.env()}
        done = subprocess.run(command, input=yaml.safe_dump_all(manifests), env=env, capture_output=True, text=True, check=False)
        assert "resulted in error" not in done.stderr, done.stderr
        verdicts: dict[str, set[str]] = {name: set() for name in re.findall(r"/(case-\d+)\S* created", done.stdout)}
        for rule, name in re.findall(r"failed for ValidatingAdmissionPolicy 'idp-(.*?)' with .*?/(case-\d+)", done.stderr):
            verdicts.setdefault(name, set()).add(rule)
        return verdicts

    return judge


def for_api_server(manifest: dict[str, Any], name: str, namespace: str) -> dict[str, Any]:
    """An object under a name that tells it from all others."""
    if manifest.get("kind") == "Namespace":
        manifest = json.loads(json.dumps(manifest).replace("shop", name))  # its name and its labels depend on each other
        manifest["metadata"]["labels"] = (manifest["metadata"].get("labels") or {}) | {MARK: namespace}
        if name in str(manifest["metadata"].get("name")):
            return manifest
    manifest = copied(manifest)
    manifest["metadata"]["name"] = name
    if manifest.get("kind") in IN_NO_NAMESPACE:
        manifest["metadata"].pop("namespace", None)
    else:
        manifest["metadata"]["namespace"] = namespace
    return manifest


def first(count: int, rule_id: str, expected: dict[str, set[str]]) -> list[str]:
    """The first objects that a rule objects to."""
    return [name for name, rules in expected.items() if rule_id in rules][:count]


def test_the_api_server_gives_the_verdicts_of_the_rules(by_admission: Callable[..., dict[str, set[str]]], bound: str) -> None:
    manifests = {
        f"case-{number}": for_api_server(manifest, f"case-{number}", bound)
        for number, (manifest, _, _) in enumerate(CORPUS)
        # The API server fills in when an object was made.
        if isinstance(manifest.get("metadata"), dict) and "creationTimestamp" not in manifest["metadata"]
    }
    expected = {name: by_rules(manifest, BY_API_SERVER) for name, manifest in manifests.items()}
    bad = [manifests[name] for name in {name for rule in BY_API_SERVER for name in first(3, rule.id, expected)}]
    until = time.monotonic() + DEADLINE_SECONDS  # the API server takes up new policies after a while
    while any(expected[name] != rules for name, rules in by_admission(bad).items()) and time.monotonic() < until:
        time.sleep(1)
    verdicts = by_admission(list(manifests.values()))
    assert len(verdicts) > len(manifests) / 2
    for group, kind, version in KINDS_OF_OTHERS:
        of_kind = [name for name, each in manifests.items() if (each.get("apiVersion"), each.get("kind")) == (f"{group}/{version}", kind)]
        assert any(verdicts.get(name) for name in of_kind), kind
    differing = [(manifests[name], expected[name] ^ theirs) for name, theirs in verdicts.items() if expected[name] != theirs]
    assert differing == []
    shown = {rule for theirs in verdicts.values() for rule in theirs}
    assert {rule.id for rule in BY_API_SERVER} - shown == REFUSED_ANYHOW  # every other has been seen to object


def test_kubernetes_may_write_its_own_roles(by_admission: Callable[..., dict[str, set[str]]]) -> None:
    administrator = bases()["ClusterRole"] | {
        "metadata": {"name": "case-0"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    }
    until = time.monotonic() + DEADLINE_SECONDS
    while (by_people := by_admission([administrator])) == {"case-0": set()} and time.monotonic() < until:
        time.sleep(1)
    assert by_people == {"case-0": {"kubernetes-rbac-wildcard"}}
    assert by_admission([administrator], "--as=system:apiserver", "--as-group=system:masters") == {"case-0": set()}


def test_a_mandatory_rule_keeps_an_object_out_with_its_fix(kubectl: Callable[..., Any], bound: str) -> None:
    rule = next(rule for rule in BY_API_SERVER if rule.id == "kubernetes-host-path")
    where = {"matchLabels": {"kubernetes.io/metadata.name": bound}}
    kubectl("apply", "-f", "-", stdin=json.dumps(admission_policy.binding(rule, Level.MANDATORY, f"{bound}-deny", where)))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "a", "image": "r/a:1"}]}}
    pod["spec"]["volumes"] = [{"name": "v", "hostPath": {"path": "/"}}]
    until, said = time.monotonic() + DEADLINE_SECONDS, ""
    while "denied request" not in said and time.monotonic() < until:
        said = kubectl("--namespace", bound, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod), check=False)
        time.sleep(1)
    kubectl("delete", "validatingadmissionpolicybinding", f"idp-{rule.id}-{bound}-deny", "--wait=false")
    assert f"Pod {bound}/web: No volume is a path of the node. Fix: {rule.fix}" in said
