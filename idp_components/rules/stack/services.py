"""Rules about Services: each selects pods, and leads to a port that they listen on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import doubts, every, same, some
from idp_components.rules.stack.index import agreeing, miss
from idp_components.rules.stack.matching import is_open
from idp_components.rules.stack_rule import Found, stack_rule
from idp_components.rules.values import number

SERVICE = ("core", "Service")
SOURCE = "https://kubernetes.io/docs/concepts/services-networking/service/"
ELSEWHERE = "ExternalName"
"""The type of a Service that is another name of a host; a selector of it does nothing."""


class Selecting(NamedTuple):
    """A Service that leads to the pods that it selects, unless its type turns out to be another."""

    service: Resource
    selector: Field
    type: Field


def selecting(stack: Stack) -> Iterator[Selecting]:
    """Services with a selector that counts; the endpoints of others are written by hand."""
    for service in stack.of(SERVICE):
        spec = service.root.get("spec")
        if spec.get("selector").value not in (None, {}) and spec.get("type").value != ELSEWHERE:
            yield Selecting(service, spec.get("selector"), spec.get("type"))


@stack_rule(
    "stack-service-selects-pods",
    title="A Service selects pods.",
    severity=Severity.HIGH,
    rationale="A selector with a label that no pod has makes a Service without endpoints: every call is refused.",
    fix="Select by the labels of the pod template; a golden path writes both from one place.",
    source=f"{SOURCE}#defining-a-service",
)
def service_selects_pods(stack: Stack, _options: Options) -> Found:
    if is_open(stack):
        return
    for service, selector, kind in selecting(stack):
        if missed := miss(stack, service, TEMPLATES, partial(agreeing, stack, wanted=selector, later=True)):
            message = missed.message("selects none of the namespace's pods", "use the labels of a pod template")
            yield service, selector.problem(message, kind, *missed.doubts)


@stack_rule(
    "stack-service-port",
    title="A Service leads to a port that its pods listen on.",
    severity=Severity.HIGH,
    rationale="A targetPort that no container has, by name or number, is a Service that refuses every call.",
    fix="Name the container's port and use that name in targetPort; a golden path does.",
    source=f"{SOURCE}#field-spec-ports",
)
def service_port(stack: Stack, _options: Options) -> Found:
    for service, selector, kind in selecting(stack):
        chosen = list(agreeing(stack, service.home, selector))
        listening = [list(_containers(workload)) for workload, _ in chosen]
        for port in service.root.get("spec", "ports").items():
            target = port.get("targetPort") if port.get("targetPort").value is not None else port.get("port")
            verdicts = [some(_listens(target, port.get("protocol"), each) for each in containers) for containers in listening]
            if verdicts and True not in verdicts:
                unsure = doubts([*verdicts, *(verdict for _, verdict in chosen)])
                message = "is no port of the pods that it selects; use a name or number of their ports"
                yield service, target.problem(message, kind, *unsure)


def _containers(workload: Resource) -> Iterator[Field]:
    """The containers that run as long as the pod does."""
    for container in workload.pod.spec.get("initContainers").items():
        if container.get("restartPolicy").value in ("Always", UNKNOWN):
            yield container
    yield from workload.pod.spec.get("containers").items()


def _listens(target: Field, protocol: Field, container: Field) -> bool | None:
    """Whether a container has the port. A text is a name, which must be declared. A number need not be: it counts as missing where
    only others are."""
    if target.value is UNKNOWN:
        return None
    ports = list(container.get("ports").items())
    if isinstance(target.value, str):
        wanted = (target.value, _protocol(protocol))
        found = [(port.get("name").value, _protocol(port.get("protocol"))) for port in ports]
        return some(every(same(*pair) for pair in zip(wanted, each, strict=True)) for each in found)
    return not ports or some(same(number_of(target), number_of(port.get("containerPort"))) for port in ports)


def number_of(field: Field) -> Any:
    """The number of a port; unknown where it is."""
    return field.value if field.value is UNKNOWN else number(field.value)


def _protocol(field: Field) -> Any:
    return "TCP" if field.value is None else field.value


RULES = (service_selects_pods, service_port)
