"""Manifests as plain dictionaries: their type, their order, and the overrides that a team may patch in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from idp_components.core.spec import SpecError

Manifest = dict[str, Any]
"""A Kubernetes object in the API's own shape. A leaf may be a Pulumi Output."""

WAVES = (
    frozenset({"Namespace"}),
    # What must be there before a pod starts: its identity, its configuration, and its walls.
    frozenset({"ServiceAccount", "ConfigMap", "Secret", "NetworkPolicy", "SecurityGroupPolicy"}),
    # What must have succeeded before a new version of the workload starts.
    frozenset({"Job"}),
)
"""Kinds in the order of their creation; every other kind comes last."""

Overrides = Mapping[str, Mapping[str, Any]]
"""JSON merge patches (RFC 7386) by kind: `{"Deployment": {"spec": {"minReadySeconds": 10}}}`."""


def waves(manifests: Iterable[Manifest]) -> list[list[Manifest]]:
    """The manifests in the order of their creation; those of one wave are created together."""
    found: tuple[list[Manifest], ...] = tuple([] for _ in (*WAVES, "the rest"))
    for manifest in manifests:
        found[next((index for index, kinds in enumerate(WAVES) if manifest["kind"] in kinds), len(WAVES))].append(manifest)
    return [wave for wave in found if wave]


def overridden(manifests: list[Manifest], overrides: Overrides, place: str) -> list[Manifest]:
    """The manifests with their patches. Raises SpecError for a kind that isn't there and for what a patch must not change."""
    kinds = {manifest["kind"] for manifest in manifests}
    for kind, patch in overrides.items():
        where = f"{place}.overrides[{kind!r}]"
        if kind not in kinds:
            raise SpecError(
                f"{where}: this component makes no {kind}; it makes {', '.join(sorted(kinds))}, "
                f"for example overrides={{'{min(kinds)}': {{…}}}}"
            )
        for key in ("metadata", "spec"):
            if not isinstance(patch.get(key, {}), Mapping):
                raise SpecError(f"{where}.{key}: {patch[key]!r} is refused: use an object of what changes, for example {{{key!r}: {{…}}}}")
        if fixed := [key for key in ("apiVersion", "kind") if key in patch] + [
            key for key in ("name", "namespace") if key in patch.get("metadata", {})
        ]:
            raise SpecError(
                f"{where}.{fixed[0]}: can't be overridden: it says which object this is; "
                "patch spec, labels or annotations, for example {'spec': {…}}"
            )
    return [merged(manifest, overrides[manifest["kind"]]) if manifest["kind"] in overrides else manifest for manifest in manifests]


def merged(target: Any, patch: Any) -> Any:
    """`target` with a JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
