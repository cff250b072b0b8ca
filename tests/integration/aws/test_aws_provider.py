"""The AWS provider as its users meet it: typed resources, the real engine, the sandbox's AWS endpoint."""

import json
import uuid
from collections.abc import Callable

from integration.conftest import Project

from idp_sandbox.plugins.aws.api import Api

PROGRAM = """
import json
import pulumi, pulumi_aws as aws, pulumi_random as random

NAME = {name!r}
password = random.RandomPassword("password", length=24, special=False)
me = aws.get_caller_identity()
trust = aws.iam.get_policy_document(statements=[{{
    "actions": ["sts:AssumeRole"], "principals": [{{"type": "AWS", "identifiers": [me.account_id]}}],
}}])
role = aws.iam.Role("role", name=NAME, assume_role_policy=trust.json, tags={{"owner": "shop"}})
dead = aws.sqs.Queue("dead", message_retention_seconds=1209600)
queue = aws.sqs.Queue(
    "queue", visibility_timeout_seconds={timeout},
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({{"deadLetterTargetArn": arn, "maxReceiveCount": 5}})),
)
bucket = aws.s3.Bucket("bucket", force_destroy=True)
aws.s3.BucketPublicAccessBlock("bucket", bucket=bucket.id, block_public_acls=True, block_public_policy=True)
vpc = aws.ec2.Vpc("vpc", cidr_block="10.40.0.0/16")
zones = aws.get_availability_zones(state="available")
subnets = [aws.ec2.Subnet(f"subnet-{{n}}", vpc_id=vpc.id, cidr_block=f"10.40.{{n}}.0/24", availability_zone=zones.names[n]) for n in (0, 1)]
group = aws.rds.SubnetGroup("group", subnet_ids=[subnet.id for subnet in subnets])
database = aws.rds.Instance(
    "database", engine="postgres", instance_class="db.t4g.micro", allocated_storage=20, username="orders", password=password.result,
    db_subnet_group_name=group.name, skip_final_snapshot=True, storage_encrypted=True,
)
aws.secretsmanager.SecretVersion(
    "secret", secret_id=aws.secretsmanager.Secret("secret", recovery_window_in_days=0).arn, secret_string=password.result
)
role_policy = aws.iam.RolePolicy("send", role=role.name, policy=queue.arn.apply(lambda arn: json.dumps(
    {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}}]}}
)))
pulumi.export("queue", queue.url)
pulumi.export("address", database.address)
pulumi.export("password", password.result)
pulumi.export("found", aws.iam.get_role_output(name=role.name).arn)
"""


TWICE = """
import json, pulumi, pulumi_aws as aws
trust = json.dumps({{"Version": "2012-10-17", "Statement": []}})
first = aws.iam.Role("first", name={name!r}, assume_role_policy=trust)
aws.iam.Role("second", name={name!r}, assume_role_policy=trust, opts=pulumi.ResourceOptions(depends_on=[first]))
"""


def test_a_stack_of_typed_resources_lives_through_everything(project: Callable[..., Project], api: Api) -> None:
    name = f"shop-{uuid.uuid4().hex[:8]}"
    stack = project(PROGRAM.format(name=name, timeout=60))
    stack.up()
    outputs = json.loads(stack.pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert outputs["found"].endswith(f":role/{name}")
    assert outputs["address"]

    stack.up("--expect-no-changes")
    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    attributes = api.call("sqs", "GetQueueAttributes", QueueUrl=outputs["queue"], AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "60"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 5

    api.call("sqs", "SetQueueAttributes", QueueUrl=outputs["queue"], Attributes={"VisibilityTimeout": "5"})
    assert "1 updated" in stack.pulumi("refresh", "--yes", "--skip-preview").stdout
    stack.up()
    attributes = api.call("sqs", "GetQueueAttributes", QueueUrl=outputs["queue"], AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "60"}

    state = stack.pulumi("stack", "export").stdout
    assert outputs["password"] not in state

    stack.write(PROGRAM.format(name=f"{name}-b", timeout=90))
    assert "replaced" in stack.up()  # the role's name is its identity
    api.call("iam", "GetRole", RoleName=f"{name}-b")

    stack.pulumi("destroy", "--yes", "--skip-preview")
    left = [role["RoleName"] for role in api.call("iam", "ListRoles")["Roles"] if role["RoleName"].startswith(name)]
    assert not left


def test_what_aws_refuses_is_said_with_the_name_of_the_resource(project: Callable[..., Project]) -> None:
    stack = project(TWICE.format(name=f"shop-{uuid.uuid4().hex[:8]}"))
    done = stack.pulumi("up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "second: iam CreateRole: EntityAlreadyExists" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_bad_inputs_fail_the_preview(project: Callable[..., Project]) -> None:
    stack = project('import pulumi\npulumi.CustomResource("aws:sqs/queue:Queue", "jobs", {"visibilityTimeout": 5})\n')
    done = stack.pulumi("preview", check=False)
    assert done.returncode != 0
    assert "jobs.visibilityTimeout: is no property of aws:sqs/queue:Queue" in done.stdout + done.stderr
    assert "did you mean" in done.stdout + done.stderr


def test_another_account_than_the_sandbox_needs_the_official_plugin(project: Callable[..., Project]) -> None:
    stack = project('import pulumi_aws as aws\naws.sqs.Queue("jobs")\n')
    del stack.env["AWS_ENDPOINT_URL"]
    done = stack.pulumi("up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "no AWS endpoint: the offline provider only works with a sandbox" in done.stdout + done.stderr
