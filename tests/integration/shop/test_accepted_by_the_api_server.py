"""Whatever the platform accepts, the real API server accepts too, at the restricted Pod Security level."""

import json

import pytest
import strategies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp_components.core.context import Context
from idp_components.service import manifests

BUILDS = {
    "service": (strategies.services, manifests.service),
    "web service": (strategies.web_services, manifests.service),
    "worker": (strategies.workers, manifests.worker),
    "job": (strategies.jobs, manifests.scheduled_job),
}


@pytest.mark.parametrize(("specs", "build"), BUILDS.values(), ids=BUILDS)
def test_every_accepted_spec_passes_the_servers_dry_run(specs, build, namespace, kubectl):
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")

    @given(
        spec=specs,
        environment=st.sampled_from(["dev", "production"]),
        routing=st.sampled_from(["ingress", "gateway"]),
        name=strategies.names,
    )
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def accepted(spec, environment, routing, name):
        built = build(name, spec, Context.of(f"shop-{environment}", {"domain": "example.com", "routing": routing}))
        for manifest in built:
            manifest["metadata"] = {**manifest["metadata"], "namespace": namespace}
        items = json.dumps({"apiVersion": "v1", "kind": "List", "items": built})
        said = kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", stdin=items)
        assert said.count("serverside-applied (server dry run)") == len(built)

    accepted()
