"""Forms: one per golden path; what is right becomes a branch whose stack composes, what is wrong a message at its field."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from portals import ROOT, git, parsed

from idp_components.core.spec import Spec
from idp_components.portal import proposal
from idp_components.portal.defaults import FROM_PROFILE
from idp_components.portal.form import fill, form
from idp_components.render import declared
from idp_components.schema import SPECS

IMAGE = "ghcr.io/shop/extra:v1.0.0"
RIGHT = {
    "service": {
        "spec.image": IMAGE,
        "spec.port?": "1",
        "spec.port@1.container": "8080",
        "spec.port@1.service": "80",
        "spec.env": "LEVEL: 1\nKEY: {secret: keys, key: api}",
        "spec.expose?": "0",
        "spec.scaling.min_replicas": "2",
        "uses": "catalog/productcatalogservice:3550 CATALOG_ADDR",
    },
    "worker": {"spec.image": IMAGE, "spec.health_command": "/app\nhealthy", "spec.container.kubernetes_api": "true"},
    "scheduled-job": {"spec.image": IMAGE, "spec.schedule": "30 2 * * *", "spec.time_zone": "Europe/Berlin"},
    "team": {
        "name": "shipping",
        "spec.owner.email": "shipping@example.com",
        "spec.repositories": "https://github.com/online-boutique/shipping/",
        "spec.budget_usd_per_month": "200",
    },
    "argo-application": {
        "spec.source?": "0",
        "spec.source@0.repository": "https://github.com/online-boutique/checkout/deploy.git",
        "spec.source@0.revision": "v1.0.0",
    },
    "preview-application-set": {
        "spec.pull_requests.provider": "github",
        "spec.pull_requests.project": "shop/checkout",
        "spec.pull_requests.labels": "preview",
        "spec.pull_requests.token.secret": "previews",
        "spec.repository": "https://git.example.com/shop/checkout.git",
    },
    "queue": {"spec.retention_days": "7", "spec.fifo": "true"},
    "topic": {},
    "bucket": {"spec.expire_after_days": "30"},
    "cache": {"spec.memory_mib": "64"},
    "database": {"spec.engine": "postgres", "spec.in_cluster.storage_gib": "10"},
    "helm-application": {
        "spec.chart": "podinfo",
        "spec.repository": "https://charts.example.com",
        "spec.version": "1.2.3",
        "spec.values": "replicas: 2\nnested: {on: true}",
    },
    "pipeline-issuer": {"name": "gitlab", "spec.issuer?": "1", "spec.issuer@1.host": "gitlab.example.com"},
    "pipeline-role": {
        "spec.source?": "0",
        "spec.source@0.repository": "online-boutique/checkout",
        "spec.source@0.branches": "main\nrelease",
        "spec.access": "deploy",
    },
}
WRONG = {
    "service": (
        {
            "spec.image": "cart:latest",
            "spec.port?": "0",
            "spec.port@0": "many",
            "spec.env": "- a",
            "spec.scaling.min_replicas": "3",
            "spec.scaling.max_replicas": "2",
            "uses": "cart",
        },
        {"spec.image", "spec.port@0", "spec.env", "spec.scaling", "uses"},
    ),
    "worker": ({"spec.env": "A: [", "spec.image": IMAGE}, {"spec.env"}),
    "scheduled-job": ({"spec.image": IMAGE, "spec.schedule": "often"}, {"spec.schedule"}),
    "team": ({"name": "Shipping", "spec.owner.email": "nobody"}, {"name", "spec.owner.email"}),
    "argo-application": ({"spec.source?": "0", "spec.source@0.repository": "x"}, {"spec.source@0.repository", "spec.source@0.revision"}),
    "preview-application-set": (
        {"spec.pull_requests.provider": "gopher", "spec.repository": "https://git.example.com/a.git"},
        {"spec.pull_requests.provider", "spec.pull_requests.project", "spec.pull_requests.token.secret"},
    ),
    "queue": ({"name": "", "spec.retention_days": "99"}, {"name", "spec.retention_days"}),
    "topic": ({"environment": "preview"}, {"environment"}),
    "bucket": ({"spec.expire_after_days": "0"}, {"spec.expire_after_days"}),
    "cache": ({"spec.memory_mib": "0"}, {"spec.memory_mib"}),
    "database": ({"spec.engine": "oracle"}, {"spec.engine"}),
    "helm-application": ({"spec.values": "a: *b", "spec.chart": "podinfo"}, {"spec.values"}),
    "pipeline-issuer": ({"spec.issuer?": "2"}, {"spec.issuer@2.workspace", "spec.issuer@2.workspace_id"}),
    "pipeline-role": ({}, {"spec.source"}),
}


def test_every_golden_path_that_a_file_declares_has_a_form():
    assert set(RIGHT) == set(WRONG) == set(SPECS) - {"ephemeral-environment"} == set(proposal.PATHS)


def test_every_field_of_every_schema_is_in_its_form_with_its_documentation(portal):
    for path in proposal.PATHS:
        page = portal.get(f"/new/{path}").text
        tree = parsed(page)
        named = {each.get("id") for each in tree.iter()}
        for name, field in SPECS[path].model_fields.items():
            assert f"spec-{name}" in named, (path, name)
            assert (
                field.description is None
                or field.description.split("`")[0].split("\n")[0][:20].replace('"', "&#34;").replace("'", "&#39;") in page
            )


@pytest.mark.parametrize("path", proposal.PATHS)
def test_a_filled_form_becomes_a_branch_whose_stack_composes_and_nothing_else_changes(portal, path, tmp_path):
    portal.sign_in()
    root = portal.site.repository.root
    (root / "stacks" / "teams" / "checkout.py").write_text("my unfinished work")
    before = (git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD"), git(root, "ls-files", "--stage"))
    previewed = portal.submit(path, RIGHT[path])
    assert previewed.status_code == 200, previewed.text
    tree = parsed(previewed.text)
    kind = "".join(part.capitalize() for part in path.split("-"))
    name = RIGHT[path].get("name", "extra")
    assert tree.find(".//ul[@id='made']/li").text.strip() == kind
    assert tree.find(".//button[@id='propose']") is not None
    kept = {each.get("name"): each.get("value") for each in tree.findall(".//form[@id='again']/input")}
    done = portal.post(f"/new/{path}?do=propose", kept)
    assert done.status_code == 200
    parsed(done.text)
    assert (git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD"), git(root, "ls-files", "--stage")) == before
    owner = "platform" if path in proposal.BY_PLATFORM else "checkout"
    team = {"team": "shipping", "pipeline-issuer": "platform"}.get(path, "checkout")
    branch = f"idp/{team}-{name}"
    copy = tmp_path / "copy"
    git(root, "clone", "--quiet", "--branch", branch, str(root), str(copy))
    assert git(copy, "log", "-1", "--format=%an").strip() == "olga"
    changed = git(copy, "diff", "--name-only", "HEAD~1").split()
    assert changed == (["stacks/teams/platform.py", "stacks/teams/shipping.py"] if path == "team" else [f"stacks/teams/{owner}.py"])
    recording, _ = declared(f"{owner}-dev", copy)
    assert (
        recording.find(kind, name)
        if path not in ("queue", "topic", "bucket", "service", "database", "cache")
        else [each for each in recording.resources if (each.type, each.name) == (f"idp:index:{kind}", name)]
    )
    shutil.copy(ROOT / "pyproject.toml", copy)
    for check in (["check"], ["format", "--check"]):
        linted = subprocess.run([sys.executable, "-m", "ruff", *check, *changed], cwd=copy, capture_output=True, text=True, check=False)
        assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("path", proposal.PATHS)
def test_what_is_wrong_is_said_at_its_field_and_what_was_filled_in_stays(portal, path):
    portal.sign_in()
    fields, wrong = WRONG[path]
    answered = portal.submit(path, fields)
    assert answered.status_code == 422
    tree = parsed(answered.text)
    ids = {each.name: each.id for each in form(path).walk()} | {name: f"field-{name}" for name in ("name", "team", "environment", "uses")}
    assert {each.get("id") for each in tree.findall(".//ul[@class='errors']")} == {f"{ids[name]}-error" for name in wrong}
    links = {each.get("href").removeprefix("#") for each in tree.findall(".//div[@id='summary']//a")}
    assert links == {ids[name] for name in wrong}
    assert links <= {each.get("id") for each in tree.iter()}
    for name, value in fields.items():
        found = next((each for each in tree.iter() if each.get("name") == name), None)
        if found is not None and found.tag == "input":
            assert found.get("value") == value
        elif found is not None and found.tag == "textarea":
            assert found.text == value


@pytest.mark.parametrize(
    ("path", "fields", "reason"),
    [
        (
            "service",
            {"name": "cartservice", "spec.image": IMAGE, "spec.port?": "0", "spec.port@0": "80"},
            "the name is taken by another Service",
        ),
        ("worker", {"spec.image": IMAGE, "uses": "catalog/nothing:80 NOTHING"}, "is not declared in its team's stack"),
        ("worker", {"spec.image": IMAGE, "uses": "storefront/frontend:80 FRONTEND"}, "does not let team checkout in"),
        (
            "service",
            {
                "spec.image": IMAGE,
                "spec.port?": "0",
                "spec.port@0": "80",
                "spec.overrides": "Deployment: {spec: {template: {spec: {hostNetwork: true}}}}",
            },
            "hostNetwork",
        ),
        ("team", {"name": "checkout"}, "checkout"),
    ],
)
def test_what_does_not_compose_or_breaks_a_rule_is_refused_with_the_reason(portal, path, fields, reason):
    portal.sign_in()
    answered = portal.submit(path, fields)
    tree = parsed(answered.text)
    assert reason in "".join(tree.find(".//div[@class='summary']").itertext())
    assert tree.find(".//button[@id='propose']") is None
    assert portal.submit(path, fields, propose=True).status_code == 422
    assert git(portal.site.repository.root, "for-each-ref", "--format=%(refname:short)").split() == ["main"]


def test_a_file_whose_compose_ends_early_is_left_alone(portal):
    root = portal.site.repository.root
    path = root / "stacks" / "teams" / "catalog.py"
    path.write_text(
        '"""Team catalog."""\n\nfrom idp_components import Context\n\n\ndef compose(context: Context) -> None:\n    """Nothing."""\n    return\n'
    )
    git(root, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "--all", "--message", "Early")
    portal.sign_in()
    assert "ends early" in portal.submit("queue", {"team": "catalog"}).text


def test_the_defaults_of_the_environments_are_those_of_their_profiles():
    for path, fields in FROM_PROFILE.items():
        assert fields.keys() <= {each.name for each in form(path).walk()}


def test_an_empty_form_says_nothing_so_that_every_default_holds():
    for path in proposal.PATHS:
        assert said(fill(path, {}).data) == {}


def said(value):
    """A value without parts that say nothing."""
    return {key: inner for key, each in value.items() if (inner := said(each)) != {}} if isinstance(value, dict) else value


def test_the_portal_says_nothing_of_its_own_about_values():
    """All messages about values are pydantic's or the specs' own: the portal has no second opinion."""
    source = ast.parse((Path(proposal.__file__).parent / "form.py").read_text())
    raised = [node for node in ast.walk(source) if isinstance(node, ast.Raise)]
    assert raised == []
    assert issubclass(SPECS["service"], Spec)
