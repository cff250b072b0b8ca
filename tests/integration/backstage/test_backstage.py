"""What `idp emit backstage` writes, in a real Backstage backend: its catalog, its scaffolder, its view of the cluster."""

import base64
import json
import shutil
import sys

import pytest
from integration.backstage.conftest import ROOT, Backstage
from integration.verdicts import objections, packs
from unit.backstage.test_backstage import CONFIG, SPEC

from idp_components import Context, ServiceSpec
from idp_components.core.manifest import waves
from idp_components.schema import SPECS
from idp_components.service import manifests
from idp_sandbox.process import wait_until

CHART = ROOT / "examples" / "12-helm-application" / "chart"
HERE = {**SPEC, "helm-application": {"chart": "chart", "values": {"greeting": "good morning", "token": "of no use"}}}
"""What is asked for: a chart of the project, since no repository of charts can be reached."""


def reference(entity):
    return f"{entity['kind']}:{entity['metadata'].get('namespace', 'default')}/{entity['metadata']['name']}".lower()


def test_the_catalog_takes_in_every_entity_and_knows_their_relations(backstage: Backstage):
    there = {reference(each): each for each in backstage.entities()}
    assert {reference(each) for each in backstage.emitted()} <= there.keys()
    relations = {(each["type"], each["targetRef"]) for each in there["component:checkout/checkoutservice"]["relations"]}
    assert {
        ("ownedBy", "group:default/checkout"),
        ("partOf", "system:default/checkout"),
        ("providesApi", "api:checkout/checkoutservice"),
        ("dependsOn", "component:catalog/productcatalogservice"),
        ("dependsOn", "resource:checkout/confirmations"),
    } <= relations


@pytest.mark.parametrize("name", SPECS)
def test_the_scaffolder_dry_runs_the_template_and_what_it_writes_previews_clean(backstage: Backstage, project, tmp_path, name: str):
    folder = backstage.folder / "templates" / name
    called, spec = "github" if name == "pipeline-issuer" else "cart", HERE.get(name, {})
    answer = backstage.post(
        "/scaffolder/v2/dry-run",
        {
            "template": json.loads((folder / "template.yaml").read_text()),
            "values": {"team": "shop", "name": called, "environment": "dev", "spec": spec},
            "secrets": {},
            "directoryContents": [
                {"path": str(path.relative_to(folder)), "base64Content": base64.b64encode(path.read_bytes()).decode()}
                for path in folder.rglob("*")
                if path.is_file()
            ],
        },
    )
    written = {each["path"]: base64.b64decode(each["base64Content"]).decode() for each in answer["directoryContents"]}
    assert json.loads(written["spec.json"]) == spec
    assert f'("{called}", spec, context=context)' in written["__main__.py"]
    assert written.keys() == {"Pulumi.yaml", "__main__.py", "requirements.txt", "spec.json"}
    result = tmp_path / "result"
    shutil.copytree(CHART, result / "chart")
    for path, content in written.items():
        (result / path).write_text(content)
    found = project(result, stack="shop-pr-42" if name == "ephemeral-environment" else "shop-dev")
    (found.folder / ".venv").symlink_to(sys.prefix)  # has this version of the library, which `pulumi install` would take from an index
    found.pulumi("config", "set-all", *(f"--plaintext={key}={value}" for key, value in CONFIG.items()))
    preview = found.preview(f"--policy-pack={ROOT / 'policies' / 'all'}")
    assert packs(preview) == ["idp-all"], preview
    assert objections(preview) == []
    assert "warning:" not in preview


def test_a_form_that_is_filled_in_wrongly_is_refused(backstage: Backstage):
    template = json.loads((backstage.folder / "templates" / "service" / "template.yaml").read_text())
    values = {"team": "shop", "name": "cart", "environment": "dev", "spec": {"image": "ghcr.io/shop/cart:v1", "port": 99999}}
    with pytest.raises(OSError, match="400"):
        backstage.post("/scaffolder/v2/dry-run", {"template": template, "values": values, "secrets": {}, "directoryContents": []})


def test_the_live_pods_of_a_component_are_found_by_its_label(backstage: Backstage, kubectl, namespace):
    context = Context.of("checkout-dev", {"domain": "example.com"})
    objects = manifests.service("cartservice", ServiceSpec(image="registry.example.com/cart:v1", port=8080), context)
    for wave in waves(objects):
        for each in wave:
            moved = {**each, "metadata": {**each["metadata"], "namespace": namespace}}
            kubectl("apply", "-f", "-", stdin=json.dumps(moved))
    (entity,) = [each for each in backstage.entities() if reference(each) == "component:checkout/cartservice"]

    def running():
        answer = backstage.post("/kubernetes/services/cartservice", {"entity": entity, "auth": {}})
        resources = [
            each for cluster in answer["items"] for part in cluster["resources"] if part["type"] == "pods" for each in part["resources"]
        ]
        return [
            pod["metadata"]["name"]
            for pod in resources
            if pod["metadata"]["namespace"] == namespace and pod["status"]["phase"] == "Running"
        ]

    assert wait_until(lambda: bool(running()), 60, step=1)
    assert all(name.startswith("cartservice-") for name in running())
