"""Golden paths of an internal developer platform: import what a team composes."""

from idp_components.core.connection import reference
from idp_components.core.context import Context
from idp_components.core.spec import SpecError
from idp_components.service.component import ScheduledJob, Service, Worker
from idp_components.service.spec import (
    Container,
    Expose,
    Health,
    Metrics,
    Port,
    Resources,
    Scaling,
    ScheduledJobSpec,
    SecretKey,
    ServiceSpec,
    WorkerSpec,
)
from idp_components.team.component import Team
from idp_components.team.spec import TeamSpec

__all__ = [
    "Container",
    "Context",
    "Expose",
    "Health",
    "Metrics",
    "Port",
    "Resources",
    "Scaling",
    "ScheduledJob",
    "ScheduledJobSpec",
    "SecretKey",
    "Service",
    "ServiceSpec",
    "SpecError",
    "Team",
    "TeamSpec",
    "Worker",
    "WorkerSpec",
    "reference",
]
