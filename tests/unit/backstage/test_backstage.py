"""Backstage's files: entities say what the catalogue says, templates make stacks that compose."""

import json
import re
from datetime import UTC, datetime

import pytest
import yaml

from idp_components.backstage import files, templates
from idp_components.backstage.entities import entities, entity_name
from idp_components.catalog import Catalog, Environment, Item, Team
from idp_components.schema import SPECS
from idp_components.testing import run

NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
CART = Item(
    "Service",
    "cart",
    "checkout",
    "dev",
    "checkout-dev",
    "checkout-dev",
    {"health": {"kind": "grpc"}, "port": 7070},
    address="cart.checkout-dev.svc.cluster.local:7070",
    api="grpc",
    runbook="https://wiki.example.com/cart",
    uses=("checkout/carts:6379 read-write", "catalog/products:3550"),
)
CARTS = Item("Cache", "carts", "checkout", "dev", "checkout-dev", "checkout-dev", {})
PREVIEW = Item("Service", "cart", "checkout", "pr-42", "checkout-pr-42", "checkout-pr-42", {})
CATALOG = Catalog(
    at=datetime(2026, 11, 24, tzinfo=UTC).isoformat(),
    teams=(Team("checkout", email="checkout@example.com", repositories=("https://github.com/shop/checkout/",)),),
    environments=(
        Environment("checkout-dev", "checkout", "dev"),
        Environment("checkout-pr-42", "checkout", "pr-42", "2026-11-27T12:00:00Z", "a.b@example.com"),
    ),
    items=(CART, CARTS, PREVIEW),
)
SPEC = {
    "service": {"image": "ghcr.io/shop/cart:v1", "port": 8080},
    "worker": {"image": "ghcr.io/shop/cart:v1"},
    "scheduled-job": {"image": "ghcr.io/shop/cart:v1", "schedule": "0 3 * * *"},
    "argo-application": {"source": {"repository": "https://git.example.com/shop/a.git", "revision": "v1.0.0"}},
    "preview-application-set": {
        "pull_requests": {"provider": "github", "project": "shop/a", "labels": ["preview"], "token": {"secret": "previews"}},
        "repository": "https://git.example.com/shop/a.git",
    },
    "cache": {"memory_mib": 64},
    "database": {"engine": "postgres"},
    "helm-application": {"chart": "podinfo", "repository": "https://charts.example.com", "version": "1.2.3"},
    "pipeline-role": {"source": {"provider": "github", "repository": "shop/a", "branches": ["main"]}},
    "ephemeral-environment": {"owner": "alice@example.com"},
}
CONFIG = {"idp:domain": "example.com", "idp:oidcProvider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.example.com/id/A"}


def by_reference(found):
    return {f"{each['kind']}:{each['metadata'].get('namespace', 'default')}/{each['metadata']['name']}": each for each in found}


def test_a_service_is_a_component_with_an_owner_an_api_its_dependencies_and_what_finds_its_pods():
    found = by_reference(entities(CATALOG, "shop"))
    cart = found["Component:checkout/cart"]
    assert cart["spec"] == {
        "type": "service",
        "lifecycle": "dev",
        "owner": "group:default/checkout",
        "system": "system:default/checkout",
        "dependsOn": ["component:catalog/products", "resource:checkout/carts"],
        "providesApis": ["api:checkout/cart"],
    }
    assert cart["metadata"]["annotations"]["backstage.io/kubernetes-id"] == "cart"
    assert cart["metadata"]["annotations"]["github.com/project-slug"] == "shop/checkout"
    assert found["API:checkout/cart"]["spec"]["type"] == "grpc"
    assert cart["metadata"]["links"] == [{"url": "https://wiki.example.com/cart", "title": "Runbook", "icon": "alert"}]
    assert found["Group:default/checkout"]["spec"]["profile"]["email"] == "checkout@example.com"


def test_a_preview_is_a_resource_of_its_owner_and_makes_no_second_component():
    found = by_reference(entities(CATALOG, "shop"))
    assert found["Resource:checkout/checkout-pr-42"]["metadata"]["description"] == "Environment that ends at 2026-11-27T12:00:00Z."
    assert found["User:default/a-b-example-com"]["spec"]["memberOf"] == ["group:default/checkout"]
    assert [key for key in found if key.startswith("Component:")] == ["Component:checkout/cart"]


def test_every_owner_system_and_resource_that_is_referred_to_exists():
    found = by_reference(entities(CATALOG, "shop"))
    there = {key.lower() for key in found}
    for entity in found.values():
        assert NAME.fullmatch(entity["metadata"]["name"])
        referred = [entity["spec"].get(key) for key in ("owner", "system", "domain")] + entity["spec"].get("memberOf", [])
        assert {each for each in referred if each} <= there


@pytest.mark.parametrize("text", ["a b", "-x-", "é", "x" * 100, "alice@example.com"])
def test_any_text_becomes_a_name_that_backstage_takes(text):
    assert NAME.fullmatch(entity_name(text))


@pytest.mark.parametrize("name", SPECS)
def test_what_a_template_writes_composes_under_the_librarys_own_checks(name, tmp_path):
    values = {"name": "github" if name == "pipeline-issuer" else "cart", "team": "shop", "spec": SPEC.get(name, {})}
    for path, content in templates.skeleton(name).items():
        filled = content.replace("${{ values.spec | dump }}", json.dumps(values["spec"]))
        for key in ("name", "team"):
            filled = filled.replace(f"${{{{ values.{key} }}}}", values[key])
        assert "${{" not in filled
        (tmp_path / path).write_text(filled)
    program = tmp_path / "__main__.py"
    code = compile(program.read_text(), str(program), "exec")
    stack = "shop-pr-42" if name == "ephemeral-environment" else "shop-dev"
    recording = run(lambda: exec(code, {"__file__": str(program), "__name__": "__main__"}), stack_name=stack, config=CONFIG)
    assert templates.class_name(name) in {resource.kind for resource in recording.resources if not resource.custom}


@pytest.mark.parametrize("name", SPECS)
def test_a_templates_form_is_the_specs_schema_and_its_references_lead_somewhere(name):
    _, form = templates.template(name)["spec"]["parameters"]
    assert form["properties"]["spec"]["properties"].keys() == SPECS[name].model_json_schema().get("properties", {}).keys()
    for reference in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(form)):
        assert reference in form["$defs"]


def test_all_files_hang_below_the_one_that_backstage_is_pointed_to():
    found = files.files(CATALOG, "shop", "github")
    targets = yaml.safe_load(found[files.ROOT])["spec"]["targets"]
    described = {
        f"./{path}" for path in found if (path.startswith("entities/") and path.count("/") == 1) or path.endswith("/template.yaml")
    }
    assert set(targets) == described
    (cart,) = [each for each in yaml.safe_load_all(found["entities/checkout.yaml"]) if each["kind"] == "Component"]
    docs = cart["metadata"]["annotations"]["backstage.io/techdocs-ref"].removeprefix("dir:")
    assert f"entities/{docs}/mkdocs.yml" in found
    assert found[f"entities/{docs}/docs/index.md"].startswith("# Service")
    template = json.loads(found["templates/service/template.yaml"])
    assert template["spec"]["steps"][-1]["action"] == "publish:github:pull-request"
