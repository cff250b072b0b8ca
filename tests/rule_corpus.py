"""Objects for the forms of a rule to agree on: the rules' own cases, the corpus of Pod Security, and every kind that carries a pod."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from idp_components.rules import ALL, UNKNOWN, Resource
from idp_components.rules.cases import bases, cases
from idp_components.rules.evaluate import Judge
from idp_components.rules.exports import rego
from idp_components.rules.levels import Level
from idp_components.rules.model import Options, Rule, token_of
from idp_components.rules.pod import TEMPLATES

POD_SECURITY = Path(__file__).parent / "integration" / "pod_security" / "corpus.yaml"
BAD_POD = {
    "hostPID": True,
    "securityContext": {"sysctls": [{"name": "kernel.sem", "value": "1"}], "seLinuxOptions": {"user": "u"}},
    "volumes": [{"name": "host", "hostPath": {"path": "/"}}, {"name": "nfs", "nfs": {"server": "x", "path": "/"}}],
}
BAD_CONTAINER = {
    "name": "bad",
    "image": "nginx",
    "securityContext": {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["SYS_ADMIN", "CHOWN"]}},
}


def by_rules(manifest: dict[str, Any], rules: Iterable[Rule], options: Options | None = None, rule_id: str = "") -> set[str]:
    """The ids of the rules that object to it now; `options` are those of `rule_id`."""
    judge = Judge(rules, {rule_id: options} if options else {}, datetime.now(UTC))
    return {finding.rule.id for finding in judge.findings(Resource.from_manifest(manifest))}


def in_rego(folder: Path, levels: Mapping[Rule, Level], options: Mapping[str, Options] = MappingProxyType({})) -> Path:
    """The folder, with the rules as files for `opa` and `conftest` in it."""
    folder.mkdir(exist_ok=True)
    for name, text in rego.files(levels, options).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def objects() -> Iterator[tuple[dict[str, Any], Options, str]]:
    """Each object with the options and the id of the rule that it is a case of."""
    for manifest in bases().values():
        if "apiVersion" in manifest:
            yield dict(manifest), {}, ""
    for rule in ALL:
        for case in cases(rule.id):
            resource = case.resources[0]
            if not case.whole and _is_plain(resource.props) and resource.type == token_of(*_what(resource.props)):
                yield resource.props, case.options, rule.id
    for case in yaml.safe_load(POD_SECURITY.read_text(encoding="utf-8")):
        yield _pod(case), {}, ""
    for manifest in _every_kind():
        yield manifest, {}, ""


def _pod(case: Mapping[str, Any]) -> dict[str, Any]:
    container = {"name": "app", "image": "r.example/app:1"} | case.get("container", {})
    spec = case.get("spec", {}) | {"containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "case"} | case.get("metadata", {}), "spec": spec}


def _every_kind() -> Iterator[dict[str, Any]]:
    """A pod that is wrong in many ways, one whose container is, and one whose init container is, in every kind of workload.

    Not all in one: an API server warns of so much only. Nor with hostNetwork, with which it makes a host port of every port.
    """
    good = bases()["Pod"]["spec"]
    for spec in (good, good | BAD_POD, good | {"containers": [BAD_CONTAINER]}, good | {"initContainers": [BAD_CONTAINER]}):
        for (group, kind), path in TEMPLATES.items():
            if group == "extensions":
                continue
            job = {"restartPolicy": "Never"} if group == "batch" else {}
            body: Any = {"metadata": {"labels": {"app": "x"}}, "spec": spec | job}
            if kind in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Rollout"):
                body = {"selector": {"matchLabels": {"app": "x"}}, "template": body}
            elif path:
                body = {"template": body}
            body = {"schedule": "0 0 * * *", "jobTemplate": {"spec": body}} if kind == "CronJob" else body
            whole = body if kind == "PodTemplate" else {"spec": spec if kind == "Pod" else body}
            version = {"core": "v1", "argoproj.io": "argoproj.io/v1alpha1"}.get(group, f"{group}/v1")
            yield {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, **whole}


def _what(props: Any) -> tuple[Any, Any]:
    """API version and kind; nothing for a list, which is not one object."""
    is_one = isinstance(props, dict) and not str(props.get("kind", "")).endswith("List")
    return (props.get("apiVersion"), props.get("kind")) if is_one else (None, None)


def _is_plain(value: Any) -> bool:
    """Whether it can be written down: neither a secret nor unknown."""
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return all(map(_is_plain, value)) if isinstance(value, list) else value is not UNKNOWN


def copied(value: Any) -> Any:
    return json.loads(json.dumps(value))
