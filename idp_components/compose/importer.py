"""A team's services, out of a compose file for Uffizzi."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from idp_components.compose.project import Link, Project, mebibytes, millicores
from idp_components.core.spec import SpecError, check_name
from idp_components.service.spec import ServiceSpec, WorkerSpec

HANDLED = {
    "image",
    "environment",
    "secrets",
    "deploy",
    "entrypoint",
    "command",
    "expose",
    "ports",
    "healthcheck",
    "container_name",
    "depends_on",
}
PREVIEW_KEYS = ("continuous_preview", "continuous_previews")
HOURS = re.compile(r"([0-9]{1,4})[hH]")
VARIABLE = re.compile(r"(?<!\$)(?:\$\$)*\$(?!\$)")
"""A single dollar: the beginning of a variable."""
LONG_PORT = re.compile(r"(?:.*:)?([0-9]{1,5})(?:/tcp)?")


def project(data: Any, place: str) -> tuple[Project, list[str]]:
    """What a compose file declares, and what couldn't come along. Raises SpecError where it is no compose file."""
    if not isinstance(data, dict) or not isinstance(data.get("services"), dict) or not data["services"]:
        raise SpecError(f"{place}: is no compose file: it needs services, for example 'services: {{web: {{image: nginx:1.29}}}}'")
    return _Import(data, place).project()


