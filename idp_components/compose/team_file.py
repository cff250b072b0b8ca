"""A team's file with the services of a project."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.compose.project import Project
from idp_components.service.spec import ServiceSpec


def team_file(project: Project, team: str, source: str) -> str:
    """The Python of `stacks/teams/<team>.py`."""
    kinds = sorted({"Service" if isinstance(spec, ServiceSpec) else "Worker" for spec in project.workloads.values()})
    imported = ", ".join(sorted(["Context", *(name for kind in kinds for name in (kind, f"{kind}Spec"))]))
    hours = (
        [f"# A preview of it stays {project.ttl_hours} hours: pulumi config set idp:ttlHours {project.ttl_hours}", ""]
        if project.ttl_hours
        else []
    )
    lines = [f'"""Team {team}."""', "", f"# What {source!r} said.", *hours, f"from idp_components import {imported}", "", ""]
    lines += ["def compose(context: Context) -> None:", f'    """The services of team {team}."""']
    targets = {link.target for links in project.links.values() for link in links}
    for name in _callees_first(project):
        lines += _component(name, project, is_used=name in targets)
    return "\n".join([*lines, ""])


def _component(name: str, project: Project, *, is_used: bool) -> list[str]:
    spec = project.workloads[name]
    kind = "Service" if isinstance(spec, ServiceSpec) else "Worker"
    said = spec.model_dump(exclude_defaults=True)
    uses = [f"{_variable(link.target)}.connection({link.variable!r})" for link in project.links.get(name, ())]
    return [
        f"    {f'{_variable(name)} = ' if is_used else ''}{kind}(",
        f"        {name!r},",
        f"        {kind}Spec(",
        *(f"            {key}={value!r}," for key, value in said.items()),
        "        ),",
        *([f"        uses=[{', '.join(uses)}],"] if uses else []),
        "        context=context,",
        "    )",
    ]


def _callees_first(project: Project) -> Iterator[str]:
    """Names in an order in which each comes after all that it uses."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        for link in project.links.get(name, ()):
            if link.target not in done:
                visit(link.target)
        done[name] = None

    for name in project.workloads:
        if name not in done:
            visit(name)
    yield from done


def _variable(name: str) -> str:
    """A name of Python; none of them is a keyword, since each has a suffix."""
    return f"{name.replace('-', '_')}_service"
