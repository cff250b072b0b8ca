"""The rooms of teams and the roles of their pipelines: real engine, real API server, the sandbox's AWS endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from integration.conftest import Project
from moto.iam.access_control import IAMPolicy, PermissionResult

from idp_components import TeamSpec
from idp_components.core.context import Context
from idp_components.team.manifests import team as room
from idp_sandbox.plugins.aws.api import Api

ACCOUNT = "123456789012"
CONFIG = {"domain": "example.com", "account": ACCOUNT}
PROGRAM = """
from idp_components import Bucket, Context, GitHub, GitLab, PipelineIssuer, PipelineIssuerSpec, PipelineRole, PipelineRoleSpec, Queue, Service
from idp_components import ServiceSpec, Team, Topic

provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SANDBOX"
context = Context.of("platform-dev", {{"domain": "example.com", "oidc_provider": provider}})
# An account has one issuer of a kind: this host is the test's own.
issuer = PipelineIssuer("ci", PipelineIssuerSpec(issuer={{"provider": "gitlab", "host": "{ours}.example.com"}}), context=context)
for name in ("{ours}", "{theirs}"):
    team = context.of_team(name)
    place = Team(name, context=team)
    source = GitLab(host="{ours}.example.com", project="shop/" + name, branches=[{branch!r}])
    PipelineRole(name + "-deploy", PipelineRoleSpec(source=source, access="deploy"), context=team)
    PipelineRole(name + "-preview", PipelineRoleSpec(source=source.model_copy(update={{"pull_requests": True}})), context=team)
    team = team.waiting_for(place)
    uses = [
        Queue(name + "-orders", context=team).connection("receive", "ORDERS"),
        Topic(name + "-placed", context=team).connection("publish", "PLACED"),
        Bucket(name + "-photos", context=team).connection("read-write", "PHOTOS"),
    ]
    Service(name + "-web", ServiceSpec(image="registry.example.com/shop/web:v1.0.0", port=8080), uses=uses, context=team)
"""


@pytest.fixture
def teams() -> tuple[str, str]:
    """Two teams of the test's own."""
    return f"test-{uuid.uuid4().hex[:8]}", f"test-{uuid.uuid4().hex[:8]}"


def permits(document: Any, action: str, resource: str) -> bool:
    """Moto's IAM engine on a document."""
    return IAMPolicy(json.dumps(document)).is_action_permitted(action, resource) == PermissionResult.PERMITTED


def test_rooms_and_roles_come_up_change_and_vanish(
    teams: tuple[str, str], api: Api, project: Callable[..., Project], kubectl: Callable[..., Any]
) -> None:
    ours, theirs = teams
    made = project(PROGRAM.format(ours=ours, theirs=theirs, branch="main"))
    made.up()
    made.up("--expect-no-changes")
    pipelines_may_what_they_are_for(api, ours, theirs)
    workloads_stay_behind_the_boundary(api, ours, theirs)
    made.write(PROGRAM.format(ours=ours, theirs=theirs, branch="release"))
    assert "8 updated" in made.up()  # four components and their roles
    assert subjects(api, f"{ours}-deploy-dev") == [f"project_path:shop/{ours}:ref_type:branch:ref:release"]
    made.pulumi("refresh", "--yes", "--expect-no-changes")
    made.pulumi("destroy", "--yes", "--skip-preview")
    roles = [role["RoleName"] for role in api.call("iam", "ListRoles")["Roles"]]
    policies = [policy["PolicyName"] for policy in api.call("iam", "ListPolicies", Scope="Local")["Policies"]]
    assert [name for name in (*roles, *policies) if name.startswith(teams)] == []
    assert not [p for p in api.call("iam", "ListOpenIDConnectProviders")["OpenIDConnectProviderList"] if ours in p["Arn"]]
    assert "not found" in kubectl("get", "namespace", f"{ours}-dev", check=False)


