"""The files of Backstage's catalog: one place that it is pointed to, entities by team, templates, docs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

import idp_components
from idp_components.backstage.entities import COMPONENTS, entities, location
from idp_components.backstage.templates import skeleton, template, text
from idp_components.catalog.model import Catalog
from idp_components.schema import SPECS

ROOT = "catalog-info.yaml"


def files(catalog: Catalog, domain: str, publish: str = "") -> dict[str, str]:
    """All files by path. `publish`: where templates propose their result, a key of `templates.PUBLISH`; empty for nowhere."""
    found: dict[str, str] = {}
    by_team: dict[str, list[dict[str, Any]]] = {}
    for entity in entities(catalog, domain):
        by_team.setdefault(entity["metadata"].get("namespace", "organisation"), []).append(entity)
    for team, members in by_team.items():
        found[f"entities/{team}.yaml"] = yaml.safe_dump_all(members, sort_keys=False, allow_unicode=True)
    for name in SPECS:
        found[f"templates/{name}/template.yaml"] = text(template(name, publish))
        found |= {f"templates/{name}/skeleton/{path}": content for path, content in skeleton(name).items()}
    targets = [path for path in found if path.startswith("entities/") or path.endswith("/template.yaml")]
    found[ROOT] = yaml.safe_dump(location(f"./{path}" for path in targets), sort_keys=False)
    return found | _docs(COMPONENTS)


def _docs(kinds: Iterable[str]) -> dict[str, str]:
    """A site of TechDocs per kind: the golden path's own page."""
    found: dict[str, str] = {}
    for kind in kinds:
        name = kind.lower()
        found[f"entities/docs/{name}/mkdocs.yml"] = yaml.safe_dump(
            {"site_name": kind, "docs_dir": "docs", "nav": [{kind: "index.md"}], "plugins": ["techdocs-core"]}, sort_keys=False
        )
        found[f"entities/docs/{name}/docs/index.md"] = page(kind)
    return found


def page(kind: str) -> str:
    """The README of a golden path, by its class."""
    module = getattr(idp_components, kind).__module__
    folder = Path(idp_components.__file__).parent / str(module).split(".")[1]
    return (folder / "README.md").read_text(encoding="utf-8")


def write(folder: Path, found: dict[str, str]) -> None:
    """Write the files below a folder."""
    for path, content in found.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
