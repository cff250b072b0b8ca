"""The catalogue as Backstage entities, by its descriptor format (https://backstage.io/docs/features/software-catalog/descriptor-format).

A component is one entity, in however many environments it runs: `component:<team>/<name>`. Its live objects are found by the label
`backstage.io/kubernetes-id`, which every golden path sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idp_components.catalog.model import Catalog, Environment, Item, Team
from idp_components.core.profiles import PROFILES

Entity = dict[str, Any]
COMPONENTS = {"Service": "service", "Worker": "worker", "ScheduledJob": "scheduled-job", "HelmApplication": "service"}
"""Kinds that are Components, with their type."""
RESOURCES = {
    "Database": "database",
    "Cache": "cache",
    "Bucket": "s3-bucket",
    "Queue": "queue",
    "Topic": "topic",
    "PipelineRole": "iam-role",
    "ArgoApplication": "argocd-application",
    "PreviewApplicationSet": "argocd-application-set",
}
"""Kinds that are Resources, with their type."""
ENVIRONMENT = "environment"
LIFECYCLES = ("production", "staging", "dev")
"""An entity is as far as the furthest environment that it runs in."""
GITHUB = re.compile(r"https://github\.com/([^/]+/[^/]+)/")
TECHDOCS = "backstage.io/techdocs-ref"
MAX_NAME = 63


def entities(catalog: Catalog, domain: str) -> list[Entity]:
    """All entities, owners first."""
    found = [_domain(domain), *_teams(catalog, domain), *_users(catalog.environments)]
    repositories = _repositories(catalog)
    kinds = {item.key: item.kind for item in catalog.items}
    for items in _across_environments(catalog.items):
        first = items[0]
        if first.kind in COMPONENTS:
            found.append(_component(items, kinds, repositories.get(first.team, "")))
            if _offers_api(first):
                found.append(_api(items))
        elif first.kind in RESOURCES:
            found.append(_resource(items, kinds))
    found += [_environment(each) for each in catalog.environments if each.ends]
    return found


def location(targets: Iterable[str]) -> Entity:
    """The one file that Backstage is pointed to: it names the others."""
    spec = {"type": "file", "targets": sorted(targets)}
    return {"apiVersion": "backstage.io/v1alpha1", "kind": "Location", "metadata": {"name": "idp"}, "spec": spec}


def techdocs(kind: str) -> str:
    """Where the documentation of a golden path is, beside the files of the entities."""
    return f"dir:docs/{kind.lower()}"


def reference(kind: str, team: str, name: str) -> str:
    """An entity reference: `component:checkout/cartservice`."""
    return f"{kind}:{team}/{entity_name(name)}"


def entity_name(text: str) -> str:
    """Text as an entity's name: letters, digits, `-`, `_` and `.`, 63 characters at most."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:MAX_NAME].rstrip("-") or "unnamed"


def _entity(kind: str, name: str, spec: dict[str, Any], *, team: str = "", **metadata: Any) -> Entity:
    described = {
        "name": entity_name(name),
        **({"namespace": team} if team else {}),
        **{key: value for key, value in metadata.items() if value},
    }
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": described, "spec": spec}


def _domain(domain: str) -> Entity:
    return _entity("Domain", domain, {"owner": "group:default/platform"}, description="Everything on the platform.")


def _teams(catalog: Catalog, domain: str) -> Iterator[Entity]:
    known = {team.name: team for team in catalog.teams}
    known.setdefault("platform", Team("platform"))
    for name in sorted(known):
        team = known[name]
        profile = {"displayName": name, **({"email": team.email} if team.email else {})}
        links = [{"url": f"mailto:{team.email}", "title": "Ask the team"}] if team.email else []
        annotations = {"slack.com/channel": team.slack_channel} if team.slack_channel else {}
        yield _entity("Group", name, {"type": "team", "profile": profile, "children": []}, links=links, annotations=annotations)
        yield _entity("System", name, {"owner": f"group:default/{name}", "domain": f"domain:default/{entity_name(domain)}"})


def _users(environments: Iterable[Environment]) -> Iterator[Entity]:
    """The people behind environments that end; all others are the identity provider's to tell."""
    for owner in sorted({each.owner for each in environments if each.owner}):
        teams = sorted({each.team for each in environments if each.owner == owner})
        profile = {"displayName": owner, **({"email": owner} if "@" in owner else {})}
        yield _entity("User", owner, {"profile": profile, "memberOf": [f"group:default/{team}" for team in teams]})


