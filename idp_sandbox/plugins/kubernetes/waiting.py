"""Wait until an object is there, or gone, and say what for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from idp_sandbox.plugins.kubernetes.api import Api
from idp_sandbox.plugins.kubernetes.objects import annotations_of
from idp_sandbox.plugins.kubernetes.readiness import Waiting, container_problems, state

DEFAULT_SECONDS = 600.0
"""As long as the official provider waits for a Deployment."""
TIMEOUT = "pulumi.com/timeoutSeconds"

Say = Callable[[str], None]


class NotReady(Exception):
    """An object is there, but not well."""


def seconds(manifest: Mapping[str, Any], custom: float) -> float:
    """How long to wait: the resource's custom timeout, its annotation, or the default."""
    return custom or float(annotations_of(manifest).get(TIMEOUT) or DEFAULT_SECONDS)


def until_ready(api: Api, applied: Mapping[str, Any], limit: float, say: Say, cancelled: threading.Event) -> Mapping[str, Any]:
    """The object when it is there, from what the API server answered when it was applied. Raises NotReady."""
    last = Waiting("it is not there yet")
    for live in chain([applied], _versions(api, applied, limit, cancelled)):
        found = state(live) if live else last
        if found is None:
            return live
        if found.message != last.message:
            say(found.message)
        last = found
        if found.hopeless:
            break
    else:
        last = Waiting(f"{'cancelled' if cancelled.is_set() else f'not ready after {limit:.0f} s'}: {last.message}")
    raise NotReady("; ".join([last.message, *_pod_problems(api, applied)]))


def until_gone(api: Api, manifest: Mapping[str, Any], limit: float, say: Say, cancelled: threading.Event) -> None:
    """Return when the object is gone. Raises NotReady."""
    said = False
    holders: list[str] = []
    uid = None
    for live in _versions(api, manifest, limit, cancelled):
        uid = uid or (live or {}).get("metadata", {}).get("uid")
        if not live or live["metadata"]["uid"] != uid:
            return
        holders = live["metadata"].get("finalizers") or holders
        if not said:
            say("waiting for the deletion to finish")
            said = True
    reason = "cancelled" if cancelled.is_set() else f"still there after {limit:.0f} s"
    raise NotReady(f"{reason}; held by finalizers {', '.join(holders)}" if holders else reason)


def _versions(api: Api, manifest: Mapping[str, Any], limit: float, cancelled: threading.Event) -> Iterator[Mapping[str, Any]]:
    """Versions of the object, as `Api.versions` has them; ends when the time is over."""
    end = time.monotonic() + limit
    for live in api.versions(manifest):
        if cancelled.is_set() or time.monotonic() > end:
            return
        yield live


def _pod_problems(api: Api, manifest: Mapping[str, Any]) -> list[str]:
    """What the pods of a workload say for themselves."""
    labels = ((manifest.get("spec") or {}).get("selector") or {}).get("matchLabels")
    if not labels:
        return []
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = api.items("v1", "Pod", manifest["metadata"].get("namespace"), selector)
    return [f"pod {pod['metadata']['name']}: {problem}" for pod in pods[:3] for problem in container_problems(pod)]
