"""The rule that a cluster of Aurora has somebody to take over."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.rds import has_own_instances
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import same

AT_LEAST = 2
MEMBERS = {
    "rds/Cluster": "rds/ClusterInstance",
    "docdb/Cluster": "docdb/ClusterInstance",
    "neptune/Cluster": "neptune/ClusterInstance",
}


@aws_stack_rule(
    "aws-rds-cluster-multi-az",
    title="A cluster of databases survives the loss of a zone.",
    severity=Severity.MEDIUM,
    rationale="With its only instance, or its only zone, gone, a cluster is down until a new one has started.",
    fix="Add a second ClusterInstance, and leave availabilityZone to AWS.",
    **fsbp("RDS.15"),
)
def cluster_multi_az(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for kind, member in MEMBERS.items():
        for cluster in stack.of(kind):
            found = companions(stack, cluster, (member,), "clusterIdentifier")
            if has_own_instances(cluster):
                continue
            zones = [instance.root.get("availabilityZone") for instance in found.certain]
            if len(zones) < AT_LEAST:
                yield cluster, cluster.root.problem("has fewer than two instances; add a second one", *found.possible)
            elif all(is_set(zone) and same(zone.value, zones[0].value) is not False for zone in zones):
                yield cluster, cluster.root.problem("has all instances in one zone; move one to another", *zones, *found.possible)


RULES = (cluster_multi_az,)
