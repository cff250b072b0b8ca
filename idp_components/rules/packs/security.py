"""The pack `idp-security`: what an intruder would look for."""

from idp_components.rules.kubernetes import (
    bindings,
    credentials,
    image,
    ingress,
    network_policy,
    pod_security_baseline,
    pod_security_restricted,
    roles,
    service,
    service_account,
    workload,
)
from idp_components.rules.levels import ADVICE, ALWAYS, ON_REQUEST, RELAXED
from idp_components.rules.packs.model import Pack, each
from idp_components.rules.stack import network_policies, rights, services

SECURITY = Pack(
    name="idp-security",
    description="What an intruder would look for: pods with rights over their node, images from anywhere, open doors, wide rights.",
    levels={
        # Kubernetes: pods
        **each(pod_security_baseline.RULES, ALWAYS),
        **each(pod_security_restricted.RULES, ALWAYS),
        **each(image.RULES, ALWAYS),
        image.image_digest: ON_REQUEST,
        workload.read_only_root_filesystem: RELAXED,
        workload.service_account_token: ADVICE,
        workload.default_namespace: ADVICE,
        **each(credentials.RULES, ALWAYS),
        **each(service_account.RULES, RELAXED),
        # Kubernetes: ways in and out
        service.node_port: RELAXED,
        service.load_balancer: RELAXED,
        service.external_ips: ALWAYS,
        ingress.ingress_tls: RELAXED,
        ingress.wildcard_host: RELAXED,
        ingress.snippet: ALWAYS,
        ingress.gateway_tls: RELAXED,
        services.route_tls: RELAXED,
        **each(network_policy.RULES, RELAXED),
        network_policies.default_deny: RELAXED,
        network_policies.network_policy_covers_pods: RELAXED,
        network_policies.network_policy_selects_pods: RELAXED,
        # Kubernetes: rights
        **each(roles.RULES, ALWAYS),
        **each(bindings.RULES, ALWAYS),
        **each(rights.RULES, RELAXED),
    },
)
