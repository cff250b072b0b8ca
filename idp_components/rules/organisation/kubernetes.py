"""Rules about whose a namespace or a workload is, and where it belongs. The labels are those of `core/labels.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from idp_components.core import labels, naming
from idp_components.core.stack_name import parts_of_urn
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.pod import ROLLOUT
from idp_components.rules.regex import regex

NAMESPACE = {("core", "Namespace")}
WORKLOADS = {(group, kind) for group in ("apps", "extensions") for kind in ("DaemonSet", "Deployment", "StatefulSet")}
JOB = ("batch", "Job")
WORKLOADS |= {("batch", "CronJob"), JOB, ROLLOUT}
CHART = "idp:index:HelmApplication"
SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
SOURCE = "https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"
OWNED = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#motivation"
VALUE = regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")

Remedy = Callable[[Resource, Options], dict[str, Any] | None]


def _from_stack(label: str, part: str) -> Remedy:
    """Adds a label that the stack's name `<team>-<environment>` says."""

    def remedy(resource: Resource, _options: Options) -> dict[str, Any] | None:
        stack, metadata, there = parts_of_urn(resource.urn), resource.root.get("metadata"), _labels(resource)
        if not stack or resource.origin or not isinstance(metadata.value, dict) or not isinstance(there.value, dict | None):
            return None
        if there.get(label).value is not None:
            return None
        return {**resource.props, "metadata": {**metadata.value, "labels": {**(there.value or {}), label: stack[part]}}}

    return remedy


def _labels(resource: Resource) -> Field:
    """The labels that an object gets: a Job without any has those of its pods from the API server."""
    own = resource.root.get("metadata", "labels")
    return own if own.value or resource.group_kind != JOB else resource.pod.metadata.get("labels")


def _unless_named(resource: Resource, label: str, example: str) -> Iterator[Problem]:
    """A problem where an object has no such label. The cluster's own namespaces need none, and what a golden path installs of others'
    charts can't have it: there the namespace says it."""
    if CHART in resource.ancestors:
        return
    decisive = [resource.root.get("metadata", "name")] if resource.group_kind in NAMESPACE else []
    field, given = resource.root.get("metadata", "labels", label), _labels(resource).get(label)
    named = isinstance(given.value, str) and VALUE.fullmatch(given.value)
    if not named and not any(name.value in SYSTEM for name in decisive):
        yield field.problem(f"{'is unset' if field.value is None else 'is no name'}; set it, for example {example}", given, *decisive)


@object_rule(
    "organisation-team-label",
    NAMESPACE | WORKLOADS,
    title="A namespace and a workload say which team owns them.",
    severity=Severity.MEDIUM,
    rationale="An alarm, a cost or a finding on something without an owner reaches nobody.",
    fix=f"Set the label {labels.TEAM}; a golden path takes it from its context.",
    source=OWNED,
    remedy=_from_stack(labels.TEAM, "team"),
)
def team_label(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _unless_named(resource, labels.TEAM, "checkout")


@object_rule(
    "organisation-environment-label",
    NAMESPACE | WORKLOADS,
    title="A namespace and a workload say which environment they belong to.",
    severity=Severity.LOW,
    rationale="Network rules and cost reports tell environments apart by it: without it production is mistaken for something else.",
    fix=f"Set the label {labels.ENVIRONMENT}; a golden path takes it from its context.",
    source=OWNED,
    remedy=_from_stack(labels.ENVIRONMENT, "environment"),
)
def environment_label(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _unless_named(resource, labels.ENVIRONMENT, "dev")


@object_rule(
    "organisation-cost-centre-label",
    NAMESPACE,
    title="A namespace says who pays for it.",
    severity=Severity.LOW,
    rationale="Cost reports of the cluster group by namespace; what has no cost centre is paid by everybody.",
    fix=f"Set the label {labels.COST_CENTRE}: owner.cost_centre in the golden path's TeamSpec.",
    source=OWNED,
)
def cost_centre_label(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _unless_named(resource, labels.COST_CENTRE, "cc-4711")


@object_rule(
    "organisation-name-label",
    WORKLOADS,
    title="A workload carries the label by which tools know its name.",
    severity=Severity.LOW,
    rationale="Dashboards, network rules and the service catalogue find a workload by app.kubernetes.io/name.",
    fix=f"Set the label {labels.NAME}; a golden path takes it from the component's name.",
    source=SOURCE,
)
def name_label(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _unless_named(resource, labels.NAME, "cartservice")


@object_rule(
    "organisation-namespace-name",
    NAMESPACE,
    title="A namespace is called after its team and environment.",
    severity=Severity.LOW,
    rationale="Rights, quotas and addresses follow from the name <team>-<environment>; another name is outside of all of them.",
    fix="Name it <team>-<environment>, as its labels say; a golden path's Team and EphemeralEnvironment do.",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
)
def namespace_name(resource: Resource, _options: Options) -> Iterator[Problem]:
    name, team, environment = (
        resource.root.get("metadata", *path) for path in (("name",), ("labels", labels.TEAM), ("labels", labels.ENVIRONMENT))
    )
    if team.value is None or environment.value is None or name.value in (None, *SYSTEM):
        return  # whose it is has rules of its own, and what Pulumi names has the stack's name in it
    if UNKNOWN in (name.value, team.value, environment.value) or name.value != naming.namespace(team.value, environment.value):
        yield name.problem("is not <team>-<environment> as its labels say; name it so", team, environment)


RULES = (team_label, environment_label, cost_centre_label, name_label, namespace_name)
