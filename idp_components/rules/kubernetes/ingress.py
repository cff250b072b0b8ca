"""Rules about Ingresses and routes: TLS, hosts, and configuration that is smuggled into the controller."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false, is_true

INGRESS = {("networking.k8s.io", "Ingress"), ("extensions", "Ingress")}
GATEWAY_API = "gateway.networking.k8s.io"
CERTIFICATE_OPTIONS = (
    "networking.gke.io/pre-shared-certs",
    "networking.gke.io/cert-manager-certs",
    "application-networking.k8s.aws/certificate-arn",
)
"""Options of a listener by which implementations find its certificate."""
ISTIO_GATEWAY = ("networking.istio.io", "Gateway")
ISTIO_PLAIN = ("HTTP", "HTTP2", "GRPC", "GRPC-WEB")
"""Protocols of HTTP without TLS, whatever the case of their letters (Istio, "Protocol Selection")."""
ROUTES = {(GATEWAY_API, "HTTPRoute"), (GATEWAY_API, "GRPCRoute"), (GATEWAY_API, "TLSRoute")}
SOURCE = "https://kubernetes.io/docs/concepts/services-networking/ingress/"
GATEWAY_SOURCE = "https://gateway-api.sigs.k8s.io/guides/tls/"
PLAIN_HTTP = (
    "nginx.ingress.kubernetes.io/ssl-redirect",
    "ingress.kubernetes.io/ssl-redirect",
    "haproxy-ingress.github.io/ssl-redirect",
    "haproxy.org/ssl-redirect",
)
"""Annotations that are on where nobody says otherwise."""
PASSTHROUGH = "nginx.ingress.kubernetes.io/ssl-passthrough"
CERTIFICATES = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "traefik.ingress.kubernetes.io/router.tls",
)
"""Annotations by which controllers take a certificate that is no Secret."""
LISTEN_PORTS = "alb.ingress.kubernetes.io/listen-ports"
"""Where it has HTTPS, AWS' controller finds the certificate by the host."""
CERTIFICATE_MAP = "networking.gke.io/certmap"
SNIPPETS = ("-snippet", "-snippets", ".snippet", ".snippets", "/config-backend")


@object_rule(
    "kubernetes-ingress-tls",
    INGRESS,
    title="Every host of an Ingress has TLS.",
    severity=Severity.HIGH,
    rationale="Without it passwords and sessions travel readable, and anybody on the way can change the answers.",
    fix="Add the host to spec.tls with the Secret of its certificate; expose in a golden path's spec does, with cert-manager.",
    source=f"{SOURCE}#tls",
)
def ingress_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    spec, annotations = resource.root.get("spec"), resource.root.get("metadata", "annotations")
    for name in PLAIN_HTTP:
        redirect = annotations.get(name)
        if is_false(redirect.value) or redirect.value is UNKNOWN:
            yield redirect.problem("serves plain HTTP too; remove it")
    certificates = [annotations.get(name) for name in CERTIFICATES]
    passed, ports = annotations.get(PASSTHROUGH), annotations.get(LISTEN_PORTS)
    if is_true(passed.value) or (isinstance(ports.value, str) and '"HTTPS"' in ports.value):
        return
    if ports.value not in (None, ""):
        yield ports.problem('has no HTTPS; set it to [{"HTTPS": 443}]', passed)
        return
    if any(certificate.value not in (None, "", UNKNOWN) for certificate in certificates):
        return
    tls = spec.get("tls")
    entries = list(tls.items())
    hosts = [list(entry.get("hosts").items()) for entry in entries]
    secured = [host for several in hosts for host in several]
    if not entries:
        yield tls.problem("is unset; name the hosts and the Secret of their certificate", passed, ports, *certificates)
    elif all(hosts):  # without hosts, the certificate is for whatever host the controller serves
        for rule in spec.get("rules").items():
            host = rule.get("host")
            # A rule for every host has a rule of its own.
            if host.value not in (None, "") and not any(_covers(each.value, host.value) for each in secured):
                yield host.problem("is not among the hosts of spec.tls; add it there", *secured, *entries, passed, ports, *certificates)


def _covers(pattern: object, host: object) -> bool:
    if not isinstance(pattern, str) or not isinstance(host, str):
        return False
    return pattern == host or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])


