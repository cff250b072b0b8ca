"""A compose file for Uffizzi, out of what a team declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from idp_components.compose.project import LONGEST_HOURS, Link, Project
from idp_components.core.spec import Spec
from idp_components.render import declared
from idp_components.service.spec import Health, ServiceSpec, WorkerSpec
from idp_components.testing import plain

SPECS: Mapping[str, type[ServiceSpec | WorkerSpec]] = {"Service": ServiceSpec, "Worker": WorkerSpec}
NOT_RUNNING = ("EphemeralEnvironment", "Team")
"""Kinds that a compose file needs no counterpart of."""
CARRIED = {"image", "env", "resources", "port", "expose", "health_command"}
"""Fields of a workload that a compose file can say."""


def of_stack(stack: str, root: Path | None = None) -> tuple[Project, list[str]]:
    """What a stack declares, and what no compose file can say of it. Raises SpecError."""
    recording, ledger = declared(stack, root)
    workloads: dict[str, ServiceSpec | WorkerSpec] = {}
    left: list[str] = []
    for found in recording.resources:
        kind = found.type.removeprefix("idp:index:")
        if kind in SPECS:
            workloads[found.name] = SPECS[kind].parse(plain(found.props["spec"]), found.name)
        elif found.type.startswith("idp:index:") and kind not in NOT_RUNNING:
            left.append(f"{found.name}: a {kind} has no counterpart; add a service that stands in for it")
    links: dict[str, tuple[Link, ...]] = {}
    for name in workloads:
        links[name] = tuple(
            Link(variable, use.name)
            for use in ledger.entries[name].uses
            for variable in use.variables
            if use.team == ledger.team and isinstance(workloads.get(use.name), ServiceSpec)
        )
        known = {link.variable for link in links[name]}
        left += [f"{name}: {use} stays outside" for use in ledger.entries[name].uses if not known & set(use.variables)]
    hours = next(
        (plain(found.props["spec"]).get("ttl_hours") for found in recording.resources if found.kind == "EphemeralEnvironment"), None
    )
    return Project(workloads, links, int(hours) if hours else None), sorted(left)


def compose(project: Project) -> tuple[dict[str, Any], list[str]]:
    """The compose file as plain data, and what it can't say."""
    services, secrets, left = {}, {}, list(_unsaid(project))
    for name, spec in project.workloads.items():
        services[name] = _service(name, spec, project)
        for variable, value in spec.env.items():
            if not isinstance(value, str):
                secrets[_secret(value.secret, value.key)] = {
                    "external": True,
                    "name": variable,
                    "x-idp": {"secret": value.secret, "key": value.key},
                }
    exposed = [name for name, spec in project.workloads.items() if isinstance(spec, ServiceSpec) and spec.expose]
    uffizzi: dict[str, Any] = {}
    if exposed:
        first = project.workloads[exposed[0]]
        uffizzi["ingress"] = {"service": exposed[0], "port": first.ports.container if isinstance(first, ServiceSpec) else None}
        left += [f"{name}.expose: Uffizzi has one ingress, which is that of {exposed[0]}" for name in exposed[1:]]
    preview: dict[str, Any] = {"deploy_preview_when_pull_request_is_opened": True, "delete_preview_when_pull_request_is_closed": True}
    if project.ttl_hours:
        preview["delete_preview_after"] = f"{min(project.ttl_hours, LONGEST_HOURS)}h"
    uffizzi["continuous_preview"] = preview
    return {"services": services, **({"secrets": secrets} if secrets else {}), "x-uffizzi": uffizzi}, left


def _service(name: str, spec: ServiceSpec | WorkerSpec, project: Project) -> dict[str, Any]:
    plain_values = {key: _escaped(value) for key, value in spec.env.items() if isinstance(value, str)}
    linked = {link.variable: project.address(link.target) for link in project.links.get(name, ())}
    asked = spec.resources
    limits = {"memory": f"{asked.memory_limit_mib or asked.memory_mib}m"}
    if asked.cpu_limit_millicores:
        limits["cpus"] = _cpus(asked.cpu_limit_millicores)
    found: dict[str, Any] = {
        "image": spec.image,
        "environment": {**plain_values, **linked},
        "deploy": {
            "resources": {
                "limits": limits,
                "reservations": {"cpus": _cpus(asked.cpu_millicores), "memory": f"{asked.memory_mib}m"},
            }
        },
    }
    if held := [_secret(value.secret, value.key) for value in spec.env.values() if not isinstance(value, str)]:
        found["secrets"] = held
    if spec.container.command:
        found["entrypoint"] = [_escaped(part) for part in spec.container.command]
    if isinstance(spec, ServiceSpec):
        found["expose"] = [str(spec.ports.container)]
    elif spec.health_command:
        found["healthcheck"] = {"test": ["CMD", *map(_escaped, spec.health_command)]}
    return found


def _unsaid(project: Project) -> Iterator[str]:
    """What each workload says that a compose file can't."""
    for name, spec in project.workloads.items():
        said = spec.model_dump(exclude_defaults=True)
        for key in sorted(said.keys() - CARRIED - {"container", "health"}):
            yield f"{name}.{key}: no counterpart"
        for key in sorted(said.get("container", {}).keys() - {"command"}):
            yield f"{name}.container.{key}: no counterpart"
        doubled = [key for key, value in spec.env.items() if not isinstance(value, str) and _is_elsewhere(project, name, key, value)]
        yield from (f"{name}.env.{key}: a secret has one variable in a compose file, and {key} is another" for key in doubled)
        if isinstance(spec, ServiceSpec):
            yield from _unsaid_of_a_service(name, spec)


def _unsaid_of_a_service(name: str, spec: ServiceSpec) -> Iterator[str]:
    if spec.health != Health(kind="tcp"):
        yield f"{name}.health: {spec.health.kind}, which only a command inside the image can ask in a compose file"
    if spec.ports.service != spec.ports.container:
        yield f"{name}.port: others reach it at {spec.ports.container}, not {spec.ports.service}"
    if spec.expose:
        yield from (f"{name}.expose.{key}: no counterpart" for key in sorted(spec.expose.model_dump(exclude_defaults=True)))


def _is_elsewhere(project: Project, name: str, variable: str, value: Spec) -> bool:
    """Whether the same key of a Secret goes into a variable of another name somewhere before."""
    for other, spec in project.workloads.items():
        for key, held in spec.env.items():
            if (other, key) == (name, variable):
                return False
            if held == value and key != variable:
                return True
    return False


def _secret(secret: str, key: str) -> str:
    return f"{secret}.{key}"


def _cpus(millicores: int) -> str:
    return f"{millicores / 1000:g}"


def _escaped(value: str) -> str:
    """A dollar begins a variable in a compose file (Compose Specification, "Interpolation")."""
    return value.replace("$", "$$")
