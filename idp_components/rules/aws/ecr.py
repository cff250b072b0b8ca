"""Rules about image repositories: ECR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp, security_hub
from idp_components.rules.aws.setting import own_key
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set, must_be_true
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack

REPOSITORY, TEMPLATE = "ecr/Repository", "ecr/RepositoryCreationTemplate"
IMMUTABLE = ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")


@aws_rule(
    "aws-ecr-immutable-tags",
    REPOSITORY,
    TEMPLATE,
    title="A tag of an image never changes what it names.",
    severity=Severity.MEDIUM,
    rationale="Whoever may push could put other code under a version that is running already, and a rollback would bring it in.",
    fix="Set imageTagMutability to IMMUTABLE.",
    **fsbp("ECR.2"),
)
def immutable_tags(resource: Resource, _options: Options) -> Iterator[Problem]:
    mutability = resource.root.get("imageTagMutability")
    if mutability.value is UNKNOWN or mutability.value not in IMMUTABLE:
        state = "is unset" if mutability.value is None else "lets tags change"
        yield mutability.problem(f"{state}; set it to IMMUTABLE")
    for exclusion in resource.root.get("imageTagMutabilityExclusionFilters").items():
        pattern = exclusion.get("filter")
        if pattern.value is UNKNOWN or (isinstance(pattern.value, str) and set(pattern.value) == {"*"}):
            yield pattern.problem("leaves out every tag; name those that may change", mutability)


def _scanned(resource: Resource, _options: Options) -> dict[str, Any] | None:
    """Scanning switched on, where nothing is said about it yet."""
    configuration = resource.root.get("imageScanningConfiguration")
    if not isinstance(resource.props, dict) or configuration.value not in (None, {}):
        return None
    return {**resource.props, "imageScanningConfiguration": {"scanOnPush": True}}


@aws_rule(
    "aws-ecr-scan-on-push",
    REPOSITORY,
    title="A repository asks for a scan of each image that is pushed.",
    severity=Severity.MEDIUM,
    rationale="A known hole in an image is cheapest to close before the image runs.",
    fix="Set imageScanningConfiguration.scanOnPush to true.",
    remedy=_scanned,
    **fsbp("ECR.1"),
)
def scan_on_push(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get("imageScanningConfiguration", "scanOnPush"))


@aws_rule(
    "aws-ecr-key",
    REPOSITORY,
    TEMPLATE,
    title="Images are encrypted with a key of one's own.",
    severity=Severity.LOW,
    rationale="The key's policy is a second lock, and its log says who read an image.",
    fix="Set encryptionConfigurations to the type KMS, with a kmsKey. The repository is made anew.",
    **security_hub("ECR.5"),
)
def key(resource: Resource, _options: Options) -> Iterator[Problem]:
    configurations = resource.root.get("encryptionConfigurations")
    configuration = next(configurations.items(), configurations)
    kind = configuration.get("encryptionType")
    if kind.value not in ("KMS", "KMS_DSSE"):
        yield kind.problem("is not KMS; set it to KMS")
    else:
        yield from own_key(configuration.get("kmsKey"))


@aws_stack_rule(
    "aws-ecr-lifecycle",
    title="A repository removes images that nobody runs any more.",
    severity=Severity.LOW,
    rationale="Every build adds an image, and all of them are paid for, with their holes.",
    fix="Add a LifecyclePolicy.",
    **fsbp("ECR.3"),
)
def lifecycle(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for repository in stack.of(REPOSITORY):
        found = companions(stack, repository, ("ecr/LifecyclePolicy",), "repository")
        if not any(is_set(policy.root.get("policy")) for policy in found.certain):
            yield repository, repository.root.problem("keeps every image; add a LifecyclePolicy", *found.possible)


RULES = (immutable_tags, scan_on_push, key, lifecycle)
