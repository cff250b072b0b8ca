"""Golden paths: Service, Worker and ScheduledJob."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from idp_components.core import naming
from idp_components.core.apply_aws import attribute
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import ADDRESS, VARIABLE_PATTERN, Connection
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.spec import SpecError
from idp_components.service import manifests
from idp_components.service.network import public_url
from idp_components.service.pod import Wiring
from idp_components.service.spec import ScheduledJobSpec, ServiceSpec, WorkerSpec, Workload
from idp_components.workload_role.resources import workload_role

Secrets = Mapping[str, pulumi.Input[str]]
"""Secret environment variables by name. They travel as Pulumi secrets and end in a Kubernetes Secret."""


class _WorkloadPath(GoldenPath):
    """What the three kinds of workload share: build, check, register, create."""

    def __init__(
        self,
        name: str,
        spec: Workload,
        build: Callable[..., list[Manifest]],
        *,
        context: Context,
        uses: Sequence[Connection],
        secrets: Secrets | None,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        if not isinstance(uses, Sequence):
            raise SpecError(
                f"{context.team}.{name}.uses: {type(uses).__name__} is refused: use a list, for example uses=[cart.connection('CART_ADDR')]"
            )
        keys = _checked_keys(f"{context.team}.{name}", secrets or {})

        needs_role = any(isinstance(use, Connection) and use.statements for use in uses)
        role = workload_role(name, uses, context) if needs_role else []

        def built(secret_name: Any, role_arn: Any) -> list[Manifest]:
            return build(name, spec, context, Wiring(tuple(uses), secret_name, keys, role_arn))

        def planned() -> list[Manifest]:
            return built(naming.child(name, "secrets"), "" if role else None)

        super().__init__(name, spec, planned, context=context, uses=uses, opts=opts)
        made = self.create_aws(role)
        arn = attribute(made, Ref(naming.child(name, "role"), "arn")) if role else None
        self.create(built(self.create_secret("secrets", secrets) if secrets else None, arn) if secrets or role else self.built)


class Service(_WorkloadPath):
    """Something that listens: hardened pods behind a Service, scaled, spread, probed, and reachable only by whom it was opened to."""

    spec_class = ServiceSpec

    address: str
    """`host:port` inside the cluster."""
    url: str | None
    """URL from outside; none where the service isn't exposed."""

    def __init__(
        self,
        name: str,
        spec: ServiceSpec,
        *,
        context: Context,
        uses: Sequence[Connection] = (),
        secrets: Secrets | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, spec, manifests.service, context=context, uses=uses, secrets=secrets, opts=opts)
        self.port = spec.ports.service
        self.address = naming.service_address(name, context.team, context.environment, self.port)
        self.url = public_url(name, spec.expose, context) if spec.expose else None
        if self.url:
            context.ledger.urls[name] = self.url
        self.register_outputs({"address": self.address, "url": self.url})

    def offered_port(self, spec: ServiceSpec) -> int:
        """The port of its Kubernetes Service."""
        return spec.ports.service

    def connection(self, variable: str) -> Connection:
        """What another workload of the team puts into its `uses`: the address arrives there in `variable` as `host:port`."""
        return Connection(self.context.team, self.name, self.port, {variable: ADDRESS})


class Worker(_WorkloadPath):
    """Something that runs all the time and listens nowhere: hardened pods that nobody can reach."""

    spec_class = WorkerSpec

    def __init__(
        self,
        name: str,
        spec: WorkerSpec,
        *,
        context: Context,
        uses: Sequence[Connection] = (),
        secrets: Secrets | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, spec, manifests.worker, context=context, uses=uses, secrets=secrets, opts=opts)
        self.register_outputs({})


class ScheduledJob(_WorkloadPath):
    """Something that runs on a schedule, never twice at once, with retries and a deadline."""

    spec_class = ScheduledJobSpec

    def __init__(
        self,
        name: str,
        spec: ScheduledJobSpec,
        *,
        context: Context,
        uses: Sequence[Connection] = (),
        secrets: Secrets | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, spec, manifests.scheduled_job, context=context, uses=uses, secrets=secrets, opts=opts)
        self.register_outputs({"schedule": spec.schedule})


def _checked_keys(place: str, secrets: Secrets) -> tuple[str, ...]:
    """Names of the secret variables, sorted. Raises SpecError for one that can't be a variable."""
    for key in secrets:
        if not re.fullmatch(VARIABLE_PATTERN, key):
            raise SpecError(
                f"{place}.secrets: {key!r} can't be an environment variable; use letters, digits and '_', for example 'API_KEY'"
            )
    return tuple(sorted(secrets))
