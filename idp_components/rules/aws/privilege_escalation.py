"""Known ways from some rights to all rights.

The list: Rhino Security Labs, "AWS IAM Privilege Escalation Methods", and https://pathfinding.cloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.policy_document import Condition, Statement, covers_all_of_a_kind, matches
from idp_components.rules.aws.policy_places import IDENTITY, documents, unknown
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity

RHINO = "https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation"
EVERYTHING = ("*", "*:*", "iam:*")
CLOSING_KEYS = ("iam:permissionsboundary", "iam:policyarn", "iam:associatedresourcearn")
FIX = "Keep rights over IAM with the platform's own stack; otherwise name the roles, and add the condition iam:PermissionsBoundary."


@dataclass(frozen=True)
class Way:
    """Actions that together lead to all rights."""

    actions: tuple[str, ...]
    """The first one decides: it must be allowed for all resources of its kind."""
    service: str = ""
    """Which service gets the role, where one is passed."""
    oneself: bool = False
    """Whether it is one with the own user alone."""

    @property
    def name(self) -> str:
        first, *others = self.actions
        return f"{first} with {' and '.join(others)}" if others else first


def _alone(*names: str, oneself: bool = False) -> tuple[Way, ...]:
    return tuple(Way((f"iam:{name}",), oneself=oneself) for name in names)


def _passed(service: str, *actions: str) -> Way:
    return Way(("iam:PassRole", *actions), f"{service}.amazonaws.com")


WAYS = (
    *_alone("CreatePolicyVersion", "SetDefaultPolicyVersion"),
    *_alone("AttachUserPolicy", "PutUserPolicy", "DeleteUserPermissionsBoundary", oneself=True),
    *_alone("AttachGroupPolicy", "AttachRolePolicy", "PutGroupPolicy", "PutRolePolicy"),
    *_alone("AddUserToGroup", "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "UpdateAssumeRolePolicy"),
    *_alone("DeleteRolePermissionsBoundary", "CreateServiceSpecificCredential"),
    _passed("ec2", "ec2:RunInstances"),
    _passed("ec2", "ec2:RequestSpotInstances"),
    _passed("ec2", "ec2:AssociateIamInstanceProfile"),
    _passed("ec2", "ec2:ReplaceIamInstanceProfileAssociation"),
    _passed("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
    _passed("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:UpdateAutoScalingGroup"),
    _passed("lambda", "lambda:CreateFunction", "lambda:InvokeFunction"),
    _passed("lambda", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    _passed("lambda", "lambda:CreateFunction", "lambda:AddPermission"),
    _passed("lambda", "lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"),
    _passed("glue", "glue:CreateDevEndpoint"),
    _passed("glue", "glue:CreateJob", "glue:StartJobRun"),
    _passed("glue", "glue:CreateJob", "glue:CreateTrigger"),
    _passed("glue", "glue:UpdateJob", "glue:StartJobRun"),
    _passed("glue", "glue:UpdateJob", "glue:CreateTrigger"),
    _passed("glue", "glue:CreateSession", "glue:RunStatement"),
    _passed("cloudformation", "cloudformation:CreateStack"),
    _passed("cloudformation", "cloudformation:UpdateStack"),
    _passed("cloudformation", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
    _passed("cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"),
    _passed("cloudformation", "cloudformation:UpdateStackSet"),
    _passed("codebuild", "codebuild:CreateProject", "codebuild:StartBuild"),
    _passed("codebuild", "codebuild:CreateProject", "codebuild:StartBuildBatch"),
    _passed("codebuild", "codebuild:UpdateProject", "codebuild:StartBuild"),
    _passed("codepipeline", "codepipeline:CreatePipeline", "codepipeline:PutJobSuccessResult"),
    _passed("datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"),
    _passed("sagemaker", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    _passed("sagemaker", "sagemaker:CreateTrainingJob"),
    _passed("sagemaker", "sagemaker:CreateProcessingJob"),
    _passed("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    _passed("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:StartTask"),
    _passed("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    _passed("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:UpdateService"),
    _passed("states", "states:CreateStateMachine", "states:StartExecution"),
    _passed("states", "states:UpdateStateMachine", "states:StartExecution"),
    _passed("ssm", "ssm:StartAutomationExecution"),
    _passed("apprunner", "apprunner:CreateService"),
    _passed("batch", "batch:RegisterJobDefinition", "batch:SubmitJob"),
    _passed("scheduler", "scheduler:CreateSchedule"),
    _passed("bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:InvokeCodeInterpreter"),
    # Roles that were passed before: who changes what has one, or runs something there, acts as it.
    Way(("bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter")),
    Way(("apprunner:UpdateService",)),
    Way(("cloudformation:UpdateStack",)),
    Way(("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet")),
    Way(("codebuild:StartBuild",)),
    Way(("codebuild:StartBuildBatch",)),
    Way(("ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances")),
    Way(("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate")),
    Way(("ecs:ExecuteCommand",)),
    Way(("sagemaker:CreatePresignedNotebookInstanceUrl",)),
    Way(
        (
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:CreateNotebookInstanceLifecycleConfig",
            "sagemaker:StopNotebookInstance",
            "sagemaker:StartNotebookInstance",
        )
    ),
    Way(("lambda:UpdateFunctionCode",)),
    Way(("lambda:UpdateFunctionConfiguration",)),
    Way(("glue:UpdateDevEndpoint",)),
    Way(("codestar:CreateProject", "iam:PassRole")),
    Way(("ssm:SendCommand",)),
    Way(("ssm:StartSession",)),
    Way(("ec2-instance-connect:SendSSHPublicKey",)),
    Way(("sts:AssumeRole",)),
)


@dataclass(frozen=True)
class Opened:
    """A way that some statements open."""

    way: Way
    grant: Statement
    entry: Field
    """The place that decides."""
    decisive: tuple[Field, ...]
    """What else decides: entries for the other actions, and refusals that may or may not be one."""

    def problem(self, *decisive: Field) -> Problem:
        message = f"leads to all rights of the account: {self.way.name}; name the roles, or add the condition iam:PermissionsBoundary"
        return self.entry.problem(message, *self.grant.undecided, *self.grant.resources, *self.decisive, *decisive)


def ways(statements: Iterable[Statement]) -> Iterator[Opened]:
    """The ways that these statements open; one place is named once."""
    known = list(statements)
    grants = [statement for statement in known if statement.allows and not _is_everything(statement)]
    refusals = [statement for statement in known if _may_refuse(statement)]
    seen: set[tuple[int, str | int]] = set()
    for way in WAYS:
        refused = [(refusal, entry) for refusal in refusals for action in way.actions if (entry := refusal.naming(action))]
        others = [_surest(grants, action) for action in way.actions[1:]]
        if any(_is_sure(refusal, entry) for refusal, entry in refused) or None in others:
            continue
        perhaps = [field for refusal, entry in refused for field in (entry, refusal.effect, refusal.condition, *refusal.resources)]
        for grant in grants:
            entry = grant.naming(way.actions[0])
            if entry is not None and _is_open(grant, way) and (id(entry.parent), entry.key) not in seen:
                seen.add((id(entry.parent), entry.key))
                yield Opened(way, grant, entry, (*(other for other in others if other), *perhaps))
                break


def _surest(grants: list[Statement], action: str) -> Field | None:
    """The entry that grants an action; one that is unknown only where no other does."""
    entries = [entry for grant in grants if (entry := grant.naming(action))]
    return min(entries, key=lambda entry: entry.value is UNKNOWN, default=None)


def _is_everything(statement: Statement) -> bool:
    """`*` and `iam:*` are findings of aws-iam-wildcard-action, and NotAction is one of aws-iam-not-action."""
    return statement.not_action.value is not None or any(str(action.value).lower() in EVERYTHING for action in statement.actions)


def _may_refuse(refusal: Statement) -> bool:
    """Whether a statement is a Deny about all resources, without a condition, or may be one."""
    if refusal.allows and refusal.effect.value is not UNKNOWN:
        return False
    return refusal.condition.value in (None, UNKNOWN) and any(resource.value in ("*", UNKNOWN) for resource in refusal.resources)


def _is_sure(refusal: Statement, entry: Field) -> bool:
    return (
        not refusal.allows
        and entry.value is not UNKNOWN
        and refusal.condition.value is None
        and any(each.value == "*" for each in refusal.resources)
    )


def _is_open(statement: Statement, way: Way) -> bool:
    """Whether a grant is for all resources of a kind, or for the own user where that is enough, and no condition closes the way."""
    if any(_closes(condition, way) for condition in statement.conditions):
        return False
    values = [resource.value for resource in statement.resources]
    wide = any(value is UNKNOWN or covers_all_of_a_kind(value) or (way.oneself and _is_oneself(value)) for value in values)
    return statement.not_resource.value is not None or wide


def _is_oneself(resource: object) -> bool:
    """Whether a resource is the user who asks; `getPolicyDocument` writes its variables with `&`."""
    return isinstance(resource, str) and resource.lower().endswith(("${aws:username}", "&{aws:username}"))


def _closes(condition: Condition, way: Way) -> bool:
    if not condition.demands:
        return False
    if condition.key == "iam:passedtoservice" and way.service:
        return not any(value.value is UNKNOWN or matches(value.value, way.service) for value in condition.values)
    return condition.key in CLOSING_KEYS or condition.key.partition(":")[2].startswith("resourcetag/")


@aws_rule(
    "aws-iam-privilege-escalation",
    *IDENTITY,
    title="No policy lets somebody give himself more rights.",
    severity=Severity.CRITICAL,
    rationale="Who can write policies, take any role, or run code as any role, is an administrator by another name.",
    fix=FIX,
    source=RHINO,
    framework=None,
)
def privilege_escalation(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from unknown(resource, IDENTITY)
    for found in documents(resource, IDENTITY):
        for opened in ways(found.statements):
            yield opened.problem(*found.unknown)


RULES = (privilege_escalation,)
