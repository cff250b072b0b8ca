"""Builder: the ApplicationSet that gives each pull request a preview, and the walls around all of them."""

from __future__ import annotations

from typing import Any

from idp_components.argo_application.manifests import (
    API_VERSION,
    ASLEEP,
    AUTOSCALED,
    FINALIZER,
    IN_CLUSTER,
    NAMESPACE,
    check_repository,
    sync_policy,
)
from idp_components.argo_application.spec import Sync
from idp_components.core import labels, naming
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest, overridden
from idp_components.preview_application_set.spec import PreviewApplicationSetSpec, PullRequests
from idp_components.team.manifests import POD_SECURITY_LEVEL

NUMBER = "{{.number}}"
TRACKING = "argocd.argoproj.io/tracking-id"
"""Annotation by which Argo CD knows what belongs to an Application (its default tracking method since 3.0)."""
ADMISSION = "admissionregistration.k8s.io/v1"


def preview_application_set(name: str, spec: PreviewApplicationSetSpec, context: Context) -> list[Manifest]:
    """The ApplicationSet, its project, and the policy that keeps it away from any namespace that isn't a preview of the team."""
    place = f"{context.team}.{name}"
    check_repository(f"{place}.repository", spec.repository, context)
    owned = {labels.NAME: name, **labels.ownership(context)}
    previews = naming.child(context.team, "previews")
    project: Manifest = {
        "apiVersion": API_VERSION,
        "kind": "AppProject",
        "metadata": {"name": previews, "namespace": NAMESPACE, "labels": owned},
        "spec": {
            "description": f"Previews of team {context.team}",
            "sourceRepos": [spec.repository],
            "destinations": [{"server": IN_CLUSTER, "namespace": naming.namespace(context.team, "pr-*")}],
            # To delete a preview's namespace. A project can't say which ones: the admission policy below does.
            "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
        },
    }
    application_set: Manifest = {
        "apiVersion": API_VERSION,
        "kind": "ApplicationSet",
        "metadata": {"name": naming.child(previews, name), "namespace": NAMESPACE, "labels": owned},
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"pullRequest": _generator(spec.pull_requests)}],
            "syncPolicy": {"preserveResourcesOnDeletion": False, "applicationsSync": "sync"},
            "template": _template(name, spec, context, previews),
        },
    }
    return overridden([project, *_namespaces_policy(name, context, previews, owned), application_set], spec.overrides, place)


def _generator(asked: PullRequests) -> dict[str, Any]:
    """Argo CD's pull-request generator: the same facts under each provider's own field names."""
    owner, _, repository = asked.project.rpartition("/")
    token = {"secretName": asked.token.secret, "key": asked.token.key}
    where: dict[str, Any] = {"project": asked.project} if asked.provider == "gitlab" else {"owner": owner, "repo": repository}
    where |= {"bearerToken": {"tokenRef": token}} if asked.provider == "bitbucket" else {"tokenRef": token}
    where |= {"labels": list(asked.labels)} if asked.labels else {}
    where |= {"api": asked.api} if asked.api else {}
    if asked.provider == "gitlab":
        where["pullRequestState"] = "opened"  # by default closed ones count as well
    return {
        asked.provider: where,
        "requeueAfterSeconds": asked.requeue_seconds,
        **({"filters": [{"branchMatch": asked.branch_match}]} if asked.branch_match else {}),
    }


def _template(name: str, spec: PreviewApplicationSetSpec, context: Context, project: str) -> dict[str, Any]:
    """The Application of one pull request. It owns its namespace: what Argo CD tracks goes when the Application goes."""
    preview = f"pr-{NUMBER}"
    namespace = naming.namespace(context.team, preview)
    application = _application_name(name, context, NUMBER)
    owned = {**labels.ownership(context), labels.ENVIRONMENT: preview, "app.kubernetes.io/managed-by": "argocd"}
    pod_security = {f"pod-security.kubernetes.io/{mode}": POD_SECURITY_LEVEL for mode in ("enforce", "audit", "warn")}
    policy = sync_policy(Sync(), prune=True)
    return {
        "metadata": {"name": application, "labels": {labels.NAME: name, **owned}, "finalizers": [FINALIZER]},
        "spec": {
            "project": project,
            "source": {"repoURL": spec.repository, "targetRevision": "{{.head_sha}}", "path": spec.path},
            "destination": {"server": IN_CLUSTER, "namespace": namespace},
            "ignoreDifferences": [AUTOSCALED, *ASLEEP],
            "syncPolicy": {
                **policy,
                "syncOptions": ["CreateNamespace=true", *(option for option in policy["syncOptions"] if "CreateNamespace" not in option)],
                "managedNamespaceMetadata": {
                    "labels": {**owned, labels.EPHEMERAL: "namespace", **pod_security},
                    "annotations": {
                        labels.OWNER: "{{.author}}",
                        labels.SOURCE: f"{spec.pull_requests.project}#{NUMBER}",
                        labels.EXPIRES_AFTER: str(spec.expires_after_hours),
                        # Argo CD leaves the namespaces that it creates behind unless they are tracked (argo-cd issue 11196).
                        TRACKING: f"{application}:/Namespace:{namespace}/{namespace}",
                    },
                },
            },
        },
    }


def _namespaces_policy(name: str, context: Context, previews: str, owned: dict[str, str]) -> list[Manifest]:
    """The API server refuses to let a preview own any namespace but one of the team's previews, whatever a pull request contains."""
    tracked = f"object.metadata.?annotations[?'{TRACKING}'].orValue('')"
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["namespaces"], "operations": ["CREATE", "UPDATE"]},
            ]
        },
        "matchConditions": [{"name": "of-a-preview", "expression": f"{tracked}.startsWith('{_application_name(name, context, '')}')"}],
        "validations": [
            {
                "expression": f"object.metadata.name.matches('^{naming.namespace(context.team, 'pr-[0-9]+')}$')",
                "message": f"a preview may own only the namespaces {naming.namespace(context.team, 'pr-<number>')}",
            }
        ],
    }
    metadata = {"name": previews, "labels": owned}
    return [
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": metadata, "spec": policy},
        {
            "apiVersion": ADMISSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": metadata,
            "spec": {"policyName": previews, "validationActions": ["Deny"]},
        },
    ]


def _application_name(name: str, context: Context, number: str) -> str:
    """`<team>-previews-<name>-pr-<number>`."""
    return f"{naming.child(context.team, 'previews')}-{name}-pr-{number}"
