"""The JSON Schemas of everything that a team may say."""

from __future__ import annotations

import json
from typing import Any

from idp_components.argo_application.spec import ArgoApplicationSpec
from idp_components.bucket.spec import BucketSpec
from idp_components.cache.spec import CacheSpec
from idp_components.core.spec import Spec
from idp_components.database.spec import DatabaseSpec
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec
from idp_components.helm_application.spec import HelmApplicationSpec
from idp_components.pipeline_role.spec import PipelineIssuerSpec, PipelineRoleSpec
from idp_components.preview_application_set.spec import PreviewApplicationSetSpec
from idp_components.queue.spec import QueueSpec
from idp_components.service.spec import ScheduledJobSpec, ServiceSpec, WorkerSpec
from idp_components.team.spec import TeamSpec
from idp_components.topic.spec import TopicSpec

SPECS: dict[str, type[Spec]] = {
    "service": ServiceSpec,
    "worker": WorkerSpec,
    "scheduled-job": ScheduledJobSpec,
    "team": TeamSpec,
    "argo-application": ArgoApplicationSpec,
    "preview-application-set": PreviewApplicationSetSpec,
    "queue": QueueSpec,
    "topic": TopicSpec,
    "bucket": BucketSpec,
    "cache": CacheSpec,
    "database": DatabaseSpec,
    "helm-application": HelmApplicationSpec,
    "pipeline-issuer": PipelineIssuerSpec,
    "pipeline-role": PipelineRoleSpec,
    "ephemeral-environment": EphemeralEnvironmentSpec,
}
"""Specs by the name of their golden path."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one golden path's spec."""
    return {"$schema": DIALECT, **SPECS[name].model_json_schema()}


def text(name: str) -> str:
    """The schema as it is committed."""
    return json.dumps(schema(name), indent=2) + "\n"
