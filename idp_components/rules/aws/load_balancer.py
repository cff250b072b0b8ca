"""Rules about load balancers: what goes over them, and what they keep."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.setting import off
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import Companions, companions, refers
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.regex import regex
from idp_components.rules.values import is_false, is_true, one_or_many

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html"
LISTENERS = ("lb/Listener", "alb/Listener", "elasticloadbalancingv2/Listener", "applicationloadbalancing/Listener")
LISTENER_RULES = ("lb/ListenerRule", "alb/ListenerRule", "elasticloadbalancingv2/ListenerRule", "applicationloadbalancing/ListenerRule")
BALANCERS = ("lb/LoadBalancer", "alb/LoadBalancer", "elasticloadbalancingv2/LoadBalancer", "applicationloadbalancing/LoadBalancer")
CLASSIC = ("elb/LoadBalancer", "elasticloadbalancing/LoadBalancer")
CLASSIC_POLICIES = {
    "elb/LoadBalancerPolicy": "policyAttributes",
    "elb/SslNegotiationPolicy": "attributes",
    "elasticloadbalancing/LoadBalancerPolicy": "policyAttributes",
    "elasticloadbalancing/SslNegotiationPolicy": "attributes",
}
"""What the listeners of a classic load balancer speak, and under which property."""
REFERENCE = "Reference-Security-Policy"
OLD_VERSIONS = ("Protocol-SSLv2", "Protocol-SSLv3", "Protocol-TLSv1", "Protocol-TLSv1.1")
MODERN = regex(r"ELBSecurityPolicy-(TLS13-1-[23]-|FS-1-2-|TLS-1-2-|FIPS-TLS13-1-[23]-|TLS13-1-[23]$).*")
"""Policies that speak TLS 1.2 and later only ("Security policies for your Application Load Balancer")."""


def _may_be(resource: Resource, protocols: tuple[str, ...], ports: tuple[str, ...]) -> bool:
    """Whether a listener speaks one of some protocols, or may do so. Without a protocol it takes that of its port."""
    protocol, port = resource.root.get("protocol").value, resource.root.get("port").value
    by_port = protocol is None and (port is UNKNOWN or str(port) in ports)
    return by_port or protocol is UNKNOWN or protocol in protocols


@aws_stack_rule(
    "aws-elb-http",
    title="A listener without TLS only sends clients to the one with it.",
    severity=Severity.HIGH,
    rationale="What goes over HTTP, cookies and tokens too, is read and changed by whoever is in between.",
    fix="Let a Service with an ingress make the listener; otherwise redirect to HTTPS: "
    "defaultActions [{type: redirect, redirect: {protocol: HTTPS, port: '443', statusCode: HTTP_301}}].",
    source=f"{CONTROLS}#elb-1",
    tags=("fsbp:ELB.1",),
)
def http(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    plain = [listener for listener in stack.of(*LISTENERS) if _may_be(listener, ("HTTP",), ("80", "8080"))]
    for listener in plain:
        protocol, port = listener.root.get("protocol"), listener.root.get("port")
        for kind, target in _served(listener.root.get("defaultActions")):
            yield listener, protocol.problem("serves without TLS; redirect to HTTPS in defaultActions", kind, target, port)
            break
        for rule in _rules_of(stack, listener).certain:
            reference = rule.root.get("listenerArn")
            # A name that isn't the listener's may be that of one which stands elsewhere.
            unsure = [] if reference.value is UNKNOWN or refers(reference, listener) else [Field(UNKNOWN)]
            yield from ((rule, problem) for problem in _forwards(rule, protocol, port, *unsure))
    known = {id(rule) for listener in stack.of(*LISTENERS) for rule in _rules_of(stack, listener).certain}
    possible = [unknown for listener in plain for unknown in _rules_of(stack, listener).possible]
    for rule in stack.of(*LISTENER_RULES) if possible else ():
        if id(rule) not in known:
            yield from ((rule, problem) for problem in _forwards(rule, *possible))


def _rules_of(stack: Stack, listener: Resource) -> Companions:
    return companions(stack, listener, LISTENER_RULES, "listenerArn")


def _served(actions: Field) -> Iterator[tuple[Field, Field]]:
    """The kind of each action that isn't a redirect to HTTPS, and where it leads. Without a protocol it keeps that of the request."""
    for action in one_or_many(actions):
        kind, target = action.get("type"), action.get("redirect", "protocol")
        if not (kind.value == "redirect" and target.value == "HTTPS"):
            yield kind, target


def _forwards(rule: Resource, *decisive: Field) -> Iterator[Problem]:
    """Objects to what a rule serves without TLS. An answer that is always the same, such as a 404, gives nothing away."""
    for kind, target in _served(rule.root.get("actions")):
        if kind.value != "fixed-response":
            yield kind.problem("serves without TLS; redirect to HTTPS, or give the rule to the listener with it", target, *decisive)


