"""The files of Backstage's catalog: one place that it is pointed to, entities by team, templates, docs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

import idp_components
from idp_components.backstage.entities import COMPONENTS, RESOURCES, entities, location
from idp_components.backstage.templates import class_name, skeleton, template, text
from idp_components.catalog.model import Catalog
from idp_components.schema import SPECS
from idp_components.schema import text as schema_text

ROOT = "catalog-info.yaml"
OUTSIDE = re.compile(r"\[(?P<words>[^\]]*)\]\(\.\./(\.\./schemas/(?P<schema>[^/)\s]+)|[^)\s]*)\)")
"""A link of a README to something beside its folder: a site of TechDocs has nothing there."""


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
    return found | _docs((*COMPONENTS, *RESOURCES))


def _docs(kinds: Iterable[str]) -> dict[str, str]:
    """A site of TechDocs per kind: the golden path's own page, and the schema of what a team may say."""
    found: dict[str, str] = {}
    names = {class_name(name): name for name in SPECS}
    for kind in kinds:
        folder = f"entities/docs/{kind.lower()}"
        site = {"site_name": kind, "docs_dir": "docs", "nav": [{kind: "index.md"}], "plugins": ["techdocs-core"]}
        found[f"{folder}/mkdocs.yml"] = yaml.safe_dump(site, sort_keys=False)
        found[f"{folder}/docs/index.md"] = page(kind)
        found[f"{folder}/docs/{names[kind]}.json"] = schema_text(names[kind])
    return found


def page(kind: str) -> str:
    """The README of a golden path, by its class. Of links that lead out of its folder those to schemas stay, and else the words."""
    module = getattr(idp_components, kind).__module__
    folder = Path(idp_components.__file__).parent / str(module).split(".")[1]
    return OUTSIDE.sub(_inside, (folder / "README.md").read_text(encoding="utf-8"))


def _inside(link: re.Match[str]) -> str:
    return f"[{link['words']}]({link['schema']})" if link["schema"] else link["words"]


def write(folder: Path, found: dict[str, str]) -> None:
    """Write the files below a folder."""
    for path, content in found.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
