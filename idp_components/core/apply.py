"""Apply: one Kubernetes manifest becomes one Pulumi resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import pulumi

from idp_components.core.manifest import Manifest

RELEASE = "kubernetes:helm.sh/v3:Release"
"""Pulumi's type of a chart that helm installs."""


def apply_manifest(
    manifest: Manifest,
    *,
    parent: pulumi.Resource,
    depends_on: Iterable[pulumi.Resource] = (),
    name: str = "",
    protect: bool = False,
    provider: pulumi.ProviderResource | None = None,
    deleted_with: pulumi.Resource | None = None,
) -> pulumi.CustomResource:
    """Register a manifest below `parent`, as the same resource that `pulumi_kubernetes` would.

    Its logical name is the object's, or `name` for an object that Pulumi shall name. What is protected, Pulumi refuses to delete; what
    goes with another resource it doesn't delete by itself where that one is deleted too.

    It is registered by its type token: the manifest already has the engine's shape, so the typed classes of the SDK (0.7 s of
    import, and a translation of each property) would add nothing but time to every preview.
    """
    return pulumi.CustomResource(
        type_token(manifest),
        name or manifest["metadata"]["name"],
        dict(manifest),
        pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(depends_on),
            protect=protect or None,
            provider=provider,
            deleted_with=deleted_with,
            version=_sdk_version(),
        ),
    )


def apply_patch(patch: Manifest, *, parent: pulumi.Resource, depends_on: Iterable[pulumi.Resource] = ()) -> pulumi.CustomResource:
    """Register the fields of an object that another resource makes (Pulumi Kubernetes, "Patch resources")."""
    return pulumi.CustomResource(
        f"{type_token(patch)}Patch",
        patch["metadata"]["name"],
        dict(patch),
        pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on), version=_sdk_version()),
    )


def apply_release(
    properties: Mapping[str, Any], *, parent: pulumi.Resource, depends_on: Iterable[pulumi.Resource] = ()
) -> pulumi.CustomResource:
    """Register a release of helm below `parent`, under its own name."""
    options = pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on), version=_sdk_version())
    return pulumi.CustomResource(RELEASE, properties["name"], dict(properties), options)


def virtual_provider(name: str, kubeconfig: pulumi.Input[str], *, parent: pulumi.Resource) -> pulumi.ProviderResource:
    """The provider of another cluster. What was in it is forgotten, not an error, once that cluster is gone."""
    settings = {"kubeconfig": kubeconfig, "deleteUnreachable": "true"}
    return pulumi.ProviderResource("kubernetes", name, settings, pulumi.ResourceOptions(parent=parent, version=_sdk_version()))


def type_token(manifest: Mapping[str, Any]) -> str:
    """Pulumi's type of a manifest: a `Service` of `v1` is `kubernetes:core/v1:Service`."""
    api = manifest["apiVersion"]
    return f"kubernetes:{api if '/' in api else f'core/{api}'}:{manifest['kind']}"


@cache
def _sdk_version() -> str:
    """Version of the provider plugin: that of the installed SDK, which its own classes ask for too."""
    return version("pulumi-kubernetes")
