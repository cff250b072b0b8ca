"""The rule that a cluster of Aurora has somebody to take over."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack

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
    rationale="With its only instance gone, a cluster is down until a new one has started.",
    fix="Add a second ClusterInstance.",
    **fsbp("RDS.15"),
)
def cluster_multi_az(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for kind, member in MEMBERS.items():
        for cluster in stack.of(kind):
            # With an instance class of its own it is a Multi-AZ DB cluster, and has three.
            found = companions(stack, cluster, (member,), "clusterIdentifier")
            if not is_set(cluster.root.get("dbClusterInstanceClass")) and len(found.certain) < AT_LEAST:
                yield cluster, cluster.root.problem("has fewer than two instances; add a second one", *found.possible)


RULES = (cluster_multi_az,)
