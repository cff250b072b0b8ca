"""Golden path: an environment of a pull request or a person, which ends."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from idp_components.core import naming
from idp_components.core.apply import apply_manifest, apply_patch, apply_release, virtual_provider
from idp_components.core.component import GoldenPath
from idp_components.core.context import Context
from idp_components.ephemeral import manifests, uffizzi, virtual_cluster
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec

HOLDING = ("LimitRange", "ResourceQuota")
"""Kinds that what is inside waits for; they themselves come after the network's walls. Rights and the Lease hold nobody back."""


class EphemeralEnvironment(GoldenPath):
    """A namespace, or a virtual cluster inside of one, for one pull request or person: with an owner, a quota, walls and an end."""

    spec_class = EphemeralEnvironmentSpec
    named_in_namespace = False

    context: Context
    """Where the environment's own services and databases go: `Service(…, context=environment.context)`."""
    expires_at: pulumi.Output[str]
    """Moment of its end, RFC 3339 in UTC."""
    kubeconfig: pulumi.Output[str] | None
    """Credentials of the virtual cluster's administrator, a secret; none with `isolation="namespace"`."""

    def __init__(self, name: str, spec: EphemeralEnvironmentSpec, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, spec, lambda: manifests.ephemeral_environment(name, spec, context), context=context, opts=opts)
        room, *inside = self.built
        namespace = apply_manifest(room, parent=self, depends_on=context.after)
        hours = manifests.ttl_hours(name, spec, context)
        self.context = replace(context.waiting_for(namespace), room=namespace, ttl_hours=hours, seed=spec.seed or "", shared=spec.shared)
        walls = self.create(inside)
        described: pulumi.Output[dict[str, Any]] = namespace.metadata  # type: ignore[attr-defined]  # an input's name is an output's too
        self.expires_at = described.apply(lambda metadata: manifests.expires_at(metadata["creationTimestamp"], hours))
        apply_patch(manifests.expiry(context, self.expires_at), parent=self, depends_on=[namespace])
        self.context = self.context.waiting_for(*(wall for wall in walls if wall.pulumi_resource_type.endswith(HOLDING)))
        self.kubeconfig = None if spec.isolation == "namespace" else self._virtual_cluster(spec, walls)
        self.register_outputs({"namespace": context.namespace, "expires_at": self.expires_at, "kubeconfig": self.kubeconfig})

    @property
    def urls(self) -> dict[str, str]:
        """URLs of the exposed services that were declared so far, by their names."""
        return dict(self.context.ledger.urls)

    def _virtual_cluster(self, spec: EphemeralEnvironmentSpec, walls: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
        """The virtual cluster with the team's namespace in it; its kubeconfig."""
        host = self.context
        if spec.isolation == "uffizzi":
            name = uffizzi.release(self.name)
            made = apply_manifest(uffizzi.cluster(self.name, spec, host), parent=self, depends_on=walls)
        else:
            name = self.name
            made = apply_release(virtual_cluster.release(name, spec, host), parent=self, depends_on=walls)
        secret = apply_manifest(virtual_cluster.kubeconfig(name, host), parent=self, depends_on=[made])
        data: pulumi.Output[Mapping[str, str] | None] = secret.data  # type: ignore[attr-defined]
        kubeconfig: pulumi.Output[str] = pulumi.Output.secret(data.apply(_kubeconfig))
        provider = virtual_provider(naming.child(self.name, "virtual"), kubeconfig, parent=self)
        before: list[pulumi.Resource] = []
        for manifest in (manifests.namespace(host, {}, {}), manifests.default_deny(host)):
            inner = naming.child("virtual", manifest["metadata"]["name"])
            before = [apply_manifest(manifest, name=inner, parent=self, depends_on=before, provider=provider, deleted_with=host.room)]
        self.context = replace(host, provider=provider).waiting_for(*before)
        return kubeconfig


def _kubeconfig(data: Mapping[str, str] | None) -> str:
    return base64.b64decode((data or {}).get("config", "")).decode()
