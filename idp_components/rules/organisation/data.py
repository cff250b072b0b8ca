"""Rules about production's data: who looks after it, and what keeps it there."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.core.naming import PLATFORM
from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.rds import is_replica
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import Problem
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.options import texts

GOLDEN_PATHS = ("idp:index:Database", "idp:index:Cache")
DATABASES = (
    "docdb/Cluster",
    "docdb/ElasticCluster",
    "dsql/Cluster",
    "elasticache/Cluster",
    "elasticache/ReplicationGroup",
    "elasticache/ServerlessCache",
    "lightsail/Database",
    "memorydb/Cluster",
    "neptune/Cluster",
    "rds/Cluster",
    "rds/Instance",
    "redshift/Cluster",
    "redshiftserverless/Workgroup",
)
STATEFUL = (
    "cognito/UserPool",
    "docdb/Cluster",
    "docdb/ElasticCluster",
    "dsql/Cluster",
    "dynamodb/Table",
    "ebs/Volume",
    "efs/FileSystem",
    "elasticsearch/Domain",
    "fsx/OntapFileSystem",
    "fsx/OpenZfsFileSystem",
    "fsx/WindowsFileSystem",
    "lightsail/Database",
    "memorydb/Cluster",
    "neptune/Cluster",
    "opensearch/Domain",
    "rds/Cluster",
    "rds/Instance",
    "redshift/Cluster",
    "redshiftserverless/Namespace",
    "s3/Bucket",
    "s3/DirectoryBucket",
)
"""Lustre isn't among them: it is a fast copy of what lies in a bucket."""
PROTECT = "https://www.pulumi.com/docs/iac/concepts/options/protect/"


@aws_rule(
    "organisation-database-golden-path",
    *DATABASES,
    title="Databases come from a golden path.",
    severity=Severity.MEDIUM,
    rationale="What stands beside the golden paths misses the next improvement of backups, logins and alarms.",
    fix="Use a Database or a Cache; `aliases` and `import` bring what exists under it.",
    source="https://tag-app-delivery.cncf.io/whitepapers/platforms/",
    framework=None,
    options={"components": texts(GOLDEN_PATHS, "Types of the components that databases may be in.")},
)
def database_golden_path(resource: Resource, options: Options) -> Iterator[Problem]:
    # Without a URN nothing says where it stands: it comes from a file.
    if resource.urn and not {*options.get("components", GOLDEN_PATHS)} & {*resource.ancestors}:
        yield resource.root.problem("stands outside of a golden path; use a Database or a Cache")


@aws_rule(
    "organisation-protected-data",
    *STATEFUL,
    title="What holds production's data is protected from its own stack.",
    severity=Severity.MEDIUM,
    rationale="One pulumi destroy in the wrong stack, or one renamed component, deletes the data.",
    fix="Use a golden path, which protects data; otherwise pass ResourceOptions(protect=True).",
    source=PROTECT,
    framework=None,
)
def protected_data(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.urn and not resource.protected and not is_replica(resource):
        yield resource.root.problem("is not protected; pass ResourceOptions(protect=True)")


@aws_stack_rule(
    "organisation-budget",
    title="The platform's stack has a budget.",
    severity=Severity.LOW,
    rationale="A mistake that costs money is noticed at the end of the month otherwise.",
    fix="Add an aws.budgets.Budget with a notification.",
    source="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
    framework=None,
)
def budget(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    of_aws = [resource for resource in stack.resources if resource.aws]
    here = [resource for resource in of_aws if resource.urn.startswith(f"urn:pulumi:{PLATFORM}-")]
    budgets = stack.of("budgets/Budget")
    if here and not budgets:
        yield here[0], here[0].root.problem("is in a stack without a budget; add an aws.budgets.Budget")
    told = [each.root.get(key) for each in budgets for key in ("notifications", "notificationsWithSubscribers")]
    if here and budgets and not any(is_set(each) for each in told):
        yield budgets[0], told[0].problem("is unset, so nobody learns of it; add a notification", *told)


RULES = (database_golden_path, protected_data, budget)
