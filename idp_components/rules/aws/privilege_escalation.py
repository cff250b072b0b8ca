"""Known ways from some rights to all rights.

The list: Rhino Security Labs, "AWS IAM Privilege Escalation Methods", and https://pathfinding.cloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.policy_document import (
    Condition,
    Statement,
    covers_all_of_a_kind,
    covers_all_of_iam,
    covers_everything,
    matches,
)
from idp_components.rules.aws.policy_places import IDENTITY, documents, unknown
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import one_or_many

RHINO = "https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation"
ADMINISTRATORS = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AdministratorAccess-*", "SystemAdministrator")
"""Managed policies of AWS that grant all, all but IAM, or IAM (which is all)."""
EKS_LIMITS = {"eks:policyarn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", "eks:accessscope": "cluster"}
"""Keys of conditions that limit rights in a cluster, and the value with which they limit nothing."""
FIX = "Keep rights over IAM with the platform's own stack; otherwise name the roles, and add the condition iam:PermissionsBoundary."


@dataclass(frozen=True)
class Way:
    """Actions that together lead to all rights."""

    actions: tuple[str, ...]
    """The first one decides: it must be allowed for all resources of its kind."""
    service: str = ""
    """Which service gets the role, where one is passed."""
    oneself: str = ""
    """The kind of resource of which the own one alone is enough."""
    kind: str = ""
    """Which resources decide, where the first action is about several kinds."""

    @property
    def name(self) -> str:
        first, *others = self.actions
        return f"{first} with {' and '.join(others)}" if others else first


def _alone(*names: str, oneself: str = "") -> tuple[Way, ...]:
    return tuple(Way((f"iam:{name}",), oneself=oneself) for name in names)


def _in_identity_center(*names: str) -> tuple[Way, ...]:
    """Whoever writes a permission set, or hands one out, writes roles of all accounts."""
    return tuple(Way((f"sso:{name}",), kind="permissionSet") for name in names)


def _passed(service: str, *actions: str) -> Way:
    return Way(("iam:PassRole", *actions), f"{service}.amazonaws.com")


WAYS = (
    *_alone("CreatePolicyVersion", "SetDefaultPolicyVersion", oneself="policy"),
    *_alone("AttachUserPolicy", "PutUserPolicy", "DeleteUserPermissionsBoundary", "PutUserPermissionsBoundary", oneself="user"),
    *_alone("AttachRolePolicy", "PutRolePolicy", "DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary", oneself="role"),
    *_alone("AttachGroupPolicy", "PutGroupPolicy", "AddUserToGroup", "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile"),
    *_alone("UpdateAssumeRolePolicy", "CreateServiceSpecificCredential", "UpdateSAMLProvider"),
    *_in_identity_center("CreateAccountAssignment", "PutInlinePolicyToPermissionSet", "AttachManagedPolicyToPermissionSet"),
    *_in_identity_center("AttachCustomerManagedPolicyReferenceToPermissionSet"),
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
    _passed("sagemaker", "sagemaker:CreateNotebookInstance", "sagemaker:CreateNotebookInstanceLifecycleConfig"),
    _passed("sagemaker", "sagemaker:CreateTrainingJob"),
    _passed("sagemaker", "sagemaker:CreateProcessingJob"),
    # A task takes another role and another command from whoever starts it.
    _passed("ecs-tasks", "ecs:RunTask"),
    _passed("ecs-tasks", "ecs:StartTask"),
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
    Way(("eks:AssociateAccessPolicy", "eks:CreateAccessEntry")),
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
    itself: str = ""
    """Which role or policy is changed, where it is the own one that opens the way."""

    def problem(self, *decisive: Field) -> Problem:
        instead = "name roles and policies other than its own" if self.itself else "name the roles"
        message = f"leads to all rights of the account: {self.way.name}; {instead}, or add the condition iam:PermissionsBoundary"
        left_out = one_or_many(self.grant.not_action)
        return self.entry.problem(message, *self.grant.undecided, *self.grant.resources, *left_out, *self.decisive, *decisive)


def ways(statements: Iterable[Statement], itself: str = "") -> Iterator[Opened]:
    """The ways that these statements open; with `itself`, those by a change to the role (`role/deploy`) or the policy that has them."""
    known = list(statements)
    grants = [statement for statement in known if statement.allows and not _is_everything(statement)]
    refusals = [statement for statement in known if _may_refuse(statement, itself)]
    for way in WAYS:
        if itself and way.oneself != itself.partition("/")[0]:
            continue
        refused = [(refusal, entry) for refusal in refusals for action in way.actions if (entry := refusal.naming(action))]
        others = [_surest(grants, action) for action in way.actions[1:]]
        if any(_is_sure(refusal, entry, itself) for refusal, entry in refused) or None in others:
            continue
        perhaps = [field for refusal, entry in refused for field in (entry, refusal.effect, refusal.condition, *refusal.resources)]
        for grant in grants:
            entry = grant.naming(way.actions[0])
            if entry is not None and _is_open(grant, way, itself):
                yield Opened(way, grant, entry, (*(other for other in others if other), *perhaps), itself)
                break


def each_place_once(found: Iterable[Opened]) -> Iterator[Opened]:
    """The first of the ways that one entry opens: who mends it closes the others too."""
    seen: set[tuple[int, str | int]] = set()
    for opened in found:
        place = (id(opened.entry.parent), opened.entry.key)
        if place not in seen:
            seen.add(place)
            yield opened


def _surest(grants: list[Statement], action: str) -> Field | None:
    """The entry that grants an action; one that is unknown only where no other does."""
    entries = [entry for grant in grants if (entry := grant.naming(action))]
    return min(entries, key=lambda entry: entry.value is UNKNOWN, default=None)


def _is_everything(statement: Statement) -> bool:
    """`*` and `iam:*` are findings of aws-iam-administrator-policy and aws-iam-wildcard-action, all but IAM one of aws-iam-not-action."""
    return any(covers_all_of_iam(action.value) for action in (*statement.actions, *one_or_many(statement.not_action)))


def _may_refuse(refusal: Statement, itself: str) -> bool:
    """Whether a statement is a Deny about all resources or about `itself`, without a condition, or may be one."""
    if refusal.allows and refusal.effect.value is not UNKNOWN:
        return False
    return refusal.condition.value in (None, UNKNOWN) and any(
        resource.value in ("*", UNKNOWN) or _names(resource.value, itself) for resource in refusal.resources
    )


def _is_sure(refusal: Statement, entry: Field, itself: str) -> bool:
    return (
        not refusal.allows
        and entry.value is not UNKNOWN
        and refusal.condition.value is None
        and any(each.value == "*" or _names(each.value, itself) for each in refusal.resources)
    )


def _is_open(statement: Statement, way: Way, itself: str) -> bool:
    """Whether a grant is for all resources of a kind, or for the own one where that is enough, and no condition closes the way."""
    if any(_closes(condition, way) for condition in statement.conditions):
        return False
    return statement.not_resource.value is not None or any(_is_wide(resource.value, way, itself) for resource in statement.resources)


def _is_wide(resource: object, way: Way, itself: str) -> bool:
    """Whether a resource is enough for a way, or may be."""
    if resource is UNKNOWN or covers_everything(resource) or _names(resource, itself):
        return True
    return (way.kind in str(resource) and covers_all_of_a_kind(resource)) or (way.oneself == "user" and _is_oneself(resource))


def _is_oneself(resource: object) -> bool:
    """Whether a resource is the user who asks; `getPolicyDocument` writes its variables with `&`."""
    return isinstance(resource, str) and resource.lower().endswith(("${aws:username}", "&{aws:username}"))


def _names(resource: object, itself: str) -> bool:
    """Whether an ARN is about `itself`, in whichever account but AWS' own."""
    return itself != "" and isinstance(resource, str) and ":iam::aws:" not in resource and matches(resource.split(":", 5)[-1], itself)


