"""Rules about what large amounts of data are searched, counted and passed on with: Redshift, OpenSearch, DocumentDB, MSK."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.ways import below
from idp_components.rules.expect import is_set, may_be_unset_or_true, must_be_set, must_be_true, must_not_be_true
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false, is_true

WORKGROUP = "redshiftserverless/Workgroup"
"""A warehouse without machines; it refuses clients without TLS unless told otherwise."""
SPARE_LOGS = ("AUDIT_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")
"""Logs of a search domain that may be switched off while others are on."""
DOMAINS = ("opensearch/Domain", "elasticsearch/Domain")
OLD_GROUP = "default.redshift-1.0"
"""A parameter group of AWS without require_ssl, which nobody can change; that of today has it."""
NETWORK_POLICY = "opensearch/ServerlessSecurityPolicy"
"""Of its two types, encryption and network, only the second says who may come."""


@aws_rule(
    "aws-redshift-encryption",
    "redshift/Cluster",
    title="A warehouse is encrypted.",
    severity=Severity.HIGH,
    rationale="A warehouse holds copies of all other data, and so do its snapshots. One that says nothing is encrypted; only an explicit "
    "false leaves it in plain text.",
    fix="Remove encrypted, or set it to true.",
    **fsbp("Redshift.10"),
)
def redshift_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from may_be_unset_or_true(resource.root.get("encrypted"))


@aws_rule(
    "aws-redshift-public",
    "redshift/Cluster",
    WORKGROUP,
    title="A warehouse has no public address.",
    severity=Severity.CRITICAL,
    rationale="Only a password would stand between the internet and copies of all data.",
    fix="Set publiclyAccessible to false.",
    **fsbp("Redshift.1"),
)
def redshift_public(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_not_be_true(resource.root.get("publiclyAccessible"))


@aws_rule(
    "aws-redshift-tls",
    "redshift/Cluster",
    "redshift/ParameterGroup",
    WORKGROUP,
    title="A warehouse refuses connections without TLS.",
    severity=Severity.MEDIUM,
    rationale="A client that doesn't ask for TLS sends its password and all rows in plain text.",
    fix="Name a parameter group of one's own with require_ssl at true.",
    **fsbp("Redshift.2"),
)
def redshift_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws == "redshift/Cluster":
        group = resource.root.get("clusterParameterGroupName")
        if group.value in (OLD_GROUP, UNKNOWN):
            yield group.problem("leaves TLS to the clients; name a parameter group with require_ssl at true")
        return
    if resource.aws == WORKGROUP:
        for parameter in resource.root.get("configParameters").items():
            name, value = parameter.get("parameterKey"), parameter.get("parameterValue")
            if name.value in ("require_ssl", UNKNOWN) and (value.value is UNKNOWN or is_false(value.value)):
                yield value.problem("leaves TLS to the clients; remove it, or set it to true", name)
        return
    yield from _parameter(resource, "require_ssl", ("true", "1", "on"), "true")


@aws_rule(
    "aws-docdb-tls",
    "docdb/ClusterParameterGroup",
    title="DocumentDB refuses connections without TLS.",
    severity=Severity.HIGH,
    rationale="A client that doesn't ask for TLS sends its password and all documents in plain text.",
    fix="Remove the parameter tls, or set it to enabled.",
    **fsbp("DocumentDB.6"),
)
def docdb_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    for parameter in resource.root.get("parameters").items():
        name, value = parameter.get("name"), parameter.get("value")
        if name.value in ("tls", UNKNOWN) and (value.value is UNKNOWN or str(value.value).lower() == "disabled"):
            yield value.problem("leaves TLS to the clients; set it to enabled", name)


def _parameter(resource: Resource, name: str, good: tuple[str, ...], example: str) -> Iterator[Problem]:
    """A parameter that must be there with a good value."""
    parameters = resource.root.get("parameters")
    found = list(parameters.items())
    for parameter in found:
        if parameter.get("name").value == name:
            value = parameter.get("value")
            if value.value is UNKNOWN or str(value.value).lower() not in good:
                yield value.problem(f"leaves TLS to the clients; set it to {example}")
            return
    yield parameters.problem(f"has no {name}; add it with the value {example}", *(parameter.get("name") for parameter in found))


@aws_rule(
    "aws-opensearch-encryption",
    *DOMAINS,
    title="A search domain is encrypted at rest and between its nodes.",
    severity=Severity.HIGH,
    rationale="An index holds the texts that were put into it, and its nodes send them to one another.",
    fix="Set encryptAtRest.enabled and nodeToNodeEncryption.enabled to true.",
    **fsbp("Opensearch.1", "Opensearch.3"),
)
def opensearch_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    for key in ("encryptAtRest", "nodeToNodeEncryption"):
        yield from must_be_true(resource.root.get(key, "enabled"))


@aws_rule(
    "aws-opensearch-vpc",
    *DOMAINS,
    NETWORK_POLICY,
    title="A search domain, or collection, is inside a VPC.",
    severity=Severity.HIGH,
    rationale="Outside of a VPC its address is public, and only a policy stands before the data.",
    fix="Set vpcOptions.subnetIds; the domain is made anew. In the network policy of collections, set AllowFromPublic to false.",
    **fsbp("Opensearch.2"),
)
def opensearch_vpc(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws == NETWORK_POLICY:
        for public in below(resource.root, ("policy", "AllowFromPublic")):
            if not is_false(public.value):
                yield public.problem("lets the internet in; set it to false and name SourceVPCEs", resource.root.get("type"))
        return
    yield from must_be_set(resource.root.get("vpcOptions", "subnetIds"), "name the private subnets")


@aws_rule(
    "aws-opensearch-tls",
    *DOMAINS,
    title="A search domain takes only TLS, and no old version of it.",
    severity=Severity.MEDIUM,
    rationale="Over plain HTTP or TLS 1.0, queries and their answers can be read on the way.",
    fix="Set domainEndpointOptions.enforceHttps to true and tlsSecurityPolicy to one of TLS 1.2 or later.",
    **fsbp("Opensearch.8"),
)
def opensearch_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    options = resource.root.get("domainEndpointOptions")
    # It is true unless told otherwise, but only beside other options of the endpoint.
    holds = may_be_unset_or_true if is_set(options) else must_be_true
    yield from holds(options.get("enforceHttps"))
    policy = options.get("tlsSecurityPolicy")
    if policy.value is UNKNOWN or not str(policy.value).startswith(("Policy-Min-TLS-1-2", "Policy-Min-TLS-1-3")):
        state = "is unset" if policy.value is None else "allows old versions"
        yield policy.problem(f"{state}; set it to Policy-Min-TLS-1-2-PFS-2023-10")


@aws_rule(
    "aws-opensearch-logs",
    *DOMAINS,
    title="A search domain publishes its logs.",
    severity=Severity.LOW,
    rationale="Errors, slow searches and refused logins are seen there alone.",
    fix="Set logPublishingOptions, and leave ES_APPLICATION_LOGS on.",
    **fsbp("Opensearch.4", "Opensearch.5"),
)
def opensearch_logs(resource: Resource, _options: Options) -> Iterator[Problem]:
    options = resource.root.get("logPublishingOptions")
    yield from must_be_set(options, "send ES_APPLICATION_LOGS to a log group")
    switches = [option.get("enabled") for option in options.items()]
    publishes = any(switch.value is None or is_true(switch.value) for switch in switches)
    for option in options.items():
        kind, switch = option.get("logType"), option.get("enabled")
        if not publishes or kind.value not in SPARE_LOGS:
            yield from may_be_unset_or_true(switch, *((kind,) if publishes else switches))


@aws_rule(
    "aws-msk-transit-encryption",
    "msk/Cluster",
    title="Brokers of Kafka talk TLS, to clients and to each other.",
    severity=Severity.HIGH,
    rationale="Every message crosses the network in plain text otherwise.",
    fix="Remove encryptionInfo.encryptionInTransit, or set clientBroker to TLS and inCluster to true.",
    **fsbp("MSK.1"),
)
def msk_transit_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    transit = resource.root.get("encryptionInfo", "encryptionInTransit")
    clients, inside = transit.get("clientBroker"), transit.get("inCluster")
    if clients.value not in (None, "TLS"):
        yield clients.problem("lets clients in without TLS; set it to TLS")
    if inside.value is not None:
        yield from must_be_true(inside)


@aws_rule(
    "aws-msk-public",
    "msk/Cluster",
    title="Brokers of Kafka have no public address.",
    severity=Severity.CRITICAL,
    rationale="Brokers that the internet reaches are read and filled by whoever finds a login.",
    fix="Remove brokerNodeGroupInfo.connectivityInfo.publicAccess.",
    **fsbp("MSK.4"),
)
def msk_public(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind = resource.root.get("brokerNodeGroupInfo", "connectivityInfo", "publicAccess", "type")
    if kind.value not in (None, "DISABLED"):
        yield kind.problem("opens the brokers to the internet; remove it")


@aws_rule(
    "aws-msk-authentication",
    "msk/Cluster",
    title="Brokers of Kafka ask who is there.",
    severity=Severity.HIGH,
    rationale="Without logins, everything that reaches the port reads and writes every topic.",
    fix="Set clientAuthentication.sasl.iam to true, and remove unauthenticated.",
    **fsbp("MSK.6"),
)
def msk_authentication(resource: Resource, _options: Options) -> Iterator[Problem]:
    authentication = resource.root.get("clientAuthentication")
    yield from must_not_be_true(authentication.get("unauthenticated"))
    ways = [authentication.get("sasl", "iam"), authentication.get("sasl", "scram"), authentication.get("tls")]
    if not any(is_true(way.value) or (way.key == "tls" and is_set(way)) for way in ways):
        yield authentication.problem("names no login; set sasl.iam to true", *ways)


@aws_rule(
    "aws-msk-logs",
    "msk/Cluster",
    title="Brokers of Kafka publish their logs.",
    severity=Severity.LOW,
    rationale="Refused logins and lost replicas are seen there alone.",
    fix="Set loggingInfo.brokerLogs.cloudwatchLogs.",
    source="https://docs.aws.amazon.com/msk/latest/developerguide/msk-logging.html",
    framework=None,
)
def msk_logs(resource: Resource, _options: Options) -> Iterator[Problem]:
    logs = resource.root.get("loggingInfo", "brokerLogs")
    places = [logs.get(place, "enabled") for place in ("cloudwatchLogs", "firehose", "s3")]
    if not any(is_true(place.value) for place in places):
        yield logs.problem("goes nowhere; enable cloudwatchLogs", *places)


RULES = (
    redshift_encryption,
    redshift_public,
    redshift_tls,
    docdb_tls,
    opensearch_encryption,
    opensearch_vpc,
    opensearch_tls,
    opensearch_logs,
    msk_transit_encryption,
    msk_public,
    msk_authentication,
    msk_logs,
)
