"""Rules about a bucket with all that is said about it: inline, or in the resources that refer to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from idp_components.rules.aws.controls import fsbp, security_hub
from idp_components.rules.aws.object_events import covers, recorded
from idp_components.rules.aws.s3 import FLAGS
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.aws.tls_policy import REFUSE, refuses_plain_text
from idp_components.rules.expect import is_set, must_be_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import companions, judged, refers
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.options import texts
from idp_components.rules.selectors import doubts
from idp_components.rules.values import is_true

BUCKET = "s3/Bucket"
ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
LOCK = "objectLockEnabled"
"""What switches versions on, for good."""
FIRST_INLINE = ("versionings", "loggings", "serverSideEncryptionConfigurations")
"""Lists of one element, in which the second edition of a bucket has its settings."""


def each_bucket(
    stack: Stack, inline: tuple[str, ...], kind: str, problems: Callable[[Field], Iterator[Problem]], message: str
) -> Iterator[tuple[Resource, Problem]]:
    """Judges a setting of every bucket where it stands: under one of the bucket's own keys, or in a companion of a kind."""
    for bucket in stack.of(BUCKET):
        yield from judged_bucket(stack, bucket, inline, kind, problems, message)


def judged_bucket(
    stack: Stack, bucket: Resource, inline: tuple[str, ...], kind: str, problems: Callable[[Field], Iterator[Problem]], message: str
) -> Iterator[tuple[Resource, Problem]]:
    """The same for one bucket."""
    own = [field for key in inline if is_set(field := bucket.root.get(key))]
    for field in own:
        first = next(field.items(), field) if field.key in FIRST_INLINE else field
        yield from ((bucket, problem) for problem in problems(first))
    if not own:
        yield from judged(bucket, companions(stack, bucket, (kind,), "bucket"), lambda each: problems(each.root), message)


def first_of(field: Field, key: str) -> Field:
    """What stands under a key, or as the first of a list under its plural: the second edition of a bucket writes it so."""
    return next(field.get(f"{key}s").items(), field.get(key))


def _with_doubt(problem: Problem, *decisive: Field) -> Problem:
    """A problem that these fields decide too."""
    return problem if problem.undecided else problem.field.problem(problem.message, *decisive)


