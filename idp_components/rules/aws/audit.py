"""Rules about what an account remembers and notices: CloudTrail, logs, Config, GuardDuty, and the rotation of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.setting import off
from idp_components.rules.expect import must_be_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false, is_true, number, one_or_many

YEAR_DAYS = 365
DELIVERY = "DELIVERY"
"""The class of log groups that always keep for two days."""
GUIDE = "https://docs.aws.amazon.com/securityhub/latest/userguide/"
TRAIL = "cloudtrail/Trail"


@aws_rule(
    "aws-cloudtrail-multi-region",
    TRAIL,
    title="A trail records every region, what is read as well as what is written, and is on.",
    severity=Severity.HIGH,
    rationale="Who wants to stay unseen works in the region that nobody records.",
    fix="Set isMultiRegionTrail to true, leave enableLogging and includeGlobalServiceEvents on, and readWriteType at All.",
    source=f"{GUIDE}cloudtrail-controls.html#cloudtrail-1",
    tags=("fsbp:CloudTrail.1",),
)
def multi_region(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from off(resource.root.get("isMultiRegionTrail"))
    for name in ("enableLogging", "includeGlobalServiceEvents"):
        switch = resource.root.get(name)
        if switch.value is not None:
            yield from off(switch)
    for key, sides_of in (("eventSelectors", _sides), ("advancedEventSelectors", _advanced_sides)):
        selectors = resource.root.get(key)
        sides = [found for selector in selectors.items() if (found := sides_of(selector))]
        for side, what in enumerate(("read", "written")):
            taken = [each[side] for each in sides]
            if taken and True not in taken:  # a trail that takes neither is one for data, beside another
                yield selectors.problem(f"leaves out what is {what}; take both", *([Field(UNKNOWN)] if None in taken else ()))


def _sides(selector: Field) -> tuple[bool | None, bool | None] | None:
    """Whether a selector takes reads, and writes, of management; `None` as long as nobody knows. None at all for one about data."""
    included, kind = selector.get("includeManagementEvents"), selector.get("readWriteType")
    if is_false(included.value):
        return None
    if UNKNOWN in (included.value, kind.value):
        return None, None
    return kind.value in (None, "All", "ReadOnly"), kind.value in (None, "All", "WriteOnly")


def _advanced_sides(selector: Field) -> tuple[bool | None, bool | None] | None:
    """The same for an advanced selector."""
    named = [each for each in selector.get("fieldSelectors").items() if each.get("field").value in ("eventCategory", "readOnly", UNKNOWN)]
    wanted = [(each.get("field").value, value.value) for each in named for value in one_or_many(each.get("equals"))]
    if any(UNKNOWN in pair for pair in wanted):
        return None, None
    if ("eventCategory", "Management") not in wanted:
        return None
    read_only = [value for name, value in wanted if name == "readOnly"]
    return not read_only or any(map(is_true, read_only)), not read_only or any(map(is_false, read_only))


@aws_rule(
    "aws-cloudtrail-validation",
    TRAIL,
    title="A trail can prove that nobody changed it.",
    severity=Severity.MEDIUM,
    rationale="Without digests, an intruder deletes the lines about himself.",
    fix="Set enableLogFileValidation to true.",
    source=f"{GUIDE}cloudtrail-controls.html#cloudtrail-4",
    tags=("fsbp:CloudTrail.4",),
)
def validation(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from off(resource.root.get("enableLogFileValidation"))


@aws_rule(
    "aws-cloudtrail-encryption",
    TRAIL,
    title="A trail is encrypted with a key of its own.",
    severity=Severity.MEDIUM,
    rationale="It says how the account is built; a key says who may read it.",
    fix="Set kmsKeyId.",
    source=f"{GUIDE}cloudtrail-controls.html#cloudtrail-2",
    tags=("fsbp:CloudTrail.2",),
)
def trail_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("kmsKeyId"), "set it to the ARN of a key")


@aws_rule(
    "aws-cloudtrail-cloudwatch",
    TRAIL,
    title="A trail goes to CloudWatch, where alarms see it.",
    severity=Severity.LOW,
    rationale="A file in a bucket is read after the damage; an alarm comes during it.",
    fix="Set cloudWatchLogsGroupArn and cloudWatchLogsRoleArn.",
    source=f"{GUIDE}cloudtrail-controls.html#cloudtrail-5",
    tags=("fsbp:CloudTrail.5",),
)
def trail_cloudwatch(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("cloudWatchLogsGroupArn"), "set it to the ARN of a log group")


@aws_rule(
    "aws-cloudwatch-log-retention",
    "cloudwatch/LogGroup",
    title="A log group says how long it keeps.",
    severity=Severity.MEDIUM,
    rationale="Without a number, logs are kept and paid for without end.",
    fix="Set retentionInDays, to 365 for what auditors ask for.",
    source=f"{GUIDE}cloudwatch-controls.html#cloudwatch-16",
    tags=("fsbp:CloudWatch.16",),
)
def log_retention(resource: Resource, _options: Options) -> Iterator[Problem]:
    days, kind = resource.root.get("retentionInDays"), resource.root.get("logGroupClass")
    if (number(days.value) or 0) <= 0 and kind.value != DELIVERY:
        yield days.problem(f"{'is unset' if days.value is None else 'is no number of days'}; set it, for example to 365", kind)


@aws_rule(
    "aws-cloudwatch-log-encryption",
    "cloudwatch/LogGroup",
    title="A log group is encrypted with a key of its own.",
    severity=Severity.LOW,
    rationale="Logs hold more than was meant; a key says who may read them.",
    fix="Set kmsKeyId to a key whose policy lets the service logs use it.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    framework=None,
)
def log_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("kmsKeyId"), "set it to the ARN of a key")


def _rotates(resource: Resource) -> bool:
    """Whether KMS can rotate a key: its own, symmetric ones ("Rotating AWS KMS keys")."""
    root = resource.root
    usage, store = root.get("keyUsage").value, root.get("customKeyStoreId").value
    spec = root.get("customerMasterKeySpec").value or root.get("keySpec").value
    return usage in (None, "ENCRYPT_DECRYPT") and spec in (None, "", "SYMMETRIC_DEFAULT") and store in (None, "")


def _rotated(resource: Resource, _options: Options) -> dict[str, Any] | None:
    props = resource.props
    if not isinstance(props, dict) or props.get("enableKeyRotation") is not None or not _rotates(resource):
        return None
    return {**props, "enableKeyRotation": True}


@aws_rule(
    "aws-kms-rotation",
    "kms/Key",
    title="A key is rotated every year.",
    severity=Severity.MEDIUM,
    rationale="The less is encrypted with one key, the less its loss costs; old data stays readable.",
    fix="Set enableKeyRotation to true; keys of golden paths have it.",
    source=f"{GUIDE}kms-controls.html#kms-4",
    tags=("fsbp:KMS.4",),
    remedy=_rotated,
)
def key_rotation(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    decisive = [root.get(name) for name in ("keyUsage", "customKeyStoreId", "customerMasterKeySpec", "keySpec")]
    if _rotates(resource) or any(each.value is UNKNOWN for each in decisive):
        yield from off(root.get("enableKeyRotation"), "set it to true", *decisive)
        period = root.get("rotationPeriodInDays")
        if period.value is UNKNOWN or (number(period.value) or 0) > YEAR_DAYS:
            yield period.problem(f"is more than a year; set it to {YEAR_DAYS} or less, or remove it", *decisive)


@aws_rule(
    "aws-config-recorder",
    "cfg/Recorder",
    "cfg/RecorderStatus",
    title="AWS Config records every kind of resource.",
    severity=Severity.MEDIUM,
    rationale="What isn't recorded can't be compared with what it was before an incident.",
    fix="Set recordingGroup.allSupported and includeGlobalResourceTypes to true, and RecorderStatus.isEnabled to true.",
    source=f"{GUIDE}config-controls.html#config-1",
    tags=("fsbp:Config.1",),
)
def config_recorder(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws == "cfg/RecorderStatus":
        yield from off(resource.root.get("isEnabled"))
        return
    group = resource.root.get("recordingGroup")
    everything = group.get("allSupported")
    if everything.value is not None and not is_true(everything.value):
        yield everything.problem("is false; set it to true")
    elif group.value is not None and not is_true(group.get("includeGlobalResourceTypes").value):
        yield from off(group.get("includeGlobalResourceTypes"), "set it to true, or IAM is not recorded")


@aws_rule(
    "aws-guardduty-enabled",
    "guardduty/Detector",
    title="GuardDuty is on.",
    severity=Severity.HIGH,
    rationale="It notices keys that are used from elsewhere, and machines that talk to whom they shouldn't.",
    fix="Remove enable, or set it to true.",
    source=f"{GUIDE}guardduty-controls.html#guardduty-1",
    tags=("fsbp:GuardDuty.1",),
)
def guardduty(resource: Resource, _options: Options) -> Iterator[Problem]:
    enable = resource.root.get("enable")
    if is_false(enable.value) or not (enable.value is None or is_true(enable.value)):
        yield enable.problem("is false; set it to true")


RULES = (
    multi_region,
    validation,
    trail_encryption,
    trail_cloudwatch,
    log_retention,
    log_encryption,
    key_rotation,
    config_recorder,
    guardduty,
)
