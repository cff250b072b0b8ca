"""One scaffolder template per golden path (https://backstage.io/docs/features/software-templates/writing-templates).

The form is the JSON Schema of the golden path's spec. The result is a small Pulumi project that imports this library at the version
that wrote the template: an upgrade is one line of its requirements.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from idp_components.core.profiles import PROFILES
from idp_components.core.spec import NAME_PATTERN
from idp_components.schema import SPECS, schema

PUBLISH = {
    "github": "publish:github:pull-request",
    "gitlab": "publish:gitlab:merge-request",
    "bitbucket": "publish:bitbucketCloud:pull-request",
}
"""Actions of Backstage that propose the result as a change, by provider."""
DISTRIBUTION = "idp-components"

PROGRAM = '''"""{title} of the team, written by its template; the spec stands beside it."""

from pathlib import Path

from idp_components import Context, {title}, {spec}

context = Context.from_stack()
spec = {spec}.model_validate_json((Path(__file__).parent / "spec.json").read_text())
{title}("${{{{ values.name }}}}", spec, context=context)
'''
PROJECT = """name: ${{ values.name }}
description: ${{ values.name }} of team ${{ values.team }}
runtime:
  name: python
  options:
    virtualenv: .venv
"""


def template(name: str, publish: str = "") -> dict[str, Any]:
    """The template of a golden path, by its name in `SPECS`. `publish` proposes the result at a provider: a key of `PUBLISH`."""
    title = class_name(name)
    form = schema(name)
    definitions = form.pop("$defs", {})
    form.pop("$schema")
    about = str(form.get("description") or title).splitlines()[0]
    where = {
        "team": {"type": "string", "title": "Team", "description": "Who owns it.", "pattern": NAME_PATTERN, "ui:autofocus": True},
        "name": {"type": "string", "title": "Name", "description": "What it is called.", "pattern": NAME_PATTERN},
        "environment": {"type": "string", "title": "Environment", "enum": list(PROFILES), "default": "dev"},
    }
    parameters: list[dict[str, Any]] = [
        {"title": "What and where", "required": list(where), "properties": where},
        # References are looked up from the root of a step.
        {"title": title, "required": ["spec"], "properties": {"spec": form}, **({"$defs": definitions} if definitions else {})},
    ]
    values = {**{key: f"${{{{ parameters.{key} }}}}" for key in where}, "spec": "${{ parameters.spec }}"}
    steps: list[dict[str, Any]] = [
        {"id": "write", "name": "Write the stack", "action": "fetch:template", "input": {"url": "./skeleton", "values": values}}
    ]
    if publish:
        parameters.append({"title": "Repository", "required": ["repoUrl"], "properties": {"repoUrl": _repository()}})
        steps.append(_publish(publish, title))
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": f"idp-{name}", "title": title, "description": about, "tags": ["golden-path"]},
        "spec": {"owner": "group:default/platform", "type": "golden-path", "parameters": parameters, "steps": steps},
    }


def skeleton(name: str) -> dict[str, str]:
    """The files of the result, by path; Backstage fills in the values."""
    title = class_name(name)
    return {
        "Pulumi.yaml": PROJECT,
        "__main__.py": PROGRAM.format(title=title, spec=SPECS[name].__name__),
        "spec.json": "${{ values.spec | dump }}\n",
        "requirements.txt": f"{DISTRIBUTION}=={version(DISTRIBUTION)}\n",
    }


def class_name(name: str) -> str:
    """The class of a golden path: `scheduled-job` → `ScheduledJob`."""
    return "".join(part.capitalize() for part in name.split("-"))


def _repository() -> dict[str, Any]:
    return {"type": "string", "title": "Repository", "description": "Where the team keeps its stacks.", "ui:field": "RepoUrlPicker"}


def _publish(provider: str, title: str) -> dict[str, Any]:
    said = {"title": f"{title} ${{{{ parameters.name }}}}", "description": "From the golden path's template."}
    branch = {"branchName": "idp/${{ parameters.team }}-${{ parameters.name }}", "targetPath": "${{ parameters.name }}"}
    return {
        "id": "propose",
        "name": "Propose the change",
        "action": PUBLISH[provider],
        "input": {"repoUrl": "${{ parameters.repoUrl }}", **branch, **said},
    }


def text(value: Any) -> str:
    """JSON is YAML: nothing to quote, nothing to get wrong."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
