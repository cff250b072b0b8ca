"""The base of every golden path: it declares itself, records its inputs and creates what its builder returned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import pulumi

from idp_components.core.apply import apply_manifest
from idp_components.core.apply_aws import register
from idp_components.core.aws import Aws
from idp_components.core.connection import Connection
from idp_components.core.context import Context
from idp_components.core.ledger import Entry
from idp_components.core.manifest import Manifest, waves
from idp_components.core.spec import Spec, SpecError


class GoldenPath(pulumi.ComponentResource):
    """A component of the platform, of type `idp:index:<Class>`. Bad input raises SpecError before anything is registered."""

    spec_class: ClassVar[type[Spec]]
    """What a team says about it."""
    named_in_namespace: ClassVar[bool] = True
    """Whether the component's name is that of objects in the team's namespace, and so can't be taken twice."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        build: Callable[[], list[Manifest]],
        *,
        context: Context,
        uses: Sequence[Connection] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        kind, place = type(self).__name__, f"{context.team}.{name}"
        if not isinstance(spec, self.spec_class):
            wanted = self.spec_class.__name__
            raise SpecError(f"{place}: the spec is a {type(spec).__name__}: use {wanted}, for example {kind}({name!r}, {wanted}(…))")
        if self.named_in_namespace:
            context.ledger.add(Entry(kind, name, self.offered_port(spec), tuple(uses)))
        self.built = build()
        """The plain objects of this component."""
        context.ledger.claim(place, self.built)
        inputs = {
            "team": context.team,
            "environment": context.environment,
            "spec": spec.model_dump(mode="json", exclude_unset=True),
            "uses": [str(connection) for connection in uses],
        }
        if context.is_virtual:
            _check_inside_a_virtual_cluster(place, uses, context)
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[context.provider]))
        super().__init__(f"idp:index:{kind}", name, inputs, opts)
        self.name = name
        self.context = context

    def offered_port(self, spec: Any) -> int | None:  # noqa: ARG002  subclasses read it
        """The port that others may connect to; none where nothing listens."""
        return None

    def create_aws(self, resources: Iterable[Aws]) -> dict[str, pulumi.CustomResource]:
        """Create resources of AWS below this component; by their logical names."""
        return register(resources, parent=self)

    def create(self, manifests: Iterable[Manifest]) -> list[pulumi.Resource]:
        """Create the manifests below this component, wave after wave; the last wave."""
        before: list[pulumi.Resource] = list(self.context.after)
        for wave in waves(manifests):
            before = [apply_manifest(manifest, parent=self, depends_on=before) for manifest in wave]
        return before


def _check_inside_a_virtual_cluster(place: str, uses: Sequence[Connection], context: Context) -> None:
    for index, use in enumerate(uses):
        if use.team != context.team or use.statements:
            raise SpecError(
                f"{place}.uses[{index}]: {use} can't be reached from inside a virtual cluster: it has no other teams and no roles of AWS; "
                "use isolation='namespace' for this environment (config idp:isolation: namespace)"
            )
