"""Rules about functions of Lambda."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set, must_be_set
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.values import number

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html"
RUNTIMES = (
    "dotnet10",
    "java11",
    "java17",
    "java21",
    "java25",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2023",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "ruby3.3",
    "ruby3.4",
)
"""Runtimes that get fixes at the end of November 2026 (Lambda, "Lambda runtimes")."""
ALEXA = "alexa-appkit.amazon.com"
ACCOUNT_KEYS = ("sourceAccount", "principalOrgId")


def _check_runtime(resource: Resource, options: Options) -> Iterator[Problem]:
    runtime = resource.root.get("runtime")
    if runtime.value is not None and runtime.value not in tuple(options.get("runtimes", RUNTIMES)):
        yield runtime.problem("is not supported any more, or not by us; take a newer one")


supported_runtime = aws_rule(
    "aws-lambda-runtime",
    "lambda/Function",
    title="A function runs on a runtime that still gets fixes.",
    severity=Severity.MEDIUM,
    rationale="AWS stops to mend a runtime, then to let functions on it be changed.",
    fix="Set runtime to a supported one, or build an image.",
    source=f"{CONTROLS}#lambda-2",
    tags=("fsbp:Lambda.2",),
    options={
        "runtimes": {
            "type": "array",
            "items": {"type": "string"},
            "default": list(RUNTIMES),
            "description": "Runtimes that are allowed.",
        }
    },
)(_check_runtime)


@aws_rule(
    "aws-lambda-public-url",
    "lambda/FunctionUrl",
    title="A function's own address asks who calls.",
    severity=Severity.HIGH,
    rationale="With NONE, everybody on the internet runs the function, and its owner pays.",
    fix="Set authorizationType to AWS_IAM, or put an API with an authorizer in front.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    framework=None,
)
def public_url(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind = resource.root.get("authorizationType")
    if kind.value != "AWS_IAM":
        yield kind.problem("lets everybody call; set it to AWS_IAM")


@aws_rule(
    "aws-lambda-public-permission",
    "lambda/Permission",
    "lambda/LayerVersionPermission",
    title="Not everybody may call a function.",
    severity=Severity.CRITICAL,
    rationale="Principal * means every account of AWS.",
    fix="Name the account, the role or the service; or set principalOrgId.",
    source=f"{CONTROLS}#lambda-1",
    tags=("fsbp:Lambda.1",),
)
def public_permission(resource: Resource, _options: Options) -> Iterator[Problem]:
    principal = resource.root.get("principal")
    narrowing = [resource.root.get(name) for name in ("principalOrgId", "organizationId", "sourceAccount", "sourceArn")]
    if any(each.value not in (None, "", UNKNOWN) and not _names_nobody(each.value) for each in narrowing):
        return
    if principal.value is UNKNOWN or (isinstance(principal.value, str) and principal.value.strip() == "*"):
        yield principal.problem("lets everybody call; name an account, a role or a service", *narrowing)


def _names_nobody(narrowing: Any) -> bool:
    """Whether it lets in as many as nothing would: a wildcard, or an ARN with neither an account nor a name."""
    parts = str(narrowing).split(":", 5)
    return set(str(narrowing)) <= {"*"} or (len(parts) == 6 and parts[4] in ("", "*") and set(parts[5]) <= set("*/"))


@aws_rule(
    "aws-lambda-permission-source",
    "lambda/Permission",
    title="A service of AWS may call a function for one source.",
    severity=Severity.MEDIUM,
    rationale="A service works for every account: a stranger's bucket or topic could call the function (confused deputy).",
    fix="Set sourceArn; for a bucket, whose ARN names no account, sourceAccount too.",
    source=f"{CONTROLS}#lambda-1",
    tags=("fsbp:Lambda.1",),
)
def permission_source(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    principal, arn = root.get("principal"), root.get("sourceArn")
    service = principal.value if isinstance(principal.value, str) else ""
    if service == ALEXA and (skill := root.get("eventSourceToken")).value in (None, "", UNKNOWN):
        yield skill.problem("is unset; set it to the id of the skill that may call", principal)
    if principal.value is not UNKNOWN and ".amazonaws.com" not in service:
        return
    by_account = any(root.get(name).value not in (None, "") for name in ACCOUNT_KEYS)
    if not by_account and (arn.value in (None, "") or (isinstance(arn.value, str) and _names_nobody(arn.value))):
        state = "is a wildcard" if arn.value else "is unset"
        yield arn.problem(f"{state}; set it to what may call", principal)
    elif not by_account and (principal.value is UNKNOWN or service.startswith("s3.")):
        yield root.get("sourceAccount").problem("is unset, and a bucket's ARN names no account; set it", principal)


@aws_rule(
    "aws-lambda-tracing",
    "lambda/Function",
    title="A function's calls can be followed.",
    severity=Severity.LOW,
    rationale="Without traces nobody sees which call of many was slow, or failed.",
    fix="Set tracingConfig.mode to Active.",
    source=f"{CONTROLS}#lambda-7",
    tags=("fsbp:Lambda.7",),
)
def tracing(resource: Resource, _options: Options) -> Iterator[Problem]:
    mode = resource.root.get("tracingConfig", "mode")
    if mode.value != "Active":
        yield mode.problem(f"{'is unset' if mode.value is None else 'is not active'}; set it to Active")


@aws_rule(
    "aws-lambda-concurrency",
    "lambda/Function",
    title="A function has a share of the account's concurrency.",
    severity=Severity.LOW,
    rationale="One function that is called without end stops all others of the account.",
    fix="Set reservedConcurrentExecutions to the most that may run at once.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    framework=None,
)
def concurrency(resource: Resource, _options: Options) -> Iterator[Problem]:
    most = resource.root.get("reservedConcurrentExecutions")
    amount = number(most.value)
    if amount is None or amount < 0:
        yield most.problem(f"{'is unset' if most.value is None else 'is no limit'}; set it to the most that may run at once")


@aws_stack_rule(
    "aws-lambda-dead-letters",
    title="What a function could not handle is kept.",
    severity=Severity.LOW,
    rationale="An event that failed three times is thrown away, and nobody learns of it.",
    fix="Set deadLetterConfig.targetArn to the ARN of a Queue, or add a FunctionEventInvokeConfig with destinationConfig.onFailure.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    framework=None,
)
def dead_letters(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for function in stack.of("lambda/Function"):
        found = companions(stack, function, ("lambda/FunctionEventInvokeConfig",), "functionName")
        if not any(is_set(config.root.get("destinationConfig", "onFailure", "destination")) for config in found.certain):
            own = must_be_set(function.root.get("deadLetterConfig", "targetArn"), "set it to the ARN of a queue", *found.possible)
            yield from ((function, problem) for problem in own)


RULES = (
    supported_runtime,
    public_url,
    public_permission,
    permission_source,
    tracing,
    concurrency,
    dead_letters,
)
