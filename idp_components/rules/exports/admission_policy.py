"""ValidatingAdmissionPolicy: the API server judges by CEL, without anything installed beside it.

https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from idp_components.core.labels import COMPONENT, ENVIRONMENT, EPHEMERAL
from idp_components.rules.exports.forms import KUBERNETES, VALUES, form
from idp_components.rules.exports.kinds import RESOURCES, kinds_of
from idp_components.rules.kubernetes import probes
from idp_components.rules.levels import ENVIRONMENTS, Level
from idp_components.rules.model import Options, ResourceRule, Rule
from idp_components.rules.organisation.kubernetes import SYSTEM
from idp_components.rules.pod import ROLLOUT

Manifest = dict[str, Any]
API_VERSION = "admissionregistration.k8s.io/v1"
ACTIONS = {Level.ADVISORY: ["Warn", "Audit"], Level.MANDATORY: ["Deny"], Level.REMEDIATE: ["Deny"]}

CONDITIONS = {
    "not-by-kubernetes": f"!(request.userInfo.username in {json.dumps(KUBERNETES)})",
    # It takes its pods from a Deployment, which is judged in its place.
    "not-by-reference": f"object.kind != {json.dumps(ROLLOUT[1])} || !has(object.spec.workloadRef)",
}
"""What is judged at all."""
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
    "account": 'variables.pod.?serviceAccountName.orValue("")',
    "ending": f'variables.pod.?restartPolicy.orValue("") in {json.dumps(probes.ENDING)} '
    f'|| variables.metadata.?labels[?"{COMPONENT}"].orValue("") == "{probes.WORKER}"',
    # Containers that run on, sidecars among them.
    "staying": "variables.ending ? [] : variables.pod.?containers.orValue([]) "
    '+ variables.pod.?initContainers.orValue([]).filter(c, c.?restartPolicy.orValue("") == "Always")',
    "annotations": "object.metadata.?annotations.orValue({})",
    "labels": "object.metadata.?labels.orValue({})",
    "ofCluster": f'object.kind == "Namespace" && object.metadata.?name.orValue("") in {json.dumps(SYSTEM)}',
    "ephemeral": f'"{EPHEMERAL}" in variables.labels || [dyn(variables.labels[?"{ENVIRONMENT}"].orValue("")), '
    f'dyn(object.metadata.?name.orValue(""))].exists(name, name.matches({json.dumps(VALUES["PREVIEW"])}))',
    # A role without rules has null there.
    "rights": "has(object.rules) && object.rules != null ? object.rules : []",
    # All of everything is left to the rule about wildcards.
    "grants": 'variables.rights.filter(r, !("*" in r.?apiGroups.orValue([]) && "*" in r.?resources.orValue([]) && "*" in r.verbs))',
    "coreGrants": 'variables.grants.filter(r, r.?apiGroups.orValue([]).exists(group, group in ["", "*"]))',
    "subjects": "object.?subjects.orValue([])",
    # An account of pods may be called anything.
    "people": 'variables.subjects.filter(s, s.kind != "ServiceAccount").map(s, s.name)',
}
"""What the rules read, in the order in which they need each other."""


def exported(rules: Iterable[Rule]) -> list[ResourceRule]:
    """The rules that have a form in CEL."""
    return [rule for rule in rules if isinstance(rule, ResourceRule) and form(rule).cel]


def policies(levels: Mapping[Rule, Level], options: Mapping[str, Options], environment: str) -> list[Manifest]:
    """A policy for each rule that isn't disabled, and its binding to the namespaces of an environment."""
    chosen = [rule for rule in exported(levels) if levels[rule] is not Level.DISABLED]
    return [
        manifest
        for rule in chosen
        for manifest in (policy(rule, options.get(rule.id, {})), binding(rule, levels[rule], environment, _namespaces(environment)))
    ]


def policy(rule: ResourceRule, options: Options) -> Manifest:
    """A rule as the API server's own admission judges by it."""
    found = form(rule)
    needed = _needed(found.cel, {"parameters": json.dumps({**rule.defaults, **options}), **VARIABLES, **found.variables})
    who = "object.kind + ' ' + object.metadata.?namespace.orValue('') + '/' + object.metadata.?name.orValue('')"
    validation = {
        "expression": found.cel,
        "messageExpression": f"{who} + {json.dumps(f': {rule.title} Fix: {rule.fix}')}",
        "message": f"{rule.title} Fix: {rule.fix}",
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": _resource_rules(rule)},
        "matchConditions": [{"name": name, "expression": expression} for name, expression in CONDITIONS.items()],
        "variables": [{"name": name, "expression": expression} for name, expression in needed.items()],
        "validations": [validation],
    }
    annotations = {"idp/rule": rule.id, "idp/source": rule.source}
    metadata = {"name": f"idp-{rule.id}", "annotations": annotations}
    return {"apiVersion": API_VERSION, "kind": "ValidatingAdmissionPolicy", "metadata": metadata, "spec": spec}


def binding(rule: ResourceRule, level: Level, name: str, namespaces: Mapping[str, Any]) -> Manifest:
    """Puts a policy into force in the namespaces that a label selector selects, and for what is in none."""
    spec = {
        "policyName": f"idp-{rule.id}",
        "validationActions": ACTIONS[level],
        "matchResources": {"namespaceSelector": dict(namespaces)},
    }
    metadata = {"name": f"idp-{rule.id}-{name}"}
    return {"apiVersion": API_VERSION, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata, "spec": spec}


def _namespaces(environment: str) -> Manifest:
    """Those of an environment. A preview's say whose they are: `pr-42`, `user-alice`."""
    if environment != "preview":
        return {"matchLabels": {ENVIRONMENT: environment}}
    others = [other for other in ENVIRONMENTS if other != environment]
    return {
        "matchExpressions": [
            {"key": ENVIRONMENT, "operator": "Exists"},
            {"key": ENVIRONMENT, "operator": "NotIn", "values": others},
        ]
    }


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
