"""Rules about machines of EC2, and what new ones are made from."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.setting import off
from idp_components.rules.credential_text import has_credential_line
from idp_components.rules.field import UNKNOWN, Field, Problem, SecretText
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true, number, one_or_many

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html"
MACHINES = ("ec2/Instance", "ec2/LaunchTemplate", "ec2/LaunchConfiguration", "ec2/SpotInstanceRequest")


@aws_rule(
    "aws-ec2-imdsv2",
    *MACHINES,
    title="A machine gives its credentials only to requests with a token (IMDSv2).",
    severity=Severity.HIGH,
    rationale="A web server that can be made to fetch an address hands out the machine's role otherwise (SSRF).",
    fix="Set metadataOptions.httpTokens to required.",
    source=f"{CONTROLS}#ec2-8",
    tags=("fsbp:EC2.8", "fsbp:EC2.170", "fsbp:AutoScaling.3"),
)
def imdsv2(resource: Resource, _options: Options) -> Iterator[Problem]:
    options = resource.root.get("metadataOptions")
    tokens, endpoint = options.get("httpTokens"), options.get("httpEndpoint")
    if tokens.value != "required" and endpoint.value != "disabled":
        state = "is unset" if tokens.value is None else "is optional"
        yield tokens.problem(f"{state}; set it to required", endpoint)


@aws_rule(
    "aws-ec2-metadata-hops",
    *MACHINES,
    title="A machine's credentials stay on the machine.",
    severity=Severity.LOW,
    rationale="With more than one hop, containers and pods get the credentials of the node.",
    fix="Set metadataOptions.httpPutResponseHopLimit to 1 and give pods roles of their own (uses=[...]).",
    source="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    framework=None,
)
def metadata_hops(resource: Resource, _options: Options) -> Iterator[Problem]:
    hops = resource.root.get("metadataOptions", "httpPutResponseHopLimit")
    if hops.value is not None and number(hops.value) != 1:
        yield hops.problem("is more than one; set it to 1")


@aws_rule(
    "aws-ec2-public-address",
    *MACHINES,
    "ec2/Subnet",
    "ec2/DefaultSubnet",
    title="Machines have no public address.",
    severity=Severity.HIGH,
    rationale="What has no address on the internet can't be attacked from there; a load balancer in front says what comes in.",
    fix="Set associatePublicIpAddress or mapPublicIpOnLaunch to false, and put a load balancer or a NAT gateway between.",
    source=f"{CONTROLS}#ec2-9",
    tags=("fsbp:EC2.9", "fsbp:EC2.15", "fsbp:EC2.25"),
)
def public_address(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    interfaces = [interface.get("associatePublicIpAddress") for interface in root.get("networkInterfaces").items()]
    for switch in (root.get("associatePublicIpAddress"), root.get("mapPublicIpOnLaunch"), *interfaces):
        if is_true(switch.value) or switch.value is UNKNOWN:
            yield switch.problem("is true; set it to false")


@aws_rule(
    "aws-ec2-disk-encryption",
    *MACHINES,
    title="Disks of machines are encrypted.",
    severity=Severity.HIGH,
    rationale="A snapshot of an unencrypted disk is readable for whoever gets it.",
    fix="Set encrypted to true on each block device, the root device too.",
    source=f"{CONTROLS}#ec2-3",
    tags=("fsbp:EC2.3",),
)
def disk_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    for disk in _disks(resource):
        # A disk that comes out of a snapshot is encrypted as that is.
        snapshot = disk.get("snapshotId")
        if snapshot.value in (None, "", UNKNOWN):
            yield from off(disk.get("encrypted"), "set it to true", snapshot)


def _disks(resource: Resource) -> Iterator[Field]:
    if resource.aws == "ec2/LaunchTemplate":
        for mapping in resource.root.get("blockDeviceMappings").items():
            if mapping.get("ebs").value is not None:
                yield mapping.get("ebs")
    else:
        yield resource.root.get("rootBlockDevice")
        yield from one_or_many(resource.root.get("ebsBlockDevices"))


@aws_rule(
    "aws-ec2-user-data-secret",
    *MACHINES,
    title="A machine's user data hold no credential.",
    severity=Severity.CRITICAL,
    rationale="Every program on the machine may ask the metadata service for them, and who may look at the machine reads them too.",
    fix="Give the machine a role that may read the one secret in Secrets Manager, and let its start fetch it.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    framework=None,
)
def user_data_secret(resource: Resource, _options: Options) -> Iterator[Problem]:
    for data in (resource.root.get("userData"), resource.root.get("userDataBase64")):
        unsure = data.value is UNKNOWN or isinstance(data.value, SecretText)
        if unsure or (isinstance(data.value, str) and has_credential_line(_decoded(data.value))):
            yield data.problem("holds a credential; fetch it from Secrets Manager when the machine starts")


def _decoded(data: str) -> str:
    """What user data say, which may be Base64."""
    try:
        return base64.b64decode("".join(data.split()), validate=True).decode()
    except ValueError:
        return data


RULES = (imdsv2, metadata_hops, public_address, disk_encryption, user_data_secret)