class _Import:
    """One import, and what it leaves behind."""

    def __init__(self, data: Mapping[str, Any], place: str) -> None:
        self.data = data
        self.place = place
        self.left: list[str] = []

    def project(self) -> tuple[Project, list[str]]:
        ingress = self._section("ingress", "x-uffizzi-ingress")
        preview = self._section(PREVIEW_KEYS[0], "x-uffizzi-continuous-preview") or self._section(
            PREVIEW_KEYS[1], "x-uffizzi-continuous-previews"
        )
        workloads: dict[str, ServiceSpec | WorkerSpec] = {}
        for name, said in self.data["services"].items():
            try:
                workloads[check_name(name, str(name))] = self._workload(name, _mapping(said), ingress)
            except SpecError as error:
                self.left += [f"{name}: left out: {problem.removeprefix(f'{name}.')}" for problem in error.problems]
        if ingress and ingress.get("service") not in workloads:
            self.left.append(f"x-uffizzi.ingress: {ingress.get('service')!r} is no service that came along")
        top = self.data.keys() - {
            "services",
            "secrets",
            "version",
            "name",
            "x-uffizzi",
            "x-uffizzi-ingress",
            "x-uffizzi-continuous-preview",
        }
        self.left += [f"{key}: no counterpart" for key in sorted(map(str, top - {"x-uffizzi-continuous-previews"}))]
        links = self._links(workloads)
        return Project(workloads, links, self._hours(preview)), self.left

    def _section(self, key: str, old: str) -> dict[str, Any] | None:
        """A section of `x-uffizzi`, or the same under its older name."""
        found = _mapping(self.data.get("x-uffizzi")).get(key) or self.data.get(old)
        return found if isinstance(found, dict) else None

    def _hours(self, preview: dict[str, Any] | None) -> int | None:
        said = (preview or {}).get("delete_preview_after")
        if said is None:
            return None
        found = HOURS.fullmatch(said) if isinstance(said, str) else None
        if found is None or not int(found[1]):
            self.left.append(f"delete_preview_after: {said!r} is no number of hours such as '72h'")
            return None
        return int(found[1])

    def _workload(self, name: str, said: Mapping[str, Any], ingress: Mapping[str, Any] | None) -> ServiceSpec | WorkerSpec:
        self.left += [f"{name}.{key}: no counterpart" for key in sorted(map(str, said.keys() - HANDLED))]
        if "image" not in said:
            raise SpecError(f"{name}.image: is required: build it in a pipeline and name it by a tag or digest")
        fields: dict[str, Any] = {
            "image": str(said["image"]),
            "env": {**self._env(name, said.get("environment")), **self._secrets(name, said.get("secrets"))},
            "resources": self._resources(name, said.get("deploy")),
        }
        if command := self._command(name, said):
            fields["container"] = {"command": command}
        is_exposed = bool(ingress) and (ingress or {}).get("service") == name
        port = (ingress or {}).get("port") if is_exposed else self._port(name, said)
        if port is None:
            return WorkerSpec.parse({**fields, **self._health_command(name, said.get("healthcheck"))}, name)
        if said.get("healthcheck"):
            self.left.append(f"{name}.healthcheck: a service is asked by http, grpc or tcp; it got tcp")
        return ServiceSpec.parse({**fields, "port": port, "health": "tcp", **({"expose": {}} if is_exposed else {})}, name)

    def _env(self, name: str, said: Any) -> dict[str, str]:
        """Plain values. `KEY=value` in a list, or a mapping."""
        pairs = (
            said.items() if isinstance(said, dict) else [str(entry).partition("=")[::2] for entry in said] if isinstance(said, list) else []
        )
        found: dict[str, str] = {}
        for key, value in pairs:
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            if VARIABLE.search(text):
                self.left.append(
                    f"{name}.environment.{key}: comes from outside of the file; give it to the component as one of its secrets"
                )
            else:
                found[str(key)] = text.replace("$$", "$")
        return found

    def _secrets(self, name: str, said: Any) -> dict[str, Any]:
        known = self.data.get("secrets")
        found: dict[str, Any] = {}
        for each in self._list(f"{name}.secrets", said):
            entry = _mapping(known).get(each) if isinstance(each, str) else None
            if not isinstance(entry, dict) or not entry.get("name"):
                self.left.append(f"{name}.secrets: {each!r} is none of the file's secrets")
                continue
            variable, own = str(entry["name"]), entry.get("x-idp")
            if isinstance(own, dict):
                found[variable] = {"secret": own.get("secret"), "key": own.get("key")}
            else:
                held = re.sub(r"[^a-z0-9-]+", "-", each.lower()).strip("-")
                found[variable] = {"secret": held, "key": variable}
                self.left.append(f"{name}.secrets.{each}: its value; make a Secret {held!r} with the key {variable!r}")
        return found

    def _resources(self, name: str, said: Any) -> dict[str, int]:
        amounts = _mapping(_mapping(said).get("resources"))
        self.left += (
            [f"{name}.deploy.{key}: no counterpart" for key in sorted(said.keys() - {"resources"})] if isinstance(said, dict) else []
        )
        limits, asked = _mapping(amounts.get("limits")), _mapping(amounts.get("reservations"))
        found = {
            "memory_mib": self._read(f"{name}.deploy.resources", asked.get("memory") or limits.get("memory"), mebibytes),
            "memory_limit_mib": self._read(f"{name}.deploy.resources", limits.get("memory"), mebibytes),
            "cpu_millicores": self._read(f"{name}.deploy.resources", asked.get("cpus"), millicores),
            "cpu_limit_millicores": self._read(f"{name}.deploy.resources", limits.get("cpus"), millicores),
        }
        if found["memory_limit_mib"] == found["memory_mib"]:
            found["memory_limit_mib"] = None  # the request is the limit where nothing else is said
        return {key: value for key, value in found.items() if value is not None}

    def _read(self, place: str, value: Any, reader: Any) -> int | None:
        found: int | None = reader(value)
        if value is not None and found is None:
            self.left.append(f"{place}: {value!r} is no amount")
        return found

    def _command(self, name: str, said: Mapping[str, Any]) -> list[str] | None:
        """Both together. A command alone would need the image's own entry point in front of it, which the file doesn't have."""
        entry, arguments = said.get("entrypoint"), said.get("command")
        if not entry:
            if arguments:
                self.left.append(
                    f"{name}.command: {arguments!r} goes behind the image's own entry point; write both into container.command"
                )
            return None
        parts = [*self._words(f"{name}.entrypoint", entry), *self._words(f"{name}.command", arguments)]
        return [str(part).replace("$$", "$") for part in parts]

    def _port(self, name: str, said: Mapping[str, Any]) -> int | None:
        """The first port that it listens on."""
        ports = [*self._list(f"{name}.expose", said.get("expose")), *self._list(f"{name}.ports", said.get("ports"))]
        numbers = [
            each.get("target") if isinstance(each, dict) else found[1] if (found := LONG_PORT.fullmatch(str(each))) else None
            for each in ports
        ]
        if any(number is None for number in numbers):
            self.left.append(f"{name}.ports: one of {ports!r} is no port")
        known = list(dict.fromkeys(int(number) for number in numbers if number is not None))
        if len(known) > 1:
            self.left.append(f"{name}.ports: a service has one port, which is {known[0]}; not {', '.join(map(str, known[1:]))}")
        return known[0] if known else None

    def _health_command(self, name: str, said: Any) -> dict[str, Any]:
        test = _mapping(said).get("test")
        if isinstance(test, list) and test[:1] == ["CMD"] and len(test) > 1:
            return {"health_command": [str(part).replace("$$", "$") for part in test[1:]]}
        if test and test != ["NONE"]:
            self.left.append(f"{name}.healthcheck: needs a shell; write a command as a list that begins with CMD")
        return {}

    def _words(self, place: str, value: Any) -> list[Any]:
        """A list, or text that is split as a shell does."""
        try:
            return shlex.split(value) if isinstance(value, str) else self._list(place, value)
        except ValueError as error:
            self.left.append(f"{place}: {value!r} can't be split into words: {error}")
            return []

    def _list(self, place: str, value: Any) -> list[Any]:
        if value is not None and not isinstance(value, list):
            self.left.append(f"{place}: {value!r} is no list")
        return value if isinstance(value, list) else []

    def _links(self, workloads: dict[str, ServiceSpec | WorkerSpec]) -> dict[str, tuple[Link, ...]]:
        """Variables that hold another service's address are connections, which alone open the network between the two."""
        addresses = {f"{name}:{spec.ports.container}": name for name, spec in workloads.items() if isinstance(spec, ServiceSpec)}
        links: dict[str, tuple[Link, ...]] = {}
        for name, spec in list(workloads.items()):
            found = [Link(key, addresses[value]) for key, value in spec.env.items() if isinstance(value, str) and value in addresses]
            kept = tuple(link for link in found if not _reaches(link.target, name, links))
            self.left += [f"{name}.environment.{link.variable}: {link.target} calls {name} too" for link in found if link not in kept]
            if kept:
                links[name] = kept
                env = {key: value for key, value in spec.env.items() if key not in {link.variable for link in kept}}
                workloads[name] = spec.model_copy(update={"env": env})
            waits = _mapping(self.data["services"][name]).get("depends_on")
            waits = list(waits) if isinstance(waits, dict) else self._list(f"{name}.depends_on", waits)
            self.left += [
                f"{name}.depends_on: {other}: nothing says by which variable; name it in uses=[…], or the network stays closed"
                for other in sorted(map(str, waits))
                if other not in {link.target for link in kept}
            ]
        return links


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _reaches(start: str, goal: str, links: Mapping[str, tuple[Link, ...]]) -> bool:
    """Whether one service calls another, directly or not, by the connections found so far."""
    return start == goal or any(_reaches(link.target, goal, links) for link in links.get(start, ()))
