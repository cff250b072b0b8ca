"""The control plane does what a cloud's would: volumes, addresses, Jobs that end, admission that refuses."""

import json
from collections.abc import Callable
from typing import Any

POD = {"containers": [{"name": "app", "image": "registry.example/app:1"}]}
SECONDS = 60


def create(kubectl: Callable[..., Any], namespace: str, manifest: dict[str, Any], check: bool = True) -> Any:
    return kubectl("create", "--namespace", namespace, "--filename", "-", stdin=json.dumps(manifest), check=check)


def test_a_claim_gets_a_volume_of_its_size_and_the_volume_goes_with_the_claim(kubectl: Callable[..., Any], namespace: str) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "7Gi"}}}
    create(kubectl, namespace, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec})
    kubectl("wait", "pvc/data", "--namespace", namespace, "--for=jsonpath={.status.phase}=Bound", f"--timeout={SECONDS}s")
    claim = kubectl("get", "pvc", "data", "--namespace", namespace)
    volume = kubectl("get", "pv", claim["spec"]["volumeName"])
    assert volume["spec"]["capacity"] == {"storage": "7Gi"}

    kubectl("delete", "pvc", "data", "--namespace", namespace)
    kubectl("wait", f"pv/{volume['metadata']['name']}", "--for=delete", f"--timeout={SECONDS}s")


def test_an_ingress_and_a_load_balancer_get_an_address_on_loopback(kubectl: Callable[..., Any], namespace: str) -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    ingress = {"ingressClassName": "nginx", "defaultBackend": backend}
    service = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    create(kubectl, namespace, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}, "spec": ingress})
    create(kubectl, namespace, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service})
    for kind in ("ingress", "service"):
        wanted = "--for=jsonpath={.status.loadBalancer.ingress[0].ip}=127.0.0.1"
        kubectl("wait", f"{kind}/web", "--namespace", namespace, wanted, f"--timeout={SECONDS}s")


def test_the_platforms_gateway_is_programmed(kubectl: Callable[..., Any]) -> None:
    kubectl("wait", "gateway/public", "--namespace", "ingress", "--for=condition=Programmed", f"--timeout={SECONDS}s")


def test_a_job_completes_and_a_deployment_becomes_available(kubectl: Callable[..., Any], namespace: str) -> None:
    job = {"template": {"spec": POD | {"restartPolicy": "Never"}}}
    labels = {"app": "web"}
    deployment = {"replicas": 3, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": POD}}
    create(kubectl, namespace, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": job})
    create(kubectl, namespace, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": deployment})
    kubectl("wait", "job/once", "--namespace", namespace, "--for=condition=Complete", f"--timeout={SECONDS}s")
    kubectl("rollout", "status", "deployment/web", "--namespace", namespace, f"--timeout={SECONDS}s")


def test_a_privileged_pod_is_refused_where_the_namespace_says_so(kubectl: Callable[..., Any], namespace: str) -> None:
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    privileged = {"containers": [POD["containers"][0] | {"securityContext": {"privileged": True}}]}
    answer = create(kubectl, namespace, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad"}, "spec": privileged}, check=False)
    assert "violates PodSecurity" in answer


def test_a_quota_is_enforced(kubectl: Callable[..., Any], namespace: str) -> None:
    kubectl("create", "quota", "few", "--namespace", namespace, "--hard=count/configmaps=1")
    kubectl("wait", "quota/few", "--namespace", namespace, "--for=jsonpath={.status.used.count/configmaps}=1", f"--timeout={SECONDS}s")
    answer = kubectl("create", "configmap", "second", "--namespace", namespace, check=False)
    assert "exceeded quota" in answer


def test_somebody_without_a_role_may_do_nothing(kubectl: Callable[..., Any], namespace: str) -> None:
    answer = kubectl("create", "configmap", "mine", "--namespace", namespace, "--as", "somebody", check=False)
    assert 'User "somebody" cannot create resource "configmaps"' in answer
