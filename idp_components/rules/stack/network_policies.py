"""Rules about NetworkPolicies together: a namespace is closed, each pod has a policy, and each policy has pods."""

from __future__ import annotations

from functools import partial

from idp_components.core.stack_name import parts_of_urn
from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.network_policy import NETWORK_POLICY
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import doubts, every, same, some
from idp_components.rules.stack.index import Index, has, key, none_selected, selected, surely_has, turned
from idp_components.rules.stack.matching import is_open, labels_of, may_bring_anything, name_of, workloads
from idp_components.rules.stack_rule import Found, stack_rule
from idp_components.rules.values import is_true

SOURCE = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
NAMESPACE = ("core", "Namespace")
PLUGIN_POLICIES = (("cilium.io", "CiliumNetworkPolicy"), ("crd.projectcalico.org", "NetworkPolicy"), ("projectcalico.org", "NetworkPolicy"))
"""Policies of network plugins, which close pods of their namespace in a language of their own."""
CLUSTER_POLICIES = (
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("projectcalico.org", "GlobalNetworkPolicy"),
)
"""Those that close pods of any namespace."""
ADMIN_POLICIES = tuple(
    ("policy.networking.k8s.io", kind) for kind in ("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy")
)
"""Those of an administrator for any namespace, which close what a rule of theirs denies."""
SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
DIRECTIONS = ("Ingress", "Egress")
DNS = 53


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
    if may_bring_anything(stack):
        return
    for namespace in stack.of(NAMESPACE):
        if name_of(namespace) in SYSTEM:
            continue
        name = namespace.root.get("metadata", "name")
        inside = [(policy, same(name_of(namespace), policy.home)) for policy in stack.once(policies).get(key(name_of(namespace)))]
        for direction in DIRECTIONS:
            verdicts = [every((together, _closes(policy, direction))) for policy, together in inside]
            verdicts.append(_closed_otherwise(name_of(namespace), stack, direction))
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
    return every((everything, _are_shut(rules, direction), _has_direction(spec, direction)))


def _are_shut(rules: Field, direction: str) -> bool | None:
    """Whether rules open nothing, or to what goes out nothing but the way to DNS."""
    lookups = isinstance(rules.value, list) and direction == "Egress" and every(_is_name_lookup(rule) for rule in rules.items())
    return rules.value in (None, []) or lookups


def _is_name_lookup(rule: Field) -> bool | None:
    """Whether a rule lets out questions to DNS alone."""
    ports = list(rule.get("ports").items())
    return every(every((same(port.get("port").value, DNS), same(port.get("endPort").value, None))) for port in ports) if ports else False


def _closed_otherwise(namespace: object, stack: Stack, direction: str) -> bool | None:
    """Whether something else than a NetworkPolicy closes a namespace, as far as its own language lets one say."""
    return some((stack.once(_closed_everywhere, direction), surely_has(stack, namespace, PLUGIN_POLICIES)))


def _closed_everywhere(stack: Stack, direction: str) -> bool | None:
    rules = (rule for policy in stack.of(*ADMIN_POLICIES) for rule in policy.root.get("spec", direction.lower()).items())
    return some((bool(stack.of(*CLUSTER_POLICIES)), *(same(rule.get("action").value, "Deny") for rule in rules)))


def _has_direction(spec: Field, direction: str) -> bool | None:
    """Whether a policy is about one direction. Where it doesn't say, it is about Ingress, and about Egress if it has rules for that."""
    types = spec.get("policyTypes")
    if types.value in (None, []):
        egress = spec.get("egress").value
        return direction == "Ingress" or (None if egress is UNKNOWN else bool(egress))
    return some(same(kind.value, direction) for kind in types.items())


@stack_rule(
    "stack-network-policy-covers-pods",
    title="Every pod has a NetworkPolicy.",
    severity=Severity.MEDIUM,
    rationale="A pod that no policy selects takes calls from the whole cluster and calls anywhere; one in the room that the platform has "
    "closed for the stack does as soon as default-deny is lifted.",
    fix="Add a policy that selects the pod's labels, for Ingress and Egress; a golden path makes one from uses and allow_from.",
    source=f"{SOURCE}#the-two-sorts-of-pod-isolation",
    tags=("cis-k8s-1.10:5.3.2",),
)
def network_policy_covers_pods(stack: Stack, _options: Options) -> Found:
    if may_bring_anything(stack):
        return
    policies_of = turned(
        (policy, selected(stack, policy.home, policy.root.get("spec", "podSelector"))) for policy in stack.of(NETWORK_POLICY)
    )
    for workload in workloads(stack):
        closed = every((not has(stack, workload.home, [NETWORK_POLICY]), _is_room(workload, stack)))
        if closed:
            continue
        labels, host = labels_of(workload), workload.pod.spec.get("hostNetwork")
        if is_true(host.value):
            continue  # it has the address of its node, which policies for pods don't know
        for direction in DIRECTIONS:
            verdicts = [
                every((verdict, _has_direction(policy.root.get("spec"), direction)))
                for policy, verdict in policies_of.get(id(workload), [])
            ]
            verdicts.append(_closed_otherwise(workload.home, stack, direction))
            if True not in verdicts:
                unsure = doubts([*verdicts, closed])
                message = f"are selected by no NetworkPolicy for {direction}; add one"
                yield workload, (labels if labels.value is not None else workload.pod.spec).problem(message, host, *unsure)


def policies(stack: Stack) -> Index:
    """NetworkPolicies by namespace."""
    return Index(stack.of(NETWORK_POLICY), lambda policy: [key(policy.home)])


def namespaces(stack: Stack) -> Index:
    """Namespaces by name."""
    return Index(stack.of(NAMESPACE), lambda namespace: [key(name_of(namespace))])


def _is_room(workload: Resource, stack: Stack) -> bool | None:
    """Whether a pod's namespace is the room that the platform has made, and closed, for the stack: it has the stack's name."""
    team = parts_of_urn(workload.urn)
    if not team:
        return False
    own = some(same(workload.home, name_of(each)) for each in stack.once(namespaces).get(key(workload.home)))
    return every((same(workload.home, team[0]), None if own is None else not own))


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
        if selector.value in (None, {}):
            continue
        choose = partial(selected, stack, selector=selector, later=True)
        yield from ((policy, problem) for problem in none_selected(stack, policy, selector, TEMPLATES, choose))


RULES = (default_deny, network_policy_covers_pods, network_policy_selects_pods)
