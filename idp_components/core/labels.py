"""Labels: one vocabulary for Kubernetes objects, selectors and, with the same keys, cloud tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rules read the names below, and need no pydantic for that
    from idp_components.core.context import Context

TEAM = "idp/team"
ENVIRONMENT = "idp/environment"
COST_CENTRE = "idp/cost-centre"
BUDGET = "idp/budget-usd-per-month"
"""Annotation of a team's namespace: what it may spend there."""
EPHEMERAL = "idp/ephemeral"
"""On each namespace of an environment that ends: how it is isolated. `kubectl get namespaces -l idp/ephemeral` lists them all."""
NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
BACKSTAGE_ID = "backstage.io/kubernetes-id"
"""By this label Backstage's Kubernetes plugin finds the live objects of a catalogue entity."""

OWNER = "idp/owner"
"""Annotation: the person behind an environment that ends."""
SOURCE = "idp/source"
"""Annotation: the pull request that it was made for."""
EXPIRES_AFTER = "idp/expires-after-hours"
"""Annotation: hours from the namespace's creation to its end."""
EXPIRES_AT = "idp/expires-at"
"""Annotation: the moment of its end, RFC 3339 in UTC. No label: a label's value can't hold ':', and can't be compared either."""
DERIVED_FROM = "idp/derived-from"
"""Annotation: the stack that an environment was derived from."""
SEED = "idp/seed"
"""Annotation: the data that an environment's databases begin with, by the name that the team gave it."""
SEED_JOB = "seed"
"""Component (`app.kubernetes.io/component`) of the Jobs that fill databases."""
AWAKE = "idp/awake"
"""Annotation: the office hours outside of which an environment sleeps, such as `Mon-Fri 07:00-19:00 Europe/Berlin`."""
SLEEP_AFTER = "idp/sleep-after-hours"
"""Annotation: hours after its last use at which an environment goes to sleep."""

LEASE = "lifetime"
"""Name of the Lease in each environment that ends. Its owner and the person on call may write it, and nothing else of its end."""
EXTENDED_UNTIL = "idp/extended-until"
"""Annotation of the Lease: a later end than the first."""
KEPT_UNTIL = "idp/kept-until"
"""Annotation of the Lease: nobody removes the environment before this moment."""
KEPT_BECAUSE = "idp/kept-because"
"""Annotation of the Lease: why it is kept."""

SLEEP = "idp/sleep"
"""Label of what was put to sleep (`asleep`) or woken (`awake`)."""
SLEEP_SINCE = "idp/sleep-since"
"""Annotation beside it: since when."""
BEFORE_SLEEP = "idp/before-sleep"
"""Annotation of what sleeps: the replicas, or whether it was suspended, that waking restores."""
INSIDE_BEFORE_SLEEP = "idp/inside-before-sleep"
"""Annotation of a virtual cluster's control plane that sleeps: how many pods inside of it were ready, for which waking waits."""

MAX_LABEL_LENGTH = 63
"""Characters of a label's value (Kubernetes, "Labels and Selectors")."""


def ownership(context: Context) -> dict[str, str]:
    """Who owns an object, and in which environment: on everything that the platform creates."""
    return {TEAM: context.team, ENVIRONMENT: context.environment, "app.kubernetes.io/managed-by": "pulumi"}


def workload(name: str, component: str, context: Context) -> dict[str, str]:
    """Recommended labels (Kubernetes, "Recommended Labels") of a workload and its parts."""
    return {
        **selector(name, component),
        "app.kubernetes.io/part-of": context.team,
        BACKSTAGE_ID: name,
        **ownership(context),
    }


def selector(name: str, component: str) -> dict[str, str]:
    """What selects the pods of one workload inside its namespace. Never add to it: a Deployment's selector can't change."""
    return {NAME: name, COMPONENT: component}


def version(image: str) -> dict[str, str]:
    """Version label of what runs an image, and of nothing else: a new image changes one object. None where the tag can't be a label."""
    reference = image.split("@")[0]
    tag = reference.rsplit(":", 1)[1] if ":" in reference.rsplit("/", 1)[-1] else ""
    fits = len(tag) <= MAX_LABEL_LENGTH and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", tag)
    return {"app.kubernetes.io/version": tag} if fits else {}
