"""Pages that show the catalogue; they need no identity and change nothing."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp_components.catalog.model import Item
from idp_components.portal import view
from idp_components.portal.picture import MOST, picture
from idp_components.portal.policy import Remark
from idp_components.portal.site import site_of
from idp_components.portal.source import Snapshot

FIRST = 60
"""Rows of the table that the overview begins with; a page of 1,000 is for who asks for it."""
DEFAULT_ENVIRONMENTS = ("production", "staging", "dev")


def overview(request: Request) -> Response:
    """Everything, or what is searched for."""
    site, known = site_of(request), site_of(request).source.snapshot()
    return site.page(request, "overview.html", title="Overview", **table(request, known), troubles=_troubles(known))


def items(request: Request) -> Response:
    """The table alone: for search as one types, and for live status."""
    site = site_of(request)
    return if_changed(request, site.page(request, "_items.html", **table(request, site.source.snapshot())))


def team(request: Request) -> Response:
    """A team: whom to ask, what it has, and how that is."""
    site, known, name = site_of(request), site_of(request).source.snapshot(), request.path_params["team"]
    found = next((each for each in known.catalog.teams if each.name == name), None)
    if found is None:
        raise HTTPException(404, f"There is no team {name!r}.")
    stacks = [each for each in known.catalog.environments if each.team == name]
    remarks = [each for each in known.remarks if each.stack in {stack.stack for stack in stacks}]
    usd = {stack.stack: known.usd.get(stack.stack) for stack in stacks}
    shown: dict[str, Any] = {"team": found, "stacks": stacks, "remarks": remarks, "usd": usd}
    return site.page(request, "team.html", title=f"Team {name}", **shown, **table(request, known, team=name))


def item(request: Request) -> Response:
    """A component in all its environments: where it answers, how it is, what it uses and who uses it."""
    site, known = site_of(request), site_of(request).source.snapshot()
    found = _item(request, known)
    first = next((each for name in DEFAULT_ENVIRONMENTS for each in found if each.environment == name), found[0])
    owner = next((each for each in known.catalog.teams if each.name == first.team), None)
    drawn = view.connections(known.catalog, first.environment, around=first.key)
    stacks = {each.stack for each in found}
    shown: dict[str, Any] = {
        "item": first,
        "found": found,
        "owner": owner,
        "picture": picture(drawn),
        "graph": drawn,
        "environment": first.environment,
        "users": {each.environment: known.used_by.get((each.environment, each.key), []) for each in found},
        "remarks": [each for each in known.remarks if each.component == first.name and each.stack in stacks],
        "stacks": [each for each in known.catalog.environments if each.stack in stacks],
    }
    return site.page(request, "item.html", title=first.name, **shown)


def item_status(request: Request) -> Response:
    """How a component is now, in all its environments: for live status."""
    site = site_of(request)
    return if_changed(request, site.page(request, "_status.html", found=_item(request, site.source.snapshot())))


def graph(request: Request) -> Response:
    """Who uses what in an environment, as a picture and as text."""
    site, known = site_of(request), site_of(request).source.snapshot()
    names = view.environments(known.catalog)
    first = next((name for name in ("dev", *DEFAULT_ENVIRONMENTS) if name in names), names[0] if names else "")
    chosen, of_team = request.query_params.get("environment", first), request.query_params.get("team", "")
    drawn = view.connections(known.catalog, chosen, of_team)
    shown: dict[str, Any] = {
        "environments": names,
        "environment": chosen,
        "team": of_team,
        "graph": drawn,
        "picture": picture(drawn) if len(drawn.nodes) <= MOST else None,
        "most": MOST,
    }
    return site.page(request, "graph.html", title="Connections", **shown)


def changes(request: Request) -> Response:
    """What changed last in each stack, and by which pipeline."""
    site = site_of(request)
    return site.page(request, "changes.html", title="What changed", stacks=view.changes(site.source.snapshot().catalog))


def policy(request: Request) -> Response:
    """What the rules find in what runs, why it matters, and how to fix it."""
    site, known = site_of(request), site_of(request).source.snapshot()
    by_rule: dict[str, list[Remark]] = {}
    for each in known.remarks:
        by_rule.setdefault(each.rule, []).append(each)
    waived = sum(bool(each.waiver) for each in known.remarks)
    return site.page(request, "policy.html", title="Policy", by_rule=by_rule, count=len(known.remarks) - waived, waived=waived)


def _item(request: Request, known: Snapshot) -> list[Item]:
    wanted = tuple(request.path_params[key] for key in ("team", "kind", "name"))
    found = [each for each in known.catalog.items if (each.team, each.kind, each.name) == wanted]
    if not found:
        raise HTTPException(404, f"There is no {wanted[1]} {wanted[2]!r} of team {wanted[0]!r}.")
    return found


def table(request: Request, known: Snapshot, *, team: str = "", environment: str = "") -> dict[str, Any]:
    """What the table shows: what the page is about, narrowed by the query."""
    asked = request.query_params
    query, team, environment = asked.get("q", ""), team or asked.get("team", ""), environment or asked.get("environment", "")
    found, everything = view.search(known.catalog, query, team, environment), bool(team) or "all" in asked
    return {
        "query": query,
        "team_filter": team,
        "environment_filter": environment,
        "found": found if everything else found[:FIRST],
        "count": len(found),
        "everything": everything,
    }


def _troubles(known: Snapshot) -> list[Item]:
    return [each for each in known.catalog.items if view.health(each) == "trouble"]


def if_changed(request: Request, answer: Response) -> Response:
    """The answer, or 304 where the page has it already: nothing moves under a reader's eyes without need."""
    tag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


ROUTES = [
    Route("/", overview, name="overview"),
    Route("/items", items, name="items"),
    Route("/teams/{team}", team, name="team"),
    Route("/items/{team}/{kind}/{name}", item, name="item"),
    Route("/items/{team}/{kind}/{name}/status", item_status, name="item_status"),
    Route("/graph", graph, name="graph"),
    Route("/changes", changes, name="changes"),
    Route("/policy", policy, name="policy"),
]
