"""Builders: the plain Kubernetes objects of a Service, a Worker and a ScheduledJob."""

from __future__ import annotations

from typing import Any

from idp_components.core import labels, naming
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest, overridden
from idp_components.service import network, observability, scaling
from idp_components.service.pod import PORT_NAME, Wiring, metadata, objects_of_pod, pod_spec, spread
from idp_components.service.probes import command_probe, service_probes
from idp_components.service.spec import ScheduledJobSpec, ServiceSpec, WorkerSpec, Workload

SERVICE, WORKER, JOB, MIGRATION = "service", "worker", "scheduled-job", "migration"
NOTHING = Wiring()


def service(name: str, spec: ServiceSpec, context: Context, wiring: Wiring = NOTHING) -> list[Manifest]:
    """Everything that runs a service and leads to it."""
    port = spec.ports.container
    listening = {
        "ports": [{"name": PORT_NAME, "containerPort": port}, *observability.extra_port(spec)],
        **service_probes(spec.health, port),
    }
    pod = pod_spec(name, spec, context, wiring, extra=listening, port=port)
    found = [
        *objects_of_pod(name, spec, context, SERVICE, wiring),
        network.network_policy(name, context, SERVICE, uses=wiring.uses, ingress=network.ingress_rules(spec, context)),
        *network.connection_policies(name, context, SERVICE, wiring.uses),
        *_migration(name, spec, context, wiring),
        *_deployment(name, spec, context, SERVICE, pod, observability.scrape_annotations(spec, context)),
        network.service(name, spec, context, SERVICE),
        *network.route(name, spec, context, SERVICE),
        *observability.service_monitor(name, spec, context, SERVICE),
    ]
    return overridden(found, spec.overrides, f"{context.team}.{name}")


def worker(name: str, spec: WorkerSpec, context: Context, wiring: Wiring = NOTHING) -> list[Manifest]:
    """Everything that runs a worker."""
    pod = pod_spec(name, spec, context, wiring, extra=command_probe(spec.health_command) if spec.health_command else {})
    found = [*_unreachable(name, spec, context, WORKER, wiring), *_deployment(name, spec, context, WORKER, pod)]
    return overridden(found, spec.overrides, f"{context.team}.{name}")


def scheduled_job(name: str, spec: ScheduledJobSpec, context: Context, wiring: Wiring = NOTHING) -> list[Manifest]:
    """Everything that runs a job on its schedule. Runs never overlap."""
    described = metadata(name, name, context, JOB)
    versioned = {**described["labels"], **labels.version(spec.image)}
    run = {
        "backoffLimit": spec.retries,
        "activeDeadlineSeconds": spec.deadline_seconds,
        "ttlSecondsAfterFinished": 24 * 3600,
        "template": {"metadata": {"labels": versioned}, "spec": {**pod_spec(name, spec, context, wiring), "restartPolicy": "Never"}},
    }
    schedule = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {**described, "labels": versioned},
        "spec": {
            "schedule": spec.schedule,
            "timeZone": spec.time_zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 600,
            "successfulJobsHistoryLimit": context.profile.job_history,
            "failedJobsHistoryLimit": context.profile.job_history,
            "jobTemplate": {"metadata": {"labels": versioned}, "spec": run},
        },
    }
    return overridden([*_unreachable(name, spec, context, JOB, wiring), schedule], spec.overrides, f"{context.team}.{name}")


def _unreachable(name: str, spec: Workload, context: Context, component: str, wiring: Wiring) -> list[Manifest]:
    """What stands around a workload that nobody calls."""
    return [
        *objects_of_pod(name, spec, context, component, wiring),
        network.network_policy(name, context, component, uses=wiring.uses),
        *network.connection_policies(name, context, component, wiring.uses),
    ]


def _deployment(
    name: str,
    spec: ServiceSpec | WorkerSpec,
    context: Context,
    component: str,
    pod: dict[str, Any],
    annotations: dict[str, str] | None = None,
) -> list[Manifest]:
    """The Deployment with what scales and protects it. Under an autoscaler it sets no replicas: they would fight."""
    low, high = scaling.replicas(spec.scaling, context)
    named = metadata(name, name, context, component)
    selector = labels.selector(name, component)
    versioned = {**named["labels"], **labels.version(spec.image)}
    deployment: Manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**named, "labels": versioned},
        "spec": {
            **({"replicas": low} if low == high else {}),
            "selector": {"matchLabels": selector},
            "strategy": scaling.ROLLING_UPDATE,
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 600,
            "template": {
                "metadata": {"labels": versioned, **({"annotations": annotations} if annotations else {})},
                "spec": {**pod, "topologySpreadConstraints": spread(name, component, context)},
            },
        },
    }
    scaler = [scaling.autoscaler(named, spec.scaling, low, high)] if low < high else []
    return [deployment, *scaler, scaling.disruption_budget(named, selector)]


def once(
    name: str,
    component: str,
    spec: Workload,
    context: Context,
    *,
    said: Any,
    pod: dict[str, Any],
    retries: int = 0,
    job: str = "",
) -> Manifest:
    """A Job. Its name, `job` or else the workload's with a hash, changes with all that was said: an old run never counts for a new one."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(naming.content_child(job or name, component, said), name, context, component),
        "spec": {
            "backoffLimit": retries,
            "activeDeadlineSeconds": 1800,
            **_gone_with_the_environment(context),
            "template": {
                "metadata": {"labels": {**labels.workload(name, component, context), **labels.version(spec.image)}},
                "spec": {**pod, "restartPolicy": "Never"},
            },
        },
    }


def _gone_with_the_environment(context: Context) -> dict[str, int]:
    """In a preview a finished Job stays until the environment has to end, and no longer: one that goes sooner would run again."""
    hours = context.profile.ttl_hours_max
    return {"ttlSecondsAfterFinished": hours * 3600} if hours else {}


def _migration(name: str, spec: ServiceSpec, context: Context, wiring: Wiring) -> list[Manifest]:
    """A Job in the new image. Half a migration must be looked at, not repeated."""
    if spec.migration is None:
        return []
    said = spec.model_dump(mode="json", include={"image", "migration", "env", "resources", "container"})
    pod = pod_spec(name, spec, context, wiring, extra={"command": list(spec.migration)})
    return [once(name, MIGRATION, spec, context, said=[said, *map(str, wiring.uses)], pod=pod)]
