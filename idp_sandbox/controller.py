"""What a cloud would do for the cluster: provide volumes, and addresses for Ingresses, Gateways and load balancers.

Run by the sandbox as `python -m idp_sandbox.controller`, with KUBECONFIG set.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2 as httpx

from idp_sandbox.machine import GATEWAY_CLASS, PROVISIONER, STORAGE_CLASS
from idp_sandbox.plugins.kubernetes.api import Api, ApiError, Manifest, UnknownKind, Unreachable
from idp_sandbox.plugins.kubernetes.connection import connect

ADDRESS = "127.0.0.1"
MANAGER = "idp-sandbox"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
RETRY_SECONDS = 1.0
SILENCE_SECONDS = 60.0
"""After so long without an event the watch begins anew: a connection may be dead without saying so."""

Duty = Callable[[Api, Manifest], None]


def provide_volume(api: Api, claim: Manifest) -> None:
    """A volume of the asked size for a claim that waits for one."""
    spec, metadata = claim["spec"], claim["metadata"]
    if claim["status"].get("phase") != "Pending" or spec.get("storageClassName") != STORAGE_CLASS or spec.get("volumeName"):
        return
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{metadata['uid']}", "annotations": {PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "storageClassName": STORAGE_CLASS,
            "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": {"path": f"/sandbox/{metadata['uid']}"},  # nodes only pretend: nothing is written there
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{key: metadata[key] for key in ("name", "namespace", "uid")},
            },
        },
    }
    api.apply(volume, manager=MANAGER, force=True)


def remove_volume(api: Api, volume: Manifest) -> None:
    """A volume whose claim is gone goes too."""
    metadata = volume["metadata"]
    ours = (metadata.get("annotations") or {}).get(PROVISIONED_BY) == PROVISIONER
    if ours and volume["status"].get("phase") in ("Released", "Failed") and "deletionTimestamp" not in metadata:
        api.delete(volume, "Background")


def address_ingress(api: Api, ingress: Manifest) -> None:
    """An Ingress gets the loopback address."""
    if not ingress["status"].get("loadBalancer", {}).get("ingress"):
        api.patch(ingress, "status", BALANCED)


def address_load_balancer(api: Api, service: Manifest) -> None:
    """A Service of type LoadBalancer gets the loopback address."""
    if service["spec"].get("type") == "LoadBalancer":
        address_ingress(api, service)


BALANCED = {"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}}


def address_gateway(api: Api, gateway: Manifest) -> None:
    """A Gateway of our class is programmed and gets the loopback address."""
    if gateway["spec"]["gatewayClassName"] != GATEWAY_CLASS or (gateway.get("status") or {}).get("addresses"):
        return
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    generation = gateway["metadata"]["generation"]
    conditions = [
        {"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": now, "observedGeneration": generation}
        for kind in ("Accepted", "Programmed")
    ]
    api.patch(gateway, "status", {"status": {"addresses": [{"type": "IPAddress", "value": ADDRESS}], "conditions": conditions}})


DUTIES: tuple[tuple[str, str, Duty], ...] = (
    ("v1", "PersistentVolumeClaim", provide_volume),
    ("v1", "PersistentVolume", remove_volume),
    ("networking.k8s.io/v1", "Ingress", address_ingress),
    ("v1", "Service", address_load_balancer),
    ("gateway.networking.k8s.io/v1", "Gateway", address_gateway),
)


def work(api_version: str, kind: str, duty: Duty) -> None:
    """Do one duty for every object of a kind and again at each change, for ever.

    Whatever fails is begun again with all objects: the API server may be away, or too busy to answer in time.
    """
    api = connect({})
    while True:
        try:
            for event in api.watch(api_version, kind, None, {}, SILENCE_SECONDS):
                if event["type"] in ("ADDED", "MODIFIED"):
                    attempt(api, event["object"], duty)
        except httpx.ReadTimeout:
            continue
        except (httpx.HTTPError, Unreachable, UnknownKind, ApiError) as error:
            print(f"{kind}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        time.sleep(RETRY_SECONDS)


def attempt(api: Api, found: Manifest, duty: Duty) -> None:
    """Do a duty for one object; one that changed or went meanwhile comes again, or doesn't need it."""
    try:
        duty(api, found)
    except ApiError as error:
        print(f"{found['kind']} {found['metadata']['name']}: {error}", file=sys.stderr, flush=True)


def main() -> None:
    """Do all duties until stopped."""
    for api_version, kind, duty in DUTIES:
        threading.Thread(target=work, args=(api_version, kind, duty), daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
