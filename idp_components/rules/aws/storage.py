"""Rules about disks and file systems: EBS and EFS, and the backups that are kept of them."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp, security_hub
from idp_components.rules.aws.setting import own_key
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.aws.tls_policy import REFUSE, refuses_plain_text
from idp_components.rules.aws.ways import below
from idp_components.rules.expect import is_set, may_be_unset_or_true, must_be_set, must_be_true, must_not_be_true
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.values import is_true, number

ENCRYPTION_BY_DEFAULT = "ebs/EncryptionByDefault"
FILE_SYSTEM, FILE_SYSTEM_POLICY = "efs/FileSystem", "efs/FileSystemPolicy"
SHARED = {
    "ec2/AmiLaunchPermission": ("group",),
    "ec2/SnapshotCreateVolumePermission": ("accountId",),
    "imagebuilder/DistributionConfiguration": ("distributions", "amiDistributionConfiguration", "launchPermission", "userGroups"),
}
"""Where it stands who gets a snapshot or an image."""
BLOCKS = {
    "ebs/SnapshotBlockPublicAccess": ("snapshots", "block-all-sharing", "block-new-sharing"),
    "ec2/ImageBlockPublicAccess": ("images", "block-new-sharing"),
}
"""What keeps an account's things from being public: which things, and its states that do so."""
VOLUMES = {
    "batch/JobDefinition": (("containerProperties", "volumes"), ("ecsProperties", "taskProperties", "volumes")),
    "ecs/TaskDefinition": (("volumes",),),
}
"""Where a task says what it mounts; to Batch as JSON."""


def account_switches(stack: Stack) -> list[Field]:
    """What encrypts every new disk of the account; unset means on."""
    return [default.root.get("enabled") for default in stack.of(ENCRYPTION_BY_DEFAULT)]


def must_be_encrypted(encrypted: Field, switches: list[Field], *decisive: Field) -> Iterator[Problem]:
    """Objects to a disk that isn't encrypted: neither by what it says, nor by the account where it says nothing."""
    by_account = switches if encrypted.value is None else []  # what says false may be older than the account's switch
    if not any(switch.value is None or is_true(switch.value) for switch in by_account):
        yield from must_be_true(encrypted, *decisive, *by_account)


@aws_stack_rule(
    "aws-ebs-encryption",
    title="A disk of EBS is encrypted.",
    severity=Severity.HIGH,
    rationale="Whoever gets at a snapshot of the disk reads everything on it. It can't be switched on later.",
    fix="Set encrypted to true; the disk is made anew. An EncryptionByDefault does so for those that say nothing.",
    **fsbp("EC2.3"),
)
def ebs_encryption(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    switches = account_switches(stack)
    for disk in stack.of("ebs/Volume", "ebs/SnapshotCopy", "ebs/SnapshotImport", "ec2/AmiCopy"):
        # Of imports AWS doesn't say that the account's switch is for them.
        by_account = switches if disk.aws != "ebs/SnapshotImport" else []
        encrypted = disk.root.get("encrypted")
        snapshot = disk.root.get("snapshotId") if disk.aws == "ebs/Volume" and encrypted.value is None else Field(None)
        # What comes out of a snapshot, and doesn't say otherwise, is encrypted as that is.
        if snapshot.value in (None, "", UNKNOWN):
            yield from ((disk, problem) for problem in must_be_encrypted(encrypted, by_account, snapshot))
    for service in stack.of("ecs/Service"):
        encrypted = service.root.get("volumeConfiguration", "managedEbsVolume", "encrypted")
        yield from ((service, problem) for problem in may_be_unset_or_true(encrypted))


@aws_rule(
    "aws-ebs-default-encryption",
    ENCRYPTION_BY_DEFAULT,
    title="An account encrypts new disks by default.",
    severity=Severity.HIGH,
    rationale="The default catches the disks that nobody declares, such as those of nodes.",
    fix="Remove enabled, or set it to true.",
    **fsbp("EC2.7"),
)
def ebs_default_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    enabled = resource.root.get("enabled")
    if enabled.value is not None:
        yield from must_be_true(enabled)


@aws_rule(
    "aws-ebs-snapshot-public",
    *SHARED,
    *BLOCKS,
    title="A snapshot of a disk, or an image of a machine, isn't for everybody.",
    severity=Severity.CRITICAL,
    rationale="Any account of AWS can make a disk of a public snapshot, or of an image, and read all of it.",
    fix="Name the account that restores it; block public snapshots for the account with block-all-sharing, images with block-new-sharing.",
    **fsbp("EC2.1"),
)
def ebs_snapshot_public(resource: Resource, _options: Options) -> Iterator[Problem]:
    state = resource.root.get("state")
    if resource.aws in BLOCKS:
        what, *blocked = BLOCKS[resource.aws]
        if state.value not in blocked:
            yield state.problem(f"lets {what} be public; set it to {blocked[0]}")
        return
    for account in below(resource.root, SHARED[resource.aws]):
        if account.value is UNKNOWN or (isinstance(account.value, str) and account.value.strip().lower() == "all"):
            yield account.problem("is everybody; name the account that restores it")


@aws_rule(
    "aws-efs-encryption",
    FILE_SYSTEM,
    title="A file system of EFS is encrypted.",
    severity=Severity.HIGH,
    rationale="Whoever gets at a backup reads everything in it. It can't be switched on later.",
    fix="Set encrypted to true; the file system is made anew.",
    **fsbp("EFS.1", "EFS.8"),
)
def efs_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get("encrypted"))


