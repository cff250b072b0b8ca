"""Rules about NetworkPolicies together: a namespace is closed, each pod has a policy, and each policy has pods."""

from __future__ import annotations

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.network_policy import NETWORK_POLICY
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import every, same
from idp_components.rules.stack.index import Index, has, key, selected, turned
from idp_components.rules.stack.matching import doubts, is_open, labels_of, name_of, workloads
from idp_components.rules.stack_rule import Found, stack_rule

SOURCE = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
NAMESPACE = ("core", "Namespace")
OTHER_POLICIES = (
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("crd.projectcalico.org", "NetworkPolicy"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
    ("projectcalico.org", "NetworkPolicy"),
)
"""Policies of network plugins, which close pods in a language of their own."""
SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
DIRECTIONS = ("Ingress", "Egress")


@stack_rule(
    "stack-default-deny",
    title="A namespace is closed until a policy opens it.",
    severity=Severity.HIGH,
    rationale="Without a policy for all pods, each pod that nobody thought of takes calls from the whole cluster, and calls anywhere.",
    fix="Add a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress and no rules; a golden path's Team makes it.",
    source=f"{SOURCE}#default-deny-all-ingress-and-all-egress-traffic",
    tags=("cis-k8s-1.10:5.3.2",),
)
def default_deny(stack: Stack, _options: Options) -> Found:
    if is_open(stack) or stack.of(*OTHER_POLICIES):
        return
    for namespace in stack.of(NAMESPACE):
        if name_of(namespace) in SYSTEM:
            continue
        name = namespace.root.get("metadata", "name")
        inside = [(policy, same(name_of(namespace), policy.home)) for policy in stack.once(policies).get(key(name_of(namespace)))]
        for direction in DIRECTIONS:
            verdicts = [every((together, _closes(policy, direction))) for policy, together in inside]
            if True not in verdicts:
                way = "comes in" if direction == "Ingress" else "goes out"
                message = f"has no NetworkPolicy that denies what {way}; add one with an empty podSelector and no rules"
                yield namespace, name.problem(message, *doubts(verdicts))


def _closes(policy: Resource, direction: str) -> bool | None:
    spec = policy.root.get("spec")
    rules, selector = spec.get(direction.lower()), spec.get("podSelector")
    if rules.value is UNKNOWN or selector.value is UNKNOWN:
        return None
    everything = all(selector.get(key).value in (None, {}, []) for key in ("matchLabels", "matchExpressions"))
    return every((everything and rules.value in (None, []), _has_direction(spec, direction)))


def _has_direction(spec: Field, direction: str) -> bool | None:
    """Whether a policy is about one direction. Where it doesn't say, it is about Ingress, and about Egress if it has rules for that."""
    types = spec.get("policyTypes")
    if types.value in (None, []):
        egress = spec.get("egress").value
        return direction == "Ingress" or (None if egress is UNKNOWN else bool(egress))
    verdicts = [same(kind.value, direction) for kind in types.items()]
    return True if True in verdicts else None if None in verdicts else False


@stack_rule(
    "stack-network-policy-covers-pods",
    title="Every pod has a NetworkPolicy.",
    severity=Severity.MEDIUM,
    rationale="A pod that no policy selects takes calls from the whole cluster and calls anywhere, as soon as default-deny is lifted.",
    fix="Add a policy that selects the pod's labels, for Ingress and Egress; a golden path makes one from uses and allow_from.",
    source=f"{SOURCE}#the-two-sorts-of-pod-isolation",
    tags=("cis-k8s-1.10:5.3.2",),
)
def network_policy_covers_pods(stack: Stack, _options: Options) -> Found:
    if is_open(stack) or stack.of(*OTHER_POLICIES):
        return
    policies_of = turned((policy, selected(stack, policy, policy.root.get("spec", "podSelector"))) for policy in stack.of(NETWORK_POLICY))
    for workload in workloads(stack):
        beside = has(stack, workload.home, [NETWORK_POLICY])
        ours = _is_ours(workload.home, stack)
        if not beside and ours is False:
            continue  # who made the namespace has closed it
        labels = labels_of(workload)
        for direction in DIRECTIONS:
            verdicts = [
                every((verdict, _has_direction(policy.root.get("spec"), direction)))
                for policy, verdict in policies_of.get(id(workload), [])
            ]
            if True not in verdicts:
                unsure = doubts([*verdicts, True if beside else ours])
                message = f"are selected by no NetworkPolicy for {direction}; add one"
                yield workload, (labels if labels.value is not None else workload.pod.spec).problem(message, *unsure)


def policies(stack: Stack) -> Index:
    """NetworkPolicies by namespace."""
    return Index(stack.of(NETWORK_POLICY), lambda policy: [key(policy.home)])


def namespaces(stack: Stack) -> Index:
    """Namespaces by name."""
    return Index(stack.of(NAMESPACE), lambda namespace: [key(name_of(namespace))])


def _is_ours(namespace: object, stack: Stack) -> bool | None:
    """Whether nobody else closes a namespace: the stack makes it, or it is `default`."""
    verdicts = [same(namespace, "default"), *(same(namespace, name_of(each)) for each in stack.once(namespaces).get(key(namespace)))]
    return True if True in verdicts else None if None in verdicts else False


@stack_rule(
    "stack-network-policy-selects-pods",
    title="A NetworkPolicy selects pods.",
    severity=Severity.MEDIUM,
    rationale="A policy with a label that no pod has closes nothing, and what it should open stays shut.",
    fix="Select by the labels of the pod template; a golden path writes both from one place.",
    source=f"{SOURCE}#networkpolicy-resource",
)
def network_policy_selects_pods(stack: Stack, _options: Options) -> Found:
    if is_open(stack):
        return
    for policy in stack.of(NETWORK_POLICY):
        selector = policy.root.get("spec", "podSelector")
        verdicts = [verdict for _, verdict in selected(stack, policy, selector)]
        if selector.value not in (None, {}) and has(stack, policy.home, TEMPLATES) and True not in verdicts:
            yield policy, selector.problem("selects none of the namespace's pods; use the labels of a pod template", *doubts(verdicts))


RULES = (default_deny, network_policy_covers_pods, network_policy_selects_pods)