def trust(api: Api, role: str) -> dict[str, Any]:
    (statement,) = api.call("iam", "GetRole", RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    return dict(statement)


def subjects(api: Api, role: str) -> Any:
    return next(
        value for group in trust(api, role)["Condition"].values() for key, value in group.items() if key.endswith(".example.com:sub")
    )


def pipelines_may_what_they_are_for(api: Api, ours: str, theirs: str) -> None:
    assert subjects(api, f"{ours}-deploy-dev") == [f"project_path:shop/{ours}:ref_type:branch:ref:main"]
    assert trust(api, f"{ours}-deploy-dev")["Principal"]["Federated"] in {
        provider["Arn"] for provider in api.call("iam", "ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
    }
    documents = {
        access: api.call("iam", "GetRolePolicy", RoleName=f"{ours}-{access}-dev", PolicyName=access)["PolicyDocument"]
        for access in ("deploy", "preview")
    }
    queue = "arn:aws:sqs:eu-central-1:123456789012:{}-dev-orders".format
    role = "arn:aws:iam::123456789012:role/{}".format
    for action, resource, deploy, preview in (
        ("sqs:CreateQueue", queue(ours), True, False),
        ("sqs:CreateQueue", queue(theirs), False, False),
        ("sqs:GetQueueAttributes", queue(ours), True, True),
        ("sqs:GetQueueAttributes", queue(theirs), False, False),
        ("sqs:ReceiveMessage", queue(ours), False, False),
        ("s3:GetObject", f"arn:aws:s3:::{ours}-dev-photos/a", False, False),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{ours}-dev-db", False, False),
        ("iam:GetRole", role(f"{ours}-dev-web"), True, True),
        ("iam:DeleteRole", role(f"{ours}-dev-web"), True, False),
        ("iam:DeleteRole", role(f"{theirs}-dev-web"), False, False),
        ("iam:UpdateAssumeRolePolicy", role(f"pipelines/{ours}-deploy-dev"), False, False),
        ("iam:PutRolePolicy", role(f"pipelines/{ours}-deploy-dev"), False, False),
        ("iam:CreatePolicyVersion", f"arn:aws:iam::123456789012:policy/{ours}-dev-boundary", False, False),
        ("iam:DeleteRolePermissionsBoundary", role(f"{ours}-dev-web"), False, False),
    ):
        assert permits(documents["deploy"], action, resource) is deploy, f"deploy: {action} {resource}"
        assert permits(documents["preview"], action, resource) is preview, f"preview: {action} {resource}"


def workloads_stay_behind_the_boundary(api: Api, ours: str, theirs: str) -> None:
    """Every statement that connections have put into a role is inside of its team's boundary, and outside of the other's."""
    documents = {}
    for name in (ours, theirs):
        arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}-dev-boundary"
        (version,) = api.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
        documents[name] = api.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])["PolicyVersion"]["Document"]
        role = api.call("iam", "GetRole", RoleName=f"{name}-dev-{name}-web")["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    policy = api.call("iam", "GetRolePolicy", RoleName=f"{ours}-dev-{ours}-web", PolicyName="connections")["PolicyDocument"]
    granted = [
        (action, resource) for statement in policy["Statement"] for action in statement["Action"] for resource in statement["Resource"]
    ]
    assert len(granted) > 8
    for action, resource in granted:
        assert permits(documents[ours], action, resource), f"{action} {resource}"
        assert not permits(documents[theirs], action, resource), f"{action} {resource}"


@pytest.fixture
def opa(kubectl: Callable[..., Any]) -> Iterator[str]:
    """A namespace in the place of the Open Policy Agent's."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def test_the_server_takes_what_a_room_has_for_vault_and_opa(teams: tuple[str, str], opa: str, kubectl: Callable[..., Any]) -> None:
    context = Context.of(f"{teams[0]}-dev", {**CONFIG, "vault": "kubernetes", "opa": opa})
    items = room(teams[0], TeamSpec(owner={"slack_channel": "#shop"}), context)
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    try:
        kubectl("apply", "--server-side", "--validate=strict", "-f", "-", stdin=listed)
        login = kubectl("get", "vaultauth", "team", "-n", context.namespace)["spec"]["kubernetes"]
        assert (login["role"], login["serviceAccount"], login["audiences"]) == ("teams", "idp-vault", ["vault"])
        facts = json.loads(kubectl("get", "configmap", context.namespace, "-n", opa)["data"]["team"])
        assert facts["owner"] == {"slack_channel": "#shop"}
        bad = json.loads(listed)
        next(item for item in bad["items"] if item["kind"] == "VaultAuth")["spec"]["kubernetes"]["audiences"] = "vault"
        assert "spec.kubernetes.audiences" in kubectl(
            "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(bad), check=False
        )
    finally:
        kubectl("delete", "-f", "-", "--wait=false", "--ignore-not-found", stdin=listed)