def _closes(condition: Condition, way: Way) -> bool:
    """Whether a condition leaves nothing of a way, whichever of its values a request has."""
    return condition.demands and not any(
        value.value is UNKNOWN or _stays_open(way, condition.key, value.value) for value in condition.values
    )


def _stays_open(way: Way, key: str, value: object) -> bool:
    """Whether a way leads to all rights for requests whose `key` has this value."""
    if key in ("iam:permissionsboundary", "iam:policyarn"):
        return is_administrator(value) or matches(value, "arn:aws:iam::aws:policy/AdministratorAccess")
    if key == "iam:passedtoservice":
        return not way.service or matches(value, way.service)
    if key in EKS_LIMITS:
        return matches(value, EKS_LIMITS[key])
    narrows = key == "iam:associatedresourcearn" or key.partition(":")[2].startswith("resourcetag/")
    return not narrows or covers_everything(value)


def is_administrator(arn: object) -> bool:
    """Whether this is one of AWS' policies for administrators, by its ARN or its name alone."""
    text = arn if isinstance(arn, str) else ""
    by_aws = ":iam::aws:policy/" in text or ":" not in text
    return by_aws and any(matches(name, text.rpartition("/")[2]) for name in ADMINISTRATORS)


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
        for opened in each_place_once(ways(found.statements)):
            yield opened.problem(*found.unknown)


RULES = (privilege_escalation,)
