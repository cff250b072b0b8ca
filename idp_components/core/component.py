"""The base of every golden path: it declares itself, records its inputs and creates what its builder returned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pulumi

from idp_components.core import labels, naming
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
        self.name = name
        self.context = context
        if self.named_in_namespace:
            context.ledger.add(Entry(kind, name, self.offered_port(spec), tuple(uses), getattr(spec, "allow_from", ())))
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

    def offered_port(self, spec: Any) -> int | None:  # noqa: ARG002  subclasses read it
        """The port that others may connect to; none where nothing listens."""
        return None

    def create_aws(self, resources: Iterable[Aws]) -> dict[str, pulumi.CustomResource]:
        """Create resources of AWS below this component; by their logical names."""
        return register(resources, parent=self, depends_on=self.context.after)

    def logical_name(self, manifest: Manifest) -> str:
        """The name by which the stack knows an object: the object's own, unless several components of a stack make one of that name."""
        return str(manifest["metadata"]["name"])

    def create(
        self, manifests: Iterable[Manifest], *, after: Sequence[pulumi.Resource] = (), protected: Collection[str] = ()
    ) -> list[pulumi.Resource]:
        """Create the manifests below this component, wave after wave; the last wave.

        Pulumi refuses to delete objects of the `protected` kinds.
        """
        before: list[pulumi.Resource] = [*self.context.after, *after]
        for wave in waves(manifests):
            before = [
                apply_manifest(
                    each,
                    parent=self,
                    depends_on=before,
                    name=self.logical_name(each),
                    protect=each["kind"] in protected,
                    deleted_with=self._goes_with(each),
                )
                for each in wave
            ]
        return before

    def create_secret(self, role: str, values: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        """Name of a Secret with these values.

        It is immutable and named by Pulumi: new values have a new name, which rolls the pods out.
        """
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"namespace": self.context.namespace, "labels": {labels.NAME: self.name, **labels.ownership(self.context)}},
            "stringData": {key: pulumi.Output.secret(value) for key, value in values.items()},
            "immutable": True,
        }
        name, goes_with = naming.child(self.name, role), self._goes_with(manifest)
        secret = apply_manifest(manifest, name=name, parent=self, depends_on=self.context.after, deleted_with=goes_with)
        described: pulumi.Output[dict[str, Any]] = secret.metadata  # type: ignore[attr-defined]  # an input's name is an output's too
        return described.apply(lambda metadata: str(metadata["name"]))

    def _goes_with(self, manifest: Manifest) -> pulumi.Resource | None:
        """The namespace that takes an object along when it goes; none for what is outside of it.

        What has volumes goes before: a namespace looks only after 8 seconds whether its pods have let go of them.
        """
        inside = self.context.is_virtual or manifest["metadata"].get("namespace") == self.context.namespace
        return self.context.room if inside and manifest["kind"] != "StatefulSet" else None


def _check_inside_a_virtual_cluster(place: str, uses: Sequence[Connection], context: Context) -> None:
    for index, use in enumerate(uses):
        if use.team != context.team or use.statements:
            raise SpecError(
                f"{place}.uses[{index}]: {use} can't be reached from inside a virtual cluster: it has no other teams and no roles of AWS; "
                "use isolation='namespace' for this environment (config idp:isolation: namespace)"
            )