@aws_rule(
    "aws-elb-tls-policy",
    *LISTENERS,
    *CLASSIC_POLICIES,
    title="A listener speaks TLS 1.2 or later.",
    severity=Severity.HIGH,
    rationale="Older versions have known flaws, and the default policy still speaks them.",
    fix="Set sslPolicy to ELBSecurityPolicy-TLS13-1-2-2021-06.",
    source=f"{CONTROLS}#elb-17",
    tags=("fsbp:ELB.17", "fsbp:ELB.8"),
)
def tls_policy(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws in CLASSIC_POLICIES:
        yield from _classic_versions(resource.root.get(CLASSIC_POLICIES[resource.aws]))
        return
    protocol, policy = resource.root.get("protocol"), resource.root.get("sslPolicy")
    if _may_be(resource, ("HTTPS", "TLS"), ("443",)) and not (isinstance(policy.value, str) and MODERN.fullmatch(policy.value)):
        state = "is unset, and the default is old" if policy.value is None else "is old"
        yield policy.problem(f"{state}; set it to ELBSecurityPolicy-TLS13-1-2-2021-06", protocol, resource.root.get("port"))


def _classic_versions(attributes: Field) -> Iterator[Problem]:
    """Objects to what the listeners of a classic load balancer agree on: a policy of AWS, or versions one by one."""
    for attribute in attributes.items():
        name, value = attribute.get("name"), attribute.get("value")
        is_modern = isinstance(value.value, str) and MODERN.fullmatch(value.value)
        if name.value in (REFERENCE, UNKNOWN) and not is_modern and not _is_switch(value):
            yield value.problem("is old; set it to ELBSecurityPolicy-TLS-1-2-2017-01", name)
        elif name.value in (*OLD_VERSIONS, UNKNOWN) and not is_modern and not is_false(value.value):
            yield value.problem("speaks what is older than TLS 1.2; set it to false", name)


def _is_switch(value: Field) -> bool:
    return is_true(value.value) or is_false(value.value)


@aws_rule(
    "aws-elb-classic-listener",
    *CLASSIC,
    title="A classic load balancer listens with TLS.",
    severity=Severity.HIGH,
    rationale="What goes over HTTP is read and changed by whoever is in between.",
    fix="Use a Service with an ingress; otherwise set lbProtocol to https or ssl, with a certificate.",
    source=f"{CONTROLS}#elb-3",
    tags=("fsbp:ELB.3",),
)
def classic_listener(resource: Resource, _options: Options) -> Iterator[Problem]:
    for listener in resource.root.get("listeners").items():
        protocol = listener.get("lbProtocol")
        if not (isinstance(protocol.value, str) and protocol.value.lower() in ("https", "ssl")):
            yield protocol.problem("has no TLS; set it to https or ssl")


def _is_application(resource: Resource) -> bool:
    return resource.root.get("loadBalancerType").value in (None, "application", UNKNOWN)


@aws_rule(
    "aws-elb-invalid-headers",
    *BALANCERS,
    title="An application load balancer drops headers that are none.",
    severity=Severity.MEDIUM,
    rationale="Server and load balancer read a malformed header differently, and a request is smuggled in between.",
    fix="Set dropInvalidHeaderFields to true.",
    source=f"{CONTROLS}#elb-4",
    tags=("fsbp:ELB.4",),
)
def invalid_headers(resource: Resource, _options: Options) -> Iterator[Problem]:
    if _is_application(resource):
        yield from off(resource.root.get("dropInvalidHeaderFields"), "set it to true", resource.root.get("loadBalancerType"))


@aws_rule(
    "aws-elb-access-logs",
    *BALANCERS,
    *CLASSIC,
    title="An application or classic load balancer keeps who asked for what.",
    severity=Severity.MEDIUM,
    rationale="Without access logs nobody can say afterwards who came and what they got.",
    fix="Set accessLogs to a bucket, and enabled to true.",
    source=f"{CONTROLS}#elb-5",
    tags=("fsbp:ELB.5",),
)
def access_logs(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind, logs = resource.root.get("loadBalancerType"), resource.root.get("accessLogs")
    enabled, bucket = logs.get("enabled"), logs.get("bucket")
    if kind.value in ("network", "gateway"):
        return
    classic_default = resource.aws in CLASSIC and enabled.value is None and bucket.value is not None
    if not is_true(enabled.value) and not classic_default:
        yield enabled.problem(f"{'is unset' if enabled.value is None else 'is false'}; set it to true and name a bucket", kind)


@aws_rule(
    "aws-elb-deletion-protection",
    *BALANCERS,
    title="A load balancer isn't deleted by mistake.",
    severity=Severity.MEDIUM,
    rationale="Its address stands in DNS and in allow lists of others, and a new one has another.",
    fix="Set enableDeletionProtection to true.",
    source=f"{CONTROLS}#elb-6",
    tags=("fsbp:ELB.6",),
)
def deletion_protection(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from off(resource.root.get("enableDeletionProtection"))


RULES = (http, tls_policy, classic_listener, invalid_headers, access_logs, deletion_protection)
