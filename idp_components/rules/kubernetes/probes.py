"""Rules about probes: how Kubernetes learns whether a container is well."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.core import labels
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.kubernetes.pod_rule import pod_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.pod import TEMPLATES, Pod

SOURCE = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"
STAYING = tuple(kind for kind in TEMPLATES if kind[0] != "batch")
"""Kinds whose pods are meant to run on. A Job ends by itself: nobody waits for it to become ready, and it is not revived."""
ENDING = ("Never", "OnFailure")
WORKER = "worker"
"""Value of `app.kubernetes.io/component` on what takes its work from a queue: nobody calls it, and a crash shows by itself."""
HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
CALLERS = ("livenessProbe",), ("readinessProbe",), ("startupProbe",), ("lifecycle", "postStart"), ("lifecycle", "preStop")


@object_rule(
    "kubernetes-liveness-probe",
    STAYING,
    title="Kubernetes asks every container that runs on whether it is still alive.",
    severity=Severity.MEDIUM,
    rationale="A process that hangs looks like one that runs: without the probe nobody restarts it.",
    fix="Give the container a livenessProbe; a golden path makes it from the service's health, and a worker from its health_command.",
    source=SOURCE,
)
def liveness_probe(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _without(resource.pod, "livenessProbe")


@object_rule(
    "kubernetes-readiness-probe",
    STAYING,
    title="A container says when it can take requests.",
    severity=Severity.MEDIUM,
    rationale="Without the probe a Service sends requests to a pod that is still starting, at every rollout.",
    fix="Give the container a readinessProbe; a golden path makes it from the service's health.",
    source=SOURCE,
)
def readiness_probe(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _without(resource.pod, "readinessProbe")


def _without(pod: Pod, name: str) -> Iterator[Problem]:
    component, restarts = pod.metadata.get("labels", labels.COMPONENT), pod.spec.get("restartPolicy")
    if component.value == WORKER or restarts.value in ENDING:
        return
    for container, kind in _staying(pod):
        probe = container.get(name)
        ways = [probe.get(handler) for handler in HANDLERS]
        if not any(isinstance(way.value, dict) for way in ways):
            state = "is unset" if probe.value is None else "asks nothing"
            yield probe.problem(f"{state}; set httpGet, grpc, tcpSocket or exec", *ways, component, restarts, kind)


def _staying(pod: Pod) -> Iterator[tuple[Field, Field]]:
    """Sidecars, which are init containers that always restart, and ordinary containers; each with the field that decides this."""
    for container in pod.spec.get("initContainers").items():
        kind = container.get("restartPolicy")
        if kind.value in ("Always", UNKNOWN):
            yield container, kind
    for container in pod.spec.get("containers").items():
        yield container, container


@pod_rule(
    "kubernetes-probe-port",
    title="A probe or hook that names a port names one of its container's.",
    severity=Severity.MEDIUM,
    rationale="A name that no port has makes every probe fail: the pod never gets ready, or restarts for ever.",
    fix="Name the port in the container's ports, or write its number; a golden path names it once for both.",
    source=f"{SOURCE}#use-a-named-port",
)
def probe_port(pod: Pod) -> Iterator[Problem]:
    for container in pod.containers:
        names = [port.get("name") for port in container.get("ports").items()]
        for caller in CALLERS:
            for handler in ("httpGet", "tcpSocket"):
                port = container.get(*caller, handler, "port")
                # A number as text is a name too, and no port may have it.
                if port.value is UNKNOWN or (isinstance(port.value, str) and not any(name.value == port.value for name in names)):
                    yield port.problem("names no port of the container; name it in ports, or write the number", *names)


RULES = (liveness_probe, readiness_probe, probe_port)
