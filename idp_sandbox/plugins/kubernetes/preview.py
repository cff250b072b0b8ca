"""Previews: the API server's own dry run says what would come of an object, or why it would be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp_sandbox.plugins.kubernetes.api import ApiError, UnknownKind, Unreachable
from idp_sandbox.plugins.kubernetes.connection import NoCluster
from idp_sandbox.plugins.kubernetes.objects import Manifest, foreseen, manager
from idp_sandbox.plugins.values import has_unknown

if TYPE_CHECKING:
    from idp_sandbox.plugins.kubernetes.provider import KubernetesProvider

STAND_IN = "default"
"""Namespace for the dry run of what will live in a namespace that isn't there yet."""


def dry_run(provider: KubernetesProvider, urn: str, manifest: Manifest, *, force: bool) -> Manifest:
    """What the object would become; its inputs where that can't be asked yet. Raises ApiError with the server's reasons."""
    if has_unknown(manifest):
        return manifest
    try:
        return foreseen(_ask(provider, urn, manifest, force))
    except UnknownKind:
        return manifest  # its definition may come in the same update
    except (Unreachable, NoCluster) as error:
        provider.log.warning(urn, f"not checked by the API server: {error}")
        return manifest
    except ApiError as error:
        if not error.missing_namespace:
            raise
    metadata = manifest["metadata"]
    try:
        elsewhere = _ask(provider, urn, {**manifest, "metadata": {**metadata, "namespace": STAND_IN}}, force)
    except ApiError as error:
        if error.code in (403, 409):  # rights, quotas or an object of that name in the stand-in say nothing about the real place
            return manifest
        raise
    return foreseen({**elsewhere, "metadata": {**elsewhere["metadata"], "namespace": metadata["namespace"]}})


def _ask(provider: KubernetesProvider, urn: str, manifest: Manifest, force: bool) -> Manifest:
    if "name" not in manifest["metadata"]:
        return provider.api.create(manifest, manager=manager(manifest, urn), dry_run=True)
    return provider.applied(manifest, urn, force=force, dry_run=True)
