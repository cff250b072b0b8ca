"""Rules about what answers the internet: API Gateway and CloudFront."""

from __future__ import annotations

import re
from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.setting import none_of
from idp_components.rules.expect import is_set, must_be_set
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true

API = "https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html"
CLOUDFRONT = "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html"
METHOD, ROUTE, QUICK, GRAPHQL = "apigateway/Method", "apigatewayv2/Route", "apigatewayv2/Api", "appsync/GraphQLApi"
ASKS = re.compile(r"\$default|\$connect|[A-Z]+ /.*")
"""Routes that can ask who calls. A WebSocket's others can't: who has a connection was asked when it was opened."""
KINDS = ("AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT")
HTTPS = ("https-only", "redirect-to-https")
MODERN = re.compile(r"TLSv1\.(2_20(18|19|21|25)|3_20[0-9]{2})")


@aws_rule(
    "aws-apigateway-authorization",
    METHOD,
    ROUTE,
    QUICK,
    GRAPHQL,
    title="An API asks who calls.",
    severity=Severity.HIGH,
    rationale="A route without authorization is run by everybody on the internet.",
    fix="Set authorization (authorizationType of a route) to AWS_IAM, JWT, CUSTOM or COGNITO_USER_POOLS.",
    source=f"{API}#apigateway-8",
    tags=("fsbp:APIGateway.8", "fsbp:AppSync.5"),
)
def authorization(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    if resource.aws == GRAPHQL:
        way = root.get("authenticationType")
        if way.value in ("API_KEY", UNKNOWN):
            yield way.problem("takes a key that every client has; set it to AWS_IAM or to an authorizer")
        return
    if resource.aws == QUICK:
        if is_set(root.get("target")):
            yield root.problem("makes a route for its target that everybody may call; use an Integration and a Route instead")
        return
    kind = root.get("authorization" if resource.aws == METHOD else "authorizationType")
    method, key, with_key = (root.get(name) for name in ("httpMethod", "routeKey", "apiKeyRequired"))
    preflight = method.value == "OPTIONS" or str(key.value).startswith("OPTIONS ")
    asks = not (isinstance(key.value, str) and not ASKS.fullmatch(key.value))
    if asks and not preflight and kind.value not in KINDS and not is_true(with_key.value):
        state = "is unset" if kind.value is None else "lets everybody call"
        yield kind.problem(f"{state}; set it to AWS_IAM or to an authorizer", method, key, with_key)


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
    "cloudfront/Distribution",
    title="CloudFront serves over HTTPS.",
    severity=Severity.HIGH,
    rationale="What goes over HTTP is read and changed by whoever is in between.",
    fix="Set viewerProtocolPolicy to redirect-to-https in every behaviour.",
    source=f"{CLOUDFRONT}#cloudfront-3",
    tags=("fsbp:CloudFront.3",),
)
def viewer_https(resource: Resource, _options: Options) -> Iterator[Problem]:
    for behaviour in (resource.root.get("defaultCacheBehavior"), *resource.root.get("orderedCacheBehaviors").items()):
        yield from none_of(behaviour.get("viewerProtocolPolicy"), HTTPS, "set it to redirect-to-https")


@aws_rule(
    "aws-cloudfront-tls",
    "cloudfront/Distribution",
    title="CloudFront speaks TLS 1.2 or later.",
    severity=Severity.HIGH,
    rationale="Older versions of TLS have known flaws; with CloudFront's own certificate it speaks them all.",
    fix="Name a certificate of your domain, and set minimumProtocolVersion to TLSv1.2_2021; originSslProtocols of an origin to [TLSv1.2].",
    source=f"{CLOUDFRONT}#cloudfront-15",
    tags=("fsbp:CloudFront.7", "fsbp:CloudFront.10", "fsbp:CloudFront.15"),
)
def cloudfront_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    certificate = resource.root.get("viewerCertificate")
    own, least = certificate.get("cloudfrontDefaultCertificate"), certificate.get("minimumProtocolVersion")
    if is_true(own.value) or own.value is UNKNOWN:
        yield own.problem("is true, which allows TLS 1.0; name a certificate and set minimumProtocolVersion to TLSv1.2_2021")
    elif not (isinstance(least.value, str) and MODERN.fullmatch(least.value)):
        state = "is unset, which allows TLS 1.0" if least.value is None else "allows what is older than TLS 1.2"
        yield least.problem(f"{state}; set it to TLSv1.2_2021", own)
    for origin in resource.root.get("origins").items():
        protocol = origin.get("customOriginConfig", "originProtocolPolicy")
        for version in origin.get("customOriginConfig", "originSslProtocols").items() if protocol.value != "http-only" else ():
            if version.value not in ("TLSv1.2", "TLSv1.3"):
                yield version.problem("is older than TLS 1.2; remove it", protocol)


@aws_rule(
    "aws-cloudfront-logging",
    "cloudfront/Distribution",
    title="CloudFront keeps who asked for what.",
    severity=Severity.MEDIUM,
    rationale="Without access logs nobody can say afterwards who came and what they got.",
    fix="Set loggingConfig.bucket.",
    source=f"{CLOUDFRONT}#cloudfront-5",
    tags=("fsbp:CloudFront.5",),
)
def cloudfront_logging(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("loggingConfig", "bucket"), "set it to a bucket for logs")


RULES = (authorization, access_logs, tls, viewer_https, cloudfront_tls, cloudfront_logging)