def _component(items: list[Item], kinds: Mapping[str, str], repository: str) -> Entity:
    first = items[0]
    spec: dict[str, Any] = {
        "type": COMPONENTS[first.kind],
        "lifecycle": _lifecycle(items),
        "owner": f"group:default/{first.team}",
        "system": f"system:default/{first.team}",
        "dependsOn": _depends_on(items, kinds),
    }
    if _offers_api(first):
        spec["providesApis"] = [reference("api", first.team, first.name)]
    return _entity(
        "Component",
        first.name,
        spec,
        team=first.team,
        description=f"{first.kind} of team {first.team}, in {', '.join(item.environment for item in items)}.",
        annotations=_annotations(first, repository),
        links=[*({"url": item.url, "title": item.environment, "icon": "web"} for item in items if item.url), *_links(items)],
        tags=[first.kind.lower()],
    )


def _annotations(item: Item, repository: str) -> dict[str, str]:
    found = {
        "backstage.io/kubernetes-id": item.name,
        "backstage.io/kubernetes-label-selector": f"app.kubernetes.io/name={item.name},idp/team={item.team}",
        TECHDOCS: techdocs(item.kind),
    }
    if match := GITHUB.match(repository):
        found["github.com/project-slug"] = match[1]
        found["backstage.io/source-location"] = f"url:{repository}"
    return found


def _api(items: list[Item]) -> Entity:
    first = items[0]
    places = "\n".join(f"{item.environment}: {item.url or item.address}" for item in items)
    spec = {
        "type": first.api,
        "lifecycle": _lifecycle(items),
        "owner": f"group:default/{first.team}",
        "system": f"system:default/{first.team}",
        "definition": f"# Where it answers\n{places}\n",
    }
    return _entity("API", first.name, spec, team=first.team, description=f"What {first.name} offers to others.")


def _resource(items: list[Item], kinds: Mapping[str, str]) -> Entity:
    first = items[0]
    annotations = {"backstage.io/kubernetes-id": first.name, TECHDOCS: techdocs(first.kind)}
    if first.kind == "ArgoApplication":
        annotations["argocd/app-name"] = f"{first.namespace}-{first.name}"
    spec = {
        "type": RESOURCES[first.kind],
        "owner": f"group:default/{first.team}",
        "system": f"system:default/{first.team}",
        "dependsOn": _depends_on(items, kinds),
    }
    description = f"{first.kind} of team {first.team}, in {', '.join(item.environment for item in items)}."
    return _entity("Resource", first.name, spec, team=first.team, description=description, annotations=annotations, links=_links(items))


def _environment(environment: Environment) -> Entity:
    links = [{"url": environment.source, "title": "made for"}] if environment.source.startswith("https://") else []
    spec = {"type": ENVIRONMENT, "owner": f"group:default/{environment.team}", "system": f"system:default/{environment.team}"}
    return _entity(
        "Resource", environment.stack, spec, team=environment.team, description=f"Environment that ends at {environment.ends}.", links=links
    )


def _depends_on(items: list[Item], kinds: Mapping[str, str]) -> list[str]:
    """What the component uses, wherever it runs. What is in no stack that was asked is taken for a component."""
    uses = {use.partition(":")[0] for item in items for use in item.uses}
    return sorted(f"{'resource' if kinds.get(use) in RESOURCES else 'component'}:{use}" for use in uses)


def _offers_api(item: Item) -> bool:
    return bool(item.api)


def _links(items: Iterable[Item]) -> list[dict[str, str]]:
    """Documentation and runbooks, each once however many environments name it."""
    found = {
        url: (what, icon) for item in items for url, what, icon in ((item.docs, "Docs", "docs"), (item.runbook, "Runbook", "alert")) if url
    }
    return [{"url": url, "title": what, "icon": icon} for url, (what, icon) in found.items()]


def _lifecycle(items: Iterable[Item]) -> str:
    """The furthest environment; `experimental` for what only previews have."""
    environments = {item.environment for item in items}
    return next((each for each in LIFECYCLES if each in environments), "experimental")


def _across_environments(items: Iterable[Item]) -> list[list[Item]]:
    """The same component in all environments that stay, furthest first."""
    found: dict[tuple[str, str, str], list[Item]] = {}
    order = {name: index for index, name in enumerate(LIFECYCLES)}
    for item in sorted(items, key=lambda item: order.get(item.environment, len(order))):
        if item.environment in PROFILES:
            found.setdefault((item.team, item.kind, item.name), []).append(item)
    return [found[key] for key in sorted(found)]


def _repositories(catalog: Catalog) -> dict[str, str]:
    """A team's first repository."""
    return {team.name: team.repositories[0] for team in catalog.teams if team.repositories}
