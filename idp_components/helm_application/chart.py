"""A chart of the project, read from its folder or package: its values, schema and templates, and the charts inside it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from idp_components.core.spec import SpecError

PACKAGES = (".tgz", ".tar.gz")
Files = dict[str, bytes]
"""What a chart consists of, by path below it."""


@dataclass(frozen=True)
class Dependency:
    """How a chart takes in another one (Helm, "Chart.yaml", `dependencies`)."""

    name: str
    alias: str = ""
    conditions: tuple[str, ...] = ()
    """Paths of values, the first of which that is there says whether it is taken in."""
    tags: tuple[str, ...] = ()
    imports: bool = False
    """Whether it also sets values of the chart that takes it in (`import-values`)."""


@dataclass(frozen=True)
class Chart:
    """One chart."""

    name: str
    """As the chart that takes it in calls it."""
    version: str
    values: Mapping[str, Any]
    """Its defaults."""
    schema: Any = None
    """Its `values.schema.json`; none where it has none."""
    templates: str = ""
    """Text of its templates, and of those of the charts inside."""
    subcharts: tuple[Chart, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    digest: str = ""
    """Eight digits that change with the chart's content."""
    location: str = ""
    """Its path from the program's folder, in which the engine starts the provider too: the same on every machine."""


def load(root: Path, name: str, place: str) -> Chart:
    """The chart in a folder or package below `root`; `place` starts the problem. Raises SpecError."""
    path = root / name
    if not path.is_dir() and not (path.is_file() and name.endswith(PACKAGES)):
        raise SpecError(
            f"{place}: {name!r} is neither a folder nor a packaged chart (.tgz) of the project: use for example 'charts/podinfo'; "
            "for a chart from elsewhere add repository='https://charts.example.com' and version='6.9.2'"
        )
    try:
        files = _folder(path) if path.is_dir() else _package(path.read_bytes())
    except (OSError, tarfile.TarError, EOFError) as error:
        raise SpecError(f"{place}: {name!r} can't be read as a chart: {error}") from error
    return replace(_chart(files, place), location=_from_here(path))


def _from_here(path: Path) -> str:
    found = os.path.relpath(path)
    return found if found.startswith(os.pardir) else f"{os.curdir}{os.sep}{found}"


def _folder(root: Path) -> Files:
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    names = ((path, path.relative_to(root)) for path in found)
    return {name.as_posix(): path.read_bytes() for path, name in names if not any(part.startswith(".") for part in name.parts)}


def _package(content: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        read = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
        return {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix(): file.read() for name, file in read if file}


def _chart(files: Files, place: str) -> Chart:
    if "Chart.yaml" not in files:
        raise SpecError(f"{place}: is no chart, it has no Chart.yaml; name a chart's folder or package, for example 'charts/podinfo'")
    described = _yaml(files, "Chart.yaml", place)
    listed = described.get("dependencies") or _yaml(files, "requirements.yaml", place).get("dependencies") or []
    dependencies = tuple(_dependency(item) for item in listed)
    inside = [_chart(content, f"{place}/charts/{name}") for name, content in _inside(files)]
    if missing := sorted({dependency.name for dependency in dependencies} - {chart.name for chart in inside}):
        raise SpecError(f"{place}: its dependency {missing[0]!r} is not in its folder charts/; run `helm dependency build` for it")
    content = hashlib.sha256(repr(sorted(files.items())).encode())
    own = (files[name].decode(errors="replace") for name in files if name.startswith("templates/"))
    return Chart(
        name=str(described.get("name", "")),
        version=str(described.get("version", "")),
        values=_yaml(files, "values.yaml", place),
        schema=_json(files, "values.schema.json", place),
        templates="\n".join([*own, *(chart.templates for chart in inside)]),
        subcharts=_named(inside, dependencies),
        dependencies=dependencies,
        digest=content.hexdigest()[:8],
    )


def _inside(files: Files) -> Iterator[tuple[str, Files]]:
    """The charts in `charts/`: folders, and packages."""
    folders: dict[str, Files] = {}
    for path, content in files.items():
        first, _, rest = path.removeprefix("charts/").partition("/")
        if not path.startswith("charts/") or first.startswith("_"):
            continue
        if rest:
            folders.setdefault(first, {})[rest] = content
        elif first.endswith(PACKAGES):
            yield first, _package(content)
    yield from ((name, content) for name, content in folders.items() if "Chart.yaml" in content)


def _named(charts: list[Chart], dependencies: tuple[Dependency, ...]) -> tuple[Chart, ...]:
    """The charts under the names that their values go by; one may be taken in twice under two."""
    by_name = {chart.name: chart for chart in charts}
    taken = {dependency.name for dependency in dependencies}
    aliased = (replace(by_name[dependency.name], name=dependency.alias or dependency.name) for dependency in dependencies)
    return (*(chart for chart in charts if chart.name not in taken), *aliased)


def _dependency(item: Mapping[str, Any]) -> Dependency:
    conditions = tuple(path.strip() for path in str(item.get("condition") or "").split(",") if path.strip())
    imports = bool(item.get("import-values"))
    return Dependency(str(item.get("name")), str(item.get("alias") or ""), conditions, tuple(item.get("tags") or ()), imports)


def _yaml(files: Files, name: str, place: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(files.get(name, b"")) or {}
        plain = json.loads(json.dumps(found, default=str))  # helm too knows values only as JSON: no dates, and keys that are text
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"{place}/{name}: is not YAML: {error}") from error
    if not isinstance(plain, dict):
        raise SpecError(f"{place}/{name}: must be a mapping, for example 'replicaCount: 2'")
    return plain


def _json(files: Files, name: str, place: str) -> Any:
    try:
        return json.loads(files[name]) if name in files else None
    except ValueError as error:
        raise SpecError(f"{place}/{name}: is not JSON: {error}") from error
