"""Whatever the platform accepts, the real API server accepts too, at the restricted Pod Security level, and so does the AWS endpoint."""

import contextlib
import json
import uuid

import pytest
import strategies
from accepted import ACCEPTED, contexts, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.aws.engine import Engine

from idp_components.core.aws import Aws

SHARED = "argocd"
"""The one namespace that golden paths name beside the team's own."""


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("path", ACCEPTED)
def test_every_accepted_spec_passes_the_api_server_and_the_aws_endpoint(path, namespace, kubectl):
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")

    provider = Engine("", "").provider

    @given(data=st.data())
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    def accepted(data):
        built = ACCEPTED[path].build(data.draw(strategies.names), data.draw(ACCEPTED[path].specs), data.draw(contexts))
        manifests = [each for each in built if not isinstance(each, Aws)]
        if manifests:
            dry_run(kubectl, namespace, manifests)
        create([each for each in built if isinstance(each, Aws)], provider)

    accepted()


def dry_run(kubectl, namespace, manifests):
    for manifest in manifests:
        if manifest["metadata"].get("namespace", SHARED) != SHARED:
            manifest["metadata"] = {**manifest["metadata"], "namespace": namespace}
    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    said = kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", stdin=items)
    assert said.count("serverside-applied (server dry run)") == len(manifests)


def create(resources, provider):
    """Make them as the engine does, in a place of their own, and take them away again."""
    made, own = {}, uuid.uuid4().hex[:6]
    with contextlib.ExitStack() as afterwards:
        for resource in resources:
            engine = Engine(resource.type, f"{resource.name[:20]}-{own}")
            engine.provider = provider  # the same for all: each would make clients of its own
            inputs, wrong = engine.check(plain(resource.properties, made))
            assert wrong == []
            identity, state = engine.create(inputs)
            afterwards.callback(engine.delete, identity, state)
            made[resource.name] = {**state, "id": identity}
