"""Rules about environments that come and go: they say when they end and whose they are, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.core import labels
from idp_components.core.profiles import PROFILES
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.lifetime import hours, is_far, moment
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.regex import regex
from idp_components.rules.values import number

NAMESPACE = {("core", "Namespace")}
SOURCE = "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/"
MAX_HOURS = PROFILES["preview"].ttl_hours_max
PREVIEW = regex(r"(?:.+-)?(?:pr-[0-9]{1,10}|user-[a-z0-9]{1,15})")
HISTORY = ("successfulJobsHistoryLimit", "failedJobsHistoryLimit")
HOOK, HOOK_DELETION = "helm.sh/hook", "helm.sh/hook-delete-policy"
HOOK_ENDS = ("hook-succeeded", "hook-failed")
"""Policies by which Helm deletes a hook's Job, however it ended (https://helm.sh/docs/topics/charts_hooks/)."""
MAX_OPTION = {
    "maxHours": {
        "type": "integer",
        "minimum": 1,
        "default": MAX_HOURS,
        "description": "Hours that an ephemeral environment may live at most.",
    }
}


def _marks(resource: Resource) -> list[Field]:
    """What makes a namespace one of an environment that ends, as far as it is said or unknown."""
    metadata = resource.root.get("metadata")
    own, environment, name = metadata.get("labels", labels.EPHEMERAL), metadata.get("labels", labels.ENVIRONMENT), metadata.get("name")
    named = [field for field in (environment, name) if field.value is UNKNOWN or _is_preview(field.value)]
    return [*([own] if own.value is not None else []), *named]


def _is_preview(text: Any) -> bool:
    return isinstance(text, str) and PREVIEW.fullmatch(text) is not None


def _sure(marks: list[Field]) -> tuple[Field, ...]:
    """What makes a problem undecided: marks that are unknown, where no other says that the environment ends."""
    return () if any(mark.value is not UNKNOWN for mark in marks) else tuple(marks)


@object_rule(
    "ephemeral-expiry",
    NAMESPACE,
    title="An ephemeral environment says when it ends, and that is soon.",
    severity=Severity.HIGH,
    rationale="What never ends is paid for ever, and forgotten with yesterday's code and today's rights.",
    fix=f"Set the annotation {labels.EXPIRES_AFTER} (hours) or {labels.EXPIRES_AT} (RFC 3339); a golden path's EphemeralEnvironment does.",
    source="https://kubernetes.io/docs/concepts/security/multi-tenancy/#namespaces",
    options=MAX_OPTION,
)
def expiry(resource: Resource, options: Options) -> Iterator[Problem]:
    annotations, limit = resource.root.get("metadata", "annotations"), number(options.get("maxHours")) or MAX_HOURS
    after, at = annotations.get(labels.EXPIRES_AFTER), annotations.get(labels.EXPIRES_AT)
    marks = _marks(resource)
    if after.value is None and at.value is None:
        if marks:
            yield after.problem(f"is unset; set the hours until it ends, {limit:.0f} at most", *_sure(marks))
        return
    if after.value is not None and not 0 < (hours(after.value) or 0) <= limit:
        yield after.problem(f"is no number of hours up to {limit:.0f}; set one, for example 72")
    end, made = moment(at.value), resource.root.get("metadata", "creationTimestamp")
    if at.value is not None and end is None:
        yield at.problem("is no moment; write RFC 3339 in UTC, for example 2026-01-31T18:00:00Z")
    elif end is not None and is_far(end, made, options.get("now"), limit):
        yield at.problem(f"is more than {limit:.0f} hours after it was made; end it sooner", made)


@object_rule(
    "ephemeral-owner",
    NAMESPACE,
    title="An ephemeral environment says who answers for it.",
    severity=Severity.LOW,
    rationale="Whoever cleans up must know whom to ask; the team alone says little about a pull request's environment.",
    fix=f"Set the annotation {labels.OWNER}; a golden path's EphemeralEnvironment does.",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
)
def owner(resource: Resource, _options: Options) -> Iterator[Problem]:
    field, marks = resource.root.get("metadata", "annotations", labels.OWNER), _marks(resource)
    if marks and not (isinstance(field.value, str) and field.value.strip()):
        yield field.problem("is unset; name a person", *_sure(marks))


@object_rule(
    "ephemeral-job-ttl",
    {("batch", "Job"), ("batch", "CronJob")},
    title="A finished Job is removed by itself.",
    severity=Severity.LOW,
    rationale="Finished Jobs and their pods stay until somebody deletes them, and count against the quota of the next pull request.",
    fix="Set ttlSecondsAfterFinished; a golden path does.",
    source=SOURCE,
)
def job_ttl(resource: Resource, _options: Options) -> Iterator[Problem]:
    path = ("spec",) if resource.group_kind[1] == "Job" else ("spec", "jobTemplate", "spec")
    seconds = resource.root.get(*path, "ttlSecondsAfterFinished")
    lasting = number(seconds.value)
    if lasting is not None and lasting >= 0:
        return
    ways = list(_ways(resource))
    if not any(all(said and field.value is not UNKNOWN for field, said in way) for way in ways):
        possible = [field for way in ways if all(said or field.value is UNKNOWN for field, said in way) for field, _ in way]
        yield seconds.problem(f"is {'unset' if seconds.value is None else 'no number'}; set it, for example 3600", *possible)


def _ways(resource: Resource) -> Iterator[list[tuple[Field, bool]]]:
    """What else removes finished Jobs, way by way: fields that must all say so, and whether each does."""
    metadata = resource.root.get("metadata")
    owners = metadata.get("ownerReferences")
    yield [(owners, owners.value not in (None, []))]
    if resource.group_kind[1] == "CronJob":
        limits = [resource.root.get("spec", key) for key in HISTORY]
        yield [(limit, number(limit.value) == 0) for limit in limits]
    else:
        hook, deletion = (metadata.get("annotations", key) for key in (HOOK, HOOK_DELETION))
        yield [(hook, is_set(hook)), (deletion, _deletes_always(deletion.value))]


def _deletes_always(policies: Any) -> bool:
    return isinstance(policies, str) and {*HOOK_ENDS} <= {policy.strip() for policy in policies.split(",")}


RULES = (expiry, owner, job_ttl)
