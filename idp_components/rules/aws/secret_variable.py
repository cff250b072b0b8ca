"""A rule about variables of programs that AWS runs, which hold no secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.ways import below, read
from idp_components.rules.credential_name import is_secret_name
from idp_components.rules.credential_text import has_credential_line, is_credential
from idp_components.rules.field import UNKNOWN, Field, Problem, SecretText
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import one_or_many

_Ways = tuple[tuple[str, ...], ...]
VARIABLES: Mapping[str, _Ways] = {
    "lambda/Function": (("environment", "variables"),),
    "amplify/App": (("environmentVariables",), ("autoBranchCreationConfig", "environmentVariables")),
    "amplify/Branch": (("environmentVariables",),),
    "apprunner/Service": (
        ("sourceConfiguration", "imageRepository", "imageConfiguration", "runtimeEnvironmentVariables"),
        ("sourceConfiguration", "codeRepository", "codeConfiguration", "codeConfigurationValues", "runtimeEnvironmentVariables"),
    ),
    "batch/JobDefinition": (
        ("containerProperties", "environment"),
        ("ecsProperties", "taskProperties", "containers", "environment"),
        ("eksProperties", "podProperties", "containers", "envs"),
        ("eksProperties", "podProperties", "initContainers", "envs"),
        ("nodeProperties", "nodeRangeProperties", "container", "environment"),
    ),
    "bedrock/AgentcoreAgentRuntime": (("environmentVariables",),),
    "bedrock/AgentcoreHarness": (("environmentVariables",),),
    "codebuild/Project": (("environment", "environmentVariables"),),
    "codepipeline/Pipeline": (("stages", "actions", "configuration", "EnvironmentVariables"),),
    "ecs/DaemonTaskDefinition": (("containerDefinitions", "environments"),),
    "ecs/ExpressGatewayService": (("primaryContainer", "environments"),),
    "ecs/TaskDefinition": (("containerDefinitions", "environment"),),
    "elasticbeanstalk/ConfigurationTemplate": (("settings",),),
    "elasticbeanstalk/Environment": (("settings",),),
    "glue/Job": (("defaultArguments",), ("nonOverridableArguments",)),
    "lightsail/ContainerServiceDeploymentVersion": (("containers", "environment"),),
    "mwaa/Environment": (("airflowConfigurationOptions",),),
    "sagemaker/Model": (("primaryContainer", "environment"), ("containers", "environment")),
    "synthetics/Canary": (("runConfig", "environmentVariables"),),
}
"""Where each kind has its variables: an object of them, or a list of names and values."""
REFERENCES = ("PARAMETER_STORE", "SECRETS_MANAGER")
"""Types of variables of a build whose value only says where the secret lies."""


@aws_rule(
    "aws-secret-variable",
    *VARIABLES,
    title="Variables of functions, containers, builds and jobs hold no secrets.",
    severity=Severity.HIGH,
    rationale="Whoever may look at the function, the task or the build reads its variables, in the console too.",
    fix="Store the secret in Secrets Manager: a function takes its ARN, a container secrets.valueFrom, a build the type SECRETS_MANAGER.",
    **fsbp("ECS.8", "CodeBuild.2"),
)
def secret_variable(resource: Resource, _options: Options) -> Iterator[Problem]:
    for way in VARIABLES[resource.aws]:
        for found in (part for each in below(resource.root, way) for part in one_or_many(read(each))):
            if found.value is UNKNOWN:
                yield found.problem("may hold secrets")
            elif isinstance(found.key, int):
                yield from _of_list(found)
            else:
                yield from (problem for entry in found.entries() for problem in _judged(Field(entry.key), entry))


def _of_list(variable: Field) -> Iterator[Problem]:
    kind = variable.get("type")
    if kind.value not in REFERENCES:
        yield from _judged(variable.get("name"), variable.get("value"), kind)


def _judged(name: Field, value: Field, *decisive: Field) -> Iterator[Problem]:
    # A variable whose name isn't known yet is judged by its value; an unknown value only under the name of a secret.
    called = "password" if name.value is UNKNOWN else name.value
    text = _said(name.value, value.value)
    if (text is UNKNOWN and is_secret_name(called)) or is_credential(called, text):
        decisive = decisive if has_credential_line(text) else (name, *decisive)
        yield value.problem("is a secret in the clear; name one in Secrets Manager by its ARN", *decisive)


def _said(name: Any, value: Any) -> Any:
    """The value. Within a text that is secret as a whole, names are so too: nobody knows which part is meant, and each is judged itself."""
    return str(value) if isinstance(name, SecretText) and isinstance(value, SecretText) else value


RULES = (secret_variable,)
