"""Whatever the platform accepts of a database, the real API server and the sandbox's AWS endpoint accept too."""

import json
import uuid

import pytest
import strategies
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from integration.aws.cases import World
from integration.aws.engine import Engine

from idp_components.core.aws import Json, Ref
from idp_components.core.context import EXAMPLE_OIDC_PROVIDER, Context
from idp_components.database import manifests, resources
from idp_components.database.plan import plan


@pytest.fixture
def config(api):
    """A cluster whose network is there."""
    world = World(api)
    subnets = world.subnets()
    vpc = world.api.call("ec2", "DescribeSubnets", SubnetIds=subnets)["Subnets"][0]["VpcId"]
    network = {"vpc_id": vpc, "subnet_ids": subnets, "vpc_cidr": "10.20.0.0/16", "cluster_security_group": "sg-0a1b2c3d"}
    return {"domain": "example.com", "oidc_provider": EXAMPLE_OIDC_PROVIDER, **network}


def test_every_accepted_spec_passes_the_servers_dry_run(config, namespace, kubectl):
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")

    @given(spec=strategies.databases(), environment=st.sampled_from(["dev", "production"]), name=strategies.names)
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def accepted(spec, environment, name):
        built = manifests.planned(plan(name, spec, Context.of(f"shop-{environment}", config)))
        for manifest in built:
            manifest["metadata"] = {**manifest["metadata"], "namespace": namespace}
        items = json.dumps({"apiVersion": "v1", "kind": "List", "items": built})
        said = kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", stdin=items)
        assert said.count("serverside-applied (server dry run)") == len(built)
        assert "Warning" not in said

    accepted()


def test_every_accepted_spec_is_made_by_the_aws_endpoint(config):
    @given(spec=strategies.databases(), environment=st.sampled_from(["dev", "production"]), name=strategies.names)
    @settings(max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def accepted(spec, environment, name):
        context = Context.of(f"t{uuid.uuid4().hex[:8]}-{environment}", config)
        made = {}
        for resource in resources.database(plan(name, spec.model_copy(update={"runs_on": "rds"}), context), "drawnPassword"):
            engine = Engine(resource.type, resource.name)
            inputs, wrong = engine.check(resolved(resource.properties, made))
            assert not wrong
            identity, state = engine.create(inputs)
            assert engine.read(identity, state, inputs)[2] == inputs, "a refresh right after shows a difference"
            made[resource.name] = (engine, identity, {"id": identity, **state})
        for engine, identity, state in reversed(made.values()):
            if state.get("deletionProtection"):
                engine.update(identity, state, state, {**state, "deletionProtection": False})
            engine.delete(identity, {**state, "deletionProtection": False})

    accepted()


def resolved(value, made):
    """The properties with what AWS decided."""
    if isinstance(value, Ref):
        return made[value.resource][2][value.attribute]
    if isinstance(value, Json):
        return json.dumps(resolved(value.document, made))
    if isinstance(value, dict):
        return {key: resolved(item, made) for key, item in value.items()}
    return [resolved(item, made) for item in value] if isinstance(value, list) else value
