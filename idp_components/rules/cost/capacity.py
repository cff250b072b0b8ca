"""Rules about capacity that is paid for whether anybody uses it or not."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.core.quantity import gib
from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.rds import OWN_CLASS
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set, must_not_be_true
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.kubernetes.pod_rule import carries_pod
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, ResourceRule, Severity, Stack
from idp_components.rules.options import whole_number
from idp_components.rules.values import number

ON_DEMAND = "PAY_PER_REQUEST"
ZONES = {
    "dms/ReplicationInstance": ("multiAz",),
    "elasticache/ReplicationGroup": ("multiAzEnabled",),
    "elasticsearch/Domain": ("clusterConfig", "zoneAwarenessEnabled"),
    "mq/Broker": ("deploymentMode",),
    "opensearch/Domain": ("clusterConfig", "zoneAwarenessEnabled"),
    "rds/Cluster": (OWN_CLASS,),
    "rds/Instance": ("multiAz",),
    "redshift/Cluster": ("multiAz",),
}
"""What can run in two zones, and the switch for it."""
NO_SWITCHES = {
    "mq/Broker": "runs in several zones; set it to SINGLE_INSTANCE",
    "rds/Cluster": "makes three instances in three zones; use an Instance",
}
"""Kinds that say it with a text, and what is wrong where one is set."""
TARGET, WARM = "appautoscaling/Target", "lambda:function:ProvisionedConcurrency"
DIMENSIONS = {"reads": "dynamodb:table:ReadCapacityUnits", "writes": "dynamodb:table:WriteCapacityUnits"}
"""What of a table scales, by what a target calls it."""
MEMORY_GIB = 128
"""The most that one container may ask for: more fits only the largest nodes."""


@aws_rule(
    "cost-multi-az",
    *ZONES,
    title="Outside of production nothing runs in several zones.",
    severity=Severity.LOW,
    rationale="A standby doubles the price of something that nobody depends on.",
    fix="Use a Database or a Cache, whose profile says where Multi-AZ is; otherwise let it run in one zone.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html",
    framework=None,
)
def multi_az(resource: Resource, _options: Options) -> Iterator[Problem]:
    place = resource.root.get(*ZONES[resource.aws])
    if resource.aws not in NO_SWITCHES:
        yield from must_not_be_true(place)
    elif is_set(place) and place.value != "SINGLE_INSTANCE":
        yield place.problem(NO_SWITCHES[resource.aws])


@aws_rule(
    "cost-provisioned-concurrency",
    "lambda/ProvisionedConcurrencyConfig",
    TARGET,
    title="Outside of production no function is kept warm.",
    severity=Severity.LOW,
    rationale="Provisioned concurrency is paid for by the hour, called or not.",
    fix="Remove the ProvisionedConcurrencyConfig outside of production.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    framework=None,
)
def provisioned_concurrency(resource: Resource, _options: Options) -> Iterator[Problem]:
    dimension = resource.root.get("scalableDimension")
    if resource.aws == TARGET and dimension.value not in (WARM, UNKNOWN):
        return
    amount = resource.root.get("minCapacity" if resource.aws == TARGET else "provisionedConcurrentExecutions")
    if amount.value is UNKNOWN or (number(amount.value) or 0) > 0:
        yield amount.problem("is paid for whether it is called or not; remove it outside of production", dimension)


@aws_stack_rule(
    "cost-dynamodb-autoscaling",
    title="A table with provisioned capacity scales with its load.",
    severity=Severity.LOW,
    rationale="Capacity for the busiest minute is paid for all day, and too little refuses requests.",
    fix=f"Set billingMode to {ON_DEMAND}, or add appautoscaling targets for reads and writes.",
    **fsbp("DynamoDB.1"),
)
def dynamodb_autoscaling(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for table in stack.of("dynamodb/Table"):
        mode = table.root.get("billingMode")
        if mode.value == ON_DEMAND:
            continue
        found = companions(stack, table, (TARGET,), "resourceId")
        scaled = [target.root.get("scalableDimension") for target in found.certain]
        missing = [what for what, dimension in DIMENSIONS.items() if dimension not in [each.value for each in scaled]]
        if missing:
            state = "is unset, which means PROVISIONED" if mode.value is None else "is PROVISIONED"
            message = f"{state}, and nothing scales its {' and '.join(missing)}; set it to {ON_DEMAND}"
            yield table, mode.problem(message, *found.possible, *scaled)


def _check_memory(resource: Resource, options: Options) -> Iterator[Problem]:
    most = options.get("gib", MEMORY_GIB)
    pod = resource.pod
    for place in (pod.spec, *pod.spec.get("initContainers").items(), *pod.spec.get("containers").items()):
        asked = place.get("resources", "requests", "memory")
        if asked.value is None:
            asked = place.get("resources", "limits", "memory")  # a limit without a request is the request too
        if asked.value is UNKNOWN or (gib(asked.value) or 0) > most:
            yield asked.problem(f"is more than {most:g}Gi; ask for less, or split the work")


memory_request = ResourceRule(
    id="cost-memory-request",
    title="No container asks for more memory than a node can spare.",
    severity=Severity.LOW,
    applies=carries_pod,
    check=_check_memory,
    rationale="A request is reserved whether it is used or not, and one that is a node's size needs a node of its own.",
    fix="Set resources.memory_mib of the service to what it uses.",
    source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    options={"gib": whole_number(MEMORY_GIB, "The most that a container may ask for, in GiB.")},
)

RULES = (multi_az, provisioned_concurrency, dynamodb_autoscaling, memory_request)
