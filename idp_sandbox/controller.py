"""What a cloud would do for the cluster: provide volumes, and addresses for Ingresses and load balancers.

Run by the sandbox as `python -m idp_sandbox.controller`, with KUBECONFIG set.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lightkube import ApiError, Client
from lightkube.core.resource import NamespacedResource
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import HostPathVolumeSource, ObjectReference, PersistentVolumeSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import PersistentVolume, PersistentVolumeClaim, Service
from lightkube.resources.networking_v1 import Ingress
from lightkube.types import PatchType

from idp_sandbox.machine import GATEWAY_CLASS, PROVISIONER, STORAGE_CLASS

Gateway = create_namespaced_resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways")
ADDRESS = "127.0.0.1"
MANAGER = "idp-sandbox"
RETRY_SECONDS = 1.0
BUSY = (429, 500, 503, 504)
"""HTTP statuses of a server that may do later what it can't do now."""


def provide_volume(client: Client, claim: Any) -> None:
    """A volume of the asked size for a claim that waits for one."""
    if claim.status.phase != "Pending" or claim.spec.storageClassName != STORAGE_CLASS or claim.spec.volumeName:
        return
    volume = PersistentVolume(
        metadata=ObjectMeta(name=f"pvc-{claim.metadata.uid}", annotations={"pv.kubernetes.io/provisioned-by": PROVISIONER}),
        spec=PersistentVolumeSpec(
            capacity={"storage": claim.spec.resources.requests["storage"]},
            accessModes=claim.spec.accessModes,
            storageClassName=STORAGE_CLASS,
            persistentVolumeReclaimPolicy="Delete",
            hostPath=HostPathVolumeSource(path=f"/sandbox/{claim.metadata.uid}"),  # nodes only pretend: nothing is written there
            claimRef=ObjectReference(
                apiVersion="v1",
                kind="PersistentVolumeClaim",
                name=claim.metadata.name,
                namespace=claim.metadata.namespace,
                uid=claim.metadata.uid,
            ),
        ),
    )
    client.apply(volume, field_manager=MANAGER, force=True)


def remove_volume(client: Client, volume: Any) -> None:
    """A volume whose claim is gone goes too."""
    ours = (volume.metadata.annotations or {}).get("pv.kubernetes.io/provisioned-by") == PROVISIONER
    if ours and volume.status.phase in ("Released", "Failed") and volume.metadata.deletionTimestamp is None:
        client.delete(PersistentVolume, volume.metadata.name)


def address_ingress(client: Client, ingress: Any) -> None:
    """An Ingress gets the loopback address."""
    if not _address(ingress):
        _set_address(client, Ingress.Status, ingress)


def address_load_balancer(client: Client, service: Any) -> None:
    """A Service of type LoadBalancer gets the loopback address."""
    if service.spec.type == "LoadBalancer" and not _address(service):
        _set_address(client, Service.Status, service)


def address_gateway(client: Client, gateway: Any) -> None:
    """A Gateway of our class is programmed and gets the loopback address."""
    status = gateway.get("status") or {}
    if gateway["spec"]["gatewayClassName"] != GATEWAY_CLASS or status.get("addresses"):
        return
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    generation = gateway.metadata.generation
    conditions = [
        {"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": now, "observedGeneration": generation}
        for kind in ("Accepted", "Programmed")
    ]
    patch = {"status": {"addresses": [{"type": "IPAddress", "value": ADDRESS}], "conditions": conditions}}
    _patch(client, Gateway.Status, gateway, patch)


def _address(found: Any) -> Any:
    return found.status and found.status.loadBalancer and found.status.loadBalancer.ingress


def _set_address(client: Client, kind: Any, found: Any) -> None:
    _patch(client, kind, found, {"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}})


def _patch(client: Client, kind: Any, found: Any, patch: dict[str, Any]) -> None:
    client.patch(kind, found.metadata.name, patch, namespace=found.metadata.namespace, patch_type=PatchType.MERGE, field_manager=MANAGER)


DUTIES: tuple[tuple[Any, Callable[[Client, Any], None]], ...] = (
    (PersistentVolumeClaim, provide_volume),
    (PersistentVolume, remove_volume),
    (Ingress, address_ingress),
    (Service, address_load_balancer),
    (Gateway, address_gateway),
)


def work(kind: Any, duty: Callable[[Client, Any], None]) -> None:
    """Do one duty for every object of a kind and again at each change, for ever.

    Whatever fails is begun again from the list of all objects: the API server may be away, or too busy to answer in time.
    """
    client = Client()
    everywhere = {"namespace": "*"} if issubclass(kind, NamespacedResource) else {}
    while True:
        try:
            for event, found in client.watch(kind, **everywhere):
                if event != "DELETED":
                    attempt(client, found, duty)
        except Exception as error:
            print(f"{kind.__name__}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        time.sleep(RETRY_SECONDS)


def attempt(client: Client, found: Any, duty: Callable[[Client, Any], None]) -> None:
    """Do a duty for one object; what the server refuses for good must not keep the others waiting."""
    try:
        duty(client, found)
    except ApiError as error:
        if error.status.code in BUSY:
            raise
        print(f"{type(found).__name__} {found.metadata.name}: {error.status.message}", file=sys.stderr, flush=True)


def main() -> None:
    """Do all duties until stopped."""
    for kind, duty in DUTIES:
        threading.Thread(target=work, args=(kind, duty), daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