@aws_stack_rule(
    "aws-s3-access-block",
    title="A bucket has a block of public access.",
    severity=Severity.MEDIUM,
    rationale="Without the block, one policy or one access control list makes the bucket public.",
    fix="Use a Bucket; otherwise add a BucketPublicAccessBlock with all four settings, or one for the account.",
    **fsbp("S3.8"),
)
def access_block(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    account = [[block.root.get(flag) for flag in FLAGS] for block in stack.of("s3/AccountPublicAccessBlock")]
    if any(all(is_true(flag.value) for flag in flags) for flags in account):
        return
    possible = [flag for flags in account if all(is_true(flag.value) or flag.value is UNKNOWN for flag in flags) for flag in flags]
    for bucket in stack.of(BUCKET):
        found = companions(stack, bucket, ("s3/BucketPublicAccessBlock",), "bucket")
        if not found.certain:  # those that are there have a rule of their own
            yield bucket, bucket.root.problem("has no BucketPublicAccessBlock; add one with all four settings", *found.possible, *possible)


@aws_stack_rule(
    "aws-s3-encryption",
    title="A bucket says how its objects are encrypted.",
    severity=Severity.MEDIUM,
    rationale="S3 encrypts with a key of its own otherwise, and nobody can say later who may read what.",
    fix="Use a Bucket; otherwise add a BucketServerSideEncryptionConfiguration with aws:kms.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html",
    framework=None,
    tags=("security-hub:S3.17",),
    options={"algorithms": texts(ALGORITHMS, "Algorithms that are enough.")},
)
def encryption(stack: Stack, options: Options) -> Iterator[tuple[Resource, Problem]]:
    allowed = options.get("algorithms", ALGORITHMS)

    def problems(setting: Field) -> Iterator[Problem]:
        algorithm = first_of(first_of(setting, "rule"), "applyServerSideEncryptionByDefault").get("sseAlgorithm")
        if algorithm.value is UNKNOWN or algorithm.value not in allowed:
            yield algorithm.problem(f"is not enough; set it to {allowed[-1] if len(allowed) == 1 else 'aws:kms'}")

    inline = ("serverSideEncryptionConfiguration", "serverSideEncryptionConfigurations")
    kind = "s3/BucketServerSideEncryptionConfiguration"
    yield from each_bucket(stack, inline, kind, problems, f"says nothing of encryption; add a {kind.partition('/')[2]} with aws:kms")


@aws_stack_rule(
    "aws-s3-versioning",
    title="A bucket keeps the versions that are overwritten or deleted.",
    severity=Severity.MEDIUM,
    rationale="What a wrong program overwrites or a stolen key deletes is gone for good without versions.",
    fix="Use a Bucket; otherwise add a BucketVersioning with the status Enabled.",
    **security_hub("S3.14"),
)
def versioning(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    def problems(setting: Field) -> Iterator[Problem]:
        status, enabled = setting.get("versioningConfiguration", "status"), setting.get("enabled")
        if status.value != "Enabled" and not is_true(enabled.value):
            place = enabled if enabled.value is not None else status if status.value is not None else setting
            yield place.problem("keeps no versions; enable it")

    message = "keeps no versions; add a BucketVersioning that is Enabled"
    for resource, problem in each_bucket(stack, ("versioning", "versionings"), "s3/BucketVersioning", problems, message):
        lock = resource.root.get(LOCK)
        if not is_true(lock.value):
            yield resource, _with_doubt(problem, lock)


@aws_stack_rule(
    "aws-s3-tls-only",
    title="A bucket refuses requests without TLS.",
    severity=Severity.MEDIUM,
    rationale="A signed request over plain HTTP shows its object, and a presigned address works for whoever reads it.",
    fix="Use a Bucket; otherwise add a BucketPolicy that denies s3:* on the bucket and its objects where aws:SecureTransport is false.",
    **fsbp("S3.5"),
)
def tls_only(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    def problems(setting: Field) -> Iterator[Problem]:
        yield from refuses_plain_text(setting if setting.key == "policy" else setting.get("policy"), "s3", _are_all)

    yield from each_bucket(stack, ("policy",), "s3/BucketPolicy", problems, f"has no policy; {REFUSE}")


def _are_all(resources: list[Any]) -> bool:
    """Whether some entries of `Resource` are the bucket and all of its objects. A wildcard at the end reaches over the slash."""
    names = [each.split(":", 5)[-1].partition("/") for each in resources if isinstance(each, str)]
    of_bucket = any(not slash for _, slash, _ in names)
    of_objects = any(set(key) == {"*"} if slash else bucket.endswith("*") for bucket, slash, key in names)
    return of_bucket and of_objects


@aws_stack_rule(
    "aws-s3-logging",
    title="Somebody writes down who reads and writes a bucket.",
    severity=Severity.LOW,
    rationale="After a leak, access logs are the only answer to what was taken.",
    fix="Use a Bucket, and name a bucket for logs in config idp:logBucket; otherwise add a BucketLogging, or object events to a Trail.",
    **fsbp("S3.9"),
)
def logging(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    def problems(setting: Field) -> Iterator[Problem]:
        yield from must_be_set(setting.get("targetBucket"), "name the bucket that the logs go to")

    settings = [logs.root for logs in stack.of("s3/BucketLogging")] + [first_of(bucket.root, "logging") for bucket in stack.of(BUCKET)]
    targets = [target for setting in settings if is_set(target := setting.get("targetBucket"))]
    events = recorded(stack)
    found = each_bucket(stack, ("logging", "loggings"), "s3/BucketLogging", problems, "has no access log; add a BucketLogging")
    for resource, problem in found:
        # A bucket for logs would write about its own writing.
        by_trail = covers(events, resource)
        if not (any(refers(target, resource) for target in targets) or by_trail):
            yield resource, _with_doubt(problem, *targets, *doubts([by_trail]))


@aws_stack_rule(
    "aws-s3-incomplete-uploads",
    title="A bucket removes the parts of uploads that never ended.",
    severity=Severity.LOW,
    rationale="Parts of a broken upload cost like objects, and no listing shows them.",
    fix="Use a Bucket; otherwise add a lifecycle rule with abortIncompleteMultipartUpload.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html",
    framework=None,
)
def incomplete_uploads(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    def problems(setting: Field) -> Iterator[Problem]:
        yield from lifecycle_without(setting, _ends_uploads, "ends no upload; add abortIncompleteMultipartUpload", _filters)

    message = "never removes the parts of broken uploads; add a BucketLifecycleConfiguration with abortIncompleteMultipartUpload"
    yield from each_bucket(stack, ("lifecycleRules",), "s3/BucketLifecycleConfiguration", problems, message)


def _ends_uploads(rule: Field) -> bool:
    days = (rule.get("abortIncompleteMultipartUpload", "daysAfterInitiation"), rule.get("abortIncompleteMultipartUploadDays"))
    return any(is_set(each) for each in days)


def _filters(rule: Field) -> Iterator[Field]:
    yield rule.get("prefix")
    yield from rule.get("filter").entries()


def lifecycle_without(
    setting: Field, does: Callable[[Field], bool], message: str, narrowed: Callable[[Field], Iterable[Field]] = lambda _rule: ()
) -> Iterator[Problem]:
    """Objects to a lifecycle (a companion, or a bucket's own rules) in which no rule does something, is in force and isn't narrowed."""
    inline = setting.key == "lifecycleRules"
    rules = setting if inline else setting.get("rules")
    unknown: list[Field] = []
    for rule in (each for each in rules.items() if does(each)):
        switch = rule.get("enabled" if inline else "status")
        narrow = [field for field in narrowed(rule) if is_set(field)]
        is_on = switch.value == "Enabled" or is_true(switch.value)
        if is_on and not narrow:
            return
        if (is_on or switch.value is UNKNOWN) and all(field.value is UNKNOWN for field in narrow):
            unknown += [switch, *narrow]
    yield rules.problem(message, *unknown)


RULES = (access_block, encryption, versioning, tls_only, logging, incomplete_uploads)
