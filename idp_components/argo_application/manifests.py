"""Builder: the Application by which Argo CD keeps a team's namespace as a repository says."""

from __future__ import annotations

from typing import Any

from idp_components.argo_application.spec import PINNED_REVISION, ArgoApplicationSpec, ChartSource, GitSource, IgnoredDifference, Sync
from idp_components.core import labels, naming
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest, overridden
from idp_components.core.spec import SpecError

API_VERSION = "argoproj.io/v1alpha1"
NAMESPACE = "argocd"
"""Namespace that Argo CD runs in and reads Applications from (its installation's default)."""
IN_CLUSTER = "https://kubernetes.default.svc"
"""Argo CD's name for the cluster that it runs in."""
FINALIZER = "resources-finalizer.argocd.argoproj.io"
"""With it, Argo CD deletes what an Application deployed before the Application goes ("App Deletion")."""
SYNC_OPTIONS = ["CreateNamespace=false", "ServerSideApply=true", "PruneLast=true", "RespectIgnoreDifferences=true"]
"""The namespace is the team's and stands already; what is pruned goes after the new is healthy; ignored fields are not even written."""
AUTOSCALED = {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
ASLEEP = (
    {"group": "apps", "kind": "StatefulSet", "jsonPointers": ["/spec/replicas"]},
    {"group": "batch", "kind": "CronJob", "jsonPointers": ["/spec/suspend"]},
)
"""What else changes when an environment that ends is put to sleep."""
LONGEST_RETRY = "3m"


def argo_application(name: str, spec: ArgoApplicationSpec, context: Context) -> list[Manifest]:
    """The Application, in the team's Argo CD project. Raises SpecError for a source that the environment doesn't allow."""
    place = f"{context.team}.{name}"
    check_repository(f"{place}.source.repository", spec.source.repository, context)
    revision = spec.source.revision if isinstance(spec.source, GitSource) else None
    if revision and context.profile.pinned_revisions and not PINNED_REVISION.fullmatch(revision):
        raise SpecError(
            f"{place}.source.revision: {revision!r} can change under {context.environment}: "
            "use a whole commit or a version's tag, for example 'v1.4.2'"
        )
    application: Manifest = {
        "apiVersion": API_VERSION,
        "kind": "Application",
        "metadata": {
            "name": naming.child(context.namespace, name),  # Applications of all teams share one namespace
            "namespace": NAMESPACE,
            "labels": {labels.NAME: name, **labels.ownership(context)},
            "annotations": {"argocd.argoproj.io/sync-wave": str(spec.wave)},
            "finalizers": [FINALIZER],
        },
        "spec": {
            "project": context.namespace,
            "source": _source(spec.source),
            "destination": {"server": IN_CLUSTER, "namespace": context.namespace},
            "syncPolicy": sync_policy(spec.sync, prune=context.profile.prune),
            "ignoreDifferences": [
                AUTOSCALED,
                *(ASLEEP if context.profile.ttl_hours_max else ()),
                *(_ignored(difference) for difference in spec.ignore_differences),
            ],
        },
    }
    return overridden([application], spec.overrides, place)


def check_repository(place: str, repository: str, context: Context) -> None:
    """Raises SpecError for a repository outside of the cluster's `idp:repositories`, and for a local one that isn't listed there."""
    allowed = context.cluster.repositories
    if any(f"{repository.rstrip('/')}/".startswith(prefix) for prefix in allowed):
        return
    if allowed:
        raise SpecError(
            f"{place}: {repository!r} is none of the platform's repositories; "
            f"use one below {', '.join(allowed)}, for example '{allowed[0]}deploy.git'"
        )
    if repository.startswith("file://"):
        raise SpecError(
            f"{place}: {repository!r} is a folder of one machine; use https or ssh, "
            "for example 'https://github.com/shop/checkout.git', or list its folder in the config idp:repositories"
        )


def sync_policy(sync: Sync, *, prune: bool) -> dict[str, Any]:
    """When Argo CD syncs and how it retries; `prune` holds where the team says nothing."""
    automated = {"prune": prune if sync.prune is None else sync.prune, "selfHeal": sync.self_heal}
    backoff = {"duration": f"{sync.retry_seconds}s", "factor": 2, "maxDuration": LONGEST_RETRY}
    return {
        **({"automated": automated} if sync.automated else {}),
        "syncOptions": SYNC_OPTIONS,
        "retry": {"limit": sync.retries, "backoff": backoff},
    }


def _source(source: GitSource | ChartSource) -> dict[str, Any]:
    if isinstance(source, GitSource):
        return {"repoURL": source.repository, "targetRevision": source.revision, "path": source.path}
    return {
        # Argo CD knows an OCI registry by the address without its scheme.
        "repoURL": source.repository.removeprefix("oci://"),
        "chart": source.chart,
        "targetRevision": source.version,
        "helm": {"valuesObject": source.values},
    }


def _ignored(difference: IgnoredDifference) -> dict[str, Any]:
    return {
        "group": difference.group,
        "kind": difference.kind,
        **({"name": difference.name} if difference.name else {}),
        "jsonPointers": list(difference.pointers),
    }
