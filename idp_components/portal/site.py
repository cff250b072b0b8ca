"""The site: what all pages share, and how a template becomes an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from idp_components.catalog.model import Item
from idp_components.cost.prices import HOURS_PER_MONTH
from idp_components.portal import view
from idp_components.portal.audit import Audit
from idp_components.portal.branch import Repository
from idp_components.portal.environments import Environments
from idp_components.portal.identity import Identity
from idp_components.portal.jobs import Jobs
from idp_components.portal.source import Source
from idp_components.survey.box import Box

STATIC = Path(__file__).parent / "static"


@dataclass
class Site:
    """A portal of one project."""

    name: str
    source: Source
    repository: Repository
    identity: Identity
    audit: Audit
    environments: Environments
    box: Box
    jobs: Jobs = field(default_factory=Jobs)
    templates: Environment = field(default_factory=lambda: _templates())

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A template as an answer."""
        known = self.source.snapshot()
        person = self.identity.person(request)
        text = self.templates.get_template(template).render(
            site=self.name,
            path=request.url.path,
            person=person,
            signs_in=self.identity.signs_in,
            form_token=self.identity.form_token(request) if person else "",
            at=known.catalog.at,
            catalog=known.catalog,
            problems=known.catalog.problems,
            **values,
        )
        return HTMLResponse(text, status)


def site_of(request: Request) -> Site:
    """The site that answers a request."""
    found: Site = request.app.state.site
    return found


def _templates() -> Environment:
    """Everything is escaped; a name that isn't there is an error and no empty place."""
    made = Environment(
        loader=PackageLoader("idp_components.portal"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(
        health=view.health,
        health_text=view.health_text,
        where=view.where,
        visible=view.visible,
        counted=view.counted,
        item_url=item_url,
        node_url=lambda node: f"/items/{_part(node.team)}/{_part(node.kind)}/{_part(node.name)}",
        team_url=lambda team: f"/teams/{_part(team)}",
        stack_url=stack_url,
        is_link=lambda text: str(text).startswith(("https://", "http://")),
    )
    made.filters["code"] = view.code
    made.filters["moment"] = view.moment
    made.filters["per_day"] = lambda usd_per_month: usd_per_month / HOURS_PER_MONTH * 24
    made.filters["named"] = lambda name: (name, name.replace("_", " "))
    return made


def item_url(item: Item) -> str:
    """The page of a component."""
    return f"/items/{_part(item.team)}/{_part(item.kind)}/{_part(item.name)}"


def stack_url(stack: str) -> str:
    """The page of an environment."""
    return f"/environments/{_part(stack)}"


def _part(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")
