"""Values of a chart, as helm puts them together and judges them, before anything is registered."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp_components.core.spec import SpecError
from idp_components.helm_application.chart import Chart, Dependency
from idp_components.helm_application.schema_errors import Path, dotted, schema_problems

Values = Mapping[str, Any]
GLOBAL = "global"
"""Values that every chart inside a chart sees too (Helm, "Subcharts and Global Values")."""
EVERYWHERE = (GLOBAL, "tags")
NEAR = 0.75
"""Likeness (difflib) of two names from which one is taken for the other, mistyped: `prot` for `port`, but not `depth` for `width`."""
READS_ALL = re.compile(r"(?<!index )(?<!index \$)\.Values\b(?!\.\w)")
"""A template that hands on or walks through all values: it may know any."""


@dataclass(frozen=True)
class Said:
    """What a team said for one chart."""

    values: Values
    """With a placeholder for each secret."""
    hidden: frozenset[Path] = frozenset()
    """Where the placeholders are: what stands there is judged by helm alone, and never shown."""
    unlisted: frozenset[str] = frozenset()
    """Paths that the chart takes without listing them."""


def check(chart: Chart, said: Said, place: str) -> None:
    """Raises SpecError for values that the chart's own schemas refuse, and for names that it can't mean."""
    used = active(chart, said.values)
    found = dict(_refused(used, coalesced(used, said.values), place, said.hidden))
    for path, problem in _typing_errors(chart, chart.values, said, place):
        found.setdefault(path, problem)
    if found:
        raise SpecError(*(found[path] for path in sorted(found, key=str)))


def coalesced(chart: Chart, given: Values) -> dict[str, Any]:
    """What the chart's templates see: `given` over its defaults, and for each chart inside the same (helm: chartutil, CoalesceValues)."""
    found = _over(chart.values, given, keep_null=True)
    for inside in chart.subcharts:
        own = found.get(inside.name, {})
        if isinstance(own, Mapping):
            found[inside.name] = coalesced(inside, _with_globals(own, found))
    return found


def _with_globals(own: Values, outer: Values) -> Values:
    """The outer chart's globals over those said for the one inside (helm: chartutil, coalesceGlobals)."""
    inner, shared = own.get(GLOBAL, {}), outer.get(GLOBAL, {})
    both = isinstance(inner, Mapping) and isinstance(shared, Mapping)
    return {**own, GLOBAL: _over(inner, shared, keep_null=True)} if both else own


def _over(defaults: Values, given: Values, *, keep_null: bool = False) -> dict[str, Any]:
    """Mappings merge, and null removes a default; at the top, a null without default stays (helm: chartutil, coalesceTablesFullKey)."""
    found = {key: value for key, value in given.items() if value is not None or (keep_null and key not in defaults)}
    for key, default in defaults.items():
        if key not in given:
            found[key] = default
        elif isinstance(given[key], Mapping) and isinstance(default, Mapping):
            found[key] = _over(default, given[key])
    return found


def active(chart: Chart, given: Values, tags: Values | None = None) -> Chart:
    """The chart without the charts inside that its values switch off (helm: chartutil, ProcessDependencies)."""
    values = coalesced(chart, given)
    chosen = tags if tags is not None else _mapping(values.get("tags"))
    off = {each.alias or each.name for each in chart.dependencies if not _is_on(each, values, chosen)}
    kept = (inside for inside in chart.subcharts if inside.name not in off)
    return replace(chart, subcharts=tuple(active(inside, _mapping(values.get(inside.name)), chosen) for inside in kept))


def _is_on(dependency: Dependency, values: Values, tags: Values) -> bool:
    for condition in dependency.conditions:
        found: Any = values
        for key in condition.split("."):
            found = _mapping(found).get(key)
        if isinstance(found, bool):
            return found
    said = [tags[tag] for tag in dependency.tags if isinstance(tags.get(tag), bool)]
    return not said or any(said)


def _refused(chart: Chart, values: Values, place: str, hidden: frozenset[Path], path: Path = ()) -> Iterator[tuple[Path, str]]:
    """What the schemas of a chart and of the charts inside it refuse."""
    imports = any(dependency.imports for dependency in chart.dependencies)
    if chart.schema is not None and not imports:  # with import-values, only helm knows all values
        yield from schema_problems(chart.schema, values, chart.values, place, path, hidden)
    for inside in chart.subcharts:
        own, where = values.get(inside.name), (*path, inside.name)
        if isinstance(own, Mapping):
            yield from _refused(inside, own, place, hidden, where)
        elif where not in hidden:
            problem = f"{own!r} is refused: use a mapping, the values of the chart {inside.name!r}"
            yield where, f"{place}.values.{dotted(where)}: {problem}"


def _typing_errors(chart: Chart, defaults: Values, said: Said, place: str, path: Path = (), around: str = "") -> Iterator[tuple[Path, str]]:
    """Names that neither the chart's values, schema nor templates know: helm would pass over them without a word.

    A chart inside is also known through the one `around` it: by its defaults for it, its templates and its conditions.
    """
    inside = {each.name: each for each in chart.subcharts}
    conditions = " ".join(condition for dependency in chart.dependencies for condition in dependency.conditions)
    text = f"{around} {conditions} {chart.templates}"
    reads_all = bool(READS_ALL.search(chart.templates))

    def walk(values: Values, known: Values, schema: Any, below: Path) -> Iterator[tuple[Path, str]]:
        top = below == path
        properties = _mapping(_mapping(schema).get("properties"))
        names = [*dict.fromkeys((*known, *properties, *(inside if top else ())))]
        for key, value in values.items():
            where = (*below, key)
            if dotted(where) in said.unlisted or (top and key in EVERYWHERE):
                continue
            if top and key in inside:
                own = _over(inside[key].values, _mapping(known.get(key)))
                yield from _typing_errors(inside[key], own, replace(said, values=_mapping(value)), place, where, text)
            elif key in names:
                if isinstance(known.get(key), Mapping) and known[key] and not _is_open(properties.get(key)):
                    yield from walk(_mapping(value), known[key], properties.get(key), where)
            elif not _is_mentioned(key, text):
                near = difflib.get_close_matches(key, names, n=1, cutoff=NEAR)
                if near or (top and not reads_all):
                    yield where, _unknown(where, near, names, place)

    if not _is_open(chart.schema):
        yield from walk(said.values, defaults, chart.schema, path)


def _unknown(where: Path, near: list[str], names: list[str], place: str) -> str:
    meant = f"did you mean {near[0]!r}?" if near else f"listed: {', '.join(names) or 'none'}."
    return (
        f"{place}.values.{dotted(where)}: the chart lists no such value; {meant} "
        f"If it takes it all the same, say unlisted=[{dotted(where)!r}]"
    )


def _is_open(schema: Any) -> bool:
    """Whether a schema takes names of the team's own choice."""
    said = _mapping(schema)
    return bool(said.get("additionalProperties") or said.get("patternProperties"))


def _is_mentioned(key: str, templates: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", templates) is not None


def _mapping(value: Any) -> Values:
    return value if isinstance(value, Mapping) else {}
