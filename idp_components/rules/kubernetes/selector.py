"""The rule that a workload selects its own pods."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.pod import ROLLOUT
from idp_components.rules.selectors import agree, doubts, selects

SELECTING = (*(("apps", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")), ROLLOUT)
BY_PAIRS = ("core", "ReplicationController")


@object_rule(
    "kubernetes-selector-matches-template",
    (*SELECTING, BY_PAIRS),
    title="A workload selects the pods of its own template.",
    severity=Severity.MEDIUM,
    rationale="The API server refuses a workload whose template lacks a label of its selector, and the rollout never begins.",
    fix="Repeat the selector's labels in the template; a golden path writes both from one place.",
    source="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
)
def selector_matches_template(resource: Resource, _options: Options) -> Iterator[Problem]:
    selector, labels = resource.root.get("spec", "selector"), resource.pod.metadata.get("labels")
    if selector.value is None:
        return
    verdict = agree(selector, labels) if resource.group_kind == BY_PAIRS else selects(selector, labels)
    if not verdict:
        yield selector.problem("does not select the template's pods; repeat its labels in the template", *doubts([verdict]))


RULES = (selector_matches_template,)
