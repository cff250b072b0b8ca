"""Rules about what answers the internet: API Gateway and CloudFront."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.open_api import open_operations
from idp_components.rules.aws.setting import none_of
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.aws.ways import below
from idp_components.rules.expect import is_set, must_be_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import Owners, companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.regex import regex
from idp_components.rules.selectors import doubts, every, same, some
from idp_components.rules.values import is_true

API = "https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html"
CLOUDFRONT = "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html"
METHOD, ROUTE, API_V2 = "apigateway/Method", "apigatewayv2/Route", "apigatewayv2/Api"
ASKS = regex(r"\$default|\$connect|[A-Z]+ /.*")
"""Routes that can ask who calls. A WebSocket's others can't: who has a connection was asked when it was opened."""
DISTRIBUTIONS = ("cloudfront/Distribution", "cloudfront/MultitenantDistribution")
ORIGINS = (
    (("origins", "customOriginConfig"), ("originSslProtocols",)),
    (("origins", "customOriginConfigs"), ("originSslProtocols",)),
    (("vpcOriginEndpointConfig",), ("originSslProtocols", "items")),
)
"""Where it stands how CloudFront asks an origin, and below that by which versions of TLS."""
KINDS = ("AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT")
HTTPS = ("https-only", "redirect-to-https")
MODERN = regex(r"TLSv1\.(2_20(18|19|21|25)|3_20[0-9]{2})")


@aws_stack_rule(
    "aws-apigateway-authorization",
    title="An API asks who calls.",
    severity=Severity.HIGH,
    rationale="A route without authorization is run by everybody on the internet.",
    fix="Set authorization (authorizationType of a route) to AWS_IAM, JWT, CUSTOM or COGNITO_USER_POOLS; in OpenAPI, "
    "name a scheme with x-amazon-apigateway-authorizer or -authtype under security of each operation.",
    source=f"{API}#apigateway-8",
    tags=("fsbp:APIGateway.8", "fsbp:AppSync.5"),
)
def authorization(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for resource in stack.of("appsync/GraphQLApi"):
        way = resource.root.get("authenticationType")
        if way.value in ("API_KEY", UNKNOWN):
            yield resource, way.problem("takes a key that every client has; set it to AWS_IAM or to an authorizer")
    for resource in stack.of(API_V2):
        if is_set(resource.root.get("target")):
            message = "makes a route for its target that everybody may call; use an Integration and a Route instead"
            yield resource, resource.root.problem(message)
    for resource in stack.of("apigateway/RestApi", API_V2):
        # A REST API takes no notice of the security of a whole description (developer guide, "Important notes for REST APIs").
        operations = open_operations(resource.root.get("body"), defaults=resource.aws == API_V2)
        yield from ((resource, problem) for problem in operations)
    for resource in stack.of(METHOD, ROUTE):
        # An authorizer of a WebSocket can only be at the route by which it is opened.
        is_socket = resource.root.get("routeKey").value == "$default" and _is_socket(stack, resource)
        if is_socket is not True:
            yield from ((resource, problem) for problem in _open_route(resource, *doubts([is_socket])))


def _is_socket(stack: Stack, route: Resource) -> bool | None:
    """Whether a route is of a WebSocket; none where that isn't known yet."""
    apis, sure = stack.once(Owners, API_V2).of(route, route.root.get("apiId"))
    found = some(same(api.root.get("protocolType").value, "WEBSOCKET") for api in apis)
    return None if found and not sure else found


def _open_route(resource: Resource, *decisive: Field) -> Iterator[Problem]:
    root = resource.root
    kind = root.get("authorization" if resource.aws == METHOD else "authorizationType")
    method, key, with_key = (root.get(name) for name in ("httpMethod", "routeKey", "apiKeyRequired"))
    preflight = method.value == "OPTIONS" or str(key.value).startswith("OPTIONS ")
    asks = not (isinstance(key.value, str) and not ASKS.fullmatch(key.value))
    if asks and not preflight and kind.value not in KINDS and not is_true(with_key.value):
        state = "is unset" if kind.value is None else "lets everybody call"
        yield kind.problem(f"{state}; set it to AWS_IAM or to an authorizer", method, key, with_key, *decisive)


@aws_rule(
    "aws-apigateway-access-logs",
    "apigateway/Stage",
    "apigatewayv2/Stage",
    title="An API keeps who asked for what.",
    severity=Severity.MEDIUM,
    rationale="Without access logs nobody can say afterwards who came and what they got.",
    fix="Set accessLogSettings to a log group and a format.",
    source=f"{API}#apigateway-9",
    tags=("fsbp:APIGateway.9",),
)
def access_logs(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("accessLogSettings", "destinationArn"), "set it to the ARN of a log group")