@object_rule(
    "kubernetes-ingress-wildcard-host",
    INGRESS | ROUTES,
    title="An Ingress or a route names the hosts that it serves.",
    severity=Severity.MEDIUM,
    rationale="Without a host, or with a wildcard, it takes the requests for names of other teams, and for names that nobody gave away.",
    fix="Name each host in full; a golden path makes it from the service's name.",
    source=f"{SOURCE}#hostname-wildcards",
)
def wildcard_host(resource: Resource, _options: Options) -> Iterator[Problem]:
    spec = resource.root.get("spec")
    if resource.group_kind in ROUTES:
        yield from _wildcards_of_route(spec)
        return
    for name in ("defaultBackend", "backend"):
        if (backend := spec.get(name)).value is not None:
            yield backend.problem("serves every host; use rules with a host")
    for rule in spec.get("rules").items():
        yield from _wildcard(rule.get("host"))


def _wildcards_of_route(spec: Field) -> Iterator[Problem]:
    parents = list(spec.get("parentRefs").items())
    if parents and all(parent.get("kind").value == "Service" for parent in parents):
        return  # a route within a mesh has its Service's name
    hosts = spec.get("hostnames")
    if not list(hosts.items()):
        yield hosts.problem("is unset: it serves every host of its listener; name the host", *(parent.get("kind") for parent in parents))
    for host in hosts.items():
        yield from _wildcard(host)


def _wildcard(host: Field) -> Iterator[Problem]:
    if not isinstance(host.value, str) or host.value == "" or "*" in host.value:
        state = "has a wildcard" if host.value else "is unset: it serves every host"
        yield host.problem(f"{state}; name the host in full")


@object_rule(
    "kubernetes-ingress-snippet",
    INGRESS | ROUTES | {("core", "Service")},
    title="No annotation carries configuration of the controller itself.",
    severity=Severity.HIGH,
    rationale="A snippet runs inside the controller, which reads the certificates of all namespaces (CVE-2021-25742).",
    fix="Remove the annotation; ask the platform team for a setting that the controller has by name.",
    source="https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/",
)
def snippet(resource: Resource, _options: Options) -> Iterator[Problem]:
    annotations = resource.root.get("metadata", "annotations")
    for annotation in annotations.entries():
        if annotations.value is UNKNOWN or (annotation.value is not None and str(annotation.key).endswith(SNIPPETS)):
            yield annotation.problem("runs inside the controller; remove it")


@object_rule(
    "kubernetes-gateway-tls",
    {(GATEWAY_API, "Gateway"), ISTIO_GATEWAY},
    title="A Gateway serves TLS, with a certificate for each listener.",
    severity=Severity.HIGH,
    rationale="A Gateway that only listens to plain HTTP makes all of its routes readable on the way.",
    fix="Add a listener with protocol HTTPS and tls.certificateRefs; keep one for HTTP to send people there at most.",
    source=GATEWAY_SOURCE,
)
def gateway_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _istio_tls(resource) if resource.group_kind == ISTIO_GATEWAY else _listeners_tls(resource)


def _istio_tls(resource: Resource) -> Iterator[Problem]:
    servers = list(resource.root.get("spec", "servers").items())
    protocols = [server.get("port", "protocol") for server in servers]
    if not any(str(protocol.value).upper() in ("HTTPS", "TLS") for protocol in protocols):
        for server, protocol in zip(servers, protocols, strict=True):
            redirect = server.get("tls", "httpsRedirect")
            if (protocol.value is UNKNOWN or str(protocol.value).upper() in ISTIO_PLAIN) and not is_true(redirect.value):
                yield protocol.problem("is plain HTTP, and no server has TLS; add one with HTTPS", redirect, *protocols)


def _listeners_tls(resource: Resource) -> Iterator[Problem]:
    listeners, elsewhere = (
        list(resource.root.get("spec", "listeners").items()),
        resource.root.get("metadata", "annotations", CERTIFICATE_MAP),
    )
    protocols = [listener.get("protocol") for listener in listeners]
    if not any(protocol.value in ("HTTPS", "TLS") for protocol in protocols):
        for protocol in protocols:
            if protocol.value in ("HTTP", UNKNOWN):
                yield protocol.problem("is plain HTTP, and no listener has TLS; add one with HTTPS", *protocols)
    for listener in listeners:
        tls = listener.get("tls")
        certificates, mode = tls.get("certificateRefs"), tls.get("mode")
        places = (certificates, elsewhere, *(tls.get("options", name) for name in CERTIFICATE_OPTIONS))
        secured = any(place.value not in (None, "", [], {}, UNKNOWN) for place in places)
        if listener.get("protocol").value in ("HTTPS", "TLS") and mode.value != "Passthrough" and not secured:
            yield certificates.problem("is unset; name the Secret of the certificate", mode, *places)


RULES = (ingress_tls, wildcard_host, snippet, gateway_tls)
