"""What the golden paths of Argo CD build is valid for the real API server, and its policy keeps previews in their namespaces."""

import json

import pytest

from idp_components import ArgoApplicationSpec, ChartSource, GitSource, IgnoredDifference, PreviewApplicationSetSpec, PullRequests, Token
from idp_components.argo_application.manifests import argo_application
from idp_components.core.context import Context
from idp_components.preview_application_set.manifests import TRACKING, preview_application_set
from idp_sandbox.process import wait_until

REPOSITORY = "https://github.com/shop/cart.git"
SOURCES = (
    GitSource(repository=REPOSITORY, revision="v1.0.0", path="deploy"),
    ChartSource(repository="oci://registry.example.com/charts", chart="cart", version="1.0.0", values={"replicaCount": 2}),
)


def of_team(team):
    return Context.of(f"{team}-dev", {"domain": "example.com"})


def previews(team, provider):
    project = PullRequests(
        provider=provider,
        project="shop/cart",
        token=Token(secret="reader"),
        branch_match="^feature/",
        labels=() if provider == "bitbucket" else ("preview",),
        api="https://git.example.com",
    )
    return preview_application_set("cart", PreviewApplicationSetSpec(pull_requests=project, repository=REPOSITORY), of_team(team))


def apply(kubectl, items, *options):
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    return kubectl("apply", "--server-side", "--validate=strict", *options, "-f", "-", stdin=listed)


@pytest.mark.parametrize("source", SOURCES, ids=["git", "chart"])
def test_an_application_passes_the_servers_dry_run(source, kubectl):
    spec = ArgoApplicationSpec(source=source, ignore_differences=(IgnoredDifference(kind="Secret", pointers=("/data",)),))
    assert "serverside-applied" in apply(kubectl, argo_application("cart", spec, of_team("dryrun")), "--dry-run=server")


@pytest.mark.parametrize("provider", ["github", "gitlab", "bitbucket", "gitea"])
def test_the_previews_of_each_provider_pass_the_servers_dry_run(provider, kubectl):
    assert apply(kubectl, previews("dryrun", provider), "--dry-run=server").count("serverside-applied") == 4


def test_a_preview_can_own_its_own_namespace_and_no_other(namespace, kubectl):
    team = namespace  # of this test alone: the policy is the whole cluster's
    policy = [manifest for manifest in previews(team, "github") if "Admission" in manifest["kind"]]

    def create(name):
        annotations = {TRACKING: f"{team}-previews-cart-pr-7:/Namespace:{name}/{name}"}
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": annotations}}
        return kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest), check=False)

    apply(kubectl, policy)
    try:
        assert wait_until(lambda: "may own only the namespaces" in create(f"{team}-production"), 30)  # policies are compiled a moment later
        assert "created" in create(f"{team}-pr-7")
        assert "may own only the namespaces" in create(f"{team}-pr-7x")
    finally:
        for manifest in policy:
            kubectl("delete", manifest["kind"], manifest["metadata"]["name"])