@aws_rule(
    "aws-apigateway-tls",
    "apigateway/DomainName",
    "apigatewayv2/DomainName",
    title="A domain of an API speaks TLS 1.2 or later.",
    severity=Severity.HIGH,
    rationale="Older versions of TLS have known flaws.",
    fix="Set securityPolicy to TLS_1_2.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html",
    framework=None,
)
def tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    policy = resource.root.get("securityPolicy")
    if resource.aws == "apigatewayv2/DomainName":
        policy = resource.root.get("domainNameConfiguration", "securityPolicy")
    if isinstance(policy.value, str) and policy.value.startswith("SecurityPolicy_TLS1"):
        return  # the later names all begin with TLS 1.2
    yield from none_of(policy, ("TLS_1_2", "TLS_1_3"), "set it to TLS_1_2")


@aws_rule(
    "aws-cloudfront-viewer-https",
    *DISTRIBUTIONS,
    title="CloudFront serves over HTTPS.",
    severity=Severity.HIGH,
    rationale="What goes over HTTP is read and changed by whoever is in between.",
    fix="Set viewerProtocolPolicy to redirect-to-https in every behaviour.",
    source=f"{CLOUDFRONT}#cloudfront-3",
    tags=("fsbp:CloudFront.3",),
)
def viewer_https(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    for behaviour in (root.get("defaultCacheBehavior"), *root.get("orderedCacheBehaviors").items(), *root.get("cacheBehaviors").items()):
        yield from none_of(behaviour.get("viewerProtocolPolicy"), HTTPS, "set it to redirect-to-https")


@aws_rule(
    "aws-cloudfront-tls",
    *DISTRIBUTIONS,
    "cloudfront/VpcOrigin",
    title="CloudFront speaks TLS 1.2 or later.",
    severity=Severity.HIGH,
    rationale="Older versions of TLS have known flaws; with CloudFront's own certificate it speaks them all.",
    fix="Name a certificate of your domain, and set minimumProtocolVersion to TLSv1.2_2021; originSslProtocols of an origin to [TLSv1.2].",
    source=f"{CLOUDFRONT}#cloudfront-15",
    tags=("fsbp:CloudFront.7", "fsbp:CloudFront.10", "fsbp:CloudFront.15"),
)
def cloudfront_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws in DISTRIBUTIONS:
        yield from _old_for_viewers(resource.root.get("viewerCertificate"))
    for way, versions in ORIGINS:
        for origin in below(resource.root, way):
            protocol = origin.get("originProtocolPolicy")
            for version in below(origin, versions) if protocol.value != "http-only" else ():
                if version.value not in ("TLSv1.2", "TLSv1.3"):
                    yield version.problem("is older than TLS 1.2; remove it", protocol)


def _old_for_viewers(certificate: Field) -> Iterator[Problem]:
    own, least = certificate.get("cloudfrontDefaultCertificate"), certificate.get("minimumProtocolVersion")
    if is_true(own.value) or own.value is UNKNOWN:
        yield own.problem("is true, which allows TLS 1.0; name a certificate and set minimumProtocolVersion to TLSv1.2_2021")
    elif not (isinstance(least.value, str) and MODERN.fullmatch(least.value)):
        state = "is unset, which allows TLS 1.0" if least.value is None else "allows what is older than TLS 1.2"
        yield least.problem(f"{state}; set it to TLSv1.2_2021", own)


@aws_stack_rule(
    "aws-cloudfront-logging",
    title="CloudFront keeps who asked for what.",
    severity=Severity.MEDIUM,
    rationale="Without access logs nobody can say afterwards who came and what they got.",
    fix="Set loggingConfig.bucket, or deliver its ACCESS_LOGS (a LogDeliverySource and a LogDelivery).",
    source=f"{CLOUDFRONT}#cloudfront-5",
    tags=("fsbp:CloudFront.5",),
)
def cloudfront_logging(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for distribution in stack.of("cloudfront/Distribution"):
        sources = companions(stack, distribution, ("cloudwatch/LogDeliverySource",), "resourceArn")
        is_delivered = some(_is_delivered(stack, source) for source in sources.certain)
        if not is_delivered:
            bucket, unsure = distribution.root.get("loggingConfig", "bucket"), (*sources.possible, *doubts([is_delivered]))
            problems = must_be_set(bucket, "set it to a bucket for logs, or deliver ACCESS_LOGS", *unsure)
            yield from ((distribution, problem) for problem in problems)


def _is_delivered(stack: Stack, source: Resource) -> bool | None:
    deliveries = companions(stack, source, ("cloudwatch/LogDelivery",), "deliverySourceName")
    leads_somewhere = True if deliveries.certain else None if deliveries.possible else False
    return every((same(source.root.get("logType").value, "ACCESS_LOGS"), leads_somewhere))


RULES = (authorization, access_logs, tls, viewer_https, cloudfront_tls, cloudfront_logging)
