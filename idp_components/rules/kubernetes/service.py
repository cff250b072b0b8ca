"""Rules about Services: what they open to the world beside the one way in."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false

SERVICE = {("core", "Service")}
SOURCE = "https://kubernetes.io/docs/concepts/services-networking/service/"
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
OLD_INTERNAL = "service.beta.kubernetes.io/aws-load-balancer-internal"
INTERNAL_CLASSES = ("service.k8s.aws/nlb", "eks.amazonaws.com/nlb", "tailscale")
"""Classes whose load balancers are internal where nobody says otherwise (AWS Load Balancer Controller, since 2.2)."""
INTERNAL = {
    OLD_INTERNAL: ("true", "0.0.0.0/0"),
    SCHEME: ("internal",),
    "service.beta.kubernetes.io/aws-load-balancer-type": ("external", "nlb-ip"),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
    "oci-network-load-balancer.oraclecloud.com/internal": ("true",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
    "yandex.cloud/load-balancer-type": ("internal",),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": ("intranet",),
    "service.beta.kubernetes.io/cce-load-balancer-internal-vpc": ("true",),
    "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid": ("subnet-",),
    "service.beta.kubernetes.io/do-loadbalancer-network": ("internal",),
    "service.beta.kubernetes.io/scw-loadbalancer-private": ("true",),
    "load-balancer.hetzner.cloud/disable-public-network": ("true",),
}
"""By these annotations, and how their values begin, the clouds make a load balancer that only their own network reaches (the page above,
"Internal load balancer")."""


@object_rule(
    "kubernetes-service-node-port",
    SERVICE,
    title="No Service opens a port on every node.",
    severity=Severity.MEDIUM,
    rationale="A node port passes by Ingress, TLS and most firewalls: whoever reaches a node reaches the pods.",
    fix="Use type ClusterIP and expose the service through the platform's Ingress or Gateway: expose in the golden path's spec.",
    source=f"{SOURCE}#type-nodeport",
)
def node_port(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind = resource.root.get("spec", "type")
    if kind.value in ("NodePort", UNKNOWN):
        yield kind.problem("opens a port on every node; use ClusterIP and an Ingress or HTTPRoute")


@object_rule(
    "kubernetes-service-load-balancer",
    SERVICE,
    title="No Service has a public load balancer of its own.",
    severity=Severity.HIGH,
    rationale="Each one is an open door without TLS, names or logs, beside the one that is watched, and it costs by the hour.",
    fix="Expose the service through the platform's Ingress or Gateway; for callers in the VPC add the cloud's annotation for internal.",
    source=f"{SOURCE}#internal-load-balancer",
)
def load_balancer(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind = resource.root.get("spec", "type")
    if kind.value not in ("LoadBalancer", UNKNOWN):
        return
    annotations = resource.root.get("metadata", "annotations")
    marks = [annotations.get(name) for name in INTERNAL]
    maker, scheme, old = resource.root.get("spec", "loadBalancerClass"), annotations.get(SCHEME), annotations.get(OLD_INTERNAL)
    # It is newer than AWS' other annotations, and stronger; without it the old one decides what a type or class leaves open.
    public = scheme.value is UNKNOWN or str(scheme.value).lower() == "internet-facing"
    if not scheme.value:
        public = old.value is UNKNOWN or is_false(old.value)
    within = maker.value in INTERNAL_CLASSES or any(str(mark.value).lower().startswith(INTERNAL[str(mark.key)]) for mark in marks)
    if public or not within:
        message = "makes a public load balancer; use ClusterIP and an Ingress or HTTPRoute, or annotate it as internal"
        yield kind.problem(message, maker, *marks)


@object_rule(
    "kubernetes-service-external-ips",
    SERVICE,
    title="No Service takes over addresses.",
    severity=Severity.HIGH,
    rationale="With externalIPs a Service receives what pods send to any address, also one of somebody else (CVE-2020-8554).",
    fix="Remove externalIPs; use the platform's Ingress or Gateway.",
    source=f"{SOURCE}#external-ips",
)
def external_ips(resource: Resource, _options: Options) -> Iterator[Problem]:
    addresses = resource.root.get("spec", "externalIPs")
    if addresses.value not in (None, []):
        yield addresses.problem("takes over addresses; remove it")


RULES = (node_port, load_balancer, external_ips)
