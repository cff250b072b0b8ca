"""Rules about the way to the pods: an Ingress or a route leads to a Service, and that to pods that listen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.ingress import GATEWAY_API, INGRESS, ROUTES
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import every, same
from idp_components.rules.stack.index import Index, agreeing, has, key
from idp_components.rules.stack.matching import doubts, is_open, name_of
from idp_components.rules.stack_rule import Found, stack_rule
from idp_components.rules.values import number

SERVICE = ("core", "Service")
SERVICE_SOURCE = "https://kubernetes.io/docs/concepts/services-networking/service/"
ALL_ROUTES = (*sorted(ROUTES), (GATEWAY_API, "TCPRoute"), (GATEWAY_API, "UDPRoute"))
PLAIN = ("HTTP", "TCP")
ACTION = "use-annotation"
"""By this port the controller of AWS knows that a backend is no Service but an annotation, such as a redirect."""


@stack_rule(
    "stack-service-selects-pods",
    title="A Service selects pods.",
    severity=Severity.HIGH,
    rationale="A selector with a label that no pod has makes a Service without endpoints: every call is refused.",
    fix="Select by the labels of the pod template; a golden path writes both from one place.",
    source=f"{SERVICE_SOURCE}#defining-a-service",
)
def service_selects_pods(stack: Stack, _options: Options) -> Found:
    if is_open(stack):
        return
    for service in stack.of(SERVICE):
        selector = service.root.get("spec", "selector")
        if selector.value in (None, {}):
            continue  # its endpoints are written by hand
        verdicts = [verdict for _, verdict in agreeing(stack, service, selector)]
        if has(stack, service.home, TEMPLATES) and True not in verdicts:
            yield service, selector.problem("selects none of the namespace's pods; use the labels of a pod template", *doubts(verdicts))


@stack_rule(
    "stack-service-port",
    title="A Service leads to a port that its pods listen on.",
    severity=Severity.HIGH,
    rationale="A targetPort that no container has, by name or number, is a Service that refuses every call.",
    fix="Name the container's port and use that name in targetPort; a golden path does.",
    source=f"{SERVICE_SOURCE}#field-spec-ports",
)
def service_port(stack: Stack, _options: Options) -> Found:
    for service in stack.of(SERVICE):
        selector = service.root.get("spec", "selector")
        if selector.value in (None, {}):
            continue
        chosen = list(agreeing(stack, service, selector))
        open_ports = [_ports(workload) for workload, _ in chosen]
        for port in service.root.get("spec", "ports").items():
            target = port.get("targetPort") if port.get("targetPort").value is not None else port.get("port")
            verdicts = [_listens(target, port.get("protocol"), ports) for ports in open_ports]
            if verdicts and True not in verdicts:
                unsure = doubts([*verdicts, *(verdict for _, verdict in chosen)])
                yield service, target.problem("is no port of the pods that it selects; use a name or number of their ports", *unsure)


def _ports(workload: Resource) -> list[Field]:
    spec = workload.pod.spec
    sidecars = [
        container for container in spec.get("initContainers").items() if container.get("restartPolicy").value in ("Always", UNKNOWN)
    ]
    return [port for container in (*sidecars, *spec.get("containers").items()) for port in container.get("ports").items()]


def _listens(target: Field, protocol: Field, ports: list[Field]) -> bool | None:
    """Whether a pod has the port. A number need not be declared: it counts as missing where only others are."""
    if target.value is UNKNOWN:
        return None
    wanted = number(target.value)
    if wanted is not None:
        verdicts = [same(wanted, _number(port.get("containerPort").value)) for port in ports]
        return True if not ports or True in verdicts else None if None in verdicts else False
    verdicts = [
        every((same(target.value, port.get("name").value), same(_protocol(protocol), _protocol(port.get("protocol"))))) for port in ports
    ]
    return True if True in verdicts else None if None in verdicts else False


def _number(value: Any) -> Any:
    return value if value is UNKNOWN else number(value)


def _protocol(field: Field) -> Any:
    return "TCP" if field.value is None else field.value


class Backend(NamedTuple):
    """Where a request is sent."""

    name: Field
    port: Field
    namespace: Any


@stack_rule(
    "stack-route-backend",
    title="An Ingress or a route leads to a Service that is there, at a port that it has.",
    severity=Severity.HIGH,
    rationale="A name or port that is mistyped answers every request with an error, and nothing says so when it is deployed.",
    fix="Use the Service's metadata.name and one of its ports; expose in a golden path's spec makes both ends.",
    source="https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource",
)
def route_backend(stack: Stack, _options: Options) -> Found:
    hidden = is_open(stack)
    for route in stack.of(*sorted(INGRESS), *ALL_ROUTES):
        for backend in _backends(route):
            candidates = stack.once(services).get(key(backend.namespace, backend.name.value))
            verdicts = [every((same(backend.namespace, s.home), same(backend.name.value, name_of(s)))) for s in candidates]
            there = [service for service, verdict in zip(candidates, verdicts, strict=True) if verdict]
            if not has(stack, backend.namespace, [SERVICE]) or (hidden and not there):
                continue  # another stack's, or made by a chart
            if not there:
                # A Service whose namespace isn't known may be another's.
                unsure = doubts([*verdicts, *(same(backend.namespace, service.home) and True for service in candidates)])
                yield route, backend.name.problem("names no Service of its namespace; use the metadata.name of one", *unsure)
                continue
            ports = list(there[0].root.get("spec", "ports").items())
            verdicts = [_is_port(backend.port, port) for port in ports]
            if ports and True not in verdicts:
                yield route, backend.port.problem("is no port of its Service; use the name or number of one", *doubts(verdicts))


def services(stack: Stack) -> Index:
    """Services by namespace and name."""
    return Index(stack.of(SERVICE), lambda service: [key(service.home, name_of(service))])


def _is_port(wanted: Field, port: Field) -> bool | None:
    if wanted.value is UNKNOWN or port.value is UNKNOWN:
        return None
    asked = number(wanted.value)
    return same(wanted.value, port.get("name").value) if asked is None else same(asked, _number(port.get("port").value))


def _backends(route: Resource) -> Iterator[Backend]:
    spec, here = route.root.get("spec"), route.home
    if route.group_kind in INGRESS:
        paths = (path for rule in spec.get("rules").items() for path in rule.get("http", "paths").items())
        for backend in (spec.get("defaultBackend"), spec.get("backend"), *(path.get("backend") for path in paths)):
            service = backend.get("service")
            if service.get("port", "name").value == ACTION or backend.get("servicePort").value == ACTION:
                continue
            if service.value is UNKNOWN or isinstance(service.value, dict):
                port = service.get("port")
                yield Backend(service.get("name"), port.get("number" if port.get("number").value is not None else "name"), here)
            elif backend.get("serviceName").value is not None:
                yield Backend(backend.get("serviceName"), backend.get("servicePort"), here)
        return
    for rule in spec.get("rules").items():
        for backend in rule.get("backendRefs").items():
            if backend.get("kind").value in (None, "Service", UNKNOWN) and backend.get("group").value in (None, "", UNKNOWN):
                there = backend.get("namespace").value
                yield Backend(backend.get("name"), backend.get("port"), here if there is None else there)


@stack_rule(
    "stack-route-tls",
    title="A route is attached to a listener with TLS.",
    severity=Severity.HIGH,
    rationale="On a listener for plain HTTP, passwords and sessions travel readable.",
    fix="Name the listener in parentRefs: sectionName: https; a golden path does.",
    source="https://gateway-api.sigs.k8s.io/guides/tls/",
)
def route_tls(stack: Stack, _options: Options) -> Found:
    for route in stack.of((GATEWAY_API, "HTTPRoute"), (GATEWAY_API, "GRPCRoute")):
        redirects = _only_redirects(route)
        if redirects:
            continue
        for parent in route.root.get("spec", "parentRefs").items():
            if parent.get("kind").value not in (None, "Gateway", UNKNOWN):
                continue
            there = parent.get("namespace").value or route.home
            verdicts = [
                (gateway, every((same(there, gateway.home), same(parent.get("name").value, name_of(gateway)))))
                for gateway in stack.of((GATEWAY_API, "Gateway"))
            ]
            gateways = [(gateway, verdict) for gateway, verdict in verdicts if verdict is not False]
            section, port = parent.get("sectionName"), parent.get("port")
            for gateway, verdict in gateways:
                for listener in gateway.root.get("spec", "listeners").items():
                    protocol, attached = listener.get("protocol"), every((_attaches(parent, listener), _admits(gateway, listener, route)))
                    if protocol.value in (*PLAIN, UNKNOWN) and attached is not False:
                        unsure = doubts([attached, verdict, redirects])
                        yield route, section.problem("leads to a listener without TLS; name the one with HTTPS", protocol, *unsure)
            if gateways:
                continue
            if UNKNOWN in (port.value, section.value) or number(port.value) == 80 or str(section.value).lower() in ("http", "web"):
                place = section if section.value is not None else port
                yield route, place.problem("leads to a listener without TLS; name the one with HTTPS", port, *doubts([redirects]))


def _attaches(parent: Field, listener: Field) -> bool | None:
    section, port = parent.get("sectionName").value, parent.get("port").value
    return every(
        (
            section is None or same(section, listener.get("name").value),
            port is None or same(_number(port), _number(listener.get("port").value)),
        )
    )


def _admits(gateway: Resource, listener: Field, route: Resource) -> bool | None:
    """Whether a listener takes routes from there, and for one of these hosts."""
    origin, host = listener.get("allowedRoutes", "namespaces", "from").value, listener.get("hostname").value
    hosts = [each.value for each in route.root.get("spec", "hostnames").items()]
    here = same(gateway.home, route.home) if origin in (None, "Same") else None if origin is UNKNOWN else True
    if host in (None, "") or not hosts:
        return here
    verdicts = [None if UNKNOWN in (host, each) else _overlap(str(host), str(each)) for each in hosts]
    return every((here, True if True in verdicts else None if None in verdicts else False))


def _overlap(one: str, other: str) -> bool:
    """Whether two names of hosts, of which each may begin with a wildcard, have a host in common."""
    if one.startswith("*.") and other.startswith("*."):
        return one.endswith(other[1:]) or other.endswith(one[1:])
    return one == other or any(wild.startswith("*.") and name.endswith(wild[1:]) for wild, name in ((one, other), (other, one)))


def _only_redirects(route: Resource) -> bool | None:
    """Whether it only sends people on to HTTPS."""
    rules = list(route.root.get("spec", "rules").items())
    return every(_redirects(rule) for rule in rules) if rules else False


def _redirects(rule: Field) -> bool | None:
    verdicts = [same(each.get("requestRedirect", "scheme").value, "https") for each in rule.get("filters").items()]
    return True if True in verdicts else None if None in verdicts else False


RULES = (service_selects_pods, service_port, route_backend, route_tls)
