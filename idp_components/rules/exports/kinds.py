"""Kinds: what the API server calls those that rules are about."""

from __future__ import annotations

from idp_components.rules.model import ResourceRule
from idp_components.rules.pod import ROLLOUT, TEMPLATES

RESOURCES: dict[tuple[str, str], tuple[str, ...]] = {
    ("core", "Pod"): ("pods", "pods/ephemeralcontainers"),
    ("core", "PodTemplate"): ("podtemplates",),
    ("core", "ReplicationController"): ("replicationcontrollers",),
    ("apps", "Deployment"): ("deployments",),
    ("apps", "StatefulSet"): ("statefulsets",),
    ("apps", "DaemonSet"): ("daemonsets",),
    ("apps", "ReplicaSet"): ("replicasets",),
    ("batch", "Job"): ("jobs",),
    ("batch", "CronJob"): ("cronjobs",),
    ROLLOUT: ("rollouts",),
    ("autoscaling", "HorizontalPodAutoscaler"): ("horizontalpodautoscalers",),
    ("core", "ConfigMap"): ("configmaps",),
    ("core", "LimitRange"): ("limitranges",),
    ("core", "PersistentVolume"): ("persistentvolumes",),
    ("core", "PersistentVolumeClaim"): ("persistentvolumeclaims",),
    ("core", "ResourceQuota"): ("resourcequotas",),
    ("core", "Secret"): ("secrets",),
    ("core", "Service"): ("services",),
    ("core", "ServiceAccount"): ("serviceaccounts",),
    ("core", "Namespace"): ("namespaces",),
    ("cert-manager.io", "Certificate"): ("certificates",),
    ("cert-manager.io", "Issuer"): ("issuers",),
    ("external-secrets.io", "ExternalSecret"): ("externalsecrets",),
    ("external-secrets.io", "SecretStore"): ("secretstores",),
    ("gateway.networking.k8s.io", "Gateway"): ("gateways",),
    ("gateway.networking.k8s.io", "GRPCRoute"): ("grpcroutes",),
    ("gateway.networking.k8s.io", "HTTPRoute"): ("httproutes",),
    ("gateway.networking.k8s.io", "TCPRoute"): ("tcproutes",),
    ("gateway.networking.k8s.io", "TLSRoute"): ("tlsroutes",),
    ("gateway.networking.k8s.io", "UDPRoute"): ("udproutes",),
    ("keda.sh", "ScaledObject"): ("scaledobjects",),
    ("monitoring.coreos.com", "PodMonitor"): ("podmonitors",),
    ("monitoring.coreos.com", "PrometheusRule"): ("prometheusrules",),
    ("monitoring.coreos.com", "ServiceMonitor"): ("servicemonitors",),
    ("networking.istio.io", "Gateway"): ("gateways",),
    ("networking.istio.io", "VirtualService"): ("virtualservices",),
    ("networking.k8s.io", "Ingress"): ("ingresses",),
    ("networking.k8s.io", "NetworkPolicy"): ("networkpolicies",),
    ("policy", "PodDisruptionBudget"): ("poddisruptionbudgets",),
    ("postgresql.cnpg.io", "Cluster"): ("clusters",),
    ("rbac.authorization.k8s.io", "ClusterRole"): ("clusterroles",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("clusterrolebindings",),
    ("rbac.authorization.k8s.io", "Role"): ("roles",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("rolebindings",),
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): ("volumesnapshots",),
    ("storage.k8s.io", "StorageClass"): ("storageclasses",),
}
"""The resources of a kind that today's API server takes; `extensions` is gone from it."""


def kinds_of(rule: ResourceRule) -> list[tuple[str, str]]:
    """Group and kind of what a rule is about."""
    known = dict.fromkeys((*TEMPLATES, *RESOURCES, ("extensions", "Ingress")))
    return [(group, kind) for group, kind in known if rule.applies(f"kubernetes:{group}/v1:{kind}")]
