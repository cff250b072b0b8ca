"""What a stack that is up costs and what is inside of it, out of the state that the real engine keeps."""

import json
import uuid

import pytest

from idp_components import Cache, CacheSpec, Context, EphemeralEnvironment, EphemeralEnvironmentSpec, Expose, Queue, Service, ServiceSpec
from idp_components.cost.estimate import estimate
from idp_components.cost.exported import of_state
from idp_components.cost.prices import table
from idp_components.cost.stacks import items_of
from idp_components.environments.facts import inside
from idp_components.testing import run

ISSUER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
PROGRAM = """
import pulumi
from idp_components import *

context = Context.of({stack!r}, {{"domain": "example.com", "oidc_provider": {issuer!r}}})
environment = EphemeralEnvironment(context.environment, EphemeralEnvironmentSpec(owner="alice@example.com", ttl_hours=24), context=context)
inside = environment.context
carts, jobs = Cache("carts", CacheSpec(), context=inside), Queue("jobs", context=inside)
web = ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080, expose=Expose())
Service("web", web, uses=[carts.connection("read-write", "CARTS_ADDR"), jobs.connection("send", "JOBS_URL")], context=inside)
context.ledger.close()
pulumi.export("urls", environment.urls)
pulumi.export("expires_at", environment.expires_at)
"""


def declare(stack):
    """The same as the program, for a run under mocks."""
    context = Context.of(stack, {"domain": "example.com", "oidc_provider": ISSUER})
    made = EphemeralEnvironment(context.environment, EphemeralEnvironmentSpec(owner="alice@example.com", ttl_hours=24), context=context)
    carts, jobs = Cache("carts", CacheSpec(), context=made.context), Queue("jobs", context=made.context)
    web = ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080, expose=Expose())
    uses = [carts.connection("read-write", "CARTS_ADDR"), jobs.connection("send", "JOBS_URL")]
    Service("web", web, uses=uses, context=made.context)


def test_what_is_up_costs_what_was_estimated_before_and_what_is_inside_stands_in_its_state(project):
    stack = f"test-{uuid.uuid4().hex[:8]}-pr-42"
    found = project(PROGRAM.format(stack=stack, issuer=ISSUER))
    found.up()
    state = json.loads(found.pulumi("stack", "export").stdout)
    region = "eu-central-1"

    up = of_state(stack, state, table(), region)
    before = estimate(stack, items_of(run(lambda: declare(stack)), stack), region, table())
    assert up.owners == {name: pytest.approx(usd) for name, usd in before.owners.items()}
    assert up.usd_per_month > 0
    assert {line.usage.key for line in up.unknown} == {line.usage.key for line in before.unknown} == {"sqs/standard"}
    assert up.demand == before.demand

    found = inside(state)
    assert found["urls"] == {"web": f"https://web.{stack}.example.com/"}
    assert {(part["kind"], part["name"]) for part in found["components"]} == {("Cache", "carts"), ("Queue", "jobs"), ("Service", "web")}
