"""Team and PipelineRole under mocks: many rooms in one stack, and what each of them registers."""

import json

import pytest

from idp_components import Context, GitHub, PipelineIssuer, PipelineRole, PipelineRoleSpec, Queue, Service, ServiceSpec, Team
from idp_components.testing import run

CLUSTER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
BOUNDARY = "arn:aws:iam::123456789012:policy/{}-boundary"


def platform(environment="dev", **config):
    return Context.of(f"platform-{environment}", {"domain": "example.com", "oidc_provider": CLUSTER, **config})


def declare(where):
    PipelineIssuer("github", context=where)
    for name in ("shop", "bank"):
        team = where.of_team(name)
        Team(name, context=team)
        source = GitHub(repository=f"org/{name}", branches=["main"])
        PipelineRole(f"{name}-deploy", PipelineRoleSpec(source=source, access="deploy"), context=team)


def test_the_rooms_of_two_teams_fit_into_one_stack():
    where = platform()
    recording = run(lambda: declare(where))
    assert sorted(where.ledger.rooms) == ["bank-dev", "shop-dev"]
    assert recording.find("Namespace", "shop-dev").props["metadata"]["labels"]["idp/team"] == "shop"
    assert recording.find("Role", "bank-developer").props["metadata"]["namespace"] == "bank-dev"
    assert recording.find("OpenIdConnectProvider", "github").props["url"] == "https://token.actions.githubusercontent.com"
    assert recording.findings() == []


def test_a_room_says_its_namespace_and_boundary_and_a_role_its_arn():
    recording = run(lambda: declare(platform()))
    outputs = {urn.rsplit("::", 1)[1]: found for urn, found in recording.outputs.items()}
    assert outputs["shop"] == {"namespace": "shop-dev", "boundary": BOUNDARY.format("shop-dev")}
    assert outputs["shop-deploy"]["arn"].startswith("arn:aws:iam:")
    policies = {resource.name: resource.props for resource in recording.resources if resource.type == "aws:iam/policy:Policy"}
    assert {name: props["name"] for name, props in policies.items()} == {
        "shop-boundary": "shop-dev-boundary",
        "bank-boundary": "bank-dev-boundary",
    }


def test_a_workloads_role_stands_behind_the_boundary_of_its_room():
    def program():
        where = Context.of("shop-pr-7", {"domain": "example.com", "oidc_provider": CLUSTER})
        where = where.waiting_for(Team("shop", context=where))
        uses = [Queue("orders", context=where).connection("send", "ORDERS")]
        Service("web", ServiceSpec(image="registry.example.com/web:v1", port=80), uses=uses, context=where)

    recording = run(program)
    role = next(resource for resource in recording.resources if resource.type == "aws:iam/role:Role")
    assert role.props["permissionsBoundary"] == BOUNDARY.format("shop-dev")
    assert not [resource for resource in recording.resources if resource.type == "aws:iam/policy:Policy"]


def test_a_preview_of_the_platform_knows_everything_but_ids():
    recording = run(lambda: declare(platform()), preview=True)
    trust = json.loads(next(r for r in recording.resources if r.type == "aws:iam/role:Role").props["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"]["Federated"].endswith(":oidc-provider/token.actions.githubusercontent.com")


@pytest.mark.parametrize("config", [{"oidc_provider": None}, {"permissions_boundary": BOUNDARY.format("all")}])
def test_a_room_without_an_account_or_with_another_boundary_makes_none(config):
    where = platform(**config)
    recording = run(lambda: Team("shop", context=where.of_team("shop")))
    assert not [resource for resource in recording.resources if resource.type.startswith("aws:")]
    outputs = recording.outputs[recording.find("Team", "shop").urn]
    assert outputs.get("boundary") == config.get("permissions_boundary")
