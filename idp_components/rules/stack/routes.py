"""Rules about Ingresses and routes: each leads to a Service and a port of it, and is attached to a listener with TLS."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.ingress import GATEWAY_API, INGRESS, ROUTES
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import doubts, every, same, some
from idp_components.rules.stack.index import Index, Match, Miss, elsewhere, key, surely_has
from idp_components.rules.stack.matching import is_open, name_of
from idp_components.rules.stack.services import SERVICE, number_of
from idp_components.rules.stack_rule import Found, stack_rule
from idp_components.rules.values import number

ALL_ROUTES = (*sorted(ROUTES), (GATEWAY_API, "TCPRoute"), (GATEWAY_API, "UDPRoute"))
PLAIN = ("HTTP", "TCP")
ACTION = "use-annotation"
"""By this port the controller of AWS knows that a backend is no Service but an annotation, such as a redirect."""


class Backend(NamedTuple):
    """Where a request is sent."""

    name: Field
    port: Field
    namespace: Any
    decisive: tuple[Field, ...]
    """What says that it is a Service."""


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
            there = [service for service, verdict in _named(stack, backend.name, backend.namespace) if verdict]
            if not there:
                missed = None if hidden else _missed(stack, route, backend)  # a chart may make it
                if missed:
                    message = missed.message("names no Service of its namespace", "use the metadata.name of one")
                    yield route, backend.name.problem(message, *backend.decisive, *missed.doubts)
                continue
            ports = list(there[0].root.get("spec", "ports").items())
            verdicts = [_is_port(backend.port, port) for port in ports]
            if backend.port.value is None or (ports and True not in verdicts):
                state = "is unset" if backend.port.value is None else "is none of its Service"
                message = f"{state}; use the name or number of a port that the Service has"
                yield route, backend.port.problem(message, *backend.decisive, *doubts(verdicts))


def _missed(stack: Stack, route: Resource, backend: Backend) -> Miss | None:
    """Whether a backend isn't there. One in a namespace that the stack shows neither Services nor pods of is another stack's, unless the
    route's own one is mistaken."""
    if backend.namespace == route.home and surely_has(stack, route.home, [SERVICE]) is False:
        mistaken = elsewhere(stack, route, [SERVICE], partial(_named, stack, backend.name))
        if mistaken:
            return mistaken
    there = surely_has(stack, backend.namespace, (SERVICE, *TEMPLATES))
    if there is False:
        return None
    return Miss(doubts([*(verdict for _, verdict in _named(stack, backend.name, backend.namespace)), there]))


def _named(stack: Stack, name: Field, namespace: object) -> Iterator[Match]:
    """The Services of a namespace that have this name."""
    for service in stack.once(services).get(key(namespace, name.value)):
        verdict = every((same(namespace, service.home), same(name.value, name_of(service))))
        if verdict is not False:
            yield service, verdict


def services(stack: Stack) -> Index:
    """Services by namespace and name."""
    return Index(stack.of(SERVICE), lambda service: [key(service.home, name_of(service))])


def _is_port(wanted: Field, port: Field) -> bool | None:
    if wanted.value is None:
        return False
    if wanted.value is UNKNOWN or port.value is UNKNOWN:
        return None
    asked = number(wanted.value)
    return same(wanted.value, port.get("name").value) if asked is None else same(asked, number_of(port.get("port")))


def _backends(route: Resource) -> Iterator[Backend]:
    spec, here = route.root.get("spec"), route.home
    if route.group_kind in INGRESS:
        paths = (path for rule in spec.get("rules").items() for path in rule.get("http", "paths").items())
        for backend in (spec.get("defaultBackend"), spec.get("backend"), *(path.get("backend") for path in paths)):
            service = backend.get("service")
            if service.get("port", "name").value == ACTION or backend.get("servicePort").value == ACTION:
                continue
            if service.value is UNKNOWN or isinstance(service.value, dict):
                name, digits = service.get("port", "name"), service.get("port", "number")
                yield Backend(service.get("name"), name if digits.value is None else digits, here, (name,))
            elif backend.get("serviceName").value is not None:
                port = backend.get("servicePort")
                yield Backend(backend.get("serviceName"), port, here, (port,))
        return
    for rule in spec.get("rules").items():
        for reference in _references(rule):
            kind, group, there = (reference.get(name) for name in ("kind", "group", "namespace"))
            if kind.value in (None, "Service", UNKNOWN) and group.value in (None, "", UNKNOWN):
                yield Backend(reference.get("name"), reference.get("port"), here if there.value is None else there.value, (kind, group))


def _references(rule: Field) -> Iterator[Field]:
    """Where a rule of a route sends requests, and copies of them."""
    backends = list(rule.get("backendRefs").items())
    yield from backends
    for sender in (rule, *backends):
        filters = sender.get("filters").items() if sender.value is not UNKNOWN else ()
        mirrors = (each.get("requestMirror", "backendRef") for each in filters)
        yield from (mirror for mirror in mirrors if mirror.value is not None)


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
    section, port = parent.get("sectionName").value, parent.get("port")
    return every(
        (
            section is None or same(section, listener.get("name").value),
            port.value is None or same(number_of(port), number_of(listener.get("port"))),
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
    return every((here, some(verdicts)))


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
    return some(same(each.get("requestRedirect", "scheme").value, "https") for each in rule.get("filters").items())


RULES = (route_backend, route_tls)
