"""Builder: a cache in the cluster, one hardened pod without a disk, closed to all but its connections and their logins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from idp_components.cache.reach import LEVELS, PORT, SCOPE, Plan
from idp_components.core import labels
from idp_components.core.manifest import Manifest
from idp_components.service import network, scaling
from idp_components.service.pod import PORT_NAME, Wiring, metadata, objects_of_pod, pod_spec
from idp_components.service.spec import Container, Resources, Workload

CACHE = "cache"
IMAGE = "valkey/valkey:8.1.3-alpine"
"""Image below the cluster's image mirror."""
CONFIGURATION, LOGINS, LOGINS_KEY = "/etc/valkey/valkey.conf", "/etc/valkey-logins", "users.acl"
OVERHEAD = 1.25
"""Memory of the process over that of its keys and values: fragmentation and clients' buffers; ElastiCache reserves a quarter too."""
BASE_MIB = 32
HEALTH = "user health on nopass -@all +ping"
"""A login that may only ask whether the server lives: probes know no password."""
PROBE = {"exec": {"command": ["valkey-cli", "-e", "--no-auth-warning", "--user", "health", "--pass", "none", "ping"]}, "timeoutSeconds": 5}


def in_cluster(plan: Plan, logins: Any) -> list[Manifest]:
    """The server's objects. `logins` is the name of the Secret with who may log in; perhaps a Pulumi Output."""
    name, context = plan.name, plan.context
    memory = round(plan.spec.memory_mib * OVERHEAD) + BASE_MIB
    image = f"{context.cluster.image_mirror}{IMAGE}"
    container = Container(command=("valkey-server", CONFIGURATION), files={CONFIGURATION: configuration(plan)})
    spec = Workload(image=image, resources=Resources(memory_mib=memory), container=container)
    described, selector = metadata(name, name, context, CACHE), labels.selector(name, CACHE)
    listening = {
        "ports": [{"name": PORT_NAME, "containerPort": PORT}],
        "startupProbe": {**PROBE, "periodSeconds": 2, "failureThreshold": 30},
        "readinessProbe": {**PROBE, "periodSeconds": 10, "failureThreshold": 3},
        "livenessProbe": {**PROBE, "periodSeconds": 20, "failureThreshold": 3},
    }
    pod = pod_spec(name, spec, context, Wiring(), extra=listening)
    pod["volumes"].append({"name": "logins", "secret": {"secretName": logins}})
    pod["containers"][0]["volumeMounts"].append({"name": "logins", "mountPath": LOGINS, "readOnly": True})
    versioned = {**described["labels"], **labels.version(image)}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**described, "labels": versioned},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": selector},
            "strategy": {"type": "Recreate"},  # two servers behind one address would each know half
            "revisionHistoryLimit": 3,
            "template": {"metadata": {"labels": versioned}, "spec": pod},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": described,
        "spec": {"selector": selector, "ports": [{"name": "redis", "port": PORT, "targetPort": PORT_NAME, "appProtocol": "redis"}]},
    }
    return [
        *objects_of_pod(name, spec, context, CACHE, Wiring()),
        network.network_policy(name, context, CACHE, uses=()),
        service,
        deployment,
        scaling.disruption_budget(described, selector),
    ]


def configuration(plan: Plan) -> str:
    """The server's configuration: in memory alone, and who may log in stands in a file of its own."""
    settings = {
        "port": PORT,
        "bind": "* -::*",
        "dir": "/tmp",
        "save": '""',
        "appendonly": "no",
        "maxmemory": f"{plan.spec.memory_mib}mb",
        "maxmemory-policy": plan.spec.eviction,
        "aclfile": f"{LOGINS}/{LOGINS_KEY}",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def users(passwords: Mapping[str, str]) -> str:
    """Who may log in, by level of access. The server knows only the passwords' hashes, and nobody without one gets in."""
    hashes = {access: hashlib.sha256(password.encode()).hexdigest() for access, password in passwords.items()}
    logins = [f"user {access} {SCOPE} #{digest} {LEVELS[access]}" for access, digest in sorted(hashes.items())]
    return "".join(f"{line}\n" for line in ("user default off", HEALTH, *logins))
