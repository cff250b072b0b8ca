"""Rules about machines of EC2, and what new ones are made from."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.aws.storage import account_switches, must_be_encrypted
from idp_components.rules.aws.ways import below
from idp_components.rules.credential_text import has_credential_line
from idp_components.rules.field import UNKNOWN, Field, Problem, SecretText
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.values import is_true, number, one_or_many

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html"
GZIP = b"\x1f\x8b"
MOST_BYTES = 1_000_000
"""As much is read of packed user data; EC2 takes 16 KiB before they are unpacked."""
TEMPLATE, TEMPLATED = "ec2/LaunchTemplate", ("ec2/Instance", "ec2/SpotInstanceRequest")
MACHINES = ("ec2/Instance", TEMPLATE, "ec2/LaunchConfiguration", "ec2/SpotInstanceRequest")
FLEET, RECIPE, DEFAULTS = "ec2/SpotFleetRequest", "imagebuilder/ImageRecipe", "ec2/InstanceMetadataDefaults"
PUBLIC = (
    ("associatePublicIpAddress",),
    ("mapPublicIpOnLaunch",),
    ("networkInterfaces", "associatePublicIpAddress"),
    ("launchSpecifications", "associatePublicIpAddress"),
)
"""Where it stands whether a machine gets a public address."""
ADDRESSED = {"ec2/Eip": ("instance", "networkInterface"), "ec2/EipAssociation": ("instanceId", "networkInterfaceId")}
"""What gets an address that is reserved."""
ROOT_DEVICES = (None, UNKNOWN, "/dev/sda1", "/dev/xvda")
"""What images call their root device (EC2, "Device names for volumes"); others are further disks."""
USER_DATA = (("userData",), ("userDataBase64",), ("launchSpecifications", "userData"))
"""Where it stands what a machine does when it starts."""
UNSAID = (None, "no-preference")
"""What leaves a metadata option to whoever is asked next."""
NO_PREFERENCE = -1
"""The same for the number of hops."""


@aws_stack_rule(
    "aws-ec2-imdsv2",
    title="A machine gives its credentials only to requests with a token (IMDSv2).",
    severity=Severity.HIGH,
    rationale="A web server that can be made to fetch an address hands out the machine's role otherwise (SSRF).",
    fix="Set metadataOptions.httpTokens to required; an InstanceMetadataDefaults with it does so for all that say nothing.",
    source=f"{CONTROLS}#ec2-8",
    tags=("fsbp:EC2.8", "fsbp:EC2.170", "fsbp:AutoScaling.3"),
)
def imdsv2(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    templates = stack.once(_templates)
    for defaults in stack.of(DEFAULTS):
        tokens, endpoint = defaults.root.get("httpTokens"), defaults.root.get("httpEndpoint")
        if tokens.value not in (*UNSAID, "required") and endpoint.value != "disabled":
            yield defaults, tokens.problem("is optional; set it to required", endpoint)
    account = [defaults.root for defaults in stack.of(DEFAULTS)]
    for machine in stack.of(*MACHINES):
        own = machine.root.get("metadataOptions")
        # What a machine doesn't say its template does, and the account where neither does.
        options = [own, *(template.root.get("metadataOptions") for template in templates.get(id(machine), ())), *account]
        tokens, endpoint = _first_said(options, "httpTokens"), _first_said(options, "httpEndpoint")
        if tokens.value != "required" and endpoint.value != "disabled":
            state = "is unset" if own.get("httpTokens").value is None else "is optional"
            yield machine, own.get("httpTokens").problem(f"{state}; set it to required", tokens, endpoint, *_references(machine))


def _references(machine: Resource) -> list[Field]:
    """What says which template a machine is made from."""
    reference = machine.root.get("launchTemplate")
    return [reference, reference.get("id"), reference.get("name")]


def _templates(stack: Stack) -> dict[int, list[Resource]]:
    """The template that a machine is made from, by the machine's `id()`."""
    found: dict[int, list[Resource]] = {}
    for template in stack.of(TEMPLATE):
        for key in ("id", "name"):
            for machine in companions(stack, template, TEMPLATED, "launchTemplate", key).certain:
                found.setdefault(id(machine), []).append(template)
    return found


def _first_said(options: list[Field], key: str) -> Field:
    """What the first of those that say something about an option says."""
    return next((said for each in options if (said := each.get(key)).value not in UNSAID), options[0].get(key))


@aws_rule(
    "aws-ec2-metadata-hops",
    *MACHINES,
    DEFAULTS,
    title="A machine's credentials stay on the machine.",
    severity=Severity.LOW,
    rationale="With more than one hop, containers and pods get the credentials of the node.",
    fix="Set metadataOptions.httpPutResponseHopLimit to 1 and give pods roles of their own (uses=[...]).",
    source="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    framework=None,
)
def metadata_hops(resource: Resource, _options: Options) -> Iterator[Problem]:
    options = resource.root if resource.aws == DEFAULTS else resource.root.get("metadataOptions")
    hops, endpoint = options.get("httpPutResponseHopLimit"), options.get("httpEndpoint")
    if hops.value is not None and number(hops.value) not in (1, NO_PREFERENCE) and endpoint.value != "disabled":
        yield hops.problem("is more than one; set it to 1", endpoint)


