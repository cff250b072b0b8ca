"""Reading a stack's exported state: its golden paths, its team's facts, when it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from idp_components.catalog.model import Environment, Item, Team
from idp_components.deploy.outcome import AWS_PREFIX, COMPONENT_PREFIX, owner_of

State = Mapping[str, Any]
KUBERNETES_PREFIX = "kubernetes:"
ROLE = "aws:iam/role:Role"
EPHEMERAL = "EphemeralEnvironment"
SERVICE = "Service"
TEAM = "Team"


class StateError(ValueError):
    """A state that isn't what Pulumi exports."""


def resources_of(state: Any) -> dict[str, dict[str, Any]]:
    """The resources of an exported state by URN. Raises StateError for anything that isn't one."""
    deployment = state.get("deployment") if isinstance(state, dict) else None
    if not isinstance(deployment, dict):
        raise StateError("it has no 'deployment': it is not what `pulumi stack export` writes")
    found = deployment.get("resources") or []
    if not isinstance(found, list) or not all(isinstance(each, dict) and isinstance(each.get("urn"), str) for each in found):
        raise StateError("its 'deployment.resources' is no list of resources with a 'urn'")
    return {resource["urn"]: {**resource, "type": _text(resource.get("type"))} for resource in found}


def items(stack: str, resources: Mapping[str, dict[str, Any]]) -> Iterator[Item]:
    """The golden paths of a stack."""
    below: dict[str, list[dict[str, Any]]] = {urn: [] for urn, each in resources.items() if each["type"].startswith(COMPONENT_PREFIX)}
    for urn, resource in resources.items():
        if resource.get("custom") and (owner := owner_of(urn, resources)) in below:
            below[str(owner)].append(resource)
    for urn, children in below.items():
        yield _item(stack, resources[urn], children)


def teams(found: Iterator[Item] | list[Item]) -> Iterator[Team]:
    """What the platform said about each team."""
    for item in found:
        if item.kind == TEAM:
            owner = _mapping(item.spec.get("owner"))
            yield Team(
                name=item.team,
                email=_text(owner.get("email")),
                slack_channel=_text(owner.get("slack_channel")),
                cost_centre=_text(owner.get("cost_centre")),
                budget_usd_per_month=_number(item.spec.get("budget_usd_per_month")),
                repositories=_texts(item.spec.get("repositories")),
                groups={role: name for role, name in _mapping(item.spec.get("groups")).items() if isinstance(name, str)},
            )


def environment(stack: str, team: str, name: str, resources: Mapping[str, dict[str, Any]]) -> Environment:
    """What a stack is as a whole."""
    made_for = next((each for each in resources.values() if each["type"] == f"{COMPONENT_PREFIX}{EPHEMERAL}"), None)
    spec = _mapping(_mapping(made_for.get("inputs")).get("spec")) if made_for else {}
    outputs = _mapping(made_for.get("outputs")) if made_for else {}
    return Environment(
        stack=stack,
        team=team,
        environment=name,
        ends=_text(outputs.get("expires_at")),
        owner=_text(spec.get("owner")),
        source=_text(spec.get("source_url")),
        isolation=(_text(spec.get("isolation")) or "namespace") if made_for else "",
        resources=sum(bool(each.get("custom")) for each in resources.values()),
    )


def _item(stack: str, resource: Mapping[str, Any], children: list[dict[str, Any]]) -> Item:
    inputs, outputs = _mapping(resource.get("inputs")), _mapping(resource.get("outputs"))
    team, environment_name = _text(inputs.get("team")), _text(inputs.get("environment"))
    spec = _mapping(inputs.get("spec"))
    arns = {arn: each["type"] for each in children if each["type"].startswith(AWS_PREFIX) and (arn := _arn(each))}
    kind, links = resource["type"].removeprefix(COMPONENT_PREFIX), _mapping(spec.get("links"))
    return Item(
        kind=kind,
        name=str(resource["urn"]).rsplit("::", 1)[-1],
        team=team,
        environment=environment_name,
        stack=stack,
        namespace=f"{team}-{environment_name}",
        spec=spec,
        version=_version(spec, children),
        address=_text(outputs.get("address")) or _text(outputs.get("arn")) or _text(outputs.get("namespace")),
        url="" if _text(outputs.get("arn")) else _web(outputs.get("url")),
        uses=_texts(inputs.get("uses")),
        objects=tuple(sorted({name for each in children if (name := _object(each))})),
        aws=tuple(sorted(arns)),
        roles=tuple(sorted(arn for arn, token in arns.items() if token == ROLE)),
        api=_api(spec) if kind == SERVICE else "",
        docs=_web(links.get("docs")),
        runbook=_web(links.get("runbook")),
        urn=str(resource["urn"]),
        protected=any(each.get("protect") is True for each in children),
    )


def version(image: str) -> str:
    """Tag of an image, else its digest."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or digest


def _version(spec: Mapping[str, Any], children: list[dict[str, Any]]) -> str:
    """What was said, else what became of it: that of the engine, or of the image that the first workload runs."""
    source = _mapping(spec.get("source"))
    said = version(_text(spec.get("image"))) or next(
        (_text(part.get(key)) for part, key in ((spec, "version"), (source, "revision"), (source, "version")) if _text(part.get(key))), ""
    )
    if said:
        return said
    for each in children:
        known = _mapping(each.get("outputs")) or _mapping(each.get("inputs"))
        if engine := _text(known.get("engineVersion")):
            return engine
        containers = _mapping(_mapping(_mapping(known.get("spec")).get("template")).get("spec")).get("containers")
        first = _mapping(containers[0]) if isinstance(containers, list) and containers else {}
        if found := version(_text(first.get("image"))):
            return found
    return ""


def _api(spec: Mapping[str, Any]) -> str:
    """By its health check, which says it shortly (`grpc`) or wholly."""
    health = spec.get("health")
    return (_text(health) or _text(_mapping(health).get("kind"))) or "http"


def _arn(resource: Mapping[str, Any]) -> str:
    return _text(_mapping(resource.get("outputs")).get("arn"))


def _web(value: Any) -> str:
    """An address that people may open; nothing for any other."""
    return _text(value) if _text(value).startswith("https://") else ""


def _object(resource: Mapping[str, Any]) -> str:
    if not resource["type"].startswith(KUBERNETES_PREFIX) or resource["type"].endswith("Patch"):
        return ""
    outputs = _mapping(resource.get("outputs")) or _mapping(resource.get("inputs"))
    metadata = _mapping(outputs.get("metadata"))
    name = _text(metadata.get("name"))
    place = "/".join(part for part in (_text(metadata.get("namespace")), name) if part)
    return f"{resource['type'].rpartition(':')[2]} {place}" if name else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Text as it is; nothing for anything else, such as a secret of the state."""
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
