"""What each connection allows: its own actions on its own resource, and no other action of AWS, and no other resource.

Components of the library, created by the real engine at an endpoint that asks IAM about every request; the calls go there over HTTP,
with the credentials of a session of the workload's role. Where the endpoint takes one operation for another (`Kind.misjudged`), and
for what has no operation, moto's IAM engine is asked with action and resource.
"""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from integration.conftest import Project
from integration.least_privilege import calls
from integration.least_privilege.endpoint import REGION, Endpoint, refusal, running
from integration.least_privilege.kinds import KINDS, Kind
from moto.iam.access_control import IAMPolicy, PermissionResult

from idp_sandbox.plugins.aws.api import model

PROGRAM = """
import pulumi
from idp_components import *

context = Context.of({stack!r}, {{
    "domain": "example.com",
    "oidc_provider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.{region}.amazonaws.com/id/SANDBOX",
}})
context = context.waiting_for(Team(context.team, context=context))
spec = ScheduledJobSpec(image="registry.example.com/shop/job:v1.0.0", schedule="@daily")
for kind, levels in {levels!r}.items():
    own, other = (globals()[kind](f"{{kind.lower()}}-{{which}}", context=context) for which in ("own", "other"))
    for level in levels:
        ScheduledJob(f"{{kind.lower()}}-{{level}}", spec, uses=[own.connection(level, "RESOURCE")], context=context)
    pulumi.export(kind, {{"own": own.arn, "other": other.arn}})
"""
ROWS = [pytest.param(kind, level, id=f"{kind.component}-{level}") for kind in KINDS for level in kind.levels]


@dataclass
class Account:
    """An account with every kind of component, and a workload for every level of access."""

    endpoint: Endpoint
    namespace: str
    arns: dict[str, dict[str, str]]
    documents: dict[str, dict[str, Any]]
    """Every policy document of the stack, by type and name of its resource."""

    def role(self, kind: Kind, level: str) -> str:
        """ARN of the role of the workload that has a kind of connection."""
        return f"arn:aws:iam::123456789012:role/{self.namespace}-{kind.component.lower()}-{level}"

    def policy(self, kind: Kind, level: str) -> IAMPolicy:
        """What that role may do, for moto's engine."""
        return IAMPolicy(json.dumps(self.documents[f"RolePolicy {kind.component.lower()}-{level}-connections"]))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with running(tmp_path_factory.mktemp("endpoint") / "moto.log") as started:
        yield started


@pytest.fixture(scope="module")
def account(endpoint: Endpoint, projects: Callable[..., Project]) -> Iterator[Account]:
    stack = f"test-{uuid.uuid4().hex[:8]}-dev"
    levels = {kind.component: tuple(kind.levels) for kind in KINDS}
    project = projects(PROGRAM.format(stack=stack, region=REGION, levels=levels))
    project.env["AWS_ENDPOINT_URL"] = endpoint.url
    project.up()
    yield Account(endpoint, stack, project.outputs(), documents(project.resources()))
    endpoint.enforce(False)


def documents(resources: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every policy that the library wrote."""
    found = {}
    for name, resource in resources.items():
        for value in resource.get("inputs", {}).values():
            if isinstance(value, str) and value.startswith("{") and "Statement" in (document := json.loads(value)):
                found[name] = document
    return found


@pytest.fixture(scope="module")
def actions() -> dict[str, frozenset[str]]:
    """Every action of AWS, by service (Service Authorization Reference, as parliament ships it)."""
    services: dict[str, set[str]] = {}
    for service in parliament().iam_definition:
        found = services.setdefault(service["prefix"], set())
        found |= {f"{service['prefix']}:{privilege['privilege']}" for privilege in service["privileges"]}
    return {service: frozenset(found) for service, found in services.items()}


@cache
def parliament() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads its files with setuptools' pkg_resources, which is to go
        import parliament as found
    return found


@pytest.mark.parametrize(("kind", "level"), ROWS)
def test_the_endpoint_lets_a_role_do_what_its_level_grants_and_refuses_the_rest(kind: Kind, level: str, account: Account) -> None:
    arns, endpoint = account.arns[kind.component], account.endpoint
    endpoint.enforce(False)
    administrator, client = endpoint.client(kind.service), endpoint.client(kind.service, **endpoint.session(account.role(kind, level)))
    known = {which: dict(kind.members(arn)) for which, arn in arns.items()}
    for action in kind.levels[level]:
        endpoint.enforce(False)
        known["own"] |= kind.prepare(lambda operation, **members: administrator._make_api_call(operation, members), arns)
        endpoint.enforce(True)
        first, *others = (refusal(client, each, calls.members(kind.service, each, known["own"])) for each in kind.works_by(action))
        assert first == "", action
        assert "denied" not in others, action
    granted = {operation for action in kind.levels[level] for operation in kind.works_by(action)}
    operations = {*model(kind.service).operation_names} - kind.misjudged
    allowed = {
        which: {each for each in operations if refusal(client, each, calls.members(kind.service, each, known[which])) != "denied"}
        for which in arns
    }
    assert allowed == {"own": granted, "other": set()}
    assert len(operations) > 2 * len(granted)


@pytest.mark.parametrize(("kind", "level"), ROWS)
def test_of_all_actions_of_aws_a_role_has_those_of_its_level(kind: Kind, level: str, account: Account, actions: Any) -> None:
    policy, arns = account.policy(kind, level), account.arns[kind.component]
    assert set(kind.levels[level]) <= actions[kind.service]
    for action in frozenset().union(*actions.values()):
        own, other = (kind.resource(action, arns[which]) for which in ("own", "other"))
        assert (policy.is_action_permitted(action, own) == PermissionResult.PERMITTED) == (action in kind.levels[level]), action
        assert policy.is_action_permitted(action, other) != PermissionResult.PERMITTED, action
        assert policy.is_action_permitted(action, "*") != PermissionResult.PERMITTED, action


def test_parliament_finds_nothing_in_any_policy(account: Account) -> None:
    """Policies of roles, and those of the resources themselves."""
    found = {name: findings(document) for name, document in account.documents.items()}
    assert {name for name in found if name.startswith("RolePolicy")} == {f"RolePolicy {row.id.lower()}-connections" for row in ROWS}
    found = {name: said for name, said in found.items() if not name.endswith("-boundary")}  # it grants nothing; a unit test reads it
    trust = {name for name in found if name.startswith("Role ")}
    assert {name: said for name, said in found.items() if said and name not in trust} == {}
    assert all(found[name] <= NOT_OF_TRUST for name in trust)


NOT_OF_TRUST = {
    ("MALFORMED", "Statement contains neither Resource nor NotResource"),  # the policy of who takes a role names none
    (
        "UNKNOWN_FEDERATION_SOURCE",
        "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SANDBOX",
    ),  # it knows no cluster
}
"""What parliament, which is for policies of permission, says of every policy of trust."""


def findings(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    analyzed = parliament().analyze_policy_string(json.dumps(document), include_community_auditors=True)
    return {(found.issue, str(found.detail)) for found in analyzed.findings}


def test_parliament_would_find_what_is_wrong() -> None:
    careless = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in ("sqs:*", "sqs:Sned")]
    assert {issue for issue, _ in findings({"Version": "2012-10-17", "Statement": careless})} == {"RESOURCE_STAR", "UNKNOWN_ACTION"}
