"""Pulumi's own files: plans, previews and states, as `apitype` in github.com/pulumi/pulumi defines them.

A secret in them is text that may be judged and never printed, or, where it is encrypted or masked, a value that isn't known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idp_components.rules.engine_values import OUTPUT, SECRET, SIGNATURE, UNKNOWNS
from idp_components.rules.field import UNKNOWN, SecretText
from idp_components.rules.model import Resource
from idp_components.rules.sources.document import Document, SourceError, Target
from idp_components.rules.waivers import Place

MASK = "[secret]"
"""What a preview shows instead of a secret."""
PROVIDERS = ("pulumi:providers:aws",)
"""Of what is Pulumi's own, what is judged: a provider of AWS says in which region everything is that it makes."""


def target(data: Mapping[str, Any], name: str) -> Target | None:
    """What a plan, a preview or a state describes; nothing where it is none of them. Raises SourceError."""
    try:
        if isinstance(plans := data.get("resourcePlans"), dict):
            return _target(name, _planned(plans))
        if isinstance(steps := data.get("steps"), list):
            return _target(name, (step["newState"] for step in steps if "newState" in step), _omitted(steps, data))
        if isinstance(resources := _state(data).get("resources"), list):
            return _target(name, (resource for resource in resources if not resource.get("delete")))
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise SourceError(f"{name}: looks like a plan or a state of Pulumi, but has not its shape: {error!r}") from error
    return None


def _state(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part with the resources: of `pulumi stack export`, of a backend's own file, or of that part alone."""
    for keys in (("deployment",), ("checkpoint", "latest")):
        found: Any = data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict):
            return {"resources": [], **found}
    return data if "manifest" in data else {}


def _planned(plans: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The state that each resource is planned to have. The goal only says what changes; the rest stands in what it will be."""
    for urn, plan in plans.items():
        if not (goal := plan.get("goal")):
            continue  # it will be deleted
        diff = goal.get("inputDiff", {})
        before = {} if plan.get("steps") == ["create"] else plan.get("state", {})
        kept = {key: value for key, value in before.items() if key not in diff.get("deletes", ())}
        yield {"urn": urn, **goal, "inputs": kept | diff.get("adds", {}) | diff.get("updates", {})}


def _omitted(steps: list[Any], data: Mapping[str, Any]) -> str:
    same = data.get("changeSummary", {}).get("same", 0) - sum(step.get("op") == "same" for step in steps)
    return f"the preview leaves out {same} unchanged resources (pulumi preview --json --show-sames has them)" if same > 0 else ""


def _target(name: str, states: Iterable[Mapping[str, Any]], left_out: str = "") -> Target:
    by_urn = {state["urn"]: state for state in states}  # the last one is what a replacement ends with
    namespaces = {urn: plain(state.get("inputs", {}).get("namespace", "")) for urn, state in by_urn.items() if ":providers:" in urn}
    resources = (_resource(state, namespaces) for state in by_urn.values() if not state.get("external"))
    documents = [
        Document(name, resource) for resource in resources if resource.type in PROVIDERS or not resource.type.startswith("pulumi:")
    ]
    if not documents:
        raise SourceError(f"{name}: a plan or a state of Pulumi without any resource; there is nothing to judge")
    where = Place.of(documents[0].resource.urn)
    return Target(name, documents, where.stack, where.project, left_out)


def _resource(state: Mapping[str, Any], namespaces: Mapping[str, Any]) -> Resource:
    _, _, types, name = state["urn"].split("::", 3)
    provider = state.get("provider", "").rpartition("::")[0]
    return Resource(
        type=types.rpartition("$")[2],
        name=name,
        # What others refer to it by is the id that it has got.
        props=plain(({"id": state["id"]} if state.get("id") else {}) | state.get("inputs", {})),
        urn=state["urn"],
        # A provider that isn't there may have any namespace.
        namespace=namespaces.get(provider, UNKNOWN) if provider else "",
        protected=state.get("protect") is True,
        parent=state.get("parent", ""),
        dependencies=tuple(state.get("dependencies", ())),
    )


def plain(value: Any, secret: bool = False) -> Any:
    """A value as rules judge it."""
    if isinstance(value, dict):
        return _marked(value, secret) if SIGNATURE in value else {key: plain(member, secret) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(element, secret) for element in value]
    if isinstance(value, str):
        return UNKNOWN if value == MASK or value in UNKNOWNS else SecretText(value) if secret else value
    return value


def _marked(value: Mapping[str, Any], secret: bool) -> Any:
    """What a marked object stands for. Assets, archives and references keep their members: no rule looks into them."""
    marker = value[SIGNATURE]
    if marker == SECRET and "plaintext" in value:
        return plain(json.loads(value["plaintext"]), secret=True)
    if marker in (SECRET, OUTPUT):
        return plain(value["value"], secret or marker == SECRET or value.get("secret") is True) if "value" in value else UNKNOWN
    return {key: plain(member, secret) for key, member in value.items() if key != SIGNATURE} | {SIGNATURE: marker}