@aws_rule(
    "aws-efs-backup-policy",
    "efs/BackupPolicy",
    title="A file system of EFS isn't excluded from backups.",
    severity=Severity.MEDIUM,
    rationale="A file that is deleted by mistake is gone for good.",
    fix="Set backupPolicy.status to ENABLED.",
    **fsbp("EFS.7", "EFS.2"),
)
def efs_backup_policy(resource: Resource, _options: Options) -> Iterator[Problem]:
    status = resource.root.get("backupPolicy", "status")
    if status.value != "ENABLED":
        yield status.problem("makes no backups; set it to ENABLED")


@aws_rule(
    "aws-efs-access-point-root",
    "efs/AccessPoint",
    title="An access point of EFS leads to a directory of its own.",
    severity=Severity.MEDIUM,
    rationale="From the root, one application reads the files of all others.",
    fix="Set rootDirectory.path to the application's directory.",
    **fsbp("EFS.3"),
)
def efs_access_point_root(resource: Resource, _options: Options) -> Iterator[Problem]:
    path = resource.root.get("rootDirectory", "path")
    if path.value is UNKNOWN or not isinstance(path.value, str) or not path.value.strip("/ "):
        yield path.problem("is the root of the file system; name a directory, for example /orders")


@aws_rule(
    "aws-efs-access-point-user",
    "efs/AccessPoint",
    title="An access point of EFS has a user of its own.",
    severity=Severity.MEDIUM,
    rationale="Otherwise a client is whoever it says to be, root among them.",
    fix="Set posixUser.uid and posixUser.gid to those of the application.",
    **fsbp("EFS.4"),
)
def efs_access_point_user(resource: Resource, _options: Options) -> Iterator[Problem]:
    user = resource.root.get("posixUser", "uid")
    yield from must_be_set(user, "name the application's user")
    if number(user.value) == 0:
        yield user.problem("is root; name the application's user")


@aws_stack_rule(
    "aws-efs-tls-only",
    title="A file system of EFS refuses clients without TLS.",
    severity=Severity.MEDIUM,
    rationale="NFS has no encryption of its own: files cross the network as they are.",
    fix='Add a FileSystemPolicy with a statement that denies "*" where aws:SecureTransport is false.',
    source="https://docs.aws.amazon.com/efs/latest/ug/encryption-in-transit.html",
    framework=None,
)
def efs_tls_only(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for policy in stack.of(FILE_SYSTEM_POLICY):
        # Who may not mount doesn't get in. A grant of IAM's own can't let anybody in without: EFS takes IAM's identities over TLS alone.
        refused = refuses_plain_text(
            policy.root.get("policy"), "elasticfilesystem", lambda _resources: True, ("ClientMount",), grants_suffice=True
        )
        yield from ((policy, problem) for problem in refused)
    for file_system in stack.of(FILE_SYSTEM):
        found = companions(stack, file_system, (FILE_SYSTEM_POLICY,), "fileSystemId")
        if not found.certain:
            yield file_system, file_system.root.problem(f"has no policy; {REFUSE}", *found.possible)


@aws_rule(
    "aws-ecs-efs-transit-encryption",
    *VOLUMES,
    title="A task mounts EFS through TLS.",
    severity=Severity.MEDIUM,
    rationale="NFS has no encryption of its own: files cross the network as they are.",
    fix="Set efsVolumeConfiguration.transitEncryption to ENABLED.",
    **security_hub("ECS.18"),
)
def ecs_efs_transit_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    for mounted in (each for way in VOLUMES[resource.aws] for each in below(resource.root, (*way, "efsVolumeConfiguration"))):
        encrypted = mounted.get("transitEncryption")
        if is_set(mounted) and encrypted.value != "ENABLED":
            yield encrypted.problem("is unset; set it to ENABLED" if encrypted.value is None else "is not ENABLED; set it to ENABLED")


@aws_rule(
    "aws-backup-vault-key",
    "backup/Vault",
    title="A backup vault has a key of its own.",
    severity=Severity.LOW,
    rationale="Backups under AWS' own key can't be shared with another account, and nobody decides who may read them.",
    fix="Set kmsKeyArn.",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html",
    framework=None,
)
def backup_vault_key(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from own_key(resource.root.get("kmsKeyArn"))


@aws_rule(
    "aws-backup-vault-force-destroy",
    "backup/Vault",
    title="A backup vault isn't deleted with what it holds.",
    severity=Severity.MEDIUM,
    rationale="A vault that goes with its stack takes the backups that were made for that very case.",
    fix="Remove forceDestroy.",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html",
    framework=None,
)
def backup_vault_force_destroy(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_not_be_true(resource.root.get("forceDestroy"))


RULES = (
    ebs_encryption,
    ebs_default_encryption,
    ebs_snapshot_public,
    efs_encryption,
    efs_backup_policy,
    efs_access_point_root,
    efs_access_point_user,
    efs_tls_only,
    ecs_efs_transit_encryption,
    backup_vault_key,
    backup_vault_force_destroy,
)