@aws_rule(
    "aws-ec2-public-address",
    *MACHINES,
    FLEET,
    "ec2/Subnet",
    "ec2/DefaultSubnet",
    *ADDRESSED,
    title="Machines have no public address.",
    severity=Severity.HIGH,
    rationale="What has no address on the internet can't be attacked from there; a load balancer in front says what comes in.",
    fix="Set associatePublicIpAddress or mapPublicIpOnLaunch to false, and put a load balancer or a NAT gateway between.",
    source=f"{CONTROLS}#ec2-9",
    tags=("fsbp:EC2.9", "fsbp:EC2.15", "fsbp:EC2.25"),
)
def public_address(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    for switch in (each for way in PUBLIC for each in below(root, way)):
        if is_true(switch.value) or switch.value is UNKNOWN:
            yield switch.problem("is true; set it to false")
    for machine in map(root.get, ADDRESSED.get(resource.aws, ())):
        if machine.value not in (None, ""):
            yield machine.problem("gets an address on the internet; put a load balancer or a NAT gateway between")


@aws_stack_rule(
    "aws-ec2-disk-encryption",
    title="Disks of machines are encrypted.",
    severity=Severity.HIGH,
    rationale="A snapshot of an unencrypted disk is readable for whoever gets it.",
    fix="Set encrypted to true on each block device, the root device too; an EncryptionByDefault does so for those that say nothing.",
    source=f"{CONTROLS}#ec2-3",
    tags=("fsbp:EC2.3",),
)
def disk_encryption(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    switches, templates = account_switches(stack), stack.once(_templates)
    for machine in stack.of(*MACHINES, FLEET, RECIPE):
        by_template = any(_maps_root(template) for template in templates.get(id(machine), ()))
        for disk in _disks(machine):
            encrypted, snapshot = disk.get("encrypted"), disk.get("snapshotId")
            of_template = disk.key == "rootBlockDevice" and encrypted.value is None
            # A disk that comes out of a snapshot is encrypted as that is, and what a machine doesn't say its template is judged for.
            if snapshot.value in (None, "", UNKNOWN) and not (of_template and by_template):
                decisive = [snapshot, *(_references(machine) if of_template else ())]
                yield from ((machine, problem) for problem in must_be_encrypted(encrypted, switches, *decisive))


def _disks(resource: Resource) -> Iterator[Field]:
    if resource.aws in (TEMPLATE, RECIPE):
        for mapping in resource.root.get("blockDeviceMappings").items():
            if mapping.get("ebs").value is not None:
                yield mapping.get("ebs")
    elif resource.aws == FLEET:
        for machine in resource.root.get("launchSpecifications").items():
            roots = machine.get("rootBlockDevices")
            yield from (*(list(roots.items()) or [roots]), *machine.get("ebsBlockDevices").items())
    else:
        yield resource.root.get("rootBlockDevice")
        yield from one_or_many(resource.root.get("ebsBlockDevices"))


def _maps_root(template: Resource) -> bool:
    """Whether a template says something about the root device of its machines."""
    return any(disk.parent is not None and disk.parent.get("deviceName").value in ROOT_DEVICES for disk in _disks(template))


@aws_rule(
    "aws-ec2-user-data-secret",
    *MACHINES,
    FLEET,
    "lightsail/Instance",
    title="A machine's user data hold no credential.",
    severity=Severity.CRITICAL,
    rationale="Every program on the machine may ask the metadata service for them, and who may look at the machine reads them too.",
    fix="Give the machine a role that may read the one secret in Secrets Manager, and let its start fetch it.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
    framework=None,
)
def user_data_secret(resource: Resource, _options: Options) -> Iterator[Problem]:
    for data in (each for way in USER_DATA for each in below(resource.root, way)):
        unsure = data.value is UNKNOWN or isinstance(data.value, SecretText)
        if unsure or (isinstance(data.value, str) and has_credential_line(_decoded(data.value))):
            yield data.problem("holds a credential; fetch it from Secrets Manager when the machine starts")


def _decoded(data: str) -> str:
    """What user data say, which may be Base64, and packed in it."""
    try:
        said = base64.b64decode("".join(data.split()), validate=True)
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(said, MOST_BYTES) if said.startswith(GZIP) else said
        return unpacked.decode()
    except (ValueError, zlib.error):
        return data


RULES = (imdsv2, metadata_hops, public_address, disk_encryption, user_data_secret)
