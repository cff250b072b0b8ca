"""ValidatingAdmissionPolicy: the API server judges by CEL, without anything installed beside it.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from idp_components.core.labels import ENVIRONMENT
from idp_components.rules.exports.forms import form
from idp_components.rules.exports.kinds import RESOURCES, kinds_of
from idp_components.rules.levels import Level
from idp_components.rules.model import ResourceRule, Rule

Manifest = dict[str, Any]
API_VERSION = "admissionregistration.k8s.io/v1"
ACTIONS = {Level.ADVISORY: ["Warn", "Audit"], Level.MANDATORY: ["Deny"], Level.REMEDIATE: ["Deny"]}

VARIABLES = {
    "template": 'object.kind == "Pod" ? object : object.kind == "PodTemplate" ? object.template : '
    'object.kind == "CronJob" ? object.spec.jobTemplate.spec.template : object.spec.template',
    "metadata": "variables.template.?metadata.orValue({})",
    "pod": "variables.template.?spec.orValue({})",
    # An ephemeral container can't have resources.
    "resourced": "variables.pod.?initContainers.orValue([]) + variables.pod.?containers.orValue([])",
    "containers": "variables.resourced + variables.pod.?ephemeralContainers.orValue([])",
    "volumes": "variables.pod.?volumes.orValue([])",
    "images": 'variables.containers.map(c, c.?image.orValue("")) '
    '+ variables.volumes.filter(v, has(v.image)).map(v, v.image.?reference.orValue(""))',
    "settings": "[variables.pod.?securityContext.orValue({})] + variables.containers.map(c, c.?securityContext.orValue({}))",
    "windows": 'variables.pod.?os.?name.orValue("") == "windows"',
    "userNamespace": "variables.pod.?hostUsers.orValue(true) == false",
}
"""What the rules about pods read, in the order in which they need each other."""


def exported(rules: Iterable[Rule]) -> list[ResourceRule]:
    """The rules that have a form in CEL."""
    return [rule for rule in rules if isinstance(rule, ResourceRule) and form(rule).cel]


def policies(levels: Mapping[Rule, Level], environment: str) -> list[Manifest]:
    """A policy for each rule that isn't disabled, and its binding to the namespaces of an environment."""
    chosen = [rule for rule in exported(levels) if levels[rule] is not Level.DISABLED]
    return [
        manifest for rule in chosen for manifest in (policy(rule), binding(rule, levels[rule], environment, {ENVIRONMENT: environment}))
    ]


def policy(rule: ResourceRule) -> Manifest:
    """A rule as the API server's own admission judges by it."""
    found = form(rule)
    needed = _needed(found.cel, {**VARIABLES, **found.variables})
    who = "object.kind + ' ' + object.metadata.?namespace.orValue('') + '/' + object.metadata.?name.orValue('')"
    validation = {
        "expression": found.cel,
        "messageExpression": f"{who} + {json.dumps(f': {rule.title} Fix: {rule.fix}')}",
        "message": f"{rule.title} Fix: {rule.fix}",
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": _resource_rules(rule)},
        "variables": [{"name": name, "expression": expression} for name, expression in needed.items()],
        "validations": [validation],
    }
    annotations = {"idp/rule": rule.id, "idp/source": rule.source}
    metadata = {"name": f"idp-{rule.id}", "annotations": annotations}
    return {"apiVersion": API_VERSION, "kind": "ValidatingAdmissionPolicy", "metadata": metadata, "spec": spec}


def binding(rule: ResourceRule, level: Level, name: str, namespace_labels: Mapping[str, str]) -> Manifest:
    """Puts a policy into force in the namespaces with these labels."""
    spec = {
        "policyName": f"idp-{rule.id}",
        "validationActions": ACTIONS[level],
        "matchResources": {"namespaceSelector": {"matchLabels": dict(namespace_labels)}},
    }
    metadata = {"name": f"idp-{rule.id}-{name}"}
    return {"apiVersion": API_VERSION, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata, "spec": spec}


def _needed(cel: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that an expression reads, and those that they read, in their order."""
    wanted: set[str] = set()
    pending = [cel]
    while pending:
        expression = pending.pop()
        found = {name for name in variables if f"variables.{name}" in expression} - wanted
        wanted |= found
        pending += [variables[name] for name in found]
    return {name: expression for name, expression in variables.items() if name in wanted}


def _resource_rules(rule: ResourceRule) -> list[dict[str, list[str]]]:
    by_group: dict[str, list[str]] = {}
    for group, kind in kinds_of(rule):
        by_group.setdefault("" if group == "core" else group, []).extend(RESOURCES.get((group, kind), ()))
    operations = {"apiVersions": ["*"], "operations": ["CREATE", "UPDATE"]}
    return [{"apiGroups": [group], **operations, "resources": resources} for group, resources in by_group.items() if resources]
