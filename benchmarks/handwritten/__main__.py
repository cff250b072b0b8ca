"""The same resources as `library/`, as a careful engineer would write them by hand with pulumi_kubernetes."""

import pulumi
import pulumi_kubernetes as k8s

NAMESPACE = "bench-dev"
OWNED = {"idp/team": "bench", "idp/environment": "dev", "app.kubernetes.io/managed-by": "pulumi"}
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
WORKLOADS = ["get", "list", "watch", "create", "update", "patch", "delete"]
READ = ["get", "list", "watch"]


def team() -> list[pulumi.Resource]:
    parent = pulumi.ComponentResource("bench:index:Team", "bench")
    namespace = k8s.core.v1.Namespace(NAMESPACE, metadata={"name": NAMESPACE, "labels": {**OWNED, **RESTRICTED}}, opts=below(parent))
    inside = below(parent, [namespace])
    k8s.networking.v1.NetworkPolicy(
        "default-deny", metadata=meta("default-deny", OWNED), spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, opts=inside
    )
    k8s.rbac.v1.Role(
        "developer",
        metadata=meta("developer", OWNED),
        rules=[
            {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "replicasets"], "verbs": WORKLOADS},
            {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": WORKLOADS},
            {"apiGroups": [""], "resources": ["pods", "services", "configmaps", "persistentvolumeclaims"], "verbs": WORKLOADS},
            {"apiGroups": [""], "resources": ["pods/log", "events"], "verbs": READ},
        ],
        opts=inside,
    )
    k8s.rbac.v1.RoleBinding(
        "developer",
        metadata=meta("developer", OWNED),
        role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "developer"},
        subjects=[{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "idp:bench"}],
        opts=inside,
    )
    return [parent]


def service(name: str, after: list[pulumi.Resource]) -> None:
    parent = pulumi.ComponentResource("bench:index:Service", name)
    selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "service"}
    labels = {**selector, "app.kubernetes.io/part-of": "bench", "backstage.io/kubernetes-id": name, **OWNED}
    versioned = {**labels, "app.kubernetes.io/version": "v1.0.0"}
    first = below(parent, after)
    account = k8s.core.v1.ServiceAccount(name, metadata=meta(name, labels), automount_service_account_token=False, opts=first)
    policy = k8s.networking.v1.NetworkPolicy(
        name,
        metadata=meta(name, labels),
        spec={
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": [
                {
                    "to": [
                        {
                            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                        }
                    ],
                    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
                }
            ],
        },
        opts=first,
    )
    rest = below(parent, [account, policy])
    k8s.apps.v1.Deployment(
        name,
        metadata=meta(name, versioned),
        spec={
            "selector": {"matchLabels": selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 600,
            "template": {"metadata": {"labels": versioned}, "spec": pod(name, selector)},
        },
        opts=rest,
    )
    k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        metadata=meta(name, labels),
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 1,
            "maxReplicas": 2,
            "metrics": [
                {"type": "Resource", "resource": {"name": resource, "target": {"type": "Utilization", "averageUtilization": percent}}}
                for resource, percent in (("cpu", 70), ("memory", 80))
            ],
            "behavior": {
                "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
                "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
            },
        },
        opts=rest,
    )
    k8s.policy.v1.PodDisruptionBudget(
        name,
        metadata=meta(name, labels),
        spec={"maxUnavailable": 1, "selector": {"matchLabels": selector}, "unhealthyPodEvictionPolicy": "AlwaysAllow"},
        opts=rest,
    )
    k8s.core.v1.Service(
        name,
        metadata=meta(name, labels),
        spec={"selector": selector, "ports": [{"name": "http", "port": 8080, "targetPort": "main", "appProtocol": "http"}]},
        opts=rest,
    )


def pod(name: str, selector: dict[str, str]) -> dict[str, object]:
    ask = {"httpGet": {"path": "/healthz", "port": "main"}}
    return {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 35,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "fsGroup": 65532,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": name,
                "image": "registry.example.com/bench/api:v1.0.0",
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": "PORT", "value": "8080"}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}},
                "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "writable-0", "mountPath": "/tmp"}],
                "ports": [{"name": "main", "containerPort": 8080}],
                "startupProbe": {**ask, "periodSeconds": 2, "failureThreshold": 30},
                "readinessProbe": {**ask, "periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 2},
                "livenessProbe": {**ask, "periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 2},
                "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
            }
        ],
        "volumes": [{"name": "writable-0", "emptyDir": {}}],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector},
                "matchLabelKeys": ["pod-template-hash"],
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
    }


def meta(name: str, labels: dict[str, str]) -> dict[str, object]:
    return {"name": name, "namespace": NAMESPACE, "labels": labels}


def below(parent: pulumi.Resource, after: list[pulumi.Resource] | None = None) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=parent, depends_on=after or [])


ready = team()
for number in range(pulumi.Config().require_int("services")):
    service(f"service-{number}", ready)
