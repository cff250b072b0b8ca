"""Rules about clusters of EKS and their nodes."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.ports import is_everybody
from idp_components.rules.expect import must_be_set
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/eks-controls.html"
LOGS = ("api", "audit", "authenticator")
"""Logs that say who did what."""
SUPPORTED = {"1.34": "2026-12-02", "1.35": "2027-03-27"}
"""The last day of each version's standard support, oldest first (EKS, "Kubernetes release calendar")."""


@aws_rule(
    "aws-eks-public-endpoint",
    "eks/Cluster",
    title="The internet doesn't reach a cluster's API server.",
    severity=Severity.HIGH,
    rationale="A stolen token works from anywhere, and a flaw of the API server is found by everybody.",
    fix="Set vpcConfig.endpointPublicAccess to false, or name the networks of your offices in publicAccessCidrs.",
    source=f"{CONTROLS}#eks-1",
    tags=("fsbp:EKS.1", "cis-eks-1.8:5.4.2"),
)
def public_endpoint(resource: Resource, _options: Options) -> Iterator[Problem]:
    config = resource.root.get("vpcConfig")
    public, networks = config.get("endpointPublicAccess"), config.get("publicAccessCidrs")
    if is_false(public.value):
        return
    if networks.value in (None, []):
        yield public.problem("lets everybody in; set it to false, or name networks in publicAccessCidrs")
    for network in networks.items():
        if network.value is UNKNOWN or is_everybody(network.value):
            yield network.problem("lets everybody in; name the networks of your offices", public)


@aws_rule(
    "aws-eks-logging",
    "eks/Cluster",
    title="A cluster keeps the logs of its API server: calls, audit and logins.",
    severity=Severity.MEDIUM,
    rationale="Without the audit log nobody can say afterwards what an intruder did.",
    fix="Set enabledClusterLogTypes to api, audit and authenticator at least.",
    source=f"{CONTROLS}#eks-8",
    tags=("fsbp:EKS.8", "cis-eks-1.8:2.1.1"),
)
def logging(resource: Resource, _options: Options) -> Iterator[Problem]:
    types = resource.root.get("enabledClusterLogTypes")
    known = [each.value for each in types.items()]
    missing = [log for log in LOGS if log not in known]
    if missing:
        yield types.problem(f"lacks {', '.join(missing)}; add it", *types.items())


@aws_rule(
    "aws-eks-secrets-encryption",
    "eks/Cluster",
    title="A cluster encrypts Secrets with a key of its own.",
    severity=Severity.MEDIUM,
    rationale="Secrets are readable in etcd and its backups otherwise, for whoever operates the disks.",
    fix="Set encryptionConfig to resources [secrets] and a KMS key.",
    source=f"{CONTROLS}#eks-3",
    tags=("fsbp:EKS.3", "cis-eks-1.8:5.3.1"),
)
def secrets_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    config = resource.root.get("encryptionConfig")
    resources, key = config.get("resources"), config.get("provider", "keyArn")
    if "secrets" not in [each.value for each in resources.items()]:
        yield config.problem("has no key for secrets; set resources to [secrets] and name a KMS key", resources, *resources.items())
    else:
        yield from must_be_set(key, "name a KMS key")


def _check_version(resource: Resource, options: Options) -> Iterator[Problem]:
    oldest = max(options.get("oldest", ()), key=_number, default=_oldest(options.get("now", "")))
    version = resource.root.get("version")
    if version.value is not None and not _number(version.value) >= _number(oldest):
        yield version.problem(f"is not supported any more; set it to {oldest} or later")


def _oldest(now: str) -> str:
    """The oldest version with support on a day; the newest of them when that of all has ended."""
    return next((version for version, end in SUPPORTED.items() if now[: len(end)] <= end), max(SUPPORTED, key=_number))


def _number(version: object) -> tuple[int, ...]:
    text = str(version) if isinstance(version, str | float) else ""
    parts = text.split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdecimal() for part in parts) else ()


supported_version = aws_rule(
    "aws-eks-version",
    "eks/Cluster",
    "eks/NodeGroup",
    title="A cluster runs a version of Kubernetes that still gets fixes.",
    severity=Severity.HIGH,
    rationale="Flaws of an old version are known to everybody and stay; extended support costs six times as much.",
    fix="Raise version, one minor version after the other.",
    source=f"{CONTROLS}#eks-2",
    tags=("fsbp:EKS.2",),
    options={
        "oldest": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": "The oldest version that is allowed, one entry; what has standard support on the day, if there is none.",
        }
    },
)(_check_version)


@aws_rule(
    "aws-eks-node-access",
    "eks/NodeGroup",
    title="Nobody logs in to nodes from everywhere.",
    severity=Severity.HIGH,
    rationale="EKS opens port 22 of the nodes to the internet where remoteAccess names a key and no security group.",
    fix="Remove remoteAccess and use Session Manager, or name sourceSecurityGroupIds.",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_RemoteAccessConfig.html",
    framework=None,
)
def node_access(resource: Resource, _options: Options) -> Iterator[Problem]:
    access = resource.root.get("remoteAccess")
    if access.value is not None and (access.value is UNKNOWN or access.get("ec2SshKey").value not in (None, "")):
        groups = access.get("sourceSecurityGroupIds")
        if groups.value in (None, [], UNKNOWN):
            yield groups.problem("is unset, which opens port 22 to everybody; name a group, or remove remoteAccess", access)


RULES = (public_endpoint, logging, secrets_encryption, supported_version, node_access)
