"""What became of the Jobs that fill an environment's databases: out of the Jobs and their pods, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from idp_components.core import labels

SELECTOR = f"{labels.COMPONENT}={labels.SEED_JOB}"
JOB_NAME = "batch.kubernetes.io/job-name"
"""Label that the Job's controller puts on its pods."""


def seeds(objects: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Job, state (`done`, `failed` or `running`) and, of what failed, its last words, from the Jobs and pods of a namespace."""
    known = list(objects)
    words = {each["metadata"]["labels"].get(JOB_NAME): said for each in known if each["kind"] == "Pod" and (said := _last_words(each))}
    jobs = sorted((each for each in known if each["kind"] == "Job"), key=lambda job: str(job["metadata"]["name"]))
    return [_seed(job, words.get(job["metadata"]["name"], "")) for job in jobs]


def _seed(job: Mapping[str, Any], words: str) -> dict[str, str]:
    conditions = {each["type"]: each for each in job.get("status", {}).get("conditions") or () if each["status"] == "True"}
    name = str(job["metadata"]["name"])
    if failed := conditions.get("Failed"):
        return {"job": name, "state": "failed", "message": words or f"{failed.get('reason', '')}: {failed.get('message', '')}"}
    return {"job": name, "state": "done" if "Complete" in conditions else "running", "message": ""}


def _last_words(pod: Mapping[str, Any]) -> str:
    """What its container wrote last before it failed (Kubernetes, "Customizing the termination message")."""
    ended = ((each.get("state") or {}).get("terminated") or {} for each in pod.get("status", {}).get("containerStatuses") or ())
    return next((str(each["message"]).strip() for each in ended if each.get("exitCode") and each.get("message")), "")
